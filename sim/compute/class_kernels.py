"""Classes of demand inside the kernel that clears markets."""

import math

from sim.jit import leaf


@leaf
def step_classes(p, w, classes, dials):
    """One day of each class: its place in the mix, its work per hour, its answers to jumps in efficiency."""
    w.efficiency *= math.exp(p.efficiency_growth)
    for c in range(classes.shape[0]):
        one = classes[c]
        one.level += one.drift
        one.saving += p.saving_gain * (one.saving_target - one.saving)
        one.rebound += p.rebound_gain * (one.rebound_target - one.rebound)
        one.efficiency *= math.exp(one.growth)
        one.pushed = math.log(max(dials[c].class_mult, 1e-12))


@leaf
def mix_of(classes, shares, h, slow, r, parts, keep):
    """Need and spot demand of a region over what they are with the mix of day 0 and no answer to prices.

    The mix shifts by the classes' relative growth, the sum does not; what moves the sum is each class's own slow
    answer to prices, its answer to efficiency and its dial. `parts` (float64[2, 4, classes]: shares of classes in
    need and in spot demand) are kept where asked. Returns the two factors and the elasticity of spot demand on the
    day: the mean over classes, which is the slope of the sum of their curves at the reference price.
    """
    before = before_spot = need = spot = fast = 0.0
    for c in range(classes.shape[0]):
        one = classes[c]
        weight = math.exp(one.level + one.drift * h.days)
        moved = (one.rebound_target - (one.rebound_target - one.rebound) * h.rebound
                 - one.saving_target + (one.saving_target - one.saving) * h.saving + one.pushed * h.shock)
        before += shares[0, r, c] * weight
        before_spot += shares[1, r, c] * weight
        part = shares[0, r, c] * weight * math.exp(moved - one.elasticity * slow)
        part_spot = shares[1, r, c] * weight * math.exp(moved - max(0.0, one.elasticity - one.fast) * slow)
        need += part
        spot += part_spot
        fast += part_spot * one.fast
        if keep:
            parts[0, r, c], parts[1, r, c] = part, part_spot
    if keep:
        for c in range(classes.shape[0]):
            parts[0, r, c] /= need
            parts[1, r, c] /= spot
    return need / before, spot / before_spot, fast / spot
