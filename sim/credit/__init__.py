"""Credit: who owes whom, who is paid, and how losses travel.

`clear`, `debtrank`, `fire_sale` and `tranche_loss` are plain functions of arrays that need no model.
"""

from sim.credit.distress import additional_distress, debtrank
from sim.credit.fire_sales import FireSale, SaleRound, fire_sale, market_depth, threshold_sales
from sim.credit.payments import Clearing, clear, settle
from sim.credit.tranches import tranche_loss

__all__ = [
    "Clearing", "FireSale", "SaleRound", "additional_distress", "clear", "debtrank", "fire_sale", "market_depth",
    "settle", "threshold_sales", "tranche_loss",
]
