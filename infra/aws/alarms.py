"""What is watched in a stack: alarms, the counts they rest on, and the dashboard, as resources of its template.

Each row of the tables is one alarm; README, "Operating Daybook", says what to do about each. Counts are made from log lines
(`chalicelib/entrypoints/log.py`), so that nothing is measured that is not told.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

Resources = dict[str, Any]

STACK = {"Ref": "AWS::StackName"}
TABLE = {"Fn::If": ["OwnTable", {"Ref": "Table"}, {"Ref": "TableName"}]}


class Alarm(NamedTuple):
    """`metric` of the `subject` (a resource of the template) over `threshold` for `period_s`.

    Several metrics, after one namespace, are added up: "AWS/DynamoDB ReadThrottleEvents WriteThrottleEvents".
    """

    name: str
    means: str
    metric: str
    subject: str
    threshold: float
    period_s: int = 300
    statistic: str = "Sum"
    fewer: bool = False


class Count(NamedTuple):
    """Lines of a log that fit `pattern`: their number, or the largest `value` that they carry."""

    name: str
    means: str
    log: str
    pattern: str
    threshold: float
    period_s: int = 900
    value: str = "1"


FUNCTIONS = ("APIHandler", "Nightly", "Sweep", "Planner", "SyncWorker", "BackfillWorker")
_VISIBLE, _AGE = "AWS/SQS ApproximateNumberOfMessagesVisible", "AWS/SQS ApproximateAgeOfOldestMessage"
# Looks for changes and sought orders may fail too; their lines name no day, and both are tried again.
_FAILED_DAY = '{ $.outcome = "failed" && $.day = "*" }'
THROTTLES = ("ReadThrottleEvents", "WriteThrottleEvents")
_RENEWAL = '{ $.reason = "*no longer accepts our access*" }'

ALARMS = (
    Alarm(
        "SyncDeadLetters", "A worker gave a message of single days up.", _VISIBLE, "SyncDeadQueue", 0, 300, "Maximum"
    ),
    Alarm(
        "BackfillDeadLetters", "A worker gave a message of ranges up.", _VISIBLE, "BackfillDeadQueue", 0, 300, "Maximum"
    ),
    Alarm("SyncWaits", "Nightly work waits for a worker for over an hour.", _AGE, "SyncQueue", 3600, 300, "Maximum"),
    Alarm("PlanWaits", "The agenda waits for a planner for over 15 minutes.", _AGE, "PlanQueue", 900, 300, "Maximum"),
    *(Alarm(f"{name}Fails", f"{name} ended by a defect.", "AWS/Lambda Errors", name, 0) for name in FUNCTIONS),
    Alarm(
        "SweepRests", "The sweep did not run for half an hour.", "AWS/Lambda Invocations", "Sweep", 1, 1800, fewer=True
    ),
    # `ThrottledRequests` is told for each operation apart, these two for the table as a whole.
    Alarm("TableThrottles", "The table refuses requests.", f"AWS/DynamoDB {' '.join(THROTTLES)}", "Table", 10),
    Alarm("ApiBreaks", "More than a few answers were errors of ours.", "AWS/ApiGateway 5XXError", "RestAPI", 3),
)
COUNTS = (
    Count("PlanningIsLate", "A connection was due for over an hour.", "PlannerLog", "{ $.late_s > 0 }", 3600, 300, "$.late_s"),
    Count("DaysAreStuck", "Days were sent five times and still need something.", "PlannerLog", "{ $.stuck > 0 }", 0, 900, "$.stuck"),
    Count("SyncDaysFail", "Days failed.", "SyncLog", _FAILED_DAY, 0, 3600),
    Count("BackfillDaysFail", "Days of ranges failed.", "BackfillLog", _FAILED_DAY, 0, 3600),
    Count("SyncRenewalsFail", "Channels refuse to renew our access.", "SyncLog", _RENEWAL, 5, 3600),
    Count("BackfillRenewalsFail", "Channels refuse to renew our access.", "BackfillLog", _RENEWAL, 5, 3600),
    Count("SignInsFail", "Many sign-ins failed (S9, S10).", "ApiLog", '{ $.route = "POST /v1/session" && $.status = 401 }', 100),
    Count("WallsAreTried", "Many asked for what they may not have (S1, S4, S12).", "ApiLog", "{ $.status = 403 }", 200),
    Count("HooksAreForged", "Webhooks were wrongly signed (S41).", "ApiLog", '{ $.route = "POST /v1/webhooks/*" && $.status = 401 }', 20),
    Count("ReturnsAreRefused", "Ways back from a channel did not fit (S17, S19, S20).", "ApiLog", '{ $.message = "callback" && $.outcome = "refused" }', 20),
    Count("ShopsAreRefused", "Shops' addresses or keys were refused (S24 to S26).", "ApiLog", '{ $.route = "POST /v1/connections" && $.status >= 400 }', 50),
    Count("MailsFail", "Mails were not taken by SES (S13).", "ApiLog", '{ $.message = "mail not sent" }', 5, 3600),
    Count("SyncSecretsStaySealed", "A sealed secret does not open where it lies (S29).", "SyncLog", '"a sealed secret does not open here"', 0),
    Count("BackfillSecretsStaySealed", "A sealed secret does not open where it lies (S29).", "BackfillLog", '"a sealed secret does not open here"', 0),
    Count("ApiSecretsStaySealed", "A sealed secret does not open where it lies (S29).", "ApiLog", '{ $.reason = "a sealed secret does not open here" }', 0),
)  # fmt: skip


def resources() -> Resources:
    """Every resource that watches, by its logical id."""
    return dict([*(_alarm(each) for each in ALARMS), *(pair for each in COUNTS for pair in _count(each)), _dashboard()])


def _alarm(each: Alarm) -> tuple[str, Any]:
    namespace, *metrics = each.metric.split()
    dimensions = [_dimension(namespace, each.subject)]
    if len(metrics) == 1:
        return each.name, _resource(each, _measured(each, namespace, metrics[0], dimensions))
    parts = [
        {
            "Id": f"m{place}",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions},
                "Stat": each.statistic,
                "Period": each.period_s,
            },
        }
        for place, metric in enumerate(metrics)
    ]
    # A metric that nothing was told of is none, and a sum with it would be none too.
    added = " + ".join(f"FILL({part['Id']}, 0)" for part in parts)
    total = {"Id": "total", "Expression": added, "Label": each.name, "ReturnData": True}
    return each.name, _resource(each, {"Metrics": [*parts, total]})


def _count(each: Count) -> Iterator[tuple[str, Any]]:
    transformation = {"MetricNamespace": STACK, "MetricName": each.name, "MetricValue": each.value}
    yield (
        f"{each.name}Count",
        {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": {"Ref": each.log},
                "FilterPattern": each.pattern,
                "MetricTransformations": [transformation],
            },
        },
    )
    statistic = "Sum" if each.value == "1" else "Maximum"
    alarm = Alarm(each.name, each.means, "", "", each.threshold, each.period_s, statistic)
    yield each.name, _resource(alarm, _measured(alarm, STACK, each.name, []))


def _measured(each: Alarm, namespace: Any, metric: str, dimensions: list[Any]) -> dict[str, Any]:
    return {
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": dimensions,
        "Statistic": each.statistic,
        "Period": each.period_s,
    }


def _resource(each: Alarm, measured: dict[str, Any]) -> Any:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": f'{each.means} README, "Operating Daybook", {each.name}.',
            **measured,
            "EvaluationPeriods": 1,
            "Threshold": each.threshold,
            "ComparisonOperator": "LessThanThreshold" if each.fewer else "GreaterThanThreshold",
            "TreatMissingData": "breaching" if each.fewer else "notBreaching",
            "AlarmActions": [{"Ref": "Alarms"}],
        },
    }


def _dimension(namespace: str, subject: str) -> Any:
    match namespace:
        case "AWS/SQS":
            return {"Name": "QueueName", "Value": {"Fn::GetAtt": [subject, "QueueName"]}}
        case "AWS/Lambda":
            return {"Name": "FunctionName", "Value": {"Ref": subject}}
        case "AWS/DynamoDB":
            return {"Name": "TableName", "Value": TABLE}
        case _:
            return {"Name": "ApiName", "Value": STACK}


def _dashboard() -> tuple[str, Any]:
    queues = ("PlanQueue", "SyncQueue", "BackfillQueue", "SyncDeadQueue", "BackfillDeadQueue")
    units = ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", *THROTTLES)
    drawn: list[tuple[str, str, list[list[str]]]] = [
        ("Messages that wait", "Maximum", [[*_VISIBLE.split(), "QueueName", f"${{{each}.QueueName}}"] for each in queues]),
        ("Age of the oldest, s", "Maximum", [[*_AGE.split(), "QueueName", f"${{{each}.QueueName}}"] for each in queues[:3]]),
        *(
            (metric, statistic, [["AWS/Lambda", metric, "FunctionName", f"${{{each}}}"] for each in FUNCTIONS])
            for metric, statistic in (("Invocations", "Sum"), ("Errors", "Sum"), ("Duration", "p95"))
        ),
        ("Table", "Sum", [["AWS/DynamoDB", each, "TableName", "${UsedTable}"] for each in units]),
        ("Days", "Maximum", [["${AWS::StackName}", each.name] for each in COUNTS if each.log != "ApiLog"]),
        ("Refused", "Sum", [["${AWS::StackName}", each.name] for each in COUNTS if each.log == "ApiLog"]),
    ]  # fmt: skip
    widgets = [
        {
            "type": "metric",
            "x": place % 2 * 12,
            "y": place // 2 * 6,
            "width": 12,
            "height": 6,
            "properties": {
                "title": title,
                "stat": statistic,
                "period": 300,
                "region": "${AWS::Region}",
                "metrics": metrics,
            },
        }
        for place, (title, statistic, metrics) in enumerate(drawn)
    ]
    body = {"Fn::Sub": [json.dumps({"widgets": widgets}), {"UsedTable": TABLE}]}
    return "Overview", {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {"DashboardName": STACK, "DashboardBody": body},
    }
