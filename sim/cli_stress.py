"""Commands that try to break things: ``stress`` and ``reverse-stress``; what they need is imported when they run."""

from __future__ import annotations

import argparse
import math
import re
import sys
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.errors import bad_input, shown

if TYPE_CHECKING:
    from sim.experiments.reverse_stress import Reverse
    from sim.experiments.stress_results import StressResults

TABLE = ("called", "demand", "peak_to_trough", "mean_rate", "hedgers_forced", "defaults", "house_loss")
HEADS = ("called", "5-day need", "peak/trough", "mean rate", "hedgers", "defaults", "house")


def stress_options(parser: argparse.ArgumentParser) -> None:
    """What ``stress`` understands."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a YAML file, or the name of a shipped scenario")
    parser.add_argument("--margin", metavar="A,B,...", default="fixed,ewma,historical,filtered_historical",
                        help="margin rules, such as historical or 'filtered_historical + buffer'; the others are "
                             "compared with the first (default: %(default)s)")
    parser.add_argument("--shocks", metavar="X,Y,...", default="", help="shipped scenarios with shocks, types of "
                                                                        "shock, or none (default: the scenario's own)")
    parser.add_argument("--runs", metavar="K", default="10", help="histories (default: 10)")
    parser.add_argument("--world", metavar="KIND", default="both",
                        help="frozen: the rule changes on the shock's eve; adapted: the market has lived with it; or "
                             "both (default: both)")
    parser.add_argument("--coverage", metavar="C", default="0.99",
                        help="share of daily moves before the shock that each rule is scaled to cover, or none to "
                             "leave rules as they are (default: 0.99)")
    parser.add_argument("--eve", metavar="N", help="last day before the shocks (default: that of the scenario's own "
                                                   "shocks, else 62)")
    parser.add_argument("--days", metavar="N", default="60", help="business days after the eve (default: 60)")
    parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], dest="changes",
                        help="change one value; may be repeated")
    parser.add_argument("--out", metavar="DIR", help="results folder (default: results/stress-<scenario>-<hash>)")
    parser.add_argument("--resume", action="store_true", help="go on with a test that was begun")
    parser.add_argument("--jobs", metavar="J", default="1", help="processes (default: 1); results do not depend on it")
    parser.add_argument("--cluster", metavar="ADDRESS", help="do the work on a Dask cluster: tcp://HOST:PORT of its "
                                                             "scheduler, or local:4 for four workers here")


def stress(options: argparse.Namespace) -> int:
    """Put margin rules to shocks on the same luck: calls, forced sales, defaults, who paid, procyclicality."""
    from sim.cli import FAILED, FINE, STOPPED, announce_compiling, finish_compiling, load, whole

    runs, jobs, days = (whole(name, value) for name, value in (("--runs", options.runs), ("--jobs", options.jobs),
                                                               ("--days", options.days)))
    if options.world not in ("frozen", "adapted", "both"):
        raise bad_input(f"--world {options.world}", "frozen, adapted or both is expected")
    coverage = None if options.coverage == "none" else number("--coverage", options.coverage)
    eve = None if options.eve is None else whole("--eve", options.eve)
    scenario = load(options.scenario, options.changes)
    from sim.experiments.stress import stress as put
    from sim.report.stress import build

    announce_compiling()
    found = put(scenario, listed(options.margin), listed(options.shocks), runs, jobs, mode=options.world,
                coverage=coverage, eve=eve, days=days, out=options.out, resume=options.resume,
                cluster=options.cluster, progress=True)
    finish_compiling()
    if not found.finished:
        done, total = found.progress
        print(f"stopped with {done} of {total} pieces done; go on with the same command and --resume", file=sys.stderr)
        return STOPPED
    if len(found.cells):
        print(stressed(found))
        print(f"\nreport   {shown(build(found))}\nfigures  {shown(found.folder / 'stress.csv')}")
    for seed, error in found.failed[:10]:
        print(f"seed {seed} failed: {error.strip().splitlines()[-1]}")
    return FAILED if found.failed else FINE


def stressed(found: StressResults) -> str:
    """For each world and shock a line for each rule: means, and which differ clearly from the first rule."""
    from sim.report.stress import scaled, verdict
    from sim.terminal import digits

    count = int(found.about("histories"))
    head, note = f"Stress of {found.about('title')}", f"{count} {'history' if count == 1 else 'histories'}, paired"
    lines = [f"{head:<{100 - len(note)}}{note}", *textwrap.wrap(verdict(found), 100), ""]
    for mode in found.modes:
        for shock in found.shocks:
            heads = "".join(f"{name:>{max(len(name) + 1, 9)}}" for name in HEADS)
            lines.append(f"{shock}, {mode}"[:30].ljust(31) + heads)
            for rule in found.rules:
                cells = []
                for figure, name in zip(TABLE, HEADS, strict=True):
                    values = list(found.values(figure, mode, rule, shock).values())
                    mark = "*" if found.difference(figure, mode, rule, shock).clear else ""
                    text = (digits(math.fsum(values) / len(values)) if values else "-") + mark
                    cells.append(f"{text:>{max(len(name) + 1, 9)}}")
                lines.append(f"{rule[:30]:<31}" + "".join(cells))
            lines.append("")
    lines += ["Money in $ million; 5-day need: losses paid and rises of margin; rate in % of price;",
              "hedgers: number forced to sell; * differs clearly from the first rule."]
    return "\n".join([*lines, *textwrap.wrap(scaled(found), 100)])


def listed(text: str) -> list[str]:
    """Names between commas that are not inside brackets."""
    return [part.strip() for part in re.split(r",(?![^()]*\))", text) if part.strip()]


def number(option: str, text: str) -> float:
    """A finite number. Raises BadInput for anything else."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise bad_input(f"{option} {text}", "a number is expected")
    return value


def reverse_options(parser: argparse.ArgumentParser) -> None:
    """What ``reverse-stress`` understands."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a YAML file, or the name of a shipped scenario")
    parser.add_argument("--until", metavar="EXPR", required=True,
                        help="what counts as broken: comparisons of figures with and, or, not, such as "
                             "'defaults > 0 and house_loss > 1'")
    parser.add_argument("--along", metavar="PATH=LOW:HIGH", action="append", required=True,
                        help="what is made more severe, from its harmless end to its worst, such as "
                             "shocks.spot_jump.demand=1:3; several may be given")
    parser.add_argument("--runs", metavar="K", default="8", help="histories, on the same luck (default: 8)")
    parser.add_argument("--precision", metavar="P", default="0.01", help="share of the range that the threshold is "
                                                                         "known to (default: 0.01)")
    parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], dest="changes",
                        help="change one value; may be repeated")
    parser.add_argument("--out", metavar="DIR", help="results folder (default: results/reverse-stress-<scenario>-"
                                                     "<hash>)")
    parser.add_argument("--resume", action="store_true", help="go on with a search that was begun")
    parser.add_argument("--jobs", metavar="J", default="1", help="processes (default: 1); results do not depend on it")
    parser.add_argument("--cluster", metavar="ADDRESS", help="do the work on a Dask cluster: tcp://HOST:PORT of its "
                                                             "scheduler, or local:4 for four workers here")


def reverse_stress(options: argparse.Namespace) -> int:
    """Find the smallest shock that breaks something, and how likely each size is to break it."""
    from sim.cli import FAILED, FINE, STOPPED, announce_compiling, finish_compiling, whole

    runs, jobs = whole("--runs", options.runs), whole("--jobs", options.jobs)
    from sim.experiments.reverse_stress import path_of
    from sim.experiments.reverse_stress import reverse_stress as search

    paths = [path_of(text) for text in options.along]
    precision = number("--precision", options.precision)
    announce_compiling()
    found = search(options.scenario, options.until, paths, runs, jobs, precision=precision, changes=options.changes,
                   out=options.out, resume=options.resume, cluster=options.cluster, progress=True)
    finish_compiling()
    if found.stopped:
        print(f"stopped with {len(found.rows):,} runs done; go on with the same command and --resume", file=sys.stderr)
        return STOPPED
    print(reversed_(found))
    print(f"\nresults  {shown(str(found.folder))}")
    return FAILED if found.failed else FINE


def reversed_(found: Reverse) -> str:
    """What is printed: the threshold first, then the chance by severity and the regions."""
    from sim.terminal import digits

    told = lambda severity: ", ".join(f"{path} = {digits(value)}" for path, value in found.values(severity).items())
    count = sum(not math.isnan(value) for value in found.threshold.values())
    note = f"{count} {'history' if count == 1 else 'histories'}"
    lines = [f"{found.title[:99 - len(note)]:<{100 - len(note)}}{note}"]
    first, half = found.quantile(0.0), found.quantile(0.5)
    if not count or first == math.inf:
        lines.append(f"Nothing within the range makes {found.condition.text} true.")
        for name in found.condition.names:
            seen = [row[name] for row in found.rows if name in row]
            lines += [f"{name} is {digits(min(seen))} at least and {digits(max(seen))} at most in {len(seen)} runs."
                      ] if seen else []
    elif first == 0:
        lines.append(f"{found.condition.text} holds without any shock, in "
                     f"{sum(v == 0 for v in found.threshold.values())} of {count}.")
    else:
        lines += textwrap.wrap(f"{found.condition.text} first holds at {told(first)}"
                               + (f"; in half of the histories at {told(half)}." if half < math.inf else "."), 100)
        lines += ["", f"{'broken in':<12}severity"]
        for share in (0.1, 0.25, 0.5, 0.75, 0.9):
            at = found.quantile(share)
            lines.append(f"{100 * share:>4.0f} %      " + (told(at) if at < math.inf else "not within the range"))
    lines += regions(found)
    lines += [f"seed {seed} failed: {error.strip().splitlines()[-1]}" for seed, error in found.failed[:5]]
    return "\n".join(lines)


def regions(found: Reverse) -> list[str]:
    """Where it breaks, in one sentence for each part of the box of several paths; nothing if it never does."""
    from sim.terminal import digits

    every = sum(box.broken for box in found.regions)
    lines = ["", *textwrap.wrap(f"Where {found.condition.text} holds:", 100)] if every else []
    for box in found.regions if every else ():
        parts = [f"{path} is " + (f"below {digits(high)}" if low == -math.inf else f"above {digits(low)}"
                                  if high == math.inf else f"between {digits(low)} and {digits(high)}")
                 for path, (low, high) in found.within(box).items() if (low, high) != (-math.inf, math.inf)]
        held = f"; {100 * box.broken / every:.0f} % of all breaks" if box.broken else ""
        lines += textwrap.wrap(f"{100 * box.share:>3.0f} % of {box.runs:,} runs "
                               f"{'where ' if parts else 'anywhere'}{' and '.join(parts)}{held}", 100,
                               initial_indent="  ", subsequent_indent=" " * 8)
    return lines


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"stress": stress_options,
                                                                 "reverse-stress": reverse_options}
