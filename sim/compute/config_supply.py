"""Parameters of supply and demand of physical compute."""

from __future__ import annotations

from sim.plugin import Block, param

OWN = "judgement: chosen jointly so that the moments of docs/model_compute.md are met"
GROWTH = "capex +29 % in 2027 x performance per dollar 1.4 on a trend of 3.3x a year (Epoch AI 2026-06; consensus 2026-09)"


def _share(default: float, source: str) -> float:
    return param(default, unit="share", low=0, high=1, doc="share of world capacity in this region", source=source)


class CapacityShare(Block):
    """Where the capacity stands."""

    us: float = _share(0.72, "Epoch GPU clusters 2025 (about 75 %, unverified)")
    cn: float = _share(0.10, "Epoch AI owners' table via officechai.com 2026-01")
    eu: float = _share(0.06, "judgement")
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
    small: float = _owned(0.05, "judgement")


class OwnershipOther(Block):
    """Who owns capacity in Europe and elsewhere."""

    hyperscaler: float = _owned(0.45, "judgement: hyperscalers are less dominant outside their home markets")
    data_centre: float = _owned(0.45, "judgement")
    small: float = _owned(0.10, "judgement")


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
                                      doc="how much better than pro rata hyperscalers are served", source="judgement")
    nvidia_share_china: float = param(0.8, unit="share", low=0, high=1,
                                      doc="share of Chinese deliveries that export control can stop",
                                      source="judgement: with 0.6 a ban raises Chinese rent too little against 2023-26")
    refusal_redirected: float = param(0.8, unit="share", low=0, high=1,
                                      doc="share of refused Chinese deliveries that goes to other regions",
                                      source="judgement: the vendor is sold out")
    pue: float = param(1.25, unit="ratio", low=1, high=3, doc="power usage effectiveness",
                       source="Uptime Institute survey and operators' reports 2026")
    other_cost: float = param(0.05, unit="$/GPU-hour", low=0, high=2,
                              doc="avoidable cost of one H100-hour besides power; other chips 0.5 + 0.5 x throughput of it",
                              source="judgement inside 0.03-0.10")
    orders_follow_curve: float = param(0.0, unit="share", low=0, high=1,
                                       doc="weight of the traded curve in chip orders and vendor output",
                                       source="judgement: zero until a liquid curve has a record")
    shares: CapacityShare = CapacityShare()
    power_price: PowerPrice = PowerPrice()
    owners_us_cn: OwnershipLarge = OwnershipLarge()
    owners_eu_row: OwnershipOther = OwnershipOther()


class Demand(Block):
    """Compute wanted, in H100-equivalents relative to capacity."""

    growth: float = param(2.1, unit="times per year", low=0.2, high=6, doc="long-run growth of demand in H100-equivalents",
                          source="tokens 4.5x / efficiency 3x x model mix 1.4 (Google I/O 2026, Gundlach et al. 2025)")
    growth_sd: float = param(0.22, unit="log per year", low=0, high=2, doc="stationary sd of the growth rate", source=OWN)
    growth_half_life: float = param(250.0, unit="business days", above=0, high=2520, doc="half-life of growth deviations",
                                    source="judgement: a year")
    permanent_sd: float = param(0.09, unit="log per sqrt year", low=0, high=1, doc="permanent shocks to world demand", source=OWN)
    regional_sd: float = param(0.09, unit="log per sqrt year", low=0, high=1, doc="slow shocks to regional demand", source=OWN)
    regional_half_life: float = param(500.0, unit="business days", above=0, high=5040, doc="half-life of regional shocks", source=OWN)
    burn_in_scale: float = param(0.3, unit="ratio", low=0, high=1, doc="slow shocks in the burn-in over those after it",
                                 source="judgement: the start is known within a few per cent")
    surge: float = param(0.20, unit="log", low=-1, high=1, doc="demand surge that ends on day 0",
                         source="H100 one-year contract +40 % October 2025 to March 2026 (SemiAnalysis 2026-04-02)")
    surge_days: int = param(130, unit="business days", low=1, high=252, doc="length of the surge", source="same; half a year")
    elasticity_slow: float = param(1.1, unit="elasticity", low=0, high=4,
                                   doc="response of demand to a lasting price change; also to efficiency (the Jevons dial)",
                                   source="The Emerging Market for Intelligence 2025-12, tokens -1.1 (unverified)")
    slow_time: float = param(250.0, unit="business days", above=0, high=2520, doc="time constant of the slow response",
                             source="judgement: contracts and token prices pass cost on within a year")
    elasticity_fast: float = param(0.6, unit="elasticity", low=0, high=3, doc="immediate response of uncommitted demand", source=OWN)
    shift_in_time: float = param(0.5, unit="elasticity", low=0, high=3,
                                 doc="response of uncommitted demand to spot over the 12-month strip", source=OWN)
    elasticity_overflow: float = param(0.4, unit="elasticity", low=0, high=3,
                                       doc="response of committed users who need more than they hold", source=OWN)
    need: float = param(0.85, unit="share", low=0.2, high=1.2, doc="reference use of contracted capacity",
                        source="SemiAnalysis shortage report 2026: sold utilisation 0.6-0.97")
    need_smoothness: float = param(0.03, unit="share", above=0, high=0.5, doc="width of the kink where contracts are full", source="judgement")
    need_sd: float = param(0.015, unit="log", low=0, high=0.5, doc="sd of committed need, world and each region", source=OWN)
    need_half_life: float = param(90.0, unit="business days", above=0, high=2520, doc="half-life of committed need", source=OWN)
    migration: float = param(1.0, unit="elasticity", low=0, high=5, doc="pull of cheap regions on mobile demand", source=OWN)
    mobile_share: float = param(0.65, unit="share", low=0, high=1, doc="share of uncommitted demand that can move region",
                                source="judgement: 35 % is locked by data law and latency")
    migration_half_life: float = param(40.0, unit="business days", above=0, high=2520, doc="half-life of moving", source=OWN)
    efficiency_share: float = param(0.40, unit="share", low=0, high=1, doc="share of demand that an efficiency jump reaches",
                                    source="judgement: keeps January 2025 inside 0.75-1.0 of spot")
    efficiency_saving_time: float = param(25.0, unit="business days", above=0, high=2520, doc="time constant of the saving", source=OWN)
    efficiency_rebound_time: float = param(50.0, unit="business days", above=0, high=2520, doc="time constant of the rebound", source=OWN)
    efficiency_growth: float = param(3.0, unit="times per year", low=1, high=20, doc="tokens per H100-hour, trend",
                                     source="Gundlach et al. 2025, arXiv 2511.23455")
    training_share: float = param(0.34, unit="share", low=0, high=1, doc="share of used compute that trains models",
                                  source="Deloitte 2026-02: inference 66 %")
    demand_follows_curve: float = param(0.5, unit="share", low=0, high=1,
                                        doc="weight of the traded curve when users reserve ahead or wait",
                                        source="judgement: half of buyers can read a listed curve")


class Noise(Block):
    """Fast shocks to uncommitted demand."""

    world_sd: float = param(0.06, unit="log", low=0, high=1, doc="sd of the world component", source=OWN)
    regional_sd: float = param(0.165, unit="log", low=0, high=1, doc="sd of each regional component", source=OWN)
    half_life: float = param(28.0, unit="business days", above=0, high=504, doc="half-life of both",
                             source="41 calendar days of log basis between two H100 indices 2025-09 to 2026-09")
    volatility_sd: float = param(0.7, unit="log", low=0, high=2, doc="sd of log volatility", source=OWN)
    volatility_half_life: float = param(45.0, unit="business days", above=0, high=504, doc="its half-life", source=OWN)
    jump_rate: float = param(3.0, unit="per year", low=0, high=50, doc="jumps, world and each region", source=OWN)
    jump_mean: float = param(0.02, unit="log", low=-1, high=1, doc="mean jump", source=OWN)
    jump_sd: float = param(0.18, unit="log", low=0, high=1, doc="sd of a jump", source=OWN)
    jump_half_life: float = param(15.0, unit="business days", above=0, high=504, doc="half-life of a jump", source=OWN)
    squeeze_rate: float = param(0.6, unit="per year", low=0, high=10, doc="squeezes, world",
                                source="about one +57 % month a year in a transaction index (May 2026)")
    squeeze_mean: float = param(0.60, unit="log", low=-2, high=2, doc="mean size of a squeeze", source=OWN)
    squeeze_sd: float = param(0.20, unit="log", low=0, high=1, doc="sd of its size", source=OWN)
    squeeze_ramp: float = param(7.0, unit="business days", low=1, high=60, doc="time constant of its build-up",
                                source="judgement: a squeeze makes a month, not a day")
    squeeze_half_life: float = param(35.0, unit="business days", above=0, high=504, doc="half-life of its decay", source=OWN)


