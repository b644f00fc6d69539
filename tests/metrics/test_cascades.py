"""Who was brought down by whom: links, cascades, their graph and their figures."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.metrics.cascades import Cascade, Cascades, Link, cascades, graph, links_of, spread, triggers
from sim.record import Record

NEWS = -1


def test_sellers_are_linked_through_calls_and_their_own_earlier_episodes():
    kind = ["forced sale", "margin call", "forced sale", "default", "house loss"]
    agent = np.array([5, 6, 6, 6, 9])
    links = [(0, NEWS, 1.0), (1, 0, 0.75), (1, NEWS, 0.25), (2, 1, 1.0), (3, 1, 0.5), (3, 2, 0.5), (4, 3, 1.0)]
    event, cause, weight = (np.array(column) for column in zip(*links, strict=True))
    assert triggers(kind, agent, event, cause, weight) == [(2, 0, 0.75), (3, 0, 0.75)]
    assert triggers(kind, agent, event, cause, weight, ("forced sale",)) == [(2, 0, 0.75)]


def test_a_seller_does_not_set_itself_off():
    links = [(0, NEWS, 1.0), (1, 0, 1.0)]
    event, cause, weight = (np.array(column) for column in zip(*links, strict=True))
    assert triggers(["forced sale", "forced sale"], np.array([5, 5]), event, cause, weight) == []


@st.composite
def histories(draw):
    """Events of some kinds, each with causes among earlier ones that sum to one."""
    size = draw(st.integers(1, 25))
    kind = draw(st.lists(st.sampled_from(["forced sale", "margin call", "default", "downgrade"]), min_size=size,
                         max_size=size))
    agent = draw(st.lists(st.integers(0, 8), min_size=size, max_size=size))
    rows = []
    for event in range(size):
        parents = draw(st.lists(st.integers(-1, event - 1), min_size=1, max_size=3, unique=True))
        parts = [draw(st.floats(0.01, 1.0)) for _ in parents]
        rows += [(event, parent, part / sum(parts)) for parent, part in zip(parents, parts, strict=True)]
    event, cause, weight = (np.array(column) for column in zip(*rows, strict=True))
    return kind, np.array(agent), event, cause, weight


def ancestors(kind, agent, event, cause, weight, own):
    """The same by walking every path from one event back to the first distress of somebody else on it."""
    out = {}

    def walk(at, part):
        for e, c, w in zip(event.tolist(), cause.tolist(), weight.tolist(), strict=True):
            if e != at or c == NEWS:
                continue
            if kind[c] in ("forced sale", "default") and agent[c] != agent[at]:
                out[c] = out.get(c, 0.0) + part * w
            else:
                walk(c, part * w)

    walk(own, 1.0)
    return {c: w for c, w in out.items() if agent[c] != agent[own]}


@given(histories())
def test_links_are_what_walking_every_path_gives(history):
    kind, agent, event, cause, weight = history
    found = triggers(kind, agent, event, cause, weight)
    for own in range(len(kind)):
        mine = {link.cause: link.weight for link in found if link.event == own}
        if kind[own] not in ("forced sale", "default"):
            assert not mine
            continue
        expected = ancestors(kind, agent, event, cause, weight, own)
        assert mine.keys() == expected.keys()
        for key, value in expected.items():
            assert mine[key] == pytest.approx(value)


@given(histories())
def test_no_event_is_explained_more_than_once_and_cascades_hold_every_event(history):
    kind, agent, event, cause, weight = history
    found = triggers(kind, agent, event, cause, weight)
    distress = [number for number, name in enumerate(kind) if name in ("forced sale", "default")]
    for own in distress:
        assert sum(link.weight for link in found if link.event == own) <= 1.0 + 1e-9
    groups = cascades(distress, found)
    assert sum(group.size for group in groups) == len(distress)
    assert all(group.depth < group.size for group in groups)


def tables():
    events = pd.DataFrame({
        "event": range(5), "day": [1, 1, 2, 2, 3], "round": 0, "agent": [3, 4, 5, 6, 7], "agent_type": "fund",
        "kind": ["forced sale", "margin call", "forced sale", "default", "forced sale"], "amount_cents": 100})
    causes = pd.DataFrame([(0, -1, 1.0), (1, 0, 1.0), (2, 1, 0.6), (2, -1, 0.4), (3, 2, 0.8), (3, -1, 0.2),
                           (4, -1, 0.7), (4, 3, 0.3)], columns=["event", "cause", "weight"])
    return events, causes


def test_a_chain_is_one_cascade_and_a_weak_cause_does_not_join_one():
    events, causes = tables()
    links = links_of(events, causes)
    assert np.array(links) == pytest.approx(np.array([(2, 0, 0.6), (3, 2, 0.8), (4, 3, 0.3)]))
    assert cascades([0, 2, 3, 4], links) == [Cascade(0, 3, 2), Cascade(4, 1, 0)]


def test_figures_of_a_run():
    events, causes = tables()
    out = Cascades().compute(SimpleNamespace(events=events, causes=causes))
    assert out["branching"] == pytest.approx(1.7 / 4)
    assert (out["cascade_largest"], out["cascade_depth"], out["cascade_mean"]) == (3, 2, 2.0)
    assert "cascade_exponent" not in out  # two cascades say nothing of how sizes are spread
    assert out["channel_margin"] == pytest.approx(100 * 1.4 / 1.7)
    assert out["channel_close_out"] == pytest.approx(100 * 0.3 / 1.7)
    quiet = SimpleNamespace(events=events.iloc[:0], causes=causes.iloc[:0])
    assert Cascades().compute(quiet) == {"branching": 0.0, "cascade_largest": 0.0, "cascade_depth": 0.0}


def test_the_graph_has_the_same_nodes_and_weights():
    networkx = pytest.importorskip("networkx", reason="networkx comes with the extra `analysis`")
    events, causes = tables()
    made = graph(events, causes)
    assert networkx.is_directed_acyclic_graph(made)
    assert set(made) == {0, 2, 3, 4}
    assert {(a, b): d["channel"] for a, b, d in made.edges(data=True)} == {
        (0, 2): "margin", (2, 3): "margin", (3, 4): "close_out"}
    assert made.nodes[3]["kind"] == "default"
    assert [Link(b, a, d["weight"]) for a, b, d in made.edges(data=True)] == links_of(events, causes)


def test_spread_counts_each_participant_at_its_first_distress_and_takes_what_came_before_for_news():
    record = Record(10, 1)
    old = record.event(1, -1, "default", agent=9, causes=[(-1, 1.0)])
    since = record.rows("events")
    first = record.event(2, -1, "forced sale", agent=1, causes=[(-1, 1.0)])
    call = record.event(2, -1, "margin call", agent=2, causes=[(first, 0.6), (-1, 0.4)])
    second = record.event(3, -1, "default", agent=2, causes=[(call, 0.5), (old, 0.5)])
    record.event(4, -1, "loan default", agent=2, causes=[(first, 1.0)])
    record.event(4, -1, "repo default", agent=3, causes=[(second, 0.25), (-1, 0.75)])
    found = spread(record, since)
    assert found.participants == 3
    assert found.brought == pytest.approx(0.3 + 0.25)
    assert found.channels == {"margin": pytest.approx(0.3), "close_out": pytest.approx(0.25)}
    assert spread(record, since, ("forced sale", "default")).participants == 2
