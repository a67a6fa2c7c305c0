"""AWS on one machine: ministack behind a small door of our own, on 127.0.0.1.

`--services sqs` for the launcher; tests ask for `sqs,dynamodb`. The door refuses requests that carry an Origin, because
ministack answers any web page. Nothing is kept over a restart.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def without_origin(app: App) -> App:
    """The same app, closed to web pages."""

    async def door(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(name == b"origin" for name, _ in scope["headers"]):
            await send({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await app(scope, receive, send)

    return door


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--services", required=True)
    options = parser.parse_args()
    os.environ.update(
        SERVICES=options.services,
        GATEWAY_PORT=str(options.port),
        BIND_HOST="127.0.0.1",
        MINISTACK_HOST="127.0.0.1",
        PERSIST_STATE="0",
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        DOCKER_HOST="unix:///nonexistent",
        LOG_LEVEL="ERROR",
    )
    # ministack reads its settings when it is imported.
    import ministack.app
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"127.0.0.1:{options.port}"]
    config.keep_alive_timeout = 75
    config.loglevel = "ERROR"
    asyncio.run(serve(without_origin(ministack.app.app), config))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
