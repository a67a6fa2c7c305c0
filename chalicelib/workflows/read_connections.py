"""Reading connections: each with how it is doing, told from its agenda and from the heads of its last days."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from chalicelib import errors
from chalicelib.domain.connections import Connection
from chalicelib.domain.sentences import day_name
from chalicelib.domain.work import Due, Glance
from chalicelib.workflows.read_syncs import Progress, ReadSyncs, Recent

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days

State = Literal["in_sync", "importing", "syncing", "slowed", "sign_in_needed", "failing", "removed"]

RECENT = timedelta(days=10)


class ConnectionState(msgspec.Struct, frozen=True, kw_only=True):
    """A connection and how it is doing; `detail` is a sentence for people, or empty. `sync` is its newest sync."""

    connection: Connection
    state: State
    detail: str = ""
    last_synced_at: datetime | None = None
    next_sync_at: datetime | None = None
    sync: str | None = None


class ReadConnections:
    """Reads connections for one workspace at a time. `now` gives aware UTC instants."""

    def __init__(
        self,
        *,
        connections: "Connections",
        days: "Days",
        agenda: "Agenda",
        syncs: ReadSyncs,
        now: Callable[[], datetime],
    ) -> None:
        self._connections = connections
        self._days = days
        self._agenda = agenda
        self._syncs = syncs
        self._now = now

    def find(self, workspace: str, id_: str) -> Connection:
        """The connection as it was paired. Raises NotFound, also while it is parting."""
        connection = self._connections.get(workspace, id_)
        if connection is None or connection.state == "parting":
            raise errors.NotFound("There is no such connection.")
        return connection

    def paired(self, workspace: str, id_: str) -> Connection:
        """The connection, if there can be work on it. Raises NotFound, Conflict."""
        connection = self.find(workspace, id_)
        if connection.state != "paired":
            raise errors.Conflict("This connection was removed. Connect the shop again first.")
        return connection

    def one(self, workspace: str, id_: str) -> ConnectionState:
        """The connection with how it is doing. Raises NotFound."""
        for each in self.all(workspace):
            if each.connection.id == id_:
                return each
        raise errors.NotFound("There is no such connection.")

    def all(
        self,
        workspace: str,
        recent: Recent | None = None,
        connections: Sequence[Connection] | None = None,
    ) -> list[ConnectionState]:
        """All connections by name. `recent` and `connections` are the workspace's own, if somebody has just read them."""
        if connections is None:
            connections = list(self._connections.list(workspace))
        if not connections:
            return []
        recent = recent or self._syncs.recent(workspace)
        today = self._now().date()
        days: dict[str, list[Glance]] = {}
        for day in self._days.glances(workspace, today - RECENT, today + timedelta(days=1)):
            days.setdefault(day.key.connection, []).append(day)
        dues = self._agenda.connections(each.id for each in connections if each.state == "paired")
        states = [
            self._state(each, days.get(each.id, []), recent, dues.get(each.id))
            for each in connections
            if each.state != "parting"
        ]
        return sorted(states, key=lambda each: (each.connection.name, each.connection.id))

    def _state(
        self,
        connection: Connection,
        days: list[Glance],
        recent: Recent,
        due: Due | None,
    ) -> ConnectionState:
        running = [each for each in recent.followed if each.sync.connection == connection.id and not each.is_over]
        state, detail = self._word(connection, days, running, due)
        ends = [day.shown.published_at for day in days if day.shown]
        return ConnectionState(
            connection=connection,
            state=state,
            detail=detail,
            last_synced_at=_instant(max(ends)) if ends else None,
            next_sync_at=_instant(due.next_at) if due else None,
            sync=recent.newest.get(connection.id),
        )

    def _word(
        self, connection: Connection, days: list[Glance], running: list[Progress], due: Due | None
    ) -> tuple[State, str]:
        """The word that matters most to the merchant, and its sentence."""
        now = self._now().timestamp()
        if connection.state != "paired":
            return "removed", "Its figures are kept; nothing new comes in."
        if connection.sign_in_needed:
            return (
                "sign_in_needed",
                "The shop no longer accepts our access. Sign in again and we catch up by ourselves.",
            )
        if due is not None and due.blocked_until > now:
            return "slowed", f"The shop asked us to slow down. We go on at {_instant(due.blocked_until):%H:%M} UTC."
        if any(each.sync.reason == "pairing" for each in running):
            return "importing", ""
        if running or any(day.held_until > now for day in days):
            return "syncing", ""
        failed = max((day for day in days if day.progress == "failed"), key=lambda day: day.key.day, default=None)
        if failed is not None:
            return "failing", f"{day_name(failed.key.day)} could not be read: {failed.reason}"
        return "in_sync", ""


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
