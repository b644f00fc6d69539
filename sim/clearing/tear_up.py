"""Tear-up: contracts that nobody buys are ended at the last settlement, with those who hold the other side."""

from __future__ import annotations

import numpy as np

from sim.clearing.layers import share_out


def torn_up(position: np.ndarray, row: int) -> np.ndarray:
    """int64[n, contracts]: what each account gives up so that one account holds nothing, summing to zero a contract.

    position : int64[n, contracts], zero in sum over accounts; row : the account whose book is torn up

    Those on the other side give up in proportion to what they hold, in whole contracts, largest remainders first.
    """
    out = np.zeros_like(position)
    for slot in np.flatnonzero(position[row]).tolist():
        size, side = abs(int(position[row, slot])), int(np.sign(position[row, slot]))
        others = np.maximum(-side * position[:, slot], 0)
        rows = np.flatnonzero(others)
        out[rows, slot] = -side * np.array(share_out(size, others[rows].tolist()), np.int64)
        out[row, slot] = position[row, slot]
    return out
