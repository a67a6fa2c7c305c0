"""The sandbox site as an HTTP server on this machine: WordPress's index, WooCommerce's approval page and API, and how to upset it.

GET  /wp-json/                                 who the site is
GET  /wc-auth/v1/authorize                     the page with Approve and Deny; approving posts keys to the callback
GET  /wp-json/wc/v3/orders[/{id}[/refunds]]    signed with OAuth 1.0a, for this is plain HTTP
GET  /wp-json/wc/v3/settings/general, /wp-json/wc/v3/data/currencies/current, /wp-json/wc/v3/system_status
GET  /_sandbox/ledger?from=&to=                what those days come to, by another path
POST /_sandbox/misbehave                       {"kind": "429", "times": 3, "retry_after": "7"}
POST /_sandbox/shop                            {"add_orders": 3, "day": ...}, {"refund": "12001", "amount": 500},
                                               {"status": "12001", "to": "cancelled"}, {"forget_keys": true}
"""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, date, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from infra.sandbox.woocommerce import ledger, search
from infra.sandbox.woocommerce.book import Trade
from infra.sandbox.woocommerce.shop import Shop
from infra.sandbox.woocommerce.show import order_of, refund_of
from infra.sandbox.woocommerce.sign import Keys

HOST = "127.0.0.1"
API = "/wp-json/wc/v3"
KINDS = (
    "status", "429", "torn", "html", "maintenance", "firewall", "slow", "empty", "drop",
    "shift_pages", "change_between_pages", "cached", "refund_gone", "no_total",
)  # fmt: skip

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;padding:0 1rem;color:#1d1c18}}
button{{font:inherit;padding:.6rem 1.2rem;border-radius:8px;border:1px solid #674399;background:#674399;color:#fff;margin-right:.5rem}}
</style></head><body><main><h1>{name}</h1><p>This is a sandbox site on your own machine. {app} asks to {scope} its orders.</p>
<form method="post" action="{action}"><button name="answer" value="approve">Approve</button>
<button name="answer" value="deny">Deny</button></form></main></body></html>"""


class Refusal(Exception):
    """What was asked of the sandbox itself does not make sense."""


class WordPress:
    """A running site: `with WordPress(orders_per_day=5) as site: site.url ...`. `now_s` is its clock.

    An `old` one knows neither `dates_are_gmt` nor `modified_after`. `grants` is what its keys may do, `folder` where WordPress is.
    """

    def __init__(
        self,
        trade: Trade | None = None,
        *,
        port: int = 0,
        now_s: Callable[[], float] = time.time,
        old: bool = False,
        secure: bool = False,
        deaf: bool = False,
        grants: str = "read",
        folder: str = "",
    ) -> None:
        self.shop = Shop(trade or Trade(), now_s)
        self.keys = Keys(now_s, secure=secure, deaf=deaf)
        self.old = old
        self.grants = grants
        self.folder = folder
        self.asked: list[str] = []
        self.cache: dict[str, tuple[str, dict[str, str]]] = {}
        self._faults: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._server = _Server((HOST, port), self)
        self.url = f"http://{HOST}:{self._server.server_port}{folder}"

    def __enter__(self) -> WordPress:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        self._server.serve_forever()

    def misbehave(self, kind: str, times: int = 1, **how: Any) -> dict[str, Any]:
        """Let the next `times` answers of the API go wrong in that way."""
        if kind not in KINDS:
            raise Refusal(f"kind has to be one of {', '.join(KINDS)}")
        with self._lock:
            self._faults += [{"kind": kind, **how}] * times
            return {"waiting": len(self._faults)}

    def fault(self, *kinds: str) -> dict[str, Any] | None:
        """The next fault, if it is of one of these kinds; it is used up."""
        with self._lock:
            if self._faults and self._faults[0]["kind"] in kinds:
                return self._faults.pop(0)
        return None

    def change(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Do to the shop what tests and the curious ask for."""
        if "forget_keys" in wish:
            self.keys.forget()
            return {"forgotten": True}
        if "add_orders" in wish:
            return {"added": self.shop.add(date.fromisoformat(wish["day"]), int(wish["add_orders"]))}
        number = str(wish.get("refund") or wish.get("status"))
        order = next((order for order in self.shop.orders() if order.number == number), None)
        if order is None:
            raise Refusal(f"there is no order {number}")
        if "refund" in wish:
            self.shop.refund(order, int(wish["amount"]))
        else:
            self.shop.turn(order, str(wish["to"]))
        return {"changed": number}

    def approve(self, query: dict[str, str], answer: str) -> str:
        """Post keys to the callback if the merchant approves; where the browser goes then."""
        back, state = query["return_url"], query["user_id"]
        if answer == "approve":
            callback = query["callback_url"]
            if urlsplit(callback).hostname not in ("127.0.0.1", "localhost"):
                raise Refusal("a sandbox posts to this machine only")
            key, secret = self.keys.add()
            posted = {
                "key_id": 1,
                "user_id": state,
                "consumer_key": key,
                "consumer_secret": secret,
                "key_permissions": self.grants,
            }
            request = urllib.request.Request(
                callback, json.dumps(posted).encode(), {"Content-Type": "application/json"}
            )
            urllib.request.urlopen(request, timeout=20).close()
        came = urlencode({"success": int(answer == "approve"), "user_id": state})
        return f"{back}{'&' if '?' in back else '?'}{came}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], site: WordPress) -> None:
        super().__init__(address, _Handler)
        self.site = site

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up on purpose here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads along."""

    def do_GET(self) -> None:
        site = self.server.site
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        path = url.path.removeprefix(site.folder)
        if path == "/wc-auth/v1/authorize":
            self._authorize(query)
        elif path in ("/wp-json/", "/wp-json") and not self._refused():
            self._json(200, self._index())
        elif path.startswith(API):
            site.asked.append(self.path)
            self._api(path.removeprefix(API), query)
        elif path == "/_sandbox/ledger" and not self.headers.get("Origin"):
            try:
                first, last = (date.fromisoformat(query[name]) for name in ("from", "to"))
            except (KeyError, ValueError):
                self._json(400, {"error": "from and to have to be days"})
                return
            self._json(200, ledger.totals(site.shop, first, last))
        elif path == "/":
            now = datetime.fromtimestamp(site.shop.now_s(), UTC)
            self._send(200, f"<!doctype html><title>{escape(site.shop.trade.name)}</title><p>{now:%F %T}Z", "text/html")
        elif not path.startswith("/wp-json"):
            self._send(404, "<!doctype html><title>Page not found</title>", "text/html")

    def do_POST(self) -> None:
        site = self.server.site
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        path = url.path.removeprefix(site.folder)
        try:
            if path == "/wc-auth/v1/authorize":
                answer = dict(parse_qsl(body.decode())).get("answer", "deny")
                self._send(302, "", "text/plain", {"Location": site.approve(dict(parse_qsl(url.query)), answer)})
            elif self.headers.get("Origin"):
                self._json(403, {"error": "pages of other sites may not ask here"})
            elif path in ("/_sandbox/misbehave", "/_sandbox/shop"):
                wish = json.loads(body)
                self._json(200, site.change(wish) if path.endswith("shop") else site.misbehave(**wish))
            else:
                self._json(404, _wrong("rest_no_route", 404))
        except (Refusal, ValueError, KeyError, TypeError, OSError) as error:
            self._json(400, {"error": str(error)})

    # -- pages

    def _authorize(self, query: dict[str, str]) -> None:
        if not {"app_name", "scope", "user_id", "return_url", "callback_url"} <= query.keys():
            self._send(401, "<!doctype html><title>Error</title><p>A parameter is missing.", "text/html")
            return
        name = self.server.site.shop.trade.name
        page = PAGE.format(
            name=escape(name), app=escape(query["app_name"]), scope=escape(query["scope"]), action=escape(self.path)
        )
        self._send(200, page, "text/html; charset=utf-8")

    def _index(self) -> dict[str, Any]:
        trade = self.server.site.shop.trade
        shown = {"name": escape(trade.name), "namespaces": ["oembed/1.0", "wc/v2", "wc/v3", "wp/v2"]}
        if trade.zone.startswith("Etc/GMT"):
            return shown | {"timezone_string": "", "gmt_offset": -int(trade.zone.removeprefix("Etc/GMT"))}
        offset = self.server.site.shop.local(self.server.site.shop.now_s()).utcoffset()
        return shown | {"timezone_string": trade.zone, "gmt_offset": offset.total_seconds() / 3600 if offset else 0}

    # -- the API

    def _api(self, path: str, query: dict[str, str]) -> None:
        site = self.server.site
        if self._refused():
            return
        host = self.headers.get("Host") or ""
        scheme = "https" if site.keys.secure else "http"
        code = site.keys.refusal("GET", f"{scheme}://{host}{self.path}", self.headers.get("Authorization") or "")
        if code is not None:
            self._json(401, _wrong(code, 401))
            return
        # A host's cache knows requests by their address, less what a signature puts there.
        address = re.sub(r"[?&]oauth_[a-z_]+=[^&]*", "", self.path)
        if site.fault("cached") and address in site.cache:
            text, headers = site.cache[address]
        else:
            answer = self._answer(path, query)
            if answer is None:
                return
            text, headers = answer
            site.cache[address] = answer
        self._spoiled(text, headers)

    def _answer(self, path: str, query: dict[str, str]) -> tuple[str, dict[str, str]] | None:
        """The JSON and the headers of an answer; None if it was refused."""
        site, shop = self.server.site, self.server.site.shop
        if path == "/orders":
            if query.get("offset", "0") != "0" or query.get("page", "1") != "1":
                self._move_meanwhile()
            try:
                rows, total = search.found(shop, query, old=site.old)
            except search.Invalid as error:
                self._json(400, _wrong("rest_invalid_param", 400) | {"params": str(error)})
                return None
            return json.dumps(rows), {} if site.fault("no_total") else _paging(total, query)
        if path == "/settings/general":
            settings = {"woocommerce_currency": shop.trade.currency, "woocommerce_price_num_decimals": "2"}
            return json.dumps([{"id": name, "value": value} for name, value in settings.items()]), {}
        if path == "/data/currencies/current":
            return json.dumps({"code": shop.trade.currency, "name": "", "symbol": ""}), {}
        if path == "/system_status":
            return json.dumps({"environment": {"version": "5.2.0" if site.old else "10.3.0"}}), {}
        if match := re.fullmatch(r"/orders/(\d+)(/refunds)?", path):
            order = shop.find(int(match[1]))
            if order is not None and not match[2]:
                return json.dumps(order_of(shop, order)), {}
            if order is not None:
                refunds = [refund_of(shop, order, each) for each in order.refunds_at(shop.now_s())]
                if site.fault("refund_gone"):
                    refunds = refunds[1:]
                return json.dumps(refunds), _paging(len(refunds), query)
            self._json(404, _wrong("woocommerce_rest_shop_order_invalid_id", 404))
            return None
        self._json(404, _wrong("rest_no_route", 404))
        return None

    def _move_meanwhile(self) -> None:
        """Change the shop between two pages, if that was asked for."""
        shop = self.server.site.shop
        if fault := self.server.site.fault("shift_pages"):
            start = shop.start_s(date.fromisoformat(fault["day"]))
            order = next(
                each for each in shop.orders() if each.placed_s >= start and each.status_at(shop.now_s()) != "trash"
            )
            shop.turn(order, "trash")
        elif fault := self.server.site.fault("change_between_pages"):
            shop.add(date.fromisoformat(fault["day"]), 1)

    def _refused(self) -> bool:
        """Whether a fault has answered instead."""
        site = self.server.site
        if fault := site.fault("status", "429"):
            headers = {"Retry-After": fault["retry_after"]} if fault.get("retry_after") else {}
            self._send(int(fault.get("status", 429)), '{"message":"no"}', "application/json", headers)
        elif site.fault("html"):
            self._send(200, "<!doctype html><title>One moment, please</title>", "text/html")
        elif fault := site.fault("maintenance"):
            page = "<!doctype html><title>Briefly unavailable for scheduled maintenance.</title>"
            self._send(503, page, "text/html", {"Retry-After": str(fault.get("retry_after", 600))})
        elif site.fault("firewall"):
            self._send(403, "<!doctype html><title>Access denied</title>", "text/html")
        elif site.fault("empty"):
            self._send(200, "", "application/json")
        else:
            if fault := site.fault("slow"):
                time.sleep(float(fault.get("seconds", 1)))
            return False
        return True

    def _spoiled(self, text: str, headers: dict[str, str]) -> None:
        """Send the answer, cut or broken off if that was asked for."""
        if self.server.site.fault("torn"):
            self._send(200, text[: len(text) // 2], "application/json", headers)
        elif self.server.site.fault("drop"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode()[: len(text) // 2])
            self.close_connection = True
        else:
            self._send(200, text, "application/json", headers)

    def _json(self, status: int, body: object) -> None:
        self._send(status, json.dumps(body), "application/json")

    def _send(self, status: int, text: str, kind: str, headers: dict[str, str] | None = None) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _wrong(code: str, status: int) -> dict[str, Any]:
    return {"code": code, "message": "No.", "data": {"status": status}}


def _paging(total: int, query: dict[str, str]) -> dict[str, str]:
    pages = -(-total // int(query.get("per_page", 10)))
    return {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
