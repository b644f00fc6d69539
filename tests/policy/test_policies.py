"""Each policy in force: it acts in its direction, its limits hold, its money adds up, and it ends when it should."""

import datetime as dt

import numpy as np
import pydantic
import pytest

from sim.errors import BadInput
from sim.plugin import FAMILIES
from sim.policy.hedger_exemption import HedgerExemption
from sim.policy.leverage_cap import LeverageCap
from sim.policy.listing_conditions import ListingConditions
from sim.policy.minimum_margin import MinimumMargin
from sim.policy.position_limit import Accountability, PositionLimit
from sim.policy.price_limit import PriceLimit
from sim.policy.reporting import Reporting
from sim.policy.settlement_rule import SettlementRule
from sim.policy.trading_halt import TradingHalt
from sim.policy.transaction_tax import TransactionTax
from sim.scenario import Scenario
from sim.shocks.index_restatement import IndexRestatement
from tests.policy.conftest import SMALL, run, scenario

LATER = dt.date(2026, 10, 19)  # day 10
BOUND = {"hedgers_exempt": False, "makers_exempt": False}


def everybody_but_the_pot(model):
    return np.arange(model.ledger.n) != model.blocks.house_row


# --- position limits ------------------------------------------------------------------------------------------------


def test_nobody_is_above_the_limit_once_grace_is_over():
    """A limit that comes later, so that positions above it must be traded down; makers and hedgers are bound too."""
    limit = PositionLimit(date=LATER, spot_month=None, single_month=30_000, all_months=90_000, grace=1, **BOUND)
    largest, forced = [], 0

    def watch(model):
        nonlocal forced
        forced += model.house.today["forced_volume"] * (model.day > 11)
        held = model.ledger.position[everybody_but_the_pot(model)]
        largest.append((model.day, np.abs(held).max(), np.abs(held.sum(axis=1)).max()))

    model = run(limit, days=37, watch=watch)
    one, every = 300, 900
    assert any(size > one for day, size, _ in largest if day < 10)
    late = [(size, net) for day, size, net in largest if day > 21]  # a month's end, which unpairs spreads, is over
    assert late and max(size for size, _ in late) <= one and max(net for _, net in late) <= every
    kinds = list(model.record.table("events")["kind"])
    assert "position above limit" in kinds
    assert model.house.today["forced_volume"] >= 0 and forced  # reduced through the book, as forced orders
    breaches = np.flatnonzero(np.array(kinds) == "position above limit")
    assert not np.isin(model.house.episode, breaches[:1]).any()  # nothing is put down to a breach that has ended


def test_wishes_within_the_limit_are_never_exceeded_from_the_start():
    limit = PositionLimit(spot_month=None, single_month=20_000, **BOUND)
    run(limit, days=20, watch=lambda m: (
        None if np.abs(m.ledger.position[everybody_but_the_pot(m)]).max() <= 200 else pytest.fail("above the limit")))


def test_hedgers_are_exempt_up_to_their_need_and_others_are_not():
    def hedgers(model):
        return np.abs(model.ledger.position[model.rules.sides != 0]).sum()

    tight = {"spot_month": None, "single_month": 2_000}
    exempt, bound = run(PositionLimit(**tight)), run(PositionLimit(**tight, hedgers_exempt=False))
    assert hedgers(exempt) > 2 * hedgers(bound)
    need = np.abs(exempt.rules.exempt_need(exempt, True, exempt.families.all[0]))[:, None]
    held = np.abs(exempt.ledger.position)
    free = exempt.rules.makers[:, None]
    assert (held <= np.maximum(np.where(free, held, 20), need)).all()
    ended = run(PositionLimit(**tight), HedgerExemption(multiple=0.0))
    assert hedgers(ended) == hedgers(bound)


def test_the_spot_month_is_bound_only_near_its_end():
    model = scenario(PositionLimit(spot_month=1_000, **BOUND)).build(seed=1)
    limit = model.rules.all[0]
    for _ in range(25):
        model.step()
        if model.day >= -5:
            low, high, _, _ = limit.bounds(model, model.rules, model.families.all[0])
            near = (model.exchange.slots["listed"] == 1) & (model.exchange.days_left <= 3)
            assert (high[0, near] == 10).all() and (high[0, ~near] > 10**9).all() and (low == -high)[0].all()


def test_accountability_slows_growth_and_is_written_down():
    rule = Accountability(single_month=5_000, all_months=10_000, growth=0.02)
    starts = {}

    def watch(model):
        held = model.ledger.position[everybody_but_the_pot(model)]
        if model.day in starts:
            return
        starts[model.day] = held.copy()

    model = run(rule, watch=watch)
    quotes = model.rules.makers[everybody_but_the_pot(model)]  # makers trade by quotes, which levels do not cut
    for day in sorted(starts)[1:]:
        before, after = starts[day - 1][~quotes], starts[day][~quotes]
        assert (np.abs(after) <= np.maximum(np.abs(before), 50) + 1).all()
    assert "accountability" in list(model.record.table("events")["kind"])
    assert model.rules.today["accountable_participants"] > 0


def test_contradicting_limits_are_refused():
    with pytest.raises(pydantic.ValidationError, match="could never bind"):
        PositionLimit(spot_month=100, single_month=50)
    with pytest.raises(pydantic.ValidationError, match="no limit is given"):
        PositionLimit(spot_month=None)
    with pytest.raises(pydantic.ValidationError, match="could never bind"):
        Accountability(single_month=10, all_months=5)
    with pytest.raises(pydantic.ValidationError, match="choose a later day"):
        MinimumMargin(date=LATER, until=LATER)
    with pytest.raises(pydantic.ValidationError, match="without `move` needs the day"):
        TradingHalt(move=None)
    with pytest.raises(pydantic.ValidationError, match="wider than the one before"):
        PriceLimit(limit=0.4, on_hit="expand")


def test_a_rule_that_never_holds_is_refused():
    wrong = scenario(MinimumMargin(until=dt.date(2026, 10, 1)))
    assert [steps for steps, _ in wrong.inconsistencies()] == [("policies", 0, "until")]


# --- margin, leverage, tax -------------------------------------------------------------------------------------------


def test_margin_is_never_below_its_floor_and_ends_with_the_rule(calm):
    rates = {}
    model = run(MinimumMargin(rate=0.45, date=dt.date(2026, 10, 12), until=LATER),
                watch=lambda m: rates.setdefault(m.day, m.house.rate.copy()))
    assert all((rate >= 0.45).all() for day, rate in rates.items() if 5 <= day < 10)
    assert (rates[3] < 0.45).all() and (rates[11] < 0.45).all()
    assert model.ledger.margin.sum() > 0


def test_leverage_is_capped(calm):
    def gross(model):
        value = model.exchange.settle * model.exchange.tick_cents
        return (np.abs(model.ledger.position) * value).sum(axis=1) / np.maximum(model.house.equity, 1)

    model = run(LeverageCap(most=0.5, hedgers_exempt=False, makers_exempt=False), days=25)
    funds = (model.rules.sides == 0) & ~model.rules.makers & model.ledger.alive
    assert gross(model)[funds].max() <= 0.5 * 1.1 + 0.1  # prices may move for a day of grace
    assert gross(calm[0])[funds].max() > 1.0
    assert model.exchange.open_interest().sum() < calm[0].exchange.open_interest().sum()


def test_the_tax_is_rate_times_value_to_the_cent_and_lowers_volume(calm):
    taxed, volume = [], []
    tax = TransactionTax(rate=50.0, makers_exempt=False)

    def watch(model):
        row = model.ledger.matrix[list_of_flows.index("transaction tax")]
        expected = sum((int(value) * 50_000 + 5_000_000) // 10_000_000 for value in model.rules.value_traded)
        taxed.append((int(row.sum()), expected))
        volume.append(model.exchange.traded.sum() // 2)

    from sim.ledger import FLOWS
    list_of_flows = list(FLOWS)
    model = run(tax, watch=watch)
    paid = np.diff([0] + [total for total, _ in taxed])
    assert paid.tolist() == [expected for _, expected in taxed] and paid.sum() > 0
    assert sum(volume) < sum(day[0] for day in calm[1])
    assert model.rules.today["transaction_tax_cents"] == paid[-1]
    value = model.rules.value_traded.sum()
    assert abs(paid[-1] - value * 0.005) <= model.ledger.n


def test_who_is_exempt_pays_no_tax():
    model = run(TransactionTax(rate=10.0), days=12)
    names = model.ledger.sector_names
    from sim.ledger import FLOWS
    paid = model.ledger.matrix[FLOWS.index("transaction tax")].sum(axis=1)
    assert paid[names.index("liquidity")] == 0 and paid[names.index("speculators")] > 0
    styles = model.desk.styles
    assert styles["edge"][:-1].max() > model.rules.usual["edge"][:-1].max()


def test_styles_are_as_before_when_the_tax_has_ended():
    model = run(TransactionTax(until=LATER), days=24)
    assert (model.desk.styles == model.rules.usual).all()


# --- prices ----------------------------------------------------------------------------------------------------------


def jump(*policies, factor=1.5, days=29, changes=(), watch=None):
    found = scenario(*policies, changes=changes)
    found = found.model_copy(update={"shocks": (IndexRestatement(date=LATER, factor=factor),)})
    model = found.build(seed=1)
    for _ in range(days):
        model.step()
        if watch is not None:
            watch(model)
    return model


def moves(model):
    """Largest daily log change of any month from day to day."""
    prices = model.exchange.prices()
    with np.errstate(invalid="ignore"):
        return np.nanmax(np.abs(np.diff(np.log(prices), axis=0)))


@pytest.mark.parametrize("on_hit", ["cap", "pause", "close"])
def test_no_trade_and_no_settlement_beyond_the_limit(on_hit):
    limit = PriceLimit(limit=0.05, on_hit=on_hit)
    model = jump(limit, changes=["record.trades=true"])
    events, settle = model.record.table("events"), model.exchange.prices()
    trades = np.flatnonzero(np.array(events["kind"]) == "trade")
    first = len(settle) - 1 - model.day
    months = model.exchange.slots["month"].tolist()
    month_of = {f"{month // 12:04d}-{month % 12 + 1:02d}": slot for slot, month in enumerate(months)}
    checked = 0
    for at in trades:
        slot, day = month_of.get(events["contract"][at]), int(events["day"][at])
        before = settle[first + day - 1, slot] if slot is not None and first + day > 0 else np.nan
        if np.isfinite(before):
            assert abs(events["price"][at] / before - 1) <= 0.05 + 0.011 / before
            checked += 1
    assert checked > 1000
    assert "price limit" in list(events["kind"])
    assert moves(model) <= np.log(1.06)  # the last day of a month, which settles to the index, lies after the run


def test_limits_widen_and_prices_get_there_sooner():
    capped, widening = jump(PriceLimit(limit=0.05)), jump(PriceLimit(limit=0.05, on_hit="expand", pause=0,
                                                                    expansions=(0.2, 0.4)))
    assert moves(widening) > 1.5 * moves(capped)


def test_a_locked_day_settles_at_the_limit():
    limits = []

    def watch(model):
        memory = model.rules.memory["price_limit"]
        limits.append((model.day, int(memory["locked"].sum())))

    model = jump(PriceLimit(limit=0.03), watch=watch)
    days = [day for day, locked in limits if locked]
    assert days and min(days) >= 10
    front = model.exchange.prices()[-len(limits):, :]
    assert np.isfinite(front).any()


def test_nothing_is_traded_while_trading_is_halted():
    volume = {}
    model = run(TradingHalt(move=None, date=dt.date(2026, 10, 12), until=LATER), days=28,
                watch=lambda m: volume.setdefault(m.day, int(m.exchange.slots["volume"].sum())))
    assert all(volume[day] == 0 for day in range(5, 9)) and volume[4] > 0 and volume[12] > 0
    assert model.ledger.position.sum() == 0


def test_a_large_move_halts_the_rest_of_the_day():
    volume = {}
    model = jump(TradingHalt(move=0.05, rounds=0, days=2),
                 watch=lambda m: volume.setdefault(m.day, int(m.exchange.slots["volume"].sum())))
    events = model.record.table("events")
    halts = [int(day) for day, kind in zip(events["day"], events["kind"], strict=True) if kind == "trading halt"]
    assert halts and halts[0] >= 10
    assert volume[halts[0] + 1] == volume[halts[0] + 2] == 0


def test_the_prior_close_stands_after_a_spike_and_calls_are_smaller():
    calls = {}
    for name, rules in (("spike", (SettlementRule(rule="last_trade"),)),
                        ("prior", (SettlementRule(rule="prior_close", beyond=0.05),))):
        moved = []
        jump(*rules, factor=2.0, watch=lambda m, to=moved: to.append(m.house.totals()["variation_margin_cents"]))
        calls[name] = sum(moved[20:25])
    assert calls["spike"] > 3 * calls["prior"]


def test_a_longer_window_damps_the_settlement():
    model = run(SettlementRule(rule="vwap", window=6), days=12)
    volume, value = np.sum(model.rules.volumes, axis=0), np.sum(model.rules.values, axis=0)
    traded = (volume > 0) & (model.exchange.days_left > 0)
    expected = np.floor(value[traded] / volume[traded] + 0.5)
    assert traded.any() and (model.exchange.settle[traded] == expected).all()


# --- listing and reporting --------------------------------------------------------------------------------------------


def test_futures_open_when_the_index_is_old_enough():
    opened = {}
    run(ListingConditions(panel=0.0, history=35), days=20,
        watch=lambda m: opened.setdefault(m.day, bool(m.exchange.slots["listed"].any())))
    assert not opened[3] and opened[6]


def test_months_run_off_when_the_panel_is_too_small():
    rule = ListingConditions(panel=1000.0, history=0, date=LATER)
    listed = {}
    run(rule, days=50, changes=["days=60"],
        watch=lambda m: listed.setdefault(m.day, int(m.exchange.slots["listed"].sum())))
    assert listed[0] == 6 and listed[35] == 5  # October has ended, no month came


def test_a_reported_swap_uses_up_the_limit_and_costs_margin():
    swaps = ["market.swaps.share=1.0", "market.swaps.beyond_limits=false"]
    limit = PositionLimit(spot_month=None, single_month=20_000)
    unseen = run(limit, changes=swaps)
    seen = run(limit, Reporting(threshold=0.01), changes=swaps)
    clients = unseen.venues.swaps.clients

    def total(model):
        return np.abs(model.ledger.position + model.venues.swaps.held)[clients].max()

    assert total(seen) < total(unseen) and np.abs(seen.ledger.position[clients]).max() <= 200
    assert seen.rules.today["concentrated_accounts"] > 0
    multiple = seen.rules.memory["reporting"]["multiple"]
    assert multiple.max() > 1.0 and (multiple >= 1.0).all() and (multiple <= 3.0).all()


# --- all ----------------------------------------------------------------------------------------------------------


def every_policy():
    return [cls() for _, cls in sorted(FAMILIES["policy"].types.items()) if cls.__module__.startswith("sim.")]


def test_each_says_what_it_does_in_one_sentence():
    for policy in every_policy():
        for text in (policy.effect(), policy.effect_at(0.01, 52_800.0)):
            assert text.endswith(".") and len(text) > 30 and "{" not in text, policy.label
    assert "75 contracts at this scale, 0.142 % of a month's" in PositionLimit().effect_at(0.01, 52_800.0)


def test_the_description_tells_policies_and_venues():
    found = scenario(PositionLimit(), changes=["market.swaps.share=1.0", "market.perpetual.traders=50"])
    text = " ".join(found.describe().split())
    assert "No participant may hold more than 7,500 lots" in text and "bilateral swaps" in text
    assert "A perpetual venue on the same index: 50 retail traders" in text


def test_all_together_balance_and_can_be_branched():
    changes = ["market.swaps.share=0.5", "market.perpetual.traders=60"]
    model = scenario(*every_policy(), changes=[*changes]).build(seed=2)
    for _ in range(14):
        model.step()
    twin = model.branch()
    for _ in range(6):
        model.step()
        twin.step()
    assert (model.ledger.position == twin.ledger.position).all() and (model.ledger.cash == twin.ledger.cash).all()
    first, second = model.record.table("daily"), twin.record.table("daily")
    assert first.keys() == second.keys()
    for name, column in first.items():
        assert np.array_equal(column, second[name], equal_nan=column.dtype.kind == "f"), name
    assert (model.rules.memory["position_limit"]["over"] == twin.rules.memory["position_limit"]["over"]).all()


def test_without_policies_and_venues_nothing_is_added(calm):
    model = calm[0]
    assert model.rules.totals() == {} and model.venues.totals() == {}
    assert model.rules.clipped(model, model.wish) is model.wish and SMALL


def test_accounts_of_one_owner_are_added_up():
    """The speculators of the small market hold more together than one may hold; as one owner they may not."""
    alone = PositionLimit(spot_month=None, all_months=6_000, hedgers_exempt=False)
    group = PositionLimit(spot_month=None, all_months=6_000, hedgers_exempt=False,
                          one_owner=("fundamental_speculator", "trend_follower"))
    together = []
    for rule in (alone, group):
        model = run(rule)
        limit = round(6_000 * model.scenario.scale)
        blocks = {kind.label: block for kind, block in model.blocks.all}
        together.append([abs(int(blocks[name].position.sum())) for name in group.one_owner])
    assert max(together[0]) > limit >= max(together[1]) > 0
    assert "count as one owner" in group.effect()


def test_an_owner_that_takes_no_part_is_refused(tmp_path):
    path = tmp_path / "owner.yaml"
    path.write_text("extends: quick.yaml\npolicies:\n  - {type: position_limit, one_owner: [trend_folower]}\n")
    with pytest.raises(BadInput, match=r'owner.yaml:3.*did you mean "trend_follower"'):
        Scenario.load(path)
