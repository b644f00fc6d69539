"""Cutting positions to limits: properties for any portfolio."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.policy.clipping import clip_gross, clip_months, clip_net, spread_over

WISHES = arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.integers(-10**6, 10**6))


def towards_nothing(before, after):
    return (np.abs(after) <= np.abs(before)).all() and (before * after >= 0).all()


@settings(max_examples=60)
@given(WISHES, st.integers(0, 10**6), st.integers(0, 10**6))
def test_sums_come_within_bounds_and_no_leg_grows(wish, high, low):
    after = wish.copy()
    clip_net(after, np.full(len(wish), -low), np.full(len(wish), high))
    assert (after.sum(axis=1) <= high).all() and (after.sum(axis=1) >= -low).all()
    assert towards_nothing(wish, after)
    net = wish.sum(axis=1)
    inside = (net <= high) & (net >= -low)
    assert (after[inside] == wish[inside]).all()
    assert (after.sum(axis=1)[net > high] == high).all()  # and no contract more than needed


@settings(max_examples=60)
@given(WISHES, st.integers(0, 10**6))
def test_months_come_within_bounds(wish, most):
    after = wish.copy()
    clip_months(after, np.int64(-most), np.int64(most))
    assert (after == np.clip(wish, -most, most)).all()


@settings(max_examples=60)
@given(WISHES, st.floats(0, 1e9))
def test_gross_value_comes_within_bounds(wish, most):
    value = np.arange(1, wish.shape[1] + 1)
    after = wish.copy()
    clip_gross(after, value, np.full(len(wish), most))
    assert ((np.abs(after) * value).sum(axis=1) <= most * (1 + 1e-12)).all() and towards_nothing(wish, after)


@settings(max_examples=60)
@given(arrays(np.int64, (3, 4), elements=st.integers(0, 10**6)), st.floats(0, 1))
def test_what_is_spread_adds_up(legs, share):
    excess = (legs.sum(axis=1) * share).astype(np.int64)
    taken = spread_over(legs, excess)
    assert (taken.sum(axis=1) == excess).all() and (taken >= 0).all() and (taken <= legs).all()
