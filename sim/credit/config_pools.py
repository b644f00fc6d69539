"""Parameters of securitisation: pools of GPU loans, their rating, and those who hold the tranches."""

from __future__ import annotations

from sim.plugin import Block, param

WORKING = "judgement: working prototype of 45 operators and 12 banks"


class Pools(Block):
    """Pools of loans, cut into senior, mezzanine and equity tranches; repo and private credit."""

    sold: float = param(0.06, unit="share a quarter", low=0, high=1, doc="of banks' performing loans that are pooled",
                        source=WORKING)
    seasoned: float = param(0.24, unit="share", low=0, high=1, doc="of banks' first loans that are pooled already",
                            source="judgement: four quarters of it")
    correlation: float = param(0.10, unit="correlation", above=0, below=1, source=WORKING + "; 0.05 to 0.30",
                               doc="of operators' fortunes that raters and holders believe in")
    default_rate: float = param(0.05, unit="share", above=0, below=1, doc="lifetime default believed at issue",
                                source=WORKING)
    safe: float = param(0.998, unit="probability", above=0.5, below=1,
                        doc="with which the senior tranche loses nothing",
                        source="rating agencies' idealised default of AAA over five years, rounded")
    mezzanine: float = param(0.35, unit="share", above=0, below=1,
                             doc="of the senior attachment where mezzanine begins",
                             source=WORKING)
    downgrade: float = param(0.03, unit="probability", above=0, below=1,
                             doc="of a loss, as believed, at which a senior tranche loses its rating", source=WORKING)
    opacity: float = param(0.5, unit="share", low=0, high=1, source=WORKING + "; without effect in the prototype",
                           doc="of expected loss that marks leave out before a downgrade; after it they exaggerate")
    life: float = param(3.0, unit="years", above=0, high=30, doc="life of a tranche, as raters and buyers see it",
                        source="judgement: loans of five years that are repaid on the way")
    hurdle: float = param(0.0, unit="ratio", low=0, high=100, doc="least margin of a tranche over the loss a year that "
                          "buyers expect by the believed correlation; 0: they buy for the rating alone",
                          source="judgement: before 2008 many did; 1 asks for the expected loss and nothing for risk")
    senior_margin: float = param(0.017, unit="a year", low=0, high=1, doc="coupon of senior over the base rate",
                                 source="judgement: data-centre asset-backed securities of 2025-26")
    mezzanine_margin: float = param(0.05, unit="a year", low=0, high=1, doc="the same of mezzanine", source=WORKING)
    haircut: float = param(0.08, unit="share", low=0, high=1, doc="on senior tranches in repo, in calm", source=WORKING)
    haircut_follows: float = param(1.2, unit="ratio", low=0, high=20, source=WORKING,
                                   doc="rise of it per unit of yearly volatility of marks above the usual")
    calm_volatility: float = param(0.02, unit="a year", low=0, high=2, doc="usual volatility of marks", source=WORKING)
    haircut_keeps: float = param(0.95, unit="share a week", low=0, high=1, source="judgement: a ratchet; half is gone "
                                 "after a quarter", doc="of last week's haircut below which it does not fall")
    haircut_most: float = param(0.90, unit="share", low=0, high=1, doc="above which it does not rise",
                                source="judgement; unpriced CDO tranches reached 1 in 2008 (Gorton, Metrick 2012)")
    repo_pace: float = param(0.35, unit="share of what is missing a week", low=0, high=1, source=WORKING,
                             doc="found by selling when lenders in repo call")
    repo_sale_most: float = param(0.25, unit="share of tranches a week", low=0, high=1, source=WORKING,
                                  doc="most that a fund sells for it")
    repo_share: float = param(0.45, unit="share", low=0, high=1, doc="of senior tranches that are financed in repo",
                              source=WORKING)
    mezzanine_private: float = param(0.5, unit="share", low=0, high=1, source=WORKING + "; the rest goes to insurers",
                                     doc="of mezzanine tranches that private-credit funds buy")
    relied_on: float = param(0.2, unit="share", low=0, high=1, doc="of lending that needs the sale of pools",
                             source=WORKING)
    impact: float = param(1.2, unit="per share of tranches", low=0, high=20,
                          doc="discount per share of senior tranches sold by holders", source=WORKING)
    redemptions: float = param(1.5, unit="ratio", low=0, high=20, source=WORKING,
                               doc="withdrawn a quarter from private credit per unit of expected loss beyond the usual")
    loss_usual: float = param(0.04, unit="share", low=0, high=1, doc="expected loss at which nobody withdraws",
                              source=WORKING)
    gate: float = param(0.05, unit="share of value a quarter", low=0, high=1, doc="above which redemptions are gated",
                        source="interval funds and non-traded credit vehicles: 5 % a quarter")
