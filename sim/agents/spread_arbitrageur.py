"""Calendar-spread arbitrageurs: they make twelve books one curve."""

from __future__ import annotations

import numpy as np

from sim.agents.base import Execution, View
from sim.agents.fund import PROTOTYPE, Fund, FundAgent
from sim.agents.rules import leverage_caps, lots_per_cent, mispricing, slots_by_rank
from sim.plugin import param
from sim.population import Population


class SpreadArbitrageur(Fund, type="spread_arbitrageur"):
    """Arbitrageur who sells the rich and buys the cheap of two neighbouring months, contract for contract.

    Source: Shleifer & Vishny 1997 (J. Finance 52:35) for arbitrage limited by capital; band and size are judgement.
    """

    agent = FundAgent
    sector = "liquidity"

    execution: Execution = param(
        factory=lambda: Execution(activity=0.8, visits=0, child=0.5, aggressive=0.4), unit="rules",
        doc="how wishes become orders; all months are looked at, so that both legs trade",
        source="judgement: a leg alone is a risk, and crossing two spreads each time costs more than it earns")
    count: int = param(12, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: a specialists' business")
    capital: float = param(0.05, unit="multiple of the hedgers' notional", low=0, high=1000, source=PROTOTYPE,
                           doc="capital of the whole block over what hedgers would hold if they hedged in full")
    leverage_max: float = param(3.0, unit="multiple of equity", low=0, high=100, source="judgement: as other funds",
                                doc="largest sum of both legs of all spreads over equity")
    band: float = param(0.02, unit="log", low=0, high=1,
                        source="judgement: two bid-ask spreads, what a round trip costs",
                        doc="deviation from the fair spread of two neighbouring months that is left alone")
    full: float = param(0.04, unit="log", above=0, high=1, source="judgement: two bands",
                        doc="deviation beyond the band at which a spread is held at full size")
    venue_band: float = param(0.02, unit="log", low=0, high=1, source="judgement: as between months of one curve",
                              doc="deviation from the fair spread of two families in one month that is left alone")
    wind_down: int = param(5, unit="business days", low=1, high=60, source="judgement: the last week of the near month",
                           doc="days before the near month ends over which its spread is given up")

    def spread_sizes(self, view: View) -> tuple[np.ndarray, np.ndarray]:
        """int64[k] slots in order of rank; float64[k-1] near contracts of each neighbouring pair per cent of equity.

        Fair is the spread of the consensus values: a pair deviates by d = log(value/price) of the near month less that
        of the far one, and is held with the sign of d at a share clip((|d| - band) / full, 0, 1) of full size.
        """
        order = slots_by_rank(view)
        cheap, per_cent = mispricing(view)[order], (leverage_caps(view, self.leverage_max) * lots_per_cent(view))[order]
        gap = cheap[:-1] - cheap[1:]
        share = np.minimum(np.maximum((np.abs(gap) - self.band) / self.full, 0.0), 1.0)
        share *= np.minimum(view.days_left[order[:-1]] / self.wind_down, 1.0)
        legs = 2.0 * max(len(order) - 1, 1)
        return order, np.sign(gap) * share * np.minimum(per_cent[:-1], per_cent[1:]) / legs

    def target_of(self, me: FundAgent, view: View) -> np.ndarray:
        """The near month of each pair in the direction of its cheapness, the far month against it.

        Whole contracts towards zero, as many of one leg as of the other.
        """
        if not me.alive:
            return me.position.copy()
        if view.rivals is not None:
            pairs = self.all_pairs(view)
            out = np.zeros(len(view.rank), np.int64)
            for one, other, first, second in zip(*pairs, strict=True):
                out[one] += int(first * max(float(me.equity), 0.0))
                out[other] -= int(second * max(float(me.equity), 0.0))
            return out
        order, size = self.spread_sizes(view)
        out = np.zeros(len(view.rank), np.int64)
        for pair in range(len(size)):
            contracts = int(size[pair] * max(float(me.equity), 0.0))
            out[order[pair]] += contracts
            out[order[pair + 1]] -= contracts
        return out

    def all_pairs(self, view: View) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Where families compete: int64[k] the slots of each pair, float64[k] contracts of each leg per cent of equity.

        Neighbouring months of each family as ever, and the same month of two families, legs of equal money: each
        family deviates from its own consensus, so that the fair spread is that of the two indices.
        """
        rivals, rank = view.rivals, view.rank
        assert rivals is not None
        order = [np.flatnonzero((rivals.of == number) & (rank > 0)) for number in range(len(rivals.partner))]
        order = [slots[np.argsort(rank[slots], kind="stable")] for slots in order]
        crossed = [(slots, rivals.partner[other, slots]) for number, slots in enumerate(order)
                   for other in range(number + 1, len(order))]
        crossed = [(one[other >= 0], other[other >= 0]) for one, other in crossed]
        first = np.concatenate([*(slots[:-1] for slots in order), *(one for one, _ in crossed)])
        second = np.concatenate([*(slots[1:] for slots in order), *(other for _, other in crossed)])
        cross = rivals.of[first] != rivals.of[second]
        gap = mispricing(view)[first] - mispricing(view)[second]
        beyond = (np.abs(gap) - np.where(cross, self.venue_band, self.band)) / self.full
        share = np.sign(gap) * np.minimum(np.maximum(beyond, 0.0), 1.0)
        share *= np.minimum(view.days_left[first] / self.wind_down, 1.0) / (2.0 * max(len(first), 1))
        caps, lots = leverage_caps(view, self.leverage_max), lots_per_cent(view)
        even = np.minimum((caps * lots)[first], (caps * lots)[second])  # contract for contract inside a family
        money = np.minimum(caps[first], caps[second])
        return (first, second, share * np.where(cross, money * lots[first], even),
                share * np.where(cross, money * lots[second], even))

    def target(self, block: Population, view: View) -> np.ndarray:
        if view.rivals is not None:
            first, second, near, far = self.all_pairs(view)
            spread, equity = np.zeros(block.position.shape, np.int64), np.maximum(block.equity, 0)
            for slots, legs, sign in ((first, near, 1), (second, far, -1)):
                for pair, slot in enumerate(slots.tolist()):
                    spread[:, slot] += sign * (legs[pair] * equity).astype(np.int64)
            return np.where(block.alive[:, None], spread, block.position)
        order, size = self.spread_sizes(view)
        pairs = (size * np.maximum(block.equity, 0)[:, None]).astype(np.int64)
        by_rank = np.zeros((block.n, len(order)), np.int64)
        by_rank[:, :-1] = pairs
        by_rank[:, 1:] -= pairs
        wish = np.zeros(block.position.shape, np.int64)
        wish[:, order] = by_rank
        return np.where(block.alive[:, None], wish, block.position)
