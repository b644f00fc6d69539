"""The figures of the report: each draws one question from a ``History``, wide or for a phone."""

from sim.report.figures.cascade import cascade
from sim.report.figures.causes import causes
from sim.report.figures.clearing import defaults, margin
from sim.report.figures.credit import credit, tranches
from sim.report.figures.groups import cost, refused
from sim.report.figures.leverage import leverage
from sim.report.figures.losses import losses
from sim.report.figures.market import volume
from sim.report.figures.members import fund, paid
from sim.report.figures.physical_prices import dispersion, lists, rationing, tokens
from sim.report.figures.physical_supply import capacity, investment, merit_order
from sim.report.figures.prices import curve, spot
from sim.report.figures.wealth import wealth
from sim.report.history import own_prices

PHYSICAL = {"rationing": rationing, "capacity": capacity, "merit_order": merit_order, "lists": lists,
            "dispersion": dispersion, "tokens": tokens, "investment": investment}
PHYSICAL = {name: own_prices(draw) for name, draw in PHYSICAL.items()}
SECTIONS = {  # heading -> figures, in the order of the report
    "The physical economy": {"spot": spot, **PHYSICAL},
    "The market": {"curve": curve, "volume": volume, "wealth": wealth, "leverage": leverage},
    "Clearing": {"margin": margin, "defaults": defaults, "paid": paid, "fund": fund},
    "Credit": {"credit": credit, "tranches": tranches},
    "How trouble spread": {"causes": causes, "cascade": cascade, "losses": losses},
    "Who gained and who went without": {"cost": cost, "refused": own_prices(refused)},
}
FIGURES = {name: draw for figures in SECTIONS.values() for name, draw in figures.items()}
