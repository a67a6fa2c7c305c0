"""Asking for days, and getting the work to the workers.

An ask is done when the head has its number and the agenda has the day; the message after that is a hint. What is lost, the
sweep sends again.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from chalicelib.domain.work import DayKey, DayMessage, Queue, Wanted

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.days import Days

BATCH = 10


class Send(Protocol):
    """Sends messages with their deduplication ids; returns those that were not taken. Never raises for an outage."""

    def __call__(self, queue: Queue, messages: Sequence[tuple[DayMessage, str]]) -> Sequence[DayMessage]: ...


class Ask:
    """Asks for days. `now` gives aware UTC instants."""

    def __init__(self, *, days: "Days", agenda: "Agenda", send: Send, now: Callable[[], datetime]) -> None:
        self._days = days
        self._agenda = agenda
        self._send = send
        self._now = now

    def ask(
        self,
        days: Iterable[DayKey],
        queue: Queue,
        *,
        by_person: bool,
        actor: str = "daybook",
        settings: int | None = None,
        events_only: bool = False,
    ) -> dict[DayKey, int]:
        """Ask for each day, as `Days.ask` does, and return the number of its ask.

        Raises Unanswered; what was asked until then is asked.
        """
        numbers: dict[DayKey, int] = {}
        wanted: list[Wanted] = []
        for day in days:
            numbers[day] = self._days.ask(
                day, by_person=by_person, actor=actor, settings=settings, events_only=events_only
            )
            wanted.append(self._agenda.want(day, numbers[day], queue, int(self._now().timestamp())))
        self.send(wanted)
        return numbers

    def resend(self, wanted: Iterable[Wanted]) -> int:
        """Send wanted days whose time has come, each marked first so that two sweeps do not both send; returns how many."""
        at = int(self._now().timestamp())
        marked = [
            msgspec.structs.replace(item, sent_at=at, sends=item.sends + 1)
            for item in wanted
            if self._agenda.mark_sent(item, at)
        ]
        self.send(marked)
        return len(marked)

    def send(self, wanted: Sequence[Wanted]) -> None:
        """Hand wanted days to their queues in batches; what is not taken the sweep sends later."""
        queues: tuple[Queue, ...] = ("sync", "backfill")
        for queue in queues:
            messages = [(message_of(item), dedup_of(item)) for item in wanted if item.queue == queue]
            for first in range(0, len(messages), BATCH):
                self._send(queue, messages[first : first + BATCH])


def message_of(wanted: Wanted) -> DayMessage:
    day = wanted.key
    return DayMessage(day.workspace, day.connection, day.day, wanted.n)


def dedup_of(wanted: Wanted) -> str:
    """A FIFO queue swallows equal ids for five minutes, so a day sent again needs an id of its own."""
    return f"{wanted.key.connection}.{wanted.key.day}.{wanted.n}.{wanted.sends}"
