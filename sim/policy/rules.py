"""The policies in force: which act at which point of the day, what they remember, and who must trade down.

The model calls this object at fixed points; with no policy in force each call returns at once.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from sim.policy.base import Memory, Policy
from sim.policy.hedger_exemption import HedgerExemption

COUNTERS: dict[str, tuple[str, ...]] = {  # what each type adds to the daily table
    "position_limit": ("limit_breaches", "limit_excess_contracts"), "leverage_cap": ("limit_breaches",
    "limit_excess_contracts"), "accountability": ("accountable_participants",),
    "transaction_tax": ("transaction_tax_cents", "taxed_value_cents"), "price_limit": ("limit_months", "locked_months"),
    "settlement_rule": ("prior_close_months",), "reporting": ("concentrated_accounts",)}
HOOKS = ("morning", "may_list", "clip", "shape", "band", "halted", "after_round", "settlement", "evening")
SIDES = {"users": 1, "suppliers": -1}  # sectors with a need to hedge, and on which side
MAKERS = "liquidity"  # the sector of market makers and arbitrageurs


class Rules:
    """Policies at work.

    Parameters
    ----------
    policies : the scenario's
    blocks   : all participants (sim.blocks.Blocks)
    styles   : how each block trades, which a tax changes (STYLE, the last for forced orders)
    first    : the first day of the run
    """

    WIDE: ClassVar[np.ndarray] = np.array([1, 1 << 40])  # ticks: no price limit

    def __init__(self, policies: tuple[Policy, ...], blocks: Any, styles: np.ndarray, first: Any) -> None:
        self.all = sorted(policies, key=lambda policy: (policy.date or first, policy.label))
        self.blocks, self.styles, self.usual = blocks, styles, styles.copy()
        ledger = blocks.ledger
        n, months = ledger.position.shape
        self.memory: dict[str, Memory] = {policy.label: policy.remember(n, months) for policy in self.all}
        for policy in self.all:
            if policy.binds:
                self.memory[policy.label] |= {"over": np.zeros(n, np.int64), "event": np.full(n, -1)}
        self.sides = np.zeros(n, np.int64)
        self.makers = np.zeros(n, np.bool_)
        for kind, block in blocks.all:
            self.sides[block.rows] = SIDES.get(kind.sector, 0)
            self.makers[block.rows] = kind.sector == MAKERS
        self.makers[blocks.house_row] = True  # the close-out account is nobody's position
        names = [name for policy in self.all for name in COUNTERS.get(policy.type_name, ())]
        self.today = dict.fromkeys(names, 0)
        self.number = 0  # today's round
        self.sees_swaps = self.sees_venues = False
        self.need: np.ndarray | None = None  # worked out when first asked for on a day
        self.exemption: float | None = None
        self.value_traded = np.zeros(n, np.int64)  # cents today, each side
        self.volumes: list[np.ndarray] = []  # contracts and ticks times contracts, by round of today
        self.values: list[np.ndarray] = []
        self.acting: dict[str, list[Policy]] = {hook: [] for hook in HOOKS}

    # --- the day ---------------------------------------------------------------------------------------

    def begin(self, model: Any) -> None:
        """See who is in force today."""
        if not self.all:
            return
        date = model.calendar.date(model.day)
        active = [policy for policy in self.all if policy.in_force(date)]
        self.acting = {hook: [p for p in active if getattr(type(p), hook) is not getattr(Policy, hook)]
                       for hook in HOOKS}
        self.today = dict.fromkeys(self.today, 0)
        self.styles[...] = self.usual
        self.sees_swaps = self.sees_venues = False
        self.need, self.number = None, 0
        self.volumes, self.values = [], []
        self.value_traded[:] = 0
        exempting = [policy.multiple for policy in active if isinstance(policy, HedgerExemption)]
        self.exemption = max(exempting) if exempting else None
        model.house.least_rate, model.house.multiple = 0.0, None
        for policy in self.acting["morning"]:
            policy.morning(model, self)

    def may_list(self, model: Any) -> list[bool]:
        """Whether new months of each family may be listed today."""
        date, acting = model.calendar.date(model.day), self.acting["may_list"]
        return [(one.contract.opens is None or date >= one.contract.opens)
                and all(policy.may_list(model, self, one.contract.index) for policy in acting)
                for one in model.families.all]

    def wishes(self, model: Any, number: int) -> np.ndarray:
        """int64[n, contracts]: the model's wishes, cut to what is allowed; nothing changes in halted months."""
        self.number = number
        return self.clipped(model, model.venues.hedges(model, model.wish))

    def clipped(self, model: Any, wish: np.ndarray) -> np.ndarray:
        """Wishes, int64[n, contracts], cut to what is allowed."""
        if not self.acting["clip"]:
            return wish
        wish = wish.copy()
        for policy in self.acting["clip"]:
            policy.clip(model, self, wish)
        return wish

    def forced(self, model: Any, rows: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Who must trade and down to what: int64[k] and int64[k, contracts] of the house, and those over limits."""
        for policy in self.acting["clip"]:
            if not policy.binds:
                continue
            grace: int = policy.grace  # type: ignore[attr-defined]
            late = np.flatnonzero(self.memory[policy.label]["over"] > grace)
            late = late[~np.isin(late, rows)]
            if len(late):
                allowed = model.ledger.position.copy()
                policy.clip(model, self, allowed)
                late = late[(allowed[late] != model.ledger.position[late]).any(axis=1)]
                rows, targets = np.append(rows, late), np.vstack([targets, allowed[late]])
                free = late[model.house.episode[late] < 0]  # what they move is put down to the breach of the limit
                model.house.episode[free] = self.memory[policy.label]["event"][free]
        return rows, targets

    def orders(self, model: Any, target: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Targets int64[n, contracts] and own values in ticks, within price limits and without halted months."""
        halted = self.halted(model)
        if halted is not None:
            target = np.where(halted, model.ledger.position, target)
        band = self.band(model)
        if band is not None:
            position = model.ledger.position
            value = np.where(target > position, np.fmin(value, band[1]), value)
            value = np.where(target < position, np.fmax(value, band[0]), value)
        return target, value

    def shape(self, model: Any, block: Any, quotes: Any) -> None:
        """Bring the quotes of a block of makers in line, in place."""
        for policy in self.acting["shape"]:
            policy.shape(model, self, block, quotes)
        band = self.band(model)
        if band is not None:
            np.minimum(quotes.bid, band[1], out=quotes.bid)
            np.copyto(quotes.ask, np.maximum(quotes.ask, band[0]), where=quotes.ask > 0)
        halted = self.halted(model)
        if halted is not None:
            quotes.bid_size[:, halted] = quotes.ask_size[:, halted] = 0

    def band(self, model: Any) -> np.ndarray | None:
        """int64[2, contracts] ticks: lowest and highest price allowed in this round; None without limits."""
        if not self.acting["band"]:
            return None
        band = np.repeat(self.WIDE[:, None], model.exchange.months, axis=1)
        for policy in self.acting["band"]:
            policy.band(model, self, band)
        return band

    def halted(self, model: Any) -> np.ndarray | None:
        """bool[contracts]: what may not be traded in this round; None if everything may."""
        if not self.acting["halted"]:
            return None
        halted = np.zeros(model.exchange.months, np.bool_)
        for policy in self.acting["halted"]:
            policy.halted(model, self, self.number, halted)
        return halted if halted.any() else None

    def after_round(self, model: Any) -> None:
        """Keep what traded, and let the policies look at it."""
        if not any(self.acting.values()):
            return
        slots, fills = model.exchange.slots, model.exchange.fills()
        self.volumes.append(slots["round_volume"].copy())
        self.values.append(slots["round_value"].copy())
        value = fills["qty"].astype(np.int64) * fills["price"].astype(np.int64)
        value *= model.exchange.tick_cents[fills["contract"]]
        for side in ("taker_owner", "maker_owner"):
            np.add.at(self.value_traded, fills[side], value)
        for policy in self.acting["after_round"]:
            policy.after_round(model, self, self.number)

    def settlement(self, model: Any) -> Any:
        """What changes settlement prices: a function of int64[contracts] price and before; None if nothing does."""
        acting = self.acting["settlement"]
        if not acting:
            return None

        def adjust(price: np.ndarray, before: np.ndarray) -> None:
            for policy in sorted(acting, key=lambda one: one.type_name == "price_limit"):  # limits have the last word
                policy.settlement(model, self, price, before)

        return adjust

    def evening(self, model: Any) -> None:
        """Taxes, reports, and who is above a limit."""
        for policy in self.acting["evening"]:
            policy.evening(model, self)
        for policy in self.acting["clip"]:
            if policy.binds:
                self._count(model, policy)

    def _count(self, model: Any, policy: Policy) -> None:
        """Count the evenings that each row has been above a limit, and write down when that begins."""
        memory, held = self.memory[policy.label], model.ledger.position
        allowed = held.copy()
        policy.clip(model, self, allowed)
        excess = np.abs(held - allowed).sum(axis=1)
        over = excess > 0
        if policy.type_name == "leverage_cap":
            over = policy.exceeded(model, self)  # type: ignore[attr-defined]
        for row in np.flatnonzero(over & (memory["over"] == 0)).tolist():
            memory["event"][row] = self.event(model, "position above limit", row, int(excess[row]))
        ended = np.flatnonzero(~over & (memory["event"] >= 0))
        model.house.episode[ended[model.house.episode[ended] == memory["event"][ended]]] = -1
        memory["event"][ended] = -1
        memory["over"][:] = np.where(over, memory["over"] + 1, 0)
        self.today["limit_breaches"] += int(over.sum())
        self.today["limit_excess_contracts"] += int(excess[over].sum())

    # --- what policies ask ------------------------------------------------------------------------------

    def unbound(self, model: Any, makers: bool) -> np.ndarray:
        """bool[n]: rows that limits do not reach: the close-out account, and makers if they are exempt."""
        if makers:
            return self.makers
        only = np.zeros(len(self.makers), np.bool_)
        only[model.blocks.house_row] = True
        return only

    def maker_blocks(self, model: Any) -> np.ndarray:
        """bool[blocks]: market makers and arbitrageurs, in the order of the styles."""
        return np.array([kind.sector == MAKERS for kind, _ in model.blocks.all], np.bool_)

    def exempt_need(self, model: Any, exempt: bool, family: Any) -> np.ndarray:
        """int64[n] contracts a month, users positive, suppliers negative: what each may hold of a family as a hedge."""
        if self.need is None:
            self.need = np.zeros(len(self.sides), np.int64)
            for kind, block in model.blocks.all:
                if kind.sector in SIDES and "need" in block.own:
                    self.need[block.rows] = SIDES[kind.sector] * block.need
        multiple = self.exemption if self.exemption is not None else float(exempt)
        if family.number:  # the need is told in lots of the first
            multiple *= float(model.families.lots(model.economy)[family.number])
        return np.rint(self.need * multiple).astype(np.int64)

    def elsewhere(self, model: Any) -> np.ndarray | None:
        """int64[n, contracts]: positions outside the house that it is told of; None if it is told of none."""
        return model.venues.reported(self.sees_swaps, self.sees_venues)

    def event(self, model: Any, kind: str, row: int, quantity: int, slot: int = -1, round_: int = -1) -> int:
        """Write down what a rule did; a move of prices is caused as the house's losses are."""
        causes: list[tuple[int, float]] = []
        if slot >= 0:
            causes = model.house.move_causes(slot, model.exchange.slots["mark"])
        month = int(model.families.named(model.exchange.slots["month"])[slot]) if slot >= 0 else -1
        label = model.blocks.label_of[row] if row >= 0 else ""
        price = int(model.exchange.slots["mark"][slot]) if slot >= 0 else 0
        return int(model.record.event(model.day, round_, kind, agent=row, agent_type=label, contract=month,
                                      quantity=quantity, price=price, causes=causes or [(-1, 1.0)]))

    def totals(self) -> dict[str, float]:
        """Columns of the daily table: what rules did today."""
        return {name: float(value) for name, value in self.today.items()}

    # --- copies ------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Memory]:
        """A copy of what policies remember."""
        return {label: {name: array.copy() for name, array in memory.items()} for label, memory in self.memory.items()}

    def restore(self, state: dict[str, Memory]) -> None:
        """Put a copy back."""
        for label, memory in state.items():
            for name, array in memory.items():
                self.memory[label][name][...] = array
