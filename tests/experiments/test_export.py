"""Export: every table comes back as it was, from results and from studies; what cannot be done is refused."""

import pandas as pd
import pytest

import sim
from sim import cli
from sim.errors import BadInput
from sim.experiments import export as module
from sim.experiments.export import export
from sim.experiments.study import load_study
from sim.experiments.sweep import open_study, sweep
from sim.results import open_results

STUDY = """\
title: Noise
base: quick
changes: {days: 3, burn_in: 12, market.warm_up: 2}
parameters:
  - {path: agents.noise_trader.count, name: noise, values: [5, 40]}
runs: 1
record: daily
"""
TINY = ["burn_in=5", "market.warm_up=2", "days=4"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("results") / "out"
    sim.run(sim.load("quick", TINY), seeds=[1, 2], out=place, record="full")
    return place


def read(path, to):
    return pd.read_csv(path) if to == "csv" else pd.read_parquet(path)


def same(one, two):
    two = two.reset_index(drop=True)
    assert list(one.columns) == list(two.columns)
    for name in two:
        if pd.api.types.is_datetime64_any_dtype(two[name]):
            assert (pd.to_datetime(one[name]) == two[name]).all()
        elif pd.api.types.is_numeric_dtype(two[name]):
            assert one[name].to_numpy(float) == pytest.approx(two[name].to_numpy(float), rel=1e-15, nan_ok=True)
        else:
            assert one[name].fillna("").astype(str).tolist() == two[name].fillna("").astype(str).tolist()


@pytest.mark.parametrize("to", ["csv", "parquet"])
def test_files_hold_every_table(folder, tmp_path, to):
    done = export(folder, to, tmp_path / "files")
    results = open_results(folder)
    assert {path.stem for path in done.files} >= {"summary", "daily", "contracts", "parameters"}
    for name in ("daily", "contracts"):
        same(read(tmp_path / "files" / f"{name}.{to}", to), getattr(results, name))
    same(read(tmp_path / "files" / f"summary.{to}", to), results.summary.reset_index())


def test_a_workbook_holds_a_sheet_a_table(folder, tmp_path):
    done = export(folder, "xlsx", tmp_path / "book.xlsx")
    sheets = pd.read_excel(done.files[0], sheet_name=None)
    assert {"summary", "daily", "contracts", "parameters"} <= set(sheets)
    same(sheets["daily"], open_results(folder).daily)


def test_tables_too_long_for_a_sheet_are_left_out_and_told(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "MOST_ROWS", 3)
    assert cli.main(["export", str(folder), "--to", "xlsx", "-o", str(tmp_path / "book.xlsx")]) == cli.FINE
    told = capsys.readouterr()
    assert "daily: 8 rows, where a sheet holds 3; export it as csv" in told.err and "book.xlsx" in told.out


def test_a_study_is_exported_with_its_runs(tmp_path):
    (tmp_path / "noise.yaml").write_text(STUDY)
    sweep(load_study(tmp_path / "noise.yaml"), tmp_path / "study")
    export(tmp_path / "study", "csv")
    same(pd.read_csv(tmp_path / "study" / "export-csv" / "runs.csv"), open_study(tmp_path / "study").runs)
    same(pd.read_csv(tmp_path / "study" / "export-csv" / "daily.csv"), open_study(tmp_path / "study").table("daily"))


@pytest.mark.parametrize(("arguments", "words"), [
    (["--to", "xls"], 'did you mean "xlsx"'), (["--to", "json"], "there are: xlsx, csv, parquet"),
    ([], "the following arguments are required: --to"),
])
def test_formats_that_are_not_there_are_refused(folder, arguments, words, capsys):
    assert cli.main(["export", str(folder), *arguments]) == cli.BAD
    assert words in capsys.readouterr().err


def test_folders_without_results_are_refused(tmp_path):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BadInput, match="neither a results folder nor that of a study"):
            export(place, "csv")


def test_places_that_cannot_be_written_are_refused(folder, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        export(folder, "csv", tmp_path / "file" / "below")


def test_a_damaged_table_is_refused(folder, tmp_path):
    import shutil

    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "daily.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(BadInput, match="the table daily cannot be read"):
        export(copy, "csv")
