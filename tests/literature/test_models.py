"""Published models against naive loops, closed forms, and what their papers say qualitatively."""

import math

import numpy as np
import pytest

from sim.literature import (
    aymanns,
    brock_hommes,
    critical_leverage,
    fire_sale_multiplier,
    franke_westerhoff,
    gode_sunder,
    kernels,
    thurner,
    zero_intelligence,
)
from sim.literature import closed_forms as forms
from sim.literature.adaptive_beliefs import cobweb_path, lyapunov_exponent, steady_deviation
from sim.literature.cascades import branching_cascades
from sim.literature.double_auction import mean_field_spread
from sim.literature.leverage_cycle import STRONG_NOISE, peaks_of
from sim.literature.overlapping_portfolios import eba_banks, overlapping_portfolios
from sim.literature.structural_volatility import chiarella_onset, chiarella_path, nine_moments
from sim.streams import Streams


def test_value_funds_against_a_naive_loop():
    """One fund, one step at a time, with the demand of the paper written out."""
    aggression, limit, steps = 20.0, 5.0, 300
    path = thurner(limit, aggression=[aggression], steps=steps, burn_in=0, seed=3, wealth=50.0).log_price
    noise = Streams(3).normal("literature value funds", steps)
    log_cash, units, cash, past, before, last = math.log(1000.0), 0.0, 50.0, 0.0, 50.0, 1.0

    def wanted(price):
        wealth, gap = units * price + cash, 1.0 - price
        if gap <= 0 or wealth <= 0:
            return 0.0
        return (aggression * gap if gap < limit / aggression else limit) * wealth / price

    for step in range(steps):
        log_cash = 0.99 * log_cash + 0.035 * noise[step] + 0.01 * math.log(1000.0)
        low, high = 1e-6, 50.0
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if math.exp(log_cash) / middle + wanted(middle) > 1000.0 else (low, middle)
        price = (low + high) / 2
        assert math.log(price) == pytest.approx(path[step], abs=1e-9)
        wealth = units * price + cash
        assert wealth > 5.0  # no default in this stretch
        past = 0.9 * past + 0.1 * units * (price - last) / before
        units = wanted(price)
        flow = max(0.15 * (past - 0.005) * wealth, -wealth)
        cash, before, last = wealth - units * price + flow, wealth + flow, price


def test_above_the_critical_mispricing_a_fund_sells_as_the_price_falls():
    demand = kernels.fund_demand.py_func
    holdings = [demand(1.0 - price, price, 100.0 * price - 60.0, 10.0, 3.0) for price in (0.95, 0.85, 0.75, 0.65)]
    assert holdings[1] > holdings[0]  # under the limit it buys the dip
    assert holdings[3] < holdings[2]  # at the limit it meets a margin call


def test_leverage_fattens_tails_and_lowers_volatility():
    calm, levered = thurner(0, steps=40_000), thurner(10, steps=40_000)
    assert levered.tail_exponent() < 0.5 * calm.tail_exponent()
    assert levered.returns.std() < calm.returns.std()
    assert levered.defaults > 1.5 * calm.defaults  # without leverage funds fail only by withdrawals


def test_leverage_cycle_kernels_agree_with_their_plain_twins():
    state = np.array([1e-4, 0.5, 25.0, 0.15, 10.0, 24.9])
    dials = np.array([0.1, 0.5, 0.1, 10.0, 10.0, 0.075, -0.5, 1e-6, 2.27, 0.3, 25.0, 0.1])
    left, right = np.empty(6), np.empty(6)
    kernels.leverage_cycle_step(state, dials, 0.01, left)
    kernels.leverage_cycle_step.py_func(state, dials, 0.01, right)
    np.testing.assert_allclose(left, right, rtol=1e-14)


def test_critical_leverage_does_not_depend_on_how_cyclical_the_policy_is():
    ours = critical_leverage()
    assert critical_leverage(exponent=-0.1) == pytest.approx(ours, rel=1e-6)
    assert critical_leverage(equity_target=2.27 / 4) == pytest.approx(2.0 * ours, rel=0.1)  # about (E theta) ** -1/2


def test_a_small_bank_with_strong_noise_only_reverts():
    path = aymanns(noise=STRONG_NOISE, equity_target=1e-5, steps=20_000)
    assert path.price.mean() == pytest.approx(25.0, rel=0.02)
    assert path.price.std() == pytest.approx(1.0, rel=0.1)


def test_slower_deleveraging_makes_longer_cycles():
    slow, fast = (aymanns(leverage_speed=speed, steps=30_000).period() for speed in (2.0, 10.0))
    assert slow > 1.3 * fast


def test_peaks_need_a_fall_and_a_rise():
    price = np.array([0.0, 10.0, 9.0, 2.0, 3.0, 1.0, 8.0, 7.0, 0.0, 5.0])
    assert peaks_of(price, 0.35).tolist() == [1, 6]


def test_beliefs_against_a_naive_loop():
    path = brock_hommes(3.0, steps=200)
    past = [0.1, 0.1, 0.1]
    for x in path:
        one, two, three = past[-1], past[-2], past[-3]
        fits = [math.exp(3.0 * ((one - 1.1 * two) * (g * three - 1.1 * two) - c)) for g, c in ((0.0, 1.0), (1.2, 0.0))]
        past.append(fits[1] / sum(fits) * 1.2 * one / 1.1)
        assert past[-1] == pytest.approx(x, abs=1e-12)


@pytest.mark.parametrize(("intensity", "level"), [(2.3, 0.0), (2.8, None)])
def test_the_pitchfork_is_where_the_formula_says(intensity, level):
    final = brock_hommes(intensity, steps=20_000)[-1]
    assert final == pytest.approx(steady_deviation(intensity, 1.2, 1.0, 1.1) if level is None else level, abs=1e-6)


@pytest.mark.parametrize(("intensity", "cycles"), [(37.0, False), (38.0, True)])
def test_biased_beliefs_cycle_above_their_hopf_point(intensity, cycles):
    tail = brock_hommes(intensity, trend=[0, 0, 0], bias=[0, 0.2, -0.2], cost=[0, 0, 0], steps=20_000)[-500:]
    assert (np.ptp(tail) > 1e-3) == cycles


def test_four_types_are_at_the_edge_of_chaos_at_sixty():
    exponent = lyapunov_exponent(60.0, trend=[0, 0.9, 0.9, 1.01], bias=[0, 0.2, -0.2, 0], gross_rate=1.01, steps=50_000)
    assert exponent == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(("intensity", "points"), [(0.75, 1), (0.79, 2), (3.0, 4)])
def test_the_cobweb_doubles_its_period(intensity, points):
    assert len(np.unique(np.round(cobweb_path(intensity, steps=40_000)[-64:], 6))) == points


def test_volatility_kernel_agrees_with_its_plain_twin():
    noise = Streams(1).normal("test", 400).reshape(-1, 2)
    for wealth, transitions in ((0.0, 0), (2668.0, 0), (1041.0, 1)):
        dials = np.array([0.01, 1.0, 1.0, 0.9, 0.1, 1.28, 10.0, wealth, 0.987, 0.05, 0.0, 0.0])
        fast, slow = np.empty((2, 201)), np.empty((2, 201))
        kernels.structural_volatility(dials, transitions, noise, fast[0], fast[1])
        kernels.structural_volatility.py_func(dials, transitions, noise, slow[0], slow[1])
        np.testing.assert_allclose(fast, slow, rtol=1e-12)


def test_shares_stay_shares_under_transition_probabilities():
    path = franke_westerhoff(switching="transition", phi=0.18, chi=2.35, sigma_f=0.79, sigma_c=1.91, alpha_0=-0.161,
                             alpha_n=1.30, alpha_p=12.5)
    assert 0 < path.fundamentalists.min() < path.fundamentalists.max() < 1
    with pytest.raises(ValueError, match="switching"):
        franke_westerhoff(switching="mood")


def test_nine_moments_of_white_noise():
    moments = nine_moments(Streams(0).normal("white", 20_000))
    np.testing.assert_allclose(moments[[0, 3, 4, 5, 6, 7, 8]], 0.0, atol=0.03)
    assert moments[2] == pytest.approx(math.sqrt(2 / math.pi), rel=0.02)


def test_trend_following_cycles_above_its_threshold():
    threshold, period = chiarella_onset(0.05, 1 / 7)
    above = chiarella_path(1.02 * threshold, reversion=0.05, decay=1 / 7, steps=150_000)
    crossings = np.flatnonzero((above[:-1] < 0) & (above[1:] >= 0))
    assert np.diff(crossings[-5:]).mean() * 0.02 == pytest.approx(period, rel=0.01)
    below = chiarella_path(0.97 * threshold, reversion=0.05, decay=1 / 7, steps=150_000)
    assert np.abs(below[-5000:]).max() < 0.1 * np.abs(below[:5000]).max()


def test_random_orders_stay_under_the_mean_field():
    run = zero_intelligence(0.5, lifetimes=4_000)
    assert 0.55 < run.spread / mean_field_spread(0.5) < 0.65
    assert run.ticks == pytest.approx(100 * run.spread)
    with pytest.raises(ValueError, match="above 0"):
        zero_intelligence(0.0)


def test_traders_who_cannot_lose_find_nearly_all_gains():
    outcome = gode_sunder(np.linspace(180, 20, 24), np.linspace(20, 180, 24), runs=20)
    assert np.all((outcome.sessions > 80) & (outcome.sessions < 100 + 1e-9))
    assert outcome.price == pytest.approx(100.0, abs=5.0)


def test_cascades_below_one_have_the_mean_of_their_formula_and_end():
    sizes = branching_cascades(0.8, cascades=50_000, limit=100_000)
    assert sizes.min() == 1
    assert sizes.mean() == pytest.approx(5.0, rel=0.03)


@pytest.mark.parametrize(("leverage", "share"), [(2.0, 0.1), (5.0, 0.05), (10.0, 0.1)])
def test_round_by_round_the_multiplier_is_the_same(leverage, share):
    assert forms.fire_sale_rounds(leverage, share) == pytest.approx(fire_sale_multiplier(leverage, share), rel=1e-9)


def test_the_multiplier_knows_when_falls_feed_on_themselves():
    assert math.isinf(fire_sale_multiplier(11.0, 0.1))
    assert forms.fire_sale_rounds(11.0, 0.1, rounds=500) == pytest.approx(500)


def test_capacity_swings_beyond_the_critical_lag():
    lag, period = forms.critical_lag(1.0, 0.25)
    early, late = (forms.capacity_with_lag(1.0, 0.25, factor * lag, until=120.0) for factor in (0.9, 1.1))
    assert np.abs(early[-7000:]).max() < 0.1 < 1.0 < np.abs(late[-7000:]).max()
    crossings = np.flatnonzero(np.diff(np.sign(forms.capacity_with_lag(1.0, 0.25, lag, until=120.0)[20_000:])) > 0)
    assert np.diff(crossings).mean() * 1e-3 == pytest.approx(period, rel=0.01)
    with pytest.raises(ValueError, match="gain"):
        forms.critical_lag(0.2, 0.2)


def test_banks_without_shock_and_impact_stand():
    assert overlapping_portfolios(eba_banks(), 0.0, 0.0)[0] == 0.0
    assert np.all(eba_banks().other > 0)


def test_deeper_impact_never_saves_a_bank():
    shares = [overlapping_portfolios(eba_banks(), 0.2, impact)[0] for impact in (0.0, 0.02, 0.05, 0.1)]
    assert shares == sorted(shares)
