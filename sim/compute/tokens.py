"""Posted token prices: each lab prices a new model off its cost and then leaves the price alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sim.compute.config import ComputeConfig
from sim.streams import Streams
from sim.units import BUSINESS_DAYS

if TYPE_CHECKING:
    from sim.compute.economy import Economy


class TokenPrices:
    """Log price of each lab at fixed quality ($ per million tokens), and how an efficiency jump lowers cost."""

    def __init__(self, config: ComputeConfig, streams: Streams) -> None:
        self.config, self.streams = config.tokens, streams
        t = config.tokens
        self.trend = (math.log(config.demand.efficiency_growth) + math.log(t.hardware_growth)
                      + math.log(t.quality_growth)) / BUSINESS_DAYS
        self.log_price = np.zeros(0)

    def cost(self, economy: Economy, day: int) -> float:
        """Log cost of a million tokens of fixed quality: the world's blend of strip and spot over tokens per hour."""
        t, share = self.config, economy.region["capacity"] / economy.region["capacity"].sum()
        price = float((share * (t.strip_weight * economy.region["strip"]
                                + (1 - t.strip_weight) * economy.region["price"])).sum())
        jump = math.log(economy.world["efficiency"][0]) - economy.p.efficiency_growth * (day + 1)
        return price - math.log(t.tokens_per_hour) - self.trend * day - jump

    def per_hour(self, economy: Economy, day: int) -> float:
        """Million tokens of fixed quality that an H100-hour makes."""
        jump = math.log(economy.world["efficiency"][0]) - economy.p.efficiency_growth * (day + 1)
        return math.exp(math.log(self.config.tokens_per_hour) + self.trend * day + jump)

    def step(self, economy: Economy, day: int) -> None:
        """New models and rare repricings of one day."""
        t = self.config
        u = self.streams.uniform("compute.tokens.event", 2 * t.labs, day).reshape(2, t.labs)
        rare, common = t.changes_per_year / BUSINESS_DAYS, 1 - t.models_per_year / BUSINESS_DAYS
        if self.log_price.size and u[0].min() >= rare and u[0].max() <= common:
            return  # nobody changes a price on most days
        changed, new = u[0] < rare, u[0] > common
        if not self.log_price.size:
            self.log_price, new = np.zeros(t.labs), np.ones(t.labs, bool)
        if changed.any():
            step = np.where(u[1] < 0.5, math.log1p(t.change), math.log1p(-t.change))
            self.log_price = np.where(changed, self.log_price + step, self.log_price)
        if new.any():
            z = self.streams.normal("compute.tokens.markup", t.labs, day)
            fresh = self.cost(economy, day) + math.log(t.markup) + t.markup_sd * z
            self.log_price = np.where(new, fresh, self.log_price)

    @property
    def index(self) -> float:
        """Mean over labs, $ per million tokens."""
        return float(np.exp(self.log_price).mean()) if self.log_price.size else math.nan

    def snapshot(self) -> np.ndarray:
        return self.log_price.copy()

    def restore(self, state: np.ndarray) -> None:
        self.log_price = state.copy()
