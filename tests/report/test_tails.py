"""Tails against leverage: the title follows the data, and no interval is too narrow."""

import numpy as np
import pandas as pd
import pytest

from sim.report.history import NothingToDraw
from sim.report.tails import tails
from sim.summary import student


def study(slope, noise=0.2):
    luck = np.random.default_rng(0)
    rows = [(level, 4 + slope * level + luck.normal(0, noise), max(0.0, level + luck.normal(0, 1)))
            for level in (1, 3, 5) for _ in range(12)]
    return pd.DataFrame(rows, columns=["leverage", "tail_second_month", "defaults"])


@pytest.mark.parametrize(("slope", "words"), [(-0.4, "fatter"), (0.4, "thinner"), (0.0, "do not differ clearly")])
@pytest.mark.parametrize("phone", [False, True])
def test_the_title_is_what_was_found(slope, words, phone):
    page = tails(study(slope), "leverage", "made up.", phone=phone)
    assert words in page.words.title and "defaults" in page.words.alt
    page.fig.canvas.draw()


def test_one_level_shows_nothing():
    with pytest.raises(NothingToDraw, match="two levels"):
        tails(study(0).query("leverage == 3"), "leverage", "made up.")


def test_the_interval_is_that_of_student():
    from sim.report.tails import STUDENT

    for histories, quantile in STUDENT.items():
        assert quantile == pytest.approx(student(histories - 1), abs=2e-3)
