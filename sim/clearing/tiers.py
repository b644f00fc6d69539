"""A house with clearing members: who answers for whom, and what is done when a member fails.

Morning: members pay their calls. During the day they are called when their accounts lose much. Evening: members pay
for failed clients; one that cannot is in default. Its positions go to the close-out account and from there to the
highest bidder, its clients to other members; what its own means do not cover goes down the waterfall.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.clearing.causes import NEWS, Causes, blend, complete
from sim.clearing.config_members import LAYERS
from sim.clearing.disposal import Disposal
from sim.clearing.fund import Fund
from sim.clearing.invariants import check
from sim.clearing.members import NEVER, NOBODY, Members
from sim.clearing.porting import Porting
from sim.clearing.recovery import Recovery
from sim.streams import Streams

if TYPE_CHECKING:
    from sim.clearing.accounts import Accounts

COUNTERS = ("member_defaults", "guaranteed_cents", "member_call_cents", "assessment_cents", "gains_haircut_cents",
            "ported_accounts", "ported_margin_cents", "auctioned_contracts", "auction_cents", "torn_up_contracts",
            "client_money_lost_cents", "layer_margin_cents", "unpaid_cents",
            *(f"layer_{name.replace(' ', '_')}_cents" for name in LAYERS))


class Tiers(Porting, Disposal):
    """Members, their fund and what happens in their default, around the accounts of a house.

    Parameters
    ----------
    house   : the accounts
    rows    : int64[m]  the members' own rows
    streams : the run's luck
    notional : cents, the unit of the fund's least contributions
    """

    def __init__(self, house: Accounts, rows: np.ndarray, streams: Streams, notional: float) -> None:
        config = house.config
        self.house, self.config, self.streams, self.ledger = house, config, streams, house.ledger
        self.members = Members(config.members, house.ledger, rows, house.house_row, house.row_label, streams)
        self.fund = Fund(config.fund, self.members, house.ledger, int(config.fund.minimum * notional))
        self.recovery = Recovery(config.recovery, house.ledger, self.members, self.fund, house.pot)
        n, m = house.ledger.n, len(rows)
        self.event = np.full(m, NEWS)  # the event of each member's default
        self.unwinding = np.zeros(n, np.bool_)  # clients without a member whose positions are traded away
        self.attempts = 0  # auctions held for what is in the pot
        self.reserve = 0  # cents of failed members in the pot that no loss has used yet
        self.limit = np.zeros(m)  # cents of loss since the last settlement beyond which a member is called
        self.base = house.required  # int64[n] cents: what the house asks, before members' multiplier
        self.today = dict.fromkeys(COUNTERS, 0)

    # --- morning and day -----------------------------------------------------------------------------

    def open_day(self, day: int) -> None:
        """Bound owners give what members have been called for; clients that are flat find a new member."""
        self.today = dict.fromkeys(COUNTERS, 0)
        self.members.called[:] = 0
        house, members = self.house, self.members
        for member in members.alive().tolist():
            call = int(house.call[members.rows[member]])
            if call:
                members.draw(member, call)
        lost = members.lost != NEVER
        if lost.any():
            self._rehome(np.flatnonzero(lost & ~self.ledger.position.any(axis=1)))
            self._unwind(day)

    def overdue(self, day: int, round: int, late: np.ndarray) -> None:
        """Members among bool[n] accounts with unpaid calls beyond grace are in default."""
        members = self.members
        for member in np.flatnonzero(late[members.rows] & ~members.failed).tolist():
            row = members.rows[member]
            self.fail(member, day, round, int(self.house.call[row]), [(int(self.house.call_event[row]), 1.0)])

    def watch(self, day: int, round: int, mark: np.ndarray) -> None:
        """Call members whose accounts have lost much since the last settlement; who cannot pay is in default.

        The free cash of a client lies with its member, so it pays for that client's own loss first.
        """
        house, members, ledger = self.house, self.members, self.ledger
        loss = ledger.cash + ledger.margin - house.equity
        if house.collateral:
            loss += house.collateral.credit
        own = np.minimum(np.maximum(ledger.cash, 0), np.maximum(loss, 0))
        own[members.rows] = 0
        loss -= own
        if members.failed.any():
            loss[members.lost != NEVER] = 0
        loss = members.total(loss) - members.called
        called = np.flatnonzero((loss > self.limit) & (loss > 0) & ~members.failed) if loss.max() > 0 else loss[:0]
        for member in called.tolist():
            row, amount = members.rows[member : member + 1], int(loss[member])
            causes = self._losses(member, mark)
            event = house.record.event(day, round, "margin call", agent=int(row[0]), amount=amount,
                                       agent_type=house.row_label[row[0]], causes=causes)
            self.today["member_call_cents"] += amount
            members.called[member] += amount
            members.draw(member, amount)
            paid = min(amount, max(0, int(ledger.cash[row[0]])))
            ledger.post_margin(row, np.array([paid], np.int64))
            if paid < amount:
                self.fail(member, day, round, amount - paid, [(event, 1.0)])
        worth = house.equity[members.rows]
        if worth.min() > 0:
            return
        broke = np.flatnonzero((worth <= 0) & ~members.failed)
        for member in broke[ledger.position[members.rows[broke]].any(axis=1)].tolist():
            self.fail(member, day, round, -int(house.equity[members.rows[member]]), self._losses(member, mark))

    def _losses(self, member: int, mark: np.ndarray) -> Causes:
        """What moved the contracts on which all accounts of a member have lost since the last settlement."""
        mine = (self.members.of == member) & (self.members.lost == NEVER)
        return self.house.causes_of(self.ledger.position[mine].sum(axis=0), mark)

    # --- the default of a member ---------------------------------------------------------------------

    def fail(self, member: int, day: int, round: int, unpaid: int, causes: Causes) -> None:
        """Take over a member's own book and means; its clients stay with the house until another takes them."""
        house, members, ledger = self.house, self.members, self.ledger
        row = int(members.rows[member])
        desks = np.flatnonzero(members.desk & (members.of == member) & ~house.failed)
        event = house.record.event(
            day, round, "member default", agent=row, agent_type=house.row_label[row], amount=unpaid,
            quantity=int(np.abs(ledger.position[desks]).sum()), causes=complete(causes))
        self.event[member], members.failed[member], self.recovery.failed_on = event, True, day
        members.advance[member] = 0
        self.today["client_money_lost_cents"] += members.return_kept(member, members.orphan(member, day))
        if house.collateral:
            house.collateral.sell(desks)
        for desk in desks.tolist():
            self.reserve += max(0, int(ledger.cash[desk] + ledger.margin[desk]))
            own = event if desk == row else house.record.event(
                day, round, "default", agent=desk, agent_type=house.row_label[desk],
                quantity=int(np.abs(ledger.position[desk]).sum()), causes=[(event, 1.0)])
            house.pot.take_over(desk, own, -unpaid if desk == row else 0, member)
        house.bury(desks)
        self.today["member_defaults"] += 1

    # --- evening -------------------------------------------------------------------------------------

    def evening(self, day: int) -> None:
        """After settlement: the auction, then who pays for the close-out account, then what is torn up."""
        house, pot = self.house, self.house.pot
        for member in self.fund.late(day):
            self.fail(member, day, -1, int(self.fund.required[member] - self.fund.balance[member]), [(NEWS, 1.0)])
        self._auction(day)
        self.pay_debt(day)
        left = max(0, int(self.ledger.cash[pot.row]))
        self.today["layer_margin_cents"] += max(0, self.reserve - left)
        self.reserve = min(self.reserve, left)
        if self.attempts >= self.config.auction.attempts and self.config.recovery.tear_up:
            self._tear_up(day, self._defaults())
        pot.forget_losses()
        if (pot.estates or self.ledger.cash[pot.row]) and pot.flat():
            house.today["close_out_gain_cents"] += self.recovery.settle_up()
            self.attempts = self.reserve = 0
        self._port(day)

    def pay_debt(self, day: int) -> None:
        """Whoever answers for the estates in the close-out account pays what it owes, then the layers."""
        debt, pot = self.recovery.debt(), self.house.pot
        if debt:
            causes = pot.causes()
            self._guarantors(day, pot.parts(debt))
            self._pay(day, causes)

    def _guarantors(self, day: int, parts: dict[int, int]) -> None:
        """Members pay for their clients in the pot; who cannot is in default."""
        due: dict[int, list[tuple[float, Causes]]] = {}
        for event, cents in parts.items():
            member = self.house.pot.estates[event].guarantor
            if member != NOBODY and not self.members.failed[member] and cents:
                due.setdefault(member, []).append((float(cents), [(event, 1.0)]))
        for member, sizes in sorted(due.items()):
            amount = min(int(sum(size for size, _ in sizes)), self.recovery.debt())
            paid = self.recovery.guarantee(member, amount)
            self.today["guaranteed_cents"] += paid
            if paid < amount:
                self.fail(member, day, -1, amount - paid, blend(sizes))

    def _pay(self, day: int, causes: Causes) -> None:
        """The waterfall for what members did not pay, and its events."""
        house, debt, before = self.house, self.recovery.debt(), self.recovery.own_capital()
        if not debt:
            return
        label, row = house.row_label[house.house_row], house.house_row
        tell = lambda kind, amount, why: house.record.event(day, -1, kind, agent=row, agent_type=label, amount=amount,
                                                            causes=why)
        loss = tell("house loss", debt, causes)
        fail = lambda member: self.fail(member, day, -1, 0, [(loss, 1.0)])
        paid, unpaid = self.recovery.pay(day, house.gain, fail)
        if self.recovery.debt() or sum(paid.values()) + unpaid < debt - self.reserve:
            raise AssertionError(f"layers paid {paid} and {unpaid} stayed unpaid of a loss of {debt} cents")
        for name, cents in paid.items():
            self.today[f"layer_{name.replace(' ', '_')}_cents"] += cents
        for name, kind, counter in (("assessments", "assessment", "assessment_cents"),
                                    ("gains haircut", "gains haircut", "gains_haircut_cents")):
            if paid[name]:
                tell(kind, paid[name], [(loss, 1.0)])
                self.today[counter] += paid[name]
        house.today["house_loss_cents"] += before - self.recovery.own_capital() + unpaid
        if unpaid:
            insolvent = house.insolvent = tell("insolvency", unpaid, [(loss, 1.0)])
            self.today["unpaid_cents"] += unpaid
            house.today["house_shortfall_cents"] += unpaid
            if self.config.recovery.tear_up:
                self._tear_up(day, [(insolvent, 1.0)])

    def rest(self) -> None:
        """A day after the market has ended."""
        self.today = dict.fromkeys(COUNTERS, 0)

    # --- requirements and figures ----------------------------------------------------------------------

    def multiply(self) -> None:
        """Let clients hold what their member asks of them; ``base`` keeps what the house asks."""
        multiplier = self.config.members.multiplier
        self.base = self.house.required
        if multiplier > 1.0:
            self.base = self.house.required.copy()
            mine = self.members.clients() & ~self.members.desk
            self.house.required[mine] = np.ceil(self.base[mine] * multiplier - 1e-6).astype(np.int64)

    def ask(self) -> None:
        """Add to members' requirements what they must hold for clients that are short, this evening."""
        house = self.house
        exposed = (self.base > 0) | (house.gain != 0) | (house.call > 0)
        self.members.ask(self.base, house.equity, exposed, house.requirement_of)
        house.required[self.members.rows] += self.members.advance

    def after_margin(self, day: int) -> None:
        """Members keep what is theirs to keep, the fund is looked at and paid in."""
        house = self.house
        self.limit = self.config.members.intraday_trigger * self.members.total(self.ledger.margin)
        self.members.keep(self.base, house.requirement_of)
        self.members.restore_capital()
        rank = np.arange(1, len(house.settled) + 1) if house.listing is None else house.listing["rank"]
        self.fund.review(day, house.settled * house.tick_cents, rank)
        self.fund.collect(day)

    def check(self) -> None:
        """Raise AssertionError where what members, fund and house hold is not what their books say."""
        check(self.ledger, self.members, self.fund, self.recovery)

    def totals(self) -> dict[str, float]:
        """The day's figures; money in cents."""
        members = self.members
        stocks = {"members_open": len(members.alive()), "clients_without_member": (members.lost != NEVER).sum(),
                  "fund_cents": self.fund.balance.sum(), "fund_required_cents": self.fund.required.sum(),
                  "fund_stress_cents": int(self.fund.stress), "member_equity_cents": self._equity().sum(),
                  "client_advance_cents": members.advance.sum(), "client_margin_kept_cents": members.kept.sum()}
        return {**stocks, **self.today}

    # --- copies ----------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """A copy of the state that is not in the ledger."""
        return {"members": self.members.snapshot(), "fund": self.fund.snapshot(), "recovery": self.recovery.snapshot(),
                "event": self.event.copy(), "unwinding": self.unwinding.copy(), "today": dict(self.today),
                "numbers": (self.attempts, self.reserve),
                "limit": self.limit.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a snapshot back."""
        self.members.restore(state["members"])
        self.fund.restore(state["fund"])
        self.recovery.restore(state["recovery"])
        self.limit = state["limit"].copy()
        self.event, self.unwinding = state["event"].copy(), state["unwinding"].copy()
        self.today, (self.attempts, self.reserve) = dict(state["today"]), state["numbers"]
