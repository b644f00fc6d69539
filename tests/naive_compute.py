"""Slow twins of the compute kernels: plain Python on lists and dictionaries, one thing at a time."""

from __future__ import annotations

import math


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def supply_at(p, y, slack, busy, strip, energy, markup, floats, sublets, spares, weights, log_cost) -> float:
    """Supply per unit of capacity at log price y."""
    total = 0.0
    for weight, cost in zip(weights, log_cost, strict=True):
        total += floats * weight * logistic((y - cost) / p.merit_width)
    held = p.withholding * (strip - p.log_reference) + energy
    total += sublets * slack * logistic((y - p.sublet_ask - held) / p.sublet_width)
    total += sublets * p.displaced * busy * logistic((y - p.displaced_ask - held) / p.displaced_width)
    total += spares * logistic((y - p.spare_ask - held - markup) / p.spare_width)
    return total


def demand_at(p, y, uncommitted, elasticity, overflow, strip) -> float:
    """Demand per unit of capacity at log price y."""
    gap = y - p.log_reference
    return (uncommitted * math.exp(-elasticity * gap - p.shift_in_time * (y - strip))
            + overflow * math.exp(-p.elasticity_overflow * gap))


def clearing_price(p, uncommitted, elasticity, overflow, slack, busy, supply_strip, demand_strip, energy, markup,
                   floats, sublets, spares, weights, log_cost) -> float:
    """Log price at which demand meets supply, by bisection."""
    low, high = -40.0, 40.0
    for _ in range(200):
        y = (low + high) / 2
        supply = supply_at(p, y, slack, busy, supply_strip, energy, markup, floats, sublets, spares, weights, log_cost)
        if demand_at(p, y, uncommitted, elasticity, overflow, demand_strip) > supply:
            low = y
        else:
            high = y
    return (low + high) / 2


def rank_generations(p, chips, mix, weights, price, day, rate, power_mult, aged, coming):
    """Level, log avoidable cost, running share by generation, and the log of energy above normal, of one region."""
    premium = [math.log(1 + coming * m / (w + p.familiar)) / p.substitution
               for m, w in zip(mix, weights, strict=True)]
    crowding = math.log(sum(w * math.exp(x) for w, x in zip(weights, premium, strict=True)))
    level, cost, runs, dearer = [], [], [], 0.0
    for chip, weight, x in zip(chips, weights, premium, strict=True):
        since = day if chip["old"] else max(0.0, day - chip["ages_from"])
        level.append(x - crowding - p.obsolescence * since - chip["old"] * aged)
        kilowatt = chip["power"] * p.pue / chip["throughput"]
        cost.append(math.log(chip["avoidable"] / chip["throughput"] + kilowatt * rate * power_mult) - level[-1])
        runs.append(logistic((price - cost[-1]) / p.merit_width))
        dearer += weight * kilowatt * rate * (power_mult - 1)
    return level, cost, runs, math.log(max(0.05, 1 + dearer / math.exp(p.log_reference)))


def follow_strips(old, new, response, part) -> list[float]:
    """An outlook after each month has followed the months behind it, from the last one back."""
    change = [0.0] * len(old)
    for m in reversed(range(len(old))):
        first, behind = new[m] - old[m], change[m + 1:m + 13]
        pull = part * response[m]
        change[m] = first + pull * sum(behind) / len(behind) if behind else first / (1 - min(0.9, pull))
    return [x + move for x, move in zip(old, change, strict=True)]


def mix(classes, shares, region, days, slow, saved, rebounded, dial) -> tuple[float, float, float]:
    """Need and spot demand over those of the mix of day 0, and the elasticity of spot demand on the day.

    saved, rebounded, dial : what is left of the way to each target, and of the dials, at this horizon
    """
    sums = [[0.0, 0.0], [0.0, 0.0]]
    fast = 0.0
    for c, one in enumerate(classes):
        for market in (0, 1):
            weight = shares[market][region][c] * math.exp(one["level"] + one["drift"] * days)
            answer = one["elasticity"] if market == 0 else max(0.0, one["elasticity"] - one["fast"])
            saving = one["saving_target"] + (one["saving"] - one["saving_target"]) * saved
            rebound = one["rebound_target"] + (one["rebound"] - one["rebound_target"]) * rebounded
            wanted = weight * math.exp(rebound - saving + one["pushed"] * dial - answer * slow)
            sums[market][0] += weight
            sums[market][1] += wanted
            fast += wanted * one["fast"] if market == 1 else 0.0
    return sums[0][1] / sums[0][0], sums[1][1] / sums[1][0], fast / sums[1][1]


def without(unmet, wanted, odds) -> list[float]:
    """Who goes without how much: shares by odds, a little at a time, nobody more than he wanted."""
    lost, steps = [0.0] * len(wanted), 20_000
    for _ in range(steps):
        room = [o * w if gone < w else 0.0 for o, w, gone in zip(odds, wanted, lost, strict=True)]
        if sum(room) == 0:
            break
        lost = [min(w, gone + unmet / steps * part / sum(room))
                for w, gone, part in zip(wanted, lost, room, strict=True)]
    return lost


def deliveries(output, growth, shock_decay, supply_mult, queue, coming, orders, days) -> list[float]:
    """Cumulated deliveries, a day at a time: the vendor serves the queue as far as its output goes."""
    total, out = 0.0, [0.0]
    for k in range(1, days + 1):
        made = output * math.exp(growth * k) * max(0.0, 1 - (1 - supply_mult) * shock_decay ** k)
        queue += coming[k - 1] if k <= len(coming) else orders * math.exp(growth * (k - len(coming)))
        served = min(queue, made)
        queue -= served
        total += served
        out.append(total)
    return out


def energisations(p, total, share, schedule, site_mult, months, month_days) -> list[list[float]]:
    """Energisations by region and month: each day's deliveries go on time, or are spread over the late days."""
    days = len(total) - 1
    flow = [[0.0] * (days + 1) for _ in share]
    site, least, most = int(p.site_time), int(p.late_least), int(p.late_most)
    for day in range(1, days + 1):
        amount = total[day] - total[day - 1]
        arrivals = [(day + site, 1 - p.late_share)]
        arrivals += [(day + site + wait, p.late_share / (most - least + 1)) for wait in range(least, most + 1)]
        for when, part in arrivals:
            if when <= days:
                for r, regional in enumerate(share):
                    flow[r][when] += regional * part * amount
    out = []
    for r, row in enumerate(flow):
        for k in range(min(len(schedule[r]), days)):
            row[k + 1] += schedule[r][k]
        due = [sum(row[1 + m * month_days:1 + (m + 1) * month_days]) for m in range(months)]
        held = [due[m] * max(0.0, 1 - site_mult) * p.shock_decay ** (month_days * (m + 0.5)) for m in range(months)]
        wait = (least + most) // 2 // month_days
        out.append([due[m] - held[m] + (held[m - wait] if m >= wait else 0.0) for m in range(months)])
    return out


def allocate(output, favour, queues, large) -> list[float]:
    """What each owner receives: large ones a little better than pro rata, never more than the queue or the output."""
    first = sum(q for q, is_large in zip(queues, large, strict=True) if is_large)
    rest = sum(queues) - first
    pro_rata = min(1.0, output / (first + rest)) if first + rest else 0.0
    best = min(1.0, pro_rata * (1 + favour), output / first) if first else 0.0
    left = min(1.0, max(0.0, output - best * first) / rest) if rest else 0.0
    return [q * (best if is_large else left) for q, is_large in zip(queues, large, strict=True)]


def capacity_of(fleet, throughput) -> list[float]:
    """H100-equivalents by owner."""
    return [sum(count * e for count, e in zip(row, throughput, strict=True)) for row in fleet]


def expected_lists(p, belief, aged, references, outlook, curve_gap, panel, day, level, restatement, hazard,
                   spot_weight, offset):
    """Log level of an average of list prices, today and month by month."""
    months = len(outlook[0])
    spot = [sum(share * outlook[r][m] for r, share in enumerate(panel)) for m in range(months)]
    reference = sum(share * references[r] for r, share in enumerate(panel))
    out, average = [restatement + level], level
    for m in range(months):
        ahead, step = 21 * m + 10.5, 10.5 if m == 0 else 21
        trend = -p.obsolescence * (day + ahead) - aged
        year = spot[min(m + 1, months - 1):m + 13]
        strip = sum(year) / len(year)
        goal = (p.strip_weight * (strip + curve_gap - p.obsolescence * 126) + (1 - p.strip_weight) * spot[m] + trend
                + belief * p.belief_decay ** ahead)
        reference += (goal - reference) * (1 - p.reference_decay ** step)
        target = (1 - spot_weight) * reference + spot_weight * (spot[m] + trend) + offset
        average += (target - average) * (1 - math.exp(-0.9 * hazard * step))
        out.append(restatement + average)
    return out


def panel_mean(quotes, markups, weights, present, chances, normalisation, missing, returning):
    """The assessed mean and who reports."""
    now = [(chance >= missing) if here else (chance < returning) for here, chance in zip(present, chances, strict=True)]
    use = now if any(now) else [True] * len(now)
    top = bottom = 0.0
    for i, counted in enumerate(use):
        if counted:
            top += weights[i] * math.exp(quotes[i] - normalisation * markups[i])
            bottom += weights[i]
    return top / bottom, now
