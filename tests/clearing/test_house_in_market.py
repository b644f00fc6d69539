"""A house with members in the running market: a client of the largest member loses more than both of them have."""

import numpy as np
import pytest

from sim.scenario import Scenario

TABLES = ("daily", "contracts", "events", "causes")
MEMBERS = ["clearing.members.count=4", "clearing.collateral.bills=0.3", "clearing.collateral.paper=0.2"]


def model_after(days, *changes):
    model = Scenario.load("quick", changes).build(1)
    while model.day < days:
        model.step()
    return model


def ruin(model):
    """A bill that takes a client's and its member's means and a quarter of the fund; returns both rows."""
    members, ledger = model.house.tiers.members, model.ledger
    first = int(members.rows[0])
    mine = np.where((members.of == 0) & (members.number < 0), np.abs(ledger.position).sum(axis=1), 0)
    row = int(np.argmax(mine))
    bill = int(ledger.cash[row] + ledger.margin[row] + ledger.pledged[row] + ledger.cash[first] + ledger.margin[first])
    bill += int(model.house.tiers.fund.balance.sum()) // 2
    ledger.post("running costs", np.array([row]), np.array([-bill]), "outside world")
    return row, first


def assert_same(first, second, names=TABLES):
    for name in names:
        one, two = first.record.table(name), second.record.table(name)
        for column in one:
            np.testing.assert_array_equal(one[column], two[column], err_msg=f"{name}.{column}")


@pytest.fixture(scope="module")
def crisis():
    model = model_after(20, *MEMBERS)
    before = model.branch()
    rows = ruin(model)
    for _ in range(20):
        model.step()
    return model, before, rows


def test_a_ruined_client_takes_its_member_down_and_the_layers_pay(crisis):
    model, _, (row, first) = crisis
    events, daily = model.record.table("events"), model.record.table("daily")
    kinds = events["kind"].tolist()
    assert {"default", "member default", "house loss", "auction", "porting"} <= set(kinds)
    assert model.house.failed[first]
    assert daily["layer_margin_cents"].sum() > 0  # called the evening before: it was at the house
    assert daily["layer_defaulter_fund_cents"].sum() > 0
    assert daily["layer_house_capital_cents"].sum() > 0
    assert daily["auctioned_contracts"].sum() > 0
    paid = sum(int(daily[name].sum()) for name in daily if name.startswith("layer_") and name != "layer_margin_cents")
    lost = int(events["amount_cents"][[kind == "house loss" for kind in kinds]].sum())
    assert paid + int(daily["unpaid_cents"].sum()) == lost
    assert row in events["agent"][[kind == "default" for kind in kinds]]


def test_a_crisis_in_a_branch_is_the_same_crisis(crisis):
    model, before, _ = crisis
    ruin(before)
    for _ in range(3):
        before.step()
    twin = before.branch()
    while twin.day < model.day:
        twin.step()
    assert_same(model, twin)


def test_members_are_not_seen_by_a_market_in_which_nobody_fails():
    with_members, without = model_after(10, MEMBERS[0]), model_after(10)
    assert_same(without, with_members, ("contracts",))


def test_a_frozen_house_calls_and_sells_nobody():
    model = model_after(5, *MEMBERS)
    ruin(model)
    model.house.frozen = True
    count = model.record.rows("events")
    for _ in range(3):
        model.step()
    assert model.record.rows("events") == count
