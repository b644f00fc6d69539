"""The worker: what it runs, what it shows, and that it lets go."""

import gc

import mesa
import numpy as np
import pytest

from sim.dashboard import cascade, charts, people, session, wording
from sim.dashboard.session import Session
from sim.dashboard.settings import Settings
from sim.scenario import Scenario

QUICK = Settings("quick")
JUMP = Settings("quick", (("leverage", "10"), ("rate", "0.05"), ("shock", "spot_jump"), ("shock_date", "2026-10-20"),
                          ("shock_size", "4")))


def run(pair, until):
    found = Session()
    found.play(pair, until)
    found.wait()
    return found


@pytest.fixture(scope="module")
def pair():
    found = run((JUMP, QUICK), 40)
    yield found
    found.close()


def test_it_runs_to_the_day_that_was_asked_for():
    found = run((QUICK, None), 4)
    assert (found.state, found.day) == ("ready", 4) and found.shown == (QUICK, None)
    found.step((QUICK, None), 2)
    found.wait()
    assert found.day == 6
    found.play((QUICK, None), 10_000)
    found.wait()
    assert found.day == 59 and found.frames[0].done
    found.close()


def test_what_is_shown_is_what_a_run_writes_down():
    """Watching changes nothing: a page shows the figures of a run of the same scenario and seed."""
    found = run((QUICK, None), 12)
    model = Scenario.load("quick").build()
    while model.day < 12:
        model.step()
    daily = model.record.table("daily")
    for name, column in found.frames[0].daily.items():
        np.testing.assert_array_equal(column, daily[name], err_msg=name)
    accounts = found.frames[0].accounts
    np.testing.assert_array_equal(accounts.position, model.ledger.position)
    np.testing.assert_array_equal(accounts.cash, model.ledger.cash)
    found.close()
    mesa.Agent._ids.pop(model, None)


def test_two_markets_have_the_same_luck(pair):
    own, other = pair.frames
    assert own.seed == other.seed and own.last == other.last == 40
    before = own.scenario.calendar.day_on(own.scenario.shocks[0].date)
    spot = [frame.column("spot_h100_us") for frame in pair.frames]
    np.testing.assert_allclose(spot[0][: before - 1], spot[1][: before - 1], rtol=0.2)
    assert spot[0][before + 2] > 1.1 * spot[1][before + 2]
    alone = run((QUICK, None), 40)
    np.testing.assert_array_equal(alone.frames[0].column("open_interest"), other.column("open_interest"))
    alone.close()


def test_books_are_seen_before_they_are_emptied(pair):
    day = pair.frames[0].days[10]
    bids, asks = day.books[day.months[0].label]
    assert len(bids) and len(asks) and (bids[:, 1] > 0).all()
    assert bids[0, 0] < asks[0, 0] and (np.diff(bids[:, 0]) < 0).all() and (np.diff(asks[:, 0]) > 0).all()


def test_every_contract_has_two_sides(pair):
    for frame in pair.frames:
        assert not frame.accounts.position.sum(axis=0).any()
        assert frame.days[-1].held.sum() > 0


def test_old_results_stay_while_settings_are_refused(pair):
    own = run((QUICK, None), 3)
    own.play((Settings("quick", (("leverage", "lots"),)), None), 3)
    own.wait()
    assert own.state == "failed" and "not a number" in own.problems["leverage"]
    assert own.shown == (QUICK, None) and own.frames[0].last == 3
    own.play((QUICK, None), 2)
    own.wait()
    assert own.state == "ready" and not own.problems
    own.close()


def test_a_defect_of_the_program_ends_in_words(monkeypatch, caplog):
    found = run((QUICK, None), 1)
    monkeypatch.setattr(session.Watcher, "step", lambda self: 1 / 0)
    found.play((QUICK, None), 5)
    found.wait()
    assert found.state == "failed" and "ZeroDivisionError" in found.error and "Traceback" not in found.error
    assert found.frames[0].last == 1
    found.close()


def test_models_are_let_go():
    gc.collect()
    before = len(mesa.Agent._ids)
    found = run((QUICK, JUMP), 1)
    assert len(mesa.Agent._ids) == before + 2
    found.play((JUMP, None), 1)
    found.wait()
    assert len(mesa.Agent._ids) == before + 1
    found.close()
    assert len(mesa.Agent._ids) == before and found.state == "ready"
    found.play((QUICK, None), 5)  # a page that is gone asks for nothing any more
    found.wait()
    assert len(mesa.Agent._ids) == before


def test_a_server_has_room_for_so_many(monkeypatch):
    monkeypatch.setattr(session, "MOST_MODELS", 0)
    found = run((QUICK, None), 1)
    assert found.state == "failed" and "already" in found.problems[""]
    found.close()


# --- what is drawn ---------------------------------------------------------------------------------------------


def test_every_chart_has_a_finding_a_unit_and_a_text(pair):
    frames, at = pair.frames, pair.day
    month = frames[0].days[at].months[0].label
    found = [charts.prices(frames, at), charts.curve(frames, at), charts.depth(frames, at, month),
             charts.holders(frames, at), charts.margin(frames, at), charts.physical(frames, at),
             cascade.cascade(frames[0], at), people.everybody(frames[0])]
    for panel in found:
        assert panel.title and panel.sub
        if panel.chart:
            assert 'role="img"' in panel.chart and 'aria-label="' in panel.chart and "nan" not in panel.chart
    for number, unit in ((0, "$ per GPU-hour"), (1, "month of delivery"), (2, "contracts"), (4, "$ a day")):
        assert unit in found[number].chart


def test_charts_of_the_first_day_and_of_every_kind_of_market():
    for name in ("late_listing", "replay_h100", "hedgers_only"):
        found = run((Settings(name), None), 0)
        frames = found.frames
        assert found.day == 0, found.error
        for draw in (charts.prices, charts.curve, charts.holders, charts.margin, charts.physical):
            assert draw(frames, 0).title
        assert charts.depth(frames, 0, "").title and cascade.cascade(frames[0], 0).title
        assert wording.answer(frames, (Settings(name), None), 0)
        found.close()


def test_the_worst_days_are_found(pair):
    frame = pair.frames[0]
    days = [event.day for event in frame.events if event.kind not in cascade.CALLS and event.day >= 0]
    _, number = cascade.worst(frame, frame.last)
    assert (number > 0) == bool(days) and number <= len(days)
    assert number == max((sum(last - cascade.SHOWN < each <= last for each in days) for last in range(frame.last + 1)),
                         default=0)
    assert cascade.worst(frame, -1) == (-1, 0)


def test_the_answer_counts_what_happened(pair):
    frames, at = pair.frames, pair.day
    forced = [int(frame.column("forced_events").sum()) for frame in frames]
    text = wording.answer(frames, pair.shown, at)
    assert "on the same luck" in text
    if forced[0] != forced[1]:
        assert f"{abs(forced[0] - forced[1]):,} {'more' if forced[0] > forced[1] else 'fewer'} forced sale" in text
    rows = {row[0]: row for row in wording.differences(frames, at)}
    assert rows["Forced sales"][2:4] == [f"{forced[0]:,}", f"{forced[1]:,}"]
    keys = wording.keys(frames, at)
    assert len(keys) == 4 and all(key.beside.startswith("compared") for key in keys)
    assert not any(key.beside.startswith("compared") for key in wording.keys(frames[:1], at))


def test_links_of_a_cascade_run_from_earlier_to_later(pair):
    frame = pair.frames[0]
    shown = {event.number for event in cascade.events_of(frame, pair.day)}
    for cause, effect, weight in cascade.links(frame, shown):
        assert cause < effect and 0 < weight <= 1.0001
    assert all(len(row) == 6 for row in cascade.told(frame, pair.day))


def test_a_balance_sheet_adds_up(pair):
    frame = pair.frames[0]
    accounts = frame.accounts
    rows = people.chosen_rows(frame, "trend_follower", "loss")
    block = next(block for block in frame.blocks if block.label == "trend_follower")
    assert all(block.start <= row < block.stop for row in rows)
    gains = (accounts.equity - accounts.capital)[rows]
    assert (np.diff(gains) >= 0).all()
    sheet = people.sheet(frame, rows[0])
    assert sheet.who == f"trend follower {rows[0]}" and sheet.rule
    assert dict(sheet.rows)["Equity"] and len(sheet.positions) == int((accounts.position[rows[0]] != 0).sum())
    assert people.sheet(frame, 10**6) is None
