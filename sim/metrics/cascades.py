"""Cascades: who was brought down by whom, how far it went, and by which way it travelled.

Every forced sale, closure, default and failure was written down with weighted causes. Between them lie
calls, downgrades and the like, which only pass on what caused them. What is left is a graph of participants
in distress whose weights say which part of each one's distress others brought about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from sim.metrics.base import Figure, Metric
from sim.metrics.branching import size_exponent

NEWS = -1
CHANNELS = {  # events that put a participant in distress, and the way by which they hurt the next one
    "forced sale": "margin", "closure": "closures", "default": "close_out", "member default": "close_out",
    "loan default": "collateral", "repo call": "haircut", "repo default": "tranches", "bank failure": "interbank",
}
DISTRESS = tuple(CHANNELS)


class Link(NamedTuple):
    """Part ``weight`` of event ``event`` goes back to the earlier event ``cause``, both numbers of events."""

    event: int
    cause: int
    weight: float


def triggers(kind: Sequence[str], agent: np.ndarray, event: np.ndarray, cause: np.ndarray, weight: np.ndarray,
             distress: Sequence[str] = DISTRESS) -> list[Link]:
    """Which participant in distress brought which other one into it.

    Events of other kinds, and a participant's own earlier ones, are passed through to what caused them.

    Parameters
    ----------
    kind, agent          : [events]  what happened to which row; entry i is event number i
    event, cause, weight : [causes]  as in ``causes.parquet``, in any order
    distress             : kinds of events that count

    Returns
    -------
    links in ascending order; the sum of their weights over the number of such events is the branching ratio
    """
    found: list[dict[int, float]] = [{} for _ in range(len(kind))]  # event -> earlier distress behind it
    for at in np.argsort(event, kind="stable").tolist():
        own, parent, share = int(event[at]), int(cause[at]), float(weight[at])
        if parent == NEWS:
            continue
        through = kind[parent] not in distress or agent[parent] == agent[own]
        for earlier, part in found[parent].items() if through else [(parent, 1.0)]:
            found[own][earlier] = found[own].get(earlier, 0.0) + share * part
    return [Link(own, earlier, part) for own in range(len(kind)) if kind[own] in distress
            for earlier, part in sorted(found[own].items()) if agent[earlier] != agent[own]]


def links_of(events: Any, causes: Any, distress: Sequence[str] = DISTRESS) -> list[Link]:
    """The links of one run from its tables, which list all its events, trades apart, from number 0 on."""
    if not len(events):
        return []
    size = int(events["event"].max()) + 1
    kind, agent = np.full(size, "", object), np.full(size, -1)
    kind[events["event"]], agent[events["event"]] = events["kind"], events["agent"]
    if not len(causes):
        return []
    event, cause, weight = (causes[name].to_numpy() for name in ("event", "cause", "weight"))
    return triggers(kind.tolist(), agent, event, cause, weight, distress)


class Spread(NamedTuple):
    """Who was in distress from some event on, and how much of that others had brought about."""

    participants: int
    brought: float  # sum over them of the part of their first distress that goes back to others' distress
    channels: dict[str, float]  # the same by the way it came


def spread(record: Any, since: int, distress: Sequence[str] = DISTRESS) -> Spread:
    """Count participants in distress in a run that is going on, from event number ``since`` on; causes before are news.

    ``brought / participants`` is the branching ratio n by causes: each participant counts at its first distress.
    """
    events, causes = record.table("events"), record.table("causes")
    kind, agent = events["kind"].tolist(), events["agent"]
    first: dict[int, int] = {}
    for event in range(since, len(kind)):
        if kind[event] in distress:
            first.setdefault(int(agent[event]), event)
    counted, channels = set(first.values()), dict.fromkeys(CHANNELS.values(), 0.0)
    for link in triggers(kind, agent, causes["event"], causes["cause"], causes["weight"], distress):
        if link.event in counted and link.cause >= since:
            channels[CHANNELS[kind[link.cause]]] += link.weight
    return Spread(len(first), sum(channels.values()), {name: part for name, part in channels.items() if part > 0})


class Cascade(NamedTuple):
    """Events that go back to one first event, each through the cause that weighs most."""

    first: int  # number of the event that began it
    size: int  # events, the first one included
    depth: int  # longest chain of causes, 0 for an event that set off nothing


def cascades(distress: Sequence[int], links: Sequence[Link]) -> list[Cascade]:
    """Group events into cascades.

    An event belongs to the cascade of its heaviest link if links explain at least half of it; else it begins one.

    Parameters
    ----------
    distress : numbers of the events, ascending
    links    : of these events
    """
    mine: dict[int, list[Link]] = {}
    for link in links:
        mine.setdefault(link.event, []).append(link)
    first: dict[int, int] = {}
    depth: dict[int, int] = {}
    for event in distress:
        own = mine.get(event, [])
        if sum(link.weight for link in own) >= 0.5:
            parent = max(own, key=lambda link: (link.weight, -link.cause)).cause
            first[event], depth[event] = first[parent], depth[parent] + 1
        else:
            first[event], depth[event] = event, 0
    out: dict[int, Cascade] = {}
    for event in distress:
        known = out.get(first[event], Cascade(first[event], 0, 0))
        out[first[event]] = Cascade(known.first, known.size + 1, max(known.depth, depth[event]))
    return [out[event] for event in sorted(out)]


def graph(events: Any, causes: Any, distress: Sequence[str] = DISTRESS) -> Any:
    """The cascades of one run as a networkx.DiGraph from cause to effect.

    Nodes are numbers of events with ``day``, ``round``, ``kind``, ``agent``, ``agent_type`` and ``amount_cents``,
    edges have ``weight`` and ``channel``. Raises ModuleNotFoundError without the extra ``analysis``.
    """
    try:
        import networkx
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("cascade graphs need networkx: pip install 'compute-futures[analysis]'") from error
    out = networkx.DiGraph()
    kinds = {}
    for row in events[events["kind"].isin(distress)].itertuples():
        kinds[row.event] = row.kind
        out.add_node(row.event, day=row.day, round=row.round, kind=row.kind, agent=row.agent,
                     agent_type=row.agent_type, amount_cents=row.amount_cents)
    for link in links_of(events, causes, distress):
        out.add_edge(link.cause, link.event, weight=link.weight, channel=CHANNELS.get(kinds[link.cause], "other"))
    return out


class Cascades(Metric, type="cascades"):
    """How far distress spreads, and by which way."""

    figures: ClassVar[dict[str, Figure]] = {
        "branching": Figure("Further participants that one in distress brings into it", "number", "low",
                            "the branching ratio n: below 1 cascades die out"),
        "cascade_largest": Figure("Largest cascade", "events", "low"),
        "cascade_mean": Figure("Mean size of cascades", "events", "low", "1: nobody brings anybody else into distress"),
        "cascade_exponent": Figure("Exponent of the sizes of cascades", "number", "",
                                   "of a power law, by maximum likelihood; from twenty cascades on; 3/2 at the "
                                   "critical point of a branching process, more below it"),
        "cascade_depth": Figure("Longest chain of causes", "links", "low"),
        "channel": Figure("Part of what spread that went through", "% of weight", "", "by the kind of event before"),
    }

    def compute(self, run: Any) -> dict[str, float]:
        """From events of reported days; causes before them count as news."""
        events = run.events
        if not len(events):
            return {"branching": 0.0, "cascade_largest": 0.0, "cascade_depth": 0.0}
        reported = events[(events["day"] >= 0) & events["kind"].isin(DISTRESS)]
        kinds = dict(zip(reported["event"].tolist(), reported["kind"].tolist(), strict=True))
        links = [link for link in links_of(events, run.causes) if link.event in kinds and link.cause in kinds]
        found = cascades(sorted(kinds), links)
        total = sum(link.weight for link in links)
        out = {"branching": total / len(kinds) if kinds else 0.0,
               "cascade_largest": float(max((c.size for c in found), default=0)),
               "cascade_depth": float(max((c.depth for c in found), default=0))}
        sizes = np.array([cascade.size for cascade in found])
        if len(sizes):
            out |= {"cascade_mean": float(sizes.mean())}
        if np.isfinite(exponent := size_exponent(sizes)):
            out |= {"cascade_exponent": exponent}
        for channel in dict.fromkeys(CHANNELS.values()) if total > 0 else ():
            part = sum(link.weight for link in links if CHANNELS[kinds[link.cause]] == channel)
            if part > 0:
                out[f"channel_{channel}"] = 100.0 * part / total
        return out
