"""Price series that a user brings: read whole, or refused with every line that is wrong."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sim.errors import BadInput, Problem, Where, bad_input, near_miss, quoted, shown

LONGEST_GAP = np.timedelta64(7, "D")  # and five typical steps, so that weekly and monthly series pass
FEWEST = 3


class Prices(NamedTuple):
    """One series.

    name   : the file's name without its ending
    dates  : datetime64[s][days]
    prices : float64[days]
    """

    name: str
    dates: np.ndarray
    prices: np.ndarray


class Row(NamedTuple):
    """One line of a file below its header: its number from 1, and its cells by column."""

    line: int
    cells: dict[str, str]


def shipped_prices() -> dict[str, Path]:
    """The series that come with the package, by name."""
    folder = Path(__file__).parent / "data" / "prices"
    return {path.stem: path for path in sorted(folder.glob("*.csv"))}


def read_prices(source: str | Path, column: str = "price") -> Prices:
    """A CSV file with ``date`` and ``price``, oldest first, or a series that comes with the package.

    Dates are ISO days or times. Raises BadInput with every empty, wrong, zero or negative price, and every date that
    is repeated, unsorted or too far from the one before.
    """
    path = found(source)
    rows = read_rows(path, ("date", column))
    problems: list[Problem] = []
    dates, prices = np.empty(len(rows), "datetime64[s]"), np.empty(len(rows))
    for place, row in enumerate(rows):
        where = Where(shown(path), row.line)
        dates[place] = date_of(row.cells["date"], where, problems)
        prices[place] = price_of(row.cells[column], column, where, problems)
    problems += _order(dates, rows, path)
    if problems:
        raise BadInput(problems)
    if len(rows) < FEWEST:
        raise bad_input(shown(path), f"{len(rows)} prices are too few to test anything; at least {FEWEST}")
    return Prices(path.stem, dates, prices)


def found(source: str | Path) -> Path:
    """The file that is meant: a path, or a shipped name. Raises BadInput where there is none."""
    path = Path(source)
    if path.is_file():
        return path
    known = shipped_prices()
    if str(source) in known:
        return known[str(source)]
    near = near_miss(str(source), known) or ";"
    raise bad_input(str(source), f"no such file, and no series of this name comes with the package{near} "
                                 f"there are {quoted(known)}")


def read_rows(path: Path, needed: tuple[str, ...]) -> list[Row]:
    """All lines of a CSV file by column, needed names in any case. Raises BadInput where one is missing."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            known = {name.lower(): name for name in (*needed, "contract", "price")}
            head = [known.get(name.strip().lower(), name.strip()) for name in next(reader, [])]
            rows = [Row(reader.line_num, dict(zip(head, (cell.strip() for cell in line), strict=False)))
                    for line in reader if any(cell.strip() for cell in line)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise bad_input(shown(path), f"cannot be read as a CSV file: {error}") from None
    where = Where(shown(path), 1)
    problems = [Problem(where, f'there is no column "{name}"{near_miss(name, head) or ";"} there are: {quoted(head)}')
                for name in needed if name not in head]
    problems += [Problem(where, f'two columns are called "{name}"') for name in sorted(set(head))
                 if head.count(name) > 1]
    problems += [Problem(Where(shown(path), row.line), f"{len(row.cells)} cells where the header has {len(head)}")
                 for row in rows if len(row.cells) < len(head)]
    if problems:
        raise BadInput(problems)
    return rows


def date_of(text: str, where: Where, problems: list[Problem]) -> np.datetime64:
    """A day or time, noting what is wrong with it."""
    try:
        date = np.datetime64(text.removesuffix("Z"), "s") if text else np.datetime64("NaT")
    except ValueError:
        date = np.datetime64("NaT")
    if np.isnat(date):
        problems.append(Problem(where, f'"{text}" is not a date such as 2027-01-27'))
    return date


def price_of(text: str, column: str, where: Where, problems: list[Problem]) -> float:
    """A positive number, noting what is wrong with it."""
    try:
        price = float(text)
    except ValueError:
        price = math.nan
    if not text:
        problems.append(Problem(where, f"`{column}` is empty: a gap cannot be margined; leave the line out or fill it"))
    elif not math.isfinite(price):
        problems.append(Problem(where, f'`{column}` is "{text}"; a number is expected'))
    elif price <= 0:
        problems.append(Problem(where, f"`{column}` is {text}; margin as a share of the price needs positive prices"))
    return price


def _order(dates: np.ndarray, rows: list[Row], path: Path) -> Iterator[Problem]:
    if np.isnat(dates).any() or len(dates) < 2:
        return
    steps = np.diff(dates)
    longest = max(LONGEST_GAP, 5 * np.median(steps.astype(np.int64)).astype("timedelta64[s]"))
    for place, step in enumerate(steps, 1):
        where, text = Where(shown(path), rows[place].line), rows[place].cells["date"]
        if step == np.timedelta64(0, "s"):
            yield Problem(where, f"{text} stands twice")
        elif step < np.timedelta64(0, "s"):
            yield Problem(where, f"{text} is before the line above; dates must rise")
        elif step > longest:
            yield Problem(where, f"a gap of {step / np.timedelta64(1, 'D'):.0f} days before {text}; a move over a gap "
                                 f"is not one over a day")
