"""What clearing members, their fund and the layers behind it bore."""

from __future__ import annotations

from typing import Any, ClassVar

from sim.metrics.base import Figure, Metric

BUSINESS_DAYS = 252
MILLION = 1e8  # cents
SUMS = {"guaranteed": "guaranteed_cents", "mutual_loss": "layer_default_fund_cents", "assessed": "assessment_cents",
        "gains_cut": "gains_haircut_cents", "unpaid_loss": "unpaid_cents"}


class Members(Metric, type="members"):
    """Defaults of clearing members, and who paid beyond what they left."""

    figures: ClassVar[dict[str, Figure]] = {
        "member_defaults": Figure("Defaults of clearing members", "a year", "low"),
        "guaranteed": Figure("Paid by members for clients who failed", "$ million", "low"),
        "mutual_loss": Figure("Losses borne by other members' part of the fund", "$ million", "low"),
        "assessed": Figure("Called from surviving members", "$ million", "low"),
        "gains_cut": Figure("Gains kept back from winners", "$ million", "low"),
        "unpaid_loss": Figure("Losses that nobody could pay", "$ million", "low"),
        "fund_mean": Figure("Default fund, mean", "$ million"),
        "fund_over_margin": Figure("Default fund over initial margin, mean", "%", "",
                                   "how much of the protection is shared instead of each account's own"),
        "advance_peak": Figure("Largest sum that members held for clients who had not paid", "$ million", "low"),
        "collateral_shortfall": Figure("Lacking when pledges of failed accounts were sold", "$ million", "low"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From the day's totals; nothing where the house has neither members nor collateral."""
        daily, out = run.daily, {}
        years = max(len(daily), 1) / BUSINESS_DAYS
        if "collateral_shortfall_cents" in daily:
            out["collateral_shortfall"] = float(daily["collateral_shortfall_cents"].sum()) / MILLION
        if "member_defaults" not in daily:
            return out
        out["member_defaults"] = float(daily["member_defaults"].sum()) / years
        out |= {name: float(daily[column].sum()) / MILLION for name, column in SUMS.items()}
        out["fund_mean"] = float(daily["fund_cents"].mean()) / MILLION
        margin = float(daily["initial_margin"].mean())
        if margin > 0:
            out["fund_over_margin"] = 100.0 * float(daily["fund_cents"].mean()) / margin
        out["advance_peak"] = float(daily["client_advance_cents"].max()) / MILLION
        return out
