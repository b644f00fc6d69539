"""What shocks set in credit: forgotten when the day is over; multipliers multiply, additions add."""

from __future__ import annotations

NEUTRAL = {
    "rollover": 1.0,  # share of usual refinancing that lenders offer
    "draws": 1.0,  # the same of draws on granted loans
    "tenant_lost": 0.0,  # part of the anchor tenant's contracts that is lost
    "haircut_add": 0.0,  # added to haircuts on tranches
    "asked_add": 0.0,  # share of their value a quarter that is asked back from private-credit funds, besides the usual
    "mark_add": 0.0,  # log added to what lenders think compute will cost
    "resale_add": 0.0,  # log added to what GPUs are thought to be worth
}


class CreditDials:
    """The day's settings by name."""

    def __init__(self) -> None:
        self.day, self.values = -(10**9), dict(NEUTRAL)

    def contribute(self, day: int, name: str, value: float) -> None:
        """What one shock does on one day. Raises KeyError for an unknown dial."""
        self.begin(day)
        if NEUTRAL[name] == 1.0:
            self.values[name] *= value
        else:
            self.values[name] += value

    def begin(self, day: int) -> None:
        """What was set on another day is over."""
        if day != self.day:
            self.day, self.values = day, dict(NEUTRAL)

    def __getitem__(self, name: str) -> float:
        return self.values[name]
