"""Fundamental speculators: they trade the gap between price and their own view of value."""

from __future__ import annotations

import numpy as np

from sim.agents.base import View, World
from sim.agents.fund import PROTOTYPE, Fund, FundAgent
from sim.agents.kernels import lean_on_value
from sim.agents.reason import backing, capacity_of
from sim.agents.rules import (
    error_shape,
    leverage_caps,
    lots_per_cent,
    luck,
    mispricing,
    month_weights,
    normal_luck,
    persistence,
    price,
)
from sim.agents.trust import reliance, trust_exponent, trust_needed
from sim.plugin import param
from sim.population import Column, Population

STATED_FOR = 24.0  # months of history for which errors are stated
MONTHS_A_DAY = 12.0 / 252.0


class FundamentalAgent(FundAgent):
    """A fund with a view of value."""

    aggression = Column(np.float64, unit="leverage per log of mispricing",
                        doc="how fast leverage grows with mispricing")
    error = Column(np.float64, unit="log", doc="own persistent error about value")
    common = Column(np.float64, unit="log", doc="the error that all of the block share")
    belief = Column(np.float64, unit="log", doc="own value over consensus, by month", shape="contracts")
    misbelief = Column(np.float64, unit="log a year", doc="error about the growth of efficiency, common to the block")
    known = Column(np.float64, unit="months", doc="price history known today")
    ratio = Column(np.float64, 1.0, unit="multiple", doc="the same as a ratio", shape="contracts")
    wish = Column(np.int64, unit="contracts", doc="positions wanted at the last look", shape="contracts")


class FundamentalSpeculator(Fund, type="fundamental_speculator"):
    """Speculator who buys below the own estimate of value and sells above, up to a leverage limit.

    Source: Thurner, Farmer & Geanakoplos 2012 (Quant. Finance 12:695) for the demand; errors are judgement.
    """

    agent = FundamentalAgent

    count: int = param(150, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: enough that no single one matters")
    leverage_max: float = param(3.0, unit="multiple of equity", low=0, high=100, doc="largest exposure over equity",
                                source="judgement: working prototype, healthy up to 3, critical at 5")
    aggression_least: float = param(20.0, unit="leverage per log", above=0, high=10_000, source=PROTOTYPE,
                                    doc="smallest aggression; drawn evenly in logs")
    aggression_most: float = param(150.0, unit="leverage per log", above=0, high=10_000, doc="largest aggression",
                                   source=PROTOTYPE)
    private_error: float = param(0.12, unit="log", low=0, high=2, doc="sd of the own error about value",
                                 source=PROTOTYPE)
    error_half_life: float = param(60.0, unit="business days", above=0, doc="half-life of the own error",
                                   source=PROTOTYPE)
    common_error: float = param(0.06, unit="log", low=0, high=2,
                                source="judgement: working prototype; 0.18 is poor understanding",
                                doc="sd of the error that all share")
    common_half_life: float = param(120.0, unit="business days", above=0, doc="half-life of the common error",
                                    source=PROTOTYPE)
    error_days: float = param(63.0, unit="business days", above=0,
                              doc="time over which errors build up along the curve", source="judgement: a quarter")

    history: float = param(24.0, unit="months", above=0, high=1200,
                           source="judgement: H100 prices are public since 2024",
                           doc="price history known at the start; errors are stated for two years of it")
    learning: float = param(0.5, unit="power", low=0, high=2,
                            source="judgement: standard error of a mean, one over the square root of what is known",
                            doc="errors fall with the history known to minus this power; 0: nothing is learnt")
    efficiency_error: float = param(0.05, unit="log a year", low=0, high=2,
                                    source="judgement: a twentieth of a growth of 1.1 logs (threefold) a year",
                                    doc="sd of the misbelief about the growth of efficiency that all share, for good")
    confidence: float = param(0.0, unit="per daily standard deviation", low=0, high=100,
                              source="judgement: 0, full confidence, as in Thurner & others; 1 with doubt 2 is that "
                                     "of Reitz & Westerhoff 2007 (J. Evol. Econ. 17:231)",
                              doc="how fast confidence grows with mispricing: share 1/(1 + e^(-c (|x|/s - doubt)))")
    doubt: float = param(2.0, unit="daily standard deviations", low=0, high=100, source="judgement: two sigma",
                         doc="mispricing at which confidence is one half")
    trust_needed: float = trust_needed("speculators")
    trust_exponent: float = trust_exponent("speculators")
    capacity: float = capacity_of("fundamental speculators")

    def caps(self, view: View) -> np.ndarray:
        """float64[contracts]: largest leverage, less on an index that is little trusted."""
        return leverage_caps(view, self.leverage_max * reliance(view, self.trust_needed, self.trust_exponent))

    def populate(self, block: Population, world: World) -> None:
        super().populate(block, world)
        span = max(self.aggression_most / self.aggression_least, 1.0)
        block.aggression[:] = self.aggression_least * span ** luck(block, "aggression")
        block.error[:] = self.private_error * normal_luck(block, "error")
        block.common[:] = self.common_error * block.streams.normal(f"{block.label}.luck.common", 1)[0]
        block.misbelief[:] = self.efficiency_error * block.streams.normal(f"{block.label}.luck.efficiency", 1)[0]
        block.known[:] = self.history

    def wake(self, block: Population, view: View) -> None:
        super().wake(block, view)
        keep, noise = persistence(self.error_half_life)
        block.error[:] = keep * block.error + self.private_error * noise * block.normal("error", view)
        keep, noise = persistence(self.common_half_life)
        shared = block.streams.normal(f"{block.label}.common", 1, view.day)[0]
        block.common[:] = keep * block.common + self.common_error * noise * shared
        block.known[:] += MONTHS_A_DAY
        left = (STATED_FOR / block.known) ** self.learning  # part of the stated error that history has not removed
        ahead = np.where(view.rank > 0, np.maximum(view.days_left - 10, 0) / 252.0, 0.0)
        errors = left * (block.error + block.common)
        np.multiply(errors[:, None], error_shape(view, self.error_days), out=block.belief)
        block.belief[:] += (left * block.misbelief)[:, None] * ahead
        np.exp(block.belief, out=block.ratio)

    def target_of(self, me: FundamentalAgent, view: View) -> np.ndarray:
        """q_j = w_j E/F_j sgn(x_j) min(cap, beta |x_j|), x_j = log(own value / price); whole contracts towards zero."""
        if not me.alive:
            return me.position.copy()
        x = mispricing(view) + me.belief
        wish = me.aggression * np.abs(x) * self.confident(np.abs(x), view)
        leverage = np.sign(x) * np.minimum(self.caps(view), wish)
        per_cent = month_weights(view) * lots_per_cent(view)
        return (leverage * per_cent * max(float(backing(me, self.capacity)), 0.0)).astype(np.int64)

    def confident(self, size: np.ndarray, view: View) -> np.ndarray | float:
        """Confidence in a mispricing of this size in logs, by month: 1 where it does not depend on it."""
        if self.confidence == 0:
            return 1.0
        sigmas = size / np.maximum(view.volatility, 1e-4)
        return np.asarray(1.0 / (1.0 + np.exp(-self.confidence * (sigmas - self.doubt))))

    def target(self, block: Population, view: View) -> np.ndarray:
        if self.confidence > 0:
            return self.cautious_target(block, view)
        lean_on_value(mispricing(view), block.belief, block.aggression, self.caps(view),
                      month_weights(view) * lots_per_cent(view), backing(block, self.capacity), block.alive,
                      block.position, block.wish)
        return block.wish

    def cautious_target(self, block: Population, view: View) -> np.ndarray:
        """int64[n, contracts]: the target of those whose confidence depends on mispricing."""
        x = mispricing(view) + block.belief
        size, caps = np.abs(x), self.caps(view)
        wish = block.aggression[:, None] * size * self.confident(size, view)
        leverage = np.sign(x) * np.minimum(caps, wish)
        leverage *= month_weights(view) * lots_per_cent(view)
        leverage *= np.maximum(backing(block, self.capacity), 0)[:, None].astype(np.float64)
        block.wish[:] = np.where(block.alive[:, None], leverage.astype(np.int64), block.position)
        return block.wish

    def reservation(self, block: Population, view: View) -> np.ndarray:
        """The own value; none where a cheap (or dear) position must shrink because equity no longer bears it.

        With a limit there, too, a fund at its leverage limit would never sell into a fall, until it is forced to.
        """
        own: np.ndarray = view.value * block.ratio
        cheap = own - price(view)
        cheap *= block.wish - block.position
        np.copyto(own, np.nan, where=cheap < 0)
        return own
