"""Routes of usage and of the orders that it counts, as JSON and as CSV."""

from chalice.app import Response

from chalicelib import bootstrap
from chalicelib.domain.accounts import SignedIn
from chalicelib.entrypoints import csv_columns, csv_out, show, wire
from chalicelib.entrypoints.http import Role, api, bound_to, may, next_page, page
from chalicelib.entrypoints.visit import Visit
from chalicelib.workflows.list_counted import CountedFilter


@api.route("/v1/usage", methods=["GET"])
@may(Role.VIEWER)
def usage(visit: Visit, who: SignedIn) -> wire.UsageOut | Response:
    """Orders counted in the plan year in which we are: each counts once, ever, however often it is synced."""
    system = bootstrap.system()
    shown = show.usage(system.read_usage.read(system.change.read_workspace(who.workspace)))
    if visit.wants_csv:
        rows = [("month", each.month, each.orders) for each in shown.months]
        rows += [("connection", each.name, each.orders) for each in shown.connections]
        rows += [("overage", each.currency, each.orders) for each in (shown.overage,) if each]
        return csv_out.answer(visit, ("usage", shown.year_from.isoformat()), csv_columns.USAGE, rows, None)
    return shown


@api.route("/v1/usage/orders", methods=["GET"])
@may(Role.VIEWER)
def usage_orders(visit: Visit, who: SignedIn, query: wire.UsageOrdersQuery) -> wire.UsageOrdersOut | Response:
    """The orders that usage counts, newest first: as many as it says."""
    system = bootstrap.system()
    asked = CountedFilter(connection=query.connection, month=query.month, text=query.q.strip())
    bound = bound_to(who, visit, query)
    as_csv = visit.wants_csv
    found = system.list_counted.page(
        system.change.read_workspace(who.workspace),
        asked,
        after=page(bound, query.cursor),
        limit=csv_out.ROWS if as_csv else query.limit,
    )
    items = tuple(map(show.usage_order, found.orders))
    next_ = next_page(bound, found.next)
    if as_csv:
        return csv_out.answer(visit, ("usage", "orders", query.month), csv_columns.USAGE_ORDERS, items, next_)
    return wire.UsageOrdersOut(items=items, count=found.count, next=next_)
