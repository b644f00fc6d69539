"""Who went without compute, and what an hour cost those who hedge and those who cannot."""

from __future__ import annotations

import math
from typing import Any

from sim.report import palette as p
from sim.report import words
from sim.report.history import History, NothingToDraw
from sim.report.page import Page, Words, label, styled
from sim.report.yardstick import Yardstick, for_scenario

REFUSED = {"refused_research": "researchers", "refused_small": "small models", "refused_large": "large models",
           "refused_training": "AI labs' training"}  # research: small developers as well; the models': running them
COST = {"spot_cost": ("pays spot, never hedges", "spot_cost_sd", p.INK),
        "hedged_cost": ("buys futures", "hedged_cost_sd", p.FAMILY["users"]),
        "hedged_revenue": ("sells futures (earns)", "hedged_revenue_sd", p.FAMILY["suppliers"])}


def refused(history: History, phone: bool = False, bare: bool = False) -> Page:
    """The share of each class's demand that found nothing, beside the baseline's."""
    totals, base = history.results.figures.aggregate(), for_scenario(history.manifest)
    known = {name: totals[name] for name in REFUSED if math.isfinite(totals.get(name, {}).get("mean", math.nan))}
    if len(known) < 2:
        raise NothingToDraw("what each class of users was refused is not recorded")
    known = dict(sorted(known.items(), key=lambda item: -item[1]["mean"]))
    with styled():
        page = Page(_refused_words(history, known, base), 0.42 * len(known) + 0.75, phone, bare)
        (axes,) = page.axes(left=1.3 if phone else 1.6, right=0.3, top=0.1, bottom=0.46)
        for row, (name, each) in enumerate(known.items()):
            _dot(axes, row, each, p.FAMILY["users"], base, name)
        _rows(axes, [REFUSED[name] for name in known], phone)
        axes.set_xlim(0, max(axes.get_xlim()[1], 0.1))
        axes.set_xlabel("% of their demand" if phone else "% of what they asked for at the posted price",
                        size=7.4 if phone else 8.5)
    return page


def cost(history: History, phone: bool = False, bare: bool = False) -> Page:
    """The mean cost of an hour with its spread over months: at spot, and with futures on either side."""
    totals, base = history.results.figures.aggregate(), for_scenario(history.manifest)
    known = [name for name in COST if math.isfinite(totals.get(name, {}).get("mean", math.nan))]
    if len(known) < 2:
        raise NothingToDraw("fewer than three delivery months were hedged")
    with styled():
        page = Page(_cost_words(history, totals, base), 0.5 * len(known) + 0.8, phone, bare)
        (axes,) = page.axes(left=1.42 if phone else 1.8, right=0.3, top=0.1, bottom=0.46)
        for row, name in enumerate(known):
            _, spread, colour = COST[name]
            mean, wide = totals[name]["mean"], totals[spread]["mean"]
            axes.plot([mean - wide, mean + wide], [row, row], color=colour, lw=6, alpha=0.28, solid_capstyle="butt")
            axes.scatter(mean, row, s=42, color=colour, zorder=3)
            label(axes, mean, row - 0.3, f"{words.price(mean)} ± {words.number(wide, 2)}", colour, ha="center",
                  size=7 if phone else 8, weight="bold")
            if math.isfinite(base.mean(name)):
                _baseline(axes, row, base.mean(name) - base.mean(spread), base.mean(name) + base.mean(spread))
        _rows(axes, [COST[name][0] for name in known], phone)
        axes.set_xlabel("$ per GPU-hour, margin paid for", size=7.4 if phone else 8.5, parse_math=False)
    return page


def _dot(axes: Any, row: int, each: dict[str, float], colour: str, base: Yardstick, name: str) -> None:
    if math.isfinite(each["q10"]):
        axes.plot([each["q10"], each["q90"]], [row, row], color=colour, lw=6, alpha=0.28, solid_capstyle="butt")
    axes.scatter(each["mean"], row, s=42, color=colour, zorder=3)
    label(axes, each["mean"], row - 0.3, f"{words.number(each['mean'], 2)} %", colour, ha="center", size=8,
          weight="bold")
    if math.isfinite(base.mean(name)):
        own = base.figures[name]
        _baseline(axes, row, own["q10"], own["q90"])
        axes.scatter(own["mean"], row + 0.24, s=16, facecolor=p.PAPER, edgecolor=p.SOFT, zorder=3)


def _baseline(axes: Any, row: int, low: float, high: float) -> None:
    """A thin grey line beneath: where the baseline lies."""
    axes.plot([low, high], [row + 0.24, row + 0.24], color=p.SOFT, lw=1.4, solid_capstyle="butt")


def _rows(axes: Any, names: list[str], phone: bool) -> None:
    axes.set(ylim=(len(names) - 0.5, -0.62), yticks=range(len(names)))
    axes.set_yticklabels(names, size=7.2 if phone else 8.6)
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    axes.locator_params(axis="x", nbins=5)


def _beside(base: Yardstick) -> str:
    return " The thin grey line is the baseline." if base else ""


def _refused_words(history: History, known: dict[str, dict[str, float]], base: Yardstick) -> Words:
    most, least = next(iter(known)), list(known)[-1]
    part = lambda name: f"{words.number(known[name]['mean'], 2)} %"
    against = f", in the baseline {words.number(base.mean(most), 2)} %" if math.isfinite(base.mean(most)) else ""
    title = (f"{words.capital(REFUSED[most])} went without most often: {part(most)} of their demand{against}"
             if known[most]["mean"] > 1.1 * known[least]["mean"] else
             f"All classes of users went without alike: {part(most)} of demand{against}")
    band = "a bar holds 80 % of histories. " if len(history.whole) > 1 else ""
    see = (f"{band}{'Who' if band else 'who'} is refused at the posted price waits, pays more elsewhere or does "
           f"without; small users have no contracts to fall back on.{_beside(base)}")
    return Words(title, "Demand that found no compute, by class of user, mean over days", see, history.source,
                 f"{title}. " + "; ".join(f"{REFUSED[name]} {part(name)}" for name in known) + ".")


def _cost_words(history: History, totals: dict[str, dict[str, float]], base: Yardstick) -> Words:
    at = lambda name: totals.get(name, {}).get("mean", math.nan)
    spot, hedged, wide, narrow = at("spot_cost"), at("hedged_cost"), at("spot_cost_sd"), at("hedged_cost_sd")
    if not math.isfinite(hedged):
        title = f"An hour cost {words.price(spot)} at spot, give or take {words.number(wide, 2)}"
    else:
        gap = (hedged - spot) / spot
        paid = ("as much" if abs(gap) < 0.005 else f"{words.percent(abs(gap))} {'more' if gap > 0 else 'less'}")
        steady = f"and their cost swung {words.times(narrow / wide if wide > 0 else 1.0)}"
        title = f"Hedged buyers paid {paid} for an hour than those at spot, {steady}" if abs(gap) >= 0.005 else \
            f"Hedged buyers paid as much for an hour as those at spot, {steady}"
    several = ", mean over histories" if len(history.whole) > 1 else ""
    see = ("dots are means over delivery months, bars one standard deviation between months to either side: what a "
           f"hedge should shorten{several}.{_beside(base)}")
    parts = [f"{COST[name][0]} {words.price(at(name))}" for name in COST if math.isfinite(at(name))]
    return Words(title, "Cost of a GPU-hour with the gains and losses of its futures", see, history.source,
                 f"{title}. {words.listing(parts)}.")
