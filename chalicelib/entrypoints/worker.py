"""The workers: one message, one day. What the workflow raises is a defect or a table that is away; the queue brings it back."""

import time

import msgspec
from chalice import Blueprint
from chalice.app import SQSEvent

from chalicelib import bootstrap
from chalicelib.domain.work import DayMessage
from chalicelib.entrypoints.log import log

work = Blueprint(__name__)

_decode = msgspec.json.Decoder(DayMessage).decode
_ARN = "arn:aws:sqs:us-east-1:000000000000:"  # placeholders: the template names the stage's own queues


@work.on_sqs_message(queue_arn=_ARN + "daybook-sync.fifo", name="sync_worker", batch_size=1)
def sync_worker(event: SQSEvent) -> None:
    """Nights and single days."""
    _run(event, "sync")


@work.on_sqs_message(queue_arn=_ARN + "daybook-backfill.fifo", name="backfill_worker", batch_size=1)
def backfill_worker(event: SQSEvent) -> None:
    """Ranges of days."""
    _run(event, "backfill")


def _run(event: SQSEvent, queue: str) -> None:
    for record in event:
        try:
            message = _decode(record.body)
        except msgspec.DecodeError:
            log("A message that is no message was set aside.", level="warning", queue=queue)
            continue
        began = time.monotonic()
        done = bootstrap.system().sync_day.run(message)
        log(
            f"{message.day}: {done.outcome}",
            level="warning" if done.outcome in ("failed", "parked") else "info",
            workspace=message.workspace,
            connection=message.connection,
            day=message.day,
            attempt=done.attempt,
            outcome=done.outcome,
            orders=done.orders,
            pages=done.pages,
            fetches=done.fetches,
            reason=done.reason,
            queue=queue,
            duration_ms=round((time.monotonic() - began) * 1000),
        )
