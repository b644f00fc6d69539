"""The perpetual venue: accounts against naive ones, who is deleveraged first, liquidation, funding, conservation."""

import datetime as dt
from fractions import Fraction

import numpy as np
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.ledger import BooksDoNotBalance
from sim.market.perpetual_accounts import Accounts
from sim.market.perpetual_config import PerpetualConfig
from sim.market.perpetual_funding import funding_rate, impact_price
from sim.scenario import Scenario
from sim.shocks.index_restatement import IndexRestatement

SMALL = ["days=30", "burn_in=20", "market.warm_up=10", "market.perpetual.capital=0.05", "market.perpetual.traders=120"]


def accounts_of(*rows, tick_cents=1):
    """Accounts with (cash, position, value)."""
    found = Accounts(len(rows), tick_cents)
    for at, (cash, position, value) in enumerate(rows):
        found.cash[at], found.position[at], found.value[at] = cash, position, value
    return found


# --- accounts --------------------------------------------------------------------------------------------------


def naive_enter(cash, held, value, quantity, cost):
    """One account, one trade, in fractions: what is closed realises its gain over the mean entry value."""
    if quantity == 0:
        return cash - cost, held, value
    if held == 0 or held * quantity > 0:
        return cash, held + quantity, value + cost
    if abs(quantity) <= abs(held):
        out = Fraction(value * -quantity, held)
        return cash - cost - out, held + quantity, value - out
    paid = Fraction(cost * abs(held), abs(quantity))
    return cash - paid - value, held + quantity, cost - paid


@settings(max_examples=150)
@given(st.integers(-10**6, 10**6), st.integers(-500, 500), st.integers(1, 3000), st.integers(-500, 500),
       st.integers(1, 3000))
def test_a_trade_agrees_with_the_naive_account(cash, held, entry, quantity, price):
    accounts = accounts_of((cash, held, held * entry))
    accounts.enter(np.array([0]), np.array([quantity]), np.array([quantity * price]))
    expected = naive_enter(cash, held, held * entry, quantity, quantity * price)
    got = (accounts.cash[0], accounts.position[0], accounts.value[0])
    assert got[1] == expected[1] and abs(got[0] - expected[0]) <= 1 and abs(got[2] - expected[2]) <= 1
    assert got[0] - got[2] == cash - held * entry - quantity * price  # exact: a cent is never made or lost
    if got[1] == 0:
        assert got[2] == 0


FILL = np.dtype([("taker_owner", "i8"), ("maker_owner", "i8"), ("price", "i8"), ("qty", "i8"), ("side", "i8")])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 500), st.integers(1, 50),
                          st.integers(0, 1)), max_size=12))
def test_fills_conserve_contracts_and_cents(fills):
    accounts = Accounts(4, 7)
    accounts.cash[:] = 10_000
    accounts.fills(np.array([fill for fill in fills if fill[0] != fill[1]], FILL))
    assert accounts.position.sum() == 0 and accounts.cash.sum() - accounts.value.sum() == 40_000
    assert (accounts.value[accounts.position == 0] == 0).all()


def naive_ranking(accounts, mark):
    """Accounts with equity, best first: (mark/entry) x (worth/equity), entry/mark for shorts."""
    scores = []
    for row in range(len(accounts.cash)):
        held, value = int(accounts.position[row]), int(accounts.value[row])
        equity = int(accounts.cash[row]) + held * mark * accounts.tick_cents - value
        if held == 0 or equity <= 0:
            continue
        entry = abs(value) / (abs(held) * accounts.tick_cents)
        ratio = mark / entry if held > 0 else entry / mark
        scores.append((ratio * abs(held) * mark * accounts.tick_cents / equity, row))
    return [row for _, row in sorted(scores, key=lambda item: (-item[0], item[1]))]


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(1, 10**5), st.integers(-60, 60), st.integers(50, 150)), min_size=2, max_size=7),
       st.integers(60, 140))
def test_the_ranking_agrees_with_the_naive_one(rows, mark):
    accounts = accounts_of(*[(cash, held, held * entry) for cash, held, entry in rows])
    scores = accounts.scores(mark)
    order = [row for row in np.lexsort((np.arange(len(rows)), -scores)).tolist() if scores[row] >= 0]
    assert order == naive_ranking(accounts, mark)


def test_the_most_profitable_and_most_leveraged_are_closed_first():
    accounts = accounts_of((100, 10, 1000), (200, -4, -480), (4000, -4, -480), (300, -4, -420), (500, 2, 200))
    price, rows, taken = accounts.deleverage(0, 80)  # long 10 from 100 with 100 cents: bankrupt at 90
    assert price == 90
    assert rows.tolist() == [1, 3, 2] and taken.tolist() == [4, 4, 2]
    assert accounts.position.tolist() == [0, 0, -2, 0, 2] and accounts.cash[0] == 0
    assert accounts.cash[1] == 200 + 4 * (120 - 90)


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(-40, 40), st.integers(50, 150)), min_size=3, max_size=8),
       st.integers(40, 160))
def test_deleveraging_conserves_and_leaves_nothing_open_and_nobody_in_debt(rows, mark):
    accounts = accounts_of(*[(cash, held, held * entry) for cash, held, entry in rows])
    accounts.position[-1] -= accounts.position.sum()  # longs and shorts pair
    accounts.value[-1] = accounts.position[-1] * 100
    accounts.cash[-1] = 10**7
    broke = np.flatnonzero((accounts.equity(mark) < 0) & (accounts.position != 0))
    if not len(broke):
        return
    row = int(broke[0])
    before = int(accounts.cash.sum() - accounts.value.sum())
    price = accounts.bankruptcy_price(row)
    solvent = accounts.equity(price) >= 0
    _, others, _ = accounts.deleverage(row, mark)
    assert accounts.position[row] == 0 and accounts.position.sum() == 0
    assert int(accounts.cash.sum() - accounts.value.sum()) == before
    assert accounts.cash[row] >= 0 or price == 1
    if solvent[others].all():
        assert (accounts.equity(price)[others] >= -1).all()


# --- the venue in a run -----------------------------------------------------------------------------------------


def venue_run(days=25, changes=(), shocks=(), watch=None):
    found = Scenario.load("quick", [*SMALL, *changes]).model_copy(update={"shocks": shocks})
    model = found.build(seed=1)
    for _ in range(days):
        model.step()
        if watch is not None:
            watch(model)
    return model


@pytest.fixture(scope="module")
def crash():
    """The index halves overnight, on day 5."""
    seen = []
    shock = IndexRestatement(date=dt.date(2026, 10, 12), factor=0.6)
    model = venue_run(shocks=(shock,), watch=lambda m: seen.append(m.venues.totals()))
    return model, seen


def test_prices_follow_the_oracle_and_the_daily_table_tells_of_it():
    model = venue_run(days=20)
    table = model.record.table("daily")
    gap = table["perp_price"] / table["perp_oracle"] - 1
    assert np.abs(gap).max() < 0.1 and table["perp_open_interest"].min() > 0
    assert {"funding_rate", "liquidations", "insurance_fund_cents", "adl_contracts"} <= set(table)


def test_a_crash_liquidates_longs_in_waves_and_then_deleverages(crash):
    model, seen = crash
    day = int(np.argmax([one["liquidations"] for one in seen])) - 10
    assert day == 5
    worst = seen[15]
    assert worst["liquidations"] > 20 and worst["adl_contracts"] > 0
    assert worst["perp_open_interest"] < 0.6 * seen[14]["perp_open_interest"]
    events, causes = model.record.table("events"), model.record.table("causes")
    kinds = np.array(events["kind"])
    waves, adl = np.flatnonzero(kinds == "liquidations"), np.flatnonzero(kinds == "auto-deleveraging")
    assert len(waves) and len(adl)
    for event in [*waves.tolist(), *adl.tolist()]:
        own = causes["event"] == event
        assert causes["weight"][own].sum() == pytest.approx(1.0) and (causes["cause"][own] < event).all()
    assert np.isin(causes["cause"][np.isin(causes["event"], adl)], waves).all()
    assert np.isin(causes["cause"][np.isin(causes["event"], waves)], waves).any()  # one wave brings the next


def test_longs_pay_shorts_when_the_price_is_above_the_oracle():
    model = venue_run(days=12)
    venue = model.venues.perpetual
    venue.oracle, venue.mark = venue.mark * 0.9, venue.mark
    cash, fund = venue.accounts.cash.copy(), venue.fund
    venue._pay_funding(8.0)
    paid = cash - venue.accounts.cash
    assert venue.funding > 0.05
    assert (paid[venue.accounts.position > 0] > 0).all() and (paid[venue.accounts.position < 0] < 0).all()
    assert paid.sum() == venue.fund - fund and abs(paid.sum()) <= len(paid)


@pytest.mark.parametrize(("bid", "ask", "expected"), [(101, 103, 0.02 - 0.0005), (99, 101, 0.0001), (90, 94, -0.0795)])
def test_the_funding_formula(bid, ask, expected):
    """F = P + clamp(i - P, -0.05 %, 0.05 %), the published formula, on quotes around an oracle of 100."""
    assert funding_rate(PerpetualConfig(), bid, ask, 100.0) == pytest.approx(expected)


def test_the_impact_price_walks_through_the_levels():
    levels = np.array([[100, 5], [99, 5], [90, 100]])
    assert impact_price(levels, 5, 0) == 100 and impact_price(levels, 10, 0) == 99.5
    assert impact_price(levels, 20, 0) == pytest.approx(94.75) and impact_price(levels[:0], 20, 7) == 7


def test_arbitrageurs_hedge_in_the_nearest_future_and_can_be_seen():
    model = venue_run(days=20)
    venue = model.venues.perpetual
    lots = venue.in_lots()
    assert (lots[venue.owners].any(axis=1)).any() and not np.delete(lots, venue.owners, axis=0).any()
    assert (venue.hedges(model, model.wish) == model.wish - lots).all()
    assert model.venues.reported(False, True) is not None


def test_a_cent_that_is_missing_is_found():
    model = venue_run(days=11)
    model.venues.perpetual.accounts.cash[0] += 1
    with pytest.raises(BooksDoNotBalance, match="perpetual venue"):
        model.venues.check()


def test_what_cannot_be_is_refused():
    with pytest.raises(pydantic.ValidationError, match="lower it"):
        PerpetualConfig(leverage=30.0)
    with pytest.raises(pydantic.ValidationError, match="whole cents"):
        PerpetualConfig(size=1, tick=0.001)
    found = Scenario.load("quick", SMALL)
    market = found.market.model_copy(update={"perpetual": PerpetualConfig(arbitrageurs="nobody")})
    wrong = found.model_copy(update={"market": market})
    assert any("nobody is called" in text for _, text in wrong.inconsistencies())


def test_a_large_position_is_closed_in_parts_until_it_is_deep_under_water():
    config = PerpetualConfig(partial=0.2, partial_above=0.001)
    accounts = Accounts(1, config.tick_cents)
    accounts.position[0], accounts.value[0] = 100, 100 * 3000 * config.tick_cents
    worth = 100 * 3000 * config.tick_cents
    need = config.maintenance_rate * worth
    for share, capital, sent in ((0.9, 1.0, 20), (0.6, 1.0, 100), (0.9, 1001.0 * worth, 100)):
        accounts.cash[0] = round(share * need)
        assert config.sent(accounts, 0, 3000, capital) == sent
    assert PerpetualConfig().sent(accounts, 0, 3000, 1.0) == 100


def test_liquidation_in_parts_keeps_more_positions_open_in_a_crash():
    worlds = []
    for partial in (1.0, 0.2):
        scenario = Scenario.load("history_crypto_october_2025", [
            f"market.perpetual.partial={partial}", "market.perpetual.partial_above=0.0",
            "market.perpetual.backstop=0.3"])
        model = scenario.build(seed=1)
        first = min(model.calendar.day_on(shock.date) for shock in scenario.shocks)
        while model.day < first:
            model.step()
        worlds.append(model.venues.totals())
    whole, parts = worlds
    assert parts["liquidations"] > 0 and parts["liquidated_contracts"] < whole["liquidated_contracts"]
