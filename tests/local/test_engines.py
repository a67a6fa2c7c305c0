"""Both engines: made from the one declaration, closed to web pages, and dynalite keeping what it acknowledged."""

import json
import socket
import struct
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from infra.local import declaration
from infra.local.engines import (
    CREDENTIALS,
    Engine,
    EngineFailed,
    count_writes,
    create_queues,
    create_table,
    start_dynalite,
)


def client_of(service: str, url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def test_the_declared_table_has_string_keys_and_no_index() -> None:
    table = declaration.table()
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert {each["AttributeType"] for each in table["AttributeDefinitions"]} == {"S"}
    assert set(table) == {"AttributeDefinitions", "KeySchema", "BillingMode"}


def test_both_work_queues_are_high_throughput_fifo_with_a_dead_letter_queue_after_five_tries() -> None:
    declared = {name: attributes for name, _, attributes in declaration.queues()}
    for name in ("Sync", "Backfill"):
        queue = declared[f"{name}Queue"]
        assert queue["DeduplicationScope"] == "messageGroup"
        assert queue["FifoThroughputLimit"] == "perMessageGroupId"
        assert (queue["VisibilityTimeout"], queue["MessageRetentionPeriod"]) == ("330", str(4 * 86_400))
        assert json.loads(queue["RedrivePolicy"]) == {
            "deadLetterTargetArn": declaration.queue_arn(f"{name}DeadQueue"),
            "maxReceiveCount": 5,
        }
        assert declared[f"{name}DeadQueue"]["MessageRetentionPeriod"] == str(14 * 86_400)


def test_queues_and_tables_can_be_made_again(ministack: Engine, dynalite: Engine) -> None:
    assert create_queues(ministack.url) == create_queues(ministack.url)
    name = f"t{uuid4().hex}"
    for engine in (ministack, dynalite):
        create_table(engine.url, name)
        create_table(engine.url, name)


@pytest.mark.parametrize("engine", ["dynalite", "ministack"])
def test_no_web_page_reaches_an_engine(engine: str, request: pytest.FixtureRequest) -> None:
    server: Engine = request.getfixturevalue(engine)
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as link:
        link.sendall(b"OPTIONS / HTTP/1.1\r\nHost: x\r\nOrigin: http://page.example\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: link.recv(4096), b""))
    assert b" 403" in answer.splitlines()[0]
    assert b"access-control-allow-origin" not in answer.lower()


def test_acknowledged_writes_outlive_a_kill(tmp_path: Path) -> None:
    engine = start_dynalite(tmp_path / "dynalite")
    try:
        create_table(engine.url, "daybook")
        table = client_of("dynamodb", engine.url)
        for number in range(20):
            table.put_item(TableName="daybook", Item={"pk": {"S": "a"}, "sk": {"S": f"{number:02}"}})
        assert count_writes(engine.url) == 20
        engine.kill()
        engine.start()
        found = table.query(
            TableName="daybook", KeyConditionExpression="pk = :a", ExpressionAttributeValues={":a": {"S": "a"}}
        )
        assert found["Count"] == 20
    finally:
        engine.stop()


def test_a_client_that_breaks_off_does_not_end_dynalite(dynalite: Engine) -> None:
    pid = dynalite.pid
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", dynalite.port), timeout=5) as link:
            link.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert client_of("dynamodb", dynalite.url).list_tables()["TableNames"] is not None
    assert dynalite.child.is_running
    assert dynalite.pid == pid


def test_a_damaged_store_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    store = tmp_path / "dynalite"
    store.mkdir()
    (store / "CURRENT").write_text("not a manifest\n")
    with pytest.raises(EngineFailed, match=r"dynalite ended as it started: .*not a manifest"):
        start_dynalite(store)
