"""The planner's part in noticing late changes: when a channel is asked what changed, and which days are read again anyhow."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import msgspec

from chalicelib.domain.days import DAY, day_of
from chalicelib.domain.rereads import days_to_reread, is_quiet, reread_after
from chalicelib.domain.work import ChangesMessage, DayKey, Due, Queue

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.workflows.ask import Ask


class Send(Protocol):
    """Sends messages with their deduplication ids; returns those that were not taken. Never raises for an outage."""

    def __call__(self, queue: Queue, messages: Sequence[tuple[ChangesMessage, str]]) -> Sequence[ChangesMessage]: ...


class LookBack:
    """Looks after what the agenda says of older days. `resend_s` is how long a sent message is left alone."""

    def __init__(
        self,
        *,
        agenda: "Agenda",
        ask: "Ask",
        days: "Days",
        connections: "Connections",
        send: Send,
        now: Callable[[], datetime],
        resend_s: int,
    ) -> None:
        self._agenda = agenda
        self._ask = ask
        self._days = days
        self._connections = connections
        self._send = send
        self._now = now
        self._resend_s = resend_s

    def want(self, due: Due) -> Due:
        """Let changes be looked for now, as each night does. The agenda's item as it is then."""
        at = int(self._now().timestamp())
        if self._agenda.look_by(due, at):
            return msgspec.structs.replace(due, look_at=at)
        return self._agenda.connection(due.connection) or due

    def send_look(self, due: Due) -> bool:
        """Send the message of a look whose time has come, unless it was sent not long ago. Whether it was sent now."""
        at = int(self._now().timestamp())
        if not 0 < due.look_at <= at or due.blocked_until > at:
            return False
        if due.look_sent_at >= due.look_at and due.look_sent_at + self._resend_s > at:
            return False
        if not self._agenda.mark_look_sent(due, at):
            return False
        message = ChangesMessage(due.workspace, due.connection)
        return not self._send("sync", [(message, f"{due.connection}.changes.{at}")])

    def reread(self, due: Due) -> list[date]:
        """Ask for the days whose turn it is, once a day at the connection's own instant; the days asked for."""
        now = self._now()
        if due.reread_at > now.timestamp() or (due.reread_at and is_quiet(now)):
            return []
        following = int(reread_after(now, due.connection).timestamp())
        connection = self._connections.get(due.workspace, due.connection) if due.reread_at else None
        if connection is None or connection.state != "paired" or connection.sign_in_needed:
            self._agenda.reread(due, following)
            return []
        today = day_of(now, connection.calendar)
        # The day after the last turn: where clocks are set forward, a turn may skip a local day.
        since = day_of(datetime.fromtimestamp(due.reread_at, UTC) - DAY, connection.calendar) + DAY
        reach = connection.reach_days
        keys = [
            DayKey(due.workspace, due.connection, day)
            for day in days_to_reread(today, since)
            if reach is None or day > today - timedelta(days=reach)
        ]
        heads = self._days.read_many(keys)
        live = [key for key in keys if (head := heads.get(key)) is not None and head.live is not None]
        whole = [key for key in live if not heads[key].partial]
        self._ask.ask(whole, "sync", by_person=False, actor="re-read")
        events = [key for key in live if heads[key].partial]
        self._ask.ask(events, "sync", by_person=False, actor="re-read", events_only=True)
        self._agenda.reread(due, following)
        return [key.day for key in live]
