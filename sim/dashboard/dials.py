"""What a visitor can change about a scenario: eight dials, each read from the declaration of its parameter.

Values travel as the words that the visitor typed, so that an address can hold them and a bad one can be shown
beside its message. Nothing here starts a run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sim.agents.base import UNITS_OF_CAPITAL
from sim.clearing.margin.base import MarginModel
from sim.errors import BadInput
from sim.loading import shipped
from sim.scenario import Scenario
from sim.shape import extra, shipped_types, unit
from sim.shocks.base import Shock

COURSE = ("name", "date", "onset", "hold", "half_life")  # how a shock goes on; its size is the first other number
NO_SHOCK, FROM_THE_START = "", ""


@dataclass(frozen=True)
class Dial:
    """One thing that can be set, and all that is said about it.

    kind    : "number", "choice" or "date"
    low, high : declared bounds; usual : the stretch that a slider covers, with its step
    default : the scenario's own value, as words
    idle    : why it does nothing at present; empty if it does
    """

    key: str
    label: str
    kind: str
    unit: str
    default: str
    doc: str
    source: str
    low: float | None = None
    high: float | None = None
    usual: tuple[float, float, float] = (0.0, 0.0, 0.0)
    options: tuple[tuple[str, str], ...] = ()
    idle: str = ""
    whole: bool = False
    about: dict[str, str] = field(default_factory=dict)  # of a choice: what each option means

    @property
    def bounds(self) -> str:
        """The declared bounds in words."""
        if self.kind == "number" and self.low is not None and self.high is not None:
            return f"{short(self.low)} to {short(self.high)}"
        if self.kind == "date":
            return f"{self.about['first']} to {self.about['last']}"
        return ""


@lru_cache(maxsize=64)
def scenario_named(name: str) -> Scenario:
    """A scenario as it is stated. Raises BadInput where there is none."""
    return Scenario.load(name)


def names() -> dict[str, str]:
    """Shipped scenarios by name, each with its title; one that does not load is left out."""
    found = {}
    for name in shipped():
        with suppress(BadInput):
            found[name] = scenario_named(name).title or name
    return found


def short(value: float) -> str:
    """A number as it is typed: 3, 0.075."""
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"


def dials(scenario: Scenario, raw: Mapping[str, str]) -> list[Dial]:
    """The eight dials of a scenario, given what is set already (a rule of margin decides whether a rate is asked)."""
    return [leverage(scenario), capital(scenario), margin_rule(scenario), margin_rate(scenario, raw),
            launch(scenario), *shock(scenario, raw)]


# --- what each is read from --------------------------------------------------------------------------------


def borrowers(scenario: Scenario) -> list[Any]:
    """Blocks whose rule has a limit on leverage."""
    return [kind for kind in scenario.agents if kind.count and "leverage_max" in type(kind).model_fields]


def investors(scenario: Scenario) -> list[Any]:
    """Blocks of speculators whose capital is a multiple of the hedgers' notional."""
    return [kind for kind in scenario.agents if kind.count and kind.sector == "speculators"
            and (found := type(kind).model_fields.get("capital")) is not None and unit(found) == UNITS_OF_CAPITAL]


def limits(info: Any) -> tuple[float | None, float | None]:
    """The declared bounds of a parameter."""
    bound: dict[str, float] = {}
    for item in info.metadata:
        for sign, end in (("ge", "low"), ("gt", "low"), ("le", "high"), ("lt", "high")):
            if getattr(item, sign, None) is not None:
                bound[end] = float(getattr(item, sign))
    return bound.get("low"), bound.get("high")


def leverage(scenario: Scenario) -> Dial:
    """Largest exposure over equity of all funds."""
    kinds = borrowers(scenario)
    if not kinds:
        return Dial("leverage", "Leverage of funds", "number", "multiple of equity", "", "", "",
                    idle="no fund of this scenario has a limit on leverage")
    info = type(kinds[0]).model_fields["leverage_max"]
    low, high = limits(info)
    usual = max(kind.leverage_max for kind in kinds)
    return Dial("leverage", "Leverage of funds", "number", unit(info), short(usual),
                "Largest exposure over equity that funds may hold; what leveraged funds aim at in usual calm moves "
                "with it. A margin of a fifth lets three quarters of equity carry 3.75 times equity, so higher "
                "leverage also needs a lower margin.", extra(info)["source"], low, high, (1.0, max(15.0, usual), 0.5))


def capital(scenario: Scenario) -> Dial:
    """Capital of all speculators together."""
    kinds = investors(scenario)
    total = sum(kind.capital for kind in kinds)
    if not total:
        return Dial("capital", "Speculators’ capital", "number", UNITS_OF_CAPITAL, "", "", "",
                    idle="nobody in this scenario speculates with capital of investors")
    info = type(kinds[0]).model_fields["capital"]
    low, high = limits(info)
    return Dial("capital", "Speculators’ capital", "number", UNITS_OF_CAPITAL, short(total),
                "Capital of all speculators together over what users would hold if they hedged in full; each kind "
                "keeps its share.", extra(info)["source"], low, high, (0.0, max(4.0, round(3 * total, 1)), 0.05))


def margin_types(scenario: Scenario) -> list[Any]:
    """Margin models that need no further setting, and the scenario's own."""
    own = type(scenario.clearing.margin)
    ready = [cls for cls in shipped_types(MarginModel) if not any(f.is_required() for f in cls.model_fields.values())]
    return ready if own in ready else [own, *ready]


def margin_rule(scenario: Scenario) -> Dial:
    """How initial margin is found."""
    info = type(scenario.clearing).model_fields["margin"]
    kinds = margin_types(scenario)
    return Dial("margin", "Margin rule", "choice", "rule", scenario.clearing.margin.type_name, str(info.description),
                extra(info)["source"], options=tuple((cls.type_name, spaced(cls.type_name)) for cls in kinds),
                about={cls.type_name: cls.summary() for cls in kinds})


def margin_rate(scenario: Scenario, raw: Mapping[str, str]) -> Dial:
    """The rate of a fixed margin."""
    own = scenario.clearing.margin
    chosen = raw.get("margin", own.type_name)
    fixed = MarginModel.types["fixed"]
    info = fixed.model_fields["rate"]
    low, high = limits(info)
    rate = own.rate if isinstance(own, fixed) else info.default
    idle = "" if chosen == "fixed" else f"the rule “{spaced(chosen)}” finds its own rates"
    return Dial("rate", "Margin rate", "number", unit(info), short(rate), str(info.description), extra(info)["source"],
                low, high, (0.02, 0.6, 0.01), idle=idle)


def launch(scenario: Scenario) -> Dial:
    """The day on which futures are listed."""
    info = type(scenario.market).model_fields["opens"]
    opens = scenario.market.opens
    return Dial("opens", "Launch day", "date", "date", opens.isoformat() if opens else FROM_THE_START,
                "The day on which futures are first traded. Empty: they trade before the first day shown.",
                extra(info)["source"], about=stretch(scenario))


def stretch(scenario: Scenario) -> dict[str, str]:
    """First and last day of a run."""
    calendar = scenario.calendar
    return {"first": scenario.start.isoformat(), "last": calendar.date(scenario.days - 1).isoformat()}


def shock_types() -> dict[str, Any]:
    """Shocks that need nothing but a date."""
    return {cls.type_name: cls for cls in shipped_types(Shock)
            if not any(f.is_required() for name, f in cls.model_fields.items() if name != "date")}


def size_of(cls: Any) -> str:
    """The parameter that says how large a shock is; empty where it has none."""
    return next((name for name, info in cls.model_fields.items()
                 if name not in COURSE and info.annotation in (float, int)), "")


def shock(scenario: Scenario, raw: Mapping[str, str]) -> list[Dial]:
    """Kind, date and size of one more shock."""
    kinds = shock_types()
    cls = kinds.get(raw.get("shock", NO_SHOCK))
    own = f"; the scenario’s own {len(scenario.shocks)} stay" if scenario.shocks else ""
    options = ((NO_SHOCK, "none"), *((name, spaced(name)) for name in kinds))
    none = "choose a shock first"
    which = Dial("shock", "Add a shock", "choice", "kind", NO_SHOCK, f"Something that happens to the world{own}.",
                 "each kind says its own in docs/shocks.md", options=options,
                 about={name: kind.summary() for name, kind in kinds.items()})
    when = Dial("shock_date", "Day of the shock", "date", "date", first_shock_day(scenario).isoformat(),
                "The day on which it begins.", "judgement: set by you", about=stretch(scenario),
                idle="" if cls else none)
    if cls is None or not size_of(cls):
        size = Dial("shock_size", "Size of the shock", "number", "", "", "", "",
                    idle=none if cls is None else "this shock has one size")
        return [which, when, size]
    info = cls.model_fields[size_of(cls)]
    low, high = limits(info)
    return [which, when, Dial(
        "shock_size", "Size of the shock", "number", unit(info), short(info.default),
        f"{str(info.description)[:1].upper()}{str(info.description)[1:]}.", extra(info)["source"], low, high,
        slider(float(info.default), low, high, info.annotation is int), whole=info.annotation is int)]


def slider(default: float, low: float | None, high: float | None, whole: bool) -> tuple[float, float, float]:
    """A useful stretch around a default, within the bounds."""
    wide = max(3.0 * abs(default), 1.0)
    bottom, top = (-wide if default < 0 else 0.0), wide
    bottom = bottom if low is None else max(bottom, low)
    top = top if high is None else min(top, high)
    return bottom, top, 1.0 if whole else 10 ** (-2 if top - bottom <= 3 else -1)


def first_shock_day(scenario: Scenario) -> dt.date:
    """Half a year into the run, or in the middle of a shorter one."""
    return scenario.calendar.date(min(126, scenario.days // 2))


def spaced(name: str) -> str:
    """A type's name as words: "filtered historical"."""
    return " ".join(word.upper() if word in ("ewma", "ai") else word for word in name.split("_"))
