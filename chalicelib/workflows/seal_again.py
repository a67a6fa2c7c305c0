"""Sealing channel credentials anew, as they are: after a key was replaced, so that the old one can go (S32).

An admin asks for it; each connection's worker does it, for only workers open credentials. Done twice it is done.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from chalicelib.domain.work import Queue, SealMessage

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections

SENT_AT_ONCE = 10

Send = Callable[[Queue, Sequence[tuple[SealMessage, str]]], Sequence[SealMessage]]


class Asked(msgspec.Struct, frozen=True):
    """How many connections were asked, and the agenda's partition to go on with; None when all have been."""

    connections: int
    next: int | None


class SealAgain:
    """`send` returns the messages that were not taken. `now` gives aware UTC instants."""

    def __init__(
        self, *, agenda: "Agenda", connections: "Connections", send: Send, now: Callable[[], datetime]
    ) -> None:
        self._agenda = agenda
        self._connections = connections
        self._send = send
        self._now = now

    def ask(self, first: int, *, out_of_time: Callable[[], bool]) -> Asked:
        """Ask the workers of all connections from that partition on, until there is no more time or a queue takes no more."""
        asked = 0
        for partition in range(first, self._agenda.partitions):
            if out_of_time():
                return Asked(asked, partition)
            at = int(self._now().timestamp())
            messages = [
                (SealMessage(due.workspace, due.connection), f"{due.connection}.seal.{at}")
                for due in self._agenda.read_partition(partition)[0]
            ]
            for place in range(0, len(messages), SENT_AT_ONCE):
                some = messages[place : place + SENT_AT_ONCE]
                if self._send("sync", some):
                    return Asked(asked, partition)
                asked += len(some)
        return Asked(asked, None)

    def run(self, message: SealMessage) -> Literal["sealed", "nothing to seal"]:
        """Seal one connection's credentials. Raises StorageError, also if they do not open."""
        sealed = self._connections.seal_again(message.workspace, message.connection)
        return "sealed" if sealed else "nothing to seal"
