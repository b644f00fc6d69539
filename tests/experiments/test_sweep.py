"""Studies: what is refused, designs, and a folder that survives kill -9, a full disk, Ctrl-C and failing runs."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from scipy.stats import qmc

import sim
from sim import plugin_files, tables
from sim.cli import main
from sim.errors import BadInput
from sim.experiments.designs import unit_cube
from sim.experiments.progress import Progress
from sim.experiments.store import Store
from sim.experiments.study import load_study, shipped_studies
from sim.experiments.sweep import estimate
from sim.one_run import CannotWrite
from sim.plugin import FAMILIES
from sim.scenario import Scenario

STUDY = """\
# Does noise matter?
title: Noise
base: quick
changes: {days: 3, burn_in: 12, market.warm_up: 2}
parameters:
  - {path: agents.noise_trader.count, name: noise, values: [5, 40]}
  - {path: clearing.margin.rate, low: 0.1, high: 0.3, steps: 2}
runs: 2
"""
CRACK = '''\
from sim.plugin import FAMILIES

class Crack(FAMILIES["shock"], type="crack"):
    """Cracks where margin is high."""

    def apply(self, model, day):
        if model.scenario.clearing.margin.rate > 0.2:
            raise ValueError("cracked")

    def effect(self):
        return "It cracks."
'''


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "noise.yaml"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A study that ran without interruption; read only."""
    place = tmp_path_factory.mktemp("whole")
    (place / "noise.yaml").write_text(STUDY)
    return sim.sweep(place / "noise.yaml", place / "out")


def test_a_study_gives_what_single_runs_give(whole):
    assert whole.progress == (8, 8)
    frame = whole.runs
    assert list(frame["point"]) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert list(frame["seed"]) == [1, 2] * 4
    assert list(frame["noise"].unique()) == [5, 40]
    changes = {"days": 3, "burn_in": 12, "market.warm_up": 2, "agents.noise_trader.count": 40,
               "clearing.margin.rate": 0.1}
    alone = sim.run(Scenario.load("quick", changes), seeds=(1, 2)).figures.runs
    for name in ("open_interest", "price_spot"):
        assert list(frame.loc[frame["point"] == 2, name]) == [figures[name] for _, _, figures in alone]
    summary = pd.read_csv(whole.folder / "summary.csv")
    row = summary[(summary["point"] == 2) & (summary["figure"] == "open_interest")].iloc[0]
    assert row["mean"] == pytest.approx(frame.loc[frame["point"] == 2, "open_interest"].mean())
    assert row["histories"] == 2


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_any_executor_gives_the_same_study(executor, study, whole, tmp_path):
    assert sim.sweep(study, tmp_path / "out", 2, executor=executor).digest() == whole.digest()


def test_threads_keep_a_users_types_while_further_points_are_loaded(study, tmp_path, monkeypatch):
    """With room for one scenario, each point is loaded, and its plug-ins with it, while another runs."""
    (tmp_path / "crack.py").write_text(CRACK.replace("> 0.2", "> 2"))
    base = tmp_path / "base.yaml"
    base.write_text("extends: quick\nplugins: [crack.py]\nshocks: [{type: crack, date: 2026-10-06}]\n")
    study.write_text(STUDY.replace("base: quick", "base: base.yaml"))
    monkeypatch.setattr("sim.experiments.study.KEPT", 1)
    taken, take_out = [], plugin_files._take_out
    monkeypatch.setattr(plugin_files, "_take_out", lambda loaded: (taken.append(loaded), take_out(loaded)))
    plan = load_study(study)
    taken.clear()
    found = sim.sweep(plan, tmp_path / "out", 2, executor="threads")
    assert "crack" in FAMILIES["shock"].types and not found.failed
    mine = str(tmp_path / "crack.py")  # other tests have loaded files of this name
    assert not [loaded for loaded in taken if loaded is not None and loaded.module.__file__ == mine]
    assert found.digest() == sim.sweep(study, tmp_path / "again").digest()


def test_tables_and_figures_that_are_asked_for_are_kept(study, tmp_path):
    study.write_text(STUDY + "record: daily\nmetrics: [price, open_interest]\n")
    found = sim.sweep(study, tmp_path / "out")
    daily = sim.open_study(tmp_path / "out").table("daily")
    assert list(daily.groupby("run").size()) == [3] * 8
    figures = set(found.table("figures").columns) - {"run", "seed"}
    assert all(name.startswith(("price", "open_interest")) for name in figures)
    assert found.table("agents").empty


# parts of one run, merged by fours: a kill may come at any moment of that
QUICKLY = "import sim.experiments.keeping as k, sim.experiments.merging as m; k.PUT_AWAY = 0.0; m.LEAST = 4\n"
PROGRAM = "import sys, sim; sim.sweep(sys.argv[1], sys.argv[2], int(sys.argv[3]))"


def wait_for(condition, process):
    for _ in range(1200):
        if condition() or process.poll() is not None:
            return
        time.sleep(0.05)


def rows(folder, status):
    try:
        with sqlite3.connect(f"file:{folder / 'ledger.sqlite'}?mode=rw", uri=True, timeout=5) as ledger:
            found = ledger.execute("SELECT run, seconds FROM runs WHERE status = ?", (status,)).fetchall()
        ledger.close()
    except sqlite3.OperationalError:  # not made yet
        return []
    return found


@pytest.mark.parametrize("jobs", [1, 2])
def test_kill_and_resume_repeat_nothing_and_lose_nothing(jobs, study, tmp_path, monkeypatch):
    study.write_text(STUDY.replace("runs: 2", "runs: 6"))
    out = tmp_path / "out"
    program = QUICKLY + PROGRAM
    with subprocess.Popen([sys.executable, "-c", program, study, out, str(jobs)], stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: len(rows(out, "done")) >= 3, process)
        os.kill(process.pid, signal.SIGKILL)
    done = rows(out, "done")
    assert 3 <= len(done) < 24
    (out / "parts" / "figures" / "000999.parquet").write_bytes(b"half a part")
    found = sim.open_study(out)
    assert len(found.runs) == len(done)
    with pytest.raises(BadInput, match="--resume"):
        sim.sweep(study, out)
    again = sim.sweep(study, out, resume=True)
    assert again.progress == (24, 24)
    assert set(done) <= set(rows(out, "done"))
    assert again.digest() == sim.sweep(study, tmp_path / "other").digest()
    assert not (out / "parts" / "figures" / "000999.parquet").exists()


@pytest.mark.slow
def test_a_study_killed_at_twenty_random_moments_equals_one_that_was_not(study, tmp_path):
    """Moments are drawn after some run has ended, before the first one has, and while the folder is being made."""
    study.write_text(STUDY.replace("runs: 2", "runs: 30") + "record: daily\n")
    out, luck, told = tmp_path / "out", np.random.default_rng(20), []
    program = QUICKLY + "import sys, sim; sim.sweep(sys.argv[1], sys.argv[2], int(sys.argv[3]), resume=True)"
    for kill in range(20):
        before, more = len(rows(out, "done")), int(luck.integers(0, 6))
        command = [sys.executable, "-c", program, study, out, str(1 + kill % 2)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
            wait_for(lambda before=before, more=more: len(rows(out, "done")) >= before + more and (
                more or (out / "ledger.sqlite").exists()), process)
            time.sleep(float(luck.uniform(0, 0.3)))
            assert process.poll() is None, process.stderr.read().decode()
            os.kill(process.pid, signal.SIGKILL)
        told.append(len(rows(out, "done")))
    assert told == sorted(told) and 20 < told[-1] < 120
    kept = set(rows(out, "done"))
    again = sim.sweep(study, out, resume=True)
    assert again.progress == (120, 120) and kept <= set(rows(out, "done"))
    whole = sim.sweep(study, tmp_path / "whole")
    assert again.digest() == whole.digest()
    for name in ("daily", "contracts"):
        pd.testing.assert_frame_equal(again.table(name), whole.table(name))
    assert (out / "summary.csv").read_bytes() == (tmp_path / "whole" / "summary.csv").read_bytes()


def test_interrupt_finishes_what_runs_and_says_how_to_go_on(study, tmp_path):
    study.write_text(STUDY.replace("runs: 2", "runs: 40"))
    words = [sys.executable, "-m", "sim", "sweep", str(study), "--out", str(tmp_path / "out")]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        wait_for(lambda: rows(tmp_path / "out", "running"), process)
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
    assert process.returncode == 130
    assert f"go on with: compute-futures sweep {study}" in said and said.strip().endswith("--resume")
    assert rows(tmp_path / "out", "done")
    assert not rows(tmp_path / "out", "running")


def test_two_processes_on_one_study_refuse_each_other(study, tmp_path):
    with Store(tmp_path / "out"), pytest.raises(BadInput, match="another process"):
        sim.sweep(study, tmp_path / "out")


def test_other_folders_are_left_alone(study, whole, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(BadInput, match="something else"):
        sim.sweep(study, tmp_path / "mine")
    study.write_text(STUDY.replace("0.3", "0.4"))
    with pytest.raises(BadInput, match="another study"):
        sim.sweep(study, whole.folder, resume=True)
    with pytest.raises(BadInput, match="not the folder of a study"):
        sim.open_study(tmp_path / "mine")


def test_a_full_disk_keeps_what_was_finished(study, whole, tmp_path, monkeypatch):
    write, calls = tables.write, []

    def full(path, table):
        calls.append(path)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, table)

    monkeypatch.setattr(tables, "write", full)
    monkeypatch.setattr("sim.experiments.keeping.PUT_AWAY", 0.0)
    with pytest.raises(CannotWrite, match="No space left"):
        sim.sweep(study, tmp_path / "out")
    assert len(sim.open_study(tmp_path / "out").runs) == 2
    assert sim.sweep(study, tmp_path / "out", resume=True).digest() == whole.digest()


@pytest.mark.parametrize("jobs", [1, 2])
def test_failed_runs_do_not_stop_the_rest(jobs, study, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crack.py").write_text(CRACK)
    (tmp_path / "base.yaml").write_text(
        "extends: quick\nplugins: [crack.py]\nshocks: [{type: crack, date: 2026-10-06}]\n")
    study.write_text(STUDY.replace("base: quick", "base: base.yaml"))
    assert main(["sweep", str(study), "--out", "out", "--jobs", str(jobs)]) == 3
    seen = capsys.readouterr().out
    assert "run 2 (point 1, seed 1) failed: ValueError: cracked" in seen
    assert max(map(len, seen.splitlines())) <= 100
    found = sim.open_study("out")
    assert found.progress == (4, 8)
    assert {row["point"] for row in found.failed} == {1, 3}
    assert "Traceback" in found.failed[0]["error"]


@pytest.mark.parametrize(("old", "new", "message"), [
    ("base: quick", "base: quik", r"noise.yaml:3: .*did you mean \"quick\""),
    ("runs: 2", "runs: 0", r"noise.yaml:8: runs is 0; it must be at least 1"),
    ("runs: 2", "run: 2", r"noise.yaml:8: unknown key \"run\"; did you mean \"runs\""),
    ("values: [5, 40]", "values: []", r"noise.yaml:6: .*empty"),
    ("noise_trader", "noise_trade", r"noise.yaml:6: .*there is no block \"noise_trade\""),
    ("noise_trader.count", "noise_trader.cuont", r"noise.yaml:6: .*did you mean \"count\""),
    ("high: 0.3", "high: 30", r"noise.yaml:7: clearing.margin.rate=30.*must be"),
    ("steps: 2", "steps: 1000000", r"at most 1,000,000"),
    ("steps: 2}\nruns: 2", "steps: 5000}\nruns: 100000", r"1,000,000,000 runs; at most 1,000,000"),
    ("low: 0.1", "low: 0.9", r"noise.yaml:7: .*must be below"),
    (", steps: 2", "", r"noise.yaml:7: .*steps"),
    ("values: [5, 40]", "levels: {few: {agents.noise_trader.count: 5}}", r"noise.yaml:6: .*no `path`"),
    ("{path: agents.noise_trader.count, name: noise, values: [5, 40]}",
     "{name: noise, levels: {few: {agents.noise_trader.cuont: 5}}}", r"did you mean \"count\""),
    ("values: [5, 40]", "factors: [1.0, 2.0], values: [5, 40]", r"noise.yaml:6: .*2 for 1"),
    ("agents.noise_trader.count", "seed", r"noise.yaml:6: .*not varied"),
    ("clearing.margin.rate", "agents.noise_trader.count", r"noise.yaml:7: .*varied twice"),
    ("runs: 2", "design: list\nruns: 2\npoints: 3", ""),
    ("runs: 2", "design: sobol\npoints: 12", r"noise.yaml:8: .*write 8 or 16"),
    ("runs: 2", "design: gird", r"noise.yaml:8: design is"),
])
def test_bad_studies_are_refused_with_their_line(old, new, message, study):
    study.write_text(STUDY.replace(old, new))
    if not message:
        assert len(load_study(study).points) == 2
        return
    with pytest.raises(BadInput, match=message):
        load_study(study)


def test_a_mistake_on_the_command_line_starts_nothing(study, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words in (["no_such_study"], [str(study), "--jobs", "0"], [str(study), "--executor", "gpu"],
                  [str(study), "--runs", "many"]):
        assert main(["sweep", *words]) == 2
        assert capsys.readouterr().err.strip()
    assert [path.name for path in tmp_path.iterdir()] == ["noise.yaml"]


@pytest.mark.parametrize("design", ["latin_hypercube", "sobol", "random"])
def test_designs_fill_the_cube(design):
    cube = unit_cube(design, 64, 3, seed=4)
    assert cube.shape == (64, 3)
    assert cube.min() >= 0 and cube.max() < 1
    assert np.array_equal(cube, unit_cube(design, 64, 3, seed=4))
    assert not np.array_equal(cube, unit_cube(design, 64, 3, seed=5))
    if design == "latin_hypercube":
        assert all(sorted((cube[:, axis] * 64).astype(int)) == list(range(64)) for axis in range(3))
    if design == "sobol":
        assert qmc.discrepancy(cube) < qmc.discrepancy(unit_cube("random", 64, 3, seed=4))


def test_values_of_a_design(study):
    study.write_text(STUDY.replace("steps: 2", "spacing: ratio")
                     .replace("runs: 2", "design: latin_hypercube\npoints: 20"))
    points = load_study(study).points
    assert {point["noise"] for point in points} == {5, 40}
    rates = np.sort([point["clearing.margin.rate"] for point in points])
    shares = np.log(rates / 0.1) / np.log(3)
    assert list((shares * 20).astype(int)) == list(range(20))


def test_a_dry_run_tells_size_time_and_disk(study, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found = estimate(study)
    assert (found.points, found.runs) == (4, 8)
    assert found.seconds == pytest.approx(8 * found.pilot)
    assert 0 < found.megabytes < 1
    assert main(["sweep", str(study), "--dry-run"]) == 0
    assert "runs  8  (4 points, 2 histories each)" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["noise.yaml"]


@pytest.mark.parametrize("name", sorted(shipped_studies()))
def test_shipped_studies_are_sound(name):
    plan = load_study(name)
    assert plan.total >= 10
    assert plan.study.question.endswith(("?", "map."))


@pytest.mark.parametrize("name", ["margin_frontier", "position_limits", "export_control", "hedgers_access"])
def test_shipped_studies_can_be_tried_before_they_are_run(name, monkeypatch):
    plan = load_study(name)
    middle = plan.scenario(len(plan.points) // 2)
    short = {"days": 2, "burn_in": 30, "shocks": (), "policies": ()}
    monkeypatch.setattr(plan, "scenario", lambda point: middle.model_copy(
        update=short | {"market": middle.market.model_copy(update={"warm_up": 2})}))
    found = estimate(plan, 2)
    assert found.runs == plan.total == len(plan.points) * plan.study.runs <= 2000  # an hour of two cores at 3.5 s a run
    assert found.seconds > 0 and found.megabytes > 0
    sources = plan.source.read_text(encoding="utf-8")
    assert "# Source" in sources and "idle cores" in sources


def test_queries_see_runs_and_tables_and_nothing_that_is_not_done(study, tmp_path):
    pytest.importorskip("duckdb", reason="DuckDB comes with the extra `analysis`")
    study.write_text(STUDY + "record: daily\n")
    found = sim.sweep(study, tmp_path / "out")
    (tmp_path / "out" / "parts" / "daily" / "000999.parquet").write_bytes(b"half a part")
    bands = found.sql("SELECT noise, day, quantile_cont(spot_us, 0.9) AS high FROM daily JOIN runs USING (run) "
                      "GROUP BY noise, day ORDER BY noise, day")
    daily = found.table("daily").merge(found.runs[["run", "noise"]], on="run")
    expected = daily.groupby(["noise", "day"])["spot_us"].quantile(0.9)
    np.testing.assert_allclose(bands["high"], expected)
    with pytest.raises(BadInput, match="nowhere"):
        found.sql("SELECT * FROM nowhere")


def test_a_morris_design_walks_along_one_parameter_at_a_time(study):
    pytest.importorskip("SALib", reason="SALib comes with the extra `analysis`")
    study.write_text(STUDY.replace("steps: 2", "").replace(", }", "}")
                     .replace("runs: 2", "design: morris\ntrajectories: 5\nruns: 2"))
    plan = load_study(study)
    assert len(plan.points) == 15
    for walk in range(0, 15, 3):
        for one, two in zip(plan.points[walk:walk + 2], plan.points[walk + 1:walk + 3], strict=True):
            assert sum(one[name] != two[name] for name in one) <= 1
    assert {point["clearing.margin.rate"] for point in plan.points} <= {0.1, 0.166666666667, 0.233333333333, 0.3}


def test_levels_change_several_things_together(study):
    study.write_text(STUDY.replace("{path: agents.noise_trader.count, name: noise, values: [5, 40]}",
                                   "{name: world, levels: {calm: {agents.noise_trader.count: 5}, "
                                   "wild: {agents.noise_trader.count: 40, agents.trend_follower.leverage_max: 9.0}}}"))
    plan = load_study(study)
    assert [point["world"] for point in plan.points] == ["calm", "calm", "wild", "wild"]
    counts = [{kind.label: kind for kind in plan.scenario(point).agents} for point in (0, 3)]
    assert [kinds["noise_trader"].count for kinds in counts] == [5, 40]
    assert [kinds["trend_follower"].leverage_max for kinds in counts] == [3.0, 9.0]


def test_factors_divide_a_sum_among_paths(study):
    study.write_text(STUDY.replace(
        "{path: agents.noise_trader.count, name: noise, values: [5, 40]}",
        "{path: [agents.fundamental_speculator.capital, agents.trend_follower.capital], name: capital, "
        "factors: [0.75, 0.25], values: [0.4, 2]}"))
    plan = load_study(study)
    assert plan.changes(0)["agents.fundamental_speculator.capital"] == 0.3
    assert plan.changes(3)["agents.trend_follower.capital"] == 0.5
    assert plan.points[3]["capital"] == 2


def test_progress_tells_the_time_left_without_the_start(monkeypatch):
    clock = iter([0.0, 10.0, 11.0, 12.0, 13.0])
    monkeypatch.setattr("sim.experiments.progress.time.monotonic", lambda: next(clock, 13.0))
    told = Progress(24, shown=False)
    for _ in range(4):  # the first after ten seconds, then one a second
        told.tell()
    assert told.text() == "4 of 24 runs, 18 a minute, 20 s left"
