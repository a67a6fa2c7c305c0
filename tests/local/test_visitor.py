"""The visitor of `make journey`: cookies, redirects and forms, against a small server."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra.local.visitor import Answer, VisitFailed, Visitor, forms_of

CONSENT = b"""<form action="deny?a=1"><button name="no">No</button></form>
<form method="post" action="/allow"><input type="hidden" name="state" value="s&amp;1"><input name="empty">
<button name="go" value="yes">Install</button><button name="go" value="later">Later</button></form>"""


class Site(BaseHTTPRequestHandler):
    """Gives a cookie and leads in a circle; `/allow` repeats what it was sent."""

    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/round" else 200)
        self.send_header("Location", "/round")
        self.send_header("Set-Cookie", "__Host-session=abc; Secure; HttpOnly; Path=/")
        self.end_headers()
        self.wfile.write(CONSENT if self.path == "/consent" else str(self.headers["Cookie"]).encode())

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"%s from %s" % (sent, self.headers["Origin"].encode()))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_session_cookie_comes_back_with_the_next_request(site: str) -> None:
    visitor = Visitor(site)
    assert visitor.open(f"{site}/").body == b"None"
    assert visitor.open(f"{site}/").body == b"__Host-session=abc"


def test_a_form_is_sent_with_what_its_fields_hold_and_its_first_button(site: str) -> None:
    visitor = Visitor(site)
    deny, allow = forms_of(visitor.open(f"{site}/consent"))
    assert (deny.method, deny.action) == ("GET", f"{site}/deny?a=1")
    answer: Answer = visitor.open(allow.action, allow)
    assert answer.body.decode() == f"state=s%261&empty=&go=yes from {site}"


def test_a_circle_of_redirects_has_an_end(site: str) -> None:
    with pytest.raises(VisitFailed, match="more than 10 redirects"):
        Visitor(site).open(f"{site}/round")
