"""Loops of published models that need tens of thousands of steps. Compiled when first called, not by a run."""

import math

import numpy as np

from sim.jit import kernel, leaf, normal, uniform

# --- Thurner, Farmer & Geanakoplos 2012 ------------------------------------------------------------


@leaf
def fund_demand(mispricing, price, wealth, aggression, limit):
    """Units (float64) a value fund wants at a price: leverage rises with mispricing up to its limit."""
    if mispricing <= 0.0 or wealth <= 0.0:
        return 0.0
    return min(aggression * mispricing, limit) * wealth / price


@leaf
def market_price(noise_cash, supply, value, limit, aggression, units, cash, out_until, step):
    """The price (float64) at which noise traders and live funds hold the supply, by bisection."""
    low, high = 1e-6, 50.0 * value
    while high - low > 1e-13 * high:
        middle = 0.5 * (low + high)
        wanted = noise_cash / middle
        if middle < value:
            for h in range(units.shape[0]):
                if out_until[h] <= step:
                    wanted += fund_demand(value - middle, middle, units[h] * middle + cash[h], aggression[h], limit)
        if wanted > supply:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@kernel
def leveraged_value_funds(key, dials, aggression, log_price, counts):
    """A market of noise traders and leveraged value funds.

    key : uint64; dials : float64[11] value, supply, persistence, noise, limit, wealth at entry, benchmark return,
    averaging weight, flow sensitivity, steps out after default, share of entry wealth below which a fund defaults;
    aggression : float64[H]; log_price : float64[T] out;
    counts : int64[3] out: defaults, steps of live funds, of which at the limit
    """
    value, supply, persistence, noise, limit, entry = dials[0], dials[1], dials[2], dials[3], dials[4], dials[5]
    benchmark, weight, sensitivity, absence, floor = dials[6], dials[7], dials[8], dials[9], dials[10]
    funds = aggression.shape[0]
    units, cash, past, before = np.zeros(funds), np.full(funds, entry), np.zeros(funds), np.full(funds, entry)
    out_until = np.zeros(funds, np.int64)
    level = math.log(value * supply)
    log_cash, price = level, value
    for step in range(log_price.shape[0]):
        log_cash = persistence * log_cash + noise * normal(key, step) + (1.0 - persistence) * level
        last = price
        for h in range(funds):
            if out_until[h] == step and step > 0:
                units[h], cash[h], past[h], before[h] = 0.0, entry, 0.0, entry
        price = market_price(math.exp(log_cash), supply, value, limit, aggression, units, cash, out_until, step)
        log_price[step] = math.log(price)
        for h in range(funds):
            if out_until[h] > step:
                continue
            counts[1] += 1
            wealth = units[h] * price + cash[h]
            if wealth < floor * entry:
                counts[0] += 1
                out_until[h] = step + np.int64(absence)
                units[h], cash[h] = 0.0, 0.0
                continue
            past[h] += weight * (units[h] * (price - last) / before[h] - past[h])
            units[h] = fund_demand(value - price, price, wealth, aggression[h], limit)
            if limit > 0.0 and aggression[h] * (value - price) >= limit:
                counts[2] += 1
            flow = max(sensitivity * (past[h] - benchmark) * wealth, -wealth)
            cash[h] = wealth - units[h] * price + flow
            before[h] = max(wealth + flow, 1e-300)


# --- Aymanns, Caccioli, Farmer & Tan 2016 ----------------------------------------------------------


@kernel
def leverage_cycle_step(state, dials, noise, out):
    """One step of a bank that targets value at risk and a fund.

    state, out : float64[6] perceived variance 1/year, fund's weight, price, bank's share of the asset, bank's debt,
    price before; dials : float64[12] step, memory, horizon, leverage speed, equity speed, appetite, exponent, floor of
    variance, equity target, bank's weight, fundamental, fund's speed; noise : number, shock to the fund's weight
    """
    tau, memory, horizon, theta, eta = dials[0], dials[1], dials[2], dials[3], dials[4]
    appetite, exponent, floor, target = dials[5], dials[6], dials[7], dials[8]
    bank, fundamental, speed = dials[9], dials[10], dials[11]
    variance, weight, price, share, debt, before = state[0], state[1], state[2], state[3], state[4], state[5]
    move = math.log(price / before) * horizon / tau
    out[0] = (1.0 - tau * memory) * variance + tau * memory * move * move
    out[1] = weight + weight / price * (tau * speed * (fundamental - price) + math.sqrt(tau) * noise)
    assets = price * share / bank
    equity = assets - debt
    borrowed = tau * theta * (appetite * (variance + floor) ** exponent * equity - assets)
    raised = tau * eta * (target - equity)
    bank_cash = (1.0 - bank) * share * price / bank + raised
    fund_cash = (1.0 - weight) * (1.0 - share) * price / weight - raised
    out[2] = (bank * (bank_cash + borrowed) + out[1] * fund_cash) / (1.0 - bank * share - (1.0 - share) * out[1])
    out[3] = bank * (share * out[2] + bank_cash + borrowed) / out[2]
    out[4] = debt + borrowed
    out[5] = price


@kernel
def leverage_cycle(key, dials, garch, state, path):
    """Many steps of the above.

    key : uint64; dials : as above; garch : float64[3], variance base, reaction, persistence (all zero: no
    noise); state : float64[6] in/out; path : float64[T, 6] out, the state after each step.
    """
    base, reaction, persistence = garch[0], garch[1], garch[2]
    spread = base / (1.0 - reaction - persistence) if base > 0.0 else 0.0
    after = np.empty(6)
    for step in range(path.shape[0]):
        shock = math.sqrt(spread) * normal(key, step) if base > 0.0 else 0.0
        leverage_cycle_step(state, dials, shock, after)
        spread = base + reaction * shock * shock + persistence * spread
        for column in range(6):
            state[column] = path[step, column] = after[column]


# --- Brock & Hommes 1998 ---------------------------------------------------------------------------


@leaf
def next_deviation(one, two, three, gross, intensity, trend, bias, cost):
    """The next deviation from the fundamental (float64) from the last three."""
    best = -np.inf
    for h in range(trend.shape[0]):
        best = max(best, intensity * ((one - gross * two) * (trend[h] * three + bias[h] - gross * two) - cost[h]))
    total, forecast = 0.0, 0.0
    for h in range(trend.shape[0]):
        utility = intensity * ((one - gross * two) * (trend[h] * three + bias[h] - gross * two) - cost[h])
        share = math.exp(utility - best)
        total += share
        forecast += share * (trend[h] * one + bias[h])
    return forecast / total / gross


@kernel
def adaptive_beliefs(gross, intensity, trend, bias, cost, noise, path):
    """Prices under types that switch to what has worked.

    gross : gross return of the safe asset; intensity : of choice; trend, bias, cost : float64[H];
    noise : float64[T], added to the price; path : float64[3 + T] in/out, three deviations to start with, then the rest
    """
    for step in range(noise.shape[0]):
        path[step + 3] = next_deviation(path[step + 2], path[step + 1], path[step], gross, intensity, trend, bias, cost)
        path[step + 3] += noise[step] / gross


@kernel
def lyapunov(gross, intensity, trend, bias, cost, start, steps, skip):
    """Largest Lyapunov exponent (float64, natural log a step) from two paths that are kept close.

    gross, intensity, trend, bias, cost : as above; start : first deviation; steps : int64 measured; skip : int64 before
    """
    gap = 1e-8
    a1, a2, a3 = start, start, start
    b1, b2, b3 = start + gap, start, start
    total = 0.0
    for step in range(skip + steps):
        a1, a2, a3 = next_deviation(a1, a2, a3, gross, intensity, trend, bias, cost), a1, a2
        b1, b2, b3 = next_deviation(b1, b2, b3, gross, intensity, trend, bias, cost), b1, b2
        far = math.sqrt((b1 - a1) ** 2 + (b2 - a2) ** 2 + (b3 - a3) ** 2)
        far = max(far, 1e-300)
        if step >= skip:
            total += math.log(far / gap)
        b1, b2, b3 = a1 + (b1 - a1) * gap / far, a2 + (b2 - a2) * gap / far, a3 + (b3 - a3) * gap / far
    return total / steps


# --- Franke & Westerhoff 2012 ----------------------------------------------------------------------


@kernel
def structural_volatility(dials, transitions, noise, path, shares):
    """Fundamentalists and chartists who change sides.

    dials : float64[12] impact, intensity, phi, chi, alpha_0, alpha_n, alpha_p, alpha_w, eta, nu, log fundamental,
    start; transitions : int64, 1 where sides are changed by transition probabilities, else by discrete choice;
    noise : float64[T - 1, 2] of fundamentalists and chartists; path : float64[T] out, log price, path[0] the start;
    shares : float64[T] out, of fundamentalists
    """
    impact, intensity, phi, chi = dials[0], dials[1], dials[2], dials[3]
    constant, herding, misalignment, wealth, memory = dials[4], dials[5], dials[6], dials[7], dials[8]
    flexibility, fundamental = dials[9], dials[10]
    price, before, share = dials[11], dials[11], 0.5
    won, lost = 0.0, 0.0
    last_f, last_c = 0.0, 0.0
    path[0], shares[0] = price, share
    for step in range(noise.shape[0]):
        demand_f = phi * (fundamental - price) + noise[step, 0]
        demand_c = chi * (price - before) + noise[step, 1]
        after = price + impact * (share * demand_f + (1.0 - share) * demand_c)
        if wealth != 0.0:
            gain = math.exp(price) - math.exp(before)
            won = memory * won + (1.0 - memory) * gain * last_f
            lost = memory * lost + (1.0 - memory) * gain * last_c
        index = constant + herding * (2.0 * share - 1.0) + misalignment * (price - fundamental) ** 2
        index += wealth * (won - lost)
        if transitions == 1:
            share += (1.0 - share) * min(1.0, flexibility * math.exp(index))
            share -= shares[step] * min(1.0, flexibility * math.exp(-index))
        else:
            share = 1.0 / (1.0 + math.exp(-intensity * index))
        last_f, last_c = demand_f, demand_c
        before, price = price, after
        path[step + 1], shares[step + 1] = price, share


# --- cascades --------------------------------------------------------------------------------------


@kernel
def cascade_sizes(key, ratio, limit, sizes):
    """How many events each cascade holds when every event sets off a Poisson number of others.

    key : uint64; ratio : mean number set off; limit : int64, a cascade is left at this size; sizes : int64[n] out
    """
    none = math.exp(-ratio)
    draw = 0
    for cascade in range(sizes.shape[0]):
        waiting, size = 1, 0
        while waiting > 0 and size < limit:
            waiting -= 1
            size += 1
            luck, chance, below = uniform(key, draw), none, none
            draw += 1
            number = 0
            while luck >= below and number < 64:
                number += 1
                chance *= ratio / number
                below += chance
            waiting += number
        sizes[cascade] = size
