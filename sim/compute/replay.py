"""Prices that really happened: the spot price and the first index follow a file, the rest of the economy runs on."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np

from sim.calendar import Calendar
from sim.compute.config import ComputeConfig
from sim.compute.economy import Economy
from sim.compute.indices.base import Index
from sim.compute.layout import MONTH_DAYS, MONTHS
from sim.compute.operators import Operators
from sim.plugin import param
from sim.streams import Streams
from sim.units import BUSINESS_DAYS

WHOSE = "sim/data/empirical_moments.csv"


class Replay(ComputeConfig, type="replay"):
    """Prices follow a file: the spot price of the United States and the first index are those of ``series``.

    Chips, fleets and demand run on as in the physical economy but have no say in prices. Spot prices of other
    regions and of other generations, and all further indices, keep the distance to the US spot price that the physical
    economy gives them. Before the file begins its first price holds; on days without a price the last one stands.

    The consensus expects the price to return from today's level to its slow average, which drifts.
    """

    series: str = param(unit="file", doc="CSV file with `date` and `price` ($/GPU-hour), oldest first, relative to "
                                         "this file; or the name of a series that comes with the package",
                        source="judgement: set by the scenario", min_length=1)
    column: str = param("price", unit="name", doc="column of the file that holds the price", min_length=1,
                        source="judgement: set by the scenario")
    first_date: dt.date | None = param(
        None, unit="date", doc="date of the file that falls on the first reported day, from which business days are "
                               "counted on; the scenario's own dates if left out",
        source="judgement: set by the scenario")
    half_life: float = param(
        64.0, unit="business days", above=0, high=2520, doc="half-life with which the price is expected to return to "
                                                            "its slow average",
        source=f"{WHOSE}, daily H100 transaction index on business days, 2025-09 to 2026-09: 63.8")
    average_half_life: float = param(
        252.0, unit="business days", above=0, high=2520, doc="half-life over which the slow average is taken",
        source="judgement: a year, longer than swings and shorter than a generation of chips")
    drift: float = param(
        -0.15, unit="log per year", low=-3, high=3, doc="expected change of the slow average",
        source=f"{WHOSE}, posted spot prices of A100s over regions, 2023-05 to 2026-07: -0.12 and -0.20 a year")


class ReplayedEconomy(Economy):
    """A physical economy whose published prices are those of a file.

    Parameters
    ----------
    prices : float64[burn-in and reported days]  $/GPU-hour on each day

    The others are those of ``Economy``. Raises ValueError for prices of another length or that are not positive.
    """

    _STATE = (*Economy._STATE, "_own_value", "_average")

    def __init__(self, config: Replay, operators: Operators, streams: Streams, calendar: Calendar,
                 indices: tuple[Index, ...], prices: np.ndarray) -> None:
        days = calendar.burn_in + calendar.days
        if prices.shape != (days,) or not (np.isfinite(prices) & (prices > 0)).all():
            raise ValueError(f"{days} positive prices are needed, one a day")
        self.prices, self._replay, self._average = prices, config, math.log(prices[0])
        super().__init__(config, operators, streams, calendar, indices)
        self._own_value = dict(self.index_value)

    @property
    def chip_spot(self) -> float:
        """$ for an hour of the chip in the file."""
        return float(self.prices[max(0, self.day + self.calendar.burn_in)])

    @property
    def spot(self) -> np.ndarray:
        """float64[4] $/GPU-hour of the chip in the file: spot price by region."""
        return self.chip_spot * np.exp(self.region["price"] - self.region["price"][0])

    @property
    def generation_price(self) -> np.ndarray:
        """float64[4, g] $/GPU-hour: what an hour of each generation fetches on the spot market of each region."""
        return super().generation_price * math.exp(self.distance)

    @property
    def distance(self) -> float:
        """Log of the file's price over the spot price that the physical economy would have."""
        return math.log(self.chip_spot) - float(self.region["price"][0]) - self.grade_level(self.day)

    def record(self) -> dict[str, float]:
        """The figures of the day that results keep; what providers post is not known in a replay."""
        return super().record() | {"list_median": math.nan}

    def _publish(self) -> None:
        """The file's price as the first index, the others at their own distance from it, and the consensus."""
        self.index_value = self._own_value  # indices remember their own values, not those of the file
        super()._publish()
        self._own_value = dict(self.index_value)
        price, row = self.chip_spot, self.day + self.calendar.burn_in
        self._average += (math.log(price) - self._average) * (1.0 - 2.0 ** (-1.0 / self._replay.average_half_life))
        away = math.exp(self.distance)
        for number, index in enumerate(self.indices):
            value = price if number == 0 else self._own_value[index.label] * away
            value = max(1.0, math.floor(value * index.per_unit + 0.5)) / index.per_unit
            self.index_value[index.label] = self.index_history[index.label][row] = value
            self.forecast[index.label] = self._consensus(index.label, value / price)

    def _consensus(self, label: str, over_spot: float) -> np.ndarray:
        """float64[36] $/GPU-hour: what the public expects an index to average in each month, this one first."""
        c, calendar, day = self._replay, self.calendar, self.day
        month, row = calendar.month(day), day + calendar.burn_in
        left = calendar.last_day(month) - day
        ahead = left + MONTH_DAYS * np.arange(MONTHS) - MONTH_DAYS / 2
        ahead[0] = left / 2
        away = math.log(self.chip_spot) - self._average
        level = self._average + away * 2.0 ** (-ahead / c.half_life) + c.drift * ahead / BUSINESS_DAYS
        path = over_spot * np.exp(level)
        seen = self.index_history[label][max(0, calendar.first_day(month) + calendar.burn_in):row + 1]
        path[0] = (seen.sum() + left * path[0]) / (len(seen) + left)
        return path
