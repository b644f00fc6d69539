"""The charts of a page: prices, the curve, a book, who is long and short, margin, the chips at work.

Each returns what stands around a chart and the chart itself. The first frame is the visitor's own, drawn in colour; a
second one, where there is one, is compared with it and drawn in grey dashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.dashboard.frame import Day, Frame
from sim.dashboard.svg import WIDE, Plot, apart, plain, ticks
from sim.report import palette, words

DASH = "5 4"
OTHER = "soft"


class Panel(NamedTuple):
    """A chart and its words: the title is the finding."""

    title: str
    sub: str
    chart: str
    see: str


def money(value: float) -> str:
    """A price on a scale."""
    return words.price(value)


def empty(title: str, sub: str, see: str = "") -> Panel:
    """A panel with nothing to draw, which says why."""
    return Panel(title, sub, "", see)


def ends(lines: Sequence[np.ndarray], room: float = 0.06, zero: bool = False) -> tuple[float, float]:
    """Lowest and highest of some lines, with room around them."""
    known = np.concatenate([np.asarray(line, float).ravel() for line in lines] or [np.zeros(1)])
    known = known[np.isfinite(known)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    space = room * (high - low or abs(high) or 1.0)
    return (0.0 if zero else low - space), high + space


def front(frame: Frame) -> np.ndarray:
    """float64[days]: settlement of the month that expires next but one, which is not being averaged yet."""
    return np.array([day.months[1].settle if len(day.months) > 1 else np.nan for day in frame.days[: frame.last + 1]])


def prices(frames: Sequence[Frame], at: int) -> Panel:
    """Spot, the index that futures settle to, and the second month's future."""
    own = frames[0]
    index = own.scenario.market.contracts[0].index
    lines = [("spot", own.column("spot_h100_us"), "ink", ""), ("index", own.column(f"index_{index}"), f"price-{index}"
              if index in palette.PRICE else "price-list", "2 3"), ("future", front(own), "price-futures", "")]
    other = frames[1].column("spot_h100_us") if len(frames) > 1 else None
    shown = [line for _, line, *_ in lines] + ([other] if other is not None else [])
    plot = Plot((0, max(own.last, 1)), ends(shown), right=78)
    plot.scale_y("$ per GPU-hour", money)
    plot.dates(own.dates)
    if other is not None:
        plot.line(np.arange(len(other)), other, OTHER, 1.6, DASH)
    for _, line, colour, dash in lines:
        plot.line(np.arange(len(line)), line, colour, dash=dash)
    ended = [(name, line[np.isfinite(line)][-1], colour) for name, line, colour, _ in lines if np.isfinite(line).any()]
    if other is not None:
        ended.append(("compared", float(other[-1]), OTHER))
    places = apart([float(plot.up(value)) + 4 for _, value, _ in ended], 14)
    for (name, _, colour), place in zip(ended, places, strict=True):
        plot.write(WIDE - 74, place, name, colour, bold=True)
    plot.cursor(at)
    spot = lines[0][1]
    change = spot[at] / spot[0] - 1
    title = (f"Spot stands at {money(spot[at])}, {words.percent(abs(change))} {'above' if change > 0 else 'below'} "
             "the first day") if at else f"Spot begins at {money(spot[0])}"
    beside = f" The grey dashes are spot of the market compared with, at {money(other[min(at, len(other) - 1)])}." \
        if other is not None else ""
    known = [f"{name} {money(float(line[at]))}" for name, line, *_ in lines if np.isfinite(line[at])]
    return Panel(title, "An hour of an H100 in the United States, the index that futures settle to, and the future of "
                        "the month after next to expire", plot.svg(f"{title}. On {words.day(own.dates[at])}: "
                                                                   f"{', '.join(known)} a GPU-hour.{beside}"),
                 f"an index that lies still while spot swings protects nobody who pays spot.{beside}")


def curve(frames: Sequence[Frame], at: int) -> Panel:
    """What each contract month costs, and what is expected of it."""
    sub = "Settlement by month of delivery, and what participants expect the index to be then"
    own = frames[0].days[at]
    if not own.months:
        return empty("Futures are not listed yet", sub)
    settle = np.array([month.settle for month in own.months])
    expected = np.array([month.expected for month in own.months])
    spot = float(frames[0].column("spot_h100_us")[at])
    other = frames[1].days[min(at, frames[1].last)] if len(frames) > 1 else None
    beside = np.array([month.settle for month in other.months]) if other else np.zeros(0)
    last = max(len(settle), len(beside), 2)
    plot = Plot((0, last), ends([settle, expected, beside, np.array([spot])], 0.12), right=30)
    plot.scale_y("$ per GPU-hour", money)
    shown = list(range(2, len(settle), max(1, -(-len(settle) // 4)))) or list(range(len(settle)))
    plot.scale_x([0.0, *(n + 1.0 for n in shown)], ["spot", *(short_month(own.months[n].label) for n in shown)],
                 "month of delivery")
    where = np.arange(1, len(settle) + 1)
    if len(beside):
        plot.line(np.arange(1, len(beside) + 1), beside, OTHER, 1.6, DASH)
    plot.line(where, expected, "price-list", 1.6, "2 3")
    plot.line(where, settle, "price-futures", 2.2)
    for x, y in zip(where.tolist(), settle.tolist(), strict=True):
        plot.dot(x, y, "price-futures", 2.6)
    plot.dot(0, spot, "ink", 4)
    slope = settle[-1] / settle[0] - 1
    shape = "is flat" if abs(slope) < 0.02 else f"{'rises' if slope > 0 else 'falls'} by {words.percent(abs(slope))} " \
        f"over {len(settle)} months"
    gap = float(np.mean(settle / expected - 1))
    rich = "at what is expected" if abs(gap) < 0.01 else \
        f"{words.percent(abs(gap))} {'above' if gap > 0 else 'below'} what is expected"
    title = f"The curve {shape} and lies {rich}"
    alt = f"{title}. Nearest month {money(settle[0])}, last month {money(settle[-1])}, spot {money(spot)}."
    compared = " Grey dashes: the market compared with." if len(beside) else ""
    return Panel(title, sub, plot.svg(alt), "the solid line is what is paid today for compute in later months, the "
                 f"dots what people expect it to cost then; a lasting gap is what speculation adds.{compared}")


def short_month(label: str) -> str:
    """"Mar 27" of "2027-03"."""
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{names[int(label[5:]) - 1]} {label[2:4]}"


def depth(frames: Sequence[Frame], at: int, month: str) -> Panel:
    """How many contracts wait at which price at the end of a day's trading."""
    sub = f"Contracts waiting in the order book of {short_month(month)}, added up from the best price" if month else \
        "Contracts waiting in the order book"
    books = [frame.days[min(at, frame.last)].books.get(month) for frame in frames]
    if books[0] is None or not (len(books[0][0]) or len(books[0][1])):
        return empty("Nobody shows a price in this month", sub)
    tick = frames[0].tick
    sides = [[(side[:, 0] * tick, np.cumsum(side[:, 1])) for side in book] for book in books if book is not None]
    xs = np.concatenate([x for book in sides for x, _ in book])
    top = max([float(y[-1]) for book in sides for _, y in book if len(y)] or [1.0])
    plot = Plot((float(xs.min()) - tick, float(xs.max()) + tick), (0, 1.06 * top))
    plot.scale_y("contracts", plain)
    marks = ticks(*plot.x, 4)
    plot.scale_x(marks, [money(mark) for mark in marks], "$ per GPU-hour")
    for number, book in reversed(list(enumerate(sides))):
        for side, (price, total) in enumerate(book):
            if len(price):
                x, y = stairs(price, total)
                if number == 0:
                    plot.area(x, y, ("variant1", "variant2")[side])
                plot.line(x, y, ("variant1", "variant2")[side] if number == 0 else OTHER, 2 if number == 0 else 1.4,
                          "" if number == 0 else DASH)
    bids, asks = sides[0]
    for quotes, name, anchor in ((bids, "buyers", "start"), (asks, "sellers", "end")):
        if len(quotes[0]):
            place = plot.box[0] + 4 if anchor == "start" else plot.box[2] - 4
            plot.write(place, plot.box[1] + 10, name, "variant1" if name == "buyers" else "variant2", anchor, bold=True)
    spread = f"{words.price(float(asks[0][0] - bids[0][0]))} lie between best bid and best ask" \
        if len(asks[0]) and len(bids[0]) else "Only one side of the market is there"
    total = [float(side[1][-1]) if len(side[1]) else 0.0 for side in (bids, asks)]
    alt = f"{spread}; {words.count(total[0], 'contract')} to buy and {words.count(total[1], 'contract')} to sell."
    return Panel(spread, sub, plot.svg(alt), "the lower the steps near the middle, the further a large or forced order "
                                             "moves the price.")


def stairs(price: np.ndarray, total: np.ndarray) -> tuple[list[float], list[float]]:
    """The corners of a line that steps up at each price."""
    x, y = [float(price[0])], [0.0]
    for at, level in zip(price.tolist(), total.tolist(), strict=True):
        x += [at, at]
        y += [y[-1], float(level)]
    return x, y


def holders(frames: Sequence[Frame], at: int) -> Panel:
    """Contracts long and short by family."""
    sub = "Contracts held at the end of the day, all months added up, by family"
    sums = [by_family(frame, frame.days[min(at, frame.last)]) for frame in frames]
    order = [name for name in palette.FAMILY if any(np.any(found.get(name, 0)) for found in sums)]
    if not order:
        return empty("Nobody holds futures yet", sub)
    top = max(float(np.max(found[name])) for found in sums for name in order if name in found)
    lane = 34
    plot = Plot((-1.1 * top, 1.1 * top), (0, len(order)), height=64 + lane * len(order), left=112, top=22)
    marks = ticks(-1.1 * top, 1.1 * top, 4)
    plot.scale_x(marks, [plain(abs(mark)) for mark in marks], "contracts")
    for mark in marks:
        place = float(plot.at(mark))
        plot.parts.insert(0, f'<path d="M{place:.1f} {plot.box[1]}V{plot.box[3]}" stroke="var(--grid)"/>')
    middle = float(plot.at(0))
    plot.write(middle - 8, 13, "← short", "soft", "end")
    plot.write(middle + 8, 13, "long →", "soft")
    for number, name in enumerate(order):
        y = len(order) - number
        colour = "price-list" if name == "passive" else name
        long, short = sums[0].get(name, (0, 0))
        plot.bar(0, long, y - 0.25, y - 0.75, colour)
        plot.bar(0, -short, y - 0.25, y - 0.75, colour)
        if len(sums) > 1:
            other = sums[1].get(name, (0, 0))
            plot.bar(0, other[0], y - 0.14, y - 0.86, OTHER, hollow=True)
            plot.bar(0, -other[1], y - 0.14, y - 0.86, OTHER, hollow=True)
        plot.write(104, float(plot.up(y - 0.5)) + 4, palette.FAMILY_NAME[name], "soft" if name == "passive" else name,
                   "end")
    net = {name: int(sums[0][name][0] - sums[0][name][1]) for name in order if name in sums[0]}
    most, least = max(net, key=lambda n: net[n]), min(net, key=lambda n: net[n])
    title = f"{words.capital(palette.FAMILY_NAME[most])} are long and {palette.FAMILY_NAME[least]} short" \
        if net[most] > 0 > net[least] else "Nobody holds a net position"
    alt = f"{title}. " + "; ".join(f"{palette.FAMILY_NAME[name]}: {sums[0][name][0]:,} long, {sums[0][name][1]:,} short"
                                   for name in order if name in sums[0]) + "."
    compared = " Dashed outlines: the market compared with." if len(sums) > 1 else ""
    return Panel(title, sub, plot.svg(alt), f"for each contract long there is one short; whoever is on neither side "
                                            f"pays spot.{compared}")


def by_family(frame: Frame, day: Day) -> dict[str, np.ndarray]:
    """Family to int64[2]: contracts long and short."""
    found: dict[str, np.ndarray] = {}
    for block, held in zip(frame.blocks, day.held, strict=True):
        found[block.sector] = found.get(block.sector, np.zeros(2, np.int64)) + held
    return found


def margin(frames: Sequence[Frame], at: int) -> Panel:
    """Calls for margin, and trades under force, a day."""
    own = frames[0]
    rows: list[tuple[str, str, str]] = [("margin_call_cents", "called for margin, $ a day", "worse"),
                                        ("forced_volume", "traded under force, contracts a day", "speculators")]
    height = 128
    charts: list[str] = []
    for number, (column, unit, colour) in enumerate(rows):
        lines = [frame.column(column) / (100 if column.endswith("_cents") else 1) for frame in frames]
        plot = Plot((0, max(own.last, 1)), (0, max(1.0, ends(lines, zero=True)[1])), height=height, bottom=40)
        plot.scale_y(unit, plain, 3)
        plot.dates(own.dates)
        if len(lines) > 1:
            plot.spikes(np.arange(len(lines[1])) + 0.4, lines[1], OTHER, 1.0)
        plot.spikes(np.arange(len(lines[0])), lines[0], colour, 2.2 if len(own.dates) < 130 else 1.2)
        plot.cursor(at)
        if not np.nansum(lines[0]):
            nothing = ("nobody was called", "nobody had to trade")[number]
            plot.write(WIDE / 2, plot.box[3] - 18, nothing, anchor="middle")
        charts.append(plot.svg(f"{words.capital(unit)}: {plain(round(float(np.nansum(lines[0]))))} in all, at most "
                               f"{plain(round(float(np.nanmax(lines[0]))))} in a day."))
    calls = float(np.nansum(own.column("margin_calls")))
    forced = float(np.nansum(own.column("forced_events")))
    title = f"{words.capital(words.count(calls, 'margin call'))} and {words.count(forced, 'forced sale')} so far"
    beside = ""
    if len(frames) > 1:
        there = [float(np.nansum(frames[1].column(name))) for name in ("margin_calls", "forced_events")]
        beside = (f" Grey: the market compared with, {words.count(there[0], 'call')} and "
                  f"{words.count(there[1], 'forced sale')}.")
    return Panel(title, "What the clearing house demands, and what is traded because it was not paid", "".join(charts),
                 f"calls are met in cash the next morning; who cannot must sell into the same market.{beside}")


def physical(frames: Sequence[Frame], at: int) -> Panel:
    """Chips at work, and work that finds none."""
    own = frames[0]
    lines: list[tuple[str, Any, str]] = [("at work", 100 * own.column("utilisation"), "suppliers"),
                                         ("refused", 100 * own.column("rationed_share"), "worse")]
    other = 100 * frames[1].column("utilisation") if len(frames) > 1 else None
    plot = Plot((0, max(own.last, 1)), (0, 104), right=66)
    plot.scale_y("% of capacity; refused: % of demand", plain)
    plot.dates(own.dates)
    if other is not None:
        plot.line(np.arange(len(other)), other, OTHER, 1.6, DASH)
    known = [(name, line, colour) for name, line, colour in lines if np.isfinite(line).any()]
    for _, line, colour in known:
        plot.line(np.arange(len(line)), line, colour, 2)
    if known:
        places = apart([float(plot.up(line[np.isfinite(line)][-1])) + 4 for _, line, _ in known], 14)
        for (name, _, colour), place in zip(known, places, strict=True):
            plot.write(WIDE - 62, place, name, colour, bold=True)
    plot.cursor(at)
    used, refused = (float(line[at]) for _, line, _ in lines)
    if not np.isfinite(used):
        return empty("Prices are replayed; no chips were simulated", "Physical use of compute")
    title = f"{words.number(used, 2)} % of chips are at work; {words.number(refused, 2)} % of demand finds none" \
        if refused >= 0.05 else f"{words.number(used, 2)} % of chips are at work and nobody is refused"
    beside = ""
    if other is not None:
        there = words.number(float(other[min(at, len(other) - 1)]), 2)
        beside = f" Grey dashes: chips at work in the market compared with, {there} %."
    return Panel(title, "Use of the world’s data-centre GPUs, and demand that is turned away", plot.svg(
        f"{title}, on {words.day(own.dates[at])}.{beside}"),
        f"when nearly all chips are at work, small changes of demand move spot a lot.{beside}")
