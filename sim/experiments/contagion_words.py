"""What histories of a blow say, in a sentence: the same one in the terminal, on the figure and on the page."""

from __future__ import annotations

import math
from typing import Any

from sim.experiments.contagion import Contagion
from sim.report import words


def clear(row: Any) -> int:
    """The sign of a mean whose interval leaves out nought; 0 where it does not, or where there is none."""
    low, high = float(row["low"]), float(row["high"])
    return int(low > 0) - int(high < 0) if math.isfinite(low) and math.isfinite(high) else 0


def verdict(found: Contagion, table: Any) -> str:
    """How far the blow moves the future by itself, and what finance adds; without a full stop.

    Whether finance adds anything is judged by its average over all days, which no choice of a day can flatter.
    """
    primary, full, average = (table.loc[name] for name in ("primary", "full", "contagion_average"))
    if found.courses["price"].sign == 0:
        return "The blow by itself does not move the future"
    moved = f"The blow by itself puts the future {stands(primary)}"
    if not math.isfinite(float(primary["low"])):
        same = _way(full) == _way(primary)
        return f"{moved}, and {_size(full)}{'' if same else ' ' + _way(full)} with finance reacting"
    if not clear(primary):
        return "Which way the blow by itself moves the future cannot be told"
    if not clear(average):
        return f"{moved}; whether finance adds to that cannot be told"
    most = table.loc["contagion_at_gap"]
    if clear(average) == clear(primary):
        known = clear(most) == clear(primary)
        return (f"{moved}; finance takes it {'up to ' if known else ''}{_size(most if known else average)} "
                f"{_way(average)} still{'' if known else ' on average'}")
    return f"{moved}; finance holds it {_size(average)} {_way(average)} on average"


def alike(found: Contagion) -> str:
    """In how many histories the blow by itself moves the future in the direction of their mean."""
    sign = found.courses["price"].sign
    with_it = sum(figures["primary"] * sign > 0 for figures in found.figures.values())
    return f"{with_it} of {words.count(len(found.figures), 'history', 'histories')}"


def stands(row: Any) -> str:
    """A mean move in words: "34.3 % lower"."""
    return f"{_size(row)} {_way(row)}" if float(row["mean"]) else "where it would"


def span(row: Any) -> str:
    """The interval of a mean in brackets, to two digits; empty where there is none."""
    if not math.isfinite(float(row["low"])):
        return ""
    return f" ({words.number(float(row['low']), 2)} to {words.number(float(row['high']), 2)})"


def _size(row: Any) -> str:
    size = abs(float(row["mean"]))
    return f"{words.number(size, 3 if size >= 10 else 2)}{words.NARROW}%"


def _way(row: Any) -> str:
    return "higher" if float(row["mean"]) > 0 else "lower"
