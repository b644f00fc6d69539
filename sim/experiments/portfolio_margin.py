"""Margin of portfolios that a user brings: accounts, contract months, and what their offsets are worth.

A file of positions has ``account``, ``contract`` and ``quantity`` (negative if short). A file of prices has either
``date``, ``contract`` and ``price``, or ``date`` and a column of prices for each contract, empty before its first day.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.calendar import month_number
from sim.clearing.margin.portfolio import Offsets, Parts
from sim.clearing.rates import RateRule
from sim.errors import BadInput, Problem, Where, bad_input, near_miss, quoted, shown
from sim.experiments.margin_rules import Rule, rule_of
from sim.price_files import Row, date_of, price_of, read_rows

GPU_HOURS = 730.0  # of the monthly future; NYMEX submission 26-370 (2026-08-11)
MONTH = re.compile(r"(\d{4})-(\d{2})$|([A-Za-z]{3})[ -]?(\d{4})$")
NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Curve:
    """Settlement prices of contract months, the nearest first.

    contracts : names; dates : datetime64[s][days]; prices : float64[days, contracts], nan before a contract's first day
    months    : int64[contracts]  place in time: absolute month numbers, or 0, 1, 2, ... where names do not tell
    """

    contracts: tuple[str, ...]
    dates: np.ndarray
    prices: np.ndarray
    months: np.ndarray


@dataclass(frozen=True)
class Margins:
    """What accounts must hold under each rule.

    position : int64[accounts, contracts]; value : int64[contracts]  cents that a contract is worth at its last price
    parts    : for each rule cents by account, as ``sim.clearing.margin.portfolio.Requirement.parts`` has them
    rates    : for each rule float64[2, contracts], what one contract alone needs if long and if short
    """

    curve: Curve
    accounts: tuple[str, ...]
    position: np.ndarray
    value: np.ndarray
    parts: dict[str, Parts]
    rates: dict[str, np.ndarray]

    def table(self) -> Any:
        """A pandas table with a row for each rule and account, and one for all accounts; dollars."""
        import pandas as pd

        frames = []
        for label, parts in self.parts.items():
            frame = pd.DataFrame({name: cents / 100 for name, cents in parts.items()}, index=list(self.accounts))
            frame.loc["all accounts"] = frame.sum()
            frame.insert(0, "gross_value", [*self._gross(), self._gross().sum()])
            frames.append(frame.rename_axis("account").assign(rule=label).set_index("rule", append=True))
        return pd.concat(frames).swaplevel().fillna(0.0)

    def contracts(self) -> Any:
        """A pandas table with a row for each rule, account and contract: its margin if nothing offset it; dollars."""
        import pandas as pd

        rows, columns = np.nonzero(self.position)
        held = self.position[rows, columns]
        who, what = np.array(self.accounts)[rows], np.array(self.curve.contracts)[columns]
        frames = [pd.DataFrame({
            "rule": label, "account": who, "contract": what, "quantity": held, "price": self.curve.prices[-1, columns],
            "rate": rates[np.where(held > 0, 0, 1), columns],
            "alone": np.abs(held) * self.value[columns] * rates[np.where(held > 0, 0, 1), columns] / 100,
        }) for label, rates in self.rates.items()]
        return pd.concat(frames, ignore_index=True)

    def write(self, path: str | Path) -> None:
        """The table of accounts as a CSV file."""
        self.table().to_csv(path, float_format="%.2f")

    def _gross(self) -> np.ndarray:
        return (np.abs(self.position) * self.value).sum(axis=1) / 100


def portfolio_margin(positions: str | Path, prices: str | Path, models: Sequence[Any] = ("filtered_historical",), *,
                     size: float = GPU_HOURS, volumes: Mapping[str, float] | None = None, recognised: float = 0.80,
                     spread_charge: float = 0.25) -> Margins:
    """Margin every account of a file of positions, at the last of a file of settlement prices.

    Parameters
    ----------
    positions, prices : CSV files as described at the top
    models     : rules, as ``sim.experiments.margin_rules.rule_of`` takes them
    size       : units of the price that one contract is on
    volumes    : contracts traded on an average day, by contract; without them size is not charged
    recognised, spread_charge : see ``sim.clearing.margin.portfolio.Offsets``

    Raises BadInput with every line that cannot be used.
    """
    curve = read_curve(prices)
    accounts, position = read_positions(positions, curve)
    value = np.floor(np.nan_to_num(curve.prices[-1]) * size * 100 + 0.5).astype(np.int64)
    traded = None if volumes is None else np.array([float(volumes.get(name, 0.0)) for name in curve.contracts])
    parts, rates = {}, {}
    for rule in (rule_of(choice) for choice in models):
        offsets = Offsets(curve.months, traded, None, spread_charge, recognised)
        rates[rule.label], scale = _today(rule, curve.prices)
        requirement = rule.model.requirement(curve.prices, offsets._replace(scale=scale))
        parts[rule.label] = requirement.parts(position, value)
    return Margins(curve, accounts, position, value, parts, rates)


def _today(rule: Rule, prices: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Rates of both sides after the last price, and what rules against procyclicality make of a dollar."""
    sides = rule.model.sides(prices)
    if not rule.damper.chain():
        return sides, None
    rates = RateRule(rule.model, rule.damper)
    for day in range(len(prices) + 1):
        rates.update(prices[:day])
    return sides * rates.scale(), rates.scale()


def read_positions(source: str | Path, curve: Curve) -> tuple[tuple[str, ...], np.ndarray]:
    """Accounts in the order of the file, and int64[accounts, contracts]; several lines of one contract add up."""
    path, problems = _file(source), []
    rows = read_rows(path, ("account", "contract", "quantity"))
    accounts = tuple(dict.fromkeys(row.cells["account"] for row in rows))
    position = np.zeros((len(accounts), len(curve.contracts)), np.int64)
    for row in rows:
        where, contract, text = Where(shown(path), row.line), row.cells["contract"], row.cells["quantity"]
        if not row.cells["account"]:
            problems.append(Problem(where, "`account` is empty"))
        if contract not in curve.contracts:
            near = near_miss(contract, curve.contracts) or ";"
            text = f'no prices of contract "{contract}"{near} there are: {quoted(curve.contracts)}'
            problems.append(Problem(where, text))
        elif not re.fullmatch(r"[+-]?\d{1,12}(\.0*)?", text):  # 5.0, as spreadsheets write it
            problems.append(Problem(where, f'`quantity` is "{text}"; a whole number of contracts is expected'))
        elif np.isnan(curve.prices[-1, curve.contracts.index(contract)]):
            problems.append(Problem(where, f"contract {contract} has no price on the last day"))
        else:
            held = int(text.partition(".")[0])
            position[accounts.index(row.cells["account"]), curve.contracts.index(contract)] += held
    if problems:
        raise BadInput(problems)
    if not rows:
        raise bad_input(shown(path), "there are no positions")
    return accounts, position


def read_curve(source: str | Path) -> Curve:
    """Settlement prices of contract months, in either form, ordered by month where the names say it."""
    path = _file(source)
    rows = read_rows(path, ("date",))
    problems: list[Problem] = []
    names = [name for name in (rows[0].cells if rows else ()) if name != "date"]
    long = {"contract", "price"} <= set(names)
    if not names or not rows:
        raise bad_input(shown(path), "there are no prices: `date`, `contract`, `price`, or a column for each contract")
    cells = [(row, row.cells["contract"], row.cells["price"]) for row in rows] if long else \
        [(row, name, row.cells[name]) for row in rows for name in names]
    found: dict[tuple[np.datetime64, str], float] = {}
    for row, contract, text in cells:
        if text or long:
            _enter(found, row, contract, text, Where(shown(path), row.line), problems)
    if problems:
        raise BadInput(problems)
    contracts = _by_month(list(dict.fromkeys(contract for _, contract in found)))
    dates = np.unique(np.array([date for date, _ in found], "datetime64[s]"))
    table = np.array([[found.get((date, contract), np.nan) for contract in contracts] for date in dates])
    problems = [Problem(Where(shown(path)), f"contract {contract} has no price between two that it has: {date:.10s}")
                for contract, column in zip(contracts, table.T, strict=True)
                for date in np.datetime_as_string(dates[_gaps(column)])]
    if problems:
        raise BadInput(problems)
    return Curve(tuple(contracts), dates, table, _months(contracts))


def _enter(found: dict, row: Row, contract: str, text: str, where: Where, problems: list[Problem]) -> None:
    date = date_of(row.cells["date"], where, problems)
    price = price_of(text, contract, where, problems)
    if (date, contract) in found:
        problems.append(Problem(where, f"{row.cells['date']} stands twice for contract {contract}"))
    found[date, contract] = price


def _gaps(column: np.ndarray) -> np.ndarray:
    """int64[k]: days without a price after the first one and before the last."""
    known = np.flatnonzero(~np.isnan(column))
    inside = np.arange(known[0], known[-1])
    return inside[np.isnan(column[inside])]


def _month(contract: str) -> int | None:
    match = MONTH.search(contract)
    if match is None:
        return None
    year, number = (match[1], int(match[2])) if match[1] else (match[4], 1 + NAMES.index(match[3].lower())
                                                              if match[3].lower() in NAMES else 0)
    return month_number(dt.date(int(year), number, 1)) if 1 <= number <= 12 else None


def _by_month(contracts: list[str]) -> list[str]:
    months = [_month(name) for name in contracts]
    return contracts if None in months else [name for _, name in sorted(zip(months, contracts, strict=True))]


def _months(contracts: list[str]) -> np.ndarray:
    months = [_month(name) for name in contracts]
    return np.arange(len(contracts)) if None in months else np.array(months)


def _file(source: str | Path) -> Path:
    path = Path(source)
    if not path.is_file():
        raise bad_input(str(source), "no such file")
    return path
