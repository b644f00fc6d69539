"""Commands for many runs: ``compare``. What a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from sim.errors import bad_input, shown


def compare_options(parser: argparse.ArgumentParser) -> None:
    """What ``compare`` understands."""
    parser.add_argument("scenarios", metavar="SCENARIO", nargs="+",
                        help="two or more; the first is compared with each of the others")
    parser.add_argument("--runs", metavar="K", default="30", help="histories of each, on the same luck (default: 30)")
    parser.add_argument("--precision", metavar="P", help="stop as soon as every figure shown is known to this share of "
                                                         "its level, such as 0.05")
    parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], dest="changes",
                        help="change one value in all scenarios; may be repeated")
    parser.add_argument("--days", metavar="N", help="business days that are reported (default: each scenario's)")
    parser.add_argument("--seed", metavar="N", help="luck of the first history (default: the first scenario's)")
    parser.add_argument("--out", metavar="DIR", help="results folder (default: results/compare-<names>-<hash>)")
    parser.add_argument("--jobs", metavar="J", default="1", help="processes (default: 1); results do not depend on it")


def compare(options: argparse.Namespace) -> int:
    """Compare scenarios on the same luck: differences with intervals, and how often each is better."""
    from sim.cli import FAILED, FINE, STOPPED, announce_compiling, finish_compiling, load, whole
    from sim.loading import Change
    from sim.provenance import text_hash
    from sim.scenario import Scenario

    runs, jobs = whole("--runs", options.runs), whole("--jobs", options.jobs)
    precision = None if options.precision is None else share("--precision", options.precision)
    changes = [*options.changes, *(Change(f"{path}={value}", f"{option} {value}") for option, path, value in (
        ("--seed", "seed", options.seed), ("--days", "days", options.days)) if value is not None)]
    scenarios: dict[str, Scenario] = {}
    for word in options.scenarios:
        scenario = load(word, changes)
        name = scenario.name if scenario.name not in scenarios else word
        if name in scenarios:
            raise bad_input(word, "this scenario is named twice; there is nothing to compare")
        scenarios[name] = scenario
    digits = text_hash(*(scenario.hash8() for scenario in scenarios.values()), str(runs), str(precision))[:8]
    out = options.out or Path("results") / f"compare-{'-'.join(s.name for s in scenarios.values())[:60]}-{digits}"

    from sim.experiments.compare import compare as compare_scenarios
    from sim.terminal import HEADLINES
    from sim.terminal_experiments import comparison

    announce_compiling()
    found = compare_scenarios(scenarios, runs, jobs, precision=precision, figures=HEADLINES, out=out, progress=True)
    finish_compiling()
    print(comparison(found))
    if found.stopped:
        print(f"stopped after {len(found.seeds)} of {runs} histories; they are kept in {shown(found.folder or out)}",
              file=sys.stderr)
        return STOPPED
    return FAILED if found.failed else FINE


def share(option: str, text: str) -> float:
    """A number above zero, as 0.05 or 5%. Raises BadInput for anything else."""
    try:
        value = float(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = 0.0
    if not 0 < value < 10:
        raise bad_input(f"{option} {text}", "a share above 0 is expected, such as 0.05")
    return value


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"compare": compare_options}
