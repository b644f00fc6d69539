"""A scenario: a YAML file becomes one frozen, checked object, from which everything else is built.

    scenario = Scenario.load("baseline", ["agents.ai_lab.count=30"])
    model = scenario.build(seed=1)

How files are read, laid over one another and checked stands in ``sim.loading`` and ``sim.checking``;
this file says what a scenario consists of, and what must fit together in it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr

from sim.agents.base import AgentType
from sim.calendar import Calendar
from sim.checking import Checker, Steps, place
from sim.clearing.config import ClearingConfig
from sim.compute.config import ComputeConfig
from sim.compute.indices.assessed import Assessed
from sim.compute.indices.base import Index
from sim.compute.indices.transaction import Transaction
from sim.credit.config import CreditConfig
from sim.errors import BadInput, Problem, Where, near_miss, quoted
from sim.loading import Changes, read
from sim.market.config import MarketConfig
from sim.pause import no_collection
from sim.plugin import Block, Plugin, load_families, param
from sim.plugin_files import PluginFile
from sim.policy.base import Policy
from sim.record import RecordConfig
from sim.replaying import Series, laid_out, moved_by_shocks, series_of, uncovered
from sim.shape import plain
from sim.shocks.base import Shock
from sim.yaml_merge import assign
from sim.yaml_reader import as_node

if TYPE_CHECKING:
    from sim.model import ComputeFutures

load_families()  # so that every ``type`` there is can be named

WORDS_ONLY = ("name", "title", "question")  # they change nothing that happens
SET = "judgement: set by the scenario"


class Scenario(Block):
    """Everything that a run depends on."""

    name: str = param("scenario", unit="name", source=SET,
                      doc="short name, used for the results folder; the file's name if left out")
    title: str = param("", unit="text", doc="what the scenario is called in reports", source=SET)
    question: str = param("", unit="text", doc="what it asks; the file's opening comment if left out", source=SET)
    start: dt.date = param(dt.date(2026, 10, 5), unit="date", doc="the first reported day",
                           source="NYMEX submission 26-370 (2026-08-11): first day on which GPU-hour futures trade")
    days: int = param(504, unit="business days", low=1, high=5040, doc="days that are reported",
                      source="judgement: two years")
    burn_in: int = param(252, unit="business days", low=0, high=2520,
                         doc="days of the physical economy before the first reported one",
                         source="judgement: a year washes out how it began")
    seed: int = param(1, unit="seed", low=0, high=2**63 - 1, source="judgement: any number is as good",
                      doc="luck of the first history; further ones count up from it")
    rounds: int = param(6, unit="rounds", low=1, high=100, doc="trading rounds of a day",
                        source="judgement: about one an hour")
    scale: float = param(0.01, unit="share of the world", above=0, high=1,
                         doc="part of the world's compute that is simulated",
                         source="judgement: positions stay whole contracts and far below the limits of integers")
    agents: tuple[AgentType, ...] = param(unit="blocks", doc="who takes part, a block for each kind", source=SET)
    compute: ComputeConfig = param(factory=ComputeConfig, unit="settings", source=SET,
                                   doc="the physical economy: chips, demand, prices")
    indices: tuple[Index, ...] = param(factory=lambda: (Assessed(), Transaction()), unit="blocks", source=SET,
                                       doc="published price indices")
    market: MarketConfig = param(factory=MarketConfig, unit="settings", doc="what is traded and how", source=SET)
    clearing: ClearingConfig = param(factory=ClearingConfig, unit="settings", source=SET,
                                     doc="margin, calls and defaults")
    credit: CreditConfig = param(factory=CreditConfig, unit="settings", source=SET,
                                 doc="loans to data-centre operators, banks and investors; off unless `on`")
    shocks: tuple[Shock, ...] = param((), unit="blocks", doc="what happens to the world, and when", source=SET)
    policies: tuple[Policy, ...] = param((), unit="blocks", source=SET,
                                         doc="rules that a regulator or an exchange sets")
    record: RecordConfig = param(factory=RecordConfig, unit="settings", doc="how much is written down", source=SET)

    _plugins: tuple[PluginFile, ...] = PrivateAttr(default=())
    _replayed: Series | None = PrivateAttr(default=None)

    # --- from a file, and back to one ----------------------------------------------------------------

    @classmethod
    def load(cls, source: str | Path, changes: Changes = ()) -> Scenario:
        """The scenario of a file or of a shipped name.

        changes : "path=value" as after ``--set``, or a mapping from path to value

        Raises BadInput with every problem found.
        """
        found = read(source, cls, changes)
        tree = found.tree
        for key, value in (("name", re.sub(r"[^A-Za-z0-9_.-]+", "-", found.name).strip("-.") or "scenario"),
                           ("question", found.question)):
            if key not in tree.value:
                tree = assign(tree, cls, key, as_node(value, tree.where))
        checker = Checker(tree)
        scenario = checker.block(cls, tree)
        problems = [*found.problems, *checker.problems]
        if scenario is not None:
            try:
                scenario._replayed = series_of(scenario.compute, place(tree, ("compute", "series"))[0])
            except BadInput as error:
                raise BadInput([*problems, *error.problems]) from None
            repeated = bool(found.problems)  # then blocks of one label have been named with their lines
            for steps, text in scenario.inconsistencies(labels=not repeated):
                where, words = place(tree, steps)
                problems.append(Problem(where, f"{words}: {text}" if words else text))
        if problems:
            raise BadInput(problems)
        scenario._plugins = found.plugins
        return scenario

    @property
    def plugins(self) -> tuple[PluginFile, ...]:
        """The user's own files that it was loaded with: path and SHA-256 of each."""
        return self._plugins

    @property
    def replayed(self) -> Series | None:
        """The series that its prices follow, as it was when it was loaded; None in a physical economy."""
        if self._replayed is None or not self._replayed.serves(self.compute):
            self._replayed = series_of(self.compute)
        return self._replayed

    @property
    def first_price(self) -> float | None:
        """$/GPU-hour on the first reported day where prices are known beforehand, else None."""
        series = self.replayed
        return None if series is None else float(laid_out(self.compute, series, self.calendar)[self.burn_in])

    def resolved_yaml(self, plugin_folder: str | None = None) -> str:
        """Every parameter after defaults and changes, as a file that loads to an equal scenario.

        plugin_folder : where the user's files will lie beside that file; their present place if left out
        """
        from ruamel.yaml import YAML

        tree: dict[str, Any] = {}
        if self._plugins:
            paths = [Path(plugin.path) for plugin in self._plugins]
            tree["plugins"] = [f"{plugin_folder}/{path.name}" if plugin_folder else str(path) for path in paths]
        told = plain(self)
        if self.replayed is not None:
            told["compute"]["series"] = self.replayed.kept_as if plugin_folder else self.replayed.path
        yaml = YAML()
        yaml.width, yaml.allow_unicode = 4096, True
        yaml.indent(mapping=2, sequence=4, offset=2)
        text = io.StringIO()
        yaml.dump(tree | told, text)
        return text.getvalue()

    def hash8(self) -> str:
        """Eight hexadecimal digits that change with every parameter and with the user's own files."""
        tree = {key: value for key, value in plain(self).items() if key not in WORDS_ONLY}
        if self.replayed is not None:
            tree["compute"]["series"] = self.replayed.sha256  # what is in the file, wherever it lies
        content = [tree, sorted(plugin.sha256 for plugin in self._plugins)]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:8]

    def describe(self) -> str:
        """What is going to happen, in English."""
        from sim.describe import describe

        return describe(self)

    # --- to a world ----------------------------------------------------------------------------------

    def build(self, seed: int | None = None) -> ComputeFutures:
        """A model that is ready to step; its luck is the scenario's own seed unless another is given.

        Raises BadInput if the scenario was put together in Python and does not fit together.
        """
        problems = [Problem(Where(self.name), ", ".join(map(str, steps)) + f": {text}")
                    for steps, text in self.inconsistencies()]
        if problems:
            raise BadInput(problems)
        with no_collection():
            from sim.model import ComputeFutures  # the one import upwards: the model is built from scenarios

            return ComputeFutures(self, seed=None if seed is None else seed.__index__())  # of numpy too

    @property
    def calendar(self) -> Calendar:
        """The business days of a run."""
        return Calendar(self.start, self.days, self.burn_in)

    # --- what must fit together ----------------------------------------------------------------------

    def inconsistencies(self, labels: bool = True) -> Iterator[tuple[Steps, str]]:
        """Everything that does not fit together: where it stands, and what to do about it.

        labels : whether blocks of one list with the same label count
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,80}", self.name):
            yield ("name",), f'"{self.name}" names a folder; use up to 80 letters, digits, "-", "_" and "."'
        if sum(kind.count for kind in self.agents) == 0:
            yield ("agents",), "nobody takes part; give at least one block a `count` above 0"
        if labels:
            yield from self._repeated_labels()
        yield from self._contracts()
        yield from self._shocked_indices()
        yield from self._lenders()
        yield from self._replay()
        people = [kind.label for kind in self.agents if kind.count]
        parts: list[tuple[Steps, Any]] = [(("market",), self.market), (("clearing",), self.clearing)]
        parts += [(("policies", at), policy) for at, policy in enumerate(self.policies)]
        for path, part in parts:
            yield from (((*path, *steps), text) for steps, text in part.strangers(people))
        if not 2015 <= self.start.year <= 2100:
            yield ("start",), f"{self.start} is out of reach; the calendar knows 2015 to 2100"
        else:
            yield from self._dates()
        if self.market.warm_up > self.burn_in:
            yield ("market", "warm_up"), (
                f"the market cannot trade for {self.market.warm_up} days before the first reported one when the "
                f"economy has {self.burn_in}; raise `burn_in` or lower this")

    def _repeated_labels(self) -> Iterator[tuple[Steps, str]]:
        lists: dict[str, tuple[Plugin, ...]] = {
            "agents": self.agents, "indices": self.indices, "shocks": self.shocks, "policies": self.policies,
            "market contracts": self.market.contracts}
        for key, blocks in lists.items():
            seen = [block.label for block in blocks]
            for at, label in enumerate(seen):
                if label in seen[:at]:
                    yield (*key.split(), at), f'two blocks are called "{label}"; give each its own `name`'

    def _contracts(self) -> Iterator[tuple[Steps, str]]:
        published = [index.label for index in self.indices]
        if self.market.contracts[0].underlying != "gpu_hour":
            yield ("market", "contracts", 0), "needs are told in lots of the first contract; put one on GPU-hours first"
        for at, contract in enumerate(self.market.contracts):
            if contract.index not in published:
                yield ("market", "contracts", at, "index"), (
                    f'the contract settles to "{contract.index}", which nobody publishes'
                    f"{near_miss(contract.index, published) or ';'} indices are: {quoted(published)}")
            try:
                _ = contract.tick_cents
            except ValueError as error:
                yield ("market", "contracts", at, "tick"), f"{error}; choose a tick and a size that give whole cents"

    def _lenders(self) -> Iterator[tuple[Steps, str]]:
        """Credit without anybody to lend or to borrow."""
        if self.credit.on and not all(any(kind.count and kind.type_name == name for kind in self.agents)
                                      for name in ("bank", "tranche_investor", "data_centre")):
            yield ("credit", "on"), "give `agents` a bank, a tranche_investor and a data_centre, or leave credit off"

    def _shocked_indices(self) -> Iterator[tuple[Steps, str]]:
        """Shocks to an index that nobody publishes."""
        published = [index.label for index in self.indices]
        for at, shock in enumerate(self.shocks):
            index = getattr(shock, "index", None)
            if isinstance(index, str) and index not in published:
                yield ("shocks", at, "index"), (f'nobody publishes "{index}"{near_miss(index, published) or ";"} '
                                                f"indices are: {quoted(published)}")

    def _replay(self) -> Iterator[tuple[Steps, str]]:
        """A series that does not reach over the run, and shocks that cannot move prices that are given."""
        series = self.replayed
        if series is None:
            return
        short = uncovered(self.compute, series, self.calendar) if 2015 <= self.start.year <= 2100 else ""
        if short:
            yield ("compute", "series"), short
        for at, text in moved_by_shocks(self.shocks):
            yield ("shocks", at), text

    def _dates(self) -> Iterator[tuple[Steps, str]]:
        """Shocks and policies that would never happen."""
        calendar = self.calendar
        first, last = self.start, calendar.date(self.days - 1)
        dated: dict[str, list[dt.date | None]] = {
            "shocks": [shock.date for shock in self.shocks], "policies": [policy.date for policy in self.policies]}
        for key, dates in dated.items():
            for at, date in enumerate(dates):
                if date is not None and not first <= date <= last:
                    longer = "; raise `days` or choose an earlier date" if date > last else "; choose a later date"
                    yield (key, at, "date"), f"{date} lies outside the run, which goes from {first} to {last}{longer}"
        for at, policy in enumerate(self.policies):
            if policy.until is not None and policy.until <= first:
                yield ("policies", at, "until"), f"{policy.until} is not after {first}, so the rule never holds"
        opens, earliest = self.market.opens, calendar.date(-min(self.market.warm_up, self.burn_in))
        if opens is not None and not earliest <= opens <= last:
            yield ("market", "opens"), (
                f"{opens} lies outside the days on which the market can open, {earliest} to {last}; "
                "leave it out to open before the first reported day")
