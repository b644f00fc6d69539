"""Stories spread and are dropped when prices refute them; what is understood shrinks errors; confidence needs a gap."""

import numpy as np
import pytest

from tests.agents.worlds import TYPES, a_block, a_view, disturb

RANK = np.arange(1, 13)


def drifting(day, drift, random):
    """A curve whose prices move by drift a day."""
    settle = np.full(12, round(10**5 * np.exp(drift * day)))
    return a_view(random, day=day, rank=RANK, settle=settle, volatility=np.full(12, 0.012))


def lived(days, drift=0.0, n=400, **changes):
    kind, random = TYPES["macro_fund"](**changes), np.random.default_rng(5)
    block = a_block(kind, n)
    for day in range(days):
        kind.wake(block, drifting(day, drift, random))
    return block


def share(block, story):
    return float((block.story == story).mean())


def test_a_story_spreads_only_where_it_is_told_more_often_than_forgotten():
    spreading = lived(250, spread=0.05, recovery=0.01, news=0.0, intensity=0.0)
    dying = lived(250, spread=0.005, recovery=0.02, news=0.0, intensity=0.0)
    assert share(spreading, 1) + share(spreading, -1) > 0.7  # 1 - 1/R = 0.8 of an epidemic with R = 5
    assert share(dying, 1) + share(dying, -1) < 0.08
    alone = lived(250, spread=0.05, recovery=0.0, news=0.0, first_share=0.0)
    assert not alone.story.any()


def test_prices_prove_one_story_and_refute_the_other():
    up, down, deaf = lived(200, 0.002), lived(200, -0.002), lived(200, 0.002, intensity=0.0)
    assert (up.proof > 1).all()
    assert (down.proof < -1).all()
    assert share(up, 1) > 2 * share(up, -1)
    assert share(down, -1) > 2 * share(down, 1)
    assert abs(share(deaf, 1) - share(deaf, -1)) < 0.15


def test_who_believes_in_a_boom_is_long_far_out_and_who_believes_in_winter_short():
    kind, random = TYPES["macro_fund"](private_error=0.0), np.random.default_rng(1)
    block = a_block(kind, 60)
    view = a_view(random, rank=RANK)
    view = view._replace(mid=view.value.copy(), margin_rate=np.full(12, 0.2))
    kind.wake(block, view)
    wish = kind.target(block, view)
    for story in (-1, 1):
        assert (np.sign(wish[block.story == story, 5:]) == story).all()
    assert not wish[block.story == 0].any()


def fundamentals(days=1, **changes):
    kind, random = TYPES["fundamental_speculator"](**changes), np.random.default_rng(1)
    block = a_block(kind, 3000)
    for day in range(days):
        view = a_view(random, day=day, rank=RANK, days_left=np.arange(12) * 21 + 15)
        kind.wake(block, view)
    return kind, block, view


def test_more_history_means_smaller_errors_and_they_shrink_as_it_grows():
    spread = {h: fundamentals(history=h, efficiency_error=0.0)[1].belief[:, 6].std() for h in (6.0, 24.0, 96.0)}
    assert spread[6.0] == pytest.approx(2 * spread[24.0], rel=0.02)
    assert spread[24.0] == pytest.approx(2 * spread[96.0], rel=0.02)
    later = fundamentals(252, history=12.0, private_error=0.1)[1]
    assert later.known == pytest.approx(24.0)
    ignorant = fundamentals(history=6.0, learning=0.0, efficiency_error=0.0)[1]
    assert ignorant.belief[:, 6].std() == pytest.approx(spread[24.0], rel=0.02)


def test_a_misbelief_about_efficiency_is_common_and_grows_with_the_months_ahead():
    _, block, view = fundamentals(private_error=0.0, common_error=0.0, efficiency_error=0.3)
    assert np.ptp(block.belief, axis=0).max() == 0.0
    ahead = np.maximum(view.days_left - 10, 0) / 252
    assert block.belief[0] == pytest.approx(block.misbelief[0] * ahead * (24 / block.known[0]) ** 0.5)
    assert block.belief[0, 11] != 0


@pytest.mark.parametrize("months", [1, 12, 36])
def test_cautious_funds_follow_their_one_agent_rule_and_act_on_large_gaps_only(months):
    cautious, sure = (TYPES["fundamental_speculator"](**changes) for changes in ({"confidence": 1.0}, {}))
    random = np.random.default_rng(months)
    block = a_block(cautious, 7, months)
    for day in range(15):
        view = a_view(random, months, day=day)
        cautious.wake(block, view)
        disturb(block, random, view)
        wish = cautious.target(block, view).copy()
        alone = np.array([cautious.target_of(handle, view) for handle in block.agents])
        assert np.array_equal(wish, alone)
        assert (np.abs(wish) <= np.abs(sure.target(block, view)))[block.alive].all()


def test_a_fund_whose_equity_no_longer_bears_a_cheap_position_sells_at_any_price():
    kind, block, view = fundamentals()
    view = view._replace(mid=view.value * 0.8, margin_rate=np.full(12, 0.2))
    block.capital[:] = block.equity[:] = 10**11
    wish = kind.target(block, view).copy()
    block.position[:] = wish
    block.equity[:] //= 2
    kind.target(block, view)
    own = kind.reservation(block, view)
    bought = (wish > 10) & (view.value * block.ratio > view.mid)
    assert bought.any()
    assert np.isnan(own[bought]).all()
    block.position[:] = 0
    assert not np.isnan(kind.reservation(block, view)).any()
