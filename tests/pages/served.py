"""Daybook behind the web server of one machine, in this process: its answers are gzipped and have the headers they have there.

Its days were read from a sandbox shop by the channel's own client; table and queues are in memory.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec
from playwright.sync_api import Browser, BrowserContext

from app import app
from chalicelib.domain.days import day_of
from chalicelib.storage.table import Table
from infra.local.children import HOST, free_port
from infra.local.web import make_server
from infra.sandbox.server import Sandbox
from tests.support.memory import MemoryEngine
from tests.support.shopify import NOW, client
from tests.support.site import Visitor, open_site
from tests.support.system import ZONE

DAYS = 90


class Served(msgspec.Struct, frozen=True):
    """Where it is, who is signed in, and their connection."""

    url: str
    owner: Visitor
    connection: str

    def signed_in(self, browser: Browser, **options: Any) -> BrowserContext:
        """A browser's worth of state with the owner's session."""
        return browser.new_context(base_url=self.url, extra_http_headers={"Cookie": self.owner.cookie}, **options)


@contextmanager
def served(*, orders_per_day: int = 12, days: int = DAYS, individual: bool = False) -> Iterator[Served]:
    """Yield it once the days of a paired shop are in, as summaries or as individual sales with their customers."""
    with Sandbox(orders_per_day=orders_per_day, now_s=NOW.timestamp) as shop, open_site(Table(MemoryEngine())) as site:
        daybook = site.daybook
        daybook.clock = NOW
        owner = site.merchant()
        channel = client(shop.url, persons=individual, access=shop.access_token())
        daybook.open_channel = lambda connection, *, renew: channel  # type: ignore[assignment]
        connection = daybook.pair_shop(owner.workspace)
        if individual:
            connection = daybook.switch(connection, "individual")
        for ago in range(1, days + 1):
            daybook.ask_day(connection, day_of(NOW, ZONE) - timedelta(days=ago))
        outcomes = daybook.work()
        assert set(outcomes) == {"published"}, outcomes
        kind = app.__class__
        server = make_server(app, free_port())
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield Served(f"http://{HOST}:{server.server_port}", owner, connection.id)
        finally:
            server.shutdown()
            server.server_close()
            app.__class__ = kind  # which Chalice's local server had made its own, and makes once more for the next
