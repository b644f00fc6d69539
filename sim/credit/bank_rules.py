"""What a bank does, as plain functions of arrays with one entry a bank (or a fund that it lends to).

Thresholds of equity over assets: above the target a bank pays out, between target and buffer it lends less and less,
under the buffer it sells and lends nothing, under the floor it is closed.
Source: Farmer et al. 2020 (SSRN 3594014), thresholds; Greenwood, Landier & Thesmar 2015 (JFE 115:471), fire sales.
"""

from __future__ import annotations

import numpy as np

from sim.credit.config_banks import Banks as Rules


def room(rule: Rules, ratio: np.ndarray) -> np.ndarray:
    """float64[banks]: share of its usual credit that each bank gives at float64[banks] equity over assets."""
    return np.clip((ratio - rule.buffer) / max(rule.target - rule.buffer, 1e-9), 0.0, 1.0)


def supply(rule: Rules, ratio: np.ndarray, size: np.ndarray, alive: np.ndarray) -> float:
    """Share of usual credit that all banks together give; closed ones give none and are still counted."""
    return float((size * room(rule, ratio) * alive).sum() / size.sum())


def under_buffer(rule: Rules, ratio: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """bool[banks]: who must sell and lends no more."""
    return alive & (ratio < rule.buffer)


def under_floor(rule: Rules, ratio: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """bool[banks]: who is closed."""
    return alive & (ratio < rule.fails)


def withdrawn(rule: Rules, weak: np.ndarray, deposits: np.ndarray) -> np.ndarray:
    """float64[banks] cents that depositors of weak banks take out in a week, of int64[banks] cents of deposits."""
    return np.where(weak, rule.run * deposits, 0.0)


def securities_sold(rule: Rules, weak: np.ndarray, equity: np.ndarray, assets: np.ndarray, held: np.ndarray,
                    run: np.ndarray, price: float) -> np.ndarray:
    """int64[banks] of securities that weak banks sell in a week, at face, of int64[banks] held.

    Enough for float64[banks] cents of withdrawals at the price, or a part of the assets that their equity does not
    carry at the buffer, whichever is more.
    """
    gap = np.maximum(assets - equity / rule.buffer, 0.0)
    sold = np.where(weak, np.minimum(rule.sell_most * held, rule.sell * gap), 0.0)
    return np.minimum(np.rint(np.maximum(sold, run / max(price, 1e-6))), held).astype(np.int64)


def paid_out(rule: Rules, ratio: np.ndarray, alive: np.ndarray, equity: np.ndarray, assets: np.ndarray,
             cash: np.ndarray) -> np.ndarray:
    """int64[banks] cents that owners take in a week of what is above the target, and at most the cash."""
    rich = np.where(alive & (ratio > rule.target), equity - rule.target * assets, 0.0)
    return np.minimum(np.rint(rule.pays_out * rich).astype(np.int64), np.maximum(cash, 0))


def deposits_taken(rule: Rules, alive: np.ndarray, assets: np.ndarray, cash: np.ndarray,
                   deposits: np.ndarray) -> np.ndarray:
    """int64[banks] cents of deposits taken (negative: paid back) so that the usual reserve is kept."""
    wanted = np.rint(rule.reserve * np.maximum(assets, 0)).astype(np.int64)
    return np.where(alive, np.maximum(wanted - cash, -deposits), 0)


def trust(rule: Rules, haircut: float) -> float:
    """Share of prime lines that a haircut on tranches leaves: prime brokers take it as the state of collateral."""
    return min(1.0, max(0.0, 1.0 - rule.prime_follows * (haircut - rule.prime_haircut)))


def line(rule: Rules, before: float, wanted: float) -> float:
    """Share of the usual prime line that is open, from that of last week: cut step by step, restored at once."""
    return max(wanted, before - rule.prime_cut) if wanted < before else wanted


def prime_limit(rule: Rules, open_share: float, margin: np.ndarray) -> np.ndarray:
    """int64[funds] cents that each fund may owe against int64[funds] cents of margin."""
    return np.floor(rule.prime * open_share * margin).astype(np.int64)


def prime_drawn(rule: Rules, open_: np.ndarray, most: np.ndarray, owed: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """int64[funds] cents that funds borrow in a week, up to int64[funds] most and a part of their margin."""
    return np.where(open_, np.minimum(np.maximum(most - owed, 0), np.floor(rule.prime_draw * margin)),
                    0).astype(np.int64)


def prime_called(open_: np.ndarray, most: np.ndarray, owed: np.ndarray, cash: np.ndarray) -> np.ndarray:
    """int64[funds] cents that funds must repay this week, as far as they have cash."""
    return np.where(open_, np.minimum(np.maximum(owed - most, 0), cash), 0)
