"""What a report says in words: the answer, the key figures, the numbers, what it rests on. All from results."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from sim.report import words
from sim.report.history import History, dollars
from sim.results import Results

# What open data show, with which the model is compared; see docs/validation.md for the series behind it.
REAL = {
    "volatility_index_transaction": (40, 70), "kurtosis_index_transaction": (5, 10),
    "tail_index_transaction": (2, 3.5), "volatility_index_assessed": (15, 30),
    "unchanged_index_assessed": (40, 100), "list_dispersion": (0.4, 0.6), "regional_correlation": (0.3, 0.6)}
NUMBERS = ("hedge_effectiveness", "cost_risk_unhedged", "cost_risk_hedged", "volatility_spot", "spread_front",
           "rationed", "defaults", "forced_share")  # in the order of the table
ASSUMPTIONS = (
    r"scale", r"compute\.demand\.growth", r"compute\.supply\.growth", r"compute\.supply\.lead_time",
    r"compute\.prices\.committed_share", r"indices\.assessed\.panel", r"market\.contracts\..*\.(size|index)",
    r"clearing\.margin\.(?!name$)\w+", r"clearing\.maintenance", r"agents\.\w*speculator\.leverage_max",
    r"agents\.data_centre\.buffer", r"(shocks|policies)\..*\.(?!name$|date$)\w+")
MOST_ASSUMPTIONS = 14


@dataclass(frozen=True)
class Key:
    """One key figure: its name, value and what it is measured against."""

    name: str
    value: str
    beside: str
    unit: str


def _mean(results: Results, name: str) -> float:
    return results.figures.aggregate().get(name, {}).get("mean", math.nan)


def _known(results: Results, name: str) -> list[float]:
    return [figures[name] for _, _, figures in results.figures.runs if math.isfinite(figures.get(name, math.nan))]


def answer(results: Results, history: History | None) -> tuple[str, str]:
    """The verdict in one sentence, and two more that give its reasons."""
    if not results.figures.runs:
        return "No run came to its end, so there is no answer yet.", _why_unfinished(results)
    hedge, failed = _mean(results, "hedge_effectiveness"), _defaults(results)
    total = results.figures.aggregate().get("hedge_effectiveness", {})
    if total.get("low", math.nan) < 0 < total.get("high", math.nan):
        verdict = ("Futures bought a quarter ahead made no clear difference to the risk in the cost of compute "
                   f"({_interval(results, 'hedge_effectiveness')} % of its variance), and {failed}.")
    elif math.isfinite(hedge):
        took = ("took most of the risk out of the cost of compute" if hedge >= 60 else
                "took a part of the risk out of the cost of compute" if hedge >= 20 else
                "took hardly any risk out of the cost of compute" if hedge >= 0 else
                "added to the risk of the cost of compute")
        much = f"{words.number(abs(hedge), 2)} % of its variance"
        verdict = f"Futures bought a quarter ahead {took} ({much}), and {failed}."
    elif history is not None:
        verdict = f"{words.capital(_prices(history))}, and {failed}."
    else:
        verdict = f"{words.capital(failed)}."
    reasons = [_basis(results)]
    if history is not None:
        reasons.append(_liquidity(history))
    return verdict, " ".join(text for text in reasons if text)


def _why_unfinished(results: Results) -> str:
    days = ", ".join(f"{row.get('days', 0)} days of run {row['run']}" for row in results.manifest["runs"])
    return f"What is shown here was finished before the end: {days} of {results.manifest['days']}."


def _defaults(results: Results) -> str:
    known = _known(results, "defaults")
    period = words.span(results.manifest["days"])
    if not known:
        return "defaults were not recorded"
    if len(known) > 1:
        hit = sum(value > 0 for value in known)
        if hit == 0:
            return f"nobody defaulted in any of {len(known)} histories of {period}"
        return f"somebody defaulted in {hit} of {len(known)} histories of {period}"
    total = round(known[0] * results.manifest["days"] / 252)
    return f"{words.count(total, 'participant') if total else 'nobody'} defaulted in {period}"


def _prices(history: History) -> str:
    spot = history.daily["spot_us"].dropna() if "spot_us" in history.daily else None
    if spot is None or not len(spot):
        return f"the market ran for {history.span()}"
    return (f"the spot price went from {words.price(spot.iloc[0])} to {words.price(spot.iloc[-1])} per GPU-hour in "
            f"{history.span()}")


def _basis(results: Results) -> str:
    """Why a hedge works or does not: how the index that futures settle to moves against the traded price."""
    spot, index = _mean(results, "volatility_spot"), _mean(results, "volatility_index_assessed")
    if not (math.isfinite(spot) and math.isfinite(index)):
        return ""
    if index < 0.6 * spot:
        return (f"The traded price moves by {words.number(spot, 2)} % a year, the posted prices behind the index by "
                f"{words.number(index, 2)} %, so a future on it misses most of what those who pay spot go through.")
    return (f"The traded price moves by {words.number(spot, 2)} % a year and the index by {words.number(index, 2)} %, "
            "so the two can follow each other.")


def _liquidity(history: History) -> str:
    daily = history.daily
    if "variation_margin_cents" not in daily:
        return ""
    paid = dollars(daily["variation_margin_cents"])
    calls, forced = (int(daily[name].sum()) if name in daily else 0 for name in ("margin_calls", "forced_events"))
    loss = float(dollars(daily["house_loss_cents"]).sum()) if "house_loss_cents" in daily else 0.0
    house = f"the clearing house lost {words.money(loss)}" if loss > 0 else "the clearing house lost nothing"
    where = f"In history {history.run} losers" if len(history.whole) > 1 else "Losers"
    return (f"{where} paid winners up to {words.money(float(paid.max()))} in a day; that led to "
            f"{words.count(calls, 'margin call')} and {words.count(forced, 'forced sale')}, and {house}.")


def keys(results: Results, history: History | None) -> list[Key]:
    """Four key figures, each with something to measure it against."""
    many = len(results.figures.runs)
    beside = lambda name, otherwise: _interval(results, name) if many > 1 else otherwise
    people = 0
    if history is not None and "participants_open" in history.daily:
        people = int(history.daily["participants_open"].iloc[0])
    of = f"of {people:,} participants" if people else "one history"
    found = [
        ("Hedge effectiveness", "hedge_effectiveness", " %", "a perfect hedge: 100 %", "of the variance of cost"),
        ("Volatility of spot", "volatility_spot", " %", "traded H100 index: 40 to 70 %", "a year"),
        ("Margin calls", "margin_calls", "", of, "a year"),
        ("Defaults", "defaults", "", of, "a year"),
        ("Bid-ask spread", "spread_front", " %", "nearest month", "of price"),
        ("Volume", "volume", "", "all months together", "contracts a day")]
    out = [Key(name, words.number(_mean(results, metric), 2) + sign, beside(metric, otherwise), unit)
           for name, metric, sign, otherwise, unit in found if math.isfinite(_mean(results, metric))]
    return out[:4]


def _interval(results: Results, name: str) -> str:
    total, known = results.figures.aggregate()[name], _known(results, name)
    if len(known) > 1 and not any(known):
        return f"in none of {len(known)} histories"
    if not math.isfinite(total["low"]):
        return "one history"
    return f"{words.number(total['low'], 2)} to {words.number(total['high'], 2)}"


def numbers(results: Results) -> list[dict[str, str]]:
    """The table of outcomes: measure, value, interval or range, unit."""
    totals, out = results.figures.aggregate(), []
    for name in [name for name in NUMBERS if math.isfinite(totals.get(name, {}).get("mean", math.nan))][:7]:
        about, total = results.figures.about[name], totals[name]
        many = math.isfinite(total["low"])
        out.append({"label": about["label"], "unit": about["unit"], "value": words.number(total["mean"]),
                    "interval": _interval(results, name) if many else "",
                    "tail": f"{words.number(total['q10'])} to {words.number(total['q90'])}" if many else "",
                    "better": {"low": "lower", "high": "higher"}.get(about["better"], "")})
    return out


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
                        "value": f"{value} {row['unit']}",
                        "source": row["source"].removeprefix("judgement:").strip() if judged else row["source"],
                        "grade": "judgement" if judged else "published"})
    return out[:MOST_ASSUMPTIONS]


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
    return words if count == "1" or words.endswith("s") else words + "s"


def _items(lines: list[str]) -> list[dict[str, str]]:
    """Entries of a section: a line that begins at its margin begins one, deeper lines go on with it."""
    items: list[dict[str, str]] = []
    for line in lines:
        depth = len(line) - len(line.lstrip())
        columns = re.match(r"\s+([\d,]+)\s{2,}(\w+)\s{2,}(.*)", line)
        pair = re.match(r"\s{2}(\S.*?)\s{3,}(\S.*)", line)
        if columns:
            items.append({"count": columns[1], "name": columns[2], "text": columns[3]})
        elif pair:
            items.append({"count": "", "name": pair[1], "text": pair[2]})
        elif items and (depth > 2 or (items[-1]["text"] and not items[-1]["name"])):
            items[-1]["text"] += " " + line.strip()
        else:
            items.append({"count": "", "name": "", "text": line.strip()})
    return items
