"""The baseline scenario with any number of participants, the mix of types and the size of each being the same."""

from __future__ import annotations

from sim.scenario import Scenario


def baseline(participants: int, *changes: str) -> Scenario:
    """The baseline with about so many participants on as much larger a share of the world.

    Raises ValueError above the number at which the whole world is simulated.
    """
    plain = Scenario.load("baseline")
    factor = participants / sum(kind.count for kind in plain.agents)
    if plain.scale * factor > 1.0:
        raise ValueError(f"{participants} participants would be more than the whole world's")
    counts = [f"agents.{kind.label}.count={max(round(kind.count * factor), 1)}" for kind in plain.agents]
    return Scenario.load("baseline", [*counts, f"scale={plain.scale * factor}", *changes])
