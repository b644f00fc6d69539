"""Cases about backtests, waterfalls and default funds: from a case's inputs to our functions and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.clearing import christoffersen, cover, dampen, kupiec, procyclicality, share_out, traffic_light, waterfall

Inputs = dict[str, Any]
CENTS = 100
LAYERS = ("defaulter_IM", "defaulter_DF", "SITG1", "mutual_DF", "assessments", "SITG2", "VMGH")


def backtests(inputs: Inputs) -> Inputs:
    """Coverage tests, their acceptance regions, and the supervisory zones."""
    if "rows_N_p" in inputs:
        return {"accept_lo_hi": [_accepted(n, p, inputs["size"]) for n, p in inputs["rows_N_p"]]}
    if "n" in inputs:
        return _zones(inputs)
    if isinstance(inputs["p"], list):
        tests = [kupiec(inputs["x"], inputs["N"], p) for p in inputs["p"]]
        return {"reject": [int(test.p_value < 0.05) for test in tests], "LR": [test.ratio for test in tests]}
    frequency = kupiec(inputs["x"], inputs["N"], inputs["p"])
    together = christoffersen(_flags(*(inputs[name] for name in ("N00", "N10", "N01", "N11"))), inputs["p"])
    return {"LR_POF": frequency.ratio, "p_POF": frequency.p_value, "LR_POF_full": frequency.ratio,
            "LR_CCI": together.ratio, "p_CCI": together.p_value, "LR_CCI_full": together.ratio,
            "LR_CC": together.joint_ratio, "p_CC": together.joint_p_value}


def _flags(n00: int, n10: int, n01: int, n11: int) -> np.ndarray:
    """A series of days with these transitions, starting and ending without a breach."""
    if n01 != n10 or n01 == 0:
        raise LookupError("a series of days that begins and ends calm has as many ways into breaches as out of them")
    runs = [1 + n11] + [1] * (n01 - 1)
    flags = [0] * (n00 + 1)
    for run in runs:
        flags += [1] * run + [0]
    return np.array(flags, bool)


def _accepted(n: int, p: float, size: float) -> list[int]:
    low = high = round(n * p)
    while low > 0 and kupiec(low - 1, n, p).p_value >= size:
        low -= 1
    while high < n and kupiec(high + 1, n, p).p_value >= size:
        high += 1
    return [low, high]


def _zones(inputs: Inputs) -> Inputs:
    n, p = inputs["n"], inputs["p"]
    every = [traffic_light(x, n, p) for x in range(n + 1)]
    names = [light.zone for light in every]
    zones = {zone: [names.index(zone), n - names[::-1].index(zone)] for zone in ("green", "yellow", "red")}
    plus = {str(x): every[x].plus for x in range(5, 10)} | {"10+": every[10].plus}
    return {"cum_pct": [100.0 * every[x].cumulative for x in inputs["x"]], "zones": zones, "plus_factor": plus}


def rises(inputs: Inputs) -> Inputs:
    """Peak to trough of a margin path, or what a buffer makes of it."""
    if "margin" not in inputs:
        raise LookupError("this case needs the data of its paper")
    if "buffer" in inputs:
        return {"path": dampen(inputs["margin"], "buffer", share=inputs["buffer"], release=inputs["Rel"])}
    found = procyclicality(inputs["margin"])
    return {"P2T_any": found.peak_to_trough, "max_1day_ratio": found.ratio[1]}


def default_waterfall(inputs: Inputs) -> Inputs:
    """Who pays, in whole cents."""
    if "loss" not in inputs:
        sitg, fund = inputs["sitg_EURm"], inputs["default_fund_EURm"]
        paid = waterfall(inputs["loss_beyond_defaulter_resources_EURm"], [("sitg", sitg), ("fund", fund)]).paid
        return {"sitg_used": paid["sitg"], "mutual_used": paid["fund"], "mutual_used_pct": 100.0 * paid["fund"] / fund,
                "mutual_left": fund - paid["fund"], "replenish_required": paid["fund"]}
    fund, gains = inputs["df_survivors"], inputs["vm_gains"]
    have = [inputs["im_defaulter"], inputs["df_defaulter"], inputs["sitg1"], sum(fund.values()),
            inputs["assessment_cap_multiple"] * sum(fund.values()), inputs.get("sitg2", 0),
            inputs["vmgh_cap"] * sum(gains.values())]
    outcome = waterfall(_cents(inputs["loss"]), list(zip(LAYERS, map(_cents, have), strict=True)))
    paid = outcome.paid
    shares = {"df": (paid["mutual_DF"], fund), "assess": (paid["assessments"], fund), "vmgh": (paid["VMGH"], gains)}
    split = {name: share_out(amount, [_cents(claim) for claim in claims.values()])
             for name, (amount, claims) in shares.items()}
    return {"layers": [*([name, cents / CENTS] for name, cents in paid.items()),
                       ["uncovered_tearup_or_insolvency", outcome.unpaid / CENTS]],
            "estate_return": have[0] + have[1] - (paid["defaulter_IM"] + paid["defaulter_DF"]) / CENTS,
            "vmgh_rate": paid["VMGH"] / CENTS / sum(gains.values()),
            "alloc": {member: {name: parts[place] / CENTS for name, parts in split.items()}
                      for place, member in enumerate(fund)}}


def _cents(amount: float) -> int:
    return round(amount * CENTS)


def default_fund(inputs: Inputs) -> Inputs:
    """Stress losses over margin of the largest one and two members, and the fund."""
    losses, margin = np.array(inputs["stress_loss"]), np.array(inputs["im"])
    one, two = (cover(losses, k, inputs.get("buffer", 0.0), margin=margin) for k in (1, 2))
    return {"sloim": np.maximum(losses - margin, 0), "cover1": one.loss, "cover2": two.loss, "fund": two.fund}


TOPICS = {"var_backtests": backtests, "procyclicality": rises, "default_waterfall": default_waterfall,
          "cover2": default_fund}
