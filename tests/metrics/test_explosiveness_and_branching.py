"""The bubble test against ordinary least squares, and branching ratios of cascades that are known."""

import math

import numpy as np
import pytest

from sim.metrics.branching import branching_ratio, cascade_sizes, size_exponent, zeta
from sim.metrics.bubble_kernels import scan, scan_with_lags
from sim.metrics.explosiveness import (
    CRITICAL,
    bubble_test,
    critical_value,
    gsadf,
    gsadf_critical_values,
    highest_statistic,
    smallest_window,
)
from sim.streams import Streams


def regression(y, lag):
    """Dickey-Fuller t-statistic by least squares: the naive twin."""
    moves = np.diff(y)
    rows = np.array([[y[t], 1.0, *(moves[t - 1 - k] for k in range(lag))] for t in range(lag, len(moves))])
    slopes = np.linalg.lstsq(rows, moves[lag:], rcond=None)[0]
    rest = moves[lag:] - rows @ slopes
    variance = rest @ rest / (len(rows) - rows.shape[1]) * np.linalg.inv(rows.T @ rows)[0, 0]
    return slopes[0] / math.sqrt(variance)


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_every_window_agrees_with_least_squares(lag):
    y, window = 50.0 + np.cumsum(Streams(4).normal("walk", 60)), 20
    found = bubble_test(y, lag, window)
    ends = range(window - 1, 60)
    by_end = [max(regression(y[start:end + 1], lag) for start in range(end - window + 2)) for end in ends]
    np.testing.assert_allclose(found.sequence[window - 1:], by_end, rtol=1e-8)
    assert np.all(np.isneginf(found.sequence[:window - 1]))
    assert found.adf == pytest.approx(regression(y, lag), rel=1e-8)
    assert found.sadf == pytest.approx(max(regression(y[:end + 1], lag) for end in ends), rel=1e-8)
    assert found.gsadf == gsadf(y, lag, window) == max(found.sequence)


def test_kernels_agree_with_each_other_and_with_plain_python():
    y = np.cumsum(Streams(5).normal("walk", 50))
    first, second = np.empty(50), np.empty(50)
    fast = scan(y, 15, first)
    np.testing.assert_allclose(fast, scan.py_func(y, 15, second), rtol=1e-12)
    np.testing.assert_allclose(fast, scan_with_lags(y, 0, 15, second), rtol=1e-9)
    np.testing.assert_allclose(first[14:], second[14:], rtol=1e-9)


@pytest.mark.parametrize("length", [50, 104, 252])
def test_whole_arrays_find_what_the_kernel_finds(length):
    y = 1e3 + np.cumsum(Streams(8).normal("walk", length))
    assert highest_statistic(y) == pytest.approx(gsadf(y), rel=1e-7)
    still = np.concatenate([np.zeros(30), y - 1e3])  # windows in which nothing moves say nothing
    assert math.isfinite(highest_statistic(still))


def test_kept_critical_values_are_those_of_random_walks():
    assert critical_value(50) == pytest.approx(gsadf_critical_values(50, repetitions=4000)["gsadf"][1], abs=0.08)
    assert CRITICAL[100] == critical_value(100) < critical_value(120) < CRITICAL[150]


def test_a_bubble_is_found_and_a_walk_is_not():
    walk = 100.0 + np.cumsum(Streams(6).normal("walk", 150))
    bubble = walk.copy()
    for day in range(70, 105):
        bubble[day] = 1.05 * bubble[day - 1] + walk[day] - walk[day - 1]
    critical = gsadf_critical_values(150, repetitions=400)["gsadf"]
    assert gsadf(walk) < critical[1]
    assert gsadf(bubble) > critical[2]
    assert 60 < int(np.argmax(bubble_test(bubble).sequence)) < 110


def test_the_statistic_does_not_depend_on_unit_or_level():
    y = np.cumsum(Streams(7).normal("walk", 80))
    assert gsadf(1000.0 + 20.0 * y) == pytest.approx(gsadf(y), rel=1e-6)


@pytest.mark.parametrize(("y", "options", "words"), [
    (np.zeros(5), {}, "too few"), (np.full(100, np.nan), {}, "finite"), (np.arange(100.0), {"lag": 8}, "too few"),
    (np.zeros((50, 2)), {}, "one series"),
])
def test_refuses_what_it_cannot_test(y, options, words):
    with pytest.raises(ValueError, match=words):
        bubble_test(y, **options)


def test_smallest_window_of_the_paper():
    assert [smallest_window(length) for length in (100, 200, 400, 1680)] == [19, 27, 40, 90]


def test_ratio_and_sizes_of_a_known_cascade():
    causes = [-1, 0, 0, 1, -1, 4]
    assert branching_ratio(causes) == pytest.approx(4 / 6)
    assert branching_ratio(causes, [1, 0.5, 0.5, 1, 1, 0]) == pytest.approx(2 / 6)
    assert cascade_sizes(causes).tolist() == [4, 2]
    assert 1 / (1 - branching_ratio(causes)) == pytest.approx(cascade_sizes(causes).mean())
    assert math.isnan(branching_ratio([]))


def test_a_table_of_events_will_do():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"event": [10, 11, 12], "cause": [-1, 10, 10]})
    assert branching_ratio(table) == pytest.approx(2 / 3)
    assert cascade_sizes(table).tolist() == [3]


def test_an_event_comes_after_its_cause():
    with pytest.raises(ValueError, match="before its cause"):
        branching_ratio([1, -1])
    with pytest.raises(ValueError, match="row"):
        branching_ratio([0.5])


def borel(ratio, draws, largest=20_000):
    """Sizes of that many cascades of a Poisson branching process: Borel's distribution, by its quantiles."""
    size = np.arange(1.0, largest + 1)
    factorial = np.cumsum(np.log(size))
    chance = np.exp(-ratio * size + (size - 1) * np.log(ratio * size) - factorial)
    return 1 + np.searchsorted(np.cumsum(chance), (np.arange(draws) + 0.5) / draws).clip(max=largest - 1)


def test_the_exponent_of_sizes():
    assert zeta(2.0) == pytest.approx(math.pi**2 / 6, rel=1e-7)
    assert zeta(1.5) == pytest.approx(2.6123753, rel=1e-6)
    chance = np.arange(1.0, 200_001) ** -2.5 / zeta(2.5)
    law = 1 + np.searchsorted(np.cumsum(chance), (np.arange(5000) + 0.5) / 5000).clip(max=199_999)
    assert size_exponent(law) == pytest.approx(2.5, abs=0.03)
    assert size_exponent(borel(1.0, 5000)) == pytest.approx(1.5, abs=0.03)
    assert size_exponent(borel(0.5, 5000)) > 2.0
    assert math.isnan(size_exponent(np.ones(100)))
    assert math.isnan(size_exponent([1, 2, 3]))
