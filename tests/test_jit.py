"""The cache notices every edit, an import never fails, and the leaves agree with naive Python and scipy."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from sim import jit
from sim.streams import combine as python_combine

MASK = (1 << 64) - 1
words = st.integers(0, MASK) | st.integers(0, 63).map(lambda bit: 1 << bit)

LEAF = '''
from mini.jit import leaf

@leaf
def twice(x):
    """Two times x."""
    return 2 * x
'''
CALLER = '''
from mini.jit import kernel
from mini.deep.leaf_kernels import twice

@kernel
def answer(x):
    """Calls a leaf that lives in another file."""
    return twice(x) + 1
'''
ASK = """
import sys
sys.path.insert(0, sys.argv[1])
from mini.jit import CACHE
from mini.kernels import answer
print(answer(20), sum(answer.stats.cache_hits.values()), CACHE)
"""


@pytest.fixture
def package(tmp_path):
    """A package of two kernel files around a copy of the real jit.py."""
    root = tmp_path / "mini"
    (root / "deep").mkdir(parents=True)
    (root / "__init__.py").touch()
    (root / "deep" / "__init__.py").touch()
    shutil.copy(jit.__file__, root / "jit.py")
    (root / "deep" / "leaf_kernels.py").write_text(LEAF)
    (root / "kernels.py").write_text(CALLER)
    return root


def ask(package, **environment):
    """(answer, cache hits, cache directory) of the package in a process of its own."""
    command = [sys.executable, "-W", "error", "-c", ASK, str(package.parent)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    result, hits, cache = done.stdout.split()
    return int(result), int(hits), Path(cache)


def test_a_caller_in_another_file_sees_an_edited_leaf(package, tmp_path):
    home = {"COMPUTE_FUTURES_CACHE": str(tmp_path / "cache")}
    first, again = ask(package, **home), ask(package, **home)
    assert (first[0], first[1]) == (41, 0)
    assert again == (41, 1, first[2])  # nothing changed: taken from the cache
    leaf = package / "deep" / "leaf_kernels.py"
    leaf.write_text(leaf.read_text().replace("2 * x", "3 * x"))
    edited = ask(package, **home)
    assert (edited[0], edited[1]) == (61, 0)
    assert edited[2] != first[2]


def test_the_cache_is_named_after_every_kernel_source(package):
    seen = {jit.source_hash(package)}
    for path in jit.kernel_sources(package):
        path.write_text(path.read_text() + "\n# an edit\n")
        seen.add(jit.source_hash(package))
    (package / "more_kernels.py").write_text("")
    seen.add(jit.source_hash(package))
    (package / "more_kernels.py").rename(package / "other_kernels.py")
    seen.add(jit.source_hash(package))
    assert len(seen) == 6
    (package / "rules.py").write_text("no kernel")
    assert jit.source_hash(package) in seen


def test_an_unwritable_cache_falls_back_to_a_temporary_directory(package, tmp_path):
    (tmp_path / "file").touch()  # no directory can be made below a file, whoever asks
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    result, _, cache = ask(package, COMPUTE_FUTURES_CACHE=str(tmp_path / "file" / "cache"), TMPDIR=str(temporary))
    assert result == 41
    assert cache.parent == temporary


def test_the_cache_directory_is_used_where_it_can_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPUTE_FUTURES_CACHE", str(tmp_path))
    assert jit.cache_directory() == tmp_path / jit.source_hash()
    monkeypatch.delenv("COMPUTE_FUTURES_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert jit.cache_directory() == tmp_path / "xdg" / "compute-futures" / jit.source_hash()
    (tmp_path / "file").touch()
    monkeypatch.setenv("COMPUTE_FUTURES_CACHE", str(tmp_path / "file"))
    fallback = jit.cache_directory()
    assert fallback.parent == Path(tempfile.gettempdir())
    fallback.rmdir()


def test_the_mark_of_a_warm_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(jit, "CACHE", tmp_path)
    assert not jit.is_warm()
    jit.mark_warm()
    assert jit.is_warm()
    monkeypatch.setattr(jit, "CACHE", tmp_path / "gone")
    jit.mark_warm()  # an unwritable cache is no error
    assert not jit.is_warm()


@jit.kernel
def total(numbers, out):
    """numbers : int64[n]  in: what to add up; out : int64[1]  out: their sum, through a borrowed view."""
    view = jit.borrow(numbers)
    out[0] = 0
    for i in range(view.shape[0]):
        out[0] += view[i]


@pytest.mark.parametrize("numbers", [np.arange(10), np.zeros(0, np.int64), np.array([7])])
def test_a_borrowed_view_reads_the_array_and_owns_nothing(numbers):
    references, out = sys.getrefcount(numbers), np.full(1, -1)
    for _ in range(100):
        total(numbers, out)
    assert out[0] == numbers.sum()
    assert sys.getrefcount(numbers) == references


@given(words)
def test_lowest_and_highest_bit(word):
    lowest = next((i for i in range(64) if word >> i & 1), 64)
    highest = next((i for i in reversed(range(64)) if word >> i & 1), -1)
    assert jit.lowest_bit(np.uint64(word)) == lowest
    assert jit.highest_bit(np.uint64(word)) == highest


def test_bits_of_no_bit():
    assert jit.lowest_bit(np.uint64(0)) == 64
    assert jit.highest_bit(np.uint64(0)) == -1


@given(words, st.integers(-(1 << 63), (1 << 63) - 1))
def test_draws_agree_with_python_integers(key, number):
    word = python_combine(key, number)
    assert int(jit.combine(np.uint64(key), np.int64(number))) == word
    assert jit.uniform(np.uint64(key), np.int64(number)) == (word >> 11) / 2**53
    expected = special.ndtri(((word >> 11) + 0.5) / 2**53)
    assert jit.normal(np.uint64(key), np.int64(number)) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_mix_is_the_finaliser_of_splitmix64():
    # first outputs of the reference splitmix64 started at 1234567 (Vigna's test values)
    golden = int(jit.GOLDEN)
    outputs = [int(jit.mix(np.uint64((1234567 + (i + 1) * golden) & MASK))) for i in range(5)]
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
                       16408922859458223821]


def test_normal_quantile_against_scipy():
    powers = 10.0 ** np.arange(-300, 0)
    grid = np.concatenate([powers, 1 - powers[-16:], np.linspace(0.001, 0.999, 1999)])
    ours = np.array([jit.normal_quantile(p) for p in grid])
    scale = np.maximum(np.abs(special.ndtri(grid)), 1e-3)
    assert np.max(np.abs(ours - special.ndtri(grid)) / scale) < 1e-13


@given(st.floats(1e-300, 0.5))
def test_normal_quantile_python_twin_and_symmetry(p):
    ours = jit.normal_quantile(p)
    assert ours == pytest.approx(jit.normal_quantile.py_func(p), rel=1e-14, abs=1e-300)
    if p > 1e-10:  # 1 - p still knows p
        assert jit.normal_quantile(1 - p) == pytest.approx(-special.ndtri(1 - (1 - p)), rel=1e-6, abs=1e-12)


def key_of(word):
    """The key whose draw number 0 is this word: `mix` undone step by step."""
    def unshift(x, bits):  # undo x ^= x >> bits
        out = x
        for _ in range(64 // bits + 1):
            out = x ^ (out >> bits)
        return out

    x = unshift(word, 31) * pow(0x94D049BB133111EB, -1, 1 << 64) & MASK
    x = unshift(x, 27) * pow(0xBF58476D1CE4E5B9, -1, 1 << 64) & MASK
    return np.uint64((unshift(x, 30) - int(jit.GOLDEN)) & MASK)


@pytest.mark.parametrize("word", [0, 1 << 63, (1 << 63) - 1, MASK - 4096, MASK - 2047, MASK])
def test_extreme_draws_are_finite(word):
    key = key_of(word)
    assert int(jit.combine(key, 0)) == word
    assert 0 <= jit.uniform(key, 0) < 1
    assert abs(jit.normal(key, 0)) < 9
