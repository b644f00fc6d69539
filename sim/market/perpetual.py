"""The perpetual venue: oracle, book, mark price, funding, liquidations, insurance fund, auto-deleveraging.

One round: makers quote, traders and arbitrageurs trade, the mark follows, accounts below maintenance are liquidated
in waves, funding is paid. All money on the venue stands in one purse of the ledger, to the cent.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.ledger import INSTITUTIONS, BooksDoNotBalance
from sim.market.book import BUY, EVENT, IOC, SELL, OrderBook
from sim.market.perpetual_accounts import Accounts
from sim.market.perpetual_config import PerpetualConfig
from sim.market.perpetual_funding import funding_rate, impact_price
from sim.market.perpetual_traders import arbitrage_orders, front_slot, ladder, retail_orders

PURSE = INSTITUTIONS.index("perpetual venue")
WEEK = 5  # business days over which traders see a trend
COUNTERS = ("perp_volume", "liquidations", "liquidated_contracts", "adl_accounts", "adl_contracts",
            "venue_shortfall_cents")
STATE = ("cash", "position", "value")


class Perpetual:
    """One venue. Accounts are retail traders, then makers, then the arbitrageurs of a block of the exchange.

    Attributes
    ----------
    fund   : cents of the insurance fund
    mark   : ticks
    worth  : int64[n]  cents that participants of the exchange own here
    """

    def __init__(self, config: PerpetualConfig, model: Any) -> None:
        self.config, self.ledger, self.streams = config, model.ledger, model.streams
        block = {kind.label: block for kind, block in model.blocks.all}[config.arbitrageurs]
        self.owners = np.arange(block.rows.start, block.rows.stop)
        m = config.traders + config.makers + len(self.owners)
        self.retail = np.arange(config.traders)
        self.makers = config.traders + np.arange(config.makers)
        self.arbitrageurs = config.traders + config.makers + np.arange(len(self.owners))
        self.accounts, self.book = Accounts(m, config.tick_cents), OrderBook(1, m)
        unit = model.world.hedged_notional or model.world.float_lots * model.world.price * model.world.tick_cents
        self.retail_capital = config.capital * unit
        luck = self.streams.uniform("perpetual.wealth", config.traders)
        share = -np.log(1.0 - luck)  # exponential: most are small
        self.capital = np.rint(self.retail_capital * share / config.traders).astype(np.int64)
        luck = self.streams.normal("perpetual.leverage", config.traders)
        leverage = config.leverage * np.exp(config.leverage_sd * luck)
        self.leverage = np.minimum(np.maximum(leverage, 1.0), 0.95 * config.leverage_max)
        self.away = np.zeros(config.traders, np.int64)
        self.maker_capital = round(config.maker_capital * unit / config.makers)
        self.fund, self.mark, self.last, self.funding = 0, 0, 0, 0.0
        self.oracle, self.premium, self.opened = 0.0, 0.0, False
        self.yesterday, self.tomorrow = 0.0, 0.0  # oracle at the start and the end of the day, ticks
        self.marks: list[int] = []
        self.worth = np.zeros(model.ledger.n, np.int64)
        self.today: dict[str, int] = dict.fromkeys(COUNTERS, 0)
        self.taken = np.zeros(2, np.int64)  # contracts bought and sold by takers today
        self.waves: list[tuple[int, int, int]] = []  # events of liquidations today: number, side, contracts

    # --- the day --------------------------------------------------------------------------------------------

    def begin(self, model: Any) -> None:
        """A new day: the oracle's course, deposits, and the venue's first day."""
        economy, label, tick = model.economy, model.exchange.contract.index, self.config.tick
        self.tomorrow = float(economy.index_value[label]) / tick
        self.yesterday = self.oracle or self.tomorrow
        self.today, self.waves = dict.fromkeys(COUNTERS, 0), []
        self.taken[:] = 0
        if not self.opened:
            self.mark = self.last = max(1, round(self.tomorrow))
            self.oracle, self.opened = self.tomorrow, True
            self.fund = round(self.config.insurance * self.retail_capital)
            self.ledger.transfer("perpetual deposits", "outside world", "perpetual venue", self.fund)
            self._deposit(self.makers, np.full(len(self.makers), self.maker_capital))
            self._deposit(self.retail, self.capital)
        equity = self.accounts.equity(self.mark)
        flat = self.accounts.position[self.retail] == 0
        poor = flat & (equity[self.retail] < 0.1 * self.capital)
        self.away[:] = np.where(poor, self.away + 1, 0)
        back = poor & (self.away > self.config.returns)
        rich = flat & (equity[self.retail] > 3 * self.capital)
        self._deposit(self.retail, np.where(back | rich, self.capital - equity[self.retail], 0))
        broke = (self.accounts.position[self.makers] == 0) & (equity[self.makers] < self.maker_capital // 10)
        self._deposit(self.makers, np.where(broke, self.maker_capital - equity[self.makers], 0))
        self._fund_arbitrage(model)

    def _deposit(self, rows: np.ndarray, amount: np.ndarray) -> None:
        """Traders of the venue bring int64[k] cents from outside, or take them there."""
        self.accounts.cash[rows] += amount
        for payer, payee, paid in (("outside world", "perpetual venue", amount),
                                   ("perpetual venue", "outside world", -amount)):
            self.ledger.transfer("perpetual deposits", payer, payee, int(np.maximum(paid, 0).sum()))

    def _fund_arbitrage(self, model: Any) -> None:
        """Arbitrageurs keep a share of their equity here, as far as free cash and margin allow."""
        rows, accounts = self.arbitrageurs, self.accounts
        own, here = model.house.equity[self.owners], accounts.equity(self.mark)[rows]
        wanted = np.rint(self.config.arbitrage_capital * np.maximum(own + here, 0)).astype(np.int64)
        wanted[~self._sound(model)] = 0
        needed = accounts.worth(self.mark)[rows] // 2
        amount = np.minimum(wanted - here, np.maximum(self.ledger.cash[self.owners], 0))
        amount = np.maximum(amount, -np.maximum(np.minimum(here - needed, accounts.cash[rows]), 0))
        accounts.cash[rows] += amount
        self.ledger.post("perpetual margin", self.owners, -amount, "perpetual venue")

    def _sound(self, model: Any) -> np.ndarray:
        """bool[k]: arbitrageurs that the house neither forces nor has closed."""
        house, rows = model.house, self.owners
        return self.ledger.alive[rows] & ~house.forced[rows] & ~house.closing[rows] & ~house.failed[rows]

    def trade(self, model: Any, number: int) -> None:
        """One round."""
        config, accounts = self.config, self.accounts
        known = float(model.known[number])
        self.oracle = float(np.exp((1 - known) * np.log(self.yesterday) + known * np.log(self.tomorrow)))
        fair = self.oracle * (1.0 + 0.5 * self.premium)
        moved = float(np.log(self.oracle / self.marks[-1])) if self.marks else 0.0
        trend = float(np.log(self.mark / self.marks[0])) if self.marks else 0.0
        lean = config.chase * trend - config.carry * self.funding
        self._send(ladder(config, accounts, self.makers, fair, moved))
        active = (self.away == 0) & (accounts.equity(self.mark)[self.retail] > 0)
        orders = np.concatenate([
            arbitrage_orders(config, accounts, self.arbitrageurs, self._sound(model), self.oracle, self.mark),
            retail_orders(config, accounts, self.retail, self.leverage, active, self.mark, lean, self.streams,
                          model.day, number)])
        luck = self.streams.uniform("perpetual.order", len(accounts.cash), model.day, number)
        self._send(orders[np.argsort(luck[orders["owner"]], kind="stable")])
        self._look()
        for _ in range(0 if model.house.frozen else config.passes):  # in a frozen world nobody is liquidated
            if not self._liquidate(model, number):
                break
            self._look()
        self._pay_funding(24.0 / model.scenario.rounds)
        self.book.clear()
        self.premium = config.mark_memory * self.premium + (1 - config.mark_memory) * (self.mark / self.oracle - 1.0)
        self.marks = [*self.marks, self.mark][-WEEK * model.scenario.rounds:]
        self.worth[self.owners] = accounts.equity(self.mark)[self.arbitrageurs]

    def _send(self, orders: np.ndarray) -> np.ndarray:
        """Send EVENT[k] and enter what trades; returns FILL[j]."""
        orders["tag"] = np.arange(len(orders))
        self.book.run(orders)
        fills = self.book.take_fills()
        self.accounts.fills(fills)
        if len(fills):
            self.last = int(fills["price"][-1])
            self.today["perp_volume"] += int(fills["qty"].sum())
            np.add.at(self.taken, fills["side"].astype(np.int64), fills["qty"].astype(np.int64))
        return fills

    def _look(self) -> None:
        """The mark: half the book's own price, half the oracle with the premium that has lasted."""
        bid, ask = self.book.quotes()[0, :2].tolist()
        own = float(np.median([bid, ask, self.last])) if bid and ask else float(self.last)
        self.mark = max(1, round(0.5 * own + 0.5 * self.oracle * (1.0 + self.premium)))

    # --- liquidation ------------------------------------------------------------------------------------------

    def _liquidate(self, model: Any, number: int) -> bool:
        """One wave: all accounts below maintenance, the worst first; whether there were any."""
        accounts, mark = self.accounts, self.mark
        equity, worth = accounts.equity(mark), accounts.worth(mark)
        rows = np.flatnonzero((accounts.position != 0) & (equity < self.config.maintenance_rate * worth))
        if not len(rows):
            return False
        rows = rows[np.argsort(equity[rows] / worth[rows], kind="stable")]
        longs = int(np.maximum(accounts.position[rows], 0).sum())
        shorts = int(np.maximum(-accounts.position[rows], 0).sum())
        causes = self._causes(SELL if longs >= shorts else BUY)
        event = model.record.event(
            model.day, number, "liquidations", agent_type="perpetual venue", quantity=longs + shorts,
            price=self._in_ticks(model, mark), amount=int(worth[rows].sum()), causes=causes)
        done = np.zeros(2, np.int64)
        adl: list[tuple[int, int]] = []
        for row in rows.tolist():
            side, closed = self._close(row, mark)
            done[side] += closed
            if accounts.position[row] and accounts.equity(mark)[row] < 0:
                _, others, taken = accounts.deleverage(row, mark)
                adl.append((len(others), int(taken.sum())))
            self._cover(model, row, event)
        self.waves += [(event, side, int(done[side])) for side in (BUY, SELL) if done[side]]
        self.today["liquidations"] += len(rows)
        self.today["liquidated_contracts"] += int(done.sum())
        if adl:
            people, contracts = sum(one[0] for one in adl), sum(one[1] for one in adl)
            self.today["adl_accounts"] += people
            self.today["adl_contracts"] += contracts
            model.record.event(model.day, number, "auto-deleveraging", agent_type="perpetual venue", quantity=contracts,
                               price=self._in_ticks(model, mark), causes=[(event, 1.0)])
        return True

    def _close(self, row: int, mark: int) -> tuple[int, int]:
        """Send a position, or the part due, to the book as far as its equity and the fund reach; side, contracts."""
        accounts = self.accounts
        held, side = int(accounts.position[row]), SELL if accounts.position[row] > 0 else BUY
        reach = self.fund // (abs(held) * accounts.tick_cents)
        limit = accounts.bankruptcy_price(row) + (-reach if held > 0 else reach)
        order = np.zeros(1, EVENT)
        order["owner"], order["qty"] = row, self.config.sent(accounts, row, mark, self.retail_capital)
        order["kind"], order["side"], order["price"] = IOC, side, max(1, limit)
        fills = self._send(order)
        value = int((fills["qty"].astype(np.int64) * fills["price"]).sum()) * accounts.tick_cents
        left = max(0, min(int(accounts.cash[row]), int(accounts.equity(mark)[row])))
        fee = min(round(self.config.penalty * value), left)
        accounts.cash[row] -= fee
        self.fund += fee
        return side, int(fills["qty"].sum())

    def _cover(self, model: Any, row: int, event: int) -> None:
        """A closed account that owes money: the fund pays, and the venue's owners what the fund cannot."""
        owed = -int(self.accounts.cash[row])
        if self.accounts.position[row] or owed <= 0:
            return
        paid = min(owed, self.fund)
        self.fund -= paid
        self.accounts.cash[row] += owed
        if owed > paid:
            self.ledger.transfer("perpetual deposits", "outside world", "perpetual venue", owed - paid)
            self.today["venue_shortfall_cents"] += owed - paid
            model.record.event(model.day, -1, "venue shortfall", agent_type="perpetual venue", amount=owed - paid,
                               causes=[(event, 1.0)])

    def _causes(self, side: int) -> list[tuple[int, float]]:
        """Earlier waves of the day by their share of all taking on one side; the rest is news."""
        total = max(int(self.taken[side]), 1)
        causes = [(event, size / total) for event, way, size in self.waves if way == side]
        rest = 1.0 - sum(weight for _, weight in causes)
        return [(-1, rest), *causes] if rest > 1e-12 else causes

    # --- funding ------------------------------------------------------------------------------------------------

    def _pay_funding(self, hours: float) -> None:
        """Longs pay shorts (or are paid) on the value at the oracle; fractions of cents go to the insurance fund."""
        size = self.config.impact * self.retail_capital / (self.oracle * self.accounts.tick_cents)
        bid, ask = (impact_price(self.book.depth(0, side, 1000), size, self.mark) for side in (BUY, SELL))
        self.funding = funding_rate(self.config, bid, ask, self.oracle)
        due = np.rint(self.accounts.position * (self.oracle * self.accounts.tick_cents * self.funding * hours / 8))
        self.accounts.cash -= due.astype(np.int64)
        self.fund += int(due.astype(np.int64).sum())

    # --- seen from the exchange -----------------------------------------------------------------------------------

    def in_lots(self) -> np.ndarray:
        """int64[n, contracts]: positions of participants of the exchange, in its contracts, in the nearest month."""
        out = np.zeros_like(self.ledger.position)
        if self.front >= 0:
            here = self.accounts.position[self.arbitrageurs]
            out[self.owners, self.front] = np.rint(here * self.ratio).astype(np.int64)
        return out

    def hedges(self, model: Any, wish: np.ndarray) -> np.ndarray:
        """Wishes with the futures that arbitrageurs need against their perpetual contracts."""
        self.front, self.ratio = front_slot(model), self.config.size / model.exchange.contract.size
        return wish - self.in_lots()

    front, ratio = -1, 0.0

    def _in_ticks(self, model: Any, price: int) -> int:
        """A price here, in ticks of the exchange's contract."""
        return round(price * self.config.tick / model.exchange.contract.tick)

    # --- books ------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise BooksDoNotBalance unless every contract and every cent on the venue is accounted for."""
        if int(self.accounts.position.sum()) != 0:
            raise BooksDoNotBalance("perpetual venue: longs and shorts differ")
        held = int(self.accounts.cash.sum() - self.accounts.value.sum()) + self.fund
        if held != int(self.ledger.institution[PURSE]):
            raise BooksDoNotBalance(f"perpetual venue: accounts and fund hold {held} cents, the purse "
                                    f"{int(self.ledger.institution[PURSE])}")

    def totals(self) -> dict[str, float]:
        """The day's figures; the price in dollars, funding per eight hours."""
        interest = int(np.maximum(self.accounts.position, 0).sum())
        return {"perp_price": self.mark * self.config.tick, "perp_oracle": self.oracle * self.config.tick,
                "perp_open_interest": float(interest), "funding_rate": self.funding,
                "insurance_fund_cents": float(self.fund), **{name: float(value) for name, value in self.today.items()}}

    def snapshot(self) -> dict[str, Any]:
        """A copy of all state; the book is empty between rounds."""
        names = ("fund", "mark", "last", "funding", "oracle", "premium", "opened")
        return {"accounts": {name: getattr(self.accounts, name).copy() for name in STATE}, "marks": list(self.marks),
                "away": self.away.copy(), "worth": self.worth.copy(), "today": dict(self.today),
                "plain": {name: getattr(self, name) for name in names}}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        for name, array in state["accounts"].items():
            getattr(self.accounts, name)[...] = array
        self.away[:], self.worth[:] = state["away"], state["worth"]
        self.marks, self.today = list(state["marks"]), dict(state["today"])
        for name, value in state["plain"].items():
            setattr(self, name, value)
