"""What holders of tranches do, as plain functions: how much they buy, borrow on it, must repay and sell.

Source: Gorton & Metrick 2012 (JFE 104:425), haircuts in repo; Vasicek 2002 (Risk 15:160), expected loss; sizes are
those of a working prototype (judgement).
"""

from __future__ import annotations

import math

import numpy as np

from sim.credit.book import EQUITY, MEZZANINE, SENIOR, WAREHOUSE
from sim.credit.config_pools import Pools as Rules
from sim.credit.tranches import tranche_loss

INSURER, PRIVATE, REPO = range(3)


def issue_sizes(total: int, lower: float, attach: float, demand: tuple[float, float]) -> np.ndarray:
    """int64[4] cents of each tranche of a pool of so many cents; what finds no buyer is a warehouse line.

    lower, attach : shares of loss at which mezzanine and senior begin; demand : shares of senior and mezzanine that
    find buyers
    """
    sizes = np.zeros(4, np.int64)
    sizes[EQUITY] = math.floor(lower * total)
    sizes[MEZZANINE] = math.floor((attach - lower) * total * demand[1])
    senior = math.floor((1.0 - attach) * total)
    sizes[SENIOR] = math.floor(senior * demand[0])
    sizes[WAREHOUSE] = total - int(sizes.sum())
    return sizes


def purchases(rule: Rules, kind: np.ndarray, able: np.ndarray) -> np.ndarray:
    """float64[2, investors]: shares in which investors buy senior and mezzanine; all alike where nobody is able."""
    out = np.zeros((2, len(kind)))
    for row, parts in ((0, {REPO: rule.repo_share, INSURER: 1.0 - rule.repo_share}),
                       (1, {PRIVATE: rule.mezzanine_private, INSURER: 1.0 - rule.mezzanine_private})):
        for which, share in parts.items():
            buys = (kind == which) & able
            if buys.any():
                out[row, buys] = share / buys.sum()
        if not out[row].any():
            out[row] = 1.0
    return out


def lifetime(chance: np.ndarray, loans: np.ndarray, life: float) -> float:
    """Probability that a cent of float64[firms] loans defaults within so many years, of yearly float64[firms]."""
    gone = 1.0 - np.power(1.0 - np.clip(chance, 0.0, 0.999), life)
    return min(max(float((loans * gone).sum()) / max(float(loans.sum()), 1.0), 1e-6), 1.0 - 1e-6)


def worth_buying(rule: Rules, default: float, lower: float, attach: float, loss: float) -> tuple[bool, bool]:
    """Whether senior and mezzanine of a new pool pay enough for the loss that buyers expect of them.

    default : probability that a loan of the pool defaults during the life of the tranche; lower, attach : as above
    loss : share of a loan in default that is lost. Source: Vasicek 2002 at the believed correlation; Coval, Jurek &
    Stafford 2009 (AER 99:628) on how far that belief decides what senior tranches are worth.
    """
    if rule.hurdle <= 0:
        return True, True
    mezzanine, senior = np.asarray(tranche_loss([lower, attach], [attach, 1.0], default, rule.correlation, loss))
    asked = rule.hurdle / rule.life
    return bool(rule.senior_margin >= asked * senior), bool(rule.mezzanine_margin >= asked * mezzanine)


def haircut(rule: Rules, before: float, variance: float, added: float) -> float:
    """Haircut in repo after a week: up at once with the yearly variance of marks, down slowly.

    before : last week's; added : what comes from outside
    """
    rise = rule.haircut_follows * max(math.sqrt(variance) - rule.calm_volatility, 0.0)
    return min(max(rule.haircut + rise + added, rule.haircut_keeps * before), rule.haircut_most)


def lent_on(cut: float, short: np.ndarray) -> np.ndarray:
    """Cents that repo lenders give towards cents of purchases that are not covered by cash."""
    return np.floor((1.0 - cut) * short)


def called(owed: int, value: float, cut: float) -> float:
    """Cents by which a debt is above what tranches of a value in cents carry at a haircut; not above 0: no call."""
    return owed - value * (1.0 - cut)


def share_sold(rule: Rules, missing: float, value: float, cut: float) -> float:
    """Share of its tranches that a fund sells in a week to find missing cents; 1 cent repaid frees 1 / haircut."""
    return min(rule.repo_pace * missing / max(cut, 0.01) / max(value, 1.0), rule.repo_sale_most)


def asked_back(rule: Rules, before: np.ndarray, own: np.ndarray, expected_loss: float,
               besides: float) -> tuple[float, np.ndarray]:
    """Share of value asked back from private-credit funds this week, and float64[investors] over the last quarter."""
    asked = (rule.redemptions * max(expected_loss - rule.loss_usual, 0.0) + besides) / 13.0
    return asked, np.where(own, before * (1.0 - 1.0 / 13.0) + asked, 0.0)
