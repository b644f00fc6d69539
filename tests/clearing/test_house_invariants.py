"""Clearing members under random books, prices, defaults and rules: what must hold whatever happens (I1 to I9)."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.clearing.auction import auction, lots_of
from sim.clearing.config import ClearingConfig
from sim.clearing.config_members import (
    LAYERS,
    AuctionConfig,
    FundConfig,
    MembersConfig,
    PortingConfig,
    RecoveryConfig,
)
from sim.clearing.fund import FUND
from sim.clearing.margin.fixed import Fixed
from sim.clearing.members import KEPT, NOBODY
from sim.clearing.porting import place
from sim.clearing.recovery import Recovery
from sim.clearing.tear_up import torn_up
from sim.ledger import FLOWS
from tests.clearing.driver import Market
from tests.clearing.test_house_conserves import CONTRACTS, N, steps, trade_down

M = 3
HOUSE_ROW = N + M
share = lambda *values: st.sampled_from(values)
configs = st.builds(
    ClearingConfig, margin=st.builds(Fixed, rate=share(0.03, 0.2)), house_capital=share(0.0, 0.01),
    house_pace=share(0.04, 1.0), due=share(0, 1), grace=share(0, 3),
    members=st.builds(MembersConfig, count=st.just(M), client_margin=share("gross", "net"), multiplier=share(1.0, 1.3),
                      fellow_customer_risk=st.booleans(), client_money_shortfall=share(0.0, 0.4),
                      intraday_trigger=share(0.25, 5.0)),
    porting=st.builds(PortingConfig, probability=share(0.0, 0.5, 1.0), window=share(0, 1), capacity=share(0.0, 5.0)),
    fund=st.builds(FundConfig, minimum=share(0.0, 0.002), resize=share(1, 21), replenish=share(0, 5)),
    auction=st.builds(AuctionConfig, lots=share(0, 3), after=share(0, 1), attempts=share(1, 3)),
    recovery=st.builds(RecoveryConfig, order=st.sampled_from([LAYERS, LAYERS[1:5], (), LAYERS[:4] + LAYERS[5:]]),
                       haircut=share(0.0, 0.5, 1.0), tear_up=st.booleans()))
scripts = st.lists(steps, max_size=40)


def world_of(config, cash=(3_000_000, 500_000, 200_000)):
    return Market(N, CONTRACTS, cash=3_000_000, config=config, notional=1e8, members=cash)


def play(world, script):
    """As in the test of the simple house; trades are between traders that have not failed."""
    house, ledger = world.house, world.ledger
    for kind, *rest in script:
        if kind == "trade":
            buyer, seller, slot, quantity, edge, forced = rest
            if buyer != seller and max(buyer, seller) < N and not house.failed[[buyer, seller]].any():
                world.trade(buyer, seller, slot, quantity, max(1, int(world.mark[slot]) + edge), forced)
        elif kind == "check":
            world.check(np.maximum(world.mark * rest[0], 1).astype(np.int64))
        elif kind in ("day", "expire"):
            world.evening(np.maximum(world.mark * rest[0], 1).astype(np.int64), expiring=rest[1:])
            held(world)
            world.mark[list(rest[1:])] = 250
            world.morning()
        elif kind == "forced":
            trade_down(world)
        elif kind == "close" and not house.closing[rest[0]]:
            house.close(rest[0], world.day)
        elif kind == "top up" and not house.failed[rest[0]]:
            ledger.post("treasury", np.array(rest), np.array([5_000_000]), "outside world")
        ledger.check()


def held(world):
    """The invariants of an evening."""
    ledger, tiers = world.ledger, world.house.tiers
    fund, members, recovery = tiers.fund, tiers.members, tiers.recovery
    margin = ledger.matrix[FLOWS.index("variation margin")]
    assert margin.sum(axis=0).sum() == margin.sum(axis=1).sum()
    assert ledger.received("variation margin")[:2].sum() == 0  # I1: what traders win, others lose
    assert ledger.institution[FUND] == fund.balance.sum()  # I3 for each pool of margin and fund
    assert ledger.institution[KEPT] == members.kept.sum()
    assert (ledger.margin >= 0).all()
    assert not ledger.position.sum(axis=0).any()  # I6
    assert (recovery.assessed <= recovery.config.assessments * recovery.base).all()  # I7
    assert not members.advance[members.failed].any()
    empty = world.house.failed.copy()
    assert not ledger.position[empty].any()
    assert not ledger.margin[empty].any()
    if not world.house.pot.position.any() and recovery.failed_on < world.day:  # I5: nothing of it stays behind
        assert not fund.balance[members.failed].any()
        assert ledger.cash[HOUSE_ROW] == 0


@settings(max_examples=60)
@given(scripts, configs)
def test_money_contracts_and_obligations_balance_whatever_happens(script, config):
    world = world_of(config)
    play(world, script)
    world.evening()
    held(world)
    for event in world.events():
        assert abs(sum(event["causes"].values()) - 1.0) < 1e-9
        assert all(cause < event["event"] and weight > 0 for cause, weight in event["causes"].items())


@settings(max_examples=25)
@given(scripts, configs)
def test_a_restored_house_with_members_continues_as_the_first(script, config):
    first, second = world_of(config), world_of(config)
    play(first, script)
    first.evening()
    second.ledger.restore(first.ledger.snapshot())
    second.house.restore(first.house.snapshot())
    second.record.restore(first.record.snapshot())
    second.mark[:], second.day, second.history = first.mark, first.day, list(first.history)
    for world in (first, second):
        world.morning()
        play(world, [*script[:8], ("day", [0.6] * CONTRACTS), ("forced",), ("check", [1.3] * CONTRACTS)])
        world.evening()
    np.testing.assert_array_equal(first.ledger.cash, second.ledger.cash)
    np.testing.assert_array_equal(first.ledger.position, second.ledger.position)
    assert first.events() == second.events()
    assert first.house.totals() == second.house.totals()


@settings(max_examples=40)
@given(scripts, configs)
def test_layers_are_used_in_order_each_wholly_before_the_next(script, config):
    """I4, I7 and I8, on every payment of every run: by what each layer had when it was asked."""
    world = world_of(config, (500_000, 300_000, 200_000))
    recovery, seen = world.house.tiers.recovery, []

    class Spy(Recovery):
        def available(self, gain):
            has = super().available(gain)
            seen.append((self.debt(), has, {}))
            return has

        def _take(self, day, name, amount, gain):
            before = self.debt()
            short = super()._take(day, name, amount, gain)
            seen[-1][2][name] = (before - self.debt(), bool(short))
            return short

    recovery.__class__ = Spy
    play(world, [*script, ("day", [0.5] * CONTRACTS), ("forced",), ("day", [2.0] * CONTRACTS)])
    for debt, has, paid in seen:
        left = debt
        for name in config.recovery.order:
            amount, short = paid.get(name, (0, False))
            if short:
                break  # a survivor failed: the layers are asked anew
            assert amount <= min(left, has[name])
            assert amount == min(left, has[name]) or name == "gains haircut"
            left -= amount
        assert sum(amount for amount, _ in paid.values()) <= debt


books = st.lists(st.lists(st.integers(-50, 50), min_size=2, max_size=2), min_size=2, max_size=6)


@given(books)
def test_a_torn_up_book_is_gone_and_only_the_other_side_gives_up(book):
    position = np.array([*book, [0, 0]], np.int64)
    position[-1] = -position.sum(axis=0)
    given_up = torn_up(position, len(book))
    after = position - given_up
    assert not after[-1].any()
    assert not after.sum(axis=0).any()
    assert (np.abs(after) <= np.abs(position)).all()
    assert (after * position >= 0).all()


@given(st.lists(st.integers(-40, 40), min_size=2, max_size=2), books, st.integers(0, 6),
       st.lists(st.integers(-100, 3_000), min_size=6, max_size=6))
def test_an_auction_neither_makes_nor_loses_contracts_and_nobody_takes_more_than_it_can_carry(book, held_, lots, room):
    held_, room = np.array(held_, np.int64), np.array(room[: len(held_)], np.int64)
    requirement = lambda position: 10 * np.abs(position).sum(axis=1)
    pieces = lots_of(np.array(book), lots) if lots else []
    assert not lots or sum(pieces, np.zeros(2, np.int64)).tolist() == book
    rules = AuctionConfig()
    for award in auction(rules, pieces, held_, room, requirement):
        alone = int(requirement(award.lot[None])[0])
        held_[award.bidder] += award.lot
        assert requirement(held_)[award.bidder] <= room[award.bidder]
        assert 0 <= award.price <= rules.reserve * alone


@given(st.lists(st.integers(0, 100), max_size=8), st.lists(st.integers(-1, 200), max_size=4))
def test_clients_are_placed_whole_and_within_room(requirement, room):
    requirement, room = np.array(requirement, np.int64), np.array(room, np.int64)
    to = place(requirement, room)
    for member in range(len(room)):
        assert requirement[to == member].sum() <= max(room[member], 0)
    refused = requirement[to == NOBODY]
    if len(refused) and len(room):  # who found nobody fits nowhere, even after all the others were placed
        left = room - np.array([requirement[to == member].sum() for member in range(len(room))])
        assert left.max() < refused.max()
