"""Trend followers: they buy what has risen and sell what has fallen."""

from __future__ import annotations

import numpy as np

from sim.agents.base import Execution, View, World
from sim.agents.fund import PROTOTYPE, Fund, FundAgent
from sim.agents.reason import absurd_from, backing, capacity_of, within_reason
from sim.agents.rules import leverage_caps, lots_per_cent, luck, month_weights
from sim.plugin import param
from sim.population import Column, Population


class TrendAgent(FundAgent):
    """A fund with a memory of prices."""

    alpha = Column(np.float64, 0.05, unit="per day", doc="weight of the newest day in the trend")
    average = Column(np.float64, unit="log per day", doc="exponential mean of daily log changes", shape="contracts")
    signal = Column(np.float64, unit="share of full size", doc="today's signal, from -1 to 1", shape="contracts")
    seen = Column(np.int64, unit="ticks", doc="settlement price seen last", shape="contracts")
    seen_month = Column(np.int64, unit="absolute month", doc="which month the slot then stood for", shape="contracts")


class TrendFollower(Fund, type="trend_follower"):
    """Speculator who follows the exponential mean of price changes, saturating where it is strong.

    Source: Majewski, Ciliberti & Bouchaud 2018 (J. Econ. Dyn. Control 112:103791), tanh of a moving average.
    """

    agent = TrendAgent

    execution: Execution = param(
        factory=lambda: Execution(activity=0.3, child=0.15, aggressive=0.6, reach=0.015, offset=0.003), unit="rules",
        doc="how wishes become orders",
        source="judgement: working prototype, but patient, since 150 that hurry together make returns correlate")
    count: int = param(150, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: enough that no single one matters")
    capital: float = param(0.15, unit="multiple of the hedgers' notional", low=0, high=1000, source=PROTOTYPE,
                           doc="capital of the whole block over what hedgers would hold if they hedged in full")
    leverage_max: float = param(3.0, unit="multiple of equity", low=0, high=100, source=PROTOTYPE,
                                doc="largest exposure over equity that the rules allow")
    leverage_share: float = param(0.6, unit="share", low=0, high=1,
                                  doc="share of that limit used at full signal, at most 10", source=PROTOTYPE)
    alpha: float = param(0.05, unit="per day", above=0, high=1, doc="middle of the weights of the newest day",
                         source=PROTOTYPE)
    alpha_factor: float = param(3.0, unit="multiple", low=1, high=100,
                                source="judgement: drawn evenly in logs within this factor",
                                doc="ratio of the fastest to the slowest memory")
    gain: float = param(0.7, unit="per standard deviation", low=0, high=100,
                        doc="signal per standard deviation of the trend", source=PROTOTYPE)
    absurd: float = absurd_from("trend followers")
    capacity: float = capacity_of("trend followers")

    def populate(self, block: Population, world: World) -> None:
        super().populate(block, world)
        block.alpha[:] = np.minimum(self.alpha * self.alpha_factor ** (luck(block, "alpha") - 0.5), 1.0)

    def wake(self, block: Population, view: View) -> None:
        super().wake(block, view)
        alpha, settle = block.alpha[:, None], np.maximum(view.settle, 1)
        fresh = block.seen_month[:1] != view.month  # a slot that now stands for another month has no past; all saw it
        change = np.log(settle / np.where(fresh, settle, block.seen[:1]))
        block.average[:] = np.where(fresh, 0.0, block.average + alpha * (change - block.average))
        block.seen[:], block.seen_month[:] = settle, view.month
        sd = np.maximum(view.volatility, 1e-4) * np.sqrt(alpha / (2.0 - alpha))
        block.signal[:] = np.tanh(self.gain * block.average / sd)

    def full_size(self, view: View) -> np.ndarray:
        """float64[contracts]: contracts per cent of equity at full signal."""
        leverage = leverage_caps(view, min(self.leverage_share * self.leverage_max, 10.0))
        return leverage * month_weights(view) * lots_per_cent(view)

    def target_of(self, me: TrendAgent, view: View) -> np.ndarray:
        """q_j = w_j E/F_j min(0.6 cap, 10) tanh(g M_j / sd(M_j)); whole contracts towards zero."""
        if not me.alive:
            return me.position.copy()
        wish = (me.signal * self.full_size(view) * max(float(backing(me, self.capacity)), 0.0)).astype(np.int64)
        return within_reason(wish, view, self.absurd)

    def target(self, block: Population, view: View) -> np.ndarray:
        wish = block.signal * self.full_size(view)
        wish *= np.maximum(backing(block, self.capacity), 0)[:, None]
        wanted = within_reason(wish.astype(np.int64), view, self.absurd)
        return np.where(block.alive[:, None], wanted, block.position)
