"""Macro funds: they hold a story about the build-out of AI, catch it from each other, and drop it when it loses."""

from __future__ import annotations

import numpy as np

from sim.agents.base import Execution, View, World
from sim.agents.flows import FlowAgent, FlowFund
from sim.agents.fund import PROTOTYPE
from sim.agents.reason import backing, capacity_of
from sim.agents.rules import (
    error_shape,
    leverage_caps,
    lots_per_cent,
    luck,
    mispricing,
    normal_luck,
    persistence,
)
from sim.plugin import param
from sim.population import Column, Population

BOOM, WINTER = 1, -1  # stories; 0 for none


class MacroAgent(FlowAgent):
    """A fund with a story."""

    story = Column(np.int64, unit="sign", doc="1 believes in a boom, -1 in a winter, 0 in no story")
    strength = Column(np.float64, unit="log", doc="how far from consensus its story is, far out on the curve")
    error = Column(np.float64, unit="log", doc="own persistent error about value")
    belief = Column(np.float64, unit="log", doc="own value over consensus, by month", shape="contracts")
    proof = Column(np.float64, unit="standard deviations", doc="recent move of the curve, up positive: proof of a boom")
    seen = Column(np.int64, unit="ticks", doc="settlement price seen last", shape="contracts")
    seen_month = Column(np.int64, unit="absolute month", doc="which month the slot then stood for", shape="contracts")


class MacroFund(FlowFund, type="macro_fund"):
    """Fund that trades a story, boom or winter, which spreads like a disease and is dropped when prices refute it.

    Source: Shiller 2017 (Am. Econ. Rev. 107:967) for stories that spread as epidemics (Kermack & McKendrick 1927);
    Brock & Hommes 1998 (J. Econ. Dyn. Control 22:1235) for a logit in what a belief has earned; speeds are judgement.
    """

    agent = MacroAgent
    rhythm = "day"

    execution: Execution = param(
        factory=lambda: Execution(activity=0.3, visits=0, child=0.15, aggressive=0.5), unit="rules",
        doc="how wishes become orders: the whole curve is looked at", source=PROTOTYPE)
    count: int = param(40, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: enough for stories to spread")
    capital: float = param(0.05, unit="multiple of the hedgers' notional", low=0, high=1000,
                           source="judgement: as much as retail; a story needs few to move a thin market",
                           doc="capital of the whole block over what hedgers would hold if they hedged in full")
    leverage_max: float = param(3.0, unit="multiple of equity", low=0, high=100, source="judgement: as other funds",
                                doc="largest exposure over equity that the rules allow")
    aggression: float = param(15.0, unit="leverage per log", above=0, high=10_000,
                              source="judgement: full size at a gap of a fifth, a story's scale",
                              doc="leverage per log of the gap between own value and price")
    boom: float = param(0.3, unit="log", low=0, high=3, doc="value over consensus, far out, in the boom story",
                        source="judgement: a third more demand than planned capacity serves")
    winter: float = param(0.3, unit="log", low=0, high=3, doc="value under consensus, far out, in the winter story",
                          source="judgement: as for a boom, so that neither is favoured")
    story_days: float = param(126.0, unit="business days", above=0, high=2520, source="judgement: half a year",
                              doc="time over which a story builds up along the curve")
    private_error: float = param(0.05, unit="log", low=0, high=2, doc="sd of the own error about value",
                                 source="judgement: stories matter more than details")
    error_half_life: float = param(60.0, unit="business days", above=0, doc="half-life of the own error",
                                   source=PROTOTYPE)
    first_share: float = param(0.2, unit="share of funds", low=0, high=0.5,
                               source="judgement: analysts of 2026 are on both sides",
                               doc="share that holds each story at the start")
    spread: float = param(0.02, unit="per day", low=0, high=1,
                          doc="chance of catching a story a day if everybody else told it",
                          source="judgement: a story lasts about a year; each holder wins two others at first")
    news: float = param(0.0005, unit="per day", low=0, high=1, doc="chance of coming upon a story alone",
                        source="judgement: one fund in eight a year")
    recovery: float = param(0.01, unit="per day", low=0, high=1, doc="chance of losing interest in a story a day",
                            source="judgement: half of them within a quarter and a month, as media topics")
    intensity: float = param(1.0, unit="per standard deviation", low=0, high=20,
                             doc="how much more a proven story spreads and the less it is dropped",
                             source="judgement: one standard deviation of the trend, 2.7 to 1")
    memory: float = param(63.0, unit="business days", above=0, high=2520, source="judgement: a quarter",
                          doc="time constant of the trend that proves or refutes stories")
    capacity: float = capacity_of("macro funds")

    def populate(self, block: Population, world: World) -> None:
        super().populate(block, world)
        first = luck(block, "story")
        block.story[:] = np.where(first < self.first_share, BOOM,
                                  np.where(first >= 1.0 - self.first_share, WINTER, 0))
        block.strength[:] = 0.5 + luck(block, "strength")
        block.error[:] = self.private_error * normal_luck(block, "error")

    def wake(self, block: Population, view: View) -> None:
        super().wake(block, view)
        keep, noise = persistence(self.error_half_life)
        block.error[:] = keep * block.error + self.private_error * noise * block.normal("error", view)
        self.weigh_proof(block, view)
        self.retell(block, view)
        far = error_shape(view, self.story_days)
        size = np.where(block.story == BOOM, self.boom, self.winter) * block.strength
        np.multiply((block.story * size + block.error)[:, None], far, out=block.belief)

    def weigh_proof(self, block: Population, view: View) -> None:
        """Mean change of the curve, remembered over some months, in its own standard deviations."""
        settle = np.maximum(view.settle, 1)
        seen, seen_month = block.seen[:1], block.seen_month[:1]  # all have seen the same
        known = (seen_month == view.month) & (view.rank > 0)
        change = np.where(known, np.log(settle / np.where(known, seen, settle)), 0.0)
        months = known.sum(axis=1)
        level = np.where(view.rank > 0, view.volatility, 0.0).sum() / max(int((view.rank > 0).sum()), 1)
        weight = 1.0 / max(self.memory, 1.0)
        scale = max(float(level), 1e-4) * np.sqrt(weight / (2.0 - weight))
        block.proof[:] += weight * (change.sum(axis=1) / np.maximum(months, 1) / scale - block.proof)
        block.seen[:], block.seen_month[:] = settle, view.month

    def retell(self, block: Population, view: View) -> None:
        """One day of the epidemic: who tells a story infects others, who holds a refuted one drops it."""
        others = max(block.n - 1, 1)
        story, draw = block.story, block.uniform("story", view)
        believes = story == BOOM
        tells_boom, tells_winter = believes & block.alive, (story == WINTER) & block.alive
        boom, winter = np.count_nonzero(tells_boom), np.count_nonzero(tells_winter)
        favour = 2.0 / (1.0 + np.exp(-self.intensity * np.stack([block.proof, -block.proof])))
        catch_boom = 1.0 - np.exp(-(self.news + self.spread * ((boom - tells_boom) / others)) * favour[0])
        catch_winter = 1.0 - np.exp(-(self.news + self.spread * ((winter - tells_winter) / others)) * favour[1])
        leave = 1.0 - np.exp(-self.recovery * np.where(believes, favour[1], favour[0]))
        caught = np.where(draw < catch_boom, BOOM, np.where(draw >= 1.0 - catch_winter, WINTER, 0))
        block.story[:] = np.where(story == 0, caught, np.where(draw < leave, 0, story))

    def weights(self, view: View) -> np.ndarray:
        """float64[contracts]: stories are about years, so that all listed months get the same share of capital."""
        listed = view.rank > 0
        if view.rivals is not None:
            listed = listed * view.rivals.attention
            return listed / max(float(listed.sum()), 1e-300)
        return listed / max(int(listed.sum()), 1)

    def target_of(self, me: MacroAgent, view: View) -> np.ndarray:
        """q_j = E/(k F_j) sgn(x_j) min(cap, a |x_j|), x_j = log(own value / price), k months; towards zero."""
        if not me.alive:
            return me.position.copy()
        x = mispricing(view) + me.belief
        leverage = np.sign(x) * np.minimum(leverage_caps(view, self.leverage_max), self.aggression * np.abs(x))
        per_cent = leverage * (self.weights(view) * lots_per_cent(view))
        return (per_cent * max(float(backing(me, self.capacity)), 0.0)).astype(np.int64)

    def target(self, block: Population, view: View) -> np.ndarray:
        caps = leverage_caps(view, self.leverage_max)
        wish = (mispricing(view) + block.belief) * self.aggression
        wish = np.minimum(np.maximum(wish, -caps), caps)
        wish *= self.weights(view) * lots_per_cent(view)
        wish *= np.maximum(backing(block, self.capacity), 0)[:, None]
        return np.where(block.alive[:, None], wish.astype(np.int64), block.position)
