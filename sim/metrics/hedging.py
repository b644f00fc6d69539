"""Whether futures carry the price risk of those who need compute."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

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
    """A row for each delivery month: mean spot price of the chip, final settlement, the future ``AHEAD`` before."""
    import pandas as pd  # half a second that a run's start does not need

    dates = pd.to_datetime(daily["date"])
    month = dates.dt.strftime("%Y-%m")
    paid = daily["spot_h100_us"] if "spot_h100_us" in daily else daily["spot_us"]
    spot, ends = paid.groupby(month).mean(), dates.groupby(month).max()
    seen = contracts["day"].map(dict(zip(daily["day"], month, strict=True)))
    last = contracts.assign(seen=seen).sort_values("day", kind="stable").groupby(["contract", "seen"]).last()
    rows = []
    for delivery, end in ends.items():
        before = str(pd.Period(delivery, "M") - AHEAD)
        known = (delivery, before) in last.index and (delivery, delivery) in last.index
        if known and end >= pd.Timestamp(last.loc[(delivery, delivery), "expiry"]):
            rows.append((delivery, float(spot[delivery]), float(last.loc[(delivery, delivery), "settle"]),
                         float(last.loc[(delivery, before), "settle"])))
    return pd.DataFrame(rows, columns=["month", "spot", "final", "fixed"])


def cover(agents: Any) -> dict[str, float]:
    """Users' long contracts as a share of what they need in a month, mean over the months."""
    if not len(agents) or "need_contracts" not in agents:
        return {}
    users = agents[agents["need_contracts"] > 0]
    need = float(users["need_contracts"].sum())
    return {"users_cover": 100.0 * float(users["long_contracts"].sum()) / need} if need else {}
