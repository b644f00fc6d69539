"""What the clearing house knows about every account, and what happens to those in distress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sim.clearing.causes import NEWS, Causes, ForcedFlow, blend, complete, losing_legs, loss_causes
from sim.clearing.closeout import CloseOut
from sim.clearing.collateral import Collateral
from sim.clearing.config import ClearingConfig
from sim.clearing.kernels import WHOLE
from sim.clearing.rates import RateRule
from sim.clearing.requirement import ByFamily, PortfolioMargin
from sim.clearing.weighing import Weighing
from sim.ledger import Ledger

if TYPE_CHECKING:
    from sim.clearing.tiers import Tiers

STATE = ("rate", "required", "equity", "call", "call_event", "episode", "forced", "closing", "failed", "reference",
         "settled", "gain", "waited")
COUNTERS = ("margin_calls", "margin_call_cents", "variation_margin_cents", "forced_events", "closures", "defaults",
            "default_deficit_cents", "forced_volume", "house_loss_cents", "house_shortfall_cents",
            "close_out_gain_cents")


class Writer(Protocol):
    """Where events are written down."""

    def event(self, day: int, round: int, kind: str, agent: int = -1, agent_type: str = "", *, quantity: int = 0,
              amount: int = 0, causes: Sequence[tuple[int, float]] = ()) -> int:
        """Write one event down; returns its number."""


class Accounts(Weighing):
    """Every account's worth, its requirement, its calls and its distress: the state of the clearing house.

    Parameters are those of ``ClearingHouse``.

    Attributes
    ----------
    rate     : float64[contracts]  initial margin in force, share of notional
    required : int64[n]  cents that each account must hold for its positions, as last tested
    equity   : int64[n]  cents, as last tested
    call     : int64[n]  cents called last evening, after the morning what is still unpaid
    forced   : bool[n]   accounts that must shrink
    closing  : bool[n]   accounts that are being wound down
    failed   : bool[n]   accounts in default, until they are welcomed back
    waited   : int64[n]  rounds for which a call has been due and unpaid
    plain    : bool[n]   accounts that the house treats by itself: all but those of clearing members
    frozen   : whether calls, forced sales, defaults and new rates are switched off (the counterfactual of a stress run)
    """

    def __init__(self, config: ClearingConfig, ledger: Ledger, house_row: int, row_label: Sequence[str],
                 tick_cents: np.ndarray, record: Writer, intraday: np.ndarray | None = None) -> None:
        n, contracts = ledger.position.shape
        self.config, self.ledger, self.record = config, ledger, record
        self.house_row, self.row_label, self.tick_cents = house_row, row_label, np.array(tick_cents, np.int64)
        self.intraday = np.ones(n, np.bool_) if intraday is None else np.array(intraday, np.bool_)
        self.intraday[house_row] = False
        self.spread = round(config.spread_charge * WHOLE)
        self.rule = RateRule(config.margin, config.procyclicality)
        self.rate = self._new_rates(np.zeros(contracts), np.empty((0, contracts)))
        self.portfolio: PortfolioMargin | ByFamily | None = (
            self._portfolio(contracts) if config.offsets == "portfolio" else None)
        self.families: list[slice] = []  # slots of each family where several are cleared
        self.listing: np.ndarray | None = None  # the exchange's slots, of which portfolio margin sees month and volume
        self.required, self.equity, self.call, self.gain = (np.zeros(n, np.int64) for _ in range(4))
        self.call_event, self.episode = np.full(n, NEWS), np.full(n, NEWS)
        self.forced, self.closing, self.failed = (np.zeros(n, np.bool_) for _ in range(3))
        self.waited, self.plain = np.zeros(n, np.int64), np.ones(n, np.bool_)
        self.tiers: Tiers | None = None  # clearing members and what stands behind them
        self.collateral = Collateral(config.collateral, ledger, row_label, house_row) \
            if config.collateral.bills + config.collateral.paper > 0 else None
        self.spot: Callable[[], float] = lambda: float("nan")  # $/GPU-hour, which compute-backed paper follows
        self.reference = np.zeros(contracts, np.int64)  # ticks this morning: what moves are measured from
        self.settled = np.zeros(contracts, np.int64)  # ticks at the last settlement
        self.held = np.zeros((n, contracts), np.int64)  # positions that the last settlement paid
        self.flow = ForcedFlow(contracts)
        self.pot = CloseOut(ledger, house_row, self.tick_cents)
        self.today = dict.fromkeys(COUNTERS, 0)
        self.frozen = False
        self.closed = False  # whether the market has ended for good: see sim.clearing.ending
        self.insolvent = NEWS  # the last event of an insolvency
        self.withdrawn: dict[int, tuple[int, int]] = {}  # row -> event and cents taken out since the last call

    # --- accounts that close and open ------------------------------------------------------------------

    def close(self, row: int, day: int, round: int = -1, causes: Causes | None = None) -> int:
        """Begin to wind an account down: its positions are traded away as forced orders; returns the event."""
        event = self.record.event(day, round, "closure", agent=row, agent_type=self.row_label[row],
                                  quantity=int(np.abs(self.ledger.position[row]).sum()),
                                  amount=int(self.equity[row]), causes=complete(causes or self._own_causes(row)))
        self.closing[row], self.forced[row], self.episode[row] = True, False, event
        self.today["closures"] += 1
        return event

    def release(self, rows: np.ndarray) -> None:
        """Give int64[k] accounts without positions their margin back and forget their calls."""
        if self.ledger.position[rows].any():
            raise ValueError("an account with positions cannot leave the clearing house")
        if self.collateral:
            self.collateral.sell(rows, hurry=False)
        self.ledger.post_margin(rows, -self.ledger.margin[rows])
        self._forget(rows)

    def welcome(self, rows: np.ndarray) -> None:
        """Let int64[k] accounts that failed or closed trade again."""
        self._forget(rows)
        self.failed[rows] = False
        if self.tiers:
            self.tiers.welcome(rows)

    def know(self, listing: np.ndarray, families: Any, spot: Callable[[], float]) -> None:
        """Show the house the exchange's slots, those that offset (sim.market.families), and the price of an hour."""
        self.listing, self.spot = listing, spot
        if families.many:
            self.rule.before = families.before
            self.families = [family.slots for family in families.all]
            if self.portfolio:
                parts = [(family.slots, self._portfolio(family.months)) for family in families.all]
                self.portfolio = ByFamily(parts, families.slots)

    def _portfolio(self, contracts: int) -> PortfolioMargin:
        """Margin of whole accounts in so many contracts."""
        return PortfolioMargin(self.config.margin, contracts, self.config.recognised, self.config.spread_charge)

    def rest(self) -> None:
        """A day after the market has ended."""
        self.today = dict.fromkeys(COUNTERS, 0)
        if self.tiers:
            self.tiers.rest()

    # --- copies ----------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state that is not in the ledger, as it stands between two days."""
        return {"arrays": {name: getattr(self, name).copy() for name in STATE}, "today": dict(self.today),
                "flow": self.flow.snapshot(), "pot": self.pot.snapshot(), "rule": self.rule.snapshot(),
                "flags": (self.frozen, self.closed), "tiers": self.tiers.snapshot() if self.tiers else None,
                "portfolio": self.portfolio.snapshot() if self.portfolio else None,
                "collateral": self.collateral.snapshot() if self.collateral else None}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a snapshot back."""
        for name, array in state["arrays"].items():
            getattr(self, name)[...] = array
        self.today, (self.frozen, self.closed) = dict(state["today"]), state["flags"]
        self.flow.restore(state["flow"])
        self.pot.restore(state["pot"])
        if self.tiers:
            self.tiers.restore(state["tiers"])
        if self.collateral:
            self.collateral.restore(state["collateral"])
        self.rule.restore(state["rule"])
        if self.portfolio:
            self.portfolio.restore(state["portfolio"])

    # --- inside --------------------------------------------------------------------------------------

    def causes_of(self, position: np.ndarray, mark: np.ndarray) -> Causes:
        """What moved the contracts on which int64[contracts] positions have lost since the last settlement."""
        move = self._move(mark)
        return loss_causes(position, move, *self.flow.parents(move))

    def hand_over(self, row: int, lot: np.ndarray) -> None:
        """Give an account int64[contracts] of the close-out account's positions at the last settlement."""
        worth = int((lot * self.settled * self.tick_cents).sum())
        for receiver, sign in ((self.house_row, -1), (row, 1)):
            self.ledger.position[receiver] += sign * lot
            self.ledger.basis[receiver] += sign * worth

    def bury(self, rows: np.ndarray) -> None:
        """Let int64[k] accounts that have handed everything over trade no more."""
        self._forget(rows)
        self.failed[rows] = True
        self.ledger.alive[rows] = False
        self.equity[rows] = self.required[rows] = 0

    def move_causes(self, slot: int, mark: np.ndarray) -> Causes:
        """What moved the price of one contract since the last settlement, to int64[contracts] marks in ticks."""
        move = self._move(mark)
        loser = np.where(np.arange(len(move)) == slot, -np.sign(move), 0)
        return loss_causes(loser, move, *self.flow.parents(move))

    def holding(self, mask: np.ndarray) -> np.ndarray:
        """int64[k]: rows of the mask that hold positions, the close-out account never."""
        rows = np.flatnonzero(mask)
        return rows[self.ledger.position[rows].any(axis=1)] if len(rows) else rows

    def _own_causes(self, row: int) -> Causes:
        """What brought an account where it is this evening: its call or forced sale, else the day's moves."""
        own = self.call_event[row] if self.call_event[row] != NEWS else self.episode[row]
        if own != NEWS:
            return [(int(own), 1.0)]
        move = self._move(self.settled)
        return self._lost(row, self.held[row], move, self.flow.parents(move))

    def _lost(self, row: int, position: np.ndarray, move: np.ndarray, parents: tuple[np.ndarray, np.ndarray]) -> Causes:
        """The causes of what an account has lost since the last settlement, money that was taken out among them."""
        causes = loss_causes(position, move, *parents)
        if row not in self.withdrawn:
            return causes
        event, cents = self.withdrawn[row]
        return blend([(float(losing_legs(position, move).sum()), causes), (float(cents), [(event, 1.0)])])

    def force(self, day: int, round: int, row: int, shortfall: int, causes: Causes) -> None:
        """Begin an episode of forced trading."""
        self.episode[row] = self.record.event(
            day, round, "forced sale", agent=int(row), agent_type=self.row_label[row],
            quantity=int(np.abs(self.ledger.position[row]).sum()), amount=shortfall, causes=causes)
        self.forced[row] = True
        self.today["forced_events"] += 1

    def _end_restored(self) -> None:
        """Accounts with enough equity for what they still hold are free again."""
        enough = self.forced & (self.equity >= self.config.restore * self.required)
        if enough.any():
            self._forget(np.flatnonzero(enough))

    def _forget(self, rows: np.ndarray) -> None:
        self.forced[rows] = self.closing[rows] = False
        self.call[rows], self.call_event[rows], self.episode[rows], self.waited[rows] = 0, NEWS, NEWS, 0

    def _fail(self, day: int, round: int, broke: np.ndarray, mark: np.ndarray) -> None:
        """All at once, accounts without equity hand positions and money to the close-out account, worst first."""
        rows = np.flatnonzero(broke & ~self.failed)
        if not len(rows):
            return
        owing = self.ledger.position[rows].any(axis=1) | (self.ledger.basis[rows] != 0) | (self.call[rows] > 0)
        rows = rows[owing]
        if self.collateral:
            self.equity[rows] = np.minimum(self.equity[rows] + self.collateral.sell(rows), 0)
        move = self._move(mark)
        parents = self.flow.parents(move)
        for row in rows[np.argsort(self.equity[rows], kind="stable")].tolist():
            position, deficit = self.ledger.position[row], -int(self.equity[row])
            lost = float(losing_legs(position, move).sum()) + self.withdrawn.get(row, (NEWS, 0))[1]
            parts = [(lost, self._lost(row, position, move, parents))]
            if self.call_event[row] != NEWS:
                parts.append((float(self.call[row]), [(int(self.call_event[row]), 1.0)]))
            event = self.record.event(day, round, "default", agent=row, agent_type=self.row_label[row],
                                      quantity=int(np.abs(position).sum()), amount=deficit, causes=blend(parts))
            member = int(self.tiers.members.of[row]) if self.tiers else -1
            self.pot.take_over(row, event, int(self.equity[row]), member)
            self.today["defaults"] += 1
            self.today["default_deficit_cents"] += deficit
        self.bury(rows)
