"""Who brought losses about: cents of loss by the event that caused them, as parents of the event that follows."""

from __future__ import annotations

NEWS = -1
MOST = 12  # causes that an event names; the smaller ones are left to news


class Blame:
    """Cents by causing event, fading week by week."""

    def __init__(self) -> None:
        self.cents: dict[int, float] = {}

    def add(self, event: int, amount: float) -> None:
        """Say that an event (``NEWS``: nothing inside) has cost so many cents."""
        if amount > 0:
            self.cents[event] = self.cents.get(event, 0.0) + amount

    def total(self) -> float:
        """Cents of all causes together."""
        return sum(self.cents.values())

    def fade(self, keep: float) -> None:
        """Forget a part of everything."""
        self.cents = {event: keep * cents for event, cents in self.cents.items() if keep * cents > 1.0}

    def causes(self) -> list[tuple[int, float]]:
        """Weighted causes that sum to one; news alone where nothing is known."""
        total = self.total()
        if total <= 0:
            return [(NEWS, 1.0)]
        named = sorted(((event, cents) for event, cents in self.cents.items() if event != NEWS),
                       key=lambda pair: (-pair[1], pair[0]))[:MOST]
        out = [(event, cents / total) for event, cents in sorted(named)]
        rest = 1.0 - sum(weight for _, weight in out)
        return [*out, (NEWS, rest)] if rest > 1e-9 else out
