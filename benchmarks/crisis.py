"""What credit and cascades cost: their part of a day, and a day of crisis against a calm one.

    python benchmarks/crisis.py [--scenario cascade_2008] [--seed 3] [--days 120] [--set PATH=VALUE ...]

One history to the end of ``--days`` business days after its first shock, in this process. CPU time of each day, with
the part that the credit system takes and the part of writing down and following causes (cascades are followed through
events when a run is summed up). The calm is the quarter before the shock; the worst week is the dearest of the
crisis, since credit decides weekly.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from sim.experiments.contagion_worlds import eve_of
from sim.metrics.cascades import Cascades
from sim.scenario import Scenario
from sim.summary import Frames

CALM, WEEK = 63, 5
GOAL_PART, GOAL_RATIO = 0.25, 20.0


def clocked(model: Any) -> list[float]:
    """CPU seconds that the credit system takes, a growing list."""
    spent, step = [0.0], model.credit.step

    def timed(world: Any) -> None:
        began = time.process_time()
        step(world)
        spent[-1] += time.process_time() - began

    model.credit.step = timed
    return spent


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="cascade_2008")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--days", type=int, default=120)
    parser.add_argument("--set", action="append", default=[], dest="changes")
    options = parser.parse_args()
    scenario = Scenario.load(options.scenario, options.changes)
    model, eve = scenario.build(options.seed), eve_of(scenario)
    while model.day < eve - CALM:
        model.step()
    spent, days = clocked(model), []
    while model.day < eve + options.days:
        began = time.process_time()
        model.step()
        days.append(time.process_time() - began)
        spent.append(0.0)
    whole, credit = np.array(days), np.array(spent[:-1])
    calm, crisis = whole[:CALM], whole[CALM:]
    weeks = crisis[: len(crisis) // WEEK * WEEK].reshape(-1, WEEK).sum(axis=1)
    record = model.record
    began = time.process_time()
    import pandas as pd

    tables = {name: pd.DataFrame(record.table(name)) for name in ("events", "causes")}
    found = Cascades().compute(Frames(pd.DataFrame(), pd.DataFrame(), tables["events"], tables["causes"], None))
    summing = time.process_time() - began
    total = model.day + scenario.burn_in + 1
    told = model.credit.record()
    print(f"{options.scenario}, seed {options.seed}, {model.ledger.n - 1:,} participants, {options.days} days after "
          f"the shock: {told['loan_defaults']:.0f} operators and {told['bank_failures']:.0f} banks failed, branching "
          f"{found['branching']:.2f}")
    print(f"calm day            {1e3 * np.median(calm):8.2f} ms (mean {1e3 * calm.mean():.2f})")
    print(f"crisis day          {1e3 * np.median(crisis):8.2f} ms (mean {1e3 * crisis.mean():.2f}, dearest "
          f"{1e3 * crisis.max():.2f})")
    print(f"mean crisis / calm  {crisis.mean() / calm.mean():8.2f}    goal {GOAL_RATIO:.0f}")
    print(f"dearest week / calm {weeks.max() / (WEEK * calm.mean()):8.2f}")
    print(f"dearest day / calm  {crisis.max() / calm.mean():8.2f}")
    part = (credit[:CALM].sum() + summing * CALM / total) / calm.sum()
    worst = (credit[CALM:].sum() + summing * len(crisis) / total) / crisis.sum()
    print(f"credit and cascades {100 * part:8.1f} % of a calm day, {100 * worst:.1f} % in the crisis    "
          f"goal {100 * GOAL_PART:.0f} %")


if __name__ == "__main__":
    main()
