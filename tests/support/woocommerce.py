"""WooCommerce's answers, built field by field, and a shop's client as tests use it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from chalicelib.channels import Means
from chalicelib.channels.http import Http
from chalicelib.channels.woocommerce import WooCommerce
from chalicelib.channels.woocommerce_orders import Refund, Row, parse_order
from chalicelib.channels.woocommerce_store import WooCommerceStore
from chalicelib.domain.connections import Credentials
from chalicelib.domain.orders import Order
from chalicelib.domain.secret import Secret
from tests.support.pairing import connection
from tests.support.reach import reach_to

Json = dict[str, Any]
NEW_YORK = "America/New_York"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CALLBACK = "http://127.0.0.1:1/v1/callback/woocommerce"
KEYS = Credentials(access=Secret("ck_canary00"), secret=Secret("cs_canary00"))
GMT = {"dates": "gmt", "bounds": "exclusive", "decimals": "2"}


def line(sku: str | None, total: str, quantity: Any = 1, **fields: Any) -> Json:
    return {
        "id": 1,
        "name": f"Title of {sku}",
        "product_id": 7,
        "variation_id": 0,
        "quantity": quantity,
        "subtotal": total,
        "total": total,
        "total_tax": "0.00",
        "sku": sku,
        "price": 0.1,
    } | fields


def order(total: str, lines: list[Json], *, n: int = 1001, at: str = "2026-07-03T15:00:00", **fields: Any) -> Json:
    """An order of the list, plain unless `fields` say otherwise."""
    return {
        "id": n,
        "number": str(n),
        "status": "processing",
        "currency": "USD",
        "date_created": None,
        "date_created_gmt": at,
        "date_modified_gmt": at,
        "date_paid_gmt": at,
        "total": total,
        "total_tax": "0.00",
        "shipping_total": "0.00",
        "payment_method": "stripe",
        "line_items": lines,
        "fee_lines": [],
        "refunds": [],
    } | fields


def refund(amount: str, lines: list[Json], *, n: int = 2001, at: str = "2026-07-05T15:00:00", **fields: Any) -> Json:
    return {"id": n, "amount": amount, "date_created_gmt": at, "line_items": lines} | fields


def parsed(node: Json, *refunds: Json, decimals: int = 2) -> Order:
    """What the production code makes of an order and its refunds."""
    read = msgspec.json.decode(msgspec.json.encode(node), type=Row)
    known = [msgspec.json.decode(msgspec.json.encode(each), type=Refund) for each in refunds]
    return parse_order(read, known, decimals=decimals)


def platform(
    url: str, sleep: Callable[[float], None] = lambda _: None, now: Callable[[], datetime] = lambda: NOW
) -> WooCommerce:
    client = Http(reach=reach_to(url), sleep=sleep, now=now, total_s=5.0)
    origin = "/".join(url.split("/")[:3])
    return WooCommerce(Means(http=lambda: client, sleep=sleep, now=now, callback=CALLBACK, plain_sites=(origin,)))


def client(
    url: str,
    sleep: Callable[[float], None] = lambda _: None,
    zone: str = NEW_YORK,
    *,
    traits: Json = GMT,
    credentials: Credentials = KEYS,
    now: Callable[[], datetime] = lambda: NOW,
    persons: bool = False,
) -> WooCommerceStore:
    """A paired shop at `url`."""
    domain = url.partition("://")[2]
    paired = msgspec.structs.replace(
        connection(), kind="woocommerce", account=domain, domain=domain, zone=zone, traits=dict(traits)
    )
    if persons:
        settings = msgspec.structs.replace(paired.settings, summary="individual")
        paired = msgspec.structs.replace(paired, settings=settings)
    return platform(url, sleep, now).open(paired, credentials)
