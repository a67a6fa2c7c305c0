"""Keeping who bought, in individual mode only, and erasing it (RELIABILITY 2, step 12).

Writer and eraser meet in the middle: the eraser first says what is no longer kept (the settings, or a note of the erased
orders) and then walks over all days; the writer first writes and then reads what is no longer kept. So one of the two sees
the other. What a walk misses because its process died, or because somebody wrote and then died, a second walk a while later
finds. Facts, documents and totals know no persons: nothing else changes.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from chalicelib import errors
from chalicelib.domain.connections import Connection
from chalicelib.domain.months import MonthKey, month_key
from chalicelib.domain.persons import KEPT_DAYS, Person
from chalicelib.domain.work import DayKey, Erasure, Head, Named

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.storage.persons import PersonParts

# Longer than any worker lives that claimed before.
AGAIN_S = 900
# A visitor waits for the first walk, or a shop that gives us five seconds for a webhook; what it does not get to is the second
# one's.
WALK_S = 3


class Persons:
    """The persons of all connections."""

    def __init__(
        self,
        *,
        parts: "PersonParts",
        days: "Days",
        agenda: "Agenda",
        connections: "Connections",
        touch_month: Callable[[MonthKey], None],
        now: Callable[[], datetime],
    ) -> None:
        self._parts = parts
        self._days = days
        self._agenda = agenda
        self._connections = connections
        self._touch_month = touch_month
        self._now = now

    # -- keeping

    def write(self, day: DayKey, attempt: str, persons: Mapping[str, Person] | None) -> str | None:
        """Write the persons that an attempt found, and return the name under which a head may keep them.

        None if they are not to be kept, were not asked for, or are known in part only (`persons` None).
        """
        if persons is None or not self._are_kept(day):
            return None
        erased = self._parts.erased(day.workspace, day.connection)
        self._parts.write(day, attempt, {id_: who for id_, who in persons.items() if id_ not in erased})
        if not self._are_kept(day):
            self._parts.delete(day, attempt)
            return None
        self._parts.take_out(day, self._parts.erased(day.workspace, day.connection), attempt)
        return attempt

    def note(self, day: DayKey) -> None:
        """Tell readers that a head may keep other persons than before. To be called after that, and before the day is at rest."""
        if self._are_kept(day):
            self._touch_month(month_key(day))

    def saved(self, day: DayKey, attempts: Iterable[str]) -> dict[str, Person] | None:
        """The persons that interrupted attempts left; None if those of one are not there."""
        saved: dict[str, Person] = {}
        for attempt in attempts:
            found = self._parts.read(day, attempt)
            if found is None:
                return None
            saved |= found
        return saved

    def _oldest(self) -> date:
        """The first day of whose persons anybody is told."""
        return self._now().date() - timedelta(days=KEPT_DAYS)

    def _are_kept(self, day: DayKey) -> bool:
        if day.day < self._oldest():
            return False
        connection = self._connections.get(day.workspace, day.connection)
        return connection is not None and connection.keeps_persons

    # -- reading

    def names(self, day: DayKey) -> dict[str, Person]:
        """Who is known to have bought on a day, by order id; nobody unless the connection is in individual mode, and of no day
        that is longer ago than persons are kept, whatever the table still has."""
        head = self._days.read(day) if self._are_kept(day) else None
        return self._parts.names(head) if head is not None else {}

    def names_on(self, days: Iterable[DayKey]) -> dict[DayKey, dict[str, Person]]:
        """The same of many days, of connections in individual mode."""
        oldest = self._oldest()
        heads = self._days.read_many(day for day in days if day.day >= oldest)
        return self._parts.names_of(
            Named(day, head.named, head.shown.orders) for day, head in heads.items() if head.named and head.shown
        )

    def names_of(
        self, workspace: str, connections: Set[str], first: date, last: date
    ) -> dict[DayKey, dict[str, Person]]:
        """Who is known to have bought from connections in individual mode on days from `first` to `last`, by order id."""
        first = max(first, self._oldest())
        named = self._days.named(workspace, first, last) if first <= last else ()
        return self._parts.names_of(each for each in named if each.key.connection in connections)

    # -- erasing

    def announce(self, connection: Connection) -> Erasure:
        """Let the sweep walk over the connection in a while. To be called before the settings are changed, so that a process
        that dies between the two is made up for; if they are not changed, the walk erases nothing."""
        at = int(self._now().timestamp()) + AGAIN_S
        return self._agenda.want_erasing(connection.workspace, connection.id, at)

    def leave(self, connection: Connection) -> None:
        """Erase all persons of a connection whose settings, already written, no longer keep them."""
        self.announce(connection)
        self._begin_walk(connection)

    def erase_orders(self, connection: Connection, order_ids: Iterable[str] | None) -> None:
        """Erase the persons of these orders for good, or of all whose persons are kept if None.

        What is fetched later brings them back no more. May be done again. Raises StorageError if it is not noted.
        """
        self.announce(connection)
        ids = self._everybody(connection) if order_ids is None else order_ids
        self._parts.erase(connection.workspace, connection.id, ids)
        self._begin_walk(connection)

    def known(self, connection: Connection, order_ids: Iterable[str]) -> int:
        """Of how many of these orders somebody is kept."""
        return len(self._everybody(connection).intersection(order_ids))

    def _everybody(self, connection: Connection) -> set[str]:
        days = (head.key for head in self._heads(connection.workspace, connection.id))
        return {
            id_ for day in days for attempt in self._parts.attempts(day) for id_ in self._parts.read(day, attempt) or ()
        }

    def finish(self, erasure: Erasure) -> None:
        """Walk once more if it is time to, and be done with it, unless something else was erased meanwhile."""
        if erasure.at <= self._now().timestamp():
            self._walk(erasure.workspace, erasure.connection)
            self._agenda.drop_erasing(erasure)

    def _begin_walk(self, connection: Connection) -> None:
        with suppress(errors.StorageError):  # the walk that is announced makes up for this one
            self._walk(connection.workspace, connection.id, WALK_S)

    def _walk(self, workspace: str, connection: str, limit_s: int | None = None) -> None:
        """Rid all days of what is not kept; the newest last, which are the likeliest to be written meanwhile.

        Readers are told of each month that was walked over, also if nothing was left to erase: an earlier walk may have died
        before it told them.
        """
        began = self._now()
        erased = self._parts.erased(workspace, connection)
        for month, heads in groupby(self._heads(workspace, connection), key=lambda head: month_key(head.key)):
            for head in heads:
                if limit_s is not None and (self._now() - began).total_seconds() > limit_s:
                    self._touch_month(month)
                    return
                self._clear(head, erased)
            self._touch_month(month)

    def _clear(self, head: Head, erased: set[str]) -> None:
        day = head.key
        if self._are_kept(day):
            self._parts.take_out(day, erased)
        else:
            self._parts.delete(day)
        if head.named is not None and head.named not in self._parts.attempts(day):
            self._days.forget_names(day, head.named)

    def _heads(self, workspace: str, connection: str) -> Iterable[Head]:
        heads = self._days.list(workspace, date.min, date.max)
        return (head for head in heads if head.key.connection == connection)
