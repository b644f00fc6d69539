"""Banks: balance sheets, provisions, what they do when equity is thin, and how their failure reaches others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.credit import bank_rules
from sim.credit.blame import Blame
from sim.credit.book import Book
from sim.credit.config_banks import Banks as Rules
from sim.credit.payments import settle
from sim.credit.shares import split_rows
from sim.streams import Streams

STATE = ("alive", "equity", "ratio", "weak", "weak_event", "fail_event")


class Banks:
    """All banks.

    Parameters
    ----------
    rules   : parameters
    book    : claims and cash
    streams : luck
    record  : where events go
    labels  : block name of each bank
    """

    def __init__(self, rules: Rules, book: Book, streams: Streams, record: Any, labels: list[str]) -> None:
        self.rules, self.book, self.record, self.labels, n = rules, book, record, labels, book.b
        self.size = np.exp(0.5 * streams.normal("credit.bank.size", n))
        self.order = streams.uniform("credit.bank.partners", n * n).reshape(n, n)
        self.alive, self.weak = np.ones(n, bool), np.zeros(n, bool)
        self.equity, self.assets = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.ratio = np.full(n, rules.start)
        self.weak_event, self.fail_event = np.full(n, -1), np.full(n, -1)
        self.price, self.first_securities = 1.0, 1
        self.blame = [Blame() for _ in range(n)]
        self.sales = Blame()  # who has pressed the price of securities

    def open(self, exposure: np.ndarray, lent: int) -> None:
        """First balance sheets: int64[banks] cents of claims on operators and pools, `lent` cents lent by all."""
        rule, claims, n = self.rules, self.book.claims, self.book.b
        equity = lent / rule.lent * self.size / self.size.sum()
        assets = np.maximum(equity / rule.start, exposure * 1.3)
        cash, securities = np.rint(rule.reserve * assets), np.rint(rule.securities * assets)
        near = np.argsort(self.order + 10.0 * np.eye(n), axis=1, kind="stable")[:, :min(rule.counterparties, n - 1)]
        partners = np.zeros((n, n))
        for lender in range(n):
            partners[lender, near[lender]] = self.size[near[lender]]
        lends = np.rint(rule.interbank * assets) if n > 1 else np.zeros(n)
        between = split_rows(lends.astype(np.int64), partners).T  # row: who owes
        claims.book("interbank", np.column_stack([between, np.zeros(n, np.int64)]), "issued")
        claims.book("security", securities.astype(np.int64)[None, :], "issued")
        other = np.rint(assets - cash - securities - between.sum(axis=0) - exposure)
        claims.book("other asset", np.maximum(other, 0).astype(np.int64)[None, :], "issued")
        self.book.banks_outside("opening capital", cash.astype(np.int64))
        held = cash.astype(np.int64) + claims.table["security"][0] + claims.table["other asset"][0] \
            + between.sum(axis=0) + exposure
        deposits = np.maximum(held - between.sum(axis=1) - np.rint(equity).astype(np.int64), 0)
        claims.book("deposit", deposits[:, None], "issued")
        self.first_securities = max(int(securities.sum()), 1)
        self.book.ledger.capital[self.book.bank_rows] = np.rint(equity).astype(np.int64)

    # --- weighing -----------------------------------------------------------------------------------------

    def weigh(self, provisions: np.ndarray, marks: np.ndarray) -> None:
        """Equity and leverage: float64[banks] cents provided for, float64[banks] cents lost on marks of tranches."""
        book, claims, b = self.book, self.book.claims, self.book.b
        assets = book.ledger.cash[book.bank_rows] + claims["other asset"][0]
        for kind in ("term loan", "tranche", "interbank", "repo", "prime loan"):
            assets = assets + claims[kind][:, :b].sum(axis=0)
        assets = assets + np.rint(self.price * claims["security"][0] - provisions - marks).astype(np.int64)
        debts = claims["deposit"][:, 0] + claims["interbank"].sum(axis=1)
        self.equity = np.where(self.alive, assets - debts, 0)
        self.assets = assets
        self.ratio = np.where(self.alive, self.equity / np.maximum(assets, 1), 0.0)

    def supply(self) -> float:
        """Share of usual credit that banks still give: each by how far it stands above its buffer."""
        return bank_rules.supply(self.rules, self.ratio, self.size, self.alive)

    # --- reactions --------------------------------------------------------------------------------------------

    def react(self, day: int) -> None:
        """Banks under their buffer sell securities, lose deposits and are noted; sound ones pay out what is over."""
        rule, book = self.rules, self.book
        weak = bank_rules.under_buffer(rule, self.ratio, self.alive)
        for bank in np.flatnonzero(weak & ~self.weak):
            self.weak_event[bank] = self._event(day, "bank under buffer", int(bank), int(self.equity[bank]),
                                                self.blame[bank].causes())
        self.weak = weak
        held = book.claims["security"][0]
        run = bank_rules.withdrawn(rule, weak, book.claims["deposit"][:, 0])
        sold = bank_rules.securities_sold(rule, weak, self.equity, self.assets, held, run, self.price)
        if sold.any():
            self._sell(sold)
        out = bank_rules.paid_out(rule, self.ratio, self.alive, self.equity, self.assets,
                                  book.ledger.cash[book.bank_rows])
        book.banks_outside("owners of banks", -out)
        self._manage_cash()
        for blame in self.blame:
            blame.fade(0.9)
        self.sales.fade(0.9)

    def _sell(self, sold: np.ndarray) -> None:
        """Securities are sold by all at once; their price falls with the amount, and every holder marks it."""
        rule, book, before = self.rules, self.book, self.price
        self.price *= math.exp(-rule.impact * float(sold.sum()) / self.first_securities)
        paid = np.floor(sold * 0.5 * (before + self.price)).astype(np.int64)
        held = book.claims["security"][0]
        book.claims.book("security", -sold[None, :], "repaid")
        book.banks_outside("securities", paid)
        for bank in np.flatnonzero(sold):
            self.sales.add(int(self.weak_event[bank]), float(sold[bank]))
        causes = self.sales.causes()
        for bank in np.flatnonzero(self.alive):
            for event, weight in causes:
                self.blame[bank].add(event, weight * (before - self.price) * float(held[bank]))

    def _manage_cash(self) -> None:
        """Deposits are taken or paid back so that the usual reserve is kept."""
        book = self.book
        cash = book.ledger.cash[book.bank_rows]
        change = bank_rules.deposits_taken(self.rules, self.alive, self.assets, cash, book.claims["deposit"][:, 0])
        book.claims.book("deposit", np.maximum(change, 0)[:, None], "issued")
        book.claims.book("deposit", np.minimum(change, 0)[:, None], "repaid")
        book.banks_outside("deposits", change)

    def pay_funding(self, interest: np.ndarray) -> None:
        """The part of int64[banks] cents of interest received that goes to depositors and costs."""
        self.book.banks_outside("interest", -np.floor(self.rules.funding * np.maximum(interest, 0)).astype(np.int64))

    # --- failure ----------------------------------------------------------------------------------------------

    def fail(self, day: int) -> None:
        """Banks without equity are closed; a fixed point of all claims among banks says who else is, and who is paid.

        Source: Rogers and Veraart 2013, greatest clearing vector; deposits rank with claims of banks.
        """
        closed = bank_rules.under_floor(self.rules, self.ratio, self.alive)
        if not closed.any():
            return
        claims, b = self.book.claims, self.book.b
        between, deposits = claims["interbank"][:, :b], claims["deposit"][:, 0]
        outside = self.assets - between.sum(axis=0)  # what each has besides claims on banks
        outside = outside - np.where(closed, np.maximum(self.equity, 0) + 1, 0)  # closing costs what is left
        debt_out = deposits + claims["interbank"][:, b] + np.maximum(-outside, 0)
        result = settle(between.astype(float), np.maximum(outside, 0).astype(float), debt_out.astype(float),
                        self.rules.alpha, self.rules.beta)
        lost = (closed | result.default) & self.alive
        for bank in np.flatnonzero(lost):
            parts = self.blame[bank]
            if self.weak_event[bank] >= 0:
                parts.add(int(self.weak_event[bank]), 0.5 * sum(parts.cents.values()) + 1.0)
            self.fail_event[bank] = self._event(day, "bank failure", int(bank), int(-self.equity[bank]), parts.causes())
        for bank in np.flatnonzero(lost):
            share = float(result.payments[bank] / max(result.owed[bank], 1.0)) if result.default[bank] else 1.0
            self._resolve(int(bank), share, lost)

    def _resolve(self, bank: int, share: float, lost: np.ndarray) -> None:
        """Creditor banks get their share from the resolver, which takes over the whole book."""
        book, claims, b = self.book, self.book.claims, self.book.b
        owed = claims["interbank"][bank].copy()
        paid = np.floor(owed * share).astype(np.int64)
        row = np.zeros_like(claims["interbank"])
        row[bank] = -paid
        claims.book("interbank", row, "repaid")
        row[bank] = paid - owed
        claims.book("interbank", row, "written off")
        receives = paid[:b].copy()
        receives[bank] = 0
        book.banks_outside("interbank", receives)
        for other in np.flatnonzero(owed[:b] - paid[:b]):
            if self.alive[other]:
                self.blame[other].add(int(self.fail_event[bank]), float(owed[other] - paid[other]))
        for kind, column in (("term loan", -1), ("tranche", -1), ("interbank", -1), ("repo", -1), ("prime loan", -1)):
            move = np.zeros_like(claims[kind])
            move[:, column] = claims[kind][:, bank]
            move[:, bank] = -claims[kind][:, bank]
            claims.book(kind, move, "sold")
        for kind in ("other asset", "security"):
            gone = np.zeros_like(claims[kind])
            gone[0, bank] = -claims[kind][0, bank]
            claims.book(kind, gone, "repaid")
        gone = np.zeros_like(claims["deposit"])
        gone[bank, 0] = -claims["deposit"][bank, 0]
        claims.book("deposit", gone, "repaid")
        cash = np.zeros(b, np.int64)
        cash[bank] = -book.ledger.cash[book.bank_rows[bank]]
        book.banks_outside("resolution", cash)
        self.alive[bank] = self.weak[bank] = False
        book.ledger.alive[book.bank_rows[bank]] = False
        self.equity[bank], self.ratio[bank] = 0, 0.0

    def _event(self, day: int, kind: str, bank: int, amount: int, causes: list[tuple[int, float]]) -> int:
        number: int = self.record.event(day, -1, kind, agent=int(self.book.bank_rows[bank]),
                                        agent_type=self.labels[bank], amount=amount, causes=causes)
        return number

    def snapshot(self) -> dict[str, Any]:
        """A copy of what changes."""
        return {"arrays": {name: getattr(self, name).copy() for name in STATE}, "price": self.price,
                "first": self.first_securities, "blame": [dict(blame.cents) for blame in self.blame],
                "sales": dict(self.sales.cents)}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        for name, array in state["arrays"].items():
            setattr(self, name, array.copy())
        self.price, self.first_securities = state["price"], state["first"]
        for blame, cents in zip(self.blame, state["blame"], strict=True):
            blame.cents = dict(cents)
        self.sales.cents = dict(state["sales"])
