"""Ten years of the physical economy under any parameters inside their bounds, and in cycles."""


import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.compute.config import ComputeConfig
from sim.compute.generations import BOOK
from sim.compute.indices.transaction import Transaction
from sim.plugin import Block
from tests.compute.conftest import build_economy

YEARS = 10


def bounds(field):
    """Low and high of a numeric field, and whether these ends are outside."""
    found = {name: getattr(limit, name) for limit in field.metadata for name in ("ge", "gt", "le", "lt")
             if getattr(limit, name, None) is not None}
    return found.get("ge", found.get("gt")), found.get("le", found.get("lt")), "gt" in found, "lt" in found


def numbers(block, path=()):
    """(path, default, low, high, whole, open low, open high) of every number in a block and the blocks in it."""
    for name, field in type(block).model_fields.items():
        value = getattr(block, name)
        if isinstance(value, Block):
            yield from numbers(value, (*path, name))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            low, high, gt, lt = bounds(field)
            yield (*path, name), value, low, high, isinstance(value, int), gt, lt


PARAMETERS = sorted(numbers(ComputeConfig()))


def draw(data, row):
    """A value inside the bounds of a parameter; near its ends as often as not."""
    path, default, low, high, whole, gt, lt = row
    assert low is not None and high is not None, f"{'.'.join(path)} has no bounds"
    if whole:
        return data.draw(st.integers(int(low), int(high)), label=".".join(path))
    span = high - low
    inner = (low + (1e-3 * min(span, abs(default) or span) if gt else 0.0), high - (1e-6 * span if lt else 0.0))
    return data.draw(st.floats(*inner), label=".".join(path))


def changed(values):
    """The standard parameters with some changed, checked as a scenario's are."""
    tree = ComputeConfig().model_dump()
    for path, value in values.items():
        node = tree
        for name in path[:-1]:
            node = node[name]
        node[path[-1]] = value
    return ComputeConfig.model_validate(tree)


def sound(economy):
    """No price or stock that cannot be, every GPU in one place."""
    assert all(np.isfinite(value) for value in economy.record().values())
    assert (economy.spot > 0).all() and np.isfinite(economy.spot).all()
    assert (economy.forecast["transaction"] > 0).all() and np.isfinite(economy.forecast["transaction"]).all()
    assert (economy.generation_price > 0).all() and (economy.resale_value >= 0).all()
    for gpus in (economy.fleet, economy.waiting, economy.idle, economy.retired):
        assert (gpus >= 0).all()
    assert (economy.received == economy.fleet + economy.waiting.sum(axis=0) + economy.retired).all()
    book = economy.gpu_book()
    assert (sum(book[name] for name in BOOK[1:]) == book["made"]).all()
    assert (economy.provider["queue"] >= -1e-6 * economy.capacity_total).all()
    assert economy.capacity_total > 0
    assert 0 <= economy.utilisation <= 1 + 1e-9


def ten_years(data, few):
    rows = data.draw(st.lists(st.sampled_from(PARAMETERS), min_size=1, max_size=few, unique_by=lambda row: row[0]))
    values = {row[0]: draw(data, row) for row in rows}
    try:
        config = changed(values)
    except ValueError:
        return  # values that contradict each other are refused before a run
    economy = build_economy(seed=data.draw(st.integers(1, 10**6)), days=252 * YEARS, burn_in=60, config=config,
                            indices=(Transaction(),))
    for day in range(-60, 252 * YEARS):
        economy.step(day)
        if day % 63 == 0:
            sound(economy)


SETTINGS = {"deadline": None, "derandomize": True, "phases": [Phase.generate],
            "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


@settings(max_examples=2, **SETTINGS)
@given(data=st.data())
def test_ten_years_of_any_parameters_neither_explode_nor_die(data):
    ten_years(data, 12)


@pytest.mark.slow
@settings(max_examples=120, **SETTINGS)
@given(data=st.data())
def test_ten_years_of_very_many_parameters(data):
    ten_years(data, 40)


def history(seed, neglect, days=1260):
    """Log orders over capacity, log capacity over its trend, and log US spot, every fifth day."""
    config = changed({("supply", "capacity", "neglect"): neglect, ("supply", "capacity", "extrapolation"): neglect,
                      ("supply", "capacity", "hyperscaler_bias"): 1.0, ("supply", "order_response"): 1.5,
                      ("supply", "overordering"): 0.95})
    economy, rows = build_economy(seed=seed, days=days + 5, burn_in=60, config=config, indices=()), []
    for day in range(-60, days):
        economy.step(day)
        if day >= 0 and day % 5 == 0:
            total = economy.capacity_total
            rows.append((np.log(economy.orders.sum() / total), np.log(total), economy.region["price"][0]))
    orders, capacity, price = np.array(rows).T
    time = np.arange(len(capacity))
    return orders, capacity - np.polyval(np.polyfit(time, capacity, 1), time), price


def test_capacity_builds_in_cycles_that_neglect_of_competition_widens():
    """Greenwood and Hanson 2015: much is ordered when prices are high, and prices fall in the years after."""
    swing, link = {}, []
    for neglect in (0.0, 1.0):
        runs = [history(seed, neglect) for seed in (1, 2, 3, 4)]  # in two of them vendors are always sold out
        swing[neglect] = np.mean([(orders.std(), capacity.std()) for orders, capacity, _ in runs], axis=0)
        for orders, _, price in runs:
            quarter = np.convolve(orders, np.ones(13) / 13, "valid")
            after = price[12 + 100:] - price[12:-100]  # over the two years that follow
            link.append(np.corrcoef(quarter[: len(after)], after)[0, 1])
    assert np.mean(link) < -0.3 and np.max(link) < 0
    assert swing[1.0][0] > 1.3 * swing[0.0][0]  # orders
    assert swing[1.0][1] > 1.1 * swing[0.0][1]  # capacity
