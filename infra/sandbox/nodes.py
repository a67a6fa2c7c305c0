"""Orders of the book as nodes of Shopify's Admin GraphQL: plain mappings, and functions where a field takes arguments."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from infra.sandbox.book import Happening, Line, Order, Sale, placed_sales
from infra.sandbox.search import updated_s

Node = dict[str, Any]
PAGE_MAX = 250

_AGREEMENTS = {"refund": ("RefundAgreement", "REFUND"), "return": ("ReturnAgreement", "RETURN")}
_SALES = {
    "PRODUCT": "ProductSale",
    "TIP": "TipSale",
    "GIFT_CARD": "GiftCardSale",
    "SHIPPING": "ShippingLineSale",
    "ADDITIONAL_FEE": "AdditionalFeeSale",
    "FEE": "FeeSale",
    "ADJUSTMENT": "AdjustmentSale",
}


def instant(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def connection(nodes: Sequence[Node]) -> Callable[..., Node]:
    """A field that pages over `nodes`; a cursor is the place after which the next page begins."""

    def page(_info: object, first: int | None = None, after: str | None = None, **_: object) -> Node:
        if first is None or not 0 < first <= PAGE_MAX:
            raise GraphQLError(f"first has to be 1 to {PAGE_MAX}")
        start = place_of(after)
        found = list(nodes[start : start + first])
        end = start + len(found)
        info = {
            "hasNextPage": end < len(nodes),
            "hasPreviousPage": start > 0,
            "endCursor": cursor_at(end) if found else None,
        }
        return {"nodes": found, "pageInfo": info}

    return page


def cursor_at(place: int) -> str:
    return b64encode(f"place {place}".encode()).decode()


def place_of(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        word, place = b64decode(cursor).decode().split()
        assert word == "place"
        return int(place)
    except (ValueError, AssertionError) as exc:
        raise GraphQLError("Invalid cursor for current pagination sort.") from exc


class Money:
    """Amounts of one order as money bags."""

    def __init__(self, order: Order) -> None:
        self._order = order

    def __call__(self, minor: int) -> Node:
        order = self._order
        presented = minor * order.rate_ppm // 1_000_000
        return {
            "shopMoney": {"amount": _decimal(minor), "currencyCode": order.currency},
            "presentmentMoney": {"amount": _decimal(presented), "currencyCode": order.presentment},
        }


def order_node(order: Order, now_s: float) -> Node:
    """The order as Shopify shows it now."""
    happened = order.until(int(now_s))
    money = Money(order)
    lines = [*order.lines, *(line for each in happened for line in each.added)]
    edits = sum(sale.amount for each in happened if each.kind == "edit" for sale in each.sales)
    edit_tax = sum(sale.tax for each in happened if each.kind == "edit" for sale in each.sales)
    cancel = next((each for each in happened if each.kind == "cancel"), None)
    refunds = [each for each in happened if each.kind == "refund"]
    tips = sum(line.total for line in order.lines if line.kind == "tip")
    gid = f"gid://shopify/Order/{order.id}"
    return {
        "__typename": "Order",
        "id": gid,
        "legacyResourceId": str(order.id),
        "name": order.name,
        "currencyCode": order.currency,
        "displayAddress": _address(order),
        "shippingAddress": _address(order),
        "processedAt": instant(order.placed_s),
        "createdAt": instant(order.created_s),
        "updatedAt": instant(updated_s(order, now_s)),
        "cancelledAt": instant(cancel.at_s) if cancel else None,
        "displayFinancialStatus": _status(order, happened),
        "returnStatus": "RETURNED" if any(each.kind == "return" for each in happened) else "NO_RETURN",
        "test": order.test,
        "edited": any(each.kind == "edit" for each in happened),
        "unpaid": not _came_in(order, happened),
        "taxesIncluded": order.included,
        "dutiesIncluded": False,
        "totalPriceSet": money(order.total + edits),
        "originalTotalPriceSet": money(order.total),
        "totalTaxSet": money(order.tax + edit_tax),
        "totalTipReceivedSet": money(tips),
        "originalTotalDutiesSet": None,
        "additionalFees": [{"id": f"gid://shopify/AdditionalFee/{order.id}", "price": money(order.fee)}]
        if order.fee
        else [],
        "refunds": _refunds(order, refunds),
        "transactions": _transactions(order, happened, money),
        "shippingLines": connection(_shipping_nodes(order, money)),
        "lineItems": connection([_line_node(order, n, line, money) for n, line in enumerate(lines)]),
        "agreements": lambda info, **args: connection(_agreements(order, happened, lines, money))(info, **args),
    }


def _address(order: Order) -> Node | None:
    at = order.address
    return {"name": at.name, "countryCodeV2": at.country, "provinceCode": at.state} if at else None


def _decimal(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02}"


def _came_in(order: Order, happened: Sequence[Happening]) -> int:
    return order.paid - sum(each.paid_back for each in happened if each.kind == "capture")


def _status(order: Order, happened: Sequence[Happening]) -> str | None:
    status = order.status
    back = 0
    for each in happened:
        if each.kind == "capture":
            status = "PAID"
        elif each.kind in ("void", "expire"):
            status = "VOIDED" if each.kind == "void" else "EXPIRED"
        elif each.kind == "refund" and each.paid_back > 0:
            back += each.paid_back
            status = "REFUNDED" if back >= _came_in(order, happened) else "PARTIALLY_REFUNDED"
    return status


def _refunds(order: Order, refunds: Sequence[Happening]) -> Callable[..., list[Node]]:
    nodes = [
        {"id": f"gid://shopify/Refund/{order.id}{n:02}", "createdAt": instant(each.at_s)}
        for n, each in enumerate(refunds)
    ]

    def listed(_info: object, first: int | None = None) -> list[Node]:
        return nodes[:first]

    return listed


def _transactions(order: Order, happened: Sequence[Happening], money: Money) -> Callable[..., list[Node]]:
    def row(kind: str, gateway: str, amount: int) -> Node:
        return {"kind": kind, "status": "SUCCESS", "gateway": gateway, "amountSet": money(amount)}

    rows = [row("SALE", gateway, amount) for gateway, amount in order.tenders]
    if order.status == "AUTHORIZED" and order.total:
        rows.append(row("AUTHORIZATION", "shopify_payments", order.total))
    for each in happened:
        if each.kind == "capture":
            rows.append(row("CAPTURE", "shopify_payments", -each.paid_back))
        elif each.paid_back > 0:
            rows.append(row("REFUND", "shopify_payments", each.paid_back))

    def listed(_info: object, first: int | None = None, **_: object) -> list[Node]:
        return rows[:first]

    return listed


def _tax_nodes(order: Order, taxes: Sequence[int], money: Money) -> list[Node]:
    return [
        {"title": title, "rate": rate / 1_000_000, "priceSet": money(tax)}
        for (title, rate), tax in zip(order.rates, taxes, strict=False)
    ]


def _shipping_nodes(order: Order, money: Money) -> list[Node]:
    shipping = order.shipping
    if shipping is None:
        return []
    return [
        {
            "title": shipping.title,
            "originalPriceSet": money(shipping.price),
            "discountedPriceSet": money(shipping.price - shipping.discount),
            "taxLines": _tax_nodes(order, shipping.taxes, money),
        }
    ]


def _line_node(order: Order, n: int, line: Line, money: Money) -> Node:
    allocations = [amount for amount in (line.line_discount, line.code_discount) if amount]
    return {
        "__typename": "LineItem",
        "id": f"gid://shopify/LineItem/{order.id}{n:03}",
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "isGiftCard": line.kind == "gift_card",
        "variant": {"id": f"gid://shopify/ProductVariant/{line.variant}"} if line.variant else None,
        "originalTotalSet": money(line.original),
        "discountAllocations": [{"allocatedAmountSet": money(amount)} for amount in allocations],
        "taxLines": _tax_nodes(order, line.taxes, money),
    }


def _agreements(order: Order, happened: Sequence[Happening], lines: Sequence[Line], money: Money) -> list[Node]:
    first = Happening(at_s=order.created_s, kind="order", sales=placed_sales(order))
    nodes = []
    for n, each in enumerate((first, *happened)):
        if each.kind not in ("order", "edit", "refund", "return"):
            continue
        own = {"order": ("OrderAgreement", "ORDER"), "edit": ("OrderEditAgreement", "ORDER_EDIT"), **_AGREEMENTS}
        typename, reason = own[each.kind]
        sales = [_sale_node(order, f"{order.id}{n:02}{k:03}", sale, lines, money) for k, sale in enumerate(each.sales)]
        nodes.append(
            {
                "__typename": typename,
                "id": f"gid://shopify/SalesAgreement/{order.id}{n:02}",
                "happenedAt": instant(each.at_s),
                "reason": reason,
                "sales": connection(sales),
            }
        )
    return nodes


def _sale_node(order: Order, number: str, sale: Sale, lines: Sequence[Line], money: Money) -> Node:
    node = {
        "__typename": _SALES[sale.type],
        "id": f"gid://shopify/Sale/{number}",
        "lineType": sale.type,
        "actionType": sale.action,
        "quantity": sale.quantity,
        "totalAmount": money(sale.amount),
        "totalTaxAmount": money(sale.tax),
        "totalDiscountAmountBeforeTaxes": money(sale.discount),
        "totalDiscountAmountAfterTaxes": money(sale.discount_after),
    }
    if sale.line is not None:
        node["lineItem"] = _line_node(order, sale.line, lines[sale.line], money)
    return node
