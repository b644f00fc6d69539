"""The clearing house: margin, calls, forced sales, defaults and who pays for them.

Evening: ``settle`` pays gains and losses, ``call_margin`` sets rates and requirements and calls those who
cannot meet them, ``close_out`` covers what defaulted positions lost. Morning: ``open_day`` collects the calls;
who cannot pay is forced to shrink, or fails. During the day ``check`` tests the accounts that are watched after
every round. Every event is written down with its causes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.clearing.absorber import Absorber
from sim.clearing.accounts import COUNTERS, Accounts, Writer
from sim.clearing.causes import NEWS
from sim.clearing.closeout import HOUSE
from sim.clearing.collateral import PAPER
from sim.clearing.config import ClearingConfig
from sim.clearing.ending import end_market, over
from sim.clearing.kernels import settle_accounts
from sim.clearing.tiers import Tiers
from sim.ledger import Ledger
from sim.streams import Streams


class ClearingHouse(Accounts):
    """Buyer to every seller and seller to every buyer.

    Parameters
    ----------
    config          : the rules
    ledger          : accounts; sectors must be named already, as the house's capital is paid in here
    house_row       : the row that holds defaulted positions
    row_label       : name of the block of each row
    tick_cents      : int64[contracts]  cents that a tick is worth
    streams         : the run's luck (the rules of this version use none)
    record          : where events go
    hedged_notional : cents, the unit of the house's capital
    intraday        : bool[n]  rows tested after every round; the others are called once a day; all if left out
    members         : int64[2, m]  rows of clearing members and of the banks behind them (-1: owners outside the
        market); needed where ``config.members`` has a count
    """

    def __init__(self, config: ClearingConfig, ledger: Ledger, house_row: int, row_label: Sequence[str],
                 tick_cents: np.ndarray, streams: Streams, record: Writer, hedged_notional: float,
                 intraday: np.ndarray | None = None, members: np.ndarray | None = None) -> None:
        super().__init__(config, ledger, house_row, row_label, tick_cents, record, intraday)
        self.streams = streams
        self.absorber: Absorber | None = None  # takes over what must be sold in a frozen world
        capital = int(config.house_capital * hedged_notional)
        ledger.transfer("house capital", "outside world", "clearing house", capital)
        if config.members.count:
            rows, owners = np.zeros((2, 0), np.int64) if members is None else members
            self.tiers = Tiers(self, rows, streams, hedged_notional)
            self.tiers.members.bind(owners)
            self.plain[rows] = self.intraday[rows] = False

    # --- morning and day -----------------------------------------------------------------------------

    def open_day(self, day: int, mark: np.ndarray) -> None:
        """Collect last evening's calls at int64[contracts] marks in ticks; who cannot pay shrinks, or fails."""
        self.today = dict.fromkeys(COUNTERS, 0)
        if self.collateral:
            self.collateral.shortfall = 0
        self.flow.clear()
        self.reference[:] = mark
        if self.portfolio:
            self.portfolio.at(self._value(mark))
        if self.frozen:
            if self.absorber:
                self.absorber.open_day(day, mark)
            return
        if self.tiers:
            self.tiers.open_day(day)
        late = self._press(0)
        self._weigh(mark)
        self._fail(day, -1, (self.equity <= 0) & (late | self.intraday) & self.plain, mark)
        self._shrink_late(day, -1, late)
        self._end_restored()

    def _press(self, passed: int) -> np.ndarray:
        """Collect calls that have fallen due once so many rounds have passed; bool[n]: who is beyond grace."""
        open_ = self.call > 0
        if passed < self.config.due or not open_.any():
            return np.zeros(len(open_), np.bool_)
        due = np.flatnonzero(open_)
        pay = np.minimum(np.maximum(self.ledger.cash[due], 0), self.call[due])
        self.ledger.post_margin(due, pay)
        self.call[due] -= pay
        self.call_event[due[self.call[due] == 0]] = NEWS
        open_ = self.call > 0
        self.waited[open_] += passed > self.config.due
        return open_ & (self.waited >= self.config.grace)

    def _shrink_late(self, day: int, round: int, late: np.ndarray) -> None:
        """Who has not paid by the end of grace must shrink; a clearing member is in default."""
        if not late.any():
            return
        for row in self.holding(late & self.plain & ~self.failed & ~self.forced & ~self.closing):
            self.force(day, round, row, int(self.call[row]), [(int(self.call_event[row]), 1.0)])
        if self.tiers:
            self.tiers.overdue(day, round, late)

    def check(self, day: int, round: int, mark: np.ndarray) -> None:
        """Test the watched accounts after a round of trading, at int64[contracts] marks in ticks."""
        if self.frozen:
            if self.absorber:
                self.absorber.check(day, round, mark)
            return
        late = np.flatnonzero(self.failed)  # orders of failed accounts may have been filled after the failure
        late = late[self.ledger.position[late].any(axis=1) | (self.ledger.basis[late] != 0)]
        if len(late):
            self.pot.sweep(late)
        self._weigh(mark, trading=True)
        if self.config.due + self.config.grace and self.call.any():
            late = self._press(round + 1)
            self._fail(day, round, (self.equity <= 0) & late & self.plain, mark)
            self._shrink_late(day, round, late)
        self._test(day, round, mark)
        if self.tiers:
            self.tiers.watch(day, round, mark)

    def _test(self, day: int, round: int, mark: np.ndarray) -> None:
        """Accounts that are watched and worth nothing fail, those with too little must shrink."""
        floor = self.config.maintenance * self.required
        watched = self.intraday | self.forced | self.closing
        if not (watched & (self.equity < np.maximum(floor, 1.0))).any() and not self.forced.any():
            return  # the usual case: nobody watched is short of anything, and nobody was before
        self._fail(day, round, (self.equity <= 0) & watched, mark)
        floor = self.config.maintenance * self.required
        short = self.intraday & (self.equity < floor) & ~self.forced & ~self.closing & ~self.failed
        rows = self.holding(short)
        if len(rows):
            move = self._move(mark)
            parents = self.flow.parents(move)
            for row in rows:
                causes = self._lost(row, self.ledger.position[row], move, parents)
                self.force(day, round, row, int(self.required[row] - self.equity[row]), causes)
        self._end_restored()

    def forced_targets(self) -> tuple[np.ndarray, np.ndarray]:
        """Who must trade, and down to what.

        Returns
        -------
        rows    : int64[k]  forced accounts, accounts being wound down, and the close-out account
        targets : int64[k, contracts]  positions no larger than today's and on the same side
        """
        down = self.closing | self.tiers.unwinding if self.tiers else self.closing  # to nothing
        rows = self.holding(self.forced | down) if not self.frozen else np.zeros(0, np.int64)
        if not len(rows) and (self.frozen or not self.pot.position.any()):
            return rows, np.zeros((0, self.ledger.position.shape[1]), np.int64)
        position = self.ledger.position[rows]
        wanted = self.config.restore * self.required[rows]
        keep = np.clip(self.equity[rows] / np.maximum(wanted, 1.0), 0.0, 1.0)
        keep[down[rows]] = 0.0
        targets = np.trunc(position * keep[:, None]).astype(np.int64)
        if self.pot.position.any() and not self.frozen:
            rows = np.append(rows, self.house_row)
            hedged = self.tiers.hedge(self.config.house_pace) if self.tiers else None
            targets = np.vstack([targets, self.pot.target(self.config.house_pace) if hedged is None else hedged])
        return rows, targets

    def note_trades(self, fills: np.ndarray, day: int, round: int) -> None:
        """Remember who moved prices: FILL records of ``sim.market.book_kernels``, forced ones flagged 1."""
        contract, side, quantity = (fills[name].astype(np.int64) for name in ("contract", "side", "qty"))
        self.flow.note(contract, side, quantity)
        flagged = np.flatnonzero(fills["taker_flag"] == 1)
        self.today["forced_volume"] += int(quantity[flagged].sum())
        for at in flagged.tolist():
            row, slot = int(fills["taker_owner"][at]), int(contract[at])
            behind = self.pot.shares(slot) if row == self.house_row else [(int(self.episode[row]), 1.0)]
            for episode, share in behind:
                if episode != NEWS:
                    self.flow.note_forced(episode, slot, int(side[at]), share * int(quantity[at]))

    # --- evening -------------------------------------------------------------------------------------

    def settle(self, day: int, settle: np.ndarray) -> int:
        """Pay every account its gain since the last settlement at int64[contracts] ticks; returns cents moved."""
        ledger = self.ledger
        self.held[:] = ledger.position
        self.pot.attribute(self._move(settle))
        settle_accounts(ledger.position, self._value(settle), ledger.basis, self.gain)
        if self.absorber:
            self.absorber.settle(self.gain)
        if ledger.post("variation margin", slice(None), self.gain, "clearing house") != 0:
            raise AssertionError("variation margin does not sum to zero")
        moved = int(np.maximum(self.gain, 0).sum())
        self.today["variation_margin_cents"] += moved
        self.settled[:] = settle
        return moved

    def expire(self, slot: int, price: int, fee: int = 0) -> None:
        """End a contract that was just settled at its final price in ticks; fee: cents a contract and side."""
        if price != self.settled[slot]:
            raise ValueError(f"slot {slot} was settled at {self.settled[slot]} ticks and cannot expire at {price}")
        ledger = self.ledger
        position = ledger.position[:, slot].copy()
        ledger.basis[:] -= position * (price * self.tick_cents[slot])
        ledger.position[:, slot] = 0
        if fee:
            ledger.post("exchange fees", slice(None), -fee * np.abs(position), "exchange")

    def call_margin(self, day: int, prices: np.ndarray, settle: np.ndarray) -> None:
        """Set rates and requirements, move margin, and call who falls short; due before tomorrow's first round.

        Parameters
        ----------
        prices : float64[days, contracts]  past settlement prices in dollars, today's last, nan where not listed
        settle : int64[contracts]  today's settlement prices in ticks
        """
        ledger = self.ledger
        if self.tiers and not self.frozen:
            self.tiers.evening(day)
        if not self.frozen:
            self._renew(prices, settle)
        elif self.portfolio:
            self.portfolio.at(self._value(settle))
        if self.collateral:
            self.collateral.mark(self.spot())
        self._weigh(settle)
        if self.tiers:
            self.tiers.ask()
        credit = self.collateral.credit if self.collateral else 0
        change = np.clip(self.equity - credit, 0, np.maximum(self.required - credit, 0)) - ledger.margin
        rows = np.flatnonzero(change)
        ledger.post_margin(rows, change[rows])
        if self.frozen:
            if self.absorber:
                self.absorber.evening()
            return
        if self.collateral:
            fit = (self.equity >= self.required) & ~(self.forced | self.closing | self.failed)
            self.collateral.rebalance(self.required, fit)
        if self.tiers:
            self.tiers.after_margin(day)
        exposed = (self.required > 0) | (self.gain != 0) | (self.call > 0)  # others owe the house nothing
        exposed[self.house_row] = False
        self.call = np.where(exposed, np.maximum(self.required - self.equity, 0), 0)
        self.waited[self.call == 0] = 0
        self.call_event[:] = NEWS
        rows = np.flatnonzero(self.call)
        if len(rows):
            move = self._move(settle)
            parents = self.flow.parents(move)
            for row in rows.tolist():
                self.call_event[row] = self.record.event(
                    day, -1, "margin call", agent=row, agent_type=self.row_label[row], amount=int(self.call[row]),
                    causes=self._lost(row, self.held[row], move, parents))
        self.today["margin_calls"] += len(rows)
        self.today["margin_call_cents"] += int(self.call.sum())

    def close_out(self, day: int) -> None:
        """Cover what defaulted positions have lost, and end the market where the rules say so.

        Where there are clearing members losses have been covered before margin was called.
        """
        if self.tiers and not self.frozen:
            self.tiers.check()
        else:
            self.cover(day)
        causes = over(self)
        if causes is not None:
            end_market(self, day, causes)

    def cover(self, day: int) -> None:
        """Pay what the close-out account owes from the house's capital, then from its owners."""
        causes = self.pot.causes()
        loss, unpaid, gain = self.pot.cover(int(self.tiers.members.kept.sum()) if self.tiers else 0)
        if loss:
            label = self.row_label[self.house_row]
            event = self.record.event(day, -1, "house loss", agent=self.house_row, agent_type=label,
                                      amount=loss, causes=causes)
            if unpaid:
                self.insolvent = self.record.event(day, -1, "house insolvent", agent=self.house_row, agent_type=label,
                                                   amount=unpaid, causes=[(event, 1.0)])
        self.today["house_loss_cents"] += loss
        self.today["house_shortfall_cents"] += unpaid
        self.today["close_out_gain_cents"] += gain

    # --- figures ---------------------------------------------------------------------------------------

    def totals(self) -> dict[str, float]:
        """The day's figures: money in cents, volumes in contracts, the rest in numbers."""
        stocks = {"initial_margin": self.ledger.margin.sum(), "forced_accounts": (self.forced | self.closing).sum(),
                  "close_out_contracts": np.abs(self.pot.position).sum(),
                  "house_capital_cents": self.ledger.institution[HOUSE]}
        if self.tiers:
            stocks["house_capital_cents"] = self.tiers.recovery.own_capital()
        if self.collateral:
            stocks |= {"collateral_cents": self.ledger.pledged.sum(), "paper_price": self.collateral.price[PAPER],
                       "collateral_credit_cents": self.collateral.credit.sum(),
                       "collateral_shortfall_cents": self.collateral.shortfall}
        tiers = self.tiers.totals() if self.tiers else {}
        return {name: float(value) for name, value in (stocks | self.today | tiers).items()}
