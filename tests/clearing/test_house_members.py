"""Clearing members: whose loss is whose, in numbers that can be checked by hand. One tick is $7.30 a contract."""

import numpy as np
import pytest

from sim.clearing.closeout import HOUSE
from sim.clearing.config import ClearingConfig
from sim.clearing.config_members import (
    AuctionConfig,
    FundConfig,
    MembersConfig,
    PortingConfig,
    RecoveryConfig,
)
from sim.clearing.fund import FUND
from sim.clearing.members import KEPT, NEVER, NOBODY
from sim.errors import BadInput
from sim.scenario import Scenario
from tests.clearing.driver import TICK_CENTS, Market

TICK = TICK_CENTS
NO_AUCTION, NO_PORTING = AuctionConfig(lots=0), PortingConfig(probability=0.0, window=60)


def market(cash, members, notional=1e8, fund=None, tier=None, **rules):
    """Traders 0, m, 2m … have member 0, and so on; house capital 5 % of the notional."""
    given = {"auction": NO_AUCTION, "porting": NO_PORTING} | rules
    given["members"] = MembersConfig(count=len(members), **(tier or {}))
    fund = FundConfig(minimum=0.01, parallel=(0.0,), tilts=()) if fund is None else fund
    return Market(n=len(cash), cash=cash, members=members, notional=notional, config=ClearingConfig(fund=fund, **given))


def layers(world):
    """What each layer has paid today, where it has paid anything."""
    totals = world.house.totals()
    return {name[6:-6]: int(value) for name, value in totals.items() if name.startswith("layer_") and value}


def lose(world, mark=180):
    """Trader 0 bought 100 contracts at 250 of trader 1, who is rich."""
    world.evening()  # the fund is paid in
    world.morning()
    world.trade(0, 1, 0, 100)
    world.check([mark, 250])
    world.evening()


RICH = 40_000_000


def test_every_member_pays_its_least_contribution():
    world = market([RICH] * 4, [9_000_000, 5_000_000])
    world.evening()
    assert world.house.tiers.fund.balance.tolist() == [1_000_000, 1_000_000]
    assert world.ledger.institution[FUND] == 2_000_000
    assert world.ledger.cash[4:6].tolist() == [8_000_000, 4_000_000]


def test_a_member_pays_for_its_client_and_nobody_else_does():
    world = market([4_000_000, RICH, RICH, RICH], [9_000_000, 9_000_000])
    lose(world)
    deficit = 100 * 70 * TICK - 4_000_000
    assert world.ledger.cash[4:6].tolist() == [8_000_000 - deficit, 8_000_000]
    assert world.ledger.institution[HOUSE] == 5_000_000
    assert world.house.totals()["guaranteed_cents"] == deficit
    assert not world.events("member default")
    assert world.ledger.position[6, 0] == 100  # the house trades the client's book away on the member's account


def test_a_member_that_cannot_pay_is_in_default_and_the_layers_pay_in_order():
    world = market([4_000_000, RICH, RICH, RICH], [1_500_000, 9_000_000])
    lose(world, 110)
    deficit = 100 * 140 * TICK - 4_000_000  # 6,220,000
    (default,) = world.events("member default")
    paid = deficit - 500_000  # half a million was left of the member's means
    assert default["amount_cents"] == paid
    assert layers(world) == {"defaulter_fund": 1_000_000, "house_capital": 2_500_000, "default_fund": 1_000_000,
                             "assessments": 1_000_000, "second_house_capital": paid - 5_500_000}
    assert world.house.tiers.fund.balance.tolist() == [0, 1_000_000]  # the survivor has filled its part up again
    assert world.ledger.cash[5] == 9_000_000 - 1_000_000 - 1_000_000 - 1_000_000
    assert world.ledger.institution[HOUSE] == 5_000_000 - 2_500_000 - (paid - 5_500_000)
    assert world.house.totals()["unpaid_cents"] == 0


def test_gains_are_cut_once_assessments_and_capital_are_gone_and_never_margin():
    world = market([4_000_000, RICH, RICH, RICH], [1_500_000, 2_500_000], notional=2e7,
                   fund=FundConfig(minimum=0.05, parallel=(0.0,), tilts=()))
    lose(world, 110)
    deficit = 100 * 140 * TICK - 4_000_000
    left = deficit - 500_000 - 1_000_000 - 1_000_000 - 1_000_000 - 1_000_000  # member, its fund, fund, calls, capital
    assert layers(world) == {"defaulter_fund": 1_000_000, "house_capital": 500_000, "default_fund": 1_000_000,
                             "assessments": 1_000_000, "second_house_capital": 500_000, "gains_haircut": left}
    (event,) = world.events("gains haircut")
    assert event["amount_cents"] == left
    assert world.ledger.cash[1] + world.ledger.margin[1] == RICH + 100 * 140 * TICK - left


def test_what_nobody_can_pay_is_an_insolvency_and_the_book_is_torn_up():
    world = market([4_000_000, RICH, RICH, RICH], [1_500_000, 2_500_000], notional=0.0,
                   fund=FundConfig(minimum=0.0, parallel=(0.0,), tilts=()), recovery=RecoveryConfig(haircut=0.1))
    lose(world, 110)
    deficit, gains = 100 * 140 * TICK - 4_000_000, 100 * 140 * TICK
    (insolvency,), (tear,) = world.events("insolvency"), world.events("tear-up")
    assert insolvency["amount_cents"] == deficit - 1_500_000 - gains // 10
    assert tear["quantity"] == 100
    assert tear["causes"] == {insolvency["event"]: 1.0}
    assert not world.ledger.position.any()
    assert world.house.totals()["torn_up_contracts"] == 100
    assert world.house.totals()["house_shortfall_cents"] == insolvency["amount_cents"]


def test_a_survivor_that_cannot_pay_its_assessment_fails_too():
    world = market([4_000_000, RICH, RICH, RICH, RICH, RICH], [1_500_000, 1_100_000, 20_000_000])
    lose(world, 100)
    defaults = world.events("member default")
    assert [e["agent"] for e in defaults] == [6, 7]
    deficit = 100 * 150 * TICK - 4_000_000
    paid = layers(world)
    assert sum(paid.values()) + world.house.totals()["layer_margin_cents"] == deficit - 500_000
    assert paid["assessments"] > 100_000


def test_a_surplus_repays_the_last_payer_first_and_then_the_owners():
    world = market([4_000_000, RICH, RICH, RICH], [1_500_000, 9_000_000])
    lose(world, 110)
    world.morning()
    before = world.ledger.cash[5]
    world.mark[0] = 152  # 42 ticks on 100 contracts: 3,066,000 come back
    world.trade(2, 6, 0, 100, forced=True, taker=6)
    world.check()
    world.evening()
    second = 100 * 140 * TICK - 4_000_000 - 500_000 - 5_500_000
    back = 100 * 42 * TICK
    fund = world.house.tiers.fund
    assert world.ledger.institution[HOUSE] == 2_500_000 + back - second - 2_000_000
    assert world.ledger.cash[5] + fund.balance[1] == before + 1_000_000 + 2_000_000  # a contribution was in there
    assert not world.house.pot.estates
    assert not world.house.tiers.recovery.advances


def test_clients_of_a_failed_member_move_with_positions_and_margin():
    world = market([4_000_000, RICH, 8_000_000, RICH], [1_500_000, 90_000_000],
                   porting=PortingConfig(probability=1.0, capacity=1.0))
    world.trade(2, 3, 1, 10)
    lose(world, 110)
    members = world.house.tiers.members
    assert members.of[:4].tolist() == [0, 1, 1, 1]
    assert world.ledger.position[2, 1] == 10
    (event,) = world.events("porting")
    assert event["quantity"] == 1
    assert event["causes"] == {world.events("member default")[0]["event"]: 1.0}


def test_a_client_whom_nobody_takes_is_traded_out_after_the_window():
    world = market([4_000_000, RICH, 8_000_000, RICH], [1_500_000, 90_000_000],
                   porting=PortingConfig(probability=0.0, window=1))
    world.trade(2, 3, 1, 10)
    lose(world, 110)
    world.morning()
    assert 2 not in world.house.forced_targets()[0]
    world.evening()
    world.morning()
    rows, targets = world.house.forced_targets()
    assert targets[rows.tolist().index(2)].tolist() == [0, 0]
    world.trade(3, 2, 1, 10, forced=True, taker=2)
    world.evening()
    world.morning()
    members = world.house.tiers.members
    assert (members.of[2], members.lost[2]) == (1, NEVER)
    assert not world.house.tiers.unwinding.any()
    assert not world.house.closing.any()


def test_an_auction_moves_positions_at_the_settlement_price_for_a_discount():
    rules = AuctionConfig(lots=4, discount=0.2, inventory=0.0)
    world = market([4_000_000, RICH, RICH, RICH], [1_500_000, 90_000_000], auction=rules)
    lose(world, 110)
    world.morning()
    world.evening()
    (event,) = world.events("auction")
    lot = 25 * 110 * TICK // 5
    assert (event["quantity"], event["amount_cents"]) == (100, 4 * lot // 5)
    assert world.ledger.position[[5, 6], 0].tolist() == [100, 0]
    assert world.house.totals()["auctioned_contracts"] == 100


def test_the_house_asks_a_member_for_what_its_clients_are_short_of():
    world = market([2_000_000, RICH, RICH, RICH], [9_000_000, 9_000_000], tier={"intraday_trigger": 100.0})
    world.evening()
    world.morning()
    world.trade(0, 1, 0, 100)
    world.evening()
    short = 100 * 250 * TICK // 5 - 2_000_000
    assert world.house.tiers.members.advance.tolist() == [short, 0]
    assert world.ledger.margin[4] == short
    assert world.events("margin call")[0]["amount_cents"] == short  # the client is called as well
    world.ledger.post("treasury", np.array([0]), np.array([short]), "outside world")
    world.morning()
    world.evening()
    assert world.ledger.margin[4] == 0


def test_net_margin_leaves_with_the_member_what_clients_offset():
    held = {}
    for rule in ("gross", "net"):
        world = market([RICH] * 4, [9_000_000, 9_000_000], tier={"client_margin": rule})
        world.trade(0, 1, 0, 100)
        world.trade(3, 2, 0, 60)  # traders 0 and 2 share a member: 100 long and 60 short
        world.evening()
        held[rule] = int(world.ledger.institution[KEPT])
    one = 250 * TICK // 5
    assert held == {"gross": 0, "net": 2 * (160 - 40) * one}


def test_a_multiplier_is_kept_by_the_member_and_can_be_missing_when_it_fails():
    rules = {"multiplier": 1.5, "client_money_shortfall": 0.5, "intraday_trigger": 100.0}
    world = market([RICH, RICH, 6_000_000, RICH], [1_500_000, 9_000_000], tier=rules)
    world.trade(0, 1, 0, 100)
    world.evening()
    one = 250 * TICK // 5
    assert world.ledger.margin[0] == 150 * one
    assert world.house.tiers.members.kept.tolist() == [50 * one, 50 * one]
    world.morning()
    equity = world.ledger.cash[0] + world.ledger.margin[0]
    world.trade(2, 3, 1, 100)
    world.check([250, 120])
    world.evening()
    assert world.ledger.cash[0] + world.ledger.margin[0] == equity - 25 * one
    assert world.house.totals()["client_money_lost_cents"] == 25 * one


def test_fellow_clients_pay_only_where_they_share_the_risk():
    for shared in (False, True):
        world = market([4_000_000, RICH, 8_000_000, RICH], [1_500_000, 90_000_000],
                       tier={"fellow_customer_risk": shared, "intraday_trigger": 100.0})
        world.trade(2, 3, 1, 10)
        lose(world, 110)
        margin = 10 * 250 * TICK // 5
        assert layers(world).get("fellow_clients", 0) == (margin if shared else 0)


def test_an_intraday_call_takes_cash_before_clients_pay():
    world = market([4_000_000, RICH, RICH, RICH], [9_000_000, 9_000_000])
    world.trade(0, 1, 0, 100)
    world.evening()
    free = int(world.ledger.cash[0])
    assert 0 < free < 100 * 30 * TICK
    world.morning()
    world.check([220, 250])  # 30 ticks of 250 are three fifths of the margin
    call = world.events("margin call")[0]
    assert (call["agent"], call["amount_cents"]) == (4, 100 * 30 * TICK - free)
    assert world.ledger.margin[4] == 100 * 30 * TICK - free
    world.check([220, 250])
    assert len([event for event in world.events("margin call") if event["agent"] == 4]) == 1


def test_a_client_with_cash_pays_for_its_own_loss():
    world = market([RICH, RICH, RICH, RICH], [9_000_000, 9_000_000])
    world.trade(0, 1, 0, 100)
    world.evening()
    world.morning()
    world.check([220, 250])
    assert not world.events("margin call")
    assert world.ledger.margin[4] == 0


def test_an_intraday_call_that_a_member_cannot_pay_is_its_default():
    world = market([4_000_000, RICH, RICH, RICH], [1_500_000, 90_000_000])
    world.trade(0, 1, 0, 100)
    world.evening()
    world.morning()
    world.check([220, 250])
    (default,) = world.events("member default")
    assert default["agent"] == 4
    assert default["causes"] == {world.events("margin call")[0]["event"]: 1.0}


def test_desks_of_a_member_go_down_with_it_and_have_no_other_member():
    world = market([4_000_000, RICH, RICH, RICH], [1_500_000, 9_000_000])
    members = world.house.tiers.members
    members.desk[2] = True
    world.trade(2, 3, 1, 10)
    lose(world, 110)
    assert world.house.failed[[0, 2, 4]].all()
    assert world.ledger.position[6].tolist() == [100, 10]


def test_a_bank_behind_a_member_pays_with_it():
    world = market([4_000_000, RICH, RICH, RICH], [1_500_000, 9_000_000])
    world.house.tiers.members.bind(np.array([2, NOBODY]))
    world.ledger.capital[4] = 1_000_000  # half of it went to the fund
    lose(world, 60)
    deficit = 100 * 190 * TICK - 4_000_000
    assert 9_000_000 < deficit - 500_000 < RICH // 4  # what the bank pays at a time
    assert RICH - world.ledger.cash[2] == pytest.approx(deficit - 500_000, rel=0.02)  # and some capital anew
    assert not world.events("member default")


@pytest.mark.parametrize(("due", "grace", "rounds"), [(0, 0, 0), (0, 2, 2), (1, 0, 1), (1, 2, 3)])
def test_a_call_is_waited_for_until_the_end_of_grace(due, grace, rounds):
    world = Market(cash=4_000_000, intraday=[False] * 5, config=ClearingConfig(due=due, grace=grace))
    world.trade(0, 1, 0, 100)
    world.evening(240)
    world.morning()
    for number in range(5):
        assert bool(world.events("forced sale")) == (number >= rounds)
        world.check()


def test_an_owner_who_pays_overnight_is_in_time_where_grace_is_longer_than_a_day():
    world = Market(cash=4_000_000, intraday=[False] * 5, config=ClearingConfig(grace=4))
    world.trade(0, 1, 0, 100)
    world.evening(240)
    for _ in range(2):
        world.morning()
        world.check()
        world.check()
        world.ledger.post("treasury", np.array([0]), np.array([1_000_000]), "outside world")
        world.evening()
    assert not world.events("forced sale")


def test_the_fund_covers_the_two_worst_members_and_tops_up_when_the_stress_outgrows_it():
    fund = FundConfig(minimum=0.0, parallel=(-0.5,), tilts=(), buffer=0.1)
    world = market([RICH] * 6, [20_000_000] * 3, fund=fund)
    for buyer, size in ((0, 100), (1, 50), (2, 20)):
        world.trade(buyer, 3, 0, size)
    world.evening()
    one = (250 * TICK) // 2 - 250 * TICK // 5  # beyond a margin of a fifth
    tiers = world.house.tiers
    assert tiers.fund.stress == 150 * one
    assert tiers.fund.balance.sum() == pytest.approx(1.1 * 150 * one, abs=1)
    for _ in range(5):
        world.morning()
        world.trade(2, 3, 0, 40)
        world.evening()
    need = 1.1 * 320 * one  # members 2 and 0: 220 and 100
    assert need <= tiers.fund.balance.sum() < 1.02 * need  # upwards only: member 1 would have come down a little


def test_layers_out_of_order_are_refused():
    with pytest.raises(ValueError, match="out of order"):
        RecoveryConfig(order=("default fund", "defaulter fund"))
    with pytest.raises(ValueError, match="twice"):
        RecoveryConfig(order=("default fund", "default fund"))
    with pytest.raises(ValueError, match="assessment"):
        RecoveryConfig(assessment=2.0, assessments=1.0)


def published(loss, unit=100):
    """A failed member with margin 50 and fund 10, house capital 15, survivors' fund 40, 25, 15 and 5, gains 60, 30, 10.

    Returns cents by layer, what stayed unpaid, what each survivor's part of the fund paid, and cents left over.
    """
    world = market([10**6] * 5, [10**6] * 5, notional=15 * unit / 0.05, recovery=RecoveryConfig(first_tranche=1.0))
    tiers, row = world.house.tiers, world.house.house_row
    tiers.fund.required[:] = np.array([10, 40, 25, 15, 5]) * unit
    tiers.fund.collect(0)
    parts = tiers.fund.balance.copy()
    tiers.members.failed[0], tiers.recovery.failed_on = True, 0
    world.ledger.post("running costs", np.array([row]), np.array([(50 - loss) * unit]), "outside world")
    gain = np.zeros(world.ledger.n, np.int64)
    gain[:3] = np.array([60, 30, 10]) * unit
    paid, unpaid = tiers.recovery.pay(0, gain, pytest.fail)
    return paid, unpaid, (parts - tiers.fund.balance)[1:].tolist(), int(world.ledger.cash[row])


def test_a_worked_waterfall_of_three_losses():
    """Source: a set-up with assessments of once the contribution; shares by largest remainder."""
    paid, unpaid, _, left = published(48)
    assert (sum(paid.values()), unpaid, left) == (0, 0, 200)
    paid, unpaid, parts, left = published(150)
    assert (paid["defaulter fund"], paid["house capital"], paid["default fund"]) == (1_000, 1_500, 7_500)
    assert (parts, unpaid, left) == ([3_529, 2_206, 1_324, 441], 0, 0)
    paid, unpaid, _, _ = published(420)
    assert (paid["default fund"], paid["assessments"], paid["gains haircut"], unpaid) == (8_500, 8_500, 10_000, 7_500)


def test_nasdaq_clearing_2018_used_64_and_a_half_per_cent_of_the_fund():
    """EUR 114 m beyond what the failed member left: 7 m of the house, then 107 m of a fund of 166 m.

    Source: Nasdaq Clearing, published figures of the default of 11 September 2018.
    """
    million = 100_000_000
    world = market([RICH] * 3, [100 * million] * 3, notional=7 * million / 0.05,
                   recovery=RecoveryConfig(first_tranche=1.0))
    tiers = world.house.tiers
    tiers.fund.required[:] = [0, 66 * million, 100 * million]
    tiers.fund.collect(0)
    tiers.members.failed[0] = True
    row = np.array([world.house.house_row])
    world.ledger.post("running costs", row, np.array([-114 * million]), "outside world")
    paid, unpaid = tiers.recovery.pay(0, np.zeros(world.ledger.n, np.int64), pytest.fail)
    assert (paid["house capital"], paid["default fund"], unpaid) == (7 * million, 107 * million, 0)
    assert round(paid["default fund"] / (166 * million), 3) == 0.645
    assert tiers.fund.balance.sum() == 59 * million


def test_blocks_that_nobody_knows_are_refused():
    with pytest.raises(BadInput, match=r'house_accounts.*nobody who takes part is called "makers"'):
        Scenario.load("quick", ["clearing.members.count=2", "clearing.members.house_accounts=[makers]"])


@pytest.mark.parametrize("day", [-60, -1, 0, 5])
def test_clients_of_a_failed_member_are_orphans_on_any_day(day):
    """Days before the first reported one are negative, and none of them means that a member is there."""
    world = market([RICH, RICH, RICH, RICH], [9_000_000, 9_000_000])
    members = world.house.tiers.members
    mine = np.flatnonzero(members.clients() & (members.of == 0))
    assert len(mine)
    assert members.orphan(0, day).tolist() == mine.tolist()
    assert not members.clients()[mine].any()
    assert members.orphan(0, day).tolist() == []


def test_a_failed_members_other_months_are_hedged_in_the_nearest_one_and_wait_for_the_auction():
    world = market([4_000_000, RICH, RICH, RICH], [1_200_000, 9_000_000], auction=AuctionConfig(hedge=0.5, after=9))
    world.evening()
    world.morning()
    world.trade(0, 1, 1, 100)
    world.check([250, 110])
    world.evening()
    assert world.events("member default") and world.ledger.position[6].tolist() == [0, 100]
    sold = 0
    for _ in range(200):
        rows, targets = world.house.forced_targets()
        assert rows[-1] == 6 and targets[-1, 1] == 100
        step = int(world.ledger.position[6, 0] - targets[-1, 0])
        if step:
            assert step == -(-4 * (50 - sold) // 100)  # four per cent of what is missing, at least one
            world.trade(1, 6, 0, step, forced=True, taker=6)
        sold += step
    assert sold == 50
    assert world.house.flow.forced  # hedging presses prices, and the defaults are behind it


def test_without_a_hedge_positions_are_traded_away_at_once():
    world = market([4_000_000, RICH, RICH, RICH], [1_200_000, 9_000_000], auction=AuctionConfig(after=9))
    world.evening()
    world.morning()
    world.trade(0, 1, 1, 100)
    world.check([250, 110])
    world.evening()
    assert world.house.forced_targets()[1][-1].tolist() == [0, 96]
