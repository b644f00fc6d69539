"""Moments of the physical compute economy over seeds, against what real markets show.

    python benchmarks/economy_moments.py [seeds] [years]

Prints one row a figure: target, where the target comes from, mean and 10-90 % range over seeds.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
import time

import numpy as np

from sim.calendar import Calendar
from sim.compute.config import ComputeConfig
from sim.compute.economy import Economy
from sim.compute.indices.assessed import Assessed
from sim.compute.indices.transaction import Transaction
from sim.compute.operators import no_operators
from sim.streams import Streams

HORIZONS = (1, 3, 6, 12)
CHANGES = (1, 3, 6, 11)


def simulate(seed: int, years: int) -> dict[str, np.ndarray]:
    """One run without a futures market: daily series after the burn-in."""
    calendar = Calendar(dt.date(2026, 10, 1), 252 * years, 252)
    economy = Economy(ComputeConfig(), no_operators(), Streams(seed), calendar, (Assessed(), Transaction()))
    economy.burn_in()
    rows, curves, lists = [], {"assessed": [], "transaction": []}, []
    for day in range(252 * years):
        economy.step(day)
        rows.append(economy.record())
        lists.append(economy.provider["log_list"].copy())
        for name, curve in economy.forecast.items():
            curves[name].append(curve.copy())
    out = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    out["lists"] = np.array(lists)
    out |= {f"curve_{name}": np.array(values) for name, values in curves.items()}
    months = calendar.month_of[252:252 + 252 * years]
    out["month"] = months - months[0]
    return out


def autocorrelation(x: np.ndarray, lag: int = 1) -> float:
    """Sample autocorrelation; nan for a constant series."""
    x = x - x.mean()
    return float((x[lag:] * x[:-lag]).sum() / (x * x).sum()) if (x * x).sum() > 0 else math.nan


def half_life(level: np.ndarray, window: int = 273) -> float:
    """Median half-life of an AR(1) fitted to non-overlapping windows of about 13 months (business days)."""
    out = []
    for start in range(0, level.size - window + 1, window):
        x = level[start:start + window]
        a, b = x[:-1] - x[:-1].mean(), x[1:] - x[1:].mean()
        slope = (a * b).sum() / (a * a).sum()
        out.append(math.log(0.5) / math.log(slope) if 0 < slope < 1 else 500.0)
    return float(np.median(out))


def hill(x: np.ndarray, share: float = 0.10) -> float:
    """Hill exponent of the largest `share` of absolute returns."""
    tail = np.sort(np.abs(x))[::-1]
    k = max(5, int(share * tail.size))
    return float(1.0 / np.mean(np.log(tail[:k] / tail[k])))


def month_means(level: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Mean of each whole month."""
    return np.array([level[month == m].mean() for m in range(1, month.max())])


def squared_correlation(a: np.ndarray, b: np.ndarray, step: int) -> float:
    """R2 of changes over `step` months."""
    return float(np.corrcoef(a[step:] - a[:-step], b[step:] - b[:-step])[0, 1] ** 2)


def forecast_errors(run: dict[str, np.ndarray], name: str) -> dict[str, float]:
    """Mean and mean square of ln(forecast / realised month average), by months ahead, on first days of months."""
    month, value, out = run["month"], run[f"index_{name}"], {}
    realised = {m: value[month == m].mean() for m in range(1, int(month.max()))}
    first = [int(np.argmax(month == m)) for m in range(1, int(month.max()))]
    for ahead in HORIZONS:
        errors = [math.log(run[f"curve_{name}"][day, ahead] / realised[month[day] + ahead])
                  for day in first if month[day] + ahead in realised]
        out[f"{name} forecast error {ahead}m: mean"] = float(np.mean(errors))
        out[f"{name} forecast error {ahead}m: root mean square"] = float(np.sqrt(np.mean(np.square(errors))))
    return out


def consensus_changes(run: dict[str, np.ndarray], name: str, ahead: int) -> np.ndarray:
    """Daily log changes of the consensus for one delivery month, `ahead` months away on the second day of each pair."""
    curve, rows = np.log(run[f"curve_{name}"]), np.arange(1, run["month"].size)
    return curve[rows, ahead] - curve[rows - 1, ahead + np.diff(run["month"])]


def figures(run: dict[str, np.ndarray]) -> dict[str, float]:
    """The figures of one run."""
    deal, listed, month = np.log(run["index_transaction"]), np.log(run["index_assessed"]), run["month"]
    d, a = np.diff(deal), np.diff(listed)
    weeks = listed[: listed.size // 5 * 5].reshape(-1, 5).mean(axis=1)
    md, ma = month_means(deal, month), month_means(listed, month)
    basis = deal - listed
    regions = np.diff(np.array([month_means(np.log(run[f"spot_{r}"]), month) for r in ("us", "cn", "eu",
    "row")]), axis=1)
    corr = np.corrcoef(regions)[np.triu_indices(4, 1)]
    window = [basis[s:s + 273].std() for s in range(0, basis.size - 272, 273)]
    year = slice(0, 252)
    z, capacity, tokens = d / d.std(), run["capacity_h100e"], run["token_price"]
    out = {
        "transaction: volatility": d.std() * math.sqrt(252), "transaction: excess kurtosis": (z ** 4).mean() - 3,
        "transaction: Hill": hill(d), "transaction: half-life": half_life(deal), "transaction: AC1": autocorrelation(d),
        "transaction: AC1 of absolute returns": autocorrelation(np.abs(d)),
        "transaction: largest day up": math.expm1(d.max()), "transaction: largest day down": math.expm1(d.min()),
        "transaction: largest month": math.expm1(np.diff(md).max()),
        "assessed: volatility": a.std() * math.sqrt(252),
        "assessed: volatility of weekly means": np.diff(weeks).std() * math.sqrt(50.4),
        "assessed: zero-change days": (a == 0).mean(), "assessed: AC1": autocorrelation(a),
        "assessed: monthly volatility": np.diff(ma).std() * math.sqrt(12),
        "assessed: monthly AC1": autocorrelation(np.diff(ma)),
        "R2 of monthly changes": squared_correlation(md, ma, 1),
        "R2 of 6-month changes": squared_correlation(md, ma, 6),
        "R2 of 12-month changes": squared_correlation(md, ma, 12),
        "log basis: sd in 13-month windows": np.mean(window), "log basis: half-life": half_life(basis),
        "lists: sd(log)": run["list_dispersion"].mean(), "lists: hyperscaler / data centre": run["list_ratio"].mean(),
        "lists: changes per day": (np.diff(run["lists"], axis=0) != 0).mean(),
        "regions: monthly correlation": corr.mean(),
        "transaction: first-year mean": run["index_transaction"][year].mean(),
        "assessed: first-year mean": run["index_assessed"][year].mean(),
        "US spot: least": run["spot_us"].min(), "US spot: most": run["spot_us"].max(),
        "utilisation": run["utilisation"].mean(), "rationed share": run["rationed_share"].mean(),
        "list stock-out share": run["stockout_share"].mean(),
        "capacity growth": (capacity[-1] / capacity[0]) ** (252 / (capacity.size - 1)),
        "token index: decline per year": -math.log(tokens[-1] / tokens[0]) * 252 / (tokens.size - 1),
        "token index: days without change": (np.diff(run["token_price"]) == 0).mean(),
    }
    for name in ("transaction", "assessed"):
        curve, value = run[f"curve_{name}"], run[f"index_{name}"]
        out[f"{name}: 12-month forward over spot, first year"] = (curve[year, 12] / value[year]).mean() - 1
        out[f"{name}: 12-month forward over spot, day 0"] = curve[0, 12] / value[0] - 1
        out |= forecast_errors(run, name)
        for ahead in CHANGES:
            out[f"{name} consensus {ahead}m: AC1 of changes"] = autocorrelation(consensus_changes(run, name, ahead))
    return out


TARGETS = {
    "transaction: volatility": "0.40-0.70", "transaction: excess kurtosis": "5-10", "transaction: Hill": "2-3.5",
    "transaction: half-life": "5-80", "transaction: AC1": "data 0.11",
    "transaction: AC1 of absolute returns": "data 0.24",
    "transaction: largest day up": "data 0.18", "transaction: largest day down": "data -0.12",
    "transaction: largest month": "data 0.57",
    "assessed: volatility": "0.15-0.30", "assessed: volatility of weekly means": "data 0.13",
    "assessed: zero-change days": ">= 0.40",
    "assessed: AC1": "-0.3-0", "assessed: monthly volatility": "data 0.12", "assessed: monthly AC1": "data ~0.5",
    "R2 of monthly changes": "<= 0.15", "log basis: sd in 13-month windows": "data 0.16",
    "log basis: half-life": "data ~28",
    "lists: sd(log)": "0.4-0.6", "lists: hyperscaler / data centre": "2-3", "lists: changes per day": "0.01-0.05",
    "regions: monthly correlation": "0.3-0.6", "transaction: first-year mean": "2-4",
    "assessed: first-year mean": "2-4",
    "utilisation": "0.85-0.95", "list stock-out share": "0.3-0.7", "capacity growth": "2.2",
    "transaction: 12-month forward over spot, first year": "-0.20--0.10",
    "assessed: 12-month forward over spot, first year": "-0.20--0.10",
    "token index: decline per year": "2.3",
    **{f"{name} consensus {ahead}m: AC1 of changes": "within 0.08" for name in ("transaction", "assessed")
       for ahead in CHANGES},
}


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    years = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    start = time.perf_counter()
    runs = [figures(simulate(seed, years)) for seed in range(1, seeds + 1)]
    print(f"{seeds} seeds, {years} years, {time.perf_counter() - start:.0f} s\n")
    print(f"{'figure':58}{'target':>14}{'mean':>9}{'median':>9}{'10 %':>9}{'90 %':>9}")
    for name in runs[0]:
        x = np.array([run[name] for run in runs])
        low, high = np.quantile(x, [0.1, 0.9])
        print(f"{name:58}{TARGETS.get(name, ''):>14}{x.mean():9.3f}{np.median(x):9.3f}{low:9.3f}{high:9.3f}")


if __name__ == "__main__":
    main()
