"""The scenario in English, the table of parameters and the schema: printed from the declarations."""

import datetime as dt
import json
from pathlib import Path

import jsonschema
import pytest

import sim
from sim import describe, reference, schema
from sim.loading import shipped
from sim.plugin import FAMILIES, param
from sim.shape import bounds, number, shape, shipped_types, wanted
from sim.yaml_reader import read_file, read_text

ROOT = Path(__file__).parents[1]


class Quake(FAMILIES["shock"], type="test_quake"):
    """A quake that these tests feel."""

    size: float = param(1.0, unit="multiple", doc="strength", low=0, source="judgement")

    def apply(self, model, day):
        pass

    def effect(self):
        return f"The ground shakes {self.size:g} times."


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_is_told_in_at_most_a_hundred_columns(name):
    text = sim.load(name).describe()
    assert max(len(line) for line in text.splitlines()) <= describe.WIDTH
    assert text.startswith(sim.load(name).title) and "``" not in text and "None" not in text


def test_what_happens_is_told_by_date_and_what_differs_by_path(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("extends: quick\nshocks:\n  - {type: test_quake, date: 2026-12-01}\n"
                    "  - {type: test_quake, name: first, date: 2026-11-02, size: 3}\n")
    text = sim.load(path, ["agents.trend_follower.leverage_max=8", "clearing.margin.rate=0.1",
                           "agents.ai_lab.execution.band=0.1", "compute.prices.committed_share=0.8"]).describe()
    first, second = "   2 Nov 2026  The ground shakes 3 times.", "   1 Dec 2026  The ground shakes 1 times."
    assert 0 < text.find(first) < text.find(second)
    for line in ("agents.trend_follower.leverage_max is 8 instead of 3 (multiple of equity).",
                 "clearing.margin.rate is 0.1 instead of 0.2 (share of notional).",
                 "agents.ai_lab.execution.band is 0.1 instead of 0.05 (share of target).",
                 "compute.prices.committed_share is 0.8 instead of 0.88 (share)."):
        assert line in text
    assert "No shock" not in text


def test_who_takes_part_what_they_trade_and_how_large_it_is_are_told():
    text = " ".join(sim.load("baseline").describe().split())
    for part in ("60 ai_lab", "Those who make it", "504 business days, from 5 Oct 2026", "next 12 months are listed",
                 'settles to the index "assessed"', 'Initial margin follows the rule "fixed"', "No shock and no policy",
                 "Nothing but who takes part", "open interest if users hedged in full", "on a published source"):
        assert part in text


def test_numbers_are_told_as_people_say_them():
    assert [number(x) for x in (3, 0.25, 1e6, 12_345, 2.0, 1e-3)] == ["3", "0.25", "1,000,000", "12,345", "2", "0.001"]
    assert [describe.money(x) for x in (123.0, 1.234e6, 1.234e9, 9.876e12)] == [
        "$1", "$12.3 thousand", "$12.3 million", "$98.8 billion"]
    assert [describe.rounded(x) for x in (3.14159, 1234.5, 0.001234)] == ["3.1", "1,230", "0.0012"]
    assert describe.counted(1, "day") == "1 day" and describe.counted(2000, "day") == "2,000 days"
    assert describe.lower("A share") == "a share"


def test_kinds_of_values_are_named_in_plain_words():
    assert wanted(int | None) == "a whole number or nothing"
    assert wanted(tuple[float, ...]) == "a list of numbers" and wanted(tuple[int, int]) == "a list of 2 values"
    assert wanted(dict[str, float]) == "names with numbers, as `name: value`"
    assert shape(dt.date | None).kind == "leaf"
    field = sim.Scenario.model_fields["scale"]
    assert bounds(field.metadata) == "above 0 and at most 1"


def test_the_table_of_parameters_is_current():
    written = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert written == reference.markdown(), "write it anew: compute-futures parameters -o docs/parameters.md"


def test_the_table_names_every_type_with_every_parameter_of_its_own():
    text = reference.markdown()
    for name in reference.places():
        for cls in shipped_types(FAMILIES[name]):
            assert f"### `{cls.type_name}`" in text
    assert "| `leverage_max` | 3 | multiple of equity | 0 to 100 |" in text
    assert "test_quake" not in text


def test_the_schema_in_the_repository_is_current():
    written = (ROOT / "scenarios" / schema.FILE_NAME).read_text(encoding="utf-8")
    assert written == schema.text(), f"write it anew: compute-futures schema -o scenarios/{schema.FILE_NAME}"


@pytest.fixture(scope="module")
def validator():
    jsonschema.Draft202012Validator.check_schema(schema.schema())
    return jsonschema.Draft202012Validator(schema.schema(), format_checker=jsonschema.FormatChecker())


def as_json(tree):
    return json.loads(json.dumps(tree, default=str))


@pytest.mark.parametrize("name", shipped())
def test_shipped_and_resolved_scenarios_fit_the_schema(validator, name):
    validator.validate(as_json(read_file(shipped()[name])[1].plain()))
    validator.validate(as_json(read_text(sim.load(name).resolved_yaml(), name).plain()))


@pytest.mark.parametrize("tree", [
    {"dayz": 3}, {"days": 0}, {"days": "3"}, {"agents": [{"type": "ai_lb"}]},
    {"agents": [{"type": "ai_lab", "cuont": 1}]}, {"agents": [{"type": "ai_lab", "count": -1}]},
    {"clearing": {"margin": {"type": "fixed", "rate": 2}}},
    {"record": {"level": "all"}}, {"start": 2026}, {"extends": ["a"]},
])
def test_mistakes_do_not_fit_the_schema(validator, tree):
    assert not validator.is_valid(as_json(tree))


@pytest.mark.parametrize("tree", [
    {"extends": "baseline", "agents": [{"name": "ai_lab", "count": 3}, {"type": "noise_trader", "remove": True}]},
    {"clearing": {"margin": {"rate": 0.1}}}, {"plugins": ["mine.py"]}, {"market": {"opens": "2027-01-04"}},
])
def test_overlays_fit_the_schema(validator, tree):
    validator.validate(tree)
