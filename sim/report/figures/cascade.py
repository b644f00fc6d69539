"""Who set off whom: the worst episode of forced sales, as a graph in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import FancyArrowPatch

from sim.report import palette as p
from sim.report import words
from sim.report.figures.clearing import FORCED
from sim.report.history import History, NothingToDraw
from sim.report.page import Page, Words, styled

DAYS = 10  # business days of an episode
MOST = 120  # events that can still be told apart
ARCS = 160  # the heaviest links; more are a blot, and a megabyte
FEWEST = 5  # below that the timeline of defaults shows as much


def cascade(history: History, phone: bool = False, bare: bool = False) -> Page:
    """The ten days with the most forced events: a mark for each, an arc from cause to effect."""
    events, links = _episode(history)
    order = [name for name in p.FAMILY if name in set(events["sector"])]
    marks = list(zip(events["event"], events["x"], events["sector"], events["kind"], strict=True))
    place = {event: (x, order.index(sector)) for event, x, sector, _ in marks}
    with styled():
        page = Page(_words(history, events, links), (0.62 if phone else 0.55) * len(order) + 1.7, phone, bare)
        (axes,) = page.axes(left=1.08 if phone else 1.35, top=0.2, bottom=0.4)
        for edge in range(int(events["x"].max()) + 2):
            axes.axvline(edge, color=p.GRID, lw=0.8, zorder=0)
        for lane in range(len(order)):
            axes.axhline(lane, color=p.GRID, lw=0.6, zorder=0)
        for cause, effect, weight in sorted(links, key=lambda link: -link[2])[:ARCS]:
            _arc(axes, place[cause], place[effect], weight, p.FAMILY[order[place[cause][1]]], phone)
        triggered = {effect for _, effect, _ in links}
        size = np.sqrt(events["quantity"].clip(lower=1) / max(float(events["quantity"].max()), 1.0))
        for (event, x, sector, kind), area in zip(marks, size, strict=True):
            colour = p.FAMILY[sector]
            axes.scatter(x, order.index(sector), s=(14 + 95 * area) * (0.6 if phone else 1), marker=FORCED[kind],
                         facecolor=colour if event in triggered else p.PAPER, edgecolor=colour, linewidth=1.3, zorder=3)
        _lanes(axes, order, events, phone)
    return page


def _lanes(axes: Any, order: list[str], events: pd.DataFrame, phone: bool) -> None:
    last = int(events["x"].max()) + 1
    axes.set(xlim=(-0.1, last + 0.1), ylim=(len(order) - 0.3, -1.15), yticks=range(len(order)))  # arcs bend upwards
    axes.set_yticklabels([p.FAMILY_NAME[name] for name in order], size=7.4 if phone else 8.5)
    for text, name in zip(axes.get_yticklabels(), order, strict=True):
        text.set_color(p.SOFT if name == "passive" else p.FAMILY[name])
    days = events.attrs["days"]
    step = max(1, -(-len(days) // (3 if phone else 7)))
    axes.set_xticks([number + 0.5 for number in range(0, len(days), step)])
    axes.set_xticklabels([f"{when:%-d %b}" if phone else f"{when:%a %-d %b}" for when in days[::step]])
    axes.tick_params(axis="x", length=0)
    axes.spines["bottom"].set_visible(False)
    axes.grid(False)


def _arc(axes: Any, start: tuple[float, int], end: tuple[float, int], weight: float, colour: str, phone: bool) -> None:
    bend = -0.22 if end[1] >= start[1] else 0.22
    axes.add_patch(FancyArrowPatch(start, end, connectionstyle=f"arc3,rad={bend}", arrowstyle="-",
                                   lw=0.4 + 2.2 * weight * (0.62 if phone else 1), color=colour, alpha=0.45, shrinkA=3,
                                   shrinkB=3, zorder=1))


def worth_showing(history: History) -> bool:
    """Whether enough was set off by something else to need a figure of its own."""
    try:
        events, links = _episode(history)
    except NothingToDraw:
        return False
    return len(events) >= FEWEST and len(links) > 0


def _episode(history: History) -> tuple[pd.DataFrame, list[tuple[int, int, float]]]:
    """The forced events of the worst ten days with their place in time, and the links among them."""
    forced = history.events[history.events["kind"].isin(FORCED)]
    if not len(forced):
        raise NothingToDraw("nobody was forced to sell, so there is no cascade to show")
    days = np.arange(int(forced["day"].min()), int(forced["day"].max()) + 1)
    number = np.bincount(forced["day"].to_numpy() - days[0], minlength=len(days))
    start = days[int(np.argmax(np.convolve(number, np.ones(DAYS), "full")[DAYS - 1:]))]
    own = forced[(forced["day"] >= start) & (forced["day"] < start + DAYS)].sort_values("event").head(MOST)
    start = int(own["day"].min())
    calendar = history.daily[(history.daily["day"] >= start) & (history.daily["day"] <= own["day"].max())]
    rounds = int(max(history.results.events["round"].max(), 0)) + 2  # what happens at the close comes last
    at = np.where(own["round"] < 0, rounds - 1, own["round"])
    same = own.assign(at=at).groupby(["day", "at", "sector"]).cumcount().to_numpy()
    own = own.assign(x=own["day"] - start + (at + 0.5) / rounds + 0.9 * (same % 8) / (8 * rounds))
    own.attrs["days"] = list(calendar.index)
    return own, _links(history, set(own["event"].tolist()))


def _links(history: History, shown: set[int]) -> list[tuple[int, int, float]]:
    """(cause, effect, weight) among shown events; margin calls between two of them are passed through."""
    causes = history.causes
    behind: dict[int, list[tuple[int, float]]] = {}
    for effect, cause, weight in zip(causes["event"], causes["cause"], causes["weight"], strict=True):
        if cause >= 0:
            behind.setdefault(int(effect), []).append((int(cause), float(weight)))

    def trace(event: int, weight: float, depth: int) -> list[tuple[int, float]]:
        found = []
        for cause, share in behind.get(event, []):
            if cause in shown:
                found.append((cause, weight * share))
            elif depth < 6:
                found += trace(cause, weight * share, depth + 1)
        return found

    links: dict[tuple[int, int], float] = {}
    for effect in shown:
        for cause, weight in trace(effect, 1.0, 0):
            links[cause, effect] = links.get((cause, effect), 0.0) + weight
    return [(cause, effect, weight) for (cause, effect), weight in sorted(links.items())]


def _words(history: History, events: pd.DataFrame, links: list[tuple[int, int, float]]) -> Words:
    total, hit = len(events), len({effect for _, effect, _ in links})
    ratio = sum(weight for *_, weight in links) / total
    number = {kind: int((events["kind"] == kind).sum()) for kind in FORCED}
    kinds = [words.count(size, kind) for kind, size in number.items() if size]
    what = kinds[0] if len(kinds) == 1 else f"{total} forced sales, closures and defaults"
    if total == 1:
        title = "A single participant was forced to sell"
    else:
        title = f"{hit or 'None'} of {what} {'were' if hit > 1 else 'was'} set off in part by another"
    most = f" The {ARCS} heaviest of {len(links):,} arcs are drawn." if len(links) > ARCS else ""
    when = f"{words.day(events.attrs['days'][0])} and the days after"
    nature = ("the outside world does nearly all of it" if ratio < 0.2 else "the market does most of it" if ratio > 0.6
              else "the market adds to what comes from outside")
    see = ("a mark is a forced sale (round), a closure (square) or a default (cross), its area the contracts "
           "held; an arc runs from cause to effect, thicker when the cause weighs more, and hollow marks have "
           f"none. On average {words.percent(ratio)} of what stands behind an event is an earlier one: {nature}.{most}")
    return Words(title, f"Forced sales, closures and defaults, {when}, by family and trading round", see,
                 history.source,
                 f"{title}. Timeline of {words.count(total, 'event')} from {when}; {words.count(len(links), 'link')} "
                 f"from cause to effect carry {words.percent(ratio)} of their weight.")
