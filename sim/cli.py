"""The command line: one short function a command; what a command needs is imported when it runs.

Exit codes: 0 fine; 2 bad input, and nothing was started; 3 some runs failed or came out different, and the
rest are kept; 130 stopped by Ctrl-C. No mistake of a user ends in a traceback.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sim import cli_calibrate, cli_dashboard, cli_experiments, cli_margin, cli_sensitivity, cli_stress, cli_validate
from sim.cli_contagion import OPTIONS as CONTAGION
from sim.cli_contagion import contagion
from sim.errors import BadInput, Problem, Where, bad_input, near_miss, quoted, shown

if TYPE_CHECKING:
    from sim.loading import Change
    from sim.scenario import Scenario

FINE, BAD, FAILED, STOPPED = 0, 2, 3, 130
Command = Callable[[argparse.Namespace], int]
COMMANDS: dict[str, Command] = {}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and where help is."""

    def error(self, message: str) -> NoReturn:
        raise bad_input(self.prog, f"{message}; see `{self.prog} --help`")


def wide(prog: str) -> argparse.HelpFormatter:
    """Help of a hundred columns, with room for the longest command."""
    return argparse.HelpFormatter(prog, max_help_position=24, width=100)


def command(function: Command) -> Command:
    """Register a command under its function's name; its docstring is its help."""
    COMMANDS[function.__name__.rstrip("_").replace("_", "-")] = function
    return function


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = parse(words)
        return COMMANDS[options.command](options)
    except BadInput as error:
        return complain(error)
    except KeyboardInterrupt as error:  # during a run it says what was finished and where it is
        print(str(error) or "stopped", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stdout = None
        return FINE
    except Exception as error:
        return blame(error)


def complain(error: BadInput) -> int:
    """Print every problem; returns the exit code."""
    print(error, file=sys.stderr)
    if len(error.problems) > 1:
        print(f"{len(error.problems)} problems; nothing was started", file=sys.stderr)
    return BAD


def blame(error: Exception) -> int:
    """An error in a user's own file is told by its line, a full disk in words; any other is ours, and is raised."""
    from sim.plugin_files import fault

    problem = fault(error)
    if problem is not None:
        return complain(BadInput([problem]))
    if isinstance(error, OSError):
        print(error, file=sys.stderr)
        return FAILED
    raise error


def parse(words: list[str]) -> argparse.Namespace:
    """The command and its options. Raises BadInput for what cannot be understood."""
    parser = Parser(prog="compute-futures", description="A market simulator for futures on GPU-hours and AI tokens.",
                    epilog="SCENARIO is a YAML file, or the name of a shipped scenario. "
                           "Start with: compute-futures describe baseline", formatter_class=wide)
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    parsers = {name: commands.add_parser(name, help=function.__doc__, description=function.__doc__,
                                         formatter_class=wide) for name, function in COMMANDS.items()}
    for name, each in parsers.items():
        add_options(name, each)
    if not words:
        parser.print_help()
        raise SystemExit(BAD)
    if (first := words[0]).startswith("-"):
        return parser.parse_args(words)
    if first not in COMMANDS:
        raise bad_input("compute-futures", f'there is no command "{first}"{near_miss(first, COMMANDS) or ";"} '
                                           f"there are: {quoted(COMMANDS)}")
    return parsers[first].parse_intermixed_args(words[1:], argparse.Namespace(command=first))  # names among options


def add_options(name: str, parser: argparse.ArgumentParser) -> None:
    """What a command understands."""
    elsewhere = cli_experiments.OPTIONS | cli_margin.OPTIONS | cli_stress.OPTIONS | cli_sensitivity.OPTIONS | \
        cli_validate.OPTIONS | cli_calibrate.OPTIONS | cli_dashboard.OPTIONS | CONTAGION
    if name in elsewhere:
        elsewhere[name](parser)
    if name in ("describe", "run"):
        parser.add_argument("scenario", metavar="SCENARIO", help="a YAML file, or the name of a shipped scenario")
    if name == "check":
        parser.add_argument("scenarios", metavar="SCENARIO", nargs="+",
                            help="YAML files, or names of shipped scenarios")
    if name in ("describe", "check", "run"):
        parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], dest="changes",
                            help="change one value, such as agents.ai_lab.count=30; may be repeated")
    if name == "run":
        parser.add_argument("--seed", metavar="N", help="luck of the first history (default: the scenario's)")
        parser.add_argument("--runs", metavar="K", default="1", help="histories, with seeds counting up (default: 1)")
        parser.add_argument("--days", metavar="N", help="business days that are reported (default: the scenario's)")
        parser.add_argument("--out", metavar="DIR", help="results folder (default: results/<scenario>-<hash>)")
        parser.add_argument("--record", metavar="LEVEL", help="summary, daily or full (default: full for one history, "
                                                              "daily for several)")
    if name in ("run", "rerun"):
        parser.add_argument("--jobs", metavar="J", default="1",
                            help="processes (default: 1); results do not depend on it")
    if name in ("rerun", "report"):
        parser.add_argument("folder", metavar="DIR", help="a results folder")
    if name in ("schema", "parameters"):
        parser.add_argument("-o", "--out", metavar="FILE", help="write to a file instead of the screen")


@command
def list_(options: argparse.Namespace) -> int:
    """Print the shipped scenarios, and every type there is."""
    from sim.terminal import catalogue

    print(catalogue())
    return FINE


@command
def describe(options: argparse.Namespace) -> int:
    """Say in English who takes part, with what rule, and what happens when."""
    print(load(options.scenario, options.changes).describe(), end="")
    return FINE


@command
def check(options: argparse.Namespace) -> int:
    """Report everything that is wrong with files of scenarios and studies."""
    problems: list[Problem] = []
    for name in options.scenarios:
        try:
            print(f"{name}: fine ({cli_experiments.checked(name, options.changes)})")
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return FINE


@command
def schema(options: argparse.Namespace) -> int:
    """Print the JSON Schema of a scenario, which editors complete from."""
    from sim.schema import text

    return write(text(), options.out)


@command
def parameters(options: argparse.Namespace) -> int:
    """Print every parameter with unit, bounds, meaning and source, as Markdown."""
    from sim.reference import markdown

    return write(markdown(), options.out)


@command
def run(options: argparse.Namespace) -> int:
    """Run a scenario once or many times, and write results and a report."""
    from sim.loading import Change

    runs, jobs = whole("--runs", options.runs), whole("--jobs", options.jobs)
    changes = [*options.changes,
               *(Change(f"{path}={value}", f"{option} {value}") for option, path, value in (
                   ("--seed", "seed", options.seed), ("--days", "days", options.days),
                   ("--record", "record.level", options.record)) if value is not None)]
    scenario = load(options.scenario, changes)
    if runs > 1 and "level" not in scenario.record.model_fields_set:
        scenario = load(options.scenario, [*changes, Change("record.level=daily", "--runs")])
    seeds = [scenario.seed + number for number in range(runs)]

    from sim.folder import replaces
    from sim.report import build
    from sim.run import default_folder, run
    from sim.terminal import outcome

    out = Path(options.out or default_folder(scenario, seeds))
    sys.stderr.write(replaces(out, scenario.hash8(), seeds))
    announce_compiling()
    results = run(scenario, seeds, out=out, jobs=jobs, progress=sys.stderr.isatty())
    finish_compiling()
    print(outcome(scenario, results, build(results) if results.figures.runs else None))
    return FAILED if results.failed else FINE


for function in (cli_experiments.compare, cli_experiments.sweep, cli_experiments.page, cli_sensitivity.sensitivity,
                 cli_calibrate.calibrate, cli_margin.backtest, cli_margin.margin, cli_stress.stress,
                 cli_stress.reverse_stress, contagion, cli_dashboard.dashboard, cli_validate.validate,
                 cli_validate.export):
    command(function)


@command
def rerun(options: argparse.Namespace) -> int:
    """Run a results folder again and say whether it comes out the same, bit for bit."""
    jobs = whole("--jobs", options.jobs)
    from sim.rerun import rerun as run_again

    announce_compiling()
    comparison = run_again(options.folder, progress=sys.stderr.isatty(), jobs=jobs)
    print(comparison)
    return FINE if comparison.same else FAILED


@command
def report(options: argparse.Namespace) -> int:
    """Write the report of a results folder anew."""
    if (Path(options.folder) / "ledger.sqlite").is_file():
        raise bad_input(shown(options.folder), "this is the folder of a study; its page is written by `compute-futures "
                                               "page`")
    from sim.report import build

    print(shown(build(Path(options.folder))))
    return FINE


@command
def doctor(options: argparse.Namespace) -> int:
    """Say whether this machine and installation are ready."""
    from sim.doctor import examine

    text, well = examine()
    print(text)
    return FINE if well else FAILED


@command
def warmup(options: argparse.Namespace) -> int:
    """Compile everything now, so that the first run starts at once."""
    from sim.doctor import warm_up

    print(warm_up())
    return FINE


def load(name: str, changes: Sequence[str | Change]) -> Scenario:
    """The scenario that is meant, with the changes of the command line."""
    from sim.scenario import Scenario

    return Scenario.load(name, changes)


def whole(option: str, text: str) -> int:
    """A number of at least one. Raises BadInput for anything else."""
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise bad_input(f"{option} {text}", "a whole number from 1 to 100,000 is expected")
    return int(text)


def write(text: str, out: str | None) -> int:
    """Print a text, or write it to a file."""
    if out is None:
        print(text, end="")
        return FINE
    try:
        Path(out).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise bad_input(Where(out), f"this file cannot be written: {getattr(error, 'strerror', error)}") from None
    return FINE


def announce_compiling() -> None:
    """Say so before something is done that takes a while, once."""
    from sim.jit import is_warm

    if not is_warm():
        print("compiling the inner loops, which takes about 10 seconds and is kept for later runs", file=sys.stderr)


def finish_compiling() -> None:
    """Remember that what a run needs has been compiled."""
    from sim.jit import mark_warm

    mark_warm()
