"""Gains of hedgers by delivery month: to the cent what their accounts received."""

import numpy as np
import pytest

from sim.clearing.causes import NEWS
from sim.clearing.ending import end_market
from sim.deliveries import LONG, REST, SHORT
from sim.scenario import Scenario


@pytest.fixture(scope="module")
def run():
    """Forty days of a small market, with what each side's accounts received every day."""
    model = Scenario.load("quick").build(2)
    received = np.zeros(2)
    while model.day < 39:
        model.step()
        if model.market_is_open():
            for side in (LONG, SHORT):
                received[side] += model.house.gain[model.deliveries.side == side].sum()
    return model, received


def test_gains_by_delivery_month_add_up_to_what_accounts_received(run):
    model, received = run
    table = model.record.table("deliveries")
    for side, name in ((LONG, "long"), (SHORT, "short")):
        assert table[f"gain_cents_{name}"].sum() + model.deliveries.gain[side].sum() == received[side] != 0


def test_only_hedgers_count(run):
    model, _ = run
    for kind, block in model.blocks.all:
        expected = {1: LONG, -1: SHORT}.get(getattr(kind, "side", 0) if kind.trades else 0, REST)
        assert (model.deliveries.side[block.rows] == expected).all()
    assert model.record.table("deliveries")["need_long"][0] == model.deliveries.need[LONG] > 0


def test_a_position_taken_over_went_at_the_settlement_price(run):
    """What a defaulter's account loses to the house is no gain and no loss of the hedge itself."""
    model, _ = run
    twin = model.branch()
    part, slot = twin.deliveries, int(np.argmax(twin.exchange.slots["rank"]))
    rows = np.flatnonzero((part.side == LONG) & (twin.ledger.position[:, slot] != 0))
    before = part.gain.copy()
    twin.ledger.position[rows, slot] = 0
    part.settle(twin.exchange.settle)
    np.testing.assert_array_equal(part.gain, before)
    np.testing.assert_array_equal(part.held[LONG, slot], 0)


def test_a_settled_month_is_written_once_and_forgotten(run):
    model, _ = run
    table = model.record.table("deliveries")
    assert len(set(table["contract"])) == len(table["contract"]) >= 2
    assert (table["funding_cents_long"] > 0).all()
    assert {column.dtype for name, column in table.items() if name.startswith("gain")} == {np.dtype(float)}


def test_months_that_end_after_the_market_has_keep_what_was_gained_before_and_later_ones_gained_nothing(run):
    model, _ = run
    twin = model.branch()
    end_market(twin.house, twin.day, [(NEWS, 1.0)])
    gain = {int(month): twin.deliveries.gain[:, slot].copy() for slot, month in enumerate(twin.exchange.slots["month"])
            if twin.exchange.slots["listed"][slot]}
    first = min(gain)
    while twin.day < twin.calendar.last_day(first + 2):
        twin.step()
    table = twin.record.table("deliveries")
    assert (table["day"][-3:] > model.day).all() and not twin.ledger.position.any()
    np.testing.assert_array_equal(table["gain_cents_long"][-3:], [gain[first + ahead][LONG] for ahead in range(3)])
    np.testing.assert_array_equal(table["gain_cents_short"][-3:], [gain[first + ahead][SHORT] for ahead in range(3)])
    assert table["gain_cents_long"][-3:].all()
    twin.deliveries.rest(twin.day, first + 99, twin.exchange.slots["month"])
    assert twin.record.table("deliveries")["gain_cents_long"][-1] == 0.0
