"""The fleet, in whole GPUs."""

import numpy as np

from sim.jit import combine, kernel, leaf, uniform

MADE, RUNNING, IDLE, QUEUED, RETIRED, EXPORTED = range(6)  # lines of the book of GPUs


@leaf
def begin_day(region, weights, schedule, book, slot):
    """What is added up anew each day."""
    for r in range(region.shape[0]):
        region[r].capacity = 0.0
        for g in range(weights.shape[1]):
            weights[r, g] = 0.0
            book[1, r, g] = book[2, r, g] = 0
        schedule[r, slot] = 0.0


@leaf
def enter(book, r, g, transit, whole, around, begun, old, fleet, idle):
    """A day of one owner's GPUs: deliveries, those of them sold to `transit` first, new sites, scrap, what stands."""
    book[0, r, g] += whole - around
    book[0, transit, g] += around
    book[5, transit, g] += around
    book[5, r, g] -= around
    book[1, r, g] += fleet - idle
    book[2, r, g] += idle
    book[3, r, g] += whole - begun
    book[4, r, g] += old


@kernel
def move_fleet(params, dials, region_dials, chips, world, region, provider, delivered, mix, runs, carry, worn,
               fleet, received, retired, idle, dark, book, smuggled, transit, ring, schedule, weights, key, slot):
    """Deliver whole GPUs, energise those whose site is ready, retire old ones, and add up capacity.

    params, dials, region_dials : record[1], [1], [4]  in
    chips     : record[g]            in: throughput, retirement
    world     : record[1]            out: capacity, energised
    region    : record[4]            out: capacity that may run
    provider  : record[n]            in, out: kind, region, key; capacity
    delivered : float64[n] H100e     in: work delivered today
    mix       : float64[4, g]        in: share of each generation in the work delivered to a region
    runs      : float64[4, g]        in: share of the float that covers its avoidable cost; the rest retires sooner
    carry     : float64[n, g] GPUs   in, out: fractions of a GPU not yet delivered
    worn      : float64[n, g] GPUs   in, out: fractions of a GPU not yet retired
    fleet     : int64[n, g]          in, out: running
    received  : int64[n, g]          in, out: ever delivered, the first fleet included
    retired   : int64[n, g]          in, out: ever retired
    idle      : int64[n, g]          out: of those in the fleet, switched off: not worth running, or not allowed to
    dark      : float64[4]           in: of chips that do not cover their cost, the share whose work nobody needs
    book      : int64[6, 4, g]       in, out: made, running, idle, queued for a site, retired, exported net
    smuggled  : float64[4, g]        in: part of deliveries to a region that were made for another one
    transit   : int64                in: that other region
    ring      : int64[h, n, g]       in, out: waiting for a site, by day of energisation
    schedule  : float64[4, h] H100e  in, out: the same by region
    weights   : float64[4, g]        out: share of each generation in a region's capacity
    key       : uint64               luck of the day; provider i draws from (its key, key)
    slot      : int64                row of `ring` for today
    """
    p, d, w = params[0], dials[0], world[0]
    n, g_count = fleet.shape
    horizon, regions = ring.shape[0], region.shape[0]
    begin_day(region, weights, schedule, book, slot)
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
            if received[i, g] == 0 and mix[r, g] == 0.0:
                continue
            e = chips[g].throughput
            carry[i, g] += delivered[i] * mix[r, g] / e
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
            worn[i, g] += fleet[i, g] * (chips[g].retirement + p.idle_retirement * (1.0 - runs[r, g]))
            old = min(fleet[i, g], np.int64(worn[i, g]))
            worn[i, g] -= old
            retired[i, g] += old
            fleet[i, g] += due - held - old
            works = region_dials[r].available * (1.0 - dark[r] * (1.0 - runs[r, g]))
            idle[i, g] = np.int64(fleet[i, g] * (1.0 - works))
            around = min(whole, np.int64(smuggled[r, g] * whole + rounding))
            enter(book, r, g, transit, whole, around, due - held, old, fleet[i, g], idle[i, g])
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
