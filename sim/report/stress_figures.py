"""Figures of a stress test: margin through time, calls against cash, who paid, and what calm margins cost."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.report import palette as p
from sim.report.history import NothingToDraw
from sim.report.page import Page, Words, label, spread_labels, styled

MOST_SHOCKS, MOST_RULES = 3, 6
COLOURS = (*p.VARIANT, p.PRICE["futures"], p.REGION["row"][0])
OWN = "layer margin"
LAYERS = {"house_loss": ("the clearing house", p.FAMILY["clearing"], ""), "unpaid": ("nobody", p.WORSE, "////")}


def margin_paths(found: Any, phone: bool = False, bare: bool = False) -> Page:
    """The mean margin rate after the eve, a panel for each shock and a line for each rule."""
    mode, shocks, rules = found.modes[-1], found.shocks[:MOST_SHOCKS], found.rules[:MOST_RULES]
    paths = found.table("paths")
    frozen = paths["point"] == 1
    paths = paths[frozen if mode == "frozen" else ~frozen]
    ratio = {rule: _mean(found, "peak_to_trough", mode, rule, shocks[0]) for rule in rules}
    worst = max(ratio, key=lambda rule: ratio[rule])
    words = Words(
        f"{worst} rose most: {ratio[worst]:.2f}-fold between trough and peak" if ratio[worst] > 1.005
        else "No rule changed its margin", f"Margin rate, % of price, {_world(mode)}, mean of {_histories(found)}",
        "lines start on the eve of the shock, when all rules cover the same share of the moves before it"
        if found.about("factors") else "lines start on the eve of the shock; rules are as given, so levels differ",
        _source(found), "; ".join(f"{rule}: peak over trough {value:.2f}" for rule, value in ratio.items()))
    with styled():
        page = Page(words, (1.9 if phone else 1.75) * len(shocks) + 0.45, phone, bare)
        for axes, shock in zip(page.axes(len(shocks), right=1.15 if phone else 1.9, bottom=0.48), shocks, strict=True):
            ends = []
            for number, rule in enumerate(rules):
                mine = paths[(paths["rule"] == found.rules.index(rule)) & (paths["shock"] == found.shocks.index(shock))]
                line = 100 * mine.groupby("day")["rate"].mean()
                axes.plot(line.index, line.to_numpy(), color=COLOURS[number], drawstyle="steps-post")
                ends.append(float(line.iloc[-1]))
            low, high = axes.get_ylim()
            axes.set_ylim(low, high)
            gap = (high - low) * (0.115 if phone else 0.125)
            for number, (rule, y) in enumerate(zip(rules, spread_labels(ends, gap), strict=True)):
                axes.annotate(_short(rule, 17 if phone else 30), (1.015, y), xycoords=("axes fraction", "data"),
                              color=COLOURS[number] if number else p.SOFT, size=7 if phone else 8.2, va="center",
                              annotation_clip=False, parse_math=False)
            axes.set_title(f"{_named(shock)}: margin rate, % of price", parse_math=False)
            axes.locator_params(axis="y", nbins=4)
            axes.set_xlim(0, int(found.about("days")))
        axes.set_xlabel("business days after the eve")
    return page


def liquidity(found: Any, phone: bool = False, bare: bool = False) -> Page:
    """Largest sum called in five days against the cash of those who hold positions."""
    mode = found.modes[0]
    pairs = [(shock, rule) for shock in found.shocks[:MOST_SHOCKS] for rule in found.rules[:MOST_RULES]]
    values = [list(found.values("demand_share", mode, rule, shock).values()) for shock, rule in pairs]
    if not any(value for each in values for value in each):
        raise NothingToDraw("margin took nothing in these histories")
    means = [found.mean("demand_share", mode, rule, shock) for shock, rule in pairs]
    most = max(range(len(pairs)), key=lambda k: means[k]["mean"])
    words = Words(
        f"Margin took up to {means[most]['mean']:.2g} % of traders' cash in a week, under {pairs[most][1]}",
        f"Most that losses and rises of margin took in five days, % of cash on the eve, {_world(mode)}",
        "small dots are histories, the large dot their mean, the line its 90 % interval; who has not got it is called, "
        "and sold out if it is not found by next morning", _source(found),
        "; ".join(f"{s}, {r}: {m['mean']:.2g} %" for (s, r), m in zip(pairs, means, strict=True)))
    with styled():
        page = Page(words, (0.26 if phone else 0.24) * len(pairs) + 0.95, phone, bare)
        axes, = page.axes(left=1.75 if phone else 2.7, bottom=0.45)
        at = np.arange(len(pairs))[::-1] + np.repeat(np.arange(len(found.shocks[:MOST_SHOCKS]))[::-1] * 0.8,
                                                     len(found.rules[:MOST_RULES]))
        for y, (_, rule), each, mean in zip(at, pairs, values, means, strict=True):
            colour = COLOURS[found.rules.index(rule)]
            axes.plot(each, [y] * len(each), "o", ms=3.5, color=p.mix(colour, p.PAPER, 0.45), mew=0)
            if math.isfinite(mean["low"]):
                axes.plot([max(mean["low"], 0), mean["high"]], [y, y], color=colour, lw=1.4)
            axes.plot([mean["mean"]], [y], "o", ms=6, color=colour)
        axes.set_yticks(at, [_short(rule, 20 if phone else 34) for _, rule in pairs])
        axes.set_ylim(at.min() - 0.7, at.max() + 1.1)
        for number, shock in enumerate(found.shocks[:MOST_SHOCKS]):
            top = at[number * len(found.rules[:MOST_RULES])]
            label(axes, 0, top + 0.65, _named(shock), weight="bold", size=8)
        axes.grid(axis="x")
        axes.grid(False, axis="y")
        axes.set_xlim(left=0)
        axes.set_xlabel("% of cash")
    return page


def waterfall(found: Any, phone: bool = False, bare: bool = False) -> Page:
    """Who paid for defaults beyond the defaulters' own margin, a bar for each rule, what stayed unpaid last."""
    mode = found.modes[0]
    layers = [name for name in found.figures if name.startswith("layer ")] + ["unpaid"]
    if len(layers) == 1:
        layers = list(LAYERS)
    total = {shock: sum(_mean(found, name, mode, rule, shock) for rule in found.rules for name in layers if name != OWN)
             for shock in found.shocks}
    shock = max(total, key=lambda name: total[name])
    if not total[shock] > 0:
        raise NothingToDraw("no default cost anybody but the defaulter")
    rules = found.rules[:MOST_RULES]
    paid = {name: [_mean(found, name, mode, rule, shock) for rule in rules] for name in layers}
    if layers == list(LAYERS):  # what the house could not bear is part of what it paid out
        paid["house_loss"] = [a - b for a, b in zip(paid["house_loss"], paid["unpaid"], strict=True)]
    sums = [sum(paid[name][k] for name in layers if name != OWN) for k in range(len(rules))]
    worst = int(np.argmax(sums))
    words = Words(f"{rules[worst]} left most to others: ${sums[worst]:.2g} million a history",
                  f"Who paid for defaults, $ million, {_named(shock)}, "
                  f"{_world(mode)}",
                  "layers pay from left to right; what is hatched nobody had", _source(found),
                  "; ".join(f"{rule}: {value:.2g}" for rule, value in zip(rules, sums, strict=True)))
    with styled():
        page = Page(words, 0.34 * len(rules) + 1.1, phone, bare)
        axes, = page.axes(left=1.6 if phone else 2.6, bottom=0.45, top=0.45)
        left = np.zeros(len(rules))
        at = np.arange(len(rules))[::-1]
        shades = [p.mix(p.FAMILY["clearing"], p.PAPER, 0.7 * k / max(len(layers) - 1, 1)) for k in range(len(layers))]
        for number, name in enumerate(layers):
            words_, colour, hatch = LAYERS.get(name, (name.removeprefix("layer "), shades[number], ""))
            words_ = "defaulters' own margin" if name == OWN else words_
            if not any(paid[name]):
                continue
            axes.barh(at, paid[name], left=left, height=0.6, color=colour if not hatch else p.PAPER, hatch=hatch,
                      edgecolor=colour if hatch else p.PAPER, lw=0.5, label=words_)
            left += paid[name]
        axes.set_yticks(at, [_short(rule, 18 if phone else 34) for rule in rules])
        axes.grid(axis="x")
        axes.grid(False, axis="y")
        axes.set_xlabel("$ million, mean of histories")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2 if phone else 4, borderaxespad=0.2, fontsize=8)
    return page


def frontier(found: Any, phone: bool = False, bare: bool = False) -> Page:
    """What calm margins cost: mean margin against peak-to-trough, one point for each rule."""
    mode, shock = found.modes[-1], found.shocks[0]
    rules = found.rules[:MOST_RULES]
    cost = [_mean(found, "mean_rate", mode, rule, shock) for rule in rules]
    rise = [_mean(found, "peak_to_trough", mode, rule, shock) for rule in rules]
    best = [k for k in range(len(rules)) if not any(cost[j] <= cost[k] and rise[j] <= rise[k]
                                                    and (cost[j], rise[j]) != (cost[k], rise[k])
                                                    for j in range(len(rules)))]
    words = Words(
        f"{len(best)} of {len(rules)} rules are on the frontier of cost and calm" if len(best) < len(rules)
        else "Each rule is a choice: calmer margins cost more",
        f"Mean margin and its rise, {_named(shock)}, {_world(mode)}, mean of {_histories(found)}",
        "left is cheap, low is calm; of a rule up and to the right of another one there is nothing to be said for it",
        _source(found), "; ".join(f"{rule}: mean {c:.2g} %, peak over trough {r:.2f}"
                                  for rule, c, r in zip(rules, cost, rise, strict=True)))
    with styled():
        page = Page(words, 2.6 if phone else 2.7, phone, bare)
        axes, = page.axes(bottom=0.45)
        order = sorted(best, key=lambda k: (cost[k], -rise[k]))
        axes.plot([cost[k] for k in order], [rise[k] for k in order], color=p.GRID, lw=1.4, zorder=1)
        span = max(cost) - min(cost) or 0.1 * max(cost)
        axes.set_xlim(min(cost) - 0.12 * span, max(cost) + (0.75 if phone else 0.4) * span)
        high = max(max(rise) - 1.0, 0.02)
        axes.set_ylim(1.0 - 0.08 * high, 1.0 + 1.18 * high)
        places = spread_labels(rise, high * (0.1 if phone else 0.085))
        for k, rule in enumerate(rules):
            axes.plot([cost[k]], [rise[k]], "o", ms=7, color=COLOURS[k], mfc=COLOURS[k] if k in best else p.PAPER,
                      mew=1.5, clip_on=False)
            label(axes, cost[k] + 0.025 * span * (1.7 if phone else 1), places[k], _short(rule, 18 if phone else 34),
                  size=7.2 if phone else 8.2)
        axes.set_title("Margin rate, peak over trough")
        axes.set_xlabel("mean margin rate, % of price")
    return page


FIGURES = {"margin": margin_paths, "liquidity": liquidity, "waterfall": waterfall, "frontier": frontier}


def _mean(found: Any, figure: str, mode: str, rule: str, shock: str) -> float:
    return float(found.mean(figure, mode, rule, shock)["mean"])


def _short(rule: str, most: int) -> str:
    """A rule's name within a number of letters."""
    text = rule if len(rule) <= most else rule.replace("filtered_historical", "filtered").replace(" + ", "+")
    return text if len(text) <= most else text[: most - 1] + "…"


def _named(shock: str) -> str:
    return shock.replace("_", " ").replace("ai ", "AI ")


def _world(mode: str) -> str:
    return "positions of the eve" if mode == "frozen" else "a market that has lived with the rule"


def _histories(found: Any) -> str:
    count = int(found.about("histories"))
    return f"{count} {'history' if count == 1 else 'histories'}"


def _source(found: Any) -> str:
    return f"stress test of {found.about('title')}, {_histories(found)} on the same luck; simulated."
