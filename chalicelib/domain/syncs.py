"""Syncs: requests for ranges of days."""

from datetime import date, datetime
from typing import Literal

import msgspec

from chalicelib.domain.ranges import Range

Reason = Literal["pairing", "nightly", "manual", "order", "settings", "time_zone"]


class Sync(msgspec.Struct, frozen=True, kw_only=True):
    """A request for days, newest first. `not_available` are days the channel does not show us.

    `asked` holds the number of each day's ask so far; a day is done when its head has served that number. `batches` are asked
    one after the other, oldest first; without any, all days are asked at once. `actor` is the e-mail of who asked.

    A sync by `order_number` has no days until a worker has asked the channel where that order is: the message for it was sent
    `sends` times, last at `sent_at`, and `tries` of them came to nothing. `failure` is why it was given up.

    `as_they_are`: nobody chose these days by their dates; those that are here for the events of their orders only stay that.
    """

    id: str
    workspace: str
    connection: str
    reason: Reason
    days: tuple[date, ...]
    not_available: tuple[date, ...]
    began_at: datetime
    asked: dict[date, int] = {}
    cancelled: bool = False
    ended_at: int | None = None
    batches: tuple[Range, ...] = ()
    actor: str = "daybook"
    order_number: str | None = None
    sends: int = 0
    sent_at: int = 0
    tries: int = 0
    failure: str | None = None
    as_they_are: bool = False

    @property
    def seeks(self) -> bool:
        """Whether it is not known yet on which days its order is."""
        return self.order_number is not None and not self.days

    @property
    def turns(self) -> tuple[tuple[date, ...], ...]:
        """The days in the sequence in which they are asked; each turn waits until the one before it is over."""
        if not self.batches:
            return (self.days,)
        oldest_first = sorted(self.days)
        return tuple(tuple(day for day in oldest_first if batch.first <= day <= batch.last) for batch in self.batches)
