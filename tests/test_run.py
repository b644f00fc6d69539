import errno
import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from sim import tables
from sim.errors import BadInput
from sim.folder import ResultsFolder, read_manifest
from sim.model import ComputeFutures
from sim.one_run import CannotWrite
from sim.rerun import rerun
from sim.results import open_results
from sim.run import Stopped, default_folder, run
from sim.scenario import Scenario

SHORT = {"days": 6, "burn_in": 10, "market.warm_up": 3}
LONG = {**SHORT, "days": 140}

COLUMNS = {
    "daily": "run seed day date spot_us index_assessed utilisation rationed_share capacity_h100e pace_of_ai "
             "open_interest volume initial_margin margin_calls defaults forced_volume",
    "contracts": "run day contract expiry settle volume open_interest best_bid best_ask depth im_rate",
    "events": "run event day round kind agent agent_type counterparty contract quantity price amount_cents",
    "causes": "run event cause weight",
    "agents": "run month agent",
    "deliveries": "run day contract gain_cents_long gain_cents_short funding_cents_long need_short",
    "generations": "run day month region generation price utilisation gpus running idle queued retired exported"}


@pytest.fixture(scope="module")
def short():
    return Scenario.load("quick", SHORT)


@pytest.fixture(scope="module")
def long():
    return Scenario.load("quick", LONG)


@pytest.fixture(scope="module")
def folder(long, tmp_path_factory):
    """Two finished runs; read only."""
    place = tmp_path_factory.mktemp("results") / "two"
    run(long, seeds=(1, 2), out=place, command_line="compute-futures run quick --runs 2")
    return place


def digests(results):
    return [row["digests"] for row in results.manifest["runs"]]


def test_a_folder_holds_what_is_promised(folder):
    assert {path.name for path in folder.iterdir()} == {
        "manifest.json", "scenario.resolved.yaml", "parameters.csv", "summary.csv", "summary.json",
        *(f"{name}.parquet" for name in COLUMNS)}
    for name, columns in COLUMNS.items():
        table = pd.read_parquet(folder / f"{name}.parquet")
        assert set(columns.split()) <= set(table.columns), name
    daily = pd.read_parquet(folder / "daily.parquet")
    assert list(daily.groupby("run")["day"].agg(["min", "max", "size"]).itertuples(index=False)) == [(0, 139, 140)] * 2
    assert dict(zip(daily["run"], daily["seed"], strict=True)) == {1: 1, 2: 2}


def test_the_manifest_says_where_results_come_from(folder, long):
    manifest = read_manifest(folder)
    assert manifest["status"] == "finished"
    assert manifest["command_line"] == "compute-futures run quick --runs 2"
    assert manifest["seeds"] == [1, 2]
    assert manifest["scenario_hash"] == long.hash8()
    assert {"source", "python", "numpy", "numba", "cpu", "platform"} <= set(manifest["environment"])
    assert [row["status"] for row in manifest["runs"]] == ["finished", "finished"]
    assert manifest["start"] <= manifest["end"]
    assert manifest["wall_seconds"] > 0


def test_the_resolved_scenario_reads_back(folder, long):
    assert Scenario.load(folder / "scenario.resolved.yaml") == long


def test_every_parameter_is_listed_with_its_source(folder):
    parameters = open_results(folder).parameters
    assert {"days", "clearing.forced_reach", "agents.ai_lab.count"} <= set(parameters["path"])
    assert (parameters["source"] != "").all()


def test_runs_with_other_seeds_differ_and_equal_seeds_agree(folder, long):
    again = run(long, seeds=(2, 1))
    first = digests(open_results(folder))
    assert digests(again) == first[::-1]
    assert first[0]["daily"] != first[1]["daily"]


def test_processes_change_nothing(folder, long, tmp_path):
    side_by_side = run(long, seeds=(1, 2), out=tmp_path / "out", jobs=2)
    assert digests(side_by_side) == digests(open_results(folder))
    for name in COLUMNS:
        one, two = (tables.read(place, name) for place in (folder, tmp_path / "out"))
        assert one.equals(two) or (one.to_pandas().equals(two.to_pandas())), name


def test_results_in_memory_are_the_same_as_in_a_folder(folder, long):
    here, there = run(long, seeds=(1, 2)), open_results(folder)
    for name in COLUMNS:
        pd.testing.assert_frame_equal(getattr(here, name), getattr(there, name))
    pd.testing.assert_frame_equal(here.summary, there.summary)
    pd.testing.assert_frame_equal(here.parameters, there.parameters)


def test_a_rerun_is_the_same_bit_for_bit(folder):
    found = rerun(folder)
    assert found.same, found
    assert (found.runs, found.compared) == (2, 14)
    assert str(found).startswith("the same, bit for bit")


def test_a_rerun_names_the_first_difference(short, tmp_path):
    place = tmp_path / "out"
    run(short, out=place)
    manifest = read_manifest(place)
    manifest["runs"][0]["digests"]["daily"] = "another"
    manifest["environment"]["cpu"] = "another processor"
    (place / "manifest.json").write_text(json.dumps(manifest))
    table = tables.to_numpy(tables.read(place, "daily"))
    table["spot_us"] = table["spot_us"].copy()
    table["spot_us"][4] += 1e-12
    tables.write(place / "daily.parquet", tables.to_arrow(table))
    found = rerun(place)
    assert not found.same
    assert "run 1, daily, row 4 (day 4), column spot_us" in str(found)
    assert "cpu was another processor" in str(found)


@pytest.mark.parametrize(("level", "kept"), [
    ("summary", set()), ("daily", set(COLUMNS) - {"agents"}), ("full", set(COLUMNS))])
def test_levels_of_recording(level, kept, tmp_path):
    scenario = Scenario.load("quick", {**SHORT, "days": 30})
    results = run(scenario, out=tmp_path / level, record=level)
    assert {path.stem for path in (tmp_path / level).glob("*.parquet")} == kept
    assert len(results.summary) > 1
    assert rerun(tmp_path / level).same


def test_summary_has_a_row_a_run_an_aggregate_and_units(folder):
    results = open_results(folder)
    assert list(results.summary.index) == ["1", "2", "mean", "low", "high", "q10", "q90"]
    assert set(results.units) == set(results.summary.columns) - {"seed"}
    assert all(results.units.values())
    head = pd.read_csv(folder / "summary.csv")
    assert "volatility_spot [% a year]" in head.columns
    volatility = results.summary["volatility_spot"]
    assert volatility["low"] < volatility["mean"] < volatility["high"]


def test_a_failing_run_is_recorded_and_the_rest_kept(short, tmp_path, monkeypatch):
    step = ComputeFutures.step

    def fails(model):
        if model.root == 2 and model.day == 2:
            raise ArithmeticError("the books do not balance")
        step(model)

    monkeypatch.setattr(ComputeFutures, "step", fails)
    results = run(short, seeds=(1, 2, 3), out=tmp_path / "out")
    assert read_manifest(tmp_path / "out")["status"] == "some runs failed"
    assert [row["run"] for row in results.failed] == [2]
    assert "ArithmeticError: the books do not balance" in results.failed[0]["error"]
    assert list(results.summary.index)[:2] == ["1", "3"]
    assert results.daily.groupby("run").size().to_dict() == {1: 6, 2: 3, 3: 6}


def stop_at(days):
    def show(done, total):
        if done == days:
            raise KeyboardInterrupt

    return show


def test_control_c_leaves_what_was_finished(short, tmp_path):
    with pytest.raises(Stopped, match=r"1 of 3 runs finished and 3 of 6 days of run 2"):
        run(short, seeds=(1, 2, 3), out=tmp_path / "out", progress=stop_at(9 + 6))
    results = open_results(tmp_path / "out")
    assert results.manifest["status"] == "unfinished"
    assert results.daily.groupby("run").size().to_dict() == {1: 6, 2: 3}
    assert "1" in results.summary.index
    run(short, seeds=(1, 2, 3), out=tmp_path / "out")  # and the folder can be used again
    assert open_results(tmp_path / "out").finished


def test_a_full_disk_leaves_what_was_written(long, tmp_path, monkeypatch):
    write = tables.write

    def full(path, table):
        if path.name == "run-000001-000001.parquet":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, table)

    monkeypatch.setattr(tables, "write", full)
    with pytest.raises(CannotWrite, match="No space left on device"):
        run(long, out=tmp_path / "out")
    results = open_results(tmp_path / "out")
    assert results.manifest["status"] == "unfinished"
    assert len(results.daily) == 63
    assert not list((tmp_path / "out").rglob("*.writing"))


def test_a_killed_run_can_be_read(tmp_path):
    code = ("from sim.run import run; from sim.scenario import Scenario\n"
            f"run(Scenario.load('quick', {{**{SHORT!r}, 'days': 5000}}), out={str(tmp_path / 'out')!r})")
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        for _ in range(1200):
            if process.poll() is not None or len(tables.parts(tmp_path / "out", "daily")) >= 2:
                break
            time.sleep(0.1)
        with pytest.raises(BadInput, match="another process"):
            run("quick", out=tmp_path / "out")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    results = open_results(tmp_path / "out")
    assert results.manifest["status"] == "unfinished"
    assert len(results.daily) >= 126
    assert len(pd.read_parquet(tmp_path / "out" / "daily.parquet")) == len(results.daily)  # by any reader


def test_a_finished_folder_is_replaced_by_a_finished_run_only(short, tmp_path):
    place = tmp_path / "out"
    first = run(short, out=place).manifest["start"]
    with pytest.raises(Stopped):
        run(short, out=place, progress=stop_at(5))
    assert open_results(place).finished
    assert not open_results(tmp_path / "out.unfinished").finished
    second = run(short, seeds=(5,), out=place)
    assert second.manifest["seeds"] == [5]
    assert second.manifest["start"] >= first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_places_that_cannot_hold_results_are_refused_before_anything_is_written(short, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("mine")
    with pytest.raises(BadInput, match="cannot be written"):
        run(short, out=tmp_path / "file" / "out")
    with pytest.raises(BadInput, match="cannot be written"):
        run(short, out=tmp_path / "file")
    with pytest.raises(BadInput, match="holds something else"):
        run(short, out=tmp_path / "full")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.tex"]


def test_two_at_one_folder_are_refused(tmp_path):
    first = ResultsFolder(tmp_path / "out")
    with pytest.raises(BadInput, match="another process"):
        ResultsFolder(tmp_path / "out")
    first.release()
    ResultsFolder(tmp_path / "out").release()


@pytest.mark.parametrize("wrong", [
    {"seeds": (1, 1)}, {"seeds": ()}, {"seed": -1}, {"record": "everything"}, {"jobs": 0}])
def test_bad_input_is_refused(short, wrong, tmp_path):
    with pytest.raises(BadInput):
        run(short, out=tmp_path / "out", **wrong)
    assert not (tmp_path / "out").exists()


def test_names_of_folders(short):
    assert default_folder(short) == default_folder(short, (1,))
    assert default_folder(short).name == f"quick-{short.hash8()}"
    assert default_folder(short, (2,)) != default_folder(short)


def test_the_function_and_the_file_share_a_name():
    import sim.run

    assert sim.run.run is run
    assert sim.run(Scenario.load("quick", SHORT), days=2).manifest["days"] == 2


def test_models_are_freed(short):
    import mesa

    before = {id(model) for model in mesa.Agent._ids}  # models that other tests have built by themselves
    run(short, seeds=(1, 2))
    assert not [model for model in mesa.Agent._ids if isinstance(model, ComputeFutures) and id(model) not in before]
