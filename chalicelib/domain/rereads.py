"""Which days are read again without a sign that they changed, and when: what nothing else has noticed, this finds.

By age, in days before today: 1 to 7 every day, 8 to 35 once in seven days, 36 to 120 once in thirty. Each connection has an
instant of its own for it, so that the work is spread over the day, and none in the hour around the night.
"""

import hashlib
from datetime import UTC, date, datetime, time, timedelta

from chalicelib.domain.days import DAY, days_between

DAILY_AGE_MAX, WEEKLY_AGE_MAX, MONTHLY_AGE_MAX = 7, 35, 120
WEEKLY, MONTHLY = 7, 30
# The night's own hour: nothing but the days just ended is asked for then.
QUIET_FROM, QUIET_UNTIL = time(5, 15), time(6, 45)
_SPREAD_S = 86_400 - 90 * 60
# After a longer pause the days are too many to catch up at once; their next turn comes.
CAUGHT_UP_DAYS_MAX = 7


def is_quiet(now: datetime) -> bool:
    """Whether the hour belongs to the night."""
    return QUIET_FROM <= now.astimezone(UTC).time() < QUIET_UNTIL


def reread_after(now: datetime, connection: str) -> datetime:
    """The connection's first instant for re-reads after `now`, the same time of each UTC day."""
    hashed = int.from_bytes(hashlib.sha256(f"re-reads of {connection}".encode()).digest()[:8], "big")
    quiet_until = datetime.combine(now.astimezone(UTC).date(), QUIET_UNTIL, UTC)
    at = quiet_until - DAY + timedelta(seconds=hashed % _SPREAD_S)
    while at <= now:
        at += DAY
    return at


def days_to_reread(today: date, since: date | None = None) -> tuple[date, ...]:
    """The days to read again today, oldest first; with `since`, also those whose turn came on the days from then on."""
    first = today if since is None else max(since, today - (CAUGHT_UP_DAYS_MAX - 1) * DAY)
    found = {on - age * DAY for on in days_between(min(first, today), today) for age in _AGES}
    return tuple(sorted(found))


def _is_read(age: int) -> bool:
    if age <= DAILY_AGE_MAX:
        return True
    return age % (WEEKLY if age <= WEEKLY_AGE_MAX else MONTHLY) == 0


_AGES = tuple(age for age in range(1, MONTHLY_AGE_MAX + 1) if _is_read(age))
