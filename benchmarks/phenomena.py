"""What must emerge: figures of the baseline over many histories beside the ranges that real data give.

``python benchmarks/phenomena.py [histories] [--write]`` runs the baseline on each of its two indices and at four
leverage caps, prints the table, and with ``--write`` puts it into docs/validation_figures.txt, which docs/validation.md
discusses. Twelve histories take about ten minutes on two cores.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import sim
from sim.metrics import autocorrelation, hill

ROOT = Path(__file__).parents[1]
YEAR = 252


def ranked(contracts: pd.DataFrame) -> pd.DataFrame:
    """Contracts with the rank of each month (1 delivers now) and the daily log change of its settlement."""
    table = contracts.sort_values(["run", "contract", "day"]).copy()
    table["rank"] = table.groupby(["run", "day"])["contract"].rank().astype(int)
    table["change"] = table.groupby(["run", "contract"])["settle"].transform(lambda s: np.log(s).diff())
    return table


def volatility_by_rank(contracts: pd.DataFrame) -> dict[int, float]:
    """Annual volatility, %, of daily settlements by rank."""
    spread = ranked(contracts).groupby("rank")["change"].std()
    return {rank: 100 * float(spread[rank]) * YEAR**0.5 for rank in (1, 2, 3, 6, 11)}


def delivery_month(contracts: pd.DataFrame) -> tuple[float, float]:
    """Volatility of the second half of the delivery month over the first, and its last change, mean size in %."""
    front = ranked(contracts).query("rank == 1").dropna(subset=["change"])
    place = front.groupby("contract").cumcount() / front.groupby("contract")["day"].transform("size")
    late, early = front[place >= 0.5]["change"].std(), front[place < 0.5]["change"].std()
    last = front.groupby("contract")["change"].last().abs().mean()
    return float(late / early), 100 * float(last)


def foresight(contracts: pd.DataFrame, index: pd.Series, ahead: int) -> tuple[float, float]:
    """Mean log error of the price that many days before final settlement, and its sd over that of the index then."""
    price, naive = [], []
    for _, path in contracts.groupby("contract"):
        path = path.sort_values("day")
        last = path["day"].iloc[-1]
        if path["expiry"].iloc[-1] != path["date"].iloc[-1] or last - ahead not in path["day"].to_numpy():
            continue
        final, then = np.log(path["settle"].iloc[-1]), path[path["day"] == last - ahead].iloc[0]
        price.append(final - np.log(then["settle"]))
        naive.append(final - np.log(index[then["day"]]))
    return float(np.mean(price)), float(np.std(price) / np.std(naive))


def market_figures(daily: pd.DataFrame, contracts: pd.DataFrame, index: str) -> dict[str, float]:
    """One history's figures of the futures market."""
    contracts = contracts.merge(daily[["day", "date"]], on="day")
    third = ranked(contracts).query("rank == 3")["change"].dropna().to_numpy()
    by_rank = volatility_by_rank(contracts)
    half, last = delivery_month(contracts)
    drift, error = foresight(contracts, daily.set_index("day")[f"index_{index}"], 126)
    memory, size = autocorrelation(third, [1, 2, 5]), autocorrelation(np.abs(third), [1, 5, 20])
    far = ranked(contracts).query("rank == 12").set_index("day")["settle"]
    spot = daily.set_index("day")[f"index_{index}"]
    return {f"volatility, rank {rank}, % a year": value for rank, value in by_rank.items()} | {
        "second over first half of the delivery month, volatility": half,
        "last change before final settlement, %": last,
        "long-side premium at 6 months, % a year": 200 * drift, "curve's error over the index's, 6 months": error,
        "12th month over index, %": 100 * float((far / spot).mean() - 1), "autocorrelation, lag 1": memory[0],
        "lag 2": memory[1], "lag 5": memory[2], "of absolute changes, lag 1": size[0], "absolute, lag 5": size[1],
        "absolute, lag 20": size[2], "excess kurtosis, rank 3": float(pd.Series(third).kurt()),
        "volume over open interest, % a day": 100 * float((daily["volume"] / daily["open_interest"]).mean()),
        "front spread, ticks": float(daily["spread_front_ticks"].mean()),
        "defaults a year": daily["defaults"].sum() / 2.0,
        "forced sales a year": daily["forced_events"].sum() / 2.0}


def histories(changes: list[str], count: int) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Daily and contract tables of each history of the baseline with some changes."""
    result = sim.run(sim.load("baseline", changes), seeds=range(1, count + 1), jobs=2)
    return [(result.daily.query("run == @run"), result.contracts.query("run == @run"))
            for run in sorted(result.daily["run"].unique())]


def spread(values: list[float]) -> str:
    """Mean, and the 10 % and 90 % quantiles over histories."""
    known = np.array([value for value in values if np.isfinite(value)])
    low, high = np.quantile(known, [0.1, 0.9])
    return f"{known.mean():.3g} [{low:.3g}, {high:.3g}]"


def of_index(index: str, count: int) -> pd.Series:
    """Every market figure for contracts on one index, as text."""
    figures = [market_figures(*tables, index) for tables in histories(
        [f"market.contracts.gpu_hour_future.index={index}"], count)]
    return pd.Series({name: spread([f[name] for f in figures]) for name in figures[0]}, name=f"on the {index} index")


def of_leverage(cap: float, count: int) -> pd.Series:
    """Distress at one leverage cap: funds may hold that much, and margin leaves room for it (20 % at most)."""
    rate = min(0.2, 0.75 / cap)
    changes = [f"clearing.margin.rate={rate:.4g}", f"agents.fundamental_speculator.leverage_max={cap}",
               f"agents.trend_follower.leverage_max={cap}"]
    tables = histories(changes, count)
    losses = np.concatenate([-ranked(table).query("rank == 3")["change"].dropna().to_numpy() for _, table in tables])
    per_year: Callable[[str], str] = lambda name: spread([daily[name].sum() / 2.0 for daily, _ in tables])
    return pd.Series({"forced sales a year": per_year("forced_events"), "closures a year": per_year("closures"),
                      "defaults a year": per_year("defaults"),
                      "house losses, $ million": spread([d["house_loss_cents"].sum() / 1e8 for d, _ in tables]),
                      "Hill exponent of losses, rank 3, pooled": f"{hill(losses[losses > 0], 0.02):.2f}"},
                     name=f"cap {cap:g}")


def main(arguments: list[str]) -> None:
    """Run, print, and write if asked to."""
    counts = [int(word) for word in arguments if word.isdigit()]
    count = counts[0] if counts else 12
    market = pd.concat([of_index("assessed", count), of_index("transaction", count)], axis=1)
    leverage = pd.concat([of_leverage(cap, count) for cap in (1.0, 3.0, 5.0, 10.0)], axis=1)
    text = f"Mean [10 %, 90 %] over {count} histories of two years.\n\n{market.to_string()}\n\n{leverage.to_string()}\n"
    print(text)
    if "--write" in arguments:
        path = ROOT / "docs" / "validation_figures.txt"
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
