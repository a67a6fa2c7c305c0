"""Reading the dashboard: everything that its page shows, from one reading of the documents."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Literal

import msgspec

from chalicelib.domain.accounts import Workspace
from chalicelib.workflows.books import Books, Start, Summary
from chalicelib.workflows.read_connections import ConnectionState, ReadConnections
from chalicelib.workflows.read_reports import Frame, ReadReports, ReportAsked
from chalicelib.workflows.read_sales import ReadSales, SalesFilter
from chalicelib.workflows.read_usage import ReadUsage, Usage
from chalicelib.workflows.report_rows import CurrencySales, CurrencySkus

LATEST = 5
LATEST_DAYS = 14
TOP_SKUS = 5
WARN_PERCENT = 80

Kind = Literal["sign_in_needed", "failing", "allotment"]


class Problem(msgspec.Struct, frozen=True):
    """What needs the merchant, in a sentence; of a connection, or of the workspace if None."""

    kind: Kind
    text: str
    connection: str | None


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    frame: Frame
    sales: tuple[CurrencySales, ...]
    skus: tuple[CurrencySkus, ...]
    latest: tuple[Summary, ...]
    connections: tuple[ConnectionState, ...]
    usage: Usage
    problems: tuple[Problem, ...]


class ReadDashboard:
    """Reads the dashboard of one workspace at a time."""

    def __init__(
        self,
        *,
        books: Books,
        reports: ReadReports,
        sales: ReadSales,
        connections: ReadConnections,
        usage: ReadUsage,
    ) -> None:
        self._books = books
        self._reports = reports
        self._sales = sales
        self._connections = connections
        self._usage = usage

    def read(self, workspace: Workspace, asked: ReportAsked) -> Dashboard:
        """All of it; what does not build on each other is read side by side. Raises RequestError, TornRead."""
        with ThreadPoolExecutor(max_workers=3) as beside:
            start = self._books.start(workspace.id)
            reading_connections = beside.submit(self._connections.all, workspace.id, connections=start.connections)
            reading_latest = beside.submit(self._latest, workspace, start)
            reading_usage = beside.submit(self._usage.read, workspace, start)
            read = self._reports.read(workspace, asked, start)
            sales = self._reports.sales(read)
            skus = self._reports.skus(read, shown=TOP_SKUS, compared=False)
            states, usage = tuple(reading_connections.result()), reading_usage.result()
        return Dashboard(
            frame=read.frame,
            sales=sales,
            skus=skus,
            latest=reading_latest.result(),
            connections=states,
            usage=usage,
            problems=(*_of_connections(states), *_of_usage(usage)),
        )

    def _latest(self, workspace: Workspace, start: Start) -> tuple[Summary, ...]:
        """The newest summaries; only where the last days have none the older ones are looked through."""
        first = self._books.now().date() - timedelta(days=LATEST_DAYS)
        for asked in (SalesFilter(first=first), SalesFilter()):
            found = self._sales.page(workspace, asked, after=None, limit=LATEST, start=start)
            if len(found.sales) == LATEST:
                break
        return found.sales


def _of_connections(states: tuple[ConnectionState, ...]) -> list[Problem]:
    kinds: tuple[Kind, ...] = ("sign_in_needed", "failing")
    return [
        Problem(kind, each.detail or f"{each.connection.name} needs you.", each.connection.id)
        for kind in kinds
        for each in states
        if each.state == kind
    ]


def _of_usage(usage: Usage) -> list[Problem]:
    if usage.allotment is None or usage.used * 100 < usage.allotment * WARN_PERCENT:
        return []
    text = f"You have used {usage.used:,} of {usage.allotment:,} orders."
    if usage.used >= usage.allotment:
        text = f"You have used all {usage.allotment:,} orders. Syncing goes on; what comes now is overage."
    return [Problem("allotment", text, None)]
