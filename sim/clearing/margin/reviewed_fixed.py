"""A rate that is looked at from time to time, and changed when it is far from where it should be."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import numpy as np

from sim.clearing.margin.base import MarginModel
from sim.clearing.margin.ewma import Ewma
from sim.plugin import param

# What past reviews decided, so that a day need not go through all of them again. The answer is a function of the
# model and of the prices up to the review, and both are in the key.
DECIDED: OrderedDict[tuple[str, bytes], np.ndarray] = OrderedDict()
REMEMBERED = 256


class ReviewedFixed(MarginModel, type="reviewed_fixed"):
    """A rate that stays until a review finds it too far from what a model asks for.

    Every review compares the rate with the target of ``model``. Outside the dead band, the target rounded up is
    announced, and is in force after the notice. Before the first review it is the target for a contract without
    history. A young contract has the proxy history of ``model``.

    Source: Murphy, Vasios and Vause (2014), Bank of England Financial Stability Paper 29, on reviewed scan ranges.
    """

    model: MarginModel = param(factory=lambda: Ewma(decay=0.99), unit="model", doc="what a review compares with",
                               source="judgement: a slow volatility, so that reviews do not chase a single day")
    review_days: int = param(5, unit="business days", low=1, high=504, doc="days from one review to the next",
                             source="judgement: weekly")
    dead_band: float = param(0.10, unit="share of the rate", low=0, high=10,
                             doc="how far the target may be from the rate in force without a change",
                             source="judgement: smaller changes cost members more than they protect")
    notice_days: int = param(1, unit="business days", low=0, high=60,
                             doc="days from a review until its rate is in force",
                             source="judgement: exchanges commonly announce changes a day ahead")
    step: float = param(0.005, unit="share of notional", above=0, high=1,
                        doc="rates are rounded up to multiples of this",
                        source="judgement: half a per cent of notional")

    def rates(self, history: np.ndarray) -> np.ndarray:
        return self.sides(history).max(axis=0)

    def sides(self, history: np.ndarray) -> np.ndarray:
        reviews = max(0, len(history) - self.notice_days) // self.review_days
        model, at = repr(self), reviews
        while (found := DECIDED.get((model, self._digest(history, at)))) is None and at > 0:
            at -= 1
        rate = self._rounded(self.model.sides(history[:0])) if found is None else found
        for review in range(at if found is None else at + 1, reviews + 1):
            if review:
                target = self.model.sides(history[: review * self.review_days])
                rate = np.where(np.abs(target / rate - 1.0) > self.dead_band, self._rounded(target), rate)
            DECIDED[model, self._digest(history, review)] = rate
        while len(DECIDED) > REMEMBERED:
            DECIDED.popitem(last=False)
        return rate.copy()

    def _digest(self, history: np.ndarray, review: int) -> bytes:
        known = np.ascontiguousarray(history[: review * self.review_days])
        return hashlib.blake2b(known.tobytes() + repr(known.shape).encode(), digest_size=16).digest()

    def _rounded(self, rates: np.ndarray) -> np.ndarray:
        return np.maximum(np.ceil(rates / self.step - 1e-9), 1.0) * self.step

    def unconditional(self, history: np.ndarray, days: int) -> np.ndarray:
        return self.model.unconditional(history, days)

    def stressed(self, stress: np.ndarray, days: int) -> np.ndarray:
        return self.model.stressed(stress, days)
