"""Bilateral swaps: every claim has its counterpart, dealers hedge, collateral moves, defaults cost the other side."""

import datetime as dt

import numpy as np
import pytest

from sim.ledger import FLOWS, BooksDoNotBalance
from sim.market.swaps import SwapsConfig
from sim.scenario import Scenario
from sim.shocks.index_restatement import IndexRestatement

SMALL = ["days=40", "burn_in=30", "market.warm_up=10"]


def swaps_run(days=25, changes=(), shocks=(), watch=None, seed=1):
    found = Scenario.load("quick", [*SMALL, "market.swaps.share=1.0", *changes]).model_copy(update={"shocks": shocks})
    model = found.build(seed=seed)
    for _ in range(days):
        model.step()
        if watch is not None:
            watch(model)
    return model


def test_claims_sum_to_zero_and_are_hedged_in_the_book():
    model = swaps_run(days=18)
    swaps = model.venues.swaps
    assert (swaps.held.sum(axis=0) == 0).all() and swaps.worth.sum() == 0 and np.abs(swaps.held).sum() > 0
    written, hedged = -swaps.held[swaps.dealers].sum(axis=0), swaps.hedged[swaps.dealers].sum(axis=0)
    assert np.abs(written - hedged).sum() < 0.7 * np.abs(written).sum()
    assert model.blocks.ledger.position[swaps.dealers].sum() != 0


def test_a_month_that_ends_is_paid_in_cash_between_the_two_sides():
    paid = FLOWS.index("swap payment")
    model = swaps_run(days=32)  # the first expiry is on day 19
    book = model.ledger.matrix[paid]
    assert book.sum() > 0
    received = model.ledger.received("swap payment")
    assert received[model.ledger.sector_names.index("outside world")] == 0  # what comes in goes out
    slot = (model.calendar.month(0)) % model.exchange.months
    assert model.exchange.slots["month"][slot] != model.calendar.month(0)


def test_losses_beyond_the_threshold_are_secured():
    model = swaps_run(days=20, changes=["market.swaps.threshold=0.01"])
    swaps, value = model.venues.swaps, model.exchange.settle * model.exchange.tick_cents
    assert np.abs(swaps.collateral).sum() > 0 and swaps.collateral.sum() == 0
    gain = swaps.gains(value)
    notional = (np.abs(swaps.held) * value).sum(axis=1)
    for row in swaps.clients:
        if abs(gain[row]) > round(0.01 * int(notional[row])):
            assert swaps.collateral[row] == -gain[row]
        else:
            assert swaps.collateral[row] == 0


def test_a_failing_client_costs_its_dealer_and_the_event_says_so():
    shock = IndexRestatement(date=dt.date(2026, 10, 19), factor=0.3)
    lost = []
    model = swaps_run(days=30, shocks=(shock,), changes=["market.swaps.share=4.0", "market.swaps.threshold=0.5"],
                      watch=lambda m: lost.append(m.venues.swaps.totals()))
    assert sum(day["swap_defaults"] for day in lost) > 0 and sum(day["swap_loss_cents"] for day in lost) > 0
    events, causes = model.record.table("events"), model.record.table("causes")
    kinds = np.array(events["kind"])
    losses = np.flatnonzero(kinds == "swap loss")
    assert len(losses)
    parents = causes["cause"][np.isin(causes["event"], losses)]
    assert (kinds[parents] == "swap default").all()
    total = events["amount_cents"][kinds == "swap loss"].sum()
    assert total <= sum(day["swap_loss_cents"] for day in lost)  # losses before the first reported day are not written


def test_money_is_conserved_under_any_default():
    """Random accounts end all their swaps at random prices: claims and cash still pair."""
    model = swaps_run(days=15)
    swaps, rng = model.venues.swaps, np.random.default_rng(3)
    for _ in range(12):
        value = (model.exchange.settle * rng.uniform(0.2, 4.0, len(model.exchange.settle))).astype(np.int64) * 730
        row = int(rng.choice(swaps.clients))
        before = int(model.ledger.cash.sum())
        swaps.end(model, row, value, row if rng.random() < 0.5 else int(swaps.dealer[row]))
        swaps.worth[:] = swaps.gains(value) + swaps.collateral
        assert int(model.ledger.cash.sum()) == before and not swaps.held[row].any() and swaps.collateral[row] == 0
        swaps.check()
        model.ledger.check()


def test_swaps_take_what_limits_forbid():
    from sim.policy.position_limit import PositionLimit

    found = Scenario.load("quick", [*SMALL, "market.swaps.share=0.0"])
    limit = PositionLimit(spot_month=None, single_month=10_000)
    held = []
    for policies in ((), (limit,)):
        model = found.model_copy(update={"policies": policies}).build(seed=1)
        for _ in range(20):
            model.step()
        held.append(int(np.abs(model.venues.swaps.held[model.venues.swaps.clients]).sum()))
    assert held[0] == 0 and held[1] > 1000


def test_a_claim_without_counterpart_is_found():
    model = swaps_run(days=11)
    model.venues.swaps.held[model.venues.swaps.clients[0], 0] += 1
    with pytest.raises(BooksDoNotBalance, match="held of clients and dealers"):
        model.venues.check()


def test_a_run_with_swaps_goes_on_after_a_copy():
    model = swaps_run(days=14)
    twin = model.branch()
    for _ in range(5):
        model.step()
        twin.step()
    assert (model.ledger.cash == twin.ledger.cash).all()
    assert (model.venues.swaps.held == twin.venues.swaps.held).all()


def test_clients_and_dealers_must_take_part():
    found = Scenario.load("quick", SMALL)
    for config in (SwapsConfig(clients=("nobody",)), SwapsConfig(clients=("market_maker",))):
        wrong = found.model_copy(update={"market": found.market.model_copy(update={"swaps": config})})
        assert any(steps[:2] == ("market", "swaps") for steps, _ in wrong.inconsistencies())
