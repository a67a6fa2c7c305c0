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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import boto3
from botocore.exceptions import ClientError

from infra.aws import package
from infra.aws.cloudformation import CloudFormation, DeployFailed, parameters_of
from infra.aws.tables import TableFailed, Tables

APP = "daybook"
STAGES = Path(__file__).with_name("stages.json")
# The template of the stack that holds the artifacts.
BUCKET = Path(__file__).with_name("bucket.json")
# The parameter, and the output, that name the table in use.
TABLE = "TableName"
# What a stack is made with before its address is known; the second change set of a first deployment replaces it.
NO_ADDRESS = "https://pending.invalid"
# While a stack is made nothing may keep a table from going with it; then it is given what the template or the stage says.
PROTECTION = "DeletionProtection"
SMOKE_TRIES, SMOKE_WAIT_S = 20, 3


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
        self.formation = CloudFormation(region)
        self._s3 = boto3.client("s3", region_name=region)
        self._ssm = boto3.client("ssm", region_name=region)
        self.tables = Tables(region)
        self._tags = {"app": APP, "stage": stage}

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
        self._check_chosen(template, parameters)
        before = self.formation.described(self.name)
        previous = parameters_of(before)
        if previous.get("BaseUrl") == NO_ADDRESS:
            previous.pop(PROTECTION, None)
        given = {**previous, **stages().get(self.stage, {}), "Artifact": artifact, **parameters}
        given.setdefault("BaseUrl", NO_ADDRESS)
        if table is not None:
            given[TABLE] = table
        self._check_table(artifact, template, given)
        url = f"{self._s3.meta.endpoint_url}/{bucket}/{_key(artifact, 'stack.json')}"
        made = given
        if before is None and given.get(PROTECTION) != "false":
            made = {**given, "BaseUrl": NO_ADDRESS, PROTECTION: "false"}
        self._change(made, template, {"TemplateURL": url})
        own = self.outputs()["EndpointURL"].rstrip("/")
        # A stack that comes back has another API than before it was taken down.
        if given["BaseUrl"] == NO_ADDRESS or (".execute-api." in given["BaseUrl"] and given["BaseUrl"] != own):
            given = {**given, "BaseUrl": own}
        if given != made:
            self._change(given, template, {"TemplateURL": url})
        used = self.outputs().get(TABLE, self.name)
        self.settle(used, template, given)
        self.tables.take_up(used)
        return given["BaseUrl"]

    def _check_chosen(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        for name in parameters:
            if name not in template["Parameters"]:
                raise DeployFailed(f"there is no parameter {name}; infra/aws/template.yaml has them all")
            if name in stages().get(self.stage, {}):
                raise DeployFailed(f"{name} of {self.stage} is said in infra/aws/stages.json; change it there")

    @staticmethod
    def _check_table(artifact: str, template: Mapping[str, Any], given: Mapping[str, str]) -> None:
        if given.get(TABLE) and TABLE not in template["Parameters"]:
            raise DeployFailed(
                f"the data are in {given[TABLE]}, of which artifact {artifact} knows nothing: it would serve an empty table"
            )

    def settle(self, table: str, template: Mapping[str, Any], given: Mapping[str, str]) -> None:
        """Give a table what the template says of the stack's own, which ends that it is frozen."""
        self.tables.settle(table, declared(template, given), self._tags)

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
        return str((self.formation.described(self.name) or {}).get("StackStatus", ""))

    def template(self, artifact: str) -> dict[str, Any]:
        """The template of an artifact that was uploaded. Raises DeployFailed."""
        return self._template(self._bucket(), artifact)

    def given(self) -> dict[str, str]:
        """The parameters in force."""
        return parameters_of(self.formation.described(self.name))

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
        found = self.formation.described(self.name) or {}
        return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}

    def _bucket(self) -> str:
        """The bucket of artifacts, a small stack of its own that all stages share."""
        name = f"{APP}-artifacts"
        if self.formation.described(name) is None:
            body = BUCKET.read_text()
            self.formation.change(name, {}, json.loads(body), {"TemplateBody": body}, self._tags)
        found = self.formation.described(name)
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

    @contextmanager
    def alone(self, what: str, *, anew: bool = False) -> Iterator[None]:
        """Be the only one who moves the stack's table, for as long as this lasts. Raises DeployFailed.

        Who was ended without a word has left the note that says so; with `anew` it is taken over.
        """
        name, note = f"/{self.name}/restoring", f"{what}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
        try:
            self._ssm.put_parameter(Name=name, Value=note, Type="String", Overwrite=anew)
        except ClientError as exc:
            if exc.response["Error"]["Code"] != "ParameterAlreadyExists":
                raise
            raise DeployFailed(f"{self._noted(name)}. If that runs nowhere any more, say ANEW=yes to go on") from exc
        try:
            yield
        finally:
            if self._noted(name) == note:
                self._ssm.delete_parameter(Name=name)

    def _noted(self, name: str) -> str:
        try:
            return str(self._ssm.get_parameter(Name=name)["Parameter"]["Value"])
        except self._ssm.exceptions.ParameterNotFound:
            return "somebody was moving it until now"

    # -- down

    def destroy(self, *, data: Literal["keep", "delete"]) -> None:
        """Take everything down but the table and the key; or them too."""
        seen = self.formation.described(self.name)
        # Broken off while the stack was deleted, it goes on there; once the stack is gone, nothing else tells of its tables.
        going = seen is not None and seen["StackStatus"].startswith("DELETE_")
        if going and data == "keep":
            raise DeployFailed(f"{self.name} is being deleted with its data; say DATA=delete to go on")
        if seen is not None and not going:
            kept = remains(self.formation.original(self.name), retain=data == "keep")
            given = parameters_of(seen)
            if data == "delete":
                given[PROTECTION] = "false"
            self._change(given, kept, {"TemplateBody": json.dumps(kept)})
        tables = self.tables.left_behind(self.name, "") if data == "delete" else {}
        if seen is None and not tables:
            raise DeployFailed(f"there is no stack {self.name}")
        if data == "delete":
            if seen is not None:
                self.formation.delete(self.name)
            self._ssm.delete_parameters(Names=[f"/{self.name}/cursor-key"])
            for table in tables:
                if self.tables.described(table) is not None:
                    self.tables.drop(table)

    def _change(self, given: Mapping[str, str], template: Mapping[str, Any], source: Mapping[str, str]) -> None:
        self.formation.change(self.name, given, template, source, self._tags)


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
