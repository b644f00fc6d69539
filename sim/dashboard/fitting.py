"""From what a visitor chose to a scenario that this page can run: checked, and no larger than a visit can bear."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pydantic

from sim.clearing.margin.base import MarginModel
from sim.dashboard import dials
from sim.dashboard.settings import Settings
from sim.errors import BadInput, Problem, Where
from sim.scenario import Scenario

MOST_DAYS = 1008  # four years
MOST_PARTICIPANTS = 3000
MOST_WORK = 1_500_000  # participants times days: about a quarter of a minute
AFTER_LAST = 126  # business days that are kept after the last thing that happens
LABEL = {"leverage": "Leverage of funds", "capital": "Speculators’ capital", "margin": "Margin rule",
         "rate": "Margin rate", "opens": "Launch day", "shock": "Add a shock", "shock_date": "Day of the shock",
         "shock_size": "Size of the shock", "seed": "Seed", "days": "Length"}


@dataclass(frozen=True)
class Fitted:
    """A scenario that can be run here, and what had to be made smaller."""

    scenario: Scenario
    notices: tuple[str, ...] = ()


class Refused(Exception):
    """Settings that cannot be run: dial to message; "" for what belongs to no single one."""

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems.values()))


def fit(settings: Settings) -> Fitted:
    """The scenario of some settings, scaled down where it is too large. Raises Refused with every problem."""
    try:
        base = dials.scenario_named(settings.scenario)
    except BadInput as error:
        raise Refused({"": str(error)}) from None
    problems: dict[str, str] = {}
    raw = settings.raw
    changes = _changes(base, raw, problems)
    if problems:
        raise Refused(problems)
    try:
        scenario = Scenario.load(settings.scenario, changes) if changes else base
    except BadInput as error:
        raise Refused(_told(error.problems, changes)) from None
    scenario = _with_shock(scenario, raw, problems)
    if not problems:
        late = [f"{' '.join(map(str, steps))}: {text}" for steps, text in scenario.inconsistencies()]
        if late:
            key = "shock_date" if raw.get("shock") else ""
            problems[key] = late[0].removeprefix(f"shocks {len(scenario.shocks) - 1} date: ")
    if problems:
        raise Refused(problems)
    return _smaller(scenario)


# --- what was typed ----------------------------------------------------------------------------------------


def _changes(base: Scenario, raw: dict[str, str], problems: dict[str, str]) -> dict[str, Any]:
    """Path and value of everything but the shock; what cannot be read is added to the problems."""
    known = {dial.key: dial for dial in dials.dials(base, raw)}
    number = lambda key: _number(raw[key], known[key], problems)
    out: dict[str, Any] = {}
    if "seed" in raw and (seed := _whole("seed", raw["seed"], 0, 2**31 - 1, problems)) is not None:
        out["seed"] = seed
    if "days" in raw and (days := _whole("days", raw["days"], 1, 5040, problems)) is not None:
        out["days"] = days
    if "leverage" in raw and (most := number("leverage")) is not None:
        for kind in dials.borrowers(base):
            out[f"agents.{kind.label}.leverage_max"] = most
            if "leverage_usual" in type(kind).model_fields and kind.leverage_max:
                out[f"agents.{kind.label}.leverage_usual"] = min(
                    100.0, round(kind.leverage_usual * most / kind.leverage_max, 6))
    if "capital" in raw and (total := number("capital")) is not None:
        kinds = dials.investors(base)
        before = sum(kind.capital for kind in kinds)
        for kind in kinds:
            out[f"agents.{kind.label}.capital"] = round(kind.capital * total / before, 9)
    if "margin" in raw:
        if raw["margin"] not in dict(known["margin"].options):
            problems["margin"] = f"There is no margin rule “{raw['margin'][:40]}”."
        else:
            out["clearing.margin.type"] = raw["margin"]
    if "rate" in raw and not known["rate"].idle and (rate := number("rate")) is not None:
        if not isinstance(base.clearing.margin, MarginModel.types["fixed"]):
            out["clearing.margin.type"] = "fixed"
        out["clearing.margin.rate"] = rate
    if "opens" in raw:
        out["market.opens"] = _date("opens", raw["opens"], problems) if raw["opens"] else None
    return out


def _number(words: str, dial: dials.Dial, problems: dict[str, str]) -> float | None:
    """A number within a dial's declared bounds."""
    if dial.idle:
        problems[dial.key] = f"{dial.label}: {dial.idle}."
        return None
    try:
        value = float(words.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        problems[dial.key] = f"“{words[:40]}” is not a number; {dial.bounds} is allowed."
        return None
    if (dial.low is not None and value < dial.low) or (dial.high is not None and value > dial.high):
        problems[dial.key] = f"{dials.short(value)} is out of range; {dial.bounds} is allowed."
        return None
    if dial.whole and value != round(value):
        problems[dial.key] = f"{dials.short(value)} is not a whole number."
        return None
    return value


def _whole(key: str, words: str, low: int, high: int, problems: dict[str, str]) -> int | None:
    if re.fullmatch(r"\d{1,12}", words) and low <= int(words) <= high:
        return int(words)
    problems[key] = f"“{words[:40]}” does not fit; a whole number from {low:,} to {high:,} is."
    return None


def _date(key: str, words: str, problems: dict[str, str]) -> dt.date | None:
    try:
        return dt.date.fromisoformat(words)
    except ValueError:
        problems[key] = f"“{words[:40]}” is not a date; write it as 2027-01-27."
        return None


def _with_shock(scenario: Scenario, raw: dict[str, str], problems: dict[str, str]) -> Scenario:
    """The scenario with the visitor's shock beside its own."""
    kind = raw.get("shock", "")
    if not kind:
        return scenario
    cls = dials.shock_types().get(kind)
    if cls is None:
        problems["shock"] = f"There is no shock “{kind[:40]}”."
        return scenario
    date = _date("shock_date", raw["shock_date"], problems) if raw.get("shock_date") else \
        dials.first_shock_day(scenario)
    values: dict[str, Any] = {"date": date}
    size = dials.size_of(cls)
    if raw.get("shock_size") and size:
        dial = dials.shock(scenario, raw)[2]
        number = _number(raw["shock_size"], dial, problems)
        values[size] = int(number) if number is not None and dial.whole else number
    if any(other.label == kind for other in scenario.shocks):
        values["name"] = f"{kind}_added"
    if problems:
        return scenario
    try:
        return scenario.model_copy(update={"shocks": (*scenario.shocks, cls(**values))})
    except pydantic.ValidationError as error:
        problems["shock_size"] = str(error.errors()[0]["msg"])
        return scenario


def _told(problems: tuple[Problem, ...], changes: dict[str, Any]) -> dict[str, str]:
    """Problems of the scenario's own checks, put to the dial that caused them."""
    paths: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("leverage", lambda p: ".leverage_" in p), ("capital", lambda p: ".capital" in p),
        ("rate", lambda p: p.startswith("clearing.margin.rate")), ("margin", lambda p: p.startswith("clearing")),
        ("opens", lambda p: p.startswith("market.opens")), ("seed", lambda p: p.startswith("seed")),
        ("days", lambda p: p.startswith("days")))
    out: dict[str, str] = {}
    for problem in problems:
        source = Where(*problem.where).source
        key = next((key for key, fits in paths if fits(source)), "")
        if not key and "margin" in problem.text and any(p.startswith("clearing") for p in changes):
            key = "margin"
        if not key and "days" in changes and "outside" in problem.text:
            key = "days"
        out.setdefault(key, problem.text)
    return out


# --- what a visit can bear -----------------------------------------------------------------------------------


def _smaller(scenario: Scenario) -> Fitted:
    """Fewer days first, but never so few that something planned does not happen; then fewer participants."""
    notices: list[str] = []
    people = sum(kind.count for kind in scenario.agents)
    room = min(MOST_DAYS, MOST_WORK // max(min(people, MOST_PARTICIPANTS), 1))
    if scenario.days > room:
        planned: list[dt.date | None] = [shock.date for shock in scenario.shocks]
        planned += [scenario.market.opens, *(policy.date for policy in scenario.policies)]
        last = max((scenario.calendar.day_on(date) for date in planned if date is not None), default=0)
        days = min(scenario.days, max(room, last + AFTER_LAST))
        if days < scenario.days:
            notices.append(f"{days:,} of {scenario.days:,} business days are run here.")
            scenario = scenario.model_copy(update={"days": days})
    most = min(MOST_PARTICIPANTS, MOST_WORK // scenario.days)
    if people > most:
        share = most / people
        agents = tuple(kind.model_copy(update={"count": max(1, int(kind.count * share)) if kind.count else 0})
                       for kind in scenario.agents)
        now = sum(kind.count for kind in agents)
        notices.append(f"{now:,} of {people:,} participants take part here, in the same proportions.")
        scenario = scenario.model_copy(update={"agents": agents})
    if notices:
        notices.append(f"“compute-futures run {scenario.name}” runs the whole.")
    return Fitted(scenario, tuple(notices))
