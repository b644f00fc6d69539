"""Published cases run through the product's own functions: solve one, compare it, print a table of all."""

from __future__ import annotations

import copy
import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

Case = dict[str, Any]

# Cases that take more than a second or so, by the beginning of their id.
SLOW = ("TFG12.hill_neg", "TFG12.kurt", "TFG12.defaults", "TFG12.order", "FW12.MCR", "ZI.spread.eps0.00",
        "ZI.spread.eps0.01", "ZI.Dinf.eps0.00", "ZI.Dinf.eps0.01", "ZI.Dinf.eps0.02", "PSY.cv.T400", "PSY.cv.T1680",
        "PSY.exuber.n400", "PSY.exuber.n600")


# Figures that an independent calculation does not reach within the case's tolerance, and why.
KNOWN = {
    ("PSY.exuber.n50", "adf_cv[2]"): "stored from 2,000 draws; a million give 0.67",
    ("PSY.cv.T1680", "[1]"): "computed from 800 draws; 100,000 give 1.57",
}

UNJUDGED = "not judged: the case sets no bound"


class Check(NamedTuple):
    """One figure of a case beside ours. tested : False where the case sets no bound for it."""

    name: str
    expected: Any
    ours: Any
    bound: str
    tested: bool
    passed: bool


def _handlers() -> dict[str, Callable[[Case], Case]]:
    from sim.literature import case_clearing, case_margin, case_models, case_networks

    return case_networks.TOPICS | case_clearing.TOPICS | case_margin.TOPICS | case_models.MODELS


def solve(topic: str, inputs: Case) -> Case:
    """Run a published case through the product's own functions.

    Parameters
    ----------
    topic : the case's topic, or the beginning of its model's name
    inputs : as they stand in the file of cases

    Returns
    -------
    dict  with the names of the case's figures; where the case expects a bare number or list, it is ``"expected"``,
    and where several cases share their inputs there is one entry for each, named as in their ids

    Raises LookupError if no function of the product answers this topic, or not with these inputs.
    """
    return copy.deepcopy(_solve(topic, json.dumps(_plain(inputs), sort_keys=True)))


@lru_cache(maxsize=256)
def _solve(topic: str, text: str) -> Case:
    handlers = _handlers()
    names = [name for name in handlers if topic.startswith(name)]
    if not names:
        raise LookupError(f"no rule for {topic!r}; there are {', '.join(sorted(handlers))}")
    return _plain(handlers[max(names, key=len)](json.loads(text)))


def _plain(value: Any) -> Any:
    """The same with numpy's arrays and numbers turned into lists and numbers."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    return value


def answer(case: Case) -> Any:
    """What `solve` finds for a case, in the very form of its ``expected``."""
    found = solve(case.get("topic") or case["model"], case["inputs"])
    wanted = case["expected"]
    if isinstance(wanted, dict):
        return {name: found[name] for name in wanted}
    if "expected" in found:
        return found["expected"]
    return found[next(part for part in case["id"].split(".") if part in found)]


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every number of a nested answer with the way to it."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        if not value:
            yield name, []
        for place, each in enumerate(value):
            yield from leaves(each, f"{name}[{place}]")
    else:
        yield name, value


def compare(case: Case, ours: Any | None = None) -> list[Check]:
    """Every figure of a case beside ours, judged by the case's own tolerance."""
    ours = answer(case) if ours is None and case["expected"] is not None else ours
    expected, found, tolerance = list(leaves(case["expected"])), dict(leaves(ours)), case["tolerance"] or {}
    checks = []
    for place, (name, value) in enumerate(expected):
        got = found.get(name, "missing")
        bounds = {kind: tolerance[kind][place] if isinstance(tolerance.get(kind), list) else tolerance.get(kind)
                  for kind in ("abs", "rel")}
        figure = name.partition("[")[0]
        own = re.search(rf"\b{re.escape(figure)}: abs ([0-9.e-]+)", tolerance.get("note", "")) if figure else None
        bounds = bounds if own is None else {"abs": float(own[1]), "rel": None}  # a figure with a bound of its own
        checks.append(Check(name, value, got, *_judge(value, got, bounds, tolerance)))
    return checks


def _judge(value: Any, got: Any, bounds: dict[str, float | None], tolerance: Case) -> tuple[str, bool, bool]:
    if not _number(value) or not _number(got) or tolerance.get("exact"):
        return "exact", True, value == got or (_number(value) and _number(got) and float(value) == float(got))
    if "range" in tolerance:
        low, high = tolerance["range"]
        return f"{low} to {high}", True, low <= got <= high
    held = {"abs": abs(got - value), "rel": abs(got - value) / abs(value) if value else math.inf}
    used = [(kind, bound) for kind, bound in bounds.items() if bound is not None]
    if not used:
        return "none", False, True
    fits = [held[kind] <= bound * (1 + 1e-12) for kind, bound in used]
    text = " or ".join(f"{bound:g}" if kind == "abs" else f"{100 * bound:g} %" for kind, bound in used)
    return text, True, any(fits) if tolerance.get("rule") == "either" else all(fits)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_slow(case: Case) -> bool:
    """Whether a case takes long enough to be left out of an ordinary test run."""
    return case["id"].startswith(SLOW)


def gates(case: Case) -> bool:
    """Whether a case may fail a build: its value is checked, and it is a test at all."""
    ordering = (case["tolerance"] or {}).get("ordering_only")
    return case["evidence"] == "checked" and "kind" not in case and not ordering


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.5g}"
    return "diverges" if value is None else str(value)


def _figures(values: Sequence[Any], most: int = 4) -> str:
    words = [_short(value) for value in values[:most]]
    return ", ".join(words) + (f", … ({len(values)} in all)" if len(values) > most else "")


def row(case: Case) -> str:
    """One line of the table: what was published, what we find, by what bound, on what evidence."""
    subject = str(case.get("statistic") or case.get("topic", "")).replace("|", "/")
    published = [value for _, value in leaves(case["expected"])]
    evidence = case["evidence"] + (", reference run" if "basis" in case else "")
    head = f"| {case['id']} | {case.get('model', case.get('topic'))} | {subject} | {_figures(published)} |"
    try:
        checks = compare(case)
    except LookupError as reason:
        return f"{head} – | – | {evidence} | not run: {str(reason.args[0]).partition(';')[0]} |"
    missed = [check for check in checks if not check.passed]
    free = [check.name or "value" for check in checks if not check.tested]
    verdict = "yes" if not free else UNJUDGED if len(free) == len(checks) else f"yes; no bound for {', '.join(free)}"
    if missed:
        verdict = "differs: " + "; ".join(
            f"{check.name or 'value'} {_short(check.expected)} against {_short(check.ours)}"
            + (f" ({KNOWN[case['id'], check.name]})" if (case["id"], check.name) in KNOWN else "") for check in missed)
    return f"{head} {_figures([check.ours for check in checks])} | {_bounds(checks)} | {evidence} | {verdict} |"


def _bounds(checks: Sequence[Check]) -> str:
    """Each figure's tolerance: one where it is the same for all, else the usual one and which figures have another.

    Words and yes or no beside numbers have to be equal, which goes without saying.
    """
    numbers = [check for check in checks if _number(check.expected) and _number(check.ours)] or checks
    counts = Counter(check.bound for check in numbers)
    usual = max(counts, key=lambda bound: counts[bound])  # of equally frequent ones the first
    others = [f"{bound} for {', '.join(check.name for check in numbers if check.bound == bound)}"
              for bound in counts if bound != usual]
    return usual + (f" ({'; '.join(others)})" if others else "")


def table(cases: Sequence[Case], *, slow: bool = True, tell: Callable[[str], None] | None = None) -> str:
    """The rows of the validation table for these cases, in Markdown.

    cases : as `read_cases` returns them; slow : whether to run those that take long; tell : called with progress.
    """
    lines = ["| case | model | figure | published or reference | ours | tolerance | evidence | replicates |",
             "|---|---|---|---|---|---|---|---|"]
    for case in cases:
        if slow or not is_slow(case):
            start = time.perf_counter()
            lines.append(row(case))
            if tell:
                tell(f"{case['id']}: {time.perf_counter() - start:.1f} s")
    return "\n".join(lines) + "\n"


PREFACE = """# Published cases and models

Every row is run through the product's own functions by `sim.literature.solve`, from inputs and to figures as they stand
in the files of cases under `tests/literature/data`. Values marked *reference run* come from an independent
implementation rather than from a paper. *Checked* figures were compared with the publication and can fail a build;
*secondary* ones are quoted by others, and *unverified* ones could not be looked up. Rows that differ show both numbers.
A tolerance holds for every number of its row but those named behind it, by name or by place (the first is 0); a
percentage is of the published number. A row without a bound is shown and not judged. The series of `PSY.sp500` (monthly
price over dividend, 1871 to 2010) is `sp_data` of the R package MultipleBubbles 0.2.0 on CRAN; it is not shipped, since
that package is under the GPL, which this project is not. Whoever has it can run the check:

    Rscript -e 'write.csv(MultipleBubbles::sp_data, "sp_data.csv")'
    COMPUTE_FUTURES_SP_DATA=sp_data.csv python -m pytest tests/literature -k price_dividend

To print this page again:

    python -m sim.literature tests/literature/data/clearing_cases.json \\
        tests/literature/data/replication_targets.json > docs/validation_literature.md

"""


def page(cases: Sequence[Case], tell: Callable[[str], None] | None = None) -> str:
    """The whole page of the documentation: what it is, then the table."""
    rows = table(cases, tell=tell)
    total, yes, missing = len(rows.splitlines()) - 2, rows.count("| yes"), rows.count("| not run: ")
    free = rows.count(f"| {UNJUDGED} |")
    counted = (f"Of {total} rows {yes} replicate, {total - yes - missing - free} differ, {missing} were not run, and "
               f"{free} cannot be judged.")
    return f"{PREFACE}{counted}\n\n{rows}"


def read_cases(*texts: str) -> list[Case]:
    """The cases of files in either form: by topic, or a list of targets."""
    out: list[Case] = []
    for text in texts:
        content = json.loads(text)
        out += content.get("targets", [])
        out += [case | {"topic": topic} for topic, cases in content.get("topics", {}).items() for case in cases]
    return out
