"""Backfill by an admin: the sync that a merchant could ask for, asked for by us, told to the merchant and kept in the audit.

The limits are the merchants', so that a slip of the keyboard asks for four months at most; `override` lifts that one.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.activity import line_id
from chalicelib.domain.audit import Change
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import DAY, day_of, days_between
from chalicelib.domain.ranges import Range, batches_to_sync, range_name
from chalicelib.domain.work import DayKey
from chalicelib.workflows.pair import Note

if TYPE_CHECKING:
    from chalicelib.storage.audit import Audit
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.workflows.syncs import RunSyncs

ACTOR = "admin"
JUDGED_BY_DAYS = 30


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What an admin asks for; both days are inside. `beyond_four_months` lifts that limit."""

    workspace: str
    connection: str
    first: date
    last: date
    reason: str
    beyond_four_months: bool


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What a backfill would bring. Days that are here count their own orders, others the mean of the last days."""

    connection: str
    days: int
    known_days: int
    estimated_orders: int
    batches: int


class AdminBackfill:
    """`note` writes activity, `now` gives aware UTC instants, `new_id` names that are never used twice."""

    def __init__(
        self,
        *,
        connections: "Connections",
        days: "Days",
        syncs: "RunSyncs",
        audit: "Audit",
        note: Note,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._connections = connections
        self._days = days
        self._syncs = syncs
        self._audit = audit
        self._note = note
        self._now = now
        self._new_id = new_id

    def look(self, asked: Asked) -> Outlook:
        """Say what it would bring, and begin nothing. Raises RequestError, naming the field."""
        connection, batches = self._check(asked)
        today = day_of(self._now(), connection.calendar)
        here = self._orders(connection, asked.first, asked.last)
        lately = self._orders(connection, today - JUDGED_BY_DAYS * DAY, today - DAY)
        days = Range(asked.first, asked.last).count
        mean = sum(lately.values()) / len(lately) if lately else 0.0
        return Outlook(
            connection=connection.name,
            days=days,
            known_days=len(here),
            estimated_orders=sum(here.values()) + round(mean * (days - len(here))),
            batches=len(batches),
        )

    def begin(self, asked: Asked, sync: str) -> str:
        """Begin the sync under this id and return that; one that has begun already is told once more and goes on as it is.

        Raises RequestError, naming the field; nothing has begun then.
        """
        connection, _ = self._check(asked)
        told = f"{range_name(Range(asked.first, asked.last))}: {asked.reason}"
        if not self._syncs.has_begun(connection.workspace, sync):
            self._keep(connection, told)
            self._syncs.manual(connection, asked.first, asked.last, actor=ACTOR, id_=sync)
        self._note(connection.workspace, "info", f"Backfill by an admin: {told}", connection_id=connection.id)
        return sync

    def _keep(self, connection: Connection, told: str) -> None:
        """Before it is done, so that nothing is done that is not kept."""
        at = self._now()
        row = Change(
            id=line_id(at, self._new_id()),
            at=at,
            actor=ACTOR,
            about=f"connection {connection.id}",
            before={},
            after={"backfill": msgspec.json.encode(told).decode()},
        )
        self._audit.write(connection.workspace, row)

    def _check(self, asked: Asked) -> tuple[Connection, tuple[Range, ...]]:
        connection = self._connections.get(asked.workspace, asked.connection)
        if connection is None:
            said = "This workspace has no such connection."
            raise errors.RequestError("The backfill cannot begin.", {"connection": said})
        if connection.state != "paired":
            raise errors.RequestError("The backfill cannot begin.", {"connection": f"It is {connection.state}."})
        today = day_of(self._now(), connection.calendar)
        batches = batches_to_sync(Range(asked.first, asked.last), today=today, reach_days=connection.reach_days)
        if len(batches) > 1 and not asked.beyond_four_months:
            said = f'These are more than four months; the first end on {batches[0].last}. Or set "override": "four_months".'
            raise errors.RequestError("The backfill cannot begin.", {"to": said})
        return connection, batches

    def _orders(self, connection: Connection, first: date, last: date) -> dict[date, int]:
        """The orders of each day that is here."""
        keys = [DayKey(connection.workspace, connection.id, day) for day in days_between(first, last)]
        heads = self._days.read_many(keys)
        return {key.day: head.shown.orders for key, head in heads.items() if head.shown is not None}
