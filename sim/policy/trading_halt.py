"""Trading stops: between two dates, or after a large move."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pydantic import model_validator

from sim.plugin import param
from sim.policy.base import Memory, Policy, percent


class TradingHalt(Policy, type="trading_halt"):
    """Futures are not traded between two dates, or for a while after a move within a day; margin is still called.

    Source: London Metal Exchange, nickel closed from 8 to 16 March 2022; CME rule 589 for halts by moves.
    """

    move: float | None = param(0.07, unit="log", above=0, high=10, source="CME equity index halts: 7 % comes first",
                               doc="move of the leading month since the prior settlement that stops trading; "
                                   "nothing: trading stops from `date` to `until`")
    rounds: int = param(1, unit="rounds", low=0, high=1000, source="CME rule 589: minutes; a round is about an hour",
                        doc="how long trading stops after such a move")
    days: int = param(0, unit="business days", low=0, high=252, source="judgement: set by the scenario",
                      doc="whole days for which it stops in addition, from the next one on")

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.move is None and self.until is None:
            raise ValueError("a halt without `move` needs the day `until` which nothing is traded")
        if self.move is not None and self.rounds == 0 and self.days == 0:
            raise ValueError("the halt lasts no time; give `rounds` or `days`")
        return self

    def effect(self) -> str:
        if self.move is None:
            return f"Futures are not traded{self.ending()}."
        parts = [f"{self.rounds} rounds"] if self.rounds and not self.days else ["the rest of the day"]
        parts += [f"{self.days} days more"] if self.days else []
        return (f"A move of {percent(self.move)} in the leading month within a day stops all trading for "
                f"{' and '.join(parts)}{self.ending()}.")

    def remember(self, rows: int, months: int) -> Memory:
        return {"again": np.array([-(10**6), 0])}  # day and round from which trading goes on

    def halted(self, model: Any, rules: Any, number: int, halted: np.ndarray) -> None:
        day, round_ = rules.memory[self.label]["again"].tolist()
        if self.move is None or (model.day, number) < (day, round_):
            halted[:] = True

    def after_round(self, model: Any, rules: Any, number: int) -> None:
        again = rules.memory[self.label]["again"]
        if self.move is None or (model.day, number) < tuple(again.tolist()):
            return
        slots = model.exchange.slots
        lead = int(np.argmax(model.exchange.open_interest() * (slots["listed"] == 1)))
        mark, before = int(slots["mark"][lead]), int(model.exchange.settle[lead])
        if mark < 1 or before < 1 or abs(np.log(mark / before)) <= self.move or not slots["listed"][lead]:
            return
        rules.event(model, "trading halt", -1, 0, slot=lead, round_=number)
        again[:] = (model.day + self.days + 1, 0) if self.days else (model.day, number + 1 + self.rounds)
