"""What users' scripts call: names, the order of arguments, files and their columns. Nothing here may be renamed."""

import inspect
import json
import subprocess
import sys

import numpy as np
import pytest

import sim
from sim.cli import COMMANDS, main
from sim.errors import BadInput

CALLS = {  # function -> its first arguments, in order
    "market.replay": "events",
    "clearing.margin_path": "prices model",
    "clearing.kupiec": "breaches n p",
    "clearing.christoffersen": "hits p",
    "clearing.traffic_light": "breaches n p",
    "clearing.procyclicality": "path windows",
    "clearing.waterfall": "loss layers",
    "clearing.cover": "stress_losses k buffer",
    "credit.clear": "liabilities assets external alpha beta solution seniority",
    "credit.debtrank": "exposures equity shock kind",
    "credit.fire_sale": "assets weights leverage impact shock",
    "credit.tranche_loss": "attach detach p rho lgd",
    "metrics.hill": "x share",
    "metrics.gsadf": "y lag",
    "metrics.branching_ratio": "events",
    "metrics.autocorrelation": "x lags",
    "literature.solve": "topic inputs",
    "load": "source", "compare": "scenarios runs", "sweep": "study out jobs", "open_study": "folder",
    "open_results": "folder", "stress": "scenario rules shocks runs", "reverse_stress": "scenario until along runs",
    "backtest": "prices models position",
}
NAMED = ("agents.bessembinder_lemmon", "agents.avellaneda_stoikov", "literature.thurner", "literature.aymanns",
         "literature.brock_hommes", "literature.franke_westerhoff", "literature.zero_intelligence", "run")
FRESH = """
import sys
import sim
assert not {"numpy", "pandas", "numba"} & set(sys.modules)
for path in sys.argv[1:]:
    found = sim
    for name in path.split("."):
        found = getattr(found, name)
    assert callable(found), path
assert not hasattr(sim, "no_such_thing") and {"clearing", "stress"} <= set(dir(sim))
"""
DAILY = ["run", "seed", "day", "date", "spot_us", "index_assessed", "utilisation", "rationed_share", "capacity_h100e",
         "pace_of_ai", "open_interest", "volume", "initial_margin", "margin_calls", "defaults", "forced_volume"]
CONTRACTS = ["run", "day", "contract", "expiry", "settle", "volume", "open_interest", "best_bid", "best_ask", "depth",
             "im_rate"]
EVENTS = ["run", "event", "day", "round", "kind", "agent", "agent_type", "counterparty", "contract", "quantity",
          "price", "amount_cents"]
SCENARIO = """\
# Does a bigger margin buffer stop an efficiency shock from becoming a cascade?
# yaml-language-server: $schema=./scenario.schema.json
title: Efficiency shock under a buffered margin
extends: baseline.yaml
days: 756
clearing:
  margin: {type: filtered_historical, confidence: 0.99, window: 500}
  procyclicality: {type: buffer, share: 0.25}
agents:
  - {type: leveraged_fund, count: 60, leverage_max: 8}
shocks:
  - {type: efficiency_gain, date: 2027-01-27, factor: 3.0}
policies:
  - {type: position_limit, spot_month: 7500}
"""
STUDY = """\
base: quick
changes: {days: 2, burn_in: 12, market.warm_up: 2}
parameters: [{path: clearing.margin.rate, values: [0.1]}]
runs: 1
"""


def at(path):
    found = sim
    for name in path.split("."):
        found = getattr(found, name)
    return found


def test_everything_is_reached_from_import_sim_alone():
    done = subprocess.run([sys.executable, "-c", FRESH, *CALLS, *NAMED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", CALLS)
def test_arguments_keep_their_names_and_order(path):
    names = [name for name, each in inspect.signature(at(path)).parameters.items()
             if each.kind is each.POSITIONAL_OR_KEYWORD]
    assert names[:len(CALLS[path].split())] == CALLS[path].split()


def test_commands():
    assert set(COMMANDS) >= {"list", "describe", "check", "schema", "run", "compare", "sweep", "stress",
                             "reverse-stress", "backtest", "margin", "sensitivity", "calibrate", "validate", "report",
                             "export", "rerun", "dashboard", "doctor", "warmup"}


def test_a_scenario_with_every_kind_of_block(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text(SCENARIO)
    assert main(["check", str(tmp_path / "mine.yaml")]) == 0
    assert sim.load(tmp_path / "mine.yaml").policies[0].spot_month == 7500


def test_a_results_folder_and_the_same_in_a_notebook(tmp_path):
    made = sim.run("quick", seed=3, days=5, out=tmp_path / "out")
    result = sim.open_results(tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "manifest.json", "scenario.resolved.yaml", "daily.parquet", "contracts.parquet", "events.parquet",
        "causes.parquet", "agents.parquet", "summary.csv", "summary.json"}
    assert result.daily.equals(made.daily) and set(DAILY) <= set(result.daily) and len(result.daily) == 5
    assert set(CONTRACTS) <= set(result.contracts) and list(result.events) == EVENTS
    assert list(result.causes) == ["run", "event", "cause", "weight"]
    assert {"run", "month", "agent"} <= set(result.agents)
    assert set(json.loads((tmp_path / "out" / "manifest.json").read_text())) >= {
        "scenario_hash", "environment", "command_line", "seeds", "start", "end", "wall_seconds", "runs"}
    assert result.summary["seed"].iloc[0] == 3


def test_a_model_as_mesa_knows_it():
    import mesa

    model = sim.load("quick").build(seed=1)
    for _ in range(2):
        model.step()
    assert isinstance(model, mesa.Model) and model.steps == 2
    assert model.agents.select(lambda agent: agent.position.any()).agg("margin", sum) > 0


def test_pieces_give_what_their_names_promise():
    fills, resting = sim.market.replay(np.array([[0, 1, 5, 3, 0], [0, 0, 5, 2, 1]]))
    assert fills.tolist() == [[1, 0, 5, 2]] and resting.tolist() == [[1, 0, 5, 1]]
    assert fills.dtype == resting.dtype == np.int64
    rate = sim.clearing.margin_path([100, 101, 99, 102] * 30, "ewma", procyclicality={"type": "buffer"})
    assert rate.dtype == np.float64 and len(rate) == 120
    assert sim.clearing.waterfall(100, {"a": 30, "b": 50}) == ({"a": 30, "b": 50}, 20)


@pytest.mark.parametrize("words", [["check", "quick", "--set", "days=3", "baseline"],
                                   ["check", "--set", "days=3", "quick", "baseline"]])
def test_names_and_options_in_any_order(words, capsys):
    assert main(words) == 0
    lines = ["quick: fine (106 participants, 3 days)", "baseline: fine (1,485 participants, 3 days)"]
    assert capsys.readouterr().out.splitlines() == lines


def test_what_cannot_be_done_leaves_no_begun_work_behind(tmp_path):
    (tmp_path / "study.yaml").write_text(STUDY)
    folder = tmp_path / "here"
    for ask in (lambda: sim.sweep(tmp_path / "study.yaml", folder, executor="clowd"),
                lambda: sim.stress("quick", ["fixed"], ["none"], 1, out=folder, executor="clowd"),
                lambda: sim.reverse_stress("quick", "volume > 0", ["clearing.margin.rate=0.1:0.5"], 1, out=folder,
                                           executor="clowd")):
        with pytest.raises(BadInput, match="clowd"):
            ask()
        assert not folder.exists()
    folder.mkdir()  # a folder of the user's own stays
    with pytest.raises(BadInput, match="clowd"):
        sim.sweep(tmp_path / "study.yaml", folder, executor="clowd")
    assert len(sim.sweep(tmp_path / "study.yaml", folder).runs) == 1


def test_numbers_of_any_kind_but_nothing_rounded():
    small = sim.load("quick", {"burn_in": 12, "market.warm_up": 2})
    assert sim.run(small, np.int64(4), days=np.int64(1)).manifest["seeds"] == [4]
    assert sim.run(small, np.arange(2), days=1).manifest["seeds"] == [0, 1]
    assert small.build(np.int64(3)).root == small.build(3).root == 3
    for wrong in ({"days": 0}, {"days": -5}, {"days": 2.0}, {"days": 5041}, {"seed": 1.5}, {"seeds": "1"},
                  {"seeds": 1.0}, {"jobs": "2"}):
        with pytest.raises(BadInput, match=next(iter(wrong)).removesuffix("s")):
            sim.run(small, **{"days": 1} | wrong)
    with pytest.raises(BadInput, match="a scenario, a file"):
        sim.run(None)
    for wrong in (1.5, "1"):
        with pytest.raises(AttributeError):
            small.build(wrong)


def test_pieces_take_whole_floats_and_one_number_for_all_and_refuse_what_they_would_misread():
    assert sim.clearing.kupiec(5.0, 250.0, 0.01) == sim.clearing.kupiec(5, 250, 0.01)
    assert sim.clearing.traffic_light(5.0, 250.0, 0.01) == sim.clearing.traffic_light(5, 250, 0.01)
    with pytest.raises(ValueError, match="no sense"):
        sim.clearing.kupiec(5.5, 250, 0.01)
    x = np.arange(20.0) % 7
    assert sim.metrics.autocorrelation(x, np.int64(3)).tolist() == sim.metrics.autocorrelation(x, 3).tolist()
    sale = ([100, 200], [[0.6, 0.4], [0.3, 0.7]])
    one = sim.credit.fire_sale(*sale, 9, 0.001, [-0.02, 0])
    each = sim.credit.fire_sale(*sale, [9, 9], [0.001, 0.001], [-0.02, 0])
    assert one.aggregate_vulnerability == each.aggregate_vulnerability > 0
    with pytest.raises(ValueError, match="diagonal"):
        sim.credit.fire_sale(*sale, [9, 9], np.diag([0.001, 0.001]), [-0.02, 0])
