"""Routes of sales, of the activity, and of usage."""

from chalicelib import bootstrap, errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.activity import LEVELS
from chalicelib.domain.sales import parse_sale_id
from chalicelib.entrypoints import show, wire
from chalicelib.entrypoints.http import Role, Visit, api, bound_to, may, next_page, page
from chalicelib.workflows.read_activity import ActivityFilter
from chalicelib.workflows.read_sales import SalesFilter


@api.route("/v1/sales", methods=["GET"])
@may(Role.VIEWER)
def sales(visit: Visit, who: SignedIn, query: wire.SalesQuery) -> wire.SalesOut:
    """Summary sales, newest day first, with the totals of the whole filter; or where an order number is."""
    asked = SalesFilter(connection=query.connection, first=query.from_, last=query.to)
    read = bootstrap.system().read_sales
    bound = bound_to(who, visit, query)
    if query.q:
        if not any(map(str.isalnum, query.q)):
            raise errors.RequestError("That is no order number.", {"q": "Type the number as it is on the order."})
        found = read.search(who.workspace, asked, query.q)
    else:
        found = read.page(who.workspace, asked, after=page(bound, query.cursor), limit=query.limit)
    return wire.SalesOut(
        items=tuple(map(show.sale, found.sales)),
        totals=tuple(map(show.figures, found.totals)),
        count=found.count,
        orders=found.orders,
        found_in=tuple(map(show.found, found.found)),
        searched_from=found.searched_from,
        next=next_page(bound, found.next),
    )


@api.route("/v1/sales/{sale}", methods=["GET"])
@may(Role.VIEWER)
def sale(who: SignedIn, sale: str) -> wire.SaleDetailOut:
    """One sale with its figures under both readings, and what its last version changed."""
    return show.sale_detail(bootstrap.system().read_sales.one(who.workspace, sale))


@api.route("/v1/sales/{sale}/lines", methods=["GET"])
@may(Role.VIEWER)
def sale_lines(visit: Visit, who: SignedIn, sale: str, query: wire.PageQuery) -> wire.SaleLinesOut:
    """A sale's lines by SKU: what was sold, then what came back."""
    bound = bound_to(who, visit, query, sale)
    lines, place = bootstrap.system().read_sales.lines(
        who.workspace, sale, after=page(bound, query.cursor), limit=query.limit
    )
    items = tuple(map(show.sale_line, lines))
    return wire.SaleLinesOut(items=items, currency=_currency(who, sale), next=next_page(bound, place))


@api.route("/v1/sales/{sale}/orders", methods=["GET"])
@may(Role.VIEWER)
def sale_orders(visit: Visit, who: SignedIn, sale: str, query: wire.PageQuery) -> wire.SaleOrdersOut:
    """A sale's order numbers, in the order in which they were placed."""
    bound = bound_to(who, visit, query, sale)
    orders, place = bootstrap.system().read_sales.orders(
        who.workspace, sale, after=page(bound, query.cursor), limit=query.limit
    )
    items = tuple(map(show.sale_order, orders))
    return wire.SaleOrdersOut(items=items, currency=_currency(who, sale), next=next_page(bound, place))


@api.route("/v1/activity", methods=["GET"])
@may(Role.VIEWER)
def activity(visit: Visit, who: SignedIn, query: wire.ActivityQuery) -> wire.ActivityListOut:
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
    lines, place = system.read_activity.page(who.workspace, asked, before=page(bound, query.cursor), limit=query.limit)
    return wire.ActivityListOut(
        items=tuple(map(show.line, lines)),
        counts=wire.ActivityCounts(**system.read_activity.counts(who.workspace, asked)),
        next=next_page(bound, place),
    )


@api.route("/v1/usage", methods=["GET"])
@may(Role.VIEWER)
def usage(who: SignedIn) -> wire.UsageOut:
    """Orders counted in the plan year in which we are: each counts once, ever, however often it is synced."""
    system = bootstrap.system()
    return show.usage(system.read_usage.read(system.change.read_workspace(who.workspace)))


def _currency(who: SignedIn, sale: str) -> str:
    return parse_sale_id(who.workspace, sale)[2]
