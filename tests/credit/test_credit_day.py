"""Credit in the running model: books, copies, calm and storm."""

import numpy as np
import pytest

from sim.credit.claims import ClaimsDoNotMatch
from sim.scenario import Scenario

MARKET = ("agents.ai_lab.count=4", "agents.enterprise.count=10", "agents.small_developer.count=0",
          "agents.researcher.count=0", "agents.macro_fund.count=2", "agents.leveraged_fund.count=4",
          "agents.index_investor.count=1", "agents.noise_trader.count=8", "agents.fundamental_speculator.count=8",
          "agents.trend_follower.count=8", "agents.market_maker.count=3", "agents.spread_arbitrageur.count=2",
          "burn_in=70", "market.warm_up=20")
STORM = (*(f"shocks.{name}.date=2026-11-02" for name in ("anchor_default", "capex_cut", "ai_winter", "rollover_stop",
                                                        "haircut_rise", "index_credibility")),
         "credit.loans.first=1.15", "credit.banks.lent=0.6")


def world(name: str, *changes: str, seed: int = 1):
    return Scenario.load(name, (*MARKET, *changes)).build(seed)


def go(model, days: int):
    while model.day < days - 1:
        model.step()
    return model


@pytest.fixture(scope="module")
def calm():
    return go(world("credit", "days=90"), 90)


@pytest.fixture(scope="module")
def storm():
    return go(world("cascade_2008", *STORM, "days=150"), 150)


def test_claims_consolidate_to_zero(calm, storm):
    for model in (calm, storm):
        book = model.credit.book
        book.check()
        assert (book.claims.assets() - book.claims.debts()).sum() == 0
        assert book.purse.sum() + book.pool_cash.sum() == model.ledger.balance("companies")
        assert (book.pool_cash == 0).all()
        assert (book.claims["term loan"] >= 0).all()


def test_a_wrong_cent_stops_the_run(calm):
    twin = calm.branch()
    twin.credit.book.purse[0] += 1
    with pytest.raises(ClaimsDoNotMatch):
        twin.step()


def test_every_flow_of_credit_is_named_and_sums(calm):
    received = calm.ledger.received("loan interest")
    assert received.sum() == 0
    assert received[calm.ledger.sector_names.index("credit")] > 0
    assert received[calm.ledger.sector_names.index("companies")] < 0


def test_calm_means_few_defaults(calm):
    figures = calm.credit.record()
    assert figures["loan_defaults"] <= 3
    assert figures["bank_failures"] == 0
    assert 3.0 < figures["debt_to_ebitda"] < 7.0


def test_a_storm_breaks_operators_and_says_why(storm):
    figures = storm.credit.record()
    assert figures["loan_defaults"] >= 5
    assert figures["eve_losses_cents"] > 0
    events, causes = storm.record.table("events"), storm.record.table("causes")
    kinds = set(events["kind"])
    assert {"covenant breach", "draw stop", "loan default", "collateral auction", "loan loss"} <= kinds
    ours = np.isin(events["kind"], ["covenant breach", "draw stop", "loan default", "rescue", "collateral auction",
                                    "loan loss", "bank under buffer", "bank failure", "downgrade", "gate", "repo call"])
    weight = np.bincount(causes["event"], causes["weight"], len(events["event"]))
    np.testing.assert_allclose(weight[ours], 1.0)
    assert (causes["cause"] < causes["event"]).all()
    defaults = events["event"][events["kind"] == "loan default"]
    assert (causes["cause"][np.isin(causes["event"], defaults)] >= 0).any()  # some have causes inside the model


def test_losses_reach_holders_from_below(storm):
    lost, book = storm.credit.pools.lost, storm.credit.book
    claims = book.claims.booked["term loan"]["written off"]
    pooled = -book.claims.booked["tranche"]["written off"]
    assert pooled == lost.sum() <= -claims
    for pool in np.flatnonzero(lost[:, [0, 1, 3]].sum(axis=1)):
        if lost[pool, [0, 3]].sum():
            assert book.tranche(int(pool))[[1, 2]].sum() == 0  # senior loses when nothing stands below it


def test_copies_go_on_alike_and_runs_repeat():
    first = go(world("cascade_2008", *STORM, "days=60"), 30)
    twin = first.branch()
    go(first, 60)
    go(twin, 60)
    again = go(world("cascade_2008", *STORM, "days=60"), 60)
    for other in (twin, again):
        assert other.credit.record() == first.credit.record()
        assert np.array_equal(other.credit.book.loans, first.credit.book.loans)
        assert np.array_equal(other.ledger.cash, first.ledger.cash)


def test_frozen_lenders_keep_their_terms():
    model = go(world("cascade_2008", *STORM, "days=90"), 18)
    model.credit.frozen = True
    before = (model.credit.conditions.stress, model.credit.investors.haircut, model.credit.conditions.discount.copy())
    go(model, 90)
    assert model.credit.conditions.stress == before[0]
    assert model.credit.investors.haircut == before[1]
    assert np.array_equal(model.credit.conditions.discount, before[2])
    assert (model.credit.banks.alive).all()


def test_gates_close_when_too_much_is_asked_back():
    model = go(world("private_credit_gate", "shocks.resale_fall.date=2026-10-12",
                     "shocks.redemption_wave.date=2026-10-12",
                     "shocks.redemption_wave.onset=5", "days=70"), 70)
    assert model.credit.record()["funds_gated"] == 5
    assert "gate" in set(model.record.table("events")["kind"])
    assert model.ledger.received("redemptions")[model.ledger.sector_names.index("credit")] < 0


def test_without_credit_nothing_is_added():
    model = world("baseline", "days=5")
    go(model, 5)
    assert model.credit.record() == {}
    assert model.ledger.balance("companies") == 0
    assert not any(name.startswith("loan") for name in model.record.table("daily"))
