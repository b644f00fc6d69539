"""Who owns the GPUs: the market's own operators and a fringe of others, with the capacity each starts with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.compute.config import REGIONS, ComputeConfig
from sim.compute.layout import by_region
from sim.streams import Streams, combine

KINDS = ("hyperscaler", "data_centre", "small")


class Operators(NamedTuple):
    """Owners of GPUs, one row each.

    kind   : int8[n]     0 hyperscaler, 1 data centre, 2 small provider
    region : int8[n]     index into REGIONS
    size   : float64[n]  relative size within its kind and region
    key    : uint64[n]   luck of each owner
    """

    kind: np.ndarray
    region: np.ndarray
    size: np.ndarray
    key: np.ndarray


def no_operators() -> Operators:
    """An empty set: the fringe is then the whole economy."""
    return Operators(np.zeros(0, np.int8), np.zeros(0, np.int8), np.zeros(0), np.zeros(0, np.uint64))


def fringe(config: ComputeConfig, operators: Operators, streams: Streams) -> Operators:
    """Providers outside the scenario: small ones always, other kinds where the scenario has none at all."""
    rows: list[tuple[int, int, float, int]] = []
    for kind, name in enumerate(KINDS):
        if name != "small" and (operators.kind == kind).any():
            continue
        for region, where in enumerate(REGIONS):
            count = getattr(config.fringe, f"{name}_{where.lower()}")
            label = f"compute.fringe.{name}.{where}"
            sizes = np.exp(config.fringe.size_sd * streams.normal(f"{label}.size", count))
            root = int(streams.key(label))
            rows += [(kind, region, float(size), combine(root, row)) for row, size in enumerate(sizes)]
    return Operators(np.array([row[0] for row in rows], np.int8), np.array([row[1] for row in rows], np.int8),
                     np.array([row[2] for row in rows], float), np.array([row[3] for row in rows], np.uint64))


def join(first: Operators, second: Operators) -> Operators:
    """Both sets, the first one's rows first."""
    return Operators(np.concatenate([first.kind, second.kind]).astype(np.int8),
                     np.concatenate([first.region, second.region]).astype(np.int8),
                     np.concatenate([first.size, second.size]).astype(float),
                     np.concatenate([first.key, second.key]).astype(np.uint64))


def starting_shares(config: ComputeConfig, owners: Operators) -> np.ndarray:
    """float64[n]: share of each owner in world capacity.

    A region's capacity is split among the kinds that have an owner there, and within a kind by size.
    Raises ValueError where a region has no owner at all.
    """
    world = by_region(config.supply.shares)
    world = world / world.sum()
    out = np.zeros(len(owners.kind))
    for region, name in enumerate(REGIONS):
        split = config.supply.owners_us_cn if region < 2 else config.supply.owners_eu_row
        groups = [(getattr(split, kind_name), (owners.kind == kind) & (owners.region == region))
                  for kind, kind_name in enumerate(KINDS)]
        groups = [(share, rows) for share, rows in groups if rows.any()]
        total = sum(share for share, _ in groups)
        if total <= 0:
            raise ValueError(f"nobody owns capacity in {name}: give it an operator or a fringe")
        for share, rows in groups:
            sizes = np.maximum(owners.size[rows], 1e-9)
            out[rows] = world[region] * share / total * sizes / sizes.sum()
    return out
