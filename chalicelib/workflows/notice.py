"""Noticing late changes: asking a channel which orders were updated, and asking anew for the days they were placed on.

The agenda says up to when changes were looked for (`looked_at`) and when to look again (`look_at`). A look asks for its days
first and moves `looked_at` afterwards, so one that dies is made again; it goes back an hour further, for a channel's search may
lag behind its orders. Asking for a day too often costs a fetch and writes nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from chalicelib import errors
from chalicelib.domain.activity import Level
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import BACKFILL_DAYS, DAY, day_of, start_of
from chalicelib.domain.work import ChangesMessage, DayKey, Due, Head

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.storage.known import Known
    from chalicelib.workflows.ask import Ask

OVERLAP = timedelta(minutes=60)
LOOK_EVERY_S = 86_400
RETRY_S = 600
RETRY_REFUSED_S = 6 * 3_600
TOLD_AGAIN_S = 86_400

Outcome = Literal["looked", "continued", "not due", "ignored", "superseded", "waits", "failed"]


class ChangesPage(Protocol):
    """When some changed orders were placed, when the last of them changed, and where the next page begins."""

    @property
    def placed(self) -> tuple[datetime, ...]: ...
    @property
    def seen_until(self) -> datetime | None: ...
    @property
    def cursor(self) -> str | None: ...


class Channel(Protocol):
    """What is needed of a paired shop."""

    def fetch_changes(self, since: datetime, until: datetime, cursor: str | None = None) -> Iterator[ChangesPage]: ...


class OpenChannel(Protocol):
    """Opens a connection's channel with working credentials; `renew` after the channel refused the ones in use."""

    def __call__(self, connection: Connection, *, renew: bool) -> Channel: ...


class Tell(Protocol):
    """Writes a line of activity."""

    def __call__(self, workspace: str, level: Level, text: str, *, connection_id: str | None) -> None: ...


class Looked(Protocol):
    """Is told of each look that came to its end, and may ask the channel more. Raises no ChannelError."""

    def __call__(self, connection: Connection, channel: Channel) -> None: ...


class Noticed(msgspec.Struct, frozen=True, kw_only=True):
    """How a look ended, for its one log line. `days` is how many were asked for."""

    outcome: Outcome
    days: int = 0
    pages: int = 0
    reason: str = ""


class _Found(msgspec.Struct, kw_only=True):
    """What a look has come upon so far; `ended` once the list was read to its end."""

    days: set[date]
    seen_until: datetime | None = None
    cursor: str | None = None
    pages: int = 0
    asked: int = 0
    ended: bool = False


class Notice:
    """Looks for the changes of one connection at a time; `budget_s` is how long one invocation may ask, `looked` is told of
    each look that came to its end."""

    def __init__(
        self,
        *,
        agenda: "Agenda",
        connections: "Connections",
        days: "Days",
        ask: "Ask",
        known: "Known",
        open_channel: OpenChannel,
        tell: Tell,
        looked: "Looked",
        now: Callable[[], datetime],
        budget_s: int,
    ) -> None:
        self._agenda = agenda
        self._connections = connections
        self._days = days
        self._ask = ask
        self._known = known
        self._open_channel = open_channel
        self._tell = tell
        self._looked = looked
        self._now = now
        self._budget_s = budget_s

    def run(self, message: ChangesMessage) -> Noticed:
        """Look, if it is time to. Raises StorageError when the table does not answer."""
        due = self._agenda.connection(message.connection)
        connection = self._connections.get(message.workspace, message.connection)
        if due is None or connection is None or connection.state != "paired":
            return self._leave(due, "not paired")
        if connection.sign_in_needed:
            return self._leave(due, "The channel wants a new sign-in.")
        began = self._now()
        at = int(began.timestamp())
        # A look whose message is on its way stays due when a hint asks for another one after it.
        if not 0 < due.look_at <= at and due.looked_at >= due.look_sent_at:
            return Noticed(outcome="not due")
        if due.blocked_until > at:
            return Noticed(outcome="waits", reason="the channel asked for a pause")
        found = _Found(days=set())
        try:
            channel = self._look(connection, _since(due, connection), began, found)
        except errors.ChannelError as exc:
            return self._fail(self._go_on_later(due, connection, began, found), connection, exc, found)
        if not found.ended:
            self._go_on_later(due, connection, began, found)
            return Noticed(outcome="continued", days=found.asked, pages=found.pages)
        found.asked = self._ask_days(connection, found.days)
        self._looked(connection, channel)
        # A hint that came after the message may be about what the channel's search does not find yet.
        again_at = due.look_at if due.look_at > at else at + LOOK_EVERY_S
        moved = self._agenda.looked(due, looked_at=at, look_at=again_at)
        return Noticed(outcome="looked" if moved else "superseded", days=found.asked, pages=found.pages)

    def _go_on_later(self, due: Due, connection: Connection, began: datetime, found: _Found) -> Due:
        """Ask for what was found until now and let the next look begin where this one came to. The item as it is then."""
        if found.seen_until is None:
            return due
        found.asked = self._ask_days(connection, found.days)
        # The next look goes back by the overlap.
        reached = max(due.looked_at, int(min(found.seen_until + OVERLAP, began).timestamp()))
        look_at = int(self._now().timestamp())
        if not self._agenda.looked(due, looked_at=reached, look_at=look_at):
            return due
        return msgspec.structs.replace(due, looked_at=reached, look_at=look_at)

    def _leave(self, due: Due | None, reason: str) -> Noticed:
        """Let nobody send messages for a connection that cannot be asked; pairing it again makes it due."""
        if due is not None:
            self._agenda.look_by(due, int(self._now().timestamp()) + LOOK_EVERY_S)
        return Noticed(outcome="ignored", reason=reason)

    # -- looking

    def _look(self, connection: Connection, since: datetime, until: datetime, found: _Found) -> Channel:
        """Gather the days of changed orders until the end of the list, or of the time. Raises ChannelError."""
        give_up_at = self._now() + timedelta(seconds=self._budget_s)
        channel, renewed = self._open_channel(connection, renew=False), False
        while not found.ended:
            try:
                for page in channel.fetch_changes(since, until, found.cursor):
                    found.days.update(day_of(placed, connection.calendar) for placed in page.placed)
                    found.pages += 1
                    found.cursor = page.cursor
                    found.seen_until = page.seen_until or found.seen_until
                    if page.cursor is not None and self._now() >= give_up_at:
                        return channel
                found.ended = True
            except errors.AuthExpired:
                if renewed:
                    raise
                channel, renewed = self._open_channel(connection, renew=True), True
        return channel

    def _ask_days(self, connection: Connection, days: Iterable[date]) -> int:
        """Ask for what has to be read again; how many days that is."""
        keys = [DayKey(connection.workspace, connection.id, day) for day in sorted(days)]
        heads = self._days.read_many(keys)
        today = day_of(self._now(), connection.calendar)
        shown = None if connection.reach_days is None else today - timedelta(days=connection.reach_days)
        whole, events = [], []
        for key in keys:
            head = heads.get(key)
            if key.day < connection.history_from and (head is None or head.partial):
                if shown is None or key.day > shown:
                    events.append(key)
            elif head is not None and _may_have_missed(head):
                whole.append(key)
        self._ask.ask(whole, "sync", by_person=False, actor="notice")
        self._ask.ask(events, "sync", by_person=False, actor="notice", events_only=True)
        return len(whole) + len(events)

    # -- what each kind of error does

    def _fail(self, due: Due, connection: Connection, exc: errors.ChannelError, found: _Found) -> Noticed:
        """Put the look off."""
        at = int(self._now().timestamp())
        reason = str(exc)
        if isinstance(exc, errors.RateLimited):
            self._agenda.block(connection.id, at + int(exc.retry_after_s) + 1)
            return Noticed(outcome="waits", days=found.asked, pages=found.pages, reason=reason)
        if isinstance(exc, errors.AuthExpired):
            self._connections.mark_sign_in_needed(connection.workspace, connection.id, epoch=connection.epoch)
            self._agenda.look_off(due, at + LOOK_EVERY_S)
        elif isinstance(exc, errors.RetryableError):
            self._agenda.look_off(due, at + RETRY_S)
            self._tell_once(due, connection, "warning", reason)
        else:
            self._agenda.look_off(due, at + RETRY_REFUSED_S)
            self._tell_once(due, connection, "error", reason)
        return Noticed(outcome="failed", days=found.asked, pages=found.pages, reason=reason)

    def _tell_once(self, due: Due, connection: Connection, level: Level, reason: str) -> None:
        """Say it once until a look succeeds, and again a day later."""
        name = f"{connection.id} {due.looked_at} {reason}"
        if self._known.add("failed look", name, kept_s=TOLD_AGAIN_S):
            text = f"{connection.name} could not be asked what changed: {reason} It is asked again by itself."
            self._tell(connection.workspace, level, text, connection_id=connection.id)


def _since(due: Due, connection: Connection) -> datetime:
    """Where a look begins: an hour before the last one; the first time where the connection's history does."""
    if due.looked_at:
        return datetime.fromtimestamp(due.looked_at, UTC) - OVERLAP
    first = day_of(connection.paired_at, connection.calendar) - BACKFILL_DAYS * DAY
    return start_of(max(connection.history_from, first), connection.calendar)


def _may_have_missed(head: Head) -> bool:
    """A day that is in, or being fetched, may lack the change. One that is only waiting will have it."""
    return head.live is not None or head.attempt is not None
