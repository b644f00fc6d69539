"""The page of a comparison: it stands alone, says the answer first, and its numbers are those of the comparison."""

import re
from html.parser import HTMLParser

import pytest

from sim.experiments.compare import Comparison, compare
from sim.experiments.compare_page import answer, page
from sim.report import words
from sim.scenario import Scenario

SMALL = {"days": 3, "burn_in": 12, "market.warm_up": 2}
VOID = {"meta", "line", "circle", "br"}
ABOUT = {"gap": {"label": "Gap", "unit": "%", "better": "low", "doc": ""},
         "noise": {"label": "Noise", "unit": "", "better": "", "doc": ""},
         "alike": {"label": "Alike", "unit": "days", "better": "high", "doc": ""}}
MANIFEST = {"scenarios": {"a": {"title": "A", "hash": "1f"}}, "command_line": "compare a b",
            "environment": {"python": "3.11"}}


class Reader(HTMLParser):
    """Notes tags and whether they close in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.broken, self.tags = [], [], []
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


@pytest.fixture
def found():
    first = {seed: {"gap": 2.0 + seed / 10, "noise": (-1.0) ** seed, "alike": 5.0} for seed in range(1, 9)}
    second = {seed: {"gap": 4.0 + seed / 12, "noise": 0.0, "alike": 5.0} for seed in range(1, 9)}
    return Comparison(("a", "b"), ("A <b>bold</b>", "B"), 252, 0.05, list(range(1, 9)),
                      {"a": first, "b": second}, ABOUT)


def test_the_page_stands_alone_and_closes_what_it_opens(found):
    text = page(found, MANIFEST)
    reader = Reader(text)
    assert not reader.broken and not reader.open
    assert not re.findall(r"(?:src|href)\s*=\s*[\"'](?!#)", text) and not re.findall(r"url\((?!#)", text)
    assert "http" not in text and "<script" not in text and "@import" not in text


def test_the_answer_comes_first_and_is_the_clear_difference(found):
    text = page(found, MANIFEST)
    d = found.difference("gap")
    said = answer(found, {name: found.difference(name) for name in ABOUT}, "B")
    assert said.startswith("Gap: ") and "lower than in B" in said and "in 8 of 8 histories" in said
    assert words.number(abs(d.mean)) in said
    assert text.index("Gap: ") < text.index("<table")
    assert text.count("none") >= 1 and "leaves out zero" in text and "holds zero" in text


def test_words_from_outside_are_escaped_and_provenance_is_told(found):
    text = page(found, MANIFEST)
    assert "<b>bold" not in text and "&lt;b&gt;bold" in text
    assert "compare a b" in text and "1 to 8, the same in all" in text and "3.11" in text


def test_figures_that_were_asked_for_stand_above_the_others(found):
    found.headlines = ("noise",)
    text = page(found, MANIFEST)
    assert text.index("Noise") < text.index("<details>") < text.index("<th>Gap")
    assert "No clear difference from B" in text


def test_a_folder_gets_a_page_and_a_comparison_with_itself_says_none(tmp_path):
    same = Scenario.load("quick", SMALL)
    done = compare({"one": same, "two": same, "three": same}, runs=2, out=tmp_path / "out")
    text = (done.folder / "comparison.html").read_text(encoding="utf-8")
    assert text.count("No clear difference") == 2 and not Reader(text).broken
    assert len(text) < 400_000
