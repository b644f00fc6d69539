"""Clearing members, their fund, and what happens when one of them fails: the rules of a house with tiers."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from sim.plugin import Block, param

Layer = Literal["fellow clients", "defaulter fund", "house capital", "default fund", "assessments",
                "second house capital", "gains haircut"]
LAYERS: tuple[Layer, ...] = ("fellow clients", "defaulter fund", "house capital", "default fund", "assessments",
                             "second house capital", "gains haircut")
JUDGED = "judgement: "


class MembersConfig(Block):
    """Clearing members, who stand between the house and everybody else and guarantee their clients."""

    count: int = param(0, unit="members", low=0, high=500, source="judgement: none, the simple house without tiers",
                       doc="clearing members; 0 leaves every account with the house itself")
    capital: float = param(0.3, unit="multiple of the hedgers' notional", above=0, high=100,
                           source="judgement: about the initial margin of a market hedged in full and half again",
                           doc="what all members together bring at the start, in liquid means")
    concentration: float = param(
        0.5, unit="exponent", low=0, high=3, source="judgement: the largest of eight then clears a fifth of the market",
        doc="the k-th largest member has a weight of 1 / k to this power in capital and in clients")
    client_margin: Literal["gross", "net"] = param(
        "gross", unit="rule", source="US futures practice (17 CFR 39.13(g)(8)): client margin is collected gross",
        doc="whether a member passes on the sum of its clients' margins or only that of their net position")
    multiplier: float = param(
        1.0, unit="multiple of the house's margin", low=1, high=5, source="judgement: none added; add-ons of up to a "
        "half have been reported", doc="what a member asks of its clients over what the house asks for them")
    house_accounts: tuple[str, ...] = param(
        (), unit="names of blocks", source="judgement: none, so that everybody's fate is their own",
        doc="participants that are desks of their member: segregated from clients, and closed out with it")
    fellow_customer_risk: bool = param(
        False, unit="yes or no", source="judgement: clients legally segregated, as in US cleared swaps",
        doc="whether a failed member's other clients bear a client's loss with their margin")
    client_money_shortfall: float = param(
        0.0, unit="share", low=0, high=1, source="judgement: members keep clients' money apart, as they must",
        doc="share of the clients' margin kept by a member that is missing when it fails")
    intraday_trigger: float = param(
        0.25, unit="share of initial margin", above=0, high=100, source="judgement: a quarter of the margin is lost",
        doc="loss since the last settlement of all accounts of a member that sets off an intraday call on it")
    support: float = param(
        0.05, unit="share of the gap a day", low=0, high=1, source="judgement: half a loss is made good in a fortnight",
        doc="how fast its owners bring a living member back to its opening capital, or take out what is above it")
    parent: float = param(
        0.25, unit="share of a bank's cash", low=0, high=1, source="judgement: the rest is kept for its own depositors",
        doc="where banks of the market own members, what one pays for its member at a time at most")
    pace: float = param(
        0.1, unit="share a day", above=0, high=1, source="judgement: half of it is gone in a week and a half",
        doc="what a member wants to trade away of positions that it has bought at an auction")


class PortingConfig(Block):
    """How clients of a failed member find another one."""

    probability: float = param(
        0.5, unit="chance a day", low=0, high=1, source="judgement: papers and consent take time",
        doc="chance on each day of the window that a client finds a member that would take it")
    window: int = param(2, unit="business days", low=0, high=60, source="judgement: usual windows are 24 to 48 hours",
                        doc="days after which positions of clients without a member are traded away")
    capacity: float = param(
        5.0, unit="multiple of the member's equity", low=0, high=1000, source="judgement: a fifth of margin in capital",
        doc="largest sum of margin requirements of clients, own positions and newcomers that a member takes on")


class FundConfig(Block):
    """The default fund: how large it is and who pays in what."""

    cover: int = param(2, unit="members", low=1, high=100, source="CPMI-IOSCO (2012), principle 4",
                       doc="members that fail together in the stress that the fund must survive")
    buffer: float = param(0.1, unit="share", low=0, high=10, source="judgement: a tenth",
                          doc="what is added to the stress loss covered")
    minimum: float = param(0.0005, unit="multiple of the hedgers' notional", low=0, high=1,
                           source="judgement: something even where no stress is seen",
                           doc="least contribution of a member")
    resize: int = param(21, unit="business days", low=1, high=2520, source="judgement: monthly, as is usual",
                        doc="days between resizings")
    breach: float = param(0.9, unit="share of the fund", above=0, high=10, source="judgement: a tenth is left",
                          doc="a covered stress loss above this share of the fund resizes it at once, upwards only")
    replenish: int = param(5, unit="business days", low=0, high=252, source="judgement: a week",
                           doc="days that a member has to pay in what it owes the fund before it is in default")
    parallel: tuple[float, ...] = param(
        (-0.35, -0.25, 0.25, 0.35), unit="relative price moves",
        source="judgement: up to 1.75 times a margin of a fifth", doc="stress in which all months move alike")
    tilts: tuple[float, ...] = param(
        (-0.3, 0.3), unit="relative price moves", source="judgement: nearer months move most, as before expiry",
        doc="stress in which the nearest month moves by this, later ones in proportion less, the last not at all")

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if not self.parallel and not self.tilts:
            raise ValueError("a fund is sized by at least one stress: give `parallel` or `tilts` a move")
        if min(*self.parallel, *self.tilts, 0.0) < -1.0:
            raise ValueError("no price falls by more than the whole of it")
        return self


class AuctionConfig(Block):
    """How members bid for the positions of one that has failed."""

    lots: int = param(10, unit="lots", low=0, high=1000, source="judgement: a tenth each",
                      doc="equal slices in which positions are offered; 0: no auction, all goes to the book")
    after: int = param(1, unit="business days", low=0, high=60, source="judgement: invitations go out overnight",
                       doc="evenings after the default until the first auction; then one every evening")
    discount: float = param(
        0.15, unit="share of the lot's margin", low=0, high=10, source="judgement: a seventh of the margin",
        doc="what an unburdened member wants for taking a lot")
    inventory: float = param(
        1.0, unit="multiple", low=0, high=100, source="judgement: twice as much with the last of the room",
        doc="by how many times that rises as what the member would then carry comes near to what it can carry")
    hedge: float = param(
        0.0, unit="share", low=0, high=1, source="judgement: none; with 1 all of the risk of the level is hedged",
        doc="until the auctions are over the house sells (buys) this share of a failed member's other months in the "
            "nearest one, `house_pace` of what is missing a round, and leaves those alone; 0: it trades them away")
    reserve: float = param(0.5, unit="share of the lot's margin", low=0, high=10, source="judgement: half of it",
                           doc="the house refuses lots for which more is wanted")
    attempts: int = param(5, unit="auctions", low=1, high=1000, source="judgement: a week",
                          doc="auctions without a buyer for everything after which the rest is torn up (if it may be)")


class RecoveryConfig(Block):
    """Who pays for what a failed member cannot, in which order and up to what."""

    order: tuple[Layer, ...] = param(
        LAYERS, unit="layers", source="Regulation (EU) 648/2012, Articles 43 and 45, and Regulation (EU) 2021/23",
        doc="what pays first to last, after the margin of who failed; a layer left out does not pay")
    first_tranche: float = param(0.5, unit="share of the house's capital", low=0, high=1, source="judgement: half",
                                 doc="what the house pays before the fund of the others is touched")
    assessment: float = param(1.0, unit="multiple of the contribution", low=0, high=20, source="judgement: once",
                              doc="largest cash call on a survivor for one default")
    assessments: float = param(2.0, unit="multiple of the contribution", low=0, high=20, source="judgement: twice",
                               doc="the same for all defaults within a cooling-off period")
    cooling_off: int = param(21, unit="business days", low=1, high=252, source="judgement: a month",
                             doc="days after a default over which assessments count against one cap")
    haircut: float = param(1.0, unit="share of the day's gains", low=0, high=1, source="judgement: all of them",
                           doc="largest part of the day's gains that is kept back")
    haircut_days: int = param(5, unit="evenings", low=0, high=252, source="judgement: a week",
                              doc="evenings in a row on which gains may be cut")
    tear_up: bool = param(True, unit="yes or no", source="judgement: so that losses end",
                          doc="whether what remains is torn up at the last settlement once nobody can pay or buy")

    @model_validator(mode="after")
    def _order_fits(self) -> Self:
        if len(set(self.order)) < len(self.order):
            raise ValueError("a layer stands in the order twice")
        first, mutual = ("fellow clients", "defaulter fund"), ("default fund", "assessments", "gains haircut")
        seen = [layer in mutual for layer in self.order]
        if any(layer in first and any(seen[:at]) for at, layer in enumerate(self.order)):
            raise ValueError("layers out of order: what the defaulter left pays before what survivors have")
        if self.assessments < self.assessment:
            raise ValueError("`assessments` caps all defaults together and cannot be under `assessment` for one")
        return self


class CollateralConfig(Block):
    """What margin may be posted in besides cash, and what is taken off its value."""

    bills: float = param(0.0, unit="share of margin", low=0, high=1, source="judgement: cash alone",
                         doc="part of its requirement that an account covers with Treasury bills, if it can pay")
    bills_haircut: float = param(0.01, unit="share of value", low=0, below=1, source="judgement: a year's move",
                                 doc="what the house takes off the value of bills")
    paper: float = param(0.0, unit="share of margin", low=0, high=1, source="judgement: none, it falls with the market",
                         doc="part covered with compute-backed paper: wrong-way risk, allowed so that it is seen")
    paper_haircut: float = param(0.2, unit="share of value", low=0, below=1, source="judgement: a fifth, as margin",
                                 doc="what the house takes off the value of compute-backed paper")
    paper_sensitivity: float = param(
        1.0, unit="exponent", low=0, high=5, source="judgement: its cash flow is the rent of the chips behind it",
        doc="the paper is worth (spot over spot at the start) to this power, never more than its face")
    fire_sale: float = param(0.1, unit="share of value", low=0, below=1, source="judgement: sold in a hurry",
                             doc="what compute-backed paper of a failed account brings less than its value")
    paper_from: tuple[str, ...] = param(
        (), unit="names of blocks", source="judgement: all alike; those who rent out GPUs have most of it",
        doc="participants that pledge compute-backed paper, others that share in cash; none named: everybody")
    cash_only: tuple[str, ...] = param((), unit="names of blocks", source="judgement: the same for all",
                                       doc="participants that post cash alone")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.bills + self.paper > 1.0:
            raise ValueError("`bills` and `paper` together cannot cover more than the whole of the margin")
        return self
