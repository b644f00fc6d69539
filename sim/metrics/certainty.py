"""Certainty sold: what tranches, margin and funds' value at risk promised, and what came."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from sim.jit import normal_quantile
from sim.metrics.base import Figure, Metric
from sim.plugin import param

DAYS = 252
TRANCHES = ("senior", "mezzanine", "equity")


class Certainty(Metric, type="certainty"):
    """Believed against realised: losses of tranches, days beyond margin, days beyond value at risk."""

    confidence: float = param(0.99, unit="share of days", above=0.5, below=1,
                              doc="what margin, and a fund's value at risk, claim to be enough for",
                              source="Regulation 648/2012 (EMIR), RTS 153/2013 Art. 24: 99 % for listed derivatives")
    half_life: float = param(20.0, unit="business days", above=0, high=2520,
                             doc="of what funds remember of squared changes when they judge their risk",
                             source="J.P. Morgan RiskMetrics 1996: weights of 0.94 to 0.97, 11 to 23 days")
    least_risk: float = param(0.02, unit="a year", above=0, high=10, doc="risk below which no fund thinks itself",
                              source="judgement: that of leveraged funds")
    warming: int = param(60, unit="days", low=1, high=2520, source="judgement: three half-lives",
                         doc="of prices that are seen before value at risk is believed")

    figures: ClassVar[dict[str, Figure]] = {
        "tranche_believed": Figure("Loss of tranches believed when they were sold", "% of what was sold"),
        "tranche_realised": Figure("Loss of tranches so far", "% of what was sold", "low"),
        "margin_exceeded": Figure("Days on which a contract moved by more than its margin", "% of contract days",
                                  "low"),
        "margin_promised": Figure("The same, as margin promises", "% of contract days"),
        "margin_worst": Figure("Largest daily move over the margin before it", "ratio", "low"),
        "var_exceeded": Figure("Days on which who was long lost more than its value at risk", "% of days", "low",
                               "of one who holds all listed months alike and learns risk as leveraged funds do"),
        "var_promised": Figure("The same, as value at risk promises", "% of days"),
        "var_worst": Figure("Largest daily loss over the value at risk before it", "ratio", "low"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From the day's totals and the settlements; what was not sold is left out."""
        out = tranches(run.daily)
        if not len(run.contracts):
            return out
        moves = daily_moves(run.contracts)
        promised = 100.0 * (1.0 - self.confidence)
        known = moves["rate"] > 0
        if known.any():
            over = np.abs(moves["move"][known]) / moves["rate"][known]
            out |= {"margin_exceeded": 100.0 * float((over > 1.0).mean()), "margin_promised": promised,
                    "margin_worst": float(over.max())}
        over = losses_over_value_at_risk(moves["day"], moves["move"], self.confidence, self.half_life,
                                         self.least_risk)[self.warming:]
        if len(over):
            out |= {"var_exceeded": 100.0 * float((over > 1.0).mean()), "var_promised": promised,
                    "var_worst": float(over.max())}
        return out


def tranches(daily: Any) -> dict[str, float]:
    """Believed and realised loss of each kind of tranche, % of what was ever sold of it."""
    out: dict[str, float] = {}
    for name in TRANCHES:
        sold = f"tranche_sold_{name}_cents"
        if sold in daily and len(daily) and float(daily[sold].iloc[-1]) > 0:
            last = daily.iloc[-1]
            out[f"tranche_believed_{name}"] = 100.0 * float(last[f"tranche_believed_{name}_cents"] / last[sold])
            out[f"tranche_realised_{name}"] = 100.0 * float(last[f"tranche_losses_{name}_cents"] / last[sold])
    return out


def daily_moves(contracts: Any) -> dict[str, np.ndarray]:
    """Of each contract and day but its first: the day, the relative move since the day before, and the rate then."""
    rows = contracts.sort_values(["contract", "day"], kind="stable")
    day, settle, rate = (rows[name].to_numpy() for name in ("day", "settle", "im_rate"))
    name = rows["contract"].to_numpy()
    same = (name[1:] == name[:-1]) & (day[1:] == day[:-1] + 1) & (settle[:-1] > 0)
    before = np.where(settle[:-1] > 0, settle[:-1], 1.0)
    move = settle[1:] / before - 1.0
    return {"day": day[1:][same], "move": move[same].astype(float), "rate": rate[:-1][same].astype(float)}


def losses_over_value_at_risk(day: np.ndarray, move: np.ndarray, confidence: float, half_life: float,
                              least: float) -> np.ndarray:
    """Float64[days]: the day's mean fall over the value at risk of the evening before; the first day has none.

    day, move : a row each contract and day, as ``daily_moves`` gives them
    """
    days, where = np.unique(day, return_inverse=True)
    mean = np.bincount(where, move) / np.maximum(np.bincount(where), 1) if len(days) else np.zeros(0)
    keep, multiple = 0.5 ** (1.0 / half_life), float(normal_quantile.py_func(confidence))
    out, variance = np.zeros(max(len(mean) - 1, 0)), float(mean[0] ** 2) if len(mean) else 0.0
    for at in range(1, len(mean)):
        risk = math.sqrt(max(variance, least**2 / DAYS))
        out[at - 1] = -float(mean[at]) / (multiple * risk)
        variance = keep * variance + (1.0 - keep) * float(mean[at]) ** 2
    return out
