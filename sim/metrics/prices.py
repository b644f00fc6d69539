"""How prices move: size, tails and memory of their daily changes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from sim.metrics.base import Figure, Metric
from sim.metrics.statistics import autocorrelation, changes, hill, kurtosis, mean, volatility


class Prices(Metric, type="prices"):
    """Volatility, tails and memory of spot, indices and the nearest futures, and the slope of the curve."""

    figures: ClassVar[dict[str, Figure]] = {
        "price": Figure("Mean price", "$ per GPU-hour", "", "mean over the days"),
        "volatility": Figure("Volatility", "% a year", "", "standard deviation of daily log changes, a year"),
        "kurtosis": Figure("Excess kurtosis of daily changes", "number", "", "0 for normally distributed changes"),
        "tail": Figure("Hill exponent of daily changes, largest 5 %", "number", "", "lower is a fatter tail"),
        "memory": Figure("Autocorrelation of daily changes, one day", "correlation", "", "near 0 in a liquid market"),
        "clustering": Figure("Autocorrelation of absolute changes, 1 to 20 days", "correlation", "",
                             "above 0 when calm and wild days come in runs"),
        "unchanged": Figure("Days without a change", "% of days"),
        "slope": Figure("Twelfth month against the first", "%", "", "below 0: the curve expects cheaper compute"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """Every series that the run has, each with the same figures."""
        series = {"spot": run.daily["spot_us"]} if "spot_us" in run.daily else {}
        series |= {name: run.daily[name] for name in run.daily.columns if name.startswith("index_")}
        out: dict[str, float] = {}
        for name, prices in series.items():
            out[f"price_{name}"] = mean(prices)
            out |= self._moves(name, changes(prices.to_numpy()))
        if len(run.contracts):
            second, slope = second_month_changes(run.contracts), curve_slope(run.contracts)
            out |= self._moves("second_month", second)
            out["slope"] = 100.0 * mean(slope)
        return out

    @staticmethod
    def _moves(name: str, x: np.ndarray) -> dict[str, float]:
        if len(x) < 3:
            return {}
        return {f"volatility_{name}": 100.0 * volatility(np.exp(np.concatenate([[0.0], np.cumsum(x)]))),
                f"kurtosis_{name}": kurtosis(x), f"tail_{name}": hill(x, 0.05),
                f"memory_{name}": float(autocorrelation(x, 1)[0]),
                f"clustering_{name}": mean(autocorrelation(np.abs(x), 20)),
                f"unchanged_{name}": 100.0 * float(np.mean(np.abs(x) < 1e-12))}


def second_month_changes(contracts: Any) -> np.ndarray:
    """float64[k]: daily log changes of the second month's settlement, each within one contract.

    The first month is left out: while its average fills, it moves ever less.
    """
    wide = contracts.pivot_table(index="day", columns="expiry", values="settle", sort=True).to_numpy()
    with np.errstate(invalid="ignore"):
        step = np.diff(np.log(wide), axis=0)
    second = (np.cumsum(np.isfinite(wide[:-1]), axis=1) == 2).argmax(axis=1) if len(wide) > 1 else np.zeros(0, np.int64)
    x = step[np.arange(len(step)), second]
    return x[np.isfinite(x)]


def curve_slope(contracts: Any) -> np.ndarray:
    """float64[days]: the twelfth listed month (the last, if fewer) against the first, as a share."""
    by_day = contracts.sort_values("expiry", kind="stable").groupby("day")["settle"]
    far = by_day.nth(11) if int(by_day.size().max()) >= 12 else by_day.last()
    near = by_day.first()
    return far.to_numpy() / near.to_numpy()[: len(far)] - 1.0
