"""Leveraged funds: they borrow until perceived risk says enough, more in calm and less in storms."""

from __future__ import annotations

import numpy as np

from sim.agents.base import Execution, Transfer, View, World
from sim.agents.flows import FlowAgent, FlowFund
from sim.agents.fund import PROTOTYPE
from sim.agents.reason import absurd_from, backing, capacity_of, within_reason
from sim.agents.rules import cents, leverage_caps, lots_per_cent, luck
from sim.plugin import param
from sim.population import Column, Population

DAYS = 252


class LeveragedAgent(FlowAgent):
    """A fund with a target of leverage."""

    tilt = Column(np.float64, 4.0, unit="months", doc="over how many months ahead the own book is spread")
    side = Column(np.int64, 1, unit="sign", doc="1 for a fund that buys the curve, -1 for one that sells it")
    risk = Column(np.float64, unit="variance a day", doc="perceived variance of the own book")
    perceived_risk = Column(np.float64, unit="a year", doc="the same as an annual standard deviation")
    wanted_leverage = Column(np.float64, unit="multiple of equity", doc="exposure over equity that the rule asks for")
    leverage = Column(np.float64, unit="multiple of equity", doc="exposure over equity at the last settlement")
    seen = Column(np.int64, unit="ticks", doc="settlement price seen last", shape="contracts")
    seen_month = Column(np.int64, unit="absolute month", doc="which month the slot then stood for", shape="contracts")


class LeveragedFund(FlowFund, type="leveraged_fund"):
    """Fund that holds the curve on borrowed money: more in calm, less where prices have moved much, up to a limit.

    Leverage wanted is the usual one times (perceived variance / reference variance)^b: b = -0.5 is a value-at-risk
    limit, 0 constant leverage, 0.5 leans against risk.

    Source: Aymanns & Farmer 2015 (J. Econ. Dyn. Control 50:155) and Aymanns, Caccioli, Farmer & Tan 2016 (J. Financ.
    Stability 27:263) for the form; Adrian & Shin 2010 (J. Financ. Intermediation 19:418) find it at dealers.
    """

    agent = LeveragedAgent
    rhythm = "day"

    execution: Execution = param(
        factory=lambda: Execution(activity=0.3, child=0.15, aggressive=0.6, reach=0.015, offset=0.003), unit="rules",
        doc="how wishes become orders", source=PROTOTYPE)
    count: int = param(60, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: enough that no single one matters")
    capital: float = param(0.1, unit="multiple of the hedgers' notional", low=0, high=1000,
                           source="judgement: working prototype 0.15; less beside macro funds, who trade alike",
                           doc="capital of the whole block over what hedgers would hold if they hedged in full")
    leverage_max: float = param(3.0, unit="multiple of equity", low=0, high=100,
                                source="judgement: working prototype, healthy up to 3, critical at 5",
                                doc="largest exposure over equity that the rules allow")
    leverage_usual: float = param(2.5, unit="multiple of equity", low=0, high=100,
                                  source="judgement: below the limit in usual times, so that perceived risk decides",
                                  doc="leverage wanted when perceived risk is the usual one")
    exponent: float = param(-0.5, unit="power of variance", low=-2, high=2,
                            doc="how leverage wanted changes with perceived variance: b",
                            source="Aymanns & Farmer 2015: -0.5 is value at risk")
    risk_usual: float = param(0.2, unit="a year", above=0, high=10,
                              doc="annual standard deviation of the own book in usual times",
                              source="judgement: months ahead of the baseline move by 15 to 25 % a year")
    risk_half_life: float = param(20.0, unit="business days", above=0, high=2520,
                                  doc="half-life of what is remembered of squared changes",
                                  source="J.P. Morgan RiskMetrics 1996: weights of 0.94 to 0.97, 11 to 23 days")
    risk_least: float = param(0.02, unit="a year", low=0, high=10,
                              doc="perceived risk is never less than this: the variance floor of the source",
                              source="judgement: no fund believes in no risk")
    short_share: float = param(0.15, unit="share of funds", low=0, high=1,
                               source="judgement: most clients want to own compute, some to be insured against it",
                               doc="share of funds that sell the curve instead of buying it")
    first_rank: int = param(2, unit="rank", low=1, high=36,
                            doc="nearest month that is held; a month that is being averaged is left to others",
                            source="judgement: funds roll before a delivery month begins")
    absurd: float = absurd_from("leveraged funds")
    capacity: float = capacity_of("leveraged funds")

    def populate(self, block: Population, world: World) -> None:
        super().populate(block, world)
        block.tilt[:] = 2.0 * 4.0 ** luck(block, "tilt")  # two to eight months, evenly in logs
        block.side[:] = np.where(luck(block, "side") < self.short_share, -1, 1)
        block.risk[:] = self.risk_usual**2 / DAYS
        self.aim(block)

    def aim(self, block: Population) -> None:
        """Perceived risk and the leverage that follows from it."""
        risk = np.maximum(block.risk * DAYS, self.risk_least**2)
        block.perceived_risk[:] = np.sqrt(risk)
        usual = np.float64(self.leverage_usual) * (risk / self.risk_usual**2) ** self.exponent
        block.wanted_leverage[:] = np.minimum(usual, self.leverage_max)

    def wake(self, block: Population, view: View) -> None:
        super().wake(block, view)
        settle = np.maximum(view.settle, 1)
        fresh = block.seen_month[:1] != view.month  # all have seen the same
        change = np.log(settle / np.where(fresh, settle, block.seen[:1]))
        block.seen[:], block.seen_month[:] = settle, view.month
        if fresh.all():  # nothing has been seen before
            return
        keep = 0.5 ** (1.0 / self.risk_half_life)
        own = (self.book(block, view) * change).sum(axis=1)
        block.risk[:] = keep * block.risk + (1.0 - keep) * own * own
        self.aim(block)

    def book(self, me: LeveragedAgent | Population, view: View) -> np.ndarray:
        """float64[contracts] or [n, contracts]: how the own exposure is spread, e^(-rank/tilt) scaled to one."""
        held = view.rank >= self.first_rank
        weight = np.where(held, np.exp(-view.rank / np.asarray(me.tilt)[..., None]), 0.0)
        if view.rivals is not None:
            weight = weight * view.rivals.attention
        return weight / np.maximum(weight.sum(axis=-1, keepdims=True), 1e-300)

    def target_of(self, me: LeveragedAgent, view: View) -> np.ndarray:
        """q_j = s w_j E/F_j min(l, 0.75/m_j), l = min(cap, l0 (v/v0)^b); whole contracts towards zero."""
        if not me.alive:
            return me.position.copy()
        book, out = self.book(me, view), np.zeros(len(view.rank), np.int64)
        caps, lots = leverage_caps(view, self.leverage_max), lots_per_cent(view)
        equity = max(float(backing(me, self.capacity)), 0.0)
        for slot in range(len(out)):
            leverage = min(me.wanted_leverage, caps[slot])
            out[slot] = me.side * int(book[slot] * (leverage * lots[slot] * equity))
        return within_reason(out, view, self.absurd)

    def target(self, block: Population, view: View) -> np.ndarray:
        wish = np.minimum(block.wanted_leverage[:, None], leverage_caps(view, self.leverage_max))
        wish *= lots_per_cent(view)
        wish *= np.maximum(backing(block, self.capacity), 0)[:, None]
        wish *= self.book(block, view)
        wanted = within_reason(block.side[:, None] * wish.astype(np.int64), view, self.absurd)
        return np.where(block.alive[:, None], wanted, block.position)

    def transfers(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        exposure = np.abs(block.position * (view.settle * cents(view))).sum(axis=1)
        known = block.alive & (equity > self.floor * block.capital)  # nearly nothing left says nothing of leverage
        block.leverage[:] = np.where(known, exposure / np.maximum(equity, 1), 0.0)
        return super().transfers(block, view, equity)
