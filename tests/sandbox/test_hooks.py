"""The sandbox shop tells what happens there: new orders, late ones, refunds and edits, each signed and under an id of its own."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chalicelib.channels.shopify_hooks import TOPICS, is_genuine
from chalicelib.domain.days import DAY, day_of
from chalicelib.domain.secret import Secret
from infra.sandbox.draw import Trade
from infra.sandbox.hooks import Hooks, headers_of, hooks_between
from infra.sandbox.server import SHOP
from infra.sandbox.shop import SandboxShop
from tests.sandbox.shops import NOON, YESTERDAY, Clock, book, visit

ZONE = "America/New_York"
CHANGES = """
query Changes($query: String!, $after: String) {
  orders(first: 250, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor } nodes { id name processedAt updatedAt createdAt }
  }
}
"""


class Listener:
    """Takes posts, and fails as it is told to."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.failures = 0
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.failures -= 1
                if listener.failures >= 0:
                    self.send_response(503)
                else:
                    listener.posts.append((dict(self.headers), body))
                    self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads along."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/webhooks/shopify"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


def test_all_that_happens_is_told_once_whatever_the_ticks():
    shop = book()
    start, end = int(NOON) - 2 * 86_400, int(NOON)
    whole = [hook.id for hook in hooks_between(shop, start, end)]
    pieces = [hook.id for at in range(start, end, 7_200) for hook in hooks_between(shop, at, at + 7_200)]
    assert pieces == whole
    assert len(set(whole)) == len(whole)
    topics = Counter(hook.topic for hook in hooks_between(shop, start - 20 * 86_400, end))
    assert set(topics) == {"orders/create", "orders/updated", "orders/edited", "orders/cancelled", "refunds/create"}
    assert set(topics) < set(TOPICS)
    assert topics["orders/create"] > topics["orders/updated"] > topics["refunds/create"] > 0


def test_late_orders_are_told_when_they_arrive():
    shop = book(orders_per_day=400)
    late = [
        order
        for at, kind, order in shop.news(int(NOON) - 5 * 86_400, int(NOON))
        if kind == "create" and day_of(datetime.fromtimestamp(at, UTC), ZONE) > shop.day_of(order.placed_s)
    ]
    assert 5 <= len(late) <= 60


def test_a_post_is_signed_over_its_bytes():
    shop = book()
    hook = next(hooks_between(shop, int(NOON) - 86_400, int(NOON)))
    headers = headers_of(hook, SHOP, "secret")
    assert is_genuine(hook.body, headers["X-Shopify-Hmac-SHA256"], [Secret("secret")])
    assert (headers["X-Shopify-Topic"], headers["X-Shopify-Shop-Domain"]) == (hook.topic, SHOP)


def test_what_happens_by_hand_is_posted_and_a_post_that_fails_is_repeated(listener):
    clock = Clock()
    shop = SandboxShop(Trade(shop=SHOP, orders_per_day=0), clock)
    hooks = Hooks(shop, listener.url, "secret")
    shop.add_orders(YESTERDAY, 1)
    (order,) = shop.orders_of(YESTERDAY)
    listener.failures = 1
    hooks.post_news()
    assert listener.posts == []  # the second is not over
    clock.at_s += 1
    hooks.post_news()
    clock.at_s += 5
    shop.refund(order, 500)
    clock.at_s += 1
    hooks.post_news()
    hooks.post_news()
    assert [headers["X-Shopify-Topic"] for headers, _ in listener.posts] == [
        "orders/create",
        "refunds/create",
        "orders/updated",
    ]
    assert json.loads(listener.posts[1][1])["order_id"] == order.id
    assert hooks.sent == 3


# -- what is asked of it about changes


def test_what_changed_is_found_by_when_it_changed_oldest_change_first():
    with visit(orders_per_day=60) as shop:
        since = int(NOON) - 86_400
        query = f"updated_at:>='{datetime.fromtimestamp(since, UTC):%Y-%m-%dT%H:%M:%SZ}'"
        nodes = shop.ask(CHANGES, query=query)["data"]["orders"]["nodes"]
        updated = [node["updatedAt"] for node in nodes]
        assert updated == sorted(updated)
        told = {order.name for _, _, order in shop.sandbox.book.news(since - 1, int(NOON))}
        assert {node["name"] for node in nodes} == told
        assert any(node["processedAt"] < "2026-11-20" for node in nodes)


def test_a_refund_by_hand_moves_the_order_to_the_end_of_what_changed():
    with visit() as shop:
        order = shop.sandbox.book.orders_of(date(2026, 11, 1))[0]
        assert shop.control("shop", refund=order.name, amount=100, day="2026-11-01").ok
        nodes = shop.ask(CHANGES, query="updated_at:>='2026-11-24T16:59:00Z'")["data"]["orders"]["nodes"]
        assert nodes[-1]["name"] == order.name


@pytest.mark.parametrize("text", ['name:"{}"', "name:{}", 'name:"#{}"', "name:'{}'"])
def test_an_order_is_found_by_its_name(text):
    with visit() as shop:
        order = shop.sandbox.book.orders_of(YESTERDAY - DAY)[3]
        nodes = shop.ask(CHANGES, query=text.format(order.name.lstrip("#")))["data"]["orders"]["nodes"]
        assert [node["name"] for node in nodes] == [order.name]


def test_our_own_client_finds_what_changed_and_the_order_with_a_number():
    from tests.sandbox.test_sandbox import NOW, Sandbox, Visit

    with Sandbox(orders_per_day=30, now_s=NOW.timestamp) as sandbox:
        channel = Visit(sandbox, [NOW]).channel()
        since = NOW - DAY
        placed = [at for page in channel.fetch_changes(since, NOW) for at in page.placed]
        told = {
            order.id: order.placed_s
            for _, _, order in sandbox.book.news(int(since.timestamp()) - 1, int(NOW.timestamp()) - 1)
        }
        assert sorted(at.timestamp() for at in placed) == sorted(told.values())
        order = sandbox.book.orders_of(date(2026, 11, 3))[5]
        assert [at.timestamp() for at in channel.find_order(order.name)] == [order.placed_s]
        assert channel.find_order(order.name + "0") == ()
