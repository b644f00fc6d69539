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
ABOUT_WORLDS = (
    "On the eve of the blow the world is copied twice. *By itself*, or frozen: the blow falls and finance stands",
    "still. *Undisturbed*: finance stands still and the blow never happens. All have the same luck, day by day, so",
    "that what luck does to prices cancels. *Finance adds*: the world as it is over the frozen one. The two days that",
    "are named are those on which the mean over histories is largest, and are the same for all of them; the average",
    "over all days chooses none, and alone decides whether finance adds anything.")


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
    days = {price: {"largest": str(found.date(one.largest))[:10], "gap": str(found.date(one.gap))[:10],
                    "direction": one.sign} for price, one in found.courses.items()}
    about = {"scenario": found.scenario, "days": found.days, "told_on": days, "histories": len(found.figures),
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
    command = re.sub(r" --(?:resume|(?:out|publish)[ =](?:'[^']*'|\S+))", "", provenance.command_line())
    lost = [f"Seed {seed} failed and is left out: {error.strip().splitlines()[-1]}" for seed, error in found.failed]
    write_text(folder / "README.md", "\n".join([
        f"# What {found.scenario} does by itself, and what finance adds", "",
        "![Prices and losses with the reactions of finance, and without them](contagion.png)", "",
        *ABOUT_WORLDS, "",
        "```", table(found), "```", "", *lost, "Made by", "", "```",
        f"{command} --out FOLDER --publish {shown(folder)}", "```", "",
        "`histories.csv` has every figure of every history, `contagion.csv` their means with intervals and medians, "
        "`contagion.json`", "these with ratios, days, seeds, source and packages.", ""]))


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(found: Contagion) -> str:
    """What is printed: the verdict, moves of prices, what reactions carried, who was harmed in each world."""
    from sim.experiments.contagion_words import alike, stands, verdict
    from sim.terminal import wrapped

    whole, count = found.table(), len(found.figures)
    note = f"{count} {'history' if count == 1 else 'histories'}, {found.days} days"
    mean = lambda name: float(whole.loc[name, "mean"])
    said = [f"{verdict(found, whole)}.", f"On {day(found, 'price', 'largest')} {alike(found)} go that way."]
    spot = f"Spot by itself stands {stands(whole.loc['spot_primary'])} on {day(found, 'spot', 'largest')}."
    lines = [f"{'Contagion after the first shock of ' + found.scenario:<{100 - len(note)}}{note}",
             *wrapped([" ".join([*(said if count > 1 and found.courses["price"].sign else said[:1]), spot])]), "",
             *_moves(found)]
    single = [name for name in whole.index if name.startswith("carried_by_")]
    if single:
        head = f"What it adds to the future on {day(found, 'price', 'gap')}, frozen alone, %"
        lines += ["", f"{head:<68}{'mean':>7}  90 % interval"]
        lines += [f"{'  ' + name.removeprefix('carried_by_'):<68}{digits_of(mean(name)):>7} {span(whole.loc[name])}"
                  .rstrip() for name in single]
    lines += ["", f"{'Until the end':<52}{'as it is':>9}{'median':>8}{'frozen':>8}{'undisturbed':>12}"
                  f"{'by finance':>11}"]
    for name in ROWS:
        label, unit = str(whole.loc[name, "label"]), str(whole.loc[name, "unit"])
        full, still = mean(name), mean(f"{name}_primary")
        told = f"  {label}" + ("" if unit == "number" else f", {unit}")
        lines.append(f"{told:<52}{digits_of(full):>9}{digits_of(float(whole.loc[name, 'median'])):>8}"
                     f"{digits_of(still):>8}{digits_of(mean(f'{name}_undisturbed')):>12}{digits_of(full - still):>11}")
    return "\n".join([*lines, *_credit(found, mean), *_spread(found)])


def day(found: Contagion, price: str, which: str) -> str:
    """The date of the ``largest`` move or ``gap`` of a price, "5 Apr 2027"."""
    from sim.shocks.base import in_words

    return in_words(found.date(getattr(found.courses[price], which)))


def _moves(found: Contagion) -> list[str]:
    """How far the future and spot moved by themselves, with finance, and by finance, on two days and on average."""
    from sim.experiments.contagion_moves import PRICES, WHEN

    whole = found.table()
    lines = [f"{'Moves, %':<46}{'by itself':>10}{'as it is':>10}{'finance adds':>25}{'median':>9}"]
    for price, (mark, name) in PRICES.items():
        whens = (f" on {day(found, price, 'largest')}, blow at its largest",
                 f" on {day(found, price, 'gap')}, finance adds most", f", average of {found.days} days")
        for when, told in zip(WHEN, whens, strict=True):
            by, full, more = (whole.loc[f"{mark}{move}{when}"] for move in ("primary", "full", "contagion"))
            added = digits_of(float(more["mean"])) + span(more)
            lines.append(f"{f'  {name.capitalize()}{told}':<46}{digits_of(float(by['mean'])):>10}"
                         f"{digits_of(float(full['mean'])):>10}{added:>25}{digits_of(float(more['median'])):>9}")
    return [*lines, "  By itself and as it is: against the undisturbed twin; means of moves are taken in logs."]


def _credit(found: Contagion, mean: Callable[[str], float]) -> list[str]:
    """Losses of lenders in each world, where there are any."""
    whole = found.table()
    if "eve_losses" not in whole.index:
        return []
    lines = ["", f"{'Lenders: claims that existed on the eve':<42}{'lost, %':>8}{'median':>8}{'operators, %':>14}"
                 f"{'median':>8}{'banks':>8}{'carries':>10}"]
    ratios, single = found.ratios(), sorted(name for name in whole.index if name.startswith("eve_losses_without_"))
    for name in ("eve_losses", "eve_losses_primary", "eve_losses_undisturbed", *single):
        mark = name.removeprefix("eve_losses")
        told = {"": "as it is", "_primary": "all reactions frozen", "_undisturbed": "undisturbed, all frozen"}.get(
            mark, f"frozen alone: {mark.removeprefix('_without_')}")
        share = ratios.get(f"share_of_contagion_{mark.removeprefix('_without_')}")
        part = f"{digits_of(100 * share.value)} %" if share else ""
        failed, lost = f"operators_failed{mark}", float(whole.loc[name, "median"])
        lines.append(f"{'  ' + told:<42}{digits_of(mean(name)):>8}{digits_of(lost):>8}{digits_of(mean(failed)):>14}"
                     f"{digits_of(float(whole.loc[failed, 'median'])):>8}{digits_of(mean('bank_failures' + mark)):>8}"
                     f"{part:>10}".rstrip())
    many, all_ = round(mean("cascades") * len(found.figures) / 100), len(found.figures)
    lines += [f"  {many} of {all_} histories ({digits_of(mean('cascades'))} %) cascade: a quarter of operators "
              "defaults, a tenth more than when frozen."]
    lines += ["  Outcomes are all or nothing: the median is a usual history, the mean is made by few."] if many else []
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
    from sim.experiments.contagion_words import span as told

    return told(each)


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"contagion": contagion_options}
