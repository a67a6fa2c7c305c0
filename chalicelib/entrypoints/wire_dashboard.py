"""The shapes of the dashboard: all that its page shows, in one answer. Money as in reports."""

from datetime import date
from typing import Literal

import msgspec

from chalicelib.entrypoints.wire import ConnectionOut, UsageOut
from chalicelib.entrypoints.wire_reports import Compare, RangeName, ReportOut, SalesByPeriodOut, SkusOut
from chalicelib.entrypoints.wire_sales import SaleOut


class KpiOut(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a currency, with the range before and one value a period. `average_order` is net sales by orders, rounded
    half away from zero, null where there are none; `net_sales` and `average_order` are minor units, `units` pieces."""

    name: Literal["net_sales", "orders", "units", "average_order"]
    value: int | float | None
    previous: int | float | None
    spark: tuple[int | float | None, ...]


class KpisOut(msgspec.Struct, frozen=True):
    currency: str
    items: tuple[KpiOut, ...]


class ProblemOut(msgspec.Struct, frozen=True):
    """What needs the merchant."""

    kind: Literal["sign_in_needed", "failing", "allotment"]
    text: str
    connection_id: str | None


class DashboardOut(ReportOut, frozen=True, kw_only=True):
    """`GET /v1/dashboard?range=&from=&to=&compare=`. `kpis`, `sales` and `skus` have one entry for each currency, the
    workspace's own first; `latest` are the newest five summaries."""

    kpis: tuple[KpisOut, ...]
    sales: tuple[SalesByPeriodOut, ...]
    latest: tuple[SaleOut, ...]
    connections: tuple[ConnectionOut, ...]
    skus: tuple[SkusOut, ...]
    usage: UsageOut
    problems: tuple[ProblemOut, ...]


class DashboardQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """As that of reports."""

    range: RangeName = "30d"
    compare: Compare = "previous"
    from_: date | None = None
    to: date | None = None
