"""What reports are asked about: ranges of days and what they are compared with, cut into periods.

Ranges have both ends inside. Those named by a number of days end with the last day that is over; the current week, month,
quarter and year end today. What a range is compared with has the same place in the calendar: a month so far is compared with as
much of the month before, a whole month with a whole one.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import WeekStart
from chalicelib.domain.days import DAY
from chalicelib.domain.ranges import Range, months_later, preset_range

RangeName = Literal["7d", "30d", "90d", "week", "month", "last-month", "quarter", "last-quarter", "year", "custom"]
Compare = Literal["previous", "year", "none"]
By = Literal["day", "week", "month"]

DAYS_MAX = 731
COLUMNS_MAX = 93
_YEAR_MONTHS = 12
_ROLLING = {"7d": 7, "30d": 30, "90d": 90}
# How many months a range goes back to the one before it; other ranges go back by as many days as they have.
_MONTHS = {"month": 1, "last-month": 1, "quarter": 3, "last-quarter": 3, "year": 12}


class Periods(msgspec.Struct, frozen=True):
    """A range in days, weeks or months: the first day of each, in order. The first and the last may be cut by the range."""

    whole: Range
    by: By
    firsts: tuple[date, ...]

    def place(self, day: date) -> int:
        """In which of the periods the day is."""
        return max(bisect_right(self.firsts, day) - 1, 0)

    def place_before(self, day: date, before: Range) -> int:
        """Beside which of the periods a day of the range before stands: that which is as far in."""
        return self.place(min(self.whole.first + (day - before.first), self.whole.last))


def range_named(
    name: RangeName,
    today: date,
    *,
    week_start: WeekStart,
    fiscal_start: int,
    first: date | None = None,
    last: date | None = None,
) -> Range:
    """The days that are meant on `today`. `first` and `last` are those of a custom range. Raises RequestError."""
    if name == "custom":
        return _custom(first, last)
    if first is not None or last is not None:
        raise errors.RequestError("These days would not be used.", {"range": "Choose custom to name days."})
    if name in _ROLLING:
        return Range(today - timedelta(days=_ROLLING[name]), today - DAY)
    if name == "week":
        return preset_range("current_week", today, week_start=week_start, fiscal_start=fiscal_start)
    if name == "month":
        return Range(today.replace(day=1), today)
    if name == "last-month":
        return preset_range("last_month", today, week_start=week_start, fiscal_start=fiscal_start)
    last_quarter = preset_range("last_quarter", today, week_start=week_start, fiscal_start=fiscal_start)
    if name == "last-quarter":
        return last_quarter
    if name == "quarter":
        return Range(last_quarter.last + DAY, today)
    back = (today.month - fiscal_start) % _YEAR_MONTHS
    return Range(months_later(today.replace(day=1), -back), today)


def _custom(first: date | None, last: date | None) -> Range:
    missing = {name: "Choose a day." for name, day in (("from", first), ("to", last)) if day is None}
    if first is None or last is None:
        raise errors.RequestError("A custom range needs two days.", missing)
    if last < first:
        raise errors.RequestError("The range ends before it starts.", {"to": "This is before the first day."})
    if (last - first).days >= DAYS_MAX:
        raise errors.RequestError(
            "At most two years at a time.", {"from": "Choose a first day two years before the last."}
        )
    return Range(first, last)


def before(name: RangeName, whole: Range, compare: Compare) -> Range | None:
    """What the range is compared with; None for nothing."""
    if compare == "none":
        return None
    months = _YEAR_MONTHS if compare == "year" else _MONTHS.get(name, 0)
    if months:
        return _months_before(whole, months)
    return Range(whole.first - timedelta(days=whole.count), whole.first - DAY)


def _months_before(whole: Range, months: int) -> Range:
    """The range so many months earlier; if it ends with a month, that does too."""
    first = months_later(whole.first, -months)
    after = whole.last + DAY
    if whole.first.day == 1 and after.day == 1:
        return Range(first, months_later(after, -months) - DAY)
    return Range(first, months_later(whole.last, -months))


def periods_of(whole: Range, by: By, week_start: WeekStart) -> Periods:
    """Cut a range into days, weeks or calendar months."""
    return Periods(whole, by, tuple(day for day in whole.days() if day == whole.first or _begins(day, by, week_start)))


def _begins(day: date, by: By, week_start: WeekStart) -> bool:
    if by == "week":
        return day.weekday() == (6 if week_start == "sunday" else 0)
    return by == "day" or day.day == 1


def default_by(whole: Range) -> By:
    """A range of more than a quarter is told by week."""
    return "day" if whole.count <= COLUMNS_MAX else "week"


def currencies_in_order(found: Sequence[str], own: str) -> tuple[str, ...]:
    """The workspace's own first, whether it was found or not; the others by name."""
    return (own, *sorted(set(found) - {own}))
