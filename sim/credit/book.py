"""Parties of the credit system, their claims and their cash, and the ways in which cash moves among them.

Operators' own cash and the pools' cash lie with one institution of the ledger, "companies"; banks and investors
hold theirs as participants do. So every payment passes through the ledger under its flow.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.credit.claims import Claims, ClaimsDoNotMatch
from sim.ledger import Ledger

TRANCHES = ("senior", "mezzanine", "equity", "warehouse")  # a warehouse line ranks with senior
SENIOR, MEZZANINE, EQUITY, WAREHOUSE = range(4)
COMPANIES = "companies"


class Book:
    """Claims and cash of everybody who lends or borrows.

    Parameters
    ----------
    ledger    : accounts of banks, investors and funds
    firms     : number of operators
    banks, investors, funds : int64  their rows in the ledger
    pools     : most pools that there can be
    """

    def __init__(self, ledger: Ledger, firms: int, banks: np.ndarray, investors: np.ndarray, pools: int,
                 funds: np.ndarray) -> None:
        self.ledger, self.n, self.pools = ledger, firms, pools
        self.bank_rows, self.investor_rows, self.fund_rows = banks, investors, funds
        self.b, self.i = len(banks), len(investors)
        at, who = 0, []
        for count in (firms, self.b, self.i, pools, len(funds), 1):
            who.append(np.arange(at, at + count))
            at += count
        operators, bank, investor, pool, fund, outside = who
        holders = np.concatenate([bank, investor, outside])
        lenders = np.concatenate([bank, investor, pool, outside])
        self.claims = Claims(at, {
            "term loan": (operators, lenders), "note": (operators, outside), "interbank": (bank, np.append(bank,
                                                                                                           outside)),
            "deposit": (bank, outside), "other asset": (outside, bank), "security": (outside, bank),
            "tranche": (np.repeat(pool, len(TRANCHES)), holders), "repo": (investor, np.append(bank, outside)),
            "prime loan": (fund, np.append(bank, outside))})
        self.purse, self.pool_cash = np.zeros(firms, np.int64), np.zeros(pools, np.int64)
        self.rows = np.concatenate([banks, investors])  # ledger rows of holders, the outside left out

    # --- where things stand -------------------------------------------------------------------------------

    @property
    def loans(self) -> np.ndarray:
        """int64[firms, lenders] cents: term loans."""
        return self.claims["term loan"]

    def lender_columns(self, kind: str) -> slice:
        """Columns of term loans that belong to banks, investors, pools or the outside."""
        start = {"banks": 0, "investors": self.b, "pools": self.b + self.i, "outside": self.b + self.i + self.pools}
        size = {"banks": self.b, "investors": self.i, "pools": self.pools, "outside": 1}
        return slice(start[kind], start[kind] + size[kind])

    def tranche(self, pool: int) -> np.ndarray:
        """int64[4, holders] cents: a view of one pool's tranches."""
        return self.claims["tranche"][4 * pool:4 * pool + 4]

    # --- cash ---------------------------------------------------------------------------------------------

    def firms_outside(self, flow: str, amount: np.ndarray) -> None:
        """Operators receive int64[firms] cents from outside (negative: they pay)."""
        self.purse += amount
        received = int(np.maximum(amount, 0).sum())
        if received:
            self.ledger.transfer(flow, "outside world", COMPANIES, received)
        if received != (net := int(amount.sum())):
            self.ledger.transfer(flow, COMPANIES, "outside world", received - net)

    def from_lenders(self, flow: str, amount: np.ndarray) -> None:
        """Operators receive int64[firms, lenders] cents from lenders (negative: they pay); pools only receive."""
        self.purse += amount.sum(axis=1)
        self._holders(flow, -amount.sum(axis=0))

    def _holders(self, flow: str, received: np.ndarray) -> None:
        """Lenders receive int64[lenders] cents from the companies' account."""
        direct = received[:self.b + self.i]
        if direct.any():
            self.ledger.post(flow, self.rows, direct, COMPANIES)
        self.pool_cash += received[self.lender_columns("pools")]
        self._outside(flow, int(received[-1]))

    def _outside(self, flow: str, received: int) -> None:
        if received > 0:
            self.ledger.transfer(flow, COMPANIES, "outside world", received)
        elif received < 0:
            self.ledger.transfer(flow, "outside world", COMPANIES, -received)

    def from_pool(self, flow: str, pool: int, received: np.ndarray) -> None:
        """Holders receive int64[holders] cents from a pool's cash (negative: they pay)."""
        self.pool_cash[pool] -= int(received.sum())
        if received[:-1].any():
            self.ledger.post(flow, self.rows, np.ascontiguousarray(received[:-1]), COMPANIES)
        self._outside(flow, int(received[-1]))

    def banks_outside(self, flow: str, amount: np.ndarray) -> None:
        """Banks receive int64[banks] cents from outside (negative: they pay)."""
        if amount.any():
            self.ledger.post(flow, self.bank_rows, amount, "outside world")

    def investors_outside(self, flow: str, amount: np.ndarray) -> None:
        """Investors receive int64[investors] cents from outside (negative: they pay)."""
        if amount.any():
            self.ledger.post(flow, self.investor_rows, amount, "outside world")

    # --- invariants and copies ------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise ClaimsDoNotMatch unless claims consolidate, pools are covered and companies' cash is all there."""
        self.claims.check()
        pooled = self.loans[:, self.lender_columns("pools")].sum(axis=0)
        notional = self.claims["tranche"].reshape(self.pools, -1).sum(axis=1)
        if not np.array_equal(pooled, notional):
            raise ClaimsDoNotMatch("a pool's tranches are not what its loans are")
        if int(self.purse.sum() + self.pool_cash.sum()) != self.ledger.balance(COMPANIES):
            raise ClaimsDoNotMatch("the companies' account is not the sum of their cash")

    def snapshot(self) -> dict[str, Any]:
        """A copy of claims and cash; what lies in the ledger is copied there."""
        return {"claims": self.claims.snapshot(), "purse": self.purse.copy(), "pool_cash": self.pool_cash.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        self.claims.restore(state["claims"])
        self.purse[...], self.pool_cash[...] = state["purse"], state["pool_cash"]
