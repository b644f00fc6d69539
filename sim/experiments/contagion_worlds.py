"""One history of a shock: the world goes on, and so do its twins in which finance, or a part of it, stands still.

One of these is never struck: finance stands still there as in the primary world, and the shocks do not happen.
"""

from __future__ import annotations

import math
from typing import Any

import mesa
import numpy as np

from sim import tables
from sim.errors import bad_input
from sim.experiments.executors import Task
from sim.freezing import REACTIONS
from sim.metrics.cascades import Spread, spread
from sim.model import ComputeFutures
from sim.one_run import Outcome
from sim.scenario import Scenario

RANK = 3  # the contract that is followed: the third listed month on the eve, or the first that outlives the stretch
COUNTS = ("forced_events", "defaults", "margin_calls", "closures", "forced_volume")
MONEY = ("margin_call_cents", "default_deficit_cents", "house_loss_cents")
CREDIT = ("loan_defaults", "bank_failures", "eve_losses_cents", "other_losses_cents", "loans_cents",
          "eve_claims_cents", "eve_operators")  # stocks
COMPARED = ("forced sale", "closure", "default", "loan default", "bank failure")  # not those whom haircuts that rise
# from outside bring down: haircuts are frozen, so the frozen world cannot say which of these the shock alone would
WHOLE = ("full", "primary", "undisturbed")  # worlds all of whose paths are kept
SHORT = ("price", "loan_defaults", "eve_losses_cents")  # what is kept of the paths of worlds frozen in one way
MANY, MORE = 0.25, 0.10  # a history cascades where this share of operators defaults, and so much more than when frozen


def eve_of(scenario: Scenario) -> int:
    """The last day before the first shock. Raises BadInput if there is none, or none while the market is open."""
    if not scenario.shocks:
        raise bad_input(scenario.name, "it has no shock, so there is nothing whose contagion could be told")
    first = min(shock.date for shock in scenario.shocks)
    if first <= scenario.start:
        raise bad_input(scenario.name, f"its first shock, on {first}, comes before its second day")
    return first_day(scenario, first) - 1


def first_day(scenario: Scenario, date: Any) -> int:
    """The number of a date's business day."""
    from sim.calendar import Calendar

    return Calendar(scenario.start, scenario.days, scenario.burn_in).day_on(date)


def follow(model: ComputeFutures, days: int, month: int) -> dict[str, np.ndarray]:
    """Step for some days; name to float64[days + 1] from the eve on: the month's price, spot, open interest, counts."""
    rows: list[dict[str, float]] = []

    def look() -> None:
        slot = np.flatnonzero(model.exchange.slots["month"] == month)
        price = float(model.exchange.settle[slot[0]]) * model.exchange.contract.tick if len(slot) else math.nan
        totals, credit = model.house.totals(), model.credit.record()
        rows.append({"price": price, "spot": model.economy.record()["spot_us"],
                     "open_interest": float(model.exchange.open_interest().sum()),
                     **{name: totals.get(name, 0.0) for name in (*COUNTS, *MONEY)},
                     **{name: credit[name] for name in CREDIT if name in credit}})

    look()
    for _ in range(days):
        model.step()
        look()
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def month_to_follow(model: ComputeFutures, days: int) -> int:
    """The third listed month, or the first after it that is still traded when the stretch ends; else the last one."""
    slots = model.exchange.slots
    listed = np.sort(slots["month"][slots["listed"] == 1])
    if not len(listed):
        raise bad_input(model.scenario.name, "no futures are listed on the eve of its first shock")
    alive = [int(month) for month in listed[RANK - 1 :] if model.calendar.last_day(int(month)) > model.day + days]
    return alive[0] if alive else int(listed[-1])


def undisturbed(model: ComputeFutures) -> ComputeFutures:
    """A branch that the scenario's shocks never reach; to be taken before any of them has begun."""
    twin = model.branch()
    twin.scenario = model.scenario.model_copy(update={"shocks": ()})
    return twin


def one_history(task: Task) -> Outcome:
    """One history: to the eve, then the world and its frozen twins for ``options[0]`` days.

    options : days, then the names of reactions that are also frozen one at a time
    """
    days, single = int(task.options[0]), tuple(task.options[1:])
    model = task.scenario.build(task.seed)
    made = [model]
    eve = eve_of(task.scenario)
    if eve < model.first_day or eve + days > task.scenario.days - 1:
        raise bad_input(task.scenario.name, f"{days} days after the eve of the first shock end after its last day")
    while model.day < eve:
        model.step()
    month = month_to_follow(model, days)
    paths, began, distress = {}, model.record.rows("events"), {}
    for name, reactions in (("undisturbed", REACTIONS), ("primary", REACTIONS),
                            *((f"without_{one}", (one,)) for one in single)):
        twin = undisturbed(model) if name == "undisturbed" else model.branch()
        twin.freeze(reactions)
        paths[name], distress[name] = follow(twin, days, month), spread(twin.record, began, COMPARED)
        made.append(twin)
    paths["full"], distress["full"] = follow(model, days, month), spread(model.record, began, COMPARED)
    dates = [model.calendar.date(eve + step) for step in range(days + 1)]
    for world in made:
        mesa.Agent._ids.pop(world, None)  # Mesa 3.3.1 keeps every model alive through this table
    outcome = Outcome(task.run, task.seed, days=days, figures=figures_of(paths, distress))
    columns = {f"{world}_{name}": values for world, path in paths.items() for name, values in path.items()
               if name in SHORT or world in WHOLE}
    which = {"run": np.full(days + 1, task.run), "seed": np.full(days + 1, task.seed)}
    outcome.tables = {"paths": tables.to_arrow(which | {"date": np.array(dates, "M8[D]")} | columns)}
    return outcome


def figures_of(paths: dict[str, dict[str, np.ndarray]],
               distress: dict[str, Spread] | None = None) -> dict[str, float]:
    """What one history's worlds tell by themselves; ``distress``: of each world, who was in it.

    Moves of prices are not among them: the day on which they are told is one for all histories
    (``sim.experiments.contagion_moves``).
    """
    out: dict[str, float] = {}
    for world, path in paths.items():
        mark = "" if world == "full" else f"_{world}"
        for name in COUNTS:
            out[name + mark] = float(path[name][1:].sum())
        for name in MONEY:
            out[name + mark] = float(path[name][1:].sum()) / 1e8
        if "loans_cents" in path:
            out |= {name + mark: value for name, value in _of_credit(path).items()}
        out["open_interest" + mark] = 100 * float(path["open_interest"][-1] / max(path["open_interest"][0], 1.0))
    if "operators_failed" in out:
        failed, still = out["operators_failed"] / 100, out["operators_failed_primary"] / 100
        out["cascades"] = 100.0 * (failed >= MANY and failed >= still + MORE)
    for world, found in (distress or {}).items():
        out["distress" + ("" if world == "full" else f"_{world}")] = float(found.participants)
    if distress:
        full, primary = distress["full"], distress["primary"]
        out["brought"] = full.brought
        out |= {f"brought_by_{name}": part for name, part in full.channels.items()}
        if full.participants:
            out["n_by_causes"] = full.brought / full.participants
            out["n_by_frozen"] = 1.0 - primary.participants / full.participants
    return out


def _of_credit(path: dict[str, np.ndarray]) -> dict[str, float]:
    """Defaults and losses of one world with lenders."""
    out = {name: float(path[name][-1] - path[name][0]) for name in ("loan_defaults", "bank_failures")}
    lost = path["eve_losses_cents"] + path["other_losses_cents"]
    out["loan_losses"] = 100 * float(lost[-1] - lost[0]) / max(float(path["loans_cents"][0]), 1.0)
    if "eve_claims_cents" in path:
        fallen = float(path["eve_losses_cents"][-1] - path["eve_losses_cents"][0])
        out["eve_losses"] = 100 * fallen / max(float(path["eve_claims_cents"][0]), 1.0)
        out["operators_failed"] = 100 * out["loan_defaults"] / max(float(path["eve_operators"][0]), 1.0)
    return out
