"""Domain values as the wire shapes that programs and the page read."""

from typing import TYPE_CHECKING

from chalicelib.domain.accounts import SignedIn, Workspace
from chalicelib.domain.activity import Line
from chalicelib.domain.ranges import Range
from chalicelib.entrypoints import wire
from chalicelib.workflows.list_counted import CountedOrder
from chalicelib.workflows.read_connections import ConnectionState
from chalicelib.workflows.read_syncs import DayProgress, Progress
from chalicelib.workflows.read_usage import Usage

if TYPE_CHECKING:
    from chalicelib.channels import Field, Kind

_LETTERS = {
    "done": "d",
    "reading": "r",
    "retrying": "t",
    "failed": "f",
    "waiting": "w",
    "not_available": "n",
    "cancelled": "x",
}


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
        fields=tuple(map(_field, given.fields)),
        key_fields=tuple(map(_field, given.key_fields)),
        statuses=tuple(
            wire.KindStatus(value=each.value, label=each.label, default=each.default) for each in given.statuses
        ),
        many_stores=given.many_stores,
    )


def _field(given: "Field") -> wire.KindField:
    return wire.KindField(
        name=given.name,
        label=given.label,
        help=given.help,
        secret=given.secret,
        pattern=given.pattern,
        required=given.required,
        default=given.default,
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
        overage=_overage(given),
        used=given.used,
        forecast=given.forecast,
        months=tuple(wire.UsageMonth(month=month, orders=orders) for month, orders in given.months),
        connections=tuple(
            wire.UsageConnection(connection_id=each.id, name=each.name, orders=orders) for each, orders in given.shops
        ),
    )


def _overage(given: Usage) -> wire.Overage | None:
    if given.overage is None:
        return None
    return wire.Overage(max(given.used - given.terms.allotment, 0), given.overage, given.terms.currency)


def usage_order(given: CountedOrder) -> wire.UsageOrderOut:
    return wire.UsageOrderOut(
        id=given.id,
        made_on=given.made,
        connection_id=given.connection.id,
        connection=given.connection.name,
        number=given.number,
        sale_id=given.sale_id,
    )
