"""Scenarios side by side on common random numbers: each history of one against the same history of the other."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim import provenance
from sim.errors import bad_input
from sim.experiments.executors import Runner, Task, runner
from sim.experiments.paired import Difference, paired
from sim.experiments.progress import Progress, stop_on_interrupt
from sim.folder import ResultsFolder, write_text
from sim.one_run import Outcome
from sim.scenario import Scenario

FEWEST = 8  # histories before stopping early is considered; judgement: an sd from fewer is itself mostly noise
BATCH = 4  # histories between two looks at whether the precision is reached
COLUMNS = ("figure", "label", "unit", "better", "scenario", "against", "mean", "mean_against", "difference", "low",
           "high", "bootstrap_low", "bootstrap_high", "histories", "histories_higher", "histories_lower",
           "histories_better", "effect", "histories_to_tell", "histories_needed")


@dataclass
class Comparison:
    """What a comparison found.

    names   : of the scenarios; the first is compared with each of the others
    titles  : what they are called in text
    seeds   : a history each
    figures : scenario -> seed -> figure -> value, for finished runs
    about   : figure -> label, unit, better, doc
    failed  : scenario, seed and error of runs that failed
    headlines : figures that were asked for
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    days: int
    precision: float
    seeds: list[int] = field(default_factory=list)
    figures: dict[str, dict[int, dict[str, float]]] = field(default_factory=dict)
    about: dict[str, dict[str, str]] = field(default_factory=dict)
    failed: list[tuple[str, int, str]] = field(default_factory=list)
    stopped: bool = False
    folder: Path | None = None
    headlines: tuple[str, ...] = ()

    def values(self, name: str, figure: str) -> list[float]:
        """One figure of one scenario, a history each; nan where it is unknown."""
        found = self.figures.get(name, {})
        return [found.get(seed, {}).get(figure, math.nan) for seed in self.seeds]

    def difference(self, figure: str, name: str | None = None, against: str | None = None) -> Difference:
        """One figure of the first scenario less that of the second, or of the two that are named."""
        first, second = name or self.names[0], against or self.names[1]
        return paired(self.values(first, figure), self.values(second, figure))

    def rows(self) -> list[dict[str, Any]]:
        """A row for each figure and each scenario that the first is compared with, as ``COLUMNS`` names them."""
        out = []
        for against in self.names[1:]:
            for figure, about in self.about.items():
                d = self.difference(figure, self.names[0], against)
                better = {"high": d.higher, "low": d.lower}.get(about["better"])
                values = (figure, about["label"], about["unit"], about["better"], self.names[0], against, d.first,
                          d.second, d.mean, d.low, d.high, d.boot_low, d.boot_high, d.pairs, d.higher, d.lower,
                          better, d.effect, d.needed_to_tell(), d.needed(self.precision))
                out.append(dict(zip(COLUMNS, values, strict=True)))
        return out

    def table(self) -> Any:
        """The rows as a data frame, by figure."""
        import pandas as pd

        frame = pd.DataFrame(self.rows(), columns=list(COLUMNS)).set_index("figure")
        frame["histories_better"] = frame["histories_better"].astype("Int64")
        return frame

    def as_csv(self) -> str:
        """The rows in full precision, as comma-separated values."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        text = lambda v: "" if v is None or (isinstance(v, float) and not math.isfinite(v)) else v
        writer.writerows([[text(value) for value in row.values()] for row in self.rows()])
        return out.getvalue()

    def runs_csv(self) -> str:
        """Every figure of every run."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["scenario", "seed", *self.about])
        for name, runs in self.figures.items():
            for seed in sorted(runs):
                values = [runs[seed].get(figure, math.nan) for figure in self.about]
                writer.writerow([name, seed, *(repr(v) if math.isfinite(v) else "" for v in values)])
        return out.getvalue()

    def precise(self, figures: Sequence[str]) -> bool:
        """Whether each of these figures is as precise as was asked; one at a level of zero counts as precise."""
        for against in self.names[1:]:
            for figure in figures:
                d = self.difference(figure, self.names[0], against)
                if d.needed(self.precision) > d.pairs:
                    return False
        return True


def compare(scenarios: Mapping[str, Scenario | str | Path] | Sequence[Scenario | str | Path], runs: int = 30,
            jobs: int = 1, *, precision: float | None = None, figures: Sequence[str] = (),
            out: Path | str | None = None, executor: str | None = None, progress: bool = False,
            command_line: str | None = None) -> Comparison:
    """Run scenarios with the same seeds and compare the first with each of the others.

    Parameters
    ----------
    scenarios : by name, or a list; objects, paths or shipped names
    runs      : histories of each; seeds count up from the first scenario's own
    jobs      : processes; ``executor`` chooses "serial", "threads" or "processes" instead
    precision : stop as soon as the interval of each of ``figures`` reaches at most this share of its level to
        either side (looked at every 4 histories from the 8th on); all ``runs`` are done if left out
    out       : a folder for comparison.html, its tables, the scenarios and a manifest; nothing is written if left out

    Runs that fail are left out and listed in ``failed``; Ctrl-C leaves the histories that were finished.
    Raises BadInput before anything is run: a bad scenario, fewer than two, fewer than two histories.
    """
    chosen = _scenarios(scenarios)
    if runs < 2:
        raise bad_input("runs", "a comparison needs at least two histories, as an interval does")
    if precision is not None and not 0 < precision < 10:
        raise bad_input("precision", "a share above 0 and below 10 is expected, such as 0.05")
    first = next(iter(chosen.values()))
    titles = tuple(_titles(chosen))
    found = Comparison(tuple(chosen), titles, first.days, precision or 0.05, figures={name: {} for name in chosen},
                       headlines=tuple(figures))
    folder = None if out is None else ResultsFolder(Path(out))
    try:
        if folder:
            folder.write_manifest(_manifest(chosen, found, "unfinished", command_line))
        shown = Progress(runs * len(chosen), shown=progress)
        with runner(executor, jobs, list(chosen.values())) as workers, stop_on_interrupt() as stop:
            seeds = [first.seed + number for number in range(runs)]
            for batch in _batches(seeds, precision is not None):
                _do(workers, chosen, found, batch, shown, stop)
                if stop() or (precision is not None and found.precise(figures or list(found.about))):
                    break
            found.stopped = stop()
        shown.end()
        if folder:
            status = "unfinished" if found.stopped else "some runs failed" if found.failed else "finished"
            found.folder = _put_away(folder, chosen, found, _manifest(chosen, found, status, command_line))
    finally:
        if folder:
            folder.release()
    return found


def _scenarios(given: Mapping[str, Scenario | str | Path] | Sequence[Scenario | str | Path]) -> dict[str, Scenario]:
    """Scenarios by name. Raises BadInput for fewer than two, and for two of one name."""
    if isinstance(given, Mapping):
        items = [(str(name), value) for name, value in given.items()]
    else:
        items = [("", value) for value in given]
    found: dict[str, Scenario] = {}
    for name, value in items:
        scenario = value if isinstance(value, Scenario) else Scenario.load(value)
        name = name or scenario.name
        if name in found:
            raise bad_input(name, "two scenarios have this name; give them names: {'a': ..., 'b': ...}")
        found[name] = scenario
    if len(found) < 2:
        raise bad_input("compare", "at least two scenarios are needed")
    return found


def _titles(chosen: Mapping[str, Scenario]) -> list[str]:
    """What scenarios are called in text: their titles where these differ, else their names."""
    titles = [scenario.title or name for name, scenario in chosen.items()]
    return titles if len(set(titles)) == len(titles) else list(chosen)


def _batches(seeds: list[int], stepwise: bool) -> list[list[int]]:
    if not stepwise:
        return [seeds]
    later = [seeds[start:start + BATCH] for start in range(FEWEST, len(seeds), BATCH)]
    return [seeds[:FEWEST], *later]


def _do(workers: Runner, chosen: Mapping[str, Scenario], found: Comparison, seeds: list[int], shown: Progress,
        stop: Callable[[], bool]) -> None:
    """Run every scenario with these seeds and put down what came out."""
    names, base = list(chosen), len(found.seeds) * len(chosen)
    tasks = [Task(scenario, base + number * len(names) + at + 1, seed) for number, seed in enumerate(seeds)
             for at, scenario in enumerate(chosen.values())]
    done: list[Outcome] = []
    for outcome in workers.outcomes(tasks, stop):
        done.append(outcome)
        shown.tell(outcome.status == "failed")
    for outcome in sorted(done, key=lambda each: each.run):  # the same order whoever was first
        name = names[(outcome.run - 1) % len(names)]
        if outcome.status == "finished":
            found.figures[name][outcome.seed] = outcome.figures
            found.about |= {key: what for key, what in outcome.about.items() if key not in found.about}
        elif outcome.status == "failed":
            found.failed.append((name, outcome.seed, outcome.error))
    whole = [seed for seed in seeds if all(seed in found.figures[name] for name in names)]
    found.seeds += whole


def _manifest(chosen: Mapping[str, Scenario], found: Comparison, status: str,
              command_line: str | None) -> dict[str, Any]:
    runs = [{"run": number, "scenario": name, "seed": seed, "status": "finished"}
            for number, (name, seed) in enumerate(((n, s) for n in found.figures for s in sorted(found.figures[n])), 1)]
    failed = [{"scenario": name, "seed": seed, "status": "failed", "error": error}
              for name, seed, error in found.failed]
    return {"format": 1, "kind": "comparison", "status": status, "seeds": found.seeds,
            "scenarios": {name: {"title": title, "hash": scenario.hash8()}
                          for (name, scenario), title in zip(chosen.items(), found.titles, strict=True)},
            "command_line": command_line or provenance.command_line(), "environment": provenance.environment(),
            "runs": runs + failed}


def _put_away(folder: ResultsFolder, chosen: Mapping[str, Scenario], found: Comparison,
              manifest: dict[str, Any]) -> Path:
    for number, scenario in enumerate(chosen.values(), 1):
        write_text(folder.path / f"scenario-{number}.resolved.yaml", scenario.resolved_yaml())
    write_text(folder.path / "comparison.csv", found.as_csv())
    write_text(folder.path / "runs.csv", found.runs_csv())
    from sim.experiments.compare_page import page  # its template engine and palette, where something is written

    write_text(folder.path / "comparison.html", page(found, manifest))
    folder.write_manifest(manifest)
    return folder.finish(replace=manifest["status"] == "finished")
