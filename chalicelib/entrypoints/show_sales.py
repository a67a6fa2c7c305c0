"""Sales as the wire shapes that programs and the page read."""

from datetime import UTC, datetime

from chalicelib.domain.connections import Connection
from chalicelib.domain.sales import order_sale_id
from chalicelib.domain.summaries import Diff, SkuSales
from chalicelib.entrypoints import wire, wire_sales
from chalicelib.workflows.books import DaySold, Figures, MonthSold, OrderSold, Sale, figures_of
from chalicelib.workflows.read_sale import Line, Listed, Opened
from chalicelib.workflows.read_sales import Found
from chalicelib.workflows.sale_versions import SaleVersion, VersionDiff

MILLI = 1_000
# Why there is a version. A word that is not here is shown as it is.
CAUSES = {
    "first": "First summary.",
    "late_order": "An order came in late.",
    "refund": "Something was refunded.",
    "return": "Something was returned.",
    "edit": "An order was edited.",
    "cancel": "An order was cancelled.",
    "status_changed": "An order's status changed.",
    "settings_changed": "The order settings were changed.",
    "timezone_changed": "The time zone was changed.",
    "closed": "It ended, and what was so far is now final.",
    "refreshed": "It was refreshed while under way.",
    "changed": "Something was changed in the shop.",
    "other_day": "Something happened that day to orders of other days.",
    "corrected": "A locked day is corrected here.",
    "locked": "The period lock was moved up to here.",
    "unlocked": "The period was opened again.",
}


def sale(given: Sale, reading: wire.Reading) -> wire_sales.SaleOut:
    sheet, figures_ = given.sheet, figures_of(given.sheet, reading)
    flags = (("unexplained", sheet.unexplained), ("no_sku", sheet.no_sku), ("excluded", sheet.excluded))
    first, last = given.days
    month = given if isinstance(given, MonthSold) else None
    return wire_sales.SaleOut(
        id=given.id,
        type="month" if month else "order" if isinstance(given, OrderSold) else "day",
        title=given.title,
        day=first,
        from_=first,
        to=last,
        connection_id=given.connection.id,
        connection=given.connection.name,
        store=store_name(given.connection, sheet.store),
        currency=sheet.currency,
        orders=sheet.sales.count,
        skus=sheet.skus,
        quantity=figures_.quantity_milli / MILLI,
        gross=wire.MoneyOut(figures_.sales.gross, sheet.currency),
        net=wire.MoneyOut(figures_.net_sales, sheet.currency),
        total=wire.MoneyOut(figures_.total, sheet.currency),
        state=given.version.state,
        version=given.version.number,
        flags=tuple(word for word, count in flags if count),
        through=month.version.through if month else None,
        missing_days=len(month.missing) if month else 0,
        empty_days=len(month.version.of_state("empty")) if month else 0,
        checked_at=_instant(given.checked_at) if isinstance(given, DaySold) and given.checked_at else None,
        frozen=not isinstance(given, MonthSold) and given.version.frozen is not None,
    )


def order_sale(given: OrderSold, also_in: str | None) -> wire_sales.OrderSaleOut:
    order = given.order
    return wire_sales.OrderSaleOut(
        id=given.id,
        number=order.number,
        placed_at=order.placed_at,
        day=given.key.day,
        connection_id=given.connection.id,
        connection=given.connection.name,
        store=store_name(given.connection, order.store),
        customer=(given.person.name or None) if given.person else None,
        region=(given.person.region or None) if given.person else None,
        status=order.status,
        excluded=order.excluded,
        items=sum(line.quantity_milli for line in order.lines) / MILLI,
        net=wire.MoneyOut(order.amounts.net + sum(event.amounts.net for event in order.events), order.currency),
        total=wire.MoneyOut(order.amounts.total + sum(event.amounts.total for event in order.events), order.currency),
        flags=order.flags,
        also_in=also_in,
    )


def store_name(connection: Connection, store: str) -> str:
    """What people call the store; a connection with one store is that store."""
    return {each.id: each.name for each in connection.stores}.get(store, connection.name)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def found(given: Found) -> wire_sales.FoundIn:
    return wire_sales.FoundIn(
        number=given.number,
        sale_id=given.sale_id,
        day=given.day,
        connection=given.connection.name,
        corrects=given.corrects,
    )


def figures(given: Figures) -> wire_sales.FiguresOut:
    sales, events = given.sales, given.events
    return wire_sales.FiguresOut(
        currency=given.currency,
        gross=sales.gross,
        discount=sales.discount,
        returns=-events.net,
        net_sales=given.net_sales,
        shipping=sales.shipping + events.shipping,
        fees=sales.fees + events.fees,
        duties=sales.duties + events.duties,
        tips=sales.tips + events.tips,
        tax=sales.tax + events.tax,
        gift_cards_sold=sales.gift_cards_sold + events.gift_cards_sold,
        unallocated=sales.unallocated + events.unallocated,
        residual=sales.residual + events.residual,
        total=given.total,
        quantity=given.quantity_milli / MILLI,
    )


def sale_detail(given: Opened) -> wire_sales.SaleDetailOut:
    shown = given.sale
    sheet = shown.sheet
    return wire_sales.SaleDetailOut(
        sale=sale(shown, given.reading),
        reading=given.reading,
        figures=figures(figures_of(sheet, given.reading)),
        event_day=figures(figures_of(sheet, "event_day")),
        order_day=figures(figures_of(sheet, "order_day")),
        refunds=sheet.events(given.reading).count,
        excluded=sheet.excluded,
        first_number=sheet.first_number,
        last_number=sheet.last_number,
        published_at=_instant(shown.version.published_at),
        diff=_diff(given),
        month=_month(shown) if isinstance(shown, MonthSold) else None,
        order=order_sale(shown, None) if isinstance(shown, OrderSold) else None,
        corrections=tuple(
            wire_sales.CorrectionOut(each.day, each.version, total)
            for each in (shown.version.corrected if isinstance(shown, DaySold) else ())
            if (each.store, each.currency) == (sheet.store, sheet.currency) and (total := each.total(given.reading))
        ),
    )


def _month(given: MonthSold) -> wire_sales.MonthOut:
    version = given.version
    return wire_sales.MonthOut(
        state=version.state,
        through=version.through,
        days_here=version.here,
        missing=given.missing,
        empty=version.of_state("empty"),
        provisional=version.of_state("provisional"),
    )


def _diff(given: Opened) -> wire_sales.DiffOut | None:
    if given.before is None or not isinstance(given.sale, DaySold):
        return None
    version = given.sale.version
    now, was = figures_of(given.sale.sheet, given.reading), given.before
    changes = version.orders_diff or Diff()
    return wire_sales.DiffOut(
        cause=version.cause,
        orders_added=changes.added,
        orders_removed=changes.removed,
        orders_changed=changes.changed,
        numbers=changes.numbers,
        total_delta=now.total - was.total,
        net_delta=now.net_sales - was.net_sales,
    )


def sale_line(given: Line) -> wire_sales.SaleLineOut:
    sku = given.sku
    return wire_sales.SaleLineOut(
        section=given.section,
        kind="unallocated" if given.unallocated else "goods",
        sku=sku.sku,
        title=sku.title,
        quantity=sku.quantity_milli / MILLI,
        gross=sku.gross,
        discount=sku.discount,
        net=sku.net + given.unallocated,
        tax=sku.tax,
    )


def sale_order(given: Listed, also_in: str | None) -> wire_sales.SaleOrderOut:
    order = given.order
    return wire_sales.SaleOrderOut(
        number=order.number,
        placed_at=order.placed_at,
        status=order.status,
        excluded=order.excluded,
        total=order.amounts.total,
        events_total=sum(event.amounts.total for event in order.events),
        flags=order.flags,
        day=given.key.day,
        sale_id=order_sale_id(given.key, order.id),
        also_in=also_in,
    )


def version(given: SaleVersion) -> wire_sales.VersionOut:
    added, removed, changed = given.counts
    return wire_sales.VersionOut(
        version=given.number,
        published_at=_instant(given.published_at),
        cause=given.cause,
        cause_text=CAUSES.get(given.cause, given.cause),
        actor=given.actor,
        state=given.state,
        total=given.figures.total,
        total_delta=given.delta.total,
        net_delta=given.delta.net_sales,
        orders_added=added,
        orders_removed=removed,
        orders_changed=changed,
    )


def version_diff(given: VersionDiff) -> wire_sales.VersionDiffOut:
    of = given.version
    return wire_sales.VersionDiffOut(
        version=of.number,
        before=of.before,
        published_at=_instant(of.published_at),
        cause=of.cause,
        cause_text=CAUSES.get(of.cause, of.cause),
        actor=of.actor,
        currency=of.figures.currency,
        figures=figures(of.figures),
        delta=figures(of.delta),
        orders_added=given.orders.added,
        orders_removed=given.orders.removed,
        orders_changed=given.orders.changed,
        skus=tuple(map(_sku_delta, given.skus)),
    )


def _sku_delta(line: SkuSales) -> wire_sales.SkuDeltaOut:
    return wire_sales.SkuDeltaOut(
        sku=line.sku, title=line.title, quantity_delta=line.quantity_milli / MILLI, net_delta=line.net
    )
