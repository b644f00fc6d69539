"""Business days, contract months and expiries: real dates, counted from the first day of the run.

Day 0 is the first business day of a run; the burn-in before it has negative days. A month is an
absolute number, ``12 * year + (month - 1)``, so that months can be subtracted and used as keys.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import numpy as np


def month_number(date: dt.date) -> int:
    """The absolute number of the month of a date."""
    return 12 * date.year + date.month - 1


def month_name(month: int) -> str:
    """"Oct 2026" for an absolute month number."""
    return dt.date(month // 12, month % 12 + 1, 1).strftime("%b %Y")


def _nth(year: int, month: int, weekday: int, n: int) -> dt.date:
    """The n-th weekday (Monday 0) of a month; n = -1 is the last one."""
    if n < 0:
        first_of_next = dt.date(year + month // 12, month % 12 + 1, 1)
        return first_of_next - dt.timedelta(days=(first_of_next.weekday() - weekday - 1) % 7 + 1)
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _easter(year: int) -> dt.date:
    """Easter Sunday, Gregorian. Source: the anonymous algorithm (Meeus 1991, Astronomical Algorithms, ch. 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return dt.date(year, month, day + 1)


@lru_cache(maxsize=256)
def holidays(year: int) -> tuple[dt.date, ...]:
    """Days on which United States exchanges are closed. Source: NYSE holiday rules, in force since 2022."""
    fixed = [dt.date(year, 1, 1), dt.date(year, 6, 19), dt.date(year, 7, 4), dt.date(year, 12, 25)]
    moved = [d + dt.timedelta(days={5: -1, 6: 1}.get(d.weekday(), 0)) for d in fixed]
    if fixed[0].weekday() == 5:  # a Saturday New Year is not moved into the old year
        moved[0] = fixed[0]
    floating = [_nth(year, 1, 0, 3), _nth(year, 2, 0, 3), _easter(year) - dt.timedelta(days=2),
                _nth(year, 5, 0, -1), _nth(year, 9, 0, 1), _nth(year, 11, 3, 4)]
    return tuple(sorted(moved + floating))


class Calendar:
    """The business days of one run, burn-in included, and the months around them.

    Parameters
    ----------
    start   : date  first reported day (moved to the next business day if it is none)
    days    : int   business days reported
    burn_in : int   business days before ``start``
    ahead   : int   months after the last day whose length can be asked for
    """

    def __init__(self, start: dt.date, days: int, burn_in: int = 0, ahead: int = 40) -> None:
        first_year = start.year - burn_in // 250 - 2
        last_year = start.year + days // 250 + ahead // 12 + 3
        closed = [d for y in range(first_year, last_year + 1) for d in holidays(y)]
        busy = np.busdaycalendar(holidays=closed)
        zero = np.busday_offset(start, 0, roll="forward", busdaycal=busy)
        offsets = np.arange(-burn_in, days + 21 * (ahead + 2))
        self.days, self.burn_in = days, burn_in
        self.dates = np.busday_offset(zero, offsets, busdaycal=busy)  # datetime64[D], index = day + burn_in
        self.month_of = self.dates.astype("datetime64[M]").astype(np.int64) + 1970 * 12
        self._first = {int(m): int(i) for m, i in zip(*np.unique(self.month_of, return_index=True), strict=True)}

    def date(self, day: int) -> dt.date:
        """The date of a day (negative in the burn-in)."""
        return self.dates[day + self.burn_in].item()

    def month(self, day: int) -> int:
        """The absolute month number of a day."""
        return int(self.month_of[day + self.burn_in])

    def first_day(self, month: int) -> int:
        """The first business day of a month (it may lie before day 0). Raises KeyError outside the calendar."""
        return self._first[month] - self.burn_in

    def last_day(self, month: int) -> int:
        """The last business day of a month, on which its contract expires."""
        return self._first[month + 1] - 1 - self.burn_in

    def length(self, month: int) -> int:
        """Business days in a month."""
        return self._first[month + 1] - self._first[month]

    def day_of_month(self, day: int) -> int:
        """0 on the first business day of the month."""
        return day - self.first_day(self.month(day))

    def day_on(self, date: dt.date) -> int:
        """The first business day on or after a date."""
        return int(np.searchsorted(self.dates, np.datetime64(date, "D"))) - self.burn_in
