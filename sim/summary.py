"""The figures that sum up runs: one row a run, and over the runs their mean with an interval."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sim.metrics.base import Metric, leading
from sim.plugin import FAMILIES, load_all

CONFIDENCE = 0.9
AGGREGATES = ("mean", "low", "high", "q10", "q90")
MEANING = {"mean": "mean over the runs", "low": "lower end of the 90 % interval of the mean",
           "high": "upper end of the 90 % interval of the mean", "q10": "10 % quantile over the runs",
           "q90": "90 % quantile over the runs"}


@dataclass
class Frames:
    """The tables of one run, as data frames: what a metric is computed from."""

    daily: Any
    contracts: Any
    events: Any
    causes: Any
    agents: Any
    generations: Any = None
    deliveries: Any = None
    sectors: Mapping[str, str] = field(default_factory=dict)  # label of a block -> sector, as the scenario has them
    notes: dict[str, str] = field(default_factory=dict)  # metric -> why it could not be computed


def metrics_of(scenario: Any) -> list[Metric]:
    """The metrics that a scenario names, or else every one there is."""
    load_all("sim.metrics")
    named = getattr(scenario, "metrics", ())
    return list(named) or [cls() for _, cls in sorted(FAMILIES["metric"].types.items())]


def figures_of(metrics: Iterable[Metric], run: Frames) -> tuple[dict[str, float], dict[str, dict[str, str]]]:
    """All figures of one run by name, and what each of them is."""
    values: dict[str, float] = {}
    about: dict[str, dict[str, str]] = {}
    lead = replace(run, contracts=leading(run.contracts))
    for metric in metrics:
        for name, value in metric.compute(run if metric.every_family else lead).items():
            values[name], about[name] = float(value), {"metric": metric.type_name, **metric.figure(name)._asdict()}
    return values, about


def student(freedom: int) -> float:
    """The 95 % quantile of Student's t distribution, to 0.001; its normal limit for many degrees of freedom.

    Source: exact for 1 and 2; Abramowitz & Stegun 1964, 26.7.5, from 3 on.
    """
    if freedom <= 2:
        return (math.inf, 6.3138, 2.9200)[max(freedom, 0)]
    z, n = 1.6448536, float(freedom)
    terms = ((z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
             (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160)
    return z + sum(term / n ** (power + 1) for power, term in enumerate(terms))


def interval(values: Sequence[float]) -> dict[str, float]:
    """Mean, its 90 % interval and the 10 % and 90 % quantiles of what is known; nan where that says nothing."""
    known = np.array([v for v in values if math.isfinite(v)])
    if not len(known):
        return dict.fromkeys(AGGREGATES, math.nan)
    mean = float(np.mean(known))
    if len(known) == 1:
        return {**dict.fromkeys(AGGREGATES, math.nan), "mean": mean}
    half = student(len(known) - 1) * float(np.std(known, ddof=1)) / math.sqrt(len(known))
    low, high = (float(q) for q in np.quantile(known, [0.1, 0.9]))
    return {"mean": mean, "low": mean - half, "high": mean + half, "q10": low, "q90": high}


def least_share(share: float, count: int, z: float = 1.6449) -> float:
    """Lower end of the 90 % interval of a share seen in some histories.

    Source: Wilson 1927 (Journal of the American Statistical Association 22:209).
    """
    middle, half = share + z * z / (2 * count), z * math.sqrt(share * (1 - share) / count + z * z / (4 * count**2))
    return (middle - half) / (1 + z * z / count)


@dataclass
class Summary:
    """Figures of all finished runs.

    runs  : run number, seed and figures by name, a run each
    about : figure -> label, unit, better, doc, metric
    """

    runs: list[tuple[int, int, dict[str, float]]]
    about: dict[str, dict[str, str]]

    @property
    def names(self) -> list[str]:
        """Every figure that any run has, in order."""
        return list(self.about)

    def aggregate(self) -> dict[str, dict[str, float]]:
        """Figure -> mean, interval and quantiles over the runs."""
        return {name: interval([figures.get(name, math.nan) for _, _, figures in self.runs]) for name in self.names}

    def as_json(self) -> str:
        """Everything, with nan written as null."""
        clean = lambda values: {k: v if math.isfinite(v) else None for k, v in values.items()}
        whole = {"figures": self.about, "meaning": MEANING,
                 "runs": [{"run": run, "seed": seed, **clean(figures)} for run, seed, figures in self.runs],
                 "aggregate": {name: clean(values) for name, values in self.aggregate().items()}}
        return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"

    def as_csv(self) -> str:
        """A row a run and a row for each aggregate; the head gives each figure's unit in brackets."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["run", "seed", *(f"{name} [{self.about[name]['unit']}]" for name in self.names)])
        text = lambda v: repr(v) if math.isfinite(v) else ""
        for run, seed, figures in self.runs:
            writer.writerow([run, seed, *(text(figures.get(name, math.nan)) for name in self.names)])
        totals = self.aggregate()
        for kind in AGGREGATES:
            writer.writerow([kind, "", *(text(totals[name][kind]) for name in self.names)])
        return out.getvalue()

    @classmethod
    def from_json(cls, text: str) -> Summary:
        """What ``as_json`` wrote."""
        whole: Mapping[str, Any] = json.loads(text)
        value = lambda row, name: math.nan if row.get(name) is None else float(row[name])
        figures = lambda row: {name: value(row, name) for name in whole["figures"] if name in row}
        return cls([(int(row["run"]), int(row["seed"]), figures(row)) for row in whole["runs"]], dict(whole["figures"]))
