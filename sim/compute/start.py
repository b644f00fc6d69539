"""The state in which the burn-in begins: fleets, chips on order and sites under way on a path of steady growth."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from sim.compute import deliveries
from sim.compute.chips import GENERATIONS, SUCCESSORS
from sim.compute.config import REGIONS, ComputeConfig
from sim.compute.dials import Dials
from sim.compute.layout import BUSINESS_DAYS, HYPERSCALER, PROVIDER, REGION
from sim.compute.operators import Operators
from sim.stream_kernels import fill_normal
from sim.streams import combine


def draw_markups(config: ComputeConfig, owners: Operators, key: np.uint64) -> tuple[np.ndarray, np.ndarray]:
    """float64[n] standard normal draws, and the mark-ups made of them: centred within each kind."""
    draws, one = np.empty(len(owners.kind)), np.empty(1)
    for i, own in enumerate(owners.key):
        fill_normal(np.uint64(combine(int(own), int(key))), one)
        draws[i] = one[0]
    k = config.lists
    table = ((k.hyperscaler_markup, k.hyperscaler_markup_sd), (k.data_centre_markup, k.data_centre_markup_sd),
             (k.small_markup, k.small_markup_sd))
    out = np.empty_like(draws)
    for kind, (mean, sd) in enumerate(table):
        rows = owners.kind == kind
        if rows.any():
            out[rows] = mean + sd * (draws[rows] - draws[rows].mean())
    return draws, out


def provider_rows(config: ComputeConfig, owners: Operators, shares: np.ndarray, first_day: int,
                  key: np.uint64) -> np.ndarray:
    """record[n]: one row an owner, with the capacity that leads to the stated one on day 0."""
    out = np.zeros(len(owners.kind), PROVIDER)
    out["kind"], out["region"], out["key"] = owners.kind, owners.region, owners.key
    out["capacity"] = shares * config.supply.installed_base * config.supply.growth ** (first_day / BUSINESS_DAYS)
    out["order_multiplier"] = 1.0
    out["markup"] = draw_markups(config, owners, key)[1]
    out["log_list"] = math.log(config.prices.reference) + out["markup"]
    return out


def first_fleet(config: ComputeConfig, provider: np.ndarray, chips: np.ndarray) -> np.ndarray:
    """int64[n, g]: whole GPUs whose work is each owner's capacity."""
    mixes = []
    for block in (config.chips.installed, config.chips.installed_china):
        units = np.array([0.0 if name in SUCCESSORS else getattr(block, name) for name in GENERATIONS])
        mixes.append(units / (units * chips["throughput"]).sum())
    mix = np.array([mixes[1] if r == 1 else mixes[0] for r in provider["region"]])
    return np.floor(provider["capacity"][:, None] * mix + 0.5).astype(np.int64)


def sites_under_way(config: ComputeConfig, p: SimpleNamespace, provider: np.ndarray, chips: np.ndarray,
                    first_day: int, horizon: int) -> np.ndarray:
    """int64[horizon, n, g]: GPUs delivered before the first day that still wait for their site."""
    s = config.supply
    least, most = int(p.late_least), int(p.late_most)
    growth = p.growth_supply
    rate = p.vendor_rate * np.exp(growth * (first_day - 1 - np.arange(horizon)))  # deliveries 1..horizon days ago
    due = np.zeros(horizon)
    for age, amount in enumerate(rate, start=1):
        if s.site_time - age >= 0:
            due[s.site_time - age] += (1 - s.late_share) * amount
        days = np.arange(s.site_time + least - age, s.site_time + most - age + 1)
        days = days[(days >= 0) & (days < horizon)]
        due[days] += s.late_share * amount / (most - least + 1)
    share = provider["capacity"] / provider["capacity"].sum()
    mix = deliveries.deliveries(p, chips, deliveries.licences(config), float(first_day), Dials()).mix
    units = mix[provider["region"]] / chips["throughput"]
    path = np.cumsum(due[:, None, None] * (share[:, None] * units)[None], axis=0)
    whole = np.floor(path + 0.5).astype(np.int64)
    return np.diff(whole, axis=0, prepend=np.zeros((1, *whole.shape[1:]), np.int64))


def orders_under_way(config: ComputeConfig, p: SimpleNamespace, provider: np.ndarray) -> np.ndarray:
    """float64[lead, n] H100e: orders by the day they were placed; row 0 is the oldest."""
    lead = config.supply.lead_time
    age = lead - np.arange(lead)
    return provider["capacity"][None, :] * p.order_rate * np.exp(-p.growth_supply * age)[:, None]


def region_rows(config: ComputeConfig, p: SimpleNamespace, provider: np.ndarray, weights: np.ndarray,
                log_cost: np.ndarray, first_day: int) -> np.ndarray:
    """record[4]: regions at rest at the reference price, with uncommitted demand such that the market clears there.

    On the trends of supply and demand, demand meets that reference on day 0, whatever the burn-in; the surge comes on
    top.
    """
    out = np.zeros(len(REGIONS), REGION)
    y = p.log_reference
    for name in ("price", "clearing", "strip", "list_reference", "recent", "habit"):
        out[name] = y
    out["term"] = out["contract"] = y - p.term_discount
    for r in range(len(REGIONS)):
        here = provider["region"] == r
        capacity = provider["capacity"][here].sum()
        area = out[r]
        area["capacity"] = capacity
        area["base_demand"] = math.log(capacity) - first_day * (p.growth_supply - p.growth_demand / BUSINESS_DAYS)
        area["delivery_share"] = capacity / provider["capacity"].sum()
        area["hyperscaler_share"] = provider["capacity"][here & (provider["kind"] == HYPERSCALER)].sum() / capacity
        room = (1 - p.need) / p.need_smoothness
        slack = p.need_smoothness * (room if room > 40.0 else math.log1p(math.exp(room)))
        floats = weights[r] / (1 + np.exp(-(y - log_cost[r]) / p.merit_width))
        k = config.prices
        supply = ((1 - k.committed_share) * (1 - k.vacancy) * floats.sum()
                  + k.committed_share * (slack * k.sublet_share + k.displaced * min(p.need, 1.0) * k.displaced_share)
                  + k.spare * area["hyperscaler_share"] * k.spare_share)
        overflow = k.committed_share * max(0.0, slack - 1 + p.need)
        area["reference_demand"] = max(0.01 * supply, supply - overflow)  # full contracts may want more than there is
    return out

