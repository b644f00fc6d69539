"""The table of findings as text for a terminal and as Markdown, and the page where tables stand between words."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from sim.errors import bad_input, shown
from sim.experiments.validate import Finding, Validation

WIDTH, LABEL = 100, 46
BEGIN, END = "<!-- table: {name} -->", "<!-- end of table -->"
BLOCK = re.compile(r"<!-- table: (?P<name>[^>]*?) -->\n.*?<!-- end of table -->", re.DOTALL)
HEAD = """# What emerges, and what does not

Nothing on this page is imposed. A figure out of its range is reported as out of range; no estimator is tuned to fit.
The tables are written by `compute-futures validate -o docs/validation.md`; the words between them are not.
"""


def sections(found: Validation) -> dict[str, list[Finding]]:
    """Findings by section, in order."""
    out: dict[str, list[Finding]] = {}
    for finding in found.findings:
        out.setdefault(finding.row.section, []).append(finding)
    return out


def number(value: float) -> str:
    """Three significant digits."""
    if not math.isfinite(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{float(f'{value:.3g}'):g}"


def wanted(finding: Finding) -> str:
    """The range in words."""
    low, high = finding.row.low, finding.row.high
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f"at least {number(low)}" if low is not None else f"at most {number(high or 0.0)}"
    return f"{number(low)} to {number(high)}"


def measured(finding: Finding) -> str:
    """Mean and the range over histories."""
    if len(finding.known) < 2:
        return number(finding.mean)
    low, high = finding.range
    return f"{number(finding.mean)} [{number(low)}, {number(high)}]"


def text(found: Validation) -> str:
    """The whole table for a terminal of a hundred columns, and below it what is out of range."""
    lines: list[str] = []
    for name, findings in sections(found).items():
        lines += [*([""] if lines else []), name,
                  f"  {'':<{LABEL}}{'wanted':>14}  {'mean [10 %, 90 %]':>24}  verdict"]
        for finding in findings:
            label = finding.row.label + (f", {finding.row.unit}" if finding.row.unit else "")
            first, *rest = textwrap.wrap(label, LABEL - 1)
            verdict = finding.verdict if finding.verdict != "reported" else ""
            lines.append(f"  {first:<{LABEL}}{wanted(finding):>14}  {measured(finding):>24}  {verdict}".rstrip())
            lines += [f"    {line}" for line in rest]
    return "\n".join([*lines, "", *closing(found)])


def closing(found: Validation) -> Iterator[str]:
    """How many rows are in range, which are not, and what failed."""
    ranged = [finding for finding in found.findings if finding.verdict in ("in", "low", "high")]
    inside = sum(finding.verdict == "in" for finding in ranged)
    many = f"{len(found.seeds)} {'history' if len(found.seeds) == 1 else 'histories'}"
    yield f"{inside} of {len(ranged)} figures with a range are in it, by the mean of {many}."
    for finding in ranged:
        if finding.verdict != "in":
            said = f"too {finding.verdict}: {finding.row.section}, {finding.row.label}: {number(finding.mean)}, wanted "
            yield from textwrap.wrap(said + f"{wanted(finding)} ({finding.row.source})", WIDTH, subsequent_indent="  ")
    for world, seed, error in found.failed[:10]:
        yield f"{world}, seed {seed}, failed: {error.strip().splitlines()[-1]}"
    if len(found.failed) > 10:
        yield f"and {len(found.failed) - 10} more failed"


def markdown_table(findings: list[Finding], runs: int) -> str:
    """One section's table."""
    head = f"| Figure | Wanted | Real | Mean of {runs} histories [10 %, 90 %] | Verdict | Where the range comes from |"
    lines = [head,
             "|---|---|---|---|---|---|"]
    for finding in findings:
        row = finding.row
        label = row.label + (f", {row.unit}" if row.unit else "")
        verdict = finding.verdict if finding.verdict in ("in", "reported") else f"**{finding.verdict}**"
        cells = (label, wanted(finding), row.real, measured(finding), verdict, row.source)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def write_page(found: Validation, path: Path) -> None:
    """Put each section's table between its markers, and those that the page lacks at its end; words stay.

    Raises BadInput where the file cannot be read or written.
    """
    try:
        page = path.read_text(encoding="utf-8") if path.exists() else HEAD
        path.write_text(laid_in(page, found), encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise bad_input(shown(path), f"the table cannot be written here: {error}") from None


def laid_in(page: str, found: Validation) -> str:
    """A page with the tables of these findings."""
    blocks = {name: f"{BEGIN.format(name=name)}\n{markdown_table(findings, len(found.seeds))}\n{END}"
              for name, findings in sections(found).items()}
    there = {match["name"] for match in BLOCK.finditer(page)}
    page = BLOCK.sub(lambda match: blocks.get(match["name"], match[0]), page)
    missing = [f"\n## {name}\n\n{block}\n" for name, block in blocks.items() if name not in there]
    return page.rstrip("\n") + "\n" + "".join(missing)
