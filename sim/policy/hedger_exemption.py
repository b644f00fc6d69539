"""Who counts as a hedger under position limits."""

from __future__ import annotations

from sim.plugin import param
from sim.policy.base import Policy, number


class HedgerExemption(Policy, type="hedger_exemption"):
    """From a date on hedges are exempt from position limits up to a multiple of the need, or no longer are.

    It takes the place of what the limits themselves say about hedgers, as long as it holds.
    Source: CFTC Part 150 (86 FR 3236): bona-fide hedges of a commercial need are exempt.
    """

    multiple: float = param(1.0, unit="multiple of need", low=0, high=100,
                            doc="months' need or output that a hedger may hold in each month; 0 ends the exemption",
                            source="CFTC Part 150: a hedge is bona fide up to the exposure that it covers")

    def effect(self) -> str:
        if self.multiple == 0:
            return f"Hedgers are no longer exempt from position limits{self.ending()}."
        return ("Users may hold long, and suppliers short, in each month up to "
                f"{number(self.multiple)} times what they need or make, whatever the position limits"
                f"{self.ending()}.")
