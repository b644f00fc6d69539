"""The figures of the report: each draws one question from a ``History``, wide or for a phone."""

from sim.report.figures.cascade import cascade
from sim.report.figures.clearing import defaults, margin
from sim.report.figures.market import volume
from sim.report.figures.physical_prices import dispersion, lists, rationing, tokens
from sim.report.figures.physical_supply import capacity, investment, merit_order
from sim.report.figures.prices import curve, spot
from sim.report.figures.wealth import wealth
from sim.report.history import own_prices

FIGURES = {"spot": spot, "curve": curve, "volume": volume, "margin": margin, "wealth": wealth, "defaults": defaults,
           "cascade": cascade}  # in the order of the report
PHYSICAL = {"rationing": rationing, "capacity": capacity, "merit_order": merit_order, "lists": lists,
            "dispersion": dispersion, "tokens": tokens, "investment": investment}
PHYSICAL = {name: own_prices(draw) for name, draw in PHYSICAL.items()}
FIGURES |= PHYSICAL  # the last section
