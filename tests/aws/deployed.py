"""A stack that was made of the real package in ministack, hands on it, and a program that calls its API."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

from infra.aws import deploy, package, restore
from infra.local.engines import CREDENTIALS, Engine
from infra.local.machine import SHOPIFY_SECRET
from infra.local.visitor import Answer, Visitor

REGION = CREDENTIALS["AWS_DEFAULT_REGION"]
PATIENCE_S = 240
WORKERS_MAX = 4


class Program(Visitor):
    """A visitor that is no browser, and finds the API by the name that it has at AWS."""

    def __init__(self, site: str, host: str) -> None:
        super().__init__(site, timeout_s=PATIENCE_S)
        self.site = site
        self._door = urlsplit(site).netloc
        self._host = host

    def _ask(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        headers = {name: text for name, text in headers.items() if name != "Origin"}
        if urlsplit(url).netloc == self._door:
            headers["Host"] = self._host
        return super()._ask(method, url, body, headers)


class Deployed:
    """A stack that runs, and hands on it."""

    def __init__(self, engine: Engine, sandbox_url: str, artifact: Path) -> None:
        self.sandbox_url = sandbox_url
        self.folder = artifact
        self.engine = engine
        self.stack = deploy.Stack("dev", REGION)
        self.awake = boto3.client("lambda", region_name=REGION)
        self.sqs = boto3.client("sqs", region_name=REGION)
        self.dynamo = boto3.client("dynamodb", region_name=REGION)
        self.parameters = {
            "ShopifyClientId": "daybook-sandbox",
            "ChannelUrls": json.dumps({"shopify": f"{sandbox_url}/{{shop}}"}),
            "BaseUrl": f"{engine.url}/api",
        }
        boto3.client("ssm", region_name=REGION).put_parameter(
            Name="/daybook-dev/shopify-client-secret", Value=SHOPIFY_SECRET, Type="SecureString"
        )
        self.up(package.digest(artifact), artifact)
        self.host = f"{self.stack.outputs()['RestAPIId']}.execute-api.{urlsplit(engine.url).netloc}"

    def up(self, artifact: str, folder: Path | None) -> None:
        assert self.stack.deploy(artifact, self.parameters, folder) == self.parameters["BaseUrl"]
        self.mend()

    def move(self, wish: restore.Wish) -> restore.Outcome:
        """Put the table back."""
        outcome = restore.restore(self.stack, wish, policy_s=0)
        self.mend()
        return outcome

    def mend(self) -> None:
        """What a deployment does not do here."""
        for source in self.awake.list_event_source_mappings()["EventSourceMappings"]:
            self.awake.update_event_source_mapping(
                UUID=source["UUID"], ScalingConfig={"MaximumConcurrency": WORKERS_MAX}
            )
        # One process answers for all of AWS here, beside other tests.
        self.awake.update_function_configuration(FunctionName=self.function("APIHandler"), Timeout=300)

    def function(self, logical: str) -> str:
        functions = self.awake.list_functions()["Functions"]
        (name,) = (
            each["FunctionName"] for each in functions if each["FunctionName"].startswith(f"daybook-dev-{logical}")
        )
        return str(name)

    def call(self, function: str, event: object) -> Any:
        answer = self.awake.invoke(FunctionName=self.function(function), Payload=json.dumps(event).encode())
        told = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, told
        return told

    def configure(self, function: str, **variables: str) -> None:
        """Change variables of a function, as somebody might by hand."""
        name = self.function(function)
        before = self.awake.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        self.awake.update_function_configuration(FunctionName=name, Environment={"Variables": before | variables})

    def url(self, queue: str) -> str:
        return str(self.sqs.get_queue_url(QueueName=f"daybook-dev-{queue}.fifo")["QueueUrl"])

    def waiting(self, queue: str) -> int:
        asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=asked)["Attributes"]
        return sum(int(each) for each in found.values())

    def set_aside(self, day: str) -> list[Any]:
        """The dead letters about that day."""
        found = self.sqs.receive_message(QueueUrl=self.url("sync-dead"), MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [each for each in found.get("Messages", ()) if day in each["Body"]]

    @contextmanager
    def paused(self, function: str) -> Iterator[None]:
        """Once all work is done, let that function's queue stand still."""
        eventually(lambda: self.waiting("sync") == self.waiting("backfill") == 0)
        sources = self.awake.list_event_source_mappings(FunctionName=self.function(function))["EventSourceMappings"]
        (source,) = sources
        self.awake.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
        try:
            yield
        finally:
            self.awake.update_event_source_mapping(UUID=source["UUID"], Enabled=True)


def eventually(what: Any, patience_s: float = PATIENCE_S) -> Any:
    """What `what` gives once it gives something."""
    deadline = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come to be in time"
        time.sleep(0.5)
    return found
