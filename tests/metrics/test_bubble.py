"""Mispricing, the bubble test, air and motives of trading."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.metrics.bubble import Bubble, air_ratio, by_motive, explosive, mispricing, uncovered, weekly_gap
from sim.streams import Streams


def contracts(settle, expected, rate=0.1):
    """Days by months of settlement prices; the first month is the one being averaged."""
    days, months = np.shape(settle)
    expiry = pd.to_datetime(["2026-10-30", "2026-11-30", "2026-12-31"][:months])
    return pd.DataFrame({"day": np.repeat(range(days), months), "expiry": np.tile(expiry, days),
                         "settle": np.ravel(settle).astype(float), "expected": np.ravel(expected).astype(float),
                         "im_rate": rate})


def test_mispricing_leaves_the_month_out_that_is_being_averaged():
    table = contracts([[5.0, 2.2, 3.0]], [[1.0, 2.0, 3.0]])
    assert mispricing(table) == pytest.approx([np.log(1.1), 0.0])


def test_moves_beyond_the_margin_of_the_day_before_are_counted_either_way():
    table = contracts([[2.0, 2.0], [2.21, 2.0], [2.21, 1.7]], np.ones((3, 2)))
    assert uncovered(table) == pytest.approx(2 / 4)
    assert uncovered(table.assign(im_rate=0.2)) == 0.0


def test_motives_are_shares_of_open_interest_and_of_volume():
    daily = pd.DataFrame({"held_users": [60.0], "held_suppliers": [40.0], "held_speculators": [30.0],
                          "held_liquidity": [20.0], "traded_users": [1.0], "traded_speculators": [3.0]})
    out = by_motive(daily)
    assert out["others_over_hedgers"] == pytest.approx(0.5)
    assert (out["traded_by_users"], out["traded_by_speculators"]) == (25.0, 75.0)
    assert "others_over_hedgers" not in by_motive(daily.drop(columns=["held_users", "held_suppliers"]))


SECTORS = {"lab": "users", "developer": "users", "cloud": "suppliers", "fund": "speculators"}


def sheets(rows):
    """Months' ends of one participant of each type and the house: day, month, type, need, long, short."""
    return pd.DataFrame(rows, columns=["day", "month", "agent_type", "need_contracts", "long_contracts",
                                       "short_contracts"])


def test_the_air_ratio_is_what_a_loop_over_participants_and_months_counts():
    table = contracts(np.ones((3, 3)), np.ones((3, 3))).assign(contract=["2026-10", "2026-11", "2026-12"] * 3)
    agents = sheets([(1, "2026-10", "lab", 10, 30, 0), (1, "2026-10", "developer", 5, 0, 0),
                     (1, "2026-10", "cloud", 12, 0, 20), (1, "2026-10", "fund", 0, 7, 11),
                     (1, "2026-10", "clearing house", 0, 0, 6),
                     (2, "2026-11", "lab", 20, 30, 0), (2, "2026-11", "developer", 4, 0, 0),
                     (2, "2026-11", "cloud", 12, 0, 27), (2, "2026-11", "fund", 0, 9, 12),
                     (2, "2026-11", "clearing house", 0, 0, 0)])
    held = due = 0.0
    for day, month in ((1, "2026-10"), (2, "2026-11")):
        for delivery in ("2026-10", "2026-11", "2026-12"):
            due += sum(row.need_contracts for row in agents.itertuples() if row.day == day and delivery > month
                       and row.agent_type in ("lab", "developer"))
        held += sum(row.long_contracts + row.short_contracts for row in agents.itertuples()
                    if row.day == day and row.agent_type in ("fund", "clearing house")) / 2
    assert (held, due) == (22.5, 54.0)
    assert air_ratio(agents, table, SECTORS) == {"air_ratio": pytest.approx(held / due)}
    assert air_ratio(agents, table[table["day"] < 0], SECTORS) == {}  # nothing was listed
    assert air_ratio(agents.iloc[:0], table, SECTORS) == {}


def test_the_air_ratio_does_not_rise_when_hedgers_leave():
    table = contracts(np.ones((2, 2)), np.ones((2, 2))).assign(contract=["2026-10", "2026-11"] * 2)
    agents = sheets([(1, "2026-10", "lab", 10, 8, 0), (1, "2026-10", "fund", 0, 2, 10)])
    left = agents.assign(long_contracts=[0, 10])  # the lab's contracts have gone to other funds
    assert air_ratio(agents, table, SECTORS)["air_ratio"] == pytest.approx(6 / 10)
    assert air_ratio(left, table, SECTORS)["air_ratio"] == pytest.approx(10 / 10)
    assert air_ratio(agents.assign(long_contracts=0, short_contracts=0), table, SECTORS)["air_ratio"] == 0.0


def test_the_weekly_gap_is_the_mean_of_the_months_ahead_on_every_fifth_day():
    days, luck = 12, Streams(3).normal("gap", 36).reshape(12, 3)
    settle = np.exp(0.1 * luck)
    table = contracts(settle, np.ones((days, 3))).sample(frac=1, random_state=1)
    assert weekly_gap(table) == pytest.approx([0.1 * luck[day, 1:].mean() for day in (1, 6, 11)])


def test_an_explosive_gap_is_rejected_and_a_short_or_still_one_is_not_judged():
    walk = 0.1 + 0.01 * np.cumsum(Streams(6).normal("walk", 104))
    bubble = walk.copy()
    for week in range(50, 75):
        bubble[week] = 1.1 * bubble[week - 1] + walk[week] - walk[week - 1]
    assert explosive(walk)["gsadf_rejects"] == 0.0
    assert explosive(bubble)["gsadf_rejects"] == 100.0
    assert explosive(walk[:49]) == explosive(np.zeros(104)) == {}


def test_every_figure_is_declared():
    steps = np.vstack([np.tile([2.0, 2.1], (251, 1)) + 0.01 * Streams(1).normal("s", 251)[:, None], [[2.0, 2.3]]])
    table = contracts(steps, np.full((252, 2), 2.0)).assign(contract=["2026-10", "2026-11"] * 252)
    daily = pd.DataFrame({"held_users": [60.0, 1.0], "traded_users": [1.0, 2.0]})
    agents = sheets([(1, "2026-10", "lab", 10, 8, 0), (1, "2026-10", "fund", 0, 2, 10)])
    run = SimpleNamespace(contracts=table, daily=daily, agents=agents, sectors=SECTORS)
    out = Bubble().compute(run)
    assert {name for name in out if Bubble.figure(name)} == set(out)
    assert {"air_ratio", "gsadf", "gsadf_critical", "gsadf_rejects"} < set(out)
    assert out["mispricing_worst"] == pytest.approx(100 * np.log(1.15))
