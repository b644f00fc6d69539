"""What becomes of a failed member's positions besides the book: the auction, and tear-up in the end."""

from __future__ import annotations

from math import ceil

import numpy as np

from sim.clearing.auction import auction, lots_of
from sim.clearing.causes import Causes, blend
from sim.clearing.members import NOBODY
from sim.clearing.parts import Parts
from sim.clearing.tear_up import torn_up


class Disposal(Parts):
    """Hands positions of the close-out account to others."""

    def _defaults(self) -> Causes:
        """The estates in the pot, by their size in contracts."""
        return blend([(float(np.abs(estate.position).sum()), [(event, 1.0)])
                      for event, estate in self.house.pot.estates.items()])

    def _of_members(self) -> bool:
        """Whether a failed member's positions are in the close-out account."""
        failed, estates = self.members.failed, self.house.pot.estates.values()
        return any(estate.guarantor != NOBODY and failed[estate.guarantor] for estate in estates)

    def hedge(self, pace: float) -> np.ndarray | None:
        """int64[contracts]: what the close-out account should hold after this round; None where it is not hedged.

        The nearest month goes towards minus the hedged share of all other months, a share of the gap a round.
        """
        rules, house = self.config.auction, self.house
        house.pot.hedged = bool(rules.hedge and rules.lots and self.attempts < rules.attempts and self._of_members())
        if not house.pot.hedged:
            return None
        target = house.pot.position.copy()
        for slots in house.families or [slice(0, len(target))]:
            rank = np.arange(1, len(target) + 1)[slots] if house.listing is None else house.listing["rank"][slots]
            near = (slots.start or 0) + int(np.argmin(np.where(rank > 0, rank, len(target) + 1)))
            wanted = -round(rules.hedge * int(target[slots].sum() - target[near]))
            gap = wanted - int(target[near])
            target[near] += np.sign(gap) * ceil(pace * abs(gap) - 1e-9)
        return target

    def _auction(self, day: int) -> None:
        """Offer the pot's positions to survivors, once a member has failed and bids could be asked for."""
        house, members, rules = self.house, self.members, self.config.auction
        pot, alive = house.pot, members.alive()
        early = day - self.recovery.failed_on < rules.after
        if not rules.lots or early or not pot.position.any() or not self._of_members():
            return
        rows = members.rows[alive]
        awards = auction(rules, lots_of(pot.position, rules.lots), self.ledger.position[rows], self._room()[alive],
                         house.requirement_of)
        self.attempts += 1
        for award in awards:
            winner = int(rows[award.bidder])
            house.hand_over(winner, award.lot)
            if award.price:
                members.pass_on("auction", pot.row, winner, award.price)
            self.today["auctioned_contracts"] += int(np.abs(award.lot).sum())
            self.today["auction_cents"] += award.price
        if awards:
            label = house.row_label[pot.row]
            house.record.event(day, -1, "auction", agent=pot.row, agent_type=label, causes=self._defaults(),
                               quantity=sum(int(np.abs(award.lot).sum()) for award in awards),
                               amount=sum(award.price for award in awards))

    def _tear_up(self, day: int, causes: Causes) -> None:
        """End what the pot still holds at the settlement, pro rata with the other side."""
        pot = self.house.pot
        given = torn_up(self.ledger.position, pot.row)
        size = int(np.abs(given[pot.row]).sum())
        if not size:
            return
        self.ledger.position[...] -= given
        self.ledger.basis[...] -= (given * (self.house.settled * self.house.tick_cents)).sum(axis=1)
        self.house.record.event(day, -1, "tear-up", agent=pot.row, agent_type=self.house.row_label[pot.row],
                                quantity=size, causes=causes)
        self.today["torn_up_contracts"] += size
