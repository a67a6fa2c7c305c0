"""Days as shops live them: local-day windows, due times and ranges.

A zone is an IANA name. Day D is the half-open interval [start(D), start(D+1)), start(D) being the first instant whose local
date is D or later. So days of 23, 25, 23.5 and 0 hours exist, and every instant belongs to exactly one day.

A store may change its zone. Its `Calendar` says which zone cuts which days; wherever days are cut, a calendar or the name of
a zone for all days (`Cut`) is taken.
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


class Calendar(msgspec.Struct, frozen=True):
    """The zones that cut a connection's days: `zone` to begin with, then each change with the first day that it cuts.

    The first day of a new zone is the seam: it runs from the end of the last old day to its own end in the new zone, so it may
    be short, long or empty, but no instant falls in two days or in none.
    """

    zone: str
    changes: tuple[tuple[date, str], ...] = ()

    @property
    def latest(self) -> str:
        """The zone in force from the last change on."""
        return self.changes[-1][1] if self.changes else self.zone

    def zone_of(self, day: date) -> str:
        """The zone that says when `day` ends."""
        zone = self.zone
        for first, changed in self.changes:
            if day >= first:
                zone = changed
        return zone

    def changed(self, zone: str, first: date) -> "Calendar":
        """The calendar with `zone` from `first` on; what was to come later is dropped."""
        kept = tuple(change for change in self.changes if change[0] < first)
        before = Calendar(self.zone, kept)
        return before if before.latest == zone else Calendar(self.zone, (*kept, (first, zone)))


Cut = str | Calendar


@lru_cache(maxsize=4096)
def start_of(day: date, cut: Cut) -> datetime:
    """The first instant of `day`, in UTC: the end of the day before it.

    Zones lie up to 26 hours apart, so a day that begins a westward zone may have to begin before the one before it would;
    it begins with it instead, and that one is empty.
    """
    if isinstance(cut, str):
        return _start_in(day, cut)
    return max(_start_in(day, cut.zone_of(day - DAY)), _start_in(day - DAY, cut.zone_of(day - 2 * DAY)))


@lru_cache(maxsize=4096)
def _start_in(day: date, zone: str) -> datetime:
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


def window_of(day: date, cut: Cut) -> Window:
    """The day's `[start, end)`; empty where the day does not exist (Apia, 2011-12-30)."""
    return Window(start_of(day, cut), start_of(day + DAY, cut))


def day_of(at: datetime, cut: Cut) -> date:
    """The day that an instant belongs to.

    It is the local date, except in the hour that a clock set back over midnight repeats, where the old date comes again after
    the new day has begun, and around a change of zone.
    """
    zone = cut if isinstance(cut, str) else cut.zone_of(at.date())
    day = at.astimezone(ZoneInfo(zone)).date()
    while at < start_of(day, cut):
        day -= DAY
    while at >= start_of(day + DAY, cut):
        day += DAY
    return day


def due_at(day: date, cut: Cut) -> datetime:
    """When the nightly sync may take `day`: the later of 05:45 UTC on the next date and 30 minutes after its end."""
    return max(datetime.combine(day + DAY, NIGHTLY_AT, UTC), start_of(day + DAY, cut) + SETTLING)


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from `first` to `last`, both inside, oldest first."""
    for n in range((last - first).days + 1):
        yield first + n * DAY


def backfill_days(today: date) -> tuple[date, ...]:
    """The first download: today so far and the 90 full days before it, newest first."""
    return tuple(today - n * DAY for n in range(BACKFILL_DAYS + 1))
