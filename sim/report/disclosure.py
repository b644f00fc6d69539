"""``disclosure.csv``: what the clearing house of each history would publish every quarter."""

from __future__ import annotations

from pathlib import Path

from sim.results import Results, scenario_text


def write(results: Results, folder: Path) -> Path | None:
    """Write the table with a line of item numbers and one of units above it; None where there is nothing to write."""
    frame = results.disclosure.copy()
    if not len(frame):
        return None
    items = frame.attrs["items"]
    frame["model"] = _model(results)
    path = folder / "disclosure.csv"
    heads = [["CPMI-IOSCO item", *(items[name][0] if name in items else "" for name in frame.columns[1:])],
             ["unit", *(items[name][2] if name in items else "" for name in frame.columns[1:])]]
    above = "".join(f"# {','.join(row)}\n" for row in heads)
    path.write_text(above + frame.to_csv(index=False, lineterminator="\n"), encoding="utf-8")
    return path


def _model(results: Results) -> str:
    """The type of the margin model; nothing for results that were not written."""
    from ruamel.yaml import YAML

    if results.folder is None:
        return ""
    tree = YAML(typ="safe").load(scenario_text(results.folder))
    return str(tree["clearing"]["margin"]["type"])
