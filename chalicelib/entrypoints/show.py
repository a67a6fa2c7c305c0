"""Domain values as the wire shapes that programs and the page read."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.domain.accounts import SignedIn, Workspace
from chalicelib.domain.activity import Line
from chalicelib.domain.orders import Order
from chalicelib.domain.ranges import Range
from chalicelib.domain.summaries import Diff
from chalicelib.entrypoints import wire
from chalicelib.workflows.read_connections import ConnectionState
from chalicelib.workflows.read_sales import Figures, Found, Opened, Sale
from chalicelib.workflows.read_sales import Line as SaleLine
from chalicelib.workflows.read_syncs import DayProgress, Progress
from chalicelib.workflows.read_usage import Usage

if TYPE_CHECKING:
    from chalicelib.channels import Kind

_LETTERS = {
    "done": "d",
    "reading": "r",
    "retrying": "t",
    "failed": "f",
    "waiting": "w",
    "not_available": "n",
    "cancelled": "x",
}
_MILLI = 1_000


def session(who: SignedIn, workspace_: Workspace) -> wire.SessionOut:
    user = wire.UserOut(id=who.user, email=who.email, role=who.role)
    return wire.SessionOut(user=user, workspace=workspace(workspace_), token=who.token.reveal())


def workspace(given: Workspace) -> wire.WorkspaceOut:
    return wire.WorkspaceOut(
        id=given.id,
        name=given.name,
        time_zone=given.time_zone,
        currency=given.currency,
        week_start=given.week_start,
        individual_allowed=given.individual_allowed,
        fiscal_start=given.fiscal_start,
        reading=given.reading,
        locked_through=given.locked_through,
        version=given.version,
    )


def kind(given: "Kind") -> wire.KindOut:
    return wire.KindOut(
        kind=given.kind,
        name=given.name,
        auth=given.auth,
        fields=tuple(
            wire.KindField(name=each.name, label=each.label, help=each.help, secret=each.secret, pattern=each.pattern)
            for each in given.fields
        ),
        statuses=tuple(
            wire.KindStatus(value=each.value, label=each.label, default=each.default) for each in given.statuses
        ),
        many_stores=given.many_stores,
    )


def connection(given: ConnectionState) -> wire.ConnectionOut:
    paired = given.connection
    return wire.ConnectionOut(
        id=paired.id,
        kind=paired.kind,
        name=paired.name,
        domain=paired.domain,
        state=given.state,
        state_detail=given.detail,
        stores=tuple(wire.StoreOut(id=store.id, name=store.name) for store in paired.stores),
        time_zone=paired.calendar.latest,
        currency=paired.currency,
        colour=paired.colour,
        reach_days=paired.reach_days,
        last_synced_at=given.last_synced_at,
        next_sync_at=given.next_sync_at,
        sync_id=given.sync,
    )


def sync(given: Progress) -> wire.SyncOut:
    asked = given.sync
    days = [day.day for day in given.days] or [asked.began_at.date()]
    batches = asked.batches or ((Range(min(days), max(days)),) if given.days else ())
    return wire.SyncOut(
        id=asked.id,
        connection_id=asked.connection,
        reason=asked.reason,
        from_=min(days),
        to=max(days),
        state=given.state,
        days="".join(_LETTERS[day.state] for day in given.days),
        days_total=len(asked.days),
        days_done=given.count("done"),
        days_failed=given.count("failed"),
        days_retrying=given.count("retrying"),
        orders=sum(day.orders for day in given.days),
        new_orders=sum(day.new_orders for day in given.days),
        eta_s=given.eta_s,
        resume_at=given.resume_at,
        began_at=asked.began_at,
        ended_at=given.ended_at,
        batches=tuple(map(batch, batches)),
        batch=given.batch,
        order_number=asked.order_number,
    )


def batch(given: Range) -> wire.BatchOut:
    return wire.BatchOut(from_=given.first, to=given.last)


def sync_day(given: DayProgress, sale: str | None) -> wire.SyncDayOut:
    return wire.SyncDayOut(
        day=given.day,
        state=given.state,
        orders=given.orders,
        new_orders=given.new_orders,
        attempts=given.attempts,
        reason=given.reason,
        next_try_at=given.next_try_at,
        sale_id=sale,
    )


def sale(given: Sale) -> wire.SaleOut:
    sheet, figures = given.sheet, given.figures()
    flags = (("unexplained", sheet.unexplained), ("no_sku", sheet.no_sku), ("excluded", sheet.excluded))
    return wire.SaleOut(
        id=given.id,
        type="summary",
        day=given.key.day,
        connection_id=given.connection.id,
        connection=given.connection.name,
        store=_store_name(given),
        orders=sheet.sales.count,
        skus=sheet.skus,
        quantity=figures.quantity_milli / _MILLI,
        gross=wire.MoneyOut(figures.sales.gross, sheet.currency),
        net=wire.MoneyOut(figures.net_sales, sheet.currency),
        total=wire.MoneyOut(figures.total, sheet.currency),
        state=given.version.state,
        version=given.version.number,
        flags=tuple(word for word, count in flags if count),
    )


def _store_name(given: Sale) -> str:
    """What people call the store; a connection with one store is that store."""
    names = {store.id: store.name for store in given.connection.stores}
    return names.get(given.sheet.store, given.connection.name)


def found(given: Found) -> wire.FoundIn:
    return wire.FoundIn(
        number=given.number, sale_id=given.sale.id, day=given.sale.key.day, connection=given.sale.connection.name
    )


def figures(given: Figures) -> wire.FiguresOut:
    sales, events = given.sales, given.events
    return wire.FiguresOut(
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
        quantity=given.quantity_milli / _MILLI,
    )


def sale_detail(given: Opened) -> wire.SaleDetailOut:
    sheet = given.sale.sheet
    return wire.SaleDetailOut(
        sale=sale(given.sale),
        figures=figures(given.sale.figures()),
        order_day=figures(given.sale.figures("order_day")),
        refunds=sheet.event_day.count,
        excluded=sheet.excluded,
        first_number=sheet.first_number,
        last_number=sheet.last_number,
        published_at=datetime.fromtimestamp(given.sale.version.published_at, UTC),
        diff=_diff(given),
    )


def _diff(given: Opened) -> wire.DiffOut | None:
    if given.before is None:
        return None
    now, was = given.sale.figures(), given.before.figures()
    changes = given.sale.version.orders_diff or Diff()
    return wire.DiffOut(
        cause=given.sale.version.cause,
        orders_added=changes.added,
        orders_removed=changes.removed,
        orders_changed=changes.changed,
        numbers=changes.numbers,
        total_delta=now.total - was.total,
        net_delta=now.net_sales - was.net_sales,
    )


def sale_line(given: SaleLine) -> wire.SaleLineOut:
    sku = given.sku
    return wire.SaleLineOut(
        section="events" if given.events else "sales",
        sku=sku.sku,
        title=sku.title,
        quantity=sku.quantity_milli / _MILLI,
        gross=sku.gross,
        discount=sku.discount,
        net=sku.net,
        tax=sku.tax,
    )


def sale_order(given: Order) -> wire.SaleOrderOut:
    return wire.SaleOrderOut(
        number=given.number,
        placed_at=given.placed_at,
        status=given.status,
        excluded=given.excluded,
        total=given.amounts.total,
        events_total=sum(event.amounts.total for event in given.events),
        flags=given.flags,
    )


def line(given: Line) -> wire.ActivityOut:
    return wire.ActivityOut(
        id=given.id,
        at=given.at,
        level=given.level,
        connection_id=given.connection,
        text=given.text,
        day=given.day,
        sync_id=given.sync,
        sale_id=given.sale,
        details=given.details,
    )


def usage(given: Usage) -> wire.UsageOut:
    return wire.UsageOut(
        year_from=given.year.first,
        year_to=given.year.last,
        allotment=given.allotment,
        used=given.used,
        connections=tuple(
            wire.UsageConnection(connection_id=each.id, name=each.name, orders=orders) for each, orders in given.shops
        ),
    )
