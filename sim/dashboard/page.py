"""The page: a question and its answer so far, the dials, and what happens day by day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import solara

from sim.dashboard import dials
from sim.dashboard.controls import Address, Field, Press, dial_field, tag
from sim.dashboard.desk import FIRST_LOOK, Desk, changed_words, checked, choices, first_scenario
from sim.dashboard.results import results
from sim.dashboard.session import Session
from sim.dashboard.settings import Settings, view_of
from sim.loading import shipped
from sim.report import palette


def style() -> str:
    """The palette as variables of the page, for light and dark, and the rules of the page."""
    light, dark = ("".join(f"--{name}:{value};" for name, value in theme.items()) for theme in palette.themes())
    rules = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}{rules}"


@solara.component
def Page() -> Any:
    """The whole page."""
    search = solara.use_router().search or ""
    asked, strange = solara.use_memo(lambda: view_of(search, first_scenario(), choices()), [])
    view, set_view = solara.use_state(asked)
    session: Session = solara.use_memo(Session, [])
    _, set_tick = solara.use_state(0)
    desk = Desk(view, session, set_view, solara.use_memo(lambda: checked(view.settings), [view.settings]),
                solara.use_memo(lambda: checked(view.beside), [view.beside]))

    def attend() -> Callable[[], None]:
        session.changed = lambda: set_tick(lambda number: number + 1)
        day = asked.look.get("day", "")
        if not (desk.problems or desk.beside_problems):
            session.play(desk.pair, min(int(day), 5040) if day.isdecimal() and len(day) < 6 else FIRST_LOOK)
        return session.close

    solara.use_effect(attend, [])
    scenario = dials.scenario_named(view.settings.scenario)
    title = scenario.title or scenario.name
    shown = {**view.look, "day": str(desk.at)} if session.frames and not desk.stale and not session.busy else view.look
    return tag(
        "div", solara.Title(f"{title} – compute-futures"), solara.Style(style()),
        tag("a", "Skip to the results", cls="skip", href="#results"),
        top(desk, scenario), notices(desk, strange),
        tag("div", tag("aside", DialsColumn(desk), cls="dials", aria_labelledby="dials-head"),
            tag("main", results(desk), id="results", tabindex="-1"), cls="columns"),
        footer(desk), Address(query=replace(view, look=shown).address()), cls="dashboard")


def top(desk: Desk, scenario: Any) -> Any:
    """The question, the scenario and what it is compared with."""
    view, known = desk.view, choices()
    options = [[name, f"{title} ({name})"] for name, title in known.items()]
    beside = [["", "nothing"]]
    if view.settings.changes:
        beside.append(["@own", "the same without my changes"])
    if view.settings.changes and view.settings != view.beside:
        beside.append(["@kept", "keep these settings, and change the dials from here"])
    if view.beside is not None and view.beside.changes:
        held = known.get(view.beside.scenario, view.beside.scenario)
        beside.append(["@held", f"{held}: {changed_words(view.beside)}"])
    beside += [[name, f"{title} ({name})"] for name, title in known.items()
               if name != view.settings.scenario or name == getattr(view.beside, "scenario", "")]
    own = Settings(view.settings.scenario)
    if view.beside is not None and not view.beside.changes and view.beside.scenario == own.scenario \
            and not view.settings.changes:
        beside.append([own.scenario, known.get(own.scenario, own.scenario)])
    present = "" if view.beside is None else "@held" if view.beside.changes else \
        "@own" if view.beside == own and view.settings.changes else view.beside.scenario

    def compare(choice: str) -> None:
        other = {"": None, "@own": own, "@kept": view.settings, "@held": view.beside}.get(choice, Settings(choice))
        desk.set_view(replace(view, beside=other if choice.startswith("@") or choice in ("", *known) else None))

    return tag(
        "header",
        tag("p", "compute-futures", cls="brand"),
        tag("h1", scenario.title or scenario.name),
        tag("p", scenario.question, cls="question"),
        tag("div",
            Field(uid="scenario", label="Scenario", kind="choice", value=view.settings.scenario, options=options,
                  event_change=lambda name: desk.settings(Settings(str(name))) if name in known else None),
            Field(uid="beside", label="Compare with, on the same luck", kind="choice", value=present, options=beside,
                  event_change=lambda choice: compare(str(choice))), cls="pickers"), cls="head")


def notices(desk: Desk, strange: list[str]) -> Any:
    """What of the address could not be used, what was made smaller, what went wrong."""
    session = desk.session
    texts = [*strange, *([session.error] if session.error else []), *desk.problems.values(),
             *(f"Compared with: {text}" for text in desk.beside_problems.values())]
    texts += [text for text in session.problems.values() if text not in texts]
    smaller = [] if desk.stale else [text for frame in session.frames[:1] for text in frame.notices]
    parts = [tag("p", text, cls="problem") for text in texts]
    parts += [tag("p", "Scaled down for this page: " + " ".join(smaller), cls="notice")] if smaller else []
    return tag("div", *parts, cls="notices", role="status")


@solara.component
def DialsColumn(desk: Desk) -> Any:
    """The dials, each with unit, range, default and source."""
    view = desk.view
    settings = view.settings
    scenario = dials.scenario_named(settings.scenario)
    raw = settings.raw

    def move(key: str, default: str) -> Callable[[str], None]:
        return lambda words_: desk.settings(settings.with_change(key, words_, default))

    fields = [dial_field(dial, raw.get(dial.key, dial.default), desk.problems.get(dial.key, ""), f"dial-{dial.key}",
                         move(dial.key, dial.default)).key(f"{settings.scenario}-{dial.key}")
              for dial in dials.dials(scenario, raw)]

    def entry(key: str, label: str, unit: str, default: str, about: str) -> Any:
        value, change = raw.get(key, default), move(key, default)
        return Field(uid=f"dial-{key}", label=label, kind="text", value=value, unit=unit, about=about, back=default,
                     problem=desk.problems.get(key, ""), changed=value != default, back_words=default,
                     event_change=lambda value: change(str(value).strip())).key(f"{settings.scenario}-{key}")

    more = [entry("seed", "Luck", "seed", str(scenario.seed), "another number is another history, for both markets"),
            entry("days", "Length", "business days", str(scenario.days), f"1 to 5,040; default {scenario.days:,}")]
    bad = bool(desk.problems or desk.beside_problems)
    same = bool(desk.session.frames) and not desk.stale
    press = Press(label="Run with these settings", look="strong", off=bad or same,
                  event_press=lambda _: desk.run(max(desk.session.day, FIRST_LOOK)))
    return tag("div", tag("h2", "Dials", id="dials-head"), *fields, *more, press)


def footer(desk: Desk) -> Any:
    """Where it all comes from."""
    frames = desk.session.frames
    text = "A laboratory, no forecast: participants follow stated rules, and many figures are judgements with a reason."
    made = ""
    if frames:
        own = frames[0]
        made = f" Shown: scenario {own.scenario.name}, seed {own.seed}, settings {own.scenario.hash8()}."
    return tag("footer", tag("p", text + made + f" {len(shipped())} scenarios are shipped."),
               tag("p", "The address of this page brings the view back. The same market in ",
                   tag("a", "Mesa’s own viewer", href="mesa"), "."))
