"""A shock with and without the reactions of finance."""

import math

import numpy as np
import pyarrow as pa
import pytest

from sim.errors import BadInput
from sim.experiments.contagion import Contagion, contagion
from sim.experiments.contagion_words import alike, verdict
from sim.experiments.contagion_worlds import eve_of, figures_of, follow, month_to_follow, undisturbed
from sim.scenario import Scenario

FRAGILE = ("clearing.margin.rate=0.04", "agents.fundamental_speculator.leverage_max=25",
           "agents.trend_follower.leverage_max=25", "days=40")


@pytest.fixture(scope="module")
def shocked(tmp_path_factory):
    """A small market with thin margins, and a surge of demand in the fourth week."""
    path = tmp_path_factory.mktemp("contagion") / "shocked.yaml"
    path.write_text("extends: quick.yaml\nmarket: {contracts: [{type: gpu_hour_future, index: transaction}]}\nshocks:\n"
                    "  - {type: demand_surge, date: 2026-10-26, tokens: 4.0, pass_through: 1.0}\n", encoding="utf-8")
    return Scenario.load(path, FRAGILE)


def path(**counts):
    zero = np.zeros(4)
    names = ("price", "spot", "forced_events", "defaults", "margin_calls", "closures", "forced_volume",
             "margin_call_cents", "default_deficit_cents", "house_loss_cents")
    return {"open_interest": zero + 10.0, **{name: np.array(counts.get(name, zero), float) for name in names}}


def test_counts_of_every_world_leave_out_the_eve():
    out = figures_of({"undisturbed": path(), "primary": path(defaults=[3, 1, 0, 0]),
                      "full": path(forced_events=[9, 1, 2, 3], margin_call_cents=[1e8, 1e8, 0, 2e8])})
    assert (out["forced_events"], out["forced_events_undisturbed"], out["defaults_primary"]) == (6, 0, 1)
    assert out["margin_call_cents"] == 3.0
    assert out["open_interest_undisturbed"] == 100.0


def made_up(prices):
    """``prices``: world -> seed -> price by day; spot is its square."""
    told, seeds = Contagion("made-up", 3), sorted(prices["full"])
    days = np.datetime64("2027-03-01") + np.arange(4)
    for seed in seeds:
        own = {f"{world}_{name}": np.array(by_seed[seed], float) ** power for world, by_seed in prices.items()
               for name, power in (("price", 1), ("spot", 2)) if name == "price" or "without" not in world}
        told.parts.append(pa.table({"run": np.full(4, seed), "seed": np.full(4, seed), "date": days} | own))
        told.figures[seed] = {"defaults": 0.0}
    return told.sum_up()


WORLDS = {"undisturbed": {1: [2, 1, 4, 4], 2: [2, 3, 4, 8], 3: [2, 2, 2, 2]},
          "primary": {1: [2, 0.9, 2, 3], 2: [2, 2.7, 3, 6], 3: [2, 2, 1.5, 2.6]},
          "full": {1: [2, 0.9, 1.5, 1], 2: [2, 2.7, 3, 5], 3: [2, 2, 1.4, 2.7]},
          "without_margin": {1: [2, 0.9, 2, 2], 2: [2, 2.7, 3, 5], 3: [2, 2, 1.4, 2.8]}}


def test_moves_are_told_on_days_of_the_mean_path_and_in_its_direction():
    """By hand: logs of ratios, their mean over histories, its largest day, and each history's ratio on it."""
    told = made_up(WORLDS)
    mean = [sum(math.log(WORLDS["primary"][seed][day] / WORLDS["undisturbed"][seed][day]) for seed in (1, 2, 3)) / 3
            for day in range(4)]
    further = [sum(math.log(WORLDS["full"][seed][day] / WORLDS["primary"][seed][day]) for seed in (1, 2, 3)) / 3
               for day in range(4)]
    largest, gap = max(range(4), key=lambda day: abs(mean[day])), min(range(4), key=lambda day: further[day])
    found = told.courses["price"]
    assert (found.largest, found.gap, found.sign) == (largest, gap, -1) == (2, 3, -1)
    for seed in (1, 2, 3):
        still, full, other = (np.array(WORLDS[name][seed], float) for name in ("primary", "full", "undisturbed"))
        figures = told.figures[seed]
        assert figures["primary"] == pytest.approx(100 * (still[2] / other[2] - 1))
        assert figures["full"] == pytest.approx(100 * (full[2] / other[2] - 1))
        assert figures["contagion"] == pytest.approx(100 * (full[2] / still[2] - 1))
        assert figures["contagion_at_gap"] == pytest.approx(100 * (full[3] / still[3] - 1))
        assert figures["full_average"] == pytest.approx(100 * (np.prod(full[1:] / other[1:]) ** (1 / 3) - 1))
        assert figures["spot_primary"] == pytest.approx(100 * ((still[2] / other[2]) ** 2 - 1))
        assert figures["carried_by_margin"] == pytest.approx(100 * (full[3] / WORLDS["without_margin"][seed][3] - 1))
    table = told.table()
    assert table.loc["primary", "mean"] == pytest.approx(100 * math.expm1(mean[2]))
    assert table.loc["primary", "median"] == pytest.approx(-25.0)
    assert 1 + table.loc["full", "mean"] / 100 == pytest.approx(
        (1 + table.loc["primary", "mean"] / 100) * (1 + table.loc["contagion", "mean"] / 100))
    assert str(told.date(gap))[:10] == "2027-03-04"
    assert alike(told) == "3 of 3 histories"


def test_luck_that_moves_all_worlds_moves_nothing():
    """Random walks as wild as can be, the blow a fall by a fifth: every history's primary move is that fall."""
    luck = np.random.default_rng(5)
    walks = {seed: np.exp(np.cumsum(luck.normal(0, 0.5, 4))) for seed in range(1, 9)}
    fall = np.array([1.0, 0.9, 0.8, 0.85])
    told = made_up({"undisturbed": walks, "primary": {seed: walk * fall for seed, walk in walks.items()},
                    "full": {seed: walk * fall**2 for seed, walk in walks.items()}})
    assert {round(figures["primary"], 9) for figures in told.figures.values()} == {-20.0}
    assert {round(figures["contagion_at_gap"], 9) for figures in told.figures.values()} == {-20.0}
    assert told.courses["price"].gap == told.courses["price"].largest == 2


def test_a_blow_that_moves_nothing_says_so_and_unknown_prices_choose_no_day():
    told = made_up({name: {1: [2, 3, 4, 5], 2: [2, 1, 2, 1]} for name in ("undisturbed", "primary", "full")})
    assert told.courses["price"].sign == 0 and told.figures[1]["primary"] == 0.0
    assert verdict(told, told.table()) == "The blow by itself does not move the future"
    gone = {name: {1: [2, 2 * by, 2 * by**2, math.nan], 2: [2, 2 * by, 9 * by**2, 9 * by**3]}
            for name, by in (("undisturbed", 1), ("primary", 1.1), ("full", 1.2))}
    told = made_up(gone)
    assert told.courses["price"].largest == 2
    assert told.figures[1]["primary_average"] == pytest.approx(100 * (1.1**1.5 - 1))


def lenders():
    shocks = "[{type: rollover_stop, date: 2026-10-19}, {type: ai_winter, date: 2026-10-21}]"
    return Scenario.load("credit", ("days=40", "burn_in=60", "market.warm_up=20", f"shocks={shocks}"))


@pytest.mark.parametrize("credit", [False, True])
def test_the_undisturbed_twin_is_the_world_without_the_shock_to_the_bit(shocked, credit):
    """Against a world whose scenario never had a shock; claims of the eve apart, which that world counts on no eve."""
    scenario = lenders() if credit else shocked
    told = []
    for one, twin_of in ((scenario, undisturbed), (scenario.model_copy(update={"shocks": ()}), lambda model: model)):
        model = one.build(one.seed)
        while model.day < eve_of(scenario):
            model.step()
        twin = twin_of(model)
        assert twin is model or model.scenario.shocks  # the world that is copied keeps its shocks
        twin.freeze()
        told.append(follow(twin, 8, month_to_follow(model, 8)))
    assert set(told[0]) == set(told[1]) and ("loans_cents" in told[0]) == credit
    for name in set(told[0]) - {"eve_claims_cents"}:
        np.testing.assert_array_equal(told[0][name], told[1][name], err_msg=name)


def test_without_a_shock_the_primary_world_is_the_undisturbed_twin_to_the_bit(shocked):
    nothing = shocked.shocks[0].model_copy(update={"tokens": 1.0})
    found = contagion(shocked.model_copy(update={"shocks": (nothing,)}), runs=1, days=12)
    assert not found.failed
    paths = found.paths
    names = [name.removeprefix("primary_") for name in paths.columns if name.startswith("primary_")]
    assert {"price", "spot", "open_interest", "forced_events", "margin_call_cents"} <= set(names)
    for name in names:
        np.testing.assert_array_equal(paths[f"primary_{name}"], paths[f"undisturbed_{name}"], err_msg=name)
    figures = found.figures[shocked.seed]
    assert (figures["primary"], figures["spot_primary"], found.courses["price"].sign) == (0.0, 0.0, 0)


def test_the_world_goes_on_as_if_nobody_had_copied_it(shocked):
    found = contagion(shocked, runs=1, days=12, reactions=("margin",))
    assert not found.failed
    model = shocked.build(shocked.seed)
    eve = model.calendar.day_on(shocked.shocks[0].date) - 1
    while model.day < eve + 12:
        model.step()
    daily = model.record.table("daily")
    paths = found.paths
    np.testing.assert_array_equal(paths["full_spot"], daily["spot_us"][eve:])
    np.testing.assert_array_equal(paths["full_forced_events"], daily["forced_events"][eve:])
    np.testing.assert_array_equal(paths["date"].to_numpy().astype("M8[D]"), daily["date"][eve:])
    assert found.figures[shocked.seed]["forced_events"] == daily["forced_events"][eve + 1 :].sum() > 0


def test_a_frozen_world_has_fewer_defaults_and_other_prices(shocked):
    found = contagion(shocked, runs=2, days=12)
    for figures in found.figures.values():
        assert figures["defaults_primary"] < figures["defaults"]
    paths = found.paths
    assert (paths["full_price"] != paths["primary_price"]).any()
    eve = paths.groupby("run").first()
    np.testing.assert_array_equal(eve["full_price"], eve["primary_price"])
    np.testing.assert_array_equal(eve["full_price"], eve["undisturbed_price"])
    assert (paths["primary_spot"] != paths["undisturbed_spot"]).any()
    table = found.table()
    assert table.loc["contagion", "low"] <= table.loc["contagion", "mean"] <= table.loc["contagion", "high"]
    assert (table["label"] != "").all()


def test_what_cannot_be_told_is_refused_with_a_reason(shocked):
    with pytest.raises(BadInput, match="no shock"):
        contagion(Scenario.load("quick"), runs=1)
    with pytest.raises(BadInput, match="there is no reaction 'credits'"):
        contagion(shocked, runs=1, reactions=("credits",))
    with pytest.raises(BadInput, match="end after its last"):
        contagion(shocked, runs=1, days=60)


def test_a_folder_is_resumed_and_extended_and_gives_the_same(shocked, tmp_path):
    once = contagion(shocked, runs=2, days=12, reactions=("margin",))
    folder = tmp_path / "kept"
    contagion(shocked, runs=1, days=12, reactions=("margin",), out=folder)
    with pytest.raises(BadInput, match="--resume"):
        contagion(shocked, runs=2, days=12, reactions=("margin",), out=folder)
    kept = contagion(shocked, runs=2, days=12, reactions=("margin",), out=folder, resume=True)
    assert sorted(kept.figures) == sorted(once.figures)
    for seed, figures in once.figures.items():
        assert {k: v for k, v in figures.items() if v == v} == {k: v for k, v in kept.figures[seed].items() if v == v}
    assert kept.paths.equals(once.paths[kept.paths.columns])
    with pytest.raises(BadInput, match="something else"):
        contagion(shocked, runs=2, days=11, reactions=("margin",), out=folder, resume=True)


def test_ratios_are_of_sums_and_leave_one_history_out_for_their_interval():
    told = Contagion("made-up", 5)
    for seed, (full, primary) in enumerate(((10.0, 2.0), (4.0, 4.0), (6.0, 0.0)), 1):
        told.figures[seed] = {"distress": full, "distress_primary": primary, "brought": full / 4,
                              "default_deficit_cents": full, "default_deficit_cents_primary": primary}
    found = told.ratios()
    assert found["n_by_causes"].value == pytest.approx(0.25)
    assert found["n_by_causes"].low == pytest.approx(found["n_by_causes"].high)
    assert found["n_by_frozen"].value == pytest.approx(1 - 6 / 20)
    left = np.array([1 - 4 / 10, 1 - 2 / 16, 1 - 6 / 14])
    half = 2.920 * math.sqrt(2 / 3 * ((left - left.mean()) ** 2).sum())
    assert found["n_by_frozen"].high == pytest.approx(0.7 + half, rel=1e-3)
    assert found["loss_multiplied"].value == pytest.approx(20 / 6)
