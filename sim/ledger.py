"""Every cent: accounts, named flows between sectors, and the invariants.

Accounts are the participants' rows followed by a few institutions; one of these is the outside world,
whose balance may be negative and whose counter-entry makes every flow sum to zero. Money moves by
``post`` alone, which books each movement in the transaction matrix (flow by paying and receiving sector).
"""

from __future__ import annotations

import numpy as np

from sim.population import Participant, Population

LARGEST = 2**53  # cents that an account may hold: a thousandth of what 64 bits do, so that sums stay exact
INSTITUTIONS = ("clearing house", "exchange", "default fund", "outside world", "client money", "companies",
                "perpetual venue")
FLOWS = (
    "opening capital",  # owners outside -> participants, on the first day or on entry
    "variation margin",  # losers -> clearing house -> winners, every day
    "initial margin",  # between a participant's free cash and the margin that the house holds for it
    "exchange fees",
    "clearing fees",
    "interest",  # outside world -> accounts, on cash
    "treasury",  # a hedger's parent company tops its account up or sweeps it
    "fund flow",  # investors' subscriptions and redemptions
    "compute bill",  # users -> physical market, month end
    "compute revenue",  # physical market -> suppliers, month end
    "customers",  # what users' own customers pay them
    "running costs",  # energy and staff of suppliers
    "default loss",  # a loss that a defaulted account could not bear, paid by a layer of the waterfall
    "house capital",  # owners of the clearing house outside -> house
    "close-out gain",  # an estate's remainder, back to its owner outside
    "transaction tax",  # who trades -> the state outside
    "swap payment",  # between clients and dealers, through no institution's purse: what a month's swap is worth
    "swap collateral",  # between clients and dealers, and back
    "perpetual margin",  # between a participant's free cash and its account on the perpetual venue
    "perpetual deposits",  # outside world <-> accounts of traders who trade on the perpetual venue alone
    "member capital",  # owners of a clearing member <-> member
    "guarantee",  # a member pays for its failed client
    "default fund",  # members' contributions, in and back, and what the fund pays
    "assessment",  # cash calls on surviving members after a default
    "gains haircut",  # part of the day's gains, kept back to pay for a default
    "auction",  # what the house pays members to take over positions
    "client money",  # clients' margin between the house and the member that keeps it
    "collateral",  # securities bought to be pledged, and sold again
    "operating income",  # customers -> operators with loans, less power, staff and space, every week
    "chips and sites",  # operators with loans -> those who build
    "owners of operators",  # owners outside <-> operators: equity for building, rescue, dividends
    "loan draw",  # lenders -> operators
    "loan interest",  # operators -> lenders
    "loan principal",  # operators -> lenders: amortisation, and what is not refinanced
    "recovery",  # buyers of GPUs -> estates of operators -> lenders
    "tranche sale",  # buyers of tranches -> sellers
    "tranche interest",  # pools -> holders of tranches
    "tranche principal",  # pools -> holders of tranches
    "repo",  # lenders against tranches <-> borrowers
    "redemptions",  # private-credit funds -> their investors
    "deposits",  # outside <-> banks
    "securities",  # buyers outside -> banks
    "interbank",  # the resolver of a failed bank -> its creditors
    "resolution",  # a failed bank's cash -> its resolver
    "owners of banks",  # banks -> owners: what is above their target
    "prime loan",  # banks <-> leveraged funds
)
SIDE_BY_SIDE = 16  # rows that are added up at once, see column_sums


def column_sums(table: np.ndarray) -> np.ndarray:
    """int64[k] of int64[n, k]: the same as ``sum(axis=0)``, and several times as quick where columns are few."""
    rows, columns = table.shape
    wide = table[: rows - rows % SIDE_BY_SIDE].reshape(rows // SIDE_BY_SIDE, SIDE_BY_SIDE * columns)
    sums: np.ndarray = wide.sum(axis=0).reshape(SIDE_BY_SIDE, columns).sum(axis=0)
    return sums + table[rows - rows % SIDE_BY_SIDE :].sum(axis=0)


class Ledger(Population):
    """The shared columns of all participants, the institutions' balances and the transaction matrix.

    Parameters
    ----------
    n         : participants
    contracts : slots of contracts
    """

    def __init__(self, n: int, contracts: int) -> None:
        super().__init__(Participant, n, contracts)
        self.institution = np.zeros(len(INSTITUTIONS), np.int64)  # cents
        self.sector_names: list[str] = list(INSTITUTIONS)
        self.sector_of = np.zeros(n, np.int64)
        self.matrix = np.zeros((len(FLOWS), 1, 1), np.int64)
        self._alone: dict[tuple[int | None, int | None], bool] = {}
        self.pledged = np.zeros(n, np.int64)  # cents: value of securities pledged as margin; no money, but worth

    def set_sectors(self, names: list[str], sector_of: np.ndarray) -> None:
        """Name the participants' sectors: ``sector_of`` int64[n] indexes ``names``; institutions come after."""
        self.sector_names = [*names, *INSTITUTIONS]
        self.sector_of = sector_of
        self._alone.clear()
        size = len(self.sector_names)
        self.matrix = np.zeros((len(FLOWS), size, size), np.int64)

    def post(self, flow: str, rows: slice | np.ndarray, amount: np.ndarray, institution: str) -> int:
        """Pay each row its amount (negative: the row pays) against one institution.

        Parameters
        ----------
        flow        : one of FLOWS
        rows        : slice or int64[k], rows without repeats
        amount      : int64[k] cents
        institution : one of INSTITUTIONS

        Returns
        -------
        int  net cents that the institution paid out
        """
        amount = np.asarray(amount)
        if amount.dtype != np.int64:
            raise TypeError(f"money is int64 cents, not {amount.dtype}")
        self.cash[rows] += amount
        paid = int(amount.sum())
        counter = INSTITUTIONS.index(institution)
        self.institution[counter] -= paid
        self._book(flow, rows, amount, counter)
        return paid

    def post_margin(self, rows: slice | np.ndarray, amount: np.ndarray) -> None:
        """Move int64[k] cents from each row's cash into the initial margin that the house holds for it."""
        self.cash[rows] -= amount
        self.margin[rows] += amount
        self._book("initial margin", rows, -amount, INSTITUTIONS.index("clearing house"))

    def _book(self, flow: str, rows: slice | np.ndarray, amount: np.ndarray, counter: int) -> None:
        """Enter int64[k] cents received (negative: paid) by rows from an institution in the matrix."""
        sector, book = self.sector_of[rows], self.matrix[FLOWS.index(flow)]
        other = len(self.sector_names) - len(INSTITUTIONS) + counter
        received = np.maximum(amount, 0)
        if self._one_sector(rows, sector):
            gross = int(received.sum())
            book[other, sector[0]] += gross
            book[sector[0], other] += gross - int(amount.sum())
        else:
            np.add.at(book[other], sector, received)
            np.add.at(book[:, other], sector, received - amount)

    def _one_sector(self, rows: slice | np.ndarray, sector: np.ndarray) -> bool:
        """Whether all rows, of these sectors, belong to one; blocks, which are slices, are looked at once."""
        if not isinstance(rows, slice):
            return len(sector) > 0 and bool((sector == sector[0]).all())
        known = self._alone.get((rows.start, rows.stop))
        if known is None:
            known = self._alone[rows.start, rows.stop] = len(sector) > 0 and bool((sector == sector[0]).all())
        return known

    def transfer(self, flow: str, payer: str, payee: str, amount: int) -> None:
        """Move cents between two institutions."""
        first, second = INSTITUTIONS.index(payer), INSTITUTIONS.index(payee)
        self.institution[first] -= amount
        self.institution[second] += amount
        base = len(self.sector_names) - len(INSTITUTIONS)
        self.matrix[FLOWS.index(flow), base + first, base + second] += amount

    def balance(self, institution: str) -> int:
        """Cents that an institution holds."""
        return int(self.institution[INSTITUTIONS.index(institution)])

    def received(self, flow: str) -> np.ndarray:
        """int64[sectors] cents that each sector has received net in one flow since the start."""
        book = self.matrix[FLOWS.index(flow)]
        return book.sum(axis=0) - book.sum(axis=1)

    def check(self) -> None:
        """Raise BooksDoNotBalance unless every cent and every contract is accounted for, exactly."""
        largest = max(int(self.cash.max()), -int(self.cash.min()), int(self.basis.max()), -int(self.basis.min()))
        if largest > LARGEST:
            raise OverflowError(f"an account has grown to {largest} cents; whole numbers would not hold much more, and "
                                "no market like this one was meant: lower leverage or capital, or raise margin")
        total = int(self.cash.sum() + self.margin.sum() + self.institution.sum())
        if total != 0:
            raise BooksDoNotBalance(f"money was made or lost: accounts sum to {total} cents instead of 0")
        net = column_sums(self.position)
        if net.any():
            slot = int(np.flatnonzero(net)[0])
            raise BooksDoNotBalance(f"contract slot {slot} is {int(net[slot])} contracts net long")
        if int(self.basis.sum()) != 0:
            raise BooksDoNotBalance(f"trades do not pair: entry values sum to {int(self.basis.sum())} cents")
        sectors = len(self.sector_names) - len(INSTITUTIONS)
        held = np.zeros(len(self.sector_names), np.int64)
        np.add.at(held, self.sector_of, self.cash)
        held[sectors:] = self.institution
        held[sectors] += self.margin.sum()  # the house holds the participants' initial margin
        flows = self.matrix.sum(axis=0)
        booked = flows.sum(axis=0) - flows.sum(axis=1)
        if not np.array_equal(held, booked):
            at = int(np.flatnonzero(held != booked)[0])
            raise BooksDoNotBalance(
                f"{self.sector_names[at]} holds {int(held[at])} cents, but its named flows add up to {int(booked[at])}")

    def marked(self, mark: np.ndarray, tick_cents: np.ndarray) -> np.ndarray:
        """int64[n] cents: cash, margin, pledges and the gain of positions at int64[contracts] marks in ticks."""
        value = (self.position * (mark * tick_cents)).sum(axis=1)
        return self.cash + self.margin + self.pledged + value - self.basis

    def snapshot(self) -> dict[str, np.ndarray]:
        return {**super().snapshot(), "institution": self.institution.copy(), "matrix": self.matrix.copy()}


class BooksDoNotBalance(AssertionError):
    """A conservation law was broken: a defect of the program, never of a scenario."""
