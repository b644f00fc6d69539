"""Two layers of dials, and the small levers that shocks pull."""

import numpy as np
import pytest

from sim.compute import supply
from sim.compute.chips import GENERATIONS
from sim.compute.config import ComputeConfig
from sim.compute.deliveries import deliveries as deliver
from sim.compute.deliveries import licences
from sim.compute.dials import TABLE_OF, Dials, added
from sim.compute.indices.assessed import Assessed
from sim.compute.layout import PROVIDER, REGION, derive
from sim.compute.roadmap import chip_table
from tests.compute.conftest import build_economy

P = derive(ComputeConfig())
TABLE, OPEN = chip_table(ComputeConfig()), licences(ComputeConfig())


def neutral(dials):
    return all((np.asarray(getattr(dials, name)) == (0.0 if added(name) else 1.0)).all() for name in TABLE_OF)


def test_contributions_multiply_or_add_and_last_one_day():
    dials = Dials()
    assert neutral(dials)
    dials.contribute(3, "float_mult", 0.5)
    dials.contribute(3, "float_mult", 0.8)
    dials.contribute(3, "growth_add", -0.5)
    dials.contribute(3, "growth_add", -0.25)
    dials.contribute(3, "power_mult", 6.0, [2])
    assert dials.float_mult == pytest.approx(0.4)
    assert dials.growth_add == -0.75
    assert dials.power_mult.tolist() == [1, 1, 6, 1]
    dials.begin(3)
    assert dials.growth_add == -0.75
    dials.contribute(4, "float_mult", 0.9)
    assert dials.float_mult == 0.9 and dials.growth_add == 0
    dials.begin(5)
    assert neutral(dials)


def test_what_is_set_by_name_stays_under_what_shocks_do():
    dials = Dials()
    dials.supply_mult = 0.5
    dials.contribute(0, "supply_mult", 0.2)
    assert dials.supply_mult == pytest.approx(0.1)
    state = dials.snapshot()
    dials.supply_mult = 1.0
    assert dials.supply_mult == 0.2
    dials.begin(1)
    assert dials.supply_mult == 1.0
    dials.restore(state)
    assert dials.supply_mult == pytest.approx(0.1)
    dials.begin(1)
    assert dials.supply_mult == 0.5


def test_a_dial_is_set_as_a_whole():
    with pytest.raises(ValueError, match="read-only"):
        Dials().power_mult[1] = 2.0
    with pytest.raises(KeyError):
        Dials().contribute(0, "flaot_mult", 2.0)


def test_a_leak_lets_part_of_what_is_stopped_through():
    dials = Dials()
    dials.contribute(0, "export_control", 0.2)
    dials.contribute(0, "leak_add", 0.25)
    assert dials.reaching_china == pytest.approx(0.4)
    dials.contribute(0, "leak_add", 5.0)
    assert dials.reaching_china == pytest.approx(1.0)


def owners():
    out = np.zeros(4, PROVIDER)
    out["kind"], out["region"], out["capacity"] = [0, 1, 0, 1], [0, 0, 1, 1], 1.0
    return out


@pytest.mark.parametrize("control", [1.5, 3.0, 1e6])
def test_loosened_control_moves_chips_and_makes_none(control):
    orders = np.array([40.0, 50.0, 60.0, 70.0])
    plain, loose = owners(), owners()
    before = supply.allocate(P, 150.0, 1.0, np.zeros(4, REGION), plain, orders)[0]
    after = supply.allocate(P, 150.0, control, np.zeros(4, REGION), loose, orders)[0]
    assert after.sum() == pytest.approx(before.sum())
    assert (after[2:] > before[2:]).all() and (after[:2] < before[:2]).all()
    assert (loose["queue"] >= -1e-9).all()
    np.testing.assert_allclose(after + loose["queue"], orders)


def test_chinese_makers_deliver_on_top():
    orders = np.array([40.0, 50.0, 60.0, 70.0])
    plain = supply.allocate(P, 150.0, 1.0, np.zeros(4, REGION), owners(), orders)[0]
    more = supply.allocate(P, 150.0, 1.0, np.zeros(4, REGION), owners(), orders, 2.0)[0]
    np.testing.assert_allclose(more[:2], plain[:2])
    np.testing.assert_allclose(more[2:], plain[2:] * (2 - P.nvidia_share_china))
    dials = Dials()
    dials.domestic_mult = 2.0
    mix = deliver(P, TABLE, OPEN, 0.0, dials).mix[1]
    assert mix.sum() == pytest.approx(1)
    assert mix[-1] == pytest.approx(2 * (1 - P.nvidia_share_china) / (2 - P.nvidia_share_china))


def test_the_newest_generation_may_come_sooner():
    newest, dials = list(GENERATIONS).index("vr200"), Dials()
    planned = deliver(P, TABLE, OPEN, 0.0, dials).mix
    dials.sooner_add = TABLE["takeover"][newest]
    early = deliver(P, TABLE, OPEN, 0.0, dials).mix
    assert early[0, newest] == pytest.approx(0.5, abs=0.01) and early[0, newest] > planned[0, newest]
    np.testing.assert_allclose(early.sum(axis=1), 1)


def test_the_heaviest_leave_the_panel_and_the_last_stays(economy):
    index, state = economy.indices[0], economy._index_state["assessed"]
    heaviest = state["weight"].argmax()
    economy.leave_panel("assessed", 1)
    assert state["weight"][heaviest] == 0
    assert state["weight"].sum() == pytest.approx(1) and state["region"].sum() == pytest.approx(1)
    economy.leave_panel("assessed", 1000)
    assert (state["weight"] > 0).sum() == 1
    state["present"][:] = True
    state["present"][state["weight"].argmax()] = False
    economy.provider["chance"] = 1.0  # who is missing stays so today
    assert np.isnan(index.value(economy, state, 10))  # nobody reports: yesterday's value stands
    with pytest.raises(ValueError, match="has no panel"):
        economy.leave_panel("transaction", 1)
    with pytest.raises(KeyError, match="no index 'none'"):
        economy.leave_panel("none", 1)


def test_levers_change_what_they_say():
    economy = build_economy(indices=(Assessed(),))
    economy.burn_in()
    economy.demand_jump(0.3, [1])
    assert economy.region["jump"][1] - economy.region["jump"][0] != 0
    before = economy.world["jump"][0]
    economy.demand_jump(0.3)
    assert economy.world["jump"][0] == before + 0.3
    grade = economy.grade_level(0)
    economy.age_old_chips(0.4)
    assert economy.grade_level(0) == pytest.approx(grade - 0.4)
    saved = economy.classes["saving_target"].copy()
    economy.efficiency_jump(2.0, 1.0)
    np.testing.assert_allclose(economy.classes["saving_target"] - saved,
                               np.log(2) * np.minimum(1.0, economy.classes["reach"]))
    economy.dials.token_mult = 0.5
    assert economy.token_price == pytest.approx(economy.tokens.index / 2)
