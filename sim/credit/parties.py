"""Who takes part in credit: found among a model's participants."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.population import columns


class Parties(NamedTuple):
    """Rows of the ledger, and what credit needs to know of them."""

    firms: np.ndarray  # int64: data-centre operators
    owners: np.ndarray  # int64: their rows among the economy's owners
    banks: np.ndarray  # int64
    investors: np.ndarray  # int64
    kinds: np.ndarray  # int64[investors]: 0 insurer, 1 private credit, 2 financed in repo
    funds: np.ndarray  # int64: funds with a prime broker


def parties_of(blocks: Any) -> Parties:
    """The parties of a model's blocks, each in the order of labels."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in Parties._fields}
    owner = 0
    for kind, block in blocks.all:
        rows = np.arange(block.rows.start, block.rows.stop)
        if kind.operator_kind >= 0:
            if kind.operator_kind == 1:
                found["firms"].append(rows)
                found["owners"].append(owner + np.arange(block.n))
            owner += block.n
        role = getattr(kind, "credit_role", "")
        if role == "bank":
            found["banks"].append(rows)
        elif role == "investor":
            found["investors"].append(rows)
            found["kinds"].append(np.array(block.kind, np.int64))
        elif kind.type_name == "leveraged_fund":
            found["funds"].append(rows)
    whole = lambda parts: np.concatenate([*parts, np.zeros(0, np.int64)]).astype(np.int64)
    return Parties(*(whole(found[name]) for name in Parties._fields))


def bind_hedges(blocks: Any, firms: np.ndarray, least: np.ndarray) -> None:
    """Tell operators of a model's blocks which share of their need lenders want hedged: float64[firms], rows sorted."""
    for kind, block in blocks.all:
        if kind.operator_kind == 1 and "covenant" in columns(block.agent_class):
            block.covenant[:] = least[np.searchsorted(firms, np.arange(block.rows.start, block.rows.stop))]
