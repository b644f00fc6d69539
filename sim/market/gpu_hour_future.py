"""The monthly future on GPU-hours, after the first filing of one."""

from __future__ import annotations

from sim.market.base import Contract


class GpuHourFuture(Contract, type="gpu_hour_future"):
    """Monthly future on 730 GPU-hours of an H100, settled to the month's mean of a daily index.

    Source: NYMEX submission 26-370 (2026-08-11), rulebook chapter 1045.
    """
