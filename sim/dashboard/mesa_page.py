"""The same market in Mesa's own viewer, for those who know it: step, play, reset, and four of its parameters.

Nothing here is special to this page: ``Market`` is a mesa.Model like any other, made from plain values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mesa
import solara
from mesa.visualization import SolaraViz

from sim.dashboard import cascade, charts, dials
from sim.dashboard.charts import Panel
from sim.dashboard.controls import Names, tag
from sim.dashboard.desk import choices, first_scenario
from sim.dashboard.fitting import Refused, fit
from sim.dashboard.frame import Frame, Watcher
from sim.dashboard.page import style
from sim.dashboard.panels import panel
from sim.dashboard.settings import Settings, ordered
from sim.model import ComputeFutures

UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"
ROOM = (".panel .chart{max-height:210px;width:100%} .panel .chart:not(:only-child){max-height:105px} "
        ".panel h3{font-size:16px;line-height:1.25} "  # of Mesa's tiles
        ".panel .sub,.panel .see{font-size:13px;line-height:1.35;margin:0 0 2px}")


class Market(ComputeFutures):
    """A market made from a scenario's name and three dials, as Mesa's viewer makes models.

    What cannot be run is shown as the scenario without changes; ``trouble`` says why.
    """

    def __init__(self, scenario: str = "quick", leverage: float = 3.0, rate: float = 0.2, luck: int = 1) -> None:
        base, self.trouble = dials.scenario_named(scenario), ""
        raw = {"leverage": dials.short(leverage), "rate": dials.short(rate), "seed": str(int(luck))}
        idle = {dial.key for dial in dials.dials(base, {}) if dial.idle}
        try:
            fitted = fit(Settings(scenario, ordered({key: value for key, value in raw.items() if key not in idle})))
        except Refused as refusal:
            fitted, self.trouble = fit(Settings(scenario)), str(refusal)
        super().__init__(fitted.scenario)
        self.watcher = Watcher(self, fitted.scenario, fitted.notices)
        while self.day < 0:
            self.step()

    def step(self) -> None:
        """One day; the model stops running on the last one."""
        self.watcher.before()
        super().step()
        self.watcher.after()
        self.running = self.day < self.scenario.days - 1


def view(draw: Callable[[tuple[Frame, ...], int], Panel]) -> Callable[[Any], Any]:
    """A component of Mesa's viewer that draws one chart."""
    def shown(model: Market) -> Any:
        frame = model.watcher.frame()
        return panel(draw((frame,), frame.last))

    shown.__name__ = draw.__name__
    return shown


def nearest_book(frames: tuple[Frame, ...], at: int) -> Panel:
    """The book of the month after the nearest one."""
    months = frames[0].days[at].months
    return charts.depth(frames, at, months[min(1, len(months) - 1)].label if months else "")


def spreading(frames: tuple[Frame, ...], at: int) -> Panel:
    """The cascade of one market."""
    return cascade.cascade(frames[0], at)


VIEWS = (charts.prices, charts.curve, nearest_book, charts.holders, charts.margin, spreading)


@solara.component
def MesaPage() -> Any:
    """Mesa's viewer with our charts."""
    made = solara.use_memo(lambda: solara.reactive(Market(first_scenario())), [])
    components = solara.use_memo(lambda: [(view(draw), 0) for draw in VIEWS], [])

    def let_go() -> Callable[[], None]:
        model = made.value
        return lambda: mesa.Agent._ids.pop(model, None)  # Mesa 3.3.1 keeps every model alive through this table

    solara.use_effect(let_go, [made.value])
    parameters = {
        "scenario": {"type": "Select", "label": "Scenario", "value": first_scenario(), "values": list(choices())},
        "leverage": {"type": "SliderFloat", "label": "Leverage of funds, multiple of equity", "value": 3.0, "min": 1.0,
                     "max": 15.0, "step": 0.5},
        "rate": {"type": "SliderFloat", "label": "Margin rate, share of notional", "value": 0.2, "min": 0.02,
                 "max": 0.6, "step": 0.01},
        "luck": {"type": "SliderInt", "label": "Luck, seed", "value": 1, "min": 1, "max": 100, "step": 1}}
    viewer = SolaraViz(made, components=components, model_params=parameters, name="compute-futures in Mesa’s viewer",
                       play_interval=100)
    trouble = [solara.Warning(made.value.trouble)] if made.value.trouble else []
    head = tag("div", tag("h1", "The same market in Mesa’s own viewer"), tag("h2", "Day by day"), style_=UNSEEN)
    return solara.AppLayout(children=[solara.Style(style() + ROOM), Names(), head, *trouble, viewer])
