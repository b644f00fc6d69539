"""Securitisation: pools of GPU loans, their waterfall, their rating by a believed correlation, and their marks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.credit import rules, tranche_rules
from sim.credit.blame import Blame
from sim.credit.book import EQUITY, MEZZANINE, SENIOR, WAREHOUSE, Book
from sim.credit.config_pools import Pools as Rules
from sim.credit.rules import WEEK
from sim.credit.shares import split
from sim.credit.tranches import _normal_cdf, _quantile, tranche_loss

NODES = np.array([_quantile((k + 0.5) / 21) for k in range(21)])  # causes of equal probability, good to bad
STATE = ("first", "attach", "mezzanine", "downgraded", "mark", "expected", "lost", "coupon", "sold", "believed")


class Pools:
    """All pools, one slot each; a slot without a first size is not used yet.

    Parameters
    ----------
    rules  : parameters
    loss   : share of a defaulted loan that raters think is lost
    book   : claims and cash
    record : where events go
    """

    def __init__(self, rules_: Rules, loss: float, book: Book, record: Any) -> None:
        self.rules, self.loss, self.book, self.record, n = rules_, loss, book, record, book.pools
        self.first = np.zeros(n, np.int64)  # cents of loans at issue
        self.attach, self.mezzanine = np.ones(n), np.ones(n)  # shares of loss at which senior and mezzanine begin
        self.downgraded = np.zeros(n, bool)
        self.mark, self.expected = np.ones((n, 4)), np.zeros((n, 4))  # value over par; expected loss
        self.lost = np.zeros((n, 4), np.int64)  # cents written off, by tranche
        self.sold, self.believed = np.zeros(4, np.int64), np.zeros(4)  # cents sold, and of them believed to be lost
        self.coupon = np.zeros(n, np.int64)  # cents of interest received and not yet paid on
        self.discount = 0.0
        self.blame = [Blame() for _ in range(n)]
        self.senior_issued = 0

    def usual_attachment(self) -> float:
        """Where senior tranches begin, as a share of the pool."""
        rule = self.rules
        return rules.attachment(rule.default_rate, rule.correlation, rule.safe, self.loss)

    # --- issue --------------------------------------------------------------------------------------------

    def issue(self, day: int, sound: np.ndarray, share: float, demand: float, wants: np.ndarray,
              chance: np.ndarray) -> int:
        """Banks sell a share of their sound loans into a new pool; int cents.

        sound : bool[firms]; demand : share of tranches that finds buyers, the rest stays with banks as warehouse line
        wants : float64[2, investors]  shares in which investors buy senior and mezzanine
        chance : float64[firms]  yearly default probability that buyers believe in
        """
        free = np.flatnonzero(self.first == 0)
        book, claims = self.book, self.book.claims
        moved = np.floor(book.loans[:, :book.b] * np.where(sound, share, 0.0)[:, None]).astype(np.int64)
        total = int(moved.sum())
        if not len(free) or total <= 0:
            return 0
        pool, seller = int(free[0]), moved.sum(axis=0)
        change = np.zeros_like(book.loans)
        change[:, :book.b] = -moved
        change[:, book.b + book.i + pool] = moved.sum(axis=1)
        claims.book("term loan", change, "sold")
        attach = self.usual_attachment()
        lower = attach * self.rules.mezzanine
        default = tranche_rules.lifetime(chance, moved.sum(axis=1), self.rules.life)
        senior, mezzanine = tranche_rules.worth_buying(self.rules, default, lower, attach, self.loss)
        sizes = tranche_rules.issue_sizes(total, lower, attach, (demand * senior, demand * mezzanine))
        self.sold += sizes
        self.believed += sizes * self._believed(lower, attach)
        self.first[pool], self.attach[pool], self.mezzanine[pool] = total, attach, lower
        self.mark[pool], self.senior_issued = 1.0, self.senior_issued + int(sizes[SENIOR])
        held = np.zeros((4 * book.pools, book.b + book.i + 1), np.int64)
        for kind in (EQUITY, WAREHOUSE):
            held[4 * pool + kind, :book.b] = split(int(sizes[kind]), seller)
        for kind, weights in ((SENIOR, wants[0]), (MEZZANINE, wants[1])):
            held[4 * pool + kind, book.b:-1] = split(int(sizes[kind]), weights)
        claims.book("tranche", held, "issued")
        self._pay_sellers(pool, seller, held[4 * pool:4 * pool + 4])
        return total

    def _believed(self, lower: float, attach: float) -> np.ndarray:
        """float64[4]: loss that raters expect of each kind of tranche when it is sold, as a share of it."""
        edges = np.array([0.0, lower, attach, 1.0])
        loss = tranche_loss(edges[:-1], edges[1:], self.rules.default_rate, self.rules.correlation, self.loss)
        out = np.zeros(4)
        out[[EQUITY, MEZZANINE, SENIOR]], out[WAREHOUSE] = loss, np.asarray(loss)[2]
        return out

    def _pay_sellers(self, pool: int, seller: np.ndarray, held: np.ndarray) -> None:
        """Buyers pay the banks that sold; what banks keep themselves is paid with the loans."""
        pay = np.zeros(held.shape[1], np.int64)
        pay[:self.book.b] = seller
        self.book.from_pool("tranche sale", pool, pay - held.sum(axis=0))

    # --- waterfall ----------------------------------------------------------------------------------------

    def waterfall(self, base_rate: float) -> np.ndarray:
        """Pays on what came in: coupons by rank, the rest to equity, principal to the highest rank.

        Principal is what the pool's loans have fallen by since tranches were last paid. Returns int64[holders] cents.
        """
        book = self.book
        received = np.zeros(book.b + book.i + 1, np.int64)
        loans = book.loans[:, book.lender_columns("pools")].sum(axis=0)
        for pool in np.flatnonzero(book.pool_cash):
            notional = book.tranche(int(pool))
            principal = int(notional.sum() - loans[pool])
            interest = int(book.pool_cash[pool]) - principal
            out = np.zeros_like(notional)
            top = notional[[SENIOR, WAREHOUSE]]
            margin = {SENIOR: self.rules.senior_margin, MEZZANINE: self.rules.mezzanine_margin}
            due = math.floor(int(top.sum()) * (base_rate + margin[SENIOR]) * WEEK)
            paid = min(due, interest)
            if paid:
                out[[SENIOR, WAREHOUSE]] += split(paid, top.ravel()).reshape(top.shape)
            second = min(math.floor(int(notional[MEZZANINE].sum()) * (base_rate + margin[MEZZANINE]) * WEEK),
                         interest - paid)
            if second:
                out[MEZZANINE] += split(second, notional[MEZZANINE])
            last = next((notional[k] for k in ([EQUITY], [MEZZANINE], [SENIOR, WAREHOUSE]) if notional[k].any()), None)
            rest = interest - paid - second
            if rest and last is not None:
                out[EQUITY] += split(rest, last.sum(axis=0))
            received += out.sum(axis=0)
            book.from_pool("tranche interest", int(pool), out.sum(axis=0))
            if principal:
                self._reduce(int(pool), principal, "repaid", (SENIOR, MEZZANINE, EQUITY))
            if left := int(book.pool_cash[pool]):
                raise AssertionError(f"pool {pool} keeps {left} cents")
        return received

    def _reduce(self, pool: int, amount: int, reason: str, ranks: tuple[int, ...]) -> np.ndarray:
        """Repay or write off int cents by rank; a warehouse line goes with senior. int64[4, holders] of change."""
        book = self.book
        notional, out = book.tranche(pool), np.zeros((4, book.b + book.i + 1), np.int64)
        for rank in ranks:
            rows = [SENIOR, WAREHOUSE] if rank == SENIOR else [rank]
            block = notional[rows]
            part = min(amount, int(block.sum()))
            if part:
                out[rows] = split(part, block.ravel()).reshape(block.shape)
                amount -= part
        change = np.zeros_like(book.claims["tranche"])
        change[4 * pool:4 * pool + 4] = -out
        book.claims.book("tranche", change, reason)
        if reason == "repaid":
            book.from_pool("tranche principal", pool, out.sum(axis=0))
        return out

    def write_off(self, pool: int, amount: int, cause: int) -> np.ndarray:
        """Loans of a pool are lost: int64[holders] cents that holders of its tranches lose, lowest rank first."""
        out = self._reduce(pool, amount, "written off", (EQUITY, MEZZANINE, SENIOR))
        self.lost[pool] += out.sum(axis=1)
        self.blame[pool].add(cause, float(amount))
        return out.sum(axis=0)

    # --- rating and marks -------------------------------------------------------------------------------------

    def value(self, chance: np.ndarray) -> None:
        """Marks and expected losses from float64[firms] yearly default probabilities, as raters believe they relate."""
        rule, book = self.rules, self.book
        loans = book.loans[:, book.lender_columns("pools")]
        rho, survive = rule.correlation, np.power(1.0 - np.clip(chance, 0.0, 0.999), rule.life)
        for pool in np.flatnonzero(self.first).tolist():
            total = float(loans[:, pool].sum())
            if total <= 0:
                self.mark[pool], self.expected[pool] = 1.0, 0.0
                continue
            p = min(max(float((loans[:, pool] * (1.0 - survive)).sum()) / total, 1e-6), 1.0 - 1e-6)
            z = (_quantile(p) + math.sqrt(rho) * NODES) / math.sqrt(1.0 - rho)
            loss = self.loss * np.array([_normal_cdf(float(x)) for x in z])
            edges = np.concatenate([[0.0], np.cumsum(self._thickness(pool, total))])
            for rank, row in ((0, EQUITY), (1, MEZZANINE), (2, SENIOR)):
                low, high = edges[rank], edges[rank + 1]
                width = high - low
                lost = np.clip(loss - low, 0.0, width).mean() / width if width > 1e-12 else 0.0
                self.expected[pool, row] = lost
                seen = lost * (1.0 - rule.opacity)
                if self.downgraded[pool]:
                    seen = lost * (1.0 + 1.5 * rule.opacity) + 0.03 * rule.opacity
                weight = 2.0 if row == MEZZANINE else 1.0
                self.mark[pool, row] = max(1.0 - seen, 0.0) * math.exp(-weight * self.discount)
            self.mark[pool, WAREHOUSE] = self.mark[pool, SENIOR]
            self.expected[pool, WAREHOUSE] = self.expected[pool, SENIOR]

    def _thickness(self, pool: int, total: float) -> np.ndarray:
        """Thickness of equity, mezzanine and senior (with the warehouse line) as shares of the pool."""
        size = self.book.tranche(pool).sum(axis=1) / total
        return np.array([size[EQUITY], size[MEZZANINE], size[SENIOR] + size[WAREHOUSE]])

    def downgrade(self, day: int, chance: np.ndarray, label: str) -> int:
        """Senior tranches that are no longer safe enough lose their rating; how many did today."""
        rule, book, found = self.rules, self.book, 0
        loans = book.loans[:, book.lender_columns("pools")]
        for pool in np.flatnonzero((self.first > 0) & ~self.downgraded).tolist():
            total = float(loans[:, pool].sum())
            thick = self._thickness(pool, total) if total > 0 else np.zeros(3)
            below = float(thick[0] + thick[1])
            if total <= 0 or thick[2] <= 0:
                continue
            p = float((loans[:, pool] * (1.0 - np.power(1.0 - np.clip(chance, 0.0, 0.999), rule.life))).sum()) / total
            p = min(max(p, 1e-6), 1.0 - 1e-6)
            share = min(max(below / self.loss, 1e-9), 1.0 - 1e-9)
            z = (_quantile(share) * math.sqrt(1.0 - rule.correlation) - _quantile(p)) / math.sqrt(rule.correlation)
            if 1.0 - _normal_cdf(z) > rule.downgrade:
                self.downgraded[pool] = True
                found += 1
                self.record.event(day, -1, "downgrade", agent=-1, agent_type=label, quantity=int(pool),
                                  amount=int(book.tranche(int(pool))[SENIOR].sum()), causes=self.blame[pool].causes())
        return found

    def losses_on_marks(self) -> np.ndarray:
        """float64[holders] cents by which tranches are worth less than their face."""
        face = self.book.claims["tranche"]
        return (face * (1.0 - self.mark.reshape(-1))[:, None]).sum(axis=0)

    def certainty(self) -> dict[str, float]:
        """Cents of each kind of tranche that were ever sold, and the loss that was then believed."""
        return {f"tranche_{what}_{name}_cents": float(cents[list(rows)].sum())
                for name, rows in (("senior", (SENIOR, WAREHOUSE)), ("mezzanine", (MEZZANINE,)), ("equity", (EQUITY,)))
                for what, cents in (("sold", self.sold), ("believed", np.rint(self.believed)))}

    def snapshot(self) -> dict[str, Any]:
        """A copy of what changes."""
        return {"arrays": {name: getattr(self, name).copy() for name in STATE}, "discount": self.discount,
                "issued": self.senior_issued, "blame": [dict(blame.cents) for blame in self.blame]}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        for name, array in state["arrays"].items():
            setattr(self, name, array.copy())
        self.discount, self.senior_issued = state["discount"], state["issued"]
        for blame, cents in zip(self.blame, state["blame"], strict=True):
            blame.cents = dict(cents)
