"""Cases about margin: from a case's inputs to our models, scanning and add-ons, and back."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from sim.clearing.margin import scan
from sim.clearing.margin.addons import concentrated_sensitivity
from sim.clearing.margin.ewma import Ewma
from sim.clearing.margin.filtered_historical import FilteredHistorical
from sim.clearing.margin.historical import Historical
from sim.clearing.margin.lookback import Scenarios
from sim.clearing.margin.tails import Measure

Inputs = dict[str, Any]
EWMA = {"VaR99": (0.99, 1), "VaR99_5": (0.995, 1), "VaR99_MPOR2": (0.99, 2)}  # confidence, close-out days


def small_series(inputs: Inputs) -> Inputs:
    """A short series of returns through a model that looks back over all of it."""
    returns = np.array(inputs["returns"])
    history = np.exp(np.concatenate([[0.0], np.cumsum(returns)]))[:, None]
    if "rule" in inputs:
        return _historical(inputs, len(returns), history)
    if "weights" in inputs:
        model = Ewma(decay=inputs["lambda"], seed="none", window=len(returns))
        return {"sigma": math.sqrt(model.variance(history)[0])}
    start = _seed(inputs["seed"])
    if "scaling" in inputs:
        scaling = inputs["scaling"].partition(":")[0].strip()
        like = {"window": len(returns), "decay": inputs["lambda"], "scaling": scaling, **start}
        return _tails(inputs.get("q", _reachable(len(returns))), history, FilteredHistorical, like, ("VaR", "ES"))
    path = FilteredHistorical(window=len(returns), decay=inputs["lambda"], confidence=0.5, least_volatility=1e-12,
                              **start).volatility(returns[None])
    found = {name: Ewma(decay=inputs["lambda"], window=len(returns), confidence=q, close_out_days=h,
                        **start).rates(history)[0] for name, (q, h) in EWMA.items()}
    return {"sigma_path": path[0], **found}


def _historical(inputs: Inputs, days: int, history: np.ndarray) -> Inputs:
    rule, like = inputs["rule"], {"window": days}
    if "mean of the k worst" in rule or "Acerbi" in rule:
        tail = "fractional" if "Acerbi" in rule else "whole"
        return _tails(inputs["q"], history, Historical, {**like, "tail": tail}, ("ES",))
    quantile = "linear" if "linear" in rule else "type2" if "type2" in rule.replace(" ", "") else "kth_worst"
    return _tails(inputs["q"], history, Historical, {**like, "quantile": quantile}, ("VaR",))


def _tails(levels: list[float], history: np.ndarray, kind: type[Scenarios], like: Inputs,
           measures: tuple[str, ...]) -> Inputs:
    full: dict[str, Measure] = {"VaR": "value_at_risk", "ES": "expected_shortfall"}
    return {f"{name}{100 * q:g}".replace(".", "_"): kind(confidence=q, measure=full[name], **like).sides(history)[0, 0]
            for name in measures for q in levels}


def _reachable(days: int) -> list[float]:
    return [q for q in (0.9, 0.95, 0.975, 0.99, 0.995) if days * round(1000 * (1 - q)) >= 1000]


def _seed(text: str) -> Inputs:
    rule = text.partition(";")[0]
    rule = rule.partition("=")[2] or rule
    days = [int(number) for number in re.findall(r"\d+", rule.replace("^2", ""))]
    if "mean" in rule and days:
        return {"seed": "mean", "seed_days": max(days)}
    if "r_1^2" in rule:
        return {"seed": "first"}
    raise LookupError(f"no rule for a variance that starts with {text!r}")


def scanning(inputs: Inputs) -> Inputs:
    """The table of scenarios, or scanning risk and charge for spreads of one account in one tier."""
    if "positions_by_month" not in inputs:
        return {"scenarios": [list(move) for move in scan.scenarios()]}
    position = np.array([[int(held) for held in inputs["positions_by_month"]]])
    months = position.shape[1]
    risk = scan.scanning_risk(position, np.full(months, inputs["PSR"]))[0]
    spreads = scan.inter_month(position, np.zeros(months, np.int64), [(0, 0, inputs["inter_month_per_spread"])])
    return {"scan_risk": risk, "spreads_formed": spreads.formed[0], "total": risk + spreads.charge[0]}


def commodity(inputs: Inputs) -> Inputs:
    """Delta margin of one commodity bucket."""
    return {"expected": concentrated_sensitivity(inputs["RW"], inputs["s"], inputs["T"], inputs.get("rho", 0.0))}


TOPICS = {"margin_small_series": small_series, "span": scanning, "simm_commodity": commodity}
