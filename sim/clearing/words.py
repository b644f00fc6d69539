"""The rules of a clearing house in English, as far as a scenario turns them on."""

from __future__ import annotations

from collections.abc import Iterator

from sim.clearing.config import ClearingConfig

PAYS = {"fellow clients": "margin of the failed member's other clients", "defaulter fund": "its own part of the fund",
        "house capital": "the first part of the house's capital", "default fund": "the rest of the fund",
        "assessments": "calls on survivors", "second house capital": "what the house has left",
        "gains haircut": "the day's gains of winners"}


def told(rules: ClearingConfig) -> Iterator[str]:
    """A sentence or more for each part that is not as in the simplest house."""
    if rules.due or rules.grace:
        yield (f"Calls fall due {_count(rules.due, 'round')} after the opening and are waited for "
               f"{_count(rules.grace, 'round')} more.")
    pledged = rules.collateral
    if pledged.bills or pledged.paper:
        yield (f"Up to {pledged.bills:.0%} of margin is held in Treasury bills (haircut {pledged.bills_haircut:.0%}) "
               f"and {pledged.paper:.0%} in compute-backed paper (haircut {pledged.paper_haircut:.0%}), which falls "
               "with the spot price.")
    if rules.members.count:
        yield from _members(rules)


def _members(rules: ClearingConfig) -> Iterator[str]:
    members, fund, porting = rules.members, rules.fund, rules.porting
    net = "the sum of their margins" if members.client_margin == "gross" else "the margin of their net position"
    asks = "" if members.multiplier == 1.0 else f", and asks {members.multiplier:g} times that of them"
    desks = f" Desks of members are: {', '.join(members.house_accounts)}." if members.house_accounts else ""
    yield (f"{members.count} clearing members guarantee their clients, the larger ones more of them. A member owes the "
           f"house {net}{asks}; it pays for a client who fails, and is called during the day when its accounts have "
           f"lost {members.intraday_trigger:.0%} of their margin.{desks}")
    stresses = [f"{move:+.0%}" for move in fund.parallel]
    stresses += [f"{move:+.0%} in the nearest month" for move in fund.tilts]
    yield (f"Members fill a fund that survives the {_count(fund.cover, 'member')} with the largest losses beyond "
           f"margin when prices move by {', '.join(stresses)}, plus {fund.buffer:.0%}; it is resized every "
           f"{_count(fund.resize, 'business day')}.")
    sold = f"offered to the others in {rules.auction.lots} lots" if rules.auction.lots else "traded away in the market"
    yield (f"A member that cannot pay is in default. Its positions are {sold}; its clients find another member with "
           f"a chance of {porting.probability:.0%} a day, and after {_count(porting.window, 'day')} theirs are traded "
           "away.")
    order = [PAYS[layer] for layer in rules.recovery.order if layer != "fellow clients" or members.fellow_customer_risk]
    end = "; the rest is torn up" if rules.recovery.tear_up else ""
    yield f"What its margin does not cover is paid, in this order, by {', '.join(order) or 'nobody'}{end}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
