"""Figures of clearing members from tables whose answer is known."""

from types import SimpleNamespace

import pandas as pd
import pytest

from sim.metrics.members import SUMS, Members


def test_figures_are_sums_means_and_peaks_of_the_days():
    daily = pd.DataFrame({column: [0, 3 * 10**8] for column in SUMS.values()})
    daily = daily.assign(member_defaults=[0, 1], fund_cents=[10**8, 3 * 10**8], initial_margin=[10**9, 10**9],
                         client_advance_cents=[5 * 10**8, 0], collateral_shortfall_cents=[0, 10**8])
    found = Members().compute(SimpleNamespace(daily=daily))
    assert found == pytest.approx(dict.fromkeys(SUMS, 3.0) | {
        "member_defaults": 126.0, "fund_mean": 2.0, "fund_over_margin": 20.0, "advance_peak": 5.0,
        "collateral_shortfall": 1.0})
    assert set(found) == set(Members.figures)


def test_a_house_without_members_has_no_such_figures():
    assert Members().compute(SimpleNamespace(daily=pd.DataFrame({"defaults": [0, 1]}))) == {}
