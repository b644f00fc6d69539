"""The order book against its slow twin on random flows, and what must hold after each of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sim.jit import kernel
from sim.market import book_kernels as rules
from sim.market.book import BUY, CANCEL, IOC, LIMIT, MARKET, SELL, OrderBook
from tests.naive_book import NaiveBook

CONTRACTS, OWNERS = 3, 4
CLEAR, CLEAR_OWNER, OPEN, UNCROSS = 10, 11, 12, 13


@kernel
def look(book, contract, side, limit, owner):
    """(depth within, depth at, bid, ask, own resting quantity) through the leaves, as another kernel would."""
    book = rules.borrow_book(book)
    return (rules.depth_within(book, contract, side, limit, np.int64(1) << np.int64(60)),
            rules.depth_at(book, contract, side, limit), rules.best_bid(book, contract),
            rules.best_ask(book, contract), rules.resting_of(book, contract, side, owner))


def check(book: OrderBook) -> None:
    """Bits, levels, lists, counts and owners tell the same story, and no slot is lost."""
    sides, levels, orders, heads, _, state = book.arrays
    state = state[0]
    assert (levels["qty"] >= 0).all()
    seen, free, slot = set(), set(), int(state["free"])
    while slot >= 0:
        assert slot not in free and orders["qty"][slot] == 0
        free.add(slot)
        slot = int(orders["next"][slot])
    by_owner: dict[int, set[int]] = {}
    for row, side in enumerate(sides):
        sign = -1 if row & 1 else 1
        occupied = []
        for place in range(rules.TICKS):
            head, qty = (int(levels[name][row * rules.TICKS + place]) for name in ("head", "qty"))
            assert (head >= 0) == (qty > 0)
            if head >= 0:
                occupied.append(place)
        words = np.zeros(rules.WORDS, np.uint64)
        for place in occupied:
            words[place >> 6] |= np.uint64(1) << np.uint64(place & 63)
        assert (words == side["words"]).all()
        assert [bool(int(side["summary"][w >> 6]) >> (w & 63) & 1) for w in range(rules.WORDS)] == (words > 0).tolist()
        assert side["best"] == (max(occupied) if occupied else -1)
        chains = [(place, levels[row * rules.TICKS + place]["head"], levels[row * rules.TICKS + place]["tail"])
                  for place in occupied] + [(None, side["aside_head"], side["aside_tail"])]
        count = 0
        for place, slot, tail in chains:
            before, total = -1, 0
            while slot >= 0:
                order = orders[slot]
                assert slot not in seen and order["prev"] == before and order["qty"] > 0
                assert (order["contract"], order["side"]) == (row >> 1, row & 1)
                reach = int(order["price"]) * sign - int(side["low"])
                assert reach == place if place is not None else reach < 0
                seen.add(int(slot))
                if order["owner"] >= 0:
                    by_owner.setdefault(int(order["owner"]) * book.contracts + (row >> 1), set()).add(int(slot))
                count, total, before, slot = count + 1, total + int(order["qty"]), slot, int(order["next"])
            assert tail == before
            if place is not None:
                assert total == levels["qty"][row * rules.TICKS + place]
        assert count == side["count"] and (occupied or not count)
    assert not seen & free and seen | free == set(range(int(state["used"]))) and len(seen) == state["live"]
    for place, slot in enumerate(heads.tolist()):
        own, newer = set(), -1
        while slot >= 0:
            assert orders["own_prev"][slot] == newer
            own.add(slot)
            newer, slot = slot, int(orders["own_next"][slot])
        assert own == by_owner.get(place, set())


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


@settings(max_examples=150, deadline=None)
@given(st.lists(action, max_size=60), st.booleans())
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
    probe = actions[0][4] if actions else 1
    compare(book, twin, probe)
    check(book)
    prevented = int(book.arrays.state["prevented"][0])
    assert prevented == twin.prevented
    fills = book.take_fills()
    assert fills.tolist() == twin.fills
    resting = sum(order.qty for order in twin.orders)
    assert placed == 2 * int(fills["qty"].sum()) + resting + dropped + withdrawn + prevented


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.one_of(near, st.integers(1, 20000)), st.integers(1, 5)), max_size=40),
       st.integers(1, 20000))
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
    ([(BUY, 105, 5), (SELL, 95, 5)], 102, 5, 102),     # any price from 95 to 105 does: the reference
    ([(BUY, 105, 5), (SELL, 95, 5)], 200, 5, 105),
    ([(BUY, 105, 9), (SELL, 95, 5)], 100, 5, 105),     # with unserved buyers at every price up to 105 equally many: nearest
    ([(BUY, 101, 5), (BUY, 100, 3), (SELL, 100, 5)], 90, 5, 101),  # at 101 nobody is left unserved
    ([(BUY, 101, 5), (BUY, 100, 3), (SELL, 100, 5), (SELL, 101, 2)], 90, 5, 101),  # 2 left at 101, 3 at 100
    ([(BUY, 101, 5), (BUY, 100, 2), (SELL, 100, 5), (SELL, 101, 2)], 101, 5, 101),  # equal: nearer to the reference
])
def test_call_auction_price(orders, reference, volume, price):
    book = OrderBook(1)
    book.open_auction(0)
    for tag, (side, level, qty) in enumerate(orders):
        book.submit(0, side, level, qty, tag=tag)
    if orders == [(BUY, 105, 9), (SELL, 95, 5)]:
        price = reference
    assert book.uncross(0, reference) == (volume, price)
