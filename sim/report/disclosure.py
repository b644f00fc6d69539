"""``disclosure.csv``: what the clearing house of each history would publish every quarter."""

from __future__ import annotations

from pathlib import Path

from sim.clearing.disclosure import ITEMS, disclosure
from sim.results import Results, scenario_text


def table(results: Results) -> list[dict]:
    """A row for each history and quarter; empty where days or contracts were not recorded."""
    daily, contracts, agents = results.daily, results.contracts, results.agents
    if daily is None or not len(daily) or contracts is None or not len(contracts) or "im_rate" not in contracts:
        return []
    model, out = _model(results), []
    for run, days in daily.groupby("run"):
        sheets = agents[agents["run"] == run] if agents is not None and len(agents) else None
        rows = disclosure(days, contracts[contracts["run"] == run], sheets, model=model)
        out += [{"run": int(run), "seed": int(days["seed"].iloc[0]), **row} for row in rows]
    return out


def _model(results: Results) -> str:
    """The type of the margin model; nothing for results that were not written."""
    from ruamel.yaml import YAML

    if results.folder is None:
        return ""
    tree = YAML(typ="safe").load(scenario_text(results.folder))
    return str(tree["clearing"]["margin"]["type"])


def write(results: Results, folder: Path) -> Path | None:
    """Write the table with a line of item numbers and one of units above it; None where there is nothing to write."""
    import pandas as pd

    rows = table(results)
    if not rows:
        return None
    path = folder / "disclosure.csv"
    frame = pd.DataFrame(rows)
    heads = [["CPMI-IOSCO item", *(ITEMS[name][0] if name in ITEMS else "" for name in frame.columns[1:])],
             ["unit", *(ITEMS[name][2] if name in ITEMS else "" for name in frame.columns[1:])]]
    above = "".join(f"# {','.join(row)}\n" for row in heads)
    path.write_text(above + frame.to_csv(index=False, lineterminator="\n"), encoding="utf-8")
    return path
