"""Turns Shopify's published REST payloads into the GraphQL answers that the same order would give. For tests only."""

from decimal import Decimal
from typing import Any

from tests.support.shopify import agreement, bag, connection, ledger, line, order, sale, shipping

Json = dict[str, Any]


def node_of(rest: Json) -> Json:
    """The order as the page of orders shows it."""
    status = rest["financial_status"]
    fields = {
        "id": rest["admin_graphql_api_id"],
        "name": rest["name"],
        "currencyCode": rest["currency"],
        "processedAt": rest["processed_at"],
        "createdAt": rest["created_at"],
        "cancelledAt": rest["cancelled_at"],
        "displayFinancialStatus": status.upper() if status else None,
        "taxesIncluded": rest["taxes_included"],
        "totalTaxSet": bag(rest["total_tax"]),
        "refunds": [{"id": refund["admin_graphql_api_id"]} for refund in rest["refunds"][:1]],
        "shippingLines": connection(
            [shipping(each["discounted_price"], *_prices(each["tax_lines"])) for each in rest["shipping_lines"]]
        ),
    }
    return order(rest["total_price"], [_line(each) for each in rest["line_items"]], **fields)


def ledger_of(rest: Json) -> Json:
    """The order's agreements: its sale, and each refund as it states itself."""
    lines = {each["id"]: each for each in rest["line_items"]}
    placed = agreement(1, "ORDER", *map(_sold, lines.values()), at=rest["processed_at"])
    refunds = [
        agreement(
            refund["id"],
            "REFUND",
            *(_back(lines[each["line_item_id"]], each) for each in refund["refund_line_items"]),
            *(sale("ADJUSTMENT", each["amount"]) for each in refund["order_adjustments"]),
            at=refund["created_at"],
        )
        for refund in rest["refunds"]
    ]
    made = ledger(rest["total_price"], placed, *refunds)
    return made | {"id": rest["admin_graphql_api_id"]}


def _line(rest: Json) -> Json:
    return line(
        rest["sku"],
        str(_original(rest, rest["quantity"])),
        rest["quantity"],
        title=rest["title"],
        variant=f"gid://shopify/ProductVariant/{rest['variant_id']}" if rest["variant_id"] else None,
        gift_card=rest["gift_card"],
        allocations=[each["amount"] for each in rest["discount_allocations"]],
        tax=_prices(rest["tax_lines"]),
    )


def _sold(rest: Json) -> Json:
    discount = sum((Decimal(each["amount"]) for each in rest["discount_allocations"]), Decimal(0))
    tax = sum(map(Decimal, _prices(rest["tax_lines"])), Decimal(0))
    amount = _original(rest, rest["quantity"]) - discount + tax
    return sale("PRODUCT", str(amount), str(tax), str(discount), sku=rest["sku"], quantity=rest["quantity"])


def _back(sold: Json, rest: Json) -> Json:
    net, tax = Decimal(str(rest["subtotal"])), Decimal(str(rest["total_tax"]))
    discount = _original(sold, rest["quantity"]) - net
    return sale("PRODUCT", str(-net - tax), str(-tax), str(-discount), sku=sold["sku"], quantity=-rest["quantity"])


def _original(sold: Json, quantity: int) -> Decimal:
    return Decimal(sold["price"]) * quantity


def _prices(tax_lines: list[Json]) -> list[str]:
    return [each["price"] for each in tax_lines]
