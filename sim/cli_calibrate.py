"""The command ``calibrate``. What it needs is imported when it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from sim.errors import shown


def calibrate_options(parser: argparse.ArgumentParser) -> None:
    """What ``calibrate`` understands."""
    parser.add_argument("calibration", metavar="FILE", help="a calibration file, or the name of a shipped one")
    parser.add_argument("--trials", metavar="N", help="points to try, in whole batches (default: the file's)")
    parser.add_argument("--resume", action="store_true", help="go on with one that was begun, or add trials")
    parser.add_argument("--recover", metavar="K", nargs="?", const="3",
                        help="estimate K known parameter sets (default: 3) from simulated data instead of the real")
    parser.add_argument("--out", metavar="DIR", help="results folder (default: results/<calibration>-<hash>)")
    parser.add_argument("--jobs", metavar="J", default="1", help="processes (default: 1); results do not depend on it")


def calibrate(options: argparse.Namespace) -> int:
    """Set parameters so that simulated prices have the moments of real ones."""
    from sim.cli import FAILED, FINE, STOPPED, announce_compiling, finish_compiling, whole

    jobs, trials = whole("--jobs", options.jobs), whole("--trials", options.trials) if options.trials else None
    truths = whole("--recover", options.recover) if options.recover else 0
    from sim.experiments.calibrate import calibrate as estimate
    from sim.experiments.calibrate_read import load_calibration
    from sim.experiments.calibrate_recover import recover
    from sim.terminal_calibrate import calibrated, recovered

    plan = load_calibration(options.calibration)
    out = Path(options.out) if options.out else None
    announce_compiling()
    if truths:
        again = recover(plan, truths, trials, jobs, out=out, resume=options.resume, progress=True)
        if again.found:
            print(recovered(again))
        folder, stopped, good = again.folder, again.stopped, bool(again.rows())
    else:
        found = estimate(plan, trials, jobs, out=out, resume=options.resume, progress=True)
        if not found.stopped:
            print(calibrated(found))
        folder, stopped, good = found.folder, found.stopped, bool(found.best)
    finish_compiling()
    if stopped:
        print(f"stopped; what was finished is kept in {shown(folder)}: go on with --resume", file=sys.stderr)
        return STOPPED
    return FINE if good else FAILED


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"calibrate": calibrate_options}
