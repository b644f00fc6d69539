"""A squeeze: at which price a house settles decides how much it calls."""

from __future__ import annotations

import numpy as np
import pytest

from sim.clearing.config import ClearingConfig
from sim.clearing.paths import margin_model
from tests.clearing.driver import Market

CLOSES = [250, 255, 248, 252, 257, 262, 290, 298, 481]  # ticks: a run-up like that of nickel, before the spike
SPIKE = 1_010


def called(settle):
    """Cents that a short has to find, losses and margin together, when the day of the spike is settled at a price."""
    config = ClearingConfig(margin=margin_model("ewma", decay=0.94, window=100))
    market = Market(n=2, contracts=1, price=250, cash=10**12, config=config)
    market.trade(0, 1, 0, 1_000)  # account 1 is short
    for close in CLOSES:
        market.evening(np.array([close]))
        market.morning()
    ledger = market.ledger
    ledger.post("fund flow", np.array([1]), -ledger.cash[[1]], "outside world")  # all it has left is its margin
    held = int(ledger.margin[1])
    assert held == market.house.required[1] > 0
    market.evening(np.array([settle]))
    assert market.house.call[1] == max(market.house.required[1] - market.house.equity[1], 0)
    return int(market.house.call[1]), held


def test_settling_at_the_spike_calls_more_than_ten_times_what_the_prior_close_does():
    """Like LME nickel on 8 March 2022, where calls at the spike were reported as some 35 times those at the close."""
    at_spike, held = called(SPIKE)
    at_close, _ = called(round(CLOSES[-1] * 1.03))
    assert at_close > 0 and at_spike > 10 * at_close
    assert at_spike > (SPIKE - CLOSES[-1]) * 1_000 * 730  # the whole loss, and more margin on top
    assert called(CLOSES[-1])[0] == pytest.approx(0, abs=held)
