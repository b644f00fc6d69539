"""The credit system's day: who borrows, who defaults, whose GPUs are sold, which banks and funds follow.

Order of a week, decided on every fifth business day (cash and claims of that day are settled at once):
operators earn, pay and draw; those that cannot pay default; pools pay their holders and are marked; investors meet
calls and redemptions; banks weigh themselves, fail together to a fixed point of claims, and the sound ones set the
terms of the next week. Auctions fall on their own days. Sales of assets never happen inside the fixed point.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.credit import rules
from sim.credit.absent import NoCredit
from sim.credit.banks import Banks
from sim.credit.book import COMPANIES, Book
from sim.credit.borrowers import Borrowers
from sim.credit.conditions import Conditions
from sim.credit.config import CreditConfig
from sim.credit.dials import CreditDials
from sim.credit.estates import Estates
from sim.credit.investors import PRIVATE, Investors
from sim.credit.operators import Terms
from sim.credit.parties import bind_hedges, parties_of
from sim.credit.physical import PhysicalSide
from sim.credit.pools import Pools
from sim.credit.prime import PrimeBrokers
from sim.credit.refusal import note_strain

PARTS = ("book", "borrowers", "banks", "pools", "investors", "physical", "conditions", "estates", "prime")


class Credit:
    """Loans to data-centre operators and everybody who stands behind them.

    Parameters
    ----------
    config : the rules
    model  : whose participants, ledger, economy, house and record it works with
    """

    def __init__(self, config: CreditConfig, model: Any) -> None:
        self.config, who = config, parties_of(model.blocks)
        labels, calendar = model.blocks.label_of, model.calendar
        named = lambda rows: [labels[row] for row in rows]
        shocks = [calendar.day_on(shock.date) for shock in model.scenario.shocks]
        self.eve = min(shocks) - 1 if shocks else None  # claims that exist then are those whose loss is counted
        quarters = (calendar.days + 60) // 63 + 2
        self.book = Book(model.ledger, len(who.firms), who.banks, who.investors, quarters + 4, who.funds)
        size = model.economy.provider["capacity"][who.owners]
        self.borrowers = Borrowers(config, self.book, model.streams, size, model.record, named(who.firms), who.firms)
        self.banks = Banks(config.banks, self.book, model.streams, model.record, named(who.banks))
        self.pools = Pools(config.pools, config.banks.loss_given_default, self.book, model.record)
        self.investors = Investors(config.pools, self.book, self.pools, model.record, named(who.investors), who.kinds)
        self.conditions = Conditions(config.market, config.pools.relied_on, len(who.firms))
        self.physical = PhysicalSide(model.economy, who.owners, config.business, config.collateral,
                                     model.scenario.scale)
        self.estates = Estates(config, self.book, self.borrowers, self.banks, self.pools, self.investors,
                               self.conditions, model.record)
        self.prime = PrimeBrokers(config.banks, self.book, self.banks, model.record, named(who.funds))
        self.dials, self.opened = CreditDials(), False
        self.frozen = False  # lenders' reactions keep their values of the eve: the counterfactual of a stress run
        self.kept: frozenset[str] = frozenset()  # of sim.freezing.CHANNELS, those that alone keep their values
        model.house.intraday[self.book.rows] = False
        luck = model.streams.normal("credit.syndicate", len(who.firms) * max(self.book.b, 1))
        self.taste = np.exp(0.5 * luck.reshape(len(who.firms), -1))

    # --- the day --------------------------------------------------------------------------------------------

    def step(self, model: Any) -> None:
        """Everything that credit does on a day, and its books checked."""
        day = model.day
        self.dials.begin(day)
        if not self.opened:
            self._open(model)
        self.borrowers.hedges.day(model.house, model.market_is_open())
        if self.eve == day:
            self.estates.mark_eve()
        self.estates.sell(day, self.physical, model.economy, self.dials["resale_add"], self._keeps("collateral"))
        self.prime.collect(day, model.house, model.blocks.closing(model.ledger.equity))
        if day % 5 == 4:
            self._week(model)
        self.physical.halt(model.economy, self.borrowers.halted)
        self.book.check()

    def charge(self, kind: Any, rows: slice, amount: np.ndarray) -> None:
        """Operators pay int64[n] cents into their futures accounts (negative: they take out) on top of their sales."""
        if kind.operator_kind != 1:
            return
        at = np.searchsorted(self.borrowers.rows, np.arange(rows.start, rows.stop))
        cents = np.zeros(self.book.n, np.int64)
        cents[at] = amount
        if self.opened:
            cents = np.where(self.borrowers.alive, cents, 0)
            self.book.firms_outside("treasury", -cents)
            self.borrowers.hedges.charge(cents)

    def _open(self, model: Any) -> None:
        """The first day: debts, pools and balance sheets as lending has left them."""
        book, rule = self.book, self.config.banks
        see = self.physical.look(model.economy, 0.0)
        self.borrowers.open(see, self._lender_weights(rule.share, True))
        lent = int(book.loans[:, :book.b].sum())
        exposure = book.loans[:, :book.b].sum(axis=0)
        self.banks.open(exposure, lent)
        for _ in range(4):
            self.pools.issue(model.day, self.borrowers.alive, self.config.pools.seasoned / 4.0, 1.0,
                             self.investors.wants(), self.borrowers.chance)
            self.investors.pay_for_purchases(self.banks.size * self.banks.alive)
        direct = book.loans[:, book.lender_columns("investors")].sum(axis=0)
        self.investors.book.investors_outside("opening capital", np.rint(0.1 * direct).astype(np.int64))
        if self.eve is None:
            self.estates.mark_eve()
        self.opened = True

    def _lender_weights(self, shares: tuple[float, float, float], first: bool) -> np.ndarray:
        """float64[firms, lenders]: who lends to whom, in shares: banks, private credit, others."""
        book = self.book
        out = np.zeros((book.n, book.loans.shape[1]))
        banks = self.taste * self.banks.size * self.banks.alive * (1.0 if first else ~self.banks.weak)
        funds = (self.investors.kind == PRIVATE) & self.investors.alive & ~self.investors.gated
        direct = funds * np.ones((book.n, 1))
        for weights, share, columns in ((banks, shares[0], "banks"), (direct, shares[1], "investors")):
            total = weights.sum(axis=1, keepdims=True)
            out[:, book.lender_columns(columns)] = share * weights / np.where(total > 0, total, 1.0)
        out[:, -1] = 1.0 - out.sum(axis=1)
        return out

    # --- the week -------------------------------------------------------------------------------------------

    def _terms(self, see: Any) -> Terms:
        c, d = self.conditions, self.dials
        attach = self.pools.usual_attachment()
        loans = self.config.loans
        return Terms(available=c.available(), refinanced=c.refinanced(d["rollover"]), drawn=c.drawn(d["draws"]),
                     mood=c.mood(float(np.log(see.spot).mean())), spread=c.spread(), discount=c.discount,
                     boom=rules.boom(attach), to_cost=loans.to_cost + 0.4 * (0.088 - attach),
                     tenant=min(d["tenant_lost"], 1.0),
                     marks=d["mark_add"], resale=d["resale_add"],
                     lenders=self._lender_weights(self.config.banks.new_share, False))

    def _week(self, model: Any) -> None:
        day, book, firms = model.day, self.book, self.borrowers
        see = self.physical.look(model.economy, self._curve_gap(model))
        terms = self._terms(see)
        value_fall = float(-np.log(np.maximum(firms.appraisal, 1e-6)).mean()) - min(terms.resale, 0.0)
        firms.pressed = self.conditions.pressed(value_fall)
        firms.gloom = self.conditions.gloom(float(np.log(see.spot).mean()))
        self.conditions.weigh_refusals(min(self.dials["rollover"], self.dials["draws"]))
        gone = firms.week(day, see, terms, self.conditions.refuse)
        for i in gone:
            self._close_account(model, int(i), day)
        self.banks.pay_funding(firms.interest_paid[:book.b])
        self.pools.waterfall(self.config.loans.base_rate)
        self._pools_and_investors(day, see, terms)
        self._weigh_banks()
        lost = sum(int(book.loans[i].sum()) for i in gone)
        if not self._keeps("interbank"):
            self.banks.fail(day)
            self.banks.react(day)
        if not self.frozen:
            self._conditions(day, lost, gone)
        self.prime.week(day, self.conditions.supply, self.investors.haircut, self._keeps("haircut"),
                        self.conditions.scarce, self.investors.blame)
        credit = self.conditions.drawn(self.dials["draws"])
        wish = np.where(firms.alive, terms.boom * (0.3 + 0.7 * credit), self.config.market.takeover)
        self.physical.steer(model.economy, firms.halted, wish, self.config.owners.decay)
        if self.config.loans.hedge_share > 0:
            least = rules.hedge_ratio_demanded(self.config.loans, firms.contracted)
            bind_hedges(model.blocks, firms.rows, np.where(firms.alive, least, 0.0))

    def _keeps(self, channel: str) -> bool:
        """Whether one way in which lenders react keeps its values."""
        return self.frozen or channel in self.kept

    def _pools_and_investors(self, day: int, see: Any, terms: Terms) -> None:
        firms, pools, investors = self.borrowers, self.pools, self.investors
        frozen = self._keeps("tranches")
        chance = np.where(firms.alive, firms.chance, 1.0)
        if not frozen:
            pools.value(chance)
        if day % 65 == 64:
            if not frozen:
                pools.downgrade(day, chance, "credit pool")
            sound = firms.alive & (firms.value_ratio < 0.85)
            share = self.config.pools.sold * terms.boom ** 2
            pools.issue(day, sound, share, self.conditions.demand, investors.wants(), chance)
        investors.pay_for_purchases(self.banks.size * self.banks.alive)
        investors.week(day, self._expected_loss(), chance, self.dials["haircut_add"], self.dials["asked_add"],
                       self.config.loans.base_rate, frozen, self._keeps("haircut"))

    def _expected_loss(self) -> float:
        """Share of the loans that lenders expect to lose over their life."""
        owed = self.book.loans.sum(axis=1)
        chance = np.where(self.borrowers.alive, 1.0 - np.power(1.0 - np.minimum(self.borrowers.chance, 1.0), 3.0), 1.0)
        return self.config.banks.loss_given_default * float((owed * chance).sum()) / max(float(owed.sum()), 1.0)

    def _weigh_banks(self) -> None:
        firms, loss = self.borrowers, self.config.banks.loss_given_default
        chance = np.where(firms.alive, firms.chance, 1.0)
        provisions = loss * (self.book.loans[:, :self.book.b] * chance[:, None]).sum(axis=0)
        self.banks.weigh(provisions, self.pools.losses_on_marks()[:self.book.b])

    def _conditions(self, day: int, lost: int, gone: np.ndarray) -> None:
        """What happened this week makes lenders more or less willing."""
        c, firms, banks, funds = self.conditions, self.borrowers, self.banks, self.investors
        total = max(float(self.book.loans.sum()), 1.0)
        private = funds.kind == PRIVATE
        gated = float(funds.gated[private].mean()) if private.any() else 0.0
        supply = banks.supply()
        for i in gone:
            event = int(firms.default_event[i])
            for bank in np.flatnonzero(self.book.loans[i, :self.book.b]):
                banks.blame[bank].add(event, self.config.banks.loss_given_default * float(self.book.loans[i, bank]))
            funds.blame.add(event, float(self.book.loans[i].sum()))
        rise = funds.haircut - self.config.pools.haircut
        if not self._keeps("lending"):
            c.update(self._expected_loss(), gated, supply, lost / total, rise, self.pools.discount)
            note_strain(c, firms, banks, funds, gone, self._expected_loss())
        funds.blame.fade(0.9)
        if self._keeps("collateral"):
            return
        keep = 1.0 - 1.0 / self.config.collateral.fading
        c.flow *= keep
        c.sales = {event: keep * part for event, part in c.sales.items() if keep * part > 1e-6}
        c.discount = rules.auction_discount(self.config.collateral, firms.impact, c.flow)

    def _close_account(self, model: Any, i: int, day: int) -> None:
        """An operator in default loses its futures account as well."""
        row, house = int(self.borrowers.rows[i]), model.house
        if not house.frozen and model.ledger.alive[row] and not house.closing[row] and not house.failed[row]:
            house.close(row, day, causes=[(int(self.borrowers.default_event[i]), 1.0)])

    @staticmethod
    def _curve_gap(model: Any) -> float:
        """Log by which traded futures of the next year stand above the public outlook, by the share that is listed."""
        curve = model.traded_curve()
        if curve is None:
            return 0.0
        outlook = model.economy.forecast[model.exchange.contract.index]
        with np.errstate(invalid="ignore", divide="ignore"):
            gap = np.log(curve[1:13] / outlook[1:13])
        known = np.isfinite(gap)
        return float(gap[known].sum()) / 12.0 if known.any() else 0.0

    # --- figures --------------------------------------------------------------------------------------------

    def record(self) -> dict[str, float]:
        """The figures of the day that results keep."""
        book, firms, banks, pools = self.book, self.borrowers, self.banks, self.pools
        owed = float(book.loans.sum())
        lost = pools.lost.sum(axis=0)
        notes = float(book.claims["note"].sum())
        earned = float(np.where(firms.alive, firms.ebitda, 0.0).sum())
        return {
            "loans_cents": owed, "notes_cents": notes, "new_loans_cents": float(firms.new_loans),
            "loan_defaults": float((~firms.alive).sum()), "operators_halted": float((firms.halted & firms.alive).sum()),
            "resale_index": float((firms.let_go * self.conditions.discount).mean()),
            "debt_to_ebitda": (owed + notes) / earned if earned > 0 else np.nan,
            "coverage_median": float(np.median(firms.coverage)),
            "loan_to_value_median": float(np.median(firms.value_ratio)),
            "bank_equity_cents": float(banks.equity.sum()), "bank_failures": float((~banks.alive).sum()),
            "banks_under_buffer": float(banks.weak.sum()), "credit_supply": self.conditions.supply,
            "credit_stress": self.conditions.stress, "repo_haircut": self.investors.haircut,
            "funds_gated": float(self.investors.gated.sum()), "downgrades": float(pools.downgraded.sum()),
            "downgraded_cents": float(pools.first[pools.downgraded].sum()),
            "tranche_losses_senior_cents": float(lost[0] + lost[3]), "tranche_losses_mezzanine_cents": float(lost[1]),
            "tranche_losses_equity_cents": float(lost[2]), "companies_cents": float(book.ledger.balance(COMPANIES)),
            **self.estates.figures(), **pools.certainty()}

    # --- copies ---------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """All that changes, copied."""
        return {"opened": self.opened, "frozen": self.frozen,
                "parts": {name: getattr(self, name).snapshot() for name in PARTS}}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        self.opened, self.frozen = state["opened"], state["frozen"]
        for name in PARTS:
            getattr(self, name).restore(state["parts"][name])


def credit_of(config: CreditConfig, model: Any) -> Credit | NoCredit:
    """The credit system of a model, or what stands for it where credit is off."""
    return Credit(config, model) if config.on else NoCredit()
