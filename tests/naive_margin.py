"""Margin models once more, as plain loops over Python numbers."""

from __future__ import annotations

import math


def ewma_path(returns, decay, seed):
    """Volatility forecasts before each return and after the last, by the recursion as it is printed."""
    variance, path = seed, []
    for change in returns:
        path.append(math.sqrt(variance))
        variance = decay * variance + (1.0 - decay) * change * change
    return [*path, math.sqrt(variance)]


def kth_worst(losses, tail_hundredths_of_percent):
    """The k-th worst loss, k = n x tail rounded up; the tail in ten-thousandths, so that k is exact."""
    k = -(-len(losses) * tail_hundredths_of_percent // 10_000)
    return sorted(losses, reverse=True)[k - 1]


def filtered(returns, decay, seed, scaling="full", cap=5.0, least=0.002):
    """Past returns as they would be in the volatility forecast after the last."""
    path = [max(sigma, least) for sigma in ewma_path(returns, decay, seed)]
    now = path[-1]
    if scaling == "floored":
        ordered = sorted(path)
        middle = len(ordered) // 2
        now = max(now, ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)
    out = []
    for change, then in zip(returns, path, strict=False):
        factor = now / then
        factor = {"mid": (1.0 + factor) / 2.0, "one_sided": max(1.0, factor)}.get(scaling, factor)
        out.append(change * min(max(factor, 1.0 / cap), cap))
    return out


def changes_with_proxies(prices, window, assumed):
    """Last ``window`` log changes of each column; missing ones from the column before, round the ring, else assumed.

    prices : one list a day, None before a contract is listed; assumed : one value for each day of the window
    """
    contracts = len(prices[0]) if prices else 1
    own = [[None] * window for _ in range(contracts)]
    for back in range(1, min(window, len(prices) - 1) + 1):
        for c in range(contracts):
            before, after = prices[-back - 1][c], prices[-back][c]
            if before is not None and after is not None:
                own[c][-back] = math.log(after / before)
    out = []
    for c in range(contracts):
        row = []
        for day in range(window):
            choices = [own[(c - step) % contracts][day] for step in range(contracts)]
            row.append(next((x for x in choices if x is not None), assumed[day]))
        out.append(row)
    return out


def worst_losses(position, scenarios, deep):
    """The ``deep`` largest losses of one account over scenarios[contract][s]."""
    losses = [-sum(held * row[s] for held, row in zip(position, scenarios, strict=True))
              for s in range(len(scenarios[0]))]
    return sorted(losses, reverse=True)[:deep]
