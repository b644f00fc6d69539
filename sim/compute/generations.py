"""Generations of chips as others read them: price, use, fleet, mark-up over own cost, resale value."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from sim.compute.chips import GENERATIONS
from sim.compute.config import REGIONS, ComputeConfig
from sim.compute.dials import Dials
from sim.compute.layout import MONTH_DAYS, MONTHS
from sim.compute.supply_kernels import EXPORTED, IDLE, MADE, QUEUED, RUNNING
from sim.units import BUSINESS_DAYS

HOURS_PER_MONTH = 730
BOOK = ("made", "running", "idle", "queued", "retired", "exported")
TABLE = ("price", "utilisation", "fleet", "output")  # what is kept of each generation and region at the end of a month


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
    idle: np.ndarray
    received: np.ndarray
    waiting: np.ndarray
    gpus: np.ndarray
    _cost_of_work: np.ndarray
    _weights: np.ndarray
    _runs: np.ndarray

    @staticmethod
    def rows_of(names: tuple[str, ...]) -> list[int]:
        """Columns of some generations, each once. Raises ValueError for an unknown name."""
        return sorted({GENERATIONS.index(name) for name in names})

    def _by_region(self, gpus: np.ndarray) -> np.ndarray:
        """int64[4, g]: GPUs of owners (int64[n, g]) added up by region."""
        out = np.zeros((len(REGIONS), len(GENERATIONS)), np.int64)
        np.add.at(out, self.provider["region"], gpus)
        return out

    def _dark(self) -> np.ndarray:
        """float64[4]: of GPUs that do not cover their cost, the share whose work nobody needs; others work first."""
        losing = (self._weights * (1.0 - self._runs)).sum(axis=1)
        out: np.ndarray = np.minimum(1.0, np.maximum(0.0, 1.0 - self.region["used"]) / np.maximum(losing, 1e-12))
        return out

    def _first_book(self) -> np.ndarray:
        """int64[6, 4, g]: the book of GPUs at the start, when all that was ever made runs or waits for a site."""
        book = np.zeros((6, len(REGIONS), len(GENERATIONS)), np.int64)
        book[MADE], book[RUNNING] = self._by_region(self.received), self._by_region(self.fleet)
        book[QUEUED] = self._by_region(self.waiting.sum(axis=0))
        return book

    def check(self) -> None:
        """Raise AssertionError unless made = running + idle + queued + retired + exported, by region and generation."""
        gpus = self.gpus
        if not (gpus[MADE] == gpus[RUNNING:].sum(axis=0)).all() or gpus[:EXPORTED].min() < 0:
            raise AssertionError(f"GPUs are lost or found on day {self.day}: {gpus.sum(axis=(1, 2)).tolist()}")

    def gpu_book(self) -> dict[str, np.ndarray]:
        """int64[4, g] each, by region and generation; smuggled GPUs leave the region they were sold to.

        made: the first fleet and all deliveries; running; idle: switched off as they do not pay or must not run;
        queued: waiting for a site; retired; exported: net of what came in.
        """
        return {name: self.gpus[line] for line, name in enumerate(BOOK)}

    @property
    def generation_price(self) -> np.ndarray:
        """float64[4, g] $/GPU-hour: what an hour of each generation fetches on the spot market of each region."""
        y = self.region["price"][:, None] + self.level + self.world["grade"][0] * self.chips["old"]
        return self.chips["throughput"] * np.exp(y)

    @property
    def generation_fleet(self) -> np.ndarray:
        """int64[4, g]: GPUs whose site is ready."""
        return self._by_region(self.fleet)

    @property
    def generation_output(self) -> np.ndarray:
        """int64[4, g]: GPUs ever delivered to each region, the first fleet included."""
        made: np.ndarray = self.gpus[MADE] - self.gpus[EXPORTED]
        return made

    @property
    def generation_utilisation(self) -> np.ndarray:
        """float64[4, g]: share that works; contracts use all generations alike, the float those that pay."""
        p = self.p
        use = p.committed + (1 - p.committed) * self._runs
        use *= (self.region["used"] / (self._weights * use).sum(axis=1))[:, None]
        return np.minimum(1.0, use)

    @property
    def generation_idle(self) -> np.ndarray:
        """int64[4, g]: GPUs that stand still: their price does not cover their avoidable cost, or they must not run."""
        idle: np.ndarray = self.gpus[IDLE]
        return idle

    @property
    def owning_cost(self) -> np.ndarray:
        """float64[g] $/GPU-hour: full cost of owning a new GPU."""
        cost: np.ndarray = self.chips["own_cost"]
        return cost

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
        """float64[4, g] $/GPU: rent left to earn, and no more than a new one costs less wear.

        Rent less the cost of a site, discounted, for what is left of the life of GPUs bought evenly since the launch;
        an owner switches off what does not earn its avoidable cost. A new one costs what its owner charges for capital
        over its life: more in China, by the fee or what smugglers take, and where the vendor's output is missing. Who
        buys while sites are late loses what is earned until one is ready.
        """
        c, p = self.config.chips.demand, self.p
        months = max(1, round(12 * c.life))
        rent = self.expected_rent(months) * self.region["used"][:, None, None] * np.exp(-c.term_discount)
        dearer = self.chips["power"] * p.pue * (self.power_price * (self.dials.power_mult - 1.0))[:, None]
        site = c.site_share * self.owning_cost
        margin = np.maximum(0.0, rent - (site + dearer)[..., None])
        years = (np.arange(months) + 0.5) / 12
        age = np.maximum(0.0, self.chips["launch"] + max(0, self.day) / BUSINESS_DAYS)
        left = np.clip(c.life - age / 2, 1.0, c.life)
        margin *= np.clip(0.5 + 12 * (left[:, None] - years), 0.0, 1.0)
        stays = np.exp(-(c.discount + self.chips["retirement"] * BUSINESS_DAYS)[:, None] * years)
        new = (self._cost_of_work * self.chips["throughput"] - site) * stays.sum(axis=1)
        new *= np.exp(-p.obsolescence * BUSINESS_DAYS * age) / min(1.0, max(self.dials.supply_mult, 1e-9))
        earned = (margin * stays).sum(axis=2)
        out: np.ndarray = HOURS_PER_MONTH * np.minimum(earned, new)
        missing = max(0.0, 1.0 - self.dials.site_mult)
        if missing > 0:
            early = (margin * stays)[:, :, years < (p.late_least + p.late_most) / 2 / BUSINESS_DAYS].sum(axis=2)
            out *= 1.0 - missing * early / np.maximum(earned, 1e-300)
        return out
