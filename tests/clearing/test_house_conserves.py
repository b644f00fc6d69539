"""Whatever happens, no cent and no contract appears or vanishes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.clearing.closeout import HOUSE
from sim.clearing.config import ClearingConfig
from sim.clearing.margin.fixed import Fixed
from tests.clearing.driver import Market

N, CONTRACTS = 6, 3
moves = st.lists(st.sampled_from([0.5, 0.8, 0.95, 1.0, 1.05, 1.3, 2.0]), min_size=CONTRACTS, max_size=CONTRACTS)
trades = st.tuples(st.just("trade"), st.integers(0, N), st.integers(0, N), st.integers(0, CONTRACTS - 1),
                   st.integers(1, 400), st.integers(-20, 20), st.booleans())
steps = st.one_of(trades, trades, st.tuples(st.just("check"), moves), st.tuples(st.just("day"), moves),
                  st.tuples(st.just("forced")), st.tuples(st.just("expire"), moves, st.integers(0, CONTRACTS - 1)),
                  st.tuples(st.just("close"), st.integers(0, N - 1)),
                  st.tuples(st.just("top up"), st.integers(0, N - 1)))
configs = st.builds(ClearingConfig, margin=st.builds(Fixed, rate=st.sampled_from([0.0, 0.03, 0.2, 1.0])),
                    spread_charge=st.sampled_from([0.0, 0.25, 1.0]), house_capital=st.sampled_from([0.0, 0.05]),
                    house_pace=st.sampled_from([0.04, 0.5, 1.0]), maintenance=st.sampled_from([0.5, 1.0]))
flags = st.lists(st.booleans(), min_size=N, max_size=N)


def trade_down(market):
    """Everyone who is forced finds the trade that the house wants, with the first account that can trade."""
    rows, targets = market.house.forced_targets()
    for row, target in zip(rows.tolist(), targets, strict=True):
        others = np.flatnonzero(~market.house.failed[:N] & (np.arange(N) != row))
        if not len(others):
            return
        other = int(others[0])
        for slot in range(CONTRACTS):
            gap = int(target[slot] - market.ledger.position[row, slot])
            if gap:
                buyer, seller = (row, other) if gap > 0 else (other, row)
                market.trade(buyer, seller, slot, abs(gap), forced=True, taker=row)


def play(market, script):
    dead = market.house.failed
    for kind, *rest in script:
        if kind == "trade":
            buyer, seller, slot, quantity, edge, forced = rest
            if buyer == seller or N in (buyer, seller) or dead[buyer] or dead[seller]:
                continue
            market.trade(buyer, seller, slot, quantity, max(1, int(market.mark[slot]) + edge), forced)
        elif kind == "check":
            market.check(np.maximum(market.mark * rest[0], 1).astype(np.int64))
        elif kind == "day":
            market.evening(np.maximum(market.mark * rest[0], 1).astype(np.int64))
            market.morning()
        elif kind == "expire":
            market.evening(np.maximum(market.mark * rest[0], 1).astype(np.int64), expiring=[rest[1]])
            assert not market.ledger.position[:, rest[1]].any()
            market.mark[rest[1]] = 250
            market.morning()
        elif kind == "forced":
            trade_down(market)
        elif kind == "close" and not market.house.closing[rest[0]]:
            market.house.close(rest[0], market.day)
        elif kind == "top up":
            market.ledger.post("treasury", np.array(rest), np.array([5_000_000]), "outside world")
        market.ledger.check()


@given(st.lists(steps, max_size=40), configs, flags)
def test_money_and_contracts_are_conserved(script, config, intraday):
    market = Market(N, CONTRACTS, cash=3_000_000, config=config, intraday=intraday, notional=1e8)
    play(market, script)
    market.evening()
    market.morning()
    house = market.house
    assert (market.ledger.margin >= 0).all()
    assert int(market.ledger.institution[HOUSE]) >= 0  # the owners pay in before the house owes anything overnight
    empty = house.failed[:N]
    assert not market.ledger.position[:N][empty].any()
    assert not market.ledger.cash[:N][empty].any()
    assert not market.ledger.margin[:N][empty].any()
    for event in market.events():
        assert abs(sum(event["causes"].values()) - 1.0) < 1e-9
        assert all(cause < event["event"] and weight > 0 for cause, weight in event["causes"].items())


@given(st.lists(steps, max_size=25), configs, flags)
def test_a_restored_house_continues_as_the_first(script, config, intraday):
    worlds = [Market(N, CONTRACTS, cash=3_000_000, config=config, intraday=intraday, notional=1e8) for _ in range(2)]
    first, second = worlds
    play(first, script)
    first.evening()
    second.ledger.restore(first.ledger.snapshot())
    second.house.restore(first.house.snapshot())
    second.record.restore(first.record.snapshot())
    second.mark[:], second.day, second.history = first.mark, first.day, list(first.history)
    for world in worlds:
        world.morning()
        play(world, [*script[:8], ("day", [0.8] * CONTRACTS), ("forced",), ("check", [1.3] * CONTRACTS)])
        world.evening()
    np.testing.assert_array_equal(first.ledger.cash, second.ledger.cash)
    np.testing.assert_array_equal(first.ledger.position, second.ledger.position)
    assert first.events() == second.events()
    assert first.house.totals() == second.house.totals()
