"""Business days, months and expiries, against published calendars and a naive count."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.calendar import Calendar, holidays, month_name, month_number

# Full closures that the New York Stock Exchange published for these years (its special closure of
# 2025-01-09 follows no rule and is left out).
CLOSED = {
    2022: "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26",
    2023: "01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25",
    2024: "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25",
    2025: "01-01 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
    2027: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
}

EASTER = {1961: (4, 2), 2000: (4, 23), 2008: (3, 23), 2011: (4, 24), 2019: (4, 21), 2038: (4, 25)}


def is_open(date):
    return date.weekday() < 5 and date not in holidays(date.year)


def business_days(year, month):
    """Every business day of a month, counted one by one."""
    date, found = dt.date(year, month, 1), []
    while date.month == month:
        if is_open(date):
            found.append(date)
        date += dt.timedelta(days=1)
    return found


@pytest.mark.parametrize("year", CLOSED)
def test_holidays_are_those_that_the_exchange_published(year):
    on_weekdays = [f"{d:%m-%d}" for d in holidays(year) if d.weekday() < 5]
    assert on_weekdays == CLOSED[year].split()


@pytest.mark.parametrize("year", EASTER)
def test_good_friday_follows_easter(year):
    month, day = EASTER[year]
    assert dt.date(year, month, day) - dt.timedelta(days=2) in holidays(year)


@pytest.mark.parametrize(("year", "month", "length"), [
    (2026, 1, 20), (2026, 2, 19), (2026, 4, 21), (2026, 7, 22), (2026, 10, 22), (2026, 11, 20), (2026, 12, 22),
    (2027, 1, 19), (2027, 3, 22),
])
def test_month_lengths(year, month, length):
    calendar = Calendar(dt.date(2026, 1, 2), days=300)
    assert calendar.length(12 * year + month - 1) == length


def test_day_zero_moves_to_a_business_day():
    assert Calendar(dt.date(2026, 7, 3), days=10).date(0) == dt.date(2026, 7, 6)  # a holiday before a weekend
    assert Calendar(dt.date(2026, 10, 1), days=10).date(0) == dt.date(2026, 10, 1)


def test_negative_days_count_back_through_the_burn_in():
    calendar = Calendar(dt.date(2026, 10, 1), days=10, burn_in=252)
    assert calendar.date(-1) == dt.date(2026, 9, 30)
    assert calendar.date(-252) == dt.date(2025, 9, 30)
    assert calendar.month(-1) == calendar.month(0) - 1
    assert calendar.first_day(calendar.month(-1)) == -21
    assert calendar.last_day(calendar.month(-1)) == -1
    assert calendar.day_of_month(-1) == 20


def test_a_month_outside_the_calendar_is_refused():
    calendar = Calendar(dt.date(2026, 10, 1), days=10)
    with pytest.raises(KeyError):
        calendar.first_day(month_number(dt.date(2050, 1, 1)))


@pytest.mark.parametrize("date", [dt.date(2026, 1, 1), dt.date(2026, 12, 31), dt.date(1999, 6, 15)])
def test_month_numbers(date):
    assert month_number(date) == 12 * date.year + date.month - 1
    assert month_name(month_number(date)) == f"{date:%b %Y}"


starts = st.dates(dt.date(2000, 1, 1), dt.date(2060, 12, 31))


@given(starts, st.integers(1, 800), st.integers(0, 600))
def test_days_are_business_days_in_order_without_gaps(start, days, burn_in):
    calendar = Calendar(start, days, burn_in)
    dates = [calendar.date(day) for day in range(-burn_in, days)]
    assert all(is_open(date) for date in dates)
    date, expected = dates[0], []
    while date <= dates[-1]:
        if is_open(date):
            expected.append(date)
        date += dt.timedelta(days=1)
    assert dates == expected
    assert calendar.date(0) >= start
    assert not any(is_open(start + dt.timedelta(days=i)) for i in range((calendar.date(0) - start).days))


@given(starts, st.integers(1, 600), st.data())
def test_contracts_expire_on_the_last_business_day_of_their_month(start, days, data):
    calendar = Calendar(start, days, burn_in=100)
    month = calendar.month(data.draw(st.integers(0, days - 1))) + data.draw(st.integers(0, 36))
    expected = business_days(month // 12, month % 12 + 1)
    if month != calendar.month(-100):  # the burn-in may start in mid-month
        assert calendar.length(month) == len(expected)
        assert calendar.date(calendar.first_day(month)) == expected[0]
    assert calendar.date(calendar.last_day(month)) == expected[-1]
    assert calendar.month(calendar.last_day(month)) == month
    assert calendar.month(calendar.last_day(month) + 1) == month + 1


@given(starts, st.integers(30, 600), st.data())
def test_day_on_is_the_inverse_of_date(start, days, data):
    calendar = Calendar(start, days, burn_in=50)
    day = data.draw(st.integers(-49, days - 1))
    date = calendar.date(day)
    assert calendar.day_on(date) == day
    assert calendar.day_on(calendar.date(day - 1) + dt.timedelta(days=1)) == day  # the days between lead to the next
    if calendar.month(day) != calendar.month(-50):  # the burn-in may start in mid-month
        assert calendar.day_of_month(day) == business_days(date.year, date.month).index(date)
