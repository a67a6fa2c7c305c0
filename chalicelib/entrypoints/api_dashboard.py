"""The route of the dashboard."""

from collections.abc import Callable

from chalicelib import bootstrap
from chalicelib.domain.accounts import SignedIn
from chalicelib.entrypoints import show, show_reports, show_sales, wire_dashboard
from chalicelib.entrypoints.http import Role, api, may
from chalicelib.workflows.read_reports import ReportAsked
from chalicelib.workflows.report_rows import CurrencySales, Sum

_FIGURES: tuple[tuple[str, Callable[[Sum], float | None]], ...] = (
    ("net_sales", lambda given: given.net),
    ("orders", lambda given: given.orders),
    ("units", lambda given: given.quantity_milli / show_reports.MILLI),
    ("average_order", lambda given: average_order(given)),
)


@api.route("/v1/dashboard", methods=["GET"])
@may(Role.VIEWER)
def dashboard(who: SignedIn, query: wire_dashboard.DashboardQuery) -> wire_dashboard.DashboardOut:
    """All that the dashboard shows: figures beside the range before, summaries, connections, SKUs, usage and problems."""
    system = bootstrap.system()
    workspace = system.change.read_workspace(who.workspace)
    asked = ReportAsked(range=query.range, compare=query.compare, first=query.from_, last=query.to)
    read = system.read_dashboard.read(workspace, asked)
    return wire_dashboard.DashboardOut(
        **show_reports.frame(read.frame),
        kpis=tuple(map(kpis, read.sales)),
        sales=tuple(map(show_reports.sales, read.sales)),
        latest=tuple(show_sales.sale(each, workspace.reading) for each in read.latest),
        connections=tuple(map(show.connection, read.connections)),
        skus=tuple(map(show_reports.skus, read.skus)),
        usage=show.usage(read.usage),
        problems=tuple(wire_dashboard.ProblemOut(each.kind, each.text, each.connection) for each in read.problems),
    )


def kpis(given: CurrencySales) -> wire_dashboard.KpisOut:
    return wire_dashboard.KpisOut(
        given.currency,
        tuple(
            wire_dashboard.KpiOut(
                name=name,  # type: ignore[arg-type]
                value=read(given.total),
                previous=read(given.before) if given.before else None,
                spark=tuple(map(read, given.periods)),
            )
            for name, read in _FIGURES
        ),
    )


def average_order(given: Sum) -> int | None:
    """Net sales by orders, rounded half away from zero; None without orders."""
    if not given.orders:
        return None
    whole = (2 * abs(given.net) + given.orders) // (2 * given.orders)
    return -whole if given.net < 0 else whole
