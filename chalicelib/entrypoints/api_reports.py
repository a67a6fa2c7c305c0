"""Routes of reports, as JSON and as CSV."""

from collections.abc import Sequence

from chalice.app import Response

from chalicelib import bootstrap
from chalicelib.domain.accounts import SignedIn
from chalicelib.entrypoints import csv_columns, csv_out, show_reports, wire_reports
from chalicelib.entrypoints.http import Role, api, bound_to, may, next_page, signed_in_lately_as_owner
from chalicelib.entrypoints.show_sales import store_name
from chalicelib.entrypoints.visit import Visit
from chalicelib.workflows.read_reports import Read, ReportAsked


@api.route("/v1/reports/sales", methods=["GET"])
@may(Role.VIEWER)
def report_sales(
    visit: Visit, who: SignedIn, query: wire_reports.PeriodReportQuery
) -> wire_reports.SalesReportOut | Response:
    """Net sales, orders and units by day, week or month, by connection, beside the range before."""
    read = _read(who, query, query.by)
    found = bootstrap.system().read_reports.sales(read)
    if visit.wants_csv:
        rows = [
            (each.currency, day, _Named(store.connection.name, store_name(store.connection, store.store)), sum_)
            for each in found
            for place, day in enumerate(read.frame.periods.firsts)
            for store in each.stores
            for sum_ in (show_reports.sum_(store.periods[place]),)
        ]
        return _csv(visit, who, query, "sales", csv_columns.SALES_REPORT, rows, read)
    return wire_reports.SalesReportOut(
        **show_reports.frame(read.frame), currencies=tuple(map(show_reports.sales, found))
    )


@api.route("/v1/reports/skus", methods=["GET"])
@may(Role.VIEWER)
def report_skus(visit: Visit, who: SignedIn, query: wire_reports.SkusQuery) -> wire_reports.SkusReportOut | Response:
    """The SKUs that sold best, by net sales or by quantity; as CSV all of them."""
    read = _read(who, query)
    reports, by_quantity = bootstrap.system().read_reports, query.by == "quantity"
    if visit.wants_csv:
        every = reports.skus(read, by_quantity=by_quantity, shown=None)
        rows = [(each.currency, show_reports.sku(row)) for each in every for row in each.rows]
        return _csv(visit, who, query, "skus", csv_columns.SKUS_REPORT, rows, read)
    found = reports.skus(read, by_quantity=by_quantity)
    return wire_reports.SkusReportOut(**show_reports.frame(read.frame), currencies=tuple(map(show_reports.skus, found)))


@api.route("/v1/reports/channels", methods=["GET"])
@may(Role.VIEWER)
def report_channels(
    visit: Visit, who: SignedIn, query: wire_reports.PeriodReportQuery
) -> wire_reports.ChannelsReportOut | Response:
    """Net sales, orders and units of each store of each connection."""
    read = _read(who, query, query.by)
    found = tuple(map(show_reports.channels, bootstrap.system().read_reports.sales(read)))
    if visit.wants_csv:
        rows = [(each.currency, row) for each in found for row in each.rows]
        return _csv(visit, who, query, "channels", csv_columns.CHANNELS_REPORT, rows, read)
    return wire_reports.ChannelsReportOut(**show_reports.frame(read.frame), currencies=found)


@api.route("/v1/reports/states", methods=["GET"])
@may(Role.VIEWER)
def report_states(
    visit: Visit, who: SignedIn, query: wire_reports.ReportQuery
) -> wire_reports.StatesReportOut | Response:
    """Net sales and orders by state of the United States, and by country outside of them."""
    read = _read(who, query)
    found = tuple(map(show_reports.states, bootstrap.system().read_reports.regions(read)))
    if visit.wants_csv:
        rows = [
            (each.currency, place, row)
            for each in found
            for place, listed in (("state", each.rows), ("unknown", (each.unknown,)), ("country", each.countries))
            for row in listed
        ]
        return _csv(visit, who, query, "states", csv_columns.STATES_REPORT, rows, read)
    return wire_reports.StatesReportOut(**show_reports.frame(read.frame), currencies=found)


@api.route("/v1/reports/customers", methods=["GET"])
@may(Role.VIEWER)
def report_customers(
    visit: Visit, who: SignedIn, query: wire_reports.ReportQuery
) -> wire_reports.CustomersReportOut | Response:
    """Who bought, most net sales first. Each look is kept in the audit; as CSV it is for the owner, signed in lately."""
    system = bootstrap.system()
    as_csv = visit.wants_csv
    if as_csv:
        signed_in_lately_as_owner(who)
    read = _read(who, query)
    found = tuple(
        map(show_reports.customers, system.read_customers.customers(read, **({"shown": None} if as_csv else {})))
    )
    whole = read.frame.whole
    system.change.note_look(
        who, f"customers of {_named(read)} from {whole.first} to {whole.last}{', exported' if as_csv else ''}"
    )
    if as_csv:
        rows = [(each.currency, row) for each in found for row in each.rows]
        return _csv(visit, who, query, "customers", csv_columns.CUSTOMERS_REPORT, rows, read)
    return wire_reports.CustomersReportOut(**show_reports.frame(read.frame), currencies=found)


def _named(read: Read) -> str:
    """The connections whose customers are in a report."""
    return ", ".join(sorted(each.name for each in read.connections.values() if each.keeps_persons))


class _Named:
    """A store by the names that people know."""

    def __init__(self, connection: str, store: str) -> None:
        self.connection = connection
        self.store = store


def _read(who: SignedIn, query: wire_reports.ReportQuery, by: wire_reports.By | None = None) -> Read:
    system = bootstrap.system()
    asked = ReportAsked(
        range=query.range,
        compare=query.compare,
        first=query.from_,
        last=query.to,
        connection=query.connection,
        by=by,
    )
    return system.read_reports.read(system.change.read_workspace(who.workspace), asked)


def _csv(
    visit: Visit,
    who: SignedIn,
    query: wire_reports.ReportQuery,
    name: str,
    columns: csv_out.Columns,
    rows: Sequence[object],
    read: Read,
) -> Response:
    bound = bound_to(who, visit, query)
    shown, place = csv_out.part(bound, query.cursor, rows)
    days = (read.frame.whole.first.isoformat(), read.frame.whole.last.isoformat())
    return csv_out.answer(visit, ("report", name, *days), columns, shown, next_page(bound, place))
