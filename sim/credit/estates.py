"""Operators in default: their GPUs are auctioned on their day, lenders are paid by rank, the rest is lost."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.credit import rules
from sim.credit.banks import Banks
from sim.credit.blame import Blame
from sim.credit.book import Book
from sim.credit.borrowers import Borrowers
from sim.credit.conditions import Conditions
from sim.credit.config import CreditConfig
from sim.credit.investors import Investors
from sim.credit.physical import PhysicalSide
from sim.credit.pools import Pools
from sim.credit.shares import split


class Estates:
    """What is sold and lost after defaults; all parts are those of the credit system."""

    def __init__(self, config: CreditConfig, book: Book, firms: Borrowers, banks: Banks, pools: Pools,
                 investors: Investors, conditions: Conditions, record: Any) -> None:
        self.config, self.book, self.firms, self.banks = config, book, firms, banks
        self.pools, self.investors, self.conditions, self.record = pools, investors, conditions, record
        self.sold = np.zeros(book.n, bool)
        self.eve_loans, self.eve_notes = np.zeros(book.n, np.int64), np.zeros(book.n, np.int64)
        self.eve_loss, self.eve_total, self.lost, self.owed = 0, 0, 0, 0  # cents
        self.eve_defaults, self.eve_alive, self.eve_other = 0, 0, 0

    def mark_eve(self) -> None:
        """From now on losses are counted on the claims that exist today."""
        self.eve_loans[:] = np.where(self.firms.alive, self.book.loans.sum(axis=1), 0)
        self.eve_notes[:] = np.where(self.firms.alive, self.book.claims["note"][:, 0], 0)
        self.eve_total, self.eve_loss = int(self.eve_loans.sum() + self.eve_notes.sum()), 0
        self.eve_alive, self.eve_other = int(self.firms.alive.sum()), self.other_losses()

    def sell(self, day: int, physical: PhysicalSide, economy: Any, resale: float, frozen: bool) -> None:
        """Auctions that are due today; in the frozen world they do not press prices further."""
        due = np.flatnonzero(~self.firms.alive & ~self.sold & (self.firms.sale_day <= day))
        for i in due.tolist():
            self._sell(day, i, physical, economy, resale, frozen)
        if len(due):
            self.pools.waterfall(0.0)  # what pools have recovered is principal

    def _sell(self, day: int, i: int, physical: PhysicalSide, economy: Any, resale: float, frozen: bool) -> None:
        firms, conditions, rule = self.firms, self.conditions, self.config.collateral
        fleet = float((economy.fleet[physical.rows[i]] * physical.cost).sum())
        building = float((economy.waiting[:, physical.rows[i]].sum(axis=0) * physical.cost).sum())
        everyone = float((economy.fleet[physical.rows] * physical.cost).sum())
        event = self.record.event(day, -1, "collateral auction", agent=int(firms.rows[i]), agent_type=firms.labels[i],
                                  amount=int(fleet + building), causes=[(int(firms.default_event[i]), 1.0)])
        if not frozen:
            part = fleet / max(everyone, 1.0)
            conditions.flow += part
            conditions.sales[event] = part
            conditions.discount = rules.auction_discount(rule, firms.impact, conditions.flow)
        per = rules.recovery(self.config, firms.contracted[i:i + 1], firms.price[i:i + 1], firms.let_go[i:i + 1],
                             conditions.discount[i:i + 1])[0]
        site = rule.building * building * min(float(firms.appraisal[i]), 1.0) * float(np.exp(resale))
        proceeds = int((fleet * per + site) * (1.0 - rule.costs))
        self._pay(day, i, proceeds, event)
        self.sold[i], firms.halted[i] = True, False
        physical.held[i] *= self.config.market.takeover

    def _pay(self, day: int, i: int, proceeds: int, auction: int) -> None:
        """Term lenders first, then notes, then owners; what is missing is written off."""
        book, claims = self.book, self.book.claims
        one = np.zeros(book.n, np.int64)
        one[i] = proceeds
        book.firms_outside("recovery", one)
        loans, notes = book.loans[i].copy(), int(claims["note"][i, 0])
        owed = int(loans.sum())
        share = min(self.eve_loans[i], owed) / owed if owed else 0.0
        paid = min(owed, max(int(book.purse[i]), 0))
        back = split(paid, loans) if owed else loans
        change = np.zeros_like(book.loans)
        change[i] = -back
        claims.book("term loan", change, "repaid")
        book.from_lenders("recovery", change)
        to_notes = min(notes, max(int(book.purse[i]), 0))
        for amount, reason in ((to_notes, "repaid"), (notes - to_notes, "written off")):
            gone = np.zeros_like(claims["note"])
            gone[i, 0] = -amount
            claims.book("note", gone, reason)
        one[i] = -to_notes
        book.firms_outside("recovery", one)
        one[i] = -int(book.purse[i])  # what is left belongs to owners; what is missing they have lost before
        book.firms_outside("owners of operators", one)
        lost = loans - back
        on_notes = notes - to_notes
        note_share = min(int(self.eve_notes[i]), notes) / notes if notes else 0.0
        self.eve_loss += int(int(lost.sum()) * share) + int(on_notes * note_share)
        self.lost, self.owed = self.lost + int(lost.sum()), self.owed + owed
        self.eve_defaults += int(self.eve_loans[i] > 0)
        self._write_off(day, i, lost, on_notes, auction)

    def _write_off(self, day: int, i: int, lost: np.ndarray, on_notes: int, auction: int) -> None:
        """int64[lenders] cents of loans are gone; auctions before have their part in it."""
        book = self.book
        if not lost.any() and not on_notes:
            return
        why = Blame()
        for cause, weight in self.conditions.pressed(0.0).causes():
            why.add(cause if cause != -1 else auction, weight * (1.0 - float(self.conditions.discount[i])))
        why.add(auction, float(self.conditions.discount[i]))
        event = self.record.event(day, -1, "loan loss", agent=int(self.firms.rows[i]), agent_type=self.firms.labels[i],
                                  amount=int(lost.sum()) + on_notes, causes=why.causes())
        change = np.zeros_like(book.loans)
        change[i] = -lost
        book.claims.book("term loan", change, "written off")
        pools = book.lender_columns("pools")
        own = lost[:book.b].copy()
        for pool in np.flatnonzero(lost[pools]):
            own += self.pools.write_off(int(pool), int(lost[pools][pool]), event)[:book.b]
        for bank in np.flatnonzero(own):
            self.banks.blame[bank].add(event, float(own[bank]))
        self.investors.blame.add(event, float(lost.sum()))

    def other_losses(self) -> int:
        """Cents written off on claims among banks, in repo and by prime brokers since the start."""
        booked = self.book.claims.booked
        return -sum(booked[kind]["written off"] for kind in ("interbank", "repo", "prime loan"))

    def figures(self) -> dict[str, float]:
        """Claims of the eve and what has been lost of them, and losses on loans so far."""
        return {"eve_claims_cents": float(self.eve_total), "eve_losses_cents": float(self.eve_loss),
                "eve_defaults": float(self.eve_defaults), "eve_operators": float(self.eve_alive),
                "other_losses_cents": float(self.other_losses() - self.eve_other), "loans_lost_cents": float(self.lost),
                "loans_resolved_cents": float(self.owed)}

    def snapshot(self) -> dict[str, Any]:
        """A copy of what changes."""
        numbers = ("eve_loss", "eve_total", "eve_other", "lost", "owed", "eve_defaults", "eve_alive")
        return {"arrays": [self.sold.copy(), self.eve_loans.copy(), self.eve_notes.copy()],
                "numbers": {name: getattr(self, name) for name in numbers}}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        self.sold, self.eve_loans, self.eve_notes = (array.copy() for array in state["arrays"])
        for name, value in state["numbers"].items():
            setattr(self, name, value)
