"""``result.plot``: the report's figures, for a notebook."""

from __future__ import annotations

from typing import Any

from sim.report.figures import FIGURES
from sim.report.history import History, NothingToDraw
from sim.report.page import Drawing, Page, Words, styled
from sim.results import Results


class Plots:
    """Each method draws one figure of the results and returns a matplotlib ``Figure``.

    ``run`` chooses the history (the first finished one if left out), ``phone`` a narrow drawing. Where the
    results hold nothing to draw, the figure says so in words.
    """

    def __init__(self, results: Results) -> None:
        self._results = results

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *FIGURES]

    def __getattr__(self, name: str) -> Any:
        if name not in FIGURES:
            raise AttributeError(f"there is no plot {name!r}; there are {', '.join(FIGURES)}")

        def draw(run: int | None = None, phone: bool = False) -> Drawing:
            try:
                return FIGURES[name](History(self._results, run), phone=phone).fig
            except NothingToDraw as reason:
                return empty(str(reason), phone).fig

        draw.__name__, draw.__doc__ = name, FIGURES[name].__doc__
        return draw


def empty(reason: str, phone: bool = False) -> Page:
    """A figure that says why there is nothing to see."""
    text = reason[:1].upper() + reason[1:]
    with styled():
        return Page(Words(text, "", "there is nothing to draw.", "the results", text), 0.2, phone)
