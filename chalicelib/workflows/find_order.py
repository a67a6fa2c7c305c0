"""Finding the day of one order, for a sync that was asked for by order number.

Only workers open credentials, so the page's request stores the sync without days, and this asks the channel when orders of that
number were placed. The sync then has those days, and any other day on which we hold the number: an order that moved leaves
the day where it was. The message is a hint; what is lost the sweep sends again.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from chalicelib import errors
from chalicelib.domain.activity import Level, Line, line_id
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import day_of
from chalicelib.domain.summaries import number_in
from chalicelib.domain.syncs import Sync
from chalicelib.domain.work import OrderMessage, PendingSync

if TYPE_CHECKING:
    from chalicelib.storage.activity import Activity
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.revisions import Revisions
    from chalicelib.storage.syncs import Syncs

TRIES_MAX = 12
OPENED_MAX = 20

Outcome = Literal["found", "nowhere", "repeat", "superseded", "parked", "failed", "busy", "ignored"]


class Channel(Protocol):
    """What is needed of a paired shop."""

    def find_order(self, number: str) -> tuple[datetime, ...]: ...


class OpenChannel(Protocol):
    """Opens a connection's channel with working credentials; `renew` after the channel refused the ones in use."""

    def __call__(self, connection: Connection, *, renew: bool) -> Channel: ...


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended, for its one log line."""

    outcome: Outcome
    days: tuple[date, ...] = ()
    reason: str = ""


class FindOrder:
    """Finds one order at a time. `go_on` asks a sync's days."""

    def __init__(
        self,
        *,
        syncs: "Syncs",
        agenda: "Agenda",
        connections: "Connections",
        documents: "Documents",
        revisions: "Revisions",
        activity: "Activity",
        open_channel: OpenChannel,
        go_on: Callable[[PendingSync], None],
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._syncs = syncs
        self._agenda = agenda
        self._connections = connections
        self._activity = activity
        self._open_channel = open_channel
        self._documents = documents
        self._revisions = revisions
        self._go_on = go_on
        self._now = now
        self._new_id = new_id

    def run(self, message: OrderMessage) -> Sought:
        """Give the message's sync its days, if it still has none, and ask for them. Raises StorageError."""
        sync = self._syncs.read(message.workspace, message.sync)
        if sync is None or sync.ended_at is not None or sync.cancelled or not sync.seeks:
            return Sought(outcome="repeat")
        connection = self._connections.get(sync.workspace, sync.connection)
        if connection is None or connection.state != "paired":
            self._end(sync, failure="The shop is not connected any more.")
            return Sought(outcome="ignored", reason="not paired")
        due = self._agenda.connection(connection.id)
        if due is not None and due.blocked_until > self._seconds():
            return Sought(outcome="busy", reason="the channel asked us to wait")
        if connection.sign_in_needed:
            return Sought(outcome="parked", reason="The channel wants a new sign-in.")
        if sync.tries >= TRIES_MAX:
            # Not one of them said how it ended.
            return self._give_up(sync, connection, "it ended without a word every time")
        if not self._syncs.take_try(sync):
            return Sought(outcome="superseded")
        return self._seek(sync, connection)

    def _seek(self, sync: Sync, connection: Connection) -> Sought:
        number = sync.order_number
        assert number is not None, "a sync that seeks has an order number"
        try:
            placed = self._ask(connection, number)
        except errors.RateLimited as exc:
            self._agenda.block(connection.id, self._seconds() + int(exc.retry_after_s) + 1)
            self._syncs.give_back(sync)
            return self._wait(sync, str(exc))
        except errors.AuthExpired as exc:
            self._connections.mark_sign_in_needed(connection.workspace, connection.id, epoch=connection.epoch)
            self._syncs.give_back(sync)
            return self._wait(sync, str(exc))
        except errors.ChannelError as exc:
            if sync.tries + 1 >= TRIES_MAX:
                return self._give_up(sync, connection, str(exc))
            return self._wait(sync, str(exc))
        today = day_of(self._now(), connection.calendar)
        found = {day_of(at, connection.calendar) for at in placed} | set(self._held_on(connection, number))
        days = tuple(sorted((day for day in found if day <= today), reverse=True))
        if not days:
            if self._end(sync):
                self._note(sync, "warning", f"No order #{number} at {connection.name}.")
            return Sought(outcome="nowhere")
        if not self._syncs.note_days(sync, days):
            return Sought(outcome="superseded")
        self._go_on(_pending(sync))
        return Sought(outcome="found", days=days)

    def _ask(self, connection: Connection, number: str) -> tuple[datetime, ...]:
        """Ask the channel, once more with renewed credentials if it refuses those in use. Raises ChannelError."""
        try:
            return self._open_channel(connection, renew=False).find_order(number)
        except errors.AuthExpired:
            return self._open_channel(connection, renew=True).find_order(number)

    def _held_on(self, connection: Connection, number: str) -> Iterator[date]:
        """Yield the newest days on which we hold an order of this number, those that are locked too. Raises TornRead."""
        wanted, opened = number_in(number), 0
        documents = self._documents.list(connection.workspace, date.min, date.max, newest_first=True)
        for key, version in documents:
            if key.connection != connection.id:
                continue
            # An order that came when its day was locked is only in the facts that a correction names.
            names = [(msgspec.structs.replace(key, day=day), attempt) for day, attempt in version.corrections]
            if version.base and any(sheet.low <= wanted <= sheet.high for sheet in version.sheets):
                names.append((key, version.base))
            for day, attempt in names:
                if opened == OPENED_MAX:
                    return
                opened += 1
                revision = self._revisions.read(day, attempt)
                orders = self._revisions.orders(day, revision) if revision else ()
                if any(order.number.lstrip("#").casefold() == number.casefold() for order in orders):
                    yield day.day

    def _wait(self, sync: Sync, reason: str) -> Sought:
        self._note(sync, "warning", f"Order #{sync.order_number} waits: {reason}")
        return Sought(outcome="parked", reason=reason)

    def _give_up(self, sync: Sync, connection: Connection, reason: str) -> Sought:
        if self._end(sync, failure=reason):
            text = f"Order #{sync.order_number} could not be looked for at {connection.name}: {reason}"
            self._note(sync, "error", text)
        return Sought(outcome="failed", reason=reason)

    def _end(self, sync: Sync, *, failure: str | None = None) -> bool:
        """End the sync without days; False if it has found some meanwhile, or has ended."""
        ended = self._syncs.end(sync, self._seconds(), failure=failure)
        if ended:
            self._agenda.drop_sync(_pending(sync))
        return ended

    def _seconds(self) -> int:
        return int(self._now().timestamp())

    def _note(self, sync: Sync, level: Level, text: str) -> None:
        at, name = self._now(), self._new_id()
        line = Line(id=line_id(at, name), at=at, level=level, text=text, connection=sync.connection, sync=sync.id)
        self._activity.write(sync.workspace, line)


def _pending(sync: Sync) -> PendingSync:
    return PendingSync(sync.workspace, sync.connection, sync.id)
