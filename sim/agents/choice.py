"""How hedgers choose among families of contracts that compete: what fits, what is trusted, where others trade.

Source: McFadden 1974 (Conditional logit analysis of qualitative choice behavior) for the logit; Pagano 1989 (Quarterly
Journal of Economics 104:255) for traders who go where others trade; weights are judgement.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.agents.base import Rivals, View
from sim.plugin import Block, param
from sim.population import Participant, Population


class VenueChoice(Block):
    """Weights of the logit by which a hedge is split over families of contracts; idle where there is only one."""

    trust: float = param(4.0, unit="log odds", low=0, high=100,
                         doc="for a family whose index is wholly trusted, over one that is not at all",
                         source="judgement: a tenth more trust wins half as much again")
    fit: float = param(3.0, unit="log odds", low=0, high=100,
                       doc="for a family on what the hedger buys or sells, hours or tokens, over one on the other; one "
                           "on the rent of another region fits no better",
                       source="judgement: twenty to one at the same liquidity; auditors ask for matching underlyings")
    liquidity: float = param(0.7, unit="log odds per log", low=0, high=10,
                             doc="for more open positions in cents; below 1 a small venue lives, above 1 it dies out",
                             source="judgement: a little below proportion, since budgets and habits differ")
    width: float = param(20.0, unit="log odds", low=0, high=1000,
                         doc="against a bid-ask spread as wide as the price",
                         source="judgement: one per cent more spread costs a fifth of the odds")
    newcomer: float = param(0.05, unit="share of open positions", above=0, high=1,
                            source="judgement: designated makers stand in a new venue from the first day",
                            doc="what every family counts as open in addition, so that empty ones are tried")
    pace: float = param(0.3, unit="share of the gap a month", above=0, high=1,
                        doc="how fast shares follow, reviewed once a month",
                        source="judgement: mandates and clearing agreements take a quarter to change")

    def wanted(self, rivals: Rivals, buys_tokens: np.ndarray, region: np.ndarray | None = None) -> np.ndarray:
        """float64[n, families]: shares that the logit gives bool[n] users of tokens or hours; rows sum to one.

        region : int[n] where each is at home, US, CN, EU, ROW; the first if left out
        """
        total = rivals.open.sum()
        part = rivals.open / total if total > 0 else np.zeros(len(rivals.open))
        odds = self.trust * rivals.trust + self.liquidity * np.log(part + self.newcomer) - self.width * rivals.width
        home = np.zeros(len(buys_tokens), np.int8) if region is None else np.asarray(region)
        near = (rivals.region < 0) | (home[:, None] == rivals.region)
        scores = odds + self.fit * ((np.asarray(buys_tokens)[:, None] == rivals.token) & near)
        weight = np.exp(scores - scores.max(axis=1, keepdims=True))
        return weight / weight.sum(axis=1, keepdims=True)

    def review(self, block: Population, view: View) -> None:
        """Once a month, and when first asked, shares move towards what is wanted."""
        rivals = view.rivals
        if rivals is None:
            return
        young = block.venue.sum(axis=1) == 0
        if not (view.first_of_month or young.any()):
            return
        wanted = self.wanted(rivals, block.buys_tokens, block.region)[:, rivals.of]
        moved = block.venue + self.pace * (wanted - block.venue) if view.first_of_month else block.venue
        block.venue[:] = np.where(young[:, None], wanted, moved)


def split(amount: np.ndarray, me: Participant | Population, view: View) -> np.ndarray:
    """int64 contracts in each slot for float64[contracts] or [n, contracts] lots of need: its family's share of them.

    Shares are cut from running sums with a remainder that each hedger keeps, so that they add up to the whole need
    (in lots of equal size), small hedgers too. A family that does not list the month leaves its share to the others.
    """
    rivals: Any = view.rivals
    venue, remainder = np.asarray(me.venue), np.asarray(me.remainder)[..., None]
    total, below = np.zeros(amount.shape), np.zeros(amount.shape)
    for number, partner in enumerate(rivals.partner):
        share = np.where(partner >= 0, venue[..., np.maximum(partner, 0)], 0.0)
        total += share
        below += np.where(rivals.of > number, share, 0.0)
    lots = amount * rivals.lots[rivals.of] / np.maximum(total, 1e-300)
    own = np.where(view.rank > 0, venue, 0.0)
    return np.asarray(np.floor(lots * (below + own) + remainder) - np.floor(lots * below + remainder)).astype(np.int64)
