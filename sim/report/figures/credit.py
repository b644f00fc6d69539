"""Lenders: loans and who failed, what GPUs fetch, banks' own capital, losses of tranches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sim.report import palette as p
from sim.report import words
from sim.report.history import History, NothingToDraw, dollars
from sim.report.page import Page, Words, date_axis, mark_shock, styled

BILLION = 1e9
NEED = ("loans_cents", "loan_defaults", "resale_index", "bank_equity_cents", "loans_lost_cents")


def credit(history: History, phone: bool = False, bare: bool = False) -> Page:
    """Loans outstanding with defaults on them, the resale value of GPUs, and banks' own capital."""
    history.need(*NEED)
    daily = history.daily
    failed = daily["loan_defaults"].diff().fillna(daily["loan_defaults"].iloc[0])
    with styled():
        page = Page(_words(history), 4.7 if phone else 4.4, phone, bare)
        loans, resale, banks = page.axes(3, [1.2, 0.9, 0.9], gap=0.62)
        unit, size = _size(dollars(daily["loans_cents"]).max())
        _line(loans, history, "loans_cents", size * 100, f"Loans outstanding, {unit}; crosses: defaults on them")
        bad = failed > 0
        if bad.any():
            loans.scatter(daily.index[bad], dollars(daily["loans_cents"][bad]) / size, marker="X", color=p.WORSE,
                          s=np.minimum(18 + 14 * failed[bad], 130) * (0.6 if phone else 1), zorder=3, linewidth=0)
        _line(resale, history, "resale_index", 0.01, "What operators' GPUs fetch, % of their cost")
        unit, size = _size(dollars(daily["bank_equity_cents"]).max())
        _line(banks, history, "bank_equity_cents", size * 100, f"Banks' own capital, {unit}")
        mark_shock((loans, resale, banks), history.shocks)
        for axes in (loans, resale, banks):
            axes.set_ylim(0, max(1.06 * axes.get_ylim()[1], 1e-9))
            axes.locator_params(axis="y", nbins=4)
            axes.yaxis.set_major_formatter(lambda value, _: words.number(value))
            date_axis(axes, history.first, history.last, phone)
    return page


def _size(top: float) -> tuple[str, float]:
    return ("$ billion", BILLION) if top >= 2 * BILLION else ("$ million", 1e6)


def _line(axes: Any, history: History, column: str, size: float, title: str) -> None:
    band = history.band(column)
    if band is not None:
        axes.fill_between(band.index, band["low"] / size, band["high"] / size, color=p.FAMILY["credit"], alpha=0.15,
                          lw=0)
    axes.plot(history.daily.index, history.daily[column] / size, color=p.FAMILY["credit"], lw=1.7)
    axes.set_title(title, parse_math=False, size=7.2 if axes.figure.get_figwidth() < 5 else 9)


def _words(history: History) -> Words:
    daily = history.daily
    first, last = daily.iloc[0], daily.iloc[-1]
    lost, failed = float(last["loans_lost_cents"]) / 100, round(float(last["loan_defaults"]))
    closed = round(float(last.get("bank_failures", 0)))
    peak = float(dollars(daily["loans_cents"]).max())
    dear = f"{words.percent(float(daily['resale_index'].min()))} of their cost"
    if failed:
        title = (f"{words.capital(words.count(failed, 'operator'))} defaulted on loans and lenders lost "
                 + (words.money(lost) if lost > 0 else "nothing")
                 + (f"; {words.count(closed, 'bank')} failed" if closed else ""))
    else:
        title = f"No operator defaulted on its loans, which grew to {words.money(peak)}"
    change = float(last["bank_equity_cents"]) / max(float(first["bank_equity_cents"]), 1.0) - 1.0
    see = (f"lenders are as safe as the GPUs behind their loans: these fetched {dear} at worst. Banks' own capital, "
           f"which bears losses first, {'rose' if change >= 0 else 'fell'} by {words.percent(abs(change))}.")
    if history.band("loans_cents") is not None:
        see += " The band holds 80 % of histories."
    return Words(title, f"Loans on GPUs, their collateral and those who lend, {history.period}", see, history.source,
                 f"{title}. Three charts: loans between {words.money(dollars(daily['loans_cents']).min())} and "
                 f"{words.money(peak)}; GPUs fetch {dear} at worst; banks' capital {words.signed(100 * change)} %.")


# --- tranches ---------------------------------------------------------------------------------------------------


def tranches(history: History, phone: bool = False, bare: bool = False) -> Page:
    """Losses of pools by tranche, as they add up, and the haircut at which tranches are lent against."""
    columns = {name: f"tranche_losses_{name}_cents" for name in ("senior", "mezzanine", "equity")}
    history.need(*columns.values(), "repo_haircut", "downgrades")
    daily = history.daily
    lines = {name: pd.Series(dollars(daily[column]) / 1e6, daily.index) for name, column in columns.items()}
    if max(float(line.max()) for line in lines.values()) <= 0 and daily["repo_haircut"].nunique() < 2:
        raise NothingToDraw("no tranche lost anything and haircuts never moved")
    with styled():
        page = Page(_tranche_words(history, lines), 3.6 if phone else 3.4, phone, bare)
        top, low = page.axes(2, gap=0.55, left=0.66, right=1.2 if phone else 1.6)
        dashes = {"senior": "-", "mezzanine": (0, (5, 1.6)), "equity": (0, (1.2, 1.2))}
        highest = max(float(line.max()) for line in lines.values()) or 1.0
        for number, (name, line) in enumerate(lines.items()):
            top.plot(line.index, line, color=p.FAMILY["credit"], ls=dashes[name], lw=1.6)
            end = words.money(1e6 * float(line.iloc[-1])).replace(" million", " m")
            top.annotate(f"{name} {end}", (1.01, 0.75 - 0.24 * number), xycoords="axes fraction", va="center",
                         color=p.FAMILY["credit"], size=6.6 if phone else 7.6, annotation_clip=False, parse_math=False)
        top.set_ylim(0, 1.1 * highest)
        top.set_title("Lost on tranches so far, $ million", parse_math=False, size=8 if phone else 9)
        low.plot(daily.index, 100 * daily["repo_haircut"], color=p.WORSE, lw=1.6)
        low.set_ylim(0, 115 * float(daily["repo_haircut"].max()))
        low.set_title("Haircut at which tranches are lent against, %", size=8 if phone else 9)
        for axes in (top, low):
            axes.locator_params(axis="y", nbins=4)
            axes.yaxis.set_major_formatter(lambda value, _: words.number(value))
            date_axis(axes, history.first, history.last, phone)
    return page


def _tranche_words(history: History, lines: dict[str, pd.Series]) -> Words:
    daily, ends = history.daily, {name: 1e6 * float(line.iloc[-1]) for name, line in lines.items()}
    low, high = 100 * float(daily["repo_haircut"].min()), 100 * float(daily["repo_haircut"].max())
    cut = round(float(daily["downgrades"].iloc[-1]))
    pools = f"{words.count(cut, 'pool')} {'was' if cut == 1 else 'were'} downgraded"
    if ends["senior"] > 0:
        title = f"Tranches sold as safe lost {words.money(ends['senior'])}; {pools}"
    elif ends["mezzanine"] + ends["equity"] > 0:
        title = f"Junior tranches bore {words.money(ends['mezzanine'] + ends['equity'])}, senior ones nothing; {pools}"
    else:
        title = f"No tranche lost anything, yet haircuts went from {words.number(low, 2)} to {words.number(high, 2)} %"
    see = ("losses of a pool fall on equity first and on senior tranches last. A higher haircut makes holders who "
           f"borrowed against tranches find cash or sell; it reached {words.number(high, 2)} %.")
    told = words.listing([f"{name} {words.money(value)}" for name, value in ends.items()])
    return Words(title, f"Securitised loans, {history.period}", see, history.source,
                 f"{title}. Losses in all: {told}; haircut {words.number(low, 2)} to {words.number(high, 2)} %.")
