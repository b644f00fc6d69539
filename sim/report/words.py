"""Numbers and dates as readers read them: rounded to what is known, with true minus signs and no jargon."""

from __future__ import annotations

import math
from typing import Any

MINUS, NARROW = "−", "\u00a0"  # a minus sign; a space at which no line breaks


def number(value: float, digits: int = 3) -> str:
    """At most three significant digits, thousands with a comma: 12,300; 4.6; −0.02."""
    if not math.isfinite(value):
        return "not known"
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    text = f"{rounded:,.{max(places, 0)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", MINUS)


def small(value: float, digits: int = 2, least: float = 0.01) -> str:
    """A number, or "under 0.01" where what is left of it after rounding would be read as precision."""
    return f"under {least:g}" if 0 < abs(value) < least else number(value, digits)


def times(ratio: float) -> str:
    """How much more or less: "12 % more", "6.1 times as much", "as much"."""
    if abs(ratio - 1) < 0.03:
        return "as much"
    if ratio >= 2:
        return f"{number(ratio, 2)} times as much"
    return f"{percent(abs(ratio - 1))} {'more' if ratio > 1 else 'less'}"


def signed(value: float) -> str:
    """A whole number with its sign: +25, −10, 0."""
    whole = round(value)
    return "0" if whole == 0 else f"{whole:+,}".replace("-", MINUS)


def count(value: float, what: str = "", plural: str = "") -> str:
    """A whole number with its noun: "1 default", "12 defaults", "no defaults"."""
    whole = round(value)
    noun = what if whole == 1 else plural or f"{what}s"
    shown = "no" if whole == 0 and what else f"{whole:,}".replace("-", MINUS)
    return f"{shown} {noun}".strip() if what else shown


def amount(value: float, unit: str, digits: int = 3) -> str:
    """A number with its unit: "$1.23 per GPU-hour", "12 % of price", 30 % for a share of 0.3, 0.4 for a mere number."""
    text = number(value, digits)
    if unit.startswith("$"):
        return f"{MINUS if value < 0 else ''}${text.removeprefix(MINUS)} {unit[1:].strip()}".rstrip()
    if unit == "share":
        return percent(value)
    return text if unit in ("", "ratio", "number", "correlation", "index") else f"{text} {unit}"


def percent(value: float, digits: int = 2) -> str:
    """A share as per cent: 0.123 is "12 %"."""
    return f"{number(100.0 * value, digits)}{NARROW}%"


def price(value: float) -> str:
    """Dollars and cents."""
    return f"${value:,.2f}" if value >= 0 else f"{MINUS}${-value:,.2f}"


def money(dollars: float) -> str:
    """A sum in dollars, thousands, millions or billions."""
    size, sign = abs(dollars), MINUS if dollars < 0 else ""
    for limit, word in ((1e9, " billion"), (1e6, " million")):
        if size >= limit:
            return f"{sign}${number(size / limit)}{word}"
    return f"{sign}${round(size):,}" if size < 1e4 else f"{sign}${number(size)}"


def day(date: Any) -> str:
    """4 October 2028."""
    return f"{date.day} {date:%B %Y}"


def month(date: Any) -> str:
    """October 2028."""
    return f"{date:%B %Y}"


def listing(items: list[str]) -> str:
    """a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def span(business_days: int) -> str:
    """How long a stretch of business days is: "2 years", "3 months", "20 days"."""
    years, months = business_days / 252, business_days / 21
    if abs(years - round(years)) < 0.05 and years > 0.9:
        return count(years, "year")
    if business_days > 378:
        return f"{years:.1f} years"
    return count(months, "month") if months > 1.9 else count(business_days, "business day")


def capital(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]
