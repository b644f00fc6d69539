"""Random numbers by name: a statistical battery, and what the names promise.

The seeds are fixed, so a test never flakes. Limits lie where a sound generator fails less than once in
a million choices of seed; broken generators are put through the same checks below, and must fail them.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim import jit
from sim.stream_kernels import fill_normal, fill_uniform
from sim.streams import Streams, combine, label_hash

MASK = (1 << 64) - 1
KEYS = [Streams(seed).key(label, day) for seed in (0, 1, 2**40) for label in ("news", "orders") for day in (-1, 0, 503)]


@jit.kernel
def fill_words(key, out):
    """key : uint64  in; out : uint64[n]  out: the 64-bit words behind the draws."""
    for i in range(out.shape[0]):
        out[i] = jit.combine(key, i)


def words(key, n):
    out = np.empty(n, np.uint64)
    fill_words(np.uint64(key), out)
    return out


def to_uniform(word):
    return (word >> np.uint64(11)) * 2.0**-53


def bits(word):
    """uint8[n, 64]: the bits of uint64[n]."""
    return np.unpackbits(word.astype("<u8").view(np.uint8).reshape(len(word), 8), axis=1, bitorder="little")


# --- checks: each takes draws and raises AssertionError if they do not look random -------------------


def check_uniform(draws, bins=1000):
    """Even counts in bins, and the whole distribution."""
    counts = np.bincount((draws * bins).astype(np.int64), minlength=bins)
    assert 1e-6 < stats.chisquare(counts).pvalue < 1 - 1e-6  # too even is not random either
    assert stats.kstest(draws[:20_000], "uniform").pvalue > 1e-6


def check_serial(draws, lags=20):
    """No correlation with earlier draws, in the draws or in their distance from the middle."""
    for series in (draws, np.abs(draws - 0.5)):
        series = series - series.mean()
        for lag in range(1, lags + 1):
            r = np.mean(series[lag:] * series[:-lag]) / np.mean(series**2)
            assert abs(r) * np.sqrt(len(series)) < 5.5, f"lag {lag}: {r}"


def check_cross(table):
    """No two rows of float64[streams, draws] are correlated, nor one with its neighbour shifted by a draw or two."""
    streams, n = table.shape
    z = (table - table.mean(axis=1, keepdims=True)) / table.std(axis=1, keepdims=True)
    r = z @ z.T / n
    assert np.abs(r[~np.eye(streams, dtype=bool)]).max() * np.sqrt(n) < 6
    for shift in (1, 2, 3):
        r = (z[1:, :-shift] * z[:-1, shift:]).mean(axis=1), (z[:-1, :-shift] * z[1:, shift:]).mean(axis=1)
        assert np.abs(r).max() * np.sqrt(n) < 6, f"neighbours shifted by {shift}"


def check_pairs(table, cells=16):
    """Draws at one place of neighbouring rows fill the unit square evenly."""
    x, y = (table[:-1].ravel() * cells).astype(np.int64), (table[1:].ravel() * cells).astype(np.int64)
    counts = np.bincount(x * cells + y, minlength=cells * cells)
    assert 1e-6 < stats.chisquare(counts).pvalue < 1 - 1e-6


def check_bits(word):
    """Each bit is set half the time, independently of every other bit and of itself one draw ago."""
    b = bits(word) - 0.5
    n = len(word)
    assert np.abs(b.mean(axis=0)).max() * 2 * np.sqrt(n) < 5.5
    together = np.abs(b.T @ b) * 4 / np.sqrt(n)
    assert together[~np.eye(64, dtype=bool)].max() < 6
    assert np.abs(b[1:].T @ b[:-1]).max() * 4 / np.sqrt(n) < 6


def check_birthdays(word, days=2**32, people=4096):
    """Repeated spacings between birthdays are Poisson. Source: Marsaglia 1985, mean people**3 / (4 days)."""
    mean, repeats, years = people**3 / (4 * days), 0, len(word) // people
    for year in (word >> np.uint64(32)).reshape(years, people):
        spacings = np.sort(np.diff(np.sort(year)))
        repeats += int((spacings[1:] == spacings[:-1]).sum())
    assert abs(repeats - mean * years) < 5.5 * np.sqrt(mean * years), f"{repeats} repeats, {mean * years} expected"


def check_normal(draws):
    """Moments, tails and the whole distribution of a standard normal."""
    n = len(draws)
    for power, moment, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10395 - 225)]:
        assert abs(np.mean(draws**power) - moment) < 5.5 * np.sqrt(variance / n), f"moment {power}"
    for far in (1, 2, 3, 4):
        for side in (draws, -draws):
            expected = n * stats.norm.sf(far)
            assert abs((side > far).sum() - expected) < 5.5 * np.sqrt(expected), f"beyond {far}"
    assert stats.kstest(draws[:100_000], "norm").pvalue > 1e-6


# --- the generator passes them -------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
def test_one_stream(key):
    draws = to_uniform(words(key, 400_000))
    check_uniform(draws)
    check_uniform(draws * 4096 % 1)  # the bits below the first twelve
    check_serial(draws)


def test_bits_are_balanced_and_independent():
    for key in KEYS[:6]:
        check_bits(words(key, 65_536))


def test_birthday_spacings():
    check_birthdays(words(KEYS[0], 4096 * 200))
    check_birthdays(np.concatenate([words(Streams(5).key("row", day), 64) for day in range(64 * 100)]))


def test_normal_draws():
    check_normal(Streams(11).normal("prices", 2_000_000))
    check_normal(np.concatenate([Streams(11).normal("prices", 20, day) for day in range(20_000)]))  # few a day


NEIGHBOURS = {
    "labels": lambda i: Streams(7).key(f"block {i}", 3),
    "days": lambda i: Streams(7).key("news", i - 100),
    "rounds": lambda i: Streams(7).key("news", 12, i),
    "seeds": lambda i: Streams(i).key("news", 12),
    "seeds far apart": lambda i: Streams(i << 40).key("news", 12),
    "rows": lambda i: np.uint64(combine(int(Streams(7).key("fund.row")), i)),
    "days within rows": lambda i: np.uint64(combine(combine(int(Streams(7).key("fund.row")), 5), i)),
}


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_neighbouring_streams_are_independent(what):
    table = np.array([to_uniform(words(NEIGHBOURS[what](i), 2048)) for i in range(200)])
    check_cross(table)
    check_pairs(table)
    check_uniform(table.ravel())
    check_uniform(table.T.ravel())
    check_serial(table.T.ravel())  # one row's luck from stream to stream


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_the_first_draw_of_neighbouring_streams_is_random(what):
    word = np.concatenate([words(NEIGHBOURS[what](i), 1) for i in range(20_000)])
    check_uniform(to_uniform(word), bins=100)
    check_serial(to_uniform(word))
    check_bits(word)


def test_avalanche():
    """Flipping any one bit of the key or the number flips each bit of the result half the time."""
    n = 16_384
    key, number = words(KEYS[0], n), np.arange(n, dtype=np.uint64)

    plain = vector_combine(key, number)
    assert plain[:50].tolist() == [combine(int(key[i]), i) for i in range(50)]
    for bit in range(64):
        flip = np.uint64(1 << bit)
        for changed in (vector_combine(key ^ flip, number), vector_combine(key, number ^ flip)):
            share = bits(plain ^ changed).mean(axis=0)
            assert np.abs(share - 0.5).max() * 2 * np.sqrt(n) < 6, f"input bit {bit}"


def vector_combine(key, number):
    """`combine` on arrays of uint64, in numpy."""
    x = key + jit.GOLDEN * (number + np.uint64(1))
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def test_no_two_streams_of_a_run_share_a_key():
    streams = Streams(1)
    keys = {int(streams.key(f"block {i}", day, round_))
            for i in range(25) for day in range(-252, 504) for round_ in range(6)}
    assert len(keys) == 25 * 756 * 6


# --- and broken generators fail them -------------------------------------------------------------------


def lcg(key, n):
    """The low-quality generator of many C libraries, 31 bits shifted up to 64."""
    out, x = np.empty(n, np.uint64), int(key) & 0x7FFFFFFF
    for i in range(n):
        x = (1103515245 * x + 12345) & 0x7FFFFFFF
        out[i] = x << 33
    return out


def weyl(key, n):
    """A counter without a scrambler."""
    return np.uint64(key) + jit.GOLDEN * np.arange(n, dtype=np.uint64)


BROKEN = {
    "low bits of a congruential generator": lambda: check_bits(lcg(3, 65_536)),
    "birthdays of a congruential generator": lambda: check_birthdays(lcg(3, 4096 * 100)),
    "a counter is too even": lambda: check_uniform(to_uniform(weyl(3, 400_000))),
    "a counter is correlated": lambda: check_serial(to_uniform(weyl(3, 100_000))),
    "streams that overlap": lambda: check_cross(
        np.array([to_uniform(words(9, 2304)[i:i + 2048]) for i in range(200)])),
    "one stream under two names": lambda: check_cross(
        np.array([to_uniform(words(9 + i // 2, 2048)) for i in range(200)])),
    "streams that drift together": lambda: check_pairs(
        (np.array([to_uniform(words(9, 2048))] * 200) + np.arange(200)[:, None] * 0.001) % 1),
    "a stuck bit": lambda: check_bits(words(9, 65_536) | np.uint64(1 << 40)),
    "one bit repeats another": lambda: check_bits(
        words(9, 65_536) & ~np.uint64(1) | (words(9, 65_536) >> np.uint64(20)) & np.uint64(1)),
    "a bit that follows the last draw": lambda: check_bits(
        words(9, 65_536) & ~np.uint64(1) | np.roll(words(9, 65_536), 1) >> np.uint64(63)),
    "a biased draw": lambda: check_uniform(to_uniform(words(9, 400_000)) ** 1.05),
    "a normal with fat tails": lambda: check_normal(
        stats.t(30).ppf(to_uniform(words(9, 300_000)) + 2.0**-54)),
    "a sum of twelve uniforms": lambda: check_normal(
        to_uniform(words(9, 12 * 300_000)).reshape(-1, 12).sum(axis=1) - 6),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_generator_is_found(what):
    with pytest.raises(AssertionError):
        BROKEN[what]()


# --- what the names promise ----------------------------------------------------------------------------

times = st.integers(-2000, 5000)


@given(st.integers(0, MASK), st.integers(-(1 << 62), 1 << 62))
def test_combine_is_what_the_kernels_compute(key, number):
    assert combine(key, number) == int(jit.combine(np.uint64(key), np.int64(number)))


@given(st.integers(0, 2**63 - 1), times, st.integers(0, 20), st.integers(0, 200), st.integers(0, 200))
def test_a_row_keeps_its_luck_when_the_block_grows(seed, day, round_, small, more):
    streams = Streams(seed)
    for draw in (streams.uniform, streams.normal, lambda *a: streams.integers(a[0], a[1], 0, 1000, *a[2:])):
        np.testing.assert_array_equal(draw("fund", small, day, round_), draw("fund", small + more, day, round_)[:small])


@given(st.integers(0, 2**63 - 1), times, st.integers(0, 20))
def test_arrays_are_what_a_kernel_draws_one_by_one(seed, day, round_):
    streams = Streams(seed)
    key = streams.key("fund", day, round_)
    assert key == np.uint64(combine(combine(combine(seed, label_hash("fund")), day), round_))
    assert list(streams.uniform("fund", 5, day, round_)) == [jit.uniform(key, i) for i in range(5)]
    assert list(streams.normal("fund", 5, day, round_)) == [jit.normal(key, i) for i in range(5)]


@pytest.mark.parametrize(("fill", "one"), [(fill_uniform, jit.uniform), (fill_normal, jit.normal)])
def test_filling_agrees_with_its_python_twin(fill, one):
    fast, slow = np.empty(50), np.empty(50)
    fill(KEYS[0], fast)
    fill.py_func(KEYS[0], slow)
    np.testing.assert_array_equal(fast, slow)
    np.testing.assert_array_equal(fast, [one(KEYS[0], i) for i in range(50)])


def test_other_streams_and_the_order_of_asking_change_nothing():
    alone = Streams(3).uniform("fund", 10, 7, 2)
    crowd = Streams(3)
    crowd.normal("noise", 1000, 7, 2)
    crowd.uniform("another fund", 10, 7, 2)
    crowd.uniform("fund", 500, 8, 2)
    np.testing.assert_array_equal(crowd.uniform("fund", 10, 7, 2), alone)
    assert not np.array_equal(crowd.uniform("another fund", 10, 7, 2), alone)


def test_draws_are_the_same_for_ever():
    """These values are part of every stored result: a change here makes old runs impossible to repeat."""
    assert label_hash("news") == 2863406227349601676
    assert int(Streams(1).key("news", 2, 3)) == 1014761658588337581
    draws = Streams(1).integers("news", 6, 0, 10**6, day=-5)
    assert draws.tolist() == [578912, 773032, 340205, 640560, 296482, 208139]


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 2), (-3, 4), (5, 17)])
def test_integers_lie_in_their_range_evenly(low, high):
    draws = Streams(2).integers("die", 100_000, low, high)
    assert draws.dtype == np.int64
    counts = np.bincount(draws - low, minlength=high - low)
    assert len(counts) == high - low
    assert high - low == 1 or stats.chisquare(counts).pvalue > 1e-6


@given(st.text(max_size=30), st.text(max_size=30))
def test_labels_hash_apart_into_63_bits(one, other):
    assert 0 <= label_hash(one) < 2**63
    assert (label_hash(one) == label_hash(other)) == (one == other)
