"""Prices of compute: what is traded, what is posted, what the futures expect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sim.report import palette as p
from sim.report import words
from sim.report.history import History, NothingToDraw
from sim.report.page import Page, Words, date_axis, label, spread_labels, styled

DAYS_A_YEAR = 252


def _volatility(prices: Any) -> float:
    change = np.diff(np.log(np.asarray(prices, np.float64)))
    change = change[np.isfinite(change)]
    return float(np.std(change) * np.sqrt(DAYS_A_YEAR)) if len(change) > 1 else float("nan")


def _ratio_axis(axes: Any, low: float, high: float) -> None:
    """A ratio scale in dollars with few, round marks."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    for marks in ((1, 2, 5), (1, 1.5, 2, 3, 5, 7), (1, 1.2, 1.5, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9)):
        ticks = [m * 10.0**power for power in range(-4, 6) for m in marks if low <= m * 10.0**power <= high]
        if len(ticks) >= 4:
            break
    axes.set_yticks(ticks)
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda value, _: f"${value:.2f}")


def spot(history: History, phone: bool = False, bare: bool = False) -> Page:
    """Spot price, indices and the median list price."""
    daily, series = history.daily, _price_lines(history)
    band = history.band("spot_us") if "spot_us" in daily else None
    with styled():
        page = Page(_spot_words(history, series), 3.1 if phone else 3.4, phone, bare)
        (axes,) = page.axes(right=1.12 if phone else 1.45, top=0.12)
        if band is not None:
            axes.fill_between(band.index, band["low"], band["high"], color=p.INK, alpha=0.12, lw=0)
        for _, column, colour, width in series:
            axes.plot(daily.index, daily[column], color=colour, lw=width, zorder=2 + (column == "spot_us"))
        shown = daily[[column for _, column, *_ in series]].to_numpy()
        low, high = np.nanmin(shown), np.nanmax(shown)
        if band is not None:
            low, high = min(low, band["low"].min()), max(high, band["high"].max())
        low, high = low * 0.94, high * 1.06
        _ratio_axis(axes, low, high)
        date_axis(axes, history.first, history.last, phone)
        ends = [float(np.log(daily[column].dropna().iloc[-1])) for _, column, *_ in series]
        gap = float(np.log(high / low)) * (0.062 if phone else 0.056)
        for (name, _, colour, _), y in zip(series, spread_labels(ends, gap), strict=True):
            text = p.SOFT if colour == p.PRICE["list"] else colour
            axes.annotate(name, (1.01, np.exp(y)), xycoords=("axes fraction", "data"), color=text, va="center",
                          size=7 if phone else 8.2, weight="bold" if name == "spot price" else "normal",
                          annotation_clip=False)
    return page


def _price_lines(history: History) -> list[tuple[str, str, str, float]]:
    """Label, column, colour and width of each price there is."""
    known = [("spot price", "spot_us", p.PRICE["spot"], 1.3),
             ("median list price", "list_median", p.PRICE["list"], 1.5)]
    spare = iter((*p.VARIANT[3:], p.REGION["cn"][0], p.REGION["row"][0]))
    for column in history.daily.columns:
        if column.startswith("index_"):
            kind = column.removeprefix("index_")
            known.append((f"{kind.replace('_', ' ')} index", column, p.PRICE.get(kind) or next(spare, p.SOFT), 1.5))
    found = [line for line in known if line[1] in history.daily and history.daily[line[1]].notna().any()]
    if not found:
        raise NothingToDraw("the daily table has no prices")
    return found


def _spot_words(history: History, series: list[tuple[str, str, str, float]]) -> Words:
    moves = {column: _volatility(history.daily[column]) for _, column, *_ in series}
    start, end = (float(history.daily[series[0][1]].dropna().iloc[i]) for i in (0, -1))
    traded = moves.get("index_transaction", moves.get("spot_us", float("nan")))
    posted = moves.get("index_assessed", moves.get("list_median", float("nan")))
    if posted < 0.6 * traded:
        title = "Posted prices hardly move while the traded price swings"
    elif posted > 1.5 * traded:
        title = "Posted prices move more than the traded one"
    else:
        title = f"Compute went from {words.price(start)} to {words.price(end)} an hour, posted and traded prices alike"
    listed = words.listing([f"{name} {words.percent(moves[column])}" for name, column, *_ in series
                            if np.isfinite(moves[column])])
    many = " The band holds eight in ten histories of the spot price." if history.band(series[0][1]) is not None else ""
    see = (f"the closer an index stays to the spot price, the better a future on it protects those who pay spot. "
           f"Yearly volatility: {listed}.{many}")
    return Words(title, "US dollars per GPU-hour of an H100 or its equivalent in the United States, on a ratio scale",
                 see, history.source,
                 f"{title}. Line chart, {history.period}: the spot price goes from {words.price(start)} to "
                 f"{words.price(end)} per GPU-hour. Yearly volatility: {listed}.")


# --- the curve ----------------------------------------------------------------------------------------


def curve(history: History, phone: bool = False, bare: bool = False) -> Page:
    """Futures curves seen at each quarter end, over what the index then did."""
    contracts, index = history.contracts, history.settles_to
    if not len(contracts) or not index:
        raise NothingToDraw("no contract was listed, or no index recorded")
    seen = _quarter_ends(contracts)
    final = _final_settlements(contracts)
    with styled():
        page = Page(_curve_words(history, contracts, seen, final), 3.1 if phone else 3.5, phone, bare)
        (axes,) = page.axes(right=0.22, top=0.12)
        level = history.daily[index]
        axes.plot(level.index, level, color=p.INK, lw=1.3, zorder=3)
        for number, when in enumerate(seen):
            line = contracts[contracts["when"] == when].sort_values("expiry")
            newest = number == len(seen) - 1
            share = 0.4 + 0.35 * number / len(seen)
            colour = p.PRICE["futures"] if newest else p.mix("#FFFFFF", p.PRICE["futures"], share)
            axes.plot([when, *_middles(line)], [level.get(when), *line["settle"]], color=colour,
                      lw=2 if newest else 1.1, zorder=4 if newest else 2)
        if len(final):
            axes.plot(_middles(final), final["settle"], "o", ms=3.4, mfc=p.PAPER, mec=p.INK, mew=1, zorder=5)
        _curve_labels(axes, history, contracts, level, seen, final, phone)
        axes.yaxis.set_major_formatter(lambda value, _: f"${value:.2f}")
        date_axis(axes, history.first, contracts["expiry"].max(), phone)
    return page


def _curve_labels(axes: Any, history: History, contracts: pd.DataFrame, level: pd.Series, seen: list[Any],
                  final: pd.DataFrame, phone: bool) -> None:
    low, high = axes.get_ylim()
    room = high - low
    axes.set_ylim(low - 0.06 * room, high + 0.08 * room)
    top = int(np.nanargmax(level.to_numpy()))
    name = history.settles_to.removeprefix("index_").replace("_", " ") + " index"
    side = "left" if top < len(level) / 2 else "right"
    label(axes, level.index[top], level.iloc[top] + 0.055 * room, name, p.INK, weight="bold", ha=side, size=8)
    line = contracts[contracts["when"] == seen[-1]].sort_values("expiry")
    at, falls = len(line) // 2, line["settle"].iloc[-1] < line["settle"].iloc[0]
    label(axes, line["expiry"].iloc[at] - pd.Timedelta(days=12),
          line["settle"].iloc[at] + (-0.05 if falls else 0.05) * room,
          "last curve" if phone else f"curve of\n{words.day(seen[-1])}", p.PRICE["futures"], weight="bold", ha="right",
          size=7.4 if phone else 8)
    if len(final):
        axes.annotate("○ final settlement of a month", (0.01, 0.03), xycoords="axes fraction", color=p.SOFT, size=7.4)


def _middles(contracts: pd.DataFrame) -> list[Any]:
    """The middle of each delivery month: a contract settles to a month's mean, not to its last day."""
    return list(contracts["expiry"].dt.to_period("M").dt.start_time + pd.Timedelta(days=14))


def _quarter_ends(contracts: pd.DataFrame) -> list[Any]:
    """The first recorded day, the last of each quarter (of each month in a short run), and the last day."""
    days = pd.Series(sorted(contracts["when"].dropna().unique()))
    step = "Q" if len(days) > 126 else "M"
    ends = days.groupby(days.dt.to_period(step)).last().tolist()
    return sorted({days.iloc[0], *ends})


def _final_settlements(contracts: pd.DataFrame) -> pd.DataFrame:
    """The last settlement of each month that ended within the run."""
    last = contracts.sort_values("when").groupby("contract").tail(1)
    return last[last["when"] == last["expiry"]].sort_values("expiry")


def _curve_words(history: History, contracts: pd.DataFrame, seen: list[Any], final: pd.DataFrame) -> Words:
    prices = [contracts[contracts["when"] == when].sort_values("expiry")["settle"] for when in seen]
    ends = [(float(line.iloc[0]), float(line.iloc[-1])) for line in prices]
    down, up = (sum(1 for near, far in ends if sign * (near - far) > 0.02 * near) for sign in (1, -1))
    slope = float(np.mean([far / near - 1 for near, far in ends]))
    most = max(down, up)
    of = f"All {most}" if most == len(seen) and most > 1 else f"{most} of {len(seen)}"
    title = ("The curve leaned neither way for long" if most < 0.6 * len(seen) else
             f"{of} curves expected {'cheaper' if down > up else 'dearer'} compute")
    miss = _error_ahead(contracts, final, 3)
    told = ""
    if np.isfinite(miss[0]):
        where = ("too high" if miss[0] > 0.01 else "too low" if miss[0] < -0.01 else "right on average")
        amount = "" if where == "right on average" else f" by {words.percent(abs(miss[0]))} on average"
        title += f"; a quarter before delivery they stood {where}"
        told = f" A quarter before delivery futures stood {where}{amount}, and {words.percent(miss[1])} off either way."
    see = ("each thin line is what the market then expected, month by month; the jagged line is what the index did. "
           f"The last month stood {words.percent(abs(slope))} {'below' if slope < 0 else 'above'} the first on average."
           + told)
    return Words(title, "US dollars per GPU-hour: the index that futures settle to, the curve at the end of each "
                 + ("quarter" if len(history.daily) > 126 else "month") + ", final settlements", see, history.source,
                 f"{title}. Line chart, {history.period}, of the index and {len(seen)} futures curves; the last month "
                 f"stood {words.percent(abs(slope))} {'below' if slope < 0 else 'above'} the first on average.{told}")


def _error_ahead(contracts: pd.DataFrame, final: pd.DataFrame, months: int) -> tuple[float, float]:
    """Mean and mean absolute error of the futures price some months before delivery, as a share of the settlement."""
    errors = []
    for row in final.itertuples():
        own = contracts[contracts["contract"] == row.contract]
        start = pd.Period(str(row.contract), "M") - months
        before = own[own["when"].dt.to_period("M") == start].sort_values("when")
        if len(before):
            errors.append(before["settle"].iloc[-1] / row.settle - 1)
    if len(errors) < 3:
        return float("nan"), float("nan")
    return float(np.mean(errors)), float(np.mean(np.abs(errors)))
