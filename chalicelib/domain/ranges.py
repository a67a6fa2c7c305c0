"""Ranges of days that people sync: presets, batches, and which ranges can be asked for.

Every range has both ends inside. A preset is resolved from the connection's today and is kept as its two days. A long range is
brought in as batches of at most four calendar months, each of which begins so many months after the range's first day, not
after the batch before it: so a range that begins on a 31st keeps its 31sts.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, get_args

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import WeekStart
from chalicelib.domain.days import DAY, days_between
from chalicelib.domain.sentences import counted, day_name, day_name_in

Preset = Literal["current_week", "current_month", "last_month", "last_quarter"]

PRESETS: tuple[Preset, ...] = get_args(Preset)
# What people and programs may name: no shop sold before, and around year 1 and 9999 days have no bounds.
USABLE_DAYS = date(2000, 1, 1), date(2100, 12, 31)
BATCH_MONTHS = 4
BATCHES_MAX = 15

_QUARTER_MONTHS = 3
_NUMBERS = ("", "one batch", "two batches", "three batches", "four batches", "five batches")
# So many batches are named one by one; a longer list would not be read.
_NAMED_BATCHES_MAX = 3


class Range(msgspec.Struct, frozen=True, array_like=True):
    """The days from `first` to `last`, both inside."""

    first: date
    last: date

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    def days(self) -> Iterator[date]:
        """Yield each day, oldest first."""
        return days_between(self.first, self.last)


def is_usable(day: date) -> bool:
    """Whether the day is one that may be asked for at all."""
    return USABLE_DAYS[0] <= day <= USABLE_DAYS[1]


def preset_range(preset: Preset, today: date, *, week_start: WeekStart, fiscal_start: int) -> Range:
    """The days that a preset means on `today`. Current ones end today, last ones are whole and in the past.

    Quarters are counted from the first month of the fiscal year, `fiscal_start` (1 is January).
    """
    month = today.replace(day=1)
    if preset == "current_week":
        return Range(today - timedelta(days=(today.weekday() + (week_start == "sunday")) % 7), today)
    if preset == "current_month":
        return Range(month, today)
    if preset == "last_month":
        return Range(months_later(month, -1), month - DAY)
    quarter = months_later(month, -((today.month - fiscal_start) % _QUARTER_MONTHS))
    return Range(months_later(quarter, -_QUARTER_MONTHS), quarter - DAY)


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later, or the month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def batches_of(whole: Range) -> tuple[Range, ...]:
    """Cut a range into batches of at most four months, oldest first."""
    batches: list[Range] = []
    first = whole.first
    while first <= whole.last:
        after = months_later(whole.first, BATCH_MONTHS * (len(batches) + 1))
        batches.append(Range(first, min(after - DAY, whole.last)))
        first = after
    return tuple(batches)


def first_shown(today: date, reach_days: int | None) -> date | None:
    """The oldest day that a channel shows which shows the last `reach_days` days; None if it shows all."""
    return None if reach_days is None else today - timedelta(days=reach_days - 1)


def batches_to_sync(asked: Range, *, today: date, reach_days: int | None) -> tuple[Range, ...]:
    """The batches of a range that a person asks for. Raises RequestError, naming `from` or `to`, if it cannot be synced."""
    if asked.last < asked.first:
        raise errors.RequestError("The range ends before it starts.", {"to": "This is before the first day."})
    if asked.last > today:
        said = f"Today is {day_name(today)} there."
        late = {"from": said, "to": said} if asked.first > today else {"to": said}
        raise errors.RequestError("The range lies in the future.", late)
    shown = first_shown(today, reach_days)
    if shown is not None and asked.first < shown:
        said = f"The shop shows us the last {reach_days} days only: choose {day_name_in(shown)} or later."
        raise errors.RequestError("Days before that are not available.", {"from": said})
    batches = batches_of(asked)
    if len(batches) > BATCHES_MAX:
        years = BATCHES_MAX * BATCH_MONTHS // 12
        raise errors.RequestError(
            f"At most {years} years at a time.", {"from": f"Choose a first day at most {years} years before the last."}
        )
    return batches


def told_batches(batches: tuple[Range, ...]) -> str:
    """What a long range runs as: "two batches: Jan 1 to Apr 30, 2026, then May 1 to Jun 30, 2026"."""
    count = len(batches)
    number = _NUMBERS[count] if count < len(_NUMBERS) else counted(count, "batch", "batches")
    named = [range_name(each) for each in batches]
    if count > _NAMED_BATCHES_MAX:
        named = [named[0], "and so on", f"at last {named[-1]}"]
        return f"{number}: {', '.join(named)}"
    return f"{number}: {', then '.join(named)}"


def range_name(given: Range) -> str:
    """Jan 1 to Apr 30, 2026; Nov 1, 2025 to Feb 28, 2026; Jul 3, 2026."""
    if given.first == given.last:
        return day_name_in(given.first)
    first = day_name(given.first) if given.first.year == given.last.year else day_name_in(given.first)
    return f"{first} to {day_name_in(given.last)}"
