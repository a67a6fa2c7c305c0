"""The shapes of sales: lists, one sale with its lines and order numbers, its versions, and the search.

Plain integers of money are minor units of the currency that is named beside them.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

from chalicelib.entrypoints.wire import MoneyOut, PageQuery, Reading

SaleState = Literal["final", "provisional", "empty", "events_only", "open"]


class FiguresOut(msgspec.Struct, frozen=True):
    """The figures of a document, minor units; `net` = gross - discount, `total` by SUMS: everything added up.

    `returns` is what events took back (positive), `net_sales` = net of sales less returns; `quantity` is in pieces.
    """

    currency: str
    gross: int
    discount: int
    returns: int
    net_sales: int
    shipping: int
    fees: int
    duties: int
    tips: int
    tax: int
    gift_cards_sold: int
    unallocated: int
    residual: int
    total: int
    quantity: float


class SaleOut(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A sale of one store and currency: a day's, a month's, or one order of a connection with individual sales.

    `day` is the first of its days, `from` and `to` are both inside. A month is `open` until its last day is final, and its
    figures go through day `through`; `missing_days` up to then are not here or not final yet, `empty_days` had no orders.
    `checked_at` is when the channel last confirmed a day. `frozen`: the period is locked.
    """

    id: str
    type: Literal["day", "month", "order"]
    title: str
    day: date
    from_: date
    to: date
    connection_id: str
    connection: str
    store: str
    currency: str
    orders: int
    skus: int
    quantity: float
    gross: MoneyOut
    net: MoneyOut
    total: MoneyOut
    state: SaleState
    version: int
    flags: tuple[str, ...]
    through: date | None = None
    missing_days: int = 0
    empty_days: int = 0
    checked_at: datetime | None = None
    frozen: bool = False


class OrderSaleOut(msgspec.Struct, frozen=True, kw_only=True):
    """An individual sale: one order. `items` are the pieces sold; `net` and `total` are with what happened to it later.

    `customer` and `region` are null for days that were read before the connection kept them. `excluded` says why the order
    does not count, null if it does; `also_in` is the id of the connection through which it also came, null if of none.
    """

    id: str
    number: str
    placed_at: datetime
    day: date
    connection_id: str
    connection: str
    store: str
    customer: str | None
    region: str | None
    status: str
    excluded: str | None
    items: float
    net: MoneyOut
    total: MoneyOut
    flags: tuple[str, ...]
    also_in: str | None


class FoundIn(msgspec.Struct, frozen=True):
    """An order number that was searched for and the sale that holds it, by the connection's mode: its day, month or own.

    `corrects` is the order's own day if that was locked when the order came: the sale then holds it in a correction."""

    number: str
    sale_id: str
    day: date
    connection: str
    corrects: date | None = None


class SalesCounts(msgspec.Struct, frozen=True):
    """How many sales of each type the filter has."""

    summary: int
    individual: int


class SalesOut(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/sales?type=&q=&connection=&store=&status=&from=&to=&sort=&cursor=&limit=`, newest day first if not said otherwise.

    Type `summary` lists days, or months, of connections that show those, in `items`; `individual` lists the orders of the
    others, in `orders_listed`. `totals` are over the whole filter and that type, one per currency; `count` is the number of
    sales in it, `counts` of both types. `q` searches an order number in every connection (exact first, then prefix) and fills
    `found_in`; `searched_from` is the first day that was looked at. A month that the dates cut is listed whole.
    """

    items: tuple[SaleOut, ...]
    orders_listed: tuple[OrderSaleOut, ...]
    totals: tuple[FiguresOut, ...]
    count: int
    counts: SalesCounts
    orders: int
    found_in: tuple[FoundIn, ...]
    searched_from: date | None
    next: str | None


class DiffOut(msgspec.Struct, frozen=True):
    """What the last version of a day changed, in short; a month has its versions alone."""

    cause: str
    orders_added: int
    orders_removed: int
    orders_changed: int
    numbers: tuple[str, ...]
    total_delta: int
    net_delta: int


class MonthOut(msgspec.Struct, frozen=True):
    """How much of a month is here. `missing` days are not, or not final yet; `empty` ones had neither orders nor events;
    `provisional` is today so far."""

    state: Literal["open", "final"]
    through: date | None
    days_here: int
    missing: tuple[date, ...]
    empty: tuple[date, ...]
    provisional: tuple[date, ...]


class CorrectionOut(msgspec.Struct, frozen=True):
    """An adjustment of a locked day: which day's which version it corrects, and by how much."""

    day: date
    version: int
    total: int


class SaleDetailOut(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/sales/{id}`. `figures` follow the workspace's `reading`; `event_day` and `order_day` are both readings.

    `order` is there for an individual sale, `month` for a month.
    """

    sale: SaleOut
    reading: Reading
    figures: FiguresOut
    event_day: FiguresOut
    order_day: FiguresOut
    refunds: int
    excluded: int
    first_number: str
    last_number: str
    published_at: datetime
    diff: DiffOut | None
    month: MonthOut | None = None
    order: OrderSaleOut | None = None
    corrections: tuple[CorrectionOut, ...] = ()


class SaleLineOut(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU of a sale; `section` is `sales` or `events`. Lines without SKU are last and have `sku` null.

    A line of kind `unallocated` ends its section: money back without items, its amount in `net` alone. `day` is set where a
    line of a month is of one day only.
    """

    section: Literal["sales", "events"]
    kind: Literal["goods", "unallocated"]
    sku: str | None
    title: str
    quantity: float
    gross: int
    discount: int
    net: int
    tax: int
    day: date | None = None


class SaleLinesOut(msgspec.Struct, frozen=True):
    items: tuple[SaleLineOut, ...]
    currency: str
    next: str | None


class SaleOrderOut(msgspec.Struct, frozen=True):
    """One order number of a sale. `excluded` says why it does not count, null if it does. `sale_id` is the order's own sale.

    `also_in` is the id of the connection through which it also came, null if through none.
    """

    number: str
    placed_at: datetime
    status: str
    excluded: str | None
    total: int
    events_total: int
    flags: tuple[str, ...]
    day: date
    sale_id: str
    also_in: str | None


class SaleOrdersOut(msgspec.Struct, frozen=True):
    items: tuple[SaleOrderOut, ...]
    currency: str
    next: str | None


class VersionOut(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a sale; deltas are against the version before it that is still kept, else against nothing."""

    version: int
    published_at: datetime
    cause: str
    cause_text: str
    actor: str
    state: SaleState
    total: int
    total_delta: int
    net_delta: int
    orders_added: int
    orders_removed: int
    orders_changed: int


class VersionsOut(msgspec.Struct, frozen=True):
    """`GET /v1/sales/{id}/versions`, newest first. Versions of a day so far are removed some time after it is final."""

    items: tuple[VersionOut, ...]
    currency: str
    next: str | None


class SkuDeltaOut(msgspec.Struct, frozen=True):
    sku: str | None
    title: str
    quantity_delta: float
    net_delta: int


class VersionDiffOut(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /v1/sales/{id}/versions/{n}`: what a version changed against version `before`, null if that is not kept.

    The orders are named by their numbers; `skus` are those whose quantity or net changed.
    """

    version: int
    before: int | None
    published_at: datetime
    cause: str
    cause_text: str
    actor: str
    currency: str
    figures: FiguresOut
    delta: FiguresOut
    orders_added: tuple[str, ...]
    orders_removed: tuple[str, ...]
    orders_changed: tuple[str, ...]
    skus: tuple[SkuDeltaOut, ...]


class SalesQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """`status` is a state of summary sales, or the channel's word for that of individual ones, which are listed by day only.
    `persons`: as CSV, with the customers of individual sales."""

    type: Literal["summary", "individual"] = "summary"
    q: str = ""
    connection: str | None = None
    store: str | None = None
    status: str | None = None
    from_: date | None = None
    to: date | None = None
    sort: Literal["-day", "day", "-net", "net", "-orders", "orders"] = "-day"
    persons: bool = False
