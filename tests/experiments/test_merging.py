"""Small parts become large ones: nothing is lost, nothing is counted twice, and a full disk changes nothing."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.experiments import merging
from sim.experiments.merging import merge
from sim.experiments.store import PARTS, Store, read_parts
from sim.experiments.sweep import StudyResults
from sim.one_run import Outcome


def entered(store, runs):
    store.enter({"digest": "x", "title": "Merged", "points": [{"rate": 0.1}], "parameters": ["rate"]},
                [(run, 0, run, 1 + run) for run in range(runs)])


def outcome(run):
    daily = pa.table({"run": np.full(3, run), "day": np.arange(3), "spot": np.arange(3) + 10.0 * run})
    extra = {"causes": pa.table({"run": [run], "cause": [f"of {run}"]})} if run % 3 == 0 else {}
    rare = {"bank_failures": 1.0} if run == 5 else {}  # a figure that one run has
    return Outcome(run, 1 + run, figures={"defaults": float(run)} | rare, tables={"daily": daily} | extra)


def files(store, name):
    return sorted((store.folder / PARTS / name).glob("*.parquet"))


def counted(store):
    return [row[0] for row in store.ledger.execute("SELECT DISTINCT part FROM runs WHERE status = 'done'")]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(2, 12))
def test_what_was_put_away_stays_whatever_is_merged(tmp_path_factory, sizes, least):
    with Store(tmp_path_factory.mktemp("s") / "study") as store:
        entered(store, sum(sizes))
        run = 0
        for size in sizes:
            store.keep([outcome(k) for k in range(run, run + size)], ())
            run += size
            merge(store, least)
        for name, rows in (("daily", 3 * run), ("figures", run), ("causes", -(-run // 3))):
            table = read_parts(store.folder, name, counted(store)).to_pandas()
            assert len(table) == rows
            assert set(table["run"]) == set(range(0, run, 3 if name == "causes" else 1))
        assert table["cause"].tolist() == [f"of {k}" for k in table["run"]]
        small = [n for (n,) in store.ledger.execute("SELECT count(*) FROM runs GROUP BY part") if n < merging.LEAST]
        assert len(small) <= 1 or sum(small) < least
        parts = len(counted(store))
    found = StudyResults(store.folder)
    assert run < 6 or found.runs["bank_failures"].sum() == 1
    assert len(found.runs) == run and found.runs["defaults"].sum() == run * (run - 1) / 2
    assert len(files(store, "daily")) == parts  # what was merged is gone once nobody is at work


def test_who_reads_meanwhile_finds_the_parts_that_the_ledger_named_before(tmp_path):
    with Store(tmp_path / "study") as store:
        entered(store, 3)
        store.keep([outcome(0)], ())
        store.keep([outcome(1)], ())
        before = counted(store)
        assert merge(store, 2) == 2 and counted(store) == [3]
        assert read_parts(store.folder, "daily", before).num_rows == 6
        store.keep([outcome(2)], ())
        merge(store, 2)
        assert len(files(store, "daily")) == 3  # those of the first merge have gone
    assert [path.name for path in files(store, "daily")] == ["000005.parquet"]


def test_few_runs_and_large_parts_are_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(merging, "LEAST", 2)
    with Store(tmp_path / "study") as store:
        entered(store, 5)
        store.keep([outcome(0), outcome(1)], ())
        store.keep([outcome(2), outcome(3)], ())
        store.keep([outcome(4)], ())
        assert merge(store) == 0 and len(counted(store)) == 3


def test_a_full_disk_leaves_all_as_it_was(tmp_path, monkeypatch):
    with Store(tmp_path / "study") as store:
        entered(store, 2)
        store.keep([outcome(0)], ())
        store.keep([outcome(1)], ())

        def full(found, path):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("sim.tables.join", full)
            assert merge(store, 2) == 0
        assert counted(store) == [1, 2] and read_parts(store.folder, "daily", [1, 2]).num_rows == 6
        assert merge(store, 2) == 2


def test_a_merge_that_was_killed_is_cleared_away(tmp_path, monkeypatch):
    with Store(tmp_path / "study") as store:
        entered(store, 2)
        store.keep([outcome(0)], ())
        store.keep([outcome(1)], ())
        (store.folder / PARTS / "daily" / "000003.parquet").write_bytes(b"half a part")
        store.take_up()
        assert len(files(store, "daily")) == 2
        assert merge(store, 2) == 2
        monkeypatch.setattr(Store, "_remove_merged", lambda self: None)  # killed before it cleared away
    monkeypatch.undo()
    with Store(tmp_path / "study") as store:
        store.take_up()
        assert [path.stem for path in files(store, "daily")] == ["000003"]
    assert len(StudyResults(store.folder).table("daily")) == 6


def test_the_ledger_is_not_touched_where_there_is_nothing_to_merge(tmp_path):
    with Store(tmp_path / "study") as store:
        entered(store, 1)
        assert merge(store) == 0
        store.keep([outcome(0)], ())
        assert merge(store, 1) == 0 and counted(store) == [1]
