"""Published models and cases, run through the product's own parts.

Each model is one function; `solve` runs any published case through them, `table` prints what replicates.
"""

from sim.literature.adaptive_beliefs import brock_hommes
from sim.literature.cases import compare, read_cases, solve, table
from sim.literature.closed_forms import fire_sale_multiplier, geanakoplos_cycle
from sim.literature.double_auction import gode_sunder, zero_intelligence
from sim.literature.leverage_cycle import aymanns, critical_leverage
from sim.literature.overlapping_portfolios import overlapping_portfolios
from sim.literature.structural_volatility import franke_westerhoff
from sim.literature.value_funds import thurner

__all__ = [
    "aymanns", "brock_hommes", "compare", "critical_leverage", "fire_sale_multiplier", "franke_westerhoff",
    "geanakoplos_cycle", "gode_sunder", "overlapping_portfolios", "read_cases", "solve", "table", "thurner",
    "zero_intelligence",
]
