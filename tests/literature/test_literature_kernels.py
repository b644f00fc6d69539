"""Kernels of published models equal the same loops in plain Python, on small sizes."""

import numpy as np

from sim.literature import double_auction_kernels as auctions
from sim.literature import kernels
from sim.market.book import OrderBook
from sim.metrics.bubble_kernels import simulate, simulate_from_start

KEY = np.uint64(20_261_121)


def test_leveraged_value_funds_equals_its_loop():
    dials = np.array([1.0, 100.0, 0.99, 0.035, 5.0, 2.0, 0.003, 0.1, 0.1, 10.0, 0.1])
    runs = []
    for function in (kernels.leveraged_value_funds, kernels.leveraged_value_funds.py_func):
        path, counts = np.zeros(60), np.zeros(3, np.int64)
        function(KEY, dials, np.array([5.0, 20.0, 50.0]), path, counts)
        runs.append((path, counts))
    np.testing.assert_allclose(runs[0][0], runs[1][0], rtol=1e-9)
    np.testing.assert_array_equal(runs[0][1], runs[1][1])
    assert np.ptp(runs[0][0]) > 0


def test_lyapunov_equals_its_loop_and_tells_order_from_chaos():
    trend, bias, cost = np.array([0.0, 1.2]), np.zeros(2), np.array([1.0, 0.0])
    calm, wild = 2.0, 3.8
    for intensity in (calm, wild):
        arguments = (1.1, intensity, trend, bias, cost, 0.1, 200, 50)
        assert abs(kernels.lyapunov(*arguments) - kernels.lyapunov.py_func(*arguments)) < 1e-6
    assert kernels.lyapunov(1.1, calm, trend, bias, cost, 0.1, 2000, 500) < 0.01


def test_the_quick_simulation_gives_what_the_full_one_gives():
    full, quick = np.zeros((40, 3)), np.zeros((40, 2))
    simulate(KEY, 60, 15, full)
    simulate_from_start(KEY, 60, 15, quick)
    np.testing.assert_allclose(full[:, :2], quick, rtol=1e-9)


def test_random_orders_leave_a_book_that_holds_together():
    book = OrderBook(1, 1, orders=4096, fills=4096)
    capacity = 2048
    slots, where, ids = (np.zeros(capacity, np.int64), np.zeros(capacity, np.int64), np.arange(capacity))
    middles, out = np.zeros(50), np.zeros(4)
    auctions.random_orders(book.arrays, KEY, 0.5, 1.0, 0.2, 40, 50.0, 1.0, slots, where, ids, middles, out)
    assert out[3] == 0
    assert out[0] >= 50.0
    assert 0 < out[1] / out[2] < 40
    live = int(book.count().sum())
    assert live == int(book.arrays.state["live"][0])
    resting = {int(tag) for side in (0, 1) for tag in book.resting(0, side)["tag"]}
    assert len(resting) == live
    assert resting == set(ids[:live].tolist())


def test_constrained_quotes_trade_at_a_profit_for_both_sides():
    book = OrderBook(1, 1, self_match_prevention=False)
    values, costs = np.array([[90.0, 60.0], [80.0, 30.0]]), np.array([[20.0, 50.0], [40.0, 85.0]])
    prices = np.zeros(4)
    surplus, trades = auctions.constrained_quotes(book.arrays, KEY, values, costs, 100, 4000, prices)
    assert 2 <= trades <= 4
    assert 0 < surplus <= (90 - 20) + (80 - 40) + (60 - 50)
    assert ((prices[:trades] >= 20) & (prices[:trades] <= 90)).all()
