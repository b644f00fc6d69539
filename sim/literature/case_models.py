"""Cases about whole models: from a case's inputs to our functions and back.

Where several cases share their inputs, the answer has one entry for each figure, named as in the cases' ids.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.agents import bessembinder_lemmon
from sim.agents.bessembinder_lemmon import ForwardMarket, normal_demand
from sim.literature import adaptive_beliefs as beliefs
from sim.literature import closed_forms as forms
from sim.literature import structural_volatility as volatility
from sim.literature.cascades import branching_cascades, size_exponent
from sim.literature.double_auction import gode_sunder, zero_intelligence
from sim.literature.leverage_cycle import STRONG_NOISE, WEAK_NOISE, LeverageCycle, aymanns
from sim.literature.market_making import dealer_study
from sim.literature.overlapping_portfolios import eba_banks, overlapping_portfolios
from sim.literature.value_funds import ValueFunds, thurner
from sim.metrics import kurtosis
from sim.metrics.explosiveness import gsadf_critical_values, smallest_window

Inputs = dict[str, Any]


def value_funds(inputs: Inputs) -> Inputs:
    """Thurner-Farmer-Geanakoplos: four seeds of 200,000 steps, eight of 100,000 for defaults."""
    dials = {ours: inputs[theirs] for ours, theirs in (
        ("value", "V"), ("supply", "N"), ("persistence", "rho"), ("noise", "sigma"), ("wealth", "W0"),
        ("benchmark", "r_b"), ("averaging", "a"), ("sensitivity", "b"), ("absence", "T_reintro"))}
    aggression = _aggression(inputs["betas"])

    def runs(limit: float, seeds: int, steps: int) -> list[ValueFunds]:
        return [thurner(limit, steps=steps, seed=seed, aggression=aggression, **dials) for seed in range(seeds)]

    def mean(values: Any) -> float:
        return float(np.mean(list(values)))

    if "lambda_max" not in inputs:
        limits = (0, 1, 2, 3, 5, 7)
        by_limit = [runs(limit, 4, 200_000) for limit in limits]
        losses = [mean(run.tail_exponent() for run in each) for each in by_limit]
        gains = [mean(run.tail_exponent(losses=False) for run in each) for each in by_limit]
        spread = [mean(run.returns.std() for run in each) for each in by_limit]
        fat = [a < b for limit, a, b in zip(limits, losses, gains, strict=True) if limit >= 3]
        return {"order": bool(np.all(np.diff(losses) < 0) and spread[-1] < spread[0] and all(fat))}
    limit = inputs["lambda_max"]
    long = runs(limit, 4, 200_000)
    out = {"kurt": mean(kurtosis(run.returns) + 3.0 for run in long), "hill_neg": mean(r.tail_exponent() for r in long)}
    if limit == 0:
        return out | {"noise_ret_sd": mean(run.returns.std() for run in long), "noise_kurt": out["kurt"],
                      "noise_sd_logp": mean(run.log_price.std() for run in long)}
    many = runs(limit, 8, 100_000)
    return out | {"defaults": 1e4 * sum(run.defaults for run in many) / sum(run.fund_steps for run in many)}


def _aggression(text: Any) -> list[float]:
    if not isinstance(text, str):
        return [float(beta) for beta in text]
    first, second, _, last = (part.strip() for part in text.split(","))
    return list(np.arange(float(first), float(last) + 1e-9, float(second) - float(first)))


def leverage_cycle(inputs: Inputs) -> Inputs:
    """Aymanns and co-authors: one path without noise, five seeds with it."""
    noise = {False: None, "GARCH weak": WEAK_NOISE, "GARCH strong": STRONG_NOISE}[inputs["noise"]]
    dials = {ours: inputs[theirs] for ours, theirs in (
        ("step", "tau"), ("memory", "delta"), ("horizon", "t_VaR"), ("leverage_speed", "theta"),
        ("equity_speed", "eta"), ("exponent", "b"), ("variance_floor", "sigma0_sq"), ("appetite", "alpha"),
        ("equity_target", "Ebar"),
        ("bank_weight", "w_B"), ("fundamental", "mu"), ("fund_speed", "rho"))}
    runs: list[LeverageCycle] = [aymanns(noise=noise, seed=seed, **dials) for seed in range(5 if noise else 1)]
    if inputs["Ebar"] < 1e-3:
        return {"expected": [runs[0].price[-1], runs[0].leverage[-1]]}
    shape = np.array([[kurtosis(run.returns) + 3.0, _skewness(run.returns)] for run in runs]).mean(axis=0)
    return {"period": float(np.mean([run.period() for run in runs])), "kurt": shape,
            "lev": float(np.mean([run.leverage.mean() for run in runs]))}


def _skewness(x: np.ndarray) -> float:
    return float(((x - x.mean()) ** 3).mean() / x.std() ** 3)


def switching_beliefs(inputs: Inputs) -> Inputs:
    """Brock-Hommes 1998: where calm ends, and what the attractor is like."""
    gross = inputs["R"] if "R" in inputs else 1.0 + inputs.get("r", 0.1)
    trend = inputs["g"]
    if isinstance(trend, list):
        out: Inputs = {"hopf": beliefs.hopf_of_biases(inputs["b"])}
        if "beta" in inputs:
            out["lyap"] = beliefs.lyapunov_exponent(inputs["beta"], trend=trend, bias=inputs["b"], gross_rate=gross)
        return out
    out = {"pd": beliefs.period_doubling(trend, inputs["C"], gross)} if trend < 0 else {
        "pitchfork": beliefs.pitchfork(trend, inputs["C"], gross),
        "hopf": beliefs.neimark_sacker(trend, inputs["C"], gross)}
    if "beta" in inputs:
        path = beliefs.brock_hommes(inputs["beta"], trend=(0.0, trend), cost=(inputs["C"], 0.0), gross_rate=gross,
                                    start=inputs["x0"], steps=200_000)[20_000:]
        out["attractor"] = [path.min(), path.max()]
    return out


def cobweb(inputs: Inputs) -> Inputs:
    """Brock-Hommes 1997."""
    return {"expected": beliefs.cobweb_doubling(inputs["B"], inputs["b"], inputs["C"])}


def franke_westerhoff(inputs: Inputs) -> Inputs:
    """The path of given noise, or the share of runs that look like the S&P 500 in nine ways."""
    dials = {ours: inputs[theirs] for ours, theirs in (
        ("impact", "mu"), ("intensity", "beta"), ("phi", "phi"), ("chi", "chi"), ("alpha_0", "alpha_0"),
        ("alpha_n", "alpha_n"), ("alpha_p", "alpha_p"), ("fundamental", "p_star"))}
    if "noise" in inputs:
        noise = np.array(inputs["noise"]).reshape(-1, 2)
        path = volatility.franke_westerhoff(steps=len(noise) + 1, burn_in=0, noise=noise, start=inputs["p0"], **dials)
        return {"expected": path.log_price}
    joint, _ = volatility.moment_coverage(inputs["runs"], inputs["T"], sigma_f=inputs["sigma_f"],
                                          sigma_c=inputs["sigma_c"], **dials)
    return {"expected": 100.0 * joint}


def chiarella(inputs: Inputs) -> Inputs:
    """Where trend following turns mispricing into a cycle."""
    return {"expected": list(volatility.chiarella_onset(inputs["kappa"], inputs["alpha"]))}


def double_auction(inputs: Inputs) -> Inputs:
    """Random orders on the product's book: the spread in long runs, diffusion over 20 lifetimes of an order."""
    lifetimes, width = (40_000, 10) if inputs["eps"] >= 0.05 else (60_000, 5)
    run = zero_intelligence(inputs["eps"], lifetimes=lifetimes, width=width)
    return {"spread": run.spread, "Dinf": run.diffusion}


def constrained_traders(inputs: Inputs) -> Inputs:
    """Gode-Sunder sessions on the product's book."""
    def schedule(text: str) -> np.ndarray:
        count, _, ends = text.partition(" equally spaced from ")
        first, _, last = ends.partition(" to ")
        return np.linspace(float(first), float(last), int(count))

    return {"expected": gode_sunder(schedule(inputs["buyer_values"]), schedule(inputs["seller_costs"])).mean}


def dealer(inputs: Inputs) -> Inputs:
    """Avellaneda-Stoikov over 4000 paths."""
    study = dealer_study(inputs["gamma"], mid=inputs["s0"], sigma=inputs["sigma"], horizon=inputs["T"],
                         step=inputs["dt"], k=inputs["k"], arrival=inputs["A"], centred=inputs["strategy"] == "sym")
    return {"expected": list(study)}


def hedged_producers(inputs: Inputs) -> Inputs:
    """Bessembinder-Lemmon with normal demand; the case's formulas of scale, aversion and retail price."""
    convexity, producers = inputs["c"], inputs.get("N_P", 20)
    scale = 30.0 * (producers / 100.0) ** (convexity - 1.0)
    aversion = 0.8 / 2.0**convexity
    demand, chance = normal_demand(inputs.get("Qmean", 100.0), inputs.get("sd_Q", 10.0))
    spot = scale * (demand / producers) ** (convexity - 1.0)
    expected = float((chance * spot).sum())
    market = bessembinder_lemmon(demand, chance, producers=producers, retailers=inputs.get("N_R", 20), scale=scale,
                                 convexity=convexity, retail_price=1.2 * expected, risk_aversion=aversion)
    if "sd_Q" in inputs:
        return {"expected": [market.expected, market.sd, market.skewness, market.forward, 100.0 * market.premium,
                             market.producer]}
    return {"identity": _taylor_agrees(market, convexity, producers, scale, aversion, float((chance * demand).sum()))}


def _taylor_agrees(market: ForwardMarket, convexity: float, producers: int, scale: float, aversion: float,
                   demand: float) -> bool:
    """For straight marginal cost and symmetric demand the expansion in moments is exact and the hedge 0.9 of output."""
    x, mean, retail = 1.0 / (convexity - 1.0), market.expected, 1.2 * market.expected
    weight = producers * (x + 1.0) / (2.0 * producers / aversion * convexity * scale**x)
    first = weight * (mean**x - retail * mean ** (x - 1.0))
    second = 0.5 * weight * (x * mean ** (x - 1.0) - (x - 1.0) * retail * mean ** (x - 2.0))
    taylor = mean + first * market.sd**2 + second * market.skewness * market.sd**3
    return bool(abs(taylor - market.forward) < 1e-9 and market.premium < 0
                and abs(market.producer - 0.9 * demand / producers) < 1e-9)


def bubble_critical_values(inputs: Inputs) -> Inputs:
    """Critical values of the bubble test; exuber counts its smallest window in rows of the regression, one less."""
    if "n" in inputs and "window" not in inputs:
        rows = gsadf_critical_values(inputs["n"], smallest_window(inputs["n"]) + 1,
                                     repetitions=20_000 if inputs["n"] <= 100 else 4_000)
        return {f"{name}_cv": rows[name] for name in ("adf", "sadf", "gsadf")}
    if "T" not in inputs:
        raise LookupError("the price-dividend series of this case is not shipped: call sim.metrics.bubble_test on it")
    window = inputs["window"] if isinstance(inputs["window"], int) else None
    values = gsadf_critical_values(inputs["T"], window, repetitions=inputs["reps"])
    return {"expected": [*values["sadf"], *values["gsadf"]]}


def stressed_banks(inputs: Inputs) -> Inputs:
    """Farmer and co-authors: 48 banks at 19 strengths of price impact."""
    if "gov" not in inputs["shock"]:
        raise LookupError(f"no rule for the shock {inputs['shock']!r}: government bonds alone lose value")
    banks, impacts = eba_banks(), [0.0, 0.005, *(0.005 * step for step in range(4, 21))]
    share = float(inputs["shock"].partition("%")[0]) / 100.0
    runs = [overlapping_portfolios(banks, share, impact, minimum=inputs["min"], buffer=inputs["buffer"],
                                   target=inputs["target"], rounds=inputs["T"]) for impact in impacts]
    return {"expected": [[impact, *run] for impact, run in zip(impacts, runs, strict=True)]}


def branching(inputs: Inputs) -> Inputs:
    """Mean size below criticality, exponent of sizes at it."""
    if inputs["n"] < 1:
        return {"expected": float(branching_cascades(inputs["n"], limit=1_000_000).mean())}
    return {"expected": size_exponent(branching_cascades(1.0))}


def multiplier(inputs: Inputs) -> Inputs:
    """One fund that keeps its leverage; None where falls feed on themselves without end."""
    value = forms.fire_sale_multiplier(inputs["lambda"], inputs["A_over_D"])
    return {"expected": None if math.isinf(value) else value}


def leverage_theory(inputs: Inputs) -> Inputs:
    """Geanakoplos: two periods, or the cycle over three."""
    if "prob" in inputs:
        return {"expected": list(forms.geanakoplos_cycle(inputs["U"], inputs["D"]).values())}
    return {"expected": list(forms.leverage_without_and_with(inputs["U"], inputs["D"]))}


def lagging_capacity(inputs: Inputs) -> Inputs:
    """The building time beyond which capacity swings, and the period; None where no building time does that."""
    swings = inputs["g"] > inputs["d"]
    return {"expected": list(forms.critical_lag(inputs["g"], inputs["d"])) if swings else None}


MODELS = {
    "Thurner-Farmer-Geanakoplos": value_funds, "Aymanns": leverage_cycle, "Brock-Hommes 1998": switching_beliefs,
    "Brock-Hommes 1997": cobweb, "Franke-Westerhoff": franke_westerhoff, "Extended Chiarella": chiarella,
    "Daniels 2003": double_auction, "Smith et al 2003": double_auction, "Gode-Sunder": constrained_traders,
    "Avellaneda-Stoikov": dealer, "Bessembinder-Lemmon": hedged_producers, "PSY 2015": bubble_critical_values,
    "exuber": bubble_critical_values, "firesale_stresstest": stressed_banks, "Poisson branching": branching,
    "one-fund": multiplier, "Geanakoplos": leverage_theory,
    "Dixit-Pindyck": lambda x: {"expected": forms.investment_trigger(x["r"], x["delta"], x["sigma"])},
    "capacity with construction lag": lagging_capacity,
    "adaptive-expectations cobweb": lambda x: {
        "expected": [forms.cobweb_limit(weight) for weight in np.atleast_1d(x["w"]).tolist()]},
    "Kyle": lambda x: {"expected": list(forms.kyle(x["sigma_v"], x["sigma_u"]))},
    "S&P 500 1980-2007": lambda x: {"expected": [list(moment[1:]) for moment in volatility.MOMENTS]},
}
