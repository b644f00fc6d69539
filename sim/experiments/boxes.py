"""Where in a box of severities things break: points that fill it evenly, and a tree that divides it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

import numpy as np

from sim.errors import bad_input

MOST_BOXES = 5  # judgement: more are no answer that can be read
LEAST = 0.05  # share of runs that a box must hold; judgement: fewer say little
NOISE = 0.01  # share of a run's Gini impurity that a cut must remove; judgement: less is luck
NEEDED = "scikit-learn and scipy are needed for several paths: pip install 'compute-futures[analysis]'"


@dataclass(frozen=True, eq=False)
class Box:
    """A part of the unit box: float64[2, d] lower and upper bounds, runs in it, and how many of them broke."""

    bounds: np.ndarray
    runs: int
    broken: int

    @property
    def share(self) -> float:
        """Share of its runs that broke."""
        return self.broken / self.runs


def needed() -> None:
    """Raises BadInput where the libraries that several paths need are not installed."""
    try:
        for name in ("scipy.stats", "sklearn.tree"):
            import_module(name)
    except ImportError:
        raise bad_input("--along", NEEDED) from None


def even(count: int, dimensions: int) -> np.ndarray:
    """float64[count, dimensions]: points that fill the unit box evenly; the harmless corner itself is left out.

    Source: Halton 1960, Numerische Mathematik 2:84, as scipy lays it out.
    """
    from scipy.stats import qmc  # type: ignore[import-untyped, unused-ignore]

    points = qmc.Halton(dimensions, scramble=False)
    points.fast_forward(1)
    return np.asarray(points.random(count))


def divided(points: np.ndarray, broken: np.ndarray, runs: np.ndarray) -> list[Box]:
    """The unit box divided so that runs within a part end alike, the part that breaks most often first.

    points : float64[n, d]; broken, runs : int64[n] runs at each point that broke, and all that came to an end

    Source: Breiman, Friedman, Olshen & Stone 1984, "Classification and Regression Trees", as scikit-learn grows them.
    """
    if not runs.sum():
        return []
    from sklearn.tree import DecisionTreeClassifier

    classifier = DecisionTreeClassifier(max_leaf_nodes=MOST_BOXES, min_weight_fraction_leaf=LEAST, ccp_alpha=NOISE,
                                        random_state=0)
    classifier.fit(np.repeat(points, 2, axis=0), np.tile([True, False], len(points)),
                   sample_weight=np.column_stack([broken, runs - broken]).ravel().astype(float))
    tree = classifier.tree_
    bounds = np.tile(np.array([[0.0], [1.0]]), (tree.node_count, 1, points.shape[1]))
    for node in range(tree.node_count):  # a parent stands before its children
        left, right, axis = tree.children_left[node], tree.children_right[node], tree.feature[node]
        if left != right:
            bounds[[left, right]] = bounds[node]
            bounds[left, 1, axis] = bounds[right, 0, axis] = tree.threshold[node]
    where = classifier.apply(points)
    boxes = [Box(bounds[leaf], int(runs[where == leaf].sum()), int(broken[where == leaf].sum()))
             for leaf in np.unique(where)]
    return sorted((box for box in boxes if box.runs), key=lambda box: (-box.share, -box.runs))
