"""Who pays for a default: layers consumed strictly in order, sharing out in whole cents, and the size of the fund."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np


class Waterfall(NamedTuple):
    """What each layer paid, in the order given, and what nobody paid: whole cents that sum to the loss."""

    paid: dict[str, int]
    unpaid: int


class Cover(NamedTuple):
    """Stress losses over margin that the fund must bear, the fund with its buffer, and each member's share of it."""

    loss: float
    fund: float
    shares: np.ndarray


def waterfall(loss: int, layers: Mapping[str, int] | Sequence[tuple[str, int]] | Sequence[int]) -> Waterfall:
    """Let layers pay for a loss, each fully used before the next is touched.

    Parameters
    ----------
    loss   : cents
    layers : cents that each layer has, first to pay first: a mapping, (name, cents) pairs, or cents alone
        (then named "1", "2", ...)

    Source: order of layers after Regulation (EU) 648/2012, Article 45; any other order can be given.
    """
    pairs = list(layers.items()) if isinstance(layers, Mapping) else list(layers)
    named = [pair if isinstance(pair, tuple | list) else (str(number), pair) for number, pair in enumerate(pairs, 1)]
    left, paid = _whole(loss, "the loss"), {}
    for name, available in named:
        if name in paid:
            raise ValueError(f"two layers are called {name!r}")
        paid[name] = min(left, _whole(available, f"layer {name!r}"))
        left -= paid[name]
    return Waterfall(paid, left)


def share_out(amount: int, claims: Sequence[int]) -> list[int]:
    """Whole cents in proportion to non-negative whole claims, by largest remainder, ties to the first.

    Raises ValueError if there is something to share and nobody to share it.
    """
    amount, claims = _whole(amount, "the amount"), [_whole(claim, "a claim") for claim in claims]
    total = sum(claims)
    if total == 0:
        if amount:
            raise ValueError("nobody has a claim")
        return [0] * len(claims)
    out = [amount * claim // total for claim in claims]
    first = sorted(range(len(claims)), key=lambda i: (-(amount * claims[i] % total), i))
    for i in first[: amount - sum(out)]:
        out[i] += 1
    return out


def cover(stress_losses: Sequence[float] | np.ndarray, k: int = 2, buffer: float = 0.1, *,
          margin: Sequence[float] | np.ndarray | None = None) -> Cover:
    """The default fund that survives the k largest members failing at once in the worst scenario.

    Parameters
    ----------
    stress_losses : float64[members] or float64[scenarios, members]  losses beyond margin; where ``margin`` is given,
        losses before it
    k             : members that fail together
    buffer        : share added to the loss covered
    margin        : float64[members]  initial margin, taken off the losses

    Returns
    -------
    Cover  shares: float64[members] summing to one, in proportion to each member's worst loss, equal if there is none

    Source: CPMI-IOSCO (2012), Principles for financial market infrastructures, principle 4.
    """
    losses = np.atleast_2d(np.asarray(stress_losses, np.float64))
    if losses.ndim != 2 or not losses.size or not np.isfinite(losses).all():
        raise ValueError("stress losses are finite, one for each member, or one row of them for each scenario")
    if k < 1 or buffer < 0:
        raise ValueError("at least one member fails, and the buffer is not negative")
    if margin is not None:
        losses = losses - np.asarray(margin, np.float64)
    losses = np.maximum(losses, 0.0)
    covered = float(np.sort(losses, axis=1)[:, ::-1][:, :k].sum(axis=1).max())
    worst = losses.max(axis=0)
    total = worst.sum()
    shares = worst / total if total > 0 else np.full(losses.shape[1], 1.0 / losses.shape[1])
    return Cover(covered, covered * (1.0 + buffer), shares)


def _whole(amount: int, what: str) -> int:
    """A non-negative whole number of cents."""
    if isinstance(amount, bool) or int(amount) != amount or amount < 0:
        raise ValueError(f"{what} is a whole number of cents and not negative, not {amount!r}")
    return int(amount)
