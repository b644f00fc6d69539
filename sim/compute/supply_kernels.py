"""Supply: orders, allocation, sites, fleets and the outlook of energisations."""

import math

import numpy as np

from sim.jit import combine, kernel, leaf, uniform


@leaf
def logistic(x):
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + math.exp(-x))


@leaf
def delivery_share_of(p, generation, generations, china, control, day):
    """Share of a region's delivered work that comes as this generation (H100-equivalents)."""
    last = generations - 1  # the domestic Chinese chip
    nvidia = 1.0
    if china:
        stopped = p.nvidia_share_china * control
        total = stopped + 1.0 - p.nvidia_share_china
        nvidia = stopped / total if total > 0.0 else 0.0
    if generation == last:
        return 1.0 - nvidia
    rubin = logistic((day - p.vr200_day) / p.takeover_width)
    blackwell = logistic((day - p.gb300_day) / p.takeover_width)
    if generation == 4:
        return nvidia * rubin
    if generation == 3:
        return nvidia * (1.0 - rubin) * blackwell
    if generation == 2:
        return nvidia * (1.0 - rubin) * (1.0 - blackwell)
    return 0.0


@kernel
def allocate_chips(params, dials, world, region, provider, placed, placed_total, delivered, day, slot):
    """Share the vendor's output of one day among the providers that wait.

    params       : record[1]       in: parameters per day
    dials        : record[1]       in: multipliers that shocks set
    world        : record[1]       in, out: vendor_view, orders, delivered
    region       : record[4]       in, out: delivery_share
    provider     : record[n]       in, out: queue, order
    placed       : float64[lead, n] H100e  in, out: orders by the day they were placed; row `slot` is read, then overwritten
    placed_total : float64[lead] H100e     in, out: sums of the rows
    delivered    : float64[n] H100e        out: chips delivered today
    day          : float64  business days since day 0
    slot         : int64    row of `placed` for today
    """
    p, d, w = params[0], dials[0], world[0]
    n, regions = provider.shape[0], region.shape[0]
    strip = 0.0
    for r in range(regions):
        strip += (region[r].strip + w.curve_orders) * region[r].capacity / w.capacity
    w.vendor_view += p.vendor_gain * (strip - p.log_reference - w.vendor_view)
    output = p.vendor_rate * math.exp(p.growth_supply * day + p.vendor_response * w.vendor_view) * d.supply_mult
    large = other = 0.0
    for i in range(n):
        provider[i].queue += placed[slot, i]
        if provider[i].kind == 0:
            large += provider[i].queue
        else:
            other += provider[i].queue
    waiting = large + other
    pro_rata = min(1.0, output / waiting) if waiting > 0.0 else 0.0
    fill_large = min(1.0, (1.0 + p.hyperscaler_favour) * pro_rata)
    fill_large = min(fill_large, output / large) if large > 0.0 else 0.0
    fill_other = min(1.0, max(0.0, output - fill_large * large) / other) if other > 0.0 else 0.0
    refused = welcome = 0.0
    for i in range(n):
        fill = fill_large if provider[i].kind == 0 else fill_other
        amount = fill * provider[i].queue
        provider[i].queue -= amount
        if provider[i].region == 1:
            stopped = amount * p.nvidia_share_china * max(0.0, 1.0 - d.export_control)
            refused += stopped
            amount -= stopped
        else:
            welcome += amount
        delivered[i] = amount
    extra = p.refusal_redirected * refused / welcome if welcome > 0.0 else 0.0
    total = 0.0
    for i in range(n):
        if provider[i].region != 1:
            taken = min(provider[i].queue, extra * delivered[i])  # nobody receives more than it has ordered
            provider[i].queue -= taken
            delivered[i] += taken
        total += delivered[i]
    if total > 0.0:
        for r in range(regions):
            here = 0.0
            for i in range(n):
                if provider[i].region == r:
                    here += delivered[i]
            region[r].delivery_share += 0.05 * (here / total - region[r].delivery_share)
    ordered = 0.0
    for i in range(n):
        strip = region[provider[i].region].strip + w.curve_orders
        order = (provider[i].capacity * p.order_rate * math.exp(p.order_response * (strip - p.log_reference))
                 * provider[i].order_multiplier)
        provider[i].order = order
        placed[slot, i] = order
        ordered += order
    placed_total[slot] = ordered
    w.orders, w.delivered = ordered, total


@kernel
def move_fleet(params, dials, region_dials, chips, world, region, provider, delivered, carry, worn, fleet, received,
               retired, ring, schedule, weights, key, day, slot):
    """Deliver whole GPUs, energise those whose site is ready, retire old ones, and add up capacity.

    delivered : float64[n] H100e     in: work delivered today
    carry     : float64[n, g] GPUs   in, out: fractions of a GPU not yet delivered
    worn      : float64[n, g] GPUs   in, out: fractions of a GPU not yet retired
    fleet     : int64[n, g]          in, out: running
    received  : int64[n, g]          in, out: ever delivered, the first fleet included
    retired   : int64[n, g]          in, out: ever retired
    ring      : int64[h, n, g]       in, out: waiting for a site, by day of energisation
    schedule  : float64[4, h] H100e  in, out: the same by region
    weights   : float64[4, g]        out: share of each generation in a region's capacity
    key       : uint64               luck of the day; provider i draws from (its key, key)
    day, slot : float64, int64       day since day 0; row of `ring` for today
    """
    p, d, w = params[0], dials[0], world[0]
    n, g_count = fleet.shape
    horizon, regions = ring.shape[0], region.shape[0]
    for r in range(regions):
        region[r].capacity = 0.0
        for g in range(g_count):
            weights[r, g] = 0.0
        schedule[r, slot] = 0.0
    w.energised = 0.0
    span = p.late_most - p.late_least
    on_time_slot = (slot + np.int64(p.site_time)) % horizon
    for i in range(n):
        r = provider[i].region
        luck = combine(provider[i].key, key)
        wait = np.int64(p.late_least + uniform(luck, 0) * (span + 1.0))
        late_slot = (slot + np.int64(p.site_time) + wait) % horizon
        again_slot = (slot + wait) % horizon
        rounding = uniform(luck, 1)
        capacity = 0.0
        for g in range(g_count):
            e = chips[g].throughput
            carry[i, g] += delivered[i] * delivery_share_of(p, g, g_count, r == 1, d.export_control, day) / e
            whole = np.int64(carry[i, g])
            carry[i, g] -= whole
            received[i, g] += whole
            late = np.int64(p.late_share * whole + rounding)
            ring[on_time_slot, i, g] += whole - late
            ring[late_slot, i, g] += late
            schedule[r, on_time_slot] += e * (whole - late)
            schedule[r, late_slot] += e * late
            due = ring[slot, i, g]
            held = min(due, np.int64(max(0.0, 1.0 - d.site_mult) * due + rounding))
            ring[slot, i, g] = 0
            ring[again_slot, i, g] += held
            schedule[r, again_slot] += e * held
            worn[i, g] += fleet[i, g] * chips[g].retirement
            old = min(fleet[i, g], np.int64(worn[i, g]))
            worn[i, g] -= old
            retired[i, g] += old
            fleet[i, g] += due - held - old
            w.energised += e * (due - held)
            work = e * fleet[i, g]
            capacity += work
            weights[r, g] += work
        provider[i].capacity = capacity
        region[r].capacity += capacity
    w.capacity = 0.0
    for r in range(regions):
        w.capacity += region[r].capacity
        for g in range(g_count):
            weights[r, g] /= max(region[r].capacity, 1e-300)
        region[r].capacity *= region_dials[r].available  # curtailed sites stay in the fleet but do not run


@kernel
def outlook_energisations(params, dials, world, region, provider, placed_total, schedule, flow, cumulated, future,
                          day, slot_order, slot_site):
    """Expected energisations of the coming months, from sites under way, orders in the queue and vendor output.

    placed_total : float64[lead] H100e    in
    schedule     : float64[4, h] H100e    in
    flow         : float64[days] H100e    out (workspace): expected deliveries per day ahead
    cumulated    : float64[days + 1]      out (workspace): their running sum
    future       : float64[4, months] H100e  out: expected energisations by month ahead
    """
    p, d, w = params[0], dials[0], world[0]
    days, lead, horizon = flow.shape[0], placed_total.shape[0], schedule.shape[1]
    regions, months = future.shape
    queue = 0.0
    for i in range(provider.shape[0]):
        queue += provider[i].queue
    growth, fade_step = math.exp(p.growth_supply), p.shock_decay
    output = p.vendor_rate * math.exp(p.growth_supply * day + p.vendor_response * w.vendor_view)
    gap, later_order, site = 1.0 - d.supply_mult, w.orders, np.int64(p.site_time)
    cumulated[0] = 0.0
    for k in range(days):
        output *= growth
        gap *= fade_step
        if k < lead:
            queue += placed_total[(slot_order + 1 + k) % lead]
        else:
            later_order *= growth
            queue += later_order
        flow[k] = min(queue, output * max(0.0, 1.0 - gap))
        queue -= flow[k]
        cumulated[k + 1] = cumulated[k] + flow[k]
    for r in range(regions):
        for m in range(months):
            future[r, m] = 0.0
    least, most = np.int64(p.late_least), np.int64(p.late_most)
    site_gap = max(0.0, 1.0 - d.site_mult)
    typical = (least + most) // 2
    per_month = days // months
    for k in range(days):
        site_gap *= fade_step
        new = 0.0
        if k >= site:
            new += (1.0 - p.late_share) * flow[k - site]
        high = k - site - least + 1
        if high > 0 and most > least:
            low = max(0, k - site - most)
            new += p.late_share * (cumulated[high] - cumulated[low]) / (most - least + 1.0)
        elif high > 0:
            new += p.late_share * flow[high - 1]
        moved = (k + typical) // per_month
        for r in range(regions):
            amount = region[r].delivery_share * new
            if k + 1 < horizon:
                amount += schedule[r, (slot_site + 1 + k) % horizon]
            future[r, k // per_month] += amount * (1.0 - site_gap)
            if moved < months:
                future[r, moved] += amount * site_gap
