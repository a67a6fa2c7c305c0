"""S29, S30, S40, S49, S50 in what is deployed: read from the packaged template."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import Settings
from infra.aws import alarms
from infra.aws.package import TEMPLATE
from tests.support.artifact import Artifact

# Roles that services of AWS take on our behalf would be listed here; there are none.
FUNCTIONS = {"APIHandler", "Nightly", "Sweep", "Planner", "SyncWorker", "BackfillWorker", "Backfill", "Admin"}
# The API opens one secret, at the moment at which a merchant disconnects: to give the access back before it is wiped.
MAY_OPEN = {"SyncWorker", "BackfillWorker", "APIHandler"}
# What is sealed, by its purpose, and for one of what.
SEALED = {"channel credentials": "connection", "one-time codes": "user"}


# By which dimensions AWS tells of a metric, by its documentation; asked for by others there are no data, ever.
TOLD_BY = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): [["QueueName"]],
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): [["QueueName"]],
    ("AWS/Lambda", "Errors"): [["FunctionName"]],
    ("AWS/Lambda", "Invocations"): [["FunctionName"]],
    ("AWS/Lambda", "Duration"): [["FunctionName"]],
    ("AWS/DynamoDB", "ReadThrottleEvents"): [["TableName"]],
    ("AWS/DynamoDB", "WriteThrottleEvents"): [["TableName"]],
    ("AWS/DynamoDB", "ConsumedReadCapacityUnits"): [["TableName"]],
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits"): [["TableName"]],
    ("AWS/DynamoDB", "ThrottledRequests"): [["TableName", "Operation"]],
    ("AWS/ApiGateway", "5XXError"): [["ApiName"], ["ApiName", "Stage"]],
}


def words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def role_of(artifact: Artifact, function: str) -> str:
    role: str = artifact.resources("AWS::Serverless::Function")[function]["Role"]["Fn::GetAtt"][0]
    return role


def statements(artifact: Artifact, function: str) -> Iterator[dict[str, Any]]:
    """What the role of a function may do."""
    role = artifact.resources("AWS::IAM::Role")[role_of(artifact, function)]
    assert not role.get("ManagedPolicyArns")
    for policy in role["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def actions(artifact: Artifact, function: str) -> set[str]:
    return {action for each in statements(artifact, function) for action in words(each["Action"])}


def test_cloudformation_would_take_it(artifact: Artifact) -> None:
    command = [str(Path(sys.executable).with_name("cfn-lint")), str(artifact.folder / TEMPLATE)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_s49_every_function_has_a_role_of_its_own(artifact: Artifact) -> None:
    assert artifact.resources("AWS::Serverless::Function").keys() == FUNCTIONS
    assert len({role_of(artifact, name) for name in FUNCTIONS}) == len(FUNCTIONS)
    assert artifact.resources("AWS::IAM::Role").keys() == {role_of(artifact, name) for name in FUNCTIONS}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_s49_no_role_has_a_wildcard(artifact: Artifact, function: str) -> None:
    for each in statements(artifact, function):
        assert each["Effect"] == "Allow"
        assert "NotAction" not in each
        assert "NotResource" not in each
        assert not [action for action in words(each["Action"]) if "*" in action]
        resources = each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]]
        for resource in resources:
            assert "*" not in json.dumps(resource), resource


def test_s49_only_the_api_mails_and_only_as_the_one_sender(artifact: Artifact) -> None:
    (mailing,) = [each for each in statements(artifact, "APIHandler") if words(each["Action"]) == ["ses:SendEmail"]]
    assert mailing["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
    named = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${MailIdentity}"
    assert mailing["Resource"] == {"Fn::Sub": named}
    may = [name for name in FUNCTIONS if any(action.startswith("ses:") for action in actions(artifact, name))]
    assert may == ["APIHandler"]
    functions = artifact.resources("AWS::Serverless::Function")
    told = [name for name, each in functions.items() if "DAYBOOK_MAIL_FROM" in str(each.get("Environment"))]
    assert told == ["APIHandler"]


def test_s49_no_function_may_scan_or_change_the_table_itself(artifact: Artifact) -> None:
    listed = {"GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"}
    for function in FUNCTIONS:
        asked = {action for action in actions(artifact, function) if action.startswith("dynamodb:")}
        assert asked <= {f"dynamodb:{name}" for name in listed}, function
    for function in ("Nightly", "Sweep"):
        assert actions(artifact, function) == {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"}


def test_s49_the_table_is_protected_and_can_be_put_back(artifact: Artifact) -> None:
    (table,) = artifact.resources("AWS::DynamoDB::Table").values()
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert artifact.template["Parameters"]["DeletionProtection"]["Default"] == "true"
    assert table["SSESpecification"]["SSEEnabled"] is True
    kept = {name for name, each in artifact.template["Resources"].items() if each.get("DeletionPolicy") == "Retain"}
    assert kept == {"Table", "CredentialsKey"}


def test_s45_backups_end_after_35_days(artifact: Artifact) -> None:
    (table,) = artifact.resources("AWS::DynamoDB::Table").values()
    assert table["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] == 35


def test_s45_policies_functions_and_alarms_follow_the_stack_onto_a_restored_table(artifact: Artifact) -> None:
    assert artifact.template["Conditions"]["OwnTable"] == {"Fn::Equals": [{"Ref": "TableName"}, ""]}
    assert artifact.template["Resources"]["Table"]["Condition"] == "OwnTable"
    name = {"Fn::If": ["OwnTable", {"Ref": "Table"}, {"Ref": "TableName"}]}
    restored = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${TableName}"
    arn = {"Fn::If": ["OwnTable", {"Fn::GetAtt": ["Table", "Arn"]}, {"Fn::Sub": restored}]}
    for function in FUNCTIONS:
        for each in statements(artifact, function):
            if any(action.startswith("dynamodb:") for action in words(each["Action"])):
                assert each["Resource"] == arn, function
    text = json.dumps(artifact.template)
    for own in ({"Ref": "Table"}, {"Fn::GetAtt": ["Table", "Arn"]}):
        said = json.dumps(own)
        assert text.count(said) == text.count('{"Fn::If": ["OwnTable", ' + said)
    assert artifact.template["Globals"]["Function"]["Environment"]["Variables"]["DAYBOOK_TABLE"] == name
    *parts, _ = artifact.resources("AWS::CloudWatch::Alarm")["TableThrottles"]["Metrics"]
    for each in parts:
        assert each["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "TableName", "Value": name}]
    assert "${Table}" not in text


def test_s49_table_and_queues_are_reached_over_tls_only(artifact: Artifact) -> None:
    (table,) = artifact.resources("AWS::DynamoDB::Table").values()
    queues = artifact.resources("AWS::SQS::QueuePolicy").values()
    for document in (table["ResourcePolicy"]["PolicyDocument"], *(each["PolicyDocument"] for each in queues)):
        (refused,) = document["Statement"]
        assert refused["Effect"] == "Deny"
        assert refused["Principal"] == "*"
        assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert not [action for action in refused["Action"] if "*" in action]
    declared = artifact.resources("AWS::SQS::Queue")
    # SQS takes a policy only about the queue that it is of.
    covered = []
    for each in queues:
        (queue,) = (each["Ref"] for each in each["Queues"])
        assert each["PolicyDocument"]["Statement"][0]["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
        covered.append(queue)
    assert sorted(covered) == sorted(declared)
    assert all(each["SqsManagedSseEnabled"] for each in declared.values())


def test_s49_a_worker_takes_from_its_own_queue_and_sends_to_both(artifact: Artifact) -> None:
    """An order looked for asks days of ranges, and a continuation goes where the last ask sent its day."""
    both = [{"Fn::GetAtt": [name, "Arn"]} for name in ("SyncQueue", "BackfillQueue")]
    for function, queue in (("SyncWorker", both[0]), ("BackfillWorker", both[1])):
        found = [each for each in statements(artifact, function) if words(each["Action"])[0].startswith("sqs:")]
        sending = [each["Resource"] for each in found if "sqs:SendMessage" in words(each["Action"])]
        taking = [each["Resource"] for each in found if "sqs:ReceiveMessage" in words(each["Action"])]
        assert sending == [both]
        assert taking == [queue]


def test_s29_the_key_is_of_use_only_with_the_whole_context(artifact: Artifact) -> None:
    (key,) = artifact.resources("AWS::KMS::Key").values()
    assert key["EnableKeyRotation"] is True
    using = {"kms:Encrypt", "kms:Decrypt"}
    for each in key["KeyPolicy"]["Statement"]:
        asked = set(words(each["Action"]))
        assert not [action for action in asked if "*" in action]
        assert not [
            action
            for action in asked - using
            if action.startswith(("kms:ReEncrypt", "kms:Generate", "kms:CreateGrant"))
        ]
        if asked & using:
            assert asked == using
            purpose = each["Condition"]["StringEquals"]["kms:EncryptionContext:purpose"]
            assert each["Condition"] == {
                "Null": {
                    "kms:EncryptionContext:workspace": "false",
                    f"kms:EncryptionContext:{SEALED[purpose]}": "false",
                },
                "StringEquals": {"kms:EncryptionContext:purpose": purpose},
            }


def test_s30_workers_open_nothing_but_channel_credentials(artifact: Artifact) -> None:
    for function in MAY_OPEN - {"APIHandler"}:
        (using,) = (each for each in statements(artifact, function) if "kms:Decrypt" in words(each["Action"]))
        assert using["Condition"] == {"StringEquals": {"kms:EncryptionContext:purpose": "channel credentials"}}


def test_s30_only_what_needs_a_secret_may_open_one(artifact: Artifact) -> None:
    may = {function for function in FUNCTIONS if "kms:Decrypt" in actions(artifact, function)}
    assert may == MAY_OPEN
    assert not [function for function in FUNCTIONS - MAY_OPEN if "kms:Encrypt" in actions(artifact, function)]


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_s30_a_function_asks_for_the_secrets_that_it_may_read_and_for_no_other(
    artifact: Artifact, function: str
) -> None:
    """All are asked for at once, so one that it may not read would refuse it all of them."""
    variables = artifact.resources("AWS::Serverless::Function")[function].get("Environment", {}).get("Variables", {})
    asked = json.loads(variables["DAYBOOK_SECRETS"]["Fn::Sub"]) if "DAYBOOK_SECRETS" in variables else []
    allowed = [
        resource["Fn::Sub"].partition(":parameter")[2]
        for each in statements(artifact, function)
        if "ssm:GetParameters" in words(each["Action"])
        for resource in each["Resource"]
    ]
    assert sorted(asked) == sorted(allowed)
    assert bool(asked) == (function in MAY_OPEN)
    assert all(name.rpartition("/")[2].replace("-", "_") in Settings.__struct_fields__ for name in asked)


def test_s31_no_secret_is_in_a_parameter_or_a_variable(artifact: Artifact) -> None:
    text = (artifact.folder / TEMPLATE).read_text()
    assert "resolve:ssm" not in text
    assert "CLIENT_SECRET" not in text
    assert not [name for name in artifact.template["Parameters"] if "secret" in name.lower()]


def test_s40_the_gateway_limits_and_answers_as_we_do(artifact: Artifact) -> None:
    (api,) = artifact.resources("AWS::Serverless::Api").values()
    (limits,) = api["MethodSettings"]
    assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == (50, 100)
    assert (limits["HttpMethod"], limits["ResourcePath"]) == ("*", "/*")
    answers = api["GatewayResponses"]
    assert answers["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == 404
    assert answers["ACCESS_DENIED"]["StatusCode"] == 403
    for answer in answers.values():
        (body,) = answer["ResponseTemplates"].values()
        told = json.loads(body.replace("$context.requestId", "r"))
        assert told.keys() - {"status"} == {"type", "title", "detail", "request_id"}
        assert answer["ResponseParameters"]["Headers"]["Content-Type"] == "'application/problem+json'"


def test_s50_every_count_is_alarmed_and_every_alarm_is_told(artifact: Artifact) -> None:
    told = artifact.resources("AWS::CloudWatch::Alarm")
    assert told.keys() == {each.name for each in (*alarms.ALARMS, *alarms.COUNTS)}
    assert all(each["AlarmActions"] == [{"Ref": "Alarms"}] for each in told.values())
    logs = artifact.resources("AWS::Logs::LogGroup")
    for count in artifact.resources("AWS::Logs::MetricFilter").values():
        assert count["LogGroupName"]["Ref"] in logs
        assert count["MetricTransformations"][0]["MetricName"] in told
    for function in artifact.resources("AWS::Serverless::Function").values():
        assert function["LoggingConfig"]["LogGroup"]["Ref"] in logs
    assert all("RetentionInDays" in each for each in logs.values())


def asked_of_aws(artifact: Artifact) -> Iterator[tuple[str, str, list[str]]]:
    """Namespace, metric and dimensions of all alarms and lines of the dashboard, but those of our own counts."""
    for alarm in artifact.resources("AWS::CloudWatch::Alarm").values():
        parts = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", ()) if "MetricStat" in each]
        for each in parts or [alarm]:
            if each["Namespace"] != alarms.STACK:
                yield each["Namespace"], each["MetricName"], [one["Name"] for one in each["Dimensions"]]
    (dashboard,) = artifact.resources("AWS::CloudWatch::Dashboard").values()
    for widget in json.loads(dashboard["DashboardBody"]["Fn::Sub"][0])["widgets"]:
        for namespace, metric, *dimensions in widget["properties"]["metrics"]:
            if namespace != "${AWS::StackName}":
                yield namespace, metric, dimensions[::2]


def test_s50_what_is_asked_of_a_metric_is_what_aws_tells_of_it(artifact: Artifact) -> None:
    asked = list(asked_of_aws(artifact))
    assert {namespace for namespace, _, _ in asked} == {"AWS/SQS", "AWS/Lambda", "AWS/DynamoDB", "AWS/ApiGateway"}
    for namespace, metric, dimensions in asked:
        assert dimensions in TOLD_BY[namespace, metric], metric


def test_s50_throttles_of_reads_and_of_writes_are_added_up_where_there_are_none_of_one(artifact: Artifact) -> None:
    alarm = artifact.resources("AWS::CloudWatch::Alarm")["TableThrottles"]
    *parts, total = alarm["Metrics"]
    assert [each["MetricStat"]["Metric"]["MetricName"] for each in parts] == list(alarms.THROTTLES)
    assert total["Expression"] == "FILL(m0, 0) + FILL(m1, 0)"
    assert [each["ReturnData"] for each in alarm["Metrics"]] == [False, False, True]


def test_what_to_do_about_each_alarm_is_written_down() -> None:
    page = Path("README.md").read_text().partition("## Operating Daybook")[2]
    missing = [each.name for each in (*alarms.ALARMS, *alarms.COUNTS) if f"`{each.name}`" not in page]
    assert not missing


@pytest.mark.parametrize("queue", ["Sync", "Backfill"])
def test_work_is_taken_one_by_one_in_order_with_a_way_out(artifact: Artifact, queue: str) -> None:
    declared = artifact.resources("AWS::SQS::Queue")
    work, dead = declared[f"{queue}Queue"], declared[f"{queue}DeadQueue"]
    assert work["FifoQueue"] is dead["FifoQueue"] is True
    assert work["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": [f"{queue}DeadQueue", "Arn"]}
    function = artifact.resources("AWS::Serverless::Function")[f"{queue}Worker"]
    (source,) = function["Events"].values()
    assert source["Properties"]["BatchSize"] == 1
    assert source["Properties"]["ScalingConfig"]["MaximumConcurrency"] == {"Ref": "WorkersMax"}
    assert source["Properties"]["Queue"] == {"Fn::GetAtt": [f"{queue}Queue", "Arn"]}
    assert work["VisibilityTimeout"] > function["Timeout"]


def test_the_night_begins_at_a_quarter_to_six(artifact: Artifact) -> None:
    (source,) = artifact.resources("AWS::Serverless::Function")["Nightly"]["Events"].values()
    assert source["Properties"]["Schedule"] == "cron(45 5 * * ? *)"
