"""The API's filters, order and pages. Bounds are exclusive, and any zone in them is passed over.

Unless `dates_are_gmt=true` is asked for, and the version knows it, bounds are compared with the site's local time.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from infra.sandbox.woocommerce.book import Order
from infra.sandbox.woocommerce.shop import Shop
from infra.sandbox.woocommerce.show import Json, order_of

HIDDEN = ("trash", "auto-draft")
_TWO_DAYS_S = 2 * 86_400
_BOUNDS = (
    ("after", "created", 1),
    ("before", "created", -1),
    ("modified_after", "modified", 1),
    ("modified_before", "modified", -1),
)


class Invalid(Exception):
    """A parameter that the API refuses; the message is its name."""


def found(shop: Shop, query: dict[str, str], *, old: bool) -> tuple[list[Json], int]:
    """A page of orders and how many there are in all. An `old` version knows neither UTC dates nor dates of modification."""
    now = shop.now_s()
    orders = shop.orders()
    gmt = query.get("dates_are_gmt") == "true" and not old
    for name, field, sign in _BOUNDS:
        if name in query and not (old and field == "modified"):
            bound = _naive(name, query[name])
            seconds: dict[str, Callable[[Order], int]] = {
                "created": lambda order: order.placed_s,
                "modified": lambda order: order.modified_s(now),
            }
            at = seconds[field]
            # Nobody's local time is two days off: most orders are told apart without a calendar.
            near = datetime.fromisoformat(bound).replace(tzinfo=UTC).timestamp()
            orders = [order for order in orders if sign * (at(order) - near) > -_TWO_DAYS_S]
            orders = [
                order
                for order in orders
                if sign * (at(order) - near) > _TWO_DAYS_S or _beyond(_text(shop, at(order), gmt=gmt), bound, sign)
            ]
    status = query.get("status", "any")
    if status == "any":
        orders = [order for order in orders if order.status_at(now) not in HIDDEN]
    else:
        orders = [order for order in orders if order.status_at(now) in status.split(",")]
    if "include" in query:
        orders = [order for order in orders if str(order.id) in query["include"].split(",")]
    if "search" in query:
        orders = [order for order in orders if query["search"] in f"{order.number} {order.customer}"]
    by = query.get("orderby", "date")
    keys: dict[str, Callable[[Order], Any]] = {
        "id": lambda order: order.id,
        "date": lambda order: (_text(shop, order.placed_s, gmt=False), order.id),
        "modified": lambda order: (_text(shop, order.modified_s(now), gmt=False), order.id),
    }
    if by not in keys:
        raise Invalid("orderby")
    orders = sorted(orders, key=keys[by], reverse=query.get("order", "desc") == "desc")
    fields = query.get("_fields")
    rows = (order_of(shop, order) for order in _page(orders, query))
    return [_fields(row, fields) if fields is not None else row for row in rows], len(orders)


def _text(shop: Shop, second: int, *, gmt: bool) -> str:
    return _clock(second, shop.zone if not gmt else ZoneInfo("UTC"))


@lru_cache(maxsize=200_000)
def _clock(second: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(second, zone):%Y-%m-%dT%H:%M:%S}"


def _beyond(text: str, bound: str, sign: int) -> bool:
    return text > bound if sign > 0 else text < bound


def _page(orders: list[Order], query: dict[str, str]) -> list[Order]:
    per_page, page = _whole(query, "per_page", 10), _whole(query, "page", 1)
    if not 1 <= per_page <= 100:
        raise Invalid("per_page")
    first = _whole(query, "offset", (page - 1) * per_page)
    return orders[first : first + per_page]


def _fields(row: Json, wanted: str) -> Json:
    """Only the fields named; "billing.country" is one inside another."""
    shown: Json = {}
    for path in wanted.split(","):
        name, _, inner = path.partition(".")
        if name not in row:
            continue
        if not inner:
            shown[name] = row[name]
        elif isinstance(row[name], dict):
            shown.setdefault(name, {})[inner] = row[name].get(inner)
        else:
            shown[name] = row[name]
    return shown


def _naive(name: str, text: str) -> str:
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(Z|[+-]\d{2}:?\d{2})?", text)
    if match is None:
        raise Invalid(name)
    return match[1]


def _whole(query: dict[str, str], name: str, default: int) -> int:
    try:
        return int(query.get(name, default))
    except ValueError:
        raise Invalid(name) from None
