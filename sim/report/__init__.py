"""Figures and the report, made from results alone."""

from sim.report.build import build

__all__ = ["build"]
