"""Margin rules as they are written on a command line: a model, and rules against procyclicality after plus signs."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pydantic

from sim.clearing.dampers.base import Damper, Undamped
from sim.clearing.margin.base import MarginModel
from sim.clearing.paths import damper, margin_model
from sim.errors import bad_input
from sim.yaml_reader import scalar

PIECE = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*")


class Rule(NamedTuple):
    """A margin model with the rules against procyclicality that act on it."""

    label: str
    model: MarginModel
    damper: Damper


def rule_of(choice: str | MarginModel | Rule | tuple[Any, Any]) -> Rule:
    """The rule that is meant.

    choice : "filtered_historical", "ewma(decay=0.94) + buffer(share=0.25)"; a model; a pair of model and rules as
        ``margin_path`` takes them; or a rule

    Raises BadInput with the reason where it cannot be understood.
    """
    if isinstance(choice, Rule):
        return choice
    if isinstance(choice, MarginModel):
        return Rule(choice.label, choice, Undamped())
    label = choice if isinstance(choice, str) else _words(choice)
    try:
        if isinstance(choice, str):
            first, *others = (_piece(part) for part in choice.split("+"))
            rule = Rule(choice, margin_model(first), damper(others or None))
        else:
            rule = Rule(label, margin_model(choice[0]), damper(choice[1]))
        rule.damper.check(rule.model)
    except pydantic.ValidationError as error:
        first_error = error.errors()[0]
        place = ".".join(str(step) for step in first_error["loc"])
        text = first_error["msg"].removeprefix("Value error, ")
        if place:  # in the words in which a scenario's parameters are refused
            text = f"`{place}` is {first_error['input']!r}; {text.replace('Input should be', 'it must be')}"
        raise bad_input(f"margin rule {label!r}", text) from None
    except (ValueError, TypeError) as error:
        raise bad_input(f"margin rule {label!r}", str(error)) from None
    return rule


def _piece(text: str) -> dict[str, Any]:
    match = PIECE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text.strip()!r} is not a name, such as ewma, or a name with parameters, ewma(decay=0.94)")
    out: dict[str, Any] = {"type": match[1]}
    for pair in filter(None, (part.strip() for part in (match[2] or "").split(","))):
        name, sign, value = pair.partition("=")
        if not sign:
            raise ValueError(f"{pair!r} is not name=value")
        out[name.strip()] = scalar(value.strip())
    return out


def _words(choice: tuple[Any, Any]) -> str:
    model, rules = choice
    several = [rules] if isinstance(rules, (str, dict, Damper)) else list(rules or [])
    return " + ".join(str(part.get("type", "?") if isinstance(part, dict) else getattr(part, "label", part))
                      for part in (model, *several))
