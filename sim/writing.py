"""What the model writes down of each day: the economy, the market, the sectors, the trades."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.views import FORECAST_MONTHS, spot_of_chip


def write_down(model: Any) -> None:
    """Record the day, once the warm-up is over."""
    if model.day < 0:
        return
    slots = model.exchange.slots
    sectors = {f"equity_{name}_cents": value for name, value in model.blocks.by_sector(model.ledger.equity).items()}
    gains = model.ledger.received("variation margin") + model.ledger.received("exchange fees")
    sectors |= {f"gain_{name}_cents": float(gains[number]) for number, name in enumerate(model.blocks.sectors)}
    held = model.blocks.by_sector(np.abs(model.ledger.position))
    sectors |= {f"held_{name}": float(value) for name, value in held.items()}  # contracts, long and short added up
    sectors |= {f"traded_{name}": float(value) for name, value in model.blocks.by_sector(model.exchange.traded).items()}
    front = np.flatnonzero(slots["rank"] == 1)
    gap = float((slots["ask"] - slots["bid"])[front[0]]) if len(front) and slots["ask"][front[0]] > 0 else np.nan
    model.record.day(model.day, model.calendar.date(model.day), {
        "spot_h100_us": spot_of_chip(model),
        **model.economy.record(), **model.house.totals(), **sectors, "volume": float(slots["volume"].sum()),
        "open_interest": float(model.exchange.open_interest().sum()), "spread_front_ticks": gap,
        "participants_open": float(model.ledger.alive[:-1].sum()), **model.credit.record(), **model.rules.totals(),
        **model.venues.totals(), **family_totals(model)})
    if model.calendar.month(model.day + 1) != model.calendar.month(model.day):
        model.record.agents(model.day, model.calendar.month(model.day), model.blocks.balance_sheet())
        model.record.generations(model.day, model.calendar.month(model.day), model.economy.generation_sheet())


def family_totals(model: Any) -> dict[str, float]:
    """What is open and traded in each family of contracts; nothing where there is only one."""
    exchange, families = model.exchange, model.families
    if not families.many:
        return {}
    worth = families.sums(exchange.open_interest() * (exchange.settle * exchange.tick_cents).astype(np.float64))
    volume = families.sums(exchange.slots["volume"].astype(np.float64))
    return {f"{name}_{label}{end}": float(values[number]) for number, label in enumerate(families.labels)
            for name, values, end in (("open", worth, "_cents"), ("volume", volume, ""))}


def write_contracts(model: Any) -> None:
    """Record the listed months at their settlement, the one that ends today included."""
    if model.day >= 0:
        slots = model.exchange.slots
        ahead = np.clip(slots["month"] - model.calendar.month(model.day), 0, FORECAST_MONTHS - 1)
        model.record.contracts(
            model.day, model.families.named(slots["month"]), slots["listed"] == 1, model.exchange.settle,
            model.families.tick, slots["volume"], model.exchange.open_interest(), slots["bid"], slots["ask"],
            slots["depth"], model.house.rate, model.value[1, model.families.of, ahead])


def write_trades(model: Any, number: int) -> None:
    """Record each trade of the round."""
    fills = model.exchange.fills()
    taker, maker, bought = fills["taker_owner"], fills["maker_owner"], fills["side"] == 0
    model.record.trades(model.day, number, np.where(bought, taker, maker), np.where(bought, maker, taker),
                       model.families.named(model.exchange.slots["month"])[fills["contract"]], fills["price"],
                       fills["qty"])
