"""The clearing house: margin, calls, forced sales, defaults, and who pays for them.

`kupiec`, `christoffersen`, `traffic_light`, `procyclicality`, `waterfall`, `cover` and `margin_path` are plain
functions of arrays that need no model.
"""

from sim.clearing.backtests import christoffersen, kupiec, procyclicality, traffic_light
from sim.clearing.layers import cover, share_out, waterfall
from sim.clearing.paths import margin_path

__all__ = [
    "christoffersen", "cover", "kupiec", "margin_path", "procyclicality", "share_out", "traffic_light", "waterfall",
]
