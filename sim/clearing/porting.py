"""Which member takes the clients of one that has failed, and what becomes of those whom nobody takes."""

from __future__ import annotations

import numpy as np

from sim.clearing.causes import NEWS
from sim.clearing.members import NEVER, NOBODY
from sim.clearing.parts import Parts


def place(requirement: np.ndarray, room: np.ndarray) -> np.ndarray:
    """A member for each client, or ``NOBODY``: all of a client's account or nothing.

    Parameters
    ----------
    requirement : int64[k] cents  what each client must hold
    room        : int64[m] cents  margin that each member can still take on; below 0: it takes nobody, not even an
        empty account

    Returns
    -------
    int64[k]  the largest clients choose first (equal ones in their order), each the member with the most room then
    """
    room, out = room.copy(), np.full(len(requirement), NOBODY)
    if not len(room):
        return out
    for client in np.argsort(-requirement, kind="stable").tolist():
        best = int(np.argmax(room))
        if room[best] >= max(int(requirement[client]), 0):
            out[client] = best
            room[best] -= requirement[client]
    return out


class Porting(Parts):
    """Clients without a member: they look for another one, or are traded out of their positions."""

    def _rehome(self, rows: np.ndarray) -> None:
        """Accounts without positions open an account with the member that has most room."""
        rows = rows[~self.house.failed[rows]]
        alive = self.members.alive()
        if not len(rows) or not len(alive):
            return
        room = self._room()
        for row in rows.tolist():
            self.members.move(row, int(alive[np.argmax(room[alive])]))
        self.unwinding[rows] = False
        self.house.episode[rows[~self.house.forced[rows] & ~self.house.closing[rows]]] = NEWS

    def welcome(self, rows: np.ndarray) -> None:
        """Accounts that come back have a member that has not failed."""
        members = self.members
        left = (members.lost[rows] != NEVER) | members.failed[members.of[rows]]
        members.lost[rows[left]] = 0
        self._rehome(rows[left])

    def _port(self, day: int) -> None:
        """Clients in the window look for a member; it takes them with positions and margin, or not at all."""
        members, house = self.members, self.house
        waiting = (members.lost != NEVER) & ~house.failed & ~house.closing & ~self.unwinding & (house.equity > 0)
        if not waiting.any():
            return
        luck = members.luck("porting", self.streams, day)
        rows = np.flatnonzero(waiting & (luck < self.config.porting.probability))
        alive = members.alive()
        taken = place(house.required[rows], self._room()[alive])
        for old in np.flatnonzero(members.failed).tolist():
            mine = (members.of[rows] == old) & (taken != NOBODY)
            if mine.any():
                margin = int(house.required[rows[mine]].sum())
                house.record.event(day, -1, "porting", agent=int(members.rows[old]), amount=margin,
                                   agent_type=house.row_label[members.rows[old]], quantity=int(mine.sum()),
                                   causes=[(int(self.event[old]), 1.0)])
                self.today["ported_accounts"] += int(mine.sum())
                self.today["ported_margin_cents"] += margin
        for row, to in zip(rows.tolist(), taken.tolist(), strict=True):
            if to != NOBODY:
                members.move(row, int(alive[to]))

    def _unwind(self, day: int) -> None:
        """Clients whom nobody took within the window are traded out of their positions."""
        members, house = self.members, self.house
        since = (members.lost != NEVER) & (day - members.lost > self.config.porting.window)
        start = since & ~self.unwinding & ~house.failed & ~house.closing
        for row in house.holding(start).tolist():
            event = int(self.event[members.of[row]])
            house.force(day, -1, row, 0, [(event, 1.0)])
            house.forced[row], self.unwinding[row] = False, True
