"""The sandbox shop as an HTTP server on this machine: OAuth pages, tokens, GraphQL, and how to make it misbehave.

GET  /{shop}/admin/oauth/authorize          the page with Allow and Decline
POST /{shop}/admin/oauth/access_token       codes and refresh tokens become token pairs
POST /{shop}/admin/api/2026-10/graphql.json
GET  /_sandbox/ledger?from=&to=             what those days come to, by another path
POST /_sandbox/misbehave                    {"kind": "429", "times": 3, "retry_after": "7"}
POST /_sandbox/shop                         {"add_orders": 3, "day": "2026-11-01"}, {"refund": "#1001", "amount": 500, "day": ...}
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from infra.sandbox import ledger
from infra.sandbox.draw import Trade
from infra.sandbox.graph import Bucket, Graph
from infra.sandbox.hooks import Hooks
from infra.sandbox.oauth import OAuth, Refusal
from infra.sandbox.shop import SandboxShop

SHOP = "northwind-supply.myshopify.com"
HOST = "127.0.0.1"
API = "/admin/api/2026-10/graphql.json"
KINDS = (
    "status", "429", "torn", "html", "slow", "empty", "expired_token", "throttled",
    "change_between_pages", "unknown_enum", "lost_refresh_answer", "drop", "wrong_count",
)  # fmt: skip


class Sandbox:
    """A running shop: `with Sandbox(orders_per_day=5) as shop: shop.url ...`. `now_s` is its clock."""

    def __init__(
        self,
        *,
        shop: str = SHOP,
        orders_per_day: int = 100,
        seed: int = 1,
        zone: str = "America/New_York",
        port: int = 0,
        now_s: Callable[[], float] = time.time,
        scopes: str | None = None,
        restore_rate: float = 0.0,
        taxes_included: bool = False,
        second_currency: str | None = "CAD",
        state: Path | None = None,
        hooks_url: str | None = None,
        hooks_secret: str = "",
    ) -> None:
        trade = Trade(
            shop=shop,
            seed=seed,
            orders_per_day=orders_per_day,
            zone=zone,
            taxes_included=taxes_included,
            second_currency=second_currency,
        )
        self.book = SandboxShop(trade, now_s)
        self.oauth = OAuth(shop, now_s, scopes=scopes, state=state)
        self.graph = Graph(self.book, Bucket(restore_rate))
        self.graph.uninstall = self.oauth.end_all
        self.hooks = Hooks(self.book, hooks_url, hooks_secret) if hooks_url else None
        self.requests = 0
        self._faults: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._server = _Server((HOST, port), self)
        self.url = f"http://{HOST}:{self._server.server_port}"

    def __enter__(self) -> Sandbox:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        if self.hooks is not None:
            self.hooks.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self.hooks is not None:
            self.hooks.stop()
        self._server.shutdown()
        self._server.server_close()

    def access_token(self, scopes: str = "read_orders,read_all_orders") -> str:
        """A token without the way through the page."""
        token: str = self.oauth.grant(scopes)["access_token"]
        return token

    def serve(self) -> None:
        if self.hooks is not None:
            self.hooks.start()
        self._server.serve_forever()

    # -- trouble

    def misbehave(self, kind: str, times: int = 1, **how: Any) -> dict[str, Any]:
        """Let the next `times` answers of the API go wrong in that way."""
        if kind not in KINDS:
            raise Refusal(f"kind has to be one of {', '.join(KINDS)}")
        with self._lock:
            self._faults += [{"kind": kind, **how}] * times
            return {"waiting": len(self._faults)}

    def change(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Do to the shop what tests and the curious ask for."""
        day = date.fromisoformat(wish["day"])
        if "add_orders" in wish:
            return {"added": self.book.add_orders(day, int(wish["add_orders"]))}
        name = wish.get("refund") or wish.get("cancel")
        order = next((order for order in self.book.orders_of(day) if order.name == name), None)
        if order is None:
            raise Refusal(f"there is no order {name} on {day}")
        if "refund" in wish:
            self.book.refund(order, int(wish["amount"]))
        elif order.happenings:
            raise Refusal(f"something happened to {name} already")
        else:
            self.book.cancel(order)
        return {"changed": name}

    def fault(self, *kinds: str) -> dict[str, Any] | None:
        """The next fault, if it is of one of these kinds; it is used up."""
        with self._lock:
            if self._faults and self._faults[0]["kind"] in kinds:
                return self._faults.pop(0)
        return None


class _Asked(msgspec.Struct):
    """A question to the GraphQL endpoint."""

    query: str
    variables: dict[str, Any] | None = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        super().__init__(address, _Handler)
        self.sandbox = sandbox


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads along."""

    def do_GET(self) -> None:
        sandbox = self.server.sandbox
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        if url.path == f"/{sandbox.book.trade.shop}/admin/oauth/authorize":
            try:
                self._send(200, sandbox.oauth.page(url.path, query), "text/html; charset=utf-8")
            except Refusal as refusal:
                self._json(400, {"error": str(refusal)})
        elif self.headers.get("Origin"):
            self._json(403, {"errors": "Pages of other sites may not ask here."})
        elif url.path == "/_sandbox/ledger":
            try:
                first, last = (date.fromisoformat(query[name]) for name in ("from", "to"))
            except (KeyError, ValueError):
                self._json(400, {"error": "from and to have to be days"})
                return
            self._json(200, ledger.totals(sandbox.book, first, last, older=ledger.SETTLED_AFTER))
        elif url.path == "/":
            now = datetime.fromtimestamp(sandbox.book.now_s(), UTC)
            self._json(200, {"shop": sandbox.book.trade.shop, "now": now.isoformat()})
        else:
            self._json(404, {"errors": "Not Found"})

    def do_POST(self) -> None:
        sandbox = self.server.sandbox
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, shop = urlsplit(self.path).path, sandbox.book.trade.shop
        if path == f"/{shop}/admin/oauth/authorize":
            try:
                self._redirect(sandbox.oauth.answered(dict(parse_qsl(body.decode()))))
            except Refusal as refusal:
                self._json(400, {"error": str(refusal)})
        elif self.headers.get("Origin"):
            self._json(403, {"errors": "Pages of other sites may not ask here."})
        elif path == f"/{shop}/admin/oauth/access_token":
            self._token(body)
        elif path == f"/{shop}{API}":
            sandbox.requests += 1
            self._graphql(body)
        elif path in ("/_sandbox/misbehave", "/_sandbox/shop"):
            try:
                wish = json.loads(body)
                self._json(200, sandbox.change(wish) if path.endswith("shop") else sandbox.misbehave(**wish))
            except (Refusal, ValueError, KeyError, TypeError) as error:
                self._json(400, {"error": str(error)})
        else:
            self._json(404, {"errors": "Not Found"})

    def _token(self, body: bytes) -> None:
        is_json = "json" in (self.headers.get("Content-Type") or "")
        try:
            form = json.loads(body) if is_json else dict(parse_qsl(body.decode()))
            pair = self.server.sandbox.oauth.token({name: str(value) for name, value in form.items()})
        except (Refusal, ValueError, AttributeError) as refusal:
            self._json(400, {"error": str(refusal), "error_description": "This was refused."})
            return
        if self.server.sandbox.fault("lost_refresh_answer"):
            self.close_connection = True
            return
        self._json(200, pair)

    def _graphql(self, body: bytes) -> None:
        sandbox = self.server.sandbox
        if self._refused():
            return
        token = self.headers.get("X-Shopify-Access-Token") or ""
        if sandbox.fault("expired_token"):
            sandbox.oauth.expire(token)
        scopes = sandbox.oauth.scopes_of(token)
        if scopes is None:
            text = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            self._json(401, {"errors": text})
            return
        if sandbox.fault("throttled"):
            status = sandbox.graph.bucket.status() | {"currentlyAvailable": 0}
            cost = {"requestedQueryCost": 100, "actualQueryCost": None, "throttleStatus": status}
            refusal = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            self._json(200, {"errors": [refusal], "extensions": {"cost": cost}})
            return
        if sandbox.fault("wrong_count"):
            sandbox.graph.count_off = 1
        try:
            asked = msgspec.json.decode(body, type=_Asked)
        except msgspec.MsgspecError as error:
            self._json(400, {"errors": str(error)})
            return
        variables = asked.variables or {}
        if variables.get("after") and (fault := sandbox.fault("change_between_pages")):
            sandbox.book.add_orders(date.fromisoformat(fault["day"]), 1)
        answer = sandbox.graph.answer(asked.query, variables, sees_all="read_all_orders" in scopes)
        text = msgspec.json.encode(answer).decode()
        if sandbox.fault("unknown_enum"):
            text = text.replace('"PAID"', '"PAID_IN_SHELLS"')
        self._spoiled(text)

    def _refused(self) -> bool:
        """Whether a fault has answered instead."""
        sandbox = self.server.sandbox
        if fault := sandbox.fault("status", "429"):
            headers = {"Retry-After": fault["retry_after"]} if fault.get("retry_after") else {}
            self._send(int(fault.get("status", 429)), '{"errors":"no"}', "application/json", headers)
        elif sandbox.fault("html"):
            self._send(200, "<!doctype html><title>Maintenance</title>", "text/html")
        elif sandbox.fault("empty"):
            self._send(200, "", "application/json")
        else:
            if fault := sandbox.fault("slow"):
                time.sleep(float(fault.get("seconds", 1)))
            return False
        return True

    def _spoiled(self, text: str) -> None:
        """Send the answer, cut or broken off if that was asked for."""
        sandbox = self.server.sandbox
        if sandbox.fault("torn"):
            self._send(200, text[: len(text) // 2], "application/json")
        elif sandbox.fault("drop"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode()[: len(text) // 2])
            self.close_connection = True
        else:
            self._send(200, text, "application/json")

    def _json(self, status: int, body: object) -> None:
        self._send(status, json.dumps(body), "application/json")

    def _redirect(self, address: str) -> None:
        self._send(302, "", "text/plain", {"Location": address})

    def _send(self, status: int, text: str, kind: str, headers: dict[str, str] | None = None) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
