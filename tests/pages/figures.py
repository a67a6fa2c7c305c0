"""Answers of the API for pages of figures, made of the very structs that the routes answer with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, cast

import msgspec

from chalicelib.entrypoints import wire, wire_dashboard, wire_reports, wire_sales
from chalicelib.entrypoints.api_dashboard import average_order
from chalicelib.workflows.read_reports import Sum

THROUGH = date(2026, 11, 23)
NOW = datetime(2026, 11, 24, 17, 20, tzinfo=UTC)
DAY = timedelta(days=1)
BOOKS = (("c1", "shopify", "Northwind Shopify", 1), ("c2", "shipstation", "Warehouse ShipStation", 2))
OUTLET = ("c3", "shopify", "Northwind Outlet", 3)
IMPORTED = ("c4", "woocommerce", "Northwind WooCommerce", 4)
LEVELS = (100, 61, 29, 20)
GOODS = (
    ("APR-FLX", "Linen apron, flax", 537, 2_148_000),
    ("SKL-26", "Cast skillet 26 cm", 241, 1_890_500),
    ("BWX-3", "Beeswax wrap, set of 3", 750, 1_275_000),
    ("OAK-L", "Oak board, long", 194, 931_200),
    ("SLT-OLV", "Salt cellar, olive", 306, 612_000),
    (None, "Gift wrapping", 410, 205_000),
)

SESSION = {
    "user": {"id": "u1", "email": "owner@northwind.example", "role": "owner"},
    "workspace": {
        "id": "w1",
        "name": "Northwind",
        "time_zone": "America/New_York",
        "currency": "USD",
        "week_start": "monday",
        "individual_allowed": False,
        "fiscal_start": 1,
        "reading": "event_day",
        "locked_through": None,
        "version": 1,
    },
    "token": "t",
}


def plain(shape: msgspec.Struct) -> dict[str, Any]:
    """The JSON that a route would answer."""
    return cast(dict[str, Any], msgspec.to_builtins(shape))


def course(level: int, length: int, *, seed: int = 0) -> tuple[int, ...]:
    """Minor units by day: a week's rise and fall on a slow climb."""
    week = (78, 92, 96, 94, 104, 128, 118)
    return tuple(level * 60 * (week[(at + seed) % 7] + at // 3 + (at * 37 + seed * 53) % 23) for at in range(length))


def figures(net: int, *, currency: str = "USD", quantity: float = 0) -> wire_sales.FiguresOut:
    rest = dict.fromkeys(("shipping", "fees", "duties", "tips", "tax", "gift_cards_sold", "unallocated", "residual"), 0)
    whole = dict(gross=net, discount=0, returns=0, net_sales=net, total=net, **rest)
    return wire_sales.FiguresOut(currency=currency, quantity=quantity, **whole)


def connection(
    one: tuple[str, str, str, int], state: str = "in_sync", detail: str = "", *, stores: int = 1
) -> wire.ConnectionOut:
    id_, kind, name, colour = one
    return wire.ConnectionOut(
        id=id_,
        kind=kind,
        name=name,
        domain=f"{id_}.example",
        state=cast(Any, state),
        state_detail=detail,
        stores=tuple(wire.StoreOut(id=f"s{at}", name=f"Store {at}") for at in range(stores)),
        time_zone="America/New_York",
        currency="USD",
        colour=colour,
        reach_days=None,
        last_synced_at=None if state == "importing" else datetime(2026, 11, 24, 5, 46 + colour % 2, tzinfo=UTC),
        next_sync_at=datetime(2026, 11, 25, 5, 45, tzinfo=UTC),
        sync_id=None,
    )


def sale(at: int, store: str, of: tuple[str, str, str, int], net: int, orders: int, **other: Any) -> wire_sales.SaleOut:
    amount = wire.MoneyOut(net, "USD")
    given: dict[str, Any] = {"state": "final", "flags": ()} | other
    return wire_sales.SaleOut(
        id=f"sale{at}",
        type="day",
        title="Nov 23, 2026",
        day=THROUGH,
        from_=THROUGH,
        to=THROUGH,
        connection_id=of[0],
        connection=of[2],
        store=store,
        currency="USD",
        orders=orders,
        skus=orders // 3 + 4,
        quantity=orders * 2 + 40,
        gross=amount,
        net=amount,
        total=amount,
        version=1,
        **given,
    )


def frame(length: int, by: Literal["day", "week", "month"] = "day", *, compared: bool = True) -> dict[str, Any]:
    step = {"day": 1, "week": 7, "month": 30}[by]
    first = THROUGH - (length * step - 1) * DAY
    back = length * step * DAY
    return {
        "range": wire_reports.DaysOut(from_=first, to=THROUGH),
        "previous": wire_reports.DaysOut(from_=first - back, to=first - DAY) if compared else None,
        "by": by,
        "periods": tuple(first + at * step * DAY for at in range(length)),
        "through_day": THROUGH,
    }


def by_period(
    length: int,
    *,
    currency: str = "USD",
    books: Sequence[tuple[str, str, str, int]] = (*BOOKS, OUTLET),
    compared: bool = True,
    values: Sequence[Sequence[int]] | None = None,
) -> wire_reports.SalesByPeriodOut:
    courses = values or [course(LEVELS[at % 4], length, seed=at) for at in range(len(books))]
    sums = [sum(place) for place in zip(*courses, strict=True)] or [0] * length
    before = tuple(course(150, length, seed=5)) if compared else None
    rows = tuple(wire_reports.SumOut(net, abs(net) // 4_492, abs(net) // 1_932) for net in sums)
    total = wire_reports.SumOut(sum(sums), sum(row.orders for row in rows), sum(row.quantity for row in rows))
    then = wire_reports.SumOut(sum(before), sum(before) // 4_565, sum(before) // 1_990) if before else None
    return wire_reports.SalesByPeriodOut(
        currency=currency,
        series=tuple(
            wire_reports.SeriesOut(id_, name, colour, tuple(values))
            for (id_, _, name, colour), values in zip(books, courses, strict=True)
        ),
        rows=rows,
        previous=before,
        total=total,
        previous_total=then,
        figures=figures(total.net, currency=currency, quantity=total.quantity),
    )


def kpis(sales: wire_reports.SalesByPeriodOut) -> wire_dashboard.KpisOut:
    def kpi(name: Any, value: float | None, previous: float | None, spark: Sequence[float | None]) -> Any:
        return wire_dashboard.KpiOut(name=name, value=value, previous=previous, spark=tuple(spark))

    def average(each: wire_reports.SumOut) -> int | None:
        return average_order(Sum(each.net, each.orders))

    now, then = sales.total, sales.previous_total
    return wire_dashboard.KpisOut(
        sales.currency,
        (
            kpi("net_sales", now.net, then and then.net, [row.net for row in sales.rows]),
            kpi("orders", now.orders, then and then.orders, [row.orders for row in sales.rows]),
            kpi("units", now.quantity, then and then.quantity, [row.quantity for row in sales.rows]),
            kpi("average_order", average(now), then and average(then), [average(row) for row in sales.rows]),
        ),
    )


def skus(rows: int = 6, *, currency: str = "USD", compared: bool = True) -> wire_reports.SkusOut:
    listed = [
        (sku if at < len(GOODS) else f"{sku}-{at}", name, quantity // (1 + at // 6), net // (1 + at // 6))
        for at in range(rows)
        for sku, name, quantity, net in (GOODS[at % len(GOODS)],)
    ]
    return wire_reports.SkusOut(
        currency,
        tuple(
            wire_reports.SkuRowOut(
                sku=sku,
                name=name,
                quantity=quantity,
                net=net,
                previous_quantity=quantity * 0.9 // 1 if compared else None,
                previous_net=net * (80 + at * 9 % 50) // 100 if compared else None,
            )
            for at, (sku, name, quantity, net) in enumerate(listed)
        ),
        wire_reports.SkuOthersOut(skus=42, quantity=8_311, net=5_120_400, previous_net=4_876_100 if compared else None),
    )


USAGE: dict[str, Any] = {
    "year_from": date(2026, 3, 1),
    "year_to": date(2027, 3, 1),
    "allotment": 50_000,
    "overage": None,
    "used": 31_204,
    "forecast": 44_000,
    "months": tuple(
        wire.UsageMonth(f"2026-{month:02}", orders)
        for month, orders in enumerate((2_904, 3_012, 3_390, 3_187, 3_268, 3_541, 3_572, 4_410, 3_920), 3)
    ),
    "connections": tuple(
        wire.UsageConnection(id_, name, orders)
        for (id_, _, name, _), orders in zip((*BOOKS, OUTLET, IMPORTED), (17_204, 8_811, 4_318, 871), strict=True)
    ),
}


def latest() -> tuple[wire_sales.SaleOut, ...]:
    return (
        sale(1, "Northwind Shopify", BOOKS[0], 624_860, 131),
        sale(2, "Retail store", BOOKS[1], 231_025, 62),
        sale(3, "Wholesale", BOOKS[1], 187_400, 11, flags=("no_sku",)),
        sale(4, "Northwind Outlet", OUTLET, 142_090, 29, state="provisional", checked_at=NOW),
        sale(5, "Northwind WooCommerce", IMPORTED, 88_000, 17),
    )


def dashboard(
    length: int = 30, *, sales: Sequence[wire_reports.SalesByPeriodOut] | None = None, **other: Any
) -> dict[str, Any]:
    shown = sales if sales is not None else (by_period(length),)
    given: dict[str, Any] = {
        **frame(length, compared=all(each.previous is not None for each in shown)),
        "kpis": tuple(map(kpis, shown)),
        "sales": tuple(shown),
        "latest": latest(),
        "connections": (
            connection(BOOKS[0]),
            connection(BOOKS[1], stores=2),
            connection(OUTLET, "sign_in_needed", "Sign in again to go on"),
            connection(IMPORTED, "importing"),
        ),
        "skus": tuple(skus(currency=each.currency) for each in shown),
        "usage": wire.UsageOut(**USAGE),
        "problems": (),
    }
    return plain(wire_dashboard.DashboardOut(**(given | other)))


def sync(days: str = "d" * 31 + "t" + "d" * 26 + "r" + "w" * 31, *, connection_id: str = "c4") -> wire.SyncOut:
    return wire.SyncOut(
        id="y1",
        connection_id=connection_id,
        reason="pairing",
        from_=THROUGH - (len(days) - 1) * DAY,
        to=THROUGH,
        state="running",
        days=days,
        days_total=len(days),
        days_done=days.count("d"),
        days_failed=0,
        days_retrying=days.count("t"),
        orders=4_318,
        new_orders=4_318,
        eta_s=360,
        resume_at=None,
        began_at=NOW - timedelta(minutes=12),
        ended_at=None,
        batches=(),
        batch=1,
        order_number=None,
    )


def live(*syncs: wire.SyncOut) -> dict[str, Any]:
    return plain(wire.LiveOut(now=NOW, poll_after_s=60, cursor="a1", syncs=syncs, connections=(), activity_new=0))


def sales_report(length: int = 30, by: Literal["day", "week", "month"] = "day", **given: Any) -> dict[str, Any]:
    shown = by_period(length, **given)
    whole = frame(length, by, compared=shown.previous is not None)
    return plain(wire_reports.SalesReportOut(**whole, currencies=(shown,)))


def skus_report(rows: int = 25) -> dict[str, Any]:
    return plain(wire_reports.SkusReportOut(**frame(30), currencies=(skus(rows),)))


def channels_report(*more: str) -> dict[str, Any]:
    """Of all channels in dollars, and in `more` currencies each a hundredth of that."""
    stores = ((BOOKS[0], BOOKS[0][2]), (BOOKS[1], "Retail store"), (BOOKS[1], "Wholesale"), (OUTLET, OUTLET[2]))
    rows = tuple(
        wire_reports.ChannelRowOut(
            connection_id=of[0],
            connection=of[2],
            colour=of[3],
            store=store,
            net=sum(values),
            orders=sum(values) // 4_492,
            quantity=sum(values) // 1_932,
            values=values,
            previous_net=sum(values) * (85 + at * 8) // 100,
            previous_orders=sum(values) // 4_800,
        )
        for at, (of, store) in enumerate(stores)
        for values in (course(LEVELS[at], 30, seed=at),)
    )
    total = wire_reports.SumOut(sum(row.net for row in rows), sum(row.orders for row in rows), 20_521)
    then = wire_reports.SumOut(sum(row.previous_net or 0 for row in rows), 7_004, 16_068)
    listed = wire_reports.ChannelsOut(currency="USD", rows=rows, total=total, previous_total=then)
    others = tuple(
        msgspec.structs.replace(listed, currency=currency, rows=tuple(map(_hundredth, rows))) for currency in more
    )
    return plain(wire_reports.ChannelsReportOut(**frame(30), currencies=(listed, *others)))


def _hundredth(row: wire_reports.ChannelRowOut) -> wire_reports.ChannelRowOut:
    values = tuple(value // 100 for value in row.values)
    return msgspec.structs.replace(row, net=sum(values), orders=row.orders // 100, values=values)


# Most sales first; every fifth of them is a step of the map.
STATES = [
    "CA",
    "TX",
    "NY",
    "FL",
    "WA",
    "IL",
    "PA",
    "OH",
    "GA",
    "NC",
    "MI",
    "NJ",
    "VA",
    "MA",
    "AZ",
    "TN",
    "CO",
    "OR",
    "IN",
    "MN",
    "MO",
    "MD",
    "WI",
    "UT",
    "CT",
    "KY",
    "OK",
    "LA",
    "NV",
    "SC",
    "KS",
    "IA",
    "AL",
    "NM",
    "NE",
    "ID",
    "HI",
    "ME",
    "RI",
]


def state(code: str, net: int) -> wire_reports.StateRowOut:
    return wire_reports.StateRowOut(code, net, net // 4_492, net * 9 // 10)


def states_report() -> dict[str, Any]:
    rows = tuple(state(code, 6_400_000 // (at + 2)) for at, code in enumerate(STATES))
    countries = (state("CA", 812_000), state("GB", 366_000), state("DE", 121_000))
    listed = wire_reports.StatesOut(
        currency="USD",
        rows=rows,
        unknown=state("", 402_000),
        outside=state("", sum(row.net for row in countries)),
        countries=countries,
    )
    return plain(wire_reports.StatesReportOut(**frame(30), currencies=(listed,)))


def customers_report() -> dict[str, Any]:
    names = ("Harbour Kitchen", "Cafe Meridian", "The Long Table", "Oak & Ember", "Bakehouse 12", "Quay Deli")
    rows = tuple(
        wire_reports.CustomerRowOut(
            customer=name,
            region=f"US-{STATES[at]}",
            orders=9 - at,
            net=412_000 // (at + 1),
            first_day=THROUGH - (400 - 70 * at) * DAY if at % 3 else THROUGH - 12 * DAY,
            last_day=THROUGH - at * DAY,
            new=at % 3 == 0,
        )
        for at, name in enumerate(names)
    )
    listed = wire_reports.CustomersOut(
        currency="USD",
        rows=rows,
        customers=6,
        new_customers=2,
        named=wire_reports.SumOut(sum(row.net for row in rows), sum(row.orders for row in rows), 120),
        unnamed=wire_reports.SumOut(88_000, 21, 40),
    )
    return plain(wire_reports.CustomersReportOut(**frame(30), currencies=(listed,)))


def connections() -> dict[str, Any]:
    listed = (connection(BOOKS[0]), connection(BOOKS[1], stores=2), connection(OUTLET), connection(IMPORTED))
    return plain(wire.ConnectionsOut(items=listed))
