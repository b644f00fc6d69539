"""The scenario itself: shipped files, what must fit together, and the way back to a file."""

import datetime as dt
import subprocess
import sys

import pytest

import sim
from sim.agents.ai_lab import AiLab
from sim.agents.noise_trader import NoiseTrader
from sim.errors import BadInput
from sim.loading import shipped
from sim.plugin import FAMILIES, param
from sim.scenario import Scenario
from sim.shape import plain, shipped_types

SMALL = "days: 30\nburn_in: 60\nagents:\n  - {type: ai_lab, count: 2}\n"


class Tremor(FAMILIES["shock"], type="test_tremor"):
    """A tremor that these tests feel."""

    size: float = param(1.0, unit="multiple", doc="strength", low=0, source="judgement")

    def apply(self, model, day):
        model.trembled = day

    def effect(self):
        return "The ground trembles."


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write_file(text, name="mine.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write_file


def complaints(path, changes=()):
    with pytest.raises(BadInput) as caught:
        sim.load(path, changes)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_loads_by_name_and_asks_a_question(name):
    scenario = sim.load(name)
    assert scenario.name == name and scenario.title and scenario.question.endswith("?")


@pytest.mark.parametrize("name", shipped())
def test_the_resolved_file_loads_to_an_equal_scenario(name, write):
    scenario = sim.load(name)
    again = sim.load(write(scenario.resolved_yaml(), "scenario.resolved.yaml"))
    assert again == scenario and again.hash8() == scenario.hash8() and again.resolved_yaml() == scenario.resolved_yaml()


def test_the_baseline_has_about_1500_participants_of_fourteen_types():
    agents = sim.load("baseline").agents
    assert 1_300 < sum(kind.count for kind in agents) < 1_600 and len(agents) == 14


def test_a_file_that_states_only_who_takes_part_has_defaults_for_the_rest(write):
    scenario = sim.load(write(SMALL))
    assert scenario.agents == (AiLab(count=2),) and scenario.name == "mine"
    assert scenario.start == dt.date(2026, 10, 5) and scenario.clearing.margin.label == "fixed"


def test_extending_the_baseline_changes_what_is_said_and_nothing_else(write):
    base = sim.load("baseline")
    over = sim.load(write("title: Fewer labs\nextends: baseline.yaml\nagents:\n  - {type: ai_lab, count: 30}\n"
                          "  - {type: noise_trader, remove: true}\n"))
    expected = tuple(AiLab(count=30) if kind.label == "ai_lab" else kind for kind in base.agents
                     if kind.label != "noise_trader")
    assert over.agents == expected and over.title == "Fewer labs" and over.compute == base.compute
    assert over.question == base.question


def test_the_hash_changes_with_what_happens_and_not_with_words(write):
    base = sim.load(write(SMALL))
    assert sim.load("mine.yaml", {"title": "Another", "question": "Why?", "name": "other"}).hash8() == base.hash8()
    assert sim.load("mine.yaml", {"agents.ai_lab.count": 3}).hash8() != base.hash8()
    assert len(base.hash8()) == 8


def test_the_hash_knows_the_users_own_files_by_content_and_not_by_place(write, tmp_path):
    source = ('from sim.plugin import FAMILIES\n\nclass Quiet(FAMILIES["agent"], type="quiet"):\n    """Silent."""\n'
              "    trades = False\n    def populate(self, block, world): pass\n"
              "    def target_of(self, me, view): return me.position.copy()\n")
    write(source, "quiet.py")
    first = sim.load(write("plugins: [quiet.py]\nagents: [{type: quiet, count: 1}]"))
    assert [plugin.path for plugin in first.plugins] == [str(tmp_path / "quiet.py")]
    (tmp_path / "kept" / "plugins").mkdir(parents=True)
    write(source, "kept/plugins/quiet.py")
    moved = sim.load(write(first.resolved_yaml("plugins"), "kept/scenario.resolved.yaml"))
    assert moved.hash8() == first.hash8() and moved.agents[0].label == "quiet"
    assert sim.load(write(first.resolved_yaml(), "elsewhere.yaml")) .hash8() == first.hash8()
    write(source + "# edited\n", "quiet.py")
    assert sim.load("mine.yaml").hash8() != first.hash8()


@pytest.mark.parametrize(("text", "part"), [
    ("days: 30", "mine.yaml:1: `agents` is missing: who takes part"),
    ("agents: []", "mine.yaml:1: agents: nobody takes part; give at least one block a `count` above 0"),
    ("agents: [{type: ai_lab, count: 0}]", "nobody takes part"),
    (SMALL + "shocks:\n  - {type: test_tremor, date: 2036-01-01}",
     "mine.yaml:6: shocks, test_tremor, date: 2036-01-01 lies "
     "outside the run, which goes from 2026-10-05 to 2026-11-13; raise `days` or choose an earlier date"),
    (SMALL + "shocks:\n  - {type: test_tremor, date: 2016-01-01}", "choose a later date"),
    (SMALL + "shocks:\n  - {type: test_tremor}", "`date` is missing: the day on which it begins; a date such as"),
    (SMALL + "start: 1926-10-05", "start: 1926-10-05 is out of reach"),
    (SMALL + "market: {opens: 2036-01-01}", "opens: 2036-01-01 lies outside the days on which the market can open"),
    (SMALL + "market: {warm_up: 100}", "the market cannot trade for 100 days before the first reported one"),
    (SMALL + "market: {contracts: [{type: gpu_hour_future, index: asessed}]}",
     'settles to "asessed", which nobody publishes; did you mean "assessed"? indices are: assessed, transaction'),
    (SMALL + "market: {contracts: [{type: gpu_hour_future, tick: 0.0101}]}", "not a whole number"),
    (SMALL + "market: {contracts: []}", "contracts is a list of 0; it must hold at least 1"),
    (SMALL + "scale: 0", "scale is 0; it must be above 0 and at most 1 (share of the world)"),
    (SMALL + "seed: -1", "seed is -1; it must be at least 0"),
    (SMALL + "name: a/b", 'name: "a/b" names a folder; use up to 80 letters'),
    (SMALL + "record: {level: everything}", 'one of "summary", "daily", "full" is expected'),
    (SMALL + "  - {type: ai_lab, count: 3}", 'two blocks are called "ai_lab" (the first on line 4); give each its own'),
])
def test_what_does_not_fit_together_is_explained(write, text, part):
    found = complaints(write(text))
    assert len(found) == 1 and part in found[0]


def test_several_shocks_of_one_type_have_names_of_their_own(write):
    scenario = sim.load(write(SMALL + "shocks:\n  - {type: test_tremor, date: 2026-10-12}\n"
                              "  - {type: test_tremor, name: second, date: 2026-10-20}\n"), ["shocks.second.size=2.5"])
    assert [shock.label for shock in scenario.shocks] == ["test_tremor", "second"] and scenario.shocks[1].size == 2.5


def test_a_scenario_put_together_in_python_is_checked_when_it_is_built():
    twice = Scenario(agents=(NoiseTrader(count=2), NoiseTrader(count=3)), burn_in=60)
    with pytest.raises(BadInput, match='two blocks are called "noise_trader"'):
        twice.build()
    with pytest.raises(BadInput, match="nobody takes part"):
        Scenario(agents=()).build()


def test_every_default_that_is_written_out_passes_its_own_check():
    for family in FAMILIES.values():
        for cls in shipped_types(family):
            needed = {"date": dt.date(2027, 1, 27)} if "date" in cls.model_fields else {}
            if any(field.is_required() and name not in needed for name, field in cls.model_fields.items()):
                continue  # what must be given has no default
            values = {key: value for key, value in plain(cls(**needed)).items()
                      if key != "type" and not isinstance(value, (dict, list))}
            assert cls.model_validate(values) is not None


def test_importing_the_package_imports_nothing_else():
    code = "import sys, sim; print([m for m in ('numpy', 'pydantic', 'numba', 'mesa', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_names_of_the_package_are_found_when_asked_for():
    assert sim.Scenario is Scenario and sim.BadInput is BadInput and "load" in dir(sim)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = sim.nonsense


def test_a_shock_to_an_index_that_nobody_publishes_is_refused(tmp_path):
    path = tmp_path / "shock.yaml"
    path.write_text("# ?\nextends: quick\nshocks:\n  - {type: index_restatement, date: 2026-11-02, index: asessed}\n")
    with pytest.raises(BadInput, match="did you mean"):
        Scenario.load(path)
