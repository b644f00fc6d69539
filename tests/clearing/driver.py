"""A clearing house on a real ledger without the rest of the model: trades are made directly between accounts."""

from __future__ import annotations

import numpy as np

from sim.clearing.config import ClearingConfig
from sim.clearing.house import ClearingHouse
from sim.ledger import Ledger
from sim.record import Record
from sim.streams import Streams

FILL = np.dtype([("taker", "i8"), ("maker", "i8"), ("price", "i8"), ("qty", "i8"), ("taker_owner", "i4"),
                 ("maker_owner", "i4"), ("contract", "i2"), ("side", "i1"), ("taker_flag", "i1"), ("maker_flag", "i1")],
                align=True)
TICK_CENTS = 730


class Market:
    """n accounts with the same opening cash and the close-out account as the last row."""

    def __init__(self, n=5, contracts=2, cash=10_000_000, price=250, config=None, intraday=None, notional=1e9,
                 members=()):
        """members: opening cash of clearing members, whose rows come last; ``config.members.count`` must agree."""
        cash = np.full(n, cash, np.int64) if np.isscalar(cash) else np.array(cash, np.int64)
        cash, traders, n = np.append(cash, np.array(members, np.int64)), n, n + len(members)
        self.ledger = Ledger(n + 1, contracts)
        self.ledger.set_sectors(["traders", "clearing"], np.array([0] * n + [1]))
        self.ledger.post("opening capital", np.arange(n), cash, "outside world")
        self.record = Record(100, contracts)
        flags = np.ones(n + 1, np.bool_) if intraday is None else np.array([*intraday, *[False] * (n + 1 - traders)])
        labels = ["trader"] * traders + ["clearing member"] * len(members) + ["house"]
        self.house = ClearingHouse(config or ClearingConfig(), self.ledger, n, labels,
                                   np.full(contracts, TICK_CENTS), Streams(1), self.record, notional, flags,
                                   np.stack([np.arange(traders, n), np.full(len(members), -1)]))
        if len(members):  # trader i has member i, counted around, so that tests can be read
            self.house.tiers.members.of[:traders] = np.arange(traders) % len(members)
        self.mark = np.full(contracts, price, np.int64)
        self.day, self.round, self.history = 0, 0, []
        self.house.open_day(0, self.mark)

    def trade(self, buyer, seller, contract, quantity, price=None, forced=False, taker=None):
        """The taker (the buyer unless said otherwise) trades with the maker."""
        price = int(self.mark[contract]) if price is None else price
        ledger, value = self.ledger, quantity * price * TICK_CENTS
        for row, sign in ((buyer, 1), (seller, -1)):
            ledger.position[row, contract] += sign * quantity
            ledger.basis[row] += sign * value
        taker = buyer if taker is None else taker
        fill = np.zeros(1, FILL)
        fill["taker_owner"], fill["maker_owner"] = taker, seller if taker == buyer else buyer
        fill["contract"], fill["side"], fill["qty"], fill["price"] = contract, int(taker != buyer), quantity, price
        fill["taker_flag"] = forced
        self.house.note_trades(fill, self.day, self.round)

    def check(self, mark=None):
        if mark is not None:
            self.mark[:] = mark
        self.house.check(self.day, self.round, self.mark)
        self.round += 1

    def evening(self, settle=None, expiring=()):
        if settle is not None:
            self.mark[:] = settle
        self.house.settle(self.day, self.mark)
        for slot in expiring:
            self.house.expire(slot, int(self.mark[slot]))
        self.history.append(self.mark * 0.01)
        self.house.call_margin(self.day, np.array(self.history), self.mark)
        self.house.close_out(self.day)
        self.ledger.check()

    def morning(self):
        self.day, self.round = self.day + 1, 0
        self.house.open_day(self.day, self.mark)
        self.ledger.check()

    def events(self, kind=None):
        """Events as dicts with their causes."""
        table, causes = self.record.table("events"), self.record.table("causes")
        out = []
        for at in range(len(table["event"])):
            own = causes["event"] == table["event"][at]
            names = ("event", "day", "round", "kind", "agent", "quantity", "amount_cents")
            row = {name: table[name][at] for name in names}
            row["causes"] = dict(zip(causes["cause"][own].tolist(), causes["weight"][own].tolist(), strict=True))
            if kind is None or row["kind"] == kind:
                out.append(row)
        return out
