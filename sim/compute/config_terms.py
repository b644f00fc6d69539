"""Parameters of contracts for capacity: term prices, take-or-pay, reservations ahead."""

from __future__ import annotations

from sim.plugin import Block, param


class Terms(Block):
    """What committed users sign, what it costs them, and how both follow the traded curve."""

    length: float = param(756.0, unit="business days", low=21, high=5040, doc="life of a contract",
                          source="SemiAnalysis 2026-07: three-year commitments; CoreWeave 2025: two to five years")
    index_share: float = param(0.25, unit="share", low=0, high=1,
        doc="weight of the first published index in the price of a new contract; the rest is the expected rent",
        source="judgement: index-linked clauses are new and cover a minority")
    terms_follow_curve: float = param(0.5, unit="share", low=0, high=1,
        doc="weight of the traded curve in the price of a new contract",
        source="judgement: half of sellers can read a listed curve")
    switch: float = param(0.25, unit="elasticity", low=0, high=3,
        doc="spot demand gained when the curve makes new contracts dearer",
        source="judgement: few users stand between a contract and spot")
    reservations_follow_curve: float = param(0.5, unit="share", low=0, high=1,
        doc="weight of the traded curve when users reserve spot capacity that they need later",
        source="judgement: half of buyers can read a listed curve")
    reserved: float = param(0.2, unit="share of the float per log", low=0, high=2,
        doc="float that is held by those who reserve ahead, where the curve lies above what the public expects",
        source="judgement: a curve 10 % too high holds 1 % of the float")
    reserve_time: float = param(20.0, unit="business days", above=0, high=504,
        doc="time constant with which reservations build up and are taken into use",
        source="judgement: a month from request to use")
