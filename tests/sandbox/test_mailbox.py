"""The sandbox mailbox: it takes what SES takes, shows it without obeying it, and tells little of it."""

import http.client
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
import pytest

from chalicelib.bootstrap.mail import mailer_of
from chalicelib.domain.mails import Mailer
from infra.sandbox.mailbox import HEADERS, KEPT, SEND, Mailbox, told
from tests.support.system import SETTINGS

TO = "clerk@northwind.example"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    threading.Thread(target=box.serve, daemon=True).start()
    yield box
    box.close()


@pytest.fixture
def mailer(mailbox: Mailbox) -> Mailer:
    """The mailer that a machine with these settings has."""
    found = mailer_of(msgspec.structs.replace(SETTINGS, ses_url=mailbox.url, mail_from="daybook@northwind.example"))
    assert found is not None
    return found


def ask(
    mailbox: Mailbox, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, str, http.client.HTTPMessage]:
    link = http.client.HTTPConnection(urlsplit(mailbox.url).netloc, timeout=5)
    link.request(method, path, body, headers)
    answer = link.getresponse()
    found = answer.status, answer.read().decode(), answer.headers
    link.close()
    return found


def test_what_is_sent_is_one_page_each_the_newest_first(mailbox: Mailbox, mailer: Mailer) -> None:
    assert "No mail yet" in ask(mailbox, "GET", "/")[1]
    for n in range(3):
        mailer.send(to=TO, subject=f"Number {n}", text=f"Come in:\n\nhttps://daybook.example/join#s{n}\n")
    status, newest, headers = ask(mailbox, "GET", "/")
    assert status == 200
    assert "<h1>Number 2</h1>" in newest
    assert f"To {TO}, from daybook@northwind.example" in newest
    assert '<a href="https://daybook.example/join#s2">https://daybook.example/join#s2</a>' in newest
    assert "Number 1" not in newest
    assert '<a href="/1">Older</a>' in newest
    assert "<h1>Number 0</h1>" in ask(mailbox, "GET", "/2")[1]
    assert '<a href="/">Newer</a>' in ask(mailbox, "GET", "/1")[1]
    assert [ask(mailbox, "GET", path)[0] for path in ("/3", "/-1", "/x", "/1/2", "/99999999999")] == [404] * 5
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert "script" not in HEADERS["Content-Security-Policy"]


def test_text_is_shown_and_not_obeyed(mailbox: Mailbox, mailer: Mailer) -> None:
    mailer.send(to=TO, subject="<script>1</script>", text='<img src=x onerror=1>\nhttps://a.example/"onmouseover="1')
    page = ask(mailbox, "GET", "/")[1]
    assert "<script" not in page
    assert "<img" not in page
    assert '"onmouseover' not in page
    assert "&lt;img src=x onerror=1&gt;" in page


def test_the_last_mails_are_kept(mailbox: Mailbox, mailer: Mailer) -> None:
    for n in range(KEPT + 1):
        mailer.send(to=TO, subject=f"Number {n}", text="t")
    assert len(mailbox.mails) == KEPT
    assert mailbox.mails[0].subject == f"Number {KEPT}"


def test_pages_of_other_sites_neither_read_nor_write(mailbox: Mailbox) -> None:
    assert ask(mailbox, "GET", "/", Host="evil.example:80")[0] == 421
    assert ask(mailbox, "POST", SEND, b"{}", Origin="https://evil.example")[0] == 403
    assert ask(mailbox, "POST", SEND, b"{}", Host="evil.example:80")[0] == 403
    assert not mailbox.mails


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"FromEmailAddress": 1}', b"\xff"])
def test_what_ses_would_refuse_is_refused(mailbox: Mailbox, body: bytes) -> None:
    assert ask(mailbox, "POST", SEND, body)[0] == 400
    assert ask(mailbox, "POST", "/v2/email/identities", body)[0] == 404


def test_s37_its_line_has_neither_the_address_nor_a_secret(
    mailbox: Mailbox, mailer: Mailer, capfd: pytest.CaptureFixture[str]
) -> None:
    mailer.send(
        to="owner@northwind.example", subject="Choose\u2028a new\x1b[2J password", text="https://x/reset#secret-1"
    )
    line = told(mailbox.mails[0])
    assert line == "mail to o…@northwind.example: Choose a new [2J password"
    said = capfd.readouterr().out
    assert said.count("\n") == 1
    assert "mail to o\\u2026@northwind.example" in said
    assert "secret-1" not in said
    assert "owner@" not in said
