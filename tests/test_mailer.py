"""Mail through SES: over HTTP to an engine that speaks its API, and what is made of its refusals."""

import socket
from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from chalicelib import errors
from chalicelib.bootstrap.mail import mailer_of
from chalicelib.mailer import Ses
from chalicelib.workflows.reset import ANSWER_S
from infra.local.engines import CREDENTIALS, Engine, start_ministack
from tests.support.system import SETTINGS

SENDER = "daybook@northwind.example"
TO = "clerk@northwind.example"


def client(url: str) -> Any:
    patience = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
    return boto3.client("sesv2", endpoint_url=url, region_name=CREDENTIALS["AWS_DEFAULT_REGION"], config=patience)


@pytest.fixture(scope="module")
def ses() -> Iterator[Engine]:
    engine = start_ministack("sqs,ses")
    client(engine.url).create_email_identity(EmailIdentity=SENDER)
    yield engine
    engine.stop()


def test_a_mail_is_taken_over_http(ses: Engine) -> None:
    made = []

    def connect() -> Any:
        made.append(client(ses.url))
        return made[-1]

    mailer = Ses(connect, SENDER)
    assert made == []  # the client is made at the first mail
    for _ in range(2):
        mailer.send(to=TO, subject="Join Café Nord on Daybook", text="Come in:\n\nhttps://daybook.example/join#x\n")
    assert len(made) == 1


def test_what_is_asked_is_one_plain_mail_to_one_address() -> None:
    stubbed = client("http://127.0.0.1:9")
    with Stubber(stubbed) as stub:
        content = {
            "Simple": {
                "Subject": {"Data": "Größe", "Charset": "UTF-8"},
                "Body": {"Text": {"Data": "One\nTwo\n", "Charset": "UTF-8"}},
            }
        }
        asked = {"FromEmailAddress": SENDER, "Destination": {"ToAddresses": [TO]}, "Content": content}
        stub.add_response("send_email", {"MessageId": "m1"}, asked)
        Ses(lambda: stubbed, SENDER).send(to=TO, subject="Größe", text="One\nTwo\n")
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["MessageRejected", "TooManyRequestsException", "AccessDeniedException"])
def test_a_refusal_is_named_without_what_it_says_of_people(code: str) -> None:
    stubbed = client("http://127.0.0.1:9")
    with Stubber(stubbed) as stub:
        stub.add_client_error("send_email", code, f"Email address is not verified: {TO}")
        with pytest.raises(errors.MailFailed) as caught:
            Ses(lambda: stubbed, SENDER).send(to=TO, subject="s", text="t")
    assert str(caught.value) == code


def test_a_service_that_is_not_there_or_does_not_answer_is_a_mail_that_failed() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for port in (9, silent.getsockname()[1]):
            with pytest.raises(errors.MailFailed) as caught:
                Ses(lambda port=port: client(f"http://127.0.0.1:{port}"), SENDER).send(to=TO, subject="s", text="t")  # type: ignore[misc]
            assert TO not in str(caught.value)


@pytest.mark.parametrize("to", ["a,b@northwind.example", "<b@northwind.example>", '"a b"@northwind.example', "nobody"])
def test_an_address_that_a_header_would_read_otherwise_is_not_written_to(to: str) -> None:
    with pytest.raises(errors.MailFailed):
        Ses(lambda: pytest.fail("it was asked"), SENDER).send(to=to, subject="s", text="t")


def test_without_a_sender_there_is_nomailer_of() -> None:
    assert mailer_of(SETTINGS) is None


def test_it_is_waited_for_no_longer_than_an_answer_about_a_reset_takes() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        mailer = mailer_of(msgspec.structs.replace(SETTINGS, ses_url=url, mail_from=SENDER))
        assert mailer is not None
        with pytest.raises(errors.MailFailed):
            mailer.send(to=TO, subject="s", text="t")
    patience = mailer._client.meta.config  # type: ignore[attr-defined]
    assert patience.connect_timeout + patience.read_timeout < ANSWER_S
    assert patience.retries["total_max_attempts"] == 1
