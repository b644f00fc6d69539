"""What a contract must provide."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from sim.plugin import Plugin, param


class Contract(Plugin, family="contract"):
    """A future with one expiry a month, cash-settled to the average of an index."""

    underlying: ClassVar[str] = "gpu_hour"  # what the index prices, which decides whom a contract fits
    unit: ClassVar[str] = "GPU-hours"
    per: ClassVar[str] = "per GPU-hour"

    index: str = param("assessed", unit="name", doc="the index that the contract settles to",
                       source="NYMEX submission 26-370 (2026-08-11): the Silicon Data index, an assessed one")
    opens: dt.date | None = param(None, unit="date", source="judgement: set by the scenario",
                                  doc="the day on which it is first listed; with the market if left out")
    months: int = param(12, unit="contract months", low=1, high=36, doc="consecutive months listed",
                        source="judgement: a third of the 36 months filed, since far months hardly trade")
    size: int = param(730, unit="GPU-hours", low=1, doc="GPU-hours of one contract",
                      source="NYMEX submission 26-370 (2026-08-11)")
    tick: float = param(0.01, unit="$ per GPU-hour", above=0, doc="smallest price step",
                        source="NYMEX submission 26-370 (2026-08-11)")
    exchange_fee: int = param(365, unit="cents a contract and side", low=0, doc="exchange and clearing fee on a trade",
                              source="NYMEX submission 26-370 (2026-08-11): member fee $3.65 (non-members $5.50)")
    settlement_fee: int = param(90, unit="cents a contract", low=0, doc="fee on cash settlement at expiry",
                                source="NYMEX submission 26-370 (2026-08-11): member fee $0.90 (non-members $1.35)")

    def per_gpu_hour(self, economy: Any) -> float:
        """Units of the underlying that an hour of the reference chip is, or makes, as far as is known today."""
        return 1.0

    @property
    def tick_cents(self) -> int:
        """Cents that one tick is worth for one contract. Raises ValueError if it is no whole number of cents."""
        value = self.size * self.tick * 100
        if abs(value - round(value)) > 1e-9 or round(value) < 1:
            raise ValueError(f"a tick of ${self.tick} on {self.size} {self.unit} is {value} cents, not a whole number")
        return round(value)
