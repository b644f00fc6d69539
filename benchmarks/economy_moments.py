"""Moments of the physical compute economy over seeds: ``python benchmarks/economy_moments.py [seeds]``.

The same as ``compute-futures validate --rows physical``, in this process, with the time that it takes.
"""

from __future__ import annotations

import sys
import time

from sim.experiments.validate import validate
from sim.experiments.validate_page import text


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    start = time.perf_counter()
    print(text(validate("physical", seeds)))
    print(f"{seeds} histories, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
