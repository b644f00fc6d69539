"""Kernels of rules that many small arrays would slow down."""

import math

import numpy as np

from sim.jit import kernel

MAKER = np.dtype([(name, "f8") for name in (
    "half_spread", "step", "skew", "calm", "widest", "stress_size", "stress_spread", "depth", "weak", "weak_size",
    "stops", "overload", "lay_off", "lay_off_reach", "levels")])


@kernel
def ladder(maker, limit, fast, slow, weight, reference, position, equity, capital, alive, nerve, bid, ask, bid_size,
           ask_size, step):
    """The quotes of a block of market makers, see ``MarketMaker.quotes``.

    maker : MAKER[1]; limit : float64[n] contracts, largest net inventory; fast, slow : float64[contracts]
    volatility per square root of a day; weight : float64[contracts], share of capacity for each month;
    reference : float64[n, contracts] ticks; position : int64[n, contracts]; equity, capital : int64[n] cents;
    alive : bool[n]; nerve : float64[n]; bid, ask, bid_size, ask_size, step : int64[n, contracts] out, as in ``Quotes``.
    """
    rule = maker[0]
    months = reference.shape[1]
    for row in range(reference.shape[0]):
        room, net = max(limit[row], 1.0), 0
        for month in range(months):
            net += position[row, month]
        full = net / room
        size = rule.depth * limit[row] * min(equity[row] / max(capital[row], 1), 1.0)
        if equity[row] < rule.weak * capital[row]:
            size *= rule.weak_size
        if not alive[row] or equity[row] <= rule.stops * capital[row]:
            size = 0.0
        for month in range(months):
            stressed = fast[month] > nerve[row] * slow[month]
            width = min(max(fast[month] / rule.calm, 0.25), rule.widest)
            lean = position[row, month] * (0.3 / max(weight[month], 1e-9)) / room + 0.8 * full
            middle = reference[row, month] * math.exp(-rule.skew * min(max(lean, -4.0), 4.0))
            spread = rule.half_spread * width * (rule.stress_spread if stressed else 1.0)
            half = middle * min(spread, 0.9)
            level = size * (weight[month] * (rule.stress_size if stressed else 1.0))
            buys = np.int64(level * min(max(1.0 - full, 0.0), 1.0))
            sells = np.int64(level * min(max(1.0 + full, 0.0), 1.0))
            bid[row, month] = np.int64(middle - half) if buys > 0 else 0
            ask[row, month] = np.int64(middle + half) + 1 if sells > 0 else 0
            bid_size[row, month], ask_size[row, month] = buys, sells
            step[row, month] = max(np.int64(rule.step * width * middle), 1)
        if abs(full) > rule.overload and size > 0.0:
            sign, leg = 1 if net > 0 else -1, 0
            for month in range(1, months):
                if sign * position[row, month] > sign * position[row, leg]:
                    leg = month
            through = reference[row, leg] * (1.0 - sign * rule.lay_off_reach)
            contracts = np.int64(math.ceil(rule.lay_off * abs(position[row, leg]) / rule.levels))
            if net > 0:
                ask[row, leg], ask_size[row, leg] = max(np.int64(math.floor(through)), 1), contracts
                bid[row, leg] = bid_size[row, leg] = 0
            else:
                bid[row, leg], bid_size[row, leg] = max(np.int64(math.ceil(through)), 1), contracts
                ask[row, leg] = ask_size[row, leg] = 0


@kernel
def lean_on_value(gap, belief, aggression, caps, per_cent, equity, alive, position, out):
    """Positions of fundamental speculators, see ``FundamentalSpeculator.target_of``.

    gap : float64[contracts], log of consensus value over price; belief : float64[n, contracts], log of own value over
    consensus; aggression : float64[n]; caps : float64[contracts], largest leverage; per_cent : float64[contracts],
    contracts per cent of equity at a leverage of one; equity : int64[n] cents; alive : bool[n];
    position : int64[n, contracts], kept by those who are not alive; out : int64[n, contracts] contracts, out.
    """
    for row in range(belief.shape[0]):
        for month in range(belief.shape[1]):
            if not alive[row]:
                out[row, month] = position[row, month]
                continue
            wish = (gap[month] + belief[row, month]) * aggression[row]
            leverage = min(max(wish, -caps[month]), caps[month])
            out[row, month] = np.int64(leverage * per_cent[month] * max(np.float64(equity[row]), 0.0))
