"""Shocks to credit: which dial each sets, how it says so, and that the day after knows nothing of it."""

import datetime as dt
import math
from types import SimpleNamespace

import pytest

from sim.credit.dials import NEUTRAL, CreditDials
from sim.plugin import FAMILIES, load_all

load_all("sim.shocks")
DATE = dt.date(2028, 4, 3)
SET = {  # type -> parameters, dials at full size
    "rollover_stop": ({"rollover": 0.25, "draws": 0.5}, {"rollover": 0.25, "draws": 0.5}),
    "haircut_rise": ({"rise": 0.2}, {"haircut_add": 0.2}),
    "index_credibility": ({"discount": 0.5}, {"mark_add": math.log(0.5)}),
    "resale_fall": ({"fall": 0.6}, {"resale_add": math.log(0.4)}),
    "redemption_wave": ({"asked": 0.1}, {"asked_add": 0.1}),
}


def at(kind, since, **values):
    """The dials on a day, counted from the first of the shock."""
    dials, day = CreditDials(), 100 + since
    model = SimpleNamespace(credit=SimpleNamespace(dials=dials), economy=None,
                            calendar=SimpleNamespace(day_on=lambda date: 100))
    dials.begin(day)
    FAMILIES["shock"].types[kind](date=DATE, onset=4, **values).apply(model, day)
    return dials


@pytest.mark.parametrize("kind", sorted(SET))
def test_a_shock_sets_its_dials_and_no_other(kind):
    values, full = SET[kind]
    before, half, whole = (at(kind, since, **values) for since in (-1, 1, 3))
    assert before.values == NEUTRAL
    for name, neutral in NEUTRAL.items():
        assert whole[name] == pytest.approx(full.get(name, neutral))
        assert half[name] == pytest.approx(neutral + 0.5 * (full.get(name, neutral) - neutral))
    whole.begin(whole.day + 1)
    assert whole.values == NEUTRAL


@pytest.mark.parametrize("kind", [*sorted(SET), "anchor_default"])
def test_it_says_so_in_one_sentence(kind):
    text = FAMILIES["shock"].types[kind](date=DATE).effect()
    assert text.endswith(".") and "3 Apr 2028" in text and text[0].isupper() and "\n" not in text


def test_an_unknown_dial_is_refused():
    with pytest.raises(KeyError):
        CreditDials().contribute(1, "weather", 1.0)
