"""How much is traded and held."""

from __future__ import annotations

import numpy as np

from sim.report import palette as p
from sim.report import words
from sim.report.history import History
from sim.report.page import Page, Words, date_axis, label, spikes, styled


def volume(history: History, phone: bool = False, bare: bool = False) -> Page:
    """Open interest and daily volume."""
    history.need("open_interest", "volume")
    daily = history.daily
    held, traded = daily["open_interest"], daily["volume"]
    with styled():
        page = Page(_words(history), 3.7 if phone else 3.6, phone, bare)
        top, low = page.axes(2, [1.15, 1.0], left=0.66, gap=0.52)
        band = history.band("open_interest")
        if band is not None:
            top.fill_between(band.index, band["low"], band["high"], color=p.PRICE["futures"], alpha=0.15, lw=0)
        top.plot(held.index, held, color=p.PRICE["futures"], lw=1.8)
        top.set_ylim(0, 1.12 * max(float(held.max()), 0 if band is None else float(band["high"].max()), 1))
        top.set_title("Open interest, contracts")
        spikes(low, traded.index, traded, p.mix("#FFFFFF", p.SOFT, 0.45), 0.9 if len(traded) > 150 else 2.0)
        mean = traded.rolling(21, min_periods=5).mean()
        low.plot(mean.index, mean, color=p.INK, lw=1.6)
        low.set_ylim(0, 1.08 * max(float(traded.max()), 1))
        low.set_title("Volume, contracts a day")
        if mean.notna().any():
            at = len(mean) * 3 // 4
            y = max(float(mean.iloc[at]), float(traded.iloc[max(0, at - 40):at + 40].quantile(0.98)))
            label(low, mean.index[at], y + 0.09 * low.get_ylim()[1], "mean of a month", p.INK, ha="center", size=7.8)
        for axes in (top, low):
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            axes.locator_params(axis="y", nbins=4)
            date_axis(axes, history.first, history.last, phone)
    return page


def _words(history: History) -> Words:
    held, traded = history.daily["open_interest"], history.daily["volume"]
    edge = max(1, len(held) // 12)
    start, end = float(held.iloc[:edge].mean()), float(held.iloc[-edge:].mean())
    turnover = float(traded.sum() / held.sum()) if held.sum() > 0 else float("nan")
    pace = f"one in {words.number(1 / turnover, 2)} changes hands a day" if turnover > 0 else "nothing is traded"
    change = end / start - 1 if start > 0 else float("nan")
    if not np.isfinite(change):
        title = "Nobody held futures at the start; " + pace
    elif abs(change) < 0.1:
        title = f"Open interest held near {words.number(float(held.mean()), 2)} contracts; {pace}"
    else:
        verb = "grew" if change > 0 else "shrank"
        title = f"Open interest {verb} from {words.number(start, 2)} to {words.number(end, 2)} contracts; {pace}"
    months = len(history.contracts["contract"].unique()) if len(history.contracts) else 0
    near = _near_share(history)
    see = ("each step down is a month that expires; what is bought to hedge the months after builds up again. "
           f"The three nearest months make up {words.percent(near)} of what is held." if months else
           "no contract month was recorded.")
    many = " The band holds eight in ten histories." if history.band("open_interest") is not None else ""
    return Words(title, "Contracts of 730 GPU-hours, all months together", see + many, history.source,
                 f"{title}. Two charts over {history.period}: open interest between "
                 f"{words.number(float(held.min()), 2)} and {words.number(float(held.max()), 2)} contracts; volume of "
                 f"{words.number(float(traded.mean()), 2)} contracts a day on average, "
                 f"{words.number(float(traded.max()), 2)} at most.")


def _near_share(history: History) -> float:
    """Share of open interest in the three nearest months."""
    ranked = history.contracts.sort_values("expiry").assign(
        rank=lambda c: c.groupby("day")["expiry"].rank(method="dense"))
    total = float(ranked["open_interest"].sum())
    return float(ranked.loc[ranked["rank"] <= 3, "open_interest"].sum()) / total if total else float("nan")
