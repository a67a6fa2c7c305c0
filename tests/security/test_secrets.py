"""S29, S31: sealed secrets stay where they were sealed, and nothing shows an opened one."""

import json
import logging
import os
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.connections import Credentials
from chalicelib.domain.secret import Secret
from chalicelib.storage.connections import ConnectionItem, Connections
from chalicelib.storage.models import key
from chalicelib.storage.sealing import KmsSealer, LocalSealer, Sealer
from chalicelib.storage.table import Table
from infra.local.engines import start_ministack
from tests.support.memory import MemoryEngine
from tests.support.pairing import connection, local_sealer
from tests.support.people import EMAIL, HOME, PASSWORD, Clock, new_id, sign_in_on

CONTEXT = {"workspace": "w1", "connection": "c1", "purpose": "channel credentials"}
CANARY = "canary-7d1f"


@pytest.fixture(scope="module")
def kms_sealer() -> Iterator[KmsSealer]:
    engine = start_ministack("sqs,dynamodb,kms")
    client = boto3.client(
        "kms",
        endpoint_url=engine.url,
        region_name="us-east-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
    )
    yield KmsSealer(lambda: client, client.create_key()["KeyMetadata"]["KeyId"])
    engine.stop()


@pytest.fixture(params=["local", "kms"])
def sealer(request: pytest.FixtureRequest, tmp_path: Path) -> Sealer:
    if request.param == "local":
        return local_sealer(tmp_path)
    found: Sealer = request.getfixturevalue("kms_sealer")
    return found


# -- S29


def test_s29_what_is_sealed_opens_in_its_context_and_hides_its_content(sealer: Sealer) -> None:
    sealed = sealer.seal(CANARY.encode(), CONTEXT)
    assert sealer.open(sealed, CONTEXT) == CANARY.encode()
    assert sealer.open(sealed, dict(reversed(CONTEXT.items()))) == CANARY.encode()
    assert sealer.seal(CANARY.encode(), CONTEXT) != sealed


@pytest.mark.parametrize(
    "context",
    [
        {**CONTEXT, "workspace": "w2"},
        {**CONTEXT, "connection": "c2"},
        {**CONTEXT, "purpose": "webhook secret"},
        {**CONTEXT, "workspace": "c1", "connection": "w1"},
        {**CONTEXT, "more": ""},
        {"workspace": "w1", "connection": "c1"},
        {},
    ],
)
def test_s29_it_opens_in_no_other_context(sealer: Sealer, context: dict[str, str]) -> None:
    sealed = sealer.seal(CANARY.encode(), CONTEXT)
    with pytest.raises(errors.StorageError):
        sealer.open(sealed, context)


def test_s29_a_blob_moved_to_another_connection_does_not_open(sealer: Sealer) -> None:
    table = Table(MemoryEngine())
    here = Connections(table, sealer, new_id)
    mine, other = connection("w1"), connection("w2")
    for each in (mine, other):
        assert here.pair(None, each, _canaries(each.workspace))
    stolen = table.get(ConnectionItem, key("WS", "w2"), key("CONNECTION", other.id))
    assert stolen is not None
    table.update(key("WS", "w1"), key("CONNECTION", mine.id), [ConnectionItem.sealed.set(stolen.sealed)])
    with pytest.raises(errors.StorageError):
        here.open("w1", mine.id)
    assert here.open("w2", other.id) is not None


def test_s29_altered_cut_and_empty_blobs_do_not_open(tmp_path: Path) -> None:
    sealer = local_sealer(tmp_path)
    sealed = sealer.seal(CANARY.encode(), CONTEXT)
    altered = [sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))]
    for blob in (*altered, *(sealed[:n] for n in range(len(sealed))), sealed + b"\0"):
        with pytest.raises(errors.StorageError):
            sealer.open(blob, CONTEXT)


def test_s29_another_key_does_not_open_it(tmp_path: Path) -> None:
    sealed = local_sealer(tmp_path).seal(CANARY.encode(), CONTEXT)
    (tmp_path / "key").unlink()
    with pytest.raises(errors.StorageError):
        local_sealer(tmp_path).open(sealed, CONTEXT)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o666])
def test_s29_a_key_that_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_bytes(os.urandom(32))
    path.chmod(mode)
    with pytest.raises(errors.StorageError, match="chmod 600"):
        LocalSealer(path)
    path.chmod(0o600)
    assert LocalSealer(path)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_s29_a_key_of_another_length_is_not_used(tmp_path: Path, length: int) -> None:
    path = tmp_path / "key"
    path.touch(0o600)
    path.write_bytes(os.urandom(length))
    with pytest.raises(errors.StorageError):
        LocalSealer(path)


def test_s29_a_key_service_that_does_not_answer_is_no_wrong_key() -> None:
    client = boto3.client(
        "kms",
        endpoint_url="http://127.0.0.1:9",
        region_name="us-east-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
        config=boto3.session.Config(retries={"max_attempts": 0}),
    )
    with pytest.raises(errors.Unanswered):
        KmsSealer(lambda: client, "key").seal(b"x", CONTEXT)


# -- S31


def _canaries(name: str) -> Credentials:
    return Credentials(
        access=Secret(f"{CANARY}-access-{name}"),
        refresh=Secret(f"{CANARY}-refresh-{name}"),
        expires_at=datetime(2026, 7, 5, 13, tzinfo=UTC),
        refresh_expires_at=None,
        scopes=("read_orders",),
    )


def test_s31_a_secret_shows_itself_nowhere() -> None:
    secret = Secret(CANARY)
    pair = _canaries("x")
    shown = [
        str(secret),
        repr(secret),
        f"{secret} {secret!s} {secret!r} {secret:>20}",
        "%s %r" % (secret, secret),  # noqa: UP031 (the form that log lines use)
        str([secret]),
        str({"a": secret}),
        repr(pair),
        str(pair),
        str(ValueError(secret)),
        json.dumps({"a": secret}, default=str),
        repr(vars(Secret)),
        repr(msgspec.structs.asdict(pair)),
    ]
    assert not any(CANARY in text for text in shown)
    assert secret.reveal() == CANARY


def test_s31_a_secret_cannot_be_encoded_or_copied_away() -> None:
    pair = _canaries("x")
    for encode in (msgspec.json.encode, msgspec.msgpack.encode, pickle.dumps):
        with pytest.raises(TypeError):
            encode(pair)
    with pytest.raises(TypeError):
        json.dumps({"a": pair.access})


def test_s31_no_token_stands_in_the_table_or_in_a_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    engine = MemoryEngine()
    here = Connections(Table(engine), local_sealer(tmp_path), new_id)
    assert here.pair(None, connection(), _canaries("1"))
    assert here.claim_renewal(connection(), "r", until=100, at=0)
    assert here.store_credentials(connection(), "r", _canaries("2"))
    opened = here.open("w1", connection().id)
    assert opened is not None
    assert CANARY not in repr(opened)
    assert CANARY not in repr(list(engine.items()))
    assert CANARY not in caplog.text


def test_s31_no_password_stands_in_the_table_or_in_an_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    engine = MemoryEngine()
    people = sign_in_on(Table(engine), Clock())
    opened = people.sign_up(EMAIL, PASSWORD, "Northwind", address=HOME)
    said = [repr(opened), repr(people.read(opened.cookie.reveal()))]
    for password in ("short canary", PASSWORD + " canary"):
        with pytest.raises(errors.RequestError) as caught:
            people.sign_in(EMAIL, password, address=HOME)
        said += [str(caught.value), repr(caught.value.fields)]
    with pytest.raises(errors.RequestError) as caught:
        people.sign_up("other@northwind.example", "canary", "Northwind", address=HOME)
    said += [str(caught.value), repr(caught.value.fields), caplog.text, repr(list(engine.items()))]
    secrets = (PASSWORD, "canary", opened.cookie.reveal(), opened.signed_in.token.reveal())
    assert not any(secret in text for text in said for secret in secrets)
