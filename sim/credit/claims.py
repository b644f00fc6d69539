"""Who owes whom: every claim is the asset of one party and the debt of another, in whole cents.

Claims change by ``book`` alone, which says why; what is outstanding must at any time be what was issued less
what was repaid and what was lost, and all parties together must own as much as they owe.
"""

from __future__ import annotations

import numpy as np

REASONS = ("issued", "repaid", "written off", "sold")


class Claims:
    """Tables of cents by kind, one row a debtor and one column a creditor.

    Parameters
    ----------
    parties : total number of parties
    kinds   : name -> (int64[debtors], int64[creditors]), the parties behind rows and columns
    """

    def __init__(self, parties: int, kinds: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
        self.parties, self.kinds = parties, kinds
        self.table = {name: np.zeros((len(rows), len(columns)), np.int64) for name, (rows, columns) in kinds.items()}
        self.booked = {name: dict.fromkeys(REASONS, 0) for name in kinds}
        self.single = {name: len(np.unique(rows)) == len(rows) for name, (rows, _) in kinds.items()}
        self.net = np.zeros(parties, np.int64)  # claims less debts of every party, from the entries alone

    def __getitem__(self, kind: str) -> np.ndarray:
        return self.table[kind]

    def book(self, kind: str, change: np.ndarray, reason: str) -> None:
        """Add int64[debtors, creditors] cents to the claims of a kind.

        Raises ValueError if a claim would become negative, or if what is sold does not keep every debtor's debt.
        """
        table, (debtors, creditors) = self.table[kind], self.kinds[kind]
        table += change
        if (table < 0).any():
            raise ValueError(f"a {kind} would become negative: more {reason} than was owed")
        owed, held = change.sum(axis=1), change.sum(axis=0)
        if reason == "sold" and owed.any():
            raise ValueError(f"selling a {kind} changes who holds it, not what is owed")
        self.booked[kind][reason] += int(owed.sum())
        np.add.at(self.net, debtors, -owed)
        np.add.at(self.net, creditors, held)

    def assets(self) -> np.ndarray:
        """int64[parties] cents that each party is owed."""
        out = np.zeros(self.parties, np.int64)
        for name, (_, creditors) in self.kinds.items():
            out[creditors] += self.table[name].sum(axis=0)  # nobody has two columns of one kind
        return out

    def debts(self) -> np.ndarray:
        """int64[parties] cents that each party owes."""
        out = np.zeros(self.parties, np.int64)
        for name, (debtors, _) in self.kinds.items():
            if self.single[name]:
                out[debtors] += self.table[name].sum(axis=1)
            else:
                np.add.at(out, debtors, self.table[name].sum(axis=1))
        return out

    def check(self) -> None:
        """Raise ClaimsDoNotMatch unless claims and debts agree, party by party and kind by kind, exactly."""
        if not np.array_equal(self.assets() - self.debts(), self.net) or int(self.net.sum()) != 0:
            raise ClaimsDoNotMatch("claims and debts do not consolidate to zero")
        for name, sums in self.booked.items():
            if int(self.table[name].sum()) != sum(sums.values()):
                raise ClaimsDoNotMatch(f"{name}: outstanding is not what was issued less repaid and written off")

    def snapshot(self) -> dict:
        """A copy of all claims."""
        return {"table": {name: table.copy() for name, table in self.table.items()},
                "booked": {name: dict(sums) for name, sums in self.booked.items()}, "net": self.net.copy()}

    def restore(self, state: dict) -> None:
        """Put a copy back."""
        for name, table in state["table"].items():
            self.table[name][...] = table
        self.booked = {name: dict(sums) for name, sums in state["booked"].items()}
        self.net[...] = state["net"]


class ClaimsDoNotMatch(AssertionError):
    """Somebody is owed what nobody owes: a defect of the program, never of a scenario."""
