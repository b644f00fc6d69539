"""Rules one after another."""

from __future__ import annotations

import numpy as np

from sim.clearing.dampers.base import Damper, Past
from sim.clearing.margin.base import MarginModel
from sim.plugin import param


class Several(Damper, type="several"):
    """Several rules against procyclicality, each acting on what the one before it gives."""

    rules: tuple[Damper, ...] = param(unit="blocks", doc="the rules in the order in which they act",
                                      source="judgement: set by the scenario")

    def chain(self) -> tuple[Damper, ...]:
        return tuple(part for rule in self.rules for part in rule.chain())

    def adjust(self, past: Past) -> np.ndarray:
        raise NotImplementedError("the rules of a chain are asked one by one")

    def check(self, model: MarginModel) -> None:
        for place, rule in enumerate(self.chain()):
            rule.check(model)
            if place and getattr(rule, "form", "") == "observations":
                raise ValueError("a stressed weight on observations replaces the model's rates: put it first")
