"""Whatever is done to a scenario file, the answer is a scenario or a list of problems; never anything else."""

from hypothesis import given
from hypothesis import strategies as st

from sim.errors import BadInput
from sim.loading import shipped
from sim.scenario import Scenario

TEXT = shipped()["quick"].read_text(encoding="utf-8") + (
    "clearing:\n  margin: {type: fixed, rate: 0.1}\nrecord: {level: daily}\nindices: [{type: assessed}]\n"
    "compute: {prices: {reference: 2.2}, fringe: {size_sd: 0.5}}\n")
BITS = ["~", "null", "true", "-1", "0", "1e-3", "1e999", "2027-01-27", "9" * 50, "[]", "{}", "[1, [2]]",
        "{a: {b: c}}", "'", '"', ":", ": ", "- ", "\n", "\t", "#", "&a", "*a", "!!str", "|", ">", "%", "@", "\x00",
        "\x07", "é", "\u2028", "\ufeff", ",", "type", "name", "remove: true", "extends: quick", "extends: .",
        "plugins: [x.py]", "plugins: 3", "plugins: [\"\\0.py\"]", "---", "<<: {}"]
PLACES = ["days", "start", "name", "agents", "agents.ai_lab", "agents.0", "agents.ai_lab.count",
          "agents.ai_lab.execution", "agents.hyperscaler.regions", "agents.hyperscaler.regions.0", "agents.9.count",
          "clearing", "clearing.margin", "clearing.margin.type", "clearing.margin.rate", "indices",
          "indices.assessed", "indices.assessed.type", "market.opens", "market.contracts.0.tick",
          "compute.prices.reference", "shocks", "shocks.0.date", "record.level", "nonsense.x.y"]
EDIT = st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), st.sampled_from(BITS))


def try_to_load(path, changes=()):
    """Load, and let nothing through but BadInput that says something in plain words."""
    problems = None
    try:
        Scenario.load(path, changes)
    except BadInput as error:
        problems = error.problems
    if problems is not None:
        assert problems and all(problem.text and "pydantic" not in problem.text for problem in problems)


@given(edits=st.lists(EDIT, min_size=1, max_size=4))
def test_an_edited_file(tmp_path_factory, edits):
    text = TEXT
    for at, length, bit in edits:
        text = text[:at] + bit + text[at + length:]
    path = tmp_path_factory.mktemp("fuzz") / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    try_to_load(path)


@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(BITS)), min_size=1, max_size=4))
def test_values_changed_by_path(changes):
    try_to_load("quick", [f"{path}={value}" for path, value in changes])


@given(text=st.text(max_size=80))
def test_any_text_as_a_change(text):
    try_to_load("quick", [text, f"days={text}"])


@given(raw=st.binary(max_size=200))
def test_any_bytes_as_a_file(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("fuzz") / "mine.yaml"
    path.write_bytes(raw)
    try_to_load(path)


@given(name=st.text(max_size=40))
def test_any_text_as_a_name(name):
    try_to_load(name)
