"""The supply of compute: what it costs to keep running, how much of it there is, and what is built."""

from __future__ import annotations

from typing import Any

import matplotlib.patheffects as effects
import numpy as np
import pandas as pd

from sim.report import palette as p
from sim.report import words
from sim.report.history import History, NothingToDraw
from sim.report.page import Page, Words, date_axis, label, mark_shock, spread_labels, styled

MILLION = 1e6
REGION_NAME = {"us": "United States", "cn": "China", "eu": "Europe", "row": "rest of the world"}
AHEAD, WINDOW = 126, 63  # business days: how far ahead a return is looked at, and how much investment is added up


def named(generation: str) -> str:
    """A generation as people write it: "H100"; those that come by rule are called after their order."""
    return f"successor {generation[4:]}" if generation.startswith("next") else {
        "ascend": "Ascend", "vr200": "Rubin"}.get(generation, generation.upper())


def sheets(history: History) -> pd.DataFrame:
    """Generations by region at each month's end, with ``work`` in H100s. Raises NothingToDraw without any."""
    table = history.generations
    if not len(table) or not {"gpus", "work", "avoidable_cost"} <= set(table.columns):
        raise NothingToDraw("no month of chip generations was recorded")
    return table.assign(h100=table["gpus"] * table["work"] / MILLION)


# --- merit order ------------------------------------------------------------------------------------------------


def merit_order(history: History, phone: bool = False, bare: bool = False) -> Page:
    """What it costs to keep each generation running, cheapest first, against price and demand on a day."""
    table = sheets(history)
    last = table[table["day"] == table["day"].max()]
    last = last[last["h100"] > 0].assign(cost=lambda t: t["avoidable_cost"] / t["work"]).sort_values(["cost", "region"])
    on = history.daily[history.daily["day"] == last["day"].iloc[0]].iloc[0]
    edges = np.concatenate([[0.0], np.cumsum(last["h100"])])
    top, price = float(last["cost"].iloc[-1]), float(on["spot_us"])
    with styled():
        page = Page(_merit_words(history, last, on), 3.3 if phone else 3.4, phone, bare)
        (axes,) = page.axes(left=0.66, right=0.2, top=0.36, bottom=0.5)
        row: Any
        for at, row in enumerate(last.itertuples()):
            colour = p.REGION[str(row.region).lower()][0]
            wide = row.h100 > 0.006 * edges[-1]  # a pale edge would swallow a thin block
            axes.bar(edges[at], row.cost, row.h100, align="edge", color=p.mix(p.PAPER, colour, 0.75 if wide else 1.0),
                     edgecolor=p.PAPER, linewidth=0.4 if wide else 0.0)
        axes.set_ylim(0, top * 1.62)
        axes.set_xlim(0, edges[-1] * 1.01)
        _merit_labels(axes, last, edges, phone)
        served = edges[-1] * float(on["utilisation"])
        axes.axvline(served, color=p.INK, lw=1.2, ls=(0, (5, 2)))
        label(axes, served - 0.01 * edges[-1], top * 1.53, f"at work: {words.percent(float(on['utilisation']))}", p.INK,
              ha="right", size=7.4 if phone else 8)
        axes.set_title(f"Cost of running, $ per H100-hour; spot price {words.price(price)}", size=7.6 if phone else 9,
                       parse_math=False)
        axes.set_xlabel("capacity, millions of H100s", size=7.4 if phone else 8.5)
        axes.yaxis.set_major_formatter(lambda value, _: f"${value:.2f}")
        axes.locator_params(axis="y", nbins=5)
    return page


def _merit_labels(axes: Any, last: pd.DataFrame, edges: np.ndarray, phone: bool) -> None:
    """Generation above each wide block, and the regions' names in their colours along the top."""
    top = axes.get_ylim()[1]
    row: Any
    for at, row in enumerate(last.itertuples()):
        if row.h100 > edges[-1] * (0.13 if phone else 0.055):
            label(axes, edges[at] + row.h100 / 2, row.cost + 0.03 * top, named(row.generation),
                  p.REGION[str(row.region).lower()][0], ha="center", size=6.8 if phone else 7.6, va="bottom")
    dear = last.iloc[-1]
    place = REGION_NAME[str(dear["region"]).lower()]
    label(axes, edges[-1] * 0.995, float(dear["cost"]) + 0.04 * top, f"{named(str(dear['generation']))}, {place}",
          p.REGION[str(dear["region"]).lower()][0], ha="right", size=6.8 if phone else 7.6, va="bottom")
    regions = [name for name in REGION_NAME if name in set(last["region"].str.lower())]
    for number, name in enumerate(regions):
        axes.annotate(REGION_NAME[name], (0.01, 0.95 - 0.075 * number), xycoords="axes fraction",
                      color=p.REGION[name][0], size=6.9 if phone else 8, weight="bold", va="center")


def _merit_words(history: History, last: pd.DataFrame, on: Any) -> Words:
    price, cost, work = float(on["spot_us"]), last["cost"].to_numpy(), last["h100"].to_numpy()
    dear, mean = float(cost[-1]), float((cost * work).sum() / work.sum())
    beaten = float(work[cost > price].sum() / work.sum())
    title = (f"{words.percent(beaten)} of the world's chips cost more to run than they earn" if beaten > 0.005 else
             f"Compute sold for {words.number(price / dear, 2)} times what the dearest chip costs to keep running")
    day = words.day(pd.Timestamp(on["date"]))
    see = ("each block is one generation in one region, as wide as it can work and as tall as the power and upkeep of "
           "that work cost; owners switch off what the price does not cover. "
           f"On average running costs {words.price(mean)}: the rest of the price pays for chips and sites.")
    return Words(title, f"All chips by the cost of running them, cheapest first, on {day}", see, history.source,
                 f"{title}. Blocks of {len(last)} generations and regions in order of cost on {day}, from "
                 f"{words.price(float(cost[0]))} to {words.price(dear)} per H100-hour, under a spot price of "
                 f"{words.price(price)}.")


# --- capacity ---------------------------------------------------------------------------------------------------


def capacity(history: History, phone: bool = False, bare: bool = False) -> Page:
    """Capacity by generation, and by region, at each month's end."""
    table = sheets(history)
    if table["day"].nunique() < 3:
        raise NothingToDraw("capacity by generation needs three months")
    made = table.pivot_table(index="when", columns="generation", values="h100", aggfunc="sum", sort=False)
    order = table[table["when"] == table["when"].max()].groupby("generation", sort=False)["work"].first().sort_values()
    made = made[[name for name in order.index if made[name].max() > 0]]
    where = table.assign(region=table["region"].str.lower()).pivot_table(index="when", columns="region", values="h100",
                                                                         aggfunc="sum")
    with styled():
        page = Page(_capacity_words(history, made, where), 5.0 if phone else 4.9, phone, bare)
        top, low = page.axes(2, [1.5, 1.0], left=0.6, right=1.05 if phone else 1.3, gap=0.42)
        shades = [p.mix(*p.AMOUNT, 0.12 + 0.88 * at / max(1, len(made.columns) - 1)) for at in range(len(made.columns))]
        top.stackplot(made.index, made.to_numpy().T, colors=shades, edgecolor=p.PAPER, linewidth=0.5)
        top.set_ylim(0, float(made.sum(axis=1).max()) * 1.04)
        top.set_title("By generation, millions of H100s", size=8 if phone else 9)
        total = float(made.iloc[-1].sum())
        ends = made.iloc[-1].cumsum() - made.iloc[-1] / 2
        shown = [name for name in made.columns if made[name].iloc[-1] > 0.025 * total]
        places = spread_labels([float(ends[name]) for name in shown], top.get_ylim()[1] * (0.085 if phone else 0.08))
        for name, y in zip(shown, places, strict=True):
            _beside(top, named(name), y, p.INK, phone)
        for name in [name for name in REGION_NAME if name in where]:
            low.plot(where.index, where[name], color=p.REGION[name][0], ls=p.REGION[name][1], lw=1.7)
        low.set_ylim(0, float(where.to_numpy().max()) * 1.08)
        low.set_title("By region, millions of H100s", size=8 if phone else 9)
        names = [name for name in REGION_NAME if name in where]
        places = spread_labels([float(where[name].iloc[-1]) for name in names], low.get_ylim()[1] * 0.125)
        for name, y in zip(names, places, strict=True):
            _beside(low, REGION_NAME[name], y, p.REGION[name][0], phone)
        for axes in (top, low):
            axes.locator_params(axis="y", nbins=5)
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            date_axis(axes, made.index[0], made.index[-1], phone)
        mark_shock((top, low), [shock for shock in history.shocks if shock[0] >= made.index[0]])
    return page


def _beside(axes: Any, text: str, y: float, colour: str, phone: bool) -> None:
    """A label right of the axes, level with a value."""
    axes.annotate(text, (1.015, y), xycoords=("axes fraction", "data"), color=colour, va="center",
                  size=6.8 if phone else 8, annotation_clip=False)


def _capacity_words(history: History, made: pd.DataFrame, where: pd.DataFrame) -> Words:
    total = made.sum(axis=1)
    factor = float(total.iloc[-1] / total.iloc[0])
    newest = str(made.iloc[-1].idxmax())
    leads = f"{named(newest)} does the largest part of the work at the end"
    title = f"Capacity grew {words.number(factor, 2)}-fold, and {leads}" if factor >= 1.05 else \
        f"Capacity hardly grew; {leads}"
    share = where.iloc[-1] / where.iloc[-1].sum()
    moved = share - where.iloc[0] / where.iloc[0].sum()
    lead, mover = str(share.idxmax()), str(moved.abs().idxmax())
    points = 100 * float(moved[mover])
    change = "no region's share changed by half a point" if abs(points) < 0.5 else \
        f"the share of {REGION_NAME[mover]} changed most, by {words.number(points, 2)} points"
    see = ("old chips stay until they no longer pay, new ones do several times the work of an H100. "
           f"At the end {words.percent(float(share[lead]))} stands in the {REGION_NAME[lead]}; {change}.")
    see = see.replace("in the China", "in China").replace("in the Europe", "in Europe")
    return Words(title, "Chips whose site is ready, counted by the work they do, at the end of each month", see,
                 history.source, f"{title}. Stacked areas by generation and lines by region, {history.period}: from "
                 f"{words.number(float(total.iloc[0]))} to {words.number(float(total.iloc[-1]))} million H100s.")


# --- investment -------------------------------------------------------------------------------------------------


def investment(history: History, phone: bool = False, bare: bool = False) -> Page:
    """Orders of a quarter against what the price did in the half year after, from all histories."""
    points = _points(history)
    mine, rest = points[points["run"] == history.run], points[points["run"] != history.run]
    with styled():
        page = Page(_investment_words(history, points), 3.2 if phone else 3.4, phone, bare)
        (axes,) = page.axes(left=0.66, right=0.2, top=0.36, bottom=0.5)
        axes.axhline(0, color=p.SOFT, lw=0.8)
        axes.plot(rest["orders"], rest["change"], "o", ms=3, mfc=p.FAMILY["passive"], mec="none", alpha=0.45)
        axes.plot(mine["orders"], mine["change"], "o-", ms=4.5, lw=0.7, color=p.FAMILY["suppliers"])
        # the two ends may lie close together and must not write over each other
        left = mine["orders"].iloc[0] <= mine["orders"].iloc[-1]
        for place, text, side in ((0, "first", -1 if left else 1), (-1, "last", 1 if left else -1)):
            axes.annotate(text, (mine["orders"].iloc[place], mine["change"].iloc[place]), (7 * side, 9 * side),
                          ha="right" if side < 0 else "left", va="center", size=7.4, textcoords="offset points",
                          color=p.FAMILY["suppliers"], weight="bold",
                          path_effects=[effects.withStroke(linewidth=2.6, foreground=p.PAPER)])
        axes.set_title("Change of the spot price over the half year after, %", size=7.8 if phone else 9)
        axes.set_xlabel("orders of a quarter, % of capacity", size=7.4 if phone else 8.5)
        axes.yaxis.set_major_formatter(lambda value, _: words.signed(value))
        axes.locator_params(nbins=6)
        axes.grid(axis="x", visible=False)
    return page


def _points(history: History) -> pd.DataFrame:
    """A row a history and month: a quarter's orders in % of capacity, and the price change over the half year after."""
    history.need("orders_placed", "capacity_h100e", "spot_us")
    rows = []
    for run in history.whole:
        daily = history.results.daily
        own = daily[daily["run"] == run].sort_values("day")
        orders, size = own["orders_placed"].to_numpy(float), own["capacity_h100e"].to_numpy(float)
        price = np.log(own["spot_us"].to_numpy(float))
        for end in range(WINDOW, len(own) - AHEAD, 21):
            change = price[end + AHEAD - 10:end + AHEAD + 11].mean() - price[end - 10:end + 11].mean()
            rows.append((run, 100 * orders[end - WINDOW:end].sum() / size[end], 100 * np.expm1(change)))
    points = pd.DataFrame(rows, columns=["run", "orders", "change"])
    if (points["run"] == history.run).sum() < 6 or points["orders"].std() == 0:
        raise NothingToDraw("orders against what followed needs more than a year")
    return points


def _investment_words(history: History, points: pd.DataFrame) -> Words:
    link = float(np.corrcoef(points["orders"], points["change"])[0, 1])
    runs = points["run"].nunique()
    sure = 2 / max(2.0, len(points) * 21 / (WINDOW + AHEAD)) ** 0.5  # months overlap
    title = ("Quarters of high orders were followed by falling prices" if link < -sure else
             "Quarters of high orders were followed by rising prices" if link > sure else
             "No clear link between what was ordered and what the price did next")
    see = ("where owners build after good times and overlook what others build, points fall from left to right. Chips "
           "come more than a year after they are ordered, into a larger world: hence orders near all that there is. "
           f"The correlation is {words.number(round(link, 2), 2)} over {words.count(runs, 'history', 'histories')} of "
           f"{words.span(len(history.daily))}; neighbouring points share most of their days.")
    others = "; grey points are the other histories" if runs > 1 else ""
    return Words(title, f"Each point is the end of a month, in order along the line{others}", see, history.source,
                 f"{title}. Scatter of {len(points)} months, correlation {words.number(round(link, 2), 2)}.")
