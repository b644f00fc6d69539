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
    found = {"LR": frequency.ratio, "reject": int(frequency.p_value < 0.05),
             "LR_POF": frequency.ratio, "p_POF": frequency.p_value, "LR_POF_full": frequency.ratio}
    if "N00" not in inputs:
        return found
    together = christoffersen(_flags(*(inputs[name] for name in ("N00", "N10", "N01", "N11"))), inputs["p"])
    return found | {"LR_CCI": together.ratio, "p_CCI": together.p_value, "LR_CCI_full": together.ratio,
                    "LR_CC": together.joint_ratio, "p_CC": together.joint_p_value}


def _flags(n00: int, n10: int, n01: int, n11: int) -> np.ndarray:
    """A series of days with these transitions; it begins calm where both beginnings would do."""
    if abs(n01 - n10) > 1 or (n01 == n10 == 0 and (n00 > 0) == (n11 > 0)):
        raise LookupError("no series of days has these transitions: ways into breaches and out of them take turns")
    breach = n10 > n01 or (n01 == n10 == 0 and n11 > 0)
    longer, flags = {False: n00, True: n11}, list[bool]()
    for _ in range(n01 + n10 + 1):  # the first stretch of each kind is as long as needed, the others last a day
        flags += [breach] * (1 + longer[breach])
        longer[breach], breach = 0, not breach
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
    for rule, names in {"cap": {"cap": "level"}, "speed_limit": {"n": "days", "x": "multiple"}}.items():
        if names.keys() <= inputs.keys():
            return {"path": dampen(inputs["margin"], rule, **{ours: inputs[name] for name, ours in names.items()})}
    found = procyclicality(inputs["margin"])
    rises_ = {f"max_{days}day_{kind}": values[days] for kind, values in (("ratio", found.ratio),
                                                                       ("increase", found.increase)) for days in values}
    return {"P2T_any": found.peak_to_trough, "P2T_trough_first": found.trough_first} | rises_


def default_waterfall(inputs: Inputs) -> Inputs:
    """Who pays, in whole cents."""
    if "loss" not in inputs:
        sitg, fund = inputs["sitg_EURm"], inputs["default_fund_EURm"]
        paid = waterfall(_cents(inputs["loss_beyond_defaulter_resources_EURm"]),
                         [("sitg", _cents(sitg)), ("fund", _cents(fund))]).paid
        used = paid["fund"] / CENTS
        return {"sitg_used": paid["sitg"] / CENTS, "mutual_used": used, "mutual_used_pct": 100.0 * used / fund,
                "mutual_left": fund - used, "replenish_required": used}
    fund, gains = inputs.get("df_survivors", {}), inputs.get("vm_gains", {})
    have = [inputs["im_defaulter"], inputs["df_defaulter"], inputs.get("sitg1", 0), sum(fund.values()),
            inputs.get("assessment_cap_multiple", 0) * sum(fund.values()), inputs.get("sitg2", 0),
            inputs.get("vmgh_cap", 0) * sum(gains.values())]
    outcome = waterfall(_cents(inputs["loss"]), list(zip(LAYERS, map(_cents, have), strict=True)))
    paid = outcome.paid
    shares = {"df": (paid["mutual_DF"], fund), "assess": (paid["assessments"], fund), "vmgh": (paid["VMGH"], gains)}
    split = {name: dict(zip(claims, share_out(amount, [_cents(claim) for claim in claims.values()]), strict=True))
             for name, (amount, claims) in shares.items()}
    return {"layers": [*([name, cents / CENTS] for name, cents in paid.items()),
                       ["uncovered_tearup_or_insolvency", outcome.unpaid / CENTS]],
            "estate_return": have[0] + have[1] - (paid["defaulter_IM"] + paid["defaulter_DF"]) / CENTS,
            "vmgh_rate": paid["VMGH"] / CENTS / sum(gains.values()) if paid["VMGH"] else 0.0,
            "alloc": {member: {name: parts.get(member, 0) / CENTS for name, parts in split.items()}
                      for member in fund | gains}}


def _cents(amount: float) -> int:
    return round(amount * CENTS)


def default_fund(inputs: Inputs) -> Inputs:
    """Stress losses over margin of the largest one and two members, and the fund."""
    losses, margin = np.array(inputs["stress_loss"]), np.array(inputs["im"])
    one, two = (cover(losses, k, inputs.get("buffer", 0.0), margin=margin) for k in (1, 2))
    return {"sloim": np.maximum(losses - margin, 0), "cover1": one.loss, "cover2": two.loss, "fund": two.fund,
            "shares": two.shares}


TOPICS = {"var_backtests": backtests, "procyclicality": rises, "default_waterfall": default_waterfall,
          "cover2": default_fund}
