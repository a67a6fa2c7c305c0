"""CloudFormation as deployments use it: how a stack is, and changes by change sets that are shown first."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
# States of a stack that was never made to its end: it holds nothing, and can only be deleted.
UNMADE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
BEGUN = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
WAIT = {"Delay": 2, "MaxAttempts": 900}


class DeployFailed(Exception):
    """Nothing, or the stack as it was before, is in force; the message says what happened."""


class CloudFormation:
    """The stacks of one region, through boto3; endpoints and credentials come from the environment."""

    def __init__(self, region: str) -> None:
        patient = Config(read_timeout=300, retries={"mode": "standard", "total_max_attempts": 3})
        self._client = boto3.client("cloudformation", region_name=region, config=patient)

    def described(self, name: str) -> dict[str, Any] | None:
        """The stack, or None if there is none that could be updated. Raises DeployFailed."""
        found = self.seen(name)
        gone = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE", *UNMADE)
        return None if found is None or found["StackStatus"] in gone else found

    def seen(self, name: str) -> dict[str, Any] | None:
        """The stack in whatever state it is. Raises DeployFailed if that cannot be told."""
        try:
            (found,) = self._client.describe_stacks(StackName=name)["Stacks"]
        except ClientError as exc:
            told = exc.response["Error"]
            if told["Code"] == "ValidationError" and "does not exist" in told["Message"]:
                return None
            raise DeployFailed(f"{name}: {told['Message']}") from exc
        return dict(found)

    def change(
        self,
        name: str,
        given: Mapping[str, str],
        template: Mapping[str, Any],
        source: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> None:
        """Bring a stack to a template by a change set, which is shown first. Raises DeployFailed; the stack is then as before.

        `source` is where CloudFormation finds the template. Of the parameters `given` those are taken that the template has.
        """
        self._clear(name)
        kind = "UPDATE" if self.described(name) else "CREATE"
        known = template.get("Parameters", {})
        change_set = f"{name}-{int(time.time() * 1000)}"
        self._client.create_change_set(
            StackName=name,
            ChangeSetName=change_set,
            ClientToken=change_set,
            ChangeSetType=kind,
            Capabilities=CAPABILITIES,
            Parameters=[{"ParameterKey": key, "ParameterValue": given[key]} for key in given if key in known],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            **source,
        )
        try:
            self._client.get_waiter("change_set_create_complete").wait(
                StackName=name, ChangeSetName=change_set, WaiterConfig=WAIT
            )
        except WaiterError as exc:
            found = self._client.describe_change_set(StackName=name, ChangeSetName=change_set)
            reason = found.get("StatusReason", "")
            self._client.delete_change_set(StackName=name, ChangeSetName=change_set)
            if "No updates" in reason or "didn't contain changes" in reason:
                print(f"{name}: nothing to change")
                return
            raise DeployFailed(f"{name}: {reason}") from exc
        found = self._client.describe_change_set(StackName=name, ChangeSetName=change_set)
        for change in found["Changes"]:
            what = change["ResourceChange"]
            if what["Action"] != "Modify" or what.get("Replacement") == "True":
                print(f"  {what['Action']:<8} {what['ResourceType']} {what['LogicalResourceId']}")
        # What is made anew goes again if it fails, also what is otherwise retained: outside of any stack it would be in the way.
        self._client.execute_change_set(StackName=name, ChangeSetName=change_set, RetainExceptOnCreate=True)
        waiter = self._client.get_waiter(f"stack_{kind.lower()}_complete")
        try:
            waiter.wait(StackName=name, WaiterConfig=WAIT)
        except WaiterError as exc:
            raise DeployFailed(f"{name}:\n" + "\n".join(self.failures(name))) from exc

    def _clear(self, name: str) -> None:
        """Remove what is left of a stack whose creation failed."""
        seen = self.seen(name)
        if seen is not None and seen["StackStatus"] in UNMADE:
            print(f"{name}: was not made to its end; what is left of it is removed")
            self.delete(name)

    def delete(self, name: str) -> None:
        """Delete a stack with all that it does not retain."""
        self._client.delete_stack(StackName=name)
        self._client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=WAIT)

    def original(self, name: str) -> dict[str, Any]:
        """The template that a stack was given, as it was before macros."""
        answer = self._client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
        return dict(answer) if isinstance(answer, dict) else dict(json.loads(answer))

    def failures(self, name: str) -> list[str]:
        """What failed since the change began. Newest comes first, so what was then taken back, on pages of its own."""
        found: list[str] = []
        for page in self._client.get_paginator("describe_stack_events").paginate(StackName=name):
            for each in page["StackEvents"]:
                if each["ResourceStatus"].endswith("_FAILED"):
                    reason = each.get("ResourceStatusReason", each["ResourceStatus"])
                    found.append(f"  {each['LogicalResourceId']}: {reason}")
                if each["LogicalResourceId"] == name and each["ResourceStatus"] in BEGUN:
                    return found
        return found


def parameters_of(seen: Mapping[str, Any] | None) -> dict[str, str]:
    """The parameters that a stack has; none if there is no stack."""
    return {each["ParameterKey"]: each["ParameterValue"] for each in (seen or {}).get("Parameters", ())}
