"""One history for a calibration: the series of a world, and the moments of each target."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from sim.errors import bad_input, near_miss, quoted
from sim.experiments.calibrate_moments import measured
from sim.experiments.executors import Task
from sim.one_run import Job, Outcome, execute

WORK = "sim.experiments.calibrate_worlds:history"
Series = dict[str, np.ndarray]  # name -> float64[days]


def economy(task: Task, days: int) -> Series:
    """The physical economy alone, without participants and without a futures market, for some days after its burn-in.

    Raises BadInput for a scenario whose prices are replayed.
    """
    from sim.calendar import Calendar
    from sim.compute.config import ComputeConfig
    from sim.compute.economy import Economy
    from sim.compute.indices.assessed import Assessed
    from sim.compute.indices.transaction import Transaction
    from sim.compute.operators import no_operators
    from sim.streams import Streams

    scenario = task.scenario
    if type(scenario.compute) is not ComputeConfig:
        raise bad_input(scenario.name, "its prices are replayed, so there is no economy to calibrate")
    calendar = Calendar(scenario.start, days, scenario.burn_in)
    made = Economy(scenario.compute, no_operators(), Streams(task.seed), calendar, (Assessed(), Transaction()))
    made.burn_in()
    rows = []
    for day in range(days):
        made.step(day)
        rows.append(made.record())
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def market(task: Task, days: int) -> Series:
    """The whole market: each daily column of a run."""
    outcome = execute(Job(task.scenario, task.run, task.seed, None), lambda: None)
    if outcome.status != "finished":
        raise RuntimeError(outcome.error)
    table = outcome.tables["daily"]
    numbers = [name for name in table.column_names if pa.types.is_floating(table.schema.field(name).type)]
    return {name: table[name].to_numpy() for name in numbers}


WORLDS: dict[str, Callable[[Task, int], Series]] = {"economy": economy, "market": market}


def history(task: Task) -> Outcome:
    """One history's moments, "target: moment" -> value, and the prices that they were measured on.

    options : world, days, then for each target its name, the simulated series, its days and its moments
    Raises BadInput for a series that the world does not have, or that is too short.
    """
    world, days, *targets = task.options
    outcome = Outcome(task.run, task.seed, days=days)
    series = WORLDS[world](task, days)
    for name, simulated, length, moments in targets:
        if simulated not in series:
            raise bad_input(f"targets, {name}", f'`simulated` is "{simulated}", which the {world} does not write down'
                                                f"{near_miss(simulated, series) or ';'} there are: {quoted(series)}")
        prices = series[simulated]
        prices = prices[np.isfinite(prices) & (prices > 0)][-length:]
        if len(prices) < length:
            raise bad_input(f"targets, {name}", f'"{simulated}" has a price on {len(prices)} days of a history, '
                                                f"and {length} are needed")
        for moment, value in zip(moments, measured(prices, moments), strict=True):
            outcome.figures[f"{name}: {moment}"] = value
        outcome.tables[name] = pa.table({"price": prices})
    return outcome
