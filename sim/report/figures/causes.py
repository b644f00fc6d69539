"""A cascade as a timeline of causes: distress by day and by the way it takes, with arcs from cause to effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import FancyArrowPatch

from sim.report import palette as p
from sim.report import words
from sim.report.history import History, NothingToDraw
from sim.report.page import Page, Words, label, styled

LANES = {  # kind of event -> lane, and what stands in it; the order is that of the figure
    "forced sale": "sold by force", "closure": "closed down", "default": "defaults on margin",
    "member default": "members failed", "repo call": "collateral called", "repo default": "repo defaults",
    "loan default": "loans defaulted", "bank failure": "banks failed"}
STRETCH, BINS, ARCS = 126, 26, 40  # business days at most, columns of marks, arcs that an eye can follow
FEWEST = 4  # events; fewer are told in words


@dataclass
class Episode:
    """Marks and arcs of one stretch of days.

    marks : a row for each lane and column: x, lane, number of events, amount in cents, part set off by others
    arcs  : (mark of the cause, mark of the effect, events brought about)
    total, inside : distress events shown, and how many of them others brought about (sum of weights)
    """

    marks: pd.DataFrame
    arcs: list[tuple[int, int, float]]
    lanes: list[str]
    families: list[str]  # of most events of each lane
    days: list[Any]
    total: int
    inside: float
    per: int  # days in a column
    before: float  # of what others brought about, what comes from before the stretch
    shocks: list[tuple[Any, str]]  # date and name of what came from outside in these days


def causes(history: History, phone: bool = False, bare: bool = False) -> Page:
    """The worst half-year: marks for what happened, arcs for what brought it about, amounts below."""
    found = episode(history)
    marks = found.marks
    with styled():
        page = Page(_words(history, found), (0.4 if phone else 0.46) * (len(found.lanes) + 1) + 1.75, phone, bare)
        top, low = page.axes(2, [0.5 * (len(found.lanes) + 1), 0.85], left=1.15 if phone else 1.5, top=0.16, gap=0.16)
        for lane in range(-1 if found.shocks else 0, len(found.lanes)):
            top.axhline(lane, color=p.GRID, lw=0.6, zorder=0)
        most = max((weight for *_, weight in found.arcs), default=1.0)
        place = list(zip(marks["x"], marks["lane"], strict=True))
        for cause, effect, weight in found.arcs:
            _arc(top, place[cause], place[effect], 0.4 + 2.6 * np.sqrt(weight / most), _colour(found, place[cause][1]))
        size = np.sqrt(marks["amount"].clip(lower=1) / max(float(marks["amount"].max()), 1.0))
        row: Any
        for row, area in zip(marks.itertuples(), size, strict=True):
            colour = _colour(found, row.lane)
            top.scatter(row.x, row.lane, s=(10 + 210 * area) * (0.55 if phone else 1), linewidth=1.2, zorder=3,
                        facecolor=colour if row.inside >= 0.5 else p.PAPER, edgecolor=colour)
        _news(top, found, phone)
        _frame(top, low, found, phone)
    return page


def _colour(found: Episode, lane: int) -> str:
    return p.FAMILY[found.families[int(lane)]]


def _arc(axes: Any, start: Any, end: Any, width: float, colour: str) -> None:
    bend = -0.25 if end[1] >= start[1] else 0.25
    axes.add_patch(FancyArrowPatch(start, end, connectionstyle=f"arc3,rad={bend}", arrowstyle="-", lw=width,
                                   color=colour, alpha=0.42, shrinkA=2, shrinkB=2, zorder=1))


def _news(axes: Any, found: Episode, phone: bool) -> None:
    """Shocks from outside, on a lane of their own above the others."""
    dates = pd.DatetimeIndex(found.days)
    inside, free = found.shocks, -np.inf  # where the last name ended, as a share of the width
    for when in sorted({when for when, _ in inside}):
        x = int(np.searchsorted(dates, when))
        names = [name.replace("_", " ") for at, name in inside if at == when]
        axes.scatter(x, -1, marker="D", s=34 if phone else 55, color=p.INK, zorder=4)
        text = names[0].replace("ai ", "AI ") + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        right = x > 0.6 * len(dates)
        wide = (0.018 if phone else 0.0115) * len(text) + 0.03
        begins = x / len(dates) - wide if right else x / len(dates)
        if begins > free:
            free = begins + wide
            label(axes, x + (-1 if right else 1) * 0.025 * len(dates), -1, text, p.INK, weight="bold",
                  ha="right" if right else "left", size=6.8 if phone else 8)


def _frame(top: Any, low: Any, found: Episode, phone: bool) -> None:
    """Lanes by name, amounts in $ million below, dates along the bottom."""
    first = -1 if found.shocks else 0
    top.set(ylim=(len(found.lanes) - 0.4, first - 0.6), yticks=range(first, len(found.lanes)))
    names = [*(["from outside"] if found.shocks else []), *(LANES[name] for name in found.lanes)]
    top.set_yticklabels(names, size=6.9 if phone else 8.4)
    for text, family in zip(top.get_yticklabels()[-len(found.lanes):], found.families, strict=True):
        text.set_color(p.SOFT if family == "passive" else p.FAMILY[family])
    columns = found.marks.groupby("column")[["amount"]].sum() / 1e8
    places = (columns.index.to_numpy() + 0.5) * found.per
    low.bar(places, columns["amount"], width=0.72 * found.per, color=p.SOFT)
    low.set_title("Amounts, $ million", size=7.4 if phone else 8.5, parse_math=False)
    low.locator_params(axis="y", nbins=3)
    low.yaxis.set_major_formatter(lambda value, _: words.number(value))
    days = len(found.days)
    step = max(1, -(-days // (3 if phone else 6)))
    for axes in (top, low):
        axes.set_xlim(-0.5 * found.per, days + 0.5 * found.per)
        axes.set_xticks(range(0, days, step))
        axes.set_xticklabels([f"{found.days[k]:%-d %b}" if phone else f"{found.days[k]:%-d %b %Y}"
                              for k in range(0, days, step)] if axes is low else [])
        axes.tick_params(axis="x", length=0 if axes is top else 3)
    top.spines["bottom"].set_visible(False)
    top.grid(False)


def episode(history: History) -> Episode:
    """The stretch of at most half a year with the most distress, grouped by column of days and by lane."""
    events = history.events[history.events["kind"].isin(LANES)]
    if len(events) < FEWEST:
        raise NothingToDraw(f"{words.count(len(events), 'participant')} came into distress: too few for a timeline")
    last = int(events["day"].max())
    number = np.bincount(events["day"].to_numpy(), minlength=last + 1)
    start = int(np.argmax(np.convolve(number, np.ones(STRETCH), "full")[STRETCH - 1:]))
    own = events[(events["day"] >= start) & (events["day"] < start + STRETCH)].sort_values("event")
    start, end = max(int(own["day"].min()) - 2, 0), min(int(own["day"].max()) + 3, int(history.daily["day"].max()))
    for when, _ in history.shocks:  # a shock shortly before belongs to the story
        day = int(history.daily.loc[when:, "day"].iloc[0])
        start = min(start, max(day - 2, 0)) if 0 <= start - day <= STRETCH // 2 else start
    per = max(1, -(-(end - start + 1) // BINS))
    lanes = [name for name in LANES if name in set(own["kind"])]
    own = own.assign(column=(own["day"] - start) // per, lane=own["kind"].map({n: k for k, n in enumerate(lanes)}))
    links = history.links[history.links["event"].isin(own["event"])]
    carried = links.groupby("event")["weight"].sum()
    own = own.assign(inside=own["event"].map(carried).fillna(0.0))
    families = own.groupby("lane")["sector"].agg(lambda names: names.mode().iloc[0]).tolist()
    groups = own.groupby(["column", "lane"])
    marks = groups.agg(events=("event", "size"), amount=("amount_cents", lambda a: float(np.abs(a).sum())),
                       inside=("inside", "mean")).reset_index()
    marks["x"] = (marks["column"] + 0.5) * per
    at = {event: mark for mark, (_, rows) in enumerate(groups) for event in rows["event"].tolist()}
    arcs: dict[tuple[int, int], float] = {}
    for cause, effect, weight in zip(links["cause"], links["event"], links["weight"], strict=True):
        if cause in at and at[cause] != at[effect]:
            arcs[at[cause], at[effect]] = arcs.get((at[cause], at[effect]), 0.0) + float(weight)
    heavy = sorted(arcs.items(), key=lambda item: (-item[1], item[0]))[:ARCS]
    days = list(history.daily.index[(history.daily["day"] >= start) & (history.daily["day"] <= end)])
    return Episode(marks, [(cause, effect, weight) for (cause, effect), weight in heavy], lanes, families,
                   days, len(own),
                   float(own["inside"].sum()), per,
                   float(links.loc[~links["cause"].isin(own["event"]), "weight"].sum()),
                   [(when, name) for when, name in history.shocks if days[0] <= when <= days[-1]])


def _words(history: History, found: Episode) -> Words:
    part = found.inside / found.total
    names = {name: int(found.marks.loc[found.marks["lane"] == lane, "events"].sum())
             for lane, name in enumerate(found.lanes)}
    most = max(names, key=lambda name: names[name])
    title = f"Of {words.count(found.total, 'case')} of distress {words.percent(part)} are put down to an earlier one"
    links = history.links
    ways = links[links["cause"].isin(history.events["event"])].groupby("channel")["weight"].sum()
    way = (f" Most of what spread went through {str(ways.idxmax()).replace('_', '-')}." if len(ways) else "")
    see = (f"read from left to right. A mark is what happened within {words.count(found.per, 'day')}, its area the "
           "amount; an arc leads from cause to effect, thicker when more was brought about. Filled marks were set off "
           f"mostly by others.{way}")
    if found.before > 0.1 * found.inside:
        see += f" {words.capital(words.percent(found.before / found.inside))} of it goes back to before these days."
    see += " What spreads through prices and terms of credit comes on top; the command contagion tells it."
    told = words.listing([f"{LANES[name]} {number}" for name, number in names.items()])
    return Words(title, f"Distress by day and kind, {words.day(found.days[0])} to {words.day(found.days[-1])}", see,
                 history.source, f"{title}. Timeline by kind: {told}. Most frequent: {LANES[most]}. Arcs: "
                 f"{len(found.arcs)} between groups of events.")
