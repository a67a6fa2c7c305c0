"""Listing sales: each connection by its mode, with the totals of the whole filter.

Switching a connection's mode only lists other names over the same documents: its days one by one, its months, or its orders.
So the totals of both lists together are the same in every mode. A month that the filter's dates cut is listed whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Literal

import msgspec

from chalicelib import errors
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
    Summary,
    figures_of,
    is_of,
    orders_in,
    place_of,
    totals_of,
)

LISTED_DAYS = 400
REBUILT_MAX = 6
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OrderPlace = tuple[int, int, str, str]
SummaryPlace = tuple[int, int, str, str, str]
Document = tuple[DayKey, DocumentVersion]


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

    def lists(self, sale: OrderSold) -> bool:
        return self.store in (None, sale.order.store) and self.status in (None, sale.order.status)


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
    def summaries(self) -> list[Summary]:
        """What the list of summaries has, newest first."""
        return sorted([*self.days, *self.months], key=place_of)

    @property
    def individuals(self) -> int:
        return sum(orders_in(sale.sheet) for sale in self.individual)


class ReadSales:
    """Lists sales of one workspace at a time."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def page(self, workspace: str, asked: SalesFilter, *, after: str | None, limit: int) -> SalesPage:
        """The filter's summary sales, sorted as it says, from behind the place `after`. Raises TornRead."""
        reading = self._books.reading(workspace)
        filtered = self.filtered(workspace, asked, reading)
        placed = sorted(
            ((_sorted_place(sale, asked.sort, reading), sale) for sale in filtered.summaries if _is_in(sale, asked)),
            key=itemgetter(0),
        )
        sales = [sale for _, sale in placed]
        place = msgspec.json.decode(after, type=SummaryPlace) if after else None
        rest = placed if place is None else [each for each in placed if each[0] > place]
        shown = [sale for _, sale in rest[:limit]]
        return SalesPage(
            sales=self._checked(shown),
            reading=reading,
            totals=totals_of((sale.sheet for sale in sales), reading),
            count=len(sales),
            summaries=len(sales),
            individuals=filtered.individuals,
            orders=sum(sale.sheet.sales.count for sale in sales),
            next=msgspec.json.encode(rest[limit - 1][0]).decode() if len(rest) > limit else None,
        )

    def individual(self, workspace: str, asked: SalesFilter, *, after: str | None, limit: int) -> SalesPage:
        """The filter's individual sales, newest first, from behind the place `after`. Raises TornRead.

        Only the days that the page is made of are opened; totals and counts are those of the day documents. With a status
        days that have other orders beside are opened for them. Raises RequestError for another sort than by day.
        """
        if asked.sort != "-day":
            raise errors.RequestError("Individual sales are listed by day.", {"sort": "Choose the newest day first."})
        reading = self._books.reading(workspace)
        filtered = self.filtered(workspace, asked, reading)
        if asked.status is not None:
            individual = list(self._of_status(filtered.individual, asked.status))
            filtered = msgspec.structs.replace(filtered, individual=individual)
        place = msgspec.json.decode(after, type=OrderPlace) if after else None
        days = _by_day(sale for sale in filtered.individual if place is None or _day_place(sale) >= place[0])
        shown: list[OrderSold] = []
        more = False
        for sales in days:
            if len(shown) == limit:
                more = any(orders_in(sale.sheet) for sale in sales)
                if more:
                    break
                continue
            orders = sorted(filter(asked.lists, self._orders(sales)), key=order_place)
            orders = orders if place is None else [order for order in orders if order_place(order) > place]
            left = limit - len(shown)
            shown += orders[:left]
            if len(orders) > left:
                more = True
                break
        return SalesPage(
            orders_listed=tuple(shown),
            reading=reading,
            totals=totals_of((sale.sheet for sale in filtered.individual), reading),
            count=filtered.individuals,
            summaries=len(filtered.days) + len(filtered.months),
            individuals=filtered.individuals,
            orders=sum(sale.sheet.sales.count for sale in filtered.individual),
            next=msgspec.json.encode(order_place(shown[-1])).decode() if more else None,
        )

    # -- what the filter has

    def filtered(self, workspace: str, asked: SalesFilter, reading: Reading) -> Filtered:
        """The documents of the filter, each connection's by its mode, that show something. Raises TornRead."""
        connections = self._asked(workspace, asked)
        first, last = self.first(asked), self.last(asked)
        filtered = Filtered([], [], [])
        months: dict[MonthKey, list[Document]] = {}
        by_month = any(each.settings.summary == "month" for each in connections.values())
        bounds = (month_of(first), last_of(month_of(last))) if by_month else (first, last)
        for key, version in self._documents(workspace, connections, *bounds):
            mode = connections[key.connection].settings.summary
            if mode == "month":
                months.setdefault(month_key(key), []).append((key, version))
            elif first <= key.day <= last:
                listed = filtered.individual if mode == "individual" else filtered.days
                sales = _days_sold(connections[key.connection], key, version)
                listed += [sale for sale in sales if asked.has(sale.sheet) and not sale.sheet.is_blank(reading)]
        filtered.months.extend(sale for sale in self._months(workspace, months, connections) if asked.has(sale.sheet))
        return filtered

    def days(self, workspace: str, asked: SalesFilter) -> list[DaySold]:
        """The day documents of the filter in whatever mode, newest first."""
        connections = self._asked(workspace, asked)
        documents = self._documents(workspace, connections, self.first(asked), self.last(asked))
        sales = (sale for key, version in documents for sale in _days_sold(connections[key.connection], key, version))
        return sorted((sale for sale in sales if asked.has(sale.sheet)), key=place_of)

    def _asked(self, workspace: str, asked: SalesFilter) -> dict[str, Connection]:
        connections = self._books.connections(workspace)
        if asked.connection is None:
            return connections
        return {id_: each for id_, each in connections.items() if id_ == asked.connection}

    def _documents(
        self, workspace: str, connections: dict[str, Connection], first: date, last: date
    ) -> Iterator[Document]:
        """Yield the live documents of these connections, oldest day first."""
        if connections:
            for key, version in self._books.listed.list(workspace, first, last):
                if key.connection in connections:
                    yield key, version

    def _months(
        self, workspace: str, documents: dict[MonthKey, list[Document]], connections: dict[str, Connection]
    ) -> Iterator[MonthSold]:
        """Yield the months' sales. Of those that are behind the newest `REBUILT_MAX` are built anew; what the rest come to
        is told by their documents, and they wait for a later reader."""
        if not documents:
            return
        months = self._books.months
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
        heads = self._books.heads(days) if days else {}
        return tuple(
            msgspec.structs.replace(sale, checked_at=heads[sale.key].checked_at)
            if isinstance(sale, DaySold) and sale.key in heads
            else sale
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

    def _orders(self, sales: Sequence[DaySold]) -> Iterable[OrderSold]:
        """All orders of some sales of one day. Raises TornRead."""
        for key in sorted({sale.key for sale in sales}):
            connection = next(sale.connection for sale in sales if sale.key == key)
            listed = next(sale.version for sale in sales if sale.key == key)
            version, orders = self._books.orders(key, listed)
            if version is not None:
                yield from orders_sold(self._books, key, connection, version, orders)


def _is_in(sale: Summary, asked: SalesFilter) -> bool:
    return asked.status is None or sale.version.state == asked.status


def _sorted_place(sale: Summary, sort: Sort, reading: Reading) -> SummaryPlace:
    """Where a sale stands in a list sorted so; what is alike is listed as by default."""
    place = place_of(sale)
    own = {"day": -place[0], "net": figures_of(sale.sheet, reading).net_sales, "orders": sale.sheet.sales.count}
    first = own[sort.removeprefix("-")]
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


def order_place(sale: OrderSold) -> OrderPlace:
    """Where an order stands in a list that begins with the newest: by day, then by the instant it was placed."""
    placed = (sale.order.placed_at - EPOCH) // timedelta(microseconds=1)
    return -sale.key.day.toordinal(), -placed, sale.connection.id, sale.order.id


def _day_place(sale: DaySold) -> int:
    return -sale.key.day.toordinal()


def _by_day(sales: Iterable[DaySold]) -> list[list[DaySold]]:
    """The sales in groups of one day each, newest first."""
    groups: dict[date, list[DaySold]] = {}
    for sale in sales:
        groups.setdefault(sale.key.day, []).append(sale)
    return [groups[day] for day in sorted(groups, reverse=True)]
