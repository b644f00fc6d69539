"""What shocks do to the physical economy, against the bands of the catalogue.

    python benchmarks/shock_responses.py [seeds] [sizes] [types]

Every shipped scenario `shock_*` is run without a futures market, with and without its shocks on the same luck
(default 12 seeds). Prints figures over the world without the shock (geometric mean over seeds) some business days
after the first day of the shock; then the bands of sim/data/shock_bands.csv: what was reached on the first day of
the window, what comes nearest to the middle of the band within the window, and a verdict. `sizes` also runs the
mild and severe sizes that the scenarios' comments give, and the gain in efficiency under other elasticities of
demand; `types` every type of shock by itself, at its defaults.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import sim
from sim.calendar import Calendar
from sim.compute.chips import GENERATIONS
from sim.compute.economy import Economy
from sim.compute.operators import no_operators
from sim.loading import shipped
from sim.plugin import FAMILIES
from sim.streams import Streams

ROOT = Path(__file__).parents[1]
AFTER = (1, 20, 60, 125, 190, 252, 370)  # business days after the first day of a shock
RATIOS = ("spot_us", "spot_cn", "spot_eu", "list_median", "index_assessed", "index_transaction", "forward_12",
          "capacity_h100e", "orders_placed", "token_price")
SHARES = ("utilisation", "used_eu", "rationed_share", "stranded", "used_h100")
H100 = GENERATIONS.index("h100")
SIZES = ("mild", "mid", "severe")
ELSEWHERE = ("anchor_default", "benchmark_push", "haircut_rise", "index_credibility", "redemption_wave", "resale_fall",
             "rollover_stop")  # types that act through lenders and traders, of whom there are none here


def run(scenario, seed: int, shocks, days: int) -> dict[str, np.ndarray]:
    """Daily figures of one world from day 0 on."""
    calendar = Calendar(scenario.start, days, scenario.burn_in)
    economy = Economy(scenario.compute, no_operators(), Streams(seed), calendar, scenario.indices)
    world = SimpleNamespace(economy=economy, calendar=calendar)
    economy.burn_in()
    out = []
    for day in range(days):
        for shock in shocks:
            if calendar.date(day) >= shock.date:
                shock.apply(world, day)
        economy.step(day)
        row = economy.record()
        row["stranded"] = economy.waiting.sum() / economy.fleet.sum()  # GPUs that wait for a site over those that run
        row["used_eu"] = economy.region["used"][2]  # share of Europe's capacity that works
        row["used_h100"] = economy.resale_value[0, H100] / 1000  # what one fetches in the US, thousands of $
        row["forward_12"] = economy.forecast[scenario.indices[0].label][12]
        out.append([row[name] for name in (*RATIOS, *SHARES)])
    return dict(zip((*RATIOS, *SHARES), np.array(out).T, strict=True))


def respond(scenario, shocks, seeds: int, days: int, calm: dict) -> dict[str, np.ndarray]:
    """Mean over seeds of each figure from the first day of the shocks on.

    Prices and quantities as ratios to the world without shocks; shares as they are, and without shocks ("calm").
    """
    first = Calendar(scenario.start, days, scenario.burn_in).day_on(min(shock.date for shock in shocks))
    found: dict[str, list[np.ndarray]] = {}
    for seed in range(1, seeds + 1):
        key = (seed, days, scenario.burn_in, scenario.start, scenario.compute.model_dump_json())
        if key not in calm:
            calm[key] = run(scenario, seed, (), days)
        moved, without = run(scenario, seed, shocks, days), calm[key]
        for name in RATIOS:
            found.setdefault(name, []).append(np.log(moved[name] / without[name])[first:])
        for name in SHARES:
            found.setdefault(name, []).append(moved[name][first:])
            found.setdefault(f"{name}, calm", []).append(without[name][first:])
    means = {name: np.mean(values, axis=0) for name, values in found.items()}
    return {name: np.exp(values) if name in RATIOS else values for name, values in means.items()}


def sizes_of(name: str) -> list[list[str]]:
    """Changes for the mild, middle and severe size of a shipped scenario, as its comment gives them; or none."""
    text = (ROOT / "scenarios" / f"{name}.yaml").read_text(encoding="utf-8")
    block = re.search(r"# (?:mild|down), mid, .*\n((?:#   --set .*\n)+)", text)
    rows = re.findall(r"--set (\S+)=(\S+) \| (\S+) \| (\S+)", block.group(1)) if block else []
    return [[f"{row[0]}={row[1 + k]}" for row in rows] for k in range(3)] if rows else []


def table(name: str, figures: dict[str, np.ndarray]) -> None:
    """One line a figure, one column a day."""
    print(f"\n{name}\n{'business days after':22s}" + "".join(f"{day:>8d}" for day in AFTER))
    for key, series in figures.items():
        cells = [f"{series[day - 1]:8.3f}" if day <= len(series) else " " * 8 for day in AFTER]
        print(f"{key:22s}" + "".join(cells))


def against_bands(name: str, figures: dict[str, np.ndarray], bands: list[dict[str, str]]) -> None:
    """One line a band of this scenario."""
    for row in bands:
        if row["scenario"] != name.split()[0]:
            continue
        key = f"spot_{row['region'].lower()}" if row["variable"] == "spot" else row["variable"]
        series = figures[key] - figures["stranded, calm"] if key == "stranded" else figures[key]
        start, end = max(1, int(row["from_business_days"])), int(row["to_business_days"])
        low, mid, high = (float(row[k]) for k in ("low", "mid", "high"))
        window = series[start - 1:end]
        near = int(np.argmin(np.abs(window - mid)))
        verdict = ("in band" if low <= window[0] <= high else "in band later" if low <= window[near] <= high else
                   "below" if window[near] < low else "above")
        print(f"{name:33s} {key:18s} {mid:g} ({low:g}-{high:g})   day {start:>3d}: {window[0]:5.2f}   "
              f"day {start + near:>3d}: {window[near]:5.2f}   {verdict}")


def main(seeds: int, options: list[str]) -> None:
    began, calm, found = time.perf_counter(), {}, {}
    bands = list(csv.DictReader((ROOT / "sim" / "data" / "shock_bands.csv").open(encoding="utf-8")))
    names = [name for name in shipped() if name.startswith("shock_") and sizes_of(name)]
    for name in names:
        for size, changes in zip(SIZES, sizes_of(name), strict=True):
            if size == "mid" or "sizes" in options:
                scenario = sim.load(name, changes)
                label = name if size == "mid" else f"{name} {size}"
                found[label] = respond(scenario, scenario.shocks, seeds, scenario.days, calm)
                table(label, found[label])
    if "sizes" in options:
        for elasticity in (0.5, 0.9, 1.1, 1.5):  # the Jevons dial
            scenario = sim.load("shock_efficiency", [f"compute.demand.elasticity_slow={elasticity}"])
            table(f"shock_efficiency, elasticity {elasticity:g}",
                  respond(scenario, scenario.shocks, seeds, scenario.days, calm))
    print("\nagainst the bands")
    for label, figures in found.items():
        against_bands(label, figures, bands)
    if "types" in options:
        scenario = sim.load("baseline")
        for kind, cls in sorted(FAMILIES["shock"].types.items()):
            if kind not in ELSEWHERE:
                shock = cls(date=dt.date(2027, 4, 5))
                table(f"{kind}: {shock.effect()}", respond(scenario, (shock,), seeds, scenario.days, calm))
    print(f"\n{seeds} seeds, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(next((int(text) for text in arguments if text.isdigit()), 12), arguments)
