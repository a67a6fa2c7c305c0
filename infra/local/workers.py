"""The workers of one machine: what event source mappings and schedules are on AWS, as threads of one process.

Each poller takes one message at a time, hands the handler in `app.py` the same event JSON as Lambda would, and deletes
the message when the handler returned. A handler that raised has met a defect: the message stays, comes back after its
visibility time-out, and the dead-letter queue takes it at last.
"""

from __future__ import annotations

import argparse
import threading
import time
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local import declaration, schedules
from infra.local.invocation import Handler, Invoke, Lambda

WAIT_S = 10
RETRY_S = 0.2
# (logical queue, handler in app.py, threads). A queue gives a connection's messages to one worker at a time.
POLLERS = (("PlanQueue", "planner", 1), ("SyncQueue", "sync_worker", 2), ("BackfillQueue", "backfill_worker", 2))
CONCURRENCY = sum(threads for _, _, threads in POLLERS) + 1


def event_of(message: dict[str, Any], queue_arn: str) -> dict[str, Any]:
    """The event that Lambda makes of one received message."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn,
                "awsRegion": queue_arn.split(":")[3],
            }
        ]
    }


class Poller:
    """Serves one queue with one handler."""

    def __init__(self, sqs: Any, logical: str, handler: Handler, name: str, invoke: Invoke) -> None:
        self._sqs = sqs
        self._queue = declaration.queue_name(logical)
        self._arn = declaration.queue_arn(logical)
        self._handler = handler
        self._name = name
        self._invoke = invoke

    def poll(self, *, wait_s: int = WAIT_S) -> int:
        """Receive at most one message and have it handled; how many there were."""
        url = self._sqs.get_queue_url(QueueName=self._queue)["QueueUrl"]
        answer = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=wait_s, MessageSystemAttributeNames=["All"]
        )
        messages = answer.get("Messages", [])
        for message in messages:
            if self._invoke(self._handler, event_of(message, self._arn), self._name):
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def run(self) -> None:
        """Poll for ever; queues that are away, as while they are started again, are waited for."""
        while True:
            try:
                self.poll()
            except (BotoCoreError, ClientError):
                time.sleep(RETRY_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shift-s", type=float, default=0.0)
    parser.add_argument("--since", type=datetime.fromisoformat, required=True)
    parser.add_argument("--sweep-s", type=float, required=True)
    options = parser.parse_args()
    import app

    invoke = Lambda(concurrency=CONCURRENCY)
    sqs = boto3.client("sqs", config=Config(read_timeout=WAIT_S + 10, max_pool_connections=CONCURRENCY))
    for logical, name, threads in POLLERS:
        for _ in range(threads):
            poller = Poller(sqs, logical, getattr(app, name), name, invoke)
            threading.Thread(target=poller.run, name=name).start()
    handlers = {"nightly": app.nightly, "sweep": app.sweep}
    schedules.keep(handlers, invoke, shift_s=options.shift_s, since=options.since, sweep_s=options.sweep_s)


if __name__ == "__main__":
    main()
