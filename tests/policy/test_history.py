"""Scenarios after history: each says what it asks, what it reproduces and what not, and runs; what it shows holds."""

from pathlib import Path

import numpy as np
import pytest

from sim.scenario import Scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FILES = sorted(path.stem for path in SCENARIOS.glob("history_*.yaml"))
NICKEL, CRYPTO, MARCH, NASDAQ = ("history_lme_nickel_2022", "history_crypto_october_2025", "history_march_2020",
                                 "history_nasdaq_2018")


def around(name, changes=(), before=1, after=2):
    """A run up to some days after its first shock; its daily table and the day of that shock."""
    scenario = Scenario.load(name, list(changes))
    model = scenario.build()
    first = min(model.calendar.day_on(shock.date) for shock in scenario.shocks)
    while model.day < first + after:
        model.step()
    return model, model.record.table("daily"), first


def test_all_four_are_there():
    assert {NICKEL, CRYPTO, MARCH, NASDAQ} <= set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_it_opens_with_its_question_and_says_what_it_is_and_is_not(name):
    scenario = Scenario.load(name)
    text = (SCENARIOS / f"{name}.yaml").read_text()
    assert scenario.question.endswith("?")
    for word in ("Reproduced:", "Not reproduced:", "Source", "confidence"):
        assert word in text, word
    described = scenario.describe()
    assert all(policy.effect_at(scenario.scale, 1e4).split()[0] in described for policy in scenario.policies)
    assert sum(kind.count for kind in scenario.agents) < 200  # small enough for less than a minute


@pytest.mark.parametrize("name", FILES)
def test_it_runs_and_its_books_balance(name):
    model = Scenario.load(name).build()
    for _ in range(4):
        model.step()
    model.check_books()


@pytest.fixture(scope="module")
def spike():
    return around(NICKEL)


def test_the_settlement_price_decides_on_the_size_of_the_payments(spike):
    """Settling at the spike moves more than ten times what settling at the prior close moves, on the first day."""
    _, daily, day = spike
    _, prior, _ = around(NICKEL, ["policies.settlement_rule.rule=prior_close"], after=0)
    assert daily["variation_margin_cents"][day] > 10 * prior["variation_margin_cents"][day]
    assert daily["margin_call_cents"][day] > 10 * max(int(prior["margin_call_cents"][day]), 1)
    assert daily["swap_contracts"][day - 1] > 0 and daily["volume"][day + 2] == 0  # hidden shorts; then it is closed


def test_limits_from_the_start_spread_the_payments_over_days(spike):
    _, free, day = spike
    _, limited, _ = around(NICKEL, ["policies.price_limit.limit=0.15"])
    flow = "variation_margin_cents"
    assert limited[flow][day] < 0.5 * free[flow][day]
    assert limited["limit_months"][day] > 0
    assert limited["defaults"][day: day + 2].sum() < free["defaults"][day: day + 2].sum()


def test_the_cascade_halves_open_interest_and_deleverages_winners():
    model, daily, day = around(CRYPTO, after=0)
    assert daily["perp_open_interest"][day] < 0.75 * daily["perp_open_interest"][day - 1]
    assert daily["liquidations"][day] > 50 and daily["adl_contracts"][day] > 0
    venue = model.venues.perpetual
    assert venue.accounts.position.sum() == 0


def test_margin_rises_by_itself_in_a_bad_month():
    _, daily, day = around(MARCH, after=14)
    per_contract = daily["initial_margin"] / daily["open_interest"]
    assert per_contract[day + 14] > 1.4 * per_contract[day - 1]
    assert daily["margin_call_cents"][day: day + 15].sum() > 0
    assert daily["variation_margin_cents"][day: day + 15].max() > 5 * np.median(daily["variation_margin_cents"][:day])


def test_a_spread_whose_legs_part_takes_the_members_money_and_a_part_of_the_fund():
    model, daily, day = around(NASDAQ, after=3)
    row = model.blocks.label_of.index("large_trader")
    table = model.record.table("contracts")
    price = {int(d): {str(c): float(p) for c, p in zip(table["contract"][table["day"] == d],
                                                      table["settle"][table["day"] == d], strict=True)}
             for d in range(day + 2)}
    near, far = sorted(price[day])[1], sorted(price[day])[4]
    spread = np.array([np.log(price[d][near] / price[d][far]) for d in range(day - 30, day + 2) if far in price[d]])
    moves = np.abs(np.diff(spread))
    assert moves[-1] > 8 * moves[:-2].mean()  # the legs part by many times their mean day
    events = model.record.table("events")
    kinds = list(zip(events["kind"], events["agent_type"], strict=True))
    assert [who for kind, who in kinds if kind == "default"] == ["large_trader"] and model.house.failed[row]
    assert daily["member_defaults"][day: day + 4].sum() == 1
    used = sum(daily[f"layer_{name}_cents"][day: day + 4].sum() for name in ("defaulter_fund", "default_fund"))
    assert 0 < used < daily["fund_cents"][day - 1] and daily["unpaid_cents"][day: day + 4].sum() == 0


def test_what_is_given_back_for_offsets_decides_the_margin_of_a_spread():
    held = []
    for recognised in (1.0, 0.8, 0.0):
        model, _, _ = around(NASDAQ, [f"clearing.recognised={recognised}"], after=-1)
        row = model.blocks.label_of.index("large_trader")
        legs = model.ledger.position[row][model.ledger.position[row] != 0]
        assert len(legs) == 2 and legs[0] * legs[1] < 0
        held.append(int(model.house.required[row]))
    assert 1.2 * held[0] < held[1] < held[2] / 2

