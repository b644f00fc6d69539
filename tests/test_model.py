"""The whole day: books balance, luck has a name, copies of the world go on alike."""

import numpy as np
import pytest

from sim.ledger import FLOWS, BooksDoNotBalance
from sim.scenario import Scenario

TABLES = ("daily", "contracts", "deliveries", "events", "causes", "agents")


def scenario(*changes: str) -> Scenario:
    return Scenario.load("quick", changes)


def run(setup: Scenario, seed: int = 1, days: int | None = None):
    model = setup.build(seed)
    while model.day < (days or setup.days) - 1:
        model.step()
    return model


def assert_same(first, second) -> None:
    for name in TABLES:
        one, two = first.record.table(name), second.record.table(name)
        assert one.keys() == two.keys(), name
        for column, values in one.items():
            np.testing.assert_array_equal(values, two[column], err_msg=f"{name}.{column}")


@pytest.fixture(scope="module")
def finished():
    return run(scenario())


def test_a_market_forms(finished):
    daily = finished.record.table("daily")
    assert len(daily["day"]) == 60
    assert (daily["volume"] > 0).all()
    assert (daily["open_interest"] > 0).all()
    contracts = finished.record.table("contracts")
    assert len(contracts["day"]) == 60 * 6
    assert np.isfinite(contracts["settle"]).all()


def test_money_and_contracts_balance_every_day():
    model = scenario().build(3)
    for _ in range(60):
        model.step()  # raises BooksDoNotBalance on any day that does not
        ledger = model.ledger
        assert ledger.cash.sum() + ledger.margin.sum() + ledger.institution.sum() == 0
        assert not ledger.position.sum(axis=0).any()
        assert ledger.basis.sum() == 0
    received, paid = ledger.matrix.sum(axis=1), ledger.matrix.sum(axis=2)
    margin = FLOWS.index("variation margin")
    assert ledger.matrix[margin].sum() > 0
    assert received[margin].sum() == paid[margin].sum()


def test_a_day_that_does_not_balance_is_refused():
    model = scenario().build(1)
    model.step()
    model.ledger.cash[0] += 1
    with pytest.raises(BooksDoNotBalance):
        model.step()


def test_same_seed_same_bits_and_another_seed_another_history(finished):
    assert_same(finished, run(scenario()))
    other = run(scenario(), seed=2).record.table("daily")
    assert not np.array_equal(other["spot_us"], finished.record.table("daily")["spot_us"])


def test_the_order_of_declaration_changes_nothing(finished):
    setup = scenario()
    assert_same(finished, run(setup.model_copy(update={"agents": setup.agents[::-1]})))


def test_a_branch_goes_on_as_the_world_would_have(finished):
    model = scenario().build(1)
    for _ in range(37):
        model.step()
    twin = model.branch()
    while twin.day < 59:
        twin.step()
    assert_same(finished, twin)


def test_a_branch_leaves_the_world_alone(finished):
    model = scenario().build(1)
    for _ in range(37):
        model.step()
    twin = model.branch()
    twin.ledger.alive[:] = False
    for _ in range(5):
        twin.step()
    while model.day < 59:
        model.step()
    assert_same(finished, model)


def test_one_more_block_or_participant_changes_nobody_elses_luck():
    """Opening columns, beliefs and arrivals of everyone else stay what they were."""
    plain = scenario().build(1)
    grown = scenario("agents.noise_trader.count=40").build(1)
    setup = scenario()
    late = setup.agents[4].model_copy(update={"name": "late", "count": 3})
    more = setup.model_copy(update={"agents": (late, *setup.agents)}).build(1)
    for other in (grown, more):
        blocks = {kind.label: block for kind, block in other.blocks.all}
        for kind, block in plain.blocks.all:
            twin = blocks[kind.label]
            np.testing.assert_array_equal(block.key, twin.key[: block.n])
            for name in block.own:
                np.testing.assert_array_equal(getattr(block, name), getattr(twin, name)[: block.n],
                                              err_msg=f"{kind.label}.{name}")


def test_spot_is_the_same_history_until_futures_trade():
    """Common random numbers: before a market opens, a world with a later market is the same world."""
    early, late = scenario().build(1), scenario("market.opens=2026-11-16").build(1)
    while early.day < -1:
        early.step()
        late.step()
    assert not late.ledger.position.any()
    assert early.ledger.position.any()
    late_market = late.calendar.day_on(late.config.opens)
    while late.day < late_market:
        late.step()
    assert late.ledger.position.any()


def test_no_participant_sees_the_future():
    """A shock to tomorrow's demand leaves everything of today as it is."""
    calm, shocked = scenario().build(1), scenario().build(1)
    for _ in range(30):
        calm.step()
        shocked.step()
    np.testing.assert_array_equal(calm.ledger.position, shocked.ledger.position)
    shocked.economy.dials.demand_mult = np.full(4, 1.5)
    shocked.step()
    calm.step()
    assert shocked.economy.spot[0] > calm.economy.spot[0]


def test_participants_cannot_change_what_they_see():
    model = scenario().build(1)
    model.step()
    view = model.view(0)
    for array in view:
        if isinstance(array, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0


def test_handles_show_the_same_state_as_columns(finished):
    labs = finished.agents.select(lambda agent: agent.block.label == "ai_lab")
    assert len(labs) == 6
    block = {kind.label: block for kind, block in finished.blocks.all}["ai_lab"]
    assert labs.agg("cash", sum) == block.cash.sum()
    assert sorted(agent.margin for agent in labs) == sorted(block.margin.tolist())


def test_trades_are_recorded_when_asked_for():
    model = run(scenario("record.trades=true"), days=5)
    table, daily = model.record.table("events"), model.record.table("daily")
    trades = table["kind"] == "trade"
    assert table["quantity"][trades].sum() == daily["volume"].sum()
    assert (table["agent"][trades] != table["counterparty"][trades]).all()
