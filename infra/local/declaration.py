"""The table and the queues as `infra/aws/template.yaml` declares them, in the words of the DynamoDB and SQS APIs.

Only what both local engines know is taken over. Time to live, recovery and encryption are CloudFormation's business:
expiry is checked in code as well, and nothing leaves the machine.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from chalice.package import YAMLTemplateSerializer

STACK = "daybook"
_TEMPLATE = Path(__file__).resolve().parents[1] / "aws/template.yaml"
_ARN = "arn:aws:sqs:us-east-1:000000000000:{name}"
_OF_TABLE = ("AttributeDefinitions", "KeySchema", "BillingMode")


def table() -> dict[str, Any]:
    """What CreateTable wants to know beside the name."""
    (properties,) = _properties("AWS::DynamoDB::Table").values()
    return {name: properties[name] for name in _OF_TABLE}


def queues() -> list[tuple[str, str, dict[str, str]]]:
    """(logical name, queue name, attributes) of each queue, dead-letter queues first: others point at them."""
    declared = _properties("AWS::SQS::Queue")
    order = sorted(declared, key=lambda logical: "RedrivePolicy" in declared[logical])
    return [(logical, queue_name(logical), _attributes(declared[logical])) for logical in order]


def queue_name(logical: str) -> str:
    """The name a queue has on one machine."""
    name: str = _properties("AWS::SQS::Queue")[logical]["QueueName"]["Fn::Sub"]
    return name.replace("${AWS::StackName}", STACK)


def queue_arn(logical: str) -> str:
    """The name by which events and redrive policies call a queue."""
    return _ARN.format(name=queue_name(logical))


def _attributes(properties: dict[str, Any]) -> dict[str, str]:
    attributes = {}
    for name, value in properties.items():
        match value:
            case _ if name == "QueueName":
                continue
            case {"deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]}, "maxReceiveCount": tries}:
                attributes[name] = json.dumps({"deadLetterTargetArn": queue_arn(dead), "maxReceiveCount": tries})
            case bool():
                attributes[name] = str(value).lower()
            case _:
                attributes[name] = str(value)
    return attributes


@cache
def _properties(kind: str) -> dict[str, dict[str, Any]]:
    template = YAMLTemplateSerializer().load_template(_TEMPLATE.read_text(), str(_TEMPLATE))
    return {name: each["Properties"] for name, each in template["Resources"].items() if each.get("Type") == kind}
