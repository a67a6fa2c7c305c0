"""What a fresh machine installs: locks with hashes and without addresses, and a make that says what it can."""

import json
import re
import subprocess

import pytest

from infra.local.children import ROOT

LAMBDA, LOCAL, TESTS = "requirements.txt", "infra/local/requirements.txt", "tests/requirements.txt"
LOCKS = (LAMBDA, LOCAL, TESTS, "infra/local/node.txt")
DIRECT_MAX = 12


def pins(lock: str) -> set[str]:
    return set(re.findall(r"^(\S+==\S+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_s47_every_requirement_is_pinned_with_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"^(?=\S)", text.replace("\\\n", " "), flags=re.MULTILINE)[1:]
    assert entries
    assert all(re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)
    assert "://" not in text


def test_lambda_gets_a_part_of_what_one_machine_runs_and_that_a_part_of_what_is_tested() -> None:
    assert pins(LAMBDA) < pins(LOCAL) < pins(TESTS)


def test_s47_lambda_needs_few_packages_and_not_the_framework_that_its_packager_adds() -> None:
    direct = [line for line in (ROOT / "requirements.in").read_text().splitlines() if not line.startswith("#")]
    assert len(direct) <= DIRECT_MAX
    assert not any(pin.startswith(("chalice==", "pip==", "setuptools==")) for pin in pins(LAMBDA))


@pytest.mark.parametrize("folder", ["infra/local", "infra/web"])
def test_npm_locks_have_integrity_and_no_address(folder: str) -> None:
    packages = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    installed = [package for path, package in packages.items() if path]
    assert installed
    assert all("resolved" not in package and package["integrity"].startswith("sha512-") for package in installed)


def test_make_alone_lists_its_targets() -> None:
    listed = subprocess.run(("make", "-C", str(ROOT)), capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "check", "journey", "bench", "sim", "package"):
        assert f"make {target} " in listed
