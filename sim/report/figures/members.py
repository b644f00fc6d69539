"""Clearing members: who paid when accounts failed, in the order of the waterfall, and how large the fund was."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.report import palette as p
from sim.report import words
from sim.report.history import History, NothingToDraw, dollars
from sim.report.page import Page, Words, date_axis, label, spread_labels, styled

LAYERS = {  # column -> what it is called; the order is that in which they pay
    "layer_margin_cents": "margin of who failed", "guaranteed_cents": "their clearing member",
    "layer_defaulter_fund_cents": "failed member's fund", "layer_house_capital_cents": "house's capital",
    "layer_default_fund_cents": "others' fund", "layer_assessments_cents": "calls on survivors",
    "layer_second_house_capital_cents": "house's capital, second", "layer_gains_haircut_cents": "gains kept back",
    "layer_fellow_clients_cents": "fellow clients", "unpaid_cents": "nobody"}


def paid(history: History, phone: bool = False, bare: bool = False) -> Page:
    """A bar for each layer of protection that paid, in the order in which they pay."""
    sums = _sums(history)
    with styled():
        page = Page(_words(history, sums), 0.27 * len(sums) + 0.75, phone, bare)
        (axes,) = page.axes(left=1.5 if phone else 1.9, right=0.75, top=0.1, bottom=0.46)
        top = max(float(sums.max()), 1e-9)
        unit, size = ("$ million", 1e6) if top >= 2e5 else ("$ thousand", 1e3)
        for row, (column, value) in enumerate(sums.items()):
            last = column == "unpaid_cents"
            axes.barh(row, value / size, height=0.62, color=p.PAPER if last else p.FAMILY[_family(str(column))],
                      edgecolor=p.WORSE if last else "none", hatch="////" if last else None)
            label(axes, value / size + 0.012 * top / size, row, words.money(value), p.INK, size=7.2 if phone else 8)
        axes.set(ylim=(len(sums) - 0.5, -0.5), yticks=range(len(sums)), xlim=(0, 1.12 * top / size))
        axes.set_yticklabels([LAYERS[str(name)] for name in sums.index], size=7 if phone else 8.4)
        axes.set_xlabel(f"{unit} over {history.span()}", size=7.4 if phone else 8.5, parse_math=False)
        axes.xaxis.set_major_formatter(lambda value, _: words.number(value))
        axes.grid(True, axis="x")
        axes.grid(False, axis="y")
        axes.locator_params(axis="x", nbins=4 if phone else 6)
    return page


def _family(column: str) -> str:
    return "credit" if column in ("guaranteed_cents", "layer_defaulter_fund_cents", "layer_default_fund_cents",
                                  "layer_assessments_cents") else \
        "clearing" if "house" in column else "speculators" if column == "layer_margin_cents" else "passive"


def _sums(history: History) -> pd.Series:
    history.need("member_defaults")
    known = [name for name in LAYERS if name in history.daily]
    sums = pd.Series({name: float(dollars(history.daily[name]).sum()) for name in known})
    always = ("layer_margin_cents", "guaranteed_cents", "layer_house_capital_cents", "layer_default_fund_cents")
    sums = sums[[name for name in known if sums[name] > 0 or name in always]]
    if not float(sums.sum()):
        raise NothingToDraw("no account failed, so no layer of protection paid")
    return sums


def _words(history: History, sums: pd.Series) -> Words:
    whole, shared = float(sums.sum()), float(sums.drop(["layer_margin_cents", "unpaid_cents"], errors="ignore").sum())
    unpaid = float(sums.get("unpaid_cents", 0.0))
    most = LAYERS[str(sums.idxmax())]
    if unpaid > 0:
        title = f"The layers did not suffice: {words.money(unpaid)} remained unpaid"
    elif shared > 0:
        title = f"Of {words.money(whole)} of losses, {words.money(shared)} fell on others than those who failed"
    else:
        title = f"Margin of those who failed covered all of {words.money(whole)}"
    failed = round(float(history.daily["member_defaults"].sum()))
    see = (f"layers pay from top to bottom. The largest part came from: {most}. "
           f"{words.capital(words.count(failed, 'clearing member'))} failed.")
    told = words.listing([f"{LAYERS[str(name)]} {words.money(value)}" for name, value in sums.items()])
    return Words(title, "Who paid for accounts that failed, in the order of the waterfall", see, history.source,
                 f"{title}. Bars: {told}.")


def fund(history: History, phone: bool = False, bare: bool = False) -> Page:
    """The members' default fund against the loss that it is to cover."""
    history.need("fund_cents", "fund_stress_cents")
    daily = history.daily
    size = 1e6
    with styled():
        page = Page(_fund_words(history), 2.4 if phone else 2.6, phone, bare)
        (axes,) = page.axes(left=0.62, right=1.0 if phone else 1.25, top=0.3)
        lines = (("fund", "fund_cents", p.FAMILY["clearing"], "-"),
                 ("loss to cover", "fund_stress_cents", p.WORSE, (0, (5, 1.6))))
        for _, column, colour, dash in lines:
            values = dollars(daily[column]) / size
            axes.plot(daily.index, values, color=colour, ls=dash, lw=1.6)
        ends = [float(dollars(daily[column])[-1]) / size for _, column, *_ in lines]
        gap = 0.09 * max(max(ends), float(np.nanmax(dollars(daily["fund_cents"]))) / size)
        for (name, _, colour, _), y in zip(lines, spread_labels(ends, gap), strict=True):
            axes.annotate(name, (1.01, y), xycoords=("axes fraction", "data"), color=colour, weight="bold", va="center",
                          size=7 if phone else 8.2, annotation_clip=False)
        axes.set_ylim(bottom=0)
        axes.set_title("$ million", parse_math=False)
        axes.locator_params(axis="y", nbins=5)
        date_axis(axes, history.first, history.last, phone)
    return page


def _fund_words(history: History) -> Words:
    daily = history.daily
    held, need = dollars(daily["fund_cents"]), dollars(daily["fund_stress_cents"])
    short = int((need > held).sum())
    title = (f"The fund covered the loss that it is made for on {'every day' if not short else 'all days but'}"
             + (f" {short:,}" if short else ""))
    see = ("the fund is to survive the failure of its largest members in a stressed market, beyond their margin. Where "
           "the dashed line stands above the other, it would not; it held "
           f"{words.money(float(held.mean()))} on average.")
    return Words(title, f"Default fund of clearing members, {history.period}", see, history.source,
                 f"{title}. Fund between {words.money(float(held.min()))} and {words.money(float(held.max()))}; loss "
                 f"to cover up to {words.money(float(need.max()))}.")
