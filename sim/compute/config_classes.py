"""Parameters of the classes of demand: who wants compute, where, and how each answers to prices and to progress."""

from __future__ import annotations

from typing import Any

from sim.plugin import Block, param

CLASSES = ("training", "large", "small", "research")
WORDS = {"training": "frontier training", "large": "inference of large models", "small": "inference of small models",
         "research": "researchers and small developers"}
MEAN = "; only its ratio to the mean over classes counts"


def _field(name: str, value: float, doc: str, source: str, unit: str = "relative", low: float = 0,
           high: float = 100) -> Any:
    return param(value, unit=unit, low=low, high=high, doc=f"{doc}: {WORDS[name]}", source=source)


class Mix(Block):
    """Shares of the classes in what a region uses on day 0; scaled to one."""

    training: float = _field("training", 0.34, "share of demand", "Deloitte 2026-02: inference 66 % of compute",
                             "share")
    large: float = _field("large", 0.42, "share of demand", "judgement: most of inference is on models at the top",
                          "share")
    small: float = _field("small", 0.16, "share of demand",
                          "open-weight models carry 30 % of tokens (a16z State of AI 2025) at less compute each",
                          "share")
    research: float = _field("research", 0.08, "share of demand",
                             "judgement: marketplaces for small users are a small part of all compute", "share")


def _mix(where: str, training: float, large: float, small: float, research: float, source: str) -> Any:
    return param(factory=lambda: Mix(training=training, large=large, small=small, research=research), unit="shares",
                 doc=f"classes of demand in {where}", source=source)


class Growth(Block):
    """Growth of each class over that of all demand; the mix shifts, the sum grows as `demand.growth` says."""

    training: float = _field("training", 0.90, "growth over that of all demand",
                             "Deloitte 2025-11 and 2026-02: inference 50 % in 2025, 66 % in 2026; slower from here on",
                             "ratio per year", 0.1, 10)
    large: float = _field("large", 1.02, "growth over that of all demand", "judgement: agents run the largest models",
                          "ratio per year", 0.1, 10)
    small: float = _field("small", 1.10, "growth over that of all demand",
                          "judgement: medium models of 15-70 billion parameters grow fastest (a16z State of AI 2025)",
                          "ratio per year", 0.1, 10)
    research: float = _field("research", 0.95, "growth over that of all demand", "judgement: budgets grow more slowly",
                             "ratio per year", 0.1, 10)


class Efficiency(Block):
    """Trend of work per H100-hour of each class over that of the world."""

    training: float = _field("training", 0.94, "efficiency growth over the world's",
                             "Ho et al. 2024, arXiv 2403.05812: compute for a given level halves in 8 months, 2.8x",
                             "ratio per year", 0.1, 10)
    large: float = _field("large", 1.0, "efficiency growth over the world's", "the world's trend is that of inference",
                          "ratio per year", 0.1, 10)
    small: float = _field("small", 1.0, "efficiency growth over the world's",
                          "judgement: the gain of small models at fixed quality is in token prices",
                          "ratio per year", 0.1, 10)
    research: float = _field("research", 1.0, "efficiency growth over the world's", "judgement: tools of inference",
                             "ratio per year", 0.1, 10)


class Elasticity(Block):
    """Answer to a lasting price change over the mean of all demand, which `demand.elasticity_slow` is on day 0."""

    training: float = _field("training", 0.85, "elasticity" + MEAN, "judgement: a race is run at most prices")
    large: float = _field("large", 1.0, "elasticity" + MEAN, "judgement: the mean was measured on such models")
    small: float = _field("small", 1.25, "elasticity" + MEAN, "judgement: cheap tokens find new uses")
    research: float = _field("research", 1.0, "elasticity" + MEAN, "judgement: fixed budgets, elasticity near one")


class ElasticityFast(Block):
    """Answer on the day over the mean of spot demand, which `demand.elasticity_fast` is on day 0."""

    training: float = _field("training", 0.6, "elasticity on the day" + MEAN, "judgement: a run once begun is finished")
    large: float = _field("large", 0.8, "elasticity on the day" + MEAN, "judgement: requests are served as they come")
    small: float = _field("small", 1.1, "elasticity on the day" + MEAN, "judgement: part of it is batch work")
    research: float = _field("research", 1.5, "elasticity on the day" + MEAN, "judgement: experiments can wait")


class Reach(Block):
    """How much of each class a jump in efficiency reaches, over the mean, which `demand.efficiency_share` is."""

    training: float = _field("training", 0.7, "reach of a jump" + MEAN, "judgement: methods spread with the next run")
    large: float = _field("large", 1.25, "reach of a jump" + MEAN, "judgement: users move to the cheaper model first")
    small: float = _field("small", 0.9, "reach of a jump" + MEAN, "judgement: small models are cheap already")
    research: float = _field("research", 1.2, "reach of a jump" + MEAN, "judgement: open weights are taken up at once")


class Spot(Block):
    """How much of each class is bought without a contract, over the mean."""

    training: float = _field("training", 0.5, "use of the spot market" + MEAN, "judgement: labs hold contracts")
    large: float = _field("large", 1.0, "use of the spot market" + MEAN, "judgement: contracts for the base load")
    small: float = _field("small", 1.2, "use of the spot market" + MEAN, "judgement: smaller firms sign less")
    research: float = _field("research", 1.75, "use of the spot market" + MEAN,
                             "judgement: 95 % pay as they go; small users are then 15 % of spot demand")


class Rationing(Block):
    """Odds to go without when spot capacity is short, relative to each other."""

    training: float = _field("training", 1.0, "odds to go without", "judgement: large buyers, but urgent blocks")
    large: float = _field("large", 1.0, "odds to go without", "judgement: the yardstick")
    small: float = _field("small", 1.0, "odds to go without", "judgement: as large models")
    research: float = _field("research", 2.0, "odds to go without",
                             "judgement: small users hold no account manager and no reservation")


class DemandClasses(Block):
    """Frontier training, inference of large and of small models, researchers and small developers."""

    us: Mix = _mix("the United States", 0.38, 0.40, 0.15, 0.07, "judgement: most labs train here; 34 % of all compute "
                   "trains (Deloitte 2026-02)")
    cn: Mix = _mix("China", 0.34, 0.40, 0.18, 0.08, "judgement: labs of its own, smaller models")
    eu: Mix = _mix("Europe", 0.15, 0.50, 0.20, 0.15, "judgement: few frontier labs, public research machines")
    row: Mix = _mix("the rest of the world", 0.20, 0.48, 0.20, 0.12, "judgement: between Europe and China")
    growth: Growth = Growth()
    efficiency: Efficiency = Efficiency()
    elasticity: Elasticity = Elasticity()
    elasticity_fast: ElasticityFast = ElasticityFast()
    reach: Reach = Reach()
    spot: Spot = Spot()
    rationing: Rationing = Rationing()
    small_saving: float = param(9.0, unit="ratio", low=1, high=1000,
                                doc="compute per token of a large model over a small one",
                                source="judgement: compute grows with active parameters, 70 against 8 billion")
