"""The panels of a page: the market's on the day shown, and those of its people."""

from __future__ import annotations

import math
from typing import Any

import solara

from sim.dashboard import cascade, charts, people, phase, wording
from sim.dashboard.charts import Panel, short_month
from sim.dashboard.controls import Field, Picture, Press, Rows, tag
from sim.dashboard.dials import spaced
from sim.dashboard.frame import Frame
from sim.report import words


def panel(found: Panel, *more: Any, wide: bool = False, pick: Any = None, before: Any = None) -> Any:
    """A chart with its finding above and how to read it below."""
    picture = Picture(html=found.chart, **({"event_pick": pick} if pick else {})) if found.chart else None
    see = tag("p", tag("b", "What to see: "), found.see, cls="see") if found.see else None
    return tag("section", tag("h3", found.title), tag("p", found.sub, cls="sub"), before, picture, see, *more,
               cls="panel wide" if wide else "panel")


def market_panels(desk: Any, frames: tuple[Frame, ...], at: int) -> Any:
    """Prices, the curve, a book, who holds what, margin, the cascade, chips."""
    own = frames[0]
    months = [month.label for month in own.days[at].months]
    asked = desk.view.look.get("contract", "")
    month = asked if asked in months else months[min(1, len(months) - 1)] if months else ""
    picker = Field(uid="contract", label="Contract month", kind="choice", value=month,
                   options=[[name, short_month(name)] for name in months],
                   event_change=lambda name: desk.see(contract=str(name))) if months else None
    parts = [panel(charts.prices(frames, at)), panel(charts.curve(frames, at)),
             panel(charts.depth(frames, at, month), before=picker), panel(charts.holders(frames, at)),
             panel(charts.margin(frames, at)), panel(charts.physical(frames, at)), spreading(desk, frames, at)]
    if len(frames) > 1:
        parts.append(side_by_side(desk, frames, at))
    return tag("div", tag("h2", f"The market on {words.day(own.dates[at])}"), tag("div", *parts, cls="grid"))


def where_it_lies(desk: Any) -> Any:
    """The phase diagram with the market of the dials; a click on a cell sets them."""
    frames = () if desk.stale else desk.session.frames
    months = frames[0].days[max(0, desk.at)].months if frames else ()
    rate = months[min(1, len(months) - 1)].rate if months else math.nan  # read only where no fixed rate is set
    own, other = phase.place(desk.view.settings, rate), phase.place(desk.view.beside, rate)
    if own is None:
        return None
    found = phase.phase(own, other)
    go = lambda number: desk.settings(phase.chosen(desk.view.settings, int(number)))
    see = tag("p", tag("b", "What to see: "), found.see, cls="see")
    return tag("section", tag("h2", "Where this market lies"), tag("h3", found.title), tag("p", found.sub, cls="sub"),
               tag("div", tag("div", Picture(html=found.chart, event_pick=go)), tag("div", see), cls="grid"),
               cls="panel wide", id="phase")


def spreading(desk: Any, frames: tuple[Frame, ...], at: int) -> Any:
    """The cascade with its latest events, and beneath it that of the market compared with."""
    found = cascade.told(frames[0], at)
    more = []
    if len(frames) > 1:
        other = cascade.cascade(frames[1], min(at, frames[1].last))
        more += [tag("h4", f"Compared with: {other.title[:1].lower()}{other.title[1:]}"),
                 Picture(html=other.chart) if other.chart else None]
    listed = []
    if found:
        listed.append(Rows(caption="The latest events and what stands behind them",
                           heads=["Day", "What", "Who", "Size", "Set off by"], rows=[list(row[:5]) for row in found],
                           ids=[row[5] for row in found], head=2, event_pick=lambda row: desk.see(agent=str(int(row)))))
    shown = cascade.cascade(frames[0], at)
    drawn = [Picture(html=shown.chart)] if shown.chart else []
    see = tag("p", tag("b", "What to see: "), shown.see, cls="see")
    day, number = cascade.worst(frames[0], desk.session.day)
    elsewhere = [Press(label=f"Show the worst days: {number} events up to {words.day(frames[0].dates[day])}",
                       event_press=lambda _: desk.see(day=str(day)))] if number and day != at else []
    return tag("section", tag("h3", shown.title), tag("p", shown.sub, cls="sub"),
               tag("div", tag("div", *drawn), tag("div", see, *elsewhere, *more), cls="grid"), *listed,
               cls="panel wide")


def side_by_side(desk: Any, frames: tuple[Frame, ...], at: int) -> Any:
    """The two markets in figures."""
    pair = desk.session.shown or desk.pair
    names = [wording.named(frame, settings) for frame, settings in zip(frames, pair, strict=False)]
    return tag("section", tag("h3", "Side by side, on the same luck"),
               tag("p", f"{names[0]} against {names[1]}, up to the day shown; seed {frames[0].seed}.", cls="sub"),
               Rows(caption="Differences between the two markets",
                    heads=["Measure", "Unit", "This market", "Compared with", "Difference"],
                    rows=wording.differences(frames, at), amounts=[2, 3, 4]), cls="panel wide")


@solara.component
def People(desk: Any, frame: Frame) -> Any:
    """Everybody as dots, a list, and the balance sheet of the one that was picked."""
    block, set_block = solara.use_state("")
    order, set_order = solara.use_state("loss")
    asked = desk.view.look.get("agent", "")
    row = int(asked) if asked.isdecimal() and len(asked) < 9 else -1
    pick = lambda number: desk.see(agent=str(int(number)))
    shown = people.chosen_rows(frame, block, order)
    blocks = [["", "everybody"], *([found.label, spaced(found.label)] for found in frame.blocks)]
    filters = tag("div", Field(uid="block", label="List", kind="choice", value=block, options=blocks,
                               event_change=lambda value: set_block(str(value))),
                  Field(uid="order", label="Order", kind="choice", value=order,
                        options=[list(option) for option in people.ORDERS],
                        event_change=lambda value: set_order(str(value))), cls="pickers")
    listed = Rows(caption=f"The first {len(shown)}; choose a name to see its balance sheet",
                  heads=["Who", "Equity", "Gain", "Long", "Short", "State"], rows=people.table(frame, shown), ids=shown,
                  amounts=[1, 2, 3, 4], chosen=row, event_pick=pick)
    found = people.everybody(frame, row)
    day = frame.dates[min(max(frame.accounts.day, 0), frame.last)]
    return tag("div", tag("h2", f"Who takes part, on the evening of {words.day(day)}"),
               tag("div", panel(found, pick=pick), balance_sheet(frame, row, bool(asked)),
                   tag("section", tag("h3", "List of participants"), filters, listed, cls="panel wide"), cls="grid"))


def people_panels(desk: Any, frames: tuple[Frame, ...]) -> Any:
    """The people of the visitor's own market."""
    return People(desk, frames[0])


def balance_sheet(frame: Frame, row: int, asked: bool) -> Any:
    """One participant's books, and its rule in English."""
    found = people.sheet(frame, row) if row >= 0 else None
    if found is None:
        text = "There is no participant of that number." if asked else \
            "Click a dot, or choose a name in the list or among the events."
        return tag("section", tag("h3", "Balance sheet"), tag("p", text, cls="sub"), cls="panel", id="sheet")
    parts = [Rows(caption="Books at the end of the day", heads=["Item", "Amount"], amounts=[1],
                  rows=[list(item) for item in found.rows])]
    if found.positions:
        parts.append(Rows(caption="Positions by month", heads=["Month", "Contracts", "Price", "Value"],
                          rows=[list(item) for item in found.positions], amounts=[1, 2, 3]))
    else:
        parts.append(tag("p", "It holds no futures.", cls="sub"))
    return tag("section", tag("h3", f"Balance sheet of {found.who}"), tag("p", f"Account {found.state}.", cls="sub"),
               *parts, tag("p", tag("b", "Its rule: "), found.rule, cls="see"), cls="panel", id="sheet")
