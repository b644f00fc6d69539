"""History and stress in fixed proportions, and what closing out large positions costs."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from sim.clearing.margin import addons
from sim.clearing.margin.base import MarginModel
from sim.clearing.margin.filtered_historical import FilteredHistorical
from sim.clearing.margin.lookback import Scenarios
from sim.clearing.margin.portfolio import Offsets, Parts, Requirement, whole_cents
from sim.clearing.margin.stress import worst_stretch
from sim.plugin import param


class Blended(MarginModel, type="blended"):
    """A weighted sum of historical and stressed risk, plus liquidity, plus concentration of large positions.

    Historical risk is that of ``model``; stressed risk that of its scenarios unscaled over the worst stretch known so
    far, and at least a hypothetical move. Liquidity is half the quoted spread. Concentration is charged on whole
    accounts. A young contract has the proxy history of ``model``.

    Source: CME Group, SPAN 2 methodology (2019): the form; its weights are not published.
    """

    model: Scenarios = param(factory=FilteredHistorical, unit="model", doc="what measures historical risk",
                             source="CME SPAN 2: value at risk scaled by volatility")
    weight: float = param(0.75, unit="share", low=0, high=1, doc="weight of historical risk; the rest is stressed risk",
                          source="judgement: a quarter for stress, as EMIR RTS 153/2013 Art. 28(1)(b)")
    stress_days: int = param(250, unit="business days", low=100, high=2520, doc="length of the worst stretch",
                             source="judgement: a year, the least that a lookback may hold")
    hypothetical: float = param(0.20, unit="share of price", low=0, high=1, source="judgement: a fifth in a day",
                                doc="move, either way, that stressed risk covers at least")
    spread: float = param(0.01, unit="share of price", low=0, high=1, doc="quoted spread between bid and ask",
                          source="judgement: about one per cent is quoted in this market in calm")
    concentration: Literal["none", "threshold", "square_root"] = param(
        "threshold", unit="rule", source="CME SPAN 2: above a threshold set by recent volume",
        doc="charge for size: none, on what exceeds a threshold, or growing with the root of size over volume")
    threshold: float = param(1.0, unit="days of average volume", low=0, high=1000, source="judgement: a day's trading",
                             doc="size that is free of the charge")
    pace: float = param(0.2, unit="share of average volume", above=0, high=1, doc="what can be closed out in a day",
                        source="judgement: a fifth, a common limit of execution")
    size_weight: float = param(1.0, unit="multiple", low=0, high=10, doc="scale of the charge for size",
                               source="Almgren et al. (2005), Risk 18(7), at second hand: of order one")

    @model_validator(mode="after")
    def _stretch_is_long_enough(self) -> Self:
        self._stressed_model()
        return self

    def _stressed_model(self) -> Scenarios:
        shared = {name: getattr(self.model, name) for name in Scenarios.model_fields}
        return _Unscaled(**{**shared, "window": self.stress_days})

    def rates(self, history: np.ndarray) -> np.ndarray:
        return self.sides(history).max(axis=0)

    def sides(self, history: np.ndarray) -> np.ndarray:
        stressed = np.maximum(self._stressed_model().sides(worst_stretch(history, self.stress_days)), self.hypothetical)
        return self._blend(self.model.sides(history), stressed) + 0.5 * self.spread

    def _blend(self, calm: np.ndarray, stressed: np.ndarray) -> np.ndarray:
        return self.weight * calm + (1.0 - self.weight) * stressed

    def unconditional(self, history: np.ndarray, days: int) -> np.ndarray:
        return self.model.unconditional(history, days) + 0.5 * self.spread

    def looking_back(self, days: int) -> MarginModel:
        return self.model_copy(update={"model": self.model.looking_back(days)})

    def requirement(self, history: np.ndarray, offsets: Offsets) -> Requirement:
        return _BlendedRequirement(self, history, offsets)


class _Unscaled(Scenarios):
    """Scenarios as they were."""


class _BlendedRequirement(Requirement):
    def __init__(self, rule: Blended, history: np.ndarray, offsets: Offsets) -> None:
        self.rule, self.offsets = rule, offsets
        stretch = worst_stretch(history, rule.stress_days)
        self.calm = rule.model.requirement(history, offsets)
        self.stressed = rule._stressed_model().requirement(stretch, offsets)
        self.volatility = np.sqrt((rule.model.daily(history) ** 2).mean(axis=1))

    def parts(self, position: np.ndarray, value: np.ndarray) -> Parts:
        calm, stressed = self.calm.parts(position, value), self.stressed.parts(position, value)
        scale = 1.0 if self.offsets.scale is None else self.offsets.scale
        move = whole_cents(np.abs((position * (self.rule.hypothetical * scale * value)).sum(axis=1)))
        gross = whole_cents((np.abs(position) * (self.rule.hypothetical * scale * value)).sum(axis=1))
        blend = lambda a, b: whole_cents(self.rule._blend(a.astype(np.float64), b.astype(np.float64)))
        apart = blend(calm["apart"], np.maximum(stressed["apart"], gross))
        joint = np.minimum(blend(calm["total"], np.maximum(stressed["total"], move)), apart)
        size = np.abs(position).astype(np.float64)
        liquidity = whole_cents(addons.liquidity(size, value, self.rule.spread).sum(axis=1))
        concentration = whole_cents(self._for_size(size, value).sum(axis=1))
        return {"apart": apart, "offset": joint - apart, "liquidity": liquidity, "concentration": concentration,
                "total": joint + liquidity + concentration}

    def _for_size(self, size: np.ndarray, value: np.ndarray) -> np.ndarray:
        rule, volume = self.rule, self.offsets.volume
        if volume is None or rule.concentration == "none":
            return np.zeros_like(size)
        if rule.concentration == "square_root":
            return addons.square_root_impact(size, value, self.volatility, volume, weight=rule.size_weight)
        return addons.above_threshold(size, value, self.volatility, volume, threshold=rule.threshold, pace=rule.pace,
                                      weight=rule.size_weight)
