"""Bilateral swaps on the contract's index: written by dealers, out of the clearing house's sight, hedged in the book.

A client has one dealer. What a client is owed or owes on its swaps is at every moment what its dealer owes or is
owed, to the cent. Losses beyond a threshold are secured by collateral that changes hands in cash; a month is paid at
the final settlement of its future. A client that cannot pay loses its swaps, and the dealer the rest of its claim.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.ledger import BooksDoNotBalance
from sim.market.book import BUY, IOC, SELL
from sim.market.kernels import enter_fills
from sim.plugin import Block, param

COUNTERS = ("swap_payments_cents", "swap_defaults", "swap_loss_cents")


class SwapsConfig(Block):
    """Who trades swaps with whom, how large, and how they are secured."""

    clients: tuple[str, ...] = param(("fundamental_speculator", "trend_follower"), unit="labels", min_length=1,
                                     doc="blocks that take exposure by swaps", source="judgement: set by the scenario")
    dealers: str = param("market_maker", unit="label", doc="the block that writes swaps",
                         source="judgement: those who make markets hedge best")
    share: float = param(0.5, unit="multiple of the own futures", low=0, high=20,
                         doc="exposure wanted by swaps, as a multiple of the futures wanted",
                         source="Oliver Wyman 2023 (LME nickel review): about a third of all volume over the counter")
    beyond_limits: bool = param(True, unit="yes or no", source="US Senate PSI 2007: so did Amaranth",
                                doc="whether what position limits forbid is taken by swaps as well")
    pace: float = param(0.25, unit="share of the gap a day", above=0, high=1, source="judgement: a week to build up",
                        doc="how fast swaps follow what is wanted")
    half_spread: float = param(0.005, unit="share of price", low=0, high=0.5, doc="the dealer's margin on each swap",
                               source="judgement: about what makers quote on the exchange")
    threshold: float = param(0.10, unit="share of notional", low=0, high=10,
                             doc="unsecured loss from which collateral is due on the whole of it",
                             source="judgement: credit lines of a tenth replace initial margin")
    capacity: float = param(5.0, unit="multiple of equity", low=0, high=1000, source="judgement: two inventories",
                            doc="notional of swaps that a dealer writes at most, over its equity")
    hedge_pace: float = param(0.3, unit="share of the gap a round", above=0, high=1, doc="how fast dealers hedge",
                              source="judgement: most of a day's new swaps within the next day")
    hedge_reach: float = param(0.02, unit="share of price", above=0, below=1, source="judgement: as other takers",
                               doc="how far beyond the mark a hedge order goes")

    def sentence(self) -> str:
        """What is traded, in English."""
        clients = " and ".join(name.replace("_", " ") for name in self.clients)
        return (f"Beside the exchange dealers ({self.dealers.replace('_', ' ')}) write bilateral swaps on the same "
                f"index to clients ({clients}), {self.share:g} times the futures that these want. The clearing "
                f"house does not see them unless a policy says so. Losses above {100 * self.threshold:g} % of notional "
                "are secured in cash, and dealers hedge in the book.")


class Swaps:
    """All swaps between clients and dealers.

    Attributes
    ----------
    held       : int64[n, contracts]  swaps, long positive; clients and dealers sum to zero
    cost       : int64[n, contracts]  cents paid for them on paper; sums to zero
    collateral : int64[n]  cents handed over in cash (negative: received); sums to zero
    hedged     : int64[n, contracts]  futures that dealers hold against swaps
    worth      : int64[n]  cents: gains on paper plus collateral handed over, at the last settlement; sums to zero
    """

    def __init__(self, config: SwapsConfig, model: Any) -> None:
        self.config, self.ledger, self.exchange = config, model.ledger, model.exchange
        self.tick_cents = model.exchange.tick_cents
        n, months = self.ledger.position.shape
        self.held, self.cost, self.hedged = (np.zeros((n, months), np.int64) for _ in range(3))
        self.collateral, self.worth = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.dealer = np.full(n, -1)  # of each client
        self.today = dict.fromkeys(COUNTERS, 0)
        blocks = {kind.label: block for kind, block in model.blocks.all}
        dealers = blocks[config.dealers]
        self.dealers = np.arange(dealers.rows.start, dealers.rows.stop)
        for label in config.clients:
            block = blocks[label]
            luck = model.streams.uniform(f"swaps.{label}.dealer", block.n)
            self.dealer[block.rows] = dealers.rows.start + (luck * dealers.n).astype(np.int64)
        self.clients = np.flatnonzero(self.dealer >= 0)

    # --- in the round ---------------------------------------------------------------------------------------

    def hedge(self, model: Any) -> None:
        """Dealers trade futures against the swaps that they have written; what they get is entered at once."""
        exchange, ledger = self.exchange, self.ledger
        halted, band = model.rules.halted(model), model.rules.band(model)
        gap = -self.held[self.dealers] - self.hedged[self.dealers]
        gap[~ledger.alive[self.dealers]] = 0
        for at, slot in zip(*np.nonzero(gap), strict=True):
            row, mark = int(self.dealers[at]), int(exchange.slots["mark"][slot])
            if not exchange.slots["listed"][slot] or mark < 1 or (halted is not None and halted[slot]):
                continue
            wanted = int(gap[at, slot])
            buying, size = wanted > 0, int(np.ceil(self.config.hedge_pace * abs(wanted)))
            reach = self.config.hedge_reach * (1 if buying else -1)
            price = max(1, int(np.floor(mark * (1 + reach)) if buying else np.ceil(mark * (1 + reach))))
            if band is not None:
                price = min(max(price, int(band[0, slot])), int(band[1, slot]))
            first = int(exchange.book.arrays.state["fills"][0])
            done = exchange.book.submit(int(slot), BUY if buying else SELL, price, size, kind=IOC, owner=row).filled
            enter_fills(exchange.book.arrays, first, exchange.slots, ledger.position, ledger.basis, exchange.traded,
                        self.tick_cents)
            self.hedged[row, slot] += done if buying else -done

    # --- in the evening ---------------------------------------------------------------------------------------

    def evening(self, model: Any) -> None:
        """At the day's settlement prices: months that end are paid, new swaps written, losses secured."""
        self.today = dict.fromkeys(COUNTERS, 0)
        value = self.exchange.settle * self.tick_cents
        if not model.house.frozen:
            self._drop_failed(model, value)
        for slot in np.flatnonzero((self.exchange.days_left == 0) & (self.exchange.slots["listed"] == 1)).tolist():
            self._pay_month(model, slot, value)
        self._write(model, value)
        if not model.house.frozen:
            self._secure(model, value)
        self.worth[:] = self.gains(value) + self.collateral

    def close(self, model: Any) -> None:
        """All swaps end at the last settlement: nothing is left that they could be hedged with or valued at."""
        self.today = dict.fromkeys(COUNTERS, 0)
        rows = self.clients[self.held[self.clients].any(axis=1) | (self.collateral[self.clients] != 0)]
        for row in rows.tolist():
            self.end(model, row, self.exchange.settle * self.tick_cents)
        self.hedged[:] = self.worth[:] = 0

    def gains(self, value: np.ndarray) -> np.ndarray:
        """int64[n] cents gained on paper at int64[contracts] cents a contract."""
        return (self.held * value - self.cost).sum(axis=1)

    def _write(self, model: Any, value: np.ndarray) -> None:
        """Clients move towards the swaps that they want, at the settlement price and the dealer's margin."""
        rows, slots = self.clients, self.exchange.slots
        wanted = np.trunc(self.config.share * model.wish[rows]).astype(np.int64)
        if self.config.beyond_limits:
            wanted += model.wish[rows] - model.rules.clipped(model, model.wish)[rows]
        wanted[:, (slots["listed"] == 0) | (self.exchange.days_left == 0)] = 0
        wanted[~self._sound(model, rows) | ~self._sound(model, self.dealer[rows])] = 0
        gap = wanted - self.held[rows]
        step = np.sign(gap) * np.ceil(self.config.pace * np.abs(gap)).astype(np.int64)
        grows = np.abs(self.held[rows] + step) > np.abs(self.held[rows])
        step = np.where(grows, np.trunc(step * self._room(model, rows, step * grows, value)).astype(np.int64), step)
        step[:, slots["listed"] == 0] = 0
        margin = np.ceil(self.config.half_spread * value).astype(np.int64)
        cost = step * value + np.abs(step) * margin
        self.held[rows] += step
        self.cost[rows] += cost
        np.subtract.at(self.held, self.dealer[rows], step)
        np.subtract.at(self.cost, self.dealer[rows], cost)

    def _room(self, model: Any, rows: np.ndarray, more: np.ndarray, value: np.ndarray) -> np.ndarray:
        """float64[k, 1]: the share of new swaps that each client's dealer has capacity for."""
        written, asked = np.zeros(len(self.worth)), np.zeros(len(self.worth))
        np.add.at(written, self.dealer[rows], (np.abs(self.held[rows]) * value).sum(axis=1).astype(np.float64))
        np.add.at(asked, self.dealer[rows], (np.abs(more) * value).sum(axis=1).astype(np.float64))
        most = self.config.capacity * np.maximum(model.house.equity, 0)
        room = np.clip((most - written) / np.maximum(asked, 1.0), 0.0, 1.0)
        return room[self.dealer[rows]][:, None]

    def _sound(self, model: Any, rows: np.ndarray) -> np.ndarray:
        """bool[k]: who is neither closed nor forced to trade by the house."""
        house = model.house
        return self.ledger.alive[rows] & ~house.forced[rows] & ~house.closing[rows] & ~house.failed[rows]

    def _pay_month(self, model: Any, slot: int, value: np.ndarray) -> None:
        """The final settlement of one month, in cash; the collateral behind it is dealt with like all other."""
        due = self.held[:, slot] * value[slot] - self.cost[:, slot]
        for row in self.clients[due[self.clients] != 0].tolist():
            payer, payee, unpaid = self._settle_client(row, int(due[row]), np.array([slot]))
            if unpaid:
                self._default(model, payer, payee, 0, unpaid)
        for array in (self.held, self.cost, self.hedged):
            array[:, slot] = 0

    def _settle_client(self, row: int, due: int, slots: np.ndarray) -> tuple[int, int, int]:
        """Take a client's swaps in some months off the books and pay what is due to it (positive) or to its dealer.

        Collateral pays first, then free cash. Returns payer, payee and the cents that stay unpaid.
        """
        dealer = int(self.dealer[row])
        payer, payee, sign = (dealer, row, -1) if due > 0 else (row, dealer, 1)
        secured = min(abs(due), max(0, sign * int(self.collateral[row])))
        self.collateral[row] -= sign * secured  # what was handed over becomes the payee's own
        self.collateral[dealer] += sign * secured
        paid = min(abs(due) - secured, max(0, int(self.ledger.cash[payer])))
        self._move("swap payment", payer, payee, paid)
        self.today["swap_payments_cents"] += paid + secured
        for array in (self.held, self.cost):
            array[dealer, slots] += array[row, slots]
            array[row, slots] = 0
        return payer, payee, abs(due) - secured - paid

    def _secure(self, model: Any, value: np.ndarray) -> None:
        """Who has lost more than the threshold hands over collateral for all of it; who has not gets it back."""
        gain, rows = self.gains(value), self.clients
        notional = (np.abs(self.held) * value).sum(axis=1)
        for row in rows[(gain[rows] != 0) | (self.collateral[rows] != 0)].tolist():
            free = round(self.config.threshold * int(notional[row]))
            wanted = -int(gain[row]) if abs(int(gain[row])) > free else 0
            call, dealer = wanted - int(self.collateral[row]), int(self.dealer[row])
            payer, payee = (row, dealer) if call > 0 else (dealer, row)
            if abs(call) > max(0, int(self.ledger.cash[payer])):
                self.end(model, row, value, payer)
            elif call:
                self._move("swap collateral", payer, payee, abs(call))
                self.collateral[row] += call
                self.collateral[dealer] -= call

    def _drop_failed(self, model: Any, value: np.ndarray) -> None:
        """Swaps with accounts that the house has declared in default end at the settlement price."""
        gone, rows = ~self.ledger.alive, self.clients
        open_ = self.held[rows].any(axis=1) | (self.collateral[rows] != 0)
        for row in rows[(gone[rows] | gone[self.dealer[rows]]) & open_].tolist():
            self.end(model, row, value, row if gone[row] else int(self.dealer[row]))
        self.hedged[self.dealers[gone[self.dealers]]] = 0  # the house has taken their futures over

    def end(self, model: Any, row: int, value: np.ndarray, failing: int | None = None) -> None:
        """All swaps of a client end at int64[contracts] cents a contract, since somebody cannot pay or all swaps do.

        failing : who cannot pay; left out, that is whoever does not
        """
        dealer, size = int(self.dealer[row]), int(np.abs(self.held[row]).sum())
        due = int((self.held[row] * value - self.cost[row]).sum())
        payer, _, unpaid = self._settle_client(row, due, np.arange(len(value)))
        left = int(self.collateral[row])  # it secured a gain that is gone, and goes back as far as it is still there
        holder, owner = (dealer, row) if left > 0 else (row, dealer)
        back = min(abs(left), max(0, int(self.ledger.cash[holder])))
        self._move("swap collateral", holder, owner, back)
        self.collateral[row] -= left
        self.collateral[dealer] += left
        if failing is None:
            if not unpaid and back == abs(left):
                return
            failing = payer if unpaid else holder
        other = dealer if failing == row else row
        lost = (unpaid if payer == failing else 0) + (abs(left) - back if holder == failing else 0)
        self._default(model, failing, other, size, lost)

    def _default(self, model: Any, failing: int, other: int, size: int, lost: int) -> None:
        """Write down who failed on swaps of so many contracts, and what the other side lost (cents)."""
        label, house = model.blocks.label_of, model.house
        known = max(int(house.call_event[failing]), int(house.episode[failing]))
        event = model.record.event(model.day, -1, "swap default", agent=failing, agent_type=label[failing],
                                   counterparty=other, quantity=size, amount=lost, causes=[(known, 1.0)])
        if lost:
            model.record.event(model.day, -1, "swap loss", agent=other, agent_type=label[other], counterparty=failing,
                               amount=lost, causes=[(event, 1.0)])
        self.today["swap_defaults"] += 1
        self.today["swap_loss_cents"] += lost

    def _move(self, flow: str, payer: int, payee: int, amount: int) -> None:
        """Cash from one participant to another."""
        if amount:
            rows = np.array([payer, payee])
            self.ledger.post(flow, rows, np.array([-amount, amount]), "outside world")

    # --- books ------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise BooksDoNotBalance unless every swap, cost and piece of collateral has its counterpart."""
        for name in ("held", "cost", "collateral", "worth"):
            if np.any(getattr(self, name).sum(axis=0)):
                raise BooksDoNotBalance(f"swaps: {name} of clients and dealers do not sum to zero")

    def totals(self) -> dict[str, float]:
        """The day's figures."""
        open_ = np.abs(self.held[self.clients]).sum()
        return {"swap_contracts": float(open_), "swap_hedged_contracts": float(np.abs(self.hedged).sum()),
                "swap_collateral_cents": float(np.abs(self.collateral[self.clients]).sum()),
                **{name: float(value) for name, value in self.today.items()}}

    def snapshot(self) -> dict[str, Any]:
        """A copy of all state."""
        names = ("held", "cost", "collateral", "hedged", "worth")
        return {**{name: getattr(self, name).copy() for name in names}, "today": dict(self.today)}

    def restore(self, state: dict[str, Any]) -> None:
        """Put a copy back."""
        for name, value in state.items():
            if name == "today":
                self.today = dict(value)
            else:
                getattr(self, name)[...] = value
