"""Demand, the spot market of each region and the pace of AI, one business day at a time."""

import math

from sim.compute.class_kernels import mix_of, step_classes
from sim.jit import kernel, leaf


@leaf
def logistic(x):
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + math.exp(-x))


@leaf
def balance(p, y, spot_demand, elasticity, overflow, slack, busy, supply_strip, demand_strip, energy, markup, floats,
            sublets, spares, weights, log_cost, r):
    """Demand and supply per unit of capacity at log price y, and what the Newton step needs.

    Returns the uncommitted demand, the overflow of full contracts, supply, d supply / d y, displaced use, the
    part of d supply / d y that comes from offers held back by the strip, and contracted capacity that is sublet.
    """
    supply = slope = 0.0
    for g in range(weights.shape[1]):  # merit order of the float: a chip runs when the price covers its avoidable cost
        if weights[r, g] == 0.0:
            continue
        share = logistic((y - log_cost[r, g]) / p.merit_width)
        supply += floats * weights[r, g] * share
        slope += floats * weights[r, g] * share * (1.0 - share) / p.merit_width
    held = p.withholding * (supply_strip - p.log_reference) + energy
    rigid = slope
    share = logistic((y - p.sublet_ask - held) / p.sublet_width)
    sublet = sublets * slack * share
    supply += sublet
    slope += sublets * slack * share * (1.0 - share) / p.sublet_width
    share = logistic((y - p.displaced_ask - held) / p.displaced_width)
    displaced = sublets * p.displaced * busy * share
    supply += displaced
    slope += displaced * (1.0 - share) / p.displaced_width
    share = logistic((y - p.spare_ask - held - markup) / p.spare_width)
    spare = spares * share
    supply += spare
    slope += spare * (1.0 - share) / p.spare_width
    deviation = y - p.log_reference
    elastic = spot_demand * math.exp(-elasticity * deviation - p.shift_in_time * (y - demand_strip))
    contracts = overflow * math.exp(-p.elasticity_overflow * deviation)
    return elastic, contracts, supply, slope, displaced, slope - rigid, sublet


@leaf
def clear(p, y, tolerance, spot_demand, elasticity, overflow, slack, busy, supply_strip, demand_strip, energy, markup,
          floats, sublets, spares, weights, log_cost, r):
    """Log price at which demand meets supply, and the slopes there.

    Newton on ln(demand / supply), which falls with y everywhere, from the start y with steps of at most 0.7.
    Returns the price, the uncommitted share of demand, minus the slope of the log excess, d price / d strip.
    """
    elastic_share = steep = 1.0
    held = 0.0
    for _ in range(60):
        elastic, contracts, supply, slope, _, offers, _ = balance(
            p, y, spot_demand, elasticity, overflow, slack, busy, supply_strip, demand_strip, energy, markup, floats,
            sublets, spares, weights, log_cost, r)
        demand = elastic + contracts
        elastic_share = elastic / demand
        steep = (elastic_share * (elasticity + p.shift_in_time) + (1.0 - elastic_share) * p.elasticity_overflow
                 + slope / supply)
        held = p.withholding * offers / supply
        step = math.log(demand / supply) / max(steep, 1e-6)
        y += min(0.7, max(-0.7, step))
        if abs(step) < tolerance:
            break
    return y, elastic_share, steep, (elastic_share * p.shift_in_time + held) / steep


@leaf
def slack_of(p, needed):
    """Unused share of contracted capacity when the need is `needed` of it; smooth at the kink."""
    x = (1.0 - needed) / p.need_smoothness
    return p.need_smoothness * (x if x > 40.0 else math.log1p(math.exp(x)))


@leaf
def step_world(p, d, w, z, u, scale):
    """One day of the states that all regions share."""
    # growth and level of demand; forecasters filter growth from the level, dials and surge being public news
    w.growth = p.growth_decay * w.growth + scale * p.growth_step * z[0]
    change = (p.growth_demand + w.growth + d.growth_add) / 252.0 + scale * p.permanent_step * z[1]
    w.level += change
    seen = change * 252.0 - w.growth_anchor - w.growth_belief
    w.growth_belief = p.growth_decay * w.growth_belief + p.learning_gain * seen
    w.growth_anchor += p.anchor_gain * (change * 252.0 - w.growth_anchor)
    # fast shocks with a common volatility; jumps at once, squeezes over days
    w.volatility = p.volatility_decay * w.volatility + p.volatility_step * z[2]
    w.fast = p.fast_decay * w.fast + p.fast_world * math.exp(w.volatility - p.volatility_mean) * z[3]
    w.jump *= p.jump_decay
    if u[0] < p.jump_chance * math.exp(w.volatility - p.volatility_mean):
        w.jump += p.jump_mean + p.jump_sd * z[4]
    w.squeeze_target *= p.squeeze_decay
    if u[1] < p.squeeze_chance:
        w.squeeze_target += p.squeeze_mean + p.squeeze_sd * z[5]
    w.squeezed += p.squeeze_gain * (w.squeeze_target - w.squeezed)
    w.need = p.need_decay * w.need + p.need_step * z[6]
    w.grade = p.grade_decay * w.grade + p.grade_step * z[7]
    w.belief = p.belief_decay * w.belief + p.belief_step * z[8]
    w.reserved += p.reserve_gain * (min(0.9, p.reserve_share * max(0.0, w.curve_reserves)) - w.reserved)


@leaf
def step_region(p, area, z, u, scale):
    """One day of the states of one region."""
    area.permanent = p.regional_decay * area.permanent + scale * p.regional_step * z[0]
    area.need = p.need_decay * area.need + p.need_step * z[1]
    area.volatility = p.volatility_decay * area.volatility + p.volatility_step * z[2]
    area.fast = p.fast_decay * area.fast + p.fast_region * math.exp(area.volatility - p.volatility_mean) * z[3]
    area.jump *= p.jump_decay
    if u[0] < p.jump_chance * math.exp(area.volatility - p.volatility_mean):
        area.jump += p.jump_mean + p.jump_sd * z[4]


@leaf
def demand_of(p, w, area, h, capacity, need_mix, spot_mix, mobile, log_mult):
    """Need per unit of contracted capacity, and uncommitted demand per unit of capacity, at a horizon h."""
    demand = (area.demand + w.growth_anchor * h.years + w.growth_belief * h.growth
              - (1.0 - h.regional) * area.permanent - (1.0 - h.shock) * log_mult)
    ratio = math.exp(demand) / capacity
    needed = p.need * ratio * need_mix * math.exp((w.need + area.need) * h.need)
    hump = w.squeeze_target * p.squeeze_overshoot  # the squeeze under way: a ramp towards a target that decays
    fast = ((w.fast + area.fast) * h.fast + (w.jump + area.jump) * h.jump + hump * h.squeezed
            + (w.squeezed - hump) * h.ramp + h.drift + mobile * h.migration + p.term_switch * w.curve_terms)
    return needed, area.reference_demand * ratio * spot_mix * math.exp(fast)


@leaf
def offers_of(p, d, w, area, h):
    """Float, capacity that may be sublet and hyperscalers' spare, per unit of capacity, at a horizon h."""
    floats = ((1.0 - p.committed) * max(0.0, 1.0 - p.vacancy - d.vacancy_add * h.shock)
              * (1.0 + (d.float_mult - 1.0) * h.shock) * (1.0 - w.reserved * h.reserved))
    sublets = p.committed * (1.0 + (d.sublet_mult - 1.0) * h.shock)
    return floats, sublets, p.spare * area.hyperscaler_share * (1.0 + (d.spare_mult - 1.0) * h.shock)


@leaf
def markup_of(p, area, y, supply, steep, floats, spares, held):
    """Log of the price over cost at which the region's hyperscalers offer the last of their spare capacity.

    Cournot: an owner gains on all he sells, spare and share of the float, what others and demand do not take back;
    the mean over owners is the Herfindahl index times their sales over the slope of everyone else.
    """
    share = logistic((y - p.spare_ask - held - area.markup) / p.spare_width)
    sold = floats * area.hyperscaler_share + spares * share
    others = steep * supply - spares * share * (1.0 - share) / p.spare_width
    return -math.log(1.0 - min(0.9, p.conduct * area.concentration * sold / max(others, 1e-9)))


@leaf
def book_use(p, w, area, demand, supply, displaced, slack, busy, floats, training_need, training_spot):
    """What is served, rationed and used today at the transaction price."""
    area.served = min(demand, supply)
    area.rationed = demand - area.served
    area.used = min(p.committed * (1.0 - slack) + area.served * (1.0 - displaced / supply),
                    p.committed + min(floats, 1.0 - p.committed))  # spare beyond idle contracts displaces own use
    w.demand += (p.committed * busy + demand) * area.capacity
    training = p.committed * busy * training_need + area.served * training_spot
    w.training += area.used * area.capacity * training / (p.committed * busy + area.served)
    w.served += area.served * area.capacity
    w.rationed += area.rationed * area.capacity
    w.utilisation += area.used * area.capacity / w.capacity


@leaf
def strip_of(prefix, month, months):
    """Mean log price of the twelve months after `month` (0: today), or of those there are."""
    low = min(month, months - 1)
    high = min(month + 12, months)
    return (prefix[high] - prefix[low]) / (high - low)


@leaf
def follow_strips(p, prefix, response, path, outlook, r):
    """Move each month by what the twelve months after it have moved since yesterday, the last month first.

    The slow answer of demand to such a move takes part of it back in the months behind, which the next day's
    clearing finds. `relaxation` is what is left on the whole, so that the outlook is at rest after one day.

    prefix   : float64[months + 1]  in: cumulated outlook of yesterday
    response : float64[months + 1]  in: d price / d strip of each month; out: change of its outlook since yesterday
    """
    months = outlook.shape[1]
    total = 0.0
    for m in range(months, 0, -1):
        first = outlook[r, m - 1] - prefix[m] + prefix[m - 1]  # change at yesterday's strip
        after = min(12, months - m)
        part = p.relaxation * response[m]
        change = first + part * total / after if after else first / (1.0 - min(0.9, part))
        response[m] = change
        total += change - (response[m + 12] if after == 12 else 0.0)
        outlook[r, m - 1] += change - first
        path[r, m] += change - first


@leaf
def price_ahead(p, w, area, outlook, r):
    """The 12-month strip, the price of new contracts off rents, index and curve, and of the contracts in force."""
    area.strip = ahead = 0.0
    for m in range(outlook.shape[1]):
        area.strip += outlook[r, m] / 12.0 if m < 12 else 0.0
        ahead += outlook[r, m] / outlook.shape[1]
    area.term = (1.0 - p.term_index) * ahead + p.term_index * w.index_level - p.term_discount + w.curve_terms
    area.contract += p.term_gain * (area.term - area.contract)


@kernel
def step_market(params, dials, region_dials, class_dials, horizon, world, region, classes, shares, parts, weights,
                log_cost, future, z, u, prefix, response, path, outlook, day, scale):
    """Demand of one day, then clearing in each region today and, as the public expects it, in the months ahead.

    Today and the months are cleared by the same lines: today is month 0, in which everything is left of every
    state; month m covers business days 21(m-1) to 21m ahead. The projection is deterministic, with a closed-form
    term for the mean of the exponential. The months are cleared at the strips of yesterday's outlook, from the first
    on; then `follow_strips` lets each follow what its strip has moved since, from the last back. What the public
    learns today is so in all months today, and nobody can foretell tomorrow's change.

    params, dials : record[1]        in
    region_dials  : record[4]        in: demand_mult, mobile_mult
    class_dials   : record[classes]  in: class_mult
    horizon       : record[months + 1]  in: what is left of each state at today (all) and in the middle of each month
    world, region : record[1], [4]   in, out: states; figures of the day
    classes       : record[classes]  in, out: states of the classes of demand
    shares, parts : float64[2, 4, classes]  in: of each class in need and spot demand on day 0; out: today
    weights       : float64[4, g]    in: share of each generation in capacity
    log_cost      : float64[4, g] log $/H100e-hour  in: avoidable cost of each generation
    future        : float64[4, months] H100e  in: expected energisations
    z             : float64[5, 9]    in: standard normal draws, one row a region and one for the world
    u             : float64[5, 2]    in: uniform draws likewise
    prefix, response : float64[months + 1]    workspace
    path          : float64[4, months + 1] log $  in, out: clearing prices; warm start of the next day
    outlook       : float64[4, months] log $  in, out: expected price, yesterday's on entry
    day, scale    : float64          business days since day 0; size of slow shocks (smaller in the burn-in)
    """
    p, d, w = params[0], dials[0], world[0]
    regions, months = outlook.shape
    step_world(p, d, w, z[regions], u[regions], scale)
    step_classes(p, w, classes, class_dials)
    mean_pull = mean_price = 0.0
    for r in range(regions):
        step_region(p, region[r], z[r], u[r], scale)
        mean_pull += math.exp(region[r].migration) / regions
        mean_price += region[r].price / regions
    common = w.level + p.surge * min(1.0, max(0.0, 1.0 + day / p.surge_days))
    w.demand = w.served = w.rationed = w.utilisation = w.training = 0.0
    for r in range(regions):
        area = region[r]
        prefix[0] = 0.0
        for m in range(months):
            prefix[m + 1] = prefix[m] + outlook[r, m]
        log_mult = math.log(region_dials[r].demand_mult)
        area.demand = area.base_demand + common + area.permanent + log_mult
        capacity, slow = area.capacity, area.slow
        mobile = math.log1p(p.mobile_share * region_dials[r].mobile_mult * (math.exp(area.migration) / mean_pull - 1.0))
        for m in range(months + 1):
            h = horizon[m]
            capacity *= h.survival
            for k in range(max(0, m - 2), m):  # half of last month and half of this one are there by mid-month
                capacity += 0.5 * future[r, k]
            need_mix, spot_mix, elasticity = mix_of(classes, shares, h, slow, r, parts, m == 0)
            needed, uncommitted = demand_of(p, w, area, h, capacity, need_mix, spot_mix, mobile, log_mult)
            slack, busy = slack_of(p, needed), min(needed, 1.0)
            overflow = p.committed * max(0.0, slack - (1.0 - needed)) + 1e-12
            floats, sublets, spares = offers_of(p, d, w, area, h)
            strip = strip_of(prefix, m, months)
            y, elastic_share, steep, response[m] = clear(
                p, path[r, m], 1e-10 if m == 0 else 1e-6, uncommitted, elasticity, overflow, slack, busy,
                strip + w.curve_offers, strip + w.curve_demand, area.energy, area.markup, floats, sublets, spares,
                weights, log_cost, r)
            path[r, m] = y
            if m > 0:
                slope = elastic_share / steep
                outlook[r, m - 1] = y + 0.5 * slope * slope * h.variance + 0.5 * h.slow_variance
                slow += (y - p.log_reference - slow) * h.slow
                continue
            gap = y - area.price  # today's transactions follow the clearing price with inertia
            area.price += min(1.0, p.adjustment + p.adjustment_gap * abs(gap)) * gap
            elastic, contracts, supply, _, displaced, _, area.sublet = balance(
                p, area.price, uncommitted, elasticity, overflow, slack, busy, strip + w.curve_offers,
                strip + w.curve_demand, area.energy, area.markup, floats, sublets, spares, weights, log_cost, r)
            area.clearing, area.needed, area.uncommitted, area.overflow = y, needed, uncommitted, contracts
            book_use(p, w, area, elastic + contracts, supply, displaced, slack, busy, floats, parts[0, r, 0],
                     parts[1, r, 0])
            held = p.withholding * (strip + w.curve_offers - p.log_reference) + area.energy
            markup = markup_of(p, area, y, supply, steep, floats, spares, held)
            area.slow = slow = slow + h.slow * (area.price - p.log_reference - slow)
        area.markup = markup  # tomorrow's offers answer to today's market
        follow_strips(p, prefix, response, path, outlook, r)
        price_ahead(p, w, area, outlook, r)
        area.migration = (p.migration_decay * area.migration
                          - (1.0 - p.migration_decay) * p.migration * (area.price - mean_price))
    w.idle = 1.0 - w.utilisation
    w.rationed /= w.served + w.rationed
    w.pace += w.training * classes[0].efficiency / 252.0
