"""The rules of banks, prime brokers and investors in tranches: arrays against one at a time, and what must rise."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.credit import bank_rules, tranche_rules
from sim.credit.book import EQUITY, MEZZANINE, SENIOR, WAREHOUSE
from sim.credit.config_banks import Banks
from sim.credit.config_pools import Pools
from tests import naive_credit as naive
from tests.credit.test_credit_day import go, world

BANKS, POOLS = Banks(), Pools()
FEW = settings(max_examples=40, deadline=None)
CENTS = st.integers(1, 10**12)
SHARES = st.floats(0.0, 1.0)
HAIRCUTS = st.floats(0.01, 0.9)


@st.composite
def bank(draw):
    """Equity, assets, cash, securities and deposits of one bank, in cents; also one that owes more than it has."""
    assets = draw(st.integers(10**6, 10**13))
    return {"equity": round(assets * draw(st.floats(-0.05, 0.10))), "assets": assets,
            "cash": round(assets * draw(st.floats(-0.01, 0.05))), "held": round(assets * draw(st.floats(0.0, 0.3))),
            "deposits": round(assets * draw(st.floats(0.0, 0.9)))}


@FEW
@given(st.lists(bank(), min_size=1, max_size=5), st.floats(0.05, 1.0))
def test_banks_react_as_one_bank_does(banks, price):
    of = {name: np.array([each[name] for each in banks], np.int64) for name in banks[0]}
    ratio, alive = of["equity"] / of["assets"], np.ones(len(banks), bool)
    weak = bank_rules.under_buffer(BANKS, ratio, alive)
    closed = bank_rules.under_floor(BANKS, ratio, alive)
    run = bank_rules.withdrawn(BANKS, weak, of["deposits"])
    sold = bank_rules.securities_sold(BANKS, weak, of["equity"], of["assets"], of["held"], run, price)
    out = bank_rules.paid_out(BANKS, ratio, alive, of["equity"], of["assets"], of["cash"])
    taken = bank_rules.deposits_taken(BANKS, alive, of["assets"], of["cash"], of["deposits"])
    room = bank_rules.room(BANKS, ratio)
    for i, one in enumerate(banks):
        worth = one["equity"], one["assets"]
        standing = naive.standing(BANKS, *worth)
        assert (bool(closed[i]), bool(weak[i])) == (standing == "closed", standing in ("closed", "weak"))
        assert room[i] == pytest.approx(naive.lends(BANKS, *worth))
        assert abs(int(sold[i]) - naive.sells(BANKS, *worth, one["held"], one["deposits"], price)) <= 1
        assert out[i] == naive.pays_owners(BANKS, *worth, one["cash"])
        assert taken[i] == naive.takes_deposits(BANKS, one["assets"], one["cash"], one["deposits"])
    size = np.arange(1.0, len(banks) + 1.0)
    mean = sum(s * naive.lends(BANKS, one["equity"], one["assets"]) for s, one in zip(size, banks, strict=True))
    assert bank_rules.supply(BANKS, ratio, size, alive) == pytest.approx(mean / size.sum())


@FEW
@given(bank(), CENTS, st.floats(0.05, 1.0))
def test_a_bank_with_less_equity_lends_no_more_sells_no_less_and_pays_owners_no_more(one, lost, price):
    equity = np.array([one["equity"] - lost, one["equity"]])
    two = {name: np.array([one[name]] * 2) for name in one}
    ratio, alive = equity / two["assets"], np.ones(2, bool)
    poor, rich = bank_rules.room(BANKS, ratio)
    assert poor <= rich
    weak = bank_rules.under_buffer(BANKS, ratio, alive)
    sold = bank_rules.securities_sold(BANKS, weak, equity, two["assets"], two["held"],
                                      bank_rules.withdrawn(BANKS, weak, two["deposits"]), price)
    assert sold[0] >= sold[1]
    out = bank_rules.paid_out(BANKS, ratio, alive, equity, two["assets"], two["cash"])
    assert out[0] <= out[1]
    lines = [bank_rules.line(BANKS, 1.0, share) for share in (poor, rich)]
    assert lines[0] <= lines[1]


@FEW
@given(SHARES, SHARES, HAIRCUTS, st.lists(st.tuples(CENTS, CENTS, st.integers(-5, 10**11)), min_size=1, max_size=5))
def test_prime_accounts_are_kept_as_one_account_is(before, supply, haircut, funds):
    margin, owed, cash = (np.array(column, np.int64) for column in zip(*funds, strict=True))
    line = bank_rules.line(BANKS, before, supply * bank_rules.trust(BANKS, haircut))
    most, open_ = bank_rules.prime_limit(BANKS, line, margin), cash > 0
    moved = bank_rules.prime_drawn(BANKS, open_, most, owed, margin) \
        - bank_rules.prime_called(open_, most, owed, cash)
    for i in range(len(funds)):
        alone = naive.prime_week(BANKS, before, supply, haircut, int(margin[i]), int(owed[i]), int(cash[i]))
        assert (line, int(moved[i])) == (pytest.approx(alone[0]), pytest.approx(alone[1], rel=1e-9, abs=1))


@FEW
@given(HAIRCUTS, HAIRCUTS, CENTS, CENTS, SHARES)
def test_a_wider_haircut_never_lends_more(one, other, value, owed, supply):
    narrow, wide = sorted((one, other))
    lent = [float(tranche_rules.lent_on(cut, np.array([value]))[0]) for cut in (narrow, wide)]
    assert lent[1] <= lent[0] <= value
    assert tranche_rules.called(owed, value, wide) >= tranche_rules.called(owed, value, narrow)
    lines = [bank_rules.line(BANKS, 1.0, supply * bank_rules.trust(BANKS, cut)) for cut in (narrow, wide)]
    assert lines[1] <= lines[0]
    most = [int(bank_rules.prime_limit(BANKS, line, np.array([value]))[0]) for line in lines]
    assert most[1] <= most[0]


@FEW
@given(HAIRCUTS, st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 0.3))
def test_the_haircut_is_a_ratchet(before, variance, more, added):
    found = tranche_rules.haircut(POOLS, before, variance, added)
    assert found == pytest.approx(naive.repo_haircut(POOLS, before, variance, added))
    assert found >= min(POOLS.haircut_keeps * before, POOLS.haircut_most)
    assert tranche_rules.haircut(POOLS, before, variance + more, added) >= found
    assert tranche_rules.haircut(POOLS, min(before + 0.05, 0.9), variance, added) >= found


@FEW
@given(CENTS, CENTS, st.integers(-5, 10**12), HAIRCUTS)
def test_a_fund_in_repo_is_called_as_it_stands_alone(owed, value, cash, cut):
    standing, paid, part = naive.repo_week(POOLS, owed, float(value), cash, cut)
    assert (value + cash - owed < 0) == (standing == "default")
    assume(standing != "default")
    over = tranche_rules.called(owed, float(value), cut)
    assert (over > 0) == (standing == "called")
    if over > max(cash, 0):
        assert tranche_rules.share_sold(POOLS, over - paid, float(value), cut) == pytest.approx(part)
        assert part <= POOLS.repo_sale_most


@FEW
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=9))
def test_investors_buy_what_one_investor_buys(investors):
    kind, able = (np.array(column) for column in zip(*investors, strict=True))
    shares = tranche_rules.purchases(POOLS, kind, able)
    alike = [int((able & (kind == which)).sum()) for which in range(3)]
    for row in range(2):
        alone = [naive.buys(POOLS, int(k), bool(a), alike)[row] for k, a in investors]
        assert shares[row].tolist() == pytest.approx(alone if any(alone) else [1.0] * len(investors))


@FEW
@given(st.integers(0, 10**13), SHARES, st.floats(0.01, 0.9), SHARES, SHARES)
def test_what_nobody_buys_of_a_pool_is_a_warehouse_line(total, part, attach, demand, more):
    sizes = tranche_rules.issue_sizes(total, part * attach, attach, (demand, demand))
    alone = naive.tranche_sizes(total, part * attach, attach, demand)
    assert {"senior": sizes[SENIOR], "mezzanine": sizes[MEZZANINE], "equity": sizes[EQUITY],
            "warehouse": sizes[WAREHOUSE]} == alone
    assert sizes.sum() == total and (sizes >= 0).all()
    richer = tranche_rules.issue_sizes(total, part * attach, attach, (max(demand, more),) * 2)
    assert richer[WAREHOUSE] <= sizes[WAREHOUSE]  # the keener buyers are, the less banks keep


@FEW
@given(SHARES, SHARES, st.floats(0.0, 0.3))
def test_private_credit_is_asked_and_gated_fund_by_fund(before, expected_loss, besides):
    asked, quarter = tranche_rules.asked_back(POOLS, np.array([before, before]), np.array([True, False]),
                                              expected_loss, besides)
    alone = naive.private_week(POOLS, before, expected_loss, besides)
    assert (asked, quarter[0], bool(quarter[0] > POOLS.gate)) == (pytest.approx(alone[0]), pytest.approx(alone[1]),
                                                                  alone[2])
    assert quarter[1] == 0.0  # who is no such fund is asked for nothing


@settings(max_examples=15, deadline=None)
@given(st.floats(0.005, 0.4), st.floats(0.01, 0.2), st.floats(0.1, 0.8), st.floats(0.05, 0.5))
def test_an_investor_buys_what_pays_for_the_loss_that_is_believed(default, attach, part, correlation):
    lower, loss = part * attach, 0.4
    believed = [naive.expected_loss(low, high, default, correlation, loss) / POOLS.life
                for low, high in ((attach, 1.0), (lower, attach))]
    for at, margin in enumerate((POOLS.senior_margin, POOLS.mezzanine_margin)):
        enough = margin / max(believed[at], 1e-9)
        for hurdle, buys in ((0.99 * enough, True), (1.01 * enough, False)):
            rule = Pools(hurdle=min(hurdle, 100.0), correlation=correlation)
            if believed[at] * hurdle > 1e-4 and hurdle < 100:  # else the twin's steps are too coarse to tell
                assert tranche_rules.worth_buying(rule, default, lower, attach, loss)[at] is buys
    assert tranche_rules.worth_buying(POOLS, default, lower, attach, loss) == (True, True)  # no hurdle: for the rating


@FEW
@given(st.lists(st.tuples(SHARES, st.integers(100, 10**12)), min_size=1, max_size=6), st.floats(0.5, 10.0))
def test_default_within_the_life_of_a_tranche_is_counted_loan_by_loan(loans, years):
    chances, cents = (list(map(float, column)) for column in zip(*loans, strict=True))
    found = tranche_rules.lifetime(np.array(chances), np.array(cents), years)
    assert found == pytest.approx(naive.lifetime(chances, cents, years))


def test_more_believed_default_never_finds_more_buyers():
    rule = Pools(hurdle=2.0)
    found = [sum(tranche_rules.worth_buying(rule, default, 0.03, 0.09, 0.4)) for default in (0.001, 0.05, 0.2, 0.6)]
    assert found == sorted(found, reverse=True) and found[0] == 2 and found[-1] == 0


def test_with_a_hurdle_banks_keep_a_warehouse_line_of_what_pays_too_little():
    credit = go(world("credit", "days=66", "credit.pools.hurdle=3", "credit.pools.mezzanine_margin=0.001"), 65).credit
    pool = int(np.flatnonzero(credit.pools.first)[-1])  # the last quarter's
    assert credit.book.tranche(pool)[MEZZANINE].sum() == 0 < credit.book.tranche(pool)[WAREHOUSE].sum()
    assert credit.book.tranche(0)[MEZZANINE].sum() > 0  # of the first pools nobody expected a loss yet
    credit.book.check()


def test_every_bank_of_a_running_model_is_weighed_as_one_bank_is():
    model = go(world("credit", "days=40"), 20)
    credit, b = model.credit, model.credit.book.b
    credit._weigh_banks()
    claims, banks = credit.book.claims, credit.banks
    chance = np.where(credit.borrowers.alive, credit.borrowers.chance, 1.0)
    marks = credit.pools.losses_on_marks()
    for i in range(b):
        held = [int(claims[kind][:, i].sum()) for kind in ("term loan", "tranche", "interbank", "repo", "prime loan",
                                                          "other asset")]
        lost = credit.config.banks.loss_given_default * sum(
            float(loan) * float(p) for loan, p in zip(claims["term loan"][:, i], chance, strict=True)) + float(marks[i])
        equity, assets = naive.balance_sheet(
            int(credit.book.ledger.cash[credit.book.bank_rows[i]]), held, int(claims["security"][0, i]), banks.price,
            lost, int(claims["deposit"][i, 0]) + int(claims["interbank"][i].sum()))
        assert abs(banks.equity[i] - equity) <= 1 and abs(banks.assets[i] - assets) <= 1
        assert banks.ratio[i] == pytest.approx(equity / assets)
