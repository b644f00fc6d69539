"""What a stress test found, read from its folder."""

from __future__ import annotations

import csv
import io
import json
import math
from functools import cached_property
from pathlib import Path
from typing import Any

from sim import tables
from sim.errors import bad_input, shown
from sim.experiments.paired import Difference, paired
from sim.experiments.store import LedgerReader, read_parts
from sim.experiments.stress_worlds import ABOUT, FROZEN
from sim.summary import interval

COLUMNS = ("mode", "shock", "rule", "figure", "label", "unit", "histories", "mean", "low", "high", "against",
           "difference", "difference_low", "difference_high", "histories_higher", "histories_lower")


class StressResults(LedgerReader):
    """The folder of a stress test; it may be read while the test goes on.

    Attributes
    ----------
    rules, shocks : names, in the order given; the first rule is what the others are compared with
    """

    def __init__(self, folder: Path | str) -> None:
        super().__init__(folder, "stress test")
        self._about = {name: json.loads(value) for name, value in self._rows("SELECT key, value FROM about")}
        if self._about.get("kind") != "stress":
            raise bad_input(shown(self.folder), "this is not the folder of a stress test")
        self.rules: list[str] = self._about["rules"]
        self.shocks: list[str] = self._about["shocks"]

    def about(self, key: str) -> Any:
        """Something noted of the test: "title", "eve_date", "days", "coverage", "factors" and so on."""
        return self._about.get(key)

    @property
    def failed(self) -> list[tuple[int, str]]:
        """Seed and error of pieces that failed."""
        return self._rows("SELECT seed, error FROM runs WHERE status = 'failed' ORDER BY run")

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be done."""
        done, total = self.progress
        return done + len(self.failed) == total

    def table(self, name: str) -> Any:
        """"cells" (a row for each history, world, rule and shock), "paths" (days of them), "ratios" (before)."""
        import pandas as pd

        found = read_parts(self.folder, name, [row[0] for row in self._rows("SELECT DISTINCT part FROM runs "
                                                                            "WHERE status = 'done'")])
        if found is None:
            return pd.DataFrame(columns=["run", "seed", "point", "rule"])
        return tables.to_pandas(found).sort_values(["point", "run"], kind="stable", ignore_index=True)

    @cached_property
    def cells(self) -> Any:
        """Every figure of every history, with the names of world, rule and shock."""
        frame = self.table("cells")
        if len(frame):
            frame["mode"] = ["frozen" if point == FROZEN else "adapted" for point in frame["point"]]
            frame["rule"] = [self.rules[number] for number in frame["rule"]]
            frame["shock"] = [self.shocks[number] for number in frame["shock"]]
        return frame

    @property
    def modes(self) -> list[str]:
        """The worlds that were looked at."""
        return [name for name in ("frozen", "adapted") if self._about["mode"] in (name, "both")]

    @property
    def figures(self) -> list[str]:
        """The figures there are, the layers of the waterfall last."""
        there = list(self.cells.columns)
        return [name for name in ABOUT if name in there] + [name for name in there if name.startswith("layer ")]

    def values(self, figure: str, mode: str, rule: str, shock: str) -> dict[int, float]:
        """One figure by seed."""
        frame = self.cells
        rows = frame[(frame["mode"] == mode) & (frame["rule"] == rule) & (frame["shock"] == shock)]
        return dict(zip(rows["seed"].tolist(), rows[figure].tolist(), strict=True))

    def mean(self, figure: str, mode: str, rule: str, shock: str) -> dict[str, float]:
        """The mean of the histories, its 90 % interval and quantiles, as ``sim.summary.interval`` gives them."""
        return interval(list(self.values(figure, mode, rule, shock).values()))

    def difference(self, figure: str, mode: str, rule: str, shock: str, against: str = "") -> Difference:
        """A rule against the first one, or another, history by history."""
        one, other = (self.values(figure, mode, name, shock) for name in (rule, against or self.rules[0]))
        seeds = sorted(one.keys() & other.keys())
        return paired([one[seed] for seed in seeds], [other[seed] for seed in seeds])

    def reached(self) -> dict[str, float]:
        """By rule, the share of daily moves before the shocks that its scaled rate covered."""
        frame = self.table("ratios")
        factors = self._about.get("factors") or [1.0] * len(self.rules)
        return {rule: float((frame["ratio"][frame["rule"] == number] <= factors[number]).mean())
                for number, rule in enumerate(self.rules)} if len(frame) else {}

    def label(self, figure: str) -> tuple[str, str]:
        """What a figure is called, and its unit."""
        return ABOUT.get(figure, (f"Paid by {figure.removeprefix('layer ')} after defaults", "$ million"))

    def rows(self, against: str = "") -> list[dict[str, Any]]:
        """A row for each world, shock, rule and figure, as ``COLUMNS`` names them; differences as ``difference``."""
        out = []
        for mode in self.modes:
            for shock in self.shocks:
                for rule in self.rules:
                    for figure in self.figures:
                        values = list(self.values(figure, mode, rule, shock).values())
                        mean = self.mean(figure, mode, rule, shock)
                        d = self.difference(figure, mode, rule, shock, against)
                        label, unit = self.label(figure)
                        out.append(dict(zip(COLUMNS, (
                            mode, shock, rule, figure, label, unit, len(values), mean["mean"], mean["low"],
                            mean["high"], against or self.rules[0], d.mean, d.low, d.high, d.higher, d.lower),
                            strict=True)))
        return out

    def csv(self, against: str = "") -> str:
        """The rows in full precision."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        text = lambda v: "" if isinstance(v, float) and not math.isfinite(v) else v
        writer.writerows([[text(value) for value in row.values()] for row in self.rows(against)])
        return out.getvalue()


