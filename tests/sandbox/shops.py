"""A sandbox shop with a clock of ours, asked the way a channel would ask it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import requests

from infra.sandbox.draw import Trade
from infra.sandbox.server import API, SHOP, Sandbox
from infra.sandbox.shop import SandboxShop

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC).timestamp()
YESTERDAY = date(2026, 11, 23)
WIDE = "processed_at:>='2026-11-01T00:00:00Z'"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at_s = NOON

    def __call__(self) -> float:
        return self.at_s


class Visit:
    """One running sandbox and one client of it."""

    def __init__(self, sandbox: Sandbox, clock: Clock) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.session = requests.Session()
        self.token = sandbox.access_token()
        self.admin = f"{sandbox.url}/{SHOP}/admin"

    def post(self, query: str, /, **variables: Any) -> requests.Response:
        """The raw answer to a query."""
        headers = {"X-Shopify-Access-Token": self.token}
        body = {"query": query, "variables": variables}
        return self.session.post(f"{self.sandbox.url}/{SHOP}{API}", json=body, headers=headers, timeout=10)

    def ask(self, query: str, /, **variables: Any) -> Any:
        """The answer's body."""
        return self.post(query, **variables).json()

    def control(self, name: str, **wish: Any) -> requests.Response:
        """Tell the sandbox what to do."""
        return self.session.post(f"{self.sandbox.url}/_sandbox/{name}", json=wish, timeout=10)


@contextmanager
def visit(**options: Any) -> Iterator[Visit]:
    clock = Clock()
    with Sandbox(now_s=clock, **{"orders_per_day": 20, **options}) as sandbox:
        visited = Visit(sandbox, clock)
        with visited.session:
            yield visited


def book(*, now_s: float = NOON, **options: Any) -> SandboxShop:
    """A shop without a server."""
    return SandboxShop(Trade(shop=SHOP, **{"orders_per_day": 100, **options}), lambda: now_s)
