"""Noise and retail traders: reasons of their own, the background liquidity."""

from __future__ import annotations

import numpy as np

from sim.agents.base import Execution, View
from sim.agents.fund import PROTOTYPE, Fund, FundAgent
from sim.agents.reason import absurd_from, within_reason
from sim.agents.rules import leverage_caps, lots_per_cent, month_weights, persistence, whole
from sim.plugin import param
from sim.population import Column, Population

EXPIRIES = 36  # expiries with luck of their own: as many as can be listed at once


class NoiseAgent(FundAgent):
    """A trader with moods."""

    mood = Column(np.float64, unit="standard deviations", doc="appetite for each month, returning to zero",
                  shape="contracts")
    seen_month = Column(np.int64, unit="absolute month", doc="which month the slot stood for yesterday",
                        shape="contracts")


class NoiseTrader(Fund, type="noise_trader"):
    """Uninformed trader whose positions wander around zero.

    Source: Gode & Sunder 1993 (J. Polit. Econ. 101:119) for zero intelligence within a budget; the mood is judgement.
    """

    agent = NoiseAgent
    rhythm = "day"

    execution: Execution = param(factory=lambda: Execution(activity=0.3, aggressive=0.5), unit="rules",
                                 doc="how wishes become orders", source=PROTOTYPE)
    count: int = param(150, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: enough that no single one matters")
    capital: float = param(0.05, unit="multiple of the hedgers' notional", low=0, high=1000, source=PROTOTYPE,
                           doc="capital of the whole block over what hedgers would hold if they hedged in full")
    leverage: float = param(1.0, unit="multiple of equity", low=0, high=100,
                            source="judgement: cash-rich retail accounts",
                            doc="exposure over equity at a mood of one standard deviation in every month")
    half_life: float = param(10.0, unit="business days", above=0, doc="half-life of moods",
                             source="judgement: two weeks")
    mood_most: float = param(2.5, unit="standard deviations", above=0, high=10, doc="strongest mood acted on",
                             source="judgement: rare beyond it, 1 % of days")
    absurd: float = absurd_from("noise traders")

    def wake(self, block: Population, view: View) -> None:
        super().wake(block, view)
        keep, noise = persistence(self.half_life)
        fresh = block.seen_month[:1] != view.month  # all have seen the same
        block.seen_month[:] = view.month
        # one draw for each row and expiry, wherever the expiry's slot is and however many months are listed
        draws = block.streams.normal(f"{block.label}.mood", block.n * EXPIRIES, view.day).reshape(block.n, EXPIRIES)
        block.mood[:] = np.where(fresh, 0.0, keep * block.mood) + noise * draws[:, view.month % EXPIRIES]

    def target_of(self, me: NoiseAgent, view: View) -> np.ndarray:
        """q_j = w_j E/F_j L m_j, m_j an autoregressive mood, within what margin allows; nearest whole contracts."""
        if not me.alive:
            return me.position.copy()
        caps = leverage_caps(view, self.mood_most * self.leverage)
        leverage = np.clip(me.mood * self.leverage, -caps, caps)
        per_cent = month_weights(view) * lots_per_cent(view)
        wish = whole(leverage * per_cent * max(float(me.equity), 0.0))
        return within_reason(wish, view, self.absurd)

    def target(self, block: Population, view: View) -> np.ndarray:
        caps = leverage_caps(view, self.mood_most * self.leverage)
        wish = np.clip(block.mood * self.leverage, -caps, caps)
        wish *= month_weights(view) * lots_per_cent(view)
        wish *= np.maximum(block.equity, 0)[:, None]
        wanted = within_reason(whole(wish), view, self.absurd)
        return np.where(block.alive[:, None], wanted, block.position)
