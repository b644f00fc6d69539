"""How kernels are compiled, cached and borrow arrays; random numbers and small leaves for use inside them.

Every file of kernels is called ``kernels.py`` or ends in ``_kernels.py``, and imports numpy, math,
numba, this file and other kernel files only. numba's own cache does not notice an edit in a file that
a kernel calls into, so the cache directory is named after a hash of *all* kernel sources.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.registry import CPUDispatcher
from numba.extending import intrinsic

PACKAGE = Path(__file__).parent


def kernel_sources(package: Path = PACKAGE) -> list[Path]:
    """Every file whose functions numba compiles, in a fixed order."""
    return [package / "jit.py", *sorted(package.rglob("*kernels.py"))]


def source_hash(package: Path = PACKAGE) -> str:
    """Twelve hex digits that change with any edit to any kernel source."""
    digest = hashlib.sha256()
    for path in kernel_sources(package):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def cache_directory() -> Path:
    """A writable directory for compiled kernels: the user's cache, or a temporary one."""
    home = os.environ.get("COMPUTE_FUTURES_CACHE")
    base = Path(home) if home else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "compute-futures"
    path = base / source_hash()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError:
        return Path(tempfile.mkdtemp(prefix="compute-futures-"))


CACHE = cache_directory()
numba.config.CACHE_DIR = str(CACHE)


def is_warm() -> bool:
    """Whether a complete set of compiled kernels is in the cache."""
    return (CACHE / "complete").exists()


def mark_warm() -> None:
    """Remember that every kernel has been compiled into the cache."""
    with contextlib.suppress(OSError):
        (CACHE / "complete").touch()


class Leaf(CPUDispatcher):
    """A helper that kernels inline: compiled without a way in from Python, which takes a quarter less time.

    A call from Python (tests look at leaves one by one) compiles the function once more, with a way in.
    """

    _open = None

    def __call__(self, *arguments: Any) -> Any:
        if self._open is None:
            self._open = njit(error_model="numpy")(self.py_func)
        return self._open(*arguments)


def leaf(function: Callable) -> Leaf:
    """Decorate a helper that is inlined into the kernels that call it."""
    dispatcher = Leaf(function, targetoptions={
        "nopython": True, "nogil": True, "error_model": "numpy", "forceinline": True, "no_cpython_wrapper": True,
        "no_cfunc_wrapper": True})
    dispatcher.enable_caching()
    return dispatcher


kernel = njit(cache=True, nogil=True, error_model="numpy")


@intrinsic
def borrow(typing_context, array):
    """A view of an array that numba does not count references to; never return or store it."""

    def generate(context, builder, signature, arguments):
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        view.meminfo = cgutils.get_null_value(view.meminfo.type)
        view.parent = cgutils.get_null_value(view.parent.type)
        return view._getvalue()

    return array(array), generate


@intrinsic
def _cttz(typing_context, word):
    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


@intrinsic
def _ctlz(typing_context, word):
    def generate(context, builder, signature, arguments):
        return builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


@leaf
def lowest_bit(word):
    """Index (int64) of the lowest set bit of a uint64; 64 if there is none."""
    return np.int64(_cttz(np.uint64(word)))


@leaf
def highest_bit(word):
    """Index (int64) of the highest set bit of a uint64; -1 if there is none."""
    return np.int64(63) - np.int64(_ctlz(np.uint64(word)))


# --- random numbers: counter-based, so that one more draw here changes nothing there -----------------

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
ODD = np.uint64(0xD1B54A32D192ED03)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11, _S12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11), np.uint64(12)


@leaf
def mix(x):
    """Scramble 64 bits: the finaliser of splitmix64 (Steele, Lea & Flood 2014), uint64 to uint64."""
    x = np.uint64(x)
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


@leaf
def combine(key, number):
    """A new key from a key and an integer (day, round, row, expiry, draw)."""
    return mix(np.uint64(key) + GOLDEN * (np.uint64(number) + np.uint64(1)))


@leaf
def uniform(key, number):
    """The draw of this number under this key: float64 in [0, 1), 53 bits."""
    return np.float64(combine(key, number) >> _S11) * 1.1102230246251565e-16


@leaf
def normal_quantile(p):
    """Standard normal quantile of p in (0, 1), relative error 1e-15. Source: Wichura 1988, AS 241."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        num = (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
                + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r
                + 133.14166789178437745) * r + 3.387132872796366608)
        den = (((((((5226.495278852545925 * r + 28729.085735721942674) * r + 39307.89580009271061) * r
                + 21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r
                + 42.313330701600911252) * r + 1.0)
        return q * num / den
    r = p if q < 0.0 else 1.0 - p
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r -= 1.6
        num = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
                + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r
                + 4.6303378461565452959) * r + 1.42343711074968357734)
        den = (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r
                + 0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r
                + 2.05319162663775882187) * r + 1.0)
    else:
        r -= 5.0
        num = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r
                + 0.026532189526576123093) * r + 0.29656057182850489123) * r + 1.7848265399172913358) * r
                + 5.4637849111641143699) * r + 6.6579046435011037772)
        den = (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r
                + 7.868691311456132591e-4) * r + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
                + 0.59983220655588793769) * r + 1.0)
    return -num / den if q < 0.0 else num / den


@leaf
def normal(key, number):
    """Standard normal draw of this number under this key (never infinite)."""
    return normal_quantile((np.float64(combine(key, number) >> _S12) + 0.5) * 2.220446049250313e-16)
