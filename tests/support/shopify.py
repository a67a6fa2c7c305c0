"""Shopify's GraphQL answers, built field by field, and a shop's client as tests use it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from chalicelib.channels.http import Http
from chalicelib.channels.shopify import Shopify
from chalicelib.channels.shopify_orders import Ledger, OrderNode, needs_ledger, parse_order
from chalicelib.domain.orders import Order
from chalicelib.domain.secret import Secret
from tests.support.reach import reach_to

Json = dict[str, Any]
DOMAIN = "northwind-supply.myshopify.com"
NEW_YORK = "America/New_York"
AT = "2026-07-03T15:00:00Z"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def bag(amount: str) -> Json:
    return {"shopMoney": {"amount": amount}}


def taxes(*amounts: str, rate: float = 0.2) -> list[Json]:
    return [{"rate": rate, "priceSet": bag(amount)} for amount in amounts]


def line(sku: str | None, original: str, quantity: int = 1, **fields: Any) -> Json:
    """A line item; `allocations` and `tax` are amounts."""
    return {
        "sku": sku,
        "title": fields.get("title", f"Title of {sku}"),
        "quantity": quantity,
        "isGiftCard": fields.get("gift_card", False),
        "variant": {"id": fields["variant"]} if fields.get("variant") else None,
        "originalTotalSet": bag(original),
        "discountAllocations": [{"allocatedAmountSet": bag(each)} for each in fields.get("allocations", ())],
        "taxLines": taxes(*fields.get("tax", ()), rate=fields.get("rate", 0.2)),
    }


def shipping(price: str, *tax: str) -> Json:
    return {"discountedPriceSet": bag(price), "taxLines": taxes(*tax)}


def connection(nodes: list[Json], cursor: str | None = None) -> Json:
    return {"pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor}, "nodes": nodes}


def order(total: str, lines: list[Json], *, n: int = 1001, **fields: Any) -> Json:
    """An order node of the page, plain unless `fields` say otherwise."""
    node = {
        "id": f"gid://shopify/Order/{n}",
        "name": f"#{n}",
        "currencyCode": "USD",
        "processedAt": AT,
        "createdAt": fields.get("processedAt", AT),
        "cancelledAt": None,
        "displayFinancialStatus": "PAID",
        "returnStatus": "NO_RETURN",
        "test": False,
        "edited": False,
        "unpaid": False,
        "taxesIncluded": False,
        "dutiesIncluded": False,
        "shippingAddress": None,
        "totalPriceSet": bag(total),
        "totalTaxSet": bag("0.00"),
        "totalTipReceivedSet": bag("0.00"),
        "originalTotalDutiesSet": None,
        "additionalFees": [],
        "refunds": [],
        "transactions": [],
        "shippingLines": connection([]),
        "lineItems": connection(lines),
    }
    return node | fields


def sale(kind: str, amount: str, tax: str = "0.00", discount: str = "0.00", **fields: Any) -> Json:
    """A row of an agreement."""
    row = {
        "lineType": kind,
        "actionType": fields.get("action", "RETURN" if amount.startswith("-") else "ORDER"),
        "quantity": fields.get("quantity"),
        "totalAmount": bag(amount),
        "totalTaxAmount": bag(tax),
        "totalDiscountAmountBeforeTaxes": bag(discount),
    }
    if kind == "PRODUCT":
        sku = fields.get("sku", "A")
        row["lineItem"] = {"sku": sku, "title": f"Title of {sku}", "variant": None}
    return row


def agreement(n: int, reason: str, *sales: Json, at: str = AT, cursor: str | None = None) -> Json:
    name = {"ORDER": "OrderAgreement", "REFUND": "RefundAgreement"}.get(reason, "OrderEditAgreement")
    return {
        "id": f"gid://shopify/{name}/{n}",
        "happenedAt": at,
        "reason": reason,
        "sales": connection(list(sales), cursor),
    }


def ledger(total: str, *agreements: Json, n: int = 1001, cursor: str | None = None) -> Json:
    return {
        "id": f"gid://shopify/Order/{n}",
        "originalTotalPriceSet": bag(total),
        "agreements": connection(list(agreements), cursor),
    }


def parsed(node: Json, events: Json | None = None, zone: str = NEW_YORK) -> Order:
    """What the production code makes of an order node and of its ledger."""
    read = msgspec.json.decode(json.dumps(node), type=OrderNode)
    known = msgspec.json.decode(json.dumps(events), type=Ledger) if events is not None else None
    assert needs_ledger(read, zone) == (known is not None)
    return parse_order(read, known, zone=zone, store="")


def orders_page(nodes: list[Json], cursor: str | None = None, cost: Json | None = None) -> Json:
    answer: Json = {"data": {"orders": connection(nodes, cursor)}}
    return answer | ({"extensions": {"cost": cost}} if cost else {})


def ledgers(*each: Json | None) -> Json:
    return {"data": {"nodes": list(each)}}


def cost(requested: float, available: float, restore: float = 100.0) -> Json:
    throttle = {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": restore}
    return {"requestedQueryCost": requested, "actualQueryCost": requested, "throttleStatus": throttle}


def client(
    url: str,
    sleep: Callable[[float], None] = lambda _: None,
    zone: str = NEW_YORK,
    *,
    persons: bool = False,
    access: str = "shpat-canary",
) -> Shopify:
    return Shopify(
        Http(reach=reach_to(url), sleep=sleep, now=lambda: NOW, total_s=5.0),
        base_url=f"{url}/{{shop}}",
        shop=DOMAIN,
        access=Secret(access),
        zone=zone,
        persons=persons,
        sleep=sleep,
        now=lambda: NOW,
    )
