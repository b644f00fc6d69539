"""The command ``sensitivity``. What it needs is imported when it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from sim.errors import bad_input, shown


def sensitivity_options(parser: argparse.ArgumentParser) -> None:
    """What ``sensitivity`` understands."""
    parser.add_argument("study", metavar="STUDY", help="a study whose design is morris or saltelli")
    parser.add_argument("--figure", metavar="NAME[,NAME]", action="append", default=[], dest="figures",
                        help="figures of the summary to explain (default: the usual ones); may be repeated")
    parser.add_argument("--resume", action="store_true", help="go on with a study that was begun")
    parser.add_argument("--out", metavar="DIR", help="the study's folder (default: results/<study>-<hash>)")
    parser.add_argument("--jobs", metavar="J", default="1", help="processes (default: 1); results do not depend on it")
    parser.add_argument("--cluster", metavar="ADDRESS", help="do the runs on a Dask cluster, as for sweep")
    parser.add_argument("--keep", metavar="K", help="also write a study of the K strongest parameters, to be examined "
                                                    "with a saltelli design")
    parser.add_argument("--points", metavar="N", default="64", help="base size of that design (default: 64)")
    parser.add_argument("-o", metavar="FILE", dest="output", help="where that study is written (default: "
                                                                  "<study>_pruned.yaml)")


def sensitivity(options: argparse.Namespace) -> int:
    """Which parameters matter for a figure, and how much is luck: Morris screening, Sobol shares of variance."""
    from sim.cli import FAILED, FINE, STOPPED, announce_compiling, finish_compiling, whole
    from sim.experiments.sensitivity import DESIGNS, pruned
    from sim.experiments.sensitivity import sensitivity as analyse
    from sim.experiments.study import load_study
    from sim.experiments.sweep import default_folder
    from sim.experiments.sweep import sweep as run_study
    from sim.folder import write_text
    from sim.terminal import HEADLINES
    from sim.terminal_sensitivity import effects

    jobs = whole("--jobs", options.jobs)
    keep, points = (whole("--keep", options.keep) if options.keep else 0), whole("--points", options.points)
    plan = load_study(options.study)
    if plan.study.design not in DESIGNS:
        raise bad_input(shown(plan.source), f"its design is {plan.study.design}; to tell which parameters matter it "
                                            f"must be {' or '.join(DESIGNS)}")
    if keep and plan.study.design != "morris":
        raise bad_input("--keep", "only a morris design is followed by a smaller study")
    target = Path(options.output or f"{plan.study.name}_pruned.yaml")
    if keep and target.exists():
        raise bad_input(shown(target), "this file exists; give another one after -o")
    announce_compiling()
    found = run_study(plan, Path(options.out) if options.out else default_folder(plan), jobs, resume=options.resume,
                      cluster=options.cluster, progress=True)
    finish_compiling()
    done, total = found.progress
    if done < total:
        print(f"{done:,} of {total:,} runs are done in {shown(found.folder)}; go on with --resume", file=sys.stderr)
        return FAILED if found.failed else STOPPED
    named = [name for text in options.figures for name in text.split(",") if name]
    known = found.about("figures") or {}
    result = analyse(found, plan, named or [name for name in HEADLINES if name in known])
    write_text(found.folder / "sensitivity.csv", result.as_csv())
    print(effects(plan, found, result))
    if keep:
        write_text(target, pruned(plan, result, keep, points))
        print(f"next     compute-futures sensitivity {shown(target)}")
    return FINE


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"sensitivity": sensitivity_options}
