"""The leverage cycle: what leveraged funds hold against the risk that they perceive, month by month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sim.report import palette as p
from sim.report import words
from sim.report.history import History, NothingToDraw
from sim.report.page import Page, Words, label, styled

NEEDED = ("leverage", "perceived_risk", "equity_cents", "alive")
LEAST = 6  # months: fewer are no cycle
RULE = {"usual": "leverage_usual", "risk": "risk_usual", "power": "exponent", "cap": "leverage_max"}


def leverage(history: History, phone: bool = False, bare: bool = False) -> Page:
    """A point a month in the plane of perceived risk and leverage, joined in time; other histories pale behind it."""
    own = cycle(history, history.run)
    with styled():
        page = Page(_words(history, own), 3.5 if phone else 4.0, phone, bare)
        (axes,) = page.axes(left=0.55, right=0.25, top=0.32, bottom=0.52)
        for run in history.whole[:30]:
            if run != history.run:
                other = cycle(history, run)
                axes.plot(other["risk"], other["leverage"], color=p.VARIANT[0], lw=0.5, alpha=0.35)
        x, y = own["risk"].to_numpy(), own["leverage"].to_numpy()
        shade = np.linspace(0.25, 1, len(own))
        for at in range(len(own) - 1):
            colour = p.mix(p.PAPER, p.FAMILY["speculators"], float(shade[at + 1]))
            axes.annotate("", (x[at + 1], y[at + 1]), (x[at], y[at]), zorder=3, annotation_clip=False,
                          arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.3, "shrinkA": 0, "shrinkB": 0,
                                      "mutation_scale": 6 if phone else 8})
        axes.scatter(x, y, s=10, color=[p.mix(p.PAPER, p.FAMILY["speculators"], float(k)) for k in shade], zorder=4)
        everyone = [cycle(history, run) for run in history.whole[:30]] if len(history.whole) > 1 else [own]
        widest = max(float(each["risk"].max()) for each in everyone)
        highest = max(float(each["leverage"].max()) for each in everyone)
        axes.set_xlim(0, 1.08 * widest)
        axes.set_ylim(0, 1.15 * highest)
        _rule(axes, history, phone)
        _dates(axes, own, phone)
        axes.set_title("Leverage of leveraged funds, times their own capital", size=7.6 if phone else 9)
        axes.set_xlabel("perceived risk, % a year", size=7.6 if phone else 8.5)
    return page


def cycle(history: History, run: int) -> pd.DataFrame:
    """Month by month of one run: mean risk and leverage of those with a target, weighted by their equity."""
    table = history.results.agents
    if not len(table) or not set(NEEDED) <= set(table.columns):
        raise NothingToDraw("no monthly balance sheet tells leverage and perceived risk")
    table = table[(table["run"] == run) & table["leverage"].notna() & table["alive"] & (table["equity_cents"] > 0)]
    if table["month"].nunique() < LEAST or float(table["leverage"].max()) <= 0:
        raise NothingToDraw(f"no fund aimed at a leverage for {LEAST} months")
    weight = table["equity_cents"].astype(float)
    sums = pd.DataFrame({"risk": 100 * table["perceived_risk"] * weight, "leverage": table["leverage"] * weight,
                         "equity": weight}).groupby(table["day"]).sum()
    out = sums[["risk", "leverage"]].div(sums["equity"], axis=0)
    out["when"] = pd.Series(history.daily.index, index=history.daily["day"]).reindex(out.index).to_numpy()
    return out


def _rule(axes: Any, history: History, phone: bool) -> None:
    """The leverage that the funds' own rule asks for at each perceived risk."""
    rule = rule_of(history)
    if rule is None:
        return
    x = np.linspace(axes.get_xlim()[1] / 200, axes.get_xlim()[1], 200)
    y = np.minimum(rule["usual"] * (x / 100 / rule["risk"]) ** (2 * rule["power"]), rule["cap"])
    top = axes.get_ylim()[1]
    axes.plot(x, np.where(y <= top, y, np.nan), color=p.SOFT, lw=1, ls=(0, (4, 2)), zorder=1)
    at = int(0.78 * len(x))
    if y[at] < top:
        label(axes, x[at], y[at] + 0.05 * top, "their rule", p.SOFT, size=7 if phone else 8, ha="center")


def rule_of(history: History) -> dict[str, float] | None:
    """The parameters of the first leveraged fund; None where there is none or they are not known."""
    table = history.results.parameters
    if not len(table):
        return None
    found = {}
    for name, parameter in RULE.items():
        rows = table[table["path"].str.fullmatch(rf"agents\.\w*leveraged_fund\.{parameter}")]
        if not len(rows):
            return None
        found[name] = float(rows["value"].iloc[0])
    return found


def _dates(axes: Any, own: pd.DataFrame, phone: bool) -> None:
    """The first and the last month, and the one of most leverage, named."""
    marks = {own.index[0]: "left", own.index[-1]: "left", own["leverage"].idxmax(): "left"}
    done: list[tuple[float, float]] = []
    width, height = np.ptp(axes.get_xlim()), np.ptp(axes.get_ylim())
    for day in marks:
        x, y = float(own.loc[day, "risk"]), float(own.loc[day, "leverage"])
        up = 1 if all(abs(x - a) > 0.2 * width or abs(y + 0.05 * height - b) > 0.06 * height for a, b in done) else -1
        place = (x, y + up * 0.045 * height)
        done.append(place)
        right = x > 0.75 * axes.get_xlim()[1]
        label(axes, *place, f"{own.loc[day, 'when']:%b %Y}", p.FAMILY["speculators"], weight="bold", zorder=5,
              size=7 if phone else 8, ha="right" if right else "left")


def _words(history: History, own: pd.DataFrame) -> Words:
    rise, risk = own.iloc[int(np.argmax(own["leverage"]))], own.iloc[int(np.argmin(own["leverage"]))]
    number = lambda value: words.number(float(value), 2)
    title = (f"Funds held {number(rise['leverage'])} times their capital when they saw {number(rise['risk'])} % of "
             f"risk, {number(risk['leverage'])} times at {number(risk['risk'])} %")
    link = float(np.corrcoef(np.argsort(np.argsort(own["risk"])), np.argsort(np.argsort(own["leverage"])))[0, 1])
    what = ("calm invites leverage, and leverage makes the next storm" if link < -0.3 else
            "leverage rises with risk here, so something other than perceived risk drives it" if link > 0.3 else
            "leverage hardly follows perceived risk here: their own limit, margin or trading costs hold them")
    see = (f"an arrow leads from month to month, darker with time; pale lines are other histories, and the dashed line "
           f"is the rule that the funds follow. Here {what} (rank correlation {number(link)}).")
    return Words(title, f"Mean of funds that aim at a leverage, weighted by capital, {history.period}", see,
                 history.source, f"{title}. A path of {len(own)} months in the plane of perceived risk "
                 f"({number(own['risk'].min())} to {number(own['risk'].max())} %) and leverage.")
