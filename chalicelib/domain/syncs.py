"""Syncs: requests for ranges of days."""

from datetime import date, datetime
from typing import Literal

import msgspec

Reason = Literal["pairing", "nightly", "manual"]


class Sync(msgspec.Struct, frozen=True, kw_only=True):
    """A request for days, newest first. `not_available` are days the channel does not show us.

    `asked` holds the number of each day's ask so far; a day is done when its head has served that number.
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
