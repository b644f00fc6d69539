import datetime as dt

import pytest

from sim.report import words
from sim.report.story import measured


@pytest.mark.parametrize(("value", "text"), [
    (0, "0"), (1.3246, "1.32"), (12345.6, "12,300"), (-0.0234, "−0.0234"), (2.0, "2"), (99.96, "100"),
    (float("nan"), "not known"), (1e-9, "0.000000001")])
def test_numbers(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (12, "$12"), (45_678, "$45,700"), (1_230_000, "$1.23 million"), (-2.5e9, "−$2.5 billion")])
def test_money(value, text):
    assert words.money(value) == text


@pytest.mark.parametrize(("value", "unit", "text"), [
    (1.23, "$ per GPU-hour", "$1.23 per GPU-hour"), (-122, "$ million", "−$122 million"), (3, "$", "$3"),
    (0.106, "ratio", "0.106"), (12, "% of price", "12 % of price"), (4, "", "4")])
def test_amounts(value, unit, text):
    assert words.amount(value, unit) == text


def test_counts_and_lists():
    assert words.count(0, "default") == "no defaults"
    assert words.count(1, "default") == "1 default"
    assert words.count(1200, "history", "histories") == "1,200 histories"
    assert words.listing(["a"]) == "a"
    assert words.listing(["a", "b", "c"]) == "a, b and c"
    assert words.percent(0.1234) == "12\u00a0%"


@pytest.mark.parametrize(("days", "text"), [
    (504, "2 years"), (252, "1 year"), (63, "3 months"), (5, "5 business days"), (440, "1.7 years")])
def test_spans(days, text):
    assert words.span(days) == text


def test_dates():
    assert words.day(dt.date(2028, 10, 4)) == "4 October 2028"


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (0.00049, "under 0.01"), (0.65, "0.65"), (12.3, "12")])
def test_small_numbers_are_told_as_small(value, text):
    assert words.small(value) == text


@pytest.mark.parametrize(("ratio", "text"), [
    (1.0, "as much"), (0.64, "36\u00a0% less"), (1.12, "12\u00a0% more"), (6.1, "6.1 times as much")])
def test_how_many_times(ratio, text):
    assert words.times(ratio) == text


@pytest.mark.parametrize(("value", "unit", "text"), [
    ("0.075", "share of notional", "7.5\u00a0% of notional"), ("0.88", "share", "88\u00a0%"),
    ("10", "multiple of equity", "10 times equity"), ("assessed", "name", "assessed"),
    ("325", "business days", "325 business days")])
def test_values_with_their_units(value, unit, text):
    assert measured(value, unit) == text
