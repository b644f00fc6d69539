"""Cases about claims, distress and fire sales: from a case's inputs to our functions and back."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from sim.credit import (
    additional_distress,
    debtrank,
    fire_sale,
    market_depth,
    settle,
    threshold_sales,
    tranche_loss,
)
from sim.jit import normal_quantile as compiled_quantile
from sim.literature.closed_forms import ewma_margin_multiple, stepped_limit

Inputs = dict[str, Any]
normal_quantile = compiled_quantile.py_func


def network_clearing(inputs: Inputs) -> Inputs:
    """A network of claims.

    A case says ``seniority`` itself, or is told apart by its form: cases with recovery rates or a shock rank external
    debt pari passu, cases with neither state the older recursion in which it is senior.
    """
    external = inputs.get("external_liabilities", 0.0)
    plain = not {"alpha", "beta", "shock"} & inputs.keys()
    seniority = inputs.get("seniority", "external_senior" if plain else "pari_passu")
    rates = (inputs.get("alpha", 1.0), inputs.get("beta", 1.0))
    best = settle(inputs["L"], inputs["e"], external, *rates, "greatest", seniority)
    least = settle(inputs["L"], inputs["e"], external, *rates, "least", seniority)
    return {"p": best.payments, "default": best.default, "default_rounds": best.rounds, "equity": best.equity,
            "naive_equity": best.value, "least_clearing_vector": least.payments}


def clearing_vector(inputs: Inputs) -> Inputs:
    """The payments alone; what is owed beyond claims among the firms (``pbar``) is owed to outsiders."""
    external = inputs.get("external_liabilities", 0.0)
    if "pbar" in inputs:
        external = np.maximum(np.array(inputs["pbar"]) - np.array(inputs["L"]).sum(axis=1), 0.0)
    return {"expected": settle(inputs["L"], inputs["e"], external).payments}


def distress(inputs: Inputs) -> Inputs:
    """DebtRank by the variant that a case names; for a unit vector, the default of each firm in turn."""
    lent, equity = inputs["A"], inputs["equity"]
    weights: Any = inputs.get("weights", equity)
    variant = str(inputs.get("variant", "")).lower()
    single = "variants" not in inputs and not ("linear" in variant or "bardoscia" in variant)

    def run(start: Any, kind: str) -> tuple[np.ndarray, float]:
        final = debtrank(lent, equity, start, kind)
        return final, additional_distress(final, start, weights)

    if inputs["h0"] == "unit vector i":
        starts = zip(inputs.get("labels", map(str, range(len(equity)))), np.eye(len(equity)), strict=True)
        runs = {label: run(start, "single_hit" if single else "linear") for label, start in starts}
        return {label: {"h": final, "additional": more} for label, (final, more) in runs.items()}
    (linear, more), (once, less) = run(inputs["h0"], "linear"), run(inputs["h0"], "single_hit")
    leverage = np.array(lent) / np.array(equity)[:, None]
    return {"h": once if single else linear, "additional": less if single else more,
            "bardoscia_h": linear, "bardoscia_additional": more, "single_hit_h": once, "single_hit_additional": less,
            "spectral_radius": float(np.abs(np.linalg.eigvals(leverage)).max())}


def linear_distress(inputs: Inputs) -> Inputs:
    """Linear DebtRank from leverage itself."""
    return {"expected": debtrank(inputs["Lambda"], 1.0, inputs["h0"])}


def fire_sales(inputs: Inputs) -> Inputs:
    """Keeping leverage (Greenwood-Landier-Thesmar), or selling above a threshold (Cont-Schaanning)."""
    if "assets" not in inputs:
        return _threshold(inputs)
    firms, assets = np.shape(inputs["weights"])
    out = fire_sale(inputs["assets"], inputs["weights"], np.broadcast_to(inputs["target_debt_to_equity"], firms),
                    np.broadcast_to(inputs["impact_per_unit_sold"], assets), inputs["shock"])
    return {"e": out.equity, "R1": out.first_return, "sales": out.sales, "phi": out.sold_by_asset,
            "F2": out.price_response, "R2": out.second_return, "AV": out.aggregate_vulnerability,
            "S": out.systemicness, "IV": out.indirect_vulnerability, "DV": out.direct_vulnerability,
            "direct": np.array(inputs["assets"]) * out.first_return}


def _threshold(inputs: Inputs) -> Inputs:
    illiquid, shock = np.array(inputs["illiquid"], dtype=float), np.array(inputs["eps"], dtype=float)
    depth = market_depth(inputs["ADV"], inputs["sigma"], inputs["c"], inputs["tau"])
    rounds = threshold_sales(
        inputs["Pi"], (illiquid * (1.0 - shock)).sum(axis=1), np.array(inputs["C"]) - (illiquid * shock).sum(axis=1),
        depth=depth, maximum=inputs["lambda_max"], target=inputs["lambda_target"], price=inputs["S"], floor=inputs["B"],
        shortfall=1.0 - inputs["alpha_shortfall"])
    out: Inputs = {"D": depth, "delta": (1.0 - inputs["B"] / inputs["S"]) * depth, "terminal_round": len(rounds) - 1,
                   "terminal_leverage": rounds[-1].leverage}
    for number, each in enumerate(rounds):
        out |= {f"C{number}": each.capital, f"Pi{number}": each.marketable, f"S{number}": each.price,
                f"leverage{number}": each.leverage, f"Gamma{number}": each.share_sold, f"q{number}": each.sold,
                f"Psi{number}": each.price_fall, f"loss{number}": each.loss}
    return out


def tranches(inputs: Inputs) -> Inputs:
    """Expected losses of tranches of a large pool."""
    attach, detach = np.array(inputs["tranches"], dtype=float).T
    return {"expected": tranche_loss(attach, detach, inputs["p"], inputs["rho"], inputs.get("LGD", 1.0))}


def normal_constants(inputs: Inputs) -> Inputs:
    """Quantiles and expected shortfall of the normal distribution, by the quantile that every kernel uses."""
    formula = inputs["formula"]
    named = re.fullmatch(r"(Phi\^-1\(|phi\(z\)/\(1-q\), q=)(0?\.\d+)\)?", formula)
    if named is None:
        raise LookupError(f"no rule for the constant {formula!r}")
    q = float(named[2])
    z = float(normal_quantile(q))
    if formula.startswith("Phi"):
        return {"expected": z}
    return {"expected": float(np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi) / (1.0 - q))}


def ewma_impulse_response(inputs: Inputs) -> Inputs:
    """How fast a margin from exponentially weighted variance follows a jump in volatility."""
    path = [ewma_margin_multiple(inputs["lambda"], inputs["sigma_low"], inputs["sigma_high"], n)
            for n in np.atleast_1d(inputs["n"]).tolist()]
    return {"margin_multiple": path, "half_life_days": float(np.log(0.5) / np.log(inputs["lambda"]))}


def position_limits(inputs: Inputs) -> Inputs:
    """The stepped federal position limit."""
    return {"limit": stepped_limit(inputs["open_interest"])}


TOPICS = {
    "network_clearing": network_clearing, "Eisenberg-Noe 2001": clearing_vector, "debtrank": distress,
    "linear DebtRank": linear_distress, "fire_sales": fire_sales, "Vasicek LHP": tranches,
    "normal_constants": normal_constants, "ewma_impulse_response": ewma_impulse_response,
    "position_limits": position_limits,
}
