"""Families of contracts that compete: who wins, whether prices hold together, and whom each protects."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from sim.metrics.base import Figure, Metric

AHEAD = 3  # months before delivery at which a hedge is placed; judgement: a quarter's budget
LEAST = 6  # delivered months below which variances say nothing
END = 21  # days at the end over which shares are averaged
COSTS = {"hours": "spot_h100_us", "tokens": "token_price"}


class Venues(Metric, type="venues"):
    """What becomes of several families of contracts in one market; nothing where there is only one."""

    every_family: ClassVar[bool] = True
    figures: ClassVar[dict[str, Figure]] = {
        "venue_share": Figure("Share in open positions at the end", "% of cents open", "",
                              "mean of the last 21 days, each family's contracts at their settlement"),
        "venue_gap": Figure("Spread between two families off its fair value", "% of price", "low",
                            "mean distance of log price over expected settlement in the same month"),
        "effectiveness_hours": Figure("Hedge of hours", "% of variance", "high",
                                      "variance of the three-month change of the price of an H100-hour that futures "
                                      "of equal money take away; below 0 they add"),
        "effectiveness_tokens": Figure("Hedge of tokens", "% of variance", "high",
                                       "the same for the posted price of a million tokens"),
        "effectiveness_cn": Figure("Hedge of hours in China", "% of variance", "high",
                                   "the same for an H100-hour in China, where an index of its rents is published"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From the columns ``open_<family>_cents`` and the settlements of each month that was delivered."""
        labels = [name.removeprefix("open_").removesuffix("_cents") for name in run.daily
                  if name.startswith("open_") and name.endswith("_cents")]
        if len(labels) < 2 or not len(run.contracts):
            return {}
        open_ = run.daily[[f"open_{label}_cents" for label in labels]].tail(END).mean()
        out = {f"venue_share_{label}": 100.0 * float(value) / max(float(open_.sum()), 1.0)
               for label, value in zip(labels, open_, strict=True)}
        parts = run.contracts["contract"].str.rsplit(" ", n=1)
        table = run.contracts.assign(family=parts.str[0], month=parts.str[1])
        out |= gaps(table, labels)
        daily, costs = run.daily, COSTS
        if "index_regional_cn" in daily and "spot_cn" in daily:
            daily = daily.assign(spot_h100_cn=daily["spot_cn"] * daily["spot_h100_us"] / daily["spot_us"])
            costs = COSTS | {"cn": "spot_h100_cn"}
        for user, column in costs.items():
            if column in daily and bool((daily[column] > 0).all()):
                for label in labels:
                    out[f"effectiveness_{user}_{label}"] = effectiveness(
                        daily, table[table["family"] == label], column)
        return out


def gaps(table: Any, labels: list[str]) -> dict[str, float]:
    """Mean distance of the first family's log price over expectation from that of each other."""
    richness = np.log(table["settle"] / table["expected"])
    wide = table.assign(rich=richness).pivot_table(index=["day", "month"], columns="family", values="rich")
    return {f"venue_gap_{label}": 100.0 * float((wide[label] - wide[labels[0]]).abs().mean())
            for label in labels[1:] if label in wide and labels[0] in wide}


def effectiveness(daily: Any, contracts: Any, column: str) -> float:
    """% of variance that futures bought ``AHEAD`` months before take from the change of a cost since then; or nan."""
    import pandas as pd  # half a second that a run's start does not need

    month = pd.to_datetime(daily["date"]).dt.strftime("%Y-%m")
    cost = np.log(daily[column].groupby(month).mean())
    seen = contracts["day"].map(dict(zip(daily["day"], month, strict=True)))
    last = contracts.assign(seen=seen).sort_values("day", kind="stable").groupby(["month", "seen"])["settle"].last()
    rows = []
    for delivery in cost.index[AHEAD:]:
        before = str(pd.Period(delivery, "M") - AHEAD)
        if (delivery, before) in last.index and (delivery, delivery) in last.index and before in cost.index:
            gain = np.log(last[(delivery, delivery)] / last[(delivery, before)])
            rows.append((float(cost[delivery] - cost[before]), float(gain)))
    if len(rows) < LEAST:
        return float("nan")
    moved, gain = np.array(rows).T
    return 100.0 * (1.0 - float(np.var(moved - gain)) / max(float(np.var(moved)), 1e-300))
