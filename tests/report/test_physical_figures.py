"""Figures of the physical economy: titles follow the data, and what cannot be drawn says so."""

import numpy as np
import pandas as pd
import pytest

from sim.report.build import build
from sim.report.figures import FIGURES, PHYSICAL
from sim.report.figures.physical_supply import named
from sim.report.history import History, NothingToDraw
from sim.report.words import signed
from sim.results import Results


def changed(results, daily=None, generations=None):
    """The same results with other tables."""
    class Changed(Results):
        @property
        def daily(self):
            return results.daily if daily is None else daily(results.daily.copy())

        @property
        def generations(self):
            return results.generations if generations is None else generations(results.generations.copy())

    return Changed(results.manifest, results.figures, results._kept, [])


def title(name, results):
    return FIGURES[name](History(results)).words.title


def test_merit_order_tells_how_far_the_price_covers_the_cost(rough):
    assert "of the world's chips cost more to run than they earn" in title("merit_order", rough)  # Europe's, at $9
    cheap = changed(rough, generations=lambda t: t.assign(avoidable_cost=0.1 * t["work"]))
    assert title("merit_order", cheap).startswith("Compute sold for")
    blocks = list(FIGURES["merit_order"](History(rough)).fig.axes[0].patches)
    heights = [patch.get_height() for patch in blocks]
    assert heights == sorted(heights) and len(blocks) == 6
    last = rough.generations[rough.generations["day"] == rough.generations["day"].max()]
    assert sum(patch.get_width() for patch in blocks) == pytest.approx((last["gpus"] * last["work"]).sum() / 1e6)


def test_capacity_names_the_generation_that_does_most(rough):
    assert "successor 1 does the largest part of the work at the end" in title("capacity", rough)
    still = changed(rough, generations=lambda t: t.assign(gpus=10**6))
    assert title("capacity", still).startswith("Capacity hardly grew")
    with pytest.raises(NothingToDraw, match="three months"):
        FIGURES["capacity"](History(changed(rough, generations=lambda t: t[t["day"] < 30])))


@pytest.mark.parametrize(("sign", "words"), [(-1, "falling prices"), (1, "rising prices")])
def test_investment_tells_what_followed(rough, many, sign, words):
    def daily(table):
        day = table["day"] / 300
        return table.assign(orders_placed=2 + np.sin(day), capacity_h100e=100.0, spot_us=np.exp(-sign * np.cos(day)))

    assert words in title("investment", changed(many, daily))
    assert "No clear link" in title("investment", changed(rough, daily))  # one short history shows nothing
    with pytest.raises(NothingToDraw, match="more than a year"):
        FIGURES["investment"](History(changed(rough, lambda t: t[t["day"] < 200])))


def test_rationing_shows_classes_where_they_are_known(rough):
    assert "small models" in FIGURES["rationing"](History(rough)).words.see
    classes = [f"rationed_{name}" for name in ("training", "large", "small", "research")]
    plain = changed(rough, lambda t: t.drop(columns=classes))
    assert "all users" in FIGURES["rationing"](History(plain)).words.see
    none = changed(rough, lambda t: t.assign(rationed_share=0.0))
    assert "nearly all who asked found some" in title("rationing", none)


def test_posted_prices_are_measured_from_deals(rough):
    twice = changed(rough, lambda t: t.assign(index_assessed=2 * t["index_transaction"]))
    assert title("lists", twice).startswith("The assessed index stood 100\u00a0% above deals on average")
    nothing = changed(rough, lambda t: t.assign(list_median=np.nan).drop(columns="index_assessed"))
    with pytest.raises(NothingToDraw, match="no posted price"):
        FIGURES["lists"](History(nothing))


def test_dispersion_says_whether_it_is_like_real_markets(rough):
    assert title("dispersion", rough).endswith("as in real markets")
    assert "real" not in title("dispersion", changed(rough, lambda t: t.assign(list_ratio=1.0)))


def test_tokens_are_compared_with_hours(rough):
    assert title("tokens", rough).startswith("A token ended at 3.5\u00a0% of its first price, a GPU-hour")
    same = changed(rough, lambda t: t.assign(token_price=1.0, spot_us=2.0))
    assert title("tokens", same) == "A token ended as dear as it began, a GPU-hour hardly changed"


def test_what_is_not_recorded_is_not_drawn(rough):
    bare = changed(rough, lambda t: t[["run", "seed", "day", "date"]], lambda t: pd.DataFrame())
    for name in PHYSICAL:
        with pytest.raises(NothingToDraw):
            FIGURES[name](History(bare))


def test_the_report_has_a_section_for_the_physical_economy(rough, tmp_path):
    page = build(rough, tmp_path).read_text(encoding="utf-8")
    assert "The physical economy, in eight figures" in page and "Clearing, in four figures" in page
    places = [page.index(words) for words in ("The physical economy, in", 'id="figure-rationing"', "The market, in")]
    assert places == sorted(places)
    assert page.count("<section") == page.count("</section>")


def test_a_replay_shows_no_figures_of_an_economy_that_did_not_make_its_prices(rough):
    replayed = Results({**rough.manifest, "series": {"name": "x", "sha256": "0" * 64}}, rough.figures, rough._kept, [])
    for name in PHYSICAL:
        with pytest.raises(NothingToDraw, match="replayed"):
            FIGURES[name](History(replayed))
    FIGURES["spot"](History(replayed))


def test_generations_have_names_that_people_know():
    assert [named(name) for name in ("h100", "gb300", "next2", "ascend", "vr200")] == [
        "H100", "GB300", "successor 2", "Ascend", "Rubin"]
    assert [signed(value) for value in (-12.4, 0.3, 25)] == ["\u221212", "0", "+25"]
