"""The C++ twin of the order book: builds ``book.cpp`` and runs it on the arrays of an OrderBook."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sim.market.book import BookArrays

SOURCE = Path(__file__).with_name("book.cpp")


def build() -> Callable[[BookArrays, np.ndarray, np.ndarray, np.ndarray], int] | None:
    """The function run(arrays, events, where, done), or None on a machine without g++."""
    compiler = shutil.which("g++")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "book.so"
        subprocess.run([compiler, "-O3", "-march=native", "-std=c++17", "-Wall", "-shared", "-fPIC",
                        str(SOURCE), "-o", str(library)], check=True)
        function = ctypes.CDLL(str(library)).run_events
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    function.argtypes = [pointer] * 6 + [number] * 4 + [pointer, number, pointer, number, pointer]
    function.restype = number

    def run(arrays: BookArrays, events: np.ndarray, where: np.ndarray, done: np.ndarray) -> int:
        contracts = len(arrays.sides) // 2
        return function(*(array.ctypes.data for array in arrays), contracts, len(arrays.heads) // contracts,
                        len(arrays.orders), len(arrays.fills), events.ctypes.data, len(events),
                        where.ctypes.data, len(where), done.ctypes.data)

    return run
