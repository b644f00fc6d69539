"""What margin models cost: rates of twelve months, margin of 1,500 accounts over shared scenarios, a house's day."""

from __future__ import annotations

import time

import numpy as np

import sim
from sim.clearing.margin.portfolio import Offsets
from sim.clearing.paths import margin_model

MODELS = ("fixed", "reviewed_fixed", "ewma", "historical", "filtered_historical", "scanning", "blended")
ACCOUNTS, MONTHS, DAYS = 1_500, 12, 760


def best(call, repeats=30):
    """Seconds of the fastest of several calls."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def alone(position, changes, value):
    """Historical value at risk of one account, as a program without a shared matrix would find it."""
    return np.partition(-(changes * value * position).sum(axis=1), -5)[-5]


def house_share(offsets, people=1_500, days=40):
    """Share of a day that the clearing house takes, in a baseline with so many participants, and the day in ms."""
    scenario = sim.load("baseline", ["clearing.margin={type: historical}", f"clearing.offsets={offsets}"])
    grown = people / sum(kind.count for kind in scenario.agents)
    agents = tuple(kind.model_copy(update={"count": max(1, round(grown * kind.count))}) for kind in scenario.agents)
    model = scenario.model_copy(update={"agents": agents}).build(seed=1)
    while model.day < 20:
        model.step()
    spent = [0.0]

    def timed(method):
        def call(*arguments):
            start = time.perf_counter()
            found = method(*arguments)
            spent[0] += time.perf_counter() - start
            return found
        return call

    for name in ("open_day", "check", "forced_targets", "note_trades", "settle", "call_margin", "close_out", "totals"):
        setattr(model.house, name, timed(getattr(model.house, name)))
    start = time.perf_counter()
    for _ in range(days):
        model.step()
    whole = time.perf_counter() - start
    return spent[0] / whole, 1e3 * whole / days


def main():
    luck = np.random.default_rng(1)
    history = 2.0 * np.exp(np.cumsum(luck.normal(0, 0.02, (DAYS, 1)) + luck.normal(0, 0.01, (DAYS, MONTHS)), axis=0))
    position = luck.integers(-20, 20, (ACCOUNTS, MONTHS))
    value = np.round(history[-1] * 73_000).astype(np.int64)
    print(f"{MONTHS} contract months, {DAYS} days of prices, {ACCOUNTS:,} accounts that hold all months")
    print(f"{'model':<22}{'rates, ms a day':>18}{'accounts, ns each':>20}")
    for name in MODELS:
        model = margin_model(name)
        requirement = model.requirement(history, Offsets(volume=np.full(MONTHS, 50.0)))
        rates = best(lambda model=model: model.rates(history))
        each = best(lambda requirement=requirement: requirement.cents(position, value)) / ACCOUNTS
        print(f"{name:<22}{1e3 * rates:>18.3f}{1e9 * each:>20.0f}")
    changes = np.diff(np.log(history[-501:]), axis=0)
    slow = best(lambda: alone(position[0], np.diff(np.log(history[-501:]), axis=0), value))
    fast = best(lambda: margin_model("historical").requirement(history, Offsets()).cents(position, value)) / ACCOUNTS
    print(f"historical, an account alone {1e6 * slow:.1f} us, {slow / fast:.0f} times its share of a shared matrix "
          f"({1e6 * best(lambda: alone(position[0], changes, value)):.1f} us where changes are given)")
    for offsets in ("spread_charge", "portfolio"):
        share, day = house_share(offsets)
        print(f"margin and clearing with {offsets}: {100 * share:.0f} % of a day of {day:.1f} ms, 1,500 participants")


if __name__ == "__main__":
    main()
