"""Days as shops live them: local-day windows, due times and ranges.

A zone is an IANA name. Day D is the half-open interval [start(D), start(D+1)), start(D) being the first instant whose local
date is D or later. So days of 23, 25, 23.5 and 0 hours exist, and every instant belongs to exactly one day.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

DAY = timedelta(days=1)
NIGHTLY_AT = time(5, 45)
SETTLING = timedelta(minutes=30)
BACKFILL_DAYS = 90


class Window(msgspec.Struct, frozen=True):
    """`[start_at, end_at)`, both aware UTC."""

    start_at: datetime
    end_at: datetime

    def __contains__(self, at: datetime) -> bool:
        return self.start_at <= at < self.end_at


@lru_cache(maxsize=4096)
def start_of(day: date, zone: str) -> datetime:
    """The first instant whose local date in `zone` is `day` or later, in UTC.

    Local midnight may come twice or not at all (clock changes, a date line that moved), so the instant is searched between
    26 hours before and after UTC midnight, where local dates never run backwards by more than an hour or so: first from
    quarter to quarter for the first local date not before `day`, then by halving down to the microsecond. On nearly all days
    the clock is the same at both ends, and then midnight is plain.
    """
    tz = ZoneInfo(zone)
    midnight = datetime.combine(day, time(0), UTC)
    early, last = midnight - timedelta(hours=26), midnight + timedelta(hours=26)
    offset = early.astimezone(tz).utcoffset()
    if offset is not None and offset == last.astimezone(tz).utcoffset():
        return midnight - offset
    late = early
    while late.astimezone(tz).date() < day:
        early, late = late, late + timedelta(minutes=15)
    while late - early > timedelta(microseconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(tz).date() < day:
            early = middle
        else:
            late = middle
    return late


def window_of(day: date, zone: str) -> Window:
    """The day's `[start, end)`; empty where the day does not exist (Apia, 2011-12-30)."""
    return Window(start_of(day, zone), start_of(day + DAY, zone))


def day_of(at: datetime, zone: str) -> date:
    """The day that an instant belongs to.

    It is the local date, except in the hour that a clock set back over midnight repeats: the old date comes again there,
    after the new day has begun.
    """
    local = at.astimezone(ZoneInfo(zone)).date()
    return local + DAY if at >= start_of(local + DAY, zone) else local


def due_at(day: date, zone: str) -> datetime:
    """When the nightly sync may take `day`: the later of 05:45 UTC on the next date and 30 minutes after its end."""
    return max(datetime.combine(day + DAY, NIGHTLY_AT, UTC), start_of(day + DAY, zone) + SETTLING)


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from `first` to `last`, both inside, oldest first."""
    for n in range((last - first).days + 1):
        yield first + n * DAY


def backfill_days(today: date) -> tuple[date, ...]:
    """The first download: today so far and the 90 full days before it, newest first."""
    return tuple(today - n * DAY for n in range(BACKFILL_DAYS + 1))
