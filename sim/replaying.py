"""Series that a scenario replays: found, read and checked when it is loaded, and laid over the days of a run."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.calendar import Calendar
from sim.compute.config import ComputeConfig
from sim.compute.economy import Economy
from sim.compute.indices.base import Index
from sim.compute.operators import Operators
from sim.compute.replay import Replay, ReplayedEconomy
from sim.errors import Where, bad_input, near_miss, quoted, shown
from sim.price_files import read_prices, shipped_prices
from sim.shocks.base import Passing, Shock, Spreading, Sudden
from sim.streams import Streams

FOLDER = "series"  # where a results folder keeps a user's own series


class Series(NamedTuple):
    """A series as it was when the scenario was loaded.

    asked  : what the scenario said: name and column
    path   : absolute path; a shipped series has its name here
    content : the file
    dates  : ISO times, rising
    prices : $/GPU-hour
    """

    asked: tuple[str, str]
    path: str
    content: bytes
    dates: tuple[str, ...]
    prices: tuple[float, ...]

    def serves(self, compute: ComputeConfig) -> bool:
        """Whether this is the series that a compute economy asks for."""
        return isinstance(compute, Replay) and self.asked == (compute.series, compute.column)

    def write(self, path: Path) -> None:
        """Write the file as it was."""
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self.content)

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the file."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def provenance(self) -> dict[str, str]:
        """What a manifest says of it."""
        return {"name": self.path, "sha256": self.sha256}

    @property
    def shipped(self) -> bool:
        """Whether it comes with the package."""
        return not Path(self.path).is_absolute()

    @property
    def title(self) -> str:
        """What it is called: the file's name without its ending."""
        return Path(self.path).stem

    @property
    def kept_as(self) -> str:
        """What the scenario in a results folder calls it."""
        return self.path if self.shipped else f"{FOLDER}/{Path(self.path).name}"


def series_of(compute: ComputeConfig, where: Where | None = None) -> Series | None:
    """The series that a compute economy replays; None for one that replays nothing.

    where : where it was written; a path is relative to that file, or else to the working directory

    Raises BadInput with everything that is wrong with the file.
    """
    if not isinstance(compute, Replay):
        return None
    where = where or Where(compute.series)
    known = shipped_prices()
    try:
        folder = Path(where.source).parent if Path(where.source).is_file() else Path()
        path = folder / Path(compute.series).expanduser()
        mine = path.is_file()
    except (OSError, ValueError, RuntimeError):  # a name too long, with a NUL byte, or of an unknown user
        raise bad_input(where, "compute, series: this is not the name of a file") from None
    if not mine and compute.series not in known:
        raise bad_input(where, f'compute, series: there is no file "{shown(path)}", and no series of this name comes '
                               f"with the package{near_miss(compute.series, known) or ';'} there are: {quoted(known)}")
    path = path if mine else known[compute.series]
    found = read_prices(path, compute.column)
    return Series((compute.series, compute.column), str(path.absolute()) if mine else compute.series,
                  path.read_bytes(), tuple(str(date) for date in found.dates), tuple(found.prices.tolist()))


def first_date(compute: ComputeConfig, start: dt.date) -> dt.date:
    """The date of the file that falls on the first reported day."""
    return (compute.first_date if isinstance(compute, Replay) else None) or start


def uncovered(compute: ComputeConfig, series: Series, calendar: Calendar) -> str:
    """Why a series does not cover a run, with dates; empty if it does."""
    first, days = first_date(compute, calendar.date(0)), calendar.days
    begins, ends = (np.datetime64(date, "D").astype(object) for date in (series.dates[0], series.dates[-1]))
    if not 2015 <= first.year <= 2100:
        return f"`first_date` is {first}; the calendar knows 2015 to 2100"
    needed = Calendar(first, days).dates[:days]
    last = needed[-1].astype(object)
    if begins <= first and last <= ends:
        return ""
    room = int((needed <= np.datetime64(ends, "D")).sum())
    advice = (f"lower `days` to {room}, or choose an earlier `first_date`" if begins <= first <= ends else
              f"set `first_date` to the date of the file that the first reported day shall have, from {begins} on")
    return (f"{Path(series.path).name} runs from {begins} to {ends}, and {days:,} days of the run need prices "
            f"from {first} to {last}; {advice}")


def laid_out(compute: ComputeConfig, series: Series, calendar: Calendar) -> np.ndarray:
    """float64[burn-in and reported days] $/GPU-hour: the last price by the evening of each day.

    Business days are counted from the file's date for the first reported day; before it begins its first price holds.
    """
    first = first_date(compute, calendar.date(0))
    days = Calendar(first, calendar.days, calendar.burn_in).dates[:calendar.burn_in + calendar.days]
    at = np.searchsorted(np.array(series.dates, "datetime64[D]"), days.astype("datetime64[D]"), side="right") - 1
    return np.array(series.prices)[np.maximum(at, 0)]


def moved_by_shocks(shocks: Iterable[Shock]) -> Iterator[tuple[int, str]]:
    """Shocks that act on the physical economy, which has no say in replayed prices: place, and what to do."""
    for at, shock in enumerate(shocks):
        if isinstance(shock, Passing | Spreading | Sudden):
            yield at, ("prices follow the file, so a shock to the physical economy cannot move them; leave it out, or "
                       "use `compute: {type: physical}`")


def economy_of(compute: ComputeConfig, series: Series | None, operators: Operators, streams: Streams,
               calendar: Calendar, indices: tuple[Index, ...]) -> Economy:
    """The economy that a scenario asks for."""
    if isinstance(compute, Replay) and series is not None:
        return ReplayedEconomy(compute, operators, streams, calendar, indices, laid_out(compute, series, calendar))
    return Economy(compute, operators, streams, calendar, indices)
