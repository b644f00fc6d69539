"""Figures of lenders and of classes of users, against sums by hand."""

import pandas as pd
import pytest

from sim.metrics.credit import Credit
from sim.metrics.groups import Groups
from sim.summary import Frames


def frames(daily):
    empty = pd.DataFrame()
    return Frames(pd.DataFrame(daily), empty, empty, empty, empty)


def test_lenders_figures_are_the_last_day_or_the_worst():
    daily = {"loans_cents": [4e8, 9e8, 5e8], "loan_defaults": [0, 1, 3], "operators_halted": [0, 7, 2],
             "loans_lost_cents": [0, 1e8, 2e8], "bank_failures": [0, 0, 1], "resale_index": [0.8, 0.3, 0.5],
             "repo_haircut": [0.08, 0.4, 0.2], "downgrades": [0, 2, 2], "bank_equity_cents": [4e8, 3e8, 1e8],
             "tranche_losses_senior_cents": [0, 0, 1e7], "tranche_losses_mezzanine_cents": [0, 0, 2e7],
             "tranche_losses_equity_cents": [0, 0, 3e7], "eve_claims_cents": [0, 8e8, 8e8],
             "eve_losses_cents": [0, 0, 2e8]}
    found = Credit().compute(frames(daily))
    assert found["loan_defaults"] == 3 and found["operators_halted"] == 7
    assert found["loans_peak"] == 9 and found["loan_losses"] == 2
    assert found["eve_loss_share"] == pytest.approx(25)
    assert found["bank_equity_change"] == pytest.approx(-75)
    assert found["resale_worst"] == pytest.approx(30) and found["repo_haircut_peak"] == pytest.approx(40)
    assert found["tranche_loss_mezzanine"] == pytest.approx(0.2)
    for name in found:
        Credit.figure(name)
    assert Credit().compute(frames({"spot_us": [1.0]})) == {}


def test_a_class_is_refused_its_share_weighted_by_what_it_asked_for():
    daily = {"rationed_small": [0.0, 0.5], "demand_small": [300.0, 100.0], "rationed_large": [0.1, 0.1],
             "demand_large": [1.0, 9.0], "rationed_training": [0.2, 0.2], "demand_training": [0.0, 0.0]}
    assert Groups().compute(frames(daily)) == pytest.approx({"refused_small": 12.5, "refused_large": 10.0})
