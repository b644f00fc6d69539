"""How far prices stand from what is expected of them, and how much of the market has nothing to hedge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from sim.metrics.base import Figure, Metric
from sim.metrics.explosiveness import critical_value, highest_statistic
from sim.metrics.statistics import mean

USERS = "users"
PHYSICAL = (USERS, "suppliers")  # sectors that have compute to buy or to sell
FRONT = 1  # the month that is being averaged is left out: its price is mostly known
WEEK = 5  # business days; judgement: a daily series would be mostly noise of the tick, and five times as long
LEAST_WEEKS = 50  # the shortest series for which critical values are kept


class Bubble(Metric, type="bubble"):
    """Mispricing against the consensus forecast, a test for bubbles, air in open interest, who trades, failed margin.

    The consensus is formed with the model's own parameters from what is public, so a price away from it is
    a premium for risk, a private belief or a bubble; a premium is small and steady, a bubble is neither.
    """

    figures: ClassVar[dict[str, Figure]] = {
        "mispricing": Figure("Price of futures over what the index is expected to average, mean", "%"),
        "mispricing_sd": Figure("Price of futures against expectation, standard deviation", "%", "low"),
        "mispricing_worst": Figure("Price of futures against expectation, largest gap", "%", "low"),
        "air_ratio": Figure("Hours held without physical exposure over physical hours due", "ratio", "low",
                            "at months' ends: half of what is long and short with those who neither use nor make "
                            "compute, over what users need in the same delivery months; 0: only hedgers hold futures"),
        "others_over_hedgers": Figure("Open interest of those without compute to buy or sell over that of those with",
                                      "ratio", "", "rises, too, when hedgers leave"),
        "gsadf": Figure("Bubble test of futures over what the index is expected to average", "statistic", "low",
                        "GSADF of the curve's mean gap in logs, week by week; Phillips, Shi & Yu 2015 (International "
                        "Economic Review 56:1043); -1 to 1 is usual without a bubble"),
        "gsadf_critical": Figure("Bubble test, what 5 % of random walks of that length exceed", "statistic", "",
                                 "simulated by `sim.metrics.gsadf_critical_values`"),
        "gsadf_rejects": Figure("Bubble test, histories with a stretch of explosive mispricing", "% of histories",
                                "low", "100 or 0 for one history; 5 % is what chance gives"),
        "traded_by": Figure("Share of contracts traded by", "% of volume"),
        "uncovered": Figure("Days on which a month moved by more than its margin", "% of days and months", "low",
                            "what a margin for one day should keep under one minus its confidence"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From contracts at settlement, and the day's positions and trades by sector."""
        out: dict[str, float] = {}
        if len(run.contracts) and "expected" in run.contracts:
            gap = mispricing(run.contracts)
            if len(gap):
                out = {"mispricing": 100.0 * mean(gap), "mispricing_sd": 100.0 * float(np.std(gap)),
                       "mispricing_worst": 100.0 * float(np.max(np.abs(gap)))}
            out |= {"uncovered": 100.0 * uncovered(run.contracts)} | explosive(weekly_gap(run.contracts))
            if not any(name.startswith("open_") and name.endswith("_cents") for name in run.daily):
                out |= air_ratio(run.agents, run.contracts, run.sectors)  # several families: lots of unequal size
        return out | by_motive(run.daily)


def mispricing(contracts: Any) -> np.ndarray:
    """float64[k]: log settlement over expectation for each day and month, the month being averaged left out."""
    ahead = contracts.groupby("day")["expiry"].rank(method="dense")
    later = contracts[ahead > FRONT]
    settle, expected = later["settle"].to_numpy(), later["expected"].to_numpy()
    known = (settle > 0) & (expected > 0)
    return np.log(settle[known] / expected[known])


def weekly_gap(contracts: Any) -> np.ndarray:
    """float64[weeks]: mean log settlement over expectation of the months ahead, every fifth day, the last included."""
    ordered = contracts.sort_values(["day", "expiry"], kind="stable")
    first = ~ordered["day"].duplicated().to_numpy()
    settle, expected = ordered["settle"].to_numpy(), ordered["expected"].to_numpy()
    known = (settle > 0) & (expected > 0) & ~first  # the first of a day is the month that is being averaged
    day = np.cumsum(first) - 1
    gap = np.log(np.where(known, settle, 1.0) / np.where(known, expected, 1.0))
    count = np.bincount(day[known], minlength=int(first.sum()))
    total = np.bincount(day[known], gap[known], minlength=int(first.sum()))
    daily = total[count > 0] / count[count > 0]
    return daily[::-WEEK][::-1]


def explosive(gap: np.ndarray) -> dict[str, float]:
    """The bubble test of float64[weeks] and what random walks of that length seldom exceed; nothing if too short."""
    if len(gap) < LEAST_WEEKS or np.ptp(gap) == 0:
        return {}
    statistic, critical = highest_statistic(gap), critical_value(len(gap))
    return {"gsadf": statistic, "gsadf_critical": critical, "gsadf_rejects": 100.0 * float(statistic > critical)}


def air_ratio(agents: Any, contracts: Any, sectors: Mapping[str, str]) -> dict[str, float]:
    """Hours that those without compute to buy or to sell hold, over hours that users need in the same months.

    Each contract has two sides, so half of long and short counts. At a month's end all listed months but the one that
    ends lie wholly ahead; what users need in them is what they needed in this one. Both sums run over the months'
    ends at which anything is listed. sectors : label of a block -> sector; labels that are missing have no compute.
    """
    if not len(agents) or not sectors:
        return {}
    ends = agents[["day", "month"]].drop_duplicates()
    days, months = contracts["day"].to_numpy(), contracts["contract"].to_numpy().astype(str)
    ahead = {day: int(np.sum(months[days == day] > str(month))) for day, month in ends.itertuples(index=False)}
    sector, left = agents["agent_type"].map(sectors), agents["day"].map(ahead)
    held = (agents["long_contracts"] + agents["short_contracts"])[~sector.isin(PHYSICAL) & (left > 0)].sum() / 2
    due = (agents["need_contracts"] * left)[sector == USERS].sum()
    return {"air_ratio": float(held / due)} if due > 0 else {}


def uncovered(contracts: Any) -> float:
    """Share of days and months on which the settlement moved by more than yesterday's margin rate, either way."""
    settle = contracts.pivot_table(index="day", columns="expiry", values="settle", sort=True).to_numpy()
    rate = contracts.pivot_table(index="day", columns="expiry", values="im_rate", sort=True).to_numpy()
    if len(settle) < 2 or rate.shape != settle.shape:
        return float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):
        move = np.abs(settle[1:] / settle[:-1] - 1.0)
    known = np.isfinite(move) & np.isfinite(rate[:-1])
    return float(np.mean(move[known] > rate[:-1][known])) if known.any() else float("nan")


def by_motive(daily: Any) -> dict[str, float]:
    """Others' open interest over hedgers' and sectors' shares of volume, from the columns ``held_`` and ``traded_``."""
    held = {name.removeprefix("held_"): float(daily[name].sum()) for name in daily if name.startswith("held_")}
    traded = {name.removeprefix("traded_"): float(daily[name].sum()) for name in daily if name.startswith("traded_")}
    physical = sum(held.get(name, 0.0) for name in PHYSICAL)
    out = {"others_over_hedgers": sum(held.values()) / physical - 1.0} if physical > 0 else {}
    total = sum(traded.values())
    if total > 0:
        out |= {f"traded_by_{name}": 100.0 * value / total for name, value in traded.items()}
    return out
