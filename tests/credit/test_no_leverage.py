"""Without leverage and without speculation the blow of 2008 brings nobody down who was not hit himself."""

import pytest

from sim.metrics.cascades import spread
from tests.credit.test_credit_day import STORM, go, world

HEDGERS_ALONE = tuple(f"agents.{name}.count=0" for name in (
    "macro_fund", "leveraged_fund", "index_investor", "noise_trader", "fundamental_speculator", "trend_follower",
    "spread_arbitrageur"))
PAID_IN_FULL = ("clearing.margin.type=fixed", "clearing.margin.rate=1.0")
HARDLY_OWED = ("credit.loans.first=0.1", "credit.loans.to_cost=0.1", "credit.loans.junior=0", "credit.loans.relever=0")


@pytest.fixture(scope="module", params=["without", "with"])
def storm(request):
    changes = (*HEDGERS_ALONE, *PAID_IN_FULL, *HARDLY_OWED) if request.param == "without" else ()
    return request.param, go(world("cascade_2008", *STORM[:6], "rounds=2", "days=260", "credit.loans.first=1.15"
                                   if request.param == "with" else "days=260", *changes, seed=2), 260)


def test_no_leverage_and_no_speculation_gives_no_cascade(storm):
    leverage, model = storm
    credit, found = model.credit.record(), spread(model.record, 0)
    lost = credit["eve_losses_cents"] / credit["eve_claims_cents"]
    if leverage == "without":
        assert found.brought == 0.0
        assert lost == 0.0 and credit["bank_failures"] == 0
        assert credit["loan_defaults"] <= 2  # bolts from outside
    else:  # the same blow on the same luck
        assert found.brought > 1.0
        assert lost > 0.1 and credit["loan_defaults"] > 10
