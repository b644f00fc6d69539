"""What others read of the compute economy: figures made from its state."""

from __future__ import annotations

import math

import numpy as np

from sim.compute.chips import GENERATIONS, SUCCESSORS
from sim.compute.classes import DemandByClass
from sim.compute.config import REGIONS
from sim.compute.contracts import Contracts
from sim.compute.generations import Generations
from sim.compute.layout import DATA_CENTRE, HYPERSCALER
from sim.compute.tokens import TokenPrices

KNOWN = [g for g, name in enumerate(GENERATIONS) if name not in SUCCESSORS]
GPU_PRICES = tuple(f"gpu_price_{GENERATIONS[g]}" for g in KNOWN)  # in the United States


def median(values: np.ndarray) -> float:
    """Middle of float64[n], n > 0; the mean of the two in the middle where n is even."""
    order = np.sort(values)
    return float(order[(len(order) - 1) // 2] + order[len(order) // 2]) / 2.0


class Readings(Generations, DemandByClass, Contracts):
    """Read-only figures of an economy; the state itself lies in the arrays named here."""

    tokens: TokenPrices
    index_value: dict[str, float]
    trust: dict[str, float]
    day: int
    _future: np.ndarray
    _log_cost: np.ndarray
    _first_float: float

    def grade_level(self, day: int) -> float:
        """Log of an H100-hour over an H100-equivalent hour."""
        w = self.world
        return w["grade"].item() - self.p.obsolescence * day - w["aged"].item() - w["crowding"].item()

    @property
    def spot(self) -> np.ndarray:
        """float64[4] $/H100-equivalent hour: transaction price by region."""
        return np.exp(self.region["price"])

    @property
    def chip_spot(self) -> float:
        """$ for an hour of the H100 that contracts are on, in the United States."""
        return float(self.spot[0]) * math.exp(self.grade_level(self.day))

    @property
    def lists(self) -> np.ndarray:
        """float64[n] $/GPU-hour: list price of an H100-hour by owner."""
        return np.exp(self.provider["log_list"])

    @property
    def capacity(self) -> np.ndarray:
        """float64[n] H100-equivalents running, by owner."""
        return self.provider["capacity"]

    @property
    def capacity_total(self) -> float:
        """H100-equivalents running in the world."""
        return float(self.world["capacity"][0])

    @property
    def utilisation(self) -> float:
        """Share of capacity that works."""
        return float(self.world["utilisation"][0])

    @property
    def idle_share(self) -> float:
        """Share of capacity that does not work."""
        return float(self.world["idle"][0])

    @property
    def rationed_share(self) -> float:
        """Share of demand for uncommitted capacity that finds none at the posted transaction price."""
        return float(self.world["rationed"][0])

    @property
    def stockout_share(self) -> float:
        """Share of providers sold out at their list price."""
        return float(self.world["stockout"][0])

    @property
    def served(self) -> np.ndarray:
        """float64[4] H100-equivalents served on the spot market, by region."""
        return self.region["served"] * self.region["capacity"]

    @property
    def demand_growth_belief(self) -> float:
        """Log per year: growth of demand over the next year that the public expects."""
        p = self.p
        fading = (1 - p.growth_decay ** 252) / (-math.log(p.growth_decay) * 252)
        return float(self.world["growth_anchor"][0] + self.world["growth_belief"][0] * fading)

    @property
    def pipeline(self) -> np.ndarray:
        """float64[36] H100-equivalents expected to be energised by month ahead."""
        return self._future.sum(axis=0)

    @property
    def pace_of_ai(self) -> float:
        """Training compute used since day 0 times efficiency, in H100-equivalent years at the efficiency of day 0."""
        return float(self.world["pace"][0])

    @property
    def token_price(self) -> float:
        """$ per million tokens of fixed quality, mean over labs."""
        return self.tokens.index * self.dials.token_mult

    @property
    def float_growth(self) -> float:
        """Capacity offered without a contract today over what it was on day 0 (or when the run began)."""
        return self.float_capacity / self._first_float

    @property
    def float_capacity(self) -> float:
        """H100-equivalents that are not under contract, in the world."""
        return self.capacity_total * (1 - self.p.committed)

    @property
    def list_dispersion(self) -> float:
        """Standard deviation of log list prices."""
        return float(self.provider["log_list"].std())

    @property
    def list_ratio(self) -> float:
        """Median hyperscaler list over median data-centre list; nan without either."""
        groups = [self.provider["log_list"][self.provider["kind"] == k] for k in (HYPERSCALER, DATA_CENTRE)]
        return math.exp(median(groups[0]) - median(groups[1])) if all(g.size for g in groups) else math.nan

    def generation_sheet(self) -> dict[str, np.ndarray]:
        """Columns of one row for each region and generation: prices ($/GPU-hour, $/GPU), use, and where GPUs are."""
        regions, kinds = len(REGIONS), len(GENERATIONS)
        flat = {"price": self.generation_price, "term_rent": self.term_rent(), "resale_value": self.resale_value,
                "utilisation": self.generation_utilisation, "gpus": self.generation_fleet,
                "output": self.generation_output, "work": self.chips["throughput"],  # H100s that do as much
                "avoidable_cost": self.chips["throughput"] * np.exp(self._log_cost), **self.gpu_book()}
        return {"region": np.repeat(np.array(REGIONS, object), kinds),
                "generation": np.tile(np.array(GENERATIONS, object), regions),
                **{name: np.broadcast_to(column, (regions, kinds)).ravel() for name, column in flat.items()}}

    def record(self) -> dict[str, float]:
        """The figures of the day that results keep."""
        spot = self.spot
        out = {f"spot_{name.lower()}": float(spot[r]) for r, name in enumerate(REGIONS)}
        out |= {f"index_{label}": value for label, value in self.index_value.items()}
        out |= {f"trust_{label}": value for label, value in self.trust.items()}
        return out | {
            "utilisation": self.utilisation, "rationed_share": self.rationed_share, "idle_share": self.idle_share,
            "stockout_share": self.stockout_share, "capacity_h100e": self.capacity_total,
            "demand_h100e": float(self.world["demand"][0]), "orders_placed": float(self.world["orders"][0]),
            "energised_h100e": float(self.world["energised"][0]),
            "list_median": math.exp(median(self.provider["log_list"])),
            "list_dispersion": self.list_dispersion, "list_ratio": self.list_ratio, "token_price": self.token_price,
            "pace_of_ai": self.pace_of_ai, "demand_growth_belief": self.demand_growth_belief,
            "float_growth": self.float_growth, "training_h100e": self.training_compute, **self.rationed(),
            **self.demand_figures(), **self.contract_figures(),
            **dict(zip(GPU_PRICES, self.generation_price[0, KNOWN].tolist(), strict=True)),
        }
