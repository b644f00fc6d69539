"""What every experiment does with the outcomes of its runs: tell of them, and put them away before long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from sim.experiments.merging import merge
from sim.experiments.progress import Progress, Stop
from sim.experiments.store import Store
from sim.one_run import Outcome

PUT_AWAY = 5.0  # seconds of results that a kill can cost at most; judgement: long against the time it takes to write
PART = 64  # runs in one part at most


def keep_all(store: Store, outcomes: Iterator[Outcome], progress: Progress, stop: Stop, wanted: Iterable[str] = (),
             seen: Callable[[Outcome], None] = lambda outcome: None) -> None:
    """Put outcomes away as they come; ``seen`` is told of each once it is on disk.

    wanted : beginnings of the names of figures to keep; all for none

    Raises CannotWrite when the disk is full; what was put away before is kept.
    """
    waiting: list[Outcome] = []
    since = time.monotonic()

    def put_away() -> None:
        store.keep(waiting, wanted)
        merge(store)
        for outcome in waiting:
            seen(outcome)

    for outcome in outcomes:
        if outcome.status == "stopped":  # Ctrl-C for the second time
            stop.asked = True
            break
        waiting.append(outcome)
        progress.tell(outcome.status == "failed")
        if len(waiting) >= PART or time.monotonic() - since > PUT_AWAY:
            put_away()
            waiting, since = [], time.monotonic()
    if waiting:
        put_away()
    merge(store, least=2)
    progress.end()
