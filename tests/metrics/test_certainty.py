"""What was promised and what came: tranches, margin and value at risk, against sums by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from sim.credit.tranches import tranche_loss
from sim.metrics.certainty import Certainty, losses_over_value_at_risk
from sim.scenario import Scenario
from sim.summary import Frames
from tests.credit.test_credit_day import MARKET, go


def frames(daily, contracts=None):
    empty = pd.DataFrame()
    return Frames(pd.DataFrame(daily), empty if contracts is None else pd.DataFrame(contracts), empty, empty, empty)


def test_tranches_lose_what_was_written_off_over_what_was_sold():
    daily = {f"tranche_{what}_{name}_cents": [0.0, value] for name, row in
             (("senior", (900.0, 1.0, 90.0)), ("mezzanine", (60.0, 6.0, 60.0)), ("equity", (0.0, 0.0, 0.0)))
             for what, value in zip(("sold", "believed", "losses"), row, strict=True)}
    found = Certainty().compute(frames(daily))
    assert found == {"tranche_believed_senior": pytest.approx(100 / 900), "tranche_realised_senior": pytest.approx(10),
                     "tranche_believed_mezzanine": pytest.approx(10), "tranche_realised_mezzanine": pytest.approx(100)}
    for name in found:
        Certainty.figure(name)


def test_a_move_counts_against_the_margin_of_the_evening_before_and_not_across_contracts():
    contracts = {"day": [0, 1, 2, 0, 1, 5], "contract": ["a"] * 3 + ["b"] * 3,
                 "settle": [2.0, 2.3, 2.1, 9.0, 9.1, 20.0], "im_rate": [0.10, 0.50, 0.10, 0.10, 0.10, 0.10]}
    found = Certainty().compute(frames({}, contracts))
    assert found["margin_exceeded"] == pytest.approx(100 / 3)  # a on day 1; day 5 of b follows no day 4
    assert found["margin_worst"] == pytest.approx(1.5)
    assert found["margin_promised"] == pytest.approx(1.0)
    assert "var_exceeded" not in found  # too short


def test_value_at_risk_is_what_was_believed_the_evening_before():
    day, move = np.repeat(np.arange(4), 2), np.array([0.01, 0.03, -0.02, 0.0, -0.10, -0.10, 0.05, 0.05])
    out = losses_over_value_at_risk(day, move, 0.99, 20.0, 1e-6)
    keep, variance, expected = 0.5**0.05, 0.02**2, []
    for mean in (-0.01, -0.10, 0.05):
        expected.append(-mean / (2.3263479 * math.sqrt(variance)))
        variance = keep * variance + (1 - keep) * mean**2
    assert out == pytest.approx(expected, rel=1e-6)


def test_normal_falls_are_beyond_value_at_risk_as_often_as_promised_and_jumps_go_far_beyond():
    luck = np.random.default_rng(3)
    calm = luck.normal(0.0, 0.01, 20_000)
    over = lambda moves: losses_over_value_at_risk(np.arange(len(moves)), moves, 0.99, 60.0, 1e-6)[60:]
    assert (over(calm) > 1).mean() == pytest.approx(0.0115, abs=0.003)
    assert over(np.where(luck.random(20_000) < 0.03, 8 * calm, calm)).max() > 2 * over(calm).max()


def test_what_is_believed_of_tranches_is_the_raters_model_at_issue():
    pools = go(Scenario.load("credit", (*MARKET, "days=5")).build(1), 5).credit.pools
    rules, attach = pools.rules, pools.usual_attachment()
    believed = tranche_loss(attach, 1.0, rules.default_rate, rules.correlation, pools.loss)
    kept = pools.certainty()
    assert kept["tranche_sold_senior_cents"] > 0
    ratio = kept["tranche_believed_senior_cents"] / kept["tranche_sold_senior_cents"]
    assert ratio == pytest.approx(believed, rel=1e-3)
    share = kept["tranche_believed_equity_cents"] / kept["tranche_sold_equity_cents"]
    assert ratio < 1e-4 < 0.3 < share < 1
    twin = pools.__class__(pools.rules, pools.loss, pools.book, pools.record)
    twin.restore(pools.snapshot())
    assert twin.certainty() == kept
