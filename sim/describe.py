"""The scenario said back in English, before anything is run: who, with what rule, and what happens when."""

from __future__ import annotations

import datetime as dt
import inspect
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sim.agents.base import UNITS_OF_CAPITAL, AgentType, World
from sim.agents.rules import hedgeable_notional
from sim.clearing.words import told
from sim.credit.words import in_english
from sim.plugin import Block, Plugin
from sim.replaying import first_date
from sim.scenario import Scenario
from sim.shape import default_of, extra, number, shape, unit
from sim.world import world_of

WIDTH = 100
SECTORS = {"users": "Those who need compute", "suppliers": "Those who make it", "speculators": "Those who take a view",
           "liquidity": "Those who hold the market together", "credit": "Those who lend", "passive": "Others"}


def describe(scenario: Scenario) -> str:
    """The whole description, as lines for a terminal of 100 columns."""
    world = world_of(scenario)
    parts = [("When", when(scenario)), ("Who takes part", who(scenario, world)), ("What they trade", trade(scenario)),
             ("How it is cleared", clearing(scenario)), *lending(scenario), ("What happens", events(scenario)),
             ("What differs from the defaults", differences(scenario)), ("How large it is", size(scenario, world)),
             ("Where the rules and numbers come from", sources(scenario))]
    lines = [scenario.title or scenario.name, *wrap(scenario.question)]
    for heading, body in parts:
        lines += ["", heading, *body]
    return "\n".join(lines) + "\n"


def wrap(text: str, indent: str = "", hanging: str | None = None) -> list[str]:
    """Text in lines of at most a hundred columns."""
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent if hanging is None else hanging,
                         break_long_words=False, break_on_hyphens=False)


def day(date: dt.date) -> str:
    """"5 Oct 2026"."""
    return f"{date.day} {date:%b %Y}"


def when(scenario: Scenario) -> list[str]:
    """The clock."""
    calendar = scenario.calendar
    first, last = calendar.date(0), calendar.date(scenario.days - 1)
    opens = scenario.market.opens
    text = (f"{counted(scenario.days, 'business day')}, from {day(first)} to {day(last)}, each with "
            f"{counted(scenario.rounds, 'trading round')}.")
    if scenario.burn_in:
        text += f" Before the first reported day the economy runs for {counted(scenario.burn_in, 'day')}"
        text += f", and futures trade for the last {scenario.market.warm_up} of them." if opens is None else "."
    if opens is not None:
        text += f" Futures are listed on {day(opens)}."
    series = scenario.replayed
    if series is not None:
        began = first_date(scenario.compute, first)
        text += (f" Prices are those of the series \"{series.title}\" from {day(began)} on, whatever happens; chips "
                 "and demand run on beside them.")
    return wrap(text, "  ")


def who(scenario: Scenario, world: World) -> Iterator[str]:
    """Every block, by what it is in the market for."""
    for sector in dict.fromkeys([*SECTORS, *(kind.sector for kind in scenario.agents)]):
        kinds = [kind for kind in scenario.agents if kind.sector == sector and kind.count]
        if kinds:
            yield f"  {SECTORS.get(sector, sector)}"
        for kind in kinds:
            head = f"  {kind.count:>7,}  {kind.label:<24}"
            yield from wrap(" ".join([*prose(type(kind)), *key_figures(kind, world)]), head, " " * len(head))


def prose(cls: type) -> list[str]:
    """The sentences of a docstring, without the line that names sources."""
    paragraphs = [" ".join(part.split()) for part in inspect.cleandoc(cls.__doc__ or "").split("\n\n")]
    return [part.replace("``", "") for part in paragraphs if not part.startswith("Source")]


def key_figures(kind: AgentType, world: World) -> Iterator[str]:
    """What a block brings, in the units of this world."""
    need = kind.hedge_need(world)
    if need:
        verb = "need" if need > 0 else "sell"
        yield f"Together they {verb} {rounded(abs(need))} contracts' worth of compute a month."
    field = type(kind).model_fields.get("capital")
    if field is not None and unit(field) == UNITS_OF_CAPITAL:
        yield f"Together they bring {money(kind.capital * hedgeable_notional(world))}."  # type: ignore[attr-defined]
    if "leverage_max" in type(kind).model_fields:
        yield f"Exposure goes up to {number(kind.leverage_max)} times equity."  # type: ignore[attr-defined]


def trade(scenario: Scenario) -> Iterator[str]:
    """Contracts and indices."""
    several = len(scenario.market.contracts) > 1
    for contract in scenario.market.contracts:
        name = f"Contract \"{contract.label}\": " if several else ""
        months = f"The next {contract.months} months are" if contract.months > 1 else "The next month is"
        yield from wrap(
            f"{name}{first_sentence(contract)} {months} listed. A contract is {number(contract.size)} "
            f"{contract.unit}; the price moves in steps of ${contract.tick:g} {contract.per}, "
            f"${contract.tick_cents / 100:.2f} a contract. It settles to the index \"{contract.index}\".",
            "  ", "    " if several else "  ")
    for venue in (scenario.market.swaps, scenario.market.perpetual):
        if venue is not None:
            yield from wrap(venue.sentence(), "  ")
    for index in scenario.indices:
        yield from wrap(f"Index \"{index.label}\": {first_sentence(index)}", "  ", "    ")


def clearing(scenario: Scenario) -> list[str]:
    """Margin, calls and forced sales."""
    rules = scenario.clearing
    text = wrap(
        f"Gains and losses are paid in cash every day. Initial margin follows the rule \"{rules.margin.label}\": "
        f"{lower(first_sentence(rules.margin)).rstrip('.')}{settings(rules.margin)}. Funds are also watched in every "
        f"round: one whose equity falls under {number(rules.maintenance)} times its initial margin must shrink until "
        f"it has {number(rules.restore)} times. Forced orders go at most {share(rules.forced_reach)} beyond the middle "
        f"of the market and take at most {share(rules.forced_participation)} of what is on show there.", "  ")
    return [*text, *(line for sentence in told(rules) for line in wrap(sentence, "  "))]


def lending(scenario: Scenario) -> list[tuple[str, list[str]]]:
    """Who lends, where anybody does."""
    if not scenario.credit.on:
        return []
    return [("Who lends", [line for text in in_english(scenario.credit) for line in wrap(text, "  ")])]


def events(scenario: Scenario) -> Iterator[str]:
    """Shocks and policies in the order of their dates."""
    dated = [(shock.date, shock.effect()) for shock in scenario.shocks]
    world = world_of(scenario)
    dated += [(policy.date or scenario.start, policy.effect_at(world.scale, world.float_lots))
              for policy in scenario.policies]
    for date, effect in sorted(dated, key=lambda item: item[0]):
        yield from wrap(effect, f"  {day(date):>11}  ", " " * 15)
    if not dated:
        yield "  No shock and no policy: what happens comes from those who take part."


def differences(scenario: Scenario) -> Iterator[str]:
    """Every parameter that is not at its default, with what it usually is."""
    found = [line for name in ("rounds", "scale") for line in _changed(name, scenario, name)]
    for name in ("compute", "indices", "market", "clearing", "credit", "agents"):
        found += _inside(name, getattr(scenario, name))
    yield from (line for text in found for line in wrap(text, "  ", "    "))
    if not found:
        yield "  Nothing but who takes part, and how many."


def _inside(path: str, value: Any) -> Iterator[str]:
    """The changed parameters of a block, or of every block of a list."""
    if isinstance(value, tuple):
        for block in value:
            yield from _inside(f"{path}.{block.label}", block)
        return
    for name, field in type(value).model_fields.items():
        inner = shape(field.annotation)
        if inner.kind == "block" and getattr(value, name) != default_of(field):
            usual = default_of(field) or inner.cls()  # type: ignore[misc]
            yield from (line for key in type(usual).model_fields
                        for line in _changed(f"{path}.{name}.{key}", getattr(value, name), key, usual))
        elif inner.kind in ("list", "family"):
            item = getattr(value, name)
            yield from _inside(f"{path}.{name}", item)
        elif name not in ("name", "count"):
            yield from _changed(f"{path}.{name}", value, name)


def _changed(path: str, block: Block, name: str, usual: Block | None = None) -> Iterator[str]:
    field = type(block).model_fields[name]
    default = default_of(field) if usual is None else getattr(usual, name)
    value = getattr(block, name)
    if isinstance(value, Block):
        if value != default:
            yield from _inside(path, value)
    elif value != default:
        measure = unit(field)
        yield f"{path} is {words(value)} instead of {words(default)}{f' ({measure})' if measure else ''}."


def size(scenario: Scenario, world: World) -> Iterator[str]:
    """What the scale means in contracts and dollars."""
    needs = [kind.hedge_need(world) for kind in scenario.agents]
    longs, shorts = sum(max(need, 0.0) for need in needs), -sum(min(need, 0.0) for need in needs)
    price = world.price * world.tick_cents / 100
    people = sum(kind.count for kind in scenario.agents)
    table = [("participants", f"{people:,}"),
             ("share of the world's compute", share(world.scale)),
             ("uncommitted compute a month", f"{rounded(world.float_lots)} contracts, "
                                             f"{money(world.float_lots * price * 100)}"),
             ("needed a month by those who may hedge", f"{rounded(longs)} contracts"),
             ("sold a month by those who may hedge", f"{rounded(shorts)} contracts")]
    if longs:
        cover = world.hedged_lots / longs
        table += [("open interest if users hedged in full", f"{rounded(world.hedged_lots)} contracts, "
                                                            f"{money(world.hedged_notional)}"),
                  ("offered if suppliers hedged in full", f"{rounded(shorts * cover)} contracts")]
    capital = [getattr(kind, "capital") for kind in scenario.agents  # noqa: B009
               if kind.count and unit_of(kind, "capital") == UNITS_OF_CAPITAL]
    if capital:
        total = sum(capital) * hedgeable_notional(world)
        table += [("capital of funds and makers", f"{money(total)}, the price of "
                                                  f"{rounded(total / price / 100)} contracts")]
    for name, text in table:
        yield f"  {name:<40} {text}"


def unit_of(block: Block, name: str) -> str:
    """Unit of a parameter; empty where the block has none of that name."""
    field = type(block).model_fields.get(name)
    return unit(field) if field is not None else ""


def sources(scenario: Scenario) -> Iterator[str]:
    """Papers and filings behind the rules, and how many numbers are measured."""
    for plugin in (*scenario.agents, *scenario.market.contracts, *scenario.indices, scenario.clearing.margin):
        for part in inspect.cleandoc(type(plugin).__doc__ or "").split("\n\n"):
            if part.startswith("Source"):
                said = " ".join(part.split()).partition(":")[2].strip().replace("``", "")
                yield from wrap(f"{plugin.label}: {said}", "  ", "    ")
    count = Counter(judged(source) for source in every_source(scenario))
    yield from wrap(f"Of {count.total():,} parameters {count[False]:,} rest on a published source and {count[True]:,} "
                    "on judgement; `compute-futures parameters` prints each with its own.", "  ")


def judged(source: str) -> bool:
    """Whether a source is our own judgement."""
    return source.lower().startswith("judgement")


def every_source(block: Block) -> Iterator[str]:
    """The source of each number that a scenario holds."""
    for name, field in type(block).model_fields.items():
        value = getattr(block, name)
        if isinstance(value, Block):
            yield from every_source(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Block):
            for item in value:
                yield from every_source(item)
        elif extra(field).get("source") and name not in ("name", "title", "question"):
            yield extra(field)["source"]


def settings(block: Plugin) -> str:
    """The parameters of a small block in brackets: " (rate: 0.2 share of notional)"."""
    found = [f"{name}: {words(getattr(block, name))} {unit(field)}".strip()
             for name, field in type(block).model_fields.items() if name != "name"]
    return f" ({'; '.join(found)})" if found else ""


def lower(sentence: str) -> str:
    """A sentence as it stands within another."""
    return sentence[0].lower() + sentence[1:] if sentence[1:2].islower() or sentence[1:2] == " " else sentence


def first_sentence(block: Plugin) -> str:
    """What a type is, in one sentence."""
    return prose(type(block))[0]


def words(value: Any) -> str:
    """A value in words."""
    if isinstance(value, tuple):
        return ", ".join(words(item) for item in value) or "none"
    if isinstance(value, Plugin):
        return value.label
    return "nothing" if value is None or value == "" else number(value)


def counted(n: int, noun: str) -> str:
    """"1 day", "12 days"."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def rounded(value: float) -> str:
    """Three significant digits with commas."""
    return f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= 10 else f"{value:.2g}"


def money(cents: float) -> str:
    """Dollars to three significant digits: "$12.3 million"."""
    for size_, name in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if abs(cents) / 100 >= size_:
            return f"${float(f'{cents / 100 / size_:.3g}'):g}{name}"
    return f"${cents / 100:.0f}"


def share(value: float) -> str:
    """A share as per cent."""
    return f"{100 * value:g} %"
