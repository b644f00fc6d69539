"""Participants as rows: columns hold the state, Mesa agents are handles onto one row each.

A column is declared on the agent class and is at once the declaration of an array and the descriptor
that reads and writes one agent's cell. All participants share one ledger of common columns; each block
is a contiguous run of rows whose columns are views onto it, so nothing is gathered or scattered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.light import mesa
from sim.streams import Streams, combine


class Column:
    """One attribute of a participant, stored as one array for a whole block.

    Parameters
    ----------
    dtype   : numpy dtype of the cells
    default : opening value of every cell
    unit    : unit in words
    doc     : meaning
    shape   : "" for one number a participant, "contracts" for one per listed contract
    """

    def __init__(self, dtype: Any = np.float64, default: Any = 0, *, unit: str, doc: str, shape: str = "") -> None:
        self.dtype, self.default, self.unit, self.shape, self.__doc__ = dtype, default, unit, shape, doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, agent: Any, owner: type | None = None) -> Any:
        return self if agent is None else getattr(agent.block, self.name)[agent.row]

    def __set__(self, agent: Any, value: Any) -> None:
        getattr(agent.block, self.name)[agent.row] = value


def columns(cls: type) -> dict[str, Column]:
    """Every column that a class declares or inherits, in order of declaration."""
    found: dict[str, Column] = {}
    for base in reversed(cls.__mro__):
        found |= {name: value for name, value in vars(base).items() if isinstance(value, Column)}
    return found


class Participant(mesa.Agent):
    """Anyone with an account at the clearing house: a handle onto one row of one block."""

    cash = Column(np.int64, unit="cents", doc="free cash in the account")
    margin = Column(np.int64, unit="cents", doc="initial margin held by the clearing house")
    basis = Column(np.int64, unit="cents",
                   doc="value of the positions at the last settlement plus the cost of trades since")
    position = Column(np.int64, unit="contracts", doc="net position, long positive", shape="contracts")
    capital = Column(np.int64, unit="cents", doc="what the participant brought in at the start or at its last refill")
    equity = Column(np.int64, unit="cents",
                    doc="cash, margin and gains at the last marks; brought up to date every round")
    alive = Column(np.bool_, True, unit="yes or no", doc="false once closed or in default")

    def __init__(self, model: mesa.Model, block: Population, row: int) -> None:
        super().__init__(model)
        self.block, self.row = block, row

    def uniform(self, name: str, view: Any) -> float:
        """This participant's draw of that name today and in this round: its entry of the block's draws."""
        return float(self.block.uniform(name, view)[self.row])

    def normal(self, name: str, view: Any) -> float:
        """As ``uniform``, standard normal."""
        return float(self.block.normal(name, view)[self.row])


class Population:
    """The columns of one block of participants: views onto the ledger, and the block's own arrays.

    Parameters
    ----------
    agent_class : the class whose columns are laid out
    n           : rows
    contracts   : slots of contracts, the second dimension of columns of shape "contracts"
    ledger      : the population that owns the shared columns; None for the ledger itself
    start       : first row within the ledger
    label       : name of the block, which keys its luck
    streams     : the run's random numbers
    """

    if TYPE_CHECKING:

        agents: list[Any]  # the handles, one a row

        def __getattr__(self, name: str) -> Any:
            """Columns are laid out by name when a block is made."""

    def __init__(self, agent_class: type[Participant], n: int, contracts: int, ledger: Population | None = None,
                 start: int = 0, label: str = "", streams: Streams | None = None) -> None:
        self.agent_class, self.n, self.rows, self.label = agent_class, n, slice(start, start + n), label
        self.streams: Any = streams
        self.own: list[str] = []
        self._draws: dict[tuple[str, str], tuple[tuple[int, int], np.ndarray]] = {}
        for name, column in columns(agent_class).items():
            if ledger is not None and hasattr(ledger, name):
                setattr(self, name, getattr(ledger, name)[self.rows])
            else:
                shape = (n, contracts) if column.shape == "contracts" else n
                setattr(self, name, np.full(shape, column.default, column.dtype))
                self.own.append(name)
        if streams is not None:
            root = int(streams.key(f"{label}.row"))
            self.key = np.array([combine(root, row) for row in range(n)], np.uint64)

    def uniform(self, name: str, view: Any) -> np.ndarray:
        """float64[n] in [0, 1): this block's draws of that name at the view's day and round (made once)."""
        return self._draw("uniform", name, view)

    def normal(self, name: str, view: Any) -> np.ndarray:
        """float64[n], standard normal; as ``uniform``."""
        return self._draw("normal", name, view)

    def _draw(self, kind: str, name: str, view: Any) -> np.ndarray:
        when = (view.day, view.round)
        cached = self._draws.get((kind, name))
        if cached is None or cached[0] != when:
            draw = getattr(self.streams, kind)(f"{self.label}.{name}", self.n, *when)
            cached = self._draws[kind, name] = (when, draw)
        return cached[1]

    def snapshot(self) -> dict[str, np.ndarray]:
        """A copy of the arrays that this population owns."""
        return {name: getattr(self, name).copy() for name in self.own}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Put copied arrays back in place (views onto them stay valid)."""
        for name, array in state.items():
            getattr(self, name)[...] = array
        self._draws.clear()
