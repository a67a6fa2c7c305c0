"""`make deploy STAGE=…` and `make destroy STAGE=…`: an artifact becomes a stack, or an earlier one does again.

An artifact is uploaded under its digest and stays, so going back is deploying that digest. A stack that is taken down keeps
its table and its key, inside the stack, until it is deployed again; only `--data delete` removes them. A table that it was
restored to is outside of the stack, named by a parameter, and is given at each deployment what the template says of a table.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from infra.aws import package
from infra.aws.tables import TableFailed, Tables

APP = "daybook"
STAGES = Path(__file__).with_name("stages.json")
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
# The parameter, and the output, that name the table in use.
TABLE = "TableName"
# What a stack is made with before its address is known; the second change set of a first deployment replaces it.
NO_ADDRESS = "https://pending.invalid"
SMOKE_TRIES, SMOKE_WAIT_S = 20, 3
WAIT = {"Delay": 2, "MaxAttempts": 900}


class DeployFailed(Exception):
    """Nothing, or the stack as it was before, is in force; the message says what happened."""


def stages() -> dict[str, dict[str, str]]:
    """The parameters of each stage, as far as they are not the template's own defaults."""
    found: dict[str, dict[str, str]] = json.loads(STAGES.read_text())
    return found


class Serving(NamedTuple):
    """What a stack that is up serves from."""

    table: str
    artifact: str


class Stack:
    """One stage's stack, through boto3; endpoints and credentials come from the environment."""

    def __init__(self, stage: str, region: str) -> None:
        self.name = f"{APP}-{stage}"
        self.stage = stage
        self.region = region
        patient = Config(read_timeout=300, retries={"mode": "standard", "total_max_attempts": 3})
        self._cloudformation = boto3.client("cloudformation", region_name=region, config=patient)
        self._s3 = boto3.client("s3", region_name=region)
        self._ssm = boto3.client("ssm", region_name=region)
        self.tables = Tables(region)

    # -- up

    def deploy(
        self, artifact: str, parameters: Mapping[str, str], folder: Path | None, *, table: str | None = None
    ) -> str:
        """Make the stack what the artifact says, and return its address. With `folder` it is uploaded first.

        With `table` it is moved onto that one, which is there; else it stays on the one that it is on. Raises DeployFailed.
        """
        if TABLE in parameters:
            raise DeployFailed("a stack is moved onto another table by `make restore`")
        bucket = self._bucket()
        if folder is not None:
            self._upload(bucket, artifact, folder)
        template = self._template(bucket, artifact)
        self._make_cursor_key()
        before = self._described()
        given = {**self._previous(before), **stages().get(self.stage, {}), "Artifact": artifact, **parameters}
        given.setdefault("BaseUrl", NO_ADDRESS)
        if table is not None:
            given[TABLE] = table
        self._check_table(artifact, template, given)
        url = f"{self._s3.meta.endpoint_url}/{bucket}/{_key(artifact, 'stack.json')}"
        self._change(self.name, given, template, {"TemplateURL": url})
        own = self.outputs()["EndpointURL"].rstrip("/")
        # A stack that comes back has another API than before it was taken down.
        if given["BaseUrl"] == NO_ADDRESS or (".execute-api." in given["BaseUrl"] and given["BaseUrl"] != own):
            given["BaseUrl"] = own
            self._change(self.name, given, template, {"TemplateURL": url})
        used = self.outputs().get(TABLE, self.name)
        self.settle(used, template, given)
        self.tables.take_up(used)
        return given["BaseUrl"]

    @staticmethod
    def _check_table(artifact: str, template: Mapping[str, Any], given: Mapping[str, str]) -> None:
        if given.get(TABLE) and TABLE not in template["Parameters"]:
            raise DeployFailed(
                f"the data are in {given[TABLE]}, of which artifact {artifact} knows nothing: it would serve an empty table"
            )

    def settle(self, table: str, template: Mapping[str, Any], given: Mapping[str, str]) -> None:
        """Give a table what the template says of the stack's own, which ends that it is frozen."""
        tags = {"app": APP, "stage": self.stage}
        self.tables.settle(table, declared(template, given), tags)

    def serving(self) -> Serving:
        """The table and the artifact that are in force. Raises DeployFailed unless the stack is up, and may be moved."""
        outputs = self.outputs()
        if TABLE not in outputs:
            raise DeployFailed(f"{self.name} is not up; deploy it first")
        found = Serving(outputs[TABLE], outputs["Artifact"])
        if TABLE not in self.template(found.artifact)["Parameters"]:
            raise DeployFailed(
                f"artifact {found.artifact} cannot be moved onto another table; deploy a newer one first"
            )
        return found

    def status(self) -> str:
        """How the stack is, in CloudFormation's word; empty if there is none."""
        return str((self._described() or {}).get("StackStatus", ""))

    def template(self, artifact: str) -> dict[str, Any]:
        """The template of an artifact that was uploaded. Raises DeployFailed."""
        return self._template(self._bucket(), artifact)

    def given(self) -> dict[str, str]:
        """The parameters in force."""
        return self._previous(self._described())

    def artifacts(self) -> list[tuple[str, str]]:
        """Every artifact that was uploaded, with the instant, newest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket(), Prefix="artifacts/")
        found = [
            (str(each["LastModified"]), each["Key"].split("/")[1])
            for page in pages
            for each in page.get("Contents", ())
            if each["Key"].endswith(package.CODE)
        ]
        return [(name, at) for at, name in sorted(found, reverse=True)]

    def outputs(self) -> dict[str, str]:
        """What the stack tells of itself."""
        found = self._described() or {}
        return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}

    def _bucket(self) -> str:
        """The bucket of artifacts, a small stack of its own that all stages share."""
        name = f"{APP}-artifacts"
        if self._described(name) is None:
            body = json.dumps(_BUCKET)
            self._change(name, {}, _BUCKET, {"TemplateBody": body})
        found = self._described(name)
        assert found is not None, "a stack that was just made is there"
        bucket: str = found["Outputs"][0]["OutputValue"]
        return bucket

    def _upload(self, bucket: str, artifact: str, folder: Path) -> None:
        code = _key(artifact, package.CODE)
        template = json.loads((folder / package.TEMPLATE).read_text())
        for each in template["Resources"].values():
            if each["Type"] == "AWS::Serverless::Function":
                each["Properties"]["CodeUri"] = f"s3://{bucket}/{code}"
        self._s3.put_object(Bucket=bucket, Key=code, Body=(folder / package.CODE).read_bytes())
        self._s3.put_object(Bucket=bucket, Key=_key(artifact, "stack.json"), Body=json.dumps(template).encode())

    def _template(self, bucket: str, artifact: str) -> dict[str, Any]:
        try:
            answer = self._s3.get_object(Bucket=bucket, Key=_key(artifact, "stack.json"))
        except ClientError as exc:
            raise DeployFailed(f"there is no artifact {artifact}; `make artifacts` lists them") from exc
        found: dict[str, Any] = json.loads(answer["Body"].read())
        return found

    def _make_cursor_key(self) -> None:
        """Make the key of page cursors once; it is nobody's to know."""
        try:
            self._ssm.put_parameter(Name=f"/{self.name}/cursor-key", Value=secrets.token_hex(32), Type="SecureString")
        except ClientError as exc:
            if exc.response["Error"]["Code"] != "ParameterAlreadyExists":
                raise

    # -- down

    def destroy(self, *, data: Literal["keep", "delete"]) -> None:
        """Take everything down but the table and the key; or them too."""
        seen = self._described()
        if seen is None:
            raise DeployFailed(f"there is no stack {self.name}")
        answer = self._cloudformation.get_template(StackName=self.name, TemplateStage="Original")["TemplateBody"]
        template = answer if isinstance(answer, dict) else json.loads(answer)
        kept = remains(template, retain=data == "keep")
        given = self._previous(seen)
        outside = given.get(TABLE, "")
        if data == "delete":
            given["DeletionProtection"] = "false"
        self._change(self.name, given, kept, {"TemplateBody": json.dumps(kept)})
        if data == "delete":
            self._cloudformation.delete_stack(StackName=self.name)
            self._cloudformation.get_waiter("stack_delete_complete").wait(StackName=self.name, WaiterConfig=WAIT)
            self._ssm.delete_parameters(Names=[f"/{self.name}/cursor-key"])
            for table in {*self.tables.left_behind(self.name, ""), *([outside] if outside else ())}:
                self.tables.drop(table)

    # -- CloudFormation

    def _described(self, name: str = "") -> dict[str, Any] | None:
        """The stack, or None if there is none that could be updated."""
        try:
            (found,) = self._cloudformation.describe_stacks(StackName=name or self.name)["Stacks"]
        except ClientError:
            return None
        status = found["StackStatus"]
        return None if status in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE") else dict(found)

    @staticmethod
    def _previous(seen: Mapping[str, Any] | None) -> dict[str, str]:
        return {each["ParameterKey"]: each["ParameterValue"] for each in (seen or {}).get("Parameters", ())}

    def _change(
        self, name: str, given: Mapping[str, str], template: Mapping[str, Any], source: Mapping[str, str]
    ) -> None:
        """Bring a stack to a template by a change set, which is shown first. Raises DeployFailed; the stack is then as before."""
        kind = "UPDATE" if self._described(name) else "CREATE"
        known = template.get("Parameters", {})
        change_set = f"{name}-{int(time.time() * 1000)}"
        self._cloudformation.create_change_set(
            StackName=name,
            ChangeSetName=change_set,
            ClientToken=change_set,
            ChangeSetType=kind,
            Capabilities=CAPABILITIES,
            Parameters=[{"ParameterKey": key, "ParameterValue": given[key]} for key in given if key in known],
            Tags=[{"Key": "app", "Value": APP}, {"Key": "stage", "Value": self.stage}],
            **source,
        )
        try:
            self._cloudformation.get_waiter("change_set_create_complete").wait(
                StackName=name, ChangeSetName=change_set, WaiterConfig=WAIT
            )
        except WaiterError as exc:
            found = self._cloudformation.describe_change_set(StackName=name, ChangeSetName=change_set)
            reason = found.get("StatusReason", "")
            self._cloudformation.delete_change_set(StackName=name, ChangeSetName=change_set)
            if "No updates" in reason or "didn't contain changes" in reason:
                print(f"{name}: nothing to change")
                return
            raise DeployFailed(f"{name}: {reason}") from exc
        found = self._cloudformation.describe_change_set(StackName=name, ChangeSetName=change_set)
        for change in found["Changes"]:
            what = change["ResourceChange"]
            if what["Action"] != "Modify" or what.get("Replacement") == "True":
                print(f"  {what['Action']:<8} {what['ResourceType']} {what['LogicalResourceId']}")
        self._cloudformation.execute_change_set(StackName=name, ChangeSetName=change_set)
        waiter = self._cloudformation.get_waiter(f"stack_{kind.lower()}_complete")
        try:
            waiter.wait(StackName=name, WaiterConfig=WAIT)
        except WaiterError as exc:
            raise DeployFailed(f"{name}:\n" + "\n".join(self._failures(name))) from exc

    def _failures(self, name: str) -> list[str]:
        events = self._cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        return [
            f"  {each['LogicalResourceId']}: {each.get('ResourceStatusReason', each['ResourceStatus'])}"
            for each in events[:100]
            if each["ResourceStatus"].endswith("_FAILED")
        ]


def remains(template: Mapping[str, Any], *, retain: bool) -> dict[str, Any]:
    """The template of a stack that was taken down: what is retained, or may now be deleted."""
    kept = {name: each for name, each in template["Resources"].items() if each.get("DeletionPolicy") == "Retain"}
    if not retain:
        gone = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
        kept = {name: {**each, **gone} for name, each in kept.items()}
    # What was chosen for the stack is still chosen when it is deployed again.
    said = {name: template[name] for name in ("AWSTemplateFormatVersion", "Parameters", "Conditions")}
    return {**said, "Resources": kept}


def declared(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """What the template says of the stack's own table, with the parameters that are given in their places."""
    defaults = {name: str(each.get("Default", "")) for name, each in template["Parameters"].items()}
    found: dict[str, Any] = _resolved(template["Resources"]["Table"]["Properties"], {**defaults, **given})
    return found


def _resolved(value: Any, given: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        if value.keys() == {"Ref"} and value["Ref"] in given:
            return given[value["Ref"]]
        return {name: _resolved(each, given) for name, each in value.items()}
    return [_resolved(each, given) for each in value] if isinstance(value, list) else value


def smoke(address: str) -> None:
    """See that the page and the API answer, and that a stranger is refused. Raises DeployFailed."""
    for path, status in (("/", 200), ("/v1/openapi.json", 200), ("/v1/session", 401)):
        for left in reversed(range(SMOKE_TRIES)):
            found = _status(address + path)
            if found == status:
                break
            if not left:
                raise DeployFailed(f"{address}{path} answers {found} instead of {status}")
            time.sleep(SMOKE_WAIT_S)


def _status(address: str) -> int | str:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        return exc.code
    except OSError as exc:
        return str(exc)


def _key(artifact: str, name: str) -> str:
    return f"artifacts/{artifact}/{name}"


_BUCKET: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "Daybook's artifacts, for all stages",
    "Resources": {
        "Artifacts": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                },
                "PublicAccessBlockConfiguration": dict.fromkeys(
                    ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
                ),
                "VersioningConfiguration": {"Status": "Enabled"},
            },
        }
    },
    "Outputs": {"Bucket": {"Value": {"Ref": "Artifacts"}}},
}


def region() -> str:
    """Where stacks are."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["deploy", "destroy", "artifacts"])
    parser.add_argument("--stage", choices=sorted(stages()), required=True)
    parser.add_argument("--artifact", default="", help="the digest of an earlier artifact; built anew if left out")
    parser.add_argument("--data", choices=["keep", "delete"], default="keep")
    parser.add_argument("--set", action="append", default=[], metavar="PARAMETER=VALUE")
    options = parser.parse_args()
    stack = Stack(options.stage, region())
    try:
        if options.what == "deploy":
            artifact = options.artifact or package.package()
            folder = None if options.artifact else package.OUT
            given = dict(each.split("=", 1) for each in options.set)
            address = stack.deploy(artifact, given, folder)
            smoke(address)
            print(f"{stack.name} is {artifact}: {address}")
            for table, at in stack.tables.left_behind(stack.name, stack.serving().table).items():
                why = (
                    f"was left behind on {at:%Y-%m-%d}" if at else "is served to nobody, unless a restore is under way"
                )
                print(f"{table} {why}: `make drop STAGE={stack.stage} TABLE={table}`")
        elif options.what == "destroy":
            stack.destroy(data=options.data)
            print(f"{stack.name} is down; its data are {'kept' if options.data == 'keep' else 'deleted'}")
        else:
            print("\n".join(f"{name}  {at}" for name, at in stack.artifacts()))
    except (DeployFailed, TableFailed) as exc:
        sys.exit(f"daybook: {exc}")


if __name__ == "__main__":
    main()
