"""A server of ready-made pages: what Shopify would answer for one big day, made once and then only sent.

`python -m tests.bench.pages ORDERS` prints its port. It runs in a process of its own, so that its time is not the worker's.
"""

import sys
from bisect import bisect_left
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from chalicelib.channels.shopify_queries import ORDERS_PER_PAGE
from chalicelib.domain.orders import Order, OrderLine
from tests.bench.days import DAY, lifelike_day


class Request(msgspec.Struct):
    query: str
    variables: dict[str, Any]


def bag(minor: int) -> dict[str, Any]:
    return {"shopMoney": {"amount": f"{minor // 100}.{minor % 100:02}"}}


def line_node(line: OrderLine) -> dict[str, Any]:
    allocations = [{"allocatedAmountSet": bag(line.discount)}] if line.discount else []
    return {
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity_milli // 1000,
        "isGiftCard": False,
        "variant": {"id": f"gid://shopify/ProductVariant/{line.item}"},
        "originalTotalSet": bag(line.gross),
        "discountAllocations": allocations,
        "taxLines": [{"rate": 0.08875, "priceSet": bag(line.tax)}],
    }


def order_node(order: Order) -> dict[str, Any]:
    at = order.placed_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    shipping = {"discountedPriceSet": bag(order.amounts.shipping), "taxLines": []}
    paid = {"kind": "SALE", "status": "SUCCESS", "gateway": "card", "amountSet": bag(order.amounts.total)}
    return {
        "id": f"gid://shopify/Order/{order.id}",
        "name": order.number,
        "currencyCode": "USD",
        "processedAt": at,
        "createdAt": at,
        "cancelledAt": None,
        "displayFinancialStatus": "PAID",
        "returnStatus": "NO_RETURN",
        "test": False,
        "edited": False,
        "unpaid": False,
        "taxesIncluded": False,
        "dutiesIncluded": False,
        "shippingAddress": {"countryCodeV2": "US", "provinceCode": "NY"},
        "totalPriceSet": bag(order.amounts.total),
        "totalTaxSet": bag(order.amounts.tax),
        "totalTipReceivedSet": bag(0),
        "originalTotalDutiesSet": None,
        "additionalFees": [],
        "refunds": [],
        "transactions": [paid],
        "shippingLines": {"pageInfo": {"hasNextPage": False}, "nodes": [shipping] if order.amounts.shipping else []},
        "lineItems": {
            "pageInfo": {"hasNextPage": False, "endCursor": "end"},
            "nodes": [line_node(line) for line in order.lines],
        },
    }


def pages_of(orders: list[Order]) -> list[bytes]:
    pages = []
    for first in range(0, len(orders), ORDERS_PER_PAGE):
        after = first + ORDERS_PER_PAGE
        info = {"hasNextPage": after < len(orders), "endCursor": str(after // ORDERS_PER_PAGE)}
        nodes = [order_node(order) for order in orders[first:after]]
        pages.append(msgspec.json.encode({"data": {"orders": {"pageInfo": info, "nodes": nodes}}}))
    return pages


def serve(orders: int) -> None:
    day = lifelike_day(DAY, orders)
    pages = pages_of(day)
    begins = [order.placed_at.strftime("%Y-%m-%dT%H:%M:%SZ") for order in day[::ORDERS_PER_PAGE]]
    count = msgspec.json.encode({"data": {"ordersCount": {"count": orders, "precision": "EXACT"}}})

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = msgspec.json.decode(body, type=Request)
            if "ordersCount" in request.query:
                page = count
            else:
                # A long list is begun anew at the last instant seen; orders that come twice are folded.
                start = request.variables["query"].partition("'")[2][:20]
                page = pages[int(request.variables["after"] or max(0, bisect_left(begins, start) - 1))]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads along."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, len(pages), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
