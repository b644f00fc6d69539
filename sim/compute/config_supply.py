"""Parameters of supply: where capacity stands, who owns it, how chips are ordered, delivered and powered."""

from __future__ import annotations

from sim.compute.config_demand import OWN
from sim.compute.config_export import Export
from sim.plugin import Block, param

GROWTH = "capex +29 % in 2027 x performance per dollar 1.4, on a trend of 3.3x a year (Epoch AI 2026-06)"


def _share(default: float, source: str) -> float:
    return param(default, unit="share", low=0.01, high=1,
                 doc="share of world capacity in this region; with less there is no market to speak of", source=source)


class CapacityShare(Block):
    """Where the capacity stands."""

    us: float = _share(0.72, "Epoch GPU clusters 2025 (about 75 %, unverified)")
    cn: float = _share(0.10, "Epoch AI owners' table via officechai.com 2026-01")
    eu: float = _share(0.06, "judgement: no census; between 4 % and 10 % of sites announced")
    row: float = _share(0.12, "the rest")


def _tariff(default: float, source: str) -> float:
    return param(default, unit="$/kWh", low=0, high=5, doc="price of power in this region", source=source)


class PowerPrice(Block):
    """Power price per region."""

    us: float = _tariff(0.08, "US industrial tariff, EIA 2026")
    cn: float = _tariff(0.08, "judgement on Chinese industrial tariffs 2026")
    eu: float = _tariff(0.20, "Eurostat non-household band 2025")
    row: float = _tariff(0.12, "judgement between Gulf and Singapore tariffs")


def _owned(default: float, source: str) -> float:
    return param(default, unit="share", low=0, high=1,
                 doc="share of the region's capacity owned by this kind; scaled over the kinds that are present",
                 source=source)


class OwnershipLarge(Block):
    """Who owns capacity in the US and in China."""

    hyperscaler: float = _owned(0.62, "Epoch AI owners' table 2026-01: Google, Microsoft, Amazon, Meta about 62 %")
    data_centre: float = _owned(0.33, "judgement: the rest but small providers")
    small: float = _owned(0.05, "judgement: marketplaces list a few per cent of known fleets")


class OwnershipOther(Block):
    """Who owns capacity in Europe and elsewhere."""

    hyperscaler: float = _owned(0.45, "judgement: hyperscalers are less dominant outside their home markets")
    data_centre: float = _owned(0.45, "judgement: national clouds and neoclouds hold about as much as hyperscalers")
    small: float = _owned(0.10, "judgement: markets abroad are less concentrated than the US")


class Capacity(Block):
    """How owners decide to build."""

    neglect: float = param(0.3, unit="share", low=0, high=1,
        doc="competition neglect: weight of the last quarter's price in place of an outlook that sees others build",
        source="Greenwood and Hanson 2015, ship owners; judgement on the size")
    extrapolation: float = param(0.25, unit="elasticity", low=0, high=1,
        doc="rent expected on top for a rise of the last quarter's price over the usual one",
        source="Greenwood and Hanson 2015; judgement on the size")
    hyperscaler_bias: float = param(0.5, unit="ratio", low=0, high=1, doc="both, at hyperscalers",
        source="judgement: hyperscalers see their own users' demand and plan years ahead")
    recent: float = param(63.0, unit="business days", above=0, high=504, doc="time over which owners read prices",
                          source="judgement: a quarter of results")
    habit: float = param(504.0, unit="business days", above=0, high=2520,
                         doc="time over which a price becomes the usual one", source="judgement: two years")
    trigger: float = param(1.15, unit="ratio", low=0.5, high=3,
                           doc="three-year rent over the cost of owning at which half of the projects go ahead",
                           source="judgement: an option to wait asks for more than cost; McDonald and Siegel 1986")
    trigger_width: float = param(0.15, unit="log", above=0, high=2, doc="spread of costs among projects",
                                 source="judgement: owning costs differ by 15 % between hyperscalers and neoclouds")


    cancellable: float = param(0.4, unit="share", low=0, high=1,
        doc="part of the orders of projects that have stopped which contracts let their owner cancel",
        source="judgement: CoreWeave cut its budget for 2025 by 40 % (2025-11-11); customers prepay 15-25 %")
    cancel_time: float = param(63.0, unit="business days", low=1, high=2520,
                               doc="time constant of cancellations", source="judgement: budgets are set by quarter")
    cancel_tolerance: float = param(0.05, unit="share", low=0, high=1,
        doc="share of projects that may stop without an order being touched",
        source="judgement: small changes are made by ordering less")
    deferrable: float = param(0.6, unit="share", low=0, high=1,
        doc="part of deliveries to projects that have stopped which their owner puts off",
        source="judgement: most servers are ordered from makers by the quarter, on purchase orders that can be moved")


class Supply(Block):
    """Chips, queues, sites, fleets."""

    installed_base: float = param(44e6, unit="H100-equivalents", above=0, high=1e12,
                                  doc="world capacity on day 0; the burn-in starts from where growth puts it",
                                  source="Epoch AI 15 M in January 2026, extrapolated at 3.3x a year to November 2026")
    growth: float = param(2.2, unit="times per year", low=0.5, high=6, doc="growth of vendor output", source=GROWTH)
    retirement_allowance: float = param(0.045, unit="log per year", low=0, high=0.5,
                                        doc="added to growth when orders and vendor output are sized",
                                        source="fleet average of the retirement rates")
    lead_time: int = param(325, unit="business days", low=1, high=1260, doc="from order to eligibility at the vendor",
                           source="65 weeks: siliconanalysts.com CoWoS lead times 2026-06")
    site_time: int = param(53, unit="business days", low=1, high=504, doc="from delivery to a powered, running GPU",
                           source="judgement: rack integration of a quarter; sites are planned in parallel")
    late_share: float = param(0.40, unit="share", low=0, high=1, doc="share of deliveries whose site is late",
                              source="Sightline via semafor 2026-02-24: 30-50 % of 2026 projects")
    late_least: int = param(126, unit="business days", low=1, high=504, doc="least extra wait of a late site",
                            source="Sightline via semafor 2026-02-24: 6-12 months")
    late_most: int = param(252, unit="business days", low=1, high=504, doc="largest extra wait of a late site",
                           source="Sightline via semafor 2026-02-24: 6-12 months")
    overordering: float = param(1.10, unit="ratio", low=0, high=5, doc="orders over what keeps the fleet on trend",
                                source="judgement: double ordering when chips are allocated")
    order_response: float = param(0.7, unit="elasticity", low=0, high=3,
                                  doc="response of orders to the 12-month strip over the reference price", source=OWN)
    vendor_response: float = param(0.4, unit="elasticity", low=0, high=1,
                                   doc="response of vendor output to the smoothed strip", source=OWN)
    vendor_smoothing: float = param(378.0, unit="business days", above=0, high=2520,
                                    doc="time constant with which the vendor reads the strip",
                                    source="judgement: 18 months to build packaging lines")
    hyperscaler_favour: float = param(0.03, unit="share", low=0, high=1,
                                      doc="how much better than pro rata hyperscalers are served",
                                      source="judgement: largest customers are a little ahead in allocation")
    nvidia_share_china: float = param(0.8, unit="share", low=0, high=1,
                                      doc="share of Chinese deliveries that export control can stop",
                                      source="judgement: with 0.6 a ban raises Chinese rent too little against 2023-26")
    refusal_redirected: float = param(0.8, unit="share", low=0, high=1,
                                      doc="share of refused Chinese deliveries that goes to other regions",
                                      source="judgement: the vendor is sold out")
    pue: float = param(1.25, unit="ratio", low=1, high=3, doc="power usage effectiveness",
                       source="Uptime Institute survey and operators' reports 2026")
    other_cost: float = param(0.05, unit="$/GPU-hour", low=0.001, high=2,
        doc="avoidable cost of one H100-hour besides power, never nothing; other chips 0.5 + 0.5 x throughput of it",
        source="judgement inside 0.03-0.10")
    orders_follow_curve: float = param(0.0, unit="share", low=0, high=1,
                                       doc="weight of the traded curve in chip orders and vendor output",
                                       source="judgement: zero until a liquid curve has a record")
    export: Export = Export()
    capacity: Capacity = Capacity()
    shares: CapacityShare = CapacityShare()
    power_price: PowerPrice = PowerPrice()
    owners_us_cn: OwnershipLarge = OwnershipLarge()
    owners_eu_row: OwnershipOther = OwnershipOther()
