"""A small market in which policies can be seen at work."""

import datetime as dt

import pytest

from sim.scenario import Scenario

START = dt.date(2026, 10, 5)
SMALL = ["days=40", "burn_in=30", "market.warm_up=10"]


def scenario(*policies, changes=()):
    """The market for learning with these policies in force from its first day."""
    found = Scenario.load("quick", [*SMALL, *changes])
    return found.model_copy(update={"policies": policies})


def run(*policies, days=25, changes=(), seed=1, watch=None):
    """A model after some days; ``watch`` is called after each."""
    model = scenario(*policies, changes=changes).build(seed=seed)
    for _ in range(days):
        model.step()
        if watch is not None:
            watch(model)
    return model


@pytest.fixture(scope="session")
def calm():
    """The same market without any policy, and what it showed each day."""
    seen = []
    model = run(watch=lambda m: seen.append((m.exchange.traded.sum() // 2, m.exchange.open_interest().sum(),
                                             m.house.totals())))
    return model, seen
