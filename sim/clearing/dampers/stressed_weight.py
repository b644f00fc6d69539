"""A fixed weight for a time of stress."""

from __future__ import annotations

from typing import Literal

import numpy as np

from sim.clearing.dampers.base import Damper, Past
from sim.clearing.margin.base import MarginModel
from sim.clearing.margin.lookback import Scenarios
from sim.clearing.margin.stress import worst_stretch
from sim.plugin import param


class StressedWeight(Damper, type="stressed_weight"):
    """A fixed weight for the worst stretch that prices have been through so far.

    Form "margin": (1 - weight) x rate + weight x rate of the same model on that stretch. Form "observations": its
    scenarios stand among those of the lookback and carry the weight together; the loss at the confidence is read
    from all of them. A worse stretch counts once it is over, never before.

    Source: EMIR RTS 153/2013 Art. 28(1)(b): at least a quarter for stressed observations.
    """

    weight: float = param(0.25, unit="share", low=0, high=1, doc="weight of the stress",
                          source="EMIR RTS 153/2013 Art. 28(1)(b)")
    days: int = param(250, unit="business days", low=100, high=2520, doc="length of the stretch",
                      source="judgement: a year, the least that a lookback may hold")
    form: Literal["margin", "observations"] = param(
        "margin", unit="form", source="judgement: the form that any model can take",
        doc="whether the weight is on the margin of the stress, or on its observations")

    def adjust(self, past: Past) -> np.ndarray:
        if past.model is None:
            raise ValueError("a stressed weight needs the margin model and its prices")
        stress = worst_stretch(past.history, self.days)
        if self.form == "observations":
            assert isinstance(past.model, Scenarios)
            return past.pick(past.model.stressed_sides(past.history, stress, self.days, self.weight))
        return (1.0 - self.weight) * past.base[-1] + self.weight * past.pick(past.model.stressed(stress, self.days))

    def check(self, model: MarginModel) -> None:
        model.stressed(np.empty((0, 1)), self.days)
        if self.form == "observations" and not isinstance(model, Scenarios):
            raise ValueError(f'a stressed weight on observations needs a model of scenarios, which "{model.label}" is '
                             f'not; use `form: margin`')
