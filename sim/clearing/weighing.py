"""What accounts are worth and what they must hold: rates, requirements and marks of the clearing house."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.clearing.kernels import WHOLE, weigh_accounts

if TYPE_CHECKING:
    from sim.clearing.collateral import Collateral
    from sim.clearing.config import ClearingConfig
    from sim.clearing.rates import RateRule
    from sim.clearing.requirement import ByFamily, PortfolioMargin
    from sim.clearing.tiers import Tiers
    from sim.ledger import Ledger


class Weighing:
    """The part of the house that looks at prices; ``Accounts`` says what each name holds."""

    config: ClearingConfig
    ledger: Ledger
    rule: RateRule
    portfolio: PortfolioMargin | ByFamily | None
    collateral: Collateral | None
    tiers: Tiers | None
    families: list[slice]
    listing: np.ndarray | None
    house_row: int
    tick_cents: np.ndarray  # int64[contracts]
    spread: int  # ten-thousandths
    rate: np.ndarray
    required: np.ndarray
    equity: np.ndarray
    settled: np.ndarray
    reference: np.ndarray
    forced: np.ndarray
    closing: np.ndarray
    intraday: np.ndarray
    least_rate = 0.0  # share of notional below which no rate falls; policies set it every morning
    multiple: np.ndarray | None = None  # float64[n] on each requirement, None for one; policies set it every morning

    def _value(self, ticks: np.ndarray) -> np.ndarray:
        """int64[contracts] cents that a contract is worth."""
        return ticks * self.tick_cents

    def _move(self, ticks: np.ndarray) -> np.ndarray:
        """int64[contracts] cents that a contract has gained since the last settlement."""
        return (ticks - self.reference) * self.tick_cents

    def _new_rates(self, now: np.ndarray, prices: np.ndarray) -> np.ndarray:
        """The model's rates; where it has none to give, those in force stay."""
        rates = self.rule.update(prices)
        return np.maximum(np.where(np.isfinite(rates), rates, now), self.least_rate)

    def _renew(self, prices: np.ndarray, settle: np.ndarray) -> None:
        """New rates, and new scenarios where whole accounts are margined."""
        self.rate = self._new_rates(self.rate, prices)
        if self.portfolio:
            months, traded = (None, None) if self.listing is None else (self.listing["month"], self.listing["volume"])
            self.portfolio.renew(prices, self._value(settle), scale=self.rule.scale(), months=months, traded=traded)

    def _weigh(self, ticks: np.ndarray, trading: bool = False) -> None:
        """Bring ``equity`` and ``required`` up to date; the margin of one contract is rounded up to the cent.

        While trading goes on ``required`` is no more than an upper bound for accounts whose equity certainly covers it.
        """
        ledger, value = self.ledger, self._value(ticks)
        charge = np.ceil(self.rate * value - 1e-6).astype(np.int64)
        weigh_accounts(ledger.position, value, charge, self.spread, ledger.cash, ledger.margin, ledger.basis,
                       self.equity, self.required)
        if self.families:
            self.required[:] = self._netted(ledger.position, charge)
        if self.portfolio:
            watched = None if self.tiers else self.intraday | self.forced | self.closing  # others wait for the evening
            spare = self._spare() if trading and watched is not None else None
            self.required[:] = self.portfolio.of(ledger.position, watched=watched, spare=spare)
            if self.least_rate > 0:
                least = np.ceil(self.least_rate * (np.abs(ledger.position) * value).sum(axis=1)).astype(np.int64)
                np.maximum(self.required, least, out=self.required)
        if self.multiple is not None:
            self.required[:] = np.ceil(self.required * self.multiple).astype(np.int64)
        self.required[self.house_row] = 0
        if self.collateral:
            self.equity += self.collateral.credit
        if self.tiers:
            self.tiers.multiply()

    def _spare(self) -> np.ndarray:
        """int64[n] cents that a requirement may come to without anything following from it; -1: it must be exact."""
        spare = self.equity if self.multiple is None else np.floor(self.equity / self.multiple).astype(np.int64) - 1
        return np.where(self.forced | self.closing, -1, spare)

    def requirement_of(self, position: np.ndarray) -> np.ndarray:
        """int64[k] cents that int64[k, contracts] positions would have to hold, at the last settlement."""
        value = self.settled * self.tick_cents
        if self.portfolio:
            return self.portfolio.cents(position, value)
        out, none = np.zeros(len(position), np.int64), np.zeros(len(position), np.int64)
        charge = np.ceil(self.rate * value - 1e-6).astype(np.int64)
        if self.families:
            return self._netted(position, charge)
        weigh_accounts(np.ascontiguousarray(position), value, charge, self.spread, none, none, none, none.copy(), out)
        return out

    def _netted(self, position: np.ndarray, charge: np.ndarray) -> np.ndarray:
        """int64[n] cents: as ``weigh_accounts`` requires, each family of contracts by itself."""
        out = np.zeros(len(position), np.int64)
        for slots in self.families:
            leg = position[:, slots] * charge[slots]
            net = np.abs(leg.sum(axis=1))
            out += net + ((np.abs(leg).sum(axis=1) - net) * self.spread + (WHOLE - 1)) // WHOLE
        return out
