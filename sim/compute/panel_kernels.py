"""The panel of an assessed index."""

import math

from sim.jit import combine, kernel, uniform


@kernel
def assess(provider, rows, weight, present, key, normalisation, missing, returning):
    """Mean of the normalised list prices of the panel members who report today ($/GPU-hour).

    provider : record[n]   in: log_list, markup, key
    rows     : int64[m]    in: members
    weight   : float64[m]  in: their weights, rescaled over those who report
    present  : int64[m]    in, out: 1 if a member reports; where nobody does, the last members are kept
    key      : uint64      luck of the day; member i draws from (its provider's key, key)
    normalisation, missing, returning : float64  share of the mark-up taken out; chances per day
    """
    members = 0
    for i in range(rows.shape[0]):
        u = uniform(combine(provider[rows[i]].key, key), 0)
        if present[i] == 1:
            present[i] = 0 if u < missing else 1
        else:
            present[i] = 1 if u < returning else 0
        members += present[i]
    total = mean = 0.0
    for i in range(rows.shape[0]):
        if present[i] == 1 or members == 0:
            one = provider[rows[i]]
            total += weight[i]
            mean += weight[i] * math.exp(one.log_list - normalisation * one.markup)
    return mean / total
