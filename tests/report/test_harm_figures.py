"""Figures and sentences of harm: losses, lenders, cascades, leverage, who went without, and the baseline beside."""

import numpy as np
import pandas as pd
import pytest

from sim.experiments.yardstick import FILE
from sim.report import words, yardstick
from sim.report.answer import answer
from sim.report.figures import FIGURES, SECTIONS
from sim.report.figures.causes import LANES, episode
from sim.report.figures.leverage import cycle
from sim.report.figures.losses import LOANS, by_month
from sim.report.history import History, NothingToDraw
from sim.report.yardstick import Yardstick
from sim.results import Results
from sim.scenario import Scenario

BASE = yardstick.read()


def title(name, results):
    return FIGURES[name](History(results)).words.title


def test_the_yardstick_is_of_the_shipped_baseline():
    made = f"run `{BASE_COMMAND}`: the baseline has changed since its figures were kept"
    assert BASE.hash == Scenario.load("baseline").hash8(), made
    assert yardstick.FILE == FILE
    assert BASE.histories >= 8
    assert {"hedge_effectiveness", "defaults", "rationed", "spot_cost", "refused_research"} <= set(BASE.figures)
    for each in BASE.figures.values():
        assert each["low"] <= each["mean"] <= each["high"]


BASE_COMMAND = "python -m sim.experiments.yardstick"


def test_the_baseline_is_not_measured_against_itself(rough):
    assert not yardstick.for_scenario({"scenario_hash": BASE.hash})
    assert yardstick.for_scenario(rough.manifest).histories == BASE.histories
    replayed = {**rough.manifest, "series": {"name": "x"}}
    assert not yardstick.for_scenario(replayed)


def test_an_interval_of_what_cannot_be_negative_stops_at_nought():
    own = Yardstick({"figures": {"a": {"mean": 1.0, "low": -1.0, "high": 3.0, "q10": 0.0, "q90": 2.0},
                                 "b": {"mean": 1.0, "low": -1.0, "high": 3.0, "q10": -0.5, "q90": 2.0}}})
    assert own.told("a") == "1 (0 to 3)"
    assert own.told("b") == f"1 ({words.MINUS}1 to 3)"
    assert own.told("c") == "" and np.isnan(own.mean("c"))


def test_losses_add_up_what_families_with_a_bad_month_lost(rough, calm):
    history = History(rough)
    table = by_month(history)
    gains = history.daily["gain_users_cents"] / 1e8
    ends = gains.groupby(gains.index.to_period("M")).last()
    assert table["users"].to_numpy()[1:] == pytest.approx((-ends.diff()).clip(lower=0).to_numpy()[1:])
    assert table[LOANS].sum() == pytest.approx(3000.0)  # $3 billion, as the fixture has it
    assert "on loans" in title("losses", rough)
    assert LOANS not in by_month(History(calm))


def test_the_cycle_weighs_funds_by_their_capital(rough):
    own = cycle(History(rough), 1)
    table = rough.agents[(rough.agents["day"] == own.index[3]) & rough.agents["leverage"].notna()]
    assert own["leverage"].iloc[3] == pytest.approx(np.average(table["leverage"], weights=table["equity_cents"]))
    assert own["risk"].iloc[3] == pytest.approx(100 * table["perceived_risk"].mean())
    assert "calm invites leverage" in FIGURES["leverage"](History(rough)).words.see


def test_a_timeline_of_causes_holds_every_event_of_its_stretch(rough, calm):
    history = History(rough)
    found = episode(history)
    shown = history.events[history.events["kind"].isin(LANES)]
    assert found.total == len(shown) == int(found.marks["events"].sum())
    assert found.marks["amount"].sum() == pytest.approx(shown["amount_cents"].sum())
    inside = history.links[history.links["event"].isin(shown["event"])]["weight"].sum()
    assert found.inside == pytest.approx(inside)
    assert all(cause != effect for cause, effect, _ in found.arcs)
    with pytest.raises(NothingToDraw, match="too few"):
        FIGURES["causes"](History(calm))


def test_links_of_results_are_those_of_each_run(many):
    links = many.links
    assert set(links["run"]) <= set(many.events["run"])
    assert (links["cause"] < links["event"]).all() and links["weight"].between(0, 1 + 1e-9).all()
    assert set(links["channel"]) <= {"margin", "closures", "close_out", "collateral", "interbank"}


def test_lenders_titles_follow_the_data(rough, calm):
    assert title("credit", rough) == "9 operators defaulted on loans and lenders lost $3 billion; 2 banks failed"
    assert title("credit", calm).startswith("No operator defaulted on its loans")
    assert title("tranches", rough).startswith("Tranches sold as safe lost $333 million")
    with pytest.raises(NothingToDraw):
        FIGURES["tranches"](History(calm))


def test_members_pay_in_their_order(rough, calm):
    figure = FIGURES["paid"](History(rough))
    assert "remained unpaid" in figure.words.title
    names = [text.get_text() for text in figure.fig.axes[0].get_yticklabels()]
    assert names[0] == "margin of who failed" and names[-1] == "nobody"
    assert title("fund", calm) == "The fund covered the loss that it is made for on every day"
    with pytest.raises(NothingToDraw):
        FIGURES["paid"](History(calm))


def test_who_went_without_and_what_it_cost(rough):
    assert title("refused", rough).startswith("Researchers went without most often: 2 % of their demand")
    words_ = FIGURES["cost"](History(rough)).words
    assert "Hedged buyers paid" in words_.title and "baseline" in words_.see


def test_three_sentences_with_intervals_and_baseline(many, rough):
    verdict, because, why = answer(many, History(many), BASE)
    assert verdict.count(". ") == 0 and verdict.endswith(".")
    assert because.count(". ") == 1  # two more
    assert "; baseline " in because and " to " in because
    assert "operators defaulted on loans in 6 of them" in verdict
    assert "posted prices" in why or "follow each other" in why
    alone, *_ = answer(rough, History(rough), Yardstick({}))
    assert "9 operators on loans" in alone


def test_every_figure_has_its_place():
    assert list(FIGURES) == [name for names in SECTIONS.values() for name in names]


def test_shocks_are_read_from_the_parameters(rough):
    table = pd.DataFrame([{"path": "shocks.ai_winter.date", "value": "2027-03-01"},
                          {"path": "shocks.late.date", "value": "2039-03-01"}])

    class Shocked(Results):
        @property
        def parameters(self):
            return table

    shocked = Shocked(rough.manifest, rough.figures, rough._kept, [])
    assert History(shocked).shocks == [(pd.Timestamp("2027-03-01"), "ai_winter")]
    assert History(rough).shocks == []
