"""The real artifact as a session fixture: built once for all pytest workers, which takes about half a minute."""

from __future__ import annotations

import fcntl
import json
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra.aws import package


class Artifact(msgspec.Struct, frozen=True):
    """A built package: its folder, and the code as Lambda unpacks it."""

    folder: Path
    unpacked: Path

    @property
    def template(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / package.TEMPLATE).read_text())
        return found

    def resources(self, kind: str) -> dict[str, Any]:
        """The properties of each resource of a type, by logical id."""
        found = self.template["Resources"].items()
        return {name: each["Properties"] for name, each in found if each["Type"] == kind}


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Artifact:
    shared = tmp_path_factory.getbasetemp().parent / f"artifact-{testrun_uid}"
    shared.mkdir(exist_ok=True)
    built = Artifact(shared / "package", shared / "unpacked")
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.unpacked.exists():
            package.package(built.folder)
            with zipfile.ZipFile(built.folder / package.CODE) as archive:
                archive.extractall(built.unpacked)
    return built
