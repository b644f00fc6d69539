"""How posted prices are expected to follow the market."""

import math

from sim.compute.kernels import strip_of
from sim.jit import kernel


@kernel
def expect_lists(params, world, region, outlook, panel, day, level, start, hazard, spot_weight, offset, prefix, out):
    """Expected log level of an average of list prices at today and in the months ahead.

    params, world, region : record[1], [1], [4]  in
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
    reference = 0.0
    for r in range(regions):
        reference += panel[r] * region[r].list_reference
    prefix[0] = 0.0
    for m in range(months):
        spot = 0.0
        for r in range(regions):
            spot += panel[r] * outlook[r, m]
        prefix[m + 1] = prefix[m] + spot
    average = level
    out[0] = start + level
    for m in range(months):
        ahead = 21.0 * m + 10.5
        step = 10.5 if m == 0 else 21.0
        trend = -p.obsolescence * (day + ahead) - w.aged - w.crowding
        spot = prefix[m + 1] - prefix[m]
        strip = strip_of(prefix, m + 1, months)
        target = (p.strip_weight * (strip + w.curve_lists - p.obsolescence * 126.0) + (1.0 - p.strip_weight) * spot
                  + trend + w.belief * p.belief_decay ** ahead)
        reference += (target - reference) * (1.0 - p.reference_decay ** step)
        goal = (1.0 - spot_weight) * reference + spot_weight * (spot + trend) + offset
        average += (goal - average) * (1.0 - math.exp(-0.9 * hazard * step))
        out[m + 1] = start + average
