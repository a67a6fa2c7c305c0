"""Pollers against the real queue engine: the event a handler gets, and what becomes of its message."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest

from infra.local import declaration
from infra.local.engines import CREDENTIALS, Engine, create_queues, start_ministack
from infra.local.invocation import Lambda
from infra.local.workers import Poller


@pytest.fixture(scope="module")
def queues() -> Iterator[Engine]:
    """An engine of our own: its queues give a message back at once."""
    engine = start_ministack("sqs")
    create_queues(engine.url, visibility_s=0)
    yield engine
    engine.stop()


@pytest.fixture
def sqs(queues: Engine) -> Any:
    """A client of empty queues."""
    client = boto3.client(
        "sqs",
        endpoint_url=queues.url,
        region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    for url in client.list_queues()["QueueUrls"]:
        client.purge_queue(QueueUrl=url)
    return client


def send(sqs: Any, body: dict[str, Any]) -> None:
    url = sqs.get_queue_url(QueueName=declaration.queue_name("SyncQueue"))["QueueUrl"]
    sqs.send_message(
        QueueUrl=url, MessageBody=json.dumps(body), MessageGroupId="c1", MessageDeduplicationId=uuid4().hex
    )


def test_a_handler_gets_the_event_that_lambda_would_give_it(sqs: Any) -> None:
    events: list[dict[str, Any]] = []
    poller = Poller(sqs, "SyncQueue", lambda event, _: events.append(event), "sync_worker", Lambda(concurrency=1))
    send(sqs, {"day": "2026-03-08"})
    assert poller.poll(wait_s=1) == 1
    (record,) = events[0]["Records"]
    assert json.loads(record["body"]) == {"day": "2026-03-08"}
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(":daybook-sync.fifo")
    assert record["attributes"]["MessageGroupId"] == "c1"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"


def test_a_message_is_gone_when_its_handler_returned(sqs: Any) -> None:
    poller = Poller(sqs, "SyncQueue", lambda *_: None, "sync_worker", Lambda(concurrency=1))
    send(sqs, {})
    assert [poller.poll(wait_s=0), poller.poll(wait_s=0)] == [1, 0]


def test_a_message_whose_handler_raised_comes_back_and_is_set_aside_after_five_tries(
    sqs: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def raise_a_defect(*_: object) -> None:
        raise ZeroDivisionError

    poller = Poller(sqs, "SyncQueue", raise_a_defect, "sync_worker", Lambda(concurrency=1))
    send(sqs, {})
    assert [poller.poll(wait_s=0) for _ in range(6)] == [1, 1, 1, 1, 1, 0]
    assert capsys.readouterr().out.count('"message": "sync_worker raised ZeroDivisionError()"') == 5
    dead = sqs.get_queue_url(QueueName=declaration.queue_name("SyncDeadQueue"))["QueueUrl"]
    assert len(sqs.receive_message(QueueUrl=dead)["Messages"]) == 1
