"""Data-centre operators as businesses: what they own, earn and are worth to those who lend to them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.credit import rules
from sim.credit.blame import NEWS
from sim.credit.book import Book
from sim.credit.config import CreditConfig
from sim.credit.hedges import Hedges
from sim.credit.physical import Sight
from sim.credit.rules import WEEK
from sim.streams import Streams

STATE = ("alive", "contracted", "price", "age", "fleet", "appraisal", "halted", "halt_event", "halt_weeks", "pace",
         "weak_weeks", "breach_event", "default_event", "sale_day", "coverage", "value_ratio", "owner_ratio", "service",
         "let_go", "lack", "ebitda", "chance", "collateral")


class Terms(NamedTuple):
    """Conditions of credit that operators meet this week."""

    available: float  # share of what is asked for that is lent at all
    refinanced: float  # share of maturing debt that is refinanced
    drawn: float  # chance that a draw is met
    mood: float  # owners' appetite for more equity, 0 to 1
    spread: float  # a year, on top of contracts' margins
    discount: np.ndarray  # float64[firms]: price over value at auction
    boom: float  # building over usual because tranches look safe
    to_cost: float  # term loan over cost
    tenant: float  # part of the anchor tenant's contracts that is lost
    marks: float  # log added to what lenders think compute will cost
    resale: float  # log added to what GPUs are thought to be worth
    lenders: np.ndarray  # float64[lenders]: who makes new loans, in shares


class Operators:
    """All operators with loans: their state, and how a week of business changes it.

    Parameters
    ----------
    config  : the rules
    book    : claims and cash
    streams : luck
    size    : float64[firms]  relative size, for who lives on spot prices
    record, labels, rows : where events go, the block names and ledger rows of operators
    """

    def __init__(self, config: CreditConfig, book: Book, streams: Streams, size: np.ndarray, record: Any,
                 labels: list[str], rows: np.ndarray) -> None:
        self.config, self.book, self.streams, self.record = config, book, streams, record
        self.labels, self.rows, self.hedges = labels, rows, Hedges(rows)
        n, draw = book.n, lambda name: streams.normal(f"credit.firm.{name}", book.n)
        small = np.zeros(n, bool)
        small[np.argsort(size, kind="stable")[:round(n * 14 / 45)]] = True
        o, b = config.owners, config.business
        self.small = small
        self.signed = np.where(small, b.contracted_small, b.contracted_large)  # share under contract when all is well
        self.contracted = self.signed.copy()
        spread = np.exp(b.anchor_spread * draw("anchor"))
        self.anchor = np.minimum(b.anchor_share * spread / max(float(spread.mean()), 1e-9), 0.9)
        luck = streams.uniform("credit.firm.grade", n)
        self.grade = np.where(small, 3, np.searchsorted([0.2, 0.6], luck, side="right"))
        self.rescue_to = o.rescue_to * np.exp(o.rescue_spread * draw("rescue"))
        self.may_stop = o.may_stop * np.exp(o.may_stop_spread * draw("may stop"))
        self.committed = np.minimum(o.committed * np.exp(o.committed_spread * draw("committed")), 1.0)
        self.impact = config.collateral.impact * np.exp(config.collateral.impact_spread * draw("impact"))
        self.alive, self.halted = np.ones(n, bool), np.zeros(n, bool)
        self.price, self.age, self.fleet = np.ones(n), np.full(n, 0.9), np.zeros(n)
        self.appraisal = np.ones(n)
        self.halt_event, self.breach_event, self.default_event = (np.full(n, NEWS) for _ in range(3))
        self.halt_weeks, self.weak_weeks = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.sale_day = np.full(n, 10**9)
        self.pace = np.zeros(n)  # cents a week that building usually costs
        self.coverage, self.value_ratio, self.owner_ratio = np.full(n, 2.0), np.full(n, 0.6), np.full(n, 0.6)
        self.service, self.let_go, self.ebitda = np.zeros(n), np.zeros(n), np.zeros(n)
        self.chance, self.collateral, self.lack = np.zeros(n), np.zeros(n), np.zeros((n, 3))
        self.leverage = np.where(small, config.loans.uncontracted, 1.0)

    rate: np.ndarray  # a year: interest on the loan, as last set

    def _run_business(self, see: Sight, terms: Terms) -> None:
        """Fleets grow and age, contracts roll over, those of a lost tenant are let again in three years."""
        b = self.config.business
        grown = np.maximum(see.fleet - self.fleet, 0.0) / np.maximum(see.fleet, 1.0)
        self.age = (self.age + WEEK) * (1.0 - grown)
        self.fleet[:] = see.fleet
        fresh = np.exp(b.term_pass * see.expected)
        self.price += (fresh - self.price) * np.minimum(grown + WEEK / b.term, 1.0)
        wanted = self.signed * (1.0 - self.anchor * terms.tenant)
        self.contracted = np.where(wanted < self.contracted, wanted,
                                   np.minimum(self.contracted + self.signed * WEEK / 3.0, wanted))

    def _income(self, see: Sight) -> np.ndarray:
        """int64[firms] cents earned in a week; operators in default earn for their creditors later."""
        yearly = rules.income(self.config.business, self.contracted, self.price, see.spot, self.age)
        return np.where(self.alive, np.rint((yearly.revenue - yearly.running) * see.fleet * WEEK), 0).astype(np.int64)

    def _service(self, see: Sight, spread: float) -> None:
        """A year's interest and amortisation of the debt on running GPUs."""
        loans = self.config.loans
        debt, notes = self.book.loans.sum(axis=1), self.book.claims["note"][:, 0]
        running = see.fleet / np.maximum(see.fleet + see.building, 1.0)
        self.rate = loans.base_rate + np.asarray(loans.spreads)[self.grade] + spread
        interest = debt * self.rate + notes * (loans.base_rate + loans.notes_margin + spread)
        self.service = interest * running + debt * running / loans.years

    def _appraise(self, see: Sight, terms: Terms) -> None:
        """What GPUs are worth to lenders and to owners, and the covenants' two ratios."""
        rule, b = self.config.collateral, self.config.business
        log = 0.6 * (see.expected + terms.marks) + 0.4 * np.log(see.spot)
        target = 1.0 + (np.exp(log) - 1.0) * rule.persistence
        self.appraisal += (target - self.appraisal) / (1.0 + rule.lag)
        value = rules.hardware(b, rule, self.appraisal, self.age) * np.exp(terms.resale)
        self.let_go = value
        site = np.minimum(1.0, 0.3 + 0.7 * self.appraisal * np.exp(terms.resale) * terms.discount) * see.building
        self.collateral = see.fleet * rules.collateral(b, self.contracted, self.price, value * terms.discount) + site
        gentle = 1.0 - (1.0 - terms.discount) * self.config.owners.rescue_discount
        own = see.fleet * rules.collateral(b, self.contracted, self.price, value * gentle) + site
        debt = self.book.loans.sum(axis=1)
        self.value_ratio = debt / np.maximum(self.collateral, 1.0)
        self.owner_ratio = debt / np.maximum(own, 1.0)
        yearly = rules.income(b, self.contracted, self.price, see.spot, self.age)
        self.ebitda = (yearly.revenue - yearly.running) * see.fleet
        self._service(see, terms.spread)
        self.coverage = np.where(self.service > 0, self.ebitda / np.maximum(self.service, 1.0), 9.0)
        self.chance = rules.chance_of_default(self.config.loans, self.grade, self.coverage, self.value_ratio)

    def snapshot(self) -> dict[str, Any]:
        """A copy of what changes."""
        return {name: getattr(self, name).copy() for name in STATE} | {"hedges": self.hedges.snapshot()}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        self.hedges.restore(state["hedges"])
        for name in STATE:
            setattr(self, name, state[name].copy())
