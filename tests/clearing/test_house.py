"""What the clearing house does to whom, in numbers that can be checked by hand. One tick is $7.30 a contract."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.clearing.causes import NEWS
from sim.clearing.closeout import HOUSE
from sim.clearing.config import ClearingConfig
from sim.clearing.margin.base import MarginModel
from sim.clearing.margin.fixed import Fixed
from tests.clearing.driver import TICK_CENTS, Market


def test_margin_is_a_share_of_notional_and_the_rest_stays_free():
    market = Market(cash=10_000_000)
    market.trade(0, 1, 0, 100)
    market.evening(260)
    gain, margin = 100 * 10 * TICK_CENTS, 100 * 260 * TICK_CENTS // 5
    assert market.ledger.cash[:2].tolist() == [10_000_000 + gain - margin, 10_000_000 - gain - margin]
    assert market.ledger.margin[:2].tolist() == [margin, margin]
    assert market.house.totals()["variation_margin_cents"] == gain
    assert market.house.totals()["initial_margin"] == 2 * margin
    assert not market.events()


def test_the_margin_of_a_contract_is_rounded_up_to_the_cent():
    market = Market(config=ClearingConfig(margin=Fixed(rate=0.123456789)))
    market.trade(0, 1, 0, 3)
    market.evening(251)
    one = int(np.ceil(0.123456789 * 251 * TICK_CENTS))
    assert 0.123456789 * 251 * TICK_CENTS % 1 > 0
    assert market.house.required[:2].tolist() == [3 * one, 3 * one]


def test_a_calendar_spread_costs_a_quarter_of_its_legs():
    market = Market()
    market.trade(0, 1, 0, 100)
    market.trade(2, 0, 1, 100)
    market.evening()
    leg = 100 * 250 * TICK_CENTS // 5
    assert market.house.required[:3].tolist() == [leg // 2, leg, leg]


@pytest.mark.parametrize("watched", [True, False])
def test_who_cannot_cover_the_requirement_is_called_and_pays_in_the_morning(watched):
    market = Market(cash=4_000_000, intraday=[watched] * 5)
    market.trade(0, 1, 0, 100)
    market.evening(240)
    equity, required = 4_000_000 - 730_000, 100 * 240 * TICK_CENTS // 5
    call = required - equity
    (event,) = market.events("margin call")
    assert (event["agent"], event["amount_cents"], event["causes"]) == (0, call, {NEWS: 1.0})
    assert market.house.totals()["margin_call_cents"] == call
    assert (market.ledger.cash[0], market.ledger.margin[0]) == (0, equity)
    market.ledger.post("treasury", np.array([0]), np.array([call]), "outside world")
    market.morning()
    assert (market.ledger.cash[0], market.ledger.margin[0]) == (0, required)
    assert len(market.events()) == 1
    assert not market.house.forced.any()
    assert len(market.house.forced_targets()[0]) == 0


def test_who_cannot_pay_the_call_is_forced_to_shrink_until_restored():
    market = Market(cash=4_000_000, intraday=[False] * 5)
    market.trade(0, 1, 0, 100)
    market.evening(240)
    market.morning()
    call, sale = market.events()
    assert (sale["kind"], sale["agent"], sale["causes"]) == ("forced sale", 0, {call["event"]: 1.0})
    rows, targets = market.house.forced_targets()
    assert rows.tolist() == [0]
    keep = 3_270_000 / (1.5 * 100 * 240 * TICK_CENTS / 5)
    assert targets.tolist() == [[int(100 * keep), 0]]
    market.trade(2, 0, 0, 100 - int(100 * keep), forced=True, taker=0)
    market.check()
    assert not market.house.forced.any()
    market.evening()
    assert len(market.events("margin call")) == 1  # restored: no second call
    assert market.house.totals()["forced_volume"] == 100 - int(100 * keep)


def test_accounts_that_are_watched_are_forced_during_the_day_and_others_are_not():
    market = Market(cash=4_000_000, intraday=[True, True, False, True, True])
    market.trade(0, 1, 0, 100)
    market.trade(2, 1, 0, 100)
    market.check([226, 250])
    (event,) = market.events()
    assert (event["kind"], event["agent"], event["round"]) == ("forced sale", 0, 0)
    assert event["amount_cents"] == 100 * 226 * TICK_CENTS // 5 - (4_000_000 - 100 * 24 * TICK_CENTS)


def test_a_forced_sale_is_the_cause_of_the_next_one_in_proportion_to_its_volume():
    market = Market(n=6, cash=[4_000_000, 40_000_000, 4_400_000, 40_000_000, 40_000_000, 40_000_000])
    market.trade(0, 1, 0, 100)
    market.trade(2, 1, 0, 100)
    market.check([226, 250])
    first = market.events()[-1]
    market.trade(3, 0, 0, 60, forced=True, taker=0)
    market.trade(3, 4, 0, 20, taker=4)
    market.check([215, 250])
    second = market.events("forced sale")[-1]
    assert second["agent"] == 2
    assert second["causes"] == pytest.approx({first["event"]: 0.75, NEWS: 0.25})
    market.evening()
    for event in market.events("margin call"):
        assert event["causes"] == pytest.approx({first["event"]: 0.75, NEWS: 0.25})


def test_a_default_moves_everything_to_the_house_which_pays_from_its_capital():
    market = Market(n=5, cash=[4_000_000, 40_000_000, 40_000_000, 40_000_000, 40_000_000], notional=1e8)
    market.trade(0, 1, 0, 100)
    market.check([180, 250])
    (event,) = market.events()
    deficit = 100 * 70 * TICK_CENTS - 4_000_000
    assert (event["kind"], event["agent"], event["quantity"], event["amount_cents"]) == ("default", 0, 100, deficit)
    assert not market.ledger.alive[0]
    assert market.ledger.position[:, 0].tolist() == [0, -100, 0, 0, 0, 100]
    assert market.ledger.cash[[0, 5]].tolist() == [0, 4_000_000]
    rows, targets = market.house.forced_targets()
    assert (rows.tolist(), targets.tolist()) == ([5], [[96, 0]])
    market.evening()
    (loss,) = market.events("house loss")
    assert (loss["amount_cents"], loss["causes"]) == (deficit, {event["event"]: 1.0})
    assert market.ledger.institution[HOUSE] == 5_000_000 - deficit
    assert market.ledger.cash[5] == 0
    assert not market.events("house insolvent")


def test_what_capital_cannot_bear_is_said_and_the_owners_pay():
    market = Market(n=5, cash=[4_000_000, 40_000_000, 40_000_000, 40_000_000, 40_000_000], notional=2e6)
    market.trade(0, 1, 0, 100)
    market.check([180, 250])
    market.evening()
    loss, insolvent = market.events("house loss") + market.events("house insolvent")
    assert insolvent["amount_cents"] == loss["amount_cents"] - 100_000
    assert insolvent["causes"] == {loss["event"]: 1.0}
    assert market.ledger.institution[HOUSE] == 0
    assert market.house.totals()["house_shortfall_cents"] == insolvent["amount_cents"]


def test_a_gain_on_the_way_out_first_repays_capital_and_then_the_owner():
    market = Market(n=5, cash=[4_000_000, 40_000_000, 40_000_000, 40_000_000, 40_000_000], notional=1e8)
    market.trade(0, 1, 0, 100)
    market.check([180, 250])
    market.evening()
    market.morning()
    outside = market.ledger.institution[3]
    market.mark[0] = 220
    market.trade(2, 5, 0, 100, forced=True, taker=5)
    market.check()
    market.evening()
    deficit = 100 * 70 * TICK_CENTS - 4_000_000
    gain = 100 * 40 * TICK_CENTS
    assert market.ledger.institution[HOUSE] == 5_000_000
    assert market.ledger.institution[3] - outside == gain - deficit
    assert market.house.totals()["close_out_gain_cents"] == gain
    assert not market.house.pot.estates


def test_sales_of_the_house_are_caused_by_the_defaults_that_it_took_over():
    market = Market(n=5, cash=[4_000_000, 40_000_000, 7_000_000, 40_000_000, 40_000_000])
    market.trade(0, 1, 0, 100)
    market.trade(2, 1, 0, 100)
    market.check([180, 250])
    default = market.events("default")[0]
    market.trade(3, 5, 0, 40, forced=True, taker=5)
    market.check([150, 250])
    second = market.events("default")[1]
    assert second["agent"] == 2
    assert second["causes"] == {default["event"]: 1.0}  # nobody else sold


def test_a_default_after_an_unpaid_call_names_the_call():
    market = Market(cash=[4_000_000] + [40_000_000] * 4, intraday=[False] * 5)
    market.trade(0, 1, 0, 100)
    market.evening(190)  # 4,380,000 lost
    call = market.events("margin call")[0]
    assert market.ledger.cash[0] == -380_000
    market.morning()
    (default,) = market.events("default")
    assert (default["agent"], default["amount_cents"], default["causes"]) == (0, 380_000, {call["event"]: 1.0})


def test_an_account_that_only_owes_its_own_bills_is_none_of_the_houses_business():
    market = Market(cash=[-500] + [10_000_000] * 4)
    market.check()
    market.evening()
    market.morning()
    assert not market.events()


def test_closing_an_account_trades_its_positions_away_and_gives_the_margin_back():
    market = Market()
    market.trade(0, 1, 0, 100)
    market.evening()
    event = market.house.close(0, market.day)
    market.morning()
    rows, targets = market.house.forced_targets()
    assert (rows.tolist(), targets.tolist()) == ([0], [[0, 0]])
    with pytest.raises(ValueError, match="positions"):
        market.house.release(np.array([0]))
    market.trade(1, 0, 0, 100, forced=True, taker=0)
    assert list(market.house.flow.forced) == [event]
    market.evening()
    market.house.release(np.array([0]))
    assert market.ledger.margin[0] == 0
    assert not market.house.closing.any()


def test_who_comes_back_can_trade_and_fail_again():
    market = Market(n=3, cash=[1_000_000, 40_000_000, 40_000_000])
    for _ in range(2):
        market.trade(0, 1, 0, 20)
        market.check([150, 250])
        market.evening()
        market.ledger.post("fund flow", np.array([0]), np.array([1_000_000]), "outside world")
        market.ledger.alive[0] = True
        market.house.welcome(np.array([0]))
        market.mark[0] = 250
        market.morning()
    assert len(market.events("default")) == 2


def test_orders_of_a_failed_account_that_fill_late_go_to_the_house():
    market = Market(n=3, cash=[1_000_000, 40_000_000, 40_000_000])
    market.trade(0, 1, 0, 20)
    market.check([150, 250])
    market.trade(0, 1, 0, 5, taker=1)
    market.check([150, 250])
    assert market.ledger.position[:, 0].tolist() == [0, -25, 0, 25]
    assert market.ledger.basis[0] == 0


def test_expiry_at_another_price_than_the_settlement_is_refused():
    market = Market()
    market.trade(0, 1, 0, 100)
    market.evening(260)
    with pytest.raises(ValueError, match="260"):
        market.house.expire(0, 261)


def test_a_loss_on_a_contract_that_expired_today_still_has_its_causes():
    market = Market(cash=[40_000_000, 40_000_000, 4_000_000, 40_000_000, 40_000_000])
    market.trade(2, 1, 0, 100)
    market.trade(2, 1, 1, 100)
    market.house.close(0, 0)
    market.trade(3, 0, 0, 10, forced=True, taker=0)
    market.evening([240, 250], expiring=[0])
    (call,) = market.events("margin call")
    assert call["causes"] == {0: 1.0}


class Unsure(MarginModel):
    """A model that gives a rate once and then none."""

    def rates(self, history):
        return np.full(history.shape[1], 0.1 if len(history) < 2 else np.nan)


def test_a_model_without_an_answer_leaves_the_rate_where_it_is():
    market = Market(config=ClearingConfig(margin=Unsure()))
    for _ in range(3):
        market.evening()
        market.morning()
    assert market.house.rate.tolist() == [0.1, 0.1]


def test_frozen_settles_but_calls_forces_and_fails_nobody():
    market = Market(cash=4_000_000)
    market.house.frozen = True
    market.trade(0, 1, 0, 100)
    market.check([150, 250])
    market.evening()
    market.morning()
    assert not market.events()
    assert market.ledger.cash[0] + market.ledger.margin[0] == 4_000_000 - 100 * 100 * TICK_CENTS


@given(st.permutations(range(6)), st.lists(st.integers(1, 200), min_size=5, max_size=5), st.integers(100, 400),
       st.booleans())
def test_who_fails_and_in_what_order_does_not_depend_on_the_order_of_rows(order, sizes, mark, watched):
    outcomes = []
    for places in (range(6), order):
        at = list(places)  # person -> row
        market = Market(n=6, cash=4_000_000, intraday=[watched] * 6)
        for person, size in enumerate(sizes):
            market.trade(at[person], at[5], person % 2, size)
        market.check([mark, 500 - mark])
        market.evening()
        market.morning()
        person_at = {row: person for person, row in enumerate(at)} | {6: 6}
        events = [(e["kind"], person_at[int(e["agent"])], int(e["amount_cents"])) for e in market.events()]
        outcomes.append((sorted(events), [e for e in events if e[0] == "default"],
                         market.ledger.cash[[*at, 6]].tolist(), market.ledger.position[[*at, 6]].tolist()))
    assert outcomes[0][0] == outcomes[1][0]
    assert outcomes[0][2:] == outcomes[1][2:]
    amounts = [[amount for _, _, amount in defaults] for _, defaults, _, _ in outcomes]
    assert amounts[0] == amounts[1]
    assert watched is False or amounts[0] == sorted(amounts[0], reverse=True)


@given(st.lists(st.integers(-100, 100), min_size=2, max_size=2), st.floats(0.01, 0.9), st.floats(0.01, 0.9))
def test_requirements_are_symmetric_and_rise_with_a_fixed_rate_held_outright(sizes, one, other):
    low, high = sorted((one, other))
    required = []
    for rate, sign in ((low, 1), (low, -1), (high, 1)):
        market = Market(cash=10**9, config=ClearingConfig(margin=Fixed(rate=rate)))
        for slot, size in enumerate(sizes):
            market.trade(0, 1, slot, sign * size) if size else None
        market.evening()
        required.append(int(market.house.required[0]))
    assert required[0] == required[1]
    assert required[2] >= required[0]  # one rate for all months: spreads scale as well
