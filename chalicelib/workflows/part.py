"""Disconnecting a shop (RELIABILITY 2, step 10): not one write but a stretch.

Once `parting` is written nothing of the connection is shown and its secret is gone. Then every attempt under way is removed:
a worker that claimed before loses its attempt, one that claims afterwards reads the connection and stops. Then it is `parted`.
Whoever comes next finishes a stretch that died.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from chalicelib import errors
from chalicelib.domain.connections import Connection
from chalicelib.workflows.pair import Note

if TYPE_CHECKING:
    from chalicelib.storage.connections import Connections


class Part:
    """Disconnects. `remove_attempts` walks all days of a connection, `revoke` tells the channel; both may run twice."""

    def __init__(
        self,
        *,
        connections: "Connections",
        remove_attempts: Callable[[str, str], None],
        revoke: Callable[[Connection], None],
        note: Note,
    ) -> None:
        self._connections = connections
        self._remove_attempts = remove_attempts
        self._revoke = revoke
        self._note = note

    def part(self, workspace: str, connection: str) -> None:
        """Disconnect; what was brought in is kept. Done twice it is done once. Raises NotFound."""
        seen = self._connections.get(workspace, connection)
        if seen is None:
            raise errors.NotFound("There is no such connection.")
        if seen.state == "paired":
            seen = self._begin(seen)
        if seen.state == "parting":
            self.finish(seen)

    def finish(self, seen: Connection) -> None:
        """Finish a parting that was begun."""
        self._remove_attempts(seen.workspace, seen.id)
        if self._connections.end_parting(seen):
            text = f"{seen.name} is disconnected. What was brought in stays readable."
            self._note(seen.workspace, "info", text, connection_id=seen.id)

    def _begin(self, seen: Connection) -> Connection:
        # Best effort: without the secret, which goes now, the access is of no use to us.
        with suppress(errors.ChannelError, errors.StorageError):
            self._revoke(seen)
        self._connections.begin_parting(seen)
        after = self._connections.get(seen.workspace, seen.id)
        assert after is not None, "connections are never deleted"
        return after
