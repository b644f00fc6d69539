"""Who trades on a perpetual venue: leveraged retail traders, makers, and arbitrageurs from the exchange."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.market.book import BUY, EVENT, IOC, LIMIT, SELL
from sim.market.perpetual_accounts import Accounts
from sim.market.perpetual_config import PerpetualConfig
from sim.streams import Streams


def events(rows: np.ndarray, quantity: np.ndarray, price: np.ndarray, kind: int) -> np.ndarray:
    """EVENT[k] orders of int64[k] rows: contracts (negative: to sell) at limits in ticks; empty ones left out."""
    orders = np.zeros(len(rows), EVENT)
    orders["owner"], orders["qty"], orders["price"] = rows, np.abs(quantity), np.maximum(price, 1)
    orders["kind"], orders["side"] = kind, np.where(quantity > 0, BUY, SELL)
    return orders[orders["qty"] > 0]


def ladder(config: PerpetualConfig, accounts: Accounts, makers: np.ndarray, fair: float, moved: float) -> np.ndarray:
    """EVENT[k]: makers' quotes around a fair price in ticks, leaning against inventory, thinner after a large move."""
    equity = np.maximum(accounts.equity(max(1, round(fair))), 0)
    lot = max(fair * accounts.tick_cents, 1.0)
    out = []
    for row in makers.tolist():
        limit = config.maker_limit * float(equity[row]) / lot
        if limit < 1:
            continue
        held = float(accounts.position[row])
        middle = fair * np.exp(-config.maker_skew * np.clip(held / limit, -1.0, 1.0))
        calm = 2.0 ** (-abs(moved) / config.maker_fear)
        size = config.maker_depth * calm * float(equity[row]) / lot
        for side in (1, -1):
            room = max(0, int(limit - side * held))
            away = config.maker_step * (1.0 + np.arange(config.maker_levels))
            price = np.floor(middle * (1 - away)) if side > 0 else np.ceil(middle * (1 + away))
            shown = np.minimum(int(size), np.maximum(room - int(size) * np.arange(config.maker_levels), 0))
            out.append(events(np.full(len(away), row), side * shown.astype(np.int64), price.astype(np.int64), LIMIT))
    return np.concatenate(out) if out else np.zeros(0, EVENT)


def retail_orders(config: PerpetualConfig, accounts: Accounts, rows: np.ndarray, leverage: np.ndarray,
                  active: np.ndarray, mark: int, lean: float, streams: Streams, day: int, number: int) -> np.ndarray:
    """EVENT[k]: some without a position open one at their own leverage, some with one close it.

    leverage : float64[k]; active : bool[k], has money and is not away; lean : what is added to the chance of going long
    """
    chance, side = (streams.uniform(f"perpetual.{name}", len(rows), day, number) for name in ("act", "side"))
    held, equity = accounts.position[rows], np.maximum(accounts.equity(mark)[rows], 0)
    goes_long = side < min(max(config.long_share + lean, 0.0), 1.0)
    size = (leverage * equity / (mark * accounts.tick_cents)).astype(np.int64)
    opens = (held == 0) & active & (chance < config.entry)
    closes = (held != 0) & (chance < config.exit)
    quantity = np.where(opens, np.where(goes_long, size, -size), np.where(closes, -held, 0))
    limit = mark * (1 + np.sign(quantity) * config.slippage)
    return events(rows, quantity, np.rint(limit).astype(np.int64), IOC)


def arbitrage_orders(config: PerpetualConfig, accounts: Accounts, rows: np.ndarray, sound: np.ndarray, oracle: float,
                     mark: int) -> np.ndarray:
    """EVENT[k]: arbitrageurs sell a premium over the oracle and buy a discount; unsound ones only close."""
    premium = float(np.log(mark / oracle))
    share = -np.sign(premium) * min(max((abs(premium) - config.arbitrage_band) / config.arbitrage_full, 0.0), 1.0)
    equity = np.maximum(accounts.equity(mark)[rows], 0)
    wanted = share * config.arbitrage_leverage * equity / (mark * accounts.tick_cents)
    gap = np.where(sound, wanted, 0.0).astype(np.int64) - accounts.position[rows]
    gap = np.where(sound, gap // 2, gap).astype(np.int64)  # half of the way at a time
    reach = 0.5 * config.arbitrage_full
    return events(rows, gap, np.rint(mark * (1 + np.sign(gap) * reach)).astype(np.int64), IOC)


def front_slot(model: Any) -> int:
    """The listed month that expires next, -1 if there is none."""
    found = np.flatnonzero((model.exchange.slots["listed"] == 1) & (model.exchange.slots["rank"] == 1))
    return int(found[0]) if len(found) else -1
