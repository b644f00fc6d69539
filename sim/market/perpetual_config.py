"""Parameters of a perpetual venue and of those who trade on it."""

from __future__ import annotations

import math
from typing import Self

from pydantic import model_validator

from sim.market.perpetual_accounts import Accounts
from sim.plugin import Block, param

HYPERLIQUID = "Hyperliquid documentation, funding and liquidations (2026)"
OCTOBER = "Hyperliquid on 10 October 2025 (HyperMultiAssetedADL data, 2025-12)"


class PerpetualConfig(Block):
    """A perpetual future on the contract's index, on a venue of its own with isolated margin in cash."""

    size: int = param(10, unit="GPU-hours", low=1, doc="GPU-hours of one perpetual contract",
                      source="judgement: small, as on retail venues (1 GPU-hour at Architect AX)")
    tick: float = param(0.001, unit="$ per GPU-hour", above=0, doc="smallest price step", source="judgement: fine")
    leverage_max: float = param(20.0, unit="multiple of equity", low=1, high=200, doc="largest leverage on opening",
                                source=f"{HYPERLIQUID}: 3 to 40 by asset")
    maintenance: float = param(0.5, unit="share of initial margin", above=0, high=1, source=HYPERLIQUID,
                               doc="equity over the initial margin at the largest leverage below which an account is "
                                   "liquidated")
    penalty: float = param(0.005, unit="share of value", low=0, high=1, source="judgement: others take 0.3 to 2 %",
                           doc="fee on what is liquidated, to the insurance fund, as far as equity is left")
    partial: float = param(1.0, unit="share of a position", above=0, high=1,
                           source="judgement: whole positions; Hyperliquid sends a fifth of those above $100,000 first",
                           doc="what one wave closes of a large position, until the rest is within margin again")
    partial_above: float = param(0.001, unit="share of retail capital", low=0, high=1,
                                 source="judgement: a thousandth of it; $100,000 on a venue with much more capital",
                                 doc="value from which a position is large")
    backstop: float = param(2.0 / 3.0, unit="share of maintenance", low=0, high=1, source=HYPERLIQUID,
                            doc="equity over maintenance below which all that is left is closed at once")
    insurance: float = param(0.01, unit="share of retail capital", low=0, high=10, source="judgement: thin",
                             doc="insurance fund at the start")
    interest: float = param(0.0001, unit="per eight hours", low=0, high=0.01, source=HYPERLIQUID, doc="base of funding")
    damper: float = param(0.0005, unit="per eight hours", low=0, high=0.01, source=HYPERLIQUID,
                          doc="largest difference between premium and funding")
    funding_cap: float = param(0.04, unit="per hour", low=0, high=1, doc="largest funding rate", source=HYPERLIQUID)
    impact: float = param(0.01, unit="share of retail capital", above=0, high=1, source="judgement: a large order",
                          doc="order size at which bid and ask are read for the premium")
    mark_memory: float = param(0.5, unit="share a round", low=0, high=1, source=f"{HYPERLIQUID}: 150 s",
                               doc="how much of the past premium the mark price remembers")
    passes: int = param(4, unit="waves", low=1, high=100, doc="waves of liquidations within one round",
                        source=f"{OCTOBER}: thousands within one second")
    capital: float = param(0.02, unit="multiple of the hedgers' notional", above=0, high=100,
                           doc="capital of all retail traders", source="judgement: a small venue beside the exchange")
    traders: int = param(400, unit="accounts", low=1, high=100_000, doc="retail traders",
                         source="judgement: enough that no single one matters")
    long_share: float = param(0.65, unit="share", low=0, high=1, doc="chance that who opens goes long, in calm",
                              source="10 October 2025: 87 % of what was liquidated was long")
    leverage: float = param(8.0, unit="multiple of equity", low=1, high=200, doc="median leverage of retail traders",
                            source="judgement: market template of 10 to 40")
    leverage_sd: float = param(0.6, unit="log", low=0, high=3, doc="sd of log leverage", source="judgement: heavy tail")
    entry: float = param(0.05, unit="chance a round", low=0, high=1, doc="a trader without a position opens one",
                         source="judgement: within a few days")
    exit: float = param(0.01, unit="chance a round", low=0, high=1, doc="a trader closes", source="judgement: weeks")
    chase: float = param(3.0, unit="share per log", low=0, high=100, source="judgement: a tenth adds three tenths",
                         doc="how much the chance of going long rises with the week's change in price")
    carry: float = param(20.0, unit="share per funding rate", low=0, high=10_000,
                         source="judgement: a hundredth in eight hours drives away a fifth",
                         doc="how much the chance of going long falls with the last funding rate")
    returns: int = param(20, unit="business days", low=0, high=1000, doc="days until a liquidated trader deposits anew",
                         source="judgement: a month")
    slippage: float = param(0.03, unit="share of price", above=0, below=1, doc="how far a retail order reaches",
                            source="judgement: usual limit of market orders on such venues")
    makers: int = param(3, unit="accounts", low=1, high=1000, doc="market makers", source="judgement: few")
    maker_capital: float = param(0.01, unit="multiple of the hedgers' notional", above=0, high=100,
                                 doc="capital of all makers", source="judgement: half of retail's")
    maker_depth: float = param(0.25, unit="share of equity", above=0, high=10, doc="value shown at one level",
                               source="judgement: as makers on the exchange")
    maker_levels: int = param(10, unit="levels", low=1, high=100, doc="levels on each side",
                              source="judgement: two per cent of depth")
    maker_step: float = param(0.002, unit="share of price", above=0, below=0.1, doc="distance between levels",
                              source="judgement: retail venues quote tight")
    maker_limit: float = param(5.0, unit="multiple of equity", above=0, high=100, doc="largest inventory",
                               source="judgement: below what margin allows")
    maker_skew: float = param(0.02, unit="log", low=0, high=1, doc="lean at full inventory",
                              source="judgement: a little less than makers on the exchange")
    maker_fear: float = param(0.05, unit="log", above=0, high=1, doc="change over a round at which depth has halved",
                              source="10 October 2025: depth withdrew by nine tenths within minutes")
    arbitrageurs: str = param("spread_arbitrageur", unit="label", source="judgement: specialists between venues",
                              doc="the block that trades the basis between this venue and the nearest future")
    arbitrage_capital: float = param(0.5, unit="share of equity", low=0, high=1, doc="what they keep on the venue",
                                     source="judgement: half of it on each venue")
    arbitrage_leverage: float = param(5.0, unit="multiple of equity there", low=0, high=100,
                                      source="judgement: below retail's",
                                      doc="position at full size, over equity on the venue")
    arbitrage_band: float = param(0.003, unit="log", low=0, high=1, source="judgement: costs of both legs",
                                  doc="premium that is left alone")
    arbitrage_full: float = param(0.01, unit="log", above=0, high=1, source="judgement: three bands",
                                  doc="premium beyond the band at which the position is at full size")

    @model_validator(mode="after")
    def _leverage_fits(self) -> Self:
        if self.leverage > self.leverage_max:
            raise ValueError(f"`leverage` ({self.leverage:g}) is above `leverage_max` ({self.leverage_max:g}); "
                             "lower it")
        value = self.size * self.tick * 100
        if abs(value - round(value)) > 1e-9 or round(value) < 1:
            raise ValueError(f"a tick of ${self.tick:g} on {self.size} GPU-hours is {value:g} cents, not whole; "
                             "choose a tick and a size that give whole cents")
        return self

    def sentence(self) -> str:
        """What is traded, in English."""
        return (f"A perpetual venue on the same index: {self.traders:,} retail traders at up to {self.leverage_max:g} "
                f"times leverage, {self.makers} makers, and {self.arbitrageurs} between the two venues; funding, "
                f"liquidation below {100 * self.maintenance_rate:g} % of value, an insurance fund and "
                "auto-deleveraging.")

    def sent(self, accounts: Accounts, row: int, mark: int, capital: float) -> int:
        """Contracts of an account below maintenance that one wave sends to the book at a mark in ticks.

        capital : cents of all retail traders, of which ``partial_above`` is a share
        """
        held, worth = abs(int(accounts.position[row])), int(accounts.worth(mark)[row])
        deep = int(accounts.equity(mark)[row]) < self.backstop * self.maintenance_rate * worth
        whole = deep or worth <= self.partial_above * capital
        return held if whole else max(1, math.ceil(self.partial * held - 1e-9))

    @property
    def tick_cents(self) -> int:
        """Cents that a tick is worth for one contract."""
        return round(self.size * self.tick * 100)

    @property
    def maintenance_rate(self) -> float:
        """Equity over value below which an account is liquidated."""
        return self.maintenance / self.leverage_max
