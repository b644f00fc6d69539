"""What margin and defaults did."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from sim.metrics.base import Figure, Metric

BUSINESS_DAYS = 252
FORCED = ("forced sale", "closure", "default")  # events that make someone trade who would rather not


class Clearing(Metric, type="clearing"):
    """Calls, forced sales, defaults and who bore their losses."""

    figures: ClassVar[dict[str, Figure]] = {
        "margin_calls": Figure("Margin calls", "a year", "low"),
        "margin_call_peak": Figure("Largest sum called in a day", "$ million", "low"),
        "initial_margin_mean": Figure("Initial margin held, mean", "$ million"),
        "initial_margin_peak": Figure("Initial margin held, peak", "$ million", "low"),
        "forced_events": Figure("Participants forced to sell", "a year", "low"),
        "forced_share": Figure("Forced contracts, share of volume", "%", "low"),
        "triggered_share": Figure("Forced events behind which stood another", "% of weight", "low",
                                  "weight of causes inside the market; the rest is news and voluntary trading"),
        "defaults": Figure("Defaults", "a year", "low"),
        "defaults_early": Figure("Defaults while the market formed, before the first reported day", "number", "low"),
        "market_ended": Figure("Histories in which the market ended", "share", "low",
                               "nobody stood behind the contracts any more; counted from the day the market opens"),
        "house_loss": Figure("Losses borne by the clearing house", "$ million", "low"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From the day's totals, and the causes of events."""
        daily, out = run.daily, {}
        years = max(len(daily), 1) / BUSINESS_DAYS
        for name in ("margin_calls", "forced_events", "defaults"):
            if name in daily:
                out[name] = float(daily[name].sum()) / years
        if "margin_call_cents" in daily:
            out["margin_call_peak"] = float(daily["margin_call_cents"].max()) / 1e8
        if "initial_margin" in daily:
            out["initial_margin_mean"] = float(daily["initial_margin"].mean()) / 1e8
            out["initial_margin_peak"] = float(daily["initial_margin"].max()) / 1e8
        if {"forced_volume", "volume"} <= set(daily.columns) and float(daily["volume"].sum()) > 0:
            out["forced_share"] = 100.0 * float(daily["forced_volume"].sum()) / float(daily["volume"].sum())
        if "house_loss_cents" in daily:
            out["house_loss"] = float(daily["house_loss_cents"].sum()) / 1e8
        if len(run.events):
            early = (run.events["day"] < 0) & (run.events["kind"] == "default")
            out["defaults_early"] = float(early.sum())
            out["market_ended"] = float((run.events["kind"] == "market closed").any())
        return out | triggered(run.events, run.causes)


def triggered(events: Any, causes: Any) -> dict[str, float]:
    """Share of the weight behind forced events that belongs to earlier events of the market."""
    reported = events[(events["day"] >= 0) & events["kind"].isin(FORCED)] if len(events) else events
    if not len(reported):
        return {}
    mine = causes[causes["event"].isin(reported["event"])]
    whole = float(mine["weight"].sum())
    inside = float(np.sum(mine["weight"][mine["cause"] >= 0]))
    return {"triggered_share": 100.0 * inside / whole} if whole > 0 else {}
