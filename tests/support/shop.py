"""A shop on a real socket that answers as told, one scripted answer a request, and remembers what it was asked."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Wire = Callable[[BaseHTTPRequestHandler], None]


class ScriptedShop:
    """`answers` and `sends` add to the script; the last answer is repeated. `asked` holds (path, headers, body), `methods` the method of each."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.methods: list[str] = []
        self._script: list[Wire] = []
        self._server = _Server(self)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_port
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answers(self, body: object = b"", *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Answer the next request so; what is not bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()

        def wire(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.send_header("Content-Length", str(len(content)))
            for name, value in (headers or {"Content-Type": "application/json"}).items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(content)

        self._script.append(wire)

    def sends(self, wire: Wire) -> None:
        """Let `wire` write the next answer, byte by byte if it likes; the connection is closed after it."""
        self._script.append(wire)

    def forget(self) -> None:
        """Begin a new script."""
        self._script.clear()
        self.asked.clear()
        self.methods.clear()

    def questions(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.asked]

    def next(self) -> Wire:
        return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, shop: ScriptedShop) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.shop = shop

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up on purpose here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        shop = self.server.shop
        shop.methods.append(self.command)
        shop.asked.append((self.path, dict(self.headers), body))
        shop.next()(self)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads along."""


@pytest.fixture
def shop() -> Iterator[ScriptedShop]:
    scripted = ScriptedShop()
    yield scripted
    scripted.close()
