"""Routes of sales and of the activity, as JSON and as CSV."""

from chalice.app import Response

from chalicelib import bootstrap, errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.activity import LEVELS
from chalicelib.entrypoints import csv_columns, csv_out, show, show_sales, wire, wire_sales
from chalicelib.entrypoints.http import Role, api, bound_to, may, next_page, page, signed_in_lately_as_owner
from chalicelib.entrypoints.visit import Visit
from chalicelib.workflows.books import OrderSold, Sale
from chalicelib.workflows.read_activity import ActivityFilter
from chalicelib.workflows.read_sales import SalesFilter


@api.route("/v1/sales", methods=["GET"])
@may(Role.VIEWER)
def sales(visit: Visit, who: SignedIn, query: wire_sales.SalesQuery) -> wire_sales.SalesOut | Response:
    """Sales, newest first, with the totals of the whole filter; or where an order number is. As CSV those of one type;
    customers are among them for the owner, signed in lately."""
    asked = SalesFilter(
        connection=query.connection,
        first=query.from_,
        last=query.to,
        store=query.store,
        status=query.status,
        sort=query.sort,
    )
    system = bootstrap.system()
    bound = bound_to(who, visit, query)
    as_csv = visit.wants_csv
    after = page(bound, query.cursor)
    if query.q:
        if not any(map(str.isalnum, query.q)):
            raise errors.RequestError("That is no order number.", {"q": "Type the number as it is on the order."})
        found = system.search_sales.search(who.workspace, asked, query.q)
    else:
        read = system.read_sales.individual if query.type == "individual" else system.read_sales.page
        limit = csv_out.ROWS if as_csv else query.limit
        found = read(system.change.read_workspace(who.workspace), asked, after=after, limit=limit)
    next_ = next_page(bound, found.next)
    items = tuple(show_sales.sale(each, found.reading) for each in found.sales)
    listed = _order_sales(found.orders_listed)
    exported = as_csv and query.type == "individual" and query.persons
    if exported:
        signed_in_lately_as_owner(who)
    if exported or not as_csv:
        _note_look(who, found.orders_listed, exported=exported)
    if as_csv and query.type == "summary":
        return csv_out.answer(visit, ("sales",), csv_columns.SALES, items, next_)
    if as_csv:
        columns = csv_columns.ORDERS_WITH_PERSONS if exported else csv_columns.ORDERS
        return csv_out.answer(visit, ("individual-sales",), columns, listed, next_)
    return wire_sales.SalesOut(
        items=items,
        orders_listed=listed,
        totals=tuple(map(show_sales.figures, found.totals)),
        count=found.count,
        counts=wire_sales.SalesCounts(summary=found.summaries, individual=found.individuals),
        orders=found.orders,
        found_in=tuple(map(show_sales.found, found.found)),
        searched_from=found.searched_from,
        next=next_,
    )


def _order_sales(orders: tuple[OrderSold, ...]) -> tuple[wire_sales.OrderSaleOut, ...]:
    """The orders, each with the other connection through which it came, if it did."""
    mirrors = bootstrap.system().mirrors
    also: dict[tuple[str, str], str] = {}
    for connection in {sold.connection.id: sold.connection for sold in orders}.values():
        own = [(sold.key.day, sold.order) for sold in orders if sold.connection.id == connection.id]
        also |= {(connection.id, id_): other for id_, other in mirrors.also_in(connection, own).items()}
    return tuple(show_sales.order_sale(sold, also.get((sold.connection.id, sold.order.id))) for sold in orders)


def _note_look(who: SignedIn, orders: tuple[OrderSold, ...], *, exported: bool) -> None:
    """Keep that these orders are looked at, if one of them says who bought."""
    if all(sold.person is None for sold in orders):
        return
    names = ", ".join(sorted({sold.connection.name for sold in orders}))
    days = sorted(sold.key.day for sold in orders)
    looked_at = f"order {orders[0].order.number} of {names}, {days[0]}"
    if len(orders) > 1:
        looked_at = f"{len(orders)} orders of {names} from {days[0]} to {days[-1]}"
    bootstrap.system().change.note_look(who, looked_at + (", exported" if exported else ""))


@api.route("/v1/sales/{sale}", methods=["GET"])
@may(Role.VIEWER)
def sale(who: SignedIn, sale: str) -> wire_sales.SaleDetailOut:
    """One sale with its figures under both readings, and what its last version changed."""
    opened = bootstrap.system().read_sale.one(who.workspace, sale)
    if isinstance(opened.sale, OrderSold):
        _note_look(who, (opened.sale,), exported=False)
    return show_sales.sale_detail(opened)


@api.route("/v1/sales/{sale}/lines", methods=["GET"])
@may(Role.VIEWER)
def sale_lines(visit: Visit, who: SignedIn, sale: str, query: wire.PageQuery) -> wire_sales.SaleLinesOut | Response:
    """A sale's lines by SKU: what was sold, then what came back."""
    bound = bound_to(who, visit, query, sale)
    of, lines, place = bootstrap.system().read_sale.lines(
        who.workspace, sale, after=page(bound, query.cursor), limit=_limit(visit, query)
    )
    items = tuple(map(show_sales.sale_line, lines))
    if visit.wants_csv:
        columns = csv_columns.lines_of(of.sheet.currency)
        return csv_out.answer(visit, _name(of, "lines"), columns, items, next_page(bound, place))
    return wire_sales.SaleLinesOut(items=items, currency=of.sheet.currency, next=next_page(bound, place))


@api.route("/v1/sales/{sale}/orders", methods=["GET"])
@may(Role.VIEWER)
def sale_orders(visit: Visit, who: SignedIn, sale: str, query: wire.PageQuery) -> wire_sales.SaleOrdersOut | Response:
    """A sale's order numbers, in the order in which they were placed."""
    bound = bound_to(who, visit, query, sale)
    of, orders, place = bootstrap.system().read_sale.orders(
        who.workspace, sale, after=page(bound, query.cursor), limit=_limit(visit, query)
    )
    also = bootstrap.system().mirrors.also_in(of.connection, [(each.key.day, each.order) for each in orders])
    items = tuple(show_sales.sale_order(each, also.get(each.order.id)) for each in orders)
    if visit.wants_csv:
        columns = csv_columns.orders_of(of.sheet.currency)
        return csv_out.answer(visit, _name(of, "orders"), columns, items, next_page(bound, place))
    return wire_sales.SaleOrdersOut(items=items, currency=of.sheet.currency, next=next_page(bound, place))


@api.route("/v1/sales/{sale}/versions", methods=["GET"])
@may(Role.VIEWER)
def sale_versions(visit: Visit, who: SignedIn, sale: str, query: wire.PageQuery) -> wire_sales.VersionsOut | Response:
    """A sale's versions, newest first, each with what it changed."""
    bound = bound_to(who, visit, query, sale)
    of, versions, place = bootstrap.system().sale_versions.page(
        who.workspace, sale, after=page(bound, query.cursor), limit=_limit(visit, query)
    )
    items = tuple(map(show_sales.version, versions))
    if visit.wants_csv:
        columns = csv_columns.versions_of(of.sheet.currency)
        return csv_out.answer(visit, _name(of, "versions"), columns, items, next_page(bound, place))
    return wire_sales.VersionsOut(items=items, currency=of.sheet.currency, next=next_page(bound, place))


@api.route("/v1/sales/{sale}/versions/{version}", methods=["GET"])
@may(Role.VIEWER)
def sale_version(who: SignedIn, sale: str, version: str) -> wire_sales.VersionDiffOut:
    """What one version of a sale changed: figures, orders, and lines by SKU."""
    return show_sales.version_diff(bootstrap.system().sale_versions.one(who.workspace, sale, version))


@api.route("/v1/activity", methods=["GET"])
@may(Role.VIEWER)
def activity(visit: Visit, who: SignedIn, query: wire.ActivityQuery) -> wire.ActivityListOut | Response:
    """What happened, newest first. `after` is the id of a line: then only newer ones. Counts are by level, 1,000 at most."""
    system = bootstrap.system()
    asked = ActivityFilter(
        zone=system.change.read_workspace(who.workspace).time_zone,
        levels=query.level or LEVELS,
        connection=query.connection,
        first=query.from_,
        last=query.to,
        text=query.q,
        after=query.after,
    )
    bound = bound_to(who, visit, query)
    lines, place = system.read_activity.page(
        who.workspace, asked, before=page(bound, query.cursor), limit=_limit(visit, query)
    )
    items = tuple(map(show.line, lines))
    if visit.wants_csv:
        return csv_out.answer(visit, ("activity",), csv_columns.ACTIVITY, items, next_page(bound, place))
    return wire.ActivityListOut(
        items=items,
        counts=wire.ActivityCounts(**system.read_activity.counts(who.workspace, asked)),
        next=next_page(bound, place),
    )


def _limit(visit: Visit, query: wire.PageQuery) -> int:
    return csv_out.ROWS if visit.wants_csv else query.limit


def _name(of: Sale, what: str) -> tuple[str, ...]:
    """A file's name from the sale's day and connection."""
    return "sale", of.days[0].isoformat(), of.connection.id, what
