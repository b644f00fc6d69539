"""Generations of chips as others read them: price, use, fleet, mark-up over own cost, resale value."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from sim.compute.chips import GENERATIONS
from sim.compute.config import REGIONS, ComputeConfig
from sim.compute.dials import Dials
from sim.compute.layout import MONTH_DAYS, MONTHS
from sim.units import BUSINESS_DAYS

HOURS_PER_MONTH = 730
TABLE = ("price", "utilisation", "fleet")  # what is kept of each generation and region at the end of a month


class Generations:
    """Figures of an economy by region and generation of chips, made from its state."""

    config: ComputeConfig
    p: SimpleNamespace
    dials: Dials
    chips: np.ndarray
    world: np.ndarray
    region: np.ndarray
    provider: np.ndarray
    fleet: np.ndarray
    level: np.ndarray
    outlook: np.ndarray
    power_price: np.ndarray
    day: int
    _weights: np.ndarray
    _runs: np.ndarray

    @property
    def generation_price(self) -> np.ndarray:
        """float64[4, g] $/GPU-hour: what an hour of each generation fetches on the spot market of each region."""
        y = self.region["price"][:, None] + self.level + self.world["grade"][0] * self.chips["old"]
        return self.chips["throughput"] * np.exp(y)

    @property
    def generation_fleet(self) -> np.ndarray:
        """int64[4, g]: GPUs whose site is ready."""
        out = np.zeros((len(REGIONS), len(GENERATIONS)), np.int64)
        np.add.at(out, self.provider["region"], self.fleet)
        return out

    @property
    def generation_utilisation(self) -> np.ndarray:
        """float64[4, g]: share that works; contracts use all generations alike, the float those that pay."""
        p = self.p
        use = p.committed + (1 - p.committed) * self._runs
        use *= (self.region["used"] / (self._weights * use).sum(axis=1))[:, None]
        return np.minimum(1.0, use)

    @property
    def generation_idle(self) -> np.ndarray:
        """int64[4, g]: GPUs that stand still because their price does not cover their avoidable cost."""
        return np.floor(self.generation_fleet * (1 - self.p.committed) * (1 - self._runs)).astype(np.int64)

    @property
    def owning_cost(self) -> np.ndarray:
        """float64[g] $/GPU-hour: full cost of owning a new GPU."""
        return np.array([getattr(self.config.chips.own_cost, name) for name in GENERATIONS])

    def expected_rent(self, months: int = MONTHS) -> np.ndarray:
        """float64[4, g, months] $/GPU-hour by month ahead.

        Rents follow the outlook, and after its end fall as later generations make work cheaper; every chip ages, and
        the premium of a new generation fades as its fleet catches up with its deliveries.
        """
        p, ahead = self.p, MONTH_DAYS * (np.arange(months) + 0.5)
        path = np.empty((len(REGIONS), months))
        near = min(months, MONTHS)
        path[:, :near] = self.outlook[:, :near]
        cheaper = self.config.chips.demand.cheapening / 12
        path[:, near:] = self.outlook[:, -1:] - cheaper * np.arange(1, months - near + 1)
        fading = p.shock_decay ** ahead
        level = np.minimum(self.level, 0.0)[..., None] + np.maximum(self.level, 0.0)[..., None] * fading
        level = level - p.obsolescence * ahead
        return self.chips["throughput"][:, None] * np.exp(path[:, None, :] + level)

    @property
    def generation_markup(self) -> np.ndarray:
        """float64[4, g]: rent of a three-year contract over the cost of owning."""
        return self.term_rent() / self.owning_cost

    def term_rent(self, months: int = MONTHS) -> np.ndarray:
        """float64[4, g] $/GPU-hour: what owners can sell the next `months` for."""
        return self.expected_rent(months).mean(axis=2) * np.exp(-self.config.chips.demand.term_discount)

    @property
    def resale_value(self) -> np.ndarray:
        """float64[4, g] $/GPU: rent expected in the years that are left, less the cost of a site, discounted.

        A generation has at least a year left, and an owner switches off what does not earn its avoidable cost.
        """
        c, p = self.config.chips.demand, self.p
        months = max(1, round(12 * c.life))
        rent = self.expected_rent(months) * self.region["used"][:, None, None] * np.exp(-c.term_discount)
        dearer = self.chips["power"] * p.pue * (self.power_price * (self.dials.power_mult - 1.0))[:, None]
        margin = np.maximum(0.0, rent - (c.site_share * self.owning_cost + dearer)[..., None])
        years = (np.arange(months) + 0.5) / 12
        launch = np.array([getattr(self.config.chips.launch, name) for name in GENERATIONS])
        left = np.clip(c.life - launch - max(0, self.day) / BUSINESS_DAYS, 1.0, c.life)
        margin *= np.clip(0.5 + 12 * (left[:, None] - years), 0.0, 1.0)
        stays = np.exp(-(c.discount + self.chips["retirement"] * BUSINESS_DAYS)[:, None] * years)
        return HOURS_PER_MONTH * (margin * stays).sum(axis=2)
