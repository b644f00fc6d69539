"""Commands for many runs: ``compare`` and ``sweep``. What a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from sim.errors import BadInput, bad_input, shown


def checked(name: str, changes: list[str]) -> str:
    """What a scenario or a study that is in order comes to. Raises BadInput with everything that is wrong with it.

    A file is taken for a study where it says what it varies (``parameters``), a name where no scenario bears it.
    """
    import re

    from sim.cli import load

    path = Path(name)
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    known = not path.suffix and len(path.parts) == 1
    if not changes and (known or re.search(r"^parameters\s*:", text, re.MULTILINE)):
        from sim.experiments.study import load_study, shipped_studies

        if text or name in shipped_studies():
            plan = load_study(name)
            return f"{len(plan.points):,} points, {plan.total:,} runs"
    scenario = load(name, changes)
    return f"{sum(kind.count for kind in scenario.agents):,} participants, {scenario.days:,} days"


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
    from sim.loading import Change, find
    from sim.provenance import text_hash
    from sim.scenario import Scenario

    runs, jobs = whole("--runs", options.runs), whole("--jobs", options.jobs)
    precision = None if options.precision is None else share("--precision", options.precision)
    changes = [*options.changes, *(Change(f"{path}={value}", f"{option} {value}") for option, path, value in (
        ("--seed", "seed", options.seed), ("--days", "days", options.days)) if value is not None)]
    scenarios: dict[str, Scenario] = {}
    files: set[Path] = set()
    for word in options.scenarios:
        scenario, file = load(word, changes), find(word).resolve()
        if file in files:
            raise bad_input(word, "this scenario is named twice; there is nothing to compare")
        scenarios[scenario.name if scenario.name not in scenarios else word] = scenario
        files.add(file)
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


def sweep_options(parser: argparse.ArgumentParser) -> None:
    """What ``sweep`` understands."""
    parser.add_argument("study", metavar="STUDY", help="a YAML file, or the name of a shipped study")
    parser.add_argument("--dry-run", action="store_true", help="say how many runs, how long and how much disk; a run "
                                                               "of the middle point is measured, and nothing is kept")
    parser.add_argument("--resume", action="store_true", help="go on with a study that was begun")
    parser.add_argument("--runs", metavar="K", help="histories of each point (default: the study's)")
    parser.add_argument("--histories", metavar="K", help="add to a study that was begun until each point has so many")
    parser.add_argument("--points", metavar="A,B,...", help="with --histories: numbers of the points that get more")
    parser.add_argument("--out", metavar="DIR", help="the study's folder (default: results/<study>-<hash>)")
    parser.add_argument("--jobs", metavar="J", default="1", help="processes (default: 1); results do not depend on it")
    parser.add_argument("--executor", metavar="KIND", help="serial, threads or processes (default: processes for "
                                                           "several jobs)")
    parser.add_argument("--cluster", metavar="ADDRESS", help="do the runs on a Dask cluster: tcp://HOST:PORT of its "
                                                             "scheduler, or local:4 for four workers here")


def sweep(options: argparse.Namespace) -> int:
    """Run a study: a design over parameters, which survives being killed and goes on with --resume."""
    from sim.cli import FAILED, FINE, STOPPED, announce_compiling, finish_compiling, whole

    jobs = whole("--jobs", options.jobs)
    changes = {} if options.runs is None else {"runs": whole("--runs", options.runs)}
    from sim.experiments.study import load_study
    from sim.experiments.sweep import default_folder, estimate
    from sim.experiments.sweep import sweep as run_study
    from sim.terminal_experiments import estimated, swept

    plan = load_study(options.study, changes)
    if not options.dry_run and options.executor not in (None, "serial", "threads", "processes"):
        raise bad_input(f"--executor {options.executor}", "there are: serial, threads, processes")
    if options.cluster and options.executor:
        raise bad_input(f"--executor {options.executor}", "a cluster is an executor of its own; leave one out")
    if options.points is not None and not all(word.isdecimal() for word in options.points.split(",")):
        raise bad_input(f"--points {options.points}", "numbers of points are expected, such as 0,7,12")
    announce_compiling()
    if options.dry_run:
        print(estimated(plan, estimate(plan, jobs), jobs))
        return FINE
    out = Path(options.out) if options.out else default_folder(plan)
    if options.histories is not None:
        from sim.experiments.extend import extend

        chosen = None if options.points is None else [int(word) for word in options.points.split(",")]
        extend(plan, out, whole("--histories", options.histories), chosen)
    found = run_study(plan, out, jobs, resume=options.resume or options.histories is not None,
                      executor=options.executor, cluster=options.cluster, progress=True)
    finish_compiling()
    print(swept(plan, found))
    done, total = found.progress
    if done and done + len(found.failed) == total:
        from sim.experiments.study_page import publish

        try:
            print(f"page     {shown(publish(found.folder, found.folder / 'page'))}")
        except BadInput as error:  # the runs are done and kept all the same
            print(f"no page was written: {error}", file=sys.stderr)
    failed = len(found.failed)
    if done + failed < total:
        again = " ".join(["compute-futures sweep", options.study, *(["--runs", options.runs] if options.runs else []),
                          *(["--out", options.out] if options.out else []),
                          *(["--jobs", options.jobs] if jobs > 1 else []),
                          *(["--cluster", options.cluster] if options.cluster else []), "--resume"])
        print(f"stopped with {done:,} of {total:,} runs done; go on with: {again}", file=sys.stderr)
        return STOPPED
    return FAILED if failed else FINE


def page_options(parser: argparse.ArgumentParser) -> None:
    """What ``page`` understands."""
    parser.add_argument("folder", metavar="DIR", help="the folder of a study")
    parser.add_argument("--figures", metavar="A,B,...", default="",
                        help="figures to show, by their names in summary.csv (default: those that the study names)")
    parser.add_argument("--against", metavar="NAME=VALUE", action="append", default=[],
                        help="value of a parameter at which points are compared, all else the same; may be repeated "
                             "(default: the study's, else the first point)")
    parser.add_argument("--out", metavar="DIR", help="folder for the page (default: page, in the study's folder)")


def page(options: argparse.Namespace) -> int:
    """Write the page of a study: what came out, a figure for each metric with paired differences, every number."""
    from sim.cli import FINE

    against = dict(text.split("=", 1) for text in options.against if "=" in text)
    if len(against) < len(options.against):
        raise bad_input(f"--against {options.against[0]}", "NAME=VALUE is expected, such as 'leverage cap=2'")
    from sim.experiments.study_page import publish

    figures = [name.strip() for name in options.figures.split(",") if name.strip()]
    out = options.out or Path(options.folder) / "page"
    print(f"page     {shown(publish(options.folder, out, figures, against or None))}")
    return FINE


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"compare": compare_options, "sweep": sweep_options,
                                                                 "page": page_options}
