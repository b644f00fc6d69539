"""What a visitor chooses, as the words of an address, and as a scenario that this page can run."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.dashboard import dials, fitting
from sim.dashboard.fitting import Refused, fit
from sim.dashboard.settings import KEYS, VIEW, Settings, View, ordered, view_of
from sim.scenario import Scenario

KNOWN = ["baseline", "leverage", "quick"]


def refused(**raw):
    with pytest.raises(Refused) as found:
        fit(Settings("quick", ordered(raw)))
    return found.value.problems


words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
chosen = st.builds(Settings, st.sampled_from(KNOWN), st.dictionaries(st.sampled_from(KEYS), words).map(ordered))


@settings(max_examples=40)
@given(chosen, st.none() | chosen, st.dictionaries(st.sampled_from(VIEW), words))
def test_an_address_brings_the_view_back(own, beside, look):
    view = View(own, beside, look)
    found, problems = view_of(view.address(), "baseline", KNOWN)
    assert found == view and not problems


@settings(max_examples=60)
@given(st.text(max_size=80))
def test_no_address_is_too_strange(text):
    view, _ = view_of(text, "baseline", KNOWN)
    assert view.settings.scenario in KNOWN


@pytest.mark.parametrize(("address", "said"), [
    ("scenario=nonsense", "no scenario “nonsense”"), ("foo=1", "“foo”"), ("b.scenario=/etc/passwd", "/etc/passwd"),
    ("leverage=" + "9" * 300, "cannot be used"), ("&".join(f"a{n}=1" for n in range(99)), "too many")])
def test_what_cannot_be_used_is_said(address, said):
    view, problems = view_of(address, "baseline", KNOWN)
    assert any(said in text for text in problems)
    assert view.settings == Settings("baseline")


def test_an_address_cannot_open_files(tmp_path):
    path = tmp_path / "secret.yaml"
    path.write_text("extends: baseline\n")
    view, problems = view_of(f"scenario={path}", "baseline", KNOWN)
    assert view.settings.scenario == "baseline" and problems


def test_a_dial_back_at_its_default_is_no_change():
    start = Settings("quick")
    moved = start.with_change("leverage", "8", "3")
    assert moved.raw == {"leverage": "8"} and moved.with_change("leverage", "3", "3") == start
    shock = start.with_change("shock", "spot_jump", "").with_change("shock_size", "2", "1.5")
    assert shock.with_change("shock", "power_price", "").raw == {"shock": "power_price"}  # its size has other units
    assert shock.with_change("shock_date", "2026-11-02", "").with_change("shock", "", "") == start


# --- dials ---------------------------------------------------------------------------------------------------


def test_every_dial_says_unit_range_default_and_source():
    scenario = dials.scenario_named("baseline")
    found = dials.dials(scenario, {"shock": "spot_jump"})
    assert len(found) == 8
    for dial in found:
        assert dial.label and dial.doc and dial.source and dial.unit, dial.key
        if dial.kind == "number":
            low, high, step = dial.usual
            assert dial.low <= low <= float(dial.default) <= high <= dial.high and step > 0, dial.key
    by = {dial.key: dial for dial in found}
    assert by["rate"].default == "0.2" and by["rate"].unit == "share of notional" and by["rate"].bounds == "0 to 1"
    assert by["leverage"].default == "3"
    assert float(by["capital"].default) == pytest.approx(sum(kind.capital for kind in dials.investors(scenario)))


def test_a_dial_without_a_meaning_says_why():
    by = {dial.key: dial for dial in dials.dials(dials.scenario_named("hedgers_only"), {"margin": "ewma"})}
    assert "EWMA" in by["rate"].idle and "shock" in by["shock_date"].idle
    users = dials.scenario_named("baseline")
    users = users.model_copy(update={"agents": tuple(kind for kind in users.agents if kind.sector == "users")})
    assert dials.leverage(users).idle and dials.capital(users).idle


def test_every_shock_can_be_added():
    """Each kind with its default size gives a scenario that fits together, and a slider around that size."""
    for kind, cls in dials.shock_types().items():
        size = dials.shock(dials.scenario_named("baseline"), {"shock": kind})[2]
        assert fit(Settings("baseline", ordered({"shock": kind}))).scenario.shocks[-1].type_name == kind
        if dials.size_of(cls):
            assert size.usual[0] <= float(size.default) <= size.usual[1], kind


# --- from settings to a scenario --------------------------------------------------------------------------------


def test_dials_reach_the_parameters():
    raw = {"leverage": "6", "capital": "1.2", "rate": "0.1", "opens": "2026-10-19", "seed": "9", "days": "40",
           "shock": "spot_jump", "shock_date": "2026-11-02", "shock_size": "2.5"}
    scenario = fit(Settings("baseline", ordered(raw))).scenario
    assert {kind.leverage_max for kind in dials.borrowers(scenario)} == {6.0}
    fund = next(kind for kind in scenario.agents if kind.type_name == "leveraged_fund")
    assert fund.leverage_usual == pytest.approx(5.0)  # 2.5 at a limit of 3
    assert sum(kind.capital for kind in dials.investors(scenario)) == pytest.approx(1.2)
    assert scenario.clearing.margin.rate == 0.1 and scenario.market.opens.isoformat() == "2026-10-19"
    assert (scenario.seed, scenario.days) == (9, 40)
    assert scenario.shocks[0].demand == 2.5 and scenario.shocks[0].date.isoformat() == "2026-11-02"


def test_another_margin_rule_takes_its_own_settings():
    assert fit(Settings("leverage", (("margin", "ewma"),))).scenario.clearing.margin.type_name == "ewma"


def test_untouched_settings_are_the_scenario_itself():
    assert fit(Settings("quick")).scenario == Scenario.load("quick")


@pytest.mark.parametrize(("key", "value", "said"), [
    ("leverage", "much", "not a number"), ("leverage", "1e9", "out of range; 0 to 100"), ("leverage", "nan", "not a"),
    ("capital", "-1", "out of range"), ("rate", "1.5", "0 to 1"), ("margin", "none", "no margin rule"),
    ("opens", "tomorrow", "not a date"), ("opens", "2050-01-01", "lies outside"), ("seed", "-3", "whole number"),
    ("days", "1.5", "whole number"), ("days", "0", "whole number")])
def test_bad_input_is_told_at_its_dial(key, value, said):
    problems = refused(**{key: value})
    assert said in problems[key], problems


def test_bad_shocks_are_told_at_their_dials():
    assert "no shock" in refused(shock="meteor")["shock"]
    outside = refused(shock="spot_jump", shock_date="2050-01-01")["shock_date"]
    assert outside.startswith("2050-01-01 lies outside the run")
    assert "not a date" in refused(shock="spot_jump", shock_date="soon")["shock_date"]
    assert "out of range" in refused(shock="spot_jump", shock_size="900")["shock_size"]
    several = refused(leverage="x", rate="7")
    assert set(several) == {"leverage", "rate"}


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(
    ["", "0", "-1", "1e400", "abc", "2026-11-02", "spot_jump", "ewma", "5", "0.5", "9" * 40, "٣"]), max_size=4))
def test_no_settings_end_in_a_traceback(raw):
    try:
        fitted = fit(Settings("quick", ordered(raw)))
    except Refused as refusal:
        told = refusal.problems
    else:
        told = {"": "it can be run"}
        assert fitted.scenario.days * sum(kind.count for kind in fitted.scenario.agents) <= fitting.MOST_WORK
    assert told and all(told.values())


# --- caps --------------------------------------------------------------------------------------------------------


def test_large_scenarios_are_scaled_down_with_a_notice(monkeypatch):
    monkeypatch.setattr(fitting, "MOST_WORK", 100_000)
    fitted = fit(Settings("baseline"))
    assert fitted.scenario.days < 504 and "of 504 business days" in fitted.notices[0]
    assert "compute-futures run baseline" in fitted.notices[-1]
    assert sum(kind.count for kind in fitted.scenario.agents) * fitted.scenario.days <= 100_000


def test_what_is_planned_still_happens(monkeypatch):
    monkeypatch.setattr(fitting, "MOST_WORK", 100_000)
    scenario = fit(Settings("baseline", (("shock", "spot_jump"), ("shock_date", "2028-06-01")))).scenario
    assert scenario.calendar.date(scenario.days - 1) > scenario.shocks[0].date
    assert not list(scenario.inconsistencies())
    people = sum(kind.count for kind in scenario.agents)
    assert people < 400 and all(kind.count for kind in scenario.agents)


def test_every_shipped_scenario_can_be_shown():
    for name in dials.names():
        scenario = fit(Settings(name)).scenario
        assert sum(kind.count for kind in scenario.agents) <= fitting.MOST_PARTICIPANTS
        assert dials.dials(dials.scenario_named(name), {})


def test_the_page_is_among_the_shipped_files():
    folder = Path(fitting.__file__).parent
    assert {path.name for path in folder.glob("*.vue")} >= {"field.vue", "rows.vue", "timeline.vue"}
    assert (folder / "style.css").exists()
