"""What a generation's work fetches over the average, and when it does not pay to run."""

import math

from sim.compute.kernels import logistic
from sim.jit import kernel


@kernel
def rank_generations(params, region_dials, chips, world, region, power, mix, weights, level, log_cost, runs, day):
    """Price of each generation's work over the H100-equivalent price, its avoidable cost, and what of its float runs.

    Users want the generations that are being delivered, ahead of the fleet that runs by what is expected to come. What
    a generation's share in deliveries has over its share in the fleet makes it dear, by 1 / elasticity of substitution;
    the mean over the fleet stays, so that a new generation makes old ones cheap.

    params, region_dials : record[1], [4]  in
    chips    : record[g]     in: throughput, power, avoidable cost without power, old, ages_from
    world    : record[1]     in: aged; out: crowding of the first region since the start
    region   : record[4]     in: price, crowding_first, coming; out: crowding, energy
    power    : float64[4] $/kWh       in: undisturbed power price
    mix      : float64[4, g]          in: share of each generation in the work delivered to a region
    weights  : float64[4, g]          in: share of each generation in capacity
    level    : float64[4, g] log      out: price of a generation's work over the H100-equivalent price
    log_cost : float64[4, g] log $/H100e-hour  out: avoidable cost, in H100-equivalents of the same price
    runs     : float64[4, g]          out: share of the float that covers its avoidable cost at yesterday's price
    day      : float64                business days since day 0
    """
    p, w = params[0], world[0]
    for r in range(mix.shape[0]):
        area, rate = region[r], power[r] * region_dials[r].power_mult
        mean = dearer = 0.0  # energy per H100e-hour above its undisturbed cost, which asks pass on
        for g in range(mix.shape[1]):
            wanted = 1.0 + area.coming * mix[r, g] / (weights[r, g] + p.familiar)
            level[r, g] = math.log(wanted) / p.substitution
            mean += weights[r, g] * math.exp(level[r, g])
        area.crowding = math.log(max(mean, 1.0)) - area.crowding_first
        for g in range(mix.shape[1]):
            since = day if chips[g].old > 0.0 else max(0.0, day - chips[g].ages_from)
            level[r, g] -= area.crowding + p.obsolescence * since + chips[g].old * w.aged
            per_dollar = chips[g].power * p.pue / chips[g].throughput
            cost = chips[g].avoidable / chips[g].throughput + per_dollar * rate
            dearer += weights[r, g] * per_dollar * (rate - power[r])
            log_cost[r, g] = math.log(cost) - level[r, g]
            runs[r, g] = logistic((area.price - log_cost[r, g]) / p.merit_width)
        area.energy = math.log(max(0.05, 1.0 + dearer / math.exp(p.log_reference)))
    w.crowding = region[0].crowding
