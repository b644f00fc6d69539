"""The command ``contagion``: a shock with and without finance reacting; what it needs is imported when it runs."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import bad_input, shown

if TYPE_CHECKING:
    from sim.experiments.contagion import Contagion, Ratio

ROWS = ("forced_events", "closures", "defaults", "margin_call_cents", "default_deficit_cents", "house_loss_cents",
        "open_interest")


def contagion_options(parser: argparse.ArgumentParser) -> None:
    """What ``contagion`` understands."""
    parser.add_argument("scenario", metavar="SCENARIO", help="a YAML file, or the name of a shipped one, with a shock")
    parser.add_argument("--runs", metavar="K", default="10", help="histories (default: 10)")
    parser.add_argument("--days", metavar="N", default="60", help="business days after the eve of the first shock "
                                                                  "(default: 60)")
    parser.add_argument("--reactions", metavar="A,B,...", default="", help="reactions that are also frozen one at a "
                        "time, such as margin,flows,collateral (default: all of them); none to leave that out")
    parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], dest="changes",
                        help="change one value; may be repeated")
    parser.add_argument("--out", metavar="DIR", help="where tables and figure go (default: "
                                                     "results/contagion-<scenario>-<hash>)")
    parser.add_argument("--resume", action="store_true", help="go on with what was begun in that folder, or add to it")
    parser.add_argument("--publish", metavar="DIR", help="write tables and figure, without paths, there as well")
    parser.add_argument("--jobs", metavar="J", default="1", help="processes (default: 1); results do not depend on it")


def contagion(options: argparse.Namespace) -> int:
    """Tell a shock's own effect from what finance adds to it, on the same luck."""
    from sim.cli import FAILED, FINE, announce_compiling, finish_compiling, load, whole

    runs, days, jobs = (whole(name, value) for name, value in (("--runs", options.runs), ("--days", options.days),
                                                               ("--jobs", options.jobs)))
    scenario = load(options.scenario, options.changes)
    from sim.experiments.contagion import contagion as told
    from sim.experiments.contagion import default_reactions

    single = {"": default_reactions(scenario), "none": []}.get(options.reactions)
    reactions = single if single is not None else [name.strip() for name in options.reactions.split(",")]
    folder = Path(options.out or f"results/contagion-{scenario.name}-{scenario.hash8()}")
    announce_compiling()
    found = told(scenario, runs, jobs, days=days, reactions=reactions, progress=True, out=folder,
                 resume=options.resume)
    finish_compiling()
    if found.figures:
        print(table(found))
        figure = write(found, folder)
        print(f"\nfigure   {shown(figure)}\ntables   {shown(folder / 'contagion.json')}, "
              f"{shown(folder / 'histories.csv')}, {shown(folder / 'paths.parquet')}")
        if options.publish:
            publish(found, Path(options.publish))
            print(f"copy     {shown(Path(options.publish))}")
    for seed, error in found.failed[:10]:
        print(f"seed {seed} failed: {error.strip().splitlines()[-1]}")
    return FAILED if found.failed else FINE


def write(found: Contagion, folder: Path, paths: bool = True) -> Path:
    """Write ``contagion.csv`` and ``.json``, ``histories.csv``, ``paths.parquet``, the figure; returns its path."""
    from sim import provenance
    from sim.experiments.contagion_figure import draw

    ratios = {name: dict(zip(ratio._fields, map(_finite, ratio), strict=True))
              for name, ratio in found.ratios().items()}
    means = {name: {key: _finite(value) for key, value in row.items()}
             for name, row in found.table().to_dict("index").items()}
    about = {"scenario": found.scenario, "days": found.days, "histories": len(found.figures),
             "seeds": sorted(found.figures), "source": provenance.source_hash(),
             "command_line": provenance.command_line(), "environment": provenance.environment()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found.table().to_csv(folder / "contagion.csv", lineterminator="\n")
        found.histories().to_csv(folder / "histories.csv", index=False, lineterminator="\n")
        text = json.dumps({"about": about, "ratios": ratios, "figures": means}, indent=1, ensure_ascii=False)
        (folder / "contagion.json").write_text(text + "\n", encoding="utf-8")
        if paths:
            found.paths.to_parquet(folder / "paths.parquet", index=False)
        figure = draw(found).fig
        figure.savefig(folder / "contagion.png", dpi=150)
        figure.savefig(folder / "contagion.svg", metadata={"Date": None})
    except OSError as error:
        raise bad_input(str(folder), f"nothing can be written here: {error.strerror or error}") from None
    return folder / "contagion.svg"


def publish(found: Contagion, folder: Path) -> None:
    """Write tables and figure without paths, and ``README.md``: the figure, what is printed, and the command."""
    import re

    from sim import provenance
    from sim.folder import write_text

    write(found, folder, paths=False)
    command = re.sub(r" --(?:out|publish)[ =](?:'[^']*'|\S+)", "", provenance.command_line())
    lost = [f"Seed {seed} failed and is left out: {error.strip().splitlines()[-1]}" for seed, error in found.failed]
    write_text(folder / "README.md", "\n".join([
        f"# What {found.scenario} does by itself, and what finance adds", "",
        "![Prices and losses with the reactions of finance, and without them](contagion.png)", "",
        "```", table(found), "```", "", *lost, "Made by", "", "```",
        f"{command} --out FOLDER --publish {shown(folder)}", "```", "",
        "`histories.csv` has every figure of every history, `contagion.csv` their means with intervals, "
        "`contagion.json` these with ratios, seeds, source and packages.", ""]))


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
    return "\n".join([*lines, *_credit(found, mean), *_spread(found)])


def _credit(found: Contagion, mean: Callable[[str], float]) -> list[str]:
    """Losses of lenders in each world, where there are any."""
    whole = found.table()
    if "eve_losses" not in whole.index:
        return []
    lines = ["", f"{'Lenders: mean over histories, claims that existed on the eve':<58}{'lost, %':>10}"
                 f"{'operators':>12}{'banks':>8}{'carries':>10}"]
    ratios = found.ratios()
    for name in whole.index:
        if name == "eve_losses" or name.startswith("eve_losses_"):
            mark = name.removeprefix("eve_losses")
            told = {"": "as it is", "_primary": "all reactions frozen"}.get(mark, mark[1:].replace("_", " ")
                                                                            .replace("without ", "frozen alone: "))
            share = ratios.get(f"share_of_contagion_{mark.removeprefix('_without_')}")
            part = f"{digits_of(100 * share.value)} %" if share else ""
            failed, banks = mean("operators_failed" + mark), mean("bank_failures" + mark)
            lines.append(f"{'  ' + told:<58}{digits_of(mean(name)):>10}{digits_of(failed):>10} %{digits_of(banks):>8}"
                         f"{part:>10}".rstrip())
    lines.append(f"  {digits_of(mean('cascades'))} % of histories cascade: a quarter of operators defaults, a tenth "
                 "more than when frozen.")
    for name, told in (("loss_multiplied", "all reactions"), ("loss_multiplied_by_credit", "credit")):
        if name in ratios:
            lines.append(f"  The loss with {told}, over that without: {told_ratio(ratios[name])}.")
    return lines


def _spread(found: Contagion) -> list[str]:
    """The branching ratio in two ways."""
    ratios = found.ratios()
    if not math.isfinite(ratios["n_by_causes"].value):
        return []
    return ["", f"Of all in distress, others brought into it {told_ratio(ratios['n_by_causes'])} by weighted causes,",
            f"and {told_ratio(ratios['n_by_frozen'])} by 1 - primary / all, with the frozen world."]


def told_ratio(ratio: Ratio) -> str:
    """A ratio of sums with its interval."""
    return digits_of(ratio.value) + (f" ({digits_of(ratio.low)} to {digits_of(ratio.high)})"
                                     if math.isfinite(ratio.low) else "")


def digits_of(value: float) -> str:
    """Three digits at most."""
    from sim.terminal import digits

    return digits(value)


def span(each: object) -> str:
    """The interval of a mean in brackets; empty for one history."""
    from sim.terminal import digits

    low, high = float(each["low"]), float(each["high"])  # type: ignore[index]
    return f" ({digits(low)} to {digits(high)})" if math.isfinite(low) else ""


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"contagion": contagion_options}
