"""How positions are margined, how accounts are forced to shrink, and what the clearing house can lose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import model_validator

import sim.clearing.dampers
from sim.clearing.config_members import (
    AuctionConfig,
    CollateralConfig,
    FundConfig,
    MembersConfig,
    PortingConfig,
    RecoveryConfig,
)
from sim.clearing.dampers.base import Damper, Undamped
from sim.clearing.margin.base import MarginModel
from sim.clearing.margin.fixed import Fixed
from sim.errors import near_miss
from sim.plugin import Block, load_all, param

load_all(sim.clearing.dampers.__name__)


class ClearingConfig(Block):
    """Margin, calls, forced sales and the clearing house's own means."""

    margin: MarginModel = param(factory=Fixed, unit="model", doc="how the initial margin rate is found",
                                source="judgement: the simplest rule; the others are compared with it")
    procyclicality: Damper = param(factory=Undamped, unit="rule", doc="what becomes of the model's rates in a stress",
                                   source="judgement: none, so that models are seen as they are")
    spread_charge: float = param(
        0.25, unit="share of the outright charge", low=0, high=1,
        doc="margin on the legs of one account that offset each other across contract months",
        source="judgement: working prototype; rounded to ten-thousandths")
    offsets: Literal["spread_charge", "portfolio"] = param(
        "spread_charge", unit="rule", source="judgement: rates by contract month, as most houses charge futures",
        doc="how months of one account offset: netted at each month's rate with a spread charge, or as the margin "
            "model finds for whole accounts, with the same scenarios for all, in cents fixed until the next settlement")
    recognised: float = param(
        0.80, unit="share", low=0, high=1,
        doc="portfolio margin gives back at most this of what the months' margins add up to beyond the joint one",
        source="EMIR RTS 153/2013 Art. 27, at second hand: offsets reduce margin by at most 80 %")
    maintenance: float = param(
        0.75, unit="share of the initial margin", above=0, high=1,
        doc="an account that is watched during the day is forced to shrink when its equity is worth less than this",
        source="judgement: an intraday call once a quarter of the margin is lost, as house rule books commonly set it")
    restore: float = param(
        1.5, unit="multiple of the initial margin", low=1, high=10,
        doc="a forced account shrinks until its equity is this many times what it must then hold",
        source="judgement: between 1.1, the US ratio of initial to maintenance margin, and 2 in a working prototype")
    forced_reach: float = param(
        0.04, unit="share of price", above=0, high=1, doc="how far beyond the middle a forced order may go",
        source="judgement: working prototype; with a tenth of the price forced sales ran away")
    forced_participation: float = param(
        0.5, unit="share of visible depth", above=0, high=1,
        doc="largest share of the depth within its reach that a forced order takes in one round",
        source="judgement: working prototype")
    house_pace: float = param(
        0.04, unit="share of its positions a round", above=0, high=1,
        doc="how fast the house trades out of the positions of defaulted accounts (at least one contract a round)",
        source="judgement: working prototype; at a third a round the house itself moved prices without end")
    house_capital: float = param(
        0.05, unit="multiple of the hedgers' notional", low=0, high=100,
        doc="what the owners of the clearing house put in at the start",
        source="judgement: working prototype, a twentieth of the hedgers' notional")

    closes: Literal["never", "no members", "insolvent"] = param(
        "no members", unit="rule", source="judgement: contracts that nobody guarantees cannot be traded; for the tool "
        "CPMI-IOSCO (2014), Recovery of financial market infrastructures",
        doc="when the market ends for good, every contract at the last settlement: once all clearing members have "
            "failed; with `insolvent` also once a loss of the house stays unpaid; or never")
    due: int = param(0, unit="rounds", low=0, high=100, source="judgement: paid before trading begins",
                     doc="rounds after the opening at which last evening's calls fall due")
    grace: int = param(
        0, unit="rounds", low=0, high=1000, source="judgement: none",
        doc="rounds that an unpaid call is waited for; more than a day's rounds let owners pay in another evening")
    members: MembersConfig = param(factory=MembersConfig, unit="settings", source="judgement: no members unless set",
                                   doc="clearing members between the house and everybody else")
    collateral: CollateralConfig = param(factory=CollateralConfig, unit="settings", source="judgement: cash alone",
                                         doc="securities that are taken as margin")
    porting: PortingConfig = param(factory=PortingConfig, unit="settings", source="judgement: see each",
                                   doc="what becomes of clients of a failed member")
    fund: FundConfig = param(factory=FundConfig, unit="settings", source="judgement: see each",
                             doc="the default fund of the members")
    auction: AuctionConfig = param(factory=AuctionConfig, unit="settings", source="judgement: see each",
                                   doc="how a failed member's positions are sold")
    recovery: RecoveryConfig = param(factory=RecoveryConfig, unit="settings", source="judgement: see each",
                                     doc="who pays for a failed member")

    def strangers(self, people: list[str]) -> Iterator[tuple[tuple[str, str], str]]:
        """Names of blocks in the rules that nobody among the participants has: where, and what to do."""
        named = (("members", "house_accounts", self.members.house_accounts),
                 ("collateral", "cash_only", self.collateral.cash_only),
                 ("collateral", "paper_from", self.collateral.paper_from))
        for part, key, names in named:
            for name in names:
                if name not in people:
                    yield (part, key), (f'nobody who takes part is called "{name}"{near_miss(name, people) or ";"} '
                                        f'there are: {", ".join(people)}')
        if self.members.count and "clearing member" in people:
            yield ("members", "count"), 'a block is called "clearing member" already; give it another `name`'

    @model_validator(mode="after")
    def _rules_fit(self) -> Self:
        self.procyclicality.check(self.margin)
        return self
