"""The sandbox shop's webhooks: what happens there is posted, signed, to whoever was named at the start.

Each new order is orders/create; a refund is refunds/create, an edit orders/edited, a cancellation orders/cancelled, and all of
these and payments orders/updated as well. A post that is not answered with 200 is repeated a little later, under the same id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from urllib.error import URLError
from urllib.request import Request, urlopen

import msgspec

from infra.sandbox.book import Order
from infra.sandbox.nodes import instant
from infra.sandbox.shop import SandboxShop

TICK_S = 1.0
TIMEOUT_S = 5.0
TRIES_MAX = 3
_TOPICS = {"refund": "refunds/create", "edit": "orders/edited", "cancel": "orders/cancelled"}


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """One post. `id` is the same whenever it is sent."""

    id: str
    topic: str
    at_s: int
    body: bytes


def hooks_between(shop: SandboxShop, after_s: int, upto_s: int) -> Iterator[Hook]:
    """What is posted of the seconds after `after_s` up to `upto_s`, oldest first."""
    told = set()
    for at_s, kind, order in shop.news(after_s, upto_s):
        topics = ["orders/create"] if kind == "create" else [_TOPICS.get(kind, "orders/updated"), "orders/updated"]
        for topic in topics:
            hook = _hook(order, topic, at_s)
            if hook.id not in told:  # money back and the cancellation are one moment
                told.add(hook.id)
                yield hook


def signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def headers_of(hook: Hook, shop: str, secret: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": hook.topic,
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": hook.id,
        "X-Shopify-Event-Id": hook.id.rpartition(".")[0],
        "X-Shopify-Triggered-At": instant(hook.at_s),
        "X-Shopify-Hmac-SHA256": signature(hook.body, secret),
    }


class Hooks:
    """Posts to `url` from a thread of its own, beginning with what happens after the start."""

    def __init__(self, shop: SandboxShop, url: str, secret: str) -> None:
        self.sent = 0
        self._shop = shop
        self._url = url
        self._secret = secret
        self._done_s = int(shop.now_s()) - 1
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def post_news(self) -> None:
        """Post what happened in the seconds that are over."""
        upto_s = int(self._shop.now_s()) - 1
        for hook in hooks_between(self._shop, self._done_s, upto_s):
            self._post(hook)
        self._done_s = max(self._done_s, upto_s)

    def _run(self) -> None:
        while not self._stopping.wait(TICK_S):
            self.post_news()

    def _post(self, hook: Hook) -> None:
        headers = headers_of(hook, self._shop.trade.shop, self._secret)
        request = Request(self._url, hook.body, headers, method="POST")
        for _ in range(TRIES_MAX):
            try:
                with urlopen(request, timeout=TIMEOUT_S) as answer:
                    if answer.status == 200:
                        self.sent += 1
                        return
            except (URLError, OSError):
                pass
            if self._stopping.wait(TICK_S):
                return


def _hook(order: Order, topic: str, at_s: int) -> Hook:
    gid = f"gid://shopify/Order/{order.id}"
    told = {"id": order.id, "admin_graphql_api_id": gid, "name": order.name, "updated_at": instant(at_s)}
    if topic == "refunds/create":
        told = {"id": at_s, "order_id": order.id, "created_at": instant(at_s)}
    return Hook(id=f"{order.id}-{at_s}.{topic}", topic=topic, at_s=at_s, body=json.dumps(told).encode())
