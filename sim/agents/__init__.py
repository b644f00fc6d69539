"""Who takes part: one file for each type of participant, and the two published models that their rules come from."""

from sim.agents.avellaneda_stoikov import avellaneda_stoikov
from sim.agents.bessembinder_lemmon import bessembinder_lemmon

__all__ = ["avellaneda_stoikov", "bessembinder_lemmon"]
