"""The ShipStation account as an HTTP server on this machine, and how to make it misbehave.

GET  /stores?showInactive=
GET  /orders?...                            filters, sorting and pages as in `lists.py`
GET  /_sandbox/ledger?from=&to=[&store=][&zone=]    what those days come to, by another path
POST /_sandbox/misbehave                    {"kind": "429", "times": 3, "reset": "7"}
POST /_sandbox/shop                         {"rename": 2048, "name": "New name"}, {"active": false, "store": 2048},
                                            {"add_orders": 3, "day": "2026-11-01"}, {"cancel": "1234", "day": ...},
                                            {"lower": "1234", "day": ...}
"""

from __future__ import annotations

import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from infra.sandbox.draw import Trade
from infra.sandbox.server import HOST
from infra.sandbox.server import SHOP as SHOP_DOMAIN
from infra.sandbox.shipstation import ledger, lists
from infra.sandbox.shipstation.account import Account
from infra.sandbox.shipstation.draw import MANUAL

KEY, SECRET = "sandbox-key", "sandbox-secret"
REQUESTS_A_MINUTE = 40
KINDS = (
    "status", "429", "torn", "html", "slow", "empty", "drop", "wrong_keys", "unknown_status", "wrong_total", "no_orders",
    "change_between_pages",
)  # fmt: skip
_WINDOW_S = 60


class ShipStationSandbox:
    """A running account: `with ShipStationSandbox(orders_per_day=20) as account: account.url ...`. `now_s` is its clock.

    `orders_per_day`, `seed`, `shop` and `zone` are those of the sandbox shop that feeds one of its stores. `rate` is how many
    requests a minute are answered, 0 for any number.
    """

    def __init__(
        self,
        *,
        shop: str = SHOP_DOMAIN,
        orders_per_day: int = 100,
        seed: int = 1,
        zone: str = "America/New_York",
        port: int = 0,
        now_s: Callable[[], float] = time.time,
        rate: int = REQUESTS_A_MINUTE,
    ) -> None:
        self.account = Account(Trade(shop=shop, seed=seed, orders_per_day=orders_per_day, zone=zone), now_s)
        self.rate = rate
        self.page_orders_max = lists.PAGE_ORDERS_MAX
        self.requests = 0
        self._spent: tuple[float, int] = (0.0, 0)
        self._faults: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._server = _Server((HOST, port), self)
        self.url = f"http://{HOST}:{self._server.server_port}"

    def __enter__(self) -> ShipStationSandbox:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        threading.Thread(target=self.account.draw_ahead, daemon=True).start()
        self._server.serve_forever()

    def misbehave(self, kind: str, times: int = 1, **how: Any) -> dict[str, Any]:
        """Let the next `times` answers of the API go wrong in that way."""
        if kind not in KINDS:
            raise ValueError(f"kind has to be one of {', '.join(KINDS)}")
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
        """Do to the account what tests and the curious ask for."""
        if "rename" in wish:
            self.account.rename(int(wish["rename"]), str(wish["name"]))
            return {"renamed": wish["rename"]}
        if "active" in wish:
            self.account.set_active(int(wish["store"]), active=bool(wish["active"]))
            return {"active": bool(wish["active"])}
        day, store = date.fromisoformat(wish["day"]), wish.get("store")
        if "add_orders" in wish:
            return {"added": self.account.add_orders(day, int(wish["add_orders"]), store or MANUAL.id)}
        number = str(wish.get("cancel") or wish["lower"])
        order = self.account.find(day, number, store)
        if order is None:
            raise ValueError(f"there is no order {number} on {day}")
        (self.account.cancel if "cancel" in wish else self.account.lower)(order)
        return {"changed": number}

    def spend(self) -> tuple[bool, dict[str, str]]:
        """Count a request: whether it is answered, and the headers that say how many more will be."""
        if not self.rate:
            return True, {}
        with self._lock:
            began, spent = self._spent
            now = self.account.now_s()
            if not began <= now < began + _WINDOW_S:
                began, spent = now, 0
            self._spent = began, min(spent + 1, self.rate + 1)
        left = self.rate - spent - 1
        headers = {
            "X-Rate-Limit-Limit": str(self.rate),
            "X-Rate-Limit-Remaining": str(max(0, left)),
            "X-Rate-Limit-Reset": str(int(began + _WINDOW_S - now) + 1),
        }
        return left >= 0, headers


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], sandbox: ShipStationSandbox) -> None:
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
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        if self.headers.get("Origin"):
            self._json(403, {"Message": "Pages of other sites may not ask here."})
        elif url.path in ("/orders", "/stores"):
            self.server.sandbox.requests += 1
            self._api(url.path, query)
        elif url.path == "/_sandbox/ledger":
            self._ledger(query)
        elif url.path == "/":
            now = datetime.fromtimestamp(self.server.sandbox.account.now_s(), UTC)
            stores = [lists.store_shown(store) for store in self.server.sandbox.account.stores.values()]
            self._json(200, {"now": now.isoformat(), "stores": stores})
        else:
            self._json(404, {"Message": "Not Found"})

    def do_POST(self) -> None:
        sandbox = self.server.sandbox
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        if self.headers.get("Origin"):
            self._json(403, {"Message": "Pages of other sites may not ask here."})
        elif path in ("/_sandbox/misbehave", "/_sandbox/shop"):
            try:
                wish = json.loads(body)
                self._json(200, sandbox.change(wish) if path.endswith("shop") else sandbox.misbehave(**wish))
            except (ValueError, KeyError, TypeError) as error:
                self._json(400, {"error": str(error)})
        else:
            self._json(404, {"Message": "Not Found"})

    def _ledger(self, query: dict[str, str]) -> None:
        account = self.server.sandbox.account
        try:
            first, last = (date.fromisoformat(query[name]) for name in ("from", "to"))
            store = int(query["store"]) if query.get("store") else None
            found = ledger.totals(account, first, last, store=store, zone=query.get("zone", account.trade.zone))
        except (KeyError, ValueError, OSError):
            self._json(400, {"error": "from and to have to be days, store an id, zone a time zone"})
            return
        self._json(200, found)

    def _api(self, path: str, query: dict[str, str]) -> None:
        sandbox = self.server.sandbox
        if self._refused():
            return
        keys = b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {keys}" or sandbox.fault("wrong_keys"):
            self._json(401, {"Message": "Authorization has been denied for this request."})
            return
        answered, headers = sandbox.spend()
        if not answered:
            self._json(429, {"Message": "Too Many Requests"}, headers)
            return
        if path == "/stores":
            stores = sandbox.account.stores.values()
            all_of_them = query.get("showInactive") == "true"
            self._spoiled([lists.store_shown(each) for each in stores if each.active or all_of_them], headers)
            return
        if query.get("page", "1") == "1" and (fault := sandbox.fault("change_between_pages")):
            sandbox.account.add_orders(date.fromisoformat(fault["day"]), int(fault.get("orders", 1)))
        try:
            total_off = 1 if sandbox.fault("wrong_total") else 0
            found = lists.answer(sandbox.account, query, size_max=sandbox.page_orders_max, total_off=total_off)
        except (ValueError, KeyError) as error:
            self._json(400, {"Message": str(error)}, headers)
            return
        if sandbox.fault("unknown_status"):
            found["orders"] = [order | {"orderStatus": "in_the_post"} for order in found["orders"]]
        elif sandbox.fault("no_orders"):
            found["orders"] = []
        self._spoiled(found, headers)

    def _refused(self) -> bool:
        """Whether a fault has answered instead."""
        sandbox = self.server.sandbox
        if fault := sandbox.fault("status", "429"):
            headers = {"X-Rate-Limit-Reset": str(fault["reset"])} if fault.get("reset") else {}
            self._json(int(fault.get("status", 429)), {"Message": "no"}, headers)
        elif sandbox.fault("html"):
            self._send(200, "<!doctype html><title>Maintenance</title>", "text/html")
        elif sandbox.fault("empty"):
            self._send(200, "", "application/json")
        else:
            if fault := sandbox.fault("slow"):
                time.sleep(float(fault.get("seconds", 1)))
            return False
        return True

    def _spoiled(self, body: object, headers: dict[str, str]) -> None:
        """Send the answer, cut or broken off if that was asked for."""
        sandbox, text = self.server.sandbox, json.dumps(body)
        if sandbox.fault("torn"):
            self._send(200, text[: len(text) // 2], "application/json", headers)
        elif sandbox.fault("drop"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode()[: len(text) // 2])
            self.close_connection = True
        else:
            self._send(200, text, "application/json", headers)

    def _json(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(body), "application/json", headers)

    def _send(self, status: int, text: str, kind: str, headers: dict[str, str] | None = None) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
