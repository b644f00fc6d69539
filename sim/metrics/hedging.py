"""Whether futures carry the price risk of those who need compute."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd

from sim.metrics.base import Figure, Metric

AHEAD = 3  # months before delivery at which the price is fixed; judgement: a quarter's budget


class Hedging(Metric, type="hedging"):
    """What is left of the cost risk of one GPU-hour whose price was fixed a quarter ahead."""

    figures: ClassVar[dict[str, Figure]] = {
        "cost_risk_unhedged": Figure("Cost risk without futures", "$ per GPU-hour", "low",
                                     "sd of a month's mean spot price around the future a quarter before"),
        "cost_risk_hedged": Figure("Cost risk with futures", "$ per GPU-hour", "low",
                                   "sd of a month's mean spot price around the final settlement"),
        "hedge_effectiveness": Figure("Hedge effectiveness", "% of variance", "high",
                                      "share of the variance of cost that a future bought a quarter before takes away"),
        "users_cover": Figure("Users' long positions against a month's need", "% of need"),
        "curve_bias": Figure("Mean of the future a quarter before less the settlement", "% of settlement", "",
                             "above 0: buyers of futures paid a premium"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From the spot price and the settlements of each month that was delivered."""
        out = cover(run.agents)
        if not len(run.contracts) or "spot_us" not in run.daily:
            return out
        months = delivered(run.daily, run.contracts)
        if len(months) < 6:
            return out
        without, with_ = months["spot"] - months["fixed"], months["spot"] - months["final"]
        out["cost_risk_unhedged"], out["cost_risk_hedged"] = float(np.std(without)), float(np.std(with_))
        if np.std(without) > 0:
            out["hedge_effectiveness"] = 100.0 * (1.0 - float(np.var(with_) / np.var(without)))
        out["curve_bias"] = 100.0 * float((months["fixed"] / months["final"] - 1.0).mean())
        return out


def delivered(daily: Any, contracts: Any) -> Any:
    """A row for each whole delivery month: mean spot price, final settlement, the future ``AHEAD`` months before."""
    month = pd.to_datetime(daily["date"]).dt.to_period("M")
    spot = daily["spot_us"].groupby(month).agg(["mean", "size"])
    month_of_day = pd.Series(month.to_numpy(), index=daily["day"])
    ends = pd.to_datetime(daily["date"]).groupby(month).last()
    ordered = contracts.sort_values("day", kind="stable").assign(
        seen=lambda c: c["day"].map(month_of_day), delivery=lambda c: pd.PeriodIndex(c["contract"], freq="M"))
    rows = []
    for delivery, own in ordered.groupby("delivery"):
        before, last = own[own["seen"] == delivery - AHEAD], own[own["seen"] == delivery]
        whole = delivery in ends.index and ends[delivery].date() >= pd.Timestamp(own["expiry"].iloc[0]).date()
        if len(before) and len(last) and whole:
            rows.append((str(delivery), float(spot.loc[delivery, "mean"]), float(last["settle"].iloc[-1]),
                         float(before["settle"].iloc[-1])))
    return pd.DataFrame(rows, columns=["month", "spot", "final", "fixed"])


def cover(agents: Any) -> dict[str, float]:
    """Users' long contracts as a share of what they need in a month, mean over the months."""
    if not len(agents) or "need_contracts" not in agents:
        return {}
    users = agents[agents["need_contracts"] > 0]
    need = float(users["need_contracts"].sum())
    return {"users_cover": 100.0 * float(users["long_contracts"].sum()) / need} if need else {}
