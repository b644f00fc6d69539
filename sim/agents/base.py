"""What every participant type provides, and what participants see before they decide.

A type is a frozen bundle of parameters with a rule. The rule is written for one participant
(``target_of``, the specification) and, where the population is large, once more for the whole block
(``target``); a test asserts that the two agree for every registered type. Participants answer with the
positions they want; the shared execution kernel makes the orders, so no type writes order code.
"""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from typing import ClassVar, NamedTuple

import numpy as np

from sim.plugin import Block, Plugin, param
from sim.population import Participant, Population

UNITS_OF_CAPITAL = "multiple of the hedgers' notional"


class World(NamedTuple):
    """What is known when the blocks are filled, before the first day."""

    scale: float  # simulated share of the world
    float_lots: float  # uncommitted compute of the simulated share, lots of 730 GPU-hours a month
    price: float  # last published index, ticks
    tick_cents: int  # cents per tick and contract
    months: int  # contract months listed
    hedged_notional: float  # cents: what users would hold if they hedged in full (H0)
    hedged_lots: float  # the same in contracts


class Rivals(NamedTuple):
    """What is known of the families of contracts where several compete in one market; families in scenario order."""

    of: np.ndarray  # int64[contracts]: family of each slot
    cents: np.ndarray  # int64[contracts]: cents per tick and contract
    attention: np.ndarray  # float64[contracts]: the family's share in attention and capital
    partner: np.ndarray  # int64[families, contracts]: the listed slot of each family with the same month; -1 none
    months: int  # most contract months of a family
    trust: np.ndarray  # float64[families]: measured trust in its index, from 0 to 1
    open: np.ndarray  # float64[families] cents: open positions, one side
    width: np.ndarray  # float64[families]: mean bid-ask spread of the near months over price; 0 where nobody quotes
    lots: np.ndarray  # float64[families]: contracts that hold as much compute as one of the first, as known today
    token: np.ndarray  # bool[families]: whether it is on tokens instead of GPU-hours
    region: np.ndarray  # int64[families]: the region whose rent its index measures, of US, CN, EU, ROW; -1 the world


class View(NamedTuple):
    """What participants see: public information at one round of one day. Arrays are read-only.

    Arrays over contracts are int64 or float64[contracts] in slot order; ``rank`` is 1 for the month that
    expires next. Prices are in ticks. Slots without a listed contract have ``listed`` False and rank 0.
    """

    day: int  # business days since the start, negative before it
    round: int  # trading round of the day, from 0
    date: dt.date
    first_of_month: bool  # the first business day of a month
    day_of_month: int  # business days since the first of the month, from 0
    month_length: int  # business days of this month
    tick_cents: int  # cents per tick and contract
    listed: np.ndarray  # bool[contracts]
    rank: np.ndarray  # int64[contracts]: 1 nearest month; 0 not listed
    month: np.ndarray  # int64[contracts]: absolute month number
    days_left: np.ndarray  # int64[contracts]: business days until the last trade, 0 on that day
    settle: np.ndarray  # int64[contracts]: last daily settlement price
    mid: np.ndarray  # float64[contracts]: middle of the best quotes; last settlement where a side is empty
    bid: np.ndarray  # int64[contracts]: best bid, 0 if none
    ask: np.ndarray  # int64[contracts]: best ask, 0 if none
    value: np.ndarray  # float64[contracts]: consensus of the final settlement as of this round
    fixed_share: np.ndarray  # float64[contracts]: share of the delivery month's index days already published
    volatility: np.ndarray  # float64[contracts]: sd of daily log changes, slow (half-life 60 days)
    fast_volatility: np.ndarray  # float64[contracts]: the same, fast (half-life 5 days)
    index: float  # type: ignore[assignment]  # last published index, ticks
    spot: float  # last spot price of the chip that contracts are on, ticks
    margin_rate: np.ndarray  # float64[contracts]: initial margin in force, share of notional
    rationed_small: float = 0.0  # share of small users' demand that found nothing at the last spot price
    trust: float = 1.0  # measured trust in the index that the contracts settle on, from 0 to 1
    open_interest: int = -1  # contracts held long when the view was made, all months together; -1 not known
    rivals: Rivals | None = None  # where several families of contracts compete; the scalars are the first one's


class Execution(Block):
    """How wishes become orders: patience, participation and price limits."""

    activity: float = param(0.5, unit="share of rounds", low=0, high=1, source="judgement: working prototype",
                            doc="chance of looking at the market in a round")
    visits: int = param(4, unit="contracts", low=0, high=36, source="judgement: working prototype",
                        doc="contracts looked at on a visit, near months more often; 0 means all")
    child: float = param(0.4, unit="share of the gap", above=0, high=1, source="judgement: working prototype",
                         doc="how much of the distance to the target is sent at once")
    aggressive: float = param(0.35, unit="share of orders", low=0, high=1, source="judgement: working prototype",
                              doc="chance that an order takes liquidity instead of resting in the book")
    reach: float = param(0.02, unit="share of price", low=0, high=1, source="judgement: working prototype",
                         doc="how far beyond the middle a taking order may go")
    offset: float = param(0.006, unit="share of price", low=0, high=1, source="judgement: working prototype",
                          doc="mean distance of a resting order from the middle (exponential)")
    edge: float = param(0.004, unit="share of value", low=0, high=1, source="judgement: working prototype",
                        doc="gain that a taker wants against the own value, where the type states one")
    participation: float = param(0.3, unit="share of visible depth", above=0, high=1,
                                 source="judgement: working prototype; above 0.3 the book dies",
                                 doc="largest share of the depth inside the own limit that a taker takes")
    band: float = param(0.05, unit="share of target", low=0, high=1, source="judgement: working prototype",
                        doc="no order while the gap is smaller than this (and than one contract)")


class Quotes(NamedTuple):
    """What a market maker shows: prices of the innermost level, and a ladder beyond it."""

    bid: np.ndarray  # int64[n, contracts]: innermost bid in ticks, 0 for no bid
    ask: np.ndarray  # int64[n, contracts]: innermost ask in ticks, 0 for no ask
    bid_size: np.ndarray  # int64[n, contracts]: contracts at each level
    ask_size: np.ndarray  # int64[n, contracts]
    step: np.ndarray  # int64[n, contracts]: ticks between levels
    levels: int  # levels on each side


class Transfer(NamedTuple):
    """Money that a type asks to be moved at the end of a day, against the outside world."""

    flow: str  # one of sim.ledger.FLOWS
    amount: np.ndarray  # int64[n] cents, positive into the account


class AgentType(Plugin, family="agent"):
    """The rule that a block of participants follows, with the parameters a scenario sets."""

    agent: ClassVar[type[Participant]] = Participant
    sector: ClassVar[str] = "speculators"  # users, suppliers, speculators, liquidity, credit or passive
    rhythm: ClassVar[str] = "round"  # how often the target is worked out anew: "round" or "day"
    trades: ClassVar[bool] = True  # whether the type ever holds futures
    operator_kind: ClassVar[int] = -1  # owners of GPUs: 0 hyperscaler, 1 data centre; they have columns region and size

    name: str = param("", unit="name", doc="label of this block; needed when a type appears twice",
                      source="judgement: a name is free")
    count: int = param(100, unit="participants", low=0, high=1_000_000, doc="number of participants",
                       source="judgement: set by each type")
    execution: Execution = param(factory=Execution, unit="rules", doc="how wishes become orders",
                                 source="judgement: working prototype")

    @property
    def label(self) -> str:
        """The name of the block, which keys its luck."""
        return self.name or self.type_name

    @property
    def closes_below(self) -> float:
        """Share of its capital under which a participant gives up; 0 for never."""
        return 0.0

    def hedge_need(self, world: World) -> float:
        """Lots a month that the block needs (users positive, suppliers negative); 0 for everyone else."""
        return 0.0

    @abstractmethod
    def populate(self, block: Population, world: World) -> None:
        """Fill the block's opening columns; ``capital`` is paid in by the owners, so leave ``cash`` alone.

        Luck comes from ``block.streams`` by row (``sim.agents.rules.luck``), so that no row depends on the others.
        """

    def wake(self, block: Population, view: View) -> None:
        """Update private beliefs, once a day before the first round (own columns only)."""

    @abstractmethod
    def target_of(self, me: Participant, view: View) -> np.ndarray:
        """int64[contracts]: the positions one participant wants: the specification."""

    def target(self, block: Population, view: View) -> np.ndarray:
        """int64[n, contracts]: the same for the whole block; override with array code when it is large."""
        handles = block.agents
        out = np.empty(block.position.shape, np.int64)
        for row in range(block.n):
            out[row] = self.target_of(handles[row], view)
        return out

    def reservation(self, block: Population, view: View) -> np.ndarray | None:
        """float64[n, contracts] ticks: the own value beyond which no order goes; None for no such limit."""
        return None

    def urgency(self, block: Population, view: View) -> np.ndarray | None:
        """float64[n]: chance that an order takes liquidity, where it varies; None for ``execution.aggressive``."""
        return None

    def intents(self, block: Population, view: View) -> Quotes | None:
        """Two-sided quotes of market makers; None for everyone else."""
        return None

    def transfers(self, block: Population, view: View, equity: np.ndarray) -> list[Transfer]:
        """Money to be moved at the end of the day, given int64[n] equity in cents."""
        return []

    def reopen(self, block: Population, view: View, equity: np.ndarray) -> np.ndarray | None:
        """int64[n] cents of fresh capital for closed participants that return today (0: not today)."""
        return None
