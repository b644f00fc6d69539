import math
import re
import shutil
from collections import Counter
from html.parser import HTMLParser

import pytest

from sim.errors import BadInput
from sim.folder import read_manifest
from sim.report import build
from sim.report.answer import answer
from sim.report.figures import FIGURES
from sim.report.yardstick import Yardstick
from sim.run import Stopped, run
from sim.scenario import Scenario

VOID = {"meta", "br", "path", "use", "circle", "rect", "line", "img", "hr", "link", "input"}


class Reader(HTMLParser):
    """Notes every tag, with its attributes, and whether tags close in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.broken = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in VOID and self.open.pop() != tag:
            self.broken.append(tag)


@pytest.fixture(scope="module")
def page(rough, tmp_path_factory):
    path = build(rough, out=tmp_path_factory.mktemp("report"))
    return path, path.read_text(encoding="utf-8")


def test_it_stands_alone(page):
    _, text = page
    assert not re.findall(r"(?:src|href)\s*=\s*[\"'](?!#)", text)
    assert not re.findall(r"url\((?!#)", text)
    outside = set(re.findall(r"https?://[^\s\"'<>]+", text))
    assert outside <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "<script" not in text
    assert "@import" not in text


def test_every_figure_is_there_twice_with_a_text_for_those_who_cannot_see_it(page):
    path, text = page
    reader = Reader(text)
    drawings = [attributes for tag, attributes in reader.tags if tag == "svg"]
    assert [a["class"] for a in drawings] == ["fig-wide", "fig-phone"] * len(FIGURES)
    assert all(a["role"] == "img" and len(a["aria-label"]) > 60 for a in drawings)
    assert sorted(file.stem for file in (path.parent / "figures").glob("*.svg")) == sorted(FIGURES)


def test_it_is_whole(page):
    path, text = page
    reader = Reader(text)
    assert not reader.broken
    assert not reader.open
    ids = Counter(attributes["id"] for _, attributes in reader.tags if "id" in attributes)
    assert not [name for name, count in ids.items() if count > 1]
    known = set(ids)
    assert set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", text)) <= known
    assert path.stat().st_size < 3e6
    assert [tag for tag, _ in reader.tags].count("h1") == 1
    assert all("scope" in attributes for tag, attributes in reader.tags if tag == "th")


def test_the_answer_comes_first_and_nothing_is_left_unfilled(page):
    _, text = page
    assert text.index('class="verdict"') < text.index("What was simulated") < text.index("<figure")
    order = ("<figure", "The numbers", "What this rests on", "Where this came from")
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    words = re.sub(r"<svg.*?</svg>|<style.*?</style>|<[^>]+>", " ", text, flags=re.S)
    assert not re.search(r"\b(nan|None|inf|undefined)\b|\{\{|\}\}", words)
    assert "n 2 years " in words and "participants defaulted" in words


def test_words_from_outside_are_escaped(page):
    _, text = page
    assert "<dangerous>" not in text
    assert "&lt;dangerous&gt;" in text


def test_many_histories_come_with_intervals(many, tmp_path):
    text = build(many, out=tmp_path).read_text(encoding="utf-8")
    assert "6 histories" in text
    assert "90\u00a0% interval" in text
    assert "defaulted in 6 of 6 histories" in text
    assert "eight in ten histories" in text


def test_a_folder_gets_its_report(tmp_path):
    scenario = Scenario.load("quick", {"days": 30, "burn_in": 10, "market.warm_up": 3})
    run(scenario, out=tmp_path / "out")
    path = build(tmp_path / "out")
    assert path == tmp_path / "out" / "report.html"
    text = path.read_text(encoding="utf-8")
    assert read_manifest(tmp_path / "out")["scenario_hash"] in text
    assert "What they trade" in text
    assert "Initial margin" in text


def test_an_unfinished_run_is_reported_as_such(tmp_path):
    def stop(done, total):
        if done == 20:
            raise KeyboardInterrupt

    scenario = Scenario.load("quick", {"days": 30, "burn_in": 10, "market.warm_up": 3})
    with pytest.raises(Stopped):
        run(scenario, out=tmp_path / "out", progress=stop)
    text = build(tmp_path / "out").read_text(encoding="utf-8")
    assert "Unfinished: the run was stopped before its end" in text
    assert text.count("Unfinished run.") >= 5  # on every figure


def test_without_days_there_is_a_report_without_figures(tmp_path):
    scenario = Scenario.load("quick", {"days": 10, "burn_in": 10, "market.warm_up": 3})
    run(scenario, out=tmp_path / "out", record="summary")
    assert "Days were not recorded" in build(tmp_path / "out").read_text(encoding="utf-8")
    shutil.rmtree(tmp_path / "out" / "figures", ignore_errors=True)


def test_what_is_no_folder_of_results_is_refused(tmp_path, short):
    with pytest.raises(BadInput, match="not a results folder"):
        build(tmp_path)
    with pytest.raises(ValueError, match="say where"):
        build(short)


def test_where_venues_compete_the_answer_is_who_won(many, monkeypatch):
    found = {name: {**next(iter(many.figures.aggregate().values())), "mean": value} for name, value in
             {"venue_share_list": 32.0, "venue_share_deals": 68.0, "venue_gap_deals": 0.81}.items()}
    whole = many.figures.aggregate()
    monkeypatch.setattr(type(many.figures), "aggregate", lambda self: {**whole, **found})
    verdict, because, _ = answer(many, None, Yardstick({}))
    assert verdict.startswith("Of open positions 68 % end on “deals”") and "0.81 % apart" in verdict
    assert "defaulted" in because


@pytest.mark.parametrize(("away", "told"), [(13.0, True), (8.0, False)])
def test_where_prices_leave_what_is_expected_the_answer_says_so(many, monkeypatch, away, told):
    some = next(iter(many.figures.aggregate().values()))
    whole = {**many.figures.aggregate(), "mispricing_sd": {**some, "mean": away},
             "mispricing_worst": {**some, "mean": 100 * math.log(1.5)}}
    monkeypatch.setattr(type(many.figures), "aggregate", lambda self: whole)
    base = Yardstick({"figures": {"mispricing_sd": {"mean": 2.7}}})
    verdict, because, _ = answer(many, None, base)
    assert ("by 13 % as a rule (baseline 2.7 %), and by a factor of 1.5" in verdict) == told
    assert ("defaulted" in because) == told
