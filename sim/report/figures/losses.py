"""Who lost, month by month: families on futures, lenders on loans, the clearing house on those who failed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sim.report import palette as p
from sim.report import words
from sim.report.history import History, NothingToDraw, dollars
from sim.report.page import Page, Words, date_axis, spread_labels, styled

MILLION = 1e6
LOANS, HOUSE = "loans", "house"
NAME = {LOANS: "lenders, on loans", HOUSE: "clearing house"}
PHONE_NAME = {"users": "users", "liquidity": "makers", "credit": "lenders", "clearing": "house", "passive": "others",
              LOANS: "on loans", HOUSE: "house"}


def losses(history: History, phone: bool = False, bare: bool = False) -> Page:
    """What each sector lost in each month, stacked."""
    table = by_month(history)
    with styled():
        page = Page(_words(history, table), 3.0 if phone else 3.1, phone, bare)
        (axes,) = page.axes(left=0.62, right=0.95 if phone else 1.72, top=0.32)
        bottom = np.zeros(len(table))
        whole = 100 * table.sum() / max(float(table.to_numpy().sum()), 1e-12)
        for name in map(str, table):
            values = table[name].to_numpy()
            axes.bar(table.index, values, width=19 if len(table) < 60 else 15, bottom=bottom, color=_colour(name),
                     hatch="////" if name == LOANS else None, edgecolor=p.PAPER, linewidth=0.4)
            bottom = bottom + values
        top = max(float(bottom.max()), 1e-9)
        axes.set_ylim(0, 1.08 * top)
        _labels(axes, table, whole, top, phone)
        axes.set_title("Lost in each month, $ million", size=8 if phone else 9)
        axes.yaxis.set_major_formatter(lambda value, _: words.number(value))
        axes.locator_params(axis="y", nbins=5)
        date_axis(axes, history.first, history.last, phone)
    return page


def _labels(axes: Any, table: pd.DataFrame, whole: pd.Series, top: float, phone: bool) -> None:
    """Names in the order of the stack, with the share that each bore."""
    shown = [name for name in map(str, table) if whole[name] >= 0.5]
    places = spread_labels([top * (0.1 + 0.8 * (k + 0.5) / len(shown)) for k in range(len(shown))], top * 0.09)
    for name, y in zip(shown, places, strict=True):
        text = PHONE_NAME.get(name, _name(name)) if phone else _name(name)
        axes.annotate(f"{text}{' ' if phone else ', '}{words.number(whole[name], 2)} %", (1.015, y),
                      xycoords=("axes fraction", "data"), color=p.SOFT if name == "passive" else _colour(name),
                      weight="bold", size=6.8 if phone else 8, va="center", annotation_clip=False)


def _name(name: str) -> str:
    return NAME.get(name) or p.FAMILY_NAME[name]


def _colour(name: str) -> str:
    return p.FAMILY[{LOANS: "credit", HOUSE: "clearing"}.get(name, name)]


def by_month(history: History) -> pd.DataFrame:
    """$ million lost in each month by each sector, the month's middle as index; only sectors that lost anything."""
    daily = history.daily
    families = [name for name in p.FAMILY if f"gain_{name}_cents" in daily]
    if not families or len(daily) < 42:
        raise NothingToDraw("gains by family over at least two months are needed")
    label = pd.DatetimeIndex(daily.index).to_period("M")
    moves = {name: pd.Series(dollars(daily[f"gain_{name}_cents"]), daily.index).diff() for name in families}
    out = {name: (-series.groupby(label).sum()).clip(lower=0) for name, series in moves.items()}
    if "loans_lost_cents" in daily:
        out[LOANS] = pd.Series(dollars(daily["loans_lost_cents"]), daily.index).diff().groupby(label).sum()
    if "house_loss_cents" in daily:
        out[HOUSE] = pd.Series(dollars(daily["house_loss_cents"]), daily.index).groupby(label).sum()
    table = pd.DataFrame(out).clip(lower=0) / MILLION
    table.index = pd.PeriodIndex(table.index).to_timestamp() + pd.Timedelta(days=14)
    table = table.loc[:, table.max() > 0]
    if not table.shape[1]:
        raise NothingToDraw("nobody lost anything")
    return table


def _words(history: History, table: pd.DataFrame) -> Words:
    total, worst = table.sum(), table.sum(axis=1)
    most, month = str(total.idxmax()), worst.idxmax()
    whole = float(total.sum())
    title = (f"{words.capital(_name(most))} bore {words.percent(total[most] / whole)} of all losses; "
             f"{words.month(month)} was the worst month")
    see = ("a bar adds up what the families lost that had a bad month, so its height is what changed hands or was "
           f"lost for good; {words.money(worst.max() * MILLION)} in {words.month(month)}.")
    if LOANS in table:
        see += " Futures only move money, hatched losses on loans destroy it."
    told = words.listing([f"{_name(str(name))} {words.money(value * MILLION)}"
                          for name, value in total.sort_values(ascending=False).items()])
    return Words(title, "Losses by sector: on futures before fees, on loans, and the clearing house's own",
                 see, history.source, f"{title}. Stacked bars by month, {history.period}. In all: {told}.")
