"""The night and the sweep: read the agenda, ask what is due, look for late changes, send what is wanted.

Both schedules do the same; the planner shares the agenda's partitions among messages. A night that was missed catches up by
itself, because each connection's item says through which day it has been asked.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.connections import Connection
from chalicelib.domain.days import DAY, day_of, days_between, due_at
from chalicelib.domain.order_settings import A_DAY_MIN
from chalicelib.domain.work import DayKey, Due, Erasure, Wanted

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.workflows.ask import Ask
    from chalicelib.workflows.look_back import LookBack
    from chalicelib.workflows.syncs import RunSyncs

CAUGHT_UP_DAYS_MAX = 120
CLEANED_DAYS = 14


# Sent so often, a day has been wanted for about an hour, or its channel has been away for long.
STUCK_SENDS = 5


class Planned(msgspec.Struct, frozen=True):
    """What there was no time for; by how much the latest connection was past its time, and how many days are stuck."""

    left: tuple[int, ...]
    late_s: int = 0
    stuck: int = 0


class Plan:
    """Plans over agenda partitions. `resend_s` is how long a sent message is left alone; `finish_parting` ends a
    disconnecting that died, `finish_erasing` an erasing; `cut_again` asks the days that another zone is to cut anew if that
    was not done."""

    def __init__(
        self,
        *,
        agenda: "Agenda",
        ask: "Ask",
        syncs: "RunSyncs",
        look_back: "LookBack",
        connections: "Connections",
        finish_parting: Callable[[Connection], None],
        cut_again: Callable[[str, str], object],
        finish_erasing: Callable[[Erasure], None],
        now: Callable[[], datetime],
        resend_s: int,
    ) -> None:
        self._agenda = agenda
        self._ask = ask
        self._syncs = syncs
        self._look_back = look_back
        self._connections = connections
        self._finish_parting = finish_parting
        self._cut_again = cut_again
        self._finish_erasing = finish_erasing
        self._now = now
        self._resend_s = resend_s

    def shares(self, messages: int) -> list[tuple[int, ...]]:
        """The agenda's partitions, shared out among so many messages."""
        everything = range(self._agenda.partitions)
        return [share for first in range(messages) if (share := tuple(everything[first::messages]))]

    def plan(self, partitions: Iterable[int], *, out_of_time: Callable[[], bool] = lambda: False) -> Planned:
        """Do what is due on each partition, until there is no more time."""
        left = list(partitions)
        late_s = stuck = 0
        while left and not out_of_time():
            late_here_s, stuck_here = self.plan_partition(left[0])
            late_s, stuck = max(late_s, late_here_s), stuck + stuck_here
            left.pop(0)
        return Planned(tuple(left), late_s, stuck)

    def plan_partition(self, partition: int) -> tuple[int, int]:
        """Do what is due there; returns how late that is in seconds, and how many days are stuck."""
        connections, wanted, syncs = self._agenda.read_partition(partition)
        began = int(self._now().timestamp())
        # A connection that somebody wants looked at soon has no time that could have passed.
        late_s = max((began - due.next_at for due in connections if 0 < due.next_at < began), default=0)
        for due in connections:
            days = self.ask_due(due)
            self.refresh(due)
            self._look_back.send_look(self._look_back.want(due) if days else due)
            self._look_back.reread(due)
        for pending in syncs:
            self._syncs.go_on(pending)
        for erasure in self._agenda.erasures(partition):
            self._finish_erasing(erasure)
        blocked = {due.connection: due.blocked_until for due in connections}
        at = int(self._now().timestamp())
        self._ask.resend(
            item for item in wanted if self._is_time(item, at) and blocked.get(item.key.connection, 0) <= at
        )
        return late_s, sum(item.sends >= STUCK_SENDS for item in wanted)

    def ask_due(self, due: Due) -> list[date]:
        """Ask each day after `asked_through` that is due, then move on to the next night."""
        now = self._now()
        if due.next_at > now.timestamp():
            return []
        connection = self._connections.get(due.workspace, due.connection)
        if connection is None or connection.state != "paired":
            if connection is not None and connection.state == "parting":
                self._finish_parting(connection)
            self._agenda.asked(due, due.asked_through, int((now + DAY).timestamp()))
            return []
        self._cut_again(due.workspace, due.connection)
        cut = connection.calendar
        today = day_of(now, cut)
        first = max(due.asked_through + DAY, today - timedelta(days=CAUGHT_UP_DAYS_MAX))
        days = [day for day in days_between(first, today - DAY) if due_at(day, cut) <= now]
        self._ask.ask([DayKey(due.workspace, due.connection, day) for day in days], "sync", by_person=False)
        through = days[-1] if days else due.asked_through
        self._agenda.asked(due, through, int(due_at(through + DAY, cut).timestamp()))
        if days:
            self._want_cleaning(due, through)
        return days

    def refresh(self, due: Due) -> None:
        """Ask for today so far, and for a day that has ended and whose night has not come, at the connection's interval."""
        now = self._now()
        if not 0 < due.refresh_at <= now.timestamp():
            return
        connection = self._connections.get(due.workspace, due.connection)
        if connection is None or connection.state != "paired" or connection.settings.interval_min >= A_DAY_MIN:
            self._agenda.refreshed(due, 0)
            return
        today = day_of(now, connection.calendar)
        open_days = [day for day in (today - DAY, today) if day > due.asked_through]
        self._ask.ask([DayKey(due.workspace, due.connection, day) for day in open_days], "sync", by_person=False)
        interval_s = connection.settings.interval_min * 60
        self._agenda.refreshed(due, (int(now.timestamp()) // interval_s + 1) * interval_s)

    def _want_cleaning(self, due: Due, through: date) -> None:
        """Once a week, on a day of its own, a connection's last days are cleaned of what died without a word."""
        if self._agenda.partition_of(due.connection) % 7 != through.toordinal() % 7:
            return
        at = int(self._now().timestamp())
        for day in days_between(through - (CLEANED_DAYS - 1) * DAY, through):
            self._agenda.want_cleaning(DayKey(due.workspace, due.connection, day), at)

    def _is_time(self, item: Wanted, at: int) -> bool:
        """Its next try has come, and nobody sent it since, or so long ago that the message may be lost."""
        return item.next_try_at <= at and (item.sent_at < item.next_try_at or item.sent_at + self._resend_s <= at)
