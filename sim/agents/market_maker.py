"""Market makers: they quote both sides of every month, lean against their inventory and step back in stress."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from sim.agents.base import Execution, Quotes, View, World
from sim.agents.dealership import DealerAgent, Dealership
from sim.agents.fund import PROTOTYPE
from sim.agents.kernels import MAKER, ladder
from sim.agents.rules import MARGIN_SHARE, luck, month_weights, price
from sim.agents.trust import reliance, trust_exponent, trust_needed
from sim.plugin import param
from sim.population import Column, Population


class MakerAgent(DealerAgent):
    """A market maker with a reference price for every month."""

    reference = Column(np.float64, unit="ticks", doc="own reference price", shape="contracts")
    seen_value = Column(np.float64, 1.0, unit="ticks", doc="consensus value at the last look", shape="contracts")
    seen_month = Column(np.int64, unit="absolute month", doc="which month the slot then stood for", shape="contracts")
    nerve = Column(np.float64, 1.5, unit="multiple", doc="fast over slow volatility at which this maker steps back")


class MarketMaker(Dealership, type="market_maker"):
    """Market maker who quotes around a reference that follows news and trades.

    Source: Avellaneda & Stoikov 2008 (Quant. Finance 8:217) for the lean against inventory; Brunnermeier & Pedersen
    2009 (Rev. Financ. Stud. 22:2201) for capacity that falls with equity and margins; sizes of a working prototype.
    """

    agent = MakerAgent
    sector = "liquidity"

    execution: Execution = param(factory=lambda: Execution(activity=0.0), unit="rules", source=PROTOTYPE,
                                 doc="makers trade by quotes; these rules are for forced orders only")
    count: int = param(10, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: ten dealers serve a young market")
    return_after: int = param(20, unit="business days", low=0, high=1000, source=PROTOTYPE,
                              doc="days after closure or default until a new maker takes the place")
    inventory: float = param(2.5, unit="multiple of equity", above=0, high=100, source=PROTOTYPE,
                             doc="largest net inventory over current equity; less where margin allows less")
    depth: float = param(0.05, unit="share of inventory limit", low=0, high=1,
                         source="judgement: working prototype, 90 of 1,560 contracts",
                         doc="contracts at one level of one side, over all months together")
    levels: int = param(5, unit="levels", low=1, high=20, doc="price levels quoted on each side", source=PROTOTYPE)
    half_spread: float = param(0.006, unit="share of price", above=0, below=0.5,
                               doc="half of the inner spread in calm", source=PROTOTYPE)
    step: float = param(0.004, unit="share of price", low=0, high=0.5, doc="distance between levels in calm",
                        source=PROTOTYPE)
    skew: float = param(0.03, unit="log", low=0, high=1, source=PROTOTYPE,
                        doc="lean at full inventory: gamma sigma^2 tau q of Avellaneda and Stoikov at the limit")
    follow: float = param(0.9, unit="share a round", low=0, high=1,
                          doc="weight of the market's middle in the reference",
                          source="judgement: working prototype; from 0.3 to 0.9 daily changes correlate no more")
    anchor: float = param(0.035, unit="share a round", low=0, high=1, doc="weight of consensus value in the reference",
                          source=PROTOTYPE)
    calm: float = param(0.0173, unit="per square root of a day", above=0, high=1,
                        source="judgement: working prototype, variance 3e-4",
                        doc="fast volatility at which spreads are as stated")
    widest: float = param(6.0, unit="multiple", low=1, high=100, doc="most that volatility widens spreads",
                          source=PROTOTYPE)
    nerve_least: float = param(1.4, unit="multiple", low=0, high=100,
                               source="judgement: working prototype, variance ratio 2",
                               doc="fast over slow volatility at which the most nervous maker steps back")
    nerve_most: float = param(1.75, unit="multiple", low=0, high=100,
                              source="judgement: working prototype, variance ratio 3",
                              doc="the same for the calmest maker")
    stress_size: float = param(0.2, unit="share", low=0, high=1, doc="size that is left in stress", source=PROTOTYPE)
    stress_spread: float = param(3.0, unit="multiple", low=1, high=100, doc="spread in stress", source=PROTOTYPE)
    weak: float = param(0.25, unit="share of capital", low=0, high=1, doc="equity below which size is cut",
                        source=PROTOTYPE)
    weak_size: float = param(0.3, unit="share", low=0, high=1, doc="size that is left then", source=PROTOTYPE)
    stops: float = param(0.15, unit="share of capital", low=0, high=1, doc="equity below which nothing is quoted",
                         source="judgement: a little above closure")
    trust_needed: float = trust_needed("makers")
    trust_exponent: float = trust_exponent("makers")
    overload: float = param(0.8, unit="share of inventory limit", low=0, high=10,
                            doc="net inventory from which it is laid off", source=PROTOTYPE)
    lay_off: float = param(0.2, unit="share of largest leg", low=0, high=1,
                           doc="what is then offered below the market in a round", source=PROTOTYPE)
    lay_off_reach: float = param(0.01, unit="share of price", low=0, high=0.5,
                                 source="judgement: a little beyond the inner spread",
                                 doc="how far through the reference it is offered")

    def populate(self, block: Population, world: World) -> None:
        super().populate(block, world)
        block.nerve[:] = self.nerve_least + (self.nerve_most - self.nerve_least) * luck(block, "nerve")

    def target_of(self, me: MakerAgent, view: View) -> np.ndarray:
        """Makers trade by quotes alone: what they hold is what they want."""
        return me.position.copy()

    def target(self, block: Population, view: View) -> np.ndarray:
        return block.position.copy()

    def intents(self, block: Population, view: View) -> Quotes:
        self.follow_market(block, view)
        return self.quotes(block, view)

    def follow_market(self, block: Population, view: View) -> None:
        """Move the reference to the market's middle, then with the news, then a little to consensus value.

        In the settlement month the weight of consensus rises to one with the square of the share already averaged.
        """
        value = np.maximum(view.value, 1.0)
        reference, news, fresh = block.reference, value / block.seen_value, block.seen_month != view.month
        if fresh.any():
            reference[fresh], news[fresh] = np.broadcast_to(value, reference.shape)[fresh], 1.0
            block.seen_month[:] = view.month
        reference += self.follow * (price(view) - reference)
        reference *= news
        reference += np.maximum(self.anchor, view.fixed_share * view.fixed_share) * (value - reference)
        block.seen_value[:] = value

    def limit(self, block: Population, view: View) -> np.ndarray:
        """float64[n] contracts: largest net inventory, a multiple of current equity, or what margin allows if less.

        Less on an index that is little trusted: who cannot say what a contract will settle at shows less.
        """
        weights = month_weights(view)
        if view.rivals is None:
            notional = max(float((weights * price(view)).sum()) * view.tick_cents, 1.0)
        else:
            notional = max(float((weights * price(view) * view.rivals.cents).sum()), 1.0)
        rate = max(float((view.margin_rate * (view.rank > 0)).max(initial=0.0)), 0.01)
        relied = reliance(view, self.trust_needed, self.trust_exponent)
        if view.rivals is not None:
            relied = float((weights * relied).sum())
        most = min(self.inventory, MARGIN_SHARE / rate) * relied
        return most * np.maximum(block.equity, 0) / notional

    def quotes(self, block: Population, view: View) -> Quotes:
        """The ladder around the reservation price r = f exp(-skew (0.8 net/limit + 0.3 q_j/(limit w_j))).

        Spreads and steps widen with fast volatility; in stress size falls and the spread grows; less is shown where
        equity has been lost, nothing near closure. Near the inventory limit a part of the largest leg is offered
        through the market.
        """
        bid, ask, bid_size, ask_size, step = np.empty((5, *block.position.shape), np.int64)
        dials, thin = self.dials, self.widening(block)
        if thin > 1.0:
            dials = dials.copy()
            dials["half_spread"] *= thin
            dials["step"] *= thin
        active = block.alive & ~block.idle
        ladder(dials, self.limit(block, view), view.fast_volatility, view.volatility, month_weights(view),
               block.reference, block.position, block.equity, block.capital, active, block.nerve, bid, ask,
               bid_size, ask_size, step)
        if block.idle.any():
            self.lay_all_off(block, bid, ask, bid_size, ask_size)
        return Quotes(bid, ask, bid_size, ask_size, step, self.levels)

    def lay_all_off(self, block: Population, bid: np.ndarray, ask: np.ndarray, bid_size: np.ndarray,
                    ask_size: np.ndarray) -> None:
        """Who has given the market up shows what it still holds, a part at a time, and nothing else."""
        rows = np.flatnonzero(block.idle & block.alive)
        held, middle = block.position[rows], np.maximum(block.reference[rows], 1.0)
        part = np.ceil(self.lay_off * np.abs(held) / self.levels).astype(np.int64)
        bid[rows], ask[rows] = np.floor(middle).astype(np.int64), np.ceil(middle).astype(np.int64)
        bid_size[rows], ask_size[rows] = np.where(held < 0, part, 0), np.where(held > 0, part, 0)

    @cached_property
    def dials(self) -> np.ndarray:
        """MAKER[1]: the parameters as the kernel reads them."""
        dials = np.zeros(1, MAKER)
        for name in MAKER.names or ():
            dials[name] = getattr(self, name)
        return dials
