"""Who holds tranches and direct loans: insurers, private-credit funds that gate, and funds financed in repo."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.credit import tranche_rules
from sim.credit.blame import Blame
from sim.credit.book import COMPANIES, MEZZANINE, SENIOR, Book
from sim.credit.config_pools import Pools as Rules
from sim.credit.pools import Pools
from sim.credit.rules import WEEK
from sim.credit.shares import split, split_rows
from sim.credit.tranche_rules import INSURER, PRIVATE, REPO

STATE = ("alive", "gated", "gate_event", "quarter", "call_event")


class Investors:
    """All investors in tranches and loans.

    Parameters
    ----------
    rules : parameters of pools
    book, pools, record, labels : claims and cash, the pools, where events go, block names
    kind  : int64[investors]  0 insurer, 1 private-credit fund, 2 fund financed in repo
    """

    def __init__(self, rules: Rules, book: Book, pools: Pools, record: Any, labels: list[str],
                 kind: np.ndarray) -> None:
        self.rules, self.book, self.pools, self.record = rules, book, pools, record
        self.labels, self.kind = labels, kind
        n = book.i
        self.alive, self.gated = np.ones(n, bool), np.zeros(n, bool)
        self.gate_event, self.call_event = np.full(n, -1), np.full(n, -1)
        self.quarter = np.zeros(n)  # share of value asked back in the last 13 weeks, fading
        self.haircut, self.variance, self.last_mark, self.demand = rules.haircut, 0.0, 1.0, 1.0
        self.blame = Blame()

    def wants(self) -> np.ndarray:
        """float64[2, investors]: shares in which investors buy senior and mezzanine."""
        return tranche_rules.purchases(self.rules, self.kind, self.alive & ~self.gated)

    # --- cash -----------------------------------------------------------------------------------------------

    @property
    def cash(self) -> np.ndarray:
        """int64[investors] cents."""
        return self.book.ledger.cash[self.book.investor_rows]

    def lend(self, amount: np.ndarray, flow: str = "repo") -> None:
        """Banks and the outside pay int64[investors, banks + 1] cents to investors (negative: they are paid)."""
        book = self.book
        book.ledger.post(flow, book.investor_rows, amount.sum(axis=1), COMPANIES)
        if amount[:, :-1].any():
            book.ledger.post(flow, book.bank_rows, -amount[:, :-1].sum(axis=0), COMPANIES)
        outside = int(amount[:, -1].sum())
        if outside > 0:
            book.ledger.transfer(flow, "outside world", COMPANIES, outside)
        elif outside < 0:
            book.ledger.transfer(flow, COMPANIES, "outside world", -outside)

    def pay_for_purchases(self, banks: np.ndarray) -> None:
        """What investors are short of comes from their own investors; repo funds borrow what the haircut leaves.

        banks : float64[banks] weights in which banks lend
        """
        short = np.maximum(-self.cash, 0)
        borrowed = np.where(self.kind == REPO, tranche_rules.lent_on(self.haircut, short), 0).astype(np.int64)
        if borrowed.any() and banks.any():
            lent = split_rows(borrowed, np.broadcast_to(np.append(banks, 0.0), (self.book.i, len(banks) + 1)))
            self.book.claims.book("repo", lent, "issued")
            self.lend(lent)
        self.book.investors_outside("fund flow", np.maximum(-self.cash, 0))

    # --- the week ---------------------------------------------------------------------------------------------

    def week(self, day: int, expected_loss: float, chance: np.ndarray, added: float, asked: float, base_rate: float,
             frozen: bool, kept: bool = False) -> None:
        """Haircuts, calls, sales, redemptions and gates.

        added, asked : haircut, and redemptions a quarter, that come from outside
        frozen, kept : whether marks and redemptions, and whether haircuts and calls, stay as they are
        """
        rule, face = self.rules, self.book.claims["tranche"]
        used = self.pools.first > 0
        mark = float(self.pools.mark[used, SENIOR].mean()) if used.any() else 1.0
        self.variance += 0.1 * ((math.log(max(mark, 1e-6) / self.last_mark)) ** 2 / WEEK - self.variance)
        self.last_mark = max(mark, 1e-6)
        if not kept:
            self.haircut = tranche_rules.haircut(rule, self.haircut, self.variance, added)
        self._serve_repo(base_rate)
        if not kept:
            for fund in np.flatnonzero((self.kind == REPO) & self.alive):
                self._call(day, int(fund))
        if not frozen:
            self._redeem(day, expected_loss, chance, asked)
            sold = 0.0
            for pool in np.flatnonzero(self.pools.downgraded).tolist():
                rows = face[4 * pool + SENIOR, self.book.b:-1] * (self.kind == INSURER)
                sold += self._sell_rows(np.floor(0.03 * rows).astype(np.int64), 4 * pool + SENIOR)
            self._press(sold)
        self.pools.discount *= 0.5 ** (1.0 / 26.0)
        spare = np.where(self.gated, 0, np.maximum(self.cash - np.rint(0.02 * self._value()).astype(np.int64), 0))
        self.book.investors_outside("fund flow", -np.where(self.kind == PRIVATE, 0, spare))

    def _value(self) -> np.ndarray:
        """float64[investors] cents: tranches at their marks."""
        face = self.book.claims["tranche"][:, self.book.b:-1]
        return (face * self.pools.mark.reshape(-1)[:, None]).sum(axis=0)

    def _serve_repo(self, base_rate: float) -> None:
        repo = self.book.claims["repo"]
        due = np.minimum(np.floor(repo.sum(axis=1) * (base_rate + 0.005) * WEEK), np.maximum(self.cash, 0))
        if due.any():
            self.lend(-split_rows(due.astype(np.int64), repo), "interest")

    def _call(self, day: int, fund: int) -> None:
        """One repo fund: pays, sells, or hands its tranches to its lenders."""
        claims = self.book.claims
        owed, value, cash = int(claims["repo"][fund].sum()), float(self._value()[fund]), int(self.cash[fund])
        if owed == 0:
            return
        if value + cash - owed < 0:
            self._seize(day, fund, owed, value)
            return
        over = tranche_rules.called(owed, value, self.haircut)
        if over <= 0:
            self.call_event[fund] = -1
            return
        if self.call_event[fund] < 0:
            self.call_event[fund] = self._event(day, "repo call", fund, int(over))
        paid = min(max(cash, 0), int(over))
        if paid < over:
            row = self.book.b + fund
            part = tranche_rules.share_sold(self.rules, over - paid, value, self.haircut)
            sold = 0.0
            for at in np.flatnonzero(claims["tranche"][:, row]):
                amount = np.zeros(self.book.i, np.int64)
                amount[fund] = math.floor(part * int(claims["tranche"][at, row]))
                sold += self._sell_rows(amount, int(at))
            self._press(sold)
        self._repay(fund, min(max(int(self.cash[fund]), 0), int(over)))

    def _repay(self, fund: int, amount: int) -> None:
        back = np.zeros_like(self.book.claims["repo"])
        back[fund] = split(amount, self.book.claims["repo"][fund])
        self.book.claims.book("repo", -back, "repaid")
        self.lend(-back)

    def _seize(self, day: int, fund: int, owed: int, value: float) -> None:
        """A repo fund without equity: lenders take its cash and its tranches, and lose what these do not cover."""
        self._event(day, "repo default", fund, owed - int(value))
        self._repay(fund, min(max(int(self.cash[fund]), 0), owed))
        claims, row = self.book.claims, self.book.b + fund
        lenders = claims["repo"][fund].copy()
        left = int(lenders.sum())
        face = claims["tranche"][:, row].copy()
        if left and face.any():
            shares = np.broadcast_to(lenders, (len(face), len(lenders)))
            moved = np.zeros_like(claims["tranche"])
            given = split_rows(face, shares)
            moved[:, :self.book.b], moved[:, -1] = given[:, :-1], given[:, -1]
            moved[:, row] -= face
            claims.book("tranche", moved, "sold")
        covered = np.zeros_like(claims["repo"])
        covered[fund] = split(min(left, int(value)), lenders) if left else 0
        claims.book("repo", -covered, "repaid")
        gone = np.zeros_like(covered)
        gone[fund] = -claims["repo"][fund]
        claims.book("repo", gone, "written off")
        self.alive[fund] = False
        self.book.ledger.alive[self.book.investor_rows[fund]] = False

    def _sell_rows(self, amount: np.ndarray, row: int) -> float:
        """Investors sell int64[investors] cents of face of one tranche to outsiders at its mark; cents of face sold."""
        if not amount.any():
            return 0.0
        moved = np.zeros_like(self.book.claims["tranche"])
        moved[row, self.book.b:-1], moved[row, -1] = -amount, int(amount.sum())
        self.book.claims.book("tranche", moved, "sold")
        price = float(self.pools.mark.reshape(-1)[row])
        self.book.investors_outside("tranche sale", np.floor(price * amount).astype(np.int64))
        return float(amount.sum())

    def _press(self, sold: float) -> None:
        total = float(self.book.claims["tranche"].reshape(self.book.pools, 4, -1)[:, [SENIOR, MEZZANINE]].sum())
        if sold > 0 and total > 0:
            self.pools.discount += self.rules.impact * sold / total

    def _redeem(self, day: int, expected_loss: float, chance: np.ndarray, besides: float) -> None:
        """Investors of private-credit funds ask for their money; beyond the gate they wait."""
        rule, book = self.rules, self.book
        own = self.kind == PRIVATE
        loans = book.loans[:, book.lender_columns("investors")]
        sound = loans.sum(axis=0) - 0.4 * (loans * chance[:, None]).sum(axis=0)
        value = np.where(own, sound + self._value() + self.cash, 0)
        asked, self.quarter = tranche_rules.asked_back(rule, self.quarter, own, expected_loss, besides)
        gated = own & (self.quarter > rule.gate)
        for fund in np.flatnonzero(gated & ~self.gated):
            self.gate_event[fund] = self._event(day, "gate", int(fund), int(value[fund]))
        self.gated = gated
        weekly = np.where(gated, rule.gate / 13.0, asked)
        out = np.minimum(np.rint(weekly * np.maximum(value, 0.0)), np.maximum(self.cash, 0))
        book.investors_outside("redemptions", -np.where(own, out, 0).astype(np.int64))
        spare = np.where(own & ~gated, np.maximum(self.cash - np.rint(0.1 * value), 0), 0)
        book.investors_outside("fund flow", -spare.astype(np.int64))

    def _event(self, day: int, kind: str, at: int, amount: int) -> int:
        number: int = self.record.event(day, -1, kind, agent=int(self.book.investor_rows[at]),
                                        agent_type=self.labels[at], amount=amount, causes=self.blame.causes())
        return number

    def snapshot(self) -> dict[str, Any]:
        """A copy of what changes."""
        return {"arrays": {name: getattr(self, name).copy() for name in STATE}, "blame": dict(self.blame.cents),
                "numbers": (self.haircut, self.variance, self.last_mark, self.demand)}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        for name, array in state["arrays"].items():
            setattr(self, name, array.copy())
        self.blame.cents = dict(state["blame"])
        self.haircut, self.variance, self.last_mark, self.demand = state["numbers"]
