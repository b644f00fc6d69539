"""How the futures market is set up: contracts, opening, marks and settlement prices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sim.market.base import Contract
from sim.market.families import Competition
from sim.market.gpu_hour_future import GpuHourFuture
from sim.market.perpetual_config import PerpetualConfig
from sim.market.swaps import SwapsConfig
from sim.plugin import Block, param


class MarketConfig(Block):
    """The futures market. Leave out ``contracts`` for the monthly future on H100 hours."""

    contracts: tuple[Contract, ...] = param(
        factory=lambda: (GpuHourFuture(),), unit="contracts", min_length=1, max_length=4,
        doc="what is traded: a family of contract months each; needs are counted in lots of the first, on GPU-hours",
        source="NYMEX submission 26-370 (2026-08-11)")
    competition: Competition = param(
        factory=Competition, unit="settings", doc="how attention and capital are spread where families compete",
        source="judgement: set by the scenario")
    opens: dt.date | None = param(
        None, unit="date", doc="the day on which futures are first traded; before the first day if left out",
        source="judgement: set by the scenario")
    warm_up: int = param(
        60, unit="business days", low=0, high=504, source="judgement: by then open interest has built up",
        doc="days on which the market trades before the first reported one")
    opening_auction: bool = param(
        True, unit="yes or no", doc="whether resting orders of a day's first round are matched in a call auction",
        source="NYMEX rule 573: an opening at a single price")
    mark_width: float = param(
        0.10, unit="share of price", above=0, high=1, source="judgement: working prototype",
        doc="spread up to which the middle of the quotes is a mark; beyond, the last trade moved inside the quotes")
    news_rounds: float = param(
        1.0, unit="concentration", above=0, source="judgement: news arrives all day, not only overnight",
        doc="how evenly a day's news is spread over its rounds: large is even, small comes at once")
    funding_rate: float = param(
        0.08, unit="share a year", low=0, high=1,
        doc="what money costs a hedger that lies as margin; it enters the cost of hedging and nothing else",
        source="judgement: what banks charge a borrower below investment grade in 2026, about four points over the "
               "overnight rate")
    volatility_half_life: float = param(
        60, unit="business days", above=0, source="judgement: about a quarter of a year",
        doc="half-life of the slow volatility that participants see")
    fast_volatility_half_life: float = param(
        5, unit="business days", above=0, source="judgement: about a week",
        doc="half-life of the fast volatility that participants see")
    nearness: float = param(
        4.0, unit="months", above=0, high=120, source="judgement: working prototype",
        doc="how much more often near months are looked at: the chance falls by e over this many months")
    first_volatility: float = param(
        0.024, unit="per square root of a day", above=0,
        source="judgement: 38 % a year, front months of a working prototype",
        doc="volatility assumed before there is any history")
    swaps: SwapsConfig | None = param(
        None, unit="settings", doc="bilateral swaps beside the exchange; none if left out",
        source="judgement: set by the scenario")
    perpetual: PerpetualConfig | None = param(
        None, unit="settings", doc="a perpetual venue on the same index; none if left out",
        source="judgement: set by the scenario")

    def strangers(self, labels: list[str]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Who is named by a side venue but takes no part: where that stands, and what to do about it."""
        named = [(("swaps", "clients"), self.swaps.clients), (("swaps", "dealers"), (self.swaps.dealers,))] \
            if self.swaps is not None else []
        if self.perpetual is not None:
            named.append((("perpetual", "arbitrageurs"), (self.perpetual.arbitrageurs,)))
        for steps, names in named:
            for name in names:
                if name not in labels:
                    yield steps, f'nobody is called "{name}"; those who take part are: {", ".join(labels)}'
        if self.swaps is not None and self.swaps.dealers in self.swaps.clients:
            yield ("swaps", "dealers"), f'"{self.swaps.dealers}" cannot be dealer and client at once'
