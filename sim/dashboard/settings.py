"""What a visitor has chosen, as the words of an address; and the address that brings a view back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

KEYS = ("leverage", "capital", "margin", "rate", "opens", "shock", "shock_date", "shock_size", "seed", "days")
VIEW = ("day", "contract", "agent")  # what is looked at: it starts no run
START = "COMPUTE_FUTURES_DASHBOARD"  # names, for the page, the scenario that the command was given
LONGEST = 200  # characters of one value in an address


@dataclass(frozen=True)
class Settings:
    """One scenario with the dials that were moved: key to typed words, in the order of KEYS."""

    scenario: str
    changes: tuple[tuple[str, str], ...] = ()

    @property
    def raw(self) -> dict[str, str]:
        """What was changed."""
        return dict(self.changes)

    def with_change(self, key: str, value: str, default: str) -> Settings:
        """The same with one dial moved; back at its default it is no change any more."""
        raw = self.raw
        raw.pop(key, None)
        if value != default:
            raw[key] = value
        if key == "shock":  # another kind is measured in other units
            gone = ("shock_size",) if value else ("shock_size", "shock_date")
            raw = {name: words for name, words in raw.items() if name not in gone}
        if key == "margin":
            raw.pop("rate", None)
        return Settings(self.scenario, ordered(raw))


@dataclass(frozen=True)
class View:
    """Everything that an address holds: what is run, what it is compared with, and where the visitor looks."""

    settings: Settings
    beside: Settings | None = None
    look: Mapping[str, str] = field(default_factory=dict)

    def address(self) -> str:
        """The part of the address after the question mark."""
        found = [("scenario", self.settings.scenario), *self.settings.changes]
        if self.beside is not None:
            found += [("b.scenario", self.beside.scenario)]
            found += [(f"b.{key}", words) for key, words in self.beside.changes]
        return urlencode(found + [(key, self.look[key]) for key in VIEW if self.look.get(key)])


def ordered(raw: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Changes in the order of the dials, so that equal settings have one address."""
    return tuple((key, raw[key]) for key in KEYS if key in raw)


def view_of(address: str, default: str, known: Iterable[str]) -> tuple[View, list[str]]:
    """The view that an address asks for, and what of it could not be used.

    default : the scenario where none is named; known : the names that may be asked for
    """
    problems: list[str] = []
    known = list(known)
    try:
        pairs = parse_qsl(address.lstrip("?"), keep_blank_values=True, max_num_fields=60)
    except ValueError:
        pairs, problems = [], ["The address holds too many settings; none of them was used."]
    found: dict[str, dict[str, str]] = {"": {}, "b.": {}}
    look: dict[str, str] = {}
    for key, words in pairs:
        side, name = ("b.", key[2:]) if key.startswith("b.") else ("", key)
        if len(words) > LONGEST or not words.isprintable():
            problems.append(f"The address gives “{key[:30]}” a value that cannot be used; it was left out.")
        elif name in (*KEYS, "scenario"):
            found[side][name] = words.strip()
        elif not side and name in VIEW:
            look[name] = words.strip()
        else:
            problems.append(f"The address asks for “{key[:30]}”, which is nothing that can be set.")
    own = _side(found[""], default, known, problems)
    beside = _side(found["b."], own.scenario, known, problems) if found["b."] else None
    return View(own, beside, look), problems


def _side(raw: dict[str, str], default: str, known: list[str], problems: list[str]) -> Settings:
    name = raw.get("scenario", default)
    if name not in known:
        problems.append(f"There is no scenario “{name[:60]}”; “{default}” is shown instead.")
        name = default
    return Settings(name, ordered(raw))
