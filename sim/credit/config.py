"""Parameters of credit: lenders' conditions, collateral, owners; a scenario turns it on with ``credit: {on: true}``."""

from __future__ import annotations

from sim.credit.config_banks import Banks
from sim.credit.config_pools import Pools
from sim.plugin import Block, param

WORKING = "judgement: working prototype of 45 operators and 12 banks"


def _yield(default: float, doc: str) -> float:
    return param(default, unit="share of cost a year", low=0, high=2, doc=doc,
                 source=WORKING + "; rent and cost of a chip bought at today's price, debt 4-5 times EBITDA")


class Business(Block):
    """What a data-centre operator earns and spends, per unit of the cost of its GPUs."""

    revenue: float = _yield(0.43, "rent of a new unit under contract, at the reference price of compute")
    running: float = _yield(0.188, "power, staff and space of a unit in use")
    avoidable: float = _yield(0.085, "running cost that a buyer of used GPUs counts on")
    reference: float = param(1.12, unit="ratio", above=0, high=10,
                             doc="price of compute at which rents are as above, over its two-year average at first",
                             source="judgement: loans of 2026 are underwritten in a tight market; calm stays near 1")
    capital_share: float = param(0.75, unit="share", above=0, high=1, doc="share of capital in the cost of owning",
                                 source="judgement: power and colocation 12-20 % (SemiAnalysis 2026), staff the rest")
    annuity: float = param(0.264, unit="share a year", above=0, high=1,
                           doc="yearly capital cost of a unit bought for 1",
                           source="judgement: a loan of 10 % over five years")
    ageing: float = param(0.20, unit="log a year", low=0, high=2, doc="rent that a unit loses as it ages",
                          source=WORKING + "; A100 rents 2020-2026 fell by about as much")
    contracted_large: float = param(0.90, unit="share", low=0, high=1,
                                    source="CoreWeave 10-K 2025: 96-98 % take-or-pay",
                                    doc="share of output under contract at two thirds of the operators")
    contracted_small: float = param(0.35, unit="share", low=0, high=1, doc="the same at the others",
                                    source=WORKING + "; rental marketplaces")
    term: float = param(4.0, unit="years", above=0, high=20, doc="length of a contract",
                        source="CoreWeave 10-K 2025: 4-5 years")
    term_pass: float = param(0.6, unit="share", low=0, high=1, source=WORKING,
                             doc="part of the expected price of compute, in logs, that is in a new contract")
    anchor_share: float = param(0.20, unit="share", low=0, high=1,
                                doc="part of contracts that one AI lab stands behind",
                                source="judgement: one tenant of three neoclouds' backlogs; filings 2025-26")
    anchor_spread: float = param(0.8, unit="log", low=0, high=3, source="judgement: few clients live on one tenant",
                                 doc="spread of that part among operators")


class Loans(Block):
    """GPU-backed term loans and junior notes."""

    to_cost: float = param(0.68, unit="share", low=0, high=1, doc="term loan over the cost of what is built",
                           source=WORKING + "; delayed-draw loans of 2024-26 advance 60-85 % of cost")
    first: float = param(0.95, unit="ratio", low=0, high=2, doc="first debts over what would be lent on the same today",
                         source="judgement: a part has been repaid")
    junior: float = param(0.22, unit="share", low=0, high=1, doc="junior notes over cost", source=WORKING)
    relever: float = param(0.72, unit="loan to value", low=0, high=5,
                           doc="up to which owners of sound operators borrow again on what has gained in value",
                           source="judgement: lenders raise loans with appraisals, as before 2008; 0 switches it off")
    relever_pace: float = param(0.02, unit="share of the gap a week", low=0, high=1, doc="how fast that goes",
                                source="judgement: a new loan takes most of a year to arrange and draw")
    uncontracted: float = param(0.65, unit="ratio", low=0, high=1, source=WORKING,
                                doc="both at operators without contracts, over those with")
    years: float = param(5.0, unit="years", above=0, high=30, doc="over which the debt on running GPUs is repaid",
                         source="CoreWeave DDTL agreements 2023-25: five years from the last draw, faster at first")
    base_rate: float = param(0.037, unit="a year", low=0, high=1, doc="base rate", source="SOFR, third quarter of 2026")
    spreads: tuple[float, float, float, float] = param(
        (0.0225, 0.03, 0.05, 0.06), unit="a year", doc="margin of term loans by grade A, Baa, Ba, B",
        source="CoreWeave May-August 2026: SOFR + 225 (Meta-backed) to + 550; judgement between")
    notes_margin: float = param(0.055, unit="a year", low=0, high=1, doc="margin of the notes",
                                source="CoreWeave senior notes 9.00-9.75 % (2025-26)")
    default_rates: tuple[float, float, float, float] = param(
        (0.001, 0.003, 0.01, 0.03), unit="a year", doc="default by grade for reasons outside the model",
        source="Moody's long-run averages, rounded")
    maturing: float = param(0.08, unit="share a year", low=0, high=1,
                            doc="part of the term loan that falls due at once",
                            source=WORKING + "; CoreWeave 10-Q 2026: 4-6 of 36 billion due within a year")
    notes_maturing: float = param(0.35, unit="share a year", low=0, high=1, doc="the same of the notes", source=WORKING)
    stop_at: float = param(1.0, unit="loan to value", low=0, high=5, doc="above it no more is drawn",
                           source="CoreWeave DDTL 5.0, section 2.05: a fall of value stops further draws")
    coverage: float = param(0.9, unit="ratio", low=0, high=5,
                            doc="cash flow over debt service below which nothing is drawn",
                            source="CoreWeave DDTL agreements: debt service coverage tests; judgement on the size")
    hedge_share: float = param(0.0, unit="share of output", low=0, high=1, source="judgement: lenders against GPUs ask "
                               "for contracts so far; about 0.3 where loans ask for hedges",
                               doc="sold ahead, by contract or in futures of the next year, that a loan demands")
    cure: int = param(13, unit="weeks", low=1, high=520, source=WORKING,
                      doc="of too little coverage and too little value before the keys are handed back")
    hand_back: float = param(1.15, unit="loan to value", low=0, high=10, doc="above which that happens", source=WORKING)


class Owners(Block):
    """Owners of operators: cash they keep, whom they rescue, whether they may stop building. These decide most."""

    cash: float = param(39.0, unit="weeks of debt service", low=0, high=520, doc="cash that is aimed at",
                        source=WORKING)
    rescue_to: float = param(0.95, unit="loan to value", low=0, high=10,
                             source=WORKING + "; below 0.8 no calm is stable",
                             doc="up to which owners refill an operator that has run out of cash")
    rescue_spread: float = param(0.15, unit="log", low=0, high=2, doc="spread of that limit among operators",
                                 source="judgement: without it all stop at once, which is an artefact of one number")
    rescue_discount: float = param(0.5, unit="share", low=0, high=1,
                                   doc="part of the auction discount that owners count when they value their GPUs",
                                   source="judgement: owners look through fire sales more than lenders do")
    mood_least: float = param(0.2, unit="share", low=0, high=1, doc="appetite for equity below which nobody rescues",
                              source=WORKING)
    may_stop: float = param(0.0, unit="share of target cash", low=0, high=2,
                            doc="cash below which building stops by itself; 0: only when lenders stop",
                            source=WORKING + ", in which 0.25 halved the share of cascades and 0.5 ended them")
    may_stop_spread: float = param(0.5, unit="log", low=0, high=3, doc="spread of that among operators",
                                   source="judgement: clauses on cancelling differ from supplier to supplier")
    committed: float = param(0.5, unit="share", low=0, high=1, source=WORKING,
                             doc="of the planned spending that is still due for half a year once building has stopped")
    committed_spread: float = param(0.3, unit="log", low=0, high=3, doc="spread of that among operators",
                                    source="judgement: clauses on cancelling differ from supplier to supplier")
    decay: float = param(0.03, unit="share a week", low=0, high=1, doc="of halted orders that is given up",
                         source=WORKING)


class Collateral(Block):
    """GPUs as collateral, and what they fetch when many are sold at once."""

    impact: float = param(6.0, unit="per share of capacity", low=0, high=100,
                          doc="fall of the resale value, in logs, per share of operators' capacity at auction",
                          source=WORKING + "; no such sale has been seen, so 3-10 is a range, not a measurement")
    impact_spread: float = param(0.2, unit="log", low=0, high=3, doc="spread of that among operators' fleets",
                                 source="judgement: newer and better connected GPUs find buyers more easily")
    least: float = param(0.2, unit="share", low=0, high=1, doc="of value that buyers of last resort pay",
                         source=WORKING + "; without it the first sales end everybody")
    fading: float = param(13.0, unit="weeks", above=0, high=520, doc="in which auctions are forgotten", source=WORKING)
    sale_first: int = param(20, unit="business days", low=1, high=1260, doc="least time from default to auction",
                            source="judgement: 4-26 weeks; secured creditors take months to take possession")
    sale_last: int = param(90, unit="business days", low=1, high=1260, doc="most", source="judgement: as above")
    forced: float = param(0.75, unit="share", low=0, high=1, doc="of value that an auction brings besides",
                          source=WORKING)
    costs: float = param(0.05, unit="share", low=0, high=1, doc="lost to lawyers and administrators", source=WORKING)
    persistence: float = param(0.7, unit="share", low=0, high=2, doc="of today's price in an appraisal", source=WORKING)
    lag: float = param(8.0, unit="weeks", low=0, high=104, doc="time constant of appraisals",
                       source="judgement: lenders appraise about once a quarter")
    discount: float = param(0.12, unit="a year", low=0, high=1, doc="at which rents to come are discounted",
                            source=WORKING)
    life: float = param(4.0, unit="years", low=1, high=20, doc="for which a new GPU earns", source=WORKING)
    scrap: float = param(0.06, unit="share of cost", low=0, high=1, doc="least value", source=WORKING)
    building: float = param(0.35, unit="share", low=0, high=1, doc="of what is under construction that a sale brings",
                            source=WORKING)


class Market(Block):
    """How the mood of lenders follows what has happened."""

    stress: float = param(1.0, unit="ratio", low=0, high=10, doc="reaction of stress to losses and gates",
                          source=WORKING)
    rationing: float = param(1.5, unit="ratio", low=0, high=10, doc="refusal of credit per unit of stress",
                             source=WORKING)
    takeover: float = param(0.9, unit="share", low=0, high=1, doc="of a failed operator's GPUs that go on working",
                            source=WORKING)


class CreditConfig(Block):
    """Lending to data-centre operators, and those who lend; nothing of it happens unless it is on."""

    on: bool = param(False, unit="yes or no", doc="whether operators borrow and can default",
                     source="judgement: most questions do not need it")
    business: Business = Business()
    loans: Loans = Loans()
    owners: Owners = Owners()
    collateral: Collateral = Collateral()
    market: Market = Market()
    banks: Banks = Banks()
    pools: Pools = Pools()
