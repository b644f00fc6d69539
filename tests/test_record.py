import datetime as dt

import numpy as np
import pytest

from sim.record import NEWS, Record, RecordConfig

MONTH = 12 * 2026 + 9  # October 2026


def contracts(record, day, slots=3, shift=0):
    """A day of contracts, in the order of a ring of slots: the nearest month is not the first."""
    month = MONTH + (np.arange(slots) + shift) % slots
    ones = np.ones(slots, np.int64)
    record.contracts(day, month, month < MONTH + slots, 250 + month - MONTH, 0.01, 10 * ones, 20 * ones, 0 * ones,
                     251 * ones, 5 * ones, 0.2 * ones, 240.5 * ones)


def test_a_day_becomes_a_row_and_grows_beyond_what_was_expected():
    record = Record(2, 3)
    for day in range(5):
        values = {"spot_us": 2.5 + day, "variation_margin_cents": 2.0**52 + day}
        record.day(day, dt.date(2026, 10, 5) + dt.timedelta(day), values)
    table = record.table("daily")
    assert list(table) == ["day", "date", "spot_us", "variation_margin_cents"]
    assert table["spot_us"].tolist() == [2.5, 3.5, 4.5, 5.5, 6.5]
    assert table["date"][4] == np.datetime64("2026-10-09")
    assert table["variation_margin_cents"].dtype == np.int64
    assert table["variation_margin_cents"][4] == 2**52 + 4
    assert record.table("daily", 3)["day"].tolist() == [3, 4]


def test_a_day_with_other_columns_is_refused():
    record = Record(2, 3)
    record.day(0, dt.date(2026, 10, 5), {"spot_us": 1.0})
    with pytest.raises(ValueError, match="volume"):
        record.day(1, dt.date(2026, 10, 6), {"spot_us": 1.0, "volume": 1.0})


def test_contracts_are_written_in_order_of_expiry_in_dollars():
    record = Record(1, 3)
    contracts(record, 0, shift=2)
    contracts(record, 1)
    table = record.table("contracts")
    assert table["contract"].tolist() == ["2026-10", "2026-11", "2026-12"] * 2
    assert table["expiry"].astype(str).tolist()[:3] == ["2026-10-30", "2026-11-30", "2026-12-31"]
    assert table["settle"].tolist()[:3] == [2.5, 2.51, 2.52]
    assert np.isnan(table["best_bid"]).all()
    assert table["best_ask"].tolist() == [2.51] * 6
    assert table["expected"].tolist() == [2.405] * 6


def test_events_are_numbered_and_keep_their_causes():
    record = Record(1, 3)
    contracts(record, 0)
    first = record.event(0, 2, "margin call", agent=7, agent_type="leveraged_fund", amount=12_345, causes=[(NEWS, 1.0)])
    second = record.event(0, 3, "forced sale", 7, "leveraged_fund", contract=MONTH, quantity=-4, price=248,
                          causes=[(first, 0.75), (NEWS, 0.25)])
    pair = lambda a, b: np.array([a, b], np.int64)
    record.trades(0, 3, pair(1, 2), pair(3, 4), pair(MONTH, MONTH), pair(250, 251), pair(5, 6))
    assert (first, second, record.rows("events")) == (0, 1, 4)
    table = record.table("events", 1)
    assert table["event"].tolist() == [1, 2, 3]
    assert table["kind"].tolist() == ["forced sale", "trade", "trade"]
    assert table["contract"].tolist() == ["2026-10"] * 3
    assert table["price"].tolist() == [2.48, 2.5, 2.51]
    causes = record.table("causes")
    rows = list(zip(causes["event"], causes["cause"], causes["weight"], strict=True))
    assert rows == [(0, NEWS, 1.0), (1, 0, 0.75), (1, NEWS, 0.25)]


def test_growth_keeps_every_event():
    record = Record(1, 1)
    for number in range(1000):
        record.event(number, 0, "margin call", agent=number, causes=[(number - 1, 1.0)])
    assert record.table("events")["agent"].tolist() == list(range(1000))
    assert record.table("causes")["cause"].tolist() == list(range(-1, 999))


def test_balance_sheets_stack_by_month():
    record = Record(1, 1)
    cash = np.array([1, 2], np.int64)
    sheet = {"agent": np.arange(2), "agent_type": np.array(["ai_lab", "trend"]), "cash_cents": cash}
    record.agents(18, MONTH, sheet)
    cash[:] = 9  # what was written down stays
    record.agents(39, MONTH + 1, sheet)
    table = record.table("agents")
    assert table["month"].tolist() == ["2026-10", "2026-10", "2026-11", "2026-11"]
    assert table["cash_cents"].tolist() == [1, 2, 9, 9]
    assert list(record.table("agents", 2)) == ["day", "month", "agent"]


def test_a_snapshot_branches_and_goes_back():
    record = Record(1, 3)
    record.day(0, dt.date(2026, 10, 5), {"spot_us": 1.0})
    contracts(record, 0)
    record.event(0, 0, "margin call")
    state = record.snapshot()
    record.day(1, dt.date(2026, 10, 6), {"spot_us": 2.0})
    record.event(1, 0, "default")
    twin = Record(1, 3)
    twin.restore(state)
    twin.event(1, 0, "closure")
    assert record.table("events")["kind"].tolist() == ["margin call", "default"]
    assert twin.table("events")["kind"].tolist() == ["margin call", "closure"]
    record.restore(state)
    assert (record.rows("daily"), record.rows("events"), record.rows("contracts")) == (1, 1, 3)


def test_levels():
    assert RecordConfig().level == "full"
    with pytest.raises(ValueError, match="none of"):
        Record(1, 1, "everything")
