"""Parameters of banks: how much they hold, how thin their equity is, and what they do when it is too thin."""

from __future__ import annotations

from sim.plugin import Block, param

WORKING = "judgement: working prototype of 45 operators and 12 banks"
LADDER = "leverage ratio 3 % (Basel III), buffer and target as in Farmer et al. 2020 (SSRN 3594014)"


def _ratio(default: float, doc: str, source: str = LADDER) -> float:
    return param(default, unit="equity over assets", low=0, high=1, doc=doc, source=source)


class Banks(Block):
    """Balance sheets of banks and their reactions."""

    lent: float = param(0.25, unit="ratio", above=0, high=20,
                        doc="loans to operators over equity of the banks, at first",
                        source=WORKING + ", in which no bank failed below about 0.3 and most did above 1")
    share: tuple[float, float, float] = param(
        (0.45, 0.30, 0.25), unit="shares", source=WORKING,
        doc="of the first loans that banks, private-credit funds and others hold")
    new_share: tuple[float, float, float] = param((0.65, 0.20, 0.15), unit="shares", doc="the same of new loans",
                                                  source=WORKING)
    start: float = _ratio(0.055, "at first")
    target: float = _ratio(0.05, "aimed at; what is above it is paid out")
    buffer: float = _ratio(0.04, "under which a bank sells and lends no more")
    fails: float = _ratio(0.015, "under which it is closed", "judgement: working prototype; half the required ratio")
    reserve: float = param(0.03, unit="share of assets", low=0, high=1, doc="cash kept",
                           source="judgement: a little above required reserves of earlier decades")
    securities: float = param(0.15, unit="share of assets", low=0, high=1, doc="common securities", source=WORKING)
    impact: float = param(0.6, unit="per share of all securities", low=0, high=10,
                          doc="fall of their price, in logs, per share sold", source=WORKING)
    sell: float = param(0.10, unit="share of the gap a week", low=0, high=1, doc="sold by a bank under its buffer",
                        source=WORKING)
    sell_most: float = param(0.25, unit="share of securities a week", low=0, high=1, doc="most that it sells",
                             source="judgement: a quarter of a portfolio is a week's trading")
    run: float = param(0.0025, unit="share of deposits a week", low=0, high=1,
                       doc="withdrawn from a bank under its buffer",
                       source="judgement: of the wholesale quarter 1 % a week")
    interbank: float = param(0.06, unit="share of assets", low=0, high=1, doc="lent to other banks", source=WORKING)
    counterparties: int = param(3, unit="banks", low=1, high=50, doc="to how many others each lends", source=WORKING)
    alpha: float = param(0.9, unit="share", above=0, high=1, doc="of assets that bankruptcy leaves",
                         source="Rogers and Veraart 2013; " + WORKING)
    beta: float = param(0.95, unit="share", above=0, high=1, doc="of claims on banks that bankruptcy leaves",
                        source="Rogers and Veraart 2013; " + WORKING)
    loss_given_default: float = param(0.40, unit="share", low=0, high=1, doc="that provisions assume", source=WORKING)
    pays_out: float = param(0.10, unit="share of the surplus a week", low=0, high=1,
                            doc="of equity above the target that owners take",
                            source="judgement: quarterly dividends and buybacks take most of a surplus")
    funding: float = param(0.6, unit="share", low=0, high=1, source="judgement: the rest pays staff, tax and owners",
                           doc="of interest on operators' loans that goes to depositors and costs")
    prime: float = param(0.5, unit="multiple of margin", low=0, high=20,
                         doc="what prime brokers lend a leveraged fund against its margin, at most",
                         source="judgement: prime brokers finance up to about half of the margin they post")
    prime_draw: float = param(0.05, unit="share of margin a week", low=0, high=1, doc="most that a fund draws of it",
                              source="judgement: a new line is in use after two or three months")
    prime_haircut: float = param(0.08, unit="share", low=0, high=1, source="judgement: the haircut of calm, as in repo",
                                 doc="haircut on tranches up to which prime brokers' lines are whole")
    prime_follows: float = param(2.0, unit="share of the line per unit", low=0, high=100,
                                 doc="cut of the lines per unit of haircut above that",
                                 source=WORKING + "; a haircut of 58 % closes them")
    prime_cut: float = param(0.02, unit="share a week", low=0, high=1, doc="by which a bank under its buffer cuts that",
                             source=WORKING)
