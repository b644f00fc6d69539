"""Data-centre operators as borrowers: income, debt service, draws, covenants, rescue and default, week by week."""

from __future__ import annotations

import numpy as np

from sim.credit import rules
from sim.credit.blame import NEWS, Blame
from sim.credit.hedges import FADING
from sim.credit.operators import Operators, Terms
from sim.credit.physical import Sight
from sim.credit.rules import WEEK
from sim.credit.shares import split_rows

ROLL, DRAW, INCOME = range(3)  # cash that was missing: maturities not refinanced, draws not met, rents not earned


class Borrowers(Operators):
    """All operators with loans, week by week; parameters as of ``Operators``."""

    # --- opening --------------------------------------------------------------------------------------------

    def open(self, see: Sight, lenders: np.ndarray) -> None:
        """First debts and cash: float64[firms, lenders] shares of who lends to whom at first."""
        loans, n = self.config.loans, self.book.n
        self.fleet[:] = see.fleet
        cost = (see.fleet + see.building) * self.leverage
        first = np.rint(cost * loans.to_cost * loans.first).astype(np.int64)
        self.book.claims.book("term loan", split_rows(first, lenders), "issued")
        notes = np.rint(cost * loans.junior * loans.first).astype(np.int64)
        self.book.claims.book("note", notes[:, None], "issued")
        self.pace[:] = 0.02 * see.fleet
        self._service(see, 0.0)
        cash = np.rint(self.config.owners.cash / 52.0 * self.service).astype(np.int64)
        self.book.firms_outside("opening capital", cash)
        self.let_go = np.zeros(n)

    # --- the week -------------------------------------------------------------------------------------------

    def week(self, day: int, see: Sight, terms: Terms, refuse: Blame) -> np.ndarray:
        """One week of every operator; int64[k]: those that default in it. `refuse`: what has made lenders refuse."""
        self.lenders = terms.lenders
        self._run_business(see, terms)
        self._appraise(see, terms)
        interest, repaid, extra = self._debt_due(day, see, terms)
        term, junior, equity, gap = self._building(day, see, terms, refuse)
        earned = self._income(see)
        usual = self.config.business.revenue - self.config.business.running
        self.lack[:, INCOME] += np.maximum(usual * see.fleet * WEEK - earned, 0.0)
        cash = self.book.purse + earned
        need = interest + repaid.sum(axis=1) + gap
        refilled = self._rescue(day, cash - need, terms)
        broke = self.alive & (cash - need + refilled < 0)
        gone = broke | self._gives_up(day)
        for i in np.flatnonzero(gone):
            self._default(day, int(i), bool(broke[i]), refuse)
        self._move(see, interest, extra, repaid, term, junior, equity, refilled)
        self._pay_out(day)
        self.lack *= FADING
        self.hedges.week()
        return np.flatnonzero(gone)

    def _debt_due(self, day: int, see: Sight, terms: Terms) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """int64 cents: interest [firms], principal [firms, 2] of loan and notes, interest on notes [firms]."""
        loans, debt, notes = self.config.loans, self.book.loans.sum(axis=1), self.book.claims["note"][:, 0]
        running = see.fleet / np.maximum(see.fleet + see.building, 1.0)
        on_loan = np.rint(debt * self.rate * WEEK)
        on_notes = np.rint(notes * (loans.base_rate + loans.notes_margin + terms.spread) * WEEK)
        repaid = np.zeros((self.book.n, 2))
        repaid[:, 0] = debt * running * WEEK / loans.years
        due = self.streams.uniform("credit.maturity", self.book.n, day) < WEEK
        wall = np.where(due, loans.maturing * debt, 0.0), np.where(due, loans.notes_maturing * notes, 0.0)
        repaid[:, 0] += wall[0] * (1.0 - terms.refinanced)
        repaid[:, 1] += wall[1] * (1.0 - terms.refinanced)
        self.lack[:, ROLL] += (wall[0] + wall[1]) * (1.0 - terms.refinanced)
        repaid = np.minimum(np.rint(repaid), np.stack([debt, notes], axis=1))
        pays = self.alive[:, None]
        interest = np.where(self.alive, on_loan + on_notes, 0).astype(np.int64)
        return interest, np.where(pays, repaid, 0).astype(np.int64), np.where(self.alive, on_notes, 0).astype(np.int64)

    def _building(self, day: int, see: Sight, terms: Terms,
                  refuse: Blame) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """int64[firms] cents: drawn on the loan, raised in notes, put in by owners, and left to be paid from cash."""
        loans, n = self.config.loans, self.book.n
        spent = np.where(self.alive, see.bought, 0).astype(float)
        self.pace = np.where(self.halted, self.pace, self.pace + 0.15 * (spent - self.pace))
        allowed = rules.may_draw(loans, self.coverage, self.value_ratio)
        met = self.streams.uniform("credit.draw", n, day) < terms.drawn
        draws = self.alive & allowed & met
        aim = self.config.owners.cash / 52.0 * self.service
        prudent = self.alive & (self.book.purse < self.may_stop * aim)
        self._note_breaches(day, allowed)
        self._halt(day, self.alive & (~draws | prudent), allowed, refuse)
        term = np.rint(np.where(draws, terms.to_cost * self.leverage * spent, 0.0))
        junior = np.rint(np.where(draws, loans.junior * self.leverage * terms.available * spent, 0.0))
        equity = np.rint(np.where(draws, (spent - term - junior) * terms.mood, 0.0))
        sound = draws & ~prudent & (self.coverage > 1.2)
        again = np.maximum(loans.relever * self.collateral - self.book.loans.sum(axis=1), 0.0)
        self.raised = np.where(sound, np.rint(loans.relever_pace * again), 0).astype(np.int64)
        stopping = self.halted & ~prudent & (self.halt_weeks <= 26)
        penalty = np.where(stopping, self.committed * np.maximum(self.pace - spent, 0.0), 0.0)
        gap = np.rint(spent + penalty - term - junior - equity)
        usual = np.minimum((loans.to_cost + loans.junior) * self.leverage, 1.0)
        self.lack[:, DRAW] += np.where(draws, 0.0, usual * (spent + penalty))
        as_cents = [np.where(self.alive, part, 0).astype(np.int64) for part in (term, junior, equity, gap)]
        self.penalty = np.where(self.alive, np.rint(penalty), 0).astype(np.int64)
        return as_cents[0], as_cents[1], as_cents[2], as_cents[3]

    def _note_breaches(self, day: int, allowed: np.ndarray) -> None:
        """Covenants that are newly broken, with auctions as causes as far as they have pressed values."""
        new = self.alive & ~allowed & (self.breach_event == NEWS)
        for i in np.flatnonzero(new):
            self.breach_event[i] = self._event(day, "covenant breach", int(i), int(self.book.loans[i].sum()),
                                               self.pressed.causes())
        self.breach_event[allowed] = NEWS

    pressed = Blame()  # what has pressed the value of collateral: set by the system every week

    def _halt(self, day: int, halt: np.ndarray, allowed: np.ndarray, refuse: Blame) -> None:
        for i in np.flatnonzero(halt & ~self.halted):
            why = [(int(self.breach_event[i]), 1.0)] if not allowed[i] else refuse.causes()
            self.halt_event[i] = self._event(day, "draw stop", int(i), int(self.pace[i]), why)
        self.halt_weeks = np.where(halt, self.halt_weeks + 1, 0)
        self.halted = halt.copy()
        self.halt_event[~halt & self.alive] = NEWS

    def _rescue(self, day: int, left: np.ndarray, terms: Terms) -> np.ndarray:
        """int64[firms] cents that owners put in: who is short of cash but worth more than it owes is refilled."""
        o = self.config.owners
        wanted = np.rint(0.25 * o.cash / 52.0 * self.service).astype(np.int64) - left
        helped = self.alive & (left < 0) & (self.owner_ratio < self.rescue_to) & (terms.mood > o.mood_least)
        for i in np.flatnonzero(helped):
            self._event(day, "rescue", int(i), int(wanted[i]), self._why(int(i), Blame()))
        return np.where(helped, wanted, 0).astype(np.int64)

    def _gives_up(self, day: int) -> np.ndarray:
        """bool[firms]: keys handed back after too long a weakness, and default for reasons outside the model."""
        loans = self.config.loans
        weak = (self.coverage < 1.0) & (self.value_ratio > loans.hand_back)
        self.weak_weeks = np.where(weak, self.weak_weeks + 1, 0)
        rate = np.asarray(loans.default_rates)[self.grade] * WEEK
        bolt = self.streams.uniform("credit.bolt", self.book.n, day) < rate
        return self.alive & (bolt | (self.weak_weeks >= loans.cure))

    def _why(self, i: int, refuse: Blame) -> list[tuple[int, float]]:
        """What has drained the cash of an operator: credit that was refused, its hedges, rents, a covenant."""
        blame = Blame()
        own = int(self.halt_event[i])
        blame.add(own, float(self.lack[i, DRAW]))
        for event, weight in refuse.causes():
            blame.add(event, weight * float(self.lack[i, ROLL]))
        for event, cents in self.hedges.drained[i].cents.items():
            blame.add(event, cents)
        blame.add(NEWS, float(self.lack[i, INCOME]))
        if self.breach_event[i] != NEWS and own == NEWS:
            blame.add(int(self.breach_event[i]), 1.0 + 0.1 * float(self.service[i]))
        return blame.causes()

    gloom = Blame()  # what has taken owners' appetite for equity: set by the system every week

    def _why_not_rescued(self, i: int, drained: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """It took both to bring operator i down, what drained its cash and what kept owners away: half and half."""
        away = self.pressed if self.owner_ratio[i] >= self.rescue_to[i] else self.gloom
        both = Blame()
        for causes in (drained, away.causes()):
            for event, weight in causes:
                both.add(event, weight)
        return both.causes()

    def _default(self, day: int, i: int, broke: bool, refuse: Blame) -> None:
        """Operator i stops paying; its GPUs are sold some weeks later."""
        debt, why = int(self.book.loans[i].sum()), self._why(i, refuse)
        why = self._why_not_rescued(i, why) if broke else why
        self.default_event[i] = self._event(day, "loan default", i, debt, why)
        self.alive[i], self.halted[i] = False, True
        c = self.config.collateral
        luck = float(self.streams.uniform("credit.sale", self.book.n, day)[i])
        self.sale_day[i] = day + c.sale_first + int(luck * (max(c.sale_last - c.sale_first, 0) + 1))

    def _event(self, day: int, kind: str, i: int, amount: int, causes: list[tuple[int, float]]) -> int:
        number: int = self.record.event(day, -1, kind, agent=int(self.rows[i]), agent_type=self.labels[i],
                                        amount=amount, causes=causes)
        return number

    # --- cash -------------------------------------------------------------------------------------------------

    def _move(self, see: Sight, interest: np.ndarray, on_notes: np.ndarray, repaid: np.ndarray, term: np.ndarray,
              junior: np.ndarray, equity: np.ndarray, refilled: np.ndarray) -> None:
        """Everything decided above is paid; who has defaulted this week neither pays nor draws."""
        book, claims, go = self.book, self.book.claims, self.alive
        only = lambda cents: np.where(go, cents, 0)
        book.firms_outside("operating income", self._income(see))
        book.firms_outside("owners of operators", only(equity + refilled))
        paid = split_rows(only(interest - on_notes), book.loans)
        self.interest_paid = paid.sum(axis=0)
        book.from_lenders("loan interest", -paid)
        book.firms_outside("loan interest", -only(on_notes))
        back = split_rows(only(repaid[:, 0]), book.loans)
        claims.book("term loan", -back, "repaid")
        book.from_lenders("loan principal", -back)
        claims.book("note", -only(repaid[:, 1])[:, None], "repaid")
        book.firms_outside("loan principal", -only(repaid[:, 1]))
        drawn = split_rows(only(term + self.raised), self.lenders)
        claims.book("term loan", drawn, "issued")
        book.from_lenders("loan draw", drawn)
        claims.book("note", only(junior)[:, None], "issued")
        book.firms_outside("loan draw", only(junior))
        book.firms_outside("owners of operators", -only(self.raised))
        book.firms_outside("chips and sites", -only(see.bought + self.penalty))
        self.new_loans = int(drawn.sum())

    new_loans = 0
    lenders: np.ndarray
    interest_paid: np.ndarray
    penalty: np.ndarray
    raised: np.ndarray  # int64[firms] cents: borrowed against gains in value, and taken out by owners

    def _pay_out(self, day: int) -> None:
        """Cash beyond twice the target leaves when the operator is sound."""
        aim = np.rint(2.0 * self.config.owners.cash / 52.0 * self.service).astype(np.int64)
        sound = self.alive & (self.coverage > 1.4) & (self.value_ratio < 0.8)
        self.book.firms_outside("owners of operators", -np.where(sound, np.maximum(self.book.purse - aim, 0), 0))
