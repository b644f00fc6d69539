"""Worlds of a stress test: one goes to the eve of the shocks, its copies go on under each rule and each shock."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, NamedTuple

import mesa
import numpy as np

from sim import tables
from sim.clearing.config import ClearingConfig
from sim.clearing.dampers.base import Damper
from sim.clearing.rates import RateRule
from sim.errors import bad_input
from sim.experiments.executors import Task
from sim.experiments.margin_rules import Rule
from sim.model import ComputeFutures
from sim.one_run import Outcome
from sim.scenario import Scenario
from sim.shocks.base import Shock

PILOT, FROZEN, ADAPTED = 0, 1, 2  # points of the study's ledger; the adapted market of the k-th rule is ADAPTED + k
WORK = "sim.experiments.stress_worlds:work"
WEEK = 5  # business days over which calls are added up; judgement: a week, one of the windows of disclosure
HEDGERS = ("users", "suppliers")


class Options(NamedTuple):
    """What a piece of work needs to know besides its scenario.

    rules  : with the multiple that brings each to the coverage wanted, 1 until it is found
    shocks : name and shocks, dated
    eve    : last day before the shocks
    days   : days that are followed after it
    point  : PILOT, FROZEN or ADAPTED + the rule's number
    """

    rules: tuple[Rule, ...]
    shocks: tuple[tuple[str, tuple[Shock, ...]], ...]
    eve: int
    days: int
    point: int


def damped(rule: Rule, factor: float) -> Damper:
    """The rule's own tools and, last, a multiple."""
    several, multiple = Damper.types["several"], Damper.types["multiple"](factor=factor)
    return several(rules=(*rule.damper.chain(), multiple))


def under(scenario: Scenario, rule: Rule) -> Scenario:
    """The scenario with another margin rule."""
    clearing = scenario.clearing.model_copy(update={"margin": rule.model, "procyclicality": rule.damper})
    return scenario.model_copy(update={"clearing": ClearingConfig.model_validate(clearing)})


def dated(shocks: tuple[Shock, ...], first: dt.date) -> tuple[Shock, ...]:
    """Shocks moved together so that the first of them begins on a date."""
    move = first - min(shock.date for shock in shocks) if shocks else dt.timedelta()
    return tuple(shock.model_copy(update={"date": shock.date + move}) for shock in shocks)


def copy_of(model: ComputeFutures, scenario: Scenario) -> ComputeFutures:
    """A copy that goes on under a scenario which differs from the model's in margin rule and coming shocks alone."""
    twin = ComputeFutures(scenario, seed=model.root, start=False)
    twin.restore(model.snapshot())
    return twin


def adopt(model: ComputeFutures, rule: Rule) -> None:
    """Put another margin rule into force this evening, as if it had answered on all days whose prices are known."""
    house, prices = model.house, model.exchange.prices()
    house.config = model.scenario.clearing
    before = house.rule.before
    house.rule = RateRule(rule.model, rule.damper)
    house.rule.before = before
    for day in range(1 if rule.damper.chain() else len(prices), len(prices)):
        house.rule.update(prices[:day])
    if house.portfolio:
        house.portfolio.adopt(rule.model)
    house._renew(prices, model.exchange.settle)


def work(task: Task) -> Outcome:
    """One piece of a stress test: see ``Options.point``."""
    options = Options(*task.options)
    scenario, point = task.scenario, options.point
    if point >= ADAPTED:
        scenario = under(scenario, options.rules[point - ADAPTED])
    model = scenario.build(task.seed)
    seen = _to_the_eve(model, options) if point == PILOT else _to_the_eve(model, options._replace(rules=()))
    outcome = Outcome(task.run, task.seed, days=options.eve + 1)
    if point == PILOT:
        rule = np.repeat(np.arange(len(options.rules)), [len(each) for each in seen])
        outcome.tables = {"ratios": _table(task, {"rule": rule, "ratio": np.concatenate(seen)})}
    else:
        which = range(len(options.rules)) if point == FROZEN else [point - ADAPTED]
        cells = [(r, s, *_follow(model, options, r, s)) for r in which for s in range(len(options.shocks))]
        figures = [{"rule": r, "shock": s, **found} for r, s, found, _ in cells]
        outcome.tables = {
            "cells": _table(task, {name: np.array([row[name] for row in figures]) for name in figures[0]}),
            "paths": _table(task, {name: np.concatenate([np.full(options.days + 1, value) for value in column])
                                   for name, column in (("rule", [c[0] for c in cells]),
                                                        ("shock", [c[1] for c in cells]))}
                            | {name: np.concatenate([path[name] for *_, path in cells]) for name in cells[0][3]})}
    mesa.Agent._ids.pop(model, None)  # Mesa 3.3.1 keeps every model alive through this table
    return outcome


def _table(task: Task, columns: dict[str, np.ndarray]) -> Any:
    rows = len(next(iter(columns.values())))
    which = {"run": np.full(rows, task.run), "seed": np.full(rows, task.seed)}
    return tables.to_arrow(which | {"point": np.full(rows, task.options[-1])} | columns)


def _to_the_eve(model: ComputeFutures, options: Options) -> list[np.ndarray]:
    """Step to the eve; for each rule the ratios of each day's moves to the rates in force before them."""
    rules = [RateRule(rule.model, rule.damper) for rule in options.rules]
    rates: list[np.ndarray] = []
    found: list[list[np.ndarray]] = [[] for _ in rules]
    settled = False
    while model.day < options.eve:
        before = model.exchange.settle.copy()
        months = model.exchange.slots["month"].copy()
        model.step()
        if not model.market_is_open() or not rules:
            continue
        if settled:
            same = (model.exchange.slots["month"] == months) & (before > 0)
            move = np.abs(model.exchange.settle / np.maximum(before, 1) - 1.0)[same]
            for held, rate in zip(found, rates, strict=True):
                held.append(move / rate[same])
        rates, settled = [rule.update(model.exchange.prices()) for rule in rules], True
    if not model.exchange.slots["listed"].any():
        raise bad_input(model.scenario.name, f"no futures are listed on day {options.eve + 1}, the eve of the shocks")
    return [np.concatenate(each) if each else np.zeros(0) for each in found]


def _follow(model: ComputeFutures, options: Options, rule: int, shock: int) -> tuple[dict[str, float], dict]:
    """A copy of the world goes on under one rule and one shock: its figures, and what it went through day by day."""
    scenario = under(model.scenario, options.rules[rule])
    twin = copy_of(model, scenario.model_copy(update={"shocks": options.shocks[shock][1]}))
    if options.point == FROZEN:
        adopt(twin, options.rules[rule])
    sector = {kind.label: kind.sector for kind in scenario.agents}
    hedger = np.array([sector.get(label, "") in HEDGERS for label in twin.blocks.label_of])
    free = max(float(twin.ledger.cash[twin.ledger.position.any(axis=1)].clip(min=0).sum()), 1.0)
    rows: list[dict[str, float]] = []
    uncovered = tested = 0
    forced_events = twin.record.rows("events")

    def look(called: bool) -> None:
        listed = twin.exchange.slots["listed"] == 1
        today = twin.house.totals() if called else {}
        extra = {f"layer {name[6:-6].replace('_', ' ')}": cents / 1e8 for name, cents in today.items()
                 if name.startswith("layer_")}
        rows.append({"rate": float(twin.house.rate[listed].mean()), "margin": float(twin.ledger.margin.sum()) / 1e8,
                     "free_cash": float(twin.ledger.cash.clip(min=0).sum()) / 1e8,
                     **{name: today.get(name, 0.0) / 1e8 for name in MONEY},
                     **{name: today.get(name, 0.0) for name in COUNTS}, **extra})

    look(called=False)
    for _ in range(options.days):
        before, months = twin.exchange.settle.copy(), twin.exchange.slots["month"].copy()
        rate = twin.house.rate.copy()
        twin.step()
        look(called=True)
        same = (twin.exchange.slots["month"] == months) & (before > 0)
        uncovered += int((np.abs(twin.exchange.settle / np.maximum(before, 1) - 1.0)[same] > rate[same]).sum())
        tested += int(same.sum())
    path = {"day": np.arange(options.days + 1)} | {name: np.array([row.get(name, 0.0) for row in rows])
                                                   for name in rows[-1]}
    figures = figures_of(path, free / 1e8)
    figures["uncovered"] = 100.0 * uncovered / tested if tested else math.nan
    events = twin.record.table("events", forced_events)
    mine = (events["kind"] == "forced sale") & hedger[np.maximum(events["agent"], 0)]
    figures |= {"hedgers_forced": float(mine.sum()), "hedgers_contracts": float(events["quantity"][mine].sum())}
    mesa.Agent._ids.pop(twin, None)
    return figures, path


COUNTS = ("margin_calls", "forced_events", "defaults")
MONEY = ("margin_call_cents", "variation_margin_cents", "default_deficit_cents", "house_loss_cents",
         "house_shortfall_cents")
ABOUT = {  # figure -> label, unit
    "called": ("Called in all", "$ million"),
    "peak_call": ("Largest sum called in five days", "$ million"),
    "demand": ("Most that margin took in five days: losses paid and rises of margin", "$ million"),
    "demand_share": ("The same, share of what holders of positions had in cash on the eve", "%"),
    "peak_to_trough": ("Margin rate, peak over trough", "ratio"),
    "rise": ("Largest rise of the margin rate in five days", "% of price"),
    "mean_rate": ("Margin rate, mean", "% of price"),
    "uncovered": ("Daily moves larger than the margin rate", "%"),
    "calls": ("Margin calls", "number"),
    "hedgers_forced": ("Hedgers forced to sell", "number"),
    "hedgers_contracts": ("What they held", "contracts"),
    "defaults": ("Defaults", "number"),
    "deficit": ("Debts of defaulters beyond their margin", "$ million"),
    "house_loss": ("Paid by the clearing house", "$ million"),
    "unpaid": ("Beyond its means", "$ million"),
}


def figures_of(path: dict[str, np.ndarray], free: float) -> dict[str, float]:
    """What a path after the eve comes to.

    free : $ million that holders of positions had in cash on the eve
    """
    called, rate = path["margin_call_cents"][1:], path["rate"]
    demand = path["variation_margin_cents"][1:] + np.maximum(np.diff(path["margin"]), 0.0)
    span = np.ones(min(WEEK, len(called)))
    rises = rate[WEEK:] - rate[:-WEEK] if len(rate) > WEEK else rate[-1:] - rate[:1]
    out = {"called": float(called.sum()), "peak_call": float(np.convolve(called, span, "valid").max()),
           "demand": float(np.convolve(demand, span, "valid").max()),
           "peak_to_trough": float(rate.max() / rate.min()), "rise": 100.0 * float(rises.max()),
           "mean_rate": 100.0 * float(rate.mean()), "calls": float(path["margin_calls"][1:].sum()),
           "defaults": float(path["defaults"][1:].sum()), "deficit": float(path["default_deficit_cents"][1:].sum()),
           "house_loss": float(path["house_loss_cents"][1:].sum()),
           "unpaid": float(path["house_shortfall_cents"][1:].sum())}
    out["demand_share"] = 100.0 * out["demand"] / free
    return out | {name: float(values[1:].sum()) for name, values in path.items() if name.startswith("layer ")}
