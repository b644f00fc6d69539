"""The cascade as it spreads: who was forced to sell or failed, on which day, and what set it off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.dashboard.charts import Panel, empty
from sim.dashboard.dials import spaced
from sim.dashboard.frame import Event, Frame
from sim.dashboard.svg import Plot, date_marks
from sim.report import palette, words

MARK = {"forced sale": "o", "closure": "s", "default": "x"}  # everything else is a diamond
HARD = {"closure", "default", "house loss", "house insolvent", "loan default", "swap default", "venue shortfall"}
CALLS = ("margin call", "repo call", "prime call", "redemption")  # they pass a cascade on and are no event of it
SHOWN = 8  # business days of an episode
AFTER = 2  # business days that are shown after its last event
MOST = 160  # marks that can still be told apart
DEPTH = 6  # calls between two events that are passed through


def events_of(frame: Frame, last: int, days: int = SHOWN) -> list[Event]:
    """What happened in the days up to one, calls left out, oldest first."""
    return [event for event in frame.events if max(0, last - days + 1) <= event.day <= last and event.kind not in CALLS]


def episode(frame: Frame, at: int) -> int:
    """The last day to show: that of the latest event up to a day, and a little after it."""
    latest = max((event.day for event in frame.events if event.day <= at and event.kind not in CALLS), default=-1)
    return min(at, latest + AFTER) if latest >= 0 else at


def worst(frame: Frame, last: int) -> tuple[int, int]:
    """The day on which the stretch with most events up to a day is seen whole, and their number; (-1, 0) for none."""
    number = np.zeros(max(last, 0) + 1, np.int64)
    for event in frame.events:
        if 0 <= event.day <= last and event.kind not in CALLS:
            number[event.day] += 1
    if not number.any():
        return -1, 0
    sums = np.convolve(number, np.ones(SHOWN, np.int64))[: len(number)]
    day = int(np.argmax(sums))
    return min(day + AFTER, last), int(sums[day])


def links(frame: Frame, shown: set[int]) -> list[tuple[int, int, float]]:
    """(cause, effect, weight) among shown events; what lies between two of them is passed through."""
    found: dict[tuple[int, int], float] = {}

    def trace(effect: int, event: int, weight: float, depth: int) -> None:
        for cause, share in frame.causes.get(event, ()):
            if cause in shown:
                found[cause, effect] = found.get((cause, effect), 0.0) + weight * share
            elif cause >= 0 and depth < DEPTH:
                trace(effect, cause, weight * share, depth + 1)

    for effect in shown:
        trace(effect, effect, 1.0, 0)
    return [(cause, effect, weight) for (cause, effect), weight in sorted(found.items())]


def cascade(frame: Frame, at: int) -> Panel:
    """The latest episode: a mark for each forced sale, closure and default, and arcs from cause to effect."""
    at = episode(frame, at)
    first = max(0, at - SHOWN + 1)
    dates = frame.dates[first : at + 1]
    found = events_of(frame, at)
    sub = f"{words.capital(_kinds(found))}, {words.day(dates[0])} to {words.day(dates[-1])}; margin calls are left out"
    if not found:
        return empty(f"Nobody was forced to sell up to {words.day(dates[-1])}",
                     "Forced sales, closures and defaults, by type of participant",
                     "events appear here as they happen: rings are forced sales, squares closures, crosses defaults.")
    drawn = found[-MOST:]
    joined = links(frame, {event.number for event in found})
    order = lanes(frame, drawn)
    plot = Plot((first - 0.5, max(at, first + 4) + 0.7), (0, len(order)), 70 + 54 * len(order), left=150, top=30)
    values, names = date_marks(dates, first)
    plot.scale_x(values, names, "date")
    place: dict[int, tuple[float, float, str]] = {}
    seen: dict[tuple[int, int, str], int] = {}
    rounds = frame.scenario.rounds
    for event in drawn:
        slot = event.round if event.round >= 0 else rounds  # what happens in the evening comes last
        turn = seen[event.day, slot, event.label] = seen.get((event.day, slot, event.label), -1) + 1
        x = float(plot.at(event.day - 0.45 + 0.9 * (slot + 0.5) / (rounds + 1)))
        y = float(plot.up(len(order) - order.index(event.label) - 0.5)) + 5 * ((turn % 8 + 1) // 2) * (-1) ** turn
        place[event.number] = x, y, colour_of(frame.sector_of(event.label))
    for number, name in enumerate(order):
        y = float(plot.up(len(order) - number - 0.5))
        plot.parts.append(f'<path d="M{plot.box[0]} {y:.1f}H{plot.box[2]}" stroke="var(--grid)"/>')
        family = frame.sector_of(name)
        plot.write(142, y + 4, spaced(name) or "the market", "soft" if family == "passive" else family, "end")
    for cause, effect, weight in joined[-3 * MOST:]:
        if cause in place and effect in place:
            plot.arc(place[cause][:2], place[effect][:2], place[cause][2], 0.5 + 2.2 * min(weight, 1.0))
    hit = {effect for _, effect, _ in joined}
    most = max(event.quantity for event in drawn) or 1
    for event in drawn:
        x, y, colour = place[event.number]
        plot.mark(MARK.get(event.kind, "d"), x, y, colour, 2.2 + 2.4 * (max(event.quantity, 0) / most) ** 0.5,
                  hollow=event.number not in hit)
    return Panel(_title(found, hit), sub, plot.svg(_alt(found, hit, joined)),
                 "a ring is a forced sale, a square a closure, a cross a default, a diamond anything else; arcs run "
                 "from cause to effect, thicker when the cause weighs more, and hollow marks were set off from "
                 "outside.")


def lanes(frame: Frame, events: Sequence[Event]) -> list[str]:
    """Labels of those whom the events befell, family by family."""
    families = list(palette.FAMILY)
    found = list(dict.fromkeys(event.label for event in events))
    return sorted(found, key=lambda label: (families.index(frame.sector_of(label)), label))


def colour_of(family: str) -> str:
    """The colour of a family's marks."""
    return "price-list" if family == "passive" else family


def _kinds(events: Sequence[Event]) -> str:
    number: dict[str, int] = {}
    for event in events:
        number[event.kind] = number.get(event.kind, 0) + 1
    kinds = sorted(number, key=lambda kind: (-number[kind], kind))[:3]
    rest = len(events) - sum(number[kind] for kind in kinds)
    return words.listing([words.count(number[kind], kind, plural(kind)) for kind in kinds]
                         + ([words.count(rest, "other event")] if rest else []))


def plural(kind: str) -> str:
    """The plural of a kind of event."""
    return f"{kind[:-4]}losses" if kind.endswith("loss") else f"{kind}es" if kind.endswith("ch") else f"{kind}s"


def _title(found: Sequence[Event], hit: set[int]) -> str:
    if len(found) == 1:
        return f"A single {found[0].kind}"
    passed = len([event for event in found if event.number in hit])
    kinds = dict.fromkeys(event.kind for event in found)
    what = plural(next(iter(kinds))) if len(kinds) == 1 else "forced sales, closures and defaults" \
        if set(kinds) <= set(MARK) else "forced sales, failures and losses"
    verb = "was" if passed == 1 else "were"
    return f"{passed or 'None'} of {len(found)} {what} {verb} set off in part by another"


def _alt(found: Sequence[Event], hit: set[int], joined: Sequence[tuple[int, int, float]]) -> str:
    number = words.capital(words.count(len(joined), "link"))
    return f"{_title(found, hit)}: {_kinds(found)}. {number} from cause to effect."


def told(frame: Frame, at: int, most: int = 8) -> list[tuple[str, str, str, str, str, int]]:
    """The latest events as rows: date, what, who, size, set off by, row of the participant (-1: none)."""
    rows = []
    number = {event.number: event for event in frame.events}
    for event in events_of(frame, episode(frame, at))[::-1][:most]:
        share = behind(origins(frame, number, event.number))
        size = words.count(event.quantity, "contract") if event.quantity else \
            words.money(event.amount) if event.amount else ""
        when = frame.dates[event.day]
        rows.append((f"{when.day} {when:%b %Y}", event.kind, who(event), size, share, event.agent))
    return rows


def behind(found: dict[int, float]) -> str:
    """What set an event off, in words: how much earlier events weigh, and how much the world outside."""
    inside = sum(weight for cause, weight in found.items() if cause >= 0)
    outside = found.get(-1, 0.0)
    if inside < 0.005:
        return "news and voluntary trading"
    what = words.count(sum(cause >= 0 for cause in found), "earlier forced sale or failure",
                       "earlier forced sales and failures")
    return f"{words.percent(inside / (inside + outside))} by {what}, the rest by news" if outside >= 0.005 else what


def origins(frame: Frame, number: dict[int, Event], event: int, depth: int = 0) -> dict[int, float]:
    """Earlier events that stand behind one, with their weights; calls are passed through, -1 is the outside world."""
    out: dict[int, float] = {}
    for cause, weight in frame.causes.get(event, ()):
        passed = cause in number and number[cause].kind in CALLS and depth < DEPTH
        behind = origins(frame, number, cause, depth + 1) or {-1: 1.0} if passed else {cause: 1.0}
        for origin, share in behind.items():
            out[origin] = out.get(origin, 0.0) + weight * share
    return out


def who(event: Event) -> str:
    """Whom an event befell: "trend follower 1341"."""
    label = spaced(event.label) or "the market"
    return label if event.agent < 0 or "clearing" in label else f"{label} {event.agent}"
