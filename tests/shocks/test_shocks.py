"""Shocks: their course over days, what they do to the economy, how they compose, and what they say."""

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import sim
from sim.compute import config, operators
from sim.compute.deliveries import deliveries
from sim.errors import BadInput
from sim.loading import shipped
from sim.plugin import FAMILIES, load_all
from sim.shape import shipped_types
from sim.shocks.base import HYPERSCALERS, OTHERS, REGIONS, Passing, Spreading, Sudden, day_after
from tests.compute.conftest import build_economy

SCENARIOS = Path(__file__).parents[2] / "scenarios"
load_all("sim.shocks")
ELSEWHERE = {"anchor_default", "benchmark_push", "haircut_rise", "index_credibility", "redemption_wave", "resale_fall",
             "rollover_stop"}  # shocks to credit and trading need more than an economy; they are tested with these
TYPES = {cls.type_name: cls for cls in shipped_types(FAMILIES["shock"]) if cls.type_name not in ELSEWHERE}
DATE = dt.date(2026, 10, 29)  # day 20 of the small economies below
START = 20


def make(kind, /, **values):
    return FAMILIES["shock"].types[kind](date=values.pop("date", DATE), **values)


def world(seed=1, days=320, burn_in=40):
    economy = build_economy(seed=seed, days=days, burn_in=burn_in)
    economy.burn_in()
    return SimpleNamespace(economy=economy, calendar=economy.calendar)


def step(model, shocks, day):
    for shock in shocks:
        if model.calendar.date(day) >= shock.date:
            shock.apply(model, day)
    model.economy.step(day)


def run(shocks=(), days=80, **options):
    """Record of each day, figures of orders and late sites added."""
    model, out = world(**options), []
    for day in range(days):
        step(model, shocks, day)
        row = model.economy.record()
        row["waiting"] = float(model.economy.waiting.sum())
        out.append(row)
    return out


@pytest.fixture(scope="module")
def calm():
    return run(days=260)


# --- course ------------------------------------------------------------------------------------------------------


class Plain(Passing):
    """A passing shock that does nothing."""

    def contribute(self, economy, day, level):
        economy.append((day, level))

    def effect(self):
        return ""


def test_a_passing_shock_builds_up_stays_and_halves():
    shock = Plain(date=DATE, onset=4, hold=3, half_life=2.0)
    levels = [shock.level(since) for since in range(-2, 12)]
    assert levels[:2] == [0, 0]
    assert levels[2:9] == [0.25, 0.5, 0.75, 1, 1, 1, 1]
    assert levels[9:] == pytest.approx([2**-0.5, 0.5, 2**-1.5, 0.25, 2**-2.5])


def test_a_shock_may_end_at_once_or_never():
    ends, lasts = Plain(date=DATE, onset=1, hold=2, half_life=0.0), Plain(date=DATE, onset=2, hold=0, half_life=None)
    assert [ends.level(since) for since in range(5)] == [1, 1, 1, 0, 0]
    assert [lasts.level(since) for since in (0, 1, 2, 5000)] == [0.5, 1, 1, 1]


def test_a_shock_on_a_holiday_begins_on_the_next_business_day():
    model = world()
    seen, shock = [], Plain(date=dt.date(2026, 10, 31), onset=1, hold=0, half_life=0.0)
    for day in range(15, 26):
        if model.calendar.date(day) >= shock.date:
            shock.apply(SimpleNamespace(economy=seen, calendar=model.calendar), day)
    assert [model.calendar.date(day) for day, _ in seen] == [dt.date(2026, 11, 2)]
    assert day_after(shock.date, 0) == dt.date(2026, 11, 2)


def test_dates_in_sentences_are_those_of_the_calendar():
    calendar = sim.load("baseline").calendar
    first = calendar.date(30)
    assert all(day_after(first, days) == calendar.date(30 + days) for days in range(0, 470, 13))


def test_regions_and_owners_are_the_economys():
    assert REGIONS == config.REGIONS
    assert [operators.KINDS[row] for row in HYPERSCALERS + OTHERS] == list(operators.KINDS)


# --- what they do --------------------------------------------------------------------------------------------------

DIRECTIONS = [  # type, values, figure, days after the first day, sign
    ("chip_supply", {}, "spot_us", 60, 1), ("chip_supply", {}, "spot_us", 200, 1),
    ("chip_supply", {}, "capacity_h100e", 200, -1), ("chip_supply", {"output": 1.5}, "spot_us", 200, -1),
    ("chip_supply", {"destroyed": 1.0}, "index_transaction", 60, 1),
    ("chip_supply", {"makers": "china", "output": 3.0}, "spot_cn", 200, -1),
    ("export_control", {}, "spot_cn", 150, 1), ("export_control", {}, "spot_us", 150, -1),
    ("export_control", {"reach": 2.0}, "spot_cn", 150, -1), ("export_control", {"reach": 2.0}, "spot_us", 150, 1),
    ("efficiency_gain", {}, "spot_us", 20, -1), ("efficiency_gain", {}, "utilisation", 20, -1),
    ("efficiency_gain", {}, "pace_of_ai", 20, 1),
    ("new_chip_generation", {}, "index_transaction", 200, -1), ("new_chip_generation", {}, "index_assessed", 200, -1),
    ("new_chip_generation", {}, "capacity_h100e", 200, 1),
    ("model_size_shift", {}, "spot_us", 40, -1), ("model_size_shift", {"towards": "large"}, "spot_us", 40, 1),
    ("demand_surge", {}, "spot_us", 40, 1), ("demand_surge", {}, "utilisation", 40, 1),
    ("demand_surge", {"tokens": 0.5}, "spot_us", 40, -1), ("demand_surge", {"regions": ("CN",)}, "spot_cn", 40, 1),
    ("ai_winter", {}, "spot_us", 40, -1), ("ai_winter", {}, "utilisation", 200, -1),
    ("ai_winter", {}, "orders_placed", 40, -1),
    ("power_price", {}, "spot_eu", 60, 1), ("power_price", {"factor": 14.0}, "utilisation", 60, -1),
    ("power_price", {"factor": 1.0, "curtailed": 0.2}, "spot_eu", 60, 1),
    ("site_delay", {}, "spot_us", 60, 1), ("site_delay", {}, "capacity_h100e", 60, -1),
    ("site_delay", {}, "waiting", 60, 1),
    ("memory_shortage", {}, "capacity_h100e", 200, -1), ("memory_shortage", {}, "spot_us", 200, 1),
    ("memory_shortage", {}, "orders_placed", 40, -1),
    ("capex_cut", {}, "spot_us", 60, -1), ("capex_cut", {}, "orders_placed", 60, -1),
    ("token_price_war", {}, "token_price", 10, -1), ("token_price_war", {}, "spot_us", 60, 1),
    ("index_restatement", {}, "index_assessed", 0, -1),
    ("index_restatement", {"factor": 1.38}, "index_assessed", 30, 1),
    ("provider_leaves_panel", {"providers": 5}, "index_assessed", 0, 0),
    ("float_withheld", {}, "spot_us", 30, 1), ("float_withheld", {}, "utilisation", 30, -1),
    ("float_withheld", {"share": 0.0, "sublets": 0.5}, "spot_us", 30, 1),
    ("region_lock", {}, "spot_cn", 40, 0),
    ("spot_jump", {}, "spot_us", 0, 1), ("spot_jump", {"regions": ("EU",)}, "spot_eu", 0, 1),
    ("spot_jump", {"demand": 0.6}, "spot_us", 0, -1),
    ("funding_cost", {"spread": 300.0, "onset": 10}, "orders_placed", 40, -1),
    ("funding_cost", {"spread": 300.0, "onset": 10}, "capacity_h100e", 200, -1),
    ("funding_cost", {"spread": 300.0, "onset": 10}, "spot_us", 200, 1),
    ("capex_cut", {"onset": 10}, "capacity_h100e", 200, -1),
    ("funding_cost", {}, "orders_placed", 60, -1), ("funding_cost", {"base_rate": -200.0}, "orders_placed", 60, 1)]


@pytest.mark.parametrize(("name", "values", "figure", "after", "sign"), DIRECTIONS)
def test_a_shock_moves_the_world_the_right_way(calm, name, values, figure, after, sign):
    moved = run((make(name, **values),), START + after + 1)
    difference = moved[-1][figure] - calm[START + after][figure]
    assert difference * sign > 0 if sign else difference != 0


def test_every_type_is_tested_for_its_direction_and_its_sentence():
    assert {row[0] for row in DIRECTIONS} == set(TYPES) == set(SENTENCES) - ELSEWHERE
    assert all(issubclass(cls, (Passing, Spreading, Sudden)) for cls in TYPES.values())


@pytest.mark.parametrize("name", sorted(TYPES))
def test_before_its_date_a_shock_changes_nothing_and_never_a_draw(calm, name):
    shock = make(name)
    quiet, moved = world(), world()
    for day in range(START + 12):
        step(quiet, (), day)
        step(moved, (shock,), day)
        if day < START:
            assert moved.economy.record().items() <= calm[day].items()
    for field in ("growth", "fast", "volatility", "squeezed", "need", "grade", "belief"):
        assert moved.economy.world[field] == quiet.economy.world[field], field
    assert (moved.economy.provider["own"] == quiet.economy.provider["own"]).all()
    assert (moved.economy.provider["chance"] == quiet.economy.provider["chance"]).all()


def test_spot_recovers_with_the_half_life(calm):
    shock = make("demand_surge", tokens=1.3, pass_through=1.0, onset=1, hold=20, half_life=15.0)
    moved = run((shock,), 260)
    gap = [np.log(moved[day]["spot_us"] / calm[day]["spot_us"]) for day in (START + 20, START + 60, START + 200)]
    assert gap[0] > 0.2  # then a little below: users who left come back with the slow response of demand
    assert abs(gap[1]) < gap[0] / 4 and abs(gap[2]) < abs(gap[1]) / 2


def test_what_ends_at_once_is_over(calm):
    moved = run((make("float_withheld", onset=1, hold=5, half_life=0.0),), 260)
    assert moved[START + 5]["spot_us"] > calm[START + 5]["spot_us"] * 1.1
    assert moved[259]["spot_us"] == pytest.approx(calm[259]["spot_us"], rel=0.01)


# --- together ------------------------------------------------------------------------------------------------------


def test_shocks_compose_whatever_their_order():
    shocks = (make("chip_supply"), make("demand_surge"), make("memory_shortage"), make("float_withheld"),
              make("ai_winter", onset=10), make("capex_cut"))
    one, other = run(shocks, 60), run(shocks[::-1], 60)
    for a, b in zip(one, other, strict=True):
        assert a == pytest.approx(b, rel=1e-9)


def test_multipliers_multiply_and_additions_add():
    model, day = world(), START + 200
    first = make("chip_supply", onset=1, hold=300, output=0.5)
    second = make("memory_shortage", onset=1, hold=300, output=0.8, chip_price=1.25)
    third = make("ai_winter", onset=1, token_growth=2.25)
    for shock in (first, second, third, third):
        shock.apply(model, day)
    dials = model.economy.dials
    assert dials.supply_mult == pytest.approx(0.4)
    assert dials.growth_add == pytest.approx(-2 * np.log(2))
    assert dials.order_mult[0] == pytest.approx(0.8 * (0.6 / 1.29) ** 2)
    dials.begin(day + 1)
    assert dials.supply_mult == 1 and dials.growth_add == 0


def test_a_leak_undoes_part_of_another_control():
    model = world()
    make("export_control", reach=0.2, onset=1).apply(model, START)
    make("export_control", reach=1.0, leak=0.5, onset=1).apply(model, START)
    assert model.economy.dials.reaching_china == pytest.approx(0.6)


def test_controls_can_be_about_named_generations():
    """Tightened, leaking and loosened: only the named chips change among what China gets."""
    def china(*shocks):
        model = world()
        model.economy.step(0)
        for shock in shocks:
            shock.apply(model, START)
        economy = model.economy
        return deliveries(economy.p, economy.chips, economy._open, 0.0, economy.dials), economy.rows_of

    (mix, reach, smuggled), rows = china()
    h200, newer = rows(("h200",))[0], rows(("gb300", "vr200"))
    assert reach == pytest.approx(1.0) and mix[1, h200] > 0.5
    assert (smuggled[newer] == 1).all() and smuggled[h200] == 0  # barred chips come through other countries only
    chips = {"generations": ("h200",), "onset": 1}
    tight = china(make("export_control", reach=0.1, **chips))[0]
    assert tight.reach < 0.3 and tight.mix[1, h200] < 0.5 * mix[1, h200]
    assert (tight.mix[1, newer] > mix[1, newer]).all()  # the same chips are more of what is left
    leaking = china(make("export_control", reach=0.1, leak=0.5, **chips))[0]
    assert tight.reach < leaking.reach < 1 and leaking.smuggled[h200] == pytest.approx(0.45 / 0.55)
    loose = china(make("export_control", reach=1.0, licence=0.6, generations=("gb300",), onset=1))[0]
    gb300, rubin = newer
    assert loose.reach == pytest.approx(1.0) and loose.mix[1, gb300] > 2 * mix[1, gb300]
    assert loose.mix[1, rubin] == pytest.approx(mix[1, rubin]) and loose.smuggled[gb300] < 0.2
    with pytest.raises(ValueError, match="generations"):
        make("export_control", generations=("ascend",))


def test_a_policy_under_a_shock_stays():
    model = world()
    model.economy.dials.export_control = 0.5
    make("export_control", reach=0.2, onset=1, hold=0, half_life=0.0).apply(model, START)
    assert model.economy.dials.export_control == pytest.approx(0.1)
    model.economy.dials.begin(START + 1)
    assert model.economy.dials.export_control == 0.5


def test_a_run_copied_in_the_middle_of_shocks_continues_bit_for_bit():
    shocks = (make("efficiency_gain", onset=10), make("chip_supply"), make("new_chip_generation", onset=30))
    model = world()
    for day in range(START + 5):
        step(model, shocks, day)
    state = model.economy.snapshot()
    twin = world()
    twin.economy.restore(state)
    for day in range(START + 5, START + 25):
        step(model, shocks, day)
        step(twin, shocks, day)
        assert model.economy.record() == twin.economy.record()


def test_gpus_are_counted_in_the_worst_of_worlds():
    shocks = [make(name) for name in sorted(TYPES)] + [make("export_control", name="loose", reach=5.0)]
    model = world()
    for day in range(120):
        step(model, shocks, day)
        economy = model.economy
        assert (economy.received == economy.fleet + economy.waiting.sum(axis=0) + economy.retired).all()
        assert all(np.isfinite(value) for value in economy.record().values())


# --- words ---------------------------------------------------------------------------------------------------------

SENTENCES = {
    "benchmark_push": "What the heaviest reporter to the panels of list prices repo"
                      "rts rises by 30 % from 29 Oct 2026; it builds up until 4 Nov 2026 and ends after 4 Dec 2026.",
    "chip_supply": "Vendors' output of chips falls by 85 % from 29 Oct 2026; it builds up until 11 Nov 2026, stays "
                   "until 12 May 2027 and then fades with a half-life of 252 business days.",
    "export_control": "Export controls are tightened from 29 Oct 2026: 10 % of the controlled chips still go to China; "
                      "it builds up until 30 Oct 2026, stays until 2 Nov 2027 and then fades with a half-life of 252 "
                      "business days.",
    "efficiency_gain": "A GPU-hour yields 3 times the tokens where new models are used, from 29 Oct 2026; it spreads "
                       "until 4 Nov 2026 and stays.",
    "new_chip_generation": "A new chip generation with 2 times the tokens per dollar arrives 126 business days sooner "
                           "from 29 Oct 2026: chip output rises by 10 % and the rent of an H100-hour falls by 50 % "
                           "against newer chips; it builds up until 26 Oct 2027 and then lasts.",
    "model_size_shift": "30 % of the tokens of large models move to models with 9 times less compute a token from "
                        "29 Oct 2026; it spreads until 30 Apr 2027 and stays.",
    "demand_surge": "Demand for tokens rises by 80 % and with it demand for compute rises by 15.8 % from 29 Oct 2026; "
                    "it builds up until 28 Jan 2027 and then lasts.",
    "ai_winter": "Tokens grow 1.2 times a year instead of 4.5, and chip orders are 46.5 % of normal, from 29 Oct 2026; "
                 "it builds up until 1 Mar 2027, stays until 17 Aug 2029 and then fades with a half-life of 497 "
                 "business days.",
    "power_price": "The price of power rises 6-fold in Europe from 29 Oct 2026; it builds up until 28 Jan 2027, stays "
                   "until 30 Mar 2027 and then fades with a half-life of 62 business days.",
    "site_delay": "Only 60 % of the chips whose site is due get power from 29 Oct 2026; it lasts until 1 Nov 2027 and "
                  "then fades with a half-life of 252 business days.",
    "memory_shortage": "For want of memory chip output falls by 20 % and the price of a chip rises by 30 % from 29 Oct "
                       "2026; it builds up until 28 Dec 2026, stays until 29 Dec 2027 and then fades with a half-life "
                       "of 186 business days.",
    "capex_cut": "Hyperscalers order 54.3 % of their usual chips and others 30 %, and 3 % of all capacity is offered "
                 "for sublet, from 29 Oct 2026; it builds up until 28 Jan 2027, stays until 28 Jan 2028 and then fades "
                 "with a half-life of 252 business days.",
    "token_price_war": "The posted price of tokens falls by 65 % from 29 Oct 2026; it builds up until 6 Nov 2026 and "
                       "then lasts, while demand for compute rises by 33.5 % within 126 business days.",
    "index_restatement": 'The index "assessed" falls by 6 % on 29 Oct 2026 by a change of method.',
    "provider_leaves_panel": 'The heaviest provider leaves the panel of the index "assessed" on 29 Oct 2026, for good.',
    "float_withheld": "40 % of uncommitted capacity is withheld from the spot market from 29 Oct 2026; it builds up "
                      "until 27 Nov 2026 and ends after 29 Dec 2026.",
    "region_lock": "100 % of the demand that could move to another region must stay from 29 Oct 2026; it builds up "
                   "until 27 Nov 2026 and then lasts.",
    "spot_jump": "Uncommitted demand rises by 50 % on 29 Oct 2026 and fades as all jumps do.",
    "funding_cost": "Interest rates rise by 300 basis points, and the cost of a data centre's chips rises by 5.8 %, "
                    "from 29 Oct 2026; it builds up until 1 Mar 2027, stays until 29 Feb 2028 and then fades with a "
                    "half-life of 252 business days."}


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_shock_says_what_it_does_in_one_sentence(name):
    assert make(name).effect() == SENTENCES[name]


@pytest.mark.parametrize(("name", "values", "part"), [
    ("chip_supply", {"makers": "china", "output": 1.6}, "Output of Chinese chip makers rises by 60 %"),
    ("chip_supply", {"destroyed": 0.8}, "falls by 85 %, 80 % of it known to be lost for years from 29 Oct 2026"),
    ("export_control", {"reach": 2.0}, "loosened from 29 Oct 2026: up to 2 times as many controlled chips go to China"),
    ("export_control", {"reach": 1.0, "leak": 0.3}, "Of the chips that export controls stop, 30 % reach China from"),
    ("export_control", {"leak": 0.3}, "10 % of the controlled chips still go to China and 30 % of the rest leak"),
    ("export_control", {"generations": ("h200", "gb300")}, "10 % of the controlled H200 and GB300 still go to China"),
    ("export_control", {"reach": 1.0, "licence": 0.5, "generations": ("b200",)}, "50 % of barred B200 may be sold"),
    ("funding_cost", {"spread": 100.0}, "while lenders refuse 10 % of their projects"),
    ("demand_surge", {"regions": ("CN", "EU")}, "rises by 15.8 % in China and Europe from"),
    ("demand_surge", {"half_life": 0.0, "onset": 1, "hold": 3}, "; it lasts until 3 Nov 2026."),
    ("demand_surge", {"onset": 1}, "; it lasts."),
    ("efficiency_gain", {"onset": 1}, "from 29 Oct 2026, for good."),
    ("power_price", {"curtailed": 0.1}, "rises 6-fold and 10 % of capacity is switched off in Europe"),
    ("token_price_war", {"pass_through": 0.0}, "6 Nov 2026 and then lasts."),
    ("float_withheld", {"sublets": 0.5}, "40 % of uncommitted capacity and 50 % of sublets is withheld"),
    ("provider_leaves_panel", {"providers": 3}, "The 3 heaviest providers leave"),
    ("model_size_shift", {"towards": "large"}, "9 times more compute a token"),
    ("new_chip_generation", {"sooner": -63}, "arrives 63 business days later"),
    ("funding_cost", {"base_rate": -100.0, "spread": 50.0}, "fall by 100 basis points and data centres' spreads rise")])
def test_sentences_follow_what_is_set(name, values, part):
    assert part in make(name, **values).effect()


# --- scenarios -----------------------------------------------------------------------------------------------------

SHOCKED = [name for name in shipped() if name.startswith("shock_")
           and ", mid, " in (SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8")]  # others have one size
assert len(SHOCKED) >= 14


@pytest.mark.parametrize("name", SHOCKED)
def test_sizes_in_the_comments_of_a_scenario_can_be_set(name):
    text = (SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8")
    rows = re.findall(r"^#   --set (\S+)=(\S+) \| (\S+) \| (\S+)$", text, re.MULTILINE)
    assert rows and text.count("--set") == len(rows)
    for size in range(3):
        sim.load(name, [f"{row[0]}={row[1 + size]}" for row in rows])
    middle = text.split(", mid, ")[1].split(":\n")[1]
    mid = re.findall(r"^#   --set (\S+)=\S+ \| (\S+) \| \S+$", middle.split("# yaml")[0].split(" by itself")[0],
                     re.MULTILINE)
    assert sim.load(name, [f"{path}={value}" for path, value in mid]) == sim.load(name)


@pytest.mark.parametrize("date", ["2026-10-02", "2030-01-02"])
@pytest.mark.parametrize("name", SHOCKED)
def test_a_date_outside_the_run_is_refused(name, date):
    label = sim.load(name).shocks[0].label
    with pytest.raises(BadInput, match=f"{date} lies outside the run"):
        sim.load(name, [f"shocks.{label}.date={date}"])


def test_a_market_feels_a_shock_from_its_day_on(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text("days: 30\nburn_in: 60\nmarket: {warm_up: 10}\nagents:\n  - {type: ai_lab, count: 3}\n"
                    "  - {type: data_centre, count: 4}\n  - {type: market_maker, count: 2}\nshocks: []\n")
    shock = "shocks=[{type: demand_surge, date: 2026-10-12, tokens: 2.0, pass_through: 1.0, onset: 1}]"
    calm, moved = sim.load(path).build(1), sim.load(path, [shock]).build(1)
    first = calm.calendar.day_on(dt.date(2026, 10, 12))
    while calm.day < first + 3:
        calm.step()
        moved.step()
        same = calm.economy.record() == moved.economy.record()
        assert same == (calm.day < first)
