"""What a run leaves behind, read back: tables as data frames, the summary, where it all came from."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from sim import tables
from sim.errors import bad_input, shown
from sim.folder import PARAMETERS, SCENARIO, read_manifest
from sim.summary import AGGREGATES, Summary

SHOWN = 3  # histories in which the market ended of which each has a sentence of its own


class Results:
    """The results of one scenario, of one run or of many.

    Parameters
    ----------
    manifest : where they came from and how each run ended
    figures  : what sums them up
    kept, parameters : tables by name, and every parameter, for results that were not written
    folder   : where they are, for those that were
    """

    def __init__(self, manifest: Mapping[str, Any], figures: Summary, kept: Mapping[str, Any] | None = None,
                 parameters: list[dict[str, Any]] | None = None, folder: Path | None = None) -> None:
        self.manifest, self.figures, self.folder = manifest, figures, folder
        self._kept, self._parameters = kept or {}, parameters

    def __repr__(self) -> str:
        where = f" in {shown(self.folder)}" if self.folder else ""
        return f"<Results of {self.manifest['name']!r}: {len(self.figures.runs)} of {len(self.manifest['runs'])} " \
               f"runs finished, {self.manifest['days']} days{where}>"

    def kept(self, name: str) -> Any:
        """The Arrow table of results that were not written; None where there is none."""
        return self._kept.get(name)

    def _table(self, name: str) -> Any:
        if self.folder is None:
            return tables.to_pandas(self._kept.get(name))
        try:
            return tables.to_pandas(tables.read(self.folder, name))
        except (OSError, ValueError) as error:  # what pyarrow raises for a file that is damaged
            raise bad_input(shown(self.folder), f"the table {name} cannot be read: {error}") from None

    @cached_property
    def daily(self) -> Any:
        """A row for each run and day."""
        return self._table("daily")

    @cached_property
    def contracts(self) -> Any:
        """A row for each run, day and contract month."""
        return self._table("contracts")

    @cached_property
    def leading(self) -> Any:
        """The same of the first family of contracts alone, months by their names."""
        from sim.metrics.base import leading

        return leading(self.contracts)

    @cached_property
    def generations(self) -> Any:
        """A row for each run, month's end, region and generation of chips: price, use, GPUs and where they are."""
        return self._table("generations")

    @cached_property
    def deliveries(self) -> Any:
        """A row for each run and delivery month that was settled: what hedgers gained on its futures, and what margin
        for it cost them.
        """
        return self._table("deliveries")

    @cached_property
    def events(self) -> Any:
        """A row for each margin call, forced sale, default and the like."""
        return self._table("events")

    @cached_property
    def causes(self) -> Any:
        """A row for each cause of an event, with its weight; cause -1 is news and voluntary trading."""
        return self._table("causes")

    @cached_property
    def links(self) -> Any:
        """A row for each part of a participant's distress that earlier distress of another one brought about.

        Columns: run, event, cause (numbers of events), weight, and channel: by which way it came.
        """
        import pandas as pd

        from sim.metrics.cascades import CHANNELS, links_of

        rows = []
        for run in sorted(self.events["run"].unique()) if len(self.events) else ():
            events = self.events[self.events["run"] == run]
            kinds = dict(zip(events["event"].tolist(), events["kind"].tolist(), strict=True))
            rows += [(run, link.event, link.cause, link.weight, CHANNELS[kinds[link.cause]])
                     for link in links_of(events, self.causes[self.causes["run"] == run])]
        return pd.DataFrame(rows, columns=["run", "event", "cause", "weight", "channel"])

    @cached_property
    def ended(self) -> list[str]:
        """Sentences about histories in which the clearing house ended the market."""
        if "volume" not in self.daily or (self.daily.groupby("run")["volume"].last() > 0).all():
            return []  # events of a run whose trades are kept are many: they are not read where trading went on
        out, events = [], self.events
        for _, end in (events[events["kind"] == "market closed"] if len(events) else events).iterrows():
            mine, causes = events[events["run"] == end["run"]], self.causes
            behind = causes[(causes["run"] == end["run"]) & (causes["event"] == end["event"])]["cause"]
            kinds = set(mine[mine["event"].isin(behind)]["kind"])
            why = "every clearing member had failed" if "member default" in kinds else \
                "a loss of the house stayed unpaid"
            days = self.daily[(self.daily["run"] == end["run"]) & (self.daily["day"] == end["day"])]
            when = f"on {str(days['date'].iloc[0])[:10]}" if len(days) else "before the first reported day"
            out.append(f"History {end['run']}: {why} {when}, and the market ended. {int(end['quantity']):,} contracts "
                       "ended at that day's settlement price; nothing was traded afterwards.")
        return out if len(out) <= SHOWN else [*out[:SHOWN], f"The market ended in {len(out)} histories in all."]

    @cached_property
    def agents(self) -> Any:
        """A row for each run, month and participant: balance sheet and positions."""
        return self._table("agents")

    @cached_property
    def summary(self) -> Any:
        """A row for each run and, below, mean, interval of the mean and quantiles; see ``units``."""
        import pandas as pd

        rows = {str(run): {"seed": seed, **figures} for run, seed, figures in self.figures.runs}
        totals = self.figures.aggregate()
        rows |= {kind: {name: totals[name][kind] for name in self.figures.names} for kind in AGGREGATES}
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["seed", *self.figures.names])
        return frame.rename_axis("run")

    @cached_property
    def disclosure(self) -> Any:
        """What the clearing house would publish: a row for each history and quarter.

        ``attrs["items"]`` says of each column its item, label and unit.
        """
        import pandas as pd

        from sim.clearing.disclosure import ITEMS, of_runs

        frame = pd.DataFrame(of_runs(self.daily, self.contracts, self.agents))
        frame.attrs["items"] = dict(ITEMS)
        return frame

    @cached_property
    def parameters(self) -> Any:
        """Every parameter of the scenario: path, value, whether it was set, unit, meaning, source."""
        import pandas as pd

        if self._parameters is not None or self.folder is None:
            return pd.DataFrame(self._parameters or []).astype(str)
        path = self.folder / PARAMETERS
        return pd.read_csv(path, dtype=str, keep_default_na=False) if path.exists() else pd.DataFrame()

    @property
    def units(self) -> dict[str, str]:
        """Figure of the summary -> unit."""
        return {name: about["unit"] for name, about in self.figures.about.items()}

    @property
    def finished(self) -> bool:
        """Whether every run came to its end."""
        return bool(self.manifest["status"] == "finished")

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Runs that ended in an error: run, seed and the error."""
        return [row for row in self.manifest["runs"] if row["status"] == "failed"]

    @property
    def plot(self) -> Any:
        """Figures: ``plot.curve()``, ``plot.spot()``, ``plot.margin()`` and so on; ``dir(result.plot)`` lists them."""
        return importlib.import_module("sim.report.plot").Plots(self)  # drawing is built on results, not they on it


def open_results(folder: Path | str) -> Results:
    """Read a results folder; an unfinished one as far as it was written. Raises BadInput if it is none."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    try:
        figures = Summary.from_json((folder / "summary.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        figures = Summary([], {})
    except (OSError, ValueError, KeyError, json.JSONDecodeError) as error:
        raise bad_input(shown(folder / "summary.json"), f"this summary cannot be read: {error}") from None
    return Results(manifest, figures, folder=folder)


def scenario_text(folder: Path | str) -> str:
    """The resolved scenario of a results folder. Raises BadInput where there is none."""
    path = Path(folder) / SCENARIO
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise bad_input(shown(path), f"the resolved scenario cannot be read: {error.strerror or error}") from None
