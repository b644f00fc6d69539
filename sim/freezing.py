"""The world without reactions: what stays as it was on the eve of a shock, so that only primary effects are left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.clearing.absorber import Absorber

REACTIONS = ("margin", "flows", "sizing", "credit")  # ways in which finance answers
CHANNELS = ("collateral", "haircut", "interbank", "tranches", "lending")  # the ways of credit, one by one


def freeze(model: Any, reactions: Sequence[str] = REACTIONS) -> None:
    """From now on finance does not react, or not in some ways. Voluntary rules go on.

    margin     : rates stay, and what must be sold goes to an outsider unseen (``sim.clearing.absorber``)
    flows      : investors bring and take nothing, funds do not close; sizing: positions are sized by this evening's
        equity
    credit     : terms, marks and haircuts stay: all that follows
    collateral : auctions of GPUs do not press prices; haircut: those in repo stay, prime brokers' lines too
    interbank  : banks sell nothing and none is closed; lending: what is lent, and at what price, stays
    tranches   : marks and ratings stay, investors ask nothing back
    """
    model.still = tuple(reactions)
    model.house.frozen, model.credit.frozen = "margin" in model.still, "credit" in model.still
    model.credit.kept = frozenset(CHANNELS) & frozenset(model.still)
    model.eve = model.ledger.equity.copy() if "sizing" in model.still else None
    closing = lambda equity: model.blocks.closing(equity) & ("flows" in model.still)
    sized = None if model.eve is None else np.where(model.blocks.floor > 0, model.eve, 0)  # funds; hedgers size by need
    model.house.absorber = Absorber(model.house, closing, sized) if model.house.frozen else None


def snapshot(model: Any) -> dict[str, Any]:
    """What is frozen, copied."""
    absorber = model.house.absorber
    return {"still": model.still, "eve": None if model.eve is None else model.eve.copy(),
            "absorber": absorber.snapshot() if absorber else None}


def restore(model: Any, state: dict[str, Any]) -> None:
    """Freeze what a copied world has frozen; its other parts have been put back before."""
    if state["still"]:
        freeze(model, state["still"])
        model.eve = None if state["eve"] is None else np.array(state["eve"])
    if state["absorber"]:
        model.house.absorber.restore(state["absorber"])
