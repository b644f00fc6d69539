"""Clearing members: whose client is who, what the house asks of a member, and what a member keeps of its clients'."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from sim.clearing.config_members import MembersConfig
from sim.clearing.layers import share_out
from sim.ledger import INSTITUTIONS, Ledger
from sim.streams import Streams

NOBODY = -1
NEVER = -(10**9)  # a day that never comes; the days before the first reported one are negative too
KEPT = INSTITUTIONS.index("client money")
STATE = ("of", "failed", "lost", "kept", "advance", "owner", "called")


class Members:
    """The tier between the house and everybody else.

    Parameters
    ----------
    config    : the members' rules
    ledger    : accounts
    rows      : int64[m]  the members' own rows, largest first
    house_row : the close-out account, which belongs to nobody
    row_label : name of the block of each row
    streams   : luck, from which clients have their member

    Attributes
    ----------
    of      : int64[n]  member of each account, failed or not; ``NOBODY`` for the close-out account
    desk    : bool[n]   accounts that are a member's own: its row and its desks
    failed  : bool[m]
    lost    : int64[n]  day on which the account's member failed, ``NEVER`` while it has one
    kept    : int64[m]  cents of clients' margin that the member holds itself
    advance : int64[m]  cents that the member has to hold for clients who have not paid
    owner   : int64[m]  rows of the banks that own members, ``NOBODY`` for owners outside the market
    called  : int64[m]  cents called during today's trading
    """

    def __init__(self, config: MembersConfig, ledger: Ledger, rows: np.ndarray, house_row: int,
                 row_label: Sequence[str], streams: Streams) -> None:
        if len(rows) != config.count:
            raise ValueError(f"{config.count} clearing members need as many rows, not {len(rows)}")
        n, m = ledger.n, len(rows)
        self.config, self.ledger, self.rows, self.house_row = config, ledger, np.array(rows, np.int64), house_row
        self.number = np.full(n, NOBODY)  # number of the member whose own row it is
        self.number[self.rows] = np.arange(m)
        weight = 1.0 / np.arange(1, m + 1) ** config.concentration
        bounds = np.cumsum(weight)[:-1] / weight.sum()
        self.sizes = [(label, len(list(block))) for label, block in groupby(row_label)]
        self.of = np.searchsorted(bounds, self.luck("clearing member", streams, 0), side="right")
        self.of[self.rows] = np.arange(m)
        self.of[house_row] = NOBODY
        self.desk = np.isin(np.array(row_label, object), config.house_accounts) | (self.number != NOBODY)
        self.desk[house_row] = False
        self.failed, self.lost = np.zeros(m, np.bool_), np.full(n, NEVER)
        self.kept, self.advance, self.called = (np.zeros(m, np.int64) for _ in range(3))
        self.owner = np.full(m, NOBODY)

    def luck(self, name: str, streams: Streams, day: int) -> np.ndarray:
        """float64[n] in [0, 1): a draw for each account, keyed by its block and its place there."""
        return np.concatenate([streams.uniform(f"{label}.{name}", size, day) for label, size in self.sizes])

    # --- who belongs to whom -------------------------------------------------------------------------

    def bind(self, owners: np.ndarray) -> None:
        """Let rows of the market (int64[m], ``NOBODY``: outsiders) own the members and stand behind their calls."""
        self.owner[:] = owners

    def clients(self) -> np.ndarray:
        """bool[n]: accounts for which a member answers to the house, its own row left out."""
        return (self.of != NOBODY) & (self.number == NOBODY) & (self.lost == NEVER)

    def total(self, amount: np.ndarray) -> np.ndarray:
        """int64[m]: the sum of int64[n] over each member's accounts, its own row included."""
        out = np.zeros(len(self.rows) + 1, np.int64)
        np.add.at(out, self.of, amount)
        return out[:-1]

    def alive(self) -> np.ndarray:
        """int64[k]: members that have not failed, by number."""
        return np.flatnonzero(~self.failed)

    def move(self, row: int, member: int) -> None:
        """Let an account have another member."""
        self.of[row], self.lost[row] = member, NEVER

    def orphan(self, member: int, day: int) -> np.ndarray:
        """int64[k]: clients that a failed member leaves behind; from now on nobody answers for them."""
        rows = np.flatnonzero((self.of == member) & ~self.desk & (self.lost == NEVER))
        self.lost[rows] = day
        return rows

    # --- means -----------------------------------------------------------------------------------------

    def means(self, member: int) -> int:
        """Cents that a member can pay with now: its free cash, and its owner's where one is bound."""
        return max(0, int(self.ledger.cash[self.rows[member]])) + self._behind(member)

    def _behind(self, member: int) -> int:
        """Cents that a bound owner pays at a time."""
        owner = int(self.owner[member])
        if owner == NOBODY or not self.ledger.alive[owner]:
            return 0
        return int(self.config.parent * max(0, int(self.ledger.cash[owner])))

    def restore_capital(self) -> None:
        """Bound owners bring living members back towards their opening capital, or take out what is above it."""
        for member in np.flatnonzero((self.owner != NOBODY) & ~self.failed).tolist():
            row, owner = int(self.rows[member]), int(self.owner[member])
            gap = int(self.ledger.capital[row] - self.ledger.cash[row] - self.ledger.margin[row])
            amount = int(self.config.support * abs(gap))
            if gap > 0:
                amount = min(amount, self._behind(member))
                self.pass_on("member capital", owner, row, amount)
            elif self.ledger.alive[owner]:
                self.pass_on("member capital", row, owner, min(amount, max(0, int(self.ledger.cash[row]))))

    def draw(self, member: int, amount: int) -> None:
        """Bring free cash up to an amount from a bound owner, as far as it goes."""
        owner, row = int(self.owner[member]), int(self.rows[member])
        need = min(amount - max(0, int(self.ledger.cash[row])), self._behind(member))
        if need > 0:
            self.pass_on("member capital", owner, row, need)

    def pass_on(self, flow: str, payer: int, payee: int, amount: int) -> None:
        """Move cents from one row to another, through the house."""
        for row, sign in ((payer, -1), (payee, 1)):
            self.ledger.post(flow, np.array([row]), np.array([sign * amount], np.int64), "clearing house")

    def pay(self, flow: str, member: int, amount: int, institution: str) -> int:
        """Let a member pay up to an amount from its means; returns what it paid."""
        self.draw(member, amount)
        row = self.rows[member : member + 1]
        paid = min(amount, max(0, int(self.ledger.cash[row[0]])))
        if paid:
            self.ledger.post(flow, row, np.array([-paid], np.int64), institution)
        return paid

    # --- what the house asks ---------------------------------------------------------------------------

    def ask(self, base: np.ndarray, equity: np.ndarray, exposed: np.ndarray,
            requirement: Callable[[np.ndarray], np.ndarray]) -> None:
        """What members must hold for clients that are short of the house's margin, this evening.

        Parameters
        ----------
        base        : int64[n] cents  the house's own requirement of each account, without the member's multiplier
        equity      : int64[n] cents
        exposed     : bool[n]  accounts that owe the house anything
        requirement : int64[k, contracts] -> int64[k] cents, for the net positions of clients
        """
        mine = self.clients() & exposed
        if self.config.client_margin == "gross":
            self.advance = self.total(np.where(mine, np.maximum(base - equity, 0), 0))
            return
        net = requirement(self.net_positions())
        own = mine & self.desk  # desks are never netted with clients
        debts = self.total(np.where(mine & ~self.desk, np.maximum(-equity, 0), 0))
        held = self.total(np.where(mine & ~self.desk, np.clip(equity, 0, base), 0))
        desks = self.total(np.where(own, np.maximum(base - equity, 0), 0))
        self.advance = np.maximum(net + debts - held, 0) + desks

    def net_positions(self) -> np.ndarray:
        """int64[m, contracts]: what all clients of each member hold together, its desks left out."""
        clients = self.clients() & ~self.desk
        held = [self.ledger.position[clients & (self.of == member)].sum(axis=0) for member in range(len(self.rows))]
        return np.array(held, np.int64).reshape(len(self.rows), -1)

    def keep(self, base: np.ndarray, requirement: Callable[[np.ndarray], np.ndarray]) -> None:
        """Leave with each member what its clients have posted beyond what the house asks for them."""
        if self.config.client_margin == "gross" and self.config.multiplier == 1.0:
            return
        mine = self.clients() & ~self.desk
        posted = self.total(np.where(mine, self.ledger.margin, 0))
        asked = self.total(np.where(mine, base, 0)) if self.config.client_margin == "gross" \
            else requirement(self.net_positions())
        target = np.where(self.failed, 0, np.maximum(posted - asked, 0))
        self.leave(target)

    def return_kept(self, member: int, clients: np.ndarray) -> int:
        """A failed member's clients' money comes back, less what is missing; returns the cents that clients lost.

        clients : int64[k] rows that had it as their member
        """
        margin = self.ledger.margin[clients]
        missing = min(int(self.config.client_money_shortfall * int(self.kept[member])), int(margin.sum()))
        if missing:
            lost = np.array(share_out(missing, margin.tolist()), np.int64)
            self.ledger.post_margin(clients, -lost)
            self.ledger.post("client money", clients, -lost, "clearing house")
            self.ledger.transfer("client money", "client money", "outside world", missing)
            self.kept[member] -= missing
        target = self.kept.copy()
        target[member] = 0
        self.leave(target)
        return missing

    def leave(self, target: np.ndarray) -> None:
        """Let each member keep int64[m] cents of its clients' margin; the rest lies with the house."""
        change = int(target.sum() - self.kept.sum())
        if change > 0:
            self.ledger.transfer("client money", "clearing house", "client money", change)
        elif change < 0:
            self.ledger.transfer("client money", "client money", "clearing house", -change)
        self.kept = target

    # --- copies ----------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state that is not in the ledger."""
        return {name: getattr(self, name).copy() for name in STATE}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a snapshot back."""
        for name, array in state.items():
            setattr(self, name, array.copy())
