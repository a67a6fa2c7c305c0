"""The shapes of reports.

Plain integers of money are minor units of the currency that is named beside them; there is one entry for each currency, the
workspace's own first. `net` is net sales: sales less discounts, with what happened to orders under the workspace's reading.
`quantity` is in pieces. Null stands for what is not compared.
"""

from datetime import date
from typing import Literal

import msgspec

from chalicelib.entrypoints.wire import PageQuery
from chalicelib.entrypoints.wire_sales import FiguresOut

RangeName = Literal["7d", "30d", "90d", "week", "month", "last-month", "quarter", "last-quarter", "year", "custom"]
Compare = Literal["previous", "year", "none"]
By = Literal["day", "week", "month"]


class DaysOut(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """A range, both ends inside."""

    from_: date
    to: date


class ReportOut(msgspec.Struct, frozen=True, kw_only=True):
    """What every report says of itself: the range it is about, and what it is compared with.

    `periods` are the first days of the days, weeks or months that the range is cut into. `through_day` is the last day whose
    figures are in, null if there is none.
    """

    range: DaysOut
    previous: DaysOut | None
    by: By
    periods: tuple[date, ...]
    through_day: date | None


class SumOut(msgspec.Struct, frozen=True):
    net: int
    orders: int
    quantity: float


class SeriesOut(msgspec.Struct, frozen=True):
    """Net sales of one connection, one value a period."""

    connection_id: str
    name: str
    colour: int
    values: tuple[int, ...]


class SalesByPeriodOut(msgspec.Struct, frozen=True, kw_only=True):
    """One currency. `previous` stands beside `series`: net sales of the range before, one value a period of now."""

    currency: str
    series: tuple[SeriesOut, ...]
    rows: tuple[SumOut, ...]
    previous: tuple[int, ...] | None
    total: SumOut
    previous_total: SumOut | None
    figures: FiguresOut


class SalesReportOut(ReportOut, frozen=True, kw_only=True):
    """`GET /v1/reports/sales?range=&from=&to=&compare=&connection=&by=`."""

    currencies: tuple[SalesByPeriodOut, ...]


class SkuRowOut(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU; lines without one stay apart by their title."""

    sku: str | None
    name: str
    quantity: float
    net: int
    previous_quantity: float | None
    previous_net: int | None


class SkuOthersOut(msgspec.Struct, frozen=True, kw_only=True):
    """Those that are not shown, all together."""

    skus: int
    quantity: float
    net: int
    previous_net: int | None


class SkusOut(msgspec.Struct, frozen=True):
    currency: str
    rows: tuple[SkuRowOut, ...]
    others: SkuOthersOut


class SkusReportOut(ReportOut, frozen=True, kw_only=True):
    """`GET /v1/reports/skus?by=net|quantity`: the first 25, what they are ranked by falling."""

    currencies: tuple[SkusOut, ...]


class ChannelRowOut(msgspec.Struct, frozen=True, kw_only=True):
    """One store of a connection; `values` is its net sales by period."""

    connection_id: str
    connection: str
    colour: int
    store: str
    net: int
    orders: int
    quantity: float
    values: tuple[int, ...]
    previous_net: int | None
    previous_orders: int | None


class ChannelsOut(msgspec.Struct, frozen=True):
    currency: str
    rows: tuple[ChannelRowOut, ...]
    total: SumOut
    previous_total: SumOut | None


class ChannelsReportOut(ReportOut, frozen=True, kw_only=True):
    """`GET /v1/reports/channels`, most net sales first."""

    currencies: tuple[ChannelsOut, ...]


class StateRowOut(msgspec.Struct, frozen=True):
    """`state` is a state of the United States by its two letters; outside of them a country; empty where nobody told."""

    state: str
    net: int
    orders: int
    previous_net: int | None


class StatesOut(msgspec.Struct, frozen=True, kw_only=True):
    """One currency. `rows` are states; `outside` is all other countries together, one by one in `countries`."""

    currency: str
    rows: tuple[StateRowOut, ...]
    unknown: StateRowOut
    outside: StateRowOut
    countries: tuple[StateRowOut, ...]


class StatesReportOut(ReportOut, frozen=True, kw_only=True):
    """`GET /v1/reports/states`, most net sales first: where orders went, by what their shops tell."""

    currencies: tuple[StatesOut, ...]


class CustomerRowOut(msgspec.Struct, frozen=True, kw_only=True):
    """One customer: a name with its region. `new` is one who bought in the range for the first time that we know of."""

    customer: str
    region: str
    orders: int
    net: int
    first_day: date
    last_day: date
    new: bool


class CustomersOut(msgspec.Struct, frozen=True, kw_only=True):
    """One currency. `unnamed` are orders of which no customer is kept."""

    currency: str
    rows: tuple[CustomerRowOut, ...]
    customers: int
    new_customers: int
    named: SumOut
    unnamed: SumOut


class CustomersReportOut(ReportOut, frozen=True, kw_only=True):
    """`GET /v1/reports/customers`: orders placed in the range, with all that happened to them since; the first 100.

    Only of connections with individual sales; where there is none: 409 `needs-individual`.
    """

    currencies: tuple[CustomersOut, ...]


# --- what may be asked


class ReportQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """`from` and `to` are those of a custom range. `by` absent: days, or weeks where the range is longer than 93 days."""

    range: RangeName = "30d"
    compare: Compare = "previous"
    from_: date | None = None
    to: date | None = None
    connection: str | None = None


class PeriodReportQuery(ReportQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    by: By | None = None


class SkusQuery(ReportQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    by: Literal["net", "quantity"] = "net"
