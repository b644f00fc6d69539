"""What the server serves: the page at the root."""

from __future__ import annotations

from typing import Any

import solara

from sim.dashboard.page import Page


@solara.component
def Layout(children: Any = ()) -> Any:
    """The page and nothing around it."""
    return solara.v.Html(tag="div", children=list(children))


routes = [solara.Route(path="/", component=Page, layout=Layout, label="compute-futures")]
