"""Random numbers by name.

A draw depends on the seed, the label of its stream, the day, the round and the row within the block,
and on nothing else: adding, growing or reordering blocks changes nobody else's luck, and two runs with
one seed differ only by what differs between their scenarios (common random numbers).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from sim.stream_kernels import fill_normal, fill_uniform

_MASK = (1 << 64) - 1


@lru_cache(maxsize=4096)
def label_hash(label: str) -> int:
    """63 bits of SHA-256 of a label: the same on every machine and in every process."""
    return int.from_bytes(hashlib.sha256(label.encode()).digest()[:8], "little") >> 1


def combine(key: int, number: int) -> int:
    """A new 64-bit key from a key and an integer: what ``sim.jit.combine`` computes, on Python integers."""
    x = (key + 0x9E3779B97F4A7C15 * (number + 1)) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


class Streams:
    """All the luck of one run.

    Parameters
    ----------
    seed : int  the run's seed, 0 to 2**63 - 1
    """

    def __init__(self, seed: int) -> None:
        self.seed = int(seed)
        self._roots: dict[str, int] = {}

    def key(self, label: str, day: int = 0, round_: int = 0) -> np.uint64:
        """The 64-bit key of one stream at one time, to hand to a kernel (``sim.jit.uniform(key, number)``)."""
        root = self._roots.get(label)
        if root is None:
            root = self._roots[label] = combine(self.seed, label_hash(label))
        return np.uint64(combine(combine(root, day), round_))

    def uniform(self, label: str, n: int, day: int = 0, round_: int = 0) -> np.ndarray:
        """float64[n] in [0, 1); entry i belongs to row i whatever n is."""
        out = np.empty(n)
        fill_uniform(self.key(label, day, round_), out)
        return out

    def normal(self, label: str, n: int, day: int = 0, round_: int = 0) -> np.ndarray:
        """float64[n], standard normal; entry i belongs to row i whatever n is."""
        out = np.empty(n)
        fill_normal(self.key(label, day, round_), out)
        return out

    def integers(self, label: str, n: int, low: int, high: int, day: int = 0, round_: int = 0) -> np.ndarray:
        """int64[n] in low..high-1; the bias of scaling 53 bits is below (high-low) / 2**53."""
        return low + (self.uniform(label, n, day, round_) * (high - low)).astype(np.int64)
