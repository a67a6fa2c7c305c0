"""`python -m infra.sandbox.mailbox --port 9102`: where mail ends on this machine, and can be read, for as long as it runs.

It speaks the one call of Amazon SES that Daybook makes (API v2, "SendEmail": POST /v2/email/outbound-emails), so that one machine
runs the very code that mails on AWS. Each of the last mails is one page, the newest at `/`. It tells of each
in one line, which has neither the whole address nor anything of the text.
"""

from __future__ import annotations

import argparse
import json
import re
import threading
from collections import deque
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

HOST = "127.0.0.1"
SEND = "/v2/email/outbound-emails"
KEPT = 200
BODY_BYTES_MAX = 100_000
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{subject} · Sandbox mailbox</title>
<h1>{subject}</h1>
<p>To {to}, from {sender}, at {at}</p>
<hr>
{text}
<hr>
<nav aria-label="Mails">{nav}</nav>
</html>
"""
EMPTY = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sandbox mailbox</title>
<h1>No mail yet</h1>
<p>Invite somebody, or ask for a new password: what Daybook mails is shown here, the newest first.</p>
</html>
"""
_LINK = re.compile(r"https?://\S+")


class Refused(Exception):
    """Not what SES would take; the message says why."""


class _Text(msgspec.Struct):
    Data: str


class _Body(msgspec.Struct):
    Text: _Text


class _Simple(msgspec.Struct):
    Subject: _Text
    Body: _Body


class _Content(msgspec.Struct):
    Simple: _Simple


class _Destination(msgspec.Struct):
    ToAddresses: tuple[str, ...]


class _SendEmail(msgspec.Struct):
    """The request, as far as Daybook makes it."""

    FromEmailAddress: str
    Destination: _Destination
    Content: _Content


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    sender: str
    to: str
    subject: str
    text: str
    at: datetime


class Mailbox:
    """The mails of everybody on this machine, served on 127.0.0.1; port 0 takes a free one."""

    def __init__(self, *, port: int = 0) -> None:
        self.mails: deque[Mail] = deque(maxlen=KEPT)
        self._taking = threading.Lock()
        self._server = _Server((HOST, port), self)
        self.url = f"http://{HOST}:{self._server.server_port}"

    def serve(self) -> None:
        """Answer until the process ends."""
        self._server.serve_forever()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: bytes) -> Mail:
        """Keep what SES would send. Raises Refused."""
        try:
            asked = msgspec.json.decode(body, type=_SendEmail)
        except msgspec.DecodeError as exc:
            raise Refused(str(exc)) from exc
        if len(asked.Destination.ToAddresses) != 1:
            raise Refused("one address is written to at a time")
        simple = asked.Content.Simple
        mail = Mail(
            sender=asked.FromEmailAddress,
            to=asked.Destination.ToAddresses[0],
            subject=simple.Subject.Data,
            text=simple.Body.Text.Data,
            at=datetime.now(UTC),
        )
        with self._taking:
            self.mails.appendleft(mail)
        return mail

    def page(self, back: int) -> str | None:
        """The mail so many before the newest; None if there is none."""
        mails = tuple(self.mails)
        if not mails and back == 0:
            return EMPTY
        if back >= len(mails):
            return None
        mail = mails[back]
        newer = f'<a href="/{back - 1 or ""}">Newer</a>' if back else "The newest"
        older = f'<a href="/{back + 1}">Older</a>' if back + 1 < len(mails) else "no older one"
        return PAGE.format(
            subject=escape(mail.subject),
            to=escape(mail.to),
            sender=escape(mail.sender),
            at=f"{mail.at:%F %T}Z",
            text=_paragraphs(mail.text),
            nav=f"{newer} · {older} · {len(mails)} in all",
        )


def told(mail: Mail) -> str:
    """The mail in one line that anybody may read: who it is for is only hinted at."""
    local, _, domain = mail.to.rpartition("@")
    line = f"mail to {local[:1]}…@{domain}: {mail.subject}"
    return "".join(each if each.isprintable() else " " for each in line)[:200]


def _paragraphs(text: str) -> str:
    """The text with its links to be followed. What it says is shown, never obeyed."""
    blocks = escape(text).strip().split("\n\n")
    return "\n".join(f"<p>{_LINK.sub(_anchor, each)}</p>" for each in blocks)


def _anchor(found: re.Match[str]) -> str:
    return f'<a href="{found[0]}">{found[0]}</a>'


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], mailbox: Mailbox) -> None:
        super().__init__(address, _Handler)
        self.mailbox = mailbox


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads along."""

    def do_GET(self) -> None:
        name = self.path[1:] or "0"
        page = self.server.mailbox.page(int(name)) if name.isascii() and name.isdecimal() and len(name) < 6 else None
        if not self._is_for_us():
            self._send(421, "Another name than ours was asked for.", "text/plain")
        elif page is None:
            self._send(404, "There is no such mail.", "text/plain")
        else:
            self._send(200, page, "text/html; charset=utf-8")

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > BODY_BYTES_MAX:
            self.close_connection = True
            self._json(413, {"message": "too large"})
            return
        body = self.rfile.read(size)
        if not self._is_for_us() or self.headers.get("Origin"):
            self._json(403, {"message": "Pages of other sites may not ask here."})
        elif self.path != SEND:
            self._json(404, {"message": "only mails are taken here"})
        else:
            try:
                mail = self.server.mailbox.take(body)
            except Refused as refusal:
                self._json(400, {"message": str(refusal)}, {"x-amzn-ErrorType": "BadRequestException"})
                return
            print(json.dumps({"level": "INFO", "message": told(mail)}), flush=True)
            self._json(200, {"MessageId": f"sandbox-{len(self.server.mailbox.mails)}"})

    def _is_for_us(self) -> bool:
        """A page whose name was made to lead here may not read the mails."""
        return self.headers.get("Host", "").rpartition(":")[0] in (HOST, "localhost")

    def _json(self, status: int, body: object, more: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(body), "application/json", more)

    def _send(self, status: int, text: str, kind: str, more: dict[str, str] | None = None) -> None:
        content = text.encode()
        self.send_response(status)
        for name, value in {
            **HEADERS,
            **(more or {}),
            "Content-Type": kind,
            "Content-Length": str(len(content)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox.mailbox", description=__doc__)
    parser.add_argument("--port", type=int, default=9102)
    mailbox = Mailbox(port=parser.parse_args().port)
    print(f"sandbox mailbox at {mailbox.url}", flush=True)
    mailbox.serve()


if __name__ == "__main__":
    main()
