"""The tables of results, made ready to be drawn: one history in front, the others as a range behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

import numpy as np
import pandas as pd

from sim.report import words
from sim.results import Results


class NothingToDraw(Exception):
    """The results lack what a figure shows; the text says what."""


class History:
    """One run of some results, and how the others spread around it.

    Parameters
    ----------
    results : what was run
    run     : which run to show; the first finished one if left out
    """

    def __init__(self, results: Results, run: int | None = None) -> None:
        self.results, self.manifest = results, results.manifest
        recorded = sorted(results.daily["run"].unique()) if len(results.daily) else []
        whole = [row["run"] for row in self.manifest["runs"] if row["status"] == "finished" and row["run"] in recorded]
        if run is not None and run not in recorded:
            raise NothingToDraw(f"run {run} is not among the recorded runs ({', '.join(map(str, recorded)) or 'none'})")
        if not recorded:
            raise NothingToDraw("no day was recorded; run with `record: {level: daily}` or more")
        self.run, self.whole = run if run is not None else (whole or recorded)[0], whole or recorded

    def _own(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["run"] == self.run] if len(table) else table

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row a day, by date."""
        frame = self._own(self.results.daily)
        return frame.set_index(pd.to_datetime(frame["date"]).rename("when")).sort_index()

    @cached_property
    def contracts(self) -> pd.DataFrame:
        """A row a day and contract of the first family, with the date of the day."""
        frame = self._own(self.results.leading)
        if not len(frame):
            return frame
        dates = pd.Series(self.daily.index, index=self.daily["day"])
        return frame.assign(when=frame["day"].map(dates), expiry=pd.to_datetime(frame["expiry"]))

    @cached_property
    def generations(self) -> pd.DataFrame:
        """A row a month's end, region and generation of chips, with the date of that day."""
        frame = self._own(self.results.generations)
        if not len(frame):
            return frame
        return frame.assign(when=frame["day"].map(pd.Series(self.daily.index, index=self.daily["day"])))

    @cached_property
    def events(self) -> pd.DataFrame:
        """The events of reported days, with date and sector."""
        frame = self._own(self.results.events)
        if not len(frame):
            return pd.DataFrame(columns=["event", "day", "round", "kind", "agent_type", "quantity", "when", "sector"])
        frame = frame[(frame["day"] >= 0) & (frame["kind"] != "trade")]
        dates = pd.Series(self.daily.index, index=self.daily["day"])
        sectors = {**self.manifest.get("sectors", {}), "clearing": "clearing", "clearing house": "clearing"}
        return frame.assign(when=frame["day"].map(dates), sector=frame["agent_type"].map(sectors).fillna("passive"))

    @cached_property
    def causes(self) -> pd.DataFrame:
        """The causes of this run's events."""
        return self._own(self.results.causes)

    @cached_property
    def links(self) -> pd.DataFrame:
        """What of this run's distress others brought about: event, cause, weight, channel."""
        return self._own(self.results.links)

    def need(self, *columns: str) -> None:
        """Raise NothingToDraw unless every day has these columns."""
        missing = [name for name in columns if name not in self.daily.columns]
        if missing:
            raise NothingToDraw(f"the daily table has no {', '.join(missing)}")

    def band(self, column: str) -> pd.DataFrame | None:
        """The 10 % and 90 % quantiles over the histories by date; None where there are fewer than five."""
        if len(self.whole) < 5:
            return None
        frame = self.results.daily
        frame = frame[frame["run"].isin(self.whole)]
        band = frame.groupby("date")[column].quantile([0.1, 0.9]).unstack()
        return band.set_index(pd.to_datetime(band.index)).set_axis(["low", "high"], axis=1)

    @property
    def first(self) -> Any:
        """The first day shown."""
        return self.daily.index[0]

    @property
    def last(self) -> Any:
        """The last day shown."""
        return self.daily.index[-1]

    @property
    def settles_to(self) -> str:
        """The column of the index that the contracts settle to; empty if it is not recorded."""
        known = [name for name in self.daily.columns if name.startswith("index_")]
        table = self.results.parameters
        if len(table):
            rows = table[table["path"].str.match(r"market\.contracts\..*\.index$")]
            known = [f"index_{value}" for value in rows["value"] if f"index_{value}" in known] or known
        return known[0] if known else ""

    @cached_property
    def shocks(self) -> list[tuple[Any, str]]:
        """Date and type of each shock of the scenario, in time, those of recorded days."""
        table = self.results.parameters
        if not len(table):
            return []
        rows = table[table["path"].str.match(r"shocks\..*\.date$")]
        found = [(pd.Timestamp(value), path.split(".")[1]) for path, value in zip(rows["path"], rows["value"],
                                                                               strict=True)]
        return sorted(pair for pair in found if self.first <= pair[0] <= self.last)

    @property
    def period(self) -> str:
        """October 2026 to October 2028."""
        return f"{words.month(self.first)} to {words.month(self.last)}"

    @property
    def source(self) -> str:
        """What stands under each figure: scenario, which histories, what data it is."""
        runs = len(self.whole)
        shown = f"history {self.run} of {runs}" if runs > 1 else f"one history, seed {self.daily['seed'].iloc[0]}"
        cut = "" if self.manifest["status"] == "finished" else " Unfinished run." \
            if self.manifest["status"] == "unfinished" else " Some runs failed."
        return f"simulation, scenario “{self.manifest['title'] or self.manifest['name']}”, {shown}.{cut}"

    def span(self) -> str:
        """How long the shown stretch is."""
        return words.span(len(self.daily))


def own_prices(draw: Callable[..., Any]) -> Callable[..., Any]:
    """A figure of the physical economy, which is left out where prices were replayed and not made by it."""
    @wraps(draw)
    def drawn(history: History, phone: bool = False, bare: bool = False) -> Any:
        if "series" in history.manifest:
            raise NothingToDraw("prices were replayed from a file, and the physical economy ran beside them")
        return draw(history, phone=phone, bare=bare)

    return drawn


def dollars(cents: Any) -> Any:
    """Dollars of cents."""
    return np.asarray(cents, np.float64) / 100
