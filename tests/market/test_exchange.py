"""Listing, settlement prices and expiry follow the filing and the rules that the documents state."""

import datetime as dt

import numpy as np
import pytest

from sim.calendar import Calendar, month_number
from sim.ledger import Ledger
from sim.market import kernels
from sim.market.book_kernels import BUY, SELL
from sim.market.config import MarketConfig
from sim.market.exchange import Exchange
from sim.market.gpu_hour_future import GpuHourFuture
from sim.streams import Streams

MONTHS = 4


@pytest.fixture
def market():
    config = MarketConfig(contracts=(GpuHourFuture(months=MONTHS),))
    calendar = Calendar(dt.date(2026, 10, 5), 100, 0)
    ledger = Ledger(3, MONTHS)
    exchange = Exchange(config, ledger, calendar, Streams(1))
    exchange.open_day(0, np.linspace(300.0, 250.0, 36))
    return exchange


def slot_of(exchange: Exchange, rank: int) -> int:
    return int(np.flatnonzero(exchange.slots["rank"] == rank)[0])


def trade(exchange: Exchange, rank: int, price: int, quantity: int) -> None:
    """One trade between rows 0 (buyer) and 1, through the book and the books of account."""
    slot, ledger = slot_of(exchange, rank), exchange.ledger
    first = int(exchange.book.arrays.state["fills"][0])
    exchange.book.submit(slot, SELL, price, quantity, owner=1)
    exchange.book.submit(slot, BUY, price, quantity, owner=0)
    kernels.enter_fills(exchange.book.arrays, first, exchange.slots, ledger.position, ledger.basis, exchange.traded,
                        exchange.tick_cents)


def test_contract_is_that_of_the_filing():
    contract = GpuHourFuture()
    assert (contract.size, contract.tick, contract.tick_cents) == (730, 0.01, 730)
    assert GpuHourFuture(size=1000, tick=0.005).tick_cents == 500
    with pytest.raises(ValueError, match="whole number"):
        _ = GpuHourFuture(size=3, tick=0.0001).tick_cents


def test_consecutive_months_are_listed_at_the_consensus(market):
    months = [int(market.slots["month"][slot_of(market, rank)]) for rank in range(1, MONTHS + 1)]
    first = month_number(dt.date(2026, 10, 1))
    assert months == [first + k for k in range(MONTHS)]
    value = np.linspace(300.0, 250.0, 36)
    assert [int(market.settle[slot_of(market, r)]) for r in range(1, MONTHS + 1)] == [round(v) for v in value[:MONTHS]]


def test_a_month_expires_on_its_last_business_day_and_its_slot_is_listed_again(market):
    calendar = market.calendar
    last = calendar.last_day(calendar.month(0))
    front = slot_of(market, 1)
    for day in range(1, last + 1):
        market.open_day(day, np.full(36, 300.0))
        market.settle_day(day, 287.4, 1.0)
        gone = market.expire(day)
        assert gone == ([front] if day == last else [])
    assert market.settle[front] == 287  # the average, rounded to the tick
    neighbour = market.settle[slot_of(market, MONTHS)]
    market.open_day(last + 1, np.full(36, 300.0))
    assert market.settle[front] == neighbour  # all months are worth the same, so it opens as rich as its neighbour
    assert market.slots["month"][front] == calendar.month(0) + MONTHS
    assert market.slots["rank"][front] == MONTHS


def test_closing_trades_set_the_price_by_volume(market):
    market.open_round()
    trade(market, 2, 290, 30)
    trade(market, 2, 280, 10)
    market.look()
    market.settle_day(0, 300.0, 0.1)
    slot = slot_of(market, 2)
    assert market.settle[slot] == round((290 * 30 + 280 * 10) / 40)
    assert market.tier[slot] == 1


def test_without_trades_the_middle_of_the_quotes_counts_and_then_the_neighbours(market):
    before = market.settle.copy()
    market.open_round()
    slot, further = slot_of(market, 2), slot_of(market, 3)
    market.book.submit(slot, BUY, int(before[slot]) + 9, 5, owner=0)
    market.book.submit(slot, SELL, int(before[slot]) + 11, 5, owner=1)
    market.look()
    market.settle_day(0, 300.0, 0.0)
    assert market.tier[slot] == 2
    assert market.settle[slot] == before[slot] + 10
    assert market.tier[further] == 3
    assert market.settle[further] == before[further] + 10  # the neighbour's change is carried over
    assert not market.book.count().any()  # the books are empty overnight


def test_with_nothing_at_all_yesterday_counts_but_for_what_is_already_averaged(market):
    before = market.settle.copy()
    market.open_round()
    market.look()
    market.settle_day(0, 200.0, 0.25)
    front = slot_of(market, 1)
    assert market.settle[front] == round(0.25 * 200.0 + 0.75 * before[front])
    others = np.arange(MONTHS) != front
    np.testing.assert_array_equal(market.settle[others], before[others])
    assert (market.tier[others] == 4).all()


def test_a_one_sided_quote_never_marks(market):
    slot = slot_of(market, 1)
    mark = int(market.slots["mark"][slot])
    market.book.submit(slot, BUY, mark + 50, 5, owner=0)
    market.look()
    assert market.slots["mark"][slot] == mark


def test_a_wide_quote_marks_at_the_last_trade_moved_inside_it(market):
    market.open_round()
    trade(market, 1, 250, 1)
    slot = slot_of(market, 1)
    market.book.submit(slot, BUY, 260, 5, owner=0)
    market.book.submit(slot, SELL, 390, 5, owner=1)
    market.look()
    assert market.slots["mark"][slot] == 260


def test_price_history_of_a_slot_begins_with_its_month(market):
    last = market.calendar.last_day(market.calendar.month(0))
    front = slot_of(market, 1)
    for day in range(last + 2):
        market.open_day(day, np.full(36, 300.0))
        market.settle_day(day, 287.0, 1.0)
        market.expire(day)
    prices = market.prices()
    assert len(prices) == last + 2
    assert np.isnan(prices[: last + 1, front]).all()
    assert np.isfinite(prices[-1, front])
    assert np.isfinite(np.delete(prices, front, axis=1)).all()


def test_open_interest_counts_each_contract_once(market):
    trade(market, 1, 300, 7)
    assert market.open_interest().sum() == 7
    assert market.traded.tolist() == [7, 7, 0]
    assert market.ledger.basis.tolist() == [7 * 300 * 730, -7 * 300 * 730, 0]


def test_snapshot_holds_everything(market):
    state = market.snapshot()
    trade(market, 1, 300, 7)
    market.look()
    market.settle_day(0, 280.0, 0.5)
    market.restore(state)
    again = market.snapshot()
    for name, value in state.items():
        if name not in ("book", "settled_days"):
            np.testing.assert_array_equal(value, again[name])
    assert market.book.count().sum() == state["book"].count().sum()
