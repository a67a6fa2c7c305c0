"""The schedules of one machine: the night at 05:45 UTC and a sweep every few seconds, as EventBridge would start them.

The clock is the machine's, shifted as the application's own is (`make run NOW=...`). A night that was missed because the
machine was off needs nothing from here: the first sweep finds what is due.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from infra.local.invocation import Handler, Invoke
from infra.local.lines import say

NIGHTLY_AT = time_of_day(5, 45, tzinfo=UTC)
TICK_S = 0.5
# A machine may be slow to start; what came while it did is not missed.
START_S_MAX = 60.0


def next_night(after: datetime) -> datetime:
    """The first 05:45 UTC after this instant."""
    tonight = datetime.combine(after.astimezone(UTC).date(), NIGHTLY_AT)
    return tonight if tonight > after else tonight + timedelta(days=1)


def event_at(at: datetime, rule: str) -> dict[str, Any]:
    """The event of an EventBridge schedule."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "us-east-1",
        "resources": [f"arn:aws:events:us-east-1:000000000000:rule/{rule}"],
        "detail": {},
    }


class Schedules:
    """Which schedules have come: `due` names them and moves on."""

    def __init__(self, now: datetime, *, sweep_s: float) -> None:
        self._sweep = timedelta(seconds=sweep_s)
        self._sweep_at = now
        self._night_at = next_night(now)

    def due(self, now: datetime) -> list[str]:
        """The schedules that have come since the last question, each once."""
        names = []
        if now >= self._night_at:
            names.append("nightly")
            self._night_at = next_night(now)
        if now >= self._sweep_at:
            names.append("sweep")
            self._sweep_at = now + self._sweep
        return names


def keep(handlers: Mapping[str, Handler], invoke: Invoke, *, shift_s: float, since: datetime, sweep_s: float) -> None:
    """Call the handlers "nightly" and "sweep" whenever they have come `since` the launcher began, for ever."""
    shift = timedelta(seconds=shift_s)
    earliest = datetime.now(UTC) - timedelta(seconds=START_S_MAX)
    schedules = Schedules(max(since, earliest) + shift, sweep_s=sweep_s)
    while True:
        now = datetime.now(UTC) + shift
        for name in schedules.due(now):
            if name == "nightly":
                say(f"it is 05:45 UTC on {now.date()}: the night begins")
            invoke(handlers[name], event_at(now, name), name)
        time.sleep(TICK_S)
