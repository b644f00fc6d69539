"""What is traded beside the exchange: bilateral swaps and a perpetual venue. Without them each call returns at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.market.perpetual import Perpetual
from sim.market.swaps import Swaps


class Venues:
    """The side venues of one model, called at fixed points of its day."""

    def __init__(self, model: Any) -> None:
        config = model.config
        self.swaps = Swaps(config.swaps, model) if config.swaps is not None else None
        self.perpetual = Perpetual(config.perpetual, model) if config.perpetual is not None else None
        self.any = config.swaps is not None or config.perpetual is not None

    def begin(self, model: Any) -> None:
        """A new trading day."""
        if self.perpetual is not None:
            self.perpetual.begin(model)

    def hedges(self, model: Any, wish: np.ndarray) -> np.ndarray:
        """int64[n, contracts]: wishes, with what arbitrageurs need against positions on the perpetual venue."""
        return wish if self.perpetual is None else self.perpetual.hedges(model, wish)

    def quotes(self, kind: Any, block: Any, view: Any) -> Any:
        """A block's quotes; dealers in swaps lean against what they hold in futures and swaps together."""
        if self.swaps is None or self.swaps.config.dealers != kind.label:
            return kind.intents(block, view)
        held = self.swaps.held[block.rows]
        block.position += held
        try:
            return kind.intents(block, view)
        finally:
            block.position -= held

    def trade(self, model: Any, number: int) -> None:
        """After a round on the exchange: dealers hedge there, and the perpetual venue has its round."""
        if self.swaps is not None:
            self.swaps.hedge(model)
        if self.perpetual is not None:
            self.perpetual.trade(model, number)

    def evening(self, model: Any) -> None:
        """After the day's settlement: swaps are written, paid and secured."""
        if self.swaps is not None:
            self.swaps.evening(model)

    def close(self, model: Any) -> None:
        """The market has ended: nothing is listed, swaps are paid, the perpetual venue stands still."""
        model.exchange.close()
        model.house.rest()
        if model.day == model.calendar.last_day(month := model.calendar.month(model.day)):
            model.deliveries.rest(model.day, month, model.exchange.slots["month"])
        if self.swaps is not None:
            self.swaps.close(model)
        if self.perpetual is not None:
            self.perpetual.today = dict.fromkeys(self.perpetual.today, 0)

    def with_worth(self, equity: np.ndarray) -> np.ndarray:
        """int64[n] cents: equity with what participants own on the side venues."""
        if self.swaps is not None:
            equity = equity + self.swaps.worth
        if self.perpetual is not None:
            equity = equity + self.perpetual.worth
        return equity

    def reported(self, swaps: bool, others: bool) -> np.ndarray | None:
        """int64[n, contracts] positions elsewhere that the house is told of; None if none."""
        parts = [self.swaps.held] if swaps and self.swaps is not None else []
        parts += [self.perpetual.in_lots()] if others and self.perpetual is not None else []
        return sum(parts[1:], parts[0]) if parts else None

    def check(self) -> None:
        """Raise BooksDoNotBalance unless every claim has its counterpart."""
        if self.swaps is not None:
            self.swaps.check()
        if self.perpetual is not None:
            self.perpetual.check()

    def totals(self) -> dict[str, float]:
        """Columns of the daily table."""
        parts = [part.totals() for part in (self.swaps, self.perpetual) if part is not None]
        return {name: value for part in parts for name, value in part.items()}

    def snapshot(self) -> dict[str, Any]:
        """A copy of all state."""
        parts = {"swaps": self.swaps, "perpetual": self.perpetual}
        return {name: part.snapshot() for name, part in parts.items() if part is not None}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        for name, part in state.items():
            getattr(self, name).restore(part)
