"""Arithmetic of the clearing house over all accounts: one pass each, whole cents."""

from __future__ import annotations

import numpy as np

from sim.jit import kernel

WHOLE = 10_000  # the spread charge is counted in ten-thousandths


@kernel
def weigh_accounts(position, value, charge, spread, cash, margin, basis, equity, required):
    """What every account is worth and what it must hold.

    Parameters
    ----------
    position : int64[n, contracts]  net positions
    value    : int64[contracts]     cents that one contract is worth at the mark
    charge   : int64[contracts]     cents of initial margin for one contract held outright
    spread   : int64                ten-thousandths charged on the offsetting legs of a spread
    cash, margin, basis : int64[n]  cents, as in the ledger
    equity   : int64[n] out         cents: cash, margin and the gain since the last settlement
    required : int64[n] out         cents: net charge plus the spread charge on what offsets, rounded up

    Sums stay below 2**63 while an account's gross charge is under 9e14 cents.
    """
    rows, contracts = position.shape
    for row in range(rows):
        worth = cash[row] + margin[row] - basis[row]
        net = np.int64(0)
        gross = np.int64(0)
        for contract in range(contracts):
            held = position[row, contract]
            worth += held * value[contract]
            leg = held * charge[contract]
            net += leg
            gross += abs(leg)
        net = abs(net)
        equity[row] = worth
        required[row] = net + ((gross - net) * spread + (WHOLE - 1)) // WHOLE


@kernel
def settle_accounts(position, value, basis, gain):
    """Variation margin of every account, and positions carried at the settlement price from now on.

    Parameters
    ----------
    position : int64[n, contracts]  net positions
    value    : int64[contracts]     cents that one contract is worth at the settlement price
    basis    : int64[n] in and out  cents; afterwards the value of the positions
    gain     : int64[n] out         cents due to the account, negative: due from it
    """
    rows, contracts = position.shape
    for row in range(rows):
        worth = np.int64(0)
        for contract in range(contracts):
            worth += position[row, contract] * value[contract]
        gain[row] = worth - basis[row]
        basis[row] = worth
