"""The two engines of one machine: DynamoDB as dynalite, SQS as ministack, each a child process on a free port.

Tests use the same functions: `start_dynalite(None)` keeps nothing, `start_ministack("sqs,dynamodb")` adds the second
DynamoDB engine. Tables and queues are made from `infra/aws/template.yaml`, the one declaration.
"""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local import declaration
from infra.local.children import HOST, ROOT, Child, Hear, free_port, ignore, python
from infra.local.node import find_node

READY_S = 30.0
REGION = "us-east-1"
# Neither engine checks a signature, but the client library wants something to sign with.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION}


class EngineFailed(Exception):
    """An engine did not start; the message is one line for the person at the terminal."""


class Engine:
    """A running engine: its address, and the means to end it and start it again on the same port."""

    def __init__(self, child: Child, port: int, service: str) -> None:
        self.child = child
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self._service = service

    @property
    def pid(self) -> int:
        return self.child.pid

    def start(self, timeout_s: float = READY_S) -> None:
        """Start it and return when it answers a real request. Raises EngineFailed."""
        self.child.start()
        client = _client(self._service, self.url)
        ask = client.list_tables if self._service == "dynamodb" else client.list_queues
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if not self.child.is_running:
                self.child.stop()
                raise EngineFailed(f"{self.child.name} ended as it started: {self.child.last_line}")
            try:
                ask()
                return
            except (BotoCoreError, ClientError):
                time.sleep(0.05)
        self.child.stop()
        raise EngineFailed(f"{self.child.name} did not answer within {timeout_s:.0f} s")

    def stop(self) -> None:
        self.child.stop()

    def kill(self) -> None:
        """End it as a power cut would."""
        self.child.kill()


def start_dynalite(path: Path | None, *, port: int | None = None, hear: Hear = ignore) -> Engine:
    """Start dynalite; with a path every acknowledged write outlives a kill, without one nothing is kept. Raises NoNode."""
    port = port or free_port()
    server = ROOT / "infra/local/dynalite_server.js"
    keep = ("--path", str(path)) if path else ()
    command = (find_node(), str(server), "--port", str(port), *keep)
    engine = Engine(Child("dynalite", command, hear=hear), port, "dynamodb")
    engine.start()
    return engine


def start_ministack(services: str = "sqs", *, port: int | None = None, hear: Hear = ignore) -> Engine:
    """Start ministack with these services, separated by commas; nothing is kept."""
    port = port or free_port()
    command = python("infra.local.ministack_server", "--port", str(port), "--services", services)
    engine = Engine(Child("ministack", command, hear=hear), port, services.split(",")[0])
    engine.start()
    return engine


def create_table(url: str, name: str = "daybook") -> None:
    """Make the declared table under this name, unless it is there, and return when it can be used."""
    client = _client("dynamodb", url)
    try:
        client.create_table(TableName=name, **declaration.table())
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUseException":
            raise
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def create_queues(url: str, *, visibility_s: int = 330) -> dict[str, str]:
    """Make the declared queues where they are not there, and return their addresses by logical name."""
    client = _client("sqs", url)
    return {
        name: client.create_queue(QueueName=queue, Attributes=attributes | {"VisibilityTimeout": str(visibility_s)})[
            "QueueUrl"
        ]
        for name, queue, attributes in declaration.queues()
    }


def count_writes(url: str) -> int:
    """Write requests that our dynalite has answered since it was started."""
    with urllib.request.urlopen(f"{url}/_counts", timeout=5) as answer:
        counts: dict[str, int] = json.load(answer)
    return sum(counts.get(name, 0) for name in ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"))


def _client(service: str, url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}),
    )
