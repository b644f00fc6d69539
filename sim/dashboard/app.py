"""What the server serves: the page at the root, and the same market in Mesa's own viewer under /mesa."""

from __future__ import annotations

from typing import Any

import solara

from sim.dashboard.mesa_page import MesaPage
from sim.dashboard.page import Page


@solara.component
def Layout(children: Any = ()) -> Any:
    """The page and nothing around it."""
    return solara.v.Html(tag="div", children=list(children))


routes = [solara.Route(path="/", component=Page, layout=Layout, label="compute-futures"),
          solara.Route(path="mesa", component=MesaPage, label="Mesa’s viewer")]
