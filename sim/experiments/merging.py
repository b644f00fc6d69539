"""Small parts of a study made into large ones: results are put away within seconds, and read by the hundred.

A merge is all or nothing, like whatever is put away: the ledger counts the new part only once it is whole. Parts that
were merged stay for as long as somebody who asked the ledger before may be reading them.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from sim.one_run import CannotWrite

if TYPE_CHECKING:
    from sim.experiments.store import Store

LEAST = 64  # runs from which on a part is left as it is


def merge(store: Store, least: int | None = None) -> int:
    """Merge the parts with few runs once these have ``least`` (LEAST) together; returns how many were merged.

    A full disk leaves everything as it was.
    """
    small = store.ledger.execute("SELECT part, count(*) FROM runs WHERE status = 'done' GROUP BY part "
                                 "HAVING count(*) < ? ORDER BY part", (LEAST,)).fetchall()
    if len(small) < 2 or sum(count for _, count in small) < (LEAST if least is None else least):
        return 0
    parts = [part for part, _ in small]
    with contextlib.suppress(CannotWrite):
        store.replace(parts)
        return len(parts)
    return 0
