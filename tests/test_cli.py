"""The command line: what it prints, its exit codes, and that no mistake ends in a traceback."""

import json
import os
import subprocess
import sys

import pytest

from sim.cli import COMMANDS, main

SMALL = """\
days: 2
burn_in: 20
market: {warm_up: 2}
agents:
  - {type: noise_trader, count: 3}
  - {type: market_maker, count: 1}
"""
CRACK = '''\
from sim.plugin import FAMILIES

class Crack(FAMILIES["shock"], type="crack"):
    """Cracks in history 2."""

    def apply(self, model, day):
        if model.root == 2 and day == 1:
            raise ValueError("cracked")

    def effect(self):
        return "It cracks."
'''


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def call(*words):
        try:
            code = main([str(word) for word in words])
        except SystemExit as leaving:
            code = leaving.code
        seen = capsys.readouterr()
        assert "Traceback" not in seen.err + seen.out
        return code, seen.out, seen.err

    call.folder = tmp_path
    return call


def fails(cli, *words):
    """Bad input: exit code 2, nothing on the screen but the message, and nothing written."""
    before = sorted(cli.folder.rglob("*"))
    code, out, err = cli(*words)
    assert code == 2 and out == "" and err.strip() and sorted(cli.folder.rglob("*")) == before
    return err


def test_help_imports_nothing_heavy():
    code = ("import sys\nfrom sim.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
            "sys.exit(any(m in sys.modules for m in ('numpy', 'numba', 'pydantic', 'pandas', 'mesa')))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and all(f"\n    {name}" in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(cli, name):
    code, out, _ = cli(name, "--help")
    assert code == 0 and out.startswith(f"usage: compute-futures {name}")


def test_python_m_sim_is_the_command_line():
    done = subprocess.run([sys.executable, "-m", "sim", "rnu"], capture_output=True, text=True)
    assert done.returncode == 2 and 'did you mean "run"?' in done.stderr and "Traceback" not in done.stderr


def test_list_names_scenarios_and_types(cli):
    code, out, _ = cli("list")
    assert code == 0
    for part in ("baseline", "Does a futures market", "ai_lab", "gpu_hour_future", "assessed", "fixed"):
        assert part in out


def test_describe_takes_changes(cli):
    code, out, _ = cli("describe", "baseline", "--set", "agents.ai_lab.count=30")
    assert code == 0 and out.startswith("Baseline\n") and "30  ai_lab" in out


def test_check_says_fine_or_everything_that_is_wrong(cli):
    (cli.folder / "good.yaml").write_text(SMALL)
    (cli.folder / "bad.yaml").write_text(SMALL.replace("count", "cuont"))
    code, out, _ = cli("check", "good.yaml", "baseline")
    assert code == 0 and "good.yaml: fine (4 participants, 2 days)" in out
    code, out, err = cli("check", "bad.yaml", "good.yaml", "nonesuch.yaml")
    assert code == 2 and "good.yaml: fine" in out
    assert 'bad.yaml:5: agents, noise_trader: unknown key "cuont"; did you mean "count"?' in err
    assert "nonesuch.yaml: there is no such file" in err and "3 problems; nothing was started" in err


def test_check_takes_studies_for_what_they_are(cli):
    code, out, _ = cli("check", "phase_worlds", "quick")
    assert code == 0 and "phase_worlds: fine (3 points, 18 runs)" in out and "quick: fine (106 participants" in out
    (cli.folder / "good.yaml").write_text(SMALL)
    (cli.folder / "study.yaml").write_text(
        "base: good.yaml\nparameters:\n  - {path: agents.noise_trader.cuont, values: [1, 2]}\n")
    code, _, err = cli("check", "study.yaml")
    assert code == 2 and "study.yaml:3" in err and 'did you mean "count"' in err


def test_schema_and_parameters_are_printed_or_written(cli):
    code, out, _ = cli("schema")
    assert code == 0 and json.loads(out)["$schema"].endswith("2020-12/schema")
    code, screen, _ = cli("schema", "-o", "here.json")
    assert code == 0 and screen == "" and (cli.folder / "here.json").read_text() == out
    code, out, _ = cli("parameters")
    assert code == 0 and out.startswith("# Parameters")


def test_doctor_says_what_there_is(cli):
    code, out, _ = cli("doctor")
    assert code in (0, 3) and "numba" in out and "disk, free" in out and "compiled code" in out


@pytest.mark.parametrize(("words", "part"), [
    (["rnu"], 'there is no command "rnu"; did you mean "run"?'),
    (["--verison"], "see `compute-futures --help`"),
    (["run"], "the following arguments are required: SCENARIO"),
    (["run", "small.yaml", "--nope"], "unrecognized arguments: --nope"),
    (["run", "small.yaml", "--runs", "0"], "--runs 0: a whole number from 1"),
    (["run", "small.yaml", "--runs", "many"], "--runs many: a whole number from 1"),
    (["run", "small.yaml", "--jobs", "-1"], "--jobs"),
    (["run", "small.yaml", "--seed", "x"], '--seed x: seed is the text "x"; a whole number is expected'),
    (["run", "small.yaml", "--days", "0"], "--days 0: days is 0; it must be at least 1"),
    (["run", "small.yaml", "--record", "all"], '--record all: record, level is the text "all"; one of "summary"'),
    (["run", "small.yaml", "--set", "agents.nois_trader.count=3"], 'did you mean "noise_trader"?'),
    (["run", "small.yaml", "--set", "days"], "a change is written path=value"),
    (["run", "nonesuch"], "there is no such file, and no shipped scenario of that name"),
    (["run", "."], "this is a folder"),
    (["run", "binary.yaml"], "not a text file"),
    (["run", "empty.yaml"], "the file is empty"),
    (["run", "huge.yaml"], "100.0 MB"),
    (["run", "nobody.yaml"], "nobody takes part"),
    (["run", "small.yaml", "--out", "small.yaml/results"], "small.yaml/results: results cannot be written here"),
    (["run", "small.yaml", "--out", "small.yaml"], "results cannot be written here"),
    (["run", "small.yaml", "--out", "/proc/results"], "results cannot be written here"),
    (["schema", "-o", "no/such/folder.json"], "this file cannot be written"),
    (["rerun", "nowhere"], "nowhere"),
    (["rerun", "."], "manifest"),
    (["rerun", ".", "--jobs", "x"], "--jobs x: a whole number"),
])
def test_bad_input_ends_with_a_message_and_exit_code_2(cli, words, part):
    (cli.folder / "small.yaml").write_text(SMALL)
    (cli.folder / "binary.yaml").write_bytes(bytes(range(256)))
    (cli.folder / "empty.yaml").write_text("")
    (cli.folder / "nobody.yaml").write_text("agents: []")
    with (cli.folder / "huge.yaml").open("wb") as file:
        file.truncate(100_000_000)
    assert part in fails(cli, *words)


def test_a_users_own_file_that_fails_while_it_is_used_is_told_by_its_line(cli):
    (cli.folder / "mine.py").write_text(CRACK.replace('"It cracks."', "1 / 0"))
    (cli.folder / "mine.yaml").write_text(SMALL + "plugins: [mine.py]\nshocks: [{type: crack, date: 2026-10-05}]\n")
    assert fails(cli, "describe", "mine.yaml").startswith("mine.py:11: the plug-in fails with ZeroDivisionError")


def test_a_run_writes_results_and_a_report_and_can_be_run_again(cli):
    (cli.folder / "small.yaml").write_text(SMALL)
    code, out, _ = cli("run", "small.yaml", "--seed", "7", "--set", "agents.noise_trader.count=4")
    assert code == 0 and "1 history, 2 days" in out
    folder = next((cli.folder / "results").iterdir())
    assert folder.name.startswith("small-") and f"results/{folder.name}/report.html" in out
    assert json.loads((folder / "manifest.json").read_text())["seeds"] == [7]
    assert "count: 4" in (folder / "scenario.resolved.yaml").read_text()
    code, out, _ = cli("rerun", folder)
    assert code == 0 and "the same, bit for bit" in out
    code, out, _ = cli("report", folder)
    assert code == 0 and out.strip().endswith(f"{folder.name}/report.html")


def test_several_runs_count_their_seeds_up_and_keep_less(cli):
    (cli.folder / "small.yaml").write_text(SMALL)
    code, out, _ = cli("run", "small.yaml", "--runs", "2", "--out", "here")
    manifest = json.loads((cli.folder / "here" / "manifest.json").read_text())
    assert code == 0 and "2 histories" in out and manifest["seeds"] == [1, 2] and manifest["record"] == "daily"
    _, _, err = cli("run", "small.yaml", "--runs", "2", "--out", "here")
    assert "holds the results" not in err  # the same again
    _, _, err = cli("run", "small.yaml", "--seed", "5", "--out", "here")
    assert "here holds the results of another run: small, 2 seeds, 2 days, finished 20" in err and "replaced" in err
    assert json.loads((cli.folder / "here" / "manifest.json").read_text())["seeds"] == [5]


def test_a_run_that_fails_is_told_and_the_others_are_kept(cli):
    (cli.folder / "mine.py").write_text(CRACK)
    (cli.folder / "mine.yaml").write_text(SMALL + "plugins: [mine.py]\nshocks: [{type: crack, date: 2026-10-05}]\n")
    code, out, _ = cli("run", "mine.yaml", "--runs", "2", "--out", "here", "--jobs", "2")
    assert code == 3 and "history 2 failed: ValueError: cracked" in out and "1 history" in out


@pytest.mark.skipif(os.name != "posix", reason="signals are those of Unix")
def test_a_reader_that_leaves_early_is_no_error():
    done = subprocess.run(f"{sys.executable} -m sim parameters | head -1", shell=True, capture_output=True, text=True)
    assert done.stdout.strip() == "# Parameters" and done.stderr == ""
