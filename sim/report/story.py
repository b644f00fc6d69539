"""What a report says in words: the key figures, the numbers, what it rests on. All from results."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from sim.report import words
from sim.report.history import History
from sim.report.yardstick import Yardstick
from sim.results import Results

# What open data show, with which the model is compared; see docs/validation.md for the series behind it.
REAL = {
    "volatility_index_transaction": (40, 70), "kurtosis_index_transaction": (5, 10),
    "tail_index_transaction": (2, 3.5), "volatility_index_assessed": (15, 30),
    "unchanged_index_assessed": (40, 100), "list_dispersion": (0.4, 0.6), "regional_correlation": (0.3, 0.6)}
NUMBERS = ("hedge_effectiveness", "risk_ratio", "hedged_cost", "spot_cost", "volatility_spot", "mispricing_sd",
           "spread_front", "rationed", "small_refused", "defaults", "forced_events", "branching", "loan_defaults",
           "eve_loss_share", "bank_failures", "member_defaults", "mutual_loss")  # in the order of the table
ASSUMPTIONS = (
    r"scale", r"compute\.demand\.growth", r"compute\.supply\.growth", r"compute\.supply\.lead_time",
    r"compute\.prices\.committed_share", r"indices\.assessed\.panel", r"market\.contracts\..*\.(size|index)",
    r"clearing\.margin\.(?!name$)\w+", r"clearing\.maintenance", r"agents\.\w*speculator\.leverage_max",
    r"agents\.data_centre\.buffer", r"(shocks|policies)\..*\.(?!name$|date$)\w+")
MOST_ASSUMPTIONS = 14


@dataclass(frozen=True)
class Key:
    """One key figure: its name, value, interval, and what it is measured against."""

    name: str
    value: str
    span: str
    beside: str
    unit: str


def mean(results: Results, name: str) -> float:
    """Mean of a figure over the histories; nan where it is not known."""
    return results.figures.aggregate().get(name, {}).get("mean", math.nan)


def known(results: Results, name: str) -> list[float]:
    """A figure's values, a history each, without those that are not known."""
    return [figures[name] for _, _, figures in results.figures.runs if math.isfinite(figures.get(name, math.nan))]


def keys(results: Results, history: History | None, base: Yardstick) -> list[Key]:
    """Four key figures, each with its interval and with the baseline, or something else, to measure it against."""
    many = len(results.figures.runs) > 1
    people = 0
    if history is not None and "participants_open" in history.daily:
        people = int(history.daily["participants_open"].iloc[0])
    of = f"of {people:,} participants" if people else "one history"
    lent = [("Lost of the eve's claims", "eve_loss_share", " %", "", "on loans and tranches"),
            ("Loan defaults", "loan_defaults", "", "", "operators")]
    found = [
        ("Hedge effectiveness", "hedge_effectiveness", " %", "a perfect hedge: 100 %", "of the variance of cost"),
        ("Volatility of spot", "volatility_spot", " %", "traded H100 index: 40 to 70 %", "a year"),
        *(lent if math.isfinite(mean(results, "loan_defaults")) else []),
        ("Margin calls", "margin_calls", "", of, "a year"),
        ("Defaults", "defaults", "", of, "a year"),
        ("Bid-ask spread", "spread_front", " %", "nearest month", "of price"),
        ("Volume", "volume", "", "all months together", "contracts a day")]
    out = []
    for name, metric, sign, otherwise, unit in found:
        value = mean(results, metric)
        if math.isfinite(value):
            beside = f"baseline {base.told(metric)}{sign}" if math.isfinite(base.mean(metric)) else otherwise
            out.append(Key(name, words.number(value, 2) + sign, span(results, metric) if many else "", beside, unit))
    return out[:4]


def span(results: Results, name: str) -> str:
    """The 90 % interval of a mean, inside the bounds of what can be: "3 to 5"."""
    total, values = results.figures.aggregate()[name], known(results, name)
    if len(values) > 1 and not any(values):
        return f"in none of {len(values)} histories"
    if not math.isfinite(total["low"]):
        return "one history"
    low, high = ends(results, name)
    return f"{words.number(low, 2)} to {words.number(high, 2)}"


def ends(results: Results, name: str) -> tuple[float, float]:
    """The 90 % interval of a mean: not below nought for what never was, nor above 100 for a part of a whole."""
    total, values = results.figures.aggregate()[name], known(results, name)
    part = results.figures.about.get(name, {}).get("unit", "").startswith("% of ") and max(values) <= 100.0
    low = max(total["low"], 0.0) if min(values) >= 0 else total["low"]
    return low, min(total["high"], 100.0) if part else total["high"]


def numbers(results: Results, base: Yardstick) -> list[dict[str, str]]:
    """The table of outcomes: measure, value, interval and range, baseline, unit."""
    totals, out = results.figures.aggregate(), []
    several = [name for name in totals if name.startswith(("venue_share_", "venue_gap_"))]
    for name in [name for name in (*several, *NUMBERS) if math.isfinite(totals.get(name, {}).get("mean", math.nan))]:
        about, total = results.figures.about[name], totals[name]
        many = math.isfinite(total["low"])
        out.append({"label": about["label"], "unit": about["unit"], "value": words.number(total["mean"]),
                    "interval": span(results, name) if many else "",
                    "tail": f"{words.number(total['q10'], 2)} to {words.number(total['q90'], 2)}" if many else "",
                    "base": base.told(name, 3),
                    "better": {"low": "lower", "high": "higher"}.get(about["better"], "")})
    return out


def policies(history: History | None) -> list[dict[str, str]]:
    """What rules of the scenario did: counts over the shown history; empty where no policy left any."""
    if history is None:
        return []
    told = {"limit_breaches": ("Positions beyond a limit, at the close", "account-days"),
            "limit_excess_contracts": ("Contracts beyond a limit", "contracts, added up over days"),
            "limit_months": ("Months that moved to their price limit", "contract-days"),
            "locked_months": ("Months that closed at their price limit", "contract-days"),
            "halted_rounds": ("Rounds without trading", "rounds"),
            "accountable_participants": ("Positions to be explained to the exchange", "account-days"),
            "concentrated_accounts": ("Accounts reported as concentrated", "account-days"),
            "prior_close_months": ("Months settled at an earlier close", "contract-days"),
            "transaction_tax_cents": ("Tax on transactions", "$")}
    out = []
    for name, (label, unit) in told.items():
        if name in history.daily:
            total = float(history.daily[name].sum())
            value = words.money(total / 100) if unit == "$" else words.count(total)
            out.append({"label": label, "value": value, "unit": "" if unit == "$" else unit})
    return out


def disclosed(results: Results, history: History | None) -> dict[str, Any]:
    """The clearing house's own account, quarter by quarter: heads and rows, the last six quarters."""
    if history is None or not len(results.disclosure):
        return {}
    table = results.disclosure
    table = table[table["run"] == history.run].tail(6)
    items = results.disclosure.attrs["items"]
    names = [name for name in ("initial_margin", "coverage", "largest_breach", "variation_peak", "call_peak", "loss",
                               "default_fund") if table[name].notna().any()]
    rows = [{"quarter": row["quarter"].replace("Q", " Q"), "cells": [words.number(float(row[name])) for name in names]}
            for row in table.to_dict("records")]
    heads = [f"{words.capital(items[name][1])}, {items[name][2]} ({items[name][0]})" for name in names]
    return {"heads": heads, "rows": rows}


def reality(results: Results) -> list[dict[str, str]]:
    """The table that holds the model against open data: measure, model, real range, whether it lies within."""
    totals, out = results.figures.aggregate(), []
    for name, (low, high) in REAL.items():
        value = totals.get(name, {}).get("mean", math.nan)
        if math.isfinite(value):
            about = results.figures.about[name]
            real = f"at least {low}" if name.startswith("unchanged") else f"{words.number(low)} to {words.number(high)}"
            out.append({"label": about["label"], "unit": about["unit"], "value": words.number(value, 2), "real": real,
                        "verdict": "within" if low <= value <= high else "below" if value < low else "above"})
    return out


def assumptions(results: Results) -> list[dict[str, str]]:
    """What the answer rests on most, with source: judgement or published."""
    table = results.parameters
    if not len(table):
        return []
    out = []
    for pattern in ASSUMPTIONS:
        for row in table[table["path"].str.fullmatch(pattern)].to_dict("records"):
            judged = row["source"].lower().startswith("judgement")
            number = re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", row["value"])
            value = words.number(float(row["value"])) if number else row["value"]
            out.append({"meaning": words.capital(row["meaning"]), "path": row["path"],
                        "value": measured(value, row["unit"]),
                        "source": row["source"].removeprefix("judgement:").strip() if judged else row["source"],
                        "grade": "judgement" if judged else "published"})
    return out[:MOST_ASSUMPTIONS]


def measured(value: str, unit: str) -> str:
    """A value with its unit as it is said: "7.5 % of notional", "10 times equity", "assessed"."""
    try:
        amount = float(value.replace(",", "").replace(words.MINUS, "-"))
    except ValueError:
        return value.replace("_", " ") if unit in ("name", "rule", "kind", "text") else f"{value} {unit}"
    share, _, of = unit.partition(" of ")
    if share == "share":
        return words.percent(amount, 3) + (f" of {of}" if of else "")
    return f"{value} times {of}" if share == "multiple" and of else f"{value} {unit}"


def sections(description: str) -> list[dict[str, Any]]:
    """The program's own description of a scenario, by heading: paragraphs, and lists where it has columns."""
    out: list[dict[str, Any]] = []
    for block in re.split(r"\n\s*\n", description.strip())[1:]:
        heading, *lines = block.split("\n")
        if heading.startswith(" ") or not lines:
            continue
        out.append({"heading": heading.strip(), "items": _items(lines), "short": ""})
    for section in out:
        if section["heading"] == "Who takes part":
            section["short"] = _in_short(section["items"])
    return out


def _in_short(items: list[dict[str, str]]) -> str:
    """Each group with its members in one line: those who need compute: 60 AI labs, 400 enterprises."""
    groups: list[tuple[str, list[str]]] = []
    for item in items:
        if item["count"] and groups:
            groups[-1][1].append(f"{item['count']} {_plural(item['name'], item['count'])}")
        elif not item["count"]:
            groups.append((item["text"], []))
    return " ".join(f"{name}: {', '.join(members)}." for name, members in groups if members)


def _plural(label: str, count: str) -> str:
    """A block's label as words: "ai_lab" is an AI lab, and 60 of them are AI labs."""
    words = " ".join("AI" if word == "ai" else word for word in label.split("_"))
    if words == "outside capital":
        return "source of capital from outside" if count == "1" else "sources of capital from outside"
    return words if count == "1" or words.endswith("s") else words + "s"


def _items(lines: list[str]) -> list[dict[str, str]]:
    """Entries of a section: a line that begins at its margin begins one, deeper lines go on with it."""
    items: list[dict[str, str]] = []
    for line in lines:
        depth = len(line) - len(line.lstrip())
        columns = re.match(r"\s+([\d,]+)\s{2,}(\w+)\s{2,}(.*)", line)
        dated = re.match(r"\s+(\d{1,2} [A-Z][a-z]{2} \d{4})\s{2}(\S.*)", line)
        pair = re.match(r"\s{2}(\S.*?)\s{3,}(\S.*)", line)
        if columns:
            items.append({"count": columns[1], "name": columns[2], "text": columns[3]})
        elif dated:
            items.append({"count": "", "name": dated[1], "text": dated[2]})
        elif pair:
            items.append({"count": "", "name": pair[1], "text": pair[2]})
        elif items and (depth > 2 or (items[-1]["text"] and not items[-1]["name"])):
            items[-1]["text"] += " " + line.strip()
        else:
            items.append({"count": "", "name": "", "text": line.strip()})
    return items
