"""The baseline's figures, made once and kept with the program: what a report measures its own against.

``python -m sim.experiments.yardstick`` makes the file anew; a test says when that is due.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.report import words

FILE = Path(__file__).parents[1] / "data" / "baseline_figures.json"


class Yardstick:
    """Figures of the baseline: mean, interval and quantiles by name; empty where they do not serve."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.figures: dict[str, dict[str, float]] = found.get("figures", {})
        self.hash, self.histories = str(found.get("hash", "")), int(found.get("histories", 0))
        self.days = int(found.get("days", 0))

    def __bool__(self) -> bool:
        return bool(self.figures)

    def mean(self, name: str) -> float:
        """Mean of a figure over the baseline's histories; nan where it is not known."""
        return self.figures.get(name, {}).get("mean", float("nan"))

    def told(self, name: str, digits: int = 2) -> str:
        """The mean with its interval in brackets: "39 (33 to 45)"; empty where it is not known."""
        each = self.figures.get(name)
        if each is None:
            return ""
        low = max(each["low"], 0.0) if each["q10"] >= 0 else each["low"]
        if 0 < each["high"] < 0.01:  # a share of a hundredth of an event is none
            return "under 0.01"
        same = words.number(low, digits) == words.number(each["high"], digits)
        span = "" if same else f" ({words.number(low, digits)} to {words.number(each['high'], digits)})"
        return words.number(each["mean"], digits) + span

    @property
    def source(self) -> str:
        """Which histories these are."""
        return (f"{self.histories} histories of the shipped baseline, {words.span(self.days)} each, hash {self.hash}, "
                "kept with the program")


@lru_cache(maxsize=4)
def read(file: Path = FILE) -> Yardstick:
    """The kept figures; an empty yardstick where there are none."""
    return Yardstick(json.loads(file.read_text(encoding="utf-8")) if file.exists() else {})


def for_scenario(manifest: Any) -> Yardstick:
    """The yardstick for results; empty for the baseline itself and for prices that were replayed."""
    found = read()
    return Yardstick({}) if manifest["scenario_hash"] == found.hash or "series" in manifest else found
