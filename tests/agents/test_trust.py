"""A bad index drives makers and speculators away, if they care."""

import numpy as np
import pytest

from sim.agents.base import AgentType
from sim.agents.trust import reliance
from tests.agents.worlds import a_block, a_view


def kind(name, **changes):
    return AgentType.types[name](count=6, **changes)


def test_reliance_is_full_at_what_is_needed_and_falls_to_nothing():
    view = a_view(np.random.default_rng(1))
    at = lambda trust, exponent=1.0: reliance(view._replace(trust=trust), 0.6, exponent)
    assert at(0.6) == at(0.95) == 1.0
    assert at(0.3) == pytest.approx(0.5) and at(0.3, 2.0) == pytest.approx(0.25)
    assert at(0.0) == 0.0 and at(0.0, 0.0) == 1.0
    assert view.trust == 1.0


@pytest.mark.parametrize(("exponent", "falls"), [(1.0, True), (0.0, False)])
def test_makers_show_less_on_an_index_that_is_little_trusted(exponent, falls):
    maker = kind("market_maker", trust_exponent=exponent)
    sizes = []
    for trust in (1.0, 0.3):
        block, view = a_block(maker, 6), a_view(np.random.default_rng(4), trust=trust)
        quotes = maker.intents(block, view)
        sizes.append(int(quotes.bid_size.sum() + quotes.ask_size.sum()))
    assert (sizes[1] < 0.7 * sizes[0]) if falls else (sizes[1] == sizes[0])


@pytest.mark.parametrize(("exponent", "falls"), [(1.0, True), (0.0, False)])
def test_speculators_hold_less_on_an_index_that_is_little_trusted(exponent, falls):
    speculator = kind("fundamental_speculator", trust_exponent=exponent)
    held = []
    for trust in (1.0, 0.3):
        block = a_block(speculator, 6)
        view = a_view(np.random.default_rng(6), trust=trust)
        held.append(int(np.abs(speculator.target(block, view)).sum()))
    assert (held[1] < 0.7 * held[0]) if falls else (held[1] == held[0])
