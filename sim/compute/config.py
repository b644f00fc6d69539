"""Every parameter of the physical compute economy, in blocks by theme."""

from __future__ import annotations

from sim.compute.chips import Chips
from sim.compute.config_demand import OWN, Demand, Noise
from sim.compute.config_prices import Lists, Prices, Tokens
from sim.compute.config_supply import Supply
from sim.compute.config_terms import Terms
from sim.plugin import Block, Plugin, param

REGIONS = ("US", "CN", "EU", "ROW")


class Forecast(Block):
    """What the public expects."""

    learning_noise: float = param(0.09, unit="log per sqrt year", above=0, high=1,
                                  doc="noise that forecasters assume in observed demand",
                                  source="equal to the permanent shocks they cannot tell from growth")
    anchor_half_life: float = param(756.0, unit="business days", above=0, high=1e6,
                                    doc="half-life with which the long-run growth belief follows observed growth",
                                    source="judgement: three years")
    shock_half_life: float = param(250.0, unit="business days", above=0, high=1e6,
                                   doc="half-life with which dials are expected to return to normal",
                                   source="judgement: a year")
    slow_variance: float = param(0.03, unit="log squared per year", low=0, high=1,
                                 doc="variance of slow demand in the mean of the price, up to 1.5 years", source=OWN)
    relaxation: float = param(0.6, unit="share", low=0, high=0.9,
        doc="part of the first answer of a month to its strip that is left once slow demand has answered too",
        source="judgement: with it changes of the consensus are uncorrelated from day to day")


def _count(default: int, low: int = 0) -> int:
    return param(default, unit="operators", low=low, high=1000,
                 doc="operators added when the scenario has none of this kind",
                 source="judgement: 50 providers, near the 40+ that assessed indices name")


class Fringe(Block):
    """Providers outside the scenario's participants, by kind and region."""

    small_us: int = _count(4)
    small_cn: int = _count(2)
    small_eu: int = _count(2)
    small_row: int = _count(2)
    data_centre_us: int = _count(20)
    data_centre_cn: int = _count(5)
    data_centre_eu: int = _count(5)
    data_centre_row: int = _count(5)
    hyperscaler_us: int = _count(3)
    hyperscaler_cn: int = _count(1)
    hyperscaler_eu: int = _count(1)
    hyperscaler_row: int = _count(1)
    size_sd: float = param(0.8, unit="log", low=0, high=3, doc="sd of log size within a kind",
                           source="judgement: heavy-tailed sizes")


class ComputeConfig(Plugin, family="compute", type="physical"):
    """The physical compute economy: supply, demand and power make prices."""

    chips: Chips = Chips()
    supply: Supply = Supply()
    demand: Demand = Demand()
    noise: Noise = Noise()
    prices: Prices = Prices()
    terms: Terms = Terms()
    lists: Lists = Lists()
    tokens: Tokens = Tokens()
    forecast: Forecast = Forecast()
    fringe: Fringe = Fringe()
