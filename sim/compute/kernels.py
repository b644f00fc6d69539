"""Demand, the spot market of each region, list prices and the pace of AI, one business day at a time."""

import math

from sim.compute.supply_kernels import logistic
from sim.jit import combine, kernel, leaf, normal, uniform


@leaf
def balance(p, y, spot_demand, overflow, slack, busy, supply_strip, demand_strip, energy, floats, sublets, spares,
            weights, log_cost, r):
    """Demand and supply per unit of capacity at log price y, and what the Newton step needs.

    Returns the uncommitted demand, the overflow of full contracts, supply, d supply / d y, displaced use.
    """
    supply = slope = 0.0
    for g in range(weights.shape[1]):  # merit order of the float: a chip runs when the price covers its avoidable cost
        share = logistic((y - log_cost[r, g]) / p.merit_width)
        supply += floats * weights[r, g] * share
        slope += floats * weights[r, g] * share * (1.0 - share) / p.merit_width
    held = p.withholding * (supply_strip - p.log_reference) + energy
    share = logistic((y - p.sublet_ask - held) / p.sublet_width)
    supply += sublets * slack * share
    slope += sublets * slack * share * (1.0 - share) / p.sublet_width
    share = logistic((y - p.displaced_ask - held) / p.displaced_width)
    displaced = p.committed * p.displaced * busy * share
    supply += displaced
    slope += displaced * (1.0 - share) / p.displaced_width
    share = logistic((y - p.spare_ask - held) / p.spare_width)
    supply += spares * share
    slope += spares * share * (1.0 - share) / p.spare_width
    deviation = y - p.log_reference
    elastic = spot_demand * math.exp(-p.elasticity_fast * deviation - p.shift_in_time * (y - demand_strip))
    contracts = overflow * math.exp(-p.elasticity_overflow * deviation)
    return elastic, contracts, supply, slope, displaced


@leaf
def clear(p, y, tolerance, spot_demand, overflow, slack, busy, supply_strip, demand_strip, energy, floats, sublets,
          spares, weights, log_cost, r):
    """Log price at which demand meets supply, and the slopes there.

    Newton on ln(demand / supply), which falls with y everywhere, from the start y with steps of at most 0.7.
    Returns the price, the uncommitted share of demand, minus the slope of the log excess.
    """
    elastic_share = steep = 1.0
    for _ in range(60):
        elastic, contracts, supply, slope, displaced = balance(
            p, y, spot_demand, overflow, slack, busy, supply_strip, demand_strip, energy, floats, sublets, spares,
            weights, log_cost, r)
        demand = elastic + contracts
        elastic_share = elastic / demand
        steep = (elastic_share * (p.elasticity_fast + p.shift_in_time) + (1.0 - elastic_share) * p.elasticity_overflow
                 + slope / supply)
        step = math.log(demand / supply) / max(steep, 1e-6)
        y += min(0.7, max(-0.7, step))
        if abs(step) < tolerance:
            break
    return y, elastic_share, steep


@leaf
def slack_of(p, needed):
    """Unused share of contracted capacity when the need is `needed` of it; smooth at the kink."""
    x = (1.0 - needed) / p.need_smoothness
    return p.need_smoothness * (x if x > 40.0 else math.log(1.0 + math.exp(x)))


@leaf
def energy_shift(p, chips, weights, power, reference_power, r):
    """Log shift of asks through energy cost per H100-equivalent hour."""
    change = 0.0
    for g in range(weights.shape[1]):
        change += weights[r, g] * chips[g].power * p.pue * (power - reference_power) / chips[g].throughput
    return math.log(max(0.05, 1.0 + change / math.exp(p.log_reference)))


@leaf
def step_world(p, d, w, key, day, scale):
    """One day of the states that all regions share."""
    # growth and level of demand; forecasters filter growth from the level, dials and surge being public news
    w.growth = p.growth_decay * w.growth + scale * p.growth_step * normal(key, 0)
    change = (p.growth_demand + w.growth + d.growth_add) / 252.0 + scale * p.permanent_step * normal(key, 1)
    w.level += change
    seen = change * 252.0 - w.growth_anchor - w.growth_belief
    w.growth_belief = p.growth_decay * w.growth_belief + p.learning_gain * seen
    w.growth_anchor += p.anchor_gain * (change * 252.0 - w.growth_anchor)
    # fast shocks with a common volatility; jumps at once, squeezes over days
    w.volatility = p.volatility_decay * w.volatility + p.volatility_step * normal(key, 2)
    w.fast = p.fast_decay * w.fast + p.fast_world * math.exp(w.volatility - p.volatility_mean) * normal(key, 3)
    w.jump *= p.jump_decay
    if uniform(key, 8) < p.jump_chance * math.exp(w.volatility - 0.5 * p.volatility_mean):
        w.jump += p.jump_mean + p.jump_sd * normal(key, 4)
    w.squeeze_target *= p.squeeze_decay
    if uniform(key, 9) < p.squeeze_chance:
        w.squeeze_target += p.squeeze_mean + p.squeeze_sd * normal(key, 5)
    w.squeeze += p.squeeze_gain * (w.squeeze_target - w.squeeze)
    w.need = p.need_decay * w.need + p.need_step * normal(key, 6)
    w.grade = p.grade_decay * w.grade + p.grade_step * normal(key, 7)
    w.belief = p.belief_decay * w.belief + p.belief_step * normal(key, 10)
    # an efficiency jump saves compute first and brings new uses later
    w.saving += p.saving_gain * (w.saving_target - w.saving)
    w.rebound += p.rebound_gain * (w.rebound_target - w.rebound)
    w.efficiency *= math.exp(p.efficiency_growth)


@leaf
def step_region(p, w, area, key, r, scale):
    """One day of the states of one region."""
    luck = combine(key, r)
    area.permanent = p.regional_decay * area.permanent + scale * p.regional_step * normal(luck, 0)
    area.need = p.need_decay * area.need + p.need_step * normal(luck, 1)
    area.volatility = p.volatility_decay * area.volatility + p.volatility_step * normal(luck, 2)
    area.fast = p.fast_decay * area.fast + p.fast_region * math.exp(area.volatility - p.volatility_mean) * normal(luck, 3)
    area.jump *= p.jump_decay
    if uniform(luck, 4) < p.jump_chance * math.exp(area.volatility - 0.5 * p.volatility_mean):
        area.jump += p.jump_mean + p.jump_sd * normal(luck, 5)


@kernel
def step_market(params, dials, region_dials, chips, world, region, weights, log_cost, power, asked_energy, world_key,
                region_key, day, scale):
    """Demand of one day, clearing and transactions in each region, rationing and use.

    params, dials : record[1]        in
    region_dials  : record[4]        in: demand_mult, power_mult, available
    chips         : record[g]        in: throughput, power, avoidable cost without power
    world, region : record[1], [4]   in, out: states; figures of the day
    weights       : float64[4, g]    in: share of each generation in capacity
    log_cost      : float64[4, g] log $/H100e-hour  out: avoidable cost of each generation
    power         : float64[4] $/kWh in: undisturbed power price
    asked_energy  : float64[4] log   out: shift of asks through energy
    world_key, region_key : uint64   luck of the day
    day           : float64          business days since day 0
    scale         : float64          size of slow shocks (smaller in the burn-in)
    """
    p, d, w = params[0], dials[0], world[0]
    regions = region.shape[0]
    step_world(p, d, w, world_key, day, scale)
    surge = p.surge * min(1.0, max(0.0, 1.0 + day / p.surge_days))
    mean_pull = mean_price = 0.0
    for r in range(regions):
        step_region(p, w, region[r], region_key, r, scale)
        mean_pull += math.exp(region[r].migration) / regions
        mean_price += region[r].price / regions
    w.demand = w.served = w.rationed = w.utilisation = w.idle = 0.0
    for r in range(regions):
        area, rate = region[r], power[r] * region_dials[r].power_mult
        for g in range(weights.shape[1]):
            e = chips[g].throughput
            log_cost[r, g] = math.log((chips[g].avoidable + chips[g].power * p.pue * rate) / e)
        asked_energy[r] = energy_shift(p, chips, weights, rate, power[r], r)
        area.demand = (area.base_demand + w.level + area.permanent + surge + w.rebound - w.saving
                       + math.log(region_dials[r].demand_mult))
        ratio = math.exp(area.demand) / area.capacity
        area.needed = p.need * ratio * math.exp(w.need + area.need - p.elasticity_slow * area.slow)
        mobile = 1.0 - p.mobile_share + p.mobile_share * math.exp(area.migration) / mean_pull
        area.uncommitted = area.reference_demand * ratio * mobile * math.exp(
            w.fast + area.fast + w.jump + area.jump + w.squeeze
            - max(0.0, p.elasticity_slow - p.elasticity_fast) * area.slow)
        slack, busy = slack_of(p, area.needed), min(area.needed, 1.0)
        overflow = p.committed * max(0.0, slack - (1.0 - area.needed)) + 1e-12
        floats = (1.0 - p.committed) * max(0.0, 1.0 - p.vacancy - d.vacancy_add) * d.float_mult
        sublets, spares = p.committed * d.sublet_mult, p.spare * area.hyperscaler_share * d.spare_mult
        offers_strip, users_strip = area.strip + w.curve_offers, area.strip + w.curve_demand
        area.clearing, _, _ = clear(p, area.clearing, 1e-10, area.uncommitted, overflow, slack, busy, offers_strip,
                                    users_strip, asked_energy[r], floats, sublets, spares, weights, log_cost, r)
        gap = area.clearing - area.price
        area.price += min(1.0, p.adjustment + p.adjustment_gap * abs(gap)) * gap
        elastic, contracts, supply, _, displaced = balance(
            p, area.price, area.uncommitted, overflow, slack, busy, offers_strip, users_strip,
            asked_energy[r], floats, sublets, spares, weights, log_cost, r)
        area.served = min(elastic + contracts, supply)
        area.rationed = elastic + contracts - area.served
        area.used = p.committed * (1.0 - slack) + area.served * (1.0 - displaced / supply)
        area.slow += p.slow_gain * (area.price - p.log_reference - area.slow)
        area.migration = (p.migration_decay * area.migration
                          - (1.0 - p.migration_decay) * p.migration * (area.price - mean_price))
        w.demand += (p.committed * busy + elastic + contracts) * area.capacity
        w.served += area.served * area.capacity
        w.rationed += area.rationed * area.capacity
        w.utilisation += area.used * area.capacity / w.capacity
    w.idle = 1.0 - w.utilisation
    w.rationed /= w.served + w.rationed
    w.pace += p.training_share * w.utilisation * w.capacity * w.efficiency / 252.0


@leaf
def administered(gap, part):
    """The posted change for a gap in logs: part of it, as 5, 10 or 20 % up, or down by the same factor."""
    size = part * abs(gap)
    step = 0.048790164169432 if size < 0.075 else (0.0953101798043249 if size < 0.15 else 0.182321556793955)
    return step if gap > 0.0 else -step


@kernel
def step_lists(params, world, region, provider, key, day):
    """Providers review list prices with a small chance and change them in administered steps.

    world, region : record[1], [4]  in, out: stockout; list_reference
    provider      : record[n]       in, out: own, log_list, sold_out
    key           : uint64          luck of the day; provider i draws from (its key, key)
    day           : float64
    """
    p, w = params[0], world[0]
    trend = -p.obsolescence * day
    strip_trend = trend - p.obsolescence * 126.0  # the 12-month strip lies half a year ahead
    for r in range(region.shape[0]):
        area = region[r]
        target = p.strip_weight * (area.strip + w.curve_lists + strip_trend) + (1.0 - p.strip_weight) * (area.price + trend) + w.belief
        area.list_reference += (1.0 - p.reference_decay) * (target - area.list_reference)
    w.stockout = 0.0
    for i in range(provider.shape[0]):
        one = provider[i]
        area, luck = region[one.region], combine(one.key, key)
        spot = area.price + w.grade + trend
        one.own = p.own_decay * one.own + p.own_step * normal(luck, 0)
        anchor, hazard = area.list_reference, p.hazard
        if one.kind == 0:
            anchor = p.log_reference + p.hyperscaler_follow * (area.list_reference - p.log_reference)
            hazard = p.hazard_hyperscaler
        elif one.kind == 2:
            anchor = (1.0 - p.small_spot) * area.list_reference + p.small_spot * spot
            hazard = p.hazard_small
        gap = anchor + one.markup + one.own - one.log_list
        if abs(gap) > p.threshold and uniform(luck, 1) < hazard:
            one.log_list += administered(gap, p.part)
        one.sold_out = logistic((spot - one.log_list) / p.stockout_width)
        w.stockout += one.sold_out / provider.shape[0]
