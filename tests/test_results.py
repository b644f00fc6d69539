import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import tables
from sim.errors import BadInput
from sim.provenance import differences, digest, environment, parameters, text_hash
from sim.results import open_results, scenario_text
from sim.run import run
from sim.scenario import Scenario


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("results") / "out"
    run(Scenario.load("quick", {"days": 25, "burn_in": 10, "market.warm_up": 3}), out=place)
    return place


def test_tables_are_data_frames_with_dates(folder):
    results = open_results(folder)
    assert str(results.daily["date"].dtype).startswith("datetime64")
    assert results.daily["date"].iloc[0] == pd.Timestamp("2026-10-05")
    assert (results.contracts["expiry"].dt.strftime("%Y-%m") == results.contracts["contract"]).all()
    assert results.daily["variation_margin_cents"].dtype == np.int64
    assert repr(results).startswith("<Results of 'quick': 1 of 1 runs finished, 25 days in ")


def test_the_scenario_can_be_read_back(folder):
    assert "title: " in scenario_text(folder)
    with pytest.raises(BadInput, match="cannot be read"):
        scenario_text(folder.parent)


@pytest.mark.parametrize(("name", "content", "message"), [
    ("manifest.json", "{", "cannot be read"), ("manifest.json", "[]", "not the manifest"),
    ("summary.json", "{}", "cannot be read"), ("daily.parquet", "PAR1", "daily cannot be read")])
def test_damaged_folders_are_named(folder, tmp_path, name, content, message):
    for path in folder.glob("*.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_text(content)
    with pytest.raises(BadInput, match=message):
        _ = open_results(tmp_path).daily


def test_a_folder_of_something_else(tmp_path):
    with pytest.raises(BadInput, match=r"no manifest\.json"):
        open_results(tmp_path)


def test_parquet_is_small_and_readable_by_others(folder):
    import pyarrow.parquet as pq

    column = pq.ParquetFile(folder / "daily.parquet").metadata.row_group(0).column(4)
    assert column.compression == "ZSTD"
    assert "BYTE_STREAM_SPLIT" in column.encodings
    assert len(pd.read_parquet(folder / "daily.parquet")) == 25


def test_parts_are_read_in_order_and_merged_whole(tmp_path):
    for run_number, part, values in ((2, 0, [5.0]), (1, 0, [1.0, 2.0]), (1, 1, [3.0])):
        table = tables.to_arrow({"x": np.array(values), "word": np.array(["a"] * len(values), object)})
        tables.write_part(tmp_path, "daily", run_number, part, table)
    assert tables.read(tmp_path, "daily")["x"].to_pylist() == [1.0, 2.0, 3.0, 5.0]
    (tmp_path / "daily.parquet" / ".run-000009-000000.parquet.writing").write_text("half a file")
    tables.merge(tmp_path, "daily")
    assert (tmp_path / "daily.parquet").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["daily.parquet"]
    assert tables.read(tmp_path, "daily")["x"].to_pylist() == [1.0, 2.0, 3.0, 5.0]
    assert tables.read(tmp_path, "events") is None


def test_a_part_is_whole_or_not_there(tmp_path, monkeypatch):
    def fails(table, path, **settings):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tables.pq, "write_table", fails)
    with pytest.raises(OSError, match="No space"):
        tables.write(tmp_path / "x.parquet", pa.table({"a": [1]}))
    assert not list(tmp_path.iterdir())


COLUMNS = st.one_of(
    st.lists(st.floats(), max_size=20).map(lambda v: np.array(v, np.float64)),
    st.lists(st.integers(-2**63, 2**63 - 1), max_size=20).map(lambda v: np.array(v, np.int64)),
    st.lists(st.none() | st.text(max_size=5), max_size=20).map(lambda v: np.array([*v, None], object)[:-1]),
    st.lists(st.integers(-10_000, 40_000), max_size=20).map(lambda v: np.array(v, "M8[D]")),
    st.lists(st.booleans(), max_size=20).map(lambda v: np.array(v, np.bool_)))


@given(COLUMNS)
def test_a_digest_is_of_the_content_and_survives_a_file(column):
    again = tables.to_numpy(tables.to_arrow({"c": column}))
    assert digest(again) == digest({"c": column})


def test_a_digest_sees_every_change():
    base = {"a": np.array([1.0, 2.0]), "b": np.array(["x", None], object)}
    others = [{"a": np.array([1.0, np.nextafter(2.0, 3.0)]), "b": base["b"]}, {"b": base["b"], "a": base["a"]},
              {"a": base["a"], "b": np.array(["x", ""], object)}, {"a": np.array([1, 2]), "b": base["b"]},
              {"a": base["a"], "c": base["b"]}, {"a": base["a"][:1], "b": base["b"][:1]}]
    assert len({digest(table) for table in [base, *others]}) == len(others) + 1


def test_where_it_was_made():
    here = environment()
    assert differences(here, here) == []
    assert differences({**here, "numpy": "1.0"}, here) == [f"numpy was 1.0 and is {here['numpy']}"]
    assert text_hash("ab", "c") != text_hash("a", "bc")


def test_parameters_tell_set_from_default():
    rows = {row["path"]: row for row in parameters(Scenario.load("quick", ["clearing.margin.rate=0.3"]))}
    assert rows["clearing.margin.rate"]["set"]
    assert rows["clearing.margin.rate"]["value"] == 0.3
    assert not rows["rounds"]["set"]
    assert rows["rounds"]["unit"] == "rounds"
    json.dumps(list(rows.values()))
