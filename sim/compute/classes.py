"""Classes of demand as the rules use them, and who went without."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from sim.compute.config import REGIONS, ComputeConfig
from sim.compute.config_classes import CLASSES
from sim.compute.layout import CLASS, by_region
from sim.plugin import Block
from sim.units import BUSINESS_DAYS

TRAINING, LARGE, SMALL_MODELS, RESEARCH = range(len(CLASSES))
RATIONED = tuple(f"rationed_{kind}_{name.lower()}" for name in REGIONS for kind in CLASSES)
RATIONED_CLASS = tuple(f"rationed_{kind}" for kind in CLASSES)
RATIONED_REGION = tuple(f"rationed_{name.lower()}" for name in REGIONS)
DEMANDED = tuple(f"demand_{kind}" for kind in CLASSES)


def by_class(block: Block) -> np.ndarray:
    """float64[classes] from a block with one field a class."""
    return np.array([getattr(block, name) for name in CLASSES])


def _over_mean(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    mean = float((values * weight).sum())
    return values / mean if mean > 0 else np.ones_like(values)


def class_shares(config: ComputeConfig) -> np.ndarray:
    """float64[2, 4, classes]: shares of the classes in need and in spot demand of each region on day 0.

    Raises ValueError for a region in which nobody wants anything.
    """
    c = config.demand.classes
    need = np.array([by_class(getattr(c, name.lower())) for name in REGIONS])
    out = np.array([need, need * by_class(c.spot)])
    total = out.sum(axis=2, keepdims=True)
    if not (total > 0).all():
        raise ValueError("in each region some class must want compute, on contract and on the spot market")
    return out / total


def class_rows(config: ComputeConfig, p: SimpleNamespace, shares: np.ndarray, first_day: int) -> np.ndarray:
    """record[classes]: states such that the mix of day 0 is the stated one, the means over classes those of demand."""
    c, out = config.demand.classes, np.zeros(len(CLASSES), CLASS)
    where = by_region(config.supply.shares)
    where = where / where.sum()
    need, spot = (where[:, None] * shares).sum(axis=1)
    growth = np.log(by_class(c.growth))
    out["drift"] = (growth - (need * growth).sum()) / BUSINESS_DAYS
    out["elasticity"] = p.elasticity_slow * _over_mean(by_class(c.elasticity), need)
    out["fast"] = p.elasticity_fast * _over_mean(by_class(c.elasticity_fast), spot)
    out["reach"] = _over_mean(by_class(c.reach), need)
    out["rationing"] = by_class(c.rationing)
    out["growth"] = p.efficiency_growth + np.log(by_class(c.efficiency)) / BUSINESS_DAYS
    out["level"], out["efficiency"] = out["drift"] * first_day, np.exp(out["growth"] * (first_day + 1))
    return out


class DemandByClass:
    """Figures of an economy by class of demand and region."""

    config: ComputeConfig
    p: SimpleNamespace
    world: np.ndarray
    region: np.ndarray
    classes: np.ndarray
    parts: np.ndarray
    _unserved: tuple[bytes, tuple[np.ndarray, np.ndarray]] = b"", (np.zeros(0), np.zeros(0))

    def spot_demand(self) -> np.ndarray:
        """float64[2, 4, classes] H100e: wanted on the spot market today, by full contracts and by everyone else."""
        area = self.region
        rest = area["served"] + area["rationed"] - area["overflow"]
        return np.array([area["overflow"], np.maximum(rest, 0.0)])[..., None] * (self.parts * area["capacity"][:, None])

    @property
    def class_demand(self) -> np.ndarray:
        """float64[4, classes] H100e: compute wanted at today's prices, under contract and on the spot market."""
        area = self.region
        busy = self.p.committed * np.minimum(area["needed"], 1.0) * area["capacity"]
        return busy[:, None] * self.parts[0] + self.spot_demand().sum(axis=0)

    @property
    def class_tokens(self) -> np.ndarray:
        """float64[4, classes]: work wanted, in H100-equivalents at the efficiency of day 0."""
        return self.class_demand * self.classes["efficiency"]

    def unserved(self) -> tuple[np.ndarray, np.ndarray]:
        """float64[2, 4, classes] H100e: spot demand that found nothing today, and all spot demand.

        Odds to go without: a class's own `rationing`, times `rationing_committed` for full contracts, whose holders
        providers serve first. Who has lost all passes the rest on. Remembered until what it follows from changes.
        """
        key = self.region.tobytes() + self.parts.tobytes() + self.classes["rationing"].tobytes()
        if key != self._unserved[0]:
            self._unserved = key, self._share_out()
        return self._unserved[1]

    def _share_out(self) -> tuple[np.ndarray, np.ndarray]:
        """What ``unserved`` tells; read-only."""
        unmet = self.region["rationed"] * self.region["capacity"]
        wanted = np.maximum(self.spot_demand(), 1e-12)
        odds = wanted * self.classes["rationing"]
        odds[0] *= self.config.demand.rationing_committed
        lost = odds * (unmet / np.maximum(odds.sum(axis=(0, 2)), 1e-300))[:, None]
        for _ in range(6):
            if not (lost > wanted).any():
                break
            lost = np.minimum(lost, wanted)
            room = np.where(lost < wanted, odds, 0.0)
            left = unmet - lost.sum(axis=(0, 2))
            lost += room * (left / np.maximum(room.sum(axis=(0, 2)), 1e-300))[:, None]
        lost = np.minimum(lost, wanted)
        lost.flags.writeable = wanted.flags.writeable = False
        return lost, wanted

    def rationed(self) -> dict[str, float]:
        """Share of spot demand that found nothing at the posted price: by class and region, by class, by region."""
        lost, wanted = (x.sum(axis=0) for x in self.unserved())
        by_class, by_region = lost.sum(axis=0) / wanted.sum(axis=0), lost.sum(axis=1) / wanted.sum(axis=1)
        return {**dict(zip(RATIONED, (lost / wanted).ravel().tolist(), strict=True)),
                **dict(zip(RATIONED_CLASS, by_class.tolist(), strict=True)),
                **dict(zip(RATIONED_REGION, by_region.tolist(), strict=True))}

    def demand_figures(self) -> dict[str, float]:
        """Compute wanted by class, H100-equivalents in the world."""
        return dict(zip(DEMANDED, self.class_demand.sum(axis=0).tolist(), strict=True))

    @property
    def refused(self) -> float:
        """Share of the demand of researchers and small developers that found nothing today, in the world."""
        lost, wanted = (x[..., RESEARCH].sum() for x in self.unserved())
        return float(lost / wanted)

    @property
    def training_compute(self) -> float:
        """H100-equivalents at work on training."""
        return float(self.world["training"][0])

    def efficiency_jump(self, factor: float, share: float | None = None) -> None:
        """A model that needs `factor` times fewer GPU-hours per token spreads: demand is saved, then rebounds.

        share : part of demand that it reaches; the parameter `efficiency_share` if left out. Classes differ in reach
        """
        jump = math.log(factor)
        reach = np.minimum(1.0, (self.p.efficiency_share if share is None else share) * self.classes["reach"])
        self.classes["saving_target"] += reach * jump
        self.classes["rebound_target"] += reach * self.classes["elasticity"] * jump
        self.classes["efficiency"] *= factor
        self.world["efficiency"] *= factor

    def shift_models(self, share: float, ratio: float | None = None) -> None:
        """Part of the tokens of large models moves to small ones, or of small ones to large ones if negative.

        Compute of the class that is left falls; that of the other grows by what the same tokens need there. Then
        users add or drop tokens, as one costs `ratio` times less or more, by the elasticity of those who move.

        share : of the tokens of that class, between -1 and 1; ratio: compute per token of large over small models
        """
        cheaper = self.config.demand.classes.small_saving if ratio is None else ratio
        origin, goal = (LARGE, SMALL_MODELS) if share > 0 else (SMALL_MODELS, LARGE)
        if share < 0:
            cheaper = 1.0 / cheaper
        wanted = self.class_demand.sum(axis=0)
        same = abs(share) * wanted[origin] / cheaper / max(wanted[goal], 1e-300)
        moved = same * cheaper ** float(self.classes["elasticity"][origin])
        self.classes["saving_target"][origin] -= math.log(max(1e-9, 1.0 - abs(share)))
        self.classes["saving_target"][goal] -= math.log1p(same)
        self.classes["rebound_target"][goal] += math.log1p(moved) - math.log1p(same)
