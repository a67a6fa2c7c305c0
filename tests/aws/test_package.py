"""The artifact: small, the same from the same sources, and whole enough to run."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.aws import package
from tests.bench import cold
from tests.support.artifact import Artifact


def test_two_builds_are_the_same_byte_for_byte(artifact: Artifact, tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert package.package(again) == package.digest(artifact.folder)
    for name in (package.CODE, package.TEMPLATE):
        assert (again / name).read_bytes() == (artifact.folder / name).read_bytes(), name


def test_the_code_is_small_and_compiled(artifact: Artifact) -> None:
    code = artifact.folder / package.CODE
    assert code.stat().st_size < package.BYTES_MAX
    with zipfile.ZipFile(code) as archive:
        names = archive.namelist()
    assert names == sorted(names)
    modules = {name for name in names if name.endswith(".py")}
    compiled = {name for name in names if name.endswith(".cpython-311.pyc")}
    assert len(modules) == len(compiled) > 300
    unwanted = ("tests/", "infra/", "boto3/data/", "boto3/examples/", "cffi/", "pycparser/", "pip/")
    assert not [name for name in names if name.startswith(unwanted)]
    # What checks an identity provider's signatures; unwanted until something needed it.
    assert "cryptography/hazmat/bindings/_rust.abi3.so" in names
    assert {name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 2} == set(
        package.SERVICES
    )


@pytest.mark.parametrize("handler", sorted(cold.HANDLERS))
def test_a_fresh_interpreter_finds_everything_in_it(artifact: Artifact, handler: str) -> None:
    """Without site-packages; every workflow that any function could need is built."""
    program = (
        "from functools import cached_property\n"
        f"import {handler}\n"
        "from chalicelib.bootstrap import System, system\n"
        "found = [name for kind in System.__mro__ for name, each in vars(kind).items()"
        " if isinstance(each, cached_property)]\n"
        "assert len(found) > 40\n"
        "[getattr(system(), name) for name in found]\n"
        "from chalicelib.channels.http import Http\n"
        "[system().platforms[kind] for kind in ('shopify', 'shipstation', 'woocommerce')]\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env=cold.environment(artifact.unpacked),
        cwd=artifact.unpacked,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_signatures_are_checked_by_what_is_in_it(artifact: Artifact) -> None:
    program = (
        "import jwt\n"
        "from cryptography.hazmat.primitives.asymmetric import ec, rsa\n"
        "for name, key in (('RS256', rsa.generate_private_key(65537, 2048)), ('ES256', ec.generate_private_key(ec.SECP256R1()))):\n"
        "    made = jwt.PyJWS().encode(b'claims', key, algorithm=name)\n"
        "    known = jwt.get_algorithm_by_name(name).to_jwk(key.public_key(), as_dict=True)\n"
        "    found = jwt.PyJWK(known, algorithm=name).key\n"
        "    assert jwt.PyJWS(algorithms=[name]).decode(made, found, algorithms=[name]) == b'claims'\n"
    )
    command = [sys.executable, "-S", "-c", program]
    done = subprocess.run(
        command, env=cold.environment(artifact.unpacked), cwd=artifact.unpacked, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("handler", sorted(cold.HANDLERS))
def test_no_function_begins_by_loading_them(artifact: Artifact, handler: str) -> None:
    program = f"import sys, {handler}; assert not sys.modules.keys() & {{'jwt', 'cryptography', '_cffi_backend'}}"
    command = [sys.executable, "-S", "-c", program]
    done = subprocess.run(
        command, env=cold.environment(artifact.unpacked), cwd=artifact.unpacked, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_every_function_is_where_its_template_says(artifact: Artifact) -> None:
    handlers = {each["Handler"] for each in artifact.resources("AWS::Serverless::Function").values()}
    assert len(handlers) == 8
    for handler in handlers:
        assert (artifact.unpacked / (handler.rpartition(".")[0].replace(".", "/") + ".py")).exists(), handler


def test_the_worker_and_the_api_are_imported_in_time(artifact: Artifact) -> None:
    """CPU time against that of boto3 with one client in the same run: 0.6 s where that takes 0.43 s."""
    floor, found = cold.times(artifact.unpacked)
    for handler in ("app", "chalicelib.entrypoints.worker"):
        assert found[handler] <= cold.MOST_OF_FLOOR * floor, (handler, found, floor)


def test_mail_finds_its_service_in_it(artifact: Artifact) -> None:
    """Without site-packages: the client is made, and fails only where nobody answers."""
    program = (
        "from chalicelib import errors\n"
        "from chalicelib.bootstrap import system\n"
        "try:\n"
        "    system().outside.mailer.send(to='clerk@northwind.example', subject='s', text='t')\n"
        "except errors.MailFailed as exc:\n"
        "    print(exc)\n"
    )
    mailing = {"DAYBOOK_MAIL_FROM": "daybook@northwind.example", "AWS_ENDPOINT_URL_SESV2": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env=cold.environment(artifact.unpacked) | mailing,
        cwd=artifact.unpacked,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "EndpointConnectionError\n"), done.stderr
