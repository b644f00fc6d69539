"""Calibration: files are checked, moments weigh as they should, and planted parameters are found again."""

import math

import numpy as np
import pytest

from sim.errors import BadInput
from sim.experiments import calibrate_worlds
from sim.experiments.calibrate import Calibrated, calibrate
from sim.experiments.calibrate_moments import MOMENTS, Goal, bootstrap, covariance, measured, resampled
from sim.experiments.calibrate_read import load_calibration, shipped_calibrations
from sim.experiments.calibrate_recover import recover, truths_of
from sim.experiments.calibrate_search import Search
from sim.experiments.executors import Serial, Task, perform
from sim.scenario import Scenario

PLANTED = """
title: Planted
base: quick
parameters:
  - {path: compute.noise.regional_sd, low: 0.05, high: 0.4, spacing: ratio}
  - {path: compute.noise.world_sd, low: 0.02, high: 0.6}
targets:
  - {name: series, simulated: planted, prices: real.csv, moments: [volatility, autocorrelation]}
histories: 4
trials: 48
seed: 3
resamples: 200
"""
MORE = "reference: 8\nbatch: 2\nchanges: {burn_in: 20}\n"
DAYS = 600


def planted(task, days):
    """Log changes of a known standard deviation and a known autocorrelation."""
    noise, luck = task.scenario.compute.noise, np.random.default_rng(task.seed).standard_normal(days)
    moves = np.zeros(days)
    for day in range(1, days):
        moves[day] = noise.world_sd * moves[day - 1] + noise.regional_sd / 10 * luck[day]
    return {"planted": np.exp(np.cumsum(moves))}


def dates(count):
    days = np.datetime64("2024-01-01") + np.arange(2 * count)
    return days[np.is_busday(days)][:count]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a calibration whose data have a volatility of 0.02 a day and an autocorrelation of 0.4."""
    monkeypatch.setitem(calibrate_worlds.WORLDS, "economy", planted)
    scenario = Scenario.load("quick", {"compute.noise.regional_sd": 0.2, "compute.noise.world_sd": 0.4})
    prices = planted(Task(scenario, 0, 99), DAYS)["planted"]
    rows = "\n".join(f"{date},{price}" for date, price in zip(dates(DAYS), prices, strict=True))
    (tmp_path / "real.csv").write_text(f"date,price\n{rows}\n")
    (tmp_path / "planted.yaml").write_text(PLANTED)
    return tmp_path


def tried(found):
    return [(trial.values, trial.distance) for trial in found.tried]


# --- planted parameters are found -----------------------------------------------------------------------


def test_planted_parameters_are_found_within_their_standard_errors(place):
    found = calibrate(place / "planted.yaml", out=place / "out")
    truth = {"compute.noise.regional_sd": 0.2, "compute.noise.world_sd": 0.4}
    for name, value in truth.items():
        assert abs(found.best[name] - value) < 3 * found.errors[name] < 0.6 * value
    assert found.distance["best"] < 1 < found.distance["start"]
    assert found.distance["best, fresh"] < found.distance["start, fresh"]
    again = Scenario.load(place / "out" / "calibrated.yaml")
    assert again.compute.noise.world_sd == found.best["compute.noise.world_sd"]
    for name in ("trials", "parameters", "moments", "distance"):
        assert (place / "out" / f"{name}.csv").read_text().count("\n") > 2


def test_known_truths_are_recovered(place):
    found = recover(place / "planted.yaml", truths=1, trials=32, out=place / "recovery")
    rows = found.rows()
    assert len(rows) == 2 and (place / "recovery" / "recovery.csv").read_text().count("\n") == 3
    assert all(abs(estimate - truth) < 3.5 * error for _, _, truth, estimate, error in rows)
    shares = [p.share(truth[p.label]) for truth in truths_of(found.plan, 50) for p in found.plan.calibration.parameters]
    assert min(shares) > 0.149 and max(shares) < 0.851


# --- the same bits, however it is done ------------------------------------------------------------------


def test_a_calibration_cut_off_anywhere_ends_with_the_same_trials(place, monkeypatch):
    whole = calibrate(place / "planted.yaml", trials=16, out=place / "whole")
    tell, ask = Search.tell, Search._ask

    class Cut(Exception):
        pass

    def cut_while_told(self, distances, points):
        asked = self.asked
        self.asked = asked[:2]
        tell(self, distances[:2], points[:2])
        raise Cut

    def cut_while_asked(self, batch, size, first):
        ask(self, batch, 3, first)
        raise Cut

    at = 0
    for step, (name, function) in enumerate((("_ask", cut_while_asked), ("tell", cut_while_told),
                                             ("_ask", cut_while_asked), ("tell", cut_while_told))):
        with monkeypatch.context() as patch:
            patch.setattr(Search, name, function)
            with pytest.raises(Cut):
                calibrate(place / "planted.yaml", trials=16, out=place / "cut", resume=step > 0)
        at += 1
    resumed = calibrate(place / "planted.yaml", trials=16, out=place / "cut", resume=True)
    assert at == 4 and tried(resumed) == tried(whole) and resumed.best == whole.best
    assert resumed.errors == whole.errors and resumed.distance == whole.distance


def test_more_trials_are_added_to_those_there_are(place):
    few = calibrate(place / "planted.yaml", trials=8, out=place / "out")
    more = calibrate(place / "planted.yaml", trials=16, out=place / "out", resume=True)
    assert len(few.tried) == 8 and len(more.tried) == 16 and tried(more)[:8] == tried(few)


def test_ctrl_c_leaves_what_was_finished_for_the_next_time(place, monkeypatch):
    whole = calibrate(place / "planted.yaml", trials=8, out=place / "whole")
    done = []

    def few(self, tasks, stopping=lambda: False):
        for task in tasks:
            if len(done) >= 21:
                return
            done.append(task)
            yield perform(task)

    with monkeypatch.context() as patch:
        patch.setattr(Serial, "outcomes", few)
        stopped = calibrate(place / "planted.yaml", trials=8, out=place / "cut")
    assert stopped.stopped and len(stopped.tried) == 4 and not stopped.best
    assert tried(calibrate(place / "planted.yaml", trials=8, out=place / "cut", resume=True)) == tried(whole)


def test_the_economy_alone_gives_the_same_moments_in_other_processes(tmp_path):
    text = PLANTED.replace("simulated: planted, prices: real.csv, moments: [volatility, autocorrelation]",
                           "published: {volatility: 50, autocorrelation: 0.1}, days: 60, source: a test")
    (tmp_path / "small.yaml").write_text(text.replace("histories: 4", "histories: 2") + MORE)
    here = calibrate(tmp_path / "small.yaml", trials=2, out=tmp_path / "one")
    there = calibrate(tmp_path / "small.yaml", trials=2, jobs=2, out=tmp_path / "two")
    assert tried(here) == tried(there) and here.moments == there.moments
    assert here.tried[0].values == pytest.approx(here.plan.start)


def test_trials_that_fail_are_counted_and_left_alone(place, monkeypatch):
    def fails(task, days):
        if task.scenario.compute.noise.regional_sd < 0.1:
            raise ValueError("too calm")
        return planted(task, days)

    monkeypatch.setitem(calibrate_worlds.WORLDS, "economy", fails)
    found = calibrate(place / "planted.yaml", trials=16, out=place / "out")
    failed = [trial for trial in found.tried if math.isnan(trial.distance)]
    assert failed and len(found.tried) == 16
    assert all(trial.values["compute.noise.regional_sd"] < 0.1 for trial in failed)


# --- moments and their distance -------------------------------------------------------------------------


def test_moments_of_series_that_are_known():
    rng = np.random.default_rng(1)
    walk = np.exp(np.cumsum(0.02 * rng.standard_normal(20_000)))
    found = dict(zip(MOMENTS, measured(walk, tuple(MOMENTS)), strict=True))
    assert found["volatility"] == pytest.approx(2 * math.sqrt(252), rel=0.02)
    assert found["log_kurtosis"] == pytest.approx(math.log(3), abs=0.05)
    assert abs(found["autocorrelation"]) < 0.02 and abs(found["autocorrelation_of_size"]) < 0.02
    assert found["unchanged"] == 0 and measured(np.repeat(walk[:50], 2), ("unchanged",))[0] == pytest.approx(50, abs=1)


def test_a_bootstrap_has_the_spread_of_many_series_of_that_length():
    rng = np.random.default_rng(2)
    series = np.exp(np.cumsum(0.02 * rng.standard_normal((400, 500)), axis=1))
    real = np.std([measured(path, ("volatility",))[0] for path in series])
    ours = np.std(bootstrap(series[0], ("volatility",), 20, 400, 1))
    assert ours == pytest.approx(real, rel=0.2)
    paths = resampled(series[0], 20, 3, 1)
    moves = {round(move, 9) for move in np.diff(np.log(series[0]))}
    assert paths.shape == (3, 500) and {round(m, 9) for m in np.diff(np.log(paths[1]))} <= moves
    assert (resampled(series[0], 20, 3, 1) == paths).all()


def test_the_covariance_can_be_inverted_even_where_two_moments_are_one():
    one = np.random.default_rng(3).standard_normal(100)
    found = covariance(np.array([one, one]).T, 0.2)
    assert found[0, 0] == pytest.approx(one.var(ddof=1)) and found[0, 1] == pytest.approx(0.8 * found[0, 0])
    assert np.isfinite(np.linalg.inv(found)).all()


def test_the_distance_of_a_right_model_is_about_the_number_of_moments():
    rng, true = np.random.default_rng(4), np.array([[1.0, 0.5], [0.5, 2.0]])
    draw = lambda count: rng.multivariate_normal([0, 0], true, count)
    far = [Goal(("a", "b"), draw(1)[0], true).distance(draw(4)) for _ in range(3000)]
    assert np.mean(far) == pytest.approx(2.0, rel=0.08)
    assert math.isnan(Goal(("a", "b"), np.zeros(2), true).distance(np.array([[1.0, math.nan]])))


def test_standard_errors_are_those_of_least_squares():
    slopes, cover = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]), np.diag([1.0, 4.0, 2.0])
    found = Goal(("a", "b", "c"), np.zeros(3), cover).errors(slopes, 4)
    by_hand = np.sqrt(1.25 * np.diag(np.linalg.inv(slopes.T @ np.linalg.inv(cover) @ slopes)))
    assert found == pytest.approx(by_hand)
    assert np.isnan(Goal(("a", "b", "c"), np.zeros(3), cover).errors(np.ones((3, 2)), 4)).all()


# --- files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(shipped_calibrations()))
def test_shipped_calibrations_are_fine(name):
    plan = load_calibration(name)
    assert plan.calibration.question.endswith(("?", ".")) and plan.days >= 252
    for parameter in plan.calibration.parameters:
        assert 0 <= parameter.share(plan.start[parameter.label]) <= 1


@pytest.mark.parametrize(("change", "said"), [
    (("compute.noise.world_sd", "compute.noise.wrld_sd"), "wrld_sd"),
    (("compute.noise.world_sd", "compute.noise.regional_sd"), "estimated twice"),
    (("low: 0.02", "low: 0.7"), "must be below"),
    (("low: 0.05", "low: -1"), "above 0"),
    (("high: 0.6", "high: 60"), "at most 1"),
    (("moments: [volatility, autocorrelation]", "moments: [volatility, autocorelation]"), "autocorrelation"),
    (("moments: [volatility, autocorrelation]", "moments: [volatility]"), "cannot tell 2 parameters apart"),
    (("prices: real.csv", "prices: reel.csv"), "reel.csv"),
    (("prices: real.csv, ", ""), "either `prices` or `published`"),
    (("trials: 48", "trails: 48"), "trials"),
    (("compute.noise.world_sd", "seed"), "is not estimated"),
])
def test_a_bad_file_is_refused_at_once(place, change, said):
    assert change[0] in PLANTED
    (place / "planted.yaml").write_text(PLANTED.replace(*change))
    with pytest.raises(BadInput, match=said.replace("(", r"\(")):
        load_calibration(place / "planted.yaml")


def test_several_problems_are_told_together_with_their_lines(place):
    (place / "planted.yaml").write_text(PLANTED.replace("low: 0.02", "low: 0.7").replace("[volatility,", "[vol,"))
    with pytest.raises(BadInput) as error:
        load_calibration(place / "planted.yaml")
    assert [problem.where.line for problem in error.value.problems] == [6, 8]


def test_folders_of_other_calibrations_are_refused(place):
    calibrate(place / "planted.yaml", trials=4, out=place / "out")
    with pytest.raises(BadInput, match="--resume"):
        calibrate(place / "planted.yaml", trials=4, out=place / "out")
    (place / "planted.yaml").write_text(PLANTED.replace("high: 0.6", "high: 0.5"))
    with pytest.raises(BadInput, match="another calibration"):
        calibrate(place / "planted.yaml", trials=4, out=place / "out", resume=True)


def test_a_series_that_the_world_does_not_have_is_told(place):
    (place / "planted.yaml").write_text(PLANTED.replace("simulated: planted", "simulated: plantet"))
    with pytest.raises(BadInput, match='did you mean "planted"'):
        calibrate(place / "planted.yaml", trials=4, out=place / "out")


def test_the_command_tells_how_far_it_is(place, capsys):
    from sim.cli import main

    assert main(["calibrate", str(place / "planted.yaml"), "--trials", "8", "--out", str(place / "out")]) == 0
    text = capsys.readouterr().out
    assert "J is" in text and "series: volatility" in text and max(map(len, text.splitlines())) <= 100
    assert main(["calibrate", str(place / "planted.yaml"), "--trials", "8", "--recover", "1",
                 "--out", str(place / "again")]) == 0
    assert "of the truth" in capsys.readouterr().out


def test_the_answer_is_readable_without_a_best_point(tmp_path, place):
    from sim.terminal_calibrate import calibrated

    plan = load_calibration(place / "planted.yaml")
    empty = Calibrated(plan, tmp_path, Goal((), np.empty(0), np.empty((0, 0))))
    assert "no best one" in calibrated(empty)
