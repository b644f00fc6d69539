"""List prices, one business day at a time."""

from sim.compute.kernels import logistic
from sim.jit import combine, kernel, leaf, normal, uniform


@leaf
def administered(gap, part):
    """The posted change for a gap in logs: part of it, as 5, 10 or 20 % up, or down by the same factor."""
    size = part * abs(gap)
    step = 0.048790164169432 if size < 0.075 else (0.0953101798043249 if size < 0.15 else 0.182321556793955)
    return step if gap > 0.0 else -step


@kernel
def step_lists(params, world, region, provider, key, day):
    """Providers review list prices with a small chance and change them in administered steps.

    params        : record[1]       in
    world, region : record[1], [4]  in, out: stockout; list_reference
    provider      : record[n]       in, out: own, log_list, sold_out, chance (of being left out of panels)
    key           : uint64          luck of the day; provider i draws from (its key, key)
    day           : float64
    """
    p, w = params[0], world[0]
    trend = -p.obsolescence * day - w.aged - w.crowding
    strip_trend = trend - p.obsolescence * 126.0  # the 12-month strip lies half a year ahead
    for r in range(region.shape[0]):
        area = region[r]
        target = (p.strip_weight * (area.strip + w.curve_lists + strip_trend)
                  + (1.0 - p.strip_weight) * (area.price + trend) + w.belief)
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
        one.chance = uniform(luck, 2)
        one.sold_out = logistic((spot - one.log_list) / p.stockout_width)
        w.stockout += one.sold_out / provider.shape[0]
