"""The clearing house: margin, calls, forced sales, defaults, and who pays for them.

`kupiec`, `christoffersen`, `traffic_light`, `procyclicality`, `waterfall`, `cover`, `margin_path`, `dampen` and
`disclosure` are plain functions of arrays or tables that need no model.
"""

from sim.clearing.backtests import christoffersen, kupiec, procyclicality, traffic_light
from sim.clearing.disclosure import disclosure
from sim.clearing.layers import cover, share_out, waterfall
from sim.clearing.paths import dampen, margin_path

__all__ = [
    "christoffersen", "cover", "dampen", "disclosure", "kupiec", "margin_path", "procyclicality", "share_out",
    "traffic_light", "waterfall",
]
