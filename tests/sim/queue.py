"""A FIFO queue as SQS has it: equal deduplication ids are swallowed for five minutes with success reported, a message that was
received comes again after the visibility time-out unless it was deleted, and five receives set it aside.

Beyond what SQS promises, messages may be lost, late, doubled, and, where `strict` is not set, out of turn.
"""

from collections.abc import Sequence
from random import Random

import msgspec

from chalicelib.domain.work import DayMessage, Queue
from tests.sim.scheduler import Lost, Scheduler

DEDUP_S = 300
VISIBILITY_S = 330
RECEIVES_MAX = 5
DELAYS_S = (0, 0, 5, 600, 3_000)


class Message(msgspec.Struct, eq=False):
    queue: Queue
    body: DayMessage
    visible_at: int
    receives: int = 0


class Queues:
    """Both queues. `lose`, `double` and `fail` are the chances of a message to be lost, doubled, or not taken."""

    def __init__(self, scheduler: Scheduler, random: Random, *, strict: bool) -> None:
        self._scheduler = scheduler
        self._random = random
        self._strict = strict
        self.lose = self.double = self.fail = 0.0
        self.delays = True
        self.messages: list[Message] = []
        self.set_aside: list[Message] = []
        self._ids: dict[str, int] = {}

    def send(self, queue: Queue, messages: Sequence[tuple[DayMessage, str]]) -> Sequence[DayMessage]:
        """What workflows are given: takes a batch, returns what was not taken, raises nothing."""
        failed = []

        def take() -> None:
            failed.clear()
            for body, dedup in messages:
                if self._random.random() < self.fail:
                    failed.append(body)
                else:
                    self._take(queue, body, dedup)

        try:
            self._scheduler.io("send", f"{queue} " + " ".join(dedup for _, dedup in messages), take)
        except Lost:
            return [body for body, _ in messages]
        return failed

    def _take(self, queue: Queue, body: DayMessage, dedup: str) -> None:
        now = self._scheduler.now_s
        if self._ids.get(dedup, -DEDUP_S) + DEDUP_S > now:
            self._scheduler.note(f"swallowed {dedup}")
            return
        self._ids[dedup] = now
        if self._random.random() < self.lose:
            return
        for _ in range(1 + (self._random.random() < self.double)):
            delay = self._random.choice(DELAYS_S) if self.delays else 0
            self.messages.append(Message(queue, body, now + delay))

    def receive(self) -> Message | None:
        """Some message whose turn it is; it comes again later unless it is deleted."""
        now = self._scheduler.now_s
        turn = [message for message in self.messages if message.visible_at <= now]
        if self._strict:
            # All messages of a connection are one group: none is handed out while another one is being worked on.
            busy = {message.queue for message in self.messages if message.receives and message.visible_at > now}
            turn = [message for message in turn if message.queue not in busy]
        if not turn:
            return None
        message = self._random.choice(turn)
        message.visible_at = now + VISIBILITY_S
        message.receives += 1
        if message.receives > RECEIVES_MAX:
            self.messages.remove(message)
            self.set_aside.append(message)
            return None
        return message

    def delete(self, message: Message) -> None:
        if message in self.messages:
            self.messages.remove(message)
