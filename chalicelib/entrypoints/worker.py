"""The workers: one message, one piece of work: a day, a look for changes, an order to find,
credentials to seal.

What a workflow raises is a defect or a table that is away; the queue brings the message back.
"""

import time
from collections.abc import Callable

import msgspec
from chalice import Blueprint
from chalice.app import SQSEvent

from chalicelib import bootstrap
from chalicelib.domain.work import ChangesMessage, DayMessage, Message, OrderMessage, SealMessage
from chalicelib.entrypoints.log import log

work = Blueprint(__name__)

Told = tuple[str, str, dict[str, object]]

_decode: Callable[[str], Message] = msgspec.json.Decoder(Message).decode
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
        _tell(message, queue)


def _tell(message: Message, queue: str) -> None:
    """Do the work and write its one line, which names what was worked on also if it ended by an error that goes on."""
    began = time.monotonic()
    day: dict[str, object] = {"day": message.day} if isinstance(message, DayMessage) else {}
    said, level, fields = "The work ended by an error nobody expected.", "error", day | {"outcome": "raised"}
    try:
        said, level, fields = _work(message)
    finally:
        log(
            said,
            level=level,
            workspace=message.workspace,
            connection=message.connection,
            queue=queue,
            duration_ms=round((time.monotonic() - began) * 1000),
            **fields,
        )


def _work(message: Message) -> Told:
    match message:
        case DayMessage():
            return _sync_day(message)
        case ChangesMessage():
            return _notice(message)
        case SealMessage():
            return _seal_again(message)
        case OrderMessage():
            return _find_order(message)


def _sync_day(message: DayMessage) -> Told:
    done = bootstrap.system().sync_day.run(message)
    fields: dict[str, object] = {
        "day": message.day,
        "attempt": done.attempt,
        "outcome": done.outcome,
        "orders": done.orders,
        "pages": done.pages,
        "fetches": done.fetches,
        "reason": done.reason,
    }
    return f"{message.day}: {done.outcome}", "warning" if done.outcome in ("failed", "parked") else "info", fields


def _notice(message: ChangesMessage) -> Told:
    noticed = bootstrap.system().notice.run(message)
    fields: dict[str, object] = {
        "outcome": noticed.outcome,
        "days": noticed.days,
        "pages": noticed.pages,
        "reason": noticed.reason,
    }
    level = "warning" if noticed.outcome in ("failed", "waits") else "info"
    return f"changes: {noticed.outcome}, days to read again: {noticed.days}", level, fields


def _seal_again(message: SealMessage) -> Told:
    outcome = bootstrap.system().seal_again.run(message)
    return f"credentials: {outcome}", "info", {"outcome": outcome}


def _find_order(message: OrderMessage) -> Told:
    sought = bootstrap.system().find_order.run(message)
    level = "warning" if sought.outcome in ("failed", "parked") else "info"
    return f"order: {sought.outcome}", level, {"outcome": sought.outcome, "reason": sought.reason}
