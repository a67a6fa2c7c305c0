"""What a deployment decides without AWS: what a stack is reduced to, and the parameters of stages."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pytest
from botocore.stub import ANY, Stubber

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


TEMPLATE = {"Parameters": {name: {} for name in ("Artifact", "BaseUrl", "DeletionProtection")}}
GONE = "Stack with id daybook-prod does not exist"


@pytest.fixture
def told() -> Iterator[tuple[deploy.Stack, Stubber]]:
    """A stack, and what CloudFormation is to be asked for it and to answer, in this order."""
    stack = deploy.Stack("prod", "us-east-1")
    with Stubber(stack.formation._client) as stubber:
        yield stack, stubber


def _is(stubber: Stubber, status: str) -> None:
    found = {"StackName": "daybook-prod", "StackStatus": status, "CreationTime": "2026-07-06T05:45:00Z"}
    stubber.add_response("describe_stacks", {"Stacks": [found]}, {"StackName": "daybook-prod"})


def _is_gone(stubber: Stubber) -> None:
    stubber.add_client_error("describe_stacks", "ValidationError", GONE)


def _changes(stubber: Stubber, kind: str) -> None:
    """A change set of this kind is made, shown and carried out; what it makes goes again if it fails."""
    asked = dict.fromkeys(("ChangeSetName", "ClientToken", "Capabilities", "Parameters", "Tags", "TemplateURL"), ANY)
    stubber.add_response("create_change_set", {}, {"StackName": "daybook-prod", "ChangeSetType": kind, **asked})
    for _ in range(2):
        stubber.add_response("describe_change_set", {"Status": "CREATE_COMPLETE", "Changes": []})
    carried_out = {"StackName": "daybook-prod", "ChangeSetName": ANY, "RetainExceptOnCreate": True}
    stubber.add_response("execute_change_set", {}, carried_out)
    _is(stubber, f"{kind}_COMPLETE")


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_a_stack_that_was_not_made_to_its_end_is_removed_and_made_anew(
    told: tuple[deploy.Stack, Stubber], status: str
) -> None:
    stack, stubber = told
    _is(stubber, status)
    stubber.add_response("delete_stack", {}, {"StackName": "daybook-prod"})
    _is_gone(stubber)
    _is_gone(stubber)
    _changes(stubber, "CREATE")
    stack._change({"BaseUrl": "x"}, TEMPLATE, {"TemplateURL": "https://s3.example/stack.json"})
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(("status", "kind"), [("UPDATE_ROLLBACK_COMPLETE", "UPDATE"), ("REVIEW_IN_PROGRESS", "CREATE")])
def test_any_other_stack_is_changed_as_it_is(told: tuple[deploy.Stack, Stubber], status: str, kind: str) -> None:
    stack, stubber = told
    _is(stubber, status)
    _is(stubber, status)
    _changes(stubber, kind)
    stack._change({"BaseUrl": "x"}, TEMPLATE, {"TemplateURL": "https://s3.example/stack.json"})
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "message"),
    [("Throttling", "Rate exceeded"), ("AccessDenied", "not authorized"), ("ValidationError", "1 validation error")],
)
def test_a_stack_that_cannot_be_looked_at_is_not_taken_for_none(
    told: tuple[deploy.Stack, Stubber], code: str, message: str
) -> None:
    stack, stubber = told
    for _ in range(3):
        stubber.add_client_error("describe_stacks", code, message)
    with pytest.raises(deploy.DeployFailed, match=message):
        stack.given()


def test_what_failed_is_told_however_much_was_taken_back_since(told: tuple[deploy.Stack, Stubber]) -> None:
    stack, stubber = told

    def event(logical: str, status: str, reason: str = "") -> dict[str, str]:
        of = {"StackId": "s", "EventId": "e", "StackName": stack.name, "Timestamp": "2026-07-06T05:45:00Z"}
        more = {"ResourceStatusReason": reason} if reason else {}
        return {**of, "LogicalResourceId": logical, "ResourceStatus": status, **more}

    taken_back = [event(f"Alarm{n}", "DELETE_COMPLETE") for n in range(100)]
    since = [event("Table", "CREATE_FAILED", "no such unit"), event(stack.name, "CREATE_IN_PROGRESS")]
    before = [event("Key", "CREATE_FAILED", "of another day")]
    stubber.add_response("describe_stack_events", {"StackEvents": taken_back, "NextToken": "2"})
    stubber.add_response("describe_stack_events", {"StackEvents": since + before})
    assert stack.formation.failures(stack.name) == ["  Table: no such unit"]


class Written:
    """Change sets of one stack that are only written down."""

    def __init__(self, before: dict[str, str] | None) -> None:
        self.before, self.changes = before, []

    def described(self, name: str) -> dict[str, object] | None:
        if self.before is None:
            return None
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.before.items()]
        return {"Parameters": given, "StackStatus": "CREATE_COMPLETE"}

    def change(self, name, given, template, source, tags) -> None:
        self.changes.append((given.get("BaseUrl"), given.get("DeletionProtection")))
        self.before = {key: value for key, value in given.items() if key in TEMPLATE["Parameters"]}


class Making(deploy.Stack):
    def __init__(self, before: dict[str, str] | None) -> None:
        super().__init__("prod", "us-east-1")
        self.formation = Written(before)
        self.changes, self.tables = self.formation.changes, Untouched()
        self._bucket = lambda: "b"
        self._template = lambda bucket, artifact: TEMPLATE
        self._make_cursor_key = lambda: None
        self.settle = lambda *_: None

    def outputs(self) -> dict[str, str]:
        return {"EndpointURL": "https://a.execute-api.us-east-1.amazonaws.com/api/"}


class Untouched:
    def take_up(self, table: str) -> None:
        """Do nothing."""


OWN = "https://a.execute-api.us-east-1.amazonaws.com/api"


@pytest.mark.parametrize("chosen", [{}, {"BaseUrl": "https://books.example"}])
def test_a_new_table_is_protected_once_its_stack_is_made(chosen: dict[str, str]) -> None:
    """A protected one would stay behind if the creation failed."""
    stack = Making(None)
    stack.deploy("a1", chosen, None)
    address = chosen.get("BaseUrl", OWN)
    assert stack.changes == [(deploy.NO_ADDRESS, "false"), (address, None)]
    stack.changes.clear()
    stack.deploy("a2", {}, None)
    assert stack.changes == [(address, None)]


def test_a_table_is_protected_by_the_next_deployment_if_the_first_broke_off() -> None:
    stack = Making({"BaseUrl": deploy.NO_ADDRESS, "DeletionProtection": "false"})
    stack.deploy("a1", {}, None)
    assert stack.changes[-1] == (OWN, None)


def test_what_is_chosen_otherwise_stays_chosen() -> None:
    stack = Making({"BaseUrl": "https://books.example", "DeletionProtection": "false"})
    stack.deploy("a1", {}, None)
    assert stack.changes == [("https://books.example", "false")]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [("AlarmMail", "there is no parameter AlarmMail"), ("WorkersMax", "stages.json; change it there")],
)
def test_what_would_not_hold_cannot_be_chosen(
    artifact: Artifact, monkeypatch: pytest.MonkeyPatch, chosen: str, said: str
) -> None:
    stack = Making({"BaseUrl": "https://books.example"})
    monkeypatch.setattr(stack, "_template", lambda bucket, name: artifact.template)
    with pytest.raises(deploy.DeployFailed, match=said):
        stack.deploy("a1", {chosen: "200"}, None)
    assert stack.changes == []


def _refs(value: object) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if "Ref" in value:
            yield value
        for each in value.values():
            yield from _refs(each)
    elif isinstance(value, list):
        for each in value:
            yield from _refs(each)
