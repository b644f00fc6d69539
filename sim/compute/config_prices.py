"""Parameters of spot, list and token prices."""

from __future__ import annotations

from sim.compute.config_demand import OWN
from sim.plugin import Block, param


class Prices(Block):
    """How supply meets uncommitted demand."""

    reference: float = param(2.35, unit="$/GPU-hour", above=0, high=100,
                             doc="price of one H100-equivalent hour at which reference demand and supply meet",
                             source="SemiAnalysis 2026-04-02: H100 one-year contract March 2026")
    committed_share: float = param(0.88, unit="share", low=0, high=0.99, doc="capacity under multi-year take-or-pay",
        source="judgement between CoreWeave 0.96 (2025) and market-wide spot shares of 4-20 %")
    vacancy: float = param(0.05, unit="share", low=0, high=0.9, doc="float that is between tenants or in repair",
                           source="judgement: about two weeks a year between tenants")
    merit_width: float = param(0.15, unit="log", above=0, high=2, doc="spread of avoidable costs within a generation",
                               source="judgement: sites of one generation differ by some 15 % in power and staff cost")
    sublet_share: float = param(0.25, unit="share", above=0, below=1,
        doc="unused contracted capacity sublet at the reference price",
        source="Cast AI 2026-04: enterprise fleets 5 % busy, so most idle capacity is not offered")
    sublet_width: float = param(0.5, unit="log", above=0, high=3,
                                doc="price change that moves the odds of subletting by e", source=OWN)
    displaced: float = param(0.10, unit="share", low=0, high=1,
                             doc="contracted use of low value that a high price displaces",
                             source="judgement: batch and research jobs that could wait")
    displaced_share: float = param(0.08, unit="share", above=0, below=1,
                                   doc="part of it displaced at the reference price", source=OWN)
    displaced_width: float = param(0.5, unit="log", above=0, high=3, doc="width of that response", source=OWN)
    spare: float = param(0.08, unit="share", low=0, high=1,
                         doc="hyperscaler capacity that can be offered on the spot market",
                         source="judgement: 5 % of capacity where hyperscalers own 62 %")
    spare_share: float = param(0.20, unit="share", above=0, below=1, doc="part of it offered at the reference price",
                               source=OWN)
    spare_width: float = param(0.5, unit="log", above=0, high=3, doc="width of that response", source=OWN)
    withholding: float = param(0.3, unit="elasticity", low=0, high=2,
                               doc="how far asks for sublets and spare follow the 12-month strip", source=OWN)
    conduct: float = param(0.5, unit="share", low=0, high=1,
        doc="market power that hyperscalers use on their spare capacity: 0 price takers, 1 Cournot",
        source="judgement: they compete for tenants and price above cost; half of Cournot")
    offers_follow_curve: float = param(0.5, unit="share", low=0, high=1,
                                       doc="weight of the traded curve when capacity is held back or sold forward",
                                       source="judgement: half of sellers can read a listed curve")
    adjustment: float = param(0.55, unit="share per day", above=0, high=1,
                              doc="part of the gap to clearing closed in a day", source=OWN)
    adjustment_gap: float = param(1.0, unit="share per day per log", low=0, high=10,
                                  doc="faster adjustment of large gaps", source=OWN)
    grade_sd: float = param(0.06, unit="log", low=0, high=1,
                            doc="sd of the H100 price against the H100-equivalent price", source=OWN)
    grade_half_life: float = param(60.0, unit="business days", above=0, high=2520, doc="its half-life", source=OWN)
    obsolescence: float = param(0.08, unit="log per year", low=0, high=1,
                                doc="trend by which an H100-hour loses against the H100-equivalent",
                                source="judgement: resale decay 0.08-0.26 a year, of which a part is wear")
    stockout_width: float = param(0.10, unit="log", above=0, high=1,
                                  doc="smoothness of 'spot above list means sold out'",
                                  source="judgement: quotes within some 10 % of spot sell out in part")


class Lists(Block):
    """Posted prices of providers."""

    hazard: float = param(0.022, unit="per day", low=0, high=1, doc="chance that a data centre reviews its list price",
                          source="gpurentalprices.com July-August 2026: 1-5 % of prices change a day")
    hazard_hyperscaler: float = param(0.5, unit="ratio", low=0, high=10, doc="hyperscalers' hazard over it",
                                      source="judgement: large clouds change lists a few times a year")
    hazard_small: float = param(2.5, unit="ratio", low=0, high=40, doc="small providers' hazard over it",
                                source="judgement: marketplaces and small hosts reprice every few weeks")
    threshold: float = param(0.04, unit="log", low=0, high=1, doc="gaps below this are left alone",
                             source="judgement: a change smaller than the smallest posted step is not worth posting")
    part: float = param(0.6, unit="share", low=0, high=1,
                        doc="part of the gap that a change closes, rounded to 5, 10 or 20 %",
                        source="Google Cloud 2026: 53 % of regional changes are 5 %, 10 % are 10 %")
    strip_weight: float = param(0.8, unit="share", low=0, high=1,
                                doc="weight of the 12-month strip against spot in the reference", source=OWN)
    reference_half_life: float = param(25.0, unit="business days", above=0, high=504,
                                       doc="half-life with which the reference is perceived", source=OWN)
    belief_sd: float = param(0.20, unit="log", low=0, high=1, doc="sd of the providers' common belief", source=OWN)
    belief_half_life: float = param(120.0, unit="business days", above=0, high=2520, doc="its half-life", source=OWN)
    own_sd: float = param(0.10, unit="log", low=0, high=1, doc="sd of each provider's own state", source=OWN)
    own_half_life: float = param(120.0, unit="business days", above=0, high=2520, doc="its half-life", source=OWN)
    hyperscaler_follow: float = param(0.15, unit="share", low=0, high=1,
                                      doc="how far hyperscaler lists follow the reference",
                                      source="Google Cloud H100 on-demand list unchanged May 2024 to July 2026")
    small_spot: float = param(0.5, unit="share", low=0, high=1, doc="weight of spot in small providers' targets",
                              source="judgement: small hosts sell on marketplaces and watch them")
    hyperscaler_markup: float = param(0.90, unit="log", low=-2, high=3, doc="mean list mark-up of hyperscalers",
                                      source="Silicon Data 2026-10-05: hyperscaler 7.16 over neocloud 2.81")
    hyperscaler_markup_sd: float = param(0.15, unit="log", low=0, high=2, doc="sd of it", source=OWN)
    data_centre_markup: float = param(0.05, unit="log", low=-2, high=3, doc="mean list mark-up of data centres",
                                      source=OWN)
    data_centre_markup_sd: float = param(0.33, unit="log", low=0, high=2, doc="sd of it",
                                         source="gpurentalprices.com July-August 2026: sd(log) 0.42-0.58 over all")
    small_markup: float = param(-0.22, unit="log", low=-2, high=3, doc="mean list mark-up of small providers",
                                source=OWN)
    small_markup_sd: float = param(0.28, unit="log", low=0, high=2, doc="sd of it", source=OWN)
    lists_follow_curve: float = param(0.5, unit="share", low=0, high=1,
                                      doc="weight of the traded curve in the list reference",
                                      source="judgement: half of providers can read a listed curve")


class Tokens(Block):
    """Posted prices of language-model tokens."""

    labs: int = param(8, unit="labs", low=1, high=1000, doc="labs that post prices",
                      source="OpenRouter 2025: eight labs hold most volume")
    tokens_per_hour: float = param(4.6, unit="million tokens per H100-hour", above=0, high=1e6,
                                   doc="at day 0, interactive service",
                                   source="InferenceX 2026-04-06: Llama-70B 2,568 tokens/s, derated by half")
    markup: float = param(3.0, unit="ratio", above=0, high=100, doc="price over cost at a new model",
                          source="judgement: gross margins of about two thirds at launch")
    markup_sd: float = param(0.3, unit="log", low=0, high=2, doc="sd of the log mark-up",
                             source="judgement: flagship and budget models differ by a factor of two")
    models_per_year: float = param(2.5, unit="per year", low=0, high=50, doc="new models per lab",
                                   source="release dates of 2024-26")
    changes_per_year: float = param(0.07, unit="per year", low=0, high=50, doc="repricings of a model already posted",
                                    source="tokencost and genai-prices: 94 % of models unchanged over a year")
    change: float = param(0.25, unit="share", low=0, below=1, doc="size of such a repricing, up or down", source="same")
    hardware_growth: float = param(1.4, unit="times per year", low=1, high=10, doc="tokens per dollar of hardware",
                                   source="SemiAnalysis Vera Rubin 2026-09-14")
    quality_growth: float = param(2.5, unit="times per year", low=1, high=50,
                                  doc="gain of small models at fixed quality",
                                  source="a16z LLMflation 2024: total decline about 10x a year")
    strip_weight: float = param(0.6, unit="share", low=0, high=1, doc="weight of the 12-month strip in cost",
                                source="judgement: labs hold more contracts than spot")
