"""Past changes, replayed."""

from __future__ import annotations

from sim.clearing.margin.lookback import Scenarios


class Historical(Scenarios, type="historical"):
    """The loss that past changes would bring, at a confidence: historical simulation.

    Long and short are found apart, since falls and rises differ; the house charges the larger. A young contract
    borrows the days it lacks from the month before it, and before that normal changes are assumed.

    Source: Hendricks (1996), FRBNY Economic Policy Review 2(1).
    """
