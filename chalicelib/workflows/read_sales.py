"""Listing sales: each connection by its mode, with the totals of the whole filter.

Switching a connection's mode only lists other names over the same documents: its days one by one, its months, or its orders.
So the totals of both lists together are the same in every mode. A month that the filter's dates cut is listed whole.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Literal

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import Workspace
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import DAY
from chalicelib.domain.months import MonthKey, MonthVersion, last_of, month_key, month_of
from chalicelib.domain.orders import Order
from chalicelib.domain.persons import Person
from chalicelib.domain.summaries import DocumentSheet, Reading, summarise
from chalicelib.domain.work import DayKey, DocumentVersion
from chalicelib.workflows.books import (
    Books,
    DaySold,
    Figures,
    MonthSold,
    OrderSold,
    Start,
    Summary,
    figures_of,
    is_of,
    orders_in,
    place_of,
    totals_of,
)
from chalicelib.workflows.kept import Kept
from chalicelib.workflows.listed import Document, Listing

LISTED_DAYS = 400
SALES_KEPT_MAX = 20_000
REBUILT_MAX = 2
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OrderPlace = tuple[int, int, str, str]
SummaryPlace = tuple[int, int, str, str, str]

Sort = Literal["-day", "day", "-net", "net", "-orders", "orders"]


class SalesFilter(msgspec.Struct, frozen=True):
    """Both days inside; None leaves that side to the last `LISTED_DAYS` days.

    `status` is the state of a summary, or the channel's word for that of an order.
    """

    connection: str | None = None
    first: date | None = None
    last: date | None = None
    store: str | None = None
    status: str | None = None
    sort: Sort = "-day"

    def has(self, sheet: DocumentSheet) -> bool:
        return self.store is None or sheet.store == self.store

    def lists(self, order: Order) -> bool:
        return self.store in (None, order.store) and self.status in (None, order.status)


class Found(msgspec.Struct, frozen=True):
    """An order number, the sale that holds it in its connection's mode, and that sale's day.

    `corrects` is the order's own day if that was locked when it came: the sale then holds it in a correction.
    """

    number: str
    day: date
    sale_id: str
    connection: Connection
    corrects: date | None = None


class SalesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the sales of a filter, and the totals of all of them. `next` is where the next page begins.

    `count` is of the listed type, `summaries` and `individuals` are of both.
    """

    sales: tuple[Summary, ...] = ()
    orders_listed: tuple[OrderSold, ...] = ()
    reading: Reading
    totals: tuple[Figures, ...]
    count: int
    summaries: int
    individuals: int
    orders: int
    found: tuple[Found, ...] = ()
    searched_from: date | None = None
    next: str | None = None


class Filtered(msgspec.Struct, frozen=True):
    """The documents of a filter: days of connections that list them, of those with individual sales, and months."""

    days: list[DaySold]
    individual: list[DaySold]
    months: list[MonthSold]

    @property
    def individuals(self) -> int:
        return sum(orders_in(sale.sheet) for sale in self.individual)


class Placed(msgspec.Struct, frozen=True):
    """Sales by where they stand in their list, and what all of them come to."""

    sales: list[tuple[SummaryPlace, Summary]]
    totals: tuple[Figures, ...]
    orders: int
    summaries: int
    individuals: int


class Opened(msgspec.Struct, frozen=True):
    """An order of a day that was opened for it."""

    key: DayKey
    connection: Connection
    version: DocumentVersion
    order: Order

    @property
    def place(self) -> OrderPlace:
        """Where it stands in a list that begins with the newest: by day, then by the instant it was placed."""
        placed = (self.order.placed_at - EPOCH) // timedelta(microseconds=1)
        return -self.key.day.toordinal(), -placed, self.connection.id, self.order.id


class ReadSales:
    """Lists sales of one workspace at a time. What a list is made of has a name, by which the list is kept."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._placed: Kept[Placed] = Kept(SALES_KEPT_MAX, lambda placed: 1 + len(placed.sales))

    def page(
        self, workspace: Workspace, asked: SalesFilter, *, after: str | None, limit: int, start: Start | None = None
    ) -> SalesPage:
        """The filter's summary sales, sorted as it says, from behind the place `after`. Raises TornRead."""
        reading = workspace.reading
        placed = self._list(workspace, asked, start, individual=False)
        place = msgspec.json.decode(after, type=SummaryPlace) if after else None
        first = bisect_right(placed.sales, place, key=itemgetter(0)) if place is not None else 0
        shown = [sale for _, sale in placed.sales[first : first + limit]]
        more = len(placed.sales) > first + limit
        return SalesPage(
            sales=self._checked(shown),
            reading=reading,
            totals=placed.totals,
            count=placed.summaries,
            summaries=placed.summaries,
            individuals=placed.individuals,
            orders=placed.orders,
            next=msgspec.json.encode(placed.sales[first + limit - 1][0]).decode() if more else None,
        )

    def individual(self, workspace: Workspace, asked: SalesFilter, *, after: str | None, limit: int) -> SalesPage:
        """The filter's individual sales, newest first, from behind the place `after`. Raises TornRead.

        Only the days that the page is made of are opened; totals and counts are those of the day documents. With a status
        days that have other orders beside are opened for them. Raises RequestError for another sort than by day.
        """
        if asked.sort != "-day":
            raise errors.RequestError("Individual sales are listed by day.", {"sort": "Choose the newest day first."})
        placed = self._list(workspace, asked, None, individual=True)
        place = msgspec.json.decode(after, type=OrderPlace) if after else None
        shown: list[Opened] = []
        more = False
        for day, sales in groupby(placed.sales, key=lambda each: each[0][0]):
            if place is not None and day < place[0]:
                continue
            if len(shown) == limit:
                more = any(orders_in(sale.sheet) for _, sale in sales)
                if more:
                    break
                continue
            opened = [each for each in self._orders([sale for _, sale in sales]) if asked.lists(each.order)]
            rest = sorted((each for each in opened if place is None or each.place > place), key=lambda each: each.place)
            left = limit - len(shown)
            shown += rest[:left]
            if len(rest) > left:
                more = True
                break
        return SalesPage(
            orders_listed=tuple(self._sold(shown)),
            reading=workspace.reading,
            totals=placed.totals,
            count=placed.individuals,
            summaries=placed.summaries,
            individuals=placed.individuals,
            orders=placed.orders,
            next=msgspec.json.encode(shown[-1].place).decode() if more else None,
        )

    def _list(self, workspace: Workspace, asked: SalesFilter, start: Start | None, *, individual: bool) -> Placed:
        """The filter's sales of that type in the order that it says. Raises TornRead."""
        reading = workspace.reading
        first, last = self.first(asked), self.last(asked)
        start = start or self._books.start(workspace.id, first, last)
        connections = _asked(start, asked)
        by_month = any(each.settings.summary == "month" for each in connections.values())
        bounds = (month_of(first), last_of(month_of(last))) if by_month else (first, last)
        listing = self._books.listed.list(workspace.id, *bounds, start.touches) if connections else Listing((), [])
        name = None
        if listing.name is not None and not by_month and not (individual and asked.status):
            shown = (workspace.id, asked, reading, individual, first, last, tuple(connections.values()))
            name = (msgspec.msgpack.encode(shown), listing.name)

        def place() -> Placed:
            filtered = self._filtered(asked, reading, connections, listing.documents)
            if not individual:
                every: list[Summary] = [*filtered.days, *filtered.months]
                summaries = [sale for sale in every if _is_in(sale, asked)]
                return _placed(summaries, asked.sort, reading, len(summaries), filtered.individuals)
            if asked.status is not None:
                of_status = list(self._of_status(filtered.individual, asked.status))
                filtered = msgspec.structs.replace(filtered, individual=of_status)
            summaries_count = len(filtered.days) + len(filtered.months)
            return _placed(filtered.individual, asked.sort, reading, summaries_count, filtered.individuals)

        return self._placed.made(name, place)

    # -- what the filter has

    def _filtered(
        self, asked: SalesFilter, reading: Reading, connections: dict[str, Connection], documents: Sequence[Document]
    ) -> Filtered:
        """The documents of the filter, each connection's by its mode, that show something. Raises TornRead."""
        first, last = self.first(asked), self.last(asked)
        filtered = Filtered([], [], [])
        months: dict[MonthKey, list[Document]] = {}
        for key, version in documents:
            connection = connections.get(key.connection)
            if connection is None:
                continue
            mode = connection.settings.summary
            if mode == "month":
                months.setdefault(month_key(key), []).append((key, version))
            elif first <= key.day <= last:
                listed = filtered.individual if mode == "individual" else filtered.days
                sales = _days_sold(connection, key, version)
                listed += [sale for sale in sales if asked.has(sale.sheet) and not sale.sheet.is_blank(reading)]
        filtered.months.extend(sale for sale in self._months(months, connections) if asked.has(sale.sheet))
        return filtered

    def days(self, workspace: str, asked: SalesFilter) -> list[DaySold]:
        """The day documents of the filter in whatever mode, newest first."""
        first, last = self.first(asked), self.last(asked)
        start = self._books.start(workspace, first, last)
        connections = _asked(start, asked)
        if not connections:
            return []
        listing = self._books.listed.list(workspace, first, last, start.touches)
        sales = (
            sale
            for key, version in listing.documents
            if key.connection in connections
            for sale in _days_sold(connections[key.connection], key, version)
        )
        return sorted((sale for sale in sales if asked.has(sale.sheet)), key=place_of)

    def _months(
        self, documents: dict[MonthKey, list[Document]], connections: dict[str, Connection]
    ) -> Iterator[MonthSold]:
        """Yield the months' sales. Of those that are behind the newest `REBUILT_MAX` are built anew; what the rest come to
        is told by their documents, and they wait for a later reader."""
        if not documents:
            return
        months = self._books.months
        (workspace,) = {key.workspace for key in documents}
        built = months.list(workspace, min(key.month for key in documents), max(key.month for key in documents))
        through = {id_: self._books.read_through(connections[id_]) for id_ in {key.connection for key in documents}}
        rebuilt = 0
        for key in sorted(documents, key=lambda key: key.month, reverse=True):
            connection, record = connections[key.connection], built.get(key)
            version: MonthVersion | None
            if record is not None and not record.behind:
                version = record.live
            elif rebuilt < REBUILT_MAX:
                rebuilt += 1
                version = months.read(connection, key.month)
            else:
                version = months.unbuilt(record, key, documents[key])
            if version is not None:
                for sheet in version.sheets:
                    yield MonthSold(key, connection, version, sheet, through[key.connection])

    def first(self, asked: SalesFilter) -> date:
        return asked.first or self._books.now().date() - timedelta(days=LISTED_DAYS)

    def last(self, asked: SalesFilter) -> date:
        # East of UTC it may be tomorrow already.
        return asked.last or self._books.now().date() + DAY

    def _checked(self, sales: Sequence[Summary]) -> tuple[Summary, ...]:
        """The sales, those of days with the instant at which the channel last confirmed them."""
        days = {sale.key for sale in sales if isinstance(sale, DaySold)}
        checked = self._books.checked(days) if days else {}
        return tuple(
            msgspec.structs.replace(sale, checked_at=checked.get(sale.key, 0)) if isinstance(sale, DaySold) else sale
            for sale in sales
        )

    # -- orders

    def _of_status(self, sales: Iterable[DaySold], status: str) -> Iterator[DaySold]:
        """The sales as far as their orders have this status, with all that happened to those. Raises TornRead."""
        for sale in sales:
            words = {word for word, _ in sale.sheet.statuses}
            if words == {status}:
                yield sale
            elif not words or status in words:
                listed = [each.order for each in self._orders([sale]) if is_of(each.order, sale.sheet)]
                if orders := [order for order in listed if order.status == status]:
                    yield msgspec.structs.replace(sale, sheet=_sheet_of(orders, sale.key, sale.connection))

    def _orders(self, sales: Sequence[Summary]) -> Iterator[Opened]:
        """All orders of some sales of one day. Raises TornRead."""
        listed = {sale.key: sale for sale in sales if isinstance(sale, DaySold)}
        documents = [(key, listed[key].version) for key in sorted(listed)]
        for key, version, revision in self._books.revisions_of(documents):
            for order in self._books.revisions.orders(key, revision):
                yield Opened(key, listed[key].connection, version, order)

    def _sold(self, opened: Sequence[Opened]) -> Iterator[OrderSold]:
        """Opened orders as sales of their own, with who bought."""
        persons = self._books.names_on({each.key for each in opened if each.connection.keeps_persons})
        for each in opened:
            person = persons.get(each.key, {}).get(each.order.id)
            yield order_sold(each.key, each.connection, each.version, each.order, person)


def _placed(sales: Sequence[Summary], sort: Sort, reading: Reading, summaries: int, individuals: int) -> Placed:
    return Placed(
        sorted(((_sorted_place(sale, sort, reading), sale) for sale in sales), key=itemgetter(0)),
        totals_of((sale.sheet for sale in sales), reading),
        sum(sale.sheet.sales.count for sale in sales),
        summaries,
        individuals,
    )


def _asked(start: Start, asked: SalesFilter) -> dict[str, Connection]:
    """The visible connections that the filter is about."""
    return {id_: each for id_, each in start.visible.items() if asked.connection in (None, id_)}


def _is_in(sale: Summary, asked: SalesFilter) -> bool:
    return asked.status is None or sale.version.state == asked.status


def _sorted_place(sale: Summary, sort: Sort, reading: Reading) -> SummaryPlace:
    """Where a sale stands in a list sorted so; what is alike is listed as by default."""
    place = place_of(sale)
    by = sort.removeprefix("-")
    if by == "day":
        first = -place[0]
    else:
        first = figures_of(sale.sheet, reading).net_sales if by == "net" else sale.sheet.sales.count
    return -first if sort.startswith("-") else first, *place


def _days_sold(connection: Connection, key: DayKey, version: DocumentVersion) -> list[DaySold]:
    return [DaySold(key, connection, version, sheet) for sheet in version.sheets]


def orders_sold(
    books: Books, key: DayKey, connection: Connection, version: DocumentVersion, orders: Iterable[Order]
) -> Iterable[OrderSold]:
    """Orders of a day's document as sales of their own."""
    persons = books.names(key)
    for order in orders:
        yield order_sold(key, connection, version, order, persons.get(order.id))


def order_sold(
    key: DayKey, connection: Connection, version: DocumentVersion, order: Order, person: Person | None
) -> OrderSold:
    return OrderSold(key, connection, version, order, _sheet_of([order], key, connection), person)


def _sheet_of(orders: Sequence[Order], key: DayKey, connection: Connection) -> DocumentSheet:
    """What orders of one store and currency come to, with all that happened to them under both readings."""
    (sheet,) = summarise(orders, key.day, connection.calendar).sheets()
    return DocumentSheet(
        **{name: getattr(sheet, name) for name in sheet.__struct_fields__ if name != "events"},
        event_day=sheet.events,
        order_day=sheet.events,
        skus=len(sheet.sales.lines),
        no_sku=sum(line.sku is None for line in sheet.sales.lines),
    )
