"""How parameters and state lie in memory: records with named fields, which kernels read by name."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from sim.compute.config import REGIONS, ComputeConfig
from sim.units import BUSINESS_DAYS

HYPERSCALER, DATA_CENTRE, SMALL = 0, 1, 2
MONTHS = 36  # months that the forecast reaches
MONTH_DAYS = 21  # business days of a month on the forecast's own grid


def record(**fields: str | tuple) -> np.dtype:
    """A record type whose fields can be read by attribute in Python and in kernels."""
    return np.dtype((np.record, list(fields.items())))


def floats(names: str) -> dict[str, str]:
    """float64 fields from words."""
    return dict.fromkeys(names.split(), "f8")


WORLD = record(**floats(
    "level growth fast volatility jump squeeze_target squeezed need grade belief "  # demand and belief states
    "efficiency "  # tokens per H100-hour, 1 on day 0
    "growth_belief growth_anchor vendor_view pace "  # what the public and the vendor infer; pace of AI
    "aged crowding "  # log: what an H100-hour has lost to newer chips beyond the trend, by shocks and by their arrival
    "curve_share "  # how far orders follow the traded curve: weight times share of listed months
    "curve_orders curve_offers curve_demand curve_lists curve_terms curve_reserves "  # log gap of the curve, by channel
    "reserved index_level "  # share of the float held for later; log of the first index, per H100-equivalent hour
    "capacity orders energised utilisation rationed idle stockout demand served training"))  # of the day

REGION = record(**floats(
    "base_demand reference_demand hyperscaler_share concentration "  # fixed at the start
    "capacity permanent fast volatility jump need migration slow price clearing "  # states
    "list_reference delivery_share recent habit crowding crowding_first coming energy "
    "demand needed uncommitted served rationed used overflow sublet "  # of the day
    "markup "  # log, of spare capacity over its price under competition
    "term contract "  # log price of new contracts, and of those in force
    "strip"))  # log price expected over the next 12 months

CLASS = record(**floats(
    "drift elasticity fast reach rationing growth "  # fixed: log a day beyond all demand; work per hour, log a day
    "level saving saving_target rebound rebound_target efficiency "  # states
    "pushed"))  # log of the dial

PROVIDER = record(kind="i8", region="i8", key="u8", **floats(
    "capacity queue order_multiplier markup own log_list sold_out chance"))

HORIZON = record(**floats(
    "years growth regional shock saving rebound need fast jump squeezed ramp drift migration variance "
    "slow_variance slow survival days reserved"))

DIALS = record(**floats(
    "supply_mult float_mult sublet_mult spare_mult site_mult export_control vacancy_add growth_add "
    "leak_add domestic_mult sooner_add token_mult panel_add lasting_add"))
CLASS_DIALS = record(**floats("class_mult"))
REGION_DIALS = record(**floats("demand_mult power_mult available mobile_mult"))
KIND_DIALS = record(**floats("order_mult cost_mult"))
GENERATION_DIALS = record(**floats("reach_mult grey_add licence_add"))


def _decay(half_life: float) -> float:
    return 2.0 ** (-1.0 / half_life)


def site_factor(config: ComputeConfig) -> float:
    """Deliveries over energisations on a path of steady growth: what waiting for sites costs."""
    s, g = config.supply, math.log(config.supply.growth) / BUSINESS_DAYS
    low, high = min(s.late_least, s.late_most), max(s.late_least, s.late_most)
    late = math.exp(-g * (low + high) / 2) if abs(g) < 1e-9 or low == high else (
        (math.exp(-g * low) - math.exp(-g * high)) / (g * (high - low)))
    return 1.0 / (math.exp(-g * s.site_time) * (1 - s.late_share + s.late_share * late))


def _supply(config: ComputeConfig) -> dict[str, float]:
    s, growth = config.supply, math.log(config.supply.growth)
    needed = max(0.0, growth + s.retirement_allowance)  # a vendor takes no chips back where the world shrinks
    vendor = s.installed_base * needed * site_factor(config) / BUSINESS_DAYS
    return {
        "growth_supply": growth / BUSINESS_DAYS, "vendor_rate": vendor,
        "order_rate": vendor / s.installed_base * math.exp(growth * s.lead_time / BUSINESS_DAYS) * s.overordering,
        "order_response": s.order_response, "vendor_response": s.vendor_response,
        "vendor_gain": 1.0 / s.vendor_smoothing,
        "hyperscaler_favour": s.hyperscaler_favour, "late_share": s.late_share, "site_time": float(s.site_time),
        "late_least": float(min(s.late_least, s.late_most)), "late_most": float(max(s.late_least, s.late_most)),
        "nvidia_share_china": s.nvidia_share_china, "refusal_redirected": s.refusal_redirected,
        "pue": s.pue, "other_cost": s.other_cost, "attrition": s.retirement_allowance / BUSINESS_DAYS,
        "grey": s.export.grey, "takeover_width": config.chips.takeover.width,
        "least_share": config.chips.takeover.least,
        "substitution": config.chips.demand.substitution, "familiar": config.chips.demand.familiar,
        "ahead": config.chips.demand.ahead,
        "modernisation": math.expm1(needed * config.chips.demand.ahead / BUSINESS_DAYS),
        **_capacity(config), "idle_retirement": config.chips.demand.idle_retirement / BUSINESS_DAYS,
    }


def _capacity(config: ComputeConfig) -> dict[str, float]:
    c = config.supply.capacity
    return {
        "neglect": c.neglect, "extrapolation": c.extrapolation, "hyperscaler_bias": c.hyperscaler_bias,
        "recent_gain": 1.0 / max(1.0, c.recent), "habit_gain": 1.0 / max(1.0, c.habit),
        "trigger": math.log(c.trigger), "trigger_width": c.trigger_width,
        "term_discount": config.chips.demand.term_discount, "cancellable": c.cancellable,
        "cancel_gain": 1.0 / c.cancel_time, "cancel_tolerance": c.cancel_tolerance, "deferrable": c.deferrable,
    }


def _demand(config: ComputeConfig) -> dict[str, float]:
    d, root = config.demand, math.sqrt(BUSINESS_DAYS)
    decay_growth, kappa = _decay(d.growth_half_life), math.log(2) * BUSINESS_DAYS / d.growth_half_life
    noise, drive = config.forecast.learning_noise ** 2, (d.growth_sd * 2 * kappa * d.growth_sd)
    gain = math.sqrt(kappa ** 2 + drive / noise) - kappa  # steady-state Kalman-Bucy gain, per year
    decay_region = _decay(d.regional_half_life)
    return {
        "growth_demand": math.log(d.growth), "growth_decay": decay_growth,
        "growth_step": d.growth_sd * math.sqrt(1 - decay_growth ** 2), "permanent_step": d.permanent_sd / root,
        "regional_decay": decay_region, "regional_step": d.regional_sd / root,
        "burn_in_scale": d.burn_in_scale, "surge": d.surge, "surge_days": float(d.surge_days),
        "elasticity_slow": d.elasticity_slow, "slow_gain": 1.0 / d.slow_time, "elasticity_fast": d.elasticity_fast,
        "shift_in_time": d.shift_in_time, "elasticity_overflow": d.elasticity_overflow,
        "need": d.need, "need_smoothness": d.need_smoothness, "need_decay": _decay(d.need_half_life),
        "need_step": d.need_sd * math.sqrt(1 - _decay(d.need_half_life) ** 2),
        "migration": d.migration, "mobile_share": d.mobile_share, "migration_decay": _decay(d.migration_half_life),
        "efficiency_share": d.efficiency_share, "saving_gain": 1.0 / max(1.0, d.efficiency_saving_time),
        "rebound_gain": 1.0 / max(1.0, d.efficiency_rebound_time),
        "efficiency_growth": math.log(d.efficiency_growth) / BUSINESS_DAYS,
        "learning_gain": gain / BUSINESS_DAYS, "anchor_gain": 1 - _decay(config.forecast.anchor_half_life),
        "shock_decay": _decay(config.forecast.shock_half_life), "slow_variance": config.forecast.slow_variance,
        "relaxation": config.forecast.relaxation,
    }


def _noise(config: ComputeConfig) -> dict[str, float]:
    n = config.noise
    decay, jump, squeeze = _decay(n.half_life), _decay(n.jump_half_life), _decay(n.squeeze_half_life)
    rate = math.log(2) * BUSINESS_DAYS
    jump_kappa, squeeze_kappa = rate / n.jump_half_life, rate / n.squeeze_half_life
    variance = ((n.world_sd ** 2 + n.regional_sd ** 2) * math.exp(n.volatility_sd ** 2)
                + 2 * n.jump_rate * (n.jump_mean ** 2 + n.jump_sd ** 2) / (2 * jump_kappa)
                + n.squeeze_rate * (n.squeeze_mean ** 2 + n.squeeze_sd ** 2) / (2 * squeeze_kappa))
    volatility, squeeze_day = _decay(n.volatility_half_life), -math.log(squeeze)
    ramp = -math.log(1.0 - 1.0 / n.squeeze_ramp) if n.squeeze_ramp > 1 else 40.0
    return {
        "fast_decay": decay, "fast_world": n.world_sd * math.sqrt(1 - decay ** 2),
        "fast_region": n.regional_sd * math.sqrt(1 - decay ** 2),
        "volatility_decay": volatility, "volatility_step": n.volatility_sd * math.sqrt(1 - volatility ** 2),
        "volatility_mean": n.volatility_sd ** 2 / 2, "jump_chance": n.jump_rate / BUSINESS_DAYS,
        "jump_mean": n.jump_mean, "jump_sd": n.jump_sd, "jump_decay": jump,
        "jump_drift": 2 * n.jump_rate * n.jump_mean / jump_kappa,
        "squeeze_chance": n.squeeze_rate / BUSINESS_DAYS, "squeeze_mean": n.squeeze_mean, "squeeze_sd": n.squeeze_sd,
        "squeeze_decay": squeeze, "squeeze_gain": 1.0 / n.squeeze_ramp, "squeeze_ramp": ramp,
        "squeeze_overshoot": (ramp / (ramp - squeeze_day) if abs(ramp - squeeze_day) > 1e-9 else 1.0),
        "squeeze_drift": n.squeeze_rate * n.squeeze_mean / squeeze_kappa, "fast_variance": variance,
    }


def _offer(prefix: str, share: float, width: float, y0: float) -> dict[str, float]:
    return {f"{prefix}_ask": y0 - width * math.log(share / (1 - share)), f"{prefix}_width": width}


def _prices(config: ComputeConfig) -> dict[str, float]:
    p, y0 = config.prices, math.log(config.prices.reference)
    grade = _decay(p.grade_half_life)
    return {
        "log_reference": y0, "committed": p.committed_share, "vacancy": p.vacancy, "merit_width": p.merit_width,
        **_offer("sublet", p.sublet_share, p.sublet_width, y0), "displaced": p.displaced,
        **_offer("displaced", p.displaced_share, p.displaced_width, y0), "spare": p.spare,
        **_offer("spare", p.spare_share, p.spare_width, y0), "withholding": p.withholding,
        "adjustment": p.adjustment, "adjustment_gap": p.adjustment_gap,
        "conduct": p.conduct, "grade_decay": grade, "grade_step": p.grade_sd * math.sqrt(1 - grade ** 2),
        "obsolescence": p.obsolescence / BUSINESS_DAYS, "stockout_width": p.stockout_width,
    }


def _lists(config: ComputeConfig) -> dict[str, float]:
    k = config.lists
    belief, own = _decay(k.belief_half_life), _decay(k.own_half_life)
    return {
        "hazard": k.hazard, "hazard_hyperscaler": k.hazard * k.hazard_hyperscaler,
        "hazard_small": k.hazard * k.hazard_small, "threshold": k.threshold, "part": k.part,
        "strip_weight": k.strip_weight, "reference_decay": _decay(k.reference_half_life),
        "belief_decay": belief, "belief_step": k.belief_sd * math.sqrt(1 - belief ** 2),
        "own_decay": own, "own_step": k.own_sd * math.sqrt(1 - own ** 2), "own_variance": k.own_sd ** 2,
        "hyperscaler_follow": k.hyperscaler_follow, "small_spot": k.small_spot,
    }


def _terms(config: ComputeConfig) -> dict[str, float]:
    t = config.terms
    return {"term_gain": 1.0 / t.length, "term_index": t.index_share, "term_switch": t.switch,
            "reserve_share": t.reserved, "reserve_gain": 1.0 / max(1.0, t.reserve_time)}


def derive(config: ComputeConfig) -> SimpleNamespace:
    """All parameters in the units that the rules use: days, logs, decays."""
    return SimpleNamespace(**_supply(config), **_demand(config), **_noise(config), **_prices(config), **_terms(config),
                           **_lists(config))


def pack(values: SimpleNamespace) -> np.ndarray:
    """The same as one record, an array of one element whose fields kernels read."""
    out = np.zeros(1, record(**dict.fromkeys(vars(values), "f8")))
    for name, value in vars(values).items():
        out[name] = value
    return out


def horizon_table(p: SimpleNamespace) -> np.ndarray:
    """record[37]: what is left of each state today (row 0) and in the middle of each month, and what time adds."""
    out = np.zeros(MONTHS + 1, HORIZON)
    ahead = np.concatenate([[0.0], MONTH_DAYS * (np.arange(MONTHS) + 0.5)])
    out["years"], out["days"] = ahead / BUSINESS_DAYS, ahead
    out["reserved"] = np.exp(-p.reserve_gain * ahead)
    out["growth"] = (1 - p.growth_decay ** ahead) / (-math.log(p.growth_decay) * BUSINESS_DAYS)
    for name, decay in {"regional": p.regional_decay, "shock": p.shock_decay, "need": p.need_decay,
                        "fast": p.fast_decay, "jump": p.jump_decay, "squeezed": p.squeeze_decay,
                        "migration": p.migration_decay}.items():
        out[name] = decay ** ahead
    for name, gain in {"saving": p.saving_gain, "rebound": p.rebound_gain, "ramp": p.squeeze_ramp}.items():
        out[name] = np.exp(-gain * ahead)
    out["drift"] = p.jump_drift * (1 - out["jump"]) + p.squeeze_drift * (1 - out["squeezed"])
    out["variance"] = p.fast_variance * (1 - out["fast"] ** 2)
    out["slow_variance"] = p.slow_variance * np.minimum(out["years"], 1.5)
    out["slow"] = 1 - math.exp(-MONTH_DAYS * p.slow_gain)
    out["slow"][0] = p.slow_gain
    out["survival"] = 1 - np.diff(ahead, prepend=0.0) * p.attrition
    return out


def by_region(block: object) -> np.ndarray:
    """float64[4] from a block with one field a region."""
    return np.array([getattr(block, name.lower()) for name in REGIONS])
