"""The command ``contagion``: a shock with and without finance reacting; what it needs is imported when it runs."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import bad_input, shown

if TYPE_CHECKING:
    from sim.experiments.contagion import Contagion

ROWS = ("forced_events", "closures", "defaults", "margin_call_cents", "default_deficit_cents", "house_loss_cents",
        "open_interest")


def contagion_options(parser: argparse.ArgumentParser) -> None:
    """What ``contagion`` understands."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a YAML file, or the name of a shipped one, with a shock")
    parser.add_argument("--runs", metavar="K", default="10", help="histories (default: 10)")
    parser.add_argument("--days", metavar="N", default="60", help="business days after the eve of the first shock "
                                                                  "(default: 60)")
    parser.add_argument("--reactions", metavar="A,B,...", default="", help="reactions that are also frozen one at a "
                        "time, such as margin,flows,sizing (default: all of them); none to leave that out")
    parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], dest="changes",
                        help="change one value; may be repeated")
    parser.add_argument("--out", metavar="DIR", help="where tables and figure go (default: "
                                                     "results/contagion-<scenario>-<hash>)")
    parser.add_argument("--jobs", metavar="J", default="1", help="processes (default: 1); results do not depend on it")


def contagion(options: argparse.Namespace) -> int:
    """Tell a shock's own effect from what finance adds to it, on the same luck."""
    from sim.cli import FAILED, FINE, announce_compiling, finish_compiling, load, whole

    runs, days, jobs = (whole(name, value) for name, value in (("--runs", options.runs), ("--days", options.days),
                                                               ("--jobs", options.jobs)))
    scenario = load(options.scenario, options.changes)
    from sim.experiments.contagion import contagion as told
    from sim.freezing import REACTIONS

    single = {"": list(REACTIONS), "none": []}.get(options.reactions)
    reactions = single if single is not None else [name.strip() for name in options.reactions.split(",")]
    announce_compiling()
    found = told(scenario, runs, jobs, days=days, reactions=reactions, progress=True)
    finish_compiling()
    if found.figures:
        print(table(found))
        folder = Path(options.out or f"results/contagion-{scenario.name}-{scenario.hash8()}")
        figure = write(found, folder)
        print(f"\nfigure   {shown(figure)}\ntables   {shown(folder / 'contagion.csv')}, {shown(folder / 'paths.csv')}")
    for seed, error in found.failed[:10]:
        print(f"seed {seed} failed: {error.strip().splitlines()[-1]}")
    return FAILED if found.failed else FINE


def write(found: Contagion, folder: Path) -> Path:
    """Write ``contagion.csv``, ``paths.csv``, the figure as SVG and PNG; returns the figure's path."""
    from sim.experiments.contagion_figure import draw

    try:
        folder.mkdir(parents=True, exist_ok=True)
        found.table().to_csv(folder / "contagion.csv", lineterminator="\n")
        found.paths.to_csv(folder / "paths.csv", index=False, lineterminator="\n")
        figure = draw(found).fig
        figure.savefig(folder / "contagion.png", dpi=150)
        figure.savefig(folder / "contagion.svg", metadata={"Date": None})
    except OSError as error:
        raise bad_input(str(folder), f"nothing can be written here: {error.strerror or error}") from None
    return folder / "contagion.svg"


def table(found: Contagion) -> str:
    """What is printed: the price's move in both worlds, what reactions carried, who was harmed in each."""
    from sim.terminal import digits

    whole, count = found.table(), len(found.figures)
    note = f"{count} {'history' if count == 1 else 'histories'}, {found.days} days"
    mean = lambda name: float(whole.loc[name, "mean"])
    sign = "up" if mean("primary") > 0 else "down"
    lines = [f"{'Contagion after the first shock of ' + found.scenario:<{100 - len(note)}}{note}",
             f"The price went {sign} by {digits(abs(mean('primary')))} % without finance reacting; reactions add "
             f"{digits(mean('contagion'))} %{span(whole.loc['contagion'])}, in logs.", "",
             f"{'Further move of the price, % in logs':<58}{'mean':>10}  90 % interval"]
    for name in whole.index:
        if name == "contagion" or name.startswith("carried_by_"):
            told = "all reactions" if name == "contagion" else f"{name.removeprefix('carried_by_')}, frozen alone"
            lines.append(f"{'  ' + told:<58}{digits(mean(name)):>10} {span(whole.loc[name])}".rstrip())
    lines += ["", f"{'Until the end':<58}{'with':>10}{'without':>10}{'by finance':>12}"]
    for name in ROWS:
        label, unit = str(whole.loc[name, "label"]), str(whole.loc[name, "unit"])
        full, still = mean(name), mean(f"{name}_primary")
        told = f"  {label}" + ("" if unit == "number" else f", {unit}")
        lines.append(f"{told:<58}{digits(full):>10}{digits(still):>10}{digits(full - still):>12}")
    return "\n".join(lines)


def span(each: object) -> str:
    """The interval of a mean in brackets; empty for one history."""
    from sim.terminal import digits

    low, high = float(each["low"]), float(each["high"])  # type: ignore[index]
    return f" ({digits(low)} to {digits(high)})" if math.isfinite(low) else ""


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"contagion": contagion_options}
