"""The rules of borrowing, as plain functions of arrays or single numbers. Units: weeks, years, shares, cost of 1."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from sim.credit.config import Business, Collateral, CreditConfig, Loans

WEEK = 5.0 / 252.0  # years


class Income(NamedTuple):
    """A year's income of an operator over the cost of its GPUs."""

    revenue: np.ndarray
    running: np.ndarray


def income(rule: Business, contracted: np.ndarray, price: np.ndarray, spot: np.ndarray, age: np.ndarray) -> Income:
    """Revenue and running cost a year per unit of cost.

    contracted : share of output under contract, at `price` over the reference; the rest earns the `spot` price over
    the reference, less what its `age` in years takes, and stands idle more often when that price is low
    """
    used = np.clip(np.power(spot, 0.3), 0.3, 1.1)
    free = 1.0 - contracted
    revenue = rule.revenue * (contracted * price + free * spot * used * np.exp(-rule.ageing * age))
    return Income(revenue, rule.running * (0.55 + 0.45 * (contracted + free * np.minimum(used, 1.0))))


def hardware(business: Business, rule: Collateral, expected: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Value of uncontracted GPUs over their cost: rent of the years that are left, less what it takes to earn it.

    expected : price of compute over the reference that appraisers count on
    """
    def worth(price: np.ndarray | float, years: np.ndarray | float) -> np.ndarray:
        left = np.maximum(rule.life + 0.5 - np.asarray(years), 1.1)
        fading = rule.discount + business.ageing
        rent = (1.0 - np.exp(-fading * left)) / fading
        cost = (1.0 - np.exp(-rule.discount * left)) / rule.discount if rule.discount > 0 else left
        return np.asarray(business.revenue * price * np.exp(-business.ageing * np.asarray(years)) * rent
                          - business.avoidable * cost)

    return np.clip(worth(expected, age) / max(float(worth(1.0, 0.0)), 1e-9), rule.scrap, 1.3)


def auction_discount(rule: Collateral, impact: np.ndarray, flow: float) -> np.ndarray:
    """Price over value when a share `flow` of all operators' capacity has lately been auctioned."""
    return rule.least + (1.0 - rule.least) * np.exp(-impact * flow)


def contract_value(business: Business, price: np.ndarray, loose: np.ndarray) -> np.ndarray:
    """Value of contracted GPUs over their cost: the contract's margin, then what is left of the GPU (`loose`)."""
    years = 2.6  # annuity factor of a contract with three years left
    return np.minimum((price * business.revenue - business.running) * years + 0.25 * loose, 1.1)


def collateral(business: Business, contracted: np.ndarray, price: np.ndarray, loose: np.ndarray) -> np.ndarray:
    """Value of an operator's GPUs over their cost; `loose`: value of an uncontracted one at auction."""
    return (1.0 - contracted) * loose + contracted * np.maximum(loose, contract_value(business, price, loose))


def recovery(config: CreditConfig, contracted: np.ndarray, price: np.ndarray, value: np.ndarray,
             discount: np.ndarray) -> np.ndarray:
    """What a sale after default brings per unit of cost, before costs.

    value : of an uncontracted GPU, discount : of auctions, both shares
    """
    loose = value * config.collateral.forced * discount
    kept = np.maximum(loose, np.minimum(0.75 * contract_value(config.business, price, value * discount), 0.85))
    return (1.0 - contracted) * loose + contracted * kept


def chance_of_default(rule: Loans, grade: np.ndarray, coverage: np.ndarray, loan_to_value: np.ndarray) -> np.ndarray:
    """Default a year that lenders provide for."""
    base = np.asarray(rule.default_rates)[grade]
    strain = 4.0 * np.maximum(1.25 - coverage, 0.0) + 4.0 * np.maximum(loan_to_value - 0.85, 0.0)
    return np.minimum(1.5 * base * np.exp(np.minimum(strain, 20.0)), 1.0)


def may_draw(rule: Loans, coverage: np.ndarray, loan_to_value: np.ndarray) -> np.ndarray:
    """Whether covenants let an operator draw on its loan."""
    return (loan_to_value <= rule.stop_at) & (coverage >= rule.coverage)


def hedge_ratio_demanded(rule: Loans, contracted: np.ndarray) -> np.ndarray:
    """Least share of its uncontracted output that an operator must sell in futures; contracts count first."""
    return np.clip((rule.hedge_share - contracted) / np.maximum(1.0 - contracted, 1e-9), 0.0, 1.0)


def attachment(default_rate: float, correlation: float, safe: float, loss: float) -> float:
    """Loss of a large pool that is not exceeded with probability `safe` (Vasicek 2002, Risk 15:160)."""
    from sim.credit.tranches import _normal_cdf, _quantile

    z = (_quantile(default_rate) + math.sqrt(correlation) * _quantile(safe)) / math.sqrt(1.0 - correlation)
    return loss * _normal_cdf(z)


def boom(attach: float, usual: float = 0.088) -> float:
    """How much more is lent and built when tranches look safer than usual."""
    return math.exp(1.5 * (usual - attach))
