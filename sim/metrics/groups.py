"""Who went without compute, class of user by class of user."""

from __future__ import annotations

from typing import Any, ClassVar

from sim.metrics.base import Figure, Metric

CLASSES = ("training", "large", "small", "research")


class Groups(Metric, type="groups"):
    """How much of each class's demand found no compute at the posted price."""

    figures: ClassVar[dict[str, Figure]] = {
        "refused": Figure("Demand that found no compute at the posted price", "% of theirs", "low",
                          "each day's share weighted with what the class asked for on that day"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From what each class asked for and was refused, day by day."""
        daily, out = run.daily, {}
        for name in CLASSES:
            share, asked = f"rationed_{name}", f"demand_{name}"
            if {share, asked} <= set(daily) and float(daily[asked].sum()) > 0:
                out[f"refused_{name}"] = 100.0 * float((daily[share] * daily[asked]).sum() / daily[asked].sum())
        return out
