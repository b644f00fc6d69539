"""The monthly future on GPU-hours, after the first filing of one."""

from __future__ import annotations

from sim.market.base import Contract
from sim.plugin import param


class GpuHourFuture(Contract, type="gpu_hour_future"):
    """Monthly future on 730 GPU-hours of an H100, settled to the month's mean of a daily index.

    Source: NYMEX submission 26-370 (2026-08-11), rulebook chapter 1045.
    """

    exchange_fee: int = param(365, unit="cents a contract and side", low=0, doc="exchange and clearing fee on a trade",
                              source="NYMEX submission 26-370 (2026-08-11): member fee $3.65 (non-members $5.50)")
    settlement_fee: int = param(90, unit="cents a contract", low=0, doc="fee on cash settlement at expiry",
                                source="NYMEX submission 26-370 (2026-08-11): member fee $0.90 (non-members $1.35)")
