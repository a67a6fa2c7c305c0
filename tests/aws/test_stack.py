"""The real package as a real stack, in ministack: made, driven through its API Gateway, queues and schedule, broken, mended,
updated under way, and taken down.

What ministack does not do is tested otherwise: it takes a concurrency given by parameter for text (set anew here), and gives
unknown routes its own answer (tests/security/test_template.py reads the gateway's). Its door refuses requests with an Origin,
so the visitor sends none, as programs do (tests/security/test_routes.py has the origins).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib import errors
from infra.aws import deploy, package, restore
from infra.aws.tables import TableFailed
from infra.local import journey
from infra.local.children import Child, free_port, is_listening, python
from infra.local.engines import create_table, start_ministack
from infra.local.machine import SHOP
from infra.local.visitor import VisitFailed
from tests.aws.deployed import REGION, Deployed, Program, eventually
from tests.support.artifact import Artifact

SERVICES = "sqs,cloudformation,s3,lambda,apigateway,iam,dynamodb,kms,ssm,sns,logs,monitoring,events,sts"
SCHEDULED = {
    "version": "0",
    "id": "1",
    "account": "000000000000",
    "region": REGION,
    "time": "2026-07-06T05:45:00Z",
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "detail": {},
    "resources": [],
}
SWEEPS_MAX = 5


@pytest.fixture(scope="module")
def deployed(artifact: Artifact) -> Iterator[Deployed]:
    engine = start_ministack(SERVICES)
    port = free_port()
    options = ("--port", str(port), "--orders-per-day", "3", "--shop", SHOP)
    sandbox = Child("sandbox", python("infra.sandbox", *options))
    sandbox.start()
    os.environ["AWS_ENDPOINT_URL"] = engine.url
    try:
        eventually(lambda: is_listening(port), 30)
        yield Deployed(engine, f"http://127.0.0.1:{port}", artifact.folder)
    finally:
        del os.environ["AWS_ENDPOINT_URL"]
        sandbox.stop()
        engine.stop()


@pytest.fixture(scope="module")
def merchant(deployed: Deployed) -> Program:
    visitor = Program(deployed.parameters["BaseUrl"], deployed.host)
    visitor.sign_up(**journey.OWNER, workspace="Northwind")
    return visitor


def full_days() -> journey.Range:
    today = datetime.now(UTC).date() - timedelta(days=1)
    return journey.Range(today - timedelta(days=80), today - timedelta(days=1))


def test_a_merchant_pairs_and_sees_ninety_days(deployed: Deployed, merchant: Program) -> None:
    sync = journey.wait_for(merchant, journey.pair(merchant))
    assert sync["state"] == "done", sync
    days = full_days()
    ledger = journey.ledger_of(deployed.sandbox_url, days)
    assert ledger.orders > 100
    # What happened to orders older than the history is looked for by sweeps, which are some minutes apart.
    for _ in range(SWEEPS_MAX):
        deployed.call("Sweep", SCHEDULED)
        found = journey.figures_of(journey.settled(merchant, days, ledger))
        if found == ledger:
            break
    assert found == ledger
    assert deployed.waiting("sync-dead") == deployed.waiting("backfill-dead") == 0


def test_the_night_brings_the_next_day(deployed: Deployed, merchant: Program) -> None:
    """Each function's clock is put two days on, then the schedule calls."""
    for function in ("APIHandler", "Nightly", "Planner", "SyncWorker", "BackfillWorker"):
        deployed.configure(function, DAYBOOK_CLOCK_SHIFT_S="172800")
    merchant.sign_in(email=journey.OWNER["email"], password=journey.OWNER["password"])
    today = (datetime.now(UTC) - timedelta(hours=5)).date()

    def final() -> bool:
        states = {each["state"] for each in journey.sales_of(merchant, journey.Range(today, today))}
        return bool(states) and states <= {"final", "empty"}

    assert not final()
    deployed.call("Nightly", SCHEDULED)
    eventually(final)


def test_an_admin_backfills_from_the_console(deployed: Deployed, merchant: Program) -> None:
    (connection,) = merchant.get("/v1/connections")["items"]
    (line, *_) = deployed.dynamo.scan(
        TableName="daybook-dev",
        FilterExpression="begins_with(sk, :c)",
        ExpressionAttributeValues={":c": {"S": "CONNECTION#"}},
    )["Items"]
    days = full_days()
    event = {
        "workspace": line["pk"]["S"].removeprefix("WS#"),
        "connection": connection["id"],
        "from": str(days.last - timedelta(days=6)),
        "to": str(days.last),
        "reason": "asked for by telephone",
    }
    assert deployed.call("backfill", {})["event"].keys() >= event.keys()
    looked = deployed.call("backfill", event)
    assert (looked["ok"], looked["days"], looked["known_days"], looked["batches"]) == (True, 7, 7, 1)
    begun = deployed.call("backfill", {**event, "dry_run": False, "request_id": "r1"})
    again = deployed.call("backfill", {**event, "dry_run": False, "request_id": "r1"})
    assert (begun["sync"], begun["repeated"], again["repeated"]) == (again["sync"], False, True)
    assert journey.wait_for(merchant, begun["sync"])["state"] == "done"


def test_a_defect_ends_in_the_dead_letters_and_a_redrive_brings_the_day(deployed: Deployed, merchant: Program) -> None:
    """A setting that cannot be read stops every start of the worker; five receives later the message is set aside."""
    url = deployed.url("sync")
    deployed.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    (connection,) = merchant.get("/v1/connections")["items"]
    day = str(full_days().last)
    with deployed.paused("BackfillWorker"):
        deployed.configure("SyncWorker", DAYBOOK_LEASE_S="soon")
        sync = merchant.post("/v1/syncs", {"connection_id": connection["id"], "from": day, "to": day})
        dead = eventually(lambda: deployed.set_aside(day))
        assert merchant.get(f"/v1/syncs/{sync['id']}")["state"] not in ("done", "failed_days")
    deployed.configure("SyncWorker", DAYBOOK_LEASE_S="310")
    deployed.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "330"})
    for place, message in enumerate(dead):
        deployed.sqs.send_message(
            QueueUrl=url,
            MessageBody=message["Body"],
            MessageGroupId=connection["id"],
            MessageDeduplicationId=f"redrive {place}",
        )
        deployed.sqs.delete_message(QueueUrl=deployed.url("sync-dead"), ReceiptHandle=message["ReceiptHandle"])
    eventually(lambda: deployed.call("Sweep", SCHEDULED) or merchant.get(f"/v1/syncs/{sync['id']}")["state"] == "done")


def test_a_new_version_comes_with_a_sync_under_way_and_goes_again(
    deployed: Deployed, merchant: Program, tmp_path: Path
) -> None:
    for name in (package.CODE, package.TEMPLATE):
        text = (deployed.folder / name).read_bytes()
        (tmp_path / name).write_bytes(text.replace(b"a merchant's sales daybook", b"a merchant's daybook of sales"))
    earlier, later = package.digest(deployed.folder), package.digest(tmp_path)
    assert earlier != later
    (connection,) = merchant.get("/v1/connections")["items"]
    days = full_days()
    before = journey.figures_of(journey.sales_of(merchant, days))
    used = merchant.get("/v1/usage")["used"]
    first = days.last - timedelta(days=29)
    asked = {"connection_id": connection["id"], "from": str(first), "to": str(days.last)}
    # An update here kills what runs, which AWS lets finish: the day is held as long as its lease, its message as long as this.
    deployed.configure("BackfillWorker", DAYBOOK_LEASE_S="30")
    deployed.sqs.set_queue_attributes(QueueUrl=deployed.url("backfill"), Attributes={"VisibilityTimeout": "35"})
    sync = merchant.post("/v1/syncs", asked)
    deployed.up(later, tmp_path)
    assert deployed.stack.outputs()["Artifact"] == later
    eventually(
        lambda: deployed.call("Sweep", SCHEDULED) or merchant.get(f"/v1/syncs/{sync['id']}")["state"] == "done",
        journey.PATIENCE_S,
    )
    assert journey.figures_of(journey.sales_of(merchant, days)) == before
    assert merchant.get("/v1/usage")["used"] == used
    deployed.up(earlier, None)
    assert deployed.stack.outputs()["Artifact"] == earlier
    assert {name for name, _ in deployed.stack.artifacts()} == {earlier, later}
    assert journey.figures_of(journey.sales_of(merchant, days)) == before


def policy_of(deployed: Deployed, table: str) -> set[str]:
    """What the policy of a table is about."""
    arn = deployed.dynamo.describe_table(TableName=table)["Table"]["TableArn"]
    found = json.loads(deployed.dynamo.get_resource_policy(ResourceArn=arn)["Policy"])
    return {each["Sid"] for each in found["Statement"]}


def opens(merchant: Program, key: str) -> int:
    """What the API answers to a program with that key."""
    url = f"{merchant.site}/v1/sales"
    return merchant._ask("GET", url, None, {"Authorization": f"Bearer {key}", "Cookie": ""}).status


def test_s45_a_restored_table_takes_over_and_stays_until_it_is_gone_back_from(
    deployed: Deployed, merchant: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ministack restores to the state of now, whatever the instant: what happens since happens in between here."""
    merchant.sign_in(email=journey.OWNER["email"], password=journey.OWNER["password"])
    days = full_days()
    before = journey.figures_of(journey.sales_of(merchant, days))
    used = merchant.get("/v1/usage")["used"]
    kept, revoked = (
        merchant.post("/v1/keys", {"name": name, "scope": "read", "days": 9}) for name in ("kept", "revoked")
    )
    assert opens(merchant, kept["key"]) == opens(merchant, revoked["key"]) == 200
    tables = deployed.stack.tables
    put_back = tables.restore

    def and_then(source: str, target: str, at: datetime) -> None:
        with pytest.raises(deploy.DeployFailed, match=f"is being moved onto {target}, since"):
            deployed.move(restore.Wish(None, target, "two at once"))
        put_back(source, target, at)
        merchant.change("DELETE", f"/v1/keys/{revoked['id']}", {})

    def fails(*args: object) -> None:
        assert policy_of(deployed, "daybook-dev") == {"OnlyOverTls", "LeftBehind"}
        raise errors.Unanswered("away")

    at = datetime(2026, 1, 1, 3, tzinfo=UTC)
    with monkeypatch.context() as patch:
        patch.setattr(restore, "carry_over", fails)
        with pytest.raises(errors.Unanswered):
            deployed.move(restore.Wish(at - timedelta(days=1), "", "it fails"))
    assert policy_of(deployed, "daybook-dev") == {"OnlyOverTls"}
    assert deployed.stack.serving().table == "daybook-dev"
    given_up = "daybook-dev-20251231T030000Z"
    assert tables.left_behind("daybook-dev", "daybook-dev") == {given_up: None}
    restore.drop(deployed.stack, given_up)
    with monkeypatch.context() as patch:
        patch.setattr(tables, "restore", and_then)
        outcome = deployed.move(restore.Wish(at, "", "a rehearsal"))
    table = "daybook-dev-20260101T030000Z"
    assert (outcome.table, outcome.left) == (table, "daybook-dev")
    assert outcome.carried is not None
    assert outcome.carried.taken_back.keys() >= {"SESSION", "KEY", "WS KEY"}
    assert deployed.stack.outputs()["TableName"] == table
    for function in ("APIHandler", "Planner", "SyncWorker", "admin"):
        variables = deployed.awake.get_function_configuration(FunctionName=deployed.function(function))["Environment"]
        assert variables["Variables"]["DAYBOOK_TABLE"] == table
    with pytest.raises(VisitFailed, match="401"):
        merchant.get("/v1/usage")
    merchant.sign_in(email=journey.OWNER["email"], password=journey.OWNER["password"])
    assert (opens(merchant, kept["key"]), opens(merchant, revoked["key"])) == (200, 401)
    assert journey.figures_of(journey.sales_of(merchant, days)) == before
    assert merchant.get("/v1/usage")["used"] == used
    (told,) = [each for each in merchant.get("/v1/activity")["items"] if "put back" in each["text"]]
    assert "a rehearsal" in told["text"]

    found = deployed.dynamo.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert (
        deployed.dynamo.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["AttributeName"] == "expires_at"
    )
    assert (policy_of(deployed, table), policy_of(deployed, "daybook-dev")) == (
        {"OnlyOverTls"},
        {"OnlyOverTls", "LeftBehind"},
    )
    assert deployed.stack.tables.left_behind("daybook-dev", table).keys() == {"daybook-dev"}

    # It works on, and stays where it is, whatever is deployed.
    (connection,) = merchant.get("/v1/connections")["items"]
    sync = merchant.post("/v1/syncs", {"connection_id": connection["id"], "from": str(days.last), "to": str(days.last)})
    assert journey.wait_for(merchant, sync["id"])["state"] == "done"
    deployed.up(package.digest(deployed.folder), None)
    assert deployed.stack.outputs()["TableName"] == table
    assert deployed.move(restore.Wish(at, "", "once more")).carried is None
    with pytest.raises(deploy.DeployFailed, match="make restore"):
        deployed.stack.deploy(package.digest(deployed.folder), {"TableName": "daybook-dev"}, None)
    for name, match in (("daybook-prod", "not a table of"), (table, "is served from")):
        with pytest.raises(TableFailed, match=match):
            restore.drop(deployed.stack, name)

    # Back to the one that was left behind; what is no longer needed is dropped.
    ended = deployed.stack.alone("a machine that went off")
    ended.__enter__()
    with pytest.raises(deploy.DeployFailed, match="ANEW=yes"):
        deployed.move(restore.Wish(None, "daybook-dev", "the rehearsal is over"))
    back = deployed.move(restore.Wish(None, "daybook-dev", "the rehearsal is over", anew=True))
    assert (deployed.stack.outputs()["TableName"], back.left) == ("daybook-dev", table)
    assert (policy_of(deployed, table), policy_of(deployed, "daybook-dev")) == (
        {"OnlyOverTls", "LeftBehind"},
        {"OnlyOverTls"},
    )
    merchant.sign_in(email=journey.OWNER["email"], password=journey.OWNER["password"])
    assert journey.figures_of(journey.sales_of(merchant, days)) == before
    restore.drop(deployed.stack, table)
    assert table not in deployed.dynamo.list_tables()["TableNames"]


def test_an_artifact_that_was_never_uploaded_is_refused(deployed: Deployed) -> None:
    with pytest.raises(deploy.DeployFailed, match="there is no artifact"):
        deployed.stack.deploy("0" * 20, deployed.parameters, None)


def test_taken_down_its_data_stay_until_they_are_to_go(deployed: Deployed) -> None:
    count = deployed.dynamo.scan(TableName="daybook-dev", Select="COUNT")["Count"]
    assert count > 100
    deployed.stack.destroy(data="keep")
    assert not [each for each in deployed.sqs.list_queues().get("QueueUrls", ()) if "daybook-dev" in each]
    assert not deployed.awake.list_functions()["Functions"]
    assert deployed.dynamo.scan(TableName="daybook-dev", Select="COUNT")["Count"] == count
    deployed.up(package.digest(deployed.folder), None)
    assert deployed.dynamo.scan(TableName="daybook-dev", Select="COUNT")["Count"] == count
    deployed.stack.destroy(data="delete")
    assert "daybook-dev" not in deployed.dynamo.list_tables()["TableNames"]
    with pytest.raises(deploy.DeployFailed, match="there is no stack"):
        deployed.stack.destroy(data="delete")
    create_table(deployed.engine.url, "daybook-dev-20260101T030000Z")
    deployed.stack.destroy(data="delete")
    assert not deployed.dynamo.list_tables()["TableNames"], "stopped after the stack was gone, it goes on"
