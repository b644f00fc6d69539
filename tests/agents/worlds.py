"""Views, worlds and blocks for the tests of participants, drawn at random from a seed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from sim.agents.base import AgentType, View, World
from sim.ledger import Ledger
from sim.plugin import load_all
from sim.population import Population
from sim.streams import Streams

load_all("sim.agents")
TYPES = {name: kind for name, kind in AgentType.types.items() if kind.__module__.startswith("sim.agents.")}
FIRST_MONTH = 12 * 2026 + 9  # October 2026
TICK_CENTS = 730


def a_world(months: int = 12, float_lots: float = 38_000.0) -> World:
    """The size of the shipped baseline, about."""
    lots = 0.5 * float_lots * 5.4
    return World(0.01, float_lots, 235.0, TICK_CENTS, months, lots * 235.0 * TICK_CENTS, lots)


def a_view(random: np.random.Generator, months: int = 12, *, day: int = 0, number: int = 0, shift: int = 0,
           **changes: Any) -> View:
    """A plausible market: ring order of the slots starts at a random place, prices stray from value.

    shift : months that have passed since October 2026; changes : fields to set by hand
    """
    rank = changes.get("rank", np.roll(np.arange(1, months + 1), int(random.integers(months))))
    value = 235.0 * np.exp(0.3 * random.normal() + 0.05 * random.normal(size=months))
    mid = np.maximum(value * np.exp(0.08 * random.normal(size=months)), 1.0)
    length, current = int(random.integers(19, 24)), FIRST_MONTH + shift
    day_of_month = int(random.integers(length))
    fields: dict[str, Any] = {
        "day": day, "round": number, "date": dt.date(current // 12, current % 12 + 1, 5),
        "first_of_month": day_of_month == 0, "day_of_month": day_of_month, "month_length": length,
        "tick_cents": TICK_CENTS, "listed": np.ones(months, bool), "rank": rank, "month": current + rank - 1,
        "days_left": length - 1 - day_of_month + 21 * (rank - 1), "settle": np.rint(mid).astype(np.int64), "mid": mid,
        "bid": np.floor(mid).astype(np.int64), "ask": np.floor(mid).astype(np.int64) + 1, "value": value,
        "fixed_share": np.where(rank == 1, (day_of_month + 1) / length, 0.0),
        "volatility": 0.01 + 0.03 * random.random(months), "fast_volatility": 0.005 + 0.06 * random.random(months),
        "index": 235.0, "spot": 240.0,
        "margin_rate": 0.05 + 0.3 * random.random(months)}
    if months > 1 and random.random() < 0.2 and "rank" not in changes:  # the slot of the month that has just expired
        gone = rank == months
        fields["listed"], fields["rank"] = ~gone, np.where(gone, 0, rank)
    return View(**{**fields, **changes})


def edge_views(random: np.random.Generator, months: int = 12) -> list[View]:
    """Markets at the edge: nothing listed, prices of one tick or none, margin that eats everything, no volatility."""
    nothing, zero = np.zeros(months, np.int64), np.zeros(months)
    return [
        a_view(random, months, listed=np.zeros(months, bool), rank=nothing, mid=zero, settle=nothing, value=zero),
        a_view(random, months, mid=zero, settle=nothing, bid=nothing, ask=nothing),
        a_view(random, months, mid=np.ones(months), settle=np.ones(months, np.int64), value=np.ones(months)),
        a_view(random, months, mid=np.full(months, 1e6), settle=np.full(months, 10**6)),
        a_view(random, months, margin_rate=np.ones(months)),
        a_view(random, months, margin_rate=zero),
        a_view(random, months, volatility=zero, fast_volatility=zero),
        a_view(random, months, day_of_month=0, first_of_month=True),
        a_view(random, months, day_of_month=20, month_length=21, days_left=np.zeros(months, np.int64)),
    ]


def a_block(kind: AgentType, n: int, months: int = 12, seed: int = 1, world: World | None = None,
            rows_before: int = 0) -> Population:
    """A block of n rows after its opening, in a ledger where others come before it."""
    ledger = Ledger(n + rows_before, months)
    block = Population(kind.agent, n, months, ledger, rows_before, kind.label, Streams(seed))
    block.agents = []
    for row in range(n):
        handle = object.__new__(kind.agent)  # a handle needs no model here
        handle.block, handle.row = block, row
        block.agents.append(handle)
    kind.populate(block, world or a_world(months))
    block.cash[:] = block.capital
    block.equity[:] = block.capital
    return block


def disturb(block: Population, random: np.random.Generator, view: View) -> None:
    """Positions, equity and margin of all sorts: rich and poor, in debt, closed, wrong way round."""
    shape = block.position.shape
    scale = np.exp(random.normal(2.0, 1.5, size=(shape[0], 1)))
    block.position[:] = np.rint(scale * random.normal(size=shape)) * (view.rank > 0)
    worth = np.maximum(block.capital, 10_000_000)
    block.equity[:] = worth * random.choice([1.0, 1.0, 1.0, 0.2, 0.05, 0.0, -0.5, 4.0], size=shape[0])
    block.margin[:] = np.abs(block.equity) * random.random(shape[0]) * 1.2
    block.cash[:] = block.equity - block.margin
    block.alive[:] = random.random(shape[0]) < 0.9
