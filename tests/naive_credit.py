"""Slow twins of the rules of credit: one operator, one claim at a time, in plain Python."""

from __future__ import annotations

import math
from fractions import Fraction


def split(total: int, weights: list[int]) -> list[int]:
    """Floor and largest remainder with exact fractions; ties to who comes first."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    exact = [Fraction(total * weight, whole) for weight in weights]
    out = [math.floor(x) for x in exact]
    order = sorted(range(len(weights)), key=lambda i: (-(exact[i] - out[i]), i))
    for i in order[:total - sum(out)]:
        out[i] += 1
    return out


def income(rule, contracted: float, price: float, spot: float, age: float) -> tuple[float, float]:
    used = min(max(spot**0.3, 0.3), 1.1)
    revenue = rule.revenue * contracted * price
    revenue += rule.revenue * (1 - contracted) * spot * used * math.exp(-rule.ageing * age)
    busy = contracted + (1 - contracted) * min(used, 1.0)
    return revenue, rule.running * (0.55 + 0.45 * busy)


def hardware(business, rule, expected: float, age: float) -> float:
    def worth(price: float, years: float) -> float:
        left = max(rule.life + 0.5 - years, 1.1)
        fading = rule.discount + business.ageing
        rent = price * business.revenue * math.exp(-business.ageing * years) * (1 - math.exp(-fading * left)) / fading
        return rent - business.avoidable * (1 - math.exp(-rule.discount * left)) / rule.discount

    return min(max(worth(expected, age) / worth(1.0, 0.0), rule.scrap), 1.3)


def collateral(business, contracted: float, price: float, loose: float) -> float:
    margin = price * business.revenue - business.running
    return (1 - contracted) * loose + contracted * max(loose, min(2.6 * margin + 0.25 * loose, 1.1))


def chance_of_default(rule, grade: int, coverage: float, loan_to_value: float) -> float:
    strain = 0.0
    if coverage < 1.25:
        strain += 4.0 * (1.25 - coverage)
    if loan_to_value > 0.85:
        strain += 4.0 * (loan_to_value - 0.85)
    return min(1.5 * rule.default_rates[grade] * math.exp(min(strain, 20.0)), 1.0)
