"""What a margin model believes of news of efficiency, and how belief gives way to history."""

import numpy as np
import pytest

from sim.clearing.margin.ewma import Ewma
from sim.clearing.margin.filtered_historical import FilteredHistorical
from sim.clearing.margin.historical import Historical
from sim.clearing.margin.scanning import Scanning
from sim.streams import Streams

MODELS = [Historical(window=120), FilteredHistorical(window=120), Ewma(), Ewma(seed="none"), Scanning(floor=0.05)]


def prices(days, months=3, volatility=0.03, seed=2):
    moves = volatility * Streams(seed).normal("moves", days * months).reshape(days, months)
    return 2.5 * np.exp(np.cumsum(moves, axis=0))


def seeing(model, **view):
    return type(model)(**model.model_dump() | view)


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("days", [0, 30, 200])
def test_a_model_that_is_right_is_the_model_as_it_was(model, days):
    history, right = prices(days), seeing(model, efficiency_view=1.0, efficiency_share=0.9)
    assert (right.sides(history) == model.sides(history)).all()
    assert (right.unconditional(history, 60) == model.unconditional(history, 60)).all()


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("days", [0, 30, 200])
@pytest.mark.parametrize("view", [0.0, 0.5, 2.0])
def test_a_wrong_view_scales_volatility_by_the_part_that_efficiency_makes(model, days, view):
    history, wrong = prices(days), seeing(model, efficiency_view=view, efficiency_share=0.4)
    factor = np.sqrt(0.6 + 0.4 * view**2)
    np.testing.assert_allclose(wrong.sides(history), factor * model.sides(history), rtol=1e-9)
    np.testing.assert_allclose(wrong.unconditional(history, 60), factor * model.unconditional(history, 60), rtol=1e-9)


def test_the_assumed_volatility_weighs_what_the_lookback_lacks():
    calm, wild = Historical(window=100, assumed_volatility=0.01), Historical(window=100, assumed_volatility=0.06)
    apart = [float(np.max(wild.rates(history) - calm.rates(history)))
             for history in (prices(0), prices(61), prices(101))]
    assert apart[0] > apart[1] > apart[2] == 0.0  # nothing known, six tenths known, a whole lookback
    first, later = (float(np.max(Ewma(assumed_volatility=0.06).variance(prices(days)) -
                                 Ewma(assumed_volatility=0.01).variance(prices(days)))) for days in (1, 31))
    assert later == pytest.approx(first * 0.97**30)
