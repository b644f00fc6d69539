"""Prime brokers: banks lend leveraged futures funds part of their margin, and take it back when they are short."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.credit import bank_rules
from sim.credit.banks import Banks
from sim.credit.blame import NEWS, Blame
from sim.credit.book import COMPANIES, Book
from sim.credit.config_banks import Banks as Rules
from sim.credit.shares import split, split_rows

SMALL = 10  # a call is written down if it is above one such part of the line
ENDS = ("default", "closure", "forced sale")  # of a fund's account: what a loan that is lost goes back to


class PrimeBrokers:
    """Loans to funds that trade futures; a fund whose loan is called is short of margin, and the house does the rest.

    Parameters
    ----------
    rules : parameters; book, banks, record, labels : claims and cash, lenders, where events go, block names of funds
    """

    def __init__(self, rules: Rules, book: Book, banks: Banks, record: Any, labels: list[str]) -> None:
        self.rules, self.book, self.banks, self.record, self.labels = rules, book, banks, record, labels
        self.line = 1.0  # share of the usual line that is open
        self.seen = 0  # events written before the last look at who has closed

    def week(self, day: int, supply: float, haircut: float, frozen: bool, scarce: Blame, marks: Blame) -> None:
        """Lines follow what banks can lend and haircuts; funds draw and repay up to them.

        scarce, marks : what has made bank credit scarce, and what has moved the marks that haircuts follow
        """
        book, ledger = self.book, self.book.ledger
        if not len(book.fund_rows) or self.rules.prime <= 0 or not self.banks.alive.any():
            return
        trust = bank_rules.trust(self.rules, haircut)
        if not frozen:
            self.line = bank_rules.line(self.rules, self.line, supply * trust)
        rows, loans = book.fund_rows, book.claims["prime loan"]
        owed = loans.sum(axis=1)
        most = bank_rules.prime_limit(self.rules, self.line, ledger.margin[rows])
        open_ = ledger.alive[rows] & (ledger.cash[rows] > 0)
        more = bank_rules.prime_drawn(self.rules, open_, most, owed, ledger.margin[rows])
        less = bank_rules.prime_called(open_, most, owed, ledger.cash[rows])
        weights = np.append(self.banks.size * self.banks.alive, 0.0)
        self._move(split_rows(more, np.broadcast_to(weights, loans.shape)), "issued")
        for at in np.flatnonzero(less > np.maximum(most, 1) // SMALL):
            shrunk = math.log(int(owed[at]) / max(int(most[at]), 1))
            self.record.event(day, -1, "prime call", agent=int(rows[at]), agent_type=self.labels[at],
                              amount=int(less[at]), causes=self._causes(shrunk, supply, trust, scarce, marks))
        self._move(-split_rows(less, loans), "repaid")

    def collect(self, day: int, house: Any, closing: np.ndarray) -> None:
        """Funds that close repay first; what a fund in default owes is lost."""
        book, ledger, rows = self.book, self.book.ledger, self.book.fund_rows
        loans = book.claims["prime loan"]
        if not loans.any():
            return
        gone = house.failed[rows] | ~ledger.alive[rows]
        due = (gone | closing[rows] | house.closing[rows]) & (loans.sum(axis=1) > 0)
        for at in np.flatnonzero(due):
            back = np.zeros_like(loans)
            back[at] = split(min(int(loans[at].sum()), max(int(ledger.cash[rows[at]]), 0)), loans[at])
            self._move(-back, "repaid")
            if gone[at] and (left := int(loans[at].sum())):
                event = self.record.event(day, -1, "prime loan loss", agent=int(rows[at]), agent_type=self.labels[at],
                                          amount=left, causes=[(self._end_of(int(rows[at])), 1.0)])
                for bank in np.flatnonzero(loans[at, :book.b]):
                    self.banks.blame[bank].add(event, float(loans[at, bank]))
                lost = np.zeros_like(loans)
                lost[at] = -loans[at]
                book.claims.book("prime loan", lost, "written off")
        self.seen = self.record.rows("events")

    def _end_of(self, row: int) -> int:
        """The event that ended a fund's account: looked for among the last day's, then among all."""
        for start in (self.seen, 0):
            events = self.record.table("events", start)
            found = np.flatnonzero((events["agent"] == row) & np.isin(events["kind"], ENDS))
            if len(found):
                return int(events["event"][found[-1]])
        return NEWS

    def _causes(self, shrunk: float, supply: float, trust: float, scarce: Blame,
                marks: Blame) -> list[tuple[int, float]]:
        """Why a fund may borrow less by `shrunk` (log): the line's fall from its usual size, by what takes it away.

        What is beyond that is news here: the fund holds less, and so needs less.
        """
        why, logs = Blame(), [-math.log(max(share, 1e-6)) for share in (supply, trust)]
        line = min(-math.log(max(self.line, 1e-6)), shrunk) if sum(logs) > 0 else 0.0
        for blame, part in zip((scarce, marks), logs, strict=True):
            for event, weight in blame.causes():
                why.add(event, weight * line * part / max(sum(logs), 1e-12))
        why.add(NEWS, shrunk - line)
        return why.causes()

    def _move(self, change: np.ndarray, reason: str) -> None:
        """Lend int64[funds, banks + 1] cents (negative: be repaid)."""
        if not change.any():
            return
        book, ledger = self.book, self.book.ledger
        book.claims.book("prime loan", change, reason)
        ledger.post("prime loan", book.fund_rows, change.sum(axis=1), COMPANIES)
        if change[:, :-1].any():
            ledger.post("prime loan", book.bank_rows, -change[:, :-1].sum(axis=0), COMPANIES)
        if outside := int(change[:, -1].sum()):
            payer, payee = ("outside world", COMPANIES) if outside > 0 else (COMPANIES, "outside world")
            ledger.transfer("prime loan", payer, payee, abs(outside))

    def snapshot(self) -> dict[str, Any]:
        """A copy of what changes."""
        return {"line": self.line, "seen": self.seen}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        self.line, self.seen = state["line"], state["seen"]
