"""Answers of the API for All orders and for one sale, made of the very structs that the routes answer with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from chalicelib.entrypoints import wire, wire_sales
from tests.pages import figures
from tests.pages.figures import BOOKS, DAY, IMPORTED, NOW, OUTLET, THROUGH, plain

BUYERS = ("Harbour Kitchen", "Cafe Meridian", "The Long Table", "Oak & Ember", "Bakehouse 12", None)
STORES = (
    (BOOKS[0], BOOKS[0][2]),
    (BOOKS[1], "Retail store"),
    (BOOKS[1], "Wholesale"),
    (OUTLET, OUTLET[2]),
    (IMPORTED, IMPORTED[2]),
)


def figured(net: int, *, currency: str = "USD", quantity: float = 302) -> wire_sales.FiguresOut:
    """The figures of a day with a little of everything that days are made of."""
    rest = dict.fromkeys(("fees", "duties", "tips", "gift_cards_sold", "unallocated", "residual"), 0)
    parts = {"shipping": net // 21, "tax": net // 12} | rest
    gross, discount, returns = net * 109 // 100, net * 4 // 100, net * 5 // 100
    return wire_sales.FiguresOut(
        currency=currency,
        quantity=quantity,
        gross=gross,
        discount=discount,
        returns=returns,
        net_sales=gross - discount - returns,
        total=gross - discount - returns + sum(parts.values()),
        **parts,
    )


def days(count: int = 50) -> tuple[wire_sales.SaleOut, ...]:
    """Summary sales, newest first: every state that one can be in is among the first."""
    states: tuple[dict[str, Any], ...] = (
        {"state": "provisional", "checked_at": NOW - timedelta(minutes=12)},
        {},
        {"flags": ("no_sku", "excluded")},
        {"frozen": True},
        {"state": "events_only"},
    )
    return tuple(
        msgspec.structs.replace(
            figures.sale(
                at,
                store,
                of,
                624_860 // (1 + at % 5) - at * 900,
                131 // (1 + at % 5),
                **states[at % 5 if at < 5 else 1],
            ),
            day=THROUGH - at // 5 * DAY,
            title=f"{THROUGH - at // 5 * DAY:%b %-d, %Y}",
        )
        for at in range(count)
        for of, store in (STORES[at % 5],)
    )


def months() -> tuple[wire_sales.SaleOut, ...]:
    first = THROUGH.replace(day=1)
    sale = figures.sale(1, BOOKS[0][2], BOOKS[0], 12_402_000, 2_871)
    month = {"type": "month", "day": first, "from_": first, "title": "November 2026"}
    before = {
        "title": "October 2026",
        "day": first - 31 * DAY,
        "from_": first - 31 * DAY,
        "to": first - DAY,
        "frozen": True,
    }
    return (
        msgspec.structs.replace(sale, **month, state="open", through=THROUGH, missing_days=1, empty_days=2),
        msgspec.structs.replace(sale, id="sale2", **(month | before)),
    )


def order(at: int, **other: Any) -> wire_sales.OrderSaleOut:
    of, store = STORES[at % 5]
    amount = wire.MoneyOut(8_940 + at * 37 % 9_000, "USD")
    given: dict[str, Any] = {
        "id": f"order{at}",
        "number": f"#{48_211 - at}",
        "placed_at": NOW - timedelta(hours=18, minutes=7 * at),
        "day": THROUGH,
        "connection_id": of[0],
        "connection": of[2],
        "store": store,
        "customer": BUYERS[at % 6],
        "region": f"US-{figures.STATES[at % 9]}" if BUYERS[at % 6] else None,
        "status": ("paid", "fulfilled", "partially_refunded", "paid")[at % 4],
        "excluded": None,
        "items": 1 + at % 4,
        "net": amount,
        "total": amount,
        "flags": (),
        "also_in": None,
    }
    return wire_sales.OrderSaleOut(**(given | other))


def orders(count: int = 50) -> tuple[wire_sales.OrderSaleOut, ...]:
    odd: dict[int, dict[str, Any]] = {
        3: {"status": "pending", "excluded": "pending"},
        5: {"also_in": "c2"},
        6: {"flags": ("no_sku",)},
        8: {"status": "cancelled", "excluded": "cancelled"},
    }
    return tuple(order(at, **odd.get(at, {})) for at in range(count))


def sales(
    items: Sequence[wire_sales.SaleOut] = (),
    listed: Sequence[wire_sales.OrderSaleOut] = (),
    *,
    count: int | None = None,
    **other: Any,
) -> dict[str, Any]:
    """The list; `count` is how many the whole filter has, and more than are here have a next page."""
    here = len(items) or len(listed)
    whole = here if count is None else count
    given: dict[str, Any] = {
        "items": tuple(items),
        "orders_listed": tuple(listed),
        "totals": (figured(39_673_080, quantity=20_521),) if here else (),
        "count": whole,
        "counts": wire_sales.SalesCounts(summary=1_204 if items else 0, individual=8_816 if listed else 0),
        "orders": whole if listed else 8_816,
        "found_in": (),
        "searched_from": None,
        "next": "c" if whole > here else None,
    }
    return plain(wire_sales.SalesOut(**(given | other)))


def detail(sale: wire_sales.SaleOut | None = None, **other: Any) -> dict[str, Any]:
    shown = sale or msgspec.structs.replace(figures.sale(1, BOOKS[0][2], BOOKS[0], 624_860, 131), version=3, skus=48)
    now = figured(624_860)
    given: dict[str, Any] = {
        "sale": shown,
        "reading": "event_day",
        "figures": now,
        "event_day": now,
        "order_day": figured(631_200),
        "refunds": 4,
        "excluded": 2,
        "first_number": "#48081",
        "last_number": "#48211",
        "published_at": NOW - timedelta(hours=11, minutes=34),
        "diff": wire_sales.DiffOut("late_order", 2, 0, 1, ("#48210", "#48211"), 8_800, 8_800),
    }
    return plain(wire_sales.SaleDetailOut(**(given | other)))


def lines(goods: Sequence[tuple[str | None, str, int, int]] = figures.GOODS) -> dict[str, Any]:
    def line(sku: str | None, name: str, quantity: int, net: int, **other: Any) -> wire_sales.SaleLineOut:
        given: dict[str, Any] = {"section": "sales", "kind": "goods", "gross": net, "discount": 0, "tax": 0}
        return wire_sales.SaleLineOut(sku=sku, title=name, quantity=quantity, net=net, **(given | other))

    listed = [line(sku, name, quantity // 9, net // 9) for sku, name, quantity, net in goods]
    back = line("OAK-L", "Oak board, long", -2, -9_600, section="events")
    loose = line(None, "Money back without items", 0, -1_500, section="events", kind="unallocated")
    return plain(wire_sales.SaleLinesOut(items=(*listed, back, loose), currency="USD", next=None))


def numbers(count: int = 131) -> dict[str, Any]:
    listed = tuple(
        wire_sales.SaleOrderOut(
            number=one.number,
            placed_at=one.placed_at,
            status=one.status,
            excluded=one.excluded,
            total=one.total.minor,
            events_total=-2_400 if at == 2 else 0,
            flags=one.flags,
            day=one.day,
            sale_id=one.id,
            also_in=one.also_in,
        )
        for at, one in enumerate(orders(count))
    )
    return plain(wire_sales.SaleOrdersOut(items=listed, currency="USD", next=None))


def versions() -> dict[str, Any]:
    told = (
        ("late_order", "Two orders came in late.", 667_900, 8_800, 2, 0),
        ("status_changed", "", 659_100, -4_950, 0, 1),
        ("first", "", 664_050, 664_050, 129, 0),
    )
    listed = tuple(
        wire_sales.VersionOut(
            version=len(told) - at,
            published_at=NOW - timedelta(hours=11, minutes=34) - at * DAY,
            cause=cause,
            cause_text=text,
            actor="" if at else "owner@northwind.example",
            state="final",
            total=total,
            total_delta=delta,
            net_delta=delta,
            orders_added=added,
            orders_removed=0,
            orders_changed=changed,
        )
        for at, (cause, text, total, delta, added, changed) in enumerate(told)
    )
    return plain(wire_sales.VersionsOut(items=listed, currency="USD", next=None))


def difference() -> dict[str, Any]:
    skus = (
        wire_sales.SkuDeltaOut("APR-FLX", "Linen apron, flax", 2, 9_600),
        wire_sales.SkuDeltaOut(None, "Gift wrapping", -1, -800),
    )
    return plain(
        wire_sales.VersionDiffOut(
            version=3,
            before=2,
            published_at=NOW - timedelta(hours=11, minutes=34),
            cause="late_order",
            cause_text="Two orders came in late.",
            actor="owner@northwind.example",
            currency="USD",
            figures=figured(624_860),
            delta=msgspec.structs.replace(figured(0, quantity=1), net_sales=8_800, gross=8_800, total=8_800),
            orders_added=("#48210", "#48211"),
            orders_removed=(),
            orders_changed=("#48102",),
            skus=skus,
        )
    )
