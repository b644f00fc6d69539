"""A dominant trader of a spread: both legs, contract for contract, in the one-agent and the array rule."""

import datetime as dt

import numpy as np

from sim.scenario import Scenario


def test_both_legs_are_of_one_size_and_the_rules_agree():
    model = Scenario.load("history_nasdaq_2018").build(seed=1)
    while model.day < 42:
        model.step()
    kind, block = next((kind, block) for kind, block in model.blocks.trading if kind.label == "large_trader")
    view = model.view(0)
    wish = kind.target(block, view)
    assert (wish.sum(axis=1) == 0).all() and (np.count_nonzero(wish, axis=1) == 2).all()
    for agent, row in zip(block.agents, wish, strict=True):
        np.testing.assert_array_equal(kind.target_of(agent, view), row)
    outright = kind.model_copy(update={"against": None}).target(block, view)
    assert np.count_nonzero(outright) == 1 and outright.max() >= wish.max() > 0
    gone = kind.model_copy(update={"against": dt.date(2030, 1, 1)}).target(block, view)
    assert not gone.any()  # no second month, no spread
