import pytest
from matplotlib.figure import Figure

from sim.report import palette
from sim.report.figures import FIGURES
from sim.report.history import History, NothingToDraw
from sim.report.page import spread_labels
from sim.results import Results


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_and_says_what_it_shows(name, phone, rough):
    page = FIGURES[name](History(rough), phone=phone)
    page.fig.canvas.draw()
    words = page.words
    assert not words.title[0].islower()
    assert not words.title.endswith(".")
    assert words.see[0].islower()
    assert words.see.endswith(".")
    assert words.title in words.alt
    assert any(sign.isdigit() for sign in words.alt)
    assert page.w <= (3.9 if phone else 8)


@pytest.mark.parametrize("name", ["spot", "curve", "volume", "margin", "wealth", "defaults"])
def test_figures_of_a_real_run_and_of_many(name, short, many):
    for results in (short, many):
        FIGURES[name](History(results)).fig.canvas.draw()


def test_titles_follow_the_data(rough, calm):
    title = lambda name, results: FIGURES[name](History(results)).words.title
    assert "default" in title("defaults", rough).lower()
    assert title("defaults", calm) == "Nobody was forced to sell and nobody defaulted in 2 years"
    assert title("margin", calm) == "Nobody had to be called for margin in 2 years"
    assert "called for margin" not in title("margin", rough)
    assert "cheaper" in title("curve", rough)
    assert "set off in part by another" in title("cascade", rough)


def test_a_missing_column_leaves_its_figure_out(rough):
    class Poor(Results):
        @property
        def daily(self):
            return rough.daily[["run", "seed", "day", "date", "spot_us"]]

    poor = Poor(rough.manifest, rough.figures, {})
    FIGURES["spot"](History(poor))
    for name in ("curve", "volume", "margin", "wealth", "defaults", "cascade"):
        with pytest.raises(NothingToDraw):
            FIGURES[name](History(poor))


def test_plots_of_a_notebook(short, calm):
    figure = short.plot.curve()
    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert {*FIGURES} <= set(dir(short.plot))
    assert "no cascade" in calm.plot.cascade().texts[0].get_text().replace("\n", " ")
    assert "among the recorded runs" in short.plot.spot(run=7).texts[0].get_text().replace("\n", " ")
    with pytest.raises(AttributeError, match="there are spot, rationing"):
        short.plot.pie()


def test_drawing_leaves_no_trace(short):
    import matplotlib

    before = dict(matplotlib.rcParams)
    short.plot.spot()
    assert dict(matplotlib.rcParams) == before


def test_colours_can_be_read():
    light, dark = palette.themes()
    for theme in (light, dark):
        for name in ("ink", "soft"):
            assert palette.contrast(theme[name], theme["paper"]) >= 4.5
        for name, colour in theme.items():
            if name not in ("paper", "grid"):
                assert palette.contrast(colour, theme["paper"]) >= 3, name


def test_labels_keep_apart_and_stay_in_order():
    placed = spread_labels([1.0, 1.01, 5.0, 1.02], 0.5)
    assert placed[2] == 5.0
    assert placed[0] < placed[1] < placed[3]
    assert min(b - a for a, b in zip(sorted(placed), sorted(placed)[1:], strict=False)) > 0.499
    assert sum(placed[i] for i in (0, 1, 3)) == pytest.approx(3.03)
