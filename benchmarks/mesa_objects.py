"""A day of the model against the same day written as plain Mesa objects, at 1,000 and 10,000 participants.

    python benchmarks/mesa_objects.py [--participants 1000 10000] [--rounds 7] [--seed 1]

Participants are ``mesa.Agent``s with ordinary attributes, called by ``shuffle_do("step")`` and ``do``; books are
queues in dictionaries with running totals, so that nothing is searched; only watched accounts are tested after a
round; nothing is recorded. There are three object models:

* the same model: participants ask the rule that their type states for one participant (``target_of``), and every
  draw has the fast model's name, so that results are the same: positions, money and settlement prices equal the fast
  model's with ``==`` after every round of the measurement
* own luck: the same rules with Python's own random numbers, which are quicker than named ones but give up that
  one more participant changes nobody else's luck
* tuned: own luck, and what is the same for a whole type is read off the market once a round; a participant works
  out plain numbers for the months that it looks at and nothing else; about as quick as plain Python gets

All continue from the same evening and take turns, each a few new days at a time. The garbage collector is
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


FORMS = {"the same model": {"same_luck": True, "tuned": False}, "own luck": {"tuned": False}, "tuned": {"tuned": True}}


def compare(participants: int, rounds: int, seed: int) -> None:
    """The lines of the table for one size."""
    fast = begin(participants, seed)
    plains = [MesaObjects(fast, **form) for form in FORMS.values()]
    days = 3 if participants <= 3_000 else 1
    for model in (fast, *plains):
        seconds(model, 1)
    gc.collect()
    gc.freeze()
    times = []
    for _ in range(rounds):
        times.append([seconds(model, days) for model in (*plains, fast)])
        if not same(fast, plains[0]):
            raise SystemExit(f"the object model differs from the fast one on day {fast.day}")
    gc.unfreeze()
    events = len(fast.record.table("events")["day"])
    if events:
        print(f"  (the fast model had {events} events in these days; another --seed may be calmer)")
    cpu = [[1e3 * row[number][0] for row in times] for number in range(len(plains) + 1)]
    wall = [[1e3 * row[number][1] for row in times] for number in range(len(plains) + 1)]
    size, goal = len(plains[0].people), GOALS.get(participants)
    for number, name in enumerate((*FORMS, "fast")):
        ratio = statistics.median(slow / quick for slow, quick in zip(cpu[number], cpu[-1], strict=True))
        least = min(cpu[number]) / min(cpu[-1])
        cells = f"{statistics.median(cpu[number]):9.1f} {min(cpu[number]):9.1f} {statistics.median(wall[number]):9.1f}"
        note = f"   goal {goal:.0f}" if goal and number == 0 else ""
        print(f"{size:7,d} {name:15s} {cells} {ratio:8.1f}x {least:8.1f}x{note}", flush=True)


def check(participants: int, days: int, seed: int) -> None:
    """The same days in both models, with the same luck; stops at the first difference."""
    fast = begin(participants, seed)
    plains = [MesaObjects(fast, same_luck=True, tuned=tuned) for tuned in (False, True)]
    for _ in range(days):
        fast.step()
        for plain in plains:
            plain.step()
            if not same(fast, plain):
                raise SystemExit(f"different on day {fast.day}")
    print(f"{len(plains[0].people)} participants, {days} days: positions, money and settlement prices are equal")


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
    print("ms a day, 12 contract months, 6 rounds, over several rounds of measurement; ratios are of CPU time")
    print(f"{'':23s} {'median':>9s} {'quietest':>9s} {'wall':>9s} {'x fast':>9s} {'quietest':>9s}")
    for participants in options.participants:
        compare(participants, options.rounds, options.seed)


if __name__ == "__main__":
    main()
