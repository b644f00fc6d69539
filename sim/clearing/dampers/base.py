"""What a rule against procyclicality must provide, and what it may know."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.clearing.margin.base import MarginModel
from sim.plugin import Plugin


class Past(NamedTuple):
    """What is known when a day's rates are made.

    base    : float64[days, contracts]  rates before this rule, today's last
    final   : float64[days - 1, contracts]  what this rule made of the earlier ones
    history : float64[prices, contracts]  settlement prices in dollars, as the model sees them
    model   : the margin model, or None where there is only a path of rates
    pick    : from float64[2, contracts] rates for long and short to the float64[contracts] that are meant
    """

    base: np.ndarray
    final: np.ndarray
    history: np.ndarray
    model: MarginModel | None
    pick: Callable[[np.ndarray], np.ndarray]


class Damper(Plugin, family="procyclicality"):
    """What becomes of the rates that a margin model asks for, so that they rise less in a stress."""

    @abstractmethod
    def adjust(self, past: Past) -> np.ndarray:
        """float64[contracts]: today's rates; a function of the past alone."""

    def chain(self) -> tuple[Damper, ...]:
        """The rules that this one consists of, in the order in which they act."""
        return (self,)

    def check(self, model: MarginModel) -> None:
        """Raise ValueError where this rule cannot act on a margin model."""


class Undamped(Damper, type="none"):
    """Rates as the margin model asks for them."""

    def adjust(self, past: Past) -> np.ndarray:
        return past.base[-1]

    def chain(self) -> tuple[Damper, ...]:
        return ()
