"""How compute is sold: who finds none, what providers post against what is paid, and what a token costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.report import palette as p
from sim.report import words
from sim.report.history import History, NothingToDraw
from sim.report.page import Page, Words, date_axis, label, mark_shock, spread_labels, styled

WHO = {"training": "training runs", "large": "large models", "small": "small models", "research": "researchers"}
REAL = {"list_dispersion": (0.4, 0.6), "list_ratio": (2.0, 3.0)}  # posted H100 prices, sim/data/README.md


def _beside(axes: Any, found: list[tuple[str, float, str]], phone: bool, room: float = 0.09) -> None:
    """Labels right of the axes at the ends of lines: text, height, colour."""
    low, high = axes.get_ylim()
    for (text, _, colour), y in zip(found, spread_labels([y for _, y, _ in found], (high - low) * room), strict=True):
        axes.annotate(text, (1.012, y), xycoords=("axes fraction", "data"), color=colour, va="center",
                      size=6.8 if phone else 8, annotation_clip=False)


def _smooth(series: Any) -> Any:
    """Mean of a month of business days, which shows what a day's noise hides."""
    return series.rolling(21, min_periods=1).mean()


# --- utilisation and rationing ----------------------------------------------------------------------------------


def rationing(history: History, phone: bool = False, bare: bool = False) -> Page:
    """How much of the world's compute is at work, and who wanted some and found none."""
    history.need("utilisation", "rationed_share")
    daily, lines = history.daily, _rationed(history)
    with styled():
        page = Page(_rationing_words(history, lines), 4.2 if phone else 4.1, phone, bare)
        top, low = page.axes(2, [1.0, 1.15], left=0.6, right=0.95 if phone else 1.15, gap=0.46)
        band = history.band("utilisation")
        if band is not None:
            top.fill_between(band.index, 100 * band["low"], 100 * band["high"], color=p.INK, alpha=0.12, lw=0)
        top.plot(daily.index, 100 * daily["utilisation"], color=p.INK, lw=1.3)
        least = 100 * min(float(daily["utilisation"].min()), 1.0 if band is None else float(band["low"].min()))
        top.set_ylim(max(0.0, 5 * np.floor((least - 1) / 5)), 100.5)
        top.set_title("Capacity at work, %", size=8 if phone else 9)
        for (_, series, colour), style in zip(lines, ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5))),
                                              strict=False):
            low.plot(series.index, series, color=colour, lw=1.5, ls=style)
        low.set_ylim(0, 1.1 * max(max(float(series.max()) for _, series, _ in lines), 0.5))
        low.set_title("Demand that found none, %" + ("" if phone else ", mean of a month"), size=8 if phone else 9)
        _beside(low, [(name, float(series.iloc[-1]), colour) for name, series, colour in lines], phone)
        for axes in (top, low):
            axes.locator_params(axis="y", nbins=5)
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            date_axis(axes, history.first, history.last, phone)
        mark_shock((top, low), history.shocks, high=False)
    return page


def _rationed(history: History) -> list[tuple[str, Any, str]]:
    """Label, % by day and colour: each class of users where classes are recorded, else all of them."""
    daily = history.daily
    known = [name for name in WHO if f"rationed_{name}" in daily and daily[f"rationed_{name}"].notna().any()]
    colours = dict(zip(WHO, (p.FAMILY["users"], *p.VARIANT[1:]), strict=True))
    if not known:
        return [("all users", _smooth(100 * daily["rationed_share"]), p.FAMILY["users"])]
    return [(WHO[name], _smooth(100 * daily[f"rationed_{name}"]), colours[name]) for name in known]


def _rationing_words(history: History, lines: list[tuple[str, Any, str]]) -> Words:
    daily = history.daily
    work, short = float(daily["utilisation"].mean()), float(daily["rationed_share"].mean())
    worst = max(lines, key=lambda line: float(line[1].max()))
    most, when = float(worst[1].max()), words.month(worst[1].idxmax())
    title = (f"{words.percent(work)} of compute was at work, and {words.percent(short)} of open demand found none"
             if short > 0.001 else f"{words.percent(work)} of compute was at work, and nearly all who asked found some")
    share = lambda value: f"{words.number(value, 2)}{words.NARROW}%"
    told = words.listing([f"{name} {share(float(series.mean()))}" for name, series, _ in lines])
    see = ("compute cannot be stored, so a full month turns users away and a slack one leaves chips idle; a price that "
           f"moves slowly does both. Most went without in {when}: {share(most)} of what {worst[0]} wanted. "
           f"On average: {told}.")
    return Words(title, "Share of capacity at work, and of the demand for uncommitted compute that found none at the "
                 "posted price", see, history.source,
                 f"{title}. Two charts over {history.period}; on average went without: {told}.")


# --- posted prices against deals --------------------------------------------------------------------------------


def lists(history: History, phone: bool = False, bare: bool = False) -> Page:
    """How far list prices and the index of them stand from the index of deals."""
    history.need("index_transaction")
    daily = history.daily
    deal = daily["index_transaction"]
    known = [("median list price", "list_median", p.PRICE["list"]), ("assessed index", "index_assessed",
                                                                    p.PRICE["assessed"])]
    lines = [(name, 100 * (daily[column] / deal - 1), colour) for name, column, colour in known
             if column in daily and daily[column].notna().any()]
    if not lines:
        raise NothingToDraw("no posted price was recorded")
    with styled():
        page = Page(_lists_words(history, lines), 3.0 if phone else 3.2, phone, bare)
        (axes,) = page.axes(left=0.6, right=1.1 if phone else 1.35, top=0.12)
        axes.axhline(0, color=p.PRICE["transaction"], lw=1.6)
        for _, series, colour in lines:
            axes.plot(series.index, series, color=colour, lw=1.5)
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, -5), max(high, 5))
        ends = [(name, float(series.dropna().iloc[-1]), p.SOFT if colour == p.PRICE["list"] else colour)
                for name, series, colour in lines]
        _beside(axes, [*ends, ("transaction index", 0.0, p.PRICE["transaction"])], phone, 0.07)
        axes.yaxis.set_major_formatter(lambda value, _: f"{words.signed(value)}{words.NARROW}%")
        axes.locator_params(axis="y", nbins=6)
        date_axis(axes, history.first, history.last, phone)
        mark_shock((axes,), history.shocks)
    return page


def _lists_words(history: History, lines: list[tuple[str, Any, str]]) -> Words:
    name, series, _ = lines[-1]
    mean, low, high = (float(x) for x in (series.mean(), series.min(), series.max()))
    side = "above" if mean > 0 else "below"
    title = (f"The {name} stood {words.number(abs(mean), 2)}{words.NARROW}% {side} deals on average, and up to "
             f"{words.number(max(abs(low), abs(high)), 2)}{words.NARROW}% away from them")
    told = words.listing([f"{n} {words.number(float(s.min()), 2)} to {words.number(float(s.max()), 2)}{words.NARROW}%"
                          for n, s, _ in lines])
    see = ("the level line is what was really paid. Posted prices follow it slowly, so they stand too high after a "
           f"fall and too low after a rise, and a future on them protects less. From deals: {told}.")
    return Words(title, "Distance of posted prices from the index of deals", see, history.source,
                 f"{title}. Line chart over {history.period}; distances: {told}.")


# --- dispersion -------------------------------------------------------------------------------------------------


def dispersion(history: History, phone: bool = False, bare: bool = False) -> Page:
    """How far apart providers' list prices lie, with the range of real ones."""
    history.need("list_dispersion")
    daily = history.daily
    titles = {"list_dispersion": "Spread of list prices, standard deviation of the log",
              "list_ratio": "A hyperscaler's list price over a neocloud's, times"}
    known = [name for name in titles if name in daily and daily[name].notna().any()]
    if not known:
        raise NothingToDraw("no list price was recorded")
    with styled():
        page = Page(_dispersion_words(history, known), (2.0 if phone else 1.9) * len(known), phone, bare)
        for axes, name in zip(page.axes(len(known), left=0.6, gap=0.5), known, strict=True):
            low, high = REAL[name]
            axes.axhspan(low, high, color=p.PRICE["list"], alpha=0.16, lw=0)
            colour = p.PRICE["list"] if name == known[0] else p.FAMILY["suppliers"]
            axes.plot(daily.index, daily[name], color=colour, lw=1.7)
            room = high - low
            axes.set_ylim(min(low - 0.4 * room, float(daily[name].min()) - 0.1 * room),
                          max(high + 0.4 * room, float(daily[name].max()) + 0.1 * room))
            axes.set_title(titles[name], size=8 if phone else 9)
            date_axis(axes, history.first, history.last, phone)
            label(axes, daily.index[len(daily) // 50], high - 0.12 * room, "real ones in 2026", p.SOFT, size=7.4)
            axes.locator_params(axis="y", nbins=4)
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    return page


def _dispersion_words(history: History, known: list[str]) -> Words:
    daily = history.daily
    sd = float(daily["list_dispersion"].mean())
    inside = all(low <= float(daily[name].mean()) <= high for name, (low, high) in REAL.items() if name in known)
    times = float(np.exp(2 * 1.2816 * sd))
    title = (f"One GPU-hour, many prices: a dear provider asks {words.number(times, 2)} times what a cheap one does"
             + (", as in real markets" if inside else ""))
    ratio = (f" Hyperscalers ask {words.number(float(daily['list_ratio'].mean()), 2)} times what neoclouds ask."
             if "list_ratio" in known else "")
    see = ("brand, contract terms and habit keep list prices apart, and an index of them depends on whom it asks. Dear "
           f"and cheap are the tenth and the ninetieth of a hundred providers.{ratio}")
    return Words(title, "List prices of providers on each day; the band is what 12 to 40 providers posted for H100s in "
                 "2026", see, history.source, f"{title}. Line charts over {history.period}: sd of log list prices "
                 f"{words.number(sd, 2)} on average.{ratio}")


# --- tokens -----------------------------------------------------------------------------------------------------


def tokens(history: History, phone: bool = False, bare: bool = False) -> Page:
    """What a token costs against what a GPU-hour costs, both 100 on the first day."""
    history.need("token_price", "spot_us")
    lines = [(name, 100 * history.daily[column] / history.daily[column].iloc[0], colour) for name, column, colour in (
        ("GPU-hour", "spot_us", p.PRICE["spot"]), ("token", "token_price", p.FAMILY["users"]))]
    with styled():
        page = Page(_token_words(history, lines), 3.0 if phone else 3.2, phone, bare)
        (axes,) = page.axes(left=0.6, right=0.72 if phone else 0.85, top=0.12)
        axes.set_yscale("log")
        for _, series, colour in lines:
            axes.plot(series.index, series, color=colour, lw=1.7 if colour != p.INK else 1.3)
        low, high = min(float(s.min()) for _, s, _ in lines) * 0.9, max(float(s.max()) for _, s, _ in lines) * 1.1
        axes.set_ylim(low, high)
        axes.set_yticks([x for x in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if low <= x <= high])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        gap = float(np.log(high / low)) * 0.07
        ends = spread_labels([float(np.log(s.iloc[-1])) for _, s, _ in lines], gap)
        for (name, _, colour), y in zip(lines, ends, strict=True):
            axes.annotate(name, (1.012, np.exp(y)), xycoords=("axes fraction", "data"), color=colour, va="center",
                          size=7 if phone else 8.2, weight="bold", annotation_clip=False)
        date_axis(axes, history.first, history.last, phone)
        mark_shock((axes,), history.shocks, high=False)
    return page


def _token_words(history: History, lines: list[tuple[str, Any, str]]) -> Words:
    (_, hour, _), (_, token, _) = lines
    left = float(token.iloc[-1]) / 100
    fall = (f"A token ended at {words.percent(left)} of its first price" if left < 0.98 else
            "A token ended as dear as it began" if left < 1.02 else
            f"A token ended {words.percent(left - 1)} dearer than it began")
    change = float(hour.iloc[-1]) / 100 - 1
    move = "a GPU-hour hardly changed" if abs(change) < 0.02 else \
        f"a GPU-hour {'rose' if change > 0 else 'fell'} by {words.percent(abs(change))}"
    moves = [np.log(level[21:] / level[:-21]) for level in (series.to_numpy(np.float64) for _, series, _ in lines)]
    known = len(moves[0]) > 30 and all(move.std() > 0 for move in moves)
    link = float(np.corrcoef(moves[0], moves[1])[0, 1]) if known else float("nan")
    told = f" Monthly changes of the two correlate at {words.number(round(link, 2), 2)}." if np.isfinite(link) else ""
    see = ("better models and software make a token cheaper year by year, whatever an hour costs; who sells tokens and "
           f"pays for hours carries the difference.{told}")
    return Words(f"{fall}, {move}", "Price of a token of fixed quality and of a GPU-hour in the United States, both "
                 "100 on the first day, on a ratio scale", see, history.source,
                 f"{fall}, {move}. Line chart over {history.period}.{told}")
