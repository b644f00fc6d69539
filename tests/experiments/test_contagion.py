"""A shock with and without the reactions of finance."""

import math

import numpy as np
import pytest

from sim.errors import BadInput
from sim.experiments.contagion import Contagion, contagion
from sim.experiments.contagion_worlds import figures_of
from sim.scenario import Scenario

FRAGILE = ("clearing.margin.rate=0.04", "agents.fundamental_speculator.leverage_max=25",
           "agents.trend_follower.leverage_max=25", "days=40")


@pytest.fixture(scope="module")
def shocked(tmp_path_factory):
    """A small market with thin margins, and a surge of demand in the fourth week."""
    path = tmp_path_factory.mktemp("contagion") / "shocked.yaml"
    path.write_text("extends: quick.yaml\nmarket: {contracts: [{type: gpu_hour_future, index: transaction}]}\nshocks:\n"
                    "  - {type: demand_surge, date: 2026-10-26, tokens: 4.0, pass_through: 1.0}\n", encoding="utf-8")
    return Scenario.load(path, FRAGILE)


def path(price, **counts):
    zero = np.zeros(len(price))
    names = ("forced_events", "defaults", "margin_calls", "closures", "forced_volume", "margin_call_cents",
             "default_deficit_cents", "house_loss_cents")
    return {"price": np.array(price), "spot": zero, "open_interest": zero + 10.0,
            **{name: np.array(counts.get(name, zero), float) for name in names}}


def test_contagion_is_the_largest_gap_in_the_direction_of_the_shock():
    worlds = {"primary": path([2.0, 1.8, 1.6, 1.8]), "full": path([2.0, 1.7, 1.5, 1.2], forced_events=[9, 1, 2, 3]),
              "without_margin": path([2.0, 1.8, 1.6, 1.2])}
    out = figures_of(worlds)
    assert out["primary"] == pytest.approx(-20.0)
    assert out["full"] == pytest.approx(-25.0)
    assert out["contagion"] == pytest.approx(100 * math.log(1.8 / 1.2))
    assert out["amplification"] == pytest.approx(math.log(1.5) / math.log(1.25))
    assert out["carried_by_margin"] == pytest.approx(100 * math.log(1.6 / 1.5))
    assert out["forced_events"] == 6  # the eve itself does not count


def test_the_world_goes_on_as_if_nobody_had_copied_it(shocked):
    found = contagion(shocked, runs=1, days=12, reactions=("margin",))
    assert not found.failed
    model = shocked.build(shocked.seed)
    eve = model.calendar.day_on(shocked.shocks[0].date) - 1
    while model.day < eve + 12:
        model.step()
    daily = model.record.table("daily")
    paths = found.paths
    np.testing.assert_array_equal(paths["full_spot"], daily["spot_us"][eve:])
    np.testing.assert_array_equal(paths["full_forced_events"], daily["forced_events"][eve:])
    np.testing.assert_array_equal(paths["date"].to_numpy().astype("M8[D]"), daily["date"][eve:])
    assert found.figures[shocked.seed]["forced_events"] == daily["forced_events"][eve + 1 :].sum() > 0


def test_a_frozen_world_has_fewer_defaults_and_other_prices(shocked):
    found = contagion(shocked, runs=2, days=12)
    for figures in found.figures.values():
        assert figures["defaults_primary"] < figures["defaults"]
    paths = found.paths
    assert (paths["full_price"] != paths["primary_price"]).any()
    eve = paths.groupby("run").first()
    np.testing.assert_array_equal(eve["full_price"], eve["primary_price"])
    table = found.table()
    assert table.loc["contagion", "low"] <= table.loc["contagion", "mean"] <= table.loc["contagion", "high"]
    assert (table["label"] != "").all()


def test_what_cannot_be_told_is_refused_with_a_reason(shocked):
    with pytest.raises(BadInput, match="no shock"):
        contagion(Scenario.load("quick"), runs=1)
    with pytest.raises(BadInput, match="there is no reaction 'credits'"):
        contagion(shocked, runs=1, reactions=("credits",))
    with pytest.raises(BadInput, match="end after its last"):
        contagion(shocked, runs=1, days=60)


def test_a_folder_is_resumed_and_extended_and_gives_the_same(shocked, tmp_path):
    once = contagion(shocked, runs=2, days=12, reactions=("margin",))
    folder = tmp_path / "kept"
    contagion(shocked, runs=1, days=12, reactions=("margin",), out=folder)
    with pytest.raises(BadInput, match="--resume"):
        contagion(shocked, runs=2, days=12, reactions=("margin",), out=folder)
    kept = contagion(shocked, runs=2, days=12, reactions=("margin",), out=folder, resume=True)
    assert sorted(kept.figures) == sorted(once.figures)
    for seed, figures in once.figures.items():
        assert {k: v for k, v in figures.items() if v == v} == {k: v for k, v in kept.figures[seed].items() if v == v}
    assert kept.paths.equals(once.paths[kept.paths.columns])
    with pytest.raises(BadInput, match="something else"):
        contagion(shocked, runs=2, days=11, reactions=("margin",), out=folder, resume=True)


def test_ratios_are_of_sums_and_leave_one_history_out_for_their_interval():
    told = Contagion("made-up", 5)
    for seed, (full, primary) in enumerate(((10.0, 2.0), (4.0, 4.0), (6.0, 0.0)), 1):
        told.figures[seed] = {"distress": full, "distress_primary": primary, "brought": full / 4,
                              "default_deficit_cents": full, "default_deficit_cents_primary": primary}
    found = told.ratios()
    assert found["n_by_causes"].value == pytest.approx(0.25)
    assert found["n_by_causes"].low == pytest.approx(found["n_by_causes"].high)
    assert found["n_by_frozen"].value == pytest.approx(1 - 6 / 20)
    left = np.array([1 - 4 / 10, 1 - 2 / 16, 1 - 6 / 14])
    half = 2.920 * math.sqrt(2 / 3 * ((left - left.mean()) ** 2).sum())
    assert found["n_by_frozen"].high == pytest.approx(0.7 + half, rel=1e-3)
    assert found["loss_multiplied"].value == pytest.approx(20 / 6)
