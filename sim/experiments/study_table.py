"""What a study found, in figures: means of every point with intervals, and paired differences from one of them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sim.errors import bad_input, near_miss, quoted
from sim.experiments.paired import Difference, paired
from sim.summary import interval, least_share

if TYPE_CHECKING:
    from sim.experiments.sweep import StudyResults

HEADLINES = ("volatility_spot", "hedge_effectiveness", "open_interest", "margin_calls", "forced_events", "defaults",
             "rationed")
CHANCE = 10  # one in so many 90 % intervals leaves out zero where there is no difference
COLUMNS = ("figure", "unit", "histories", "mean", "low", "high", "q10", "q90", "difference", "difference_low",
           "difference_high", "histories_higher", "histories_lower", "differs_clearly")


@dataclass
class StudyTable:
    """The points of a study side by side.

    study   : the study's folder, finished or not
    figures : those shown, by name
    against : the point that others are compared with, on the same luck
    held    : values at which points are compared; a parameter that is not among them keeps each point's own
    shares  : name of a share of histories -> the figure that it is of, and what that must exceed
    """

    study: StudyResults
    figures: tuple[str, ...]
    against: int
    about: dict[str, Any] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)
    shares: dict[str, tuple[str, float]] = field(default_factory=dict)

    @cached_property
    def frame(self) -> Any:
        """A row a run."""
        frame = self.study.runs
        exceed = {name: (100.0 * (frame[figure] > least)).where(frame[figure].notna())
                  for name, (figure, least) in self.shares.items()}
        return frame.assign(**exceed)

    @property
    def parameters(self) -> list[str]:
        """What is varied."""
        return list(self.study.about("parameters"))

    @property
    def design(self) -> str:
        """How points were chosen."""
        return str(self.study.about("design") or "grid")

    @cached_property
    def points(self) -> list[int]:
        """Points with at least one run that is done."""
        return sorted(set(self.frame["point"].tolist()))

    def choices(self, parameter: str) -> list[Any]:
        """The values that a parameter takes: numbers from low to high, words in the study's order."""
        values = list(dict.fromkeys(self.study.points[point][parameter] for point in self.points))
        return sorted(values) if all(isinstance(value, int | float) for value in values) else values

    def name(self, point: int) -> str:
        """A point by its parameters' values."""
        return ", ".join(text(value) if len(self.parameters) == 1 or (isinstance(value, str) and not plain(value))
                         else f"{name} {text(value)}" for name, value in self.study.points[point].items())

    def values(self, figure: str, point: int) -> dict[int, float]:
        """One figure by seed."""
        rows = self.frame[self.frame["point"] == point]
        return dict(zip(rows["seed"].tolist(), rows[figure].tolist(), strict=True))

    def mean(self, figure: str, point: int) -> dict[str, float]:
        """Mean, its 90 % interval (Wilson's for a share of histories) and quantiles."""
        known = [value for value in self.values(figure, point).values() if math.isfinite(value)]
        found, whole = interval(known), 100.0 if figure in self.shares else 1.0
        if not known or not (figure in self.shares or (self.about[figure].get("unit") == "share"
                                                       and set(known) <= {0.0, 1.0})):
            return found
        share = found["mean"] / whole
        return found | {"low": whole * least_share(share, len(known)),
                        "high": whole - whole * least_share(1 - share, len(known))}

    def reference(self, point: int) -> int:
        """The point that this one is compared with."""
        if not self.held:
            return self.against
        wanted = {name: text(value) for name, value in (self.study.points[point] | self.held).items()}
        return next((number for number, other in enumerate(self.study.points)
                     if {name: text(value) for name, value in other.items()} == wanted), self.against)

    @property
    def compared_with(self) -> str:
        """What points are compared with, in words."""
        if len(self.held) in (0, len(self.parameters)):
            return self.name(self.against)
        return ", ".join(text(value) for value in self.held.values()) + " and all else the same"

    def difference(self, figure: str, point: int) -> Difference:
        """A point less the one compared with, history by history."""
        return self._paired(self.values(figure, point), self.values(figure, self.reference(point)))

    @staticmethod
    def _paired(one: Mapping[int, float], other: Mapping[int, float]) -> Difference:
        seeds = sorted(one.keys() & other.keys())
        return paired([one[seed] for seed in seeds], [other[seed] for seed in seeds])

    @property
    def crossed(self) -> bool:
        """Whether each value meets each of more than two others, so that means over the others say what one does."""
        return self.design == "grid" and len(self.parameters) > 2

    def alone(self, figure: str, parameter: str, value: Any) -> tuple[dict[str, float], Difference]:
        """One value of a parameter, each history averaged over all values of the others.

        Returns its mean with interval, and its difference from the value of the point compared with.
        """
        one = self._averaged(figure, parameter, value)
        other = self._averaged(figure, parameter, self.study.points[self.against][parameter])
        found = interval(list(one.values()))
        if figure in self.shares:
            found |= {"low": max(found["low"], 0.0), "high": min(found["high"], 100.0)}
        return found, self._paired(one, other)

    def _averaged(self, figure: str, parameter: str, value: Any) -> dict[int, float]:
        points = [point for point in self.points if self.study.points[point][parameter] == value]
        rows = self.frame[self.frame["point"].isin(points)].groupby("seed")[figure]
        whole = rows.mean()[rows.count() == len(points)]  # a history that lacks a point would favour the others
        return {int(seed): float(mean) for seed, mean in whole.items()}

    @property
    def histories(self) -> tuple[int, int]:
        """Fewest and most histories of a point that are done."""
        sizes = self.frame.groupby("point").size()
        return int(sizes.min()), int(sizes.max())

    @property
    def others(self) -> list[int]:
        """Points that are compared with another."""
        return [point for point in self.points if point != self.reference(point)]

    def clear(self) -> list[tuple[str, int, Difference]]:
        """Figure, point and difference wherever it is clear, those that stand out most first."""
        found = [(name, point, self.difference(name, point)) for name in self.figures for point in self.others]
        size = lambda d: abs(d.effect) if math.isfinite(d.effect) else math.inf
        return sorted(((n, k, d) for n, k, d in found if d.clear and not d.same), key=lambda row: -size(row[2]))

    def verdict(self) -> str:
        """The largest clear difference of each of the first two figures that have one, and how many there are."""
        clear, shown = self.clear(), len(self.figures) * len(self.others)
        if not shown:
            return "There is one point, and nothing to compare it with."
        if self.histories[1] < 2:
            return "One history a point tells no interval: nothing can be called clear."
        if not clear:
            return f"No figure shown differs clearly from {self.compared_with} at any point."
        share = (f"Of {shown} difference{'s' * (shown > 1)} shown {len(clear)} "
                 f"{'is' if len(clear) == 1 else 'are'} clear")
        if len(clear) <= shown / CHANCE + 1.645 * math.sqrt(shown / CHANCE * (1 - 1 / CHANCE)):  # 95 % of a binomial
            return f"{share}, where chance alone would give about {shown / CHANCE:.0f}: none can be told from luck."
        told: list[str] = []
        for name in self.figures:
            rows = [(point, d) for figure, point, d in clear if figure == name]
            if rows and len(told) < 2:
                told.append(self.sentence(name, *max(rows, key=lambda row: abs(row[1].mean))))
        return " ".join([*told, f"{share}; about {shown / CHANCE:.0f} would be by chance alone."])

    def sentence(self, name: str, point: int, d: Difference) -> str:
        """A clear difference in words."""
        unit = self.about[name].get("unit", "")
        scale, unit = (100.0, "points") if unit == "share" else (1.0, "points" if name in self.shares else unit)
        low, high = sorted((scale * abs(d.low), scale * abs(d.high)))
        count = d.higher if d.mean > 0 else d.lower
        more, than = "higher" if d.mean > 0 else "lower", self.name(self.reference(point))
        return (f"{self.about[name]['label']}: {amount(scale * abs(d.mean), unit)} "
                f"{more} at {self.name(point)} than at {than} ({number(low)} to {number(high)}), "
                f"in {count} of {d.pairs} histories.")

    def csv(self) -> str:
        """Every figure of every point in full precision, with its difference from the point compared with."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["point", *self.parameters, *COLUMNS])
        for point in self.points:
            for name in (name for name in self.about if name in self.frame.columns):
                values, d = self.mean(name, point), self.difference(name, point)
                row = [len(self.values(name, point)), *values.values(), d.mean, d.low, d.high]
                writer.writerow([point, *self.study.points[point].values(), name, self.about[name].get("unit", ""),
                                 *("" if isinstance(v, float) and not math.isfinite(v) else v for v in row),
                                 d.higher, d.lower, int(d.clear and not d.same)])
        return out.getvalue()


def study_table(study: StudyResults, figures: Sequence[str] = (), against: Mapping[str, str] | None = None
                ) -> StudyTable:
    """The points of a study side by side.

    figures : names of figures; those that the study names, else the usual ones
    against : parameter -> value of the point that others are compared with; the study's own, else the first point

    Raises BadInput for a study without runs, and for figures, parameters or values that it does not have.
    """
    about = study.about("figures") or {}
    if study.progress[0] == 0 or not about:
        raise bad_input(str(study.folder), "no run of this study is done yet")
    there = [name for name in about if name in study.runs.columns]
    for name in figures:
        if name not in there:
            raise bad_input(f"figure {name}", f"the study has no such figure{near_miss(name, there) or ''}")
    chosen = tuple(figures) or tuple(name for name in study.about("show") or HEADLINES if name in there)
    held = dict(against if against is not None else study.about("against") or {})
    point = _point(study, held)
    shares = {f"{name}_above": (name, float(least)) for name, least in (study.about("shares") or {}).items()
              if name in there}
    about = {name: {"label": f"Histories in which {_lower(about[of]['label'])} exceed {number(least)}", "unit": "%",
                    "better": about[of].get("better", "")} for name, (of, least) in shares.items()} | about
    if not figures:
        chosen = (*shares, *chosen)
    table = StudyTable(study, chosen or tuple(there[:6]), point, about, held, shares)
    if point not in table.points:
        raise bad_input("against", f"no run of {table.name(point)} is done, so nothing can be compared with it")
    return table


def _lower(label: str) -> str:
    """A label within a sentence."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _point(study: StudyResults, against: dict[str, Any]) -> int:
    """The first point with these values."""
    names = list(study.about("parameters"))
    for name, value in against.items():
        if name not in names:
            raise bad_input(f"against {name}", f'nothing of that name is varied{near_miss(name, names) or ";"} there '
                                               f"are: {quoted(names)}")
        known = list(dict.fromkeys(text(point[name]) for point in study.points))
        if text(value) not in known:
            raise bad_input(f"against {name}", f"it is never {text(value)}; there are: {quoted(known)}")
    return next((number for number, point in enumerate(study.points)
                 if all(text(point[name]) == text(value) for name, value in against.items())), 0)


def text(value: Any) -> str:
    """A parameter's value as people write it."""
    if isinstance(value, bool) or value in ("True", "False"):
        return "yes" if str(value) == "True" else "no"
    if isinstance(value, str) and plain(value):
        value = float(value)
    return number(value) if isinstance(value, int | float) else str(value)


def plain(value: str) -> bool:
    """Whether a text is a number."""
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def number(value: float) -> str:
    """Three digits, thousands with a comma: 1,200,000; 0.0456."""
    from sim.report import words

    return words.number(value)


def amount(value: float, unit: str) -> str:
    """A number with its unit, as reports write it."""
    from sim.report import words

    return words.amount(value, unit)
