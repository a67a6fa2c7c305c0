"""Sending to a real queue: what is taken, what comes twice, and what nobody took."""

from typing import Any
from uuid import uuid4

import boto3
import msgspec
import pytest

from chalicelib.domain.work import Message, OrderMessage
from chalicelib.queues import Queues
from infra.local.engines import CREDENTIALS, Engine


@pytest.fixture
def sqs(ministack: Engine) -> Any:
    return boto3.client("sqs", endpoint_url=ministack.url, region_name=CREDENTIALS["AWS_DEFAULT_REGION"])


@pytest.fixture
def url(sqs: Any) -> str:
    name = f"q{uuid4().hex}.fifo"
    return str(sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"])


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
    return list(answer.get("Messages", ()))


def test_a_message_sent_twice_under_one_id_is_one_message_of_its_connection(sqs, url):
    message = OrderMessage("w1", "c1", "s1")
    queues = Queues(sqs, {"sync": url})
    assert [queues.send_messages("sync", [(message, "s1.1")]) for _ in range(2)] == [[], []]
    (taken,) = received(sqs, url)
    assert msgspec.json.decode(taken["Body"], type=Message) == message
    assert taken["Attributes"]["MessageGroupId"] == "c1"


def test_a_message_that_no_queue_took_is_told(sqs, url):
    message = OrderMessage("w1", "c1", "s1")
    assert Queues(sqs, {"sync": url + "-gone"}).send_messages("sync", [(message, "s1.1")]) == [message]
