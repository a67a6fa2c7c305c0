"""ShipStation's answers, built field by field, and an account's client as tests use it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from chalicelib.channels import Means
from chalicelib.channels.http import Http
from chalicelib.channels.shipstation import ShipStation, ShipStationAccount
from chalicelib.channels.shipstation_orders import Clock, OrderPayload, parse_order
from chalicelib.domain.connections import Connection, Credentials, StoreName
from chalicelib.domain.order_settings import OrderSettings
from chalicelib.domain.orders import Order
from chalicelib.domain.secret import Secret
from tests.support.pairing import connection
from tests.support.reach import reach_to

Json = dict[str, Any]
PACIFIC = "America/Los_Angeles"
AT = "2026-07-03T09:00:00.0000000"
NOW = datetime(2026, 11, 24, 20, tzinfo=UTC)
STORE = 12345
KEYS = Credentials(access=Secret("key-canary"), secret=Secret("secret-canary"))


def item(sku: str | None, price: float | None, quantity: float = 1, **fields: Any) -> Json:
    line = {
        "orderItemId": 56568665,
        "lineItemKey": None,
        "sku": sku,
        "name": f"Title of {sku}",
        "quantity": quantity,
        "unitPrice": price,
        "taxAmount": None,
        "shippingAmount": None,
        "productId": 123456,
        "fulfillmentSku": None,
        "adjustment": False,
    }
    return line | fields


def order(n: int = 1, total: float = 50, items: list[Json] | None = None, **fields: Any) -> Json:
    """An order of the list; `advanced` are further fields of its advancedOptions."""
    advanced = {"storeId": STORE, "mergedOrSplit": False, "mergedIds": [], "parentId": None}
    advanced |= fields.pop("advanced", {})
    at = fields.get("orderDate", AT)
    made = {
        "orderId": 1000 + n,
        "orderNumber": str(n),
        "orderDate": at,
        "createDate": at,
        "modifyDate": at,
        "orderStatus": "shipped",
        "items": [item("A", total)] if items is None else items,
        "orderTotal": total,
        "amountPaid": total,
        "taxAmount": 0,
        "shippingAmount": 0,
        "paymentMethod": None,
        "shipTo": {"name": "Corner Cafe", "state": "NY", "country": "US"},
        "advancedOptions": advanced,
    }
    return made | fields


def listed(*orders: Json, total: int | None = None, page: int = 1) -> Json:
    return {"orders": list(orders), "total": len(orders) if total is None else total, "page": page, "pages": 0}


def parsed(payload: Json, currency: str = "USD", zone: str = PACIFIC) -> Order:
    """What the production code makes of one order."""
    read = msgspec.json.decode(msgspec.json.encode(payload), type=OrderPayload)
    return parse_order(read, clock=Clock(zone), currency=currency)


def platform(
    url: str,
    sleep: Callable[[float], None] = lambda _: None,
    now: Callable[[], datetime] = lambda: NOW,
    total_s: float = 5.0,
) -> ShipStation:
    http = Http(reach=reach_to(url), sleep=sleep, now=now, total_s=total_s)
    return ShipStation(Means(http=lambda: http, sleep=sleep, now=now, url=url))


def paired(*stores: int, currency: str = "USD", persons: bool = False, clock: str = PACIFIC) -> Connection:
    return msgspec.structs.replace(
        connection(),
        kind="shipstation",
        domain="ssapi.shipstation.com",
        currency=currency,
        stores=tuple(StoreName(str(store), f"Store {store}") for store in stores),
        settings=OrderSettings(summary="individual") if persons else OrderSettings(),
        traits={"clock": clock},
    )


def client(
    url: str,
    sleep: Callable[[float], None] = lambda _: None,
    zone: str = PACIFIC,
    *,
    stores: tuple[int, ...] = (STORE,),
    currency: str = "USD",
    persons: bool = False,
    clock: str = PACIFIC,
) -> ShipStationAccount:
    """One store's client. `zone` cuts the caller's days and is nothing to ShipStation."""
    return platform(url, sleep).open(paired(*stores, currency=currency, persons=persons, clock=clock), KEYS)
