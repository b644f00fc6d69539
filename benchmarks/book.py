"""Speed of the order book: against a C++ twin of the same structure, and against books from the package index.

Every round draws a fresh flow, runs the competitors in turn (the twin and ours twice, there and back,
and the better time of each counts) and checks that their results are equal. Times are CPU seconds of this
process. Run it from the repository: ``python benchmarks/book.py``.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

import book_peers
import book_twin
import numpy as np
from book_flows import SHARES, flow, without_late_cancels

from sim.market.book import EVENT, OrderBook
from sim.market.book_entry_kernels import run_events
from sim.market.book_replay import to_events

FILL = ("taker", "maker", "price", "qty")
TARGET_TWIN, TARGET_BOURSE = 1.25, 10.0
MARKETS = {"one contract, no owners": (1, 0), "12 contracts, 1,500 owners": (12, 1_500)}


def clock(work: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):6.2f} (from {min(ratios):.2f} to {max(ratios):.2f})"


def events_for(kind: str, n: int, seed: int, contracts: int, owners: int) -> np.ndarray:
    """EVENT[n]: a flow dealt out over contracts and owners."""
    events = to_events(flow(kind, n, seed))
    if owners:
        random = np.random.default_rng([seed, 1])
        events["contract"] = random.integers(0, contracts, n)
        events["owner"] = random.integers(0, owners, n)
    return events


def against_twin(kind: str, market: str, rounds: int, n: int, twin: Callable[..., int]) -> float:
    """Median ratio of our time to the twin's; every array of the two books must end byte for byte equal."""
    contracts, owners = MARKETS[market]
    ratios, rates, counts = [], [], (0, 0)
    for seed in range(-1, rounds):
        events = events_for(kind, n, seed + 1, contracts, owners)
        runs: dict[str, tuple[float, list[np.ndarray]]] = {}
        for name in ("ours", "twin", "twin", "ours") if seed % 2 else ("twin", "ours", "ours", "twin"):
            book = OrderBook(contracts, owners, orders=n, fills=2 * n)
            for array in book.arrays:
                array.view(np.uint8)[::4096] |= 0  # so that neither pays for the first touch of a page
            where, done = np.full(n, -1, np.int32), np.zeros(n, np.int64)
            run = (lambda *a: run_events(*a, 0)) if name == "ours" else twin
            seconds, finished = clock(lambda run=run, a=(book.arrays, events, where, done): run(*a))
            if finished != n:
                raise SystemExit(f"{name} stopped at event {finished}")
            runs[name] = min(seconds, runs[name][0] if name in runs else seconds), [*book.arrays, where, done]
        if any(a.tobytes() != b.tobytes() for a, b in zip(runs["ours"][1], runs["twin"][1], strict=True)):
            raise SystemExit(f"{kind}, {market}, seed {seed}: the two books differ")
        if seed >= 0:  # the first round warms up
            ratios.append(runs["ours"][0] / runs["twin"][0])
            rates.append([n / runs[name][0] / 1e6 for name in ("ours", "twin")])
            state = runs["ours"][1][5][0]
            counts = int(state["fills"]), int(state["live"])
    ours, theirs = np.median(rates, axis=0)
    print(f"  {kind:4}  {market:27} time / C++ {spread(ratios)}   {ours:5.1f} against {theirs:5.1f} M events/s, "
          f"{counts[0]:,} fills, {counts[1]:,} left")
    return statistics.median(ratios)


def against_peer(name: str, kind: str, rounds: int) -> float:
    """Median ratio of our throughput to a peer's on the same flow; the fills must be equal.

    Ours starts with an empty book and grows it; reading the flow into either's form is timed for neither.
    """
    run, n = book_peers.PEERS[name]
    ratios, rates = [], []
    for seed in range(rounds):
        events = without_late_cancels(flow(kind, n, 1_000 + seed))
        listed = events.tolist()
        theirs, fills = clock(lambda listed=listed: run(listed))
        own, book = to_events(events), OrderBook(1, self_match_prevention=False)
        ours, _ = clock(lambda book=book, own=own: book.run(own))
        made = book.take_fills()
        mine = np.stack([made[name] for name in FILL], axis=1)
        if not np.array_equal(mine, book_peers.as_array(fills)):
            raise SystemExit(f"{name}, {kind}, seed {seed}: the fills differ")
        ratios.append(theirs / ours)
        rates.append([len(events) / ours / 1e6, len(events) / theirs / 1e6])
    mine, his = np.median(rates, axis=0)
    print(f"  {kind:4}  {name:20} throughput ratio {spread(ratios)}   {mine:.2f} against {his:.4f} M events/s")
    return statistics.median(ratios)


def verdict(good: bool) -> str:
    return "reached" if good else "MISSED"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--events", type=int, default=1_000_000)
    options = parser.parse_args()
    print(f"{options.rounds} rounds, median (range); a record of an event takes {EVENT.itemsize} bytes")
    print(f"\nAgainst C++ of the same structure (g++ -O3 -march=native), {options.events:,} events, equal results:")
    twin = book_twin.build()
    if twin is None:
        print("  skipped: there is no g++ on this machine (Debian and Ubuntu: apt-get install g++)")
    else:
        worst = max(against_twin(kind, market, options.rounds, options.events, twin)
                    for kind in SHARES for market in MARKETS)
        print(f"  worst median {worst:.2f}, target at most {TARGET_TWIN}: {verdict(worst <= TARGET_TWIN)}")
    print("\nAgainst books from the package index, one call an event, equal results:")
    for name in book_peers.PEERS:
        if not book_peers.installed(name):
            print(f"  {name} is not installed: pip install {name}")
            continue
        least = min(against_peer(name, kind, options.rounds) for kind in SHARES)
        if name == "bourse":
            print(f"  least median {least:.1f}, target at least {TARGET_BOURSE:.0f}: {verdict(least >= TARGET_BOURSE)}")


if __name__ == "__main__":
    main()
