"""The order book against its slow twin on random flows, and what must hold after each of them.

Prices far apart make the window move (raise_window, lower_window); what rests is read by list_resting.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.jit import kernel
from sim.market import book_kernels as rules
from sim.market.book import BUY, CANCEL, EVENT, IOC, LIMIT, MARKET, SELL, OrderBook
from sim.market.book_entry_kernels import run_events
from tests.naive_book import NaiveBook

CONTRACTS, OWNERS = 2, 2
CLEAR, CLEAR_OWNER, OPEN, UNCROSS = 10, 11, 12, 13


@kernel
def look(book, contract, side, limit, owner):
    """(depth within, depth at, bid, ask, own resting quantity) through the leaves, as another kernel would."""
    book = rules.borrow_book(book)
    return (rules.depth_within(book, contract, side, limit, np.int64(1) << np.int64(60)),
            rules.depth_at(book, contract, side, limit), rules.best_bid(book, contract),
            rules.best_ask(book, contract), rules.resting_of(book, contract, side, owner))


def check_bits(book: OrderBook, row: int) -> np.ndarray:
    """The bits of a side say which levels are occupied; returns those levels, best first."""
    side, levels = book.arrays.sides[row], book.arrays.levels[row * rules.TICKS:(row + 1) * rules.TICKS]
    occupied = levels["head"] >= 0
    assert (occupied == (levels["qty"] > 0)).all() and (occupied == (levels["tail"] >= 0)).all()
    bits = occupied.reshape(-1, 64)
    powers = np.uint64(1) << np.arange(64, dtype=np.uint64)
    assert ((bits * powers).sum(axis=1, dtype=np.uint64) == side["words"]).all()
    assert ((bits.any(axis=1).reshape(-1, 64) * powers).sum(axis=1, dtype=np.uint64) == side["summary"]).all()
    places = np.flatnonzero(occupied)[::-1]
    assert side["best"] == (places[0] if len(places) else -1)
    return places


def check_queue(book: OrderBook, row: int, slot: int, tail: int, place: int | None) -> list[int]:
    """One list of orders is linked both ways and stands where its prices say; returns its slots."""
    slots, side = [], book.arrays.sides[row]
    while slot >= 0:
        order = book.arrays.orders[slot]
        assert order["prev"] == (slots[-1] if slots else -1) and order["qty"] > 0
        assert (order["contract"], order["side"]) == (row >> 1, row & 1)
        reach = int(order["price"]) * (1 - 2 * (row & 1)) - int(side["low"])
        assert reach < 0 if place is None else reach == place
        slots.append(slot)
        slot = int(order["next"])
    assert tail == (slots[-1] if slots else -1)
    return slots


def check(book: OrderBook) -> None:
    """Bits, levels, lists, counts and owners tell the same story, and no slot is lost."""
    sides, levels, orders, heads, _, state = book.arrays
    live: list[int] = []
    for row, side in enumerate(sides):
        places = check_bits(book, row)
        aside = check_queue(book, row, int(side["aside_head"]), int(side["aside_tail"]), None)
        inside = 0
        for place in places.tolist():
            level = levels[row * rules.TICKS + place]
            slots = check_queue(book, row, int(level["head"]), int(level["tail"]), place)
            assert level["qty"] == orders["qty"][slots].sum()
            inside += len(slots)
            live += slots
        live += aside
        assert side["count"] == inside + len(aside) and (inside or not aside)
    free, slot = [], int(state["free"][0])
    while slot >= 0:
        assert orders["qty"][slot] == 0
        free.append(slot)
        slot = int(orders["next"][slot])
    assert sorted(live + free) == list(range(int(state["used"][0]))) and len(live) == state["live"][0]
    for place, slot in enumerate(heads.tolist()):
        own = []
        while slot >= 0:
            assert orders["own_prev"][slot] == (own[-1] if own else -1)
            own.append(slot)
            slot = int(orders["own_next"][slot])
        owner, contract = divmod(place, book.contracts)
        assert set(own) == {slot for slot in live
                            if (orders["owner"][slot], orders["contract"][slot]) == (owner, contract)}


def compare(book: OrderBook, twin: NaiveBook, probe: int) -> None:
    """Everything that can be seen of the two is equal."""
    quotes = book.quotes()
    for contract in range(CONTRACTS):
        best = []
        for side in (BUY, SELL):
            mine, his = book.resting(contract, side), twin.resting(contract, side)
            names = ("contract", "side", "owner", "price", "qty", "tag", "flag")
            assert [tuple(int(order[name]) for name in names) for order in mine] == [
                tuple(getattr(order, name) for name in names) for order in his]
            best.append(his[0].price if his else 0)
            assert quotes[contract, 2 + side] == sum(order.qty for order in his if order.price == best[-1])
            for limit in {probe, best[-1] or 1, his[-1].price if his else 1}:
                seen = look(book.arrays, contract, side, limit, 1)
                assert seen[0] == twin.depth_within(contract, side, limit)
                assert seen[1] == sum(order.qty for order in his if order.price == limit)
                assert seen[2:4] == tuple(quotes[contract, :2])
                assert seen[4] == sum(order.qty for order in his if order.owner == 1)
            levels = dict.fromkeys(order.price for order in his)
            assert book.depth(contract, side, 5).tolist() == [
                [price, sum(order.qty for order in his if order.price == price)] for price in list(levels)[:5]]
        assert quotes[contract, :2].tolist() == best
    assert book.count().sum() == len(twin.orders)


near = st.integers(95, 105)
wide = st.sampled_from([1, 2, 100, 4095, 4096, 4196, 8191, 8192, 8193, 12000, 20000, 10**6, rules.HIGHEST_PRICE - 1,
                        rules.HIGHEST_PRICE])
action = st.tuples(
    st.sampled_from([LIMIT] * 10 + [CANCEL] * 3 + [MARKET, IOC, IOC, CLEAR, CLEAR_OWNER, OPEN, UNCROSS]),
    st.integers(0, CONTRACTS - 1), st.integers(0, 1), st.integers(-1, OWNERS - 1),
    st.one_of(near, near, st.integers(1, 30000), wide), st.integers(1, 9), st.integers(0, 60), st.integers(0, 3))


@settings(max_examples=80, deadline=None)
@given(st.lists(action, min_size=25, max_size=80), st.booleans())
def test_equals_slow_twin(actions, prevent):
    book = OrderBook(CONTRACTS, OWNERS, orders=1, fills=1, self_match_prevention=prevent)
    twin = NaiveBook(prevent)
    placed = dropped = withdrawn = 0
    for tag, (kind, contract, side, owner, price, qty, victim, flag) in enumerate(actions):
        if kind in (LIMIT, MARKET, IOC):
            outcome = book.submit(contract, side, price, qty, kind=kind, owner=owner, tag=tag, flag=flag)
            assert outcome.filled == twin.submit(contract, side, owner, price, qty, kind, tag, flag)
            assert sum(outcome) == qty and (outcome.resting == 0 or kind == LIMIT)
            placed, dropped = placed + qty, dropped + outcome.dropped
        elif kind == CANCEL:
            gone = book.cancel(victim)
            assert gone == twin.cancel(victim)
            withdrawn += gone
        elif kind == CLEAR:
            gone = book.clear(contract)
            assert gone == twin.withdraw(lambda order, contract=contract: order.contract == contract)
            withdrawn += gone
        elif kind == CLEAR_OWNER and owner >= 0:
            where = contract if flag else -1
            gone = book.clear(where, owner)
            assert gone == twin.withdraw(
                lambda order, where=where, owner=owner: order.owner == owner and where in (-1, order.contract))
            withdrawn += gone
        elif kind == OPEN:
            book.open_auction(contract)
            twin.auctions.add(contract)
        elif kind == UNCROSS:
            assert book.uncross(contract, price) == twin.uncross(contract, price)
    compare(book, twin, actions[0][4])
    check(book)
    prevented = int(book.arrays.state["prevented"][0])
    assert prevented == twin.prevented
    fills = book.take_fills()
    assert fills.tolist() == twin.fills
    resting = sum(order.qty for order in twin.orders)
    assert placed == 2 * int(fills["qty"].sum()) + resting + dropped + withdrawn + prevented


edge = st.builds(lambda halves, step: max(1, halves * rules.TICKS // 2 + step), st.integers(0, 6), st.integers(-2, 2))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 1), st.lists(st.tuples(edge, st.integers(0, 12)), min_size=5, max_size=40))
def test_window_moves_without_losing_an_order(side, orders):
    """One side alone, prices half a window apart: levels fall out, come back and keep their order of time."""
    book, twin = OrderBook(CONTRACTS, OWNERS, orders=1), NaiveBook()
    for tag, (price, victim) in enumerate(orders):
        book.submit(1, side, price, 1 + tag, owner=1, tag=tag)
        twin.submit(1, side, 1, price, 1 + tag, LIMIT, tag, 0)
        if victim <= 6:  # one of the latest orders, else the best one
            assert book.cancel(tag - victim) == twin.cancel(tag - victim)
        elif victim <= 9:
            best = twin.resting(1, side)[0].price
            assert book.submit(1, 1 - side, best, 3, kind=IOC, tag=100 + tag) == (
                filled := twin.submit(1, 1 - side, -1, best, 3, IOC, 100 + tag, 0), 0, 3 - filled)
        check(book)
    compare(book, twin, orders[0][0])
    assert book.take_fills().tolist() == twin.fills


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.one_of(near, near, st.integers(1, 20000)), st.integers(1, 5)),
                min_size=8, max_size=40), st.one_of(near, st.integers(1, 20000)))
def test_call_auction_equals_definition(orders, reference):
    book, twin = OrderBook(CONTRACTS, OWNERS, orders=1, fills=1), NaiveBook()
    book.open_auction(1)
    twin.auctions.add(1)
    for tag, (side, price, qty) in enumerate(orders):
        book.submit(1, side, price, qty, tag=tag)
        twin.submit(1, side, -1, price, qty, LIMIT, tag, 0)
    assert book.uncross(1, reference) == twin.uncross(1, reference)
    assert book.take_fills().tolist() == twin.fills
    compare(book, twin, reference)
    check(book)


@pytest.mark.parametrize(("orders", "reference", "volume", "price"), [
    ([], 100, 0, 0),
    ([(BUY, 99, 5), (SELL, 101, 5)], 100, 0, 0),
    ([(BUY, 105, 5), (SELL, 95, 5)], 102, 5, 102),  # all prices from 95 to 105 serve everybody: the reference
    ([(BUY, 105, 5), (SELL, 95, 5)], 200, 5, 105),
    ([(BUY, 105, 9), (SELL, 95, 5)], 100, 5, 100),  # 4 bought short at each of them
    ([(BUY, 101, 5), (BUY, 100, 3), (SELL, 100, 5)], 90, 5, 101),  # at 101 nobody stays unserved
    ([(BUY, 101, 5), (BUY, 100, 3), (SELL, 100, 5), (SELL, 101, 2)], 90, 5, 101),  # 2 unserved at 101, 3 at 100
    ([(BUY, 101, 5), (BUY, 100, 2), (SELL, 100, 5), (SELL, 101, 2)], 101, 5, 101),  # 2 at both: the nearer
    ([(BUY, 101, 5), (BUY, 100, 2), (SELL, 100, 5), (SELL, 101, 2)], 99, 5, 100),
])
def test_call_auction_price(orders, reference, volume, price):
    book = OrderBook(1)
    book.open_auction(0)
    for tag, (side, level, qty) in enumerate(orders):
        book.submit(0, side, level, qty, tag=tag)
    assert book.uncross(0, reference) == (volume, price)


@settings(max_examples=40, deadline=None)
@given(st.lists(action, min_size=10, max_size=80), st.booleans())
def test_batch_grows_as_needed(actions, prevent):
    book, twin = OrderBook(CONTRACTS, OWNERS, orders=1, fills=1, self_match_prevention=prevent), NaiveBook(prevent)
    events = np.zeros(len(actions), EVENT)
    expected = []
    for tag, (kind, contract, side, owner, price, qty, victim, flag) in enumerate(actions):
        kind = kind if kind <= IOC else LIMIT
        events[tag] = (price, qty, victim if kind == CANCEL else tag, owner, contract, kind, side, flag)
        expected.append(twin.cancel(victim) if kind == CANCEL else
                        twin.submit(contract, side, owner, price, qty, kind, tag, flag))
    assert book.run(events).tolist() == expected
    compare(book, twin, 100)
    check(book)
    assert book.take_fills().tolist() == twin.fills


@settings(max_examples=40, deadline=None)
@given(st.lists(action, max_size=30), st.lists(action, min_size=5, max_size=30))
def test_reserve_is_enough(before, after):
    """After `reserve(n)` a batch of n orders never stops for room, however small the arrays were."""
    book = OrderBook(CONTRACTS, OWNERS, orders=1, fills=1)
    events = np.zeros(len(before) + len(after), EVENT)
    for tag, (kind, contract, side, owner, price, qty, victim, flag) in enumerate(before + after):
        kind = kind if kind <= IOC else LIMIT
        events[tag] = (price, qty, victim if kind == CANCEL else tag, owner, contract, kind, side, flag)
    book.run(events[:len(before)])
    live, written = int(book.arrays.state["live"][0]), int(book.arrays.state["fills"][0])
    arrays, room = book.arrays, max(live + len(after), int(book.arrays.state["used"][0]), 1)
    book.arrays = arrays._replace(orders=arrays.orders[:room].copy(), fills=arrays.fills[:written].copy())
    book.reserve(len(after))
    done, where = np.zeros(len(after), np.int64), np.full(len(events), -1, np.int32)
    assert run_events(book.arrays, events[len(before):], where, done, 0) == len(after)


def test_refused_orders_change_nothing():
    book = OrderBook(2, 3)
    book.submit(0, BUY, 100, 5, owner=1, tag=0)
    before = [array.tobytes() for array in book.arrays[:4]]
    good = {"contract": 0, "side": SELL, "price": 90, "qty": 1, "owner": 0, "tag": 1}
    for wrong in ({"price": 0}, {"price": -5}, {"price": rules.HIGHEST_PRICE + 1}, {"qty": 0}, {"qty": -1},
                  {"qty": rules.HIGHEST_QUANTITY + 1}, {"contract": 2}, {"contract": -1}, {"owner": 3}, {"owner": -2},
                  {"side": 2}, {"side": -1}, {"kind": 4}, {"kind": -1}, {"tag": -1}):
        with pytest.raises(ValueError, match="refused"):
            book.submit(**{**good, **wrong})
    with pytest.raises(ValueError, match="tags"):
        book.submit(**{**good, "tag": 1 << 31})
    with pytest.raises(ValueError, match="no contract"):
        book.clear(2)
    with pytest.raises(ValueError, match="contracts"):
        OrderBook(0)
    assert before == [array.tobytes() for array in book.arrays[:4]]
    assert book.submit(**{**good, "kind": MARKET, "price": 0}) == (1, 0, 0)  # a market order has no price


def test_market_order_says_what_it_dropped():
    book = OrderBook(1)
    book.submit(0, SELL, 100, 5, tag=0)
    book.submit(0, SELL, 102, 5, tag=1)
    assert book.submit(0, BUY, 101, 7, kind=IOC, tag=2) == (5, 0, 2)
    assert book.submit(0, BUY, 0, 7, kind=MARKET, tag=3) == (5, 0, 2)
    assert book.submit(0, BUY, 101, 7, tag=4) == (0, 7, 0)
    assert book.quotes().tolist() == [[101, 0, 7, 0]]
    assert book.take_fills()[["taker", "maker", "price", "qty"]].tolist() == [(2, 0, 100, 5), (3, 1, 102, 5)]
    assert len(book.take_fills()) == 0


def test_nothing_matches_during_an_auction():
    book = OrderBook(1)
    book.open_auction(0)
    assert book.submit(0, SELL, 100, 5, tag=0) == (0, 5, 0)
    assert book.submit(0, BUY, 105, 5, tag=1) == (0, 5, 0)
    assert book.submit(0, BUY, 0, 5, kind=MARKET, tag=2) == (0, 0, 5)
    assert book.quotes().tolist() == [[105, 100, 5, 5]]
    assert book.uncross(0, 103) == (5, 103)
    book.submit(0, SELL, 100, 5, tag=3)
    assert book.submit(0, BUY, 105, 5, tag=4) == (5, 0, 0)


def test_recycled_slot_is_not_cancelled_for_another():
    book = OrderBook(1)
    book.submit(0, BUY, 100, 5, tag=0)
    book.submit(0, SELL, 100, 5, tag=1)
    book.submit(0, BUY, 99, 3, tag=2)
    assert book.where[0] == book.where[2] and book.cancel(0) == 0 and book.cancel(99) == 0 and book.cancel(2) == 3


def test_copy_is_independent():
    book = OrderBook(2, 2)
    book.submit(1, BUY, 100, 5, owner=1, tag=0)
    twin = book.copy()
    assert book.clear() == 5 and book.quotes()[1].tolist() == [0, 0, 0, 0]
    assert twin.quotes()[1].tolist() == [100, 0, 5, 0] and twin.cancel(0) == 5
    check(book)
    check(twin)
