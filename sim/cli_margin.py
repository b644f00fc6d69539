"""Commands that check margin on what the user brings: ``backtest`` and ``margin``."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import Where, bad_input, shown

if TYPE_CHECKING:
    from sim.experiments.backtest import Backtest
    from sim.experiments.portfolio_margin import Margins


def backtest_options(parser: argparse.ArgumentParser) -> None:
    """What ``backtest`` understands."""
    parser.add_argument("prices", metavar="PRICES", help="a CSV file with date and price, or a shipped series")
    parser.add_argument("--model", metavar="RULE", action="append", default=[], dest="models",
                        help="a margin rule, such as historical or 'filtered_historical + buffer'; may be repeated, "
                             "or several with commas (default: every model)")
    parser.add_argument("--position", metavar="P", default="long", help="long, short, or units held (default: long)")
    parser.add_argument("--confidence", metavar="C", default="0.99", help="share of days to be covered (default: 0.99)")
    parser.add_argument("--close-out", metavar="DAYS", default="1", help="days a loss is counted over (default: 1)")
    parser.add_argument("--column", metavar="NAME", default="price", help="column of prices (default: price)")
    parser.add_argument("-o", "--out", metavar="FILE", help="write every figure as CSV")
    parser.add_argument("--figure", metavar="FILE", help="draw prices, margin and losses (.svg, .png or .pdf)")


def margin_options(parser: argparse.ArgumentParser) -> None:
    """What ``margin`` understands."""
    parser.add_argument("positions", metavar="POSITIONS", help="a CSV file with account, contract and quantity")
    parser.add_argument("--prices", metavar="PRICES", required=True,
                        help="a CSV file with date, contract and price, or with date and a column for each contract")
    parser.add_argument("--model", metavar="RULE", action="append", default=[], dest="models",
                        help="a margin rule; may be repeated, or several with commas (default: filtered_historical)")
    parser.add_argument("--size", metavar="N", default="730", help="units of the price in one contract (default: 730, "
                                                                   "the monthly GPU-hour future)")
    parser.add_argument("-o", "--out", metavar="FILE", help="write every figure as CSV")


def backtest(options: argparse.Namespace) -> int:
    """Test margin rules on a price series: was the margin enough, how fast did it rise, what did it cost."""
    from sim.experiments.backtest import MODELS
    from sim.experiments.backtest import backtest as test

    found = test(options.prices, listed(options.models) or MODELS, options.position,
                 confidence=number("--confidence", options.confidence),
                 close_out_days=int(number("--close-out", options.close_out, whole=True)), column=options.column)
    print(tested(found))
    if options.figure:
        written(options.figure, lambda path: found.figure().savefig(path))
    if options.out:
        written(options.out, found.write)
    return 0


def margin(options: argparse.Namespace) -> int:
    """Margin the accounts of a file of positions, with what offsets are worth."""
    from sim.experiments.portfolio_margin import portfolio_margin

    size = number("--size", options.size)
    rules = listed(options.models) or ["filtered_historical"]
    found = portfolio_margin(options.positions, options.prices, rules, size=size)
    print(margined(found))
    if options.out:
        written(options.out, found.write)
    return 0


def listed(texts: Sequence[str]) -> list[str]:
    """The rules of all options, some of which hold several between commas."""
    from sim.cli_stress import listed as names

    return [name for text in texts for name in names(text)]


def number(option: str, text: str, whole: bool = False) -> float:
    """A number above zero. Raises BadInput for anything else."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0) or (whole and not value.is_integer()):
        raise bad_input(f"{option} {text}", f"a {'whole ' if whole else ''}number above 0 is expected")
    return value


def written(path: str, write: Callable[[Path], Any]) -> None:
    """Write a file and say so. Raises BadInput where that cannot be done."""
    try:
        write(Path(path))
    except (OSError, ValueError) as error:
        raise bad_input(Where(path), f"this file cannot be written: {getattr(error, 'strerror', None) or error}") \
            from None
    print(f"written  {shown(path)}")


def tested(found: Backtest) -> str:
    """The finding and a line for each rule."""
    from sim.terminal import digits

    rows = [found.row(outcome) for outcome in found.outcomes]
    good = [row for row in rows if row["one_sided_p"] >= 0.05]
    asked = f"{100 * found.confidence:g} %"
    note = f"{rows[0]['days']:,} prices, {found.side}, {asked} to be covered"
    first, last = (str(date)[:10] for date in (found.dates[0], found.dates[-1]))
    head = f"{first} to {last}"
    words = "No rule" if not good else "Every rule" if len(good) == len(rows) else f"{len(good)} of {len(rows)} rules"
    lines = [f"{head:<{100 - len(note)}}{note}",
             f"{words} had no more losses above margin than {asked} allows (at the 5 % level).", "",
             f"{'':<34}{'breaches':>10}{'allowed':>9}{'zone':>8}{'mean margin':>13}{'peak/trough':>13}"
             f"{'worst miss':>13}"]
    for row in rows:
        lines.append(f"{row['rule'][:33]:<34}{row['breaches']:>10,}{digits(row['expected']):>9}{row['zone']:>8}"
                     f"{percent(row['mean_margin']):>13}{digits(row['peak_to_trough']):>12}×"
                     f"{percent(row['largest_breach']):>13}")
    return "\n".join([*lines, "", "Margin and misses are shares of the position's value."])


def percent(share: float) -> str:
    """A share as people read it."""
    from sim.terminal import digits

    return f"{digits(100 * share)} %"


def margined(found: Margins) -> str:
    """A table for each rule: value, margin and its parts by account."""
    from sim.terminal import digits

    table = found.table()
    names = [name for name in table.columns if float(table[name].abs().max()) > 0 or name == "gross_value"]
    total = next((name for name in ("total", "margin", "requirement") if name in names), names[-1])
    lines = [f"{len(found.accounts):,} accounts, {len(found.curve.contracts):,} contracts, "
             f"prices of {str(found.curve.dates[-1])[:10]}"]
    for rule in found.parts:
        rows = table.loc[rule]
        everyone = rows.loc["all accounts"]
        lines += [f"{rule}: {digits(float(everyone[total]))} dollars of margin on positions worth "
                  f"{digits(float(everyone['gross_value']))}.", "",
                  f"{'dollars':<20}" + "".join(f"{name.replace('_', ' ')[:15]:>16}" for name in names)]
        for account, row in rows.iterrows():
            lines.append(f"{str(account)[:19]:<20}" + "".join(f"{float(row[name]):>16,.2f}".replace("-", "−")
                                                              for name in names))
        lines.append("")
    return "\n".join(lines).rstrip()


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"backtest": backtest_options, "margin": margin_options}
