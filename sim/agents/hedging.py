"""The rule that physical hedgers share: users buy, suppliers sell, a little more where the price looks good.

Source: Bessembinder & Lemmon 2002 (J. Finance 57:1347) for the form, a hedge plus a speculative term in the
gap between expected and futures price; the sizes are those of a working prototype (judgement).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sim.agents.base import AgentType, Execution, Transfer, View, World
from sim.agents.choice import VenueChoice, split
from sim.agents.physical import ComputeUser, accrue, pay_bills
from sim.agents.rules import (
    error_shape,
    full_cover,
    last_of_month,
    luck,
    mispricing,
    months_listed,
    normal_luck,
    persistence,
    sizes,
    whole,
)
from sim.plugin import param
from sim.population import Column, Population

PROTOTYPE = "judgement: working prototype"
GOLDEN = 0.6180339887498949  # additive steps of this size cover [0, 1) evenly for every number of rows
ERROR_DAYS = 63.0  # business days over which a private error builds up along the curve; judgement: a quarter


class HedgerAgent(ComputeUser):
    """A user or supplier of compute with a futures account."""

    liquidity = Column(np.float64, 1.0, unit="multiple", doc="own cash buffer relative to that of the type")
    turn = Column(np.float64, unit="share", doc="luck that sets the first day of the own hedging window")
    error = Column(np.float64, unit="log", doc="own error about value, persistent")
    buys_tokens = Column(np.bool_, False, unit="yes or no", doc="needs tokens at posted prices, not hours of a chip")
    region = Column(np.int8, unit="index into US, CN, EU, ROW", doc="home region")
    venue = Column(np.float64, unit="share", doc="share of the hedge in the slot's family, where several compete",
                   shape="contracts")
    remainder = Column(np.float64, 0.5, unit="contracts", doc="where shares of the hedge are rounded")
    away = Column(np.int64, unit="business days", doc="days since the account was closed")


class Hedger(AgentType):
    """Covers a share of the need that falls with the months ahead, in a few days of each month."""

    agent = HedgerAgent
    rhythm = "day"
    side: ClassVar[int] = 1  # 1 buys what it needs, -1 sells what it makes

    execution: Execution = param(factory=lambda: Execution(child=0.5), unit="rules", doc="how wishes become orders",
                                 source=PROTOTYPE)
    exposure: float = param(0.2, unit="share of float", low=0, high=10, source="judgement: set by each type",
                            doc="share of the world's uncommitted compute that the block needs or sells each month")
    size_sd: float = param(1.0, unit="log", low=0, high=3, doc="sd of log size: heavy-tailed, mean one",
                           source="judgement: largest of 60 about ten times the mean")
    hedge_most: float = param(0.9, unit="share of need", low=0, high=1, source=PROTOTYPE,
                              doc="hedge ratio of the nearest month, and the largest ever")
    horizon: int = param(12, unit="months", low=1, high=36, doc="months ahead at which the hedge ratio reaches nothing",
                         source=PROTOTYPE)
    speculation: float = param(
        2.0, unit="share of need per log", low=0, high=50,
        doc="hedge ratio added per log of mispricing in the hedger's favour: 1/(risk aversion x variance)",
        source="judgement: working prototype; relative risk aversion 2 at 50 % annual volatility")
    window: int = param(6, unit="business days", low=1, high=15, doc="days of each month in which hedges are changed",
                        source=PROTOTYPE)
    rich: float = param(0.12, unit="log", low=0, high=2, doc="mispricing at which a hedge is lifted at any time",
                        source=PROTOTYPE)
    buffer: float = param(0.8, unit="multiple of own hedge notional", low=0, high=5, source=PROTOTYPE,
                          doc="cash that the treasury keeps in the account; 0.4 makes hedgers fragile, 1.6 safe")
    headroom: float = param(1.3, unit="multiple of initial margin", low=0, high=10, source=PROTOTYPE,
                            doc="equity below which no hedge is added")
    private_error: float = param(0.08, unit="log", low=0, high=1, doc="sd of the own error about value",
                                 source="judgement: knows its own corner of the market")
    error_half_life: float = param(60.0, unit="business days", above=0, doc="half-life of that error", source=PROTOTYPE)
    token_share: float = param(0.0, unit="share of participants", low=0, high=1,
                               source="judgement: those who rent or own chips pay by the hour",
                               doc="who needs tokens at posted prices instead of hours; they choose contracts by it")
    regions: tuple[float, float, float, float] = param(
        (1.0, 0.0, 0.0, 0.0), unit="shares of US, CN, EU, ROW",
        doc="share of the participants in each region; they choose by it among contracts on the rent of regions",
        source="judgement: one region unless a scenario asks; bills are told at rents of the United States")
    choice: VenueChoice = param(factory=VenueChoice, unit="weights", source="judgement: set by the scenario",
                                doc="how the hedge is split where several families of contracts compete")
    return_after: int = param(20, unit="business days", low=0, high=1000, source=PROTOTYPE,
                              doc="days after a default until the parent company opens a new account")

    def hedge_need(self, world: World) -> float:
        return self.side * self.exposure * world.float_lots if self.count else 0.0

    def populate(self, block: Population, world: World) -> None:
        mean = self.exposure * world.float_lots / max(block.n, 1)
        size = sizes(block, self.size_sd)
        block.usual[:] = np.maximum(whole(mean * size), 1)
        block.need[:] = block.usual
        block.liquidity[:] = 0.5 + luck(block, "liquidity")
        block.turn[:] = luck(block, "turn")
        block.error[:] = self.private_error * normal_luck(block, "error")
        block.buys_tokens[:] = luck(block, "tokens") < self.token_share
        block.remainder[:] = luck(block, "remainder")
        spread = (0.5 * GOLDEN + GOLDEN * np.arange(block.n)) % 1.0
        edges = np.cumsum(self.regions) / max(sum(self.regions), 1e-300)
        block.region[:] = np.minimum(np.searchsorted(edges, spread, side="right"), 3)
        block.capital[:] = self.endowment(block, world.price, world.tick_cents, world.months)

    def endowment(self, block: Population, price: float, tick_cents: int, months: int) -> np.ndarray:
        """int64[n] cents: what the treasury keeps in the account at a price in ticks."""
        notional = full_cover(self.hedge_most, self.horizon, months) * price * tick_cents
        return whole(self.buffer * notional * block.liquidity * block.usual)

    def wake(self, block: Population, view: View) -> None:
        keep, noise = persistence(self.error_half_life)
        block.error[:] = keep * block.error + self.private_error * noise * block.normal("error", view)
        block.away[:] = np.where(block.alive, 0, block.away + 1)
        self.choice.review(block, view)

    def needs(self, me: HedgerAgent | Population, view: View) -> np.ndarray:
        """int64[contracts] or [n, contracts]: compute needed in each delivery month, as far as it is known today."""
        return np.asarray(me.usual)[..., None] + np.zeros(len(view.rank), np.int64)

    def least_ratio(self, me: HedgerAgent | Population, view: View) -> float | np.ndarray:
        """Hedge ratio that lenders demand, a number or [contracts] or [n, contracts]; most hedgers owe nobody one."""
        return 0.0

    def lots(self, me: HedgerAgent | Population, amount: np.ndarray, view: View) -> np.ndarray:
        """int64 contracts for float64[contracts] or [n, contracts] lots of need, split where families compete."""
        return whole(amount) if view.rivals is None else split(amount, me, view)

    def window_day(self, turn: np.ndarray | float, view: View) -> np.ndarray:
        """Business days since the own window began, negative before it; it always fits into the month."""
        first = np.floor(turn * max(view.month_length - self.window + 1, 1)).astype(np.int64)
        return view.day_of_month - first

    def target_of(self, me: HedgerAgent, view: View) -> np.ndarray:
        """The working rule, month by month.

        Hedge ratio of rank j: clip(h (1 - (j - 1/2)/H) + s x, l, h), x = log(own value / price) with the sign of the
        hedger's side, l what lenders demand (mostly 0). Changed in the own window; outside it hedges are only lifted,
        where they are rich. No new hedge while equity is short.
        """
        gap, shape, needs = mispricing(view), error_shape(view, ERROR_DAYS), self.needs(me, view)
        in_window = 0 <= self.window_day(me.turn, view) < self.window
        short_of_cash = me.equity < self.headroom * me.margin or me.equity <= 0
        out, amount = np.empty(len(view.rank), np.int64), np.zeros(len(view.rank))
        least = np.broadcast_to(self.least_ratio(me, view), len(view.rank))
        for slot, rank in enumerate(view.rank):
            x = self.side * (gap[slot] + me.error * shape[slot])
            ratio = self.hedge_most * (1.0 - (rank - 0.5) / self.horizon) + self.speculation * x
            amount[slot] = (min(max(ratio, least[slot]), self.hedge_most) if rank > 0 else 0.0) * needs[slot]
        for slot, wish in enumerate(self.lots(me, amount, view)):
            held, x = self.side * me.position[slot], self.side * (gap[slot] + me.error * shape[slot])
            if not in_window:
                wish = min(wish, held) if x < -self.rich else held
            if short_of_cash:
                wish = min(wish, held)
            out[slot] = self.side * (wish if me.alive else held)
        return out

    def target(self, block: Population, view: View) -> np.ndarray:
        held = block.position if self.side > 0 else -block.position
        x = mispricing(view) + block.error[:, None] * error_shape(view, ERROR_DAYS)
        if self.side < 0:
            np.negative(x, out=x)
        taper = self.hedge_most * (1.0 - (view.rank - 0.5) / self.horizon)
        most = np.where(view.rank > 0, self.hedge_most, 0.0)
        ratio = np.minimum(np.maximum(taper + self.speculation * x, self.least_ratio(block, view)), most)
        wish = self.lots(block, ratio * self.needs(block, view), view)
        lifted = np.minimum(wish, held)
        day = self.window_day(block.turn, view)
        in_window = ((day >= 0) & (day < self.window))[:, None]
        wish = np.where(in_window, wish, np.where(x < -self.rich, lifted, held))
        short_of_cash = (block.equity < self.headroom * block.margin) | (block.equity <= 0)
        np.minimum(wish, held, out=wish, where=short_of_cash[:, None])
        np.copyto(wish, held, where=~block.alive[:, None])
        return wish if self.side > 0 else np.negative(wish, out=wish)

    def urgency(self, block: Population, view: View) -> np.ndarray:
        """Chance of taking liquidity: 0.2 on the first day of the own window, 0.8 on its last; else the usual one."""
        day = self.window_day(block.turn, view)
        rising = 0.2 + 0.6 * day / max(self.window - 1, 1)
        return np.where((day >= 0) & (day < self.window), rising, self.execution.aggressive)

    def transfers(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        self.know_month(block, view)
        accrue(block, view)
        return [*self.bills(block, view), *self.treasury(block, view, equity)]

    def know_month(self, block: Population, view: View) -> None:
        """Bring ``need`` up to date; most hedgers need the same every month."""

    def bills(self, block: Population, view: View) -> list[Transfer]:
        """What the physical business pays and earns today."""
        return pay_bills(block, view)

    def treasury(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        """At the end of a month the account is brought back to its buffer; only free cash can be swept."""
        if not last_of_month(view):
            return []
        wanted = self.endowment(block, view.index, view.tick_cents, months_listed(view))
        amount = np.maximum(wanted - equity, -np.maximum(block.cash, 0))
        return [Transfer("treasury", np.where(block.alive, amount, 0))]

    def reopen(self, block: Population, view: View, equity: np.ndarray) -> np.ndarray:
        fresh = self.endowment(block, view.index, view.tick_cents, months_listed(view))
        return np.where(~block.alive & (block.away >= self.return_after), fresh, 0)
