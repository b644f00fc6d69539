"""Parameters of export control on chips for China."""

from __future__ import annotations

from sim.plugin import Block, param

RULE = "US rule of January 2026: H200 with a 25 % fee, Blackwell and later barred"


def _licence(default: float) -> float:
    return param(default, unit="share", low=0, high=1,
                 doc="part of what China would get of this generation without any rule that may be sold to it",
                 source=RULE)


class Licence(Block):
    """What may be sold to China; of barred generations China gets H200 in place."""

    a100: float = _licence(1.0)
    h100: float = _licence(1.0)
    h200: float = _licence(1.0)
    b200: float = _licence(0.0)
    gb300: float = _licence(0.0)
    vr200: float = _licence(0.0)
    successors: float = _licence(0.0)


class Export(Block):
    """Rules on chips for China."""

    licence: Licence = Licence()
    grey: float = param(0.15, unit="share", low=0, high=1,
                        doc="part of barred chips that reach China through other countries",
                        source="judgement: press reports of 2024 put it at 10-50 %")
    fee: float = param(0.25, unit="share of the price", low=0, high=2, doc="fee on licensed chips", source=RULE)
    grey_premium: float = param(1.0, unit="share of the price", low=0, high=5,
                                doc="what a smuggled chip costs above its price",
                                source="DGX B300 in China at twice the US price, stockwirex.com 2026-06")
