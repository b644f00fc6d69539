"""What a visitor presses, types and reads: native elements of HTML, each with its label."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import ipyvuetify
import reacton.core
import solara

from sim.dashboard.dials import Dial


@solara.component_vue("field.vue")
def Field(uid: str, label: str, kind: str, value: str, unit: str = "", options: Any = (), usual: Any = (0, 1, 1),
          first: str = "", last: str = "", problem: str = "", about: str = "", idle: str = "", doc: str = "",
          source: str = "", changed: bool = False, back: str = "", back_words: str = "",
          event_change: Callable[[Any], None] = lambda value: None) -> None:
    """A labelled field: choice, number with a slider, date or text."""


@solara.component_vue("press.vue")
def Press(label: str, look: str = "", off: bool = False,
          event_press: Callable[[Any], None] = lambda _: None) -> None:
    """A button."""


@solara.component_vue("picture.vue")
def Picture(html: str, event_pick: Callable[[Any], None] = lambda row: None) -> None:
    """Ready-made SVG; a click on a participant's dot picks it."""


@solara.component_vue("names.vue")
def Names() -> None:
    """Nothing to be seen: gives names to controls of a library that have none."""


@solara.component_vue("rows.vue")
def Rows(caption: str, heads: Any, rows: Any, ids: Any = (), amounts: Any = (), head: int = 0, chosen: int = -1,
         event_pick: Callable[[Any], None] = lambda row: None) -> None:
    """A table whose rows may be picked."""


@solara.component_vue("timeline.vue")
def Timeline(last: int, at: int, words: str, ticks: Any = (),
             event_move: Callable[[Any], None] = lambda day: None) -> None:
    """The day that all panels show."""


@solara.component_vue("address.vue")
def Address(query: str) -> None:
    """Keeps the address of the page that of the view."""


def tag(name: str, *children: Any, cls: str = "", **attributes: Any) -> Any:
    """An element of HTML; underscores in names of attributes become dashes."""
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    return _kind(name)(tag=name, children=[child for child in children if child is not None], class_=cls,
                       attributes=named)


@lru_cache(maxsize=64)
def _kind(name: str) -> Any:
    """A component for each name, so that an element is never turned into one of another name: browsers keep the old."""
    return reacton.core.ComponentWidget(type(f"Html{name}", (ipyvuetify.Html,), {}))


def dial_field(dial: Dial, value: str, problem: str, uid: str, change: Callable[[str], None]) -> Any:
    """The field of a dial: value, unit, range, default and where it comes from."""
    nothing = "from the start" if dial.kind == "date" else "none"
    default = dict(dial.options).get(dial.default, dial.default) or nothing
    about = f"{dial.bounds}; default {default}" if dial.bounds else f"default {default}"
    said = dial.about.get(value, "") if dial.kind == "choice" else ""
    ends = dial.about if dial.kind == "date" else {}
    idle = f"{dial.idle[:1].upper()}{dial.idle[1:]}." if dial.idle else ""
    options = [list(option) for option in dial.options]
    return Field(uid=uid, label=dial.label, kind=dial.kind, value=value, options=options,
                 unit="" if dial.kind in ("choice", "date") else dial.unit, usual=list(dial.usual), problem=problem,
                 first=ends.get("first", ""), last=ends.get("last", ""), about=f"{said} ({about})" if said else about,
                 idle=idle, doc=dial.doc, source=dial.source, changed=value != dial.default, back=dial.default,
                 back_words=default, event_change=lambda words: change(str(words).strip()))
