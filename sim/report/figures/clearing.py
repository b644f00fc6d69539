"""Margin, calls, forced sales and defaults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sim.report import palette as p
from sim.report import words
from sim.report.history import History, dollars
from sim.report.page import Page, Words, date_axis, label, spikes, styled

MILLION = 1e6
FORCED = {"forced sale": "o", "closure": "s", "default": "X"}  # kind of event and its mark


def margin(history: History, phone: bool = False, bare: bool = False) -> Page:
    """Initial margin held, gains and losses paid in cash, margin called."""
    history.need("initial_margin", "variation_margin_cents", "margin_call_cents")
    daily = history.daily
    panels = [("Initial margin held", "initial_margin", p.FAMILY["clearing"]),
              ("Losers' payments to winners" if phone else "Paid by the day's losers to its winners",
               "variation_margin_cents", p.PRICE["futures"]),
              ("Margin called" if phone else "Called from participants short of margin", "margin_call_cents", p.WORSE)]
    with styled():
        page = Page(_margin_words(history), 4.7 if phone else 4.4, phone, bare)
        for axes, (title, column, colour) in zip(page.axes(3, [1.2, 1.0, 0.7], gap=0.62), panels, strict=True):
            values = dollars(daily[column])
            top = float(np.nanmax(values))
            size, word = (MILLION, "$ million") if top >= 2e5 or top == 0 else (1e3, "$ thousand")
            if column == "initial_margin":
                band = history.band(column)
                if band is not None:
                    low, high = band["low"] / 100 / size, band["high"] / 100 / size
                    axes.fill_between(band.index, low, high, color=colour, alpha=0.15, lw=0)
                    top = max(top, float(high.max()) * size)
                axes.plot(daily.index, values / size, color=colour, lw=1.8)
            else:
                spikes(axes, daily.index, values / size, colour, 0.8 if len(daily) > 150 else 1.6)
            axes.set_ylim(0, 1.12 * top / size if top > 0 else 1.0)
            axes.locator_params(axis="y", nbins=3)
            if top == 0:
                axes.set_yticks([0])
                label(axes, daily.index[len(daily) // 2], 0.45, "nobody was called", p.SOFT, ha="center")
            axes.set_title(f"{title}, {word}")
            axes.yaxis.set_major_formatter(lambda value, _: words.number(value))
            date_axis(axes, history.first, history.last, phone)
    return page


def _margin_words(history: History) -> Words:
    daily = history.daily
    held, paid = dollars(daily["initial_margin"]), dollars(daily["variation_margin_cents"])
    called = dollars(daily["margin_call_cents"])
    calls, peak = float(daily["margin_calls"].sum()) if "margin_calls" in daily else float((called > 0).sum()), int(
        np.argmax(called))
    worst = int(np.argmax(paid))
    if called.max() == 0:
        title = f"Nobody had to be called for margin in {history.span()}"
    elif called.max() < 0.1 * paid.max():
        title = f"Daily settlement moved up to {words.money(paid.max())}; calls stayed small"
    else:
        title = f"Margin calls peaked at {words.money(called.max())} on {words.day(daily.index[peak])}"
    share = held.mean() / max(2 * _notional(history), 1.0)  # both sides of a contract hold margin
    see = (f"what losers pay winners in cash every day ({words.money(paid[worst])} on {words.day(daily.index[worst])}) "
           f"needs liquidity, whoever is right in the end. {words.capital(words.count(calls, 'call'))} found a "
           f"participant short of it; margin held was {words.percent(share)} of the value of all positions.")
    return Words(title, "The clearing house's demands on its participants, US dollars", see, history.source,
                 f"{title}. Three charts over {history.period}: initial margin held of {words.money(held.min())} to "
                 f"{words.money(held.max())}; daily payments of up to {words.money(paid.max())}; "
                 f"{words.count(calls, 'margin call')}, at most {words.money(called.max())} in a day.")


def _notional(history: History) -> float:
    """Mean value of all open contracts of every family, dollars: one side counted."""
    contracts, table = history.results.contracts, history.results.parameters
    contracts = contracts[contracts["run"] == history.run] if len(contracts) else contracts
    if not len(contracts):
        return float("nan")
    sizes = {}
    if len(table):
        found = table[table["path"].str.match(r"market\.contracts\..*\.size$")]
        sizes = {path.split(".")[2]: float(value) for path, value in zip(found["path"], found["value"], strict=True)}
    only = next(iter(sizes.values()), 730.0)
    size = contracts["contract"].str.rsplit(" ", n=1).str[0].map(sizes).fillna(only)
    return float((contracts["settle"] * contracts["open_interest"] * size).groupby(contracts["day"]).sum().mean())


# --- forced sales and defaults --------------------------------------------------------------------------


def defaults(history: History, phone: bool = False, bare: bool = False) -> Page:
    """When somebody was forced to sell or failed, by family, and how much was sold."""
    history.need("forced_volume")
    events = history.events
    forced = events[events["kind"].isin(FORCED)]
    present = {*forced["sector"], *history.manifest["sectors"].values()}
    order = [name for name in p.FAMILY if name in present]
    order = [name for name in order if name != "passive" or len(forced[forced["sector"] == name])]
    with styled():
        page = Page(_default_words(history, forced), 1.9 + 0.26 * len(order), phone, bare)
        top, low = page.axes(2, [0.26 * len(order), 1.0], left=1.08 if phone else 1.35, top=0.12, gap=0.42)
        for lane, name in enumerate(order):
            top.axhline(lane, color=p.GRID, lw=0.6, zorder=0)
            _lane(top, lane, forced[forced["sector"] == name], p.FAMILY[name])
        top.set(ylim=(len(order) - 0.4, -0.6), yticks=range(len(order)))
        top.set_yticklabels([p.FAMILY_NAME[name] for name in order], size=7.4 if phone else 8.5)
        for text, name in zip(top.get_yticklabels(), order, strict=True):
            text.set_color(p.SOFT if name == "passive" else p.FAMILY[name])
        top.grid(False)
        top.spines["bottom"].set_visible(False)
        date_axis(top, history.first, history.last, phone)
        top.set_xticks([])
        pad = 0.012 * (history.last - history.first)  # a mark of the first day stands clear of the names
        top.set_xlim(history.first - pad, history.last + pad)
        amount = history.daily["forced_volume"]
        spikes(low, amount.index, amount, p.SOFT, 1.0 if len(amount) > 150 else 2.0)
        low.set_ylim(0, 1.1 * max(float(amount.max()), 1.0))
        low.set_title("Contracts traded under force, a day")
        low.locator_params(axis="y", nbins=3)
        if not amount.any():
            low.set_yticks([0])
            label(low, amount.index[len(amount) // 2], 0.45, "nobody had to trade", p.SOFT, ha="center")
        low.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        date_axis(low, history.first, history.last, phone)
        low.set_xlim(history.first - pad, history.last + pad)
    return page


def harmed(history: History) -> bool:
    """Whether anybody was forced to trade or failed: without, a sentence says as much as a figure."""
    return bool(history.events["kind"].isin(FORCED).any()) or bool(history.daily["forced_volume"].any())


def _lane(axes: Any, lane: int, events: pd.DataFrame, colour: str) -> None:
    """The events of one family: a dot for a forced sale, a square for a closure, a cross for a default."""
    for kind, marker in FORCED.items():
        own = events[events["kind"] == kind]
        if len(own):
            number = own.groupby("when").size()
            hollow, last = kind == "forced sale", kind == "default"  # a cross stands out from the square it lies on
            axes.scatter(number.index, np.full(len(number), lane), s=22 + 16 * (number.to_numpy() - 1).clip(0, 12),
                         marker=marker, facecolor=p.PAPER if hollow else colour, edgecolor=p.PAPER if last else colour,
                         linewidth=0.9 if last else 1.3, zorder=4 if last else 3, clip_on=False)


def _default_words(history: History, forced: pd.DataFrame) -> Words:
    number = lambda kind: int((forced["kind"] == kind).sum())
    failed, sold, closed = number("default"), number("forced sale"), number("closure")
    who = forced[forced["kind"] == "default"]["sector"].value_counts()
    mostly = p.FAMILY_NAME[who.index[0]] if len(who) else ""
    sales = words.count(sold, "forced sale")
    on = " on margin" if "loan_defaults" in history.daily else ""  # loans are another matter
    if failed:
        title = f"{words.capital(words.count(failed, 'default'))} in {history.span()}, {_most(who, mostly)}"
    elif sold or closed:
        title = f"Nobody defaulted{on} in {history.span()}; {words.count(sold, 'participant')} had to sell under force"
    else:
        title = f"Nobody was forced to sell and nobody defaulted in {history.span()}"
    share = float(history.daily["forced_volume"].sum() / max(float(history.daily["volume"].sum()), 1.0)) \
        if "volume" in history.daily else float("nan")
    loss = dollars(history.daily["house_loss_cents"]).sum() if "house_loss_cents" in history.daily else float("nan")
    lost = f" The clearing house lost {words.money(loss)}." if np.isfinite(loss) and loss > 0 else \
        " The clearing house lost nothing." if np.isfinite(loss) else ""
    see = ("a ring is a participant that had to sell, a square one that closed, a cross one that defaulted; larger "
           f"marks are several on one day. Trades under force were {words.percent(share)} of all volume.{lost}")
    return Words(title, "By family of participants; below, how much they traded under force", see, history.source,
                 f"{title}. Timeline, {history.period}: {sales}, {words.count(closed, 'closure')} and "
                 f"{words.count(failed, 'default')}; {words.percent(share)} of volume was traded under force.{lost}")


def _most(who: pd.Series, name: str) -> str:
    if len(who) == 1:
        return f"all among {name}" if who.iloc[0] > 1 else f"among {name}"
    return f"{who.iloc[0]} of them among {name}"
