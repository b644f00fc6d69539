"""A day of the model against the same day written as plain Mesa objects, at 1,000 and 10,000 participants.

    python benchmarks/mesa_objects.py [--participants 1000 10000] [--rounds 7] [--seed 1]

The object model is one that a practised Mesa author would write, and is made as quick as plain Python allows:
participants are ``mesa.Agent``s with ordinary attributes, called by ``shuffle_do("step")`` and ``do``. What is the
same for a whole type is read off the market once a round; a participant works out what it wants only when it
looks, in the months it looks at; only watched accounts are tested after a round; books are queues in dictionaries
with running totals, so that nothing is searched. Random numbers are Python's own. Records are not written.

It makes the same trades: with the fast model's random numbers and order of arrival, its positions, cash and
settlement prices equal the fast model's with ``==`` (``tests/benchmarks``; ``--check`` does it here).

Both continue from the same evening and take turns, each a few new days at a time. The garbage collector is
told to leave everything made before alone, as it would in a process without the fast model.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from typing import Any

from benchmarks.mesa_day import MesaObjects
from benchmarks.populations import baseline
from sim.model import ComputeFutures

GOALS = {1_000: 50.0, 10_000: 40.0}
CHANGES = ("market.opening_auction=false", "burn_in=60", "market.warm_up=40", "days=300")
BEFORE = 45  # days until open interest has built up


def begin(participants: int, seed: int) -> ComputeFutures:
    """A fast model a few weeks into its market."""
    model = baseline(participants, *CHANGES).build(seed)
    for _ in range(BEFORE):
        model.step()
    return model


def same(fast: ComputeFutures, plain: MesaObjects) -> bool:
    """Whether both stand exactly alike: positions, money, settlement prices."""
    ledger, people = fast.ledger, plain.people
    return (ledger.position[:-1].tolist() == [person.position for person in people]
            and ledger.cash[:-1].tolist() == [person.cash for person in people]
            and ledger.margin[:-1].tolist() == [person.margin for person in people]
            and ledger.basis[:-1].tolist() == [person.basis for person in people]
            and fast.exchange.settle.tolist() == plain.world.exchange.settle.tolist()
            and fast.exchange.slots["volume"].tolist() == plain.world.exchange.slots["volume"].tolist())


def seconds(model: Any, days: int) -> tuple[float, float]:
    """CPU time and wall time of one day, over a few days."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(days):
        model.step()
    return (time.process_time() - cpu) / days, (time.perf_counter() - wall) / days


def compare(participants: int, rounds: int, seed: int) -> None:
    """One line of the table, and the times behind it."""
    fast = begin(participants, seed)
    plain = MesaObjects(fast)
    days = 3 if participants <= 3_000 else 1
    seconds(fast, 1), seconds(plain, 1)
    gc.collect()
    gc.freeze()
    pairs = [(seconds(plain, days), seconds(fast, days)) for _ in range(rounds)]
    gc.unfreeze()
    events = fast.record.table("events")
    if len(events["day"]):
        print(f"  (the fast model had {len(events['day'])} events in these days; another --seed may be calmer)")
    for number, name in enumerate(("CPU", "wall")):
        ratios = [slow[number] / quick[number] for slow, quick in pairs]
        slow = [1e3 * slow[number] for slow, _ in pairs]
        quick = [1e3 * quick[number] for _, quick in pairs]
        goal = f"   goal {GOALS[participants]:.0f}" if participants in GOALS and name == "CPU" else ""
        print(f"{len(plain.people):7,d} {name:5s} {statistics.median(slow):9.1f} {min(slow):9.1f} "
              f"{statistics.median(quick):9.2f} {min(quick):9.2f} {statistics.median(ratios):8.1f}x "
              f"{min(slow) / min(quick):8.1f}x{goal}", flush=True)


def check(participants: int, days: int, seed: int) -> None:
    """The same days in both models, with the same luck; stops at the first difference."""
    fast = begin(participants, seed)
    plain = MesaObjects(fast, same_luck=True)
    for _ in range(days):
        fast.step()
        plain.step()
        if not same(fast, plain):
            raise SystemExit(f"different on day {fast.day}")
    print(f"{len(plain.people)} participants, {days} days: positions, money and settlement prices are equal")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--participants", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", type=int, metavar="DAYS", help="compare instead of timing")
    options = parser.parse_args()
    if options.check:
        for participants in options.participants:
            check(participants, options.check, options.seed)
        return
    print("ms a day, 12 contract months, 6 rounds: median and quietest")
    print(f"{'':13s} {'objects':>9s} {'quietest':>9s} {'fast':>9s} {'quietest':>9s} {'ratio':>9s} {'of quietest':>9s}")
    for participants in options.participants:
        compare(participants, options.rounds, options.seed)


if __name__ == "__main__":
    main()
