"""A monthly future on tokens: work done by models at posted prices, not hours of a chip."""

from __future__ import annotations

from typing import Any, ClassVar

from sim.market.base import Contract
from sim.plugin import param


class TokenFuture(Contract, type="token_future"):
    """Monthly future on a lot of tokens at posted prices of fixed quality, settled to the month's mean of an index.

    An hour of a chip makes more tokens every year, so that who hedges hours with tokens carries the gain in
    efficiency as a basis. Lots are told in millions of tokens, prices in $ per million.

    Source: Shanghai Futures Exchange, early design of a future on AI tokens that price AI services (Reuters
    2026-05-28); no unit, tick or margin has been published.
    """

    underlying: ClassVar[str] = "token"
    unit: ClassVar[str] = "million tokens"
    per: ClassVar[str] = "per million tokens"

    index: str = param("token", unit="name", doc="the index that the contract settles to",
                       source="Reuters 2026-05-28: tokens used to price AI services, not GPU rent")
    size: int = param(1000, unit="million tokens", low=1, doc="tokens of one contract, in millions",
                      source="judgement: a billion tokens, about as many dollars as 730 GPU-hours; none is published")
    tick: float = param(0.001, unit="$ per million tokens", above=0, doc="smallest price step",
                        source="judgement: 0.07 % of the price at the start, as prices fall tenfold a year; none is "
                               "published")

    def per_gpu_hour(self, economy: Any) -> float:
        return float(economy.tokens.per_hour(economy, economy.day))
