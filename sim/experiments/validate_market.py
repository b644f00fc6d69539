"""Rows of the futures market: whole runs of the baseline, on each of its indices and at several leverage caps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim import tables
from sim.experiments.executors import Task
from sim.experiments.validate import Row, World
from sim.metrics.statistics import autocorrelation, hill, kurtosis
from sim.one_run import Job, execute

YEAR = 252
CONT = "Cont 2001 (Quantitative Finance 1:223)"
ASSESSED, TRANSACTION, APART = "baseline, assessed", "baseline, transaction", "baseline, curve without effect"
CAPS = (1.0, 3.0, 5.0, 10.0)
PREMIUM = "Bandi & Su (arXiv 2607.12156): a premium for the long side, 5 to 25 % a year"


@dataclass(frozen=True)
class History:
    """One run: tables, contracts with the rank of each month (1 delivers now) and the log change of its settlement."""

    daily: pd.DataFrame
    ranked: pd.DataFrame
    figures: dict[str, float]
    index: pd.Series  # $/GPU-hour of the index that contracts settle to, by day

    @property
    def years(self) -> float:
        """How long it is."""
        return len(self.daily) / YEAR

    def of_rank(self, rank: int) -> np.ndarray:
        """float64[n]: daily log changes of the settlement of the rank-th month."""
        rows = self.ranked[self.ranked["rank"] == rank]
        return rows["change"].dropna().to_numpy()


def history(task: Task) -> History:
    """Run a scenario and lay its tables ready. Raises RuntimeError with the traceback of a run that failed."""
    outcome = execute(Job(task.scenario, task.run, task.seed, None), lambda: None)
    if outcome.status != "finished":
        raise RuntimeError(outcome.error)
    daily = tables.to_pandas(outcome.tables["daily"])
    contracts = tables.to_pandas(outcome.tables["contracts"]).merge(daily[["day", "date"]], on="day")
    table = contracts.sort_values(["contract", "day"])
    table["rank"] = table.groupby("day")["contract"].rank().astype(int)
    table["change"] = table.groupby("contract")["settle"].transform(lambda s: np.log(s).diff())
    index = daily.set_index("day")[f"index_{task.scenario.market.contracts[0].index}"]
    return History(daily, table, outcome.figures, index)


def _index(name: str) -> str:
    return f"market.contracts.gpu_hour_future.index={name}"


def _cap(cap: float) -> tuple[str, ...]:
    """Funds may hold so much, and margin leaves room for it, 20 % at most."""
    return (f"clearing.margin.rate={min(0.2, 0.75 / cap):.4g}", f"agents.fundamental_speculator.leverage_max={cap}",
            f"agents.trend_follower.leverage_max={cap}")


WORLDS = (World(ASSESSED, history, (_index("assessed"),)), World(TRANSACTION, history, (_index("transaction"),)),
          World(APART, history, (_index("transaction"), "compute.supply.orders_follow_curve=0.0",
                                 "compute.prices.offers_follow_curve=0.0", "compute.demand.demand_follows_curve=0.0",
                                 "compute.lists.lists_follow_curve=0.0")),
          *(World(f"leverage cap {cap:g}", history, _cap(cap)) for cap in CAPS))


# --- estimators --------------------------------------------------------------------------------------------------


def volatility(run: History, rank: int) -> float:
    """% a year: volatility of daily settlements of the rank-th month."""
    return 100 * float(run.of_rank(rank).std() * YEAR**0.5)


def late_over_early(run: History) -> float:
    """Volatility of the second half of the delivery month over that of the first."""
    front = run.ranked[run.ranked["rank"] == 1].dropna(subset=["change"])
    place = front.groupby("contract").cumcount() / front.groupby("contract")["day"].transform("size")
    early = front[place < 0.5]["change"].std()
    return float(front[place >= 0.5]["change"].std() / early) if early > 0 else float("nan")


def last_change(run: History) -> float:
    """%: mean size of the last change before final settlement."""
    front = run.ranked[run.ranked["rank"] == 1].dropna(subset=["change"])
    return 100 * float(front.groupby("contract")["change"].last().abs().mean())


def final_gap(run: History) -> float:
    """$/GPU-hour: largest distance of a final settlement from the mean of its month's index, both to a tick."""
    months = pd.to_datetime(run.daily["date"]).dt.strftime("%Y-%m")
    mean = pd.Series(run.index.to_numpy()).groupby(months.to_numpy()).mean()
    last = run.ranked[run.ranked["date"] == run.ranked["expiry"]].set_index("contract")["settle"]
    whole = [name for name in last.index if name in mean.index[1:]]  # of the first month some days are not recorded
    return float(max((abs(last[name] - np.floor(100 * mean[name] + 0.5 - 1e-9) / 100) for name in whole),
                     default=float("nan")))


def foresight(run: History, ahead: int) -> tuple[float, float]:
    """Mean log error of the price so many days before final settlement, and its sd over that of the index then."""
    price, naive = [], []
    for _, path in run.ranked.groupby("contract"):
        last = path["day"].iloc[-1]
        if path["expiry"].iloc[-1] != path["date"].iloc[-1] or last - ahead not in path["day"].to_numpy():
            continue
        final, then = np.log(path["settle"].iloc[-1]), path[path["day"] == last - ahead].iloc[0]
        price.append(final - np.log(then["settle"]))
        naive.append(final - np.log(run.index[then["day"]]))
    if len(price) < 3:
        return float("nan"), float("nan")
    return float(np.mean(price)), float(np.std(price) / np.std(naive))


def far_over_index(run: History) -> float:
    """%: the 12th month over the index, mean."""
    far = run.ranked[run.ranked["rank"] == 12].set_index("day")["settle"]
    return 100 * float((far / run.index).mean() - 1)


def memory(run: History, lag: int, size: bool = False) -> float:
    """Autocorrelation of changes of the third month, or of their size."""
    change = run.of_rank(3)
    return float(autocorrelation(np.abs(change) if size else change, [lag])[0])


def beyond_margin(run: History) -> float:
    """%: share of days and contracts on which the settlement moved by more than the initial margin."""
    rate, move = run.ranked.groupby("contract")["im_rate"].shift(1), np.abs(np.expm1(run.ranked["change"]))
    known = rate.notna() & move.notna()
    return 100 * float((move[known] > rate[known]).mean())


def wasted(run: History) -> float:
    """%: demand rationed and capacity idle, mean of each added up."""
    return 100 * float(run.daily["rationed_share"].mean() + run.daily["idle_share"].mean())


def per_year(name: str) -> Callable[[History], float]:
    """A count of the daily table, a year."""
    return lambda run: float(run.daily[name].sum() / run.years)


def losses(run: History) -> np.ndarray:
    """float64[n]: falls of the third month's settlement."""
    change = -run.of_rank(3)
    return change[change > 0]


# --- rows --------------------------------------------------------------------------------------------------------


def _rows(world: str) -> list[Row]:
    kind = world.split(", ")[1]
    section = f"Futures on the {kind} index"
    row = lambda key, label, unit, measure, source, low=None, high=None, real="": Row(
        f"futures on {kind}: {key}", label, unit, world, measure, source, low, high, real, section)
    pace = "Samuelson 1965 (Industrial Management Review 6:41): near months move more"
    return [
        *(row(f"volatility {rank}", f"volatility of month {rank}", "% a year",
              lambda run, rank=rank: volatility(run, rank), pace) for rank in (2, 3, 6, 11)),
        row("Samuelson", "volatility of month 11 over month 2", "times",
            lambda run: volatility(run, 11) / volatility(run, 2), pace, None, 1.0),
        row("late", "volatility in the second half of the delivery month over the first", "times", late_over_early,
            "a mean over the month is half known by then: 0.3 to 0.6", 0.0, 0.75),
        row("final", "final settlement against the mean of the month's index", "$", final_gap,
            "NYMEX submission 26-370 (2026-08-11): settled to the month's mean, to the tick", 0.0, 0.0101),
        row("last", "last change before final settlement", "%", last_change, "converging over the month", 0.0, 1.0),
        row("premium", "long-side premium at six months", "% a year", lambda run: 200 * foresight(run, 126)[0], PREMIUM,
            5, 25),
        row("foresight", "error of the curve over that of the day's index, six months ahead", "times",
            lambda run: foresight(run, 126)[1], "a market that adds information: below 1", None, 1.0),
        row("far", "12th month over the index", "%", far_over_index,
            "quotes of term contracts in 2026: a year ahead 10 to 20 % below spot", -20, -10),
        *(row(f"AC{lag}", f"autocorrelation of changes, third month, lag {lag}", "",
              lambda run, lag=lag: memory(run, lag), CONT, *((-0.05, 0.05) if lag > 2 else (None, None)))
          for lag in (1, 2, 5)),
        *(row(f"abs AC{lag}", f"autocorrelation of the size of changes, third month, lag {lag}", "",
              lambda run, lag=lag: memory(run, lag, size=True), CONT, 0.02, None) for lag in (1, 5, 20)),
        row("kurtosis", "excess kurtosis of changes, third month", "", lambda run: kurtosis(run.of_rank(3)), CONT, 1.0),
        row("margin", "contract days that move beyond the initial margin", "%", beyond_margin,
            "what margin at 99 % believes: one day in a hundred", None, 1.0),
        row("hedge", "variance of an hour's cost that a hedge a quarter ahead takes away", "%",
            lambda run: run.figures["hedge_effectiveness"], "what the basis of the index allows; reported"),
        row("turnover", "volume over open interest", "% a day",
            lambda run: 100 * float((run.daily["volume"] / run.daily["open_interest"]).mean()), "reported"),
        row("spread", "spread of the first month", "ticks", lambda run: float(run.daily["spread_front_ticks"].mean()),
            "reported"),
        row("defaults", "defaults", "a year", per_year("defaults"), "reported"),
    ]


def _leverage_rows() -> list[Row]:
    section = "Leverage caps of funds"
    counts: list[tuple[str, str, Callable[[History], Any]]] = [
        ("forced", "forced sales", per_year("forced_events")), ("closures", "funds closed", per_year("closures")),
        ("defaults", "defaults", per_year("defaults"))]
    theory = "Thurner, Farmer & Geanakoplos 2012 (Quantitative Finance 12:695): leverage makes crashes"
    exponent, tail = "Hill exponent of losses, pooled", lambda pooled: hill(pooled, 0.02)
    found = []
    for cap in CAPS:
        world = f"leverage cap {cap:g}"
        found += [Row(f"{world}: {key}", f"{label}, cap {cap:g}", "a year", world, measure, theory, section=section)
                  for key, label, measure in counts]
        found.append(Row(f"{world}: Hill", f"{exponent}, cap {cap:g}", "", world, losses, theory, section=section,
                         pool=tail))
    high, low = f"leverage cap {CAPS[-1]:g}", f"leverage cap {CAPS[0]:g}"
    less = f"cap {CAPS[-1]:g} less cap {CAPS[0]:g}"
    found += [Row(f"leverage: {key}", f"{label}, {less}", "a year", high, measure, theory, 0.01, None, section=section,
                  against=low) for key, label, measure in counts]
    found.append(Row("leverage: Hill", f"{exponent}, {less}", "", high, losses, theory, None, -0.05, section=section,
                     against=low, pool=tail))
    return found


def _use_rows() -> list[Row]:
    """What the market is for: a world whose curve reaches nobody is its yardstick."""
    section = "With the curve against without its effects"
    ratio = Row("list ratio", "hyperscaler's list price over a neocloud's, with the baseline's participants", "times",
                TRANSACTION, lambda run: float(run.daily["list_ratio"].mean()),
                "sim/data/cross_provider_dispersion.csv, posted H100 prices of 12 to 40 providers, 2026", 2, 3,
                section="Providers of the baseline")
    wasting = Row("discovery", "demand rationed and capacity idle, with less without", "% points", TRANSACTION, wasted,
                  "a curve that owners and users heed lets them plan", None, 0.0, section=section, against=APART)
    return [ratio, wasting]


ROWS = (*_rows(ASSESSED), *_rows(TRANSACTION), *_use_rows(), *_leverage_rows())
