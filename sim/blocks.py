"""All participants of a run: one block a type, on one ledger, and what the market needs to know of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.agents.base import AgentType, World
from sim.agents.clearing_member import ClearingMember
from sim.compute.economy import Operators
from sim.ledger import Ledger
from sim.light import mesa
from sim.market.exchange import Desk
from sim.market.kernels import STYLE
from sim.population import Population, columns
from sim.streams import Streams

CALLED_ONCE_A_DAY = ("users", "suppliers")  # hedgers meet calls overnight; funds are watched every round


def everybody(scenario: Any) -> tuple[AgentType, ...]:
    """The blocks of a scenario, and that of the clearing members where it has any."""
    rules = scenario.clearing.members
    if not rules.count:
        return scenario.agents
    return (*scenario.agents, ClearingMember(count=rules.count, capital=rules.capital, support=rules.support,
                                             concentration=rules.concentration, pace=rules.pace))


class Blocks:
    """The blocks of a run in the order of their labels, and after them the house's close-out account.

    The order in which a scenario names its blocks says nothing, so it must change nothing.

    Parameters
    ----------
    model  : the model that the handles belong to
    kinds  : the types, one block each
    months : slots of contracts
    streams, world : luck, and what is known before the first day
    """

    def __init__(self, model: mesa.Model, kinds: tuple[AgentType, ...], months: int, streams: Streams,
                 world: World) -> None:
        kinds = tuple(sorted(kinds, key=lambda kind: kind.label))
        total = sum(kind.count for kind in kinds) + 1
        self.ledger, self.house_row = Ledger(total, months), total - 1
        self.all: list[tuple[AgentType, Population]] = []
        names = sorted({kind.sector for kind in kinds})
        sector_of = np.full(total, len(names))
        self.key, self.label_of, start = np.zeros(total, np.uint64), [], 0
        for kind in kinds:
            block = Population(kind.agent, kind.count, months, self.ledger, start, kind.label, streams)
            block.agents = [kind.agent(model, block, row) for row in range(kind.count)]
            kind.populate(block, world)
            sector_of[block.rows], self.key[block.rows] = names.index(kind.sector), block.key
            self.label_of += [kind.label] * kind.count
            self.all.append((kind, block))
            start += kind.count
        self.label_of.append("clearing house")
        self.key[-1] = streams.key("clearing house.row")
        self.trading = [(kind, block) for kind, block in self.all if kind.trades and kind.count]
        self.quoting = [(kind, block) for kind, block in self.trading if type(kind).intents is not AgentType.intents]
        self.ledger.set_sectors([*names, "close-out account"], sector_of)
        self.sectors = names
        filled = [(kind, block) for kind, block in self.all if kind.count]
        self._starts = np.array([block.rows.start for _, block in filled], np.int64)
        self._ends = total - 1
        self._sector_of_block = np.array([names.index(kind.sector) for kind, _ in filled], np.int64)
        watched = [number for number, name in enumerate(names) if name not in CALLED_ONCE_A_DAY]
        self.intraday = np.isin(sector_of, watched)
        self.floor = np.zeros(total)  # share of capital below which a participant closes
        for kind, block in self.all:
            self.floor[block.rows] = kind.closes_below
            self.ledger.post("opening capital", block.rows, block.capital.copy(), "outside world")

    def desk(self, clearing: Any) -> Desk:
        """How each row trades; the last style is that of forced orders, set by the clearing rules."""
        styles = np.zeros(len(self.all) + 1, STYLE)
        style_of, trades = np.zeros(self.ledger.n, np.int64), np.zeros(self.ledger.n, np.bool_)
        for number, (kind, block) in enumerate(self.all):
            for name, value in kind.execution.model_dump().items():
                styles[number][name] = value
            style_of[block.rows], trades[block.rows] = number, kind.trades
        forced = styles[-1]
        forced["activity"] = forced["child"] = forced["aggressive"] = forced["forced"] = 1
        forced["reach"], forced["participation"] = clearing.forced_reach, clearing.forced_participation
        return Desk(self.key, style_of, styles, trades)

    def members(self, banks: bool = False) -> np.ndarray:
        """int64[2, m]: rows of the clearing members, largest first, and of the banks that own them (-1: outsiders).

        banks : whether banks of the market that clear stand behind members, one each as far as they go
        """
        rows = [np.arange(block.rows.start, block.rows.stop) for kind, block in self.all
                if isinstance(kind, ClearingMember)]
        own = np.concatenate(rows) if rows else np.zeros(0, np.int64)
        owner = np.full(len(own), -1)
        clear = [block.rows.start + np.flatnonzero(block.member) for _, block in self.all
                 if banks and "member" in columns(block.agent_class)]
        found = np.concatenate(clear)[: len(own)] if clear else owner[:0]
        owner[: len(found)] = found
        for kind, block in self.all:
            if isinstance(kind, ClearingMember):
                block.bound[:] = owner >= 0
        return np.stack([own, owner])

    def operators(self) -> Operators:
        """Those who own GPUs, for the physical economy, and their rows."""
        owners = [(kind, block) for kind, block in self.all if kind.operator_kind >= 0 and kind.count]
        join = lambda parts, dtype: np.concatenate([np.asarray(p) for p in parts] or [np.zeros(0)]).astype(dtype)
        return Operators(
            kind=join([np.full(block.n, kind.operator_kind) for kind, block in owners], np.int8),
            region=join([block.region for _, block in owners], np.int8),
            size=join([block.size for _, block in owners], np.float64),
            key=np.concatenate([block.key for _, block in owners] or [np.zeros(0, np.uint64)]))

    def closing(self, equity: np.ndarray) -> np.ndarray:
        """bool[n]: who has less than the share of capital at which it closes."""
        ledger = self.ledger
        return ledger.alive & (self.floor > 0) & (equity < self.floor * ledger.capital)

    def by_sector(self, amount: np.ndarray) -> dict[str, float]:
        """Sum of int64[n] or [n, contracts] over each sector, the close-out account left out."""
        sums = np.zeros(len(self.sectors), np.int64)
        if len(self._starts):
            parts = np.add.reduceat(amount[: self._ends], self._starts, axis=0)
            np.add.at(sums, self._sector_of_block, parts if parts.ndim == 1 else parts.sum(axis=1))
        return dict(zip(self.sectors, sums.tolist(), strict=True))

    def balance_sheet(self) -> dict[str, np.ndarray]:
        """The columns of the monthly table of participants."""
        ledger = self.ledger
        need = np.zeros(ledger.n, np.int64)
        rule = {name: np.full(ledger.n, np.nan) for name in ("leverage", "perceived_risk")}  # of those who aim at it
        for _, block in self.all:
            if "need" in columns(block.agent_class):
                need[block.rows] = block.need
            for name in sorted(rule.keys() & columns(block.agent_class).keys()):
                rule[name][block.rows] = getattr(block, name)
        return {"agent": np.arange(ledger.n), "agent_type": np.array(self.label_of), "cash_cents": ledger.cash.copy(),
                "margin_cents": ledger.margin.copy(), "equity_cents": ledger.equity.copy(),
                "capital_cents": ledger.capital.copy(), "alive": ledger.alive.copy(), "need_contracts": need,
                "long_contracts": np.maximum(ledger.position, 0).sum(axis=1),
                "short_contracts": np.maximum(-ledger.position, 0).sum(axis=1), **rule}

    def snapshot(self) -> dict[str, Any]:
        """A copy of all columns."""
        return {"ledger": self.ledger.snapshot(), "blocks": [block.snapshot() for _, block in self.all]}

    def restore(self, state: dict[str, Any]) -> None:
        """Put copied columns back."""
        self.ledger.restore(state["ledger"])
        for (_, block), columns_ in zip(self.all, state["blocks"], strict=True):
            block.restore(columns_)
