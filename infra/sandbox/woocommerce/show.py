"""Orders and refunds as the REST API v3 shows them, with the odd types that plugins make of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from infra.sandbox.woocommerce.book import Item, Order, Refund
from infra.sandbox.woocommerce.shop import Shop

Json = dict[str, Any]


def order_of(shop: Shop, order: Order) -> Json:
    """The order as it is now."""
    now = shop.now_s()
    items = order.items_at(now)
    tax = sum(item.tax for item in items) + order.shipping_tax
    paid = order.paid_s if order.paid_s is not None and order.paid_s <= now else None
    lines: Any = [_line(n, item) for n, item in enumerate(items)]
    shown = {
        "id": order.id,
        "parent_id": 0,
        "number": order.number,
        "status": order.status_at(now),
        "currency": order.currency,
        **_dates(shop, "created", order.placed_s),
        **_dates(shop, "modified", order.modified_s(now)),
        **_dates(shop, "paid", paid),
        "prices_include_tax": False,
        "discount_total": money(sum(item.subtotal - item.total for item in items)),
        "shipping_total": money(order.shipping),
        "shipping_tax": money(order.shipping_tax),
        "total": money(order.total_at(now)),
        "total_tax": money(tax),
        "payment_method": order.method,
        "billing": _address(order),
        "shipping": _address(order),
        "line_items": lines,
        "shipping_lines": [{"id": 1, "total": money(order.shipping), "total_tax": money(order.shipping_tax)}],
        "fee_lines": [
            {"id": 2, "name": name, "total": money(amount), "total_tax": "0.00"} for name, amount in order.fees
        ],
        "coupon_lines": [{"id": 3, "code": order.coupon}] if order.coupon else [],
        "gift_cards": [{"id": 4, "code": "GC-1", "amount": order.gift_card / 100}] if order.gift_card else [],
        "refunds": [{"id": each.id, "reason": "", "total": money(-each.amount)} for each in order.refunds_at(now)],
        "meta_data": [],
    }
    return _loosened(shown) if order.loose else shown


def refund_of(shop: Shop, order: Order, refund: Refund) -> Json:
    items = order.items
    lines = [
        {
            **_line(10 + n, items[n]),
            "quantity": quantity / 1000 if quantity % 1000 else quantity // 1000,
            "subtotal": money(total),
            "total": money(total),
            "total_tax": money(tax),
        }
        for n, quantity, total, tax in refund.items
    ]
    shipping = [{"total": money(-order.shipping), "total_tax": money(-order.shipping_tax)}] if refund.shipping else []
    return {
        "id": refund.id,
        **_dates(shop, "created", refund.at_s),
        "amount": money(refund.amount),
        "reason": "",
        "refunded_payment": True,
        "line_items": lines,
        "shipping_lines": shipping,
        "fee_lines": [{"total": money(refund.fee), "total_tax": "0.00"}] if refund.fee else [],
    }


def money(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def _line(n: int, item: Item) -> Json:
    whole, part = divmod(item.quantity_milli, 1000)
    return {
        "id": n + 1,
        "name": item.title,
        "product_id": item.product,
        "variation_id": item.variation,
        "quantity": item.quantity_milli / 1000 if part else whole,
        "subtotal": money(item.subtotal),
        "total": money(item.total),
        "total_tax": money(item.tax),
        "sku": item.sku or "",
        "price": item.total / (item.quantity_milli / 10),
        "taxes": [],
    }


def _dates(shop: Shop, name: str, second: int | None) -> Json:
    if second is None:
        return {f"date_{name}": None, f"date_{name}_gmt": None}
    return {
        f"date_{name}": f"{shop.local(second):%Y-%m-%dT%H:%M:%S}",
        f"date_{name}_gmt": f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}",
    }


def _address(order: Order) -> Json:
    place, _, trade = order.customer.partition(" ")
    return {"first_name": place, "last_name": trade, "company": "", "state": order.state, "country": order.country}


def _loosened(shown: Json) -> Json:
    """What plugins and PHP make of it: numbers as text and text as numbers, lists as objects, nothing in many forms."""
    lines = shown["line_items"]
    for line in lines:
        line["quantity"] = str(line["quantity"])
        line["product_id"] = str(line["product_id"])
        line["total_tax"] = "" if line["total_tax"] == "0.00" else float(line["total_tax"])
        line["sku"] = line["sku"] or None
    return shown | {
        "line_items": {str(2 * n): line for n, line in enumerate(lines)},
        "shipping_total": float(shown["shipping_total"]),
        "total": float(shown["total"]),
        "fee_lines": {str(n): line for n, line in enumerate(shown["fee_lines"])} or [],
        "gift_cards": shown["gift_cards"] or None,
        "shipping": [],
    }
