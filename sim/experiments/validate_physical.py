"""Rows of the physical economy: it runs alone, without participants and without a futures market."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from sim.calendar import Calendar
from sim.compute.economy import Economy
from sim.compute.indices.assessed import Assessed
from sim.compute.indices.transaction import Transaction
from sim.compute.operators import no_operators
from sim.experiments.estimators import (
    autocorrelation,
    basis,
    changes,
    consensus_changes,
    forecast_errors,
    growth,
    hill,
    investment,
    mean_half_life,
    month_means,
    regional_correlation,
    squared_correlation,
    weekly_means,
)
from sim.experiments.executors import Task
from sim.experiments.validate import Row, World
from sim.streams import Streams

Run = dict[str, np.ndarray]
YEAR = 252
MOMENTS = "sim/data/empirical_moments.csv"
INDEX = f"{MOMENTS}, daily prints of two H100 indices, 2025-09 to 2026-09"
PANEL = "sim/data/cross_provider_dispersion.csv, posted H100 prices of 12 to 40 providers, 2026"


def simulate(seed: int, years: int, config: Any = None) -> Run:
    """One history without a futures market: what ``record`` gives and more, by day after the burn-in."""
    from sim.compute.config import ComputeConfig

    calendar = Calendar(dt.date(2026, 10, 1), YEAR * years, YEAR)
    indices = (Assessed(), Transaction())
    economy = Economy(config or ComputeConfig(), no_operators(), Streams(seed), calendar, indices)
    economy.burn_in()
    rows: list[dict[str, float]] = []
    lists: list[np.ndarray] = []
    curves: dict[str, list[np.ndarray]] = {"assessed": [], "transaction": []}
    for day in range(YEAR * years):
        economy.step(day)
        rows.append(economy.record())
        lists.append(economy.provider["log_list"].copy())
        for name, curve in economy.forecast.items():
            curves[name].append(curve.copy())
    out = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    out["lists"] = np.array(lists)
    out |= {f"curve_{name}": np.array(values) for name, values in curves.items()}
    months = calendar.month_of[YEAR:YEAR + YEAR * years]
    out["month"] = months - months[0]
    return out


def _alone(years: int) -> Callable[[Task], Run]:
    def sample(task: Task) -> Run:
        return simulate(task.seed, years, task.scenario.compute)

    return sample


WORLDS = (World("economy, 4 years", _alone(4)), World("economy, 10 years", _alone(10)))


def _row(key: str, label: str, unit: str, measure: Callable[[Run], Any], source: str, low: float | None = None,
         high: float | None = None, real: str = "", section: str = "Physical economy", years: int = 4) -> Row:
    return Row(key, label, unit, f"economy, {years} years", measure, source, low, high, real, section)


def _index_rows() -> list[Row]:
    deal, posted = "index_transaction", "index_assessed"
    section = "Indices, four years"
    return [
        _row("transaction: volatility", "transaction index: volatility", "% a year",
             lambda run: 100 * changes(run[deal]).std() * math.sqrt(YEAR), INDEX, 40, 70, "52 to 55", section),
        _row("transaction: excess kurtosis", "transaction index: excess kurtosis of daily changes", "",
             lambda run: (((d := changes(run[deal])) / d.std()) ** 4).mean() - 3, INDEX, 5, 10, "7.6 to 7.9", section),
        _row("transaction: Hill", "transaction index: Hill exponent, largest tenth of changes", "",
             lambda run: hill(changes(run[deal])), INDEX, 2, 3.5, "2.4 to 2.7", section),
        _row("transaction: half-life", "transaction index: half-life of deviations within 13 months", "business days",
             lambda run: mean_half_life(np.log(run[deal])), INDEX, 5, 80, "64", section),
        _row("transaction: AC1 of absolute returns", "transaction index: autocorrelation of the size of changes", "",
             lambda run: autocorrelation(np.abs(changes(run[deal]))), INDEX, real="0.21 to 0.24", section=section),
        _row("transaction: largest month", "transaction index: largest rise of a month's mean in four years", "%",
             lambda run: 100 * math.expm1(np.diff(month_means(np.log(run[deal]), run["month"])).max()), INDEX,
             real="58 in 13 months", section=section),
        _row("assessed: volatility", "assessed index: volatility of days", "% a year",
             lambda run: 100 * changes(run[posted]).std() * math.sqrt(YEAR), INDEX, 15, 30, "16 to 17", section),
        _row("assessed: volatility of weekly means", "assessed index: volatility of weekly means", "% a year",
             lambda run: 100 * np.diff(weekly_means(np.log(run[posted]))).std() * math.sqrt(50.4), INDEX, real="13",
             section=section),
        _row("assessed: zero-change days", "assessed index: days without change", "%",
             lambda run: 100 * (changes(run[posted]) == 0).mean(), INDEX, 40, None, "42 to 44", section),
        _row("assessed: AC1", "assessed index: autocorrelation of daily changes, lag 1", "",
             lambda run: autocorrelation(changes(run[posted])), INDEX, -0.3, 0, "-0.19 to -0.23", section),
        _row("R2 of monthly changes", "R2 between monthly changes of the two indices", "",
             lambda run: squared_correlation(run[deal], run[posted], run["month"], 1), INDEX,
             real="0.01 to 0.04, 12 months", section=section),
        _row("R2 of 12-month changes", "R2 between 12-month changes of the two indices", "",
             lambda run: squared_correlation(run[deal], run[posted], run["month"], 12), INDEX, section=section),
        _row("log basis", "sd of the log of one index over the other within 13 months", "",
             lambda run: basis(run[deal], run[posted]), INDEX, real="0.16", section=section)]


def _price_rows() -> list[Row]:
    section = "Prices, balance and expectations, four years"
    first = slice(0, YEAR)
    curve = "quotes of term contracts in 2026: a year ahead 10 to 20 % below spot"
    over = lambda run, name: run[f"curve_{name}"][first, 12] / run[f"index_{name}"][first]
    forward = lambda name: lambda run: 100 * (over(run, name).mean() - 1)
    return [
        _row("lists: sd(log)", "list prices over providers: sd of the log", "",
             lambda run: run["list_dispersion"].mean(), PANEL, 0.4, 0.6, section=section),
        _row("lists: hyperscaler / data centre", "hyperscaler's list price over a neocloud's", "times",
             lambda run: run["list_ratio"].mean(), PANEL, 2, 3, section=section),
        _row("lists: changes per day", "list prices that change on a day", "%",
             lambda run: 100 * (np.diff(run["lists"], axis=0) != 0).mean(), PANEL, 1, 5, section=section),
        _row("regions: monthly correlation", "regional spot prices: pairwise correlation of monthly changes", "",
             regional_correlation, f"{MOMENTS}, posted spot prices by region, 2023 to 2026", 0.3, 0.6, section=section),
        _row("transaction: 12-month forward", "consensus 12 months ahead over the transaction index, first year", "%",
             forward("transaction"), curve, -20, -10, section=section),
        _row("assessed: 12-month forward", "consensus 12 months ahead over the assessed index, first year", "%",
             forward("assessed"), curve, -20, -10, section=section),
        _row("forecast bias", "transaction index: mean log error of the consensus 12 months ahead", "%",
             lambda run: 100 * forecast_errors(run, "transaction", 12).mean(),
             "an unbiased forecast; overlapping years leave 10 % of error over 30 histories", -10, 10, section=section),
        _row("consensus AC1", "autocorrelation of the consensus' daily changes, 6 months ahead", "",
             lambda run: autocorrelation(consensus_changes(run, "transaction", 6)),
             "a forecast that uses what is known changes by news alone", -0.08, 0.08, section=section),
        _row("utilisation", "capacity at work", "%", lambda run: 100 * run["utilisation"].mean(),
             "judgement: fleets are sold out but for repairs and gaps between contracts; "
             "sim/data/calibration.csv, utilisation_sold: 60 to 97", 85, 95, "60 to 97", section),
        _row("rationed", "demand that finds nothing at the posted price", "%",
             lambda run: 100 * run["rationed_share"].mean(), "reported", section=section),
        _row("stock-out", "providers sold out at their list price", "%",
             lambda run: 100 * run["stockout_share"].mean(),
             "judgement: in 2026 an H100 on demand was out of stock about as often as not", 30, 70, section=section),
        _row("capacity growth", "growth of capacity", "times a year",
             lambda run: growth(run["capacity_h100e"]),
             "sim/data/calibration.csv, compute_stock_growth (Epoch AI): all AI compute, before its growth slows",
             real="2.7 to 4.1 until 2026", section=section),
        _row("token decline", "fall of the price of a token of fixed quality", "log a year",
             lambda run: -math.log(growth(run["token_price"])),
             "sim/data/calibration.csv, price_decline_fixed_quality: 5- to 50-fold a year", 1.6, 3.9, "2.3", section)]


def _cycle_rows() -> list[Row]:
    section = "Capacity, ten years"
    lasting = "judgement: a cycle that neither explodes nor dies"
    ships = "Greenwood & Hanson 2015 (Quarterly Journal of Economics 130:55): high investment foretells low returns"
    return [
        _row("investment and return", "correlation of a year's orders per unit of capacity with the next year's change "
             "of the spot price", "", lambda run: investment(run)[0], ships, None, 0, section=section, years=10),
        _row("investment swing", "highest over lowest year of orders per unit of capacity", "times",
             lambda run: investment(run)[1], lasting, 1.5, 20, section=section, years=10),
        _row("longest utilisation", "capacity at work in the tenth year", "%",
             lambda run: 100 * run["utilisation"][-YEAR:].mean(), lasting, 50, 99.9, section=section, years=10)]


ROWS = (*_index_rows(), *_price_rows(), *_cycle_rows())
