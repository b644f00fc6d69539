"""Outside capital: it comes, weeks late, when futures have been far from what the public expects, and leaves again.

Commodity houses, funds of many strategies, and owners of compute who sell none of it in usual times. They have other
things to do, so that a distance must be large and last before mandates, accounts and money for it are there.
"""

from __future__ import annotations

import numpy as np

from sim.agents.base import AgentType, Execution, Transfer, View, World
from sim.agents.fund import FundAgent
from sim.agents.rules import hedgeable_notional, leverage_caps, lots_per_cent, luck, mispricing, month_weights, whole
from sim.plugin import param
from sim.population import Column, Population


class OutsideAgent(FundAgent):
    """Somebody with money who usually is elsewhere."""

    limit = Column(np.int64, unit="cents", doc="most that this one brings")
    brought = Column(np.int64, unit="cents", doc="what it has brought since it came")
    threshold = Column(np.float64, 0.35, unit="log", doc="mean distance of prices from consensus that it notices")
    patience = Column(np.int64, unit="business days", doc="days of such a distance after which it comes")
    noticed = Column(np.int64, unit="business days", doc="days noticed, less calm days since; at most its patience")
    here = Column(np.bool_, False, unit="yes or no", doc="takes part in this market now")


class OutsideCapital(AgentType, type="outside_capital"):
    """Capital that moves slowly towards large and lasting gains, with little leverage, and waits for settlement.

    Source: Duffie 2010 (J. Finance 65:1237), capital that moves slowly as investors pay attention now and then;
    Mitchell, Pedersen & Pulvino 2007 (Am. Econ. Rev. 97:215), where it took months to come into convertible bonds
    after forced sales. Sizes and speeds are judgement.
    """

    agent = OutsideAgent
    rhythm = "day"

    execution: Execution = param(factory=lambda: Execution(visits=0, child=0.2), unit="rules",
                                 doc="how wishes become orders",
                                 source="judgement: as other funds, all months, and with time")
    count: int = param(12, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: as many as could place such a trade at once")
    capital: float = param(1.0, unit="multiple of the hedgers' notional at most", low=0, high=1000,
                           doc="most that all of the block bring, over what hedgers would hold if they hedged in full",
                           source="judgement: what hedgers hold, a fortieth of all compute sold under contract")
    dispersion: float = param(0.6, unit="share of mean", low=0, high=1, source="judgement: as funds",
                              doc="most of one is even between 1 minus and 1 plus this, times the mean")
    notice_least: float = param(0.25, unit="log", above=0, high=10,
                                source="judgement: five times the largest mean distance of the shipped baseline",
                                doc="mean distance of prices from consensus that the most watchful notice")
    notice_most: float = param(0.5, unit="log", above=0, high=10, doc="the same for the least watchful",
                               source="judgement: nobody overlooks two thirds too much")
    patience_least: int = param(5, unit="business days", low=1, high=2520,
                                source="judgement: a firm that has accounts, and a committee to ask",
                                doc="days of such a distance until the first come")
    patience_most: int = param(42, unit="business days", low=1, high=2520, doc="the same for the last",
                               source="judgement: mandate, clearing member and account take two months; Mitchell, "
                                      "Pedersen & Pulvino 2007 find months")
    pace: float = param(0.1, unit="share of limit a day", above=0, high=1, doc="how fast money comes, once it comes",
                        source="judgement: two weeks to fund a mandate")
    leverage: float = param(0.5, unit="multiple of equity", low=0, high=10,
                            source="judgement: a short must survive a price that trebles",
                            doc="largest exposure over equity when it is entered")
    done: float = param(0.1, unit="log", low=0, high=10, source="judgement: what is left is not worth the trouble",
                        doc="distance of a month from consensus at which positions in it are given up")
    full: float = param(0.4, unit="log", above=0, high=10, source="judgement: at half too much all is put in",
                        doc="distance beyond that at which the full size is held")
    return_after: int = param(60, unit="business days", low=0, high=1000, source="judgement: as funds",
                              doc="days after a default until somebody else may come in its place")

    def populate(self, block: Population, world: World) -> None:
        mean = self.capital * hedgeable_notional(world) / max(block.n, 1)
        block.limit[:] = whole(mean * (1.0 + self.dispersion * (2.0 * luck(block, "capital") - 1.0)))
        block.threshold[:] = self.notice_least + (self.notice_most - self.notice_least) * luck(block, "threshold")
        span = self.patience_most - self.patience_least
        block.patience[:] = np.maximum(whole(self.patience_least + span * luck(block, "patience")), 1)

    def wake(self, block: Population, view: View) -> None:
        block.away[:] = np.where(block.alive, 0, block.away + 1)
        distance = float((month_weights(view) * np.abs(mispricing(view))).sum())
        step = np.where(distance > block.threshold, 1, -1)
        block.noticed[:] = np.minimum(np.maximum(block.noticed + step, 0), block.patience)
        block.here[:] = block.alive & (block.here | (block.noticed >= block.patience))

    def sizes(self, view: View) -> np.ndarray:
        """float64[contracts]: contracts per cent of equity, bought where positive, 0 where the gap is not worth it."""
        gap = mispricing(view)
        share = np.minimum(np.maximum((np.abs(gap) - self.done) / self.full, 0.0), 1.0)
        size = share * leverage_caps(view, self.leverage) * month_weights(view) * lots_per_cent(view)
        return np.asarray(np.sign(gap) * size)

    def target_of(self, me: OutsideAgent, view: View) -> np.ndarray:
        """q_j = w_j E/F_j L sgn(x_j) clip((|x_j| - done)/full, 0, 1), and never less of it while |x_j| > done."""
        out, size = me.position.copy(), self.sizes(view)
        if not me.alive:
            return out
        for slot, per_cent in enumerate(size):
            wish = int(per_cent * max(float(me.equity), 0.0)) if me.here else 0
            held = int(me.position[slot])
            keeps = me.here and held * per_cent > 0
            out[slot] = (max(wish, held) if held > 0 else min(wish, held)) if keeps else wish
        return out

    def target(self, block: Population, view: View) -> np.ndarray:
        held = block.position
        if not block.here.any():
            return np.where(block.alive[:, None], 0, held)
        size = self.sizes(view)
        wish = (size * np.maximum(block.equity, 0)[:, None]).astype(np.int64)
        more = np.where(held > 0, np.maximum(wish, held), np.minimum(wish, held))
        wish = np.where(held * np.sign(size).astype(np.int64) > 0, more, wish)
        wish[~block.here] = 0
        return np.where(block.alive[:, None], wish, held)

    def reservation(self, block: Population, view: View) -> np.ndarray:
        """The consensus: nothing is bought above it or sold below it, also when a position is given up."""
        return np.broadcast_to(view.value, block.position.shape)

    def transfers(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        if not (block.here.any() or block.brought.any()):
            return []
        gone = ~block.alive
        block.brought[gone] = 0
        ended = not bool(view.listed.any())
        leaves = block.here & ((block.noticed == 0) | ended) & ~block.position.any(axis=1)
        block.here[:] &= ~leaves & ~gone
        comes = block.here & (block.noticed >= block.patience) & (not ended)
        amount = np.where(comes, np.minimum(whole(self.pace * block.limit), block.limit - block.brought), 0)
        amount = np.where(leaves, -np.maximum(block.cash, 0), amount)
        block.brought[:] = np.where(leaves, 0, block.brought + np.maximum(amount, 0))
        block.capital[:] = np.where(block.alive, block.brought, block.capital)
        return [Transfer("fund flow", amount)]

    def reopen(self, block: Population, view: View, equity: np.ndarray) -> np.ndarray:
        comes = ~block.alive & (block.away >= self.return_after) & (block.noticed >= block.patience)
        fresh = np.where(comes, np.maximum(whole(self.pace * block.limit), 1), 0)
        block.brought[comes] = fresh[comes]
        return fresh
