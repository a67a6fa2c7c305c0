"""Tables beside a stack: restored to an instant, given what the template says of the stack's own, frozen, and dropped.

A restore by point in time makes a new table of keys, content and indexes; everything else of it is set here. A table that is
frozen refuses every write, whoever asks: what a restore leaves behind is the record of what happened since its instant.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

from chalicelib.domain.restoring import RULES, Key

SEGMENTS = 8
# DynamoDB checks a new policy some seconds after it was put.
POLICY_S = 20
WAIT_S, WAITS_MAX, READY_TRIES = 10, 2_160, 60
WRITES = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"]
LEFT_AT = "daybook:left-at"
"""The tag of a table that was left behind, with the instant."""
MOVED_AT = "daybook:moved-at"
"""The tag of a table that a restore moves onto, with the instant at which that was first tried; gone once it is served from."""
# The names that a restore gives by itself.
_STAMP = re.compile(r"-\d{8}T\d{6}Z")


class TableFailed(Exception):
    """Nothing, or less than all, was done; the message says what happened."""


class Tables:
    """The tables of one region, through boto3."""

    def __init__(self, region: str) -> None:
        self._client = boto3.client("dynamodb", region_name=region)

    def described(self, name: str) -> dict[str, Any] | None:
        """What DynamoDB tells of a table, None if there is none."""
        try:
            found: dict[str, Any] = self._client.describe_table(TableName=name)["Table"]
        except ClientError as exc:
            if exc.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return None
        return found

    def keys(self, name: str) -> Iterator[Key]:
        """Yield the keys of all items but those of the books, of which the restored table is right anyhow."""
        names, values = _books()
        with ThreadPoolExecutor(SEGMENTS) as pool:
            for keys in pool.map(lambda segment: self._segment(name, segment, names, values), range(SEGMENTS)):
                yield from keys

    def _segment(self, name: str, segment: int, expression: str, values: Mapping[str, Any]) -> list[Key]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=name,
            ConsistentRead=True,
            Segment=segment,
            TotalSegments=SEGMENTS,
            ProjectionExpression="pk, sk",
            FilterExpression=expression,
            ExpressionAttributeValues=values,
        )
        return [(item["pk"]["S"], item["sk"]["S"]) for page in pages for item in page["Items"]]

    # -- to an instant

    def restore(self, source: str, target: str, at: datetime) -> None:
        """Make `target`, which is `source` as it was at that instant; begun before, it is waited for. Takes from minutes to hours."""
        if self.described(target) is None:
            try:
                self._client.restore_table_to_point_in_time(
                    SourceTableName=source,
                    TargetTableName=target,
                    RestoreDateTime=at,
                    BillingModeOverride="PAY_PER_REQUEST",
                    SSESpecificationOverride={"Enabled": True, "SSEType": "KMS"},
                )
            except ClientError as exc:
                raise TableFailed(f"{source} cannot be restored to {at:%Y-%m-%dT%H:%M:%SZ}: {exc}") from exc
        self._wait(target)

    def _wait(self, name: str) -> None:
        for _ in range(WAITS_MAX):
            found = self.described(name)
            if found is None:
                raise TableFailed(f"{name} is gone")
            if found["TableStatus"] == "ACTIVE":
                return
            time.sleep(WAIT_S)
        raise TableFailed(f"{name} is still being made; run it again to go on waiting")

    # -- settings

    def settle(self, name: str, declared: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Set what the template declares of the stack's own table, with its intrinsics resolved. Settled, nothing changes."""
        found = self.described(name)
        if found is None:
            raise TableFailed(f"there is no table {name}")
        arn = found["TableArn"]
        self._recover(name, declared["PointInTimeRecoverySpecification"])
        lives = self._client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"]
        if lives not in ("ENABLED", "ENABLING"):
            ttl = declared["TimeToLiveSpecification"]
            self._client.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
        self._change(name, found, declared)
        self._client.put_resource_policy(ResourceArn=arn, Policy=_policy(arn, declared))
        self._client.tag_resource(ResourceArn=arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])

    def _recover(self, name: str, specification: Mapping[str, Any]) -> None:
        """Keep backups of every instant; a new table takes that after a while only."""
        for left in reversed(range(READY_TRIES)):
            try:
                self._client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=specification)
                return
            except ClientError as exc:
                if exc.response["Error"]["Code"] != "ContinuousBackupsUnavailableException" or not left:
                    raise
                time.sleep(WAIT_S)

    def _change(self, name: str, found: Mapping[str, Any], declared: Mapping[str, Any]) -> None:
        """Protection and throughput, as far as they differ: an update that changes nothing is refused."""
        protected = str(declared["DeletionProtectionEnabled"]).lower() == "true"
        if found.get("DeletionProtectionEnabled", False) != protected:
            self._client.update_table(TableName=name, DeletionProtectionEnabled=protected)
            self._wait(name)
        warm = {unit: int(units) for unit, units in declared["WarmThroughput"].items()}
        has = found.get("WarmThroughput", {})
        # It can only be raised.
        if any(has.get(unit, 0) < units for unit, units in warm.items()) and has:
            raised = {unit: max(units, has.get(unit, 0)) for unit, units in warm.items()}
            self._client.update_table(TableName=name, WarmThroughput=raised)
            self._wait(name)

    def freeze(self, name: str, declared: Mapping[str, Any], *, at: datetime, policy_s: float) -> datetime:
        """Let the table refuse every write, and return since when: `at`, or earlier if it was frozen before.

        The policy is taken to hold everywhere after `policy_s`.
        """
        since = self.note(name, LEFT_AT, at)
        arn = self._arn(name)
        refuse = {"Sid": "LeftBehind", "Effect": "Deny", "Principal": "*", "Action": WRITES}
        self._client.put_resource_policy(ResourceArn=arn, Policy=_policy(arn, declared, refuse))
        time.sleep(policy_s)
        return since

    def note(self, name: str, tag: str, at: datetime) -> datetime:
        """Tag the table with an instant, and return it: `at` to the second, or what it was tagged with before."""
        arn = self._arn(name)
        if text := self._tags(arn).get(tag):
            return datetime.fromisoformat(text)
        since = at.replace(microsecond=0)
        self._client.tag_resource(ResourceArn=arn, Tags=[{"Key": tag, "Value": f"{since:%Y-%m-%dT%H:%M:%SZ}"}])
        return since

    def left_at(self, name: str) -> datetime | None:
        """Since when the table has been left behind; None if it has not."""
        found = self.described(name)
        text = self._tags(found["TableArn"]).get(LEFT_AT) if found is not None else None
        return datetime.fromisoformat(text) if text else None

    def take_up(self, name: str) -> None:
        """Note that the table is not left behind, or no more."""
        found = self.described(name)
        if found is not None:
            self._client.untag_resource(ResourceArn=found["TableArn"], TagKeys=[LEFT_AT, MOVED_AT])

    def _arn(self, name: str) -> str:
        found = self.described(name)
        if found is None:
            raise TableFailed(f"there is no table {name}")
        return str(found["TableArn"])

    def _tags(self, arn: str) -> dict[str, str]:
        pages = self._client.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
        return {each["Key"]: each["Value"] for page in pages for each in page["Tags"]}

    # -- end

    def left_behind(self, stack: str, served: str) -> dict[str, datetime | None]:
        """The tables of a stack but for the one that is served, and since when: None if a restore was given up or goes on.

        A table that merely begins like them, neither named nor tagged by us, is not among them.
        """
        pages = self._client.get_paginator("list_tables").paginate()
        names = [name for page in pages for name in page["TableNames"] if is_of(stack, name) and name != served]
        found: dict[str, datetime | None] = {}
        for name in names:
            described = self.described(name)
            tags = self._tags(described["TableArn"]) if described is not None else {}
            named = name == stack or _STAMP.fullmatch(name.removeprefix(stack)) is not None
            if described is not None and (named or f"{tags.get('app')}-{tags.get('stage')}" == stack):
                left_at = tags.get(LEFT_AT)
                found[name] = datetime.fromisoformat(left_at) if left_at else None
        return found

    def drop(self, name: str) -> None:
        """Delete a table. What DynamoDB keeps of it as a backup ends after 35 days."""
        found = self.described(name)
        if found is None:
            raise TableFailed(f"there is no table {name}")
        if found.get("DeletionProtectionEnabled"):
            self._client.update_table(TableName=name, DeletionProtectionEnabled=False)
            self._wait(name)
        self._client.delete_table(TableName=name)
        self._client.get_waiter("table_not_exists").wait(TableName=name)


def is_of(stack: str, table: str) -> bool:
    """Whether a table is a stack's by its name: its own, or one that it was restored to."""
    return table == stack or table.startswith(f"{stack}-")


def _policy(arn: str, declared: Mapping[str, Any], *more: Mapping[str, Any]) -> str:
    """The declared policy for the table of that name, with more statements."""
    document = declared["ResourcePolicy"]["PolicyDocument"]
    statements = [{**each, "Resource": arn} for each in (*document["Statement"], *more)]
    return json.dumps({**document, "Statement": statements})


def _books() -> tuple[str, dict[str, Any]]:
    """A filter that leaves the books out: its expression and its values."""
    left_out: list[str] = []
    values: dict[str, Any] = {}
    for n, rule in enumerate(each for each in RULES if each.wins == "restored"):
        values[f":p{n}"] = {"S": f"{rule.kind}#"}
        left_out.append(f"begins_with(pk, :p{n})")
        if rule.part:
            values[f":s{n}"] = {"S": f"{rule.part}#"}
            left_out[-1] = f"({left_out[-1]} AND begins_with(sk, :s{n}))"
    return f"NOT ({' OR '.join(left_out)})", values
