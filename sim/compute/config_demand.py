"""Parameters of demand for compute: its growth, what it answers to, and its fast shocks."""

from __future__ import annotations

from sim.compute.config_classes import DemandClasses
from sim.plugin import Block, param

OWN = "judgement: chosen jointly so that the moments of docs/model_compute.md are met"


class Demand(Block):
    """Compute wanted, in H100-equivalents relative to capacity."""

    classes: DemandClasses = DemandClasses()
    growth: float = param(2.1, unit="times per year", low=0.2, high=6,
                          doc="long-run growth of demand in H100-equivalents",
                          source="tokens 4.5x / efficiency 3x x model mix 1.4 (Google I/O 2026, Gundlach et al. 2025)")
    growth_sd: float = param(0.22, unit="log per year", low=0, high=2, doc="stationary sd of the growth rate",
                             source=OWN)
    growth_half_life: float = param(250.0, unit="business days", above=0, high=2520,
                                    doc="half-life of growth deviations", source="judgement: a year")
    permanent_sd: float = param(0.09, unit="log per sqrt year", low=0, high=1, doc="permanent shocks to world demand",
                                source=OWN)
    regional_sd: float = param(0.09, unit="log per sqrt year", low=0, high=1, doc="slow shocks to regional demand",
                               source=OWN)
    regional_half_life: float = param(500.0, unit="business days", above=0, high=5040,
                                      doc="half-life of regional shocks", source=OWN)
    burn_in_scale: float = param(0.3, unit="ratio", low=0, high=1, doc="slow shocks in the burn-in over those after it",
                                 source="judgement: the start is known within a few per cent")
    surge: float = param(0.20, unit="log", low=-1, high=1, doc="demand surge that ends on day 0",
                         source="H100 one-year contract +40 % October 2025 to March 2026 (SemiAnalysis 2026-04-02)")
    surge_days: int = param(130, unit="business days", low=1, high=252, doc="length of the surge",
                            source="same; half a year")
    elasticity_slow: float = param(1.1, unit="elasticity", low=0, high=4,
        doc="response of demand to a lasting price change; also to efficiency (the Jevons dial)",
        source="The Emerging Market for Intelligence 2025-12, tokens -1.1 (unverified)")
    slow_time: float = param(250.0, unit="business days", above=0, high=2520, doc="time constant of the slow response",
                             source="judgement: contracts and token prices pass cost on within a year")
    elasticity_fast: float = param(0.6, unit="elasticity", low=0, high=3,
                                   doc="immediate response of uncommitted demand", source=OWN)
    shift_in_time: float = param(0.5, unit="elasticity", low=0, high=3,
                                 doc="response of uncommitted demand to spot over the 12-month strip", source=OWN)
    elasticity_overflow: float = param(0.4, unit="elasticity", low=0, high=3,
                                       doc="response of committed users who need more than they hold", source=OWN)
    need: float = param(0.85, unit="share", low=0.2, high=1.2, doc="reference use of contracted capacity",
                        source="SemiAnalysis shortage report 2026: sold utilisation 0.6-0.97")
    need_smoothness: float = param(0.03, unit="share", above=0, high=0.5,
        doc="width of the kink where contracts are full",
        source="judgement: users differ, so contracts fill over a few per cent and not at once")
    need_sd: float = param(0.015, unit="log", low=0, high=0.5, doc="sd of committed need, world and each region",
                           source=OWN)
    need_half_life: float = param(90.0, unit="business days", above=0, high=2520, doc="half-life of committed need",
                                  source=OWN)
    migration: float = param(1.0, unit="elasticity", low=0, high=5, doc="pull of cheap regions on mobile demand",
                             source=OWN)
    mobile_share: float = param(0.65, unit="share", low=0, high=1,
                                doc="share of uncommitted demand that can move region",
                                source="judgement: 35 % is locked by data law and latency")
    migration_half_life: float = param(40.0, unit="business days", above=0, high=2520, doc="half-life of moving",
                                       source=OWN)
    efficiency_share: float = param(0.40, unit="share", low=0, high=1,
                                    doc="share of demand that an efficiency jump reaches",
                                    source="judgement: keeps January 2025 inside 0.75-1.0 of spot")
    efficiency_saving_time: float = param(25.0, unit="business days", above=0, high=2520,
                                          doc="time constant of the saving", source=OWN)
    efficiency_rebound_time: float = param(50.0, unit="business days", above=0, high=2520,
                                           doc="time constant of the rebound", source=OWN)
    efficiency_growth: float = param(3.0, unit="times per year", low=1, high=20, doc="tokens per H100-hour, trend",
                                     source="Gundlach et al. 2025, arXiv 2511.23455")
    rationing_committed: float = param(0.5, unit="ratio", low=0, high=10,
        doc="odds to go without for a contract's user who needs more than he holds, over other spot users",
        source="judgement: providers serve those they know first")
    demand_follows_curve: float = param(0.5, unit="share", low=0, high=1,
                                        doc="weight of the traded curve when users reserve ahead or wait",
                                        source="judgement: half of buyers can read a listed curve")


class Noise(Block):
    """Fast shocks to uncommitted demand."""

    world_sd: float = param(0.06, unit="log", low=0, high=1, doc="sd of the world component", source=OWN)
    regional_sd: float = param(0.165, unit="log", low=0, high=1, doc="sd of each regional component", source=OWN)
    half_life: float = param(28.0, unit="business days", above=0, high=504, doc="half-life of both",
                             source="41 calendar days of log basis between two H100 indices 2025-09 to 2026-09")
    volatility_sd: float = param(0.85, unit="log", low=0, high=2, doc="sd of log volatility", source=OWN)
    volatility_half_life: float = param(45.0, unit="business days", above=0, high=504, doc="its half-life", source=OWN)
    jump_rate: float = param(3.0, unit="per year", low=0, high=50, doc="jumps, world and each region", source=OWN)
    jump_mean: float = param(0.02, unit="log", low=-1, high=1, doc="mean jump", source=OWN)
    jump_sd: float = param(0.165, unit="log", low=0, high=1, doc="sd of a jump", source=OWN)
    jump_half_life: float = param(15.0, unit="business days", above=0, high=504, doc="half-life of a jump", source=OWN)
    squeeze_rate: float = param(0.6, unit="per year", low=0, high=10, doc="squeezes, world",
                                source="about one +57 % month a year in a transaction index (May 2026)")
    squeeze_mean: float = param(0.60, unit="log", low=-2, high=2, doc="mean size of a squeeze", source=OWN)
    squeeze_sd: float = param(0.20, unit="log", low=0, high=1, doc="sd of its size", source=OWN)
    squeeze_ramp: float = param(7.0, unit="business days", low=1, high=60, doc="time constant of its build-up",
                                source="judgement: a squeeze makes a month, not a day")
    squeeze_half_life: float = param(35.0, unit="business days", above=0, high=504, doc="half-life of its decay",
                                     source=OWN)
