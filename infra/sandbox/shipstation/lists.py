"""The account's order list: what it understands of a question, and what it answers, in wall-clock times without an offset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from infra.sandbox.shipstation.account import Account, wall
from infra.sandbox.shipstation.book import Item, Order, State, Store
from infra.sandbox.shipstation.draw import NEWS_DAYS

PAGE_ORDERS = 100
PAGE_ORDERS_MAX = 500
_DATES = ("orderDate", "createDate", "modifyDate")
_KNOWN = {
    "storeId", "orderNumber", "orderStatus", "sortBy", "sortDir", "page", "pageSize",
    *(f"{name}{end}" for name in _DATES for end in ("Start", "End")),
}  # fmt: skip
_SORTS = {"OrderDate": "orderDate", "CreateDate": "createDate", "ModifyDate": "modifyDate"}

Row = tuple[Order, State]
Bounds = dict[str, tuple[datetime | None, datetime | None]]


def answer(
    account: Account, query: Mapping[str, str], *, size_max: int = PAGE_ORDERS_MAX, total_off: int = 0
) -> dict[str, Any]:
    """One page of the orders that fit, of `size_max` at most. Raises ValueError for a question that is not understood."""
    if strange := set(query) - _KNOWN:
        raise ValueError(f"unknown parameters: {', '.join(sorted(strange))}")
    bounds: Bounds = {name: (_time(query.get(f"{name}Start")), _time(query.get(f"{name}End"))) for name in _DATES}
    rows = [row for row in _rows(account, bounds) if _fits(row, query, bounds)]
    by = _SORTS[query["sortBy"]] if query.get("sortBy") else None
    rows.sort(key=lambda row: (_date_of(row, by) if by else datetime.min, row[0].id))  # noqa: DTZ901
    if query.get("sortDir", "ASC") == "DESC":
        rows.reverse()
    page = max(1, int(query.get("page") or 1))
    size = min(max(1, int(query.get("pageSize") or PAGE_ORDERS)), size_max)
    return {
        "orders": [shown(row) for row in rows[(page - 1) * size : page * size]],
        "total": len(rows) + total_off,
        "page": page,
        "pages": -(-len(rows) // size),
    }


def _rows(account: Account, bounds: Bounds) -> Iterator[Row]:
    """Yield the orders of all days that the bounds leave."""
    first: date | None = None
    last: date | None = None
    start, end = bounds["orderDate"]
    if start:
        first = start.date() - timedelta(days=1)
    if end:
        last = end.date() + timedelta(days=2)
    if modified := bounds["modifyDate"][0]:
        # An order changes some weeks after it was placed at the latest, or today by hand.
        recent = modified.date() - timedelta(days=2 * NEWS_DAYS)
        first = max(first, recent) if first else recent
    now = account.now_s()
    for day in account.days(first, last):
        for order in account.orders_of(day):
            if (state := order.at(now)) is not None:
                yield order, state


def _fits(row: Row, query: Mapping[str, str], bounds: Bounds) -> bool:
    order, state = row
    if query.get("storeId") and int(query["storeId"]) != order.store:
        return False
    if query.get("orderStatus") and query["orderStatus"] != state.status:
        return False
    if not order.number.lower().startswith(query.get("orderNumber", "").lower()):
        return False
    for name, (start, end) in bounds.items():
        at = _date_of(row, name) if start or end else None
        # "greater than", "less than or equal" for the order date; "after", "before" for the others.
        if at and ((start and at <= start) or (end and (at > end or (at == end and name != "orderDate")))):
            return False
    return True


def _date_of(row: Row, name: str) -> datetime:
    order, state = row
    return wall({"orderDate": order.placed_s, "createDate": order.created_s, "modifyDate": state.since_s}[name])


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S" if " " in text else "%Y-%m-%d")  # noqa: DTZ007


def shown(row: Row) -> dict[str, Any]:
    order, state = row
    return {
        "orderId": order.id,
        "orderNumber": order.number,
        "orderKey": f"{order.store}-{order.number}",
        "orderDate": _text(wall(order.placed_s)),
        "createDate": _text(wall(order.created_s)),
        "modifyDate": _text(wall(state.since_s)),
        "paymentDate": _text(wall(order.placed_s)) if state.paid else None,
        "orderStatus": state.status,
        "customerId": None,
        "shipTo": {"name": order.name or None, "company": None, "state": order.state or None, "country": order.country},
        "items": [_item(order, n, item) for n, item in enumerate(state.items)],
        "orderTotal": state.total / 100,
        "amountPaid": state.total / 100 if state.paid else 0,
        "taxAmount": state.tax / 100,
        "shippingAmount": state.shipping / 100,
        "paymentMethod": "Credit Card" if state.paid else None,
        "advancedOptions": {
            "storeId": order.store,
            "mergedOrSplit": state.related,
            "mergedIds": list(state.merged_ids),
            "parentId": state.parent,
            "source": None,
        },
    }


def _item(order: Order, n: int, item: Item) -> dict[str, Any]:
    return {
        "orderItemId": order.id * 10 + n,
        "lineItemKey": None,
        "sku": item.sku,
        "name": item.title,
        "quantity": item.quantity,
        # Binary fractions as some programs print them.
        "unitPrice": item.price / 100 if order.id % 7 else item.price / 100 * 1.0000000000000002,
        "taxAmount": item.tax / 100 if item.tax else None,
        "shippingAmount": None,
        "productId": item.product,
        "fulfillmentSku": None,
        "adjustment": item.adjustment,
    }


def store_shown(store: Store) -> dict[str, Any]:
    return {
        "storeId": store.id,
        "storeName": store.name,
        "marketplaceId": store.marketplace_id,
        "marketplaceName": store.marketplace,
        "companyName": "",
        "active": store.active,
        "autoRefresh": store.marketplace_id != 0,
        "refreshDate": None,
    }


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.0000000"
