"""Everybody as a dot, a list to choose from, and one participant's balance sheet."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.dashboard.charts import Panel, empty, short_month
from sim.dashboard.dials import spaced
from sim.dashboard.frame import Accounts, Block, Frame
from sim.dashboard.svg import Plot
from sim.report import words

ORDERS = (("loss", "largest losses first"), ("gain", "largest gains first"), ("position", "largest positions first"),
          ("thin", "nearest to a margin call first"))
ROWS = 10
CLIP = 100.0  # per cent of capital at which dots pile up


class Sheet(NamedTuple):
    """One participant on one evening."""

    who: str
    state: str
    rule: str
    rows: list[tuple[str, str]]  # item and amount
    positions: list[tuple[str, str, str, str]]  # month, contracts, price, value


def result(accounts: Accounts) -> np.ndarray:
    """float64[n]: equity over the capital brought in, as a gain in per cent; nan for those without any."""
    capital = accounts.capital.astype(float)
    return 100.0 * (accounts.equity / np.where(capital > 0, capital, np.nan) - 1.0)


def label(block: Block, row: int) -> str:
    """"trend follower 1341"."""
    return f"{spaced(block.label)} {row}"


def everybody(frame: Frame, chosen: int = -1) -> Panel:
    """A dot for each participant with an account, by type and by what became of its capital."""
    accounts = frame.accounts
    gain = result(accounts)
    holds = np.abs(accounts.position).sum(axis=1)
    blocks = [block for block in frame.blocks if np.isfinite(gain[block.start:block.stop]).any()
              and (holds[block.start:block.stop].any() or block.sector != "users")]
    sub = "Gain or loss on the capital brought in, by type; a hollow dot has closed or failed. Click a dot."
    if not blocks:
        return empty("Nobody has an account yet", sub)
    lane = 26
    plot = Plot((-CLIP - 4, CLIP + 4), (0, len(blocks)), height=66 + lane * len(blocks), left=150, top=10)
    marks = (-100, -50, 0, 50, 100)
    for mark in marks:
        place = float(plot.at(mark))
        plot.parts.append(f'<path d="M{place:.1f} {plot.box[1]}V{plot.box[3]}" stroke="var(--grid)"/>')
    plot.scale_x(marks, ["−100", "−50", "0", "+50", "+100"], "gain on capital, % (more is drawn at the edge)")
    for number, block in enumerate(blocks):
        y = float(plot.up(len(blocks) - number - 0.5))
        colour = "price-list" if block.sector == "passive" else block.sector
        ink = "soft" if block.sector == "passive" else block.sector
        plot.write(142, y + 4, spaced(block.label), ink, "end")
        rows = np.arange(block.start, block.stop)
        rows = rows[np.isfinite(gain[rows])]
        xs = plot.at(np.clip(gain[rows], -CLIP, CLIP))
        ys = y + ((rows * 0.6180339887) % 1.0 - 0.5) * (lane - 9)  # spread evenly, the same on every look
        dots = "".join(f'<circle data-agent="{row}" cx="{a:.0f}" cy="{b:.0f}" r="{6 if row == chosen else 2.6}"'
                       f'{"" if open_ else hollow}/>' for row, a, b, open_ in
                       zip(rows.tolist(), xs.tolist(), ys.tolist(), accounts.alive[rows].tolist(), strict=True)
                       for hollow in [f' fill="var(--paper)" stroke="var(--{colour})"'])
        plot.parts.append(f'<g fill="var(--{colour})" fill-opacity="0.75" class="dots">{dots}</g>')
    held = np.isfinite(gain) & (holds > 0)
    losing = int((gain[held] < 0).sum())
    title = f"{losing:,} of {int(held.sum()):,} who hold futures have lost on their capital"
    return Panel(title, sub, plot.svg(f"{title}. The table that follows lists them."), "")


def chosen_rows(frame: Frame, block: str, order: str) -> list[int]:
    """Rows of the participants to list, in the order asked for."""
    accounts = frame.accounts
    inside = np.zeros(len(accounts.cash), bool)
    for found in frame.blocks:
        if block in ("", found.label):
            inside[found.start:found.stop] = True
    gain = (accounts.equity - accounts.capital).astype(float)
    holds = np.abs(accounts.position).sum(axis=1)
    need = np.where(accounts.margin > 0, accounts.equity / np.maximum(accounts.margin, 1), np.inf)
    key = {"gain": -gain, "position": -holds.astype(float), "thin": need}.get(order, gain)
    rows = np.flatnonzero(inside)
    return [int(row) for row in rows[np.argsort(key[rows], kind="stable")][:ROWS]]


def table(frame: Frame, rows: list[int]) -> list[list[str]]:
    """Rows of who, equity, gain, long, short, state."""
    accounts, out = frame.accounts, []
    for row in rows:
        block = frame.block_of(row)
        if block is not None:
            position = accounts.position[row]
            out.append([label(block, row), words.money(accounts.equity[row] / 100),
                        words.money((accounts.equity[row] - accounts.capital[row]) / 100),
                        f"{int(np.maximum(position, 0).sum()):,}", f"{int(np.maximum(-position, 0).sum()):,}",
                        "open" if accounts.alive[row] else "closed"])
    return out


def sheet(frame: Frame, row: int) -> Sheet | None:
    """The balance sheet of one participant; None where there is no such row."""
    block = frame.block_of(row)
    if block is None:
        return None
    accounts = frame.accounts
    money = lambda cents: words.money(float(cents) / 100)
    position = accounts.position[row]
    value = float(np.abs(position * accounts.settle).sum() * frame.size)
    equity = float(accounts.equity[row]) / 100
    rows = [("Cash", money(accounts.cash[row])), ("Margin at the clearing house", money(accounts.margin[row])),
            ("Gains not yet settled", money(accounts.equity[row] - accounts.cash[row] - accounts.margin[row])),
            ("Equity", money(accounts.equity[row])), ("Capital brought in", money(accounts.capital[row])),
            ("Gain on capital", money(accounts.equity[row] - accounts.capital[row])),
            ("Value of positions", words.money(value)),
            ("Exposure over equity", f"{words.number(value / equity, 2)} times" if equity > 0 else "not defined")]
    order = sorted((n for n, month in enumerate(accounts.months) if month), key=lambda n: accounts.months[n])
    held = [(short_month(accounts.months[n]), f"{int(position[n]):+,}".replace("-", words.MINUS),
             words.price(float(accounts.settle[n])), words.money(float(position[n] * accounts.settle[n] * frame.size)))
            for n in order if position[n]]
    state = "open" if accounts.alive[row] else "closed: it gave up or failed"
    return Sheet(label(block, row), state, block.rule, rows, held)
