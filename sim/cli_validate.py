"""Commands ``validate`` and ``export``. What a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from sim.errors import shown


def validate_options(parser: argparse.ArgumentParser) -> None:
    """What ``validate`` understands."""
    parser.add_argument("--runs", metavar="K", default="30", help="histories of each world (default: 30)")
    parser.add_argument("--rows", metavar="PART", default="all",
                        help="physical (the economy alone, seconds a history), market, or all (default)")
    parser.add_argument("-o", "--out", metavar="FILE", help="put the tables into a Markdown page, between its words")
    parser.add_argument("--jobs", metavar="J", default="1", help="processes (default: 1); results do not depend on it")


def validate(options: argparse.Namespace) -> int:
    """Measure what must emerge over many histories, beside real values, in range or not."""
    from sim.cli import FAILED, FINE, STOPPED, announce_compiling, finish_compiling, whole

    runs, jobs = whole("--runs", options.runs), whole("--jobs", options.jobs)
    from sim.experiments.validate import rows_of
    from sim.experiments.validate import validate as measure
    from sim.experiments.validate_page import text, write_page

    rows = rows_of(options.rows)
    announce_compiling()
    found = measure(rows, runs, jobs, progress=True)
    finish_compiling()
    print(text(found))
    if found.stopped:
        print("stopped before all histories were done; no page was written", file=sys.stderr)
        return STOPPED
    if options.out is not None:
        write_page(found, Path(options.out))
        print(f"\ntables   {shown(options.out)}")
    return FAILED if found.failed else FINE


def export_options(parser: argparse.ArgumentParser) -> None:
    """What ``export`` understands."""
    parser.add_argument("folder", metavar="DIR", help="a results folder, or the folder of a study")
    parser.add_argument("--to", metavar="FORMAT", required=True,
                        help="xlsx (one workbook), csv or parquet (a file a table)")
    parser.add_argument("-o", "--out", metavar="PLACE", help="the workbook, or the files' folder (default: in DIR)")


def export(options: argparse.Namespace) -> int:
    """Write the tables of results or of a study as a workbook, as CSV or as Parquet."""
    from sim.cli import FINE
    from sim.experiments.export import export as write

    done = write(options.folder, options.to, options.out)
    for path in done.files:
        print(shown(path))
    for text in done.left_out:
        print(f"left out  {text}", file=sys.stderr)
    return FINE


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"validate": validate_options, "export": export_options}
