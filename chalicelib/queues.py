"""The queues: sending hints to workers. What is not sent is not lost, the sweep sends it again."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.work import ChangesMessage, DayMessage, OrderMessage, Queue, SealMessage

M = TypeVar("M", DayMessage, ChangesMessage, OrderMessage, SealMessage)


class PlanMessage(msgspec.Struct, frozen=True):
    """A share of the agenda's partitions, to be planned."""

    partitions: tuple[int, ...]
    version: int = 1


class Queues:
    """Sends to the queues at `urls`, through an SQS client."""

    def __init__(self, client: Any, urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    def send_messages(self, queue: Queue, messages: Sequence[tuple[M, str]]) -> list[M]:
        """Send at most ten messages with their deduplication ids; returns those that were not taken."""
        entries = [
            {
                "Id": str(place),
                "MessageBody": msgspec.json.encode(message).decode(),
                "MessageGroupId": message.connection,
                "MessageDeduplicationId": dedup,
            }
            for place, (message, dedup) in enumerate(messages)
        ]
        failed = self._send(queue, entries)
        return [messages[place][0] for place in failed]

    def send_plans(self, shares: Sequence[tuple[int, ...]]) -> int:
        """Send one message for each share of partitions; returns how many were not taken."""
        failed = 0
        for first in range(0, len(shares), 10):
            entries = [
                {"Id": str(place), "MessageBody": msgspec.json.encode(PlanMessage(share)).decode()}
                for place, share in enumerate(shares[first : first + 10])
            ]
            failed += len(self._send("plan", entries))
        return failed

    def _send(self, queue: str, entries: list[dict[str, str]]) -> list[int]:
        """Send a batch; returns the places of the entries that were not taken."""
        try:
            answer = self._client.send_message_batch(QueueUrl=self._urls[queue], Entries=entries)
        except (BotoCoreError, ClientError):
            return list(range(len(entries)))
        return [int(entry["Id"]) for entry in answer.get("Failed", ())]
