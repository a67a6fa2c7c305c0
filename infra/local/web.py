"""The web server of one machine: `app.py` served by Chalice's local server, with what API Gateway adds on AWS.

That is gzip for whoever accepts it (`minimum_compression_size` in `.chalice/config.json`) and a JSON 404 for a route that
is not there (the gateway response in `infra/aws/template.yaml`).
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import uuid
from http.server import HTTPServer
from typing import Any

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import ChaliceRequestHandler, ForbiddenError, LocalGatewayException, create_local_server

from chalicelib.entrypoints.web import HEADERS
from infra.local.children import HOST
from infra.local.lines import say

COMPRESS_BYTES_MIN = 860
BACKLOG = 128
_TEXT = ("text/", "application/json", "application/problem+json", "application/javascript", "image/svg+xml")


class Handler(ChaliceRequestHandler):
    """One connection of a browser or a program."""

    # Headers and body are two writes; without this the second waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def _send_http_response_with_body(self, code: int, headers: dict[str, Any], body: str | bytes) -> None:
        content = body.encode() if isinstance(body, str) else body
        kind = str(headers.get("Content-Type", "application/json"))
        if kind.startswith(_TEXT):
            headers["Vary"] = "Accept-Encoding"
            if len(content) >= COMPRESS_BYTES_MIN and "gzip" in self.headers.get("Accept-Encoding", ""):
                content = gzip.compress(content, 6)
                headers["Content-Encoding"] = "gzip"
        super()._send_http_response_with_body(code, headers, content)

    def _send_error_response(self, error: LocalGatewayException) -> None:
        if not isinstance(error, ForbiddenError):
            super()._send_error_response(error)
            return
        # API Gateway calls an unknown route forbidden.
        problem = {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "There is nothing at this address.",
            "request_id": uuid.uuid4().hex,
        }
        headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store", **HEADERS}
        self._send_http_response(404, headers, json.dumps(problem))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Tell what changes something and what went wrong; reads that went well are not news."""
        if self.command not in ("GET", "HEAD") or int(code) >= 500:
            say(
                f"{self.command} {self.path.partition('?')[0]} {int(code)}",
                level="ERROR" if int(code) >= 500 else "INFO",
            )

    def log_message(self, format: str, *args: Any) -> None:
        say(format % args, level="WARNING")


def make_server(app: Chalice, port: int) -> HTTPServer:
    """A server of this app, already listening; `serve_forever` answers, each connection in a thread of its own."""
    config = Config.create(project_dir=".", lambda_timeout=30)
    # `create_local_server` gives every thread its own current request; the handler class is then ours.
    server: HTTPServer = create_local_server(app, config, HOST, port).server
    server.RequestHandlerClass = functools.partial(Handler, app_object=app, config=config)
    server.socket.listen(BACKLOG)
    return server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    from app import app

    make_server(app, port).serve_forever()


if __name__ == "__main__":
    main()
