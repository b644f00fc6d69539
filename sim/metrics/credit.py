"""What lenders and those who owe them went through."""

from __future__ import annotations

from typing import Any, ClassVar

from sim.metrics.base import Figure, Metric

MILLION = 1e8  # cents
TRANCHES = ("senior", "mezzanine", "equity")


class Credit(Metric, type="credit"):
    """Loans, defaults on them, who bore the losses, and what a repossessed GPU still fetched."""

    figures: ClassVar[dict[str, Figure]] = {
        "loan_defaults": Figure("Operators that defaulted on loans", "number", "low"),
        "operators_halted": Figure("Operators whose lenders stopped paying out, at most", "number", "low"),
        "loans_peak": Figure("Loans outstanding, peak", "$ million"),
        "loan_losses": Figure("Lost on loans", "$ million", "low"),
        "eve_loss_share": Figure("Lost of the claims that existed on the eve of the first shock", "%", "low"),
        "tranche_loss": Figure("Lost on tranches", "$ million", "low"),
        "downgrades": Figure("Pools downgraded", "number", "low"),
        "bank_failures": Figure("Banks that failed", "number", "low"),
        "bank_equity_change": Figure("Banks' own capital from first to last day", "%", "high"),
        "resale_worst": Figure("What operators' GPUs fetch over their cost, lowest", "%", "high"),
        "repo_haircut_peak": Figure("Haircut on tranches as collateral, peak", "%", "low"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From the day's totals; nothing where the scenario has no credit."""
        daily = run.daily
        if "loans_cents" not in daily or not len(daily):
            return {}
        last = daily.iloc[-1]
        out = {"loan_defaults": float(last["loan_defaults"]), "downgrades": float(last["downgrades"]),
               "operators_halted": float(daily["operators_halted"].max()),
               "loans_peak": float(daily["loans_cents"].max()) / MILLION,
               "loan_losses": float(last["loans_lost_cents"]) / MILLION,
               "bank_failures": float(last["bank_failures"]),
               "resale_worst": 100.0 * float(daily["resale_index"].min()),
               "repo_haircut_peak": 100.0 * float(daily["repo_haircut"].max())}
        out |= {f"tranche_loss_{name}": float(last[f"tranche_losses_{name}_cents"]) / MILLION for name in TRANCHES}
        first = float(daily["bank_equity_cents"].iloc[0])
        if first > 0:
            out["bank_equity_change"] = 100.0 * (float(last["bank_equity_cents"]) / first - 1.0)
        if last["eve_claims_cents"] > 0:
            out["eve_loss_share"] = 100.0 * float(last["eve_losses_cents"] / last["eve_claims_cents"])
        return out
