"""Contracts for capacity and the traded curve: what reaches spot from them, what they cost, who could hold back."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from sim.calendar import Calendar
from sim.compute.config import REGIONS, ComputeConfig
from sim.compute.indices.base import Index
from sim.compute.layout import HYPERSCALER


def concentration(provider: np.ndarray) -> np.ndarray:
    """float64[4]: Herfindahl index of the hyperscalers of each region by capacity; 0 where there are none."""
    large = provider["kind"] == HYPERSCALER
    where, size = provider["region"][large], provider["capacity"][large]
    total = np.bincount(where, size, len(REGIONS))
    return np.bincount(where, size * size, len(REGIONS)) / np.maximum(total, 1e-9) ** 2


class Contracts:
    """Term contracts of an economy: take-or-pay, sublets, prices.

    Contracted capacity is paid for whether it is used or not. What its holders do not need they sublet where spot
    pays; the rest of it stands idle, paid for.
    """

    p: SimpleNamespace
    calendar: Calendar
    config: ComputeConfig
    indices: tuple[Index, ...]
    forecast: dict[str, np.ndarray]
    index_value: dict[str, float]
    provider: np.ndarray
    region: np.ndarray
    world: np.ndarray
    day: int

    def grade_level(self, day: int) -> float:
        raise NotImplementedError

    def _read_terms(self) -> None:
        """What new contracts are priced off besides rents: the first index; and how few own hyperscale capacity."""
        first = self.indices[0] if self.indices else None
        if first is not None and first.per_unit == 100 and self.index_value[first.label] > 0:  # in $ per GPU-hour
            self.world["index_level"] = math.log(self.index_value[first.label]) - self.grade_level(self.day - 1)
        if self.calendar.day_of_month(self.day) == 0 or not self.region["concentration"].any():
            self.region["concentration"] = concentration(self.provider)

    def _read_curve(self, curve: np.ndarray | None) -> None:
        """How far the traded curve lies above yesterday's consensus over the next 12 months, by channel."""
        gap = share = 0.0
        if curve is not None and self.indices:
            belief = self.forecast[self.indices[0].label]
            if self.calendar.day_of_month(self.day) == 0:
                belief = np.append(belief[1:], belief[-1])  # yesterday's first month has expired
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = np.log(curve[1:13] / belief[1:13])
            listed = np.isfinite(ratio)
            gap = float(ratio[listed].sum()) / 12 if listed.any() else 0.0  # unlisted months count as no news
            share = float(listed.mean())
        w, c = self.world, self.config
        w["curve_share"] = c.supply.orders_follow_curve * share
        w["curve_orders"], w["curve_offers"] = c.supply.orders_follow_curve * gap, c.prices.offers_follow_curve * gap
        w["curve_demand"], w["curve_lists"] = c.demand.demand_follows_curve * gap, c.lists.lists_follow_curve * gap
        w["curve_terms"] = c.terms.terms_follow_curve * gap
        w["curve_reserves"] = c.terms.reservations_follow_curve * gap

    @property
    def term_price(self) -> np.ndarray:
        """float64[4] $/H100-equivalent hour: price of a new three-year contract, by region."""
        return np.exp(self.region["term"])

    @property
    def contract_price(self) -> np.ndarray:
        """float64[4] $/H100-equivalent hour: mean price of the contracts in force, by region."""
        return np.exp(self.region["contract"])

    @property
    def paid_idle(self) -> np.ndarray:
        """float64[4]: share of contracted capacity that is paid for and neither used nor sublet, by region."""
        area = self.region
        used = self.p.committed * np.minimum(area["needed"], 1.0) + np.minimum(area["sublet"], area["served"])
        return np.maximum(0.0, 1.0 - used / self.p.committed)

    def contract_figures(self) -> dict[str, float]:
        """World figures of contracts: price of new ones and of those in force in the United States, use of them."""
        area = self.region
        share = area["capacity"] / area["capacity"].sum()
        sublet = np.minimum(area["sublet"], area["served"]) / self.p.committed
        return {"term_price": math.exp(area["term"][0]), "contract_price": math.exp(area["contract"][0]),
                "contract_idle": float((share * self.paid_idle).sum()), "sublet_share": float((share * sublet).sum()),
                "reserved_share": float(self.world["reserved"][0]), "spare_markup": float(area["markup"][0])}
