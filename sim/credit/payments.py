"""Who is paid what when several firms that owe each other cannot all pay: clearing vectors.

Eisenberg & Noe (2001) without, Rogers & Veraart (2013) with bankruptcy costs. Every solution is found
exactly, by solving a linear system each time the set of defaulters changes, never by iterating until
something looks small. Systems have one row a firm. Every search has a stated bound that exact arithmetic cannot
pass; one that has not ended by then raises ArithmeticError instead of going on or of handing back what it has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sim.credit.linear import Singular, solve

TOLERANCE = 1e-12  # relative: closer to full payment than this counts as full payment


class Clearing(NamedTuple):
    """What a network of claims comes to.

    payments : float64[n]  what each firm pays in total; on claims among firms only if external debt is senior
    owed : float64[n]  what it would have to pay of the same debts
    value : float64[n]  assets and claims received less all debts; negative for defaulters
    rounds : list of lists of int  who defaults in which round of the cascade
    """

    payments: np.ndarray
    owed: np.ndarray
    value: np.ndarray
    rounds: list[list[int]]

    @property
    def equity(self) -> np.ndarray:
        """float64[n]: what is left for the owners."""
        return np.maximum(self.value, 0.0)

    @property
    def default(self) -> np.ndarray:
        """bool[n]: who does not pay in full."""
        out = np.zeros(len(self.owed), bool)
        out[[firm for each in self.rounds for firm in each]] = True
        return out


class _Network:
    """The network in the form that both searches use: ``pays = max(0, cash + recovery * inflow)`` in default."""

    def __init__(self, liabilities: ArrayLike, assets: ArrayLike, external: ArrayLike,
                 alpha: float, beta: float, seniority: str) -> None:
        claims = np.array(liabilities, dtype=float)
        n = len(claims)
        if claims.shape != (n, n) or not (np.isfinite(claims) & (claims >= 0)).all() or np.any(np.diag(claims) != 0):
            raise ValueError("liabilities must be a square matrix of numbers, none negative, without debts to oneself")
        self.assets = np.broadcast_to(np.asarray(assets, dtype=float), n).copy()
        outside = np.broadcast_to(np.asarray(external, dtype=float), n)
        if not all(np.isfinite(each).all() and np.all(each >= 0) for each in (self.assets, outside)):
            raise ValueError("assets and external debts are numbers and not negative: enter a net debt as external")
        if not (0 < alpha <= 1 and 0 < beta <= 1):
            raise ValueError(f"alpha and beta are recovery rates above 0 and at most 1, not {alpha} and {beta}")
        if seniority not in ("pari_passu", "external_senior"):
            raise ValueError(f"seniority is 'pari_passu' or 'external_senior', not {seniority!r}")
        self.first = outside if seniority == "external_senior" else np.zeros(n)
        self.owed = claims.sum(axis=1) + (outside if seniority == "pari_passu" else 0.0)
        shares = np.divide(claims, self.owed[:, None], out=np.zeros_like(claims), where=self.owed[:, None] > 0)
        self.received = shares.T.copy()
        self.cash, self.recovery = alpha * self.assets - self.first, beta
        self.slack = TOLERANCE * np.maximum(self.owed + self.first, 1e-300)

    def inflow(self, payments: np.ndarray) -> np.ndarray:
        return (self.received * payments).sum(axis=1)

    def value(self, payments: np.ndarray) -> np.ndarray:
        return self.assets + self.inflow(payments) - self.first - self.owed

    def in_default(self, payments: np.ndarray) -> np.ndarray:
        """What each firm would pay if it were in default (may be negative: then it pays nothing)."""
        return self.cash + self.recovery * self.inflow(payments)

    def solve(self, active: np.ndarray, payments: np.ndarray, shrink: float = 0.0) -> np.ndarray:
        """Payments when the active firms pay what they have and the others pay what is given."""
        out = payments.copy()
        fixed = np.where(active, 0.0, payments)
        matrix = np.eye(int(active.sum())) - (1 - shrink) * self.recovery * self.received[np.ix_(active, active)]
        out[active] = solve(matrix, self.in_default(fixed)[active])
        return out


def _greatest(net: _Network, most: int | None = None) -> tuple[np.ndarray, list[list[int]]]:
    """Everybody pays in full until found unable to: the fictitious default algorithm.

    Bound (`most`): n rounds and one that finds nobody new, since every other round adds a defaulter and none is
    taken back. Source: Eisenberg & Noe 2001 (fictitious sequential default); Rogers & Veraart 2013.
    """
    n = len(net.owed)
    most = n + 1 if most is None else most
    payments, fallen = net.owed.copy(), np.zeros(n, bool)
    rounds: list[list[int]] = []
    for _ in range(most):
        new = ~fallen & (net.value(payments) < -net.slack)
        if not new.any():
            return payments, rounds
        rounds.append(np.flatnonzero(new).tolist())
        fallen |= new
        payments = _in_default(net, fallen)
    raise ArithmeticError(f"firms still default after {most} rounds")


def _in_default(net: _Network, fallen: np.ndarray) -> np.ndarray:
    """Payments of all when the fallen pay what they have, those among them nothing whose senior creditors take all.

    Bound: two rounds more than there are fallen. The first guess lets all of them pay, the second too few, and from
    then on payments only rise (Newton's steps on a convex monotone function), so that nobody who pays stops again.
    """
    others = np.where(fallen, 0.0, net.owed)

    def again(paying: np.ndarray) -> np.ndarray:
        able: np.ndarray = fallen & (net.in_default(_falling(net, paying, others)) > 0)
        return able

    paying = _unchanging(again, fallen, int(fallen.sum()) + 2, "who in default can pay")
    return _falling(net, paying, others)


def _unchanging(change: Callable[[np.ndarray], np.ndarray], members: np.ndarray, most: int, what: str) -> np.ndarray:
    """Change bool[n] members until they stay; ArithmeticError if `what` has not settled after so many changes."""
    for _ in range(most):
        after = change(members)
        if np.array_equal(after, members):
            return members
        members = after
    raise ArithmeticError(f"{what} still changes after {most} rounds")


def _falling(net: _Network, paying: np.ndarray, payments: np.ndarray) -> np.ndarray:
    """What firms in default pay; far below nothing where senior debt drains a ring that pays only itself."""
    try:
        return net.solve(paying, payments)
    except Singular:
        return net.solve(paying, payments, shrink=1e-12)


def _least(net: _Network, most: int | None = None) -> np.ndarray:
    """Nobody pays until found able to: from below, to the next firm that starts paying or pays in full.

    Between two such events payments move on a straight line towards the solution of a linear system and
    stay below every clearing vector, so the point that is reached is the least one.

    Bound (`most`): every pass ends with a firm that starts paying or pays in full, which each does once (2 n), but
    for the last two: one arrives, one finds nothing to do. Twice that is allowed, for events that rounding splits.
    """
    n = len(net.owed)
    most = 2 * (2 * n + 2) if most is None else most
    payments, solvent = np.zeros(n), np.zeros(n, bool)
    for _ in range(most):
        solvent |= net.value(payments) >= -net.slack
        payments = np.where(solvent, net.owed, payments)
        active = _gaining(net, payments, solvent)
        if not active.any():
            if not (~solvent & (net.value(payments) >= -net.slack)).any():
                return payments
            continue
        target = _rising(net, active, payments)
        payments = payments + _step(net, payments, target - payments, solvent, active) * (target - payments)
    raise ArithmeticError(f"payments still rise after {most} passes")


def _gaining(net: _Network, payments: np.ndarray, solvent: np.ndarray) -> np.ndarray:
    """bool[n]: whose payments rise, and whoever they owe, unless senior debt takes it; n + 1 rounds name everybody."""
    gain = np.where(solvent, 0.0, np.maximum(net.in_default(payments) - payments, 0.0))
    able = ~solvent & (net.in_default(payments) >= -net.slack)

    def wider(active: np.ndarray) -> np.ndarray:
        more: np.ndarray = active | ((net.received[:, active] > 0).any(axis=1) & able)
        return more

    return _unchanging(wider, gain > net.slack, len(solvent) + 1, "whose payments rise")


def _rising(net: _Network, active: np.ndarray, payments: np.ndarray) -> np.ndarray:
    """Where rising payments of the active firms lead; far away if they would rise for ever."""
    try:
        target = net.solve(active, payments)
        if np.all(target >= payments - net.slack):
            return np.maximum(target, payments)
    except Singular:
        pass
    return net.solve(active, payments, shrink=1e-12)


def _step(net: _Network, payments: np.ndarray, move: np.ndarray, solvent: np.ndarray, active: np.ndarray) -> float:
    """The share of a move, at most 1, up to the first firm that starts paying or pays in full."""
    share = 1.0
    for level, waiting, speed in (
        (net.value(payments), ~solvent, net.inflow(move)),
        (net.in_default(payments), ~solvent & ~active, net.recovery * net.inflow(move)),
    ):
        hit = waiting & (speed > 0)
        if hit.any():
            share = min(share, float(np.min(np.maximum(-level[hit], 0.0) / speed[hit])))
    return share


def settle(liabilities: ArrayLike, assets: ArrayLike, external: ArrayLike = 0.0, alpha: float = 1.0,
           beta: float = 1.0, solution: str = "greatest", seniority: str = "pari_passu") -> Clearing:
    """What a network of claims comes to, with the rounds of the cascade; arguments as for `clear`."""
    net = _Network(liabilities, assets, external, alpha, beta, seniority)
    if solution == "greatest":
        payments, rounds = _greatest(net)
    elif solution == "least":
        payments = _least(net)
        short = np.flatnonzero(net.value(payments) < -net.slack).tolist()
        rounds = [short] if short else []
    else:
        raise ValueError(f"solution is 'greatest' or 'least', not {solution!r}")
    payments = np.clip(payments, 0.0, net.owed)
    return Clearing(payments, net.owed, net.value(payments), rounds)


def clear(liabilities: ArrayLike, assets: ArrayLike, external: ArrayLike = 0.0, alpha: float = 1.0,
          beta: float = 1.0, solution: str = "greatest", seniority: str = "pari_passu") -> np.ndarray:
    """The payment vector of a network of claims.

    Parameters
    ----------
    liabilities : [n, n] currency  what the firm of the row owes the firm of the column
    assets : [n] currency  what each firm has besides its claims on the others, not negative
    external : [n] or one number, currency  what it owes outsiders
    alpha, beta : share  what bankruptcy leaves of assets and of claims; 1 and 1 is Eisenberg-Noe
    solution : "greatest" or "least"  with bankruptcy costs there may be several clearing vectors
    seniority : "pari_passu" or "external_senior"  rank of external debts against claims among firms

    Returns
    -------
    float64[n] currency  total payments; under "external_senior", payments on claims among the firms

    Raises
    ------
    ValueError  for a network or a recovery rate that makes no sense
    ArithmeticError  if a search has not ended at its bound (see ``_greatest`` and ``_least``)

    Source: Eisenberg & Noe 2001, Management Science 47:236; Rogers & Veraart 2013, Management Science 59:882.
    """
    return settle(liabilities, assets, external, alpha, beta, solution, seniority).payments
