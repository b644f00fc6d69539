"""Margin rules against shocks: the same histories under every rule, at equal coverage, in two kinds of world.

In the *frozen* world everybody holds what they held under the scenario's own rule, and the rule changes on the eve of
the shock. In the *adapted* world the market has lived with the rule from its first day. Rules are first brought to the
same coverage of the daily moves before the shock, so that they differ in how they rise and not in how high they are.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sim import provenance
from sim.errors import BadInput, bad_input, near_miss, quoted, shown
from sim.experiments.executors import Task, runner
from sim.experiments.keeping import keep_all
from sim.experiments.margin_rules import Rule, rule_of
from sim.experiments.progress import Progress, stop_on_interrupt
from sim.experiments.store import Store
from sim.experiments.stress_results import StressResults
from sim.experiments.stress_worlds import ABOUT, ADAPTED, FROZEN, PILOT, WORK, Options, damped, dated, under
from sim.folder import write_text
from sim.loading import shipped_folder
from sim.scenario import Scenario
from sim.shape import plain
from sim.shocks.base import Shock

Mode = Literal["frozen", "adapted", "both"]
RULES = ("fixed", "ewma", "historical", "filtered_historical")


def stress(scenario: Scenario | str | Path, rules: Sequence[Any] = RULES, shocks: Sequence[str] = (), runs: int = 10,
           jobs: int = 1, *, mode: Mode = "both", coverage: float | None = 0.99, eve: int | None = None,
           days: int = 60, out: Path | str | None = None, resume: bool = False, executor: str | None = None,
           cluster: str | None = None, progress: bool = False) -> StressResults:
    """Put margin rules to shocks, on the same luck.

    Parameters
    ----------
    scenario : the market; its own margin rule is in force until the eve in the frozen world
    rules    : margin rules as ``rule_of`` takes them; the first is what the others are compared with
    shocks   : shipped scenarios with shocks ("taiwan_blockade" for shock_taiwan_blockade, "spot_falls"), types of
        shock, or "none"; the scenario's own if left out
    runs     : histories
    mode     : "frozen", "adapted" or "both"
    coverage : share of daily moves before the shock that every rule is scaled to cover; None leaves rules as they are
    eve      : last day before the shocks; the day before the scenario's own, or a quarter of a year in
    days     : business days that are followed after the eve
    cluster  : address of a Dask scheduler, or "local:4", that does the work instead of ``jobs`` processes
    out      : the folder; see ``default_folder``. It survives being killed, and goes on with ``resume``

    Raises BadInput before anything is run: an unknown rule or shock, a stretch that does not fit, a folder of another
    test or one begun before.
    """
    base = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    plan = Plan(base, rules, shocks, runs, mode, coverage, eve, days)
    with Store(Path(out) if out is not None else plan.default_folder()) as store:
        _check(store, plan, resume)
        with runner(executor, jobs, [plan.base], cluster) as workers, stop_on_interrupt() as stop:
            _enter(store, plan)
            for phase in (False, True):
                if phase and plan.coverage is not None:
                    store.note("factors", plan.factors(StressResults(store.folder)))
                pending = [row for row in store.pending() if (row[1] != PILOT) == phase]
                shown_ = Progress(len(pending), 0, progress)
                keep_all(store, workers.outcomes(_tasks(store, plan, pending), stop), shown_, stop)
                if stop():
                    break
        store.stop()
        results = StressResults(store.folder)
        if results.finished:
            write_text(store.folder / "stress.csv", results.csv())
        return results


class Plan:
    """A stress test that has been checked. Parameters are those of ``stress``."""

    def __init__(self, base: Scenario, rules: Sequence[Any], shocks: Sequence[str], runs: int, mode: Mode,
                 coverage: float | None, eve: int | None, days: int) -> None:
        problems: list[BadInput] = []
        self.rules: list[Rule] = []
        self.shocks: list[tuple[str, tuple[Shock, ...]]] = []
        for each in rules:
            try:
                self.rules.append(rule_of(each))
            except BadInput as error:
                problems.append(error)
        for name in shocks:
            try:
                self.shocks.append((name, shocks_of(name)))
            except BadInput as error:
                problems.append(error)
        if problems:
            raise BadInput([problem for error in problems for problem in error.problems])
        if not shocks:
            self.shocks = [(base.name, base.shocks)]
        for what, names in (("--margin", [rule.label for rule in self.rules]),
                            ("--shocks", [name for name, _ in self.shocks])):
            if not names or len(set(names)) < len(names):
                raise bad_input(what, "at least one is needed" if not names else "one is named twice")
        if coverage is not None and not 0.5 <= coverage < 1:
            raise bad_input("coverage", f"{coverage:g} is no share from 0.5 to below 1, such as 0.99")
        calendar = base.calendar
        own = min((calendar.day_on(shock.date) for shock in base.shocks), default=63)
        self.eve = own - 1 if eve is None else eve
        if self.eve < 1 or days < 1:
            raise bad_input("eve", "there must be a day before the shocks, and one after")
        self.base = base.model_copy(update={"shocks": (), "days": max(base.days, self.eve + days + 1)})
        first = calendar.date(self.eve + 1) if self.eve + 1 < base.days else self.base.calendar.date(self.eve + 1)
        self.shocks = [(name, dated(each, first)) for name, each in self.shocks]
        self.runs, self.mode, self.coverage, self.days = runs, mode, coverage, days
        wrong = [(f"--margin {rule.label}", text) for rule in self.rules
                 for _, text in under(self.base, rule).inconsistencies()]
        wrong += [(f"--shocks {name}", text) for name, each in self.shocks
                  for _, text in self.base.model_copy(update={"shocks": each}).inconsistencies()]
        if wrong:
            raise bad_input(*wrong[0])

    @property
    def points(self) -> list[int]:
        """What is done for each history."""
        pilot = [PILOT] if self.coverage is not None else []
        frozen = [FROZEN] if self.mode in ("frozen", "both") else []
        adapted = [ADAPTED + k for k in range(len(self.rules))] if self.mode in ("adapted", "both") else []
        return [*pilot, *frozen, *adapted]

    def digest(self) -> str:
        """Eight hexadecimal digits of everything that decides what comes out, but for the program."""
        content = [self.base.hash8(), self.base.seed, self.runs, self.mode, self.coverage, self.eve, self.days,
                   [[rule.label, plain(rule.model), plain(rule.damper)] for rule in self.rules],
                   [[name, [plain(shock) for shock in each]] for name, each in self.shocks]]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:8]

    def default_folder(self) -> Path:
        """``results/stress-<scenario>-<hash8>``."""
        return Path("results") / f"stress-{self.base.name}-{self.digest()}"

    def factors(self, results: StressResults) -> list[float]:
        """For each rule the smallest multiple that covers the share wanted of all moves before the shock, pooled."""
        assert self.coverage is not None
        frame = results.table("ratios")
        found = []
        for number, rule in enumerate(self.rules):
            ratios = np.sort(frame["ratio"][frame["rule"] == number].to_numpy()) if len(frame) else np.zeros(0)
            if len(ratios) < 100:
                raise bad_input(rule.label, f"only {len(ratios)} daily moves were seen before the shocks, too few to "
                                            "find a coverage from: choose a later eve")
            found.append(float(ratios[int(np.ceil(self.coverage * len(ratios))) - 1]) or 1.0)
        return found

    def scaled(self, factors: Sequence[float] | None) -> tuple[Rule, ...]:
        """The rules with their multiples."""
        if factors is None:
            return tuple(self.rules)
        return tuple(rule._replace(damper=damped(rule, factor)) for rule, factor in zip(self.rules, factors,
                                                                                       strict=True))


def shocks_of(name: str) -> tuple[Shock, ...]:
    """The shocks of a shipped scenario, of a scenario file, of a type of shock, or none. Raises BadInput."""
    if name == "none":
        return ()
    shipped = {path.stem: path for path in sorted(shipped_folder().glob("*.yaml"))}
    files = {stem.removeprefix("shock_"): path for stem, path in shipped.items() if stem.startswith("shock_")}
    short = name.removeprefix("shock_")
    file = files.get(short) or (None if name in Shock.types else shipped.get(name))
    if file is not None or Path(name).suffix in (".yaml", ".yml"):
        found = Scenario.load(file or name)
        if not found.shocks:
            raise bad_input(f"--shocks {name}", "this scenario has no shock")
        return found.shocks
    if name in Shock.types:
        return (Shock.types[name](date=dt.date(2027, 1, 4)),)  # moved to the eve's morrow
    known = ["none", *files, *Shock.types]
    raise bad_input(f"--shocks {name}", f'there is no shock "{name}"{near_miss(name, known) or ";"} there are: '
                                        f"{quoted(known)}")


def _check(store: Store, plan: Plan, resume: bool) -> None:
    """Refuse a folder of another test, of another program, or one begun before where that is not asked for."""
    if not store.begun:
        return
    where = shown(store.folder)
    if store.about("digest") != plan.digest():
        raise bad_input(where, "this folder holds another test; give --out another one")
    if store.about("source") != provenance.source_hash():
        raise bad_input(where, "the program has changed since this test was begun; give --out another folder")
    done, total = StressResults(store.folder).progress
    if not resume and done < total:
        raise bad_input(where, f"this test was begun: {done:,} of {total:,} pieces are done; go on with --resume")


def _enter(store: Store, plan: Plan) -> None:
    """Enter the test, or take it up where it was left; not before there is somebody to do its pieces."""
    if store.begun:
        done, total = StressResults(store.folder).progress
        if done < total:
            store.take_up()
        return
    runs = [(at * plan.runs + repeat, point, repeat, plan.base.seed + repeat)
            for at, point in enumerate(plan.points) for repeat in range(plan.runs)]
    about = {"digest": plan.digest(), "source": provenance.source_hash(), "kind": "stress",
             "scenario": plan.base.name, "title": plan.base.title or plan.base.name,
             "rules": [rule.label for rule in plan.rules], "shocks": [name for name, _ in plan.shocks],
             "effects": [[shock.effect() for shock in each] for _, each in plan.shocks], "eve": plan.eve,
             "eve_date": str(plan.base.calendar.date(plan.eve)), "days": plan.days, "coverage": plan.coverage,
             "mode": plan.mode, "histories": plan.runs, "environment": provenance.environment(),
             "command_line": provenance.command_line(), "about": ABOUT}
    write_text(store.folder / "base.resolved.yaml", plan.base.resolved_yaml())
    store.enter(about, runs)


def _tasks(store: Store, plan: Plan, pending: list[tuple[int, int, int]]) -> Iterator[Task]:
    for run, point, seed in pending:
        rules = tuple(plan.rules) if point == PILOT else plan.scaled(store.about("factors"))
        store.start(run)
        yield Task(plan.base, run, seed, ("ratios", "cells", "paths"), WORK,
                   tuple(Options(rules, tuple(plan.shocks), plan.eve, plan.days, point)))
