"""What ``calibrate`` prints: how far the base and the best point are, parameters, moments."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from sim.errors import shown
from sim.terminal import digits

if TYPE_CHECKING:
    from sim.experiments.calibrate import Calibrated
    from sim.experiments.calibrate_recover import Recovery

WIDTH, NAME = 100, 44
AT_END = 0.02  # share of a range; judgement


def calibrated(found: Calibrated) -> str:
    """The answer, parameters, moments, where the rest is."""
    c = found.plan.calibration
    title = c.title or c.name
    note = f"{len(found.tried):,} trials, {c.histories} histories each"
    lines = [f"{title[:WIDTH - len(note) - 2]:<{WIDTH - len(note)}}{note}"]
    if not found.best:
        return "\n".join([*lines, "No trial gave every moment, so there is no best one."])
    d = found.distance
    text = (f"J is {digits(d['best'])} at the best point and {digits(d['start'])} at the base's values; on fresh luck "
            f"{digits(d['best, fresh'])} and {digits(d['start, fresh'])}. About {found.freedom} would be a model "
            f"that is right.")
    lines += [*textwrap.wrap(text, WIDTH), "", f"{'':<{NAME}}{'base':>14}{'best':>14}{'std error':>14}{'range':>14}"]
    for p in c.parameters:
        name = p.label if len(p.label) < NAME else "..." + p.label[-NAME + 4:]
        lines.append(f"{name:<{NAME}}{digits(found.start[p.label]):>14}{digits(found.best[p.label]):>14}"
                     f"{error(found.errors[p.label]):>14}{f'{digits(p.low)} to {digits(p.high)}':>14}")
    ends = [p.label for p in c.parameters if not AT_END < p.share(found.best[p.label]) < 1 - AT_END]
    if ends:
        text = f"At the end of its range, so that the moments may want it beyond: {', '.join(ends)}."
        lines += textwrap.wrap(text, WIDTH)
    lines += ["", f"{'':<{NAME}}{'real':>14}{'std error':>14}{'base':>14}{'best':>14}"]
    lines += [f"{name[:NAME - 1]:<{NAME}}" + "".join(f"{digits(value):>14}" for value in row)
              for name, row in found.moments.items()]
    off = {name: (best - real) / spread for name, (real, spread, _, best) in found.moments.items() if spread > 0}
    worst = max(off, key=lambda name: abs(off[name]), default="")
    if worst:
        lines.append(f"Farthest off at the best point: {worst}, by {digits(abs(off[worst]))} standard errors.")
    failed = sum(not math.isfinite(trial.distance) for trial in found.tried)
    lines += [f"{failed} trials had a history that failed or a moment that cannot be told"] if failed else []
    meaning = ("Moments are means over histories of fresh luck; J weighs their gaps by the inverse of the real "
               "moments' covariance. The standard errors hold for a model that is right.")
    lines += ["", *textwrap.wrap(meaning, WIDTH), "", f"results  {shown(found.folder)}"]
    return "\n".join(lines)


def error(value: float) -> str:
    """A standard error, or that there is none."""
    return digits(value) if math.isfinite(value) else "untold"


def recovered(found: Recovery) -> str:
    """A line for each truth and parameter."""
    c = found.plan.calibration
    lines = [f"{c.title or c.name}: known parameters estimated from one simulated history each",
             "", f"{'':<{NAME}}{'truth':>14}{'estimate':>14}{'std error':>14}{'off by':>14}"]
    within = told = 0
    for number, label, truth, estimate, spread in found.rows():
        off = (estimate - truth) / spread if spread and math.isfinite(spread) else math.nan
        told += math.isfinite(off)
        within += math.isfinite(off) and abs(off) <= 2
        name = f"{number}  {label}"
        lines.append(f"{name[:NAME - 1]:<{NAME}}{digits(truth):>14}{digits(estimate):>14}{error(spread):>14}"
                     f"{f'{off:+.1f} errors' if math.isfinite(off) else 'untold':>14}")
    return "\n".join([*lines, "", f"{within} of {told} estimates are within two standard errors of the truth.",
                      "", f"results  {shown(found.folder / 'recovery.csv')}"])
