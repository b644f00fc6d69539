"""Who pays for what a failed member cannot: the waterfall in the running market, and how payers are repaid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from sim.clearing.closeout import HOUSE, CloseOut
from sim.clearing.config_members import LAYERS, RecoveryConfig
from sim.clearing.fund import Fund
from sim.clearing.layers import share_out, waterfall
from sim.clearing.members import NEVER, NOBODY, Members
from sim.ledger import Ledger

LONG_AGO = -(10**9)
Fail = Callable[[int], None]


class Advance(NamedTuple):
    """What a layer has paid for the pot and gets back, last payer first, if the pot ends with a surplus."""

    layer: str
    payers: np.ndarray  # int64[k]: members for their fund and assessments, else rows; empty for house and outsiders
    amounts: np.ndarray  # int64[k] cents, or one entry where there are no payers


class Recovery:
    """Pays for losses of the close-out account, layer after layer.

    Parameters
    ----------
    config  : the layers and their bounds
    ledger  : accounts
    members : who guarantees whom
    fund    : what they have paid in
    pot     : the close-out account
    """

    def __init__(self, config: RecoveryConfig, ledger: Ledger, members: Members, fund: Fund, pot: CloseOut) -> None:
        self.config, self.ledger, self.members, self.fund, self.pot = config, ledger, members, fund, pot
        self.capital = int(ledger.institution[HOUSE])  # cents that the house began with
        self.advances: list[Advance] = []
        self.base = np.zeros(len(members.rows), np.int64)  # contributions that caps on assessments are multiples of
        self.assessed = np.zeros(len(members.rows), np.int64)  # cents called in the present cooling-off period
        self.failed_on = LONG_AGO  # day of the last default of a member
        self.cut_evenings = 0  # evenings in a row on which gains were cut
        self.cut_on = LONG_AGO

    def own_capital(self) -> int:
        """Cents that belong to the house itself."""
        return int(self.ledger.institution[HOUSE] + self.members.kept.sum())

    def debt(self) -> int:
        """Cents that the pot owes."""
        return max(0, -int(self.ledger.cash[self.pot.row]))

    # --- the layers ------------------------------------------------------------------------------------

    def caps(self) -> np.ndarray:
        """int64[m]: what may still be called from each survivor."""
        base, rules = self.base, self.config
        left = np.floor(rules.assessments * base).astype(np.int64) - self.assessed
        caps = np.minimum(np.floor(rules.assessment * base).astype(np.int64), left)
        return np.where(self.members.failed, 0, np.maximum(caps, 0))

    def available(self, gain: np.ndarray) -> dict[str, int]:
        """Cents that each layer has now, in the order of the rules; gain: int64[n] cents, today's."""
        failed, capital = self.members.failed, max(0, self.own_capital())
        spent = max(0, self.capital - capital)
        first = min(capital, max(0, int(self.config.first_tranche * self.capital) - spent))
        has = {"fellow clients": int(self.ledger.margin[self._fellows()].sum()),
               "defaulter fund": int(self.fund.balance[failed].sum()), "house capital": first,
               "default fund": int(self.fund.balance[~failed].sum()), "assessments": int(self.caps().sum()),
               "second house capital": capital - first, "gains haircut": int(self._gains(gain).sum())}
        return {name: has[name] for name in self.config.order}

    def pay(self, day: int, gain: np.ndarray, fail: Fail) -> tuple[dict[str, int], int]:
        """Let the layers pay the pot's debt.

        Parameters
        ----------
        gain : int64[n] cents  today's gains
        fail : what to do with a survivor (its number) that does not pay its assessment

        Returns
        -------
        cents paid by layer, and what nobody could pay
        """
        if day - self.failed_on > self.config.cooling_off:
            self.assessed[:], self.base[:] = 0, 0
        self.base = np.maximum(self.base, self.fund.required)  # a fund that is resized meanwhile lowers no cap
        if self.cut_on < day - 1:
            self.cut_evenings = 0
        paid: dict[str, int] = dict.fromkeys(LAYERS, 0)
        while self.debt():
            due = waterfall(self.debt(), self.available(gain))
            short: list[int] = []
            for name, amount in due.paid.items():
                if not amount:
                    continue
                before = self.debt()
                short = self._take(day, name, amount, gain)
                paid[name] += before - self.debt()
                if short:
                    break
            for member in short:
                fail(member)
            if not short:
                break
        unpaid = self.debt()
        if unpaid:
            self.ledger.transfer("house capital", "outside world", "clearing house", unpaid)
            self._advance("insolvency", np.zeros(0, np.int64), np.array([unpaid]))
        return paid, unpaid

    def _take(self, day: int, name: str, amount: int, gain: np.ndarray) -> list[int]:
        """Let one layer pay an amount that it has; returns survivors that did not pay what was called."""
        if name == "assessments":
            return self._assess(amount)
        if name in ("house capital", "second house capital"):
            self._advance(name, np.zeros(0, np.int64), np.array([amount]))
        elif name in ("defaulter fund", "default fund"):
            mine = np.flatnonzero(self.members.failed == (name == "defaulter fund"))
            shares = np.array(share_out(amount, self.fund.balance[mine].tolist()), np.int64)
            self.fund.use(mine, shares)
            self._advance(name, mine, shares)
        elif name == "fellow clients":
            rows = self._fellows()
            shares = np.array(share_out(amount, self.ledger.margin[rows].tolist()), np.int64)
            self.ledger.post_margin(rows, -shares)
            self.ledger.post("default loss", rows, -shares, "clearing house")
            self._advance(name, rows, shares)
        else:
            claims = self._gains(gain)
            rows = np.flatnonzero(claims)
            amount = min(amount, int(claims.sum()))  # assessments may have taken cash of winners
            shares = np.array(share_out(amount, claims[rows].tolist()), np.int64)
            self.ledger.post("gains haircut", rows, -shares, "clearing house")
            gain[rows] -= shares
            self.cut_evenings += self.cut_on != day
            self.cut_on = day
            self._advance(name, rows, shares)
        return []

    def _assess(self, amount: int) -> list[int]:
        caps = self.caps()
        parts = np.array(share_out(amount, caps.tolist()), np.int64)
        asked = np.flatnonzero(parts)
        pay = lambda member: self.members.pay("assessment", member, int(parts[member]), "clearing house")
        paid = np.array([pay(member) for member in asked.tolist()], np.int64)
        self.assessed[asked] += paid
        self._advance("assessments", asked, paid)
        return asked[paid < parts[asked]].tolist()

    def _advance(self, layer: str, payers: np.ndarray, amounts: np.ndarray) -> None:
        """Hand to the pot what a layer has paid, and remember who paid it."""
        total = int(amounts.sum())
        if total:
            self.pot.receive(total)
            self.advances.append(Advance(layer, payers, amounts))

    def guarantee(self, member: int, amount: int) -> int:
        """Let a member pay for its clients in the pot as far as it can; returns the cents that it paid."""
        paid = self.members.pay("guarantee", member, amount, "clearing house")
        self._advance("guarantee", np.array([member]), np.array([paid]))
        return paid

    def _fellows(self) -> np.ndarray:
        """int64[k]: clients without a member whose margin stands in for those who had the same one and failed."""
        members = self.members
        if not members.config.fellow_customer_risk or not members.failed.any():
            return np.zeros(0, np.int64)
        behind = {estate.guarantor for estate in self.pot.estates.values()} - {NOBODY}
        mine = np.isin(members.of, sorted(m for m in behind if members.failed[m])) & (members.lost != NEVER)
        return np.flatnonzero(mine & (self.ledger.margin > 0))

    def _gains(self, gain: np.ndarray) -> np.ndarray:
        """int64[n] cents of today's gains that may be cut: of accounts that stand, up to the cap."""
        out = np.zeros(self.ledger.n, np.int64)
        if self.cut_evenings < self.config.haircut_days:
            cut = np.floor(self.config.haircut * np.maximum(gain, 0)).astype(np.int64)
            out = np.where(self.ledger.alive & (self.ledger.cash > 0), np.minimum(cut, self.ledger.cash), 0)
            out[self.pot.row] = 0
        return out

    # --- what is left over -----------------------------------------------------------------------------

    def settle_up(self) -> int:
        """Once the pot is flat: repay the layers, last one first, the rest to the estates' owners; returns cents.

        What the contributions of failed members were not needed for goes back to their owners.
        """
        surplus = max(0, int(self.ledger.cash[self.pot.row]))
        left = surplus
        while self.advances and left:
            advance = self.advances.pop()
            back = min(left, int(advance.amounts.sum()))
            left -= back
            self.pot.receive(-back)
            self._repay(advance, back)
        self.advances.clear()
        if left:
            self.ledger.post("close-out gain", np.array([self.pot.row]), np.array([-left], np.int64), "outside world")
        for member in np.flatnonzero(self.members.failed & (self.fund.balance > 0)).tolist():
            self.fund.give_back(member)
        self.pot.estates.clear()
        return surplus

    def _repay(self, advance: Advance, amount: int) -> None:
        """Hand cents that the house holds to those who paid, in proportion to what they paid."""
        if advance.layer == "insolvency":
            self.ledger.transfer("house capital", "clearing house", "outside world", amount)
        if not len(advance.payers):
            return
        shares = np.array(share_out(amount, advance.amounts.tolist()), np.int64)
        if advance.layer in ("defaulter fund", "default fund"):
            self.fund.refill(advance.payers, shares)
            return
        of_members = advance.layer in ("assessments", "guarantee")
        rows = self.members.rows[advance.payers] if of_members else advance.payers
        flow = {"assessments": "assessment", "guarantee": "guarantee", "gains haircut": "gains haircut"}
        there = self.ledger.alive[rows]
        self.ledger.post(flow.get(advance.layer, "default loss"), rows[there], shares[there], "clearing house")
        gone = int(shares[~there].sum())
        if gone:
            self.ledger.transfer("close-out gain", "clearing house", "outside world", gone)

    # --- copies ----------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state that is not in the ledger."""
        return {"advances": list(self.advances), "assessed": (self.assessed.copy(), self.base.copy()),
                "failed_on": self.failed_on,
                "cut": (self.cut_evenings, self.cut_on)}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a snapshot back."""
        self.advances, self.failed_on = list(state["advances"]), state["failed_on"]
        self.assessed, self.base = (array.copy() for array in state["assessed"])
        self.cut_evenings, self.cut_on = state["cut"]
