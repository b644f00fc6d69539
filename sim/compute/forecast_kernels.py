"""What the public expects: prices by month, and posted prices that follow them."""

import math

from sim.compute.kernels import clear, slack_of
from sim.jit import kernel, leaf


@leaf
def strip_of(prefix, month, months):
    """Mean log price of the twelve months after `month`, or of those there are."""
    low = min(month, months - 1)
    high = min(month + 12, months)
    return (prefix[high] - prefix[low]) / (high - low)


@kernel
def project(params, dials, region_dials, world, region, weights, log_cost, asked_energy, future, prefix, path, outlook):
    """Expected log price of an H100-equivalent hour by region for the months ahead; updates the own strip.

    A deterministic projection with one clearing a month and a closed-form term for the mean of the exponential.
    Month m covers business days 21(m-1)..21m after today. The strip that offers and users read in each month is
    yesterday's outlook, so today's and tomorrow's prices are never solved together.

    future       : float64[4, months] H100e  in: expected energisations
    prefix       : float64[months + 1]       workspace
    path         : float64[4, months] log $  in, out: clearing price of each month, warm start of the next day
    outlook      : float64[4, months] log $  in, out: expected price, yesterday's on entry
    """
    p, d, w = params[0], dials[0], world[0]
    regions, months = outlook.shape
    mean_pull = 0.0
    for r in range(regions):
        mean_pull += math.exp(region[r].migration) / regions
    for r in range(regions):
        area = region[r]
        prefix[0] = 0.0
        for m in range(months):
            prefix[m + 1] = prefix[m] + outlook[r, m]
        capacity, slow = area.capacity, area.slow
        growth_kappa = -math.log(p.growth_decay)
        permanent, migration, need = area.permanent, math.log(
            1.0 - p.mobile_share + p.mobile_share * math.exp(area.migration) / mean_pull), w.need + area.need
        log_mult = math.log(region_dials[r].demand_mult)
        # the squeeze under way: a ramp towards a target that decays
        squeeze_kappa = -math.log(p.squeeze_decay)
        ramp = -math.log(1.0 - p.squeeze_gain) if p.squeeze_gain < 1.0 else 40.0
        hump = w.squeeze_target * ramp / (ramp - squeeze_kappa) if abs(ramp - squeeze_kappa) > 1e-9 else 0.0
        for m in range(months):
            ahead = 21.0 * m + 10.5
            capacity = (capacity * (1.0 - (21.0 if m > 0 else 10.5) * p.attrition)
                        + (0.5 * future[r, m - 1] if m > 0 else 0.0) + 0.5 * future[r, m])
            faded = p.shock_decay ** ahead
            growth = (w.growth_anchor * ahead + w.growth_belief * (1.0 - p.growth_decay ** ahead) / growth_kappa) / 252.0
            saving = w.saving_target + (w.saving - w.saving_target) * math.exp(-ahead * p.saving_gain)
            rebound = w.rebound_target + (w.rebound - w.rebound_target) * math.exp(-ahead * p.rebound_gain)
            demand = (area.demand + growth + (p.regional_decay ** ahead - 1.0) * permanent + (faded - 1.0) * log_mult
                      + rebound - w.rebound - saving + w.saving)
            ratio = math.exp(demand) / capacity
            needed = p.need * ratio * math.exp(need * p.need_decay ** ahead - p.elasticity_slow * slow)
            fast = ((w.fast + area.fast) * p.fast_decay ** ahead + (w.jump + area.jump) * p.jump_decay ** ahead
                    + hump * p.squeeze_decay ** ahead + (w.squeeze - hump) * math.exp(-ramp * ahead)
                    + p.jump_drift * (1.0 - p.jump_decay ** ahead) + p.squeeze_drift * (1.0 - p.squeeze_decay ** ahead))
            uncommitted = area.reference_demand * ratio * math.exp(
                fast + migration * p.migration_decay ** ahead
                - max(0.0, p.elasticity_slow - p.elasticity_fast) * slow)
            slack, busy = slack_of(p, needed), min(needed, 1.0)
            overflow = p.committed * max(0.0, slack - (1.0 - needed)) + 1e-12
            floats = ((1.0 - p.committed) * max(0.0, 1.0 - p.vacancy - d.vacancy_add * faded)
                      * (1.0 + (d.float_mult - 1.0) * faded))
            strip = strip_of(prefix, m + 1, months)
            y, elastic_share, steep = clear(
                p, path[r, m], 1e-6, uncommitted, overflow, slack, busy, strip + w.curve_offers,
                strip + w.curve_demand, asked_energy[r], floats,
                p.committed * (1.0 + (d.sublet_mult - 1.0) * faded),
                p.spare * area.hyperscaler_share * (1.0 + (d.spare_mult - 1.0) * faded), weights, log_cost, r)
            path[r, m] = y
            slope = elastic_share / steep
            variance = p.fast_variance * (1.0 - p.fast_decay ** (2.0 * ahead))
            outlook[r, m] = y + 0.5 * slope * slope * variance + 0.5 * p.slow_variance * min(ahead / 252.0, 1.5)
            slow += (y - p.log_reference - slow) * (1.0 - math.exp(-21.0 * p.slow_gain))
        total = 0.0
        for m in range(12):
            total += outlook[r, m]
        area.strip = total / 12.0


@kernel
def expect_lists(params, world, region, outlook, panel, day, level, start, hazard, spot_weight, offset, prefix, out):
    """Expected log level of an average of list prices at today and in the months ahead.

    outlook     : float64[4, months] log $ in
    panel       : float64[4]    in: weight of each region in the average
    level       : float64 log $ in: the average today
    start       : float64       log restatement level, added to the result
    hazard      : float64       per day, mean over the average
    spot_weight : float64       share of the average that follows spot directly
    offset      : float64       log mark-up that the average carries over the reference
    prefix      : float64[months + 1]  workspace
    out         : float64[months + 1] log $  out: today first
    """
    p, w = params[0], world[0]
    regions, months = outlook.shape
    reference = spot = 0.0
    for r in range(regions):
        reference += panel[r] * region[r].list_reference
    prefix[0] = 0.0
    for m in range(months):
        spot = 0.0
        for r in range(regions):
            spot += panel[r] * outlook[r, m]
        prefix[m + 1] = prefix[m] + spot
    decay_belief, average = p.belief_decay, level
    out[0] = start + level
    for m in range(months):
        ahead = 21.0 * m + 10.5
        step = 10.5 if m == 0 else 21.0
        trend = -p.obsolescence * (day + ahead)
        spot = prefix[m + 1] - prefix[m]
        strip = strip_of(prefix, m + 1, months)
        target = (p.strip_weight * (strip + w.curve_lists - p.obsolescence * 126.0) + (1.0 - p.strip_weight) * spot + trend
                  + w.belief * decay_belief ** ahead)
        reference += (target - reference) * (1.0 - p.reference_decay ** step)
        goal = (1.0 - spot_weight) * reference + spot_weight * (spot + trend) + offset
        average += (goal - average) * (1.0 - math.exp(-0.9 * hazard * step))
        out[m + 1] = start + average
