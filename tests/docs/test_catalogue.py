"""Every shipped scenario and study is in the catalogue, and the ones that no other test runs can be run."""

import json
import re
from pathlib import Path

import pytest

import sim
from sim.loading import shipped

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
QUESTIONS = ("no_futures", "token_future", "ten_times_cheaper", "small_models", "power_triples", "curve_steers_supply",
             "bad_index", "hedge_ai_startup", "hedge_car_maker", "hedge_spare_capacity", "hedge_neocloud_debt")


def test_every_scenario_and_study_is_listed():
    studies = sorted(path.stem for path in (ROOT / "scenarios" / "studies").glob("*.yaml"))
    told = set(re.findall(r"[a-z0-9_]+", " ".join(re.findall(r"`([^`]+)`", PAGE))))
    missing = [name for name in [*shipped(), *studies] if name not in told]
    assert not missing, f"not in docs/scenarios.md: {missing}"


@pytest.mark.parametrize("page", ["scenarios", "findings"])
def test_every_command_names_what_is_shipped(page):
    known = {"NAME", *shipped(), *(path.stem for path in (ROOT / "scenarios" / "studies").glob("*.yaml"))}
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    for line in re.findall(r"`compute-futures ([^`]+)`", text):
        command, *words = line.split()
        names = []
        for word in words:
            if word.startswith("--"):
                break
            names.append(word)
        assert command in ("run", "compare", "sweep", "stress", "reverse-stress", "describe", "backtest",
                           "contagion"), line
        if command != "backtest":
            assert names, line
            assert set(names) <= known, line


@pytest.mark.parametrize("name", shipped())
def test_a_scenario_opens_with_its_question(name):
    scenario = sim.load(name)
    assert "?" in scenario.question, f"{name}: {scenario.question!r}"
    assert scenario.title and scenario.describe()


@pytest.mark.parametrize("name", QUESTIONS)
def test_sizes_in_the_comments_can_be_set(name):
    text = (ROOT / "scenarios" / f"{name}.yaml").read_text(encoding="utf-8")
    for path, values in re.findall(r"^#   --set (\S+?)=(.+)$", text, re.M):
        for value in values.split(" | "):
            sim.load(name, [f"{path}={value}"])


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_can_be_run(name):
    model = sim.load(name).build(seed=1)
    for _ in range(2):
        model.step()
    open_interest = int(model.exchange.open_interest().sum())
    assert (open_interest == 0) == (name == "no_futures")


def test_every_finding_has_its_command_and_says_how_sure_it_is():
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    for part in re.split(r"^### ", text, flags=re.M)[1:]:
        part = part.split("\n## ")[0]
        question = part.splitlines()[0]
        assert "`compute-futures " in part or "`python -m sim." in part, f"no command: {question}"
        assert "*How sure*:" in part or "ot yet " in part, f"does not say how sure it is: {question}"


def test_what_the_policy_simulation_library_reads_is_there():
    """Its seven attributes, each a section that exists or a text."""
    told = json.loads((ROOT / "PSL_catalog.json").read_text(encoding="utf-8"))
    assert set(told) == {"project_one_line", "project_overview", "user_documentation", "user_changelog_recent",
                         "contributor_overview", "core_maintainers", "link_to_webapp"}
    for about in told.values():
        assert set(about) == {"start_header", "end_header", "source", "type", "data"}
        if about["type"] == "github_file":
            lines = (ROOT / about["source"]).read_text(encoding="utf-8").splitlines()
            assert all(head is None or head in lines for head in (about["start_header"], about["end_header"])), about
