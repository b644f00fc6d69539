"""What a clearing house publishes every quarter: margin, resources, tests of its margin, and how margin responds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

ITEMS = {  # column -> item, label, unit. Source: CPMI-IOSCO (2015), public quantitative disclosure standards
    "house_capital": ("4.1", "the house's own capital, last day", "$ million"),
    "default_fund": ("4.1", "prefunded by members, last day", "$ million"),
    "stress_loss": ("4.4", "largest loss over margin that the fund was to cover", "$ million"),
    "loss": ("4.4", "losses that fell on others than the defaulters", "$ million"),
    "unpaid": ("4.4", "of these, more than there was", "$ million"),
    "defaults": ("17", "defaults of accounts", "number"),
    "initial_margin": ("6.1", "initial margin held, last day", "$ million"),
    "initial_margin_mean": ("6.1", "initial margin held, mean of days", "$ million"),
    "model": ("6.4", "margin model", "name"),
    "tested": ("6.5", "contract-days tested: a day's move against the rate set the evening before", "number"),
    "breaches": ("6.5", "moves larger than the rate, up or down", "number"),
    "coverage": ("6.5", "share of contract-days covered", "%"),
    "largest_breach": ("6.5", "largest move beyond the rate", "% of price"),
    "mean_breach": ("6.5", "mean move beyond the rate, of breaches", "% of price"),
    "variation_mean": ("6.6", "variation margin paid in a day, mean", "$ million"),
    "variation_peak": ("6.7", "the same, largest", "$ million"),
    "call_peak": ("6.8", "largest sum called in a day", "$ million"),
    "margin_rise": ("6.8", "largest rise of initial margin held in a day", "$ million"),
    "rate_rise": ("6.9", "largest rise of the mean rate over the window", "%"),
    "volatility_rise": ("6.9", "rise of volatility over that window", "%"),
    "responsiveness": ("6.9", "the first over the second", "ratio"),
    "largest_account": ("18", "share of margin held by the largest account, last month's end", "%"),
    "largest_five": ("18", "the same, the five largest", "%"),
    "largest_ten": ("18", "the same, the ten largest", "%"),
}
DECAY = 0.94  # of the volatility that 6.9 is measured against; RiskMetrics (1996) for daily moves


def disclosure(daily: Any, contracts: Any, agents: Any = None, *, model: str = "", window: int = 20) -> list[dict]:
    """A row for each quarter of one history, as ``ITEMS`` names its columns, after ``quarter`` and ``days``.

    Parameters
    ----------
    daily, contracts, agents : tables of one history, as a results folder has them (data frames); the last may be None
    model  : what item 6.4 says
    window : business days over which margin's response to volatility is taken; proposed item 6.9 does not fix it

    Source: CPMI-IOSCO (2015), public quantitative disclosure standards; item 6.9 after its consultation of 6 May 2026.
    Item numbers are quoted from a secondary list.
    """
    days, quarter = np.asarray(daily["day"]), _quarters(np.asarray(daily["date"]).astype("M8[D]"))
    tested, breach, rate, volatility = _coverage(contracts, days)
    out = []
    for name in dict.fromkeys(quarter):
        at = np.flatnonzero(quarter == name)
        own = _money(daily, at) | {"model": model} | _test(tested[at], breach, days[at])
        own |= _response(rate, volatility, at, window) | _concentration(agents, days[at])
        out.append({"quarter": name, "days": len(at), **{item: own.get(item, math.nan) for item in ITEMS}})
    return out


def of_runs(daily: Any, contracts: Any, agents: Any) -> list[dict]:
    """The rows of every run in the tables of a results folder; none where days or contracts were not recorded."""
    if daily is None or not len(daily) or contracts is None or not len(contracts):
        return []
    out = []
    for run, days in daily.groupby("run"):
        sheets = agents[agents["run"] == run] if agents is not None and len(agents) else None
        rows = disclosure(days, contracts[contracts["run"] == run], sheets)
        out += [{"run": int(run), "seed": int(days["seed"].iloc[0]), **row} for row in rows]
    return out


def _quarters(dates: np.ndarray) -> np.ndarray:
    months = dates.astype("M8[M]").astype(int)
    return np.array([f"{1970 + month // 12}Q{month % 12 // 3 + 1}" for month in months])


def _money(daily: Any, at: np.ndarray) -> dict[str, float]:
    """Items that the table of days answers."""
    def days(name: str) -> np.ndarray:
        return np.asarray(daily[name], np.float64)[at] / 1e8 if name in daily else np.full(len(at), math.nan)

    margin = np.asarray(daily["initial_margin"], np.float64) / 1e8
    rise = np.diff(margin, prepend=margin[0])[at]
    own = {"initial_margin": float(margin[at[-1]]), "initial_margin_mean": float(margin[at].mean()),
           "margin_rise": float(rise.max()), "house_capital": float(days("house_capital_cents")[-1]),
           "default_fund": float(days("fund_cents")[-1]), "stress_loss": float(days("fund_stress_cents").max()),
           "loss": float(days("house_loss_cents").sum()), "unpaid": float(days("house_shortfall_cents").sum()),
           "variation_mean": float(days("variation_margin_cents").mean()),
           "variation_peak": float(days("variation_margin_cents").max()),
           "call_peak": float(days("margin_call_cents").max()), "defaults": float(days("defaults").sum() * 1e8)}
    layers = [name for name in daily if name.startswith("layer_") and name != "layer_margin_cents"]
    return own | ({"loss": float(sum(days(name).sum() for name in layers))} if layers else {})


def _coverage(contracts: Any, days: np.ndarray) -> tuple[np.ndarray, dict[int, list[float]], np.ndarray, np.ndarray]:
    """By day: moves tested, how far moves went beyond the rate, mean rate and volatility, all months together."""
    tested, rate, square = np.zeros(len(days), np.int64), np.full(len(days), math.nan), np.full(len(days), math.nan)
    beyond: dict[int, list[float]] = {}
    place = {int(day): k for k, day in enumerate(days)}
    last: dict[str, tuple[float, float]] = {}
    columns = [np.asarray(contracts[name]) for name in ("day", "contract", "settle", "im_rate")]
    order = np.argsort(columns[0], kind="stable")
    first = np.append(True, np.diff(columns[0][order]) != 0)[: len(order)]
    starts = np.flatnonzero(first).tolist()
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True) if starts else ():
        rows = order[start:end]
        day = int(columns[0][rows[0]])
        now = {str(c): (float(s), float(r)) for c, s, r in zip(*(each[rows] for each in columns[1:]), strict=True)}
        moves = [(abs(price / last[month][0] - 1.0), last[month][1]) for month, (price, _) in now.items()
                 if month in last]
        if day in place and moves:
            tested[place[day]] = len(moves)
            beyond[day] = [move - limit for move, limit in moves if move > limit]
            square[place[day]] = float(np.mean([move * move for move, _ in moves]))
        if day in place:
            rate[place[day]] = float(np.mean([r for _, r in now.values()]))
        last = now
    return tested, beyond, rate, _smoothed(square)


def _smoothed(square: np.ndarray) -> np.ndarray:
    out, variance = np.full(len(square), math.nan), math.nan
    for day, value in enumerate(square.tolist()):
        if not math.isnan(value):
            variance = value if math.isnan(variance) else DECAY * variance + (1.0 - DECAY) * value
        out[day] = math.sqrt(variance) if variance >= 0 else math.nan
    return out


def _test(tested: np.ndarray, beyond: dict[int, list[float]], days: np.ndarray) -> dict[str, float]:
    n, found = int(tested.sum()), [size for day in days.tolist() for size in beyond.get(int(day), [])]
    return {"tested": n, "breaches": len(found), "coverage": 100.0 * (1 - len(found) / n) if n else math.nan,
            "largest_breach": 100.0 * max(found, default=0.0),
            "mean_breach": 100.0 * math.fsum(found) / len(found) if found else 0.0}


def _response(rate: np.ndarray, volatility: np.ndarray, at: np.ndarray, window: int) -> dict[str, float]:
    """The largest rise of the mean rate over the window that ends in the quarter, and what volatility did meanwhile."""
    ends = at[at >= window]
    with np.errstate(divide="ignore", invalid="ignore"):
        rise, swing = rate[ends] / rate[ends - window] - 1.0, volatility[ends] / volatility[ends - window] - 1.0
    known = np.flatnonzero(np.isfinite(rise) & np.isfinite(swing))
    if not len(known):
        return {}
    best = known[np.argmax(rise[known])]
    ratio = float(rise[best] / swing[best]) if swing[best] > 0 else math.nan
    return {"rate_rise": 100.0 * float(rise[best]), "volatility_rise": 100.0 * float(swing[best]),
            "responsiveness": ratio}


def _concentration(agents: Any, days: np.ndarray) -> dict[str, float]:
    """Shares of the largest accounts in margin at the last month's end among some days."""
    if agents is None or not len(agents):
        return {}
    when = np.asarray(agents["day"])
    inside = when[(when >= days[0]) & (when <= days[-1])]
    if not len(inside):
        return {}
    margin = np.sort(np.asarray(agents["margin_cents"], np.float64)[when == inside.max()])[::-1]
    total = margin.sum()
    names = {"largest_account": 1, "largest_five": 5, "largest_ten": 10}
    return {name: 100.0 * float(margin[:count].sum() / total) for name, count in names.items()} if total > 0 else {}
