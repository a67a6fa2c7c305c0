"""What a deployment decides without AWS: what a stack is reduced to, and the parameters of stages."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from infra.aws import deploy
from tests.support.artifact import Artifact


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, int]]]:
    """A site of these statuses."""
    statuses = {"/": 200, "/v1/openapi.json": 200, "/v1/session": 401}

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses[self.path])
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", statuses
    server.shutdown()


def test_what_remains_stands_alone(artifact: Artifact) -> None:
    kept = deploy.remains(artifact.template, retain=True)
    assert kept["Resources"].keys() == {"Table", "CredentialsKey"}
    text = json.dumps(kept["Resources"])
    named = {each["Ref"] for each in _refs(json.loads(text)) if not each["Ref"].startswith("AWS::")}
    assert named <= kept["Parameters"].keys()
    assert all(each["DeletionPolicy"] == "Retain" for each in kept["Resources"].values())


def test_only_what_is_to_be_deleted_loses_its_protection(artifact: Artifact) -> None:
    gone = deploy.remains(artifact.template, retain=False)
    assert all(each["DeletionPolicy"] == "Delete" for each in gone["Resources"].values())


def test_a_restored_table_is_given_what_the_template_says_of_a_table(artifact: Artifact) -> None:
    said = deploy.declared(artifact.template, {"DeletionProtection": "false", "WarmReads": "13000"})
    assert said["DeletionProtectionEnabled"] == "false"
    assert said["WarmThroughput"] == {"ReadUnitsPerSecond": "13000", "WriteUnitsPerSecond": "4000"}
    assert said["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_an_artifact_that_knows_nothing_of_a_restored_table_is_refused(artifact: Artifact) -> None:
    """It would make an empty table in the place of its own, and serve that."""
    older = {"Parameters": {name: {} for name in artifact.template["Parameters"] if name != deploy.TABLE}}
    given = {deploy.TABLE: "daybook-dev-20260101T030000Z"}
    with pytest.raises(deploy.DeployFailed, match="would serve an empty table"):
        deploy.Stack._check_table("older", older, given)
    deploy.Stack._check_table("older", older, {deploy.TABLE: ""})
    deploy.Stack._check_table("newer", artifact.template, given)


def test_stages_differ_by_parameters_that_there_are(artifact: Artifact) -> None:
    assert deploy.stages().keys() == {"dev", "staging", "prod"}
    for given in deploy.stages().values():
        assert given.keys() <= artifact.template["Parameters"].keys()
        assert all(isinstance(value, str) for value in given.values())


def test_a_healthy_site_passes_the_smoke_check(site: tuple[str, dict[str, int]]) -> None:
    deploy.smoke(site[0])


@pytest.mark.parametrize(("path", "status"), [("/", 502), ("/v1/session", 200)])
def test_a_broken_or_open_site_does_not(
    site: tuple[str, dict[str, int]], monkeypatch: pytest.MonkeyPatch, path: str, status: int
) -> None:
    site[1][path] = status
    monkeypatch.setattr(deploy, "SMOKE_WAIT_S", 0)
    with pytest.raises(deploy.DeployFailed, match=f"answers {status}"):
        deploy.smoke(site[0])


def _refs(value: object) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "Ref" in value:
            yield value
        for each in value.values():
            yield from _refs(each)
    elif isinstance(value, list):
        for each in value:
            yield from _refs(each)
