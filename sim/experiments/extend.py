"""More histories for a study that was begun, at all of its points or at some, without repeating what is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim import provenance
from sim.errors import bad_input, shown
from sim.experiments.store import Store
from sim.experiments.study import Plan


def extend(plan: Plan, folder: Path | str, histories: int, points: Sequence[int] | None = None) -> int:
    """Enter further histories into a study's ledger; ``sweep`` with ``resume`` then does them.

    Parameters
    ----------
    plan      : the study as it was begun
    histories : how many each point shall have; a point that has as many or more stays as it is
    points    : numbers of points, all if left out. Seeds go on counting up, so that points share them

    Returns the number of runs that were entered. Raises BadInput for a folder in which this study was not begun, or
    was begun with another version of the program, and for a point that it does not have.
    """
    chosen = range(len(plan.points)) if points is None else sorted(set(points))
    wrong = [point for point in chosen if not 0 <= point < len(plan.points)]
    if wrong:
        raise bad_input(f"--points {wrong[0]}", f"this study has points 0 to {len(plan.points) - 1}")
    with Store(Path(folder)) as store:
        where = shown(store.folder)
        if not store.begun:
            raise bad_input(where, "no study was begun here; run it first, without --histories")
        if store.about("digest") != plan.digest():
            raise bad_input(where, "this folder holds another study; --runs must be as when it was begun")
        if store.about("source") != provenance.source_hash():
            raise bad_input(where, "the program has changed since this study was begun; its runs would not be alike")
        known = store.ledger.execute("SELECT point, count(*) FROM runs GROUP BY point").fetchall()
        there, seed = dict(known), plan.scenario(0).seed
        free = 1 + store.ledger.execute("SELECT max(run) FROM runs").fetchone()[0]
        wanted = [(point, repeat) for point in chosen for repeat in range(there.get(point, 0), histories)]
        store.enter({}, [(free + number, point, repeat, seed + repeat)
                         for number, (point, repeat) in enumerate(wanted)])
        if wanted:
            store.note("extended", [*(store.about("extended") or []), provenance.command_line()])
    return len(wanted)
