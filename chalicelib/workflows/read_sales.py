"""Reading sales: the list with its totals, one sale with its lines and order numbers, and the search for an order number.

A sale is one store and currency of a day's document. Readers see whole documents or none; what belongs to a connection that is
parting is not there, and neither is what belongs to another workspace.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.connections import Connection
from chalicelib.domain.orders import NOTHING, Amounts, Order
from chalicelib.domain.sales import parse_sale_id, sale_id
from chalicelib.domain.summaries import DocumentSheet, Reading, Section, SkuSales, number_in
from chalicelib.domain.work import DayKey, DocumentVersion

if TYPE_CHECKING:
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.revisions import Revisions

LISTED_DAYS = 400
OPENED_MAX = 20
FOUND_MAX = 50
READS_MAX = 3


class Figures(msgspec.Struct, frozen=True):
    """Sales and what happened to them, in one currency."""

    currency: str
    sales: Amounts
    events: Amounts
    quantity_milli: int

    @property
    def net_sales(self) -> int:
        return self.sales.net + self.events.net

    @property
    def total(self) -> int:
        return self.sales.total + self.events.total


class Sale(msgspec.Struct, frozen=True):
    """One store and currency of a day's document."""

    key: DayKey
    connection: Connection
    version: DocumentVersion
    sheet: DocumentSheet

    @property
    def id(self) -> str:
        return sale_id(self.key, self.sheet.store, self.sheet.currency)

    @property
    def place(self) -> tuple[int, str, str, str]:
        """Where it stands in a list that begins with the newest day."""
        return -self.key.day.toordinal(), self.key.connection, self.sheet.store, self.sheet.currency

    def figures(self, reading: Reading = "event_day") -> Figures:
        events = self.sheet.events(reading)
        quantity = self.sheet.sales.quantity_milli + events.quantity_milli
        return Figures(self.sheet.currency, self.sheet.sales.amounts, events.amounts, quantity)


class SalesFilter(msgspec.Struct, frozen=True):
    """Both days inside; None leaves that side to the last `LISTED_DAYS` days."""

    connection: str | None = None
    first: date | None = None
    last: date | None = None


class Found(msgspec.Struct, frozen=True):
    """An order number and the sale that holds it."""

    number: str
    sale: Sale


class SalesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the sales of a filter, and the totals of all of them. `next` is where the next page begins."""

    sales: tuple[Sale, ...]
    totals: tuple[Figures, ...]
    count: int
    orders: int
    found: tuple[Found, ...] = ()
    searched_from: date | None = None
    next: str | None = None


class Opened(msgspec.Struct, frozen=True):
    """A sale with all its lines, and the version before it if there is one."""

    sale: Sale
    before: Sale | None


class Line(msgspec.Struct, frozen=True):
    """One SKU of a sale; `events` tells what was sold from what came back."""

    events: bool
    sku: SkuSales


class ReadSales:
    """Reads sales for one workspace at a time. `now` gives aware UTC instants."""

    def __init__(
        self,
        *,
        documents: "Documents",
        revisions: "Revisions",
        connections: "Connections",
        now: Callable[[], datetime],
    ) -> None:
        self._documents = documents
        self._revisions = revisions
        self._connections = connections
        self._now = now

    # -- the list

    def page(self, workspace: str, asked: SalesFilter, *, after: str | None, limit: int) -> SalesPage:
        """The filter's sales, newest day first, from behind the place `after`."""
        sales = self._filtered(workspace, asked)
        place = msgspec.json.decode(after, type=tuple[int, str, str, str]) if after else None
        rest = sales if place is None else [sale for sale in sales if sale.place > place]
        shown = tuple(rest[:limit])
        more = len(rest) > limit
        return SalesPage(
            sales=shown,
            totals=_totals(sales),
            count=len(sales),
            orders=sum(sale.sheet.sales.count for sale in sales),
            next=msgspec.json.encode(shown[-1].place).decode() if more else None,
        )

    def _filtered(self, workspace: str, asked: SalesFilter) -> list[Sale]:
        """All sales of the filter, newest day first."""
        connections = self._readable(workspace)
        if asked.connection is not None:
            connections = {id_: each for id_, each in connections.items() if id_ == asked.connection}
        if not connections:
            return []
        documents = self._documents.list(workspace, self._first(asked), self._last(asked))
        sales = [
            Sale(day, connections[day.connection], version, sheet)
            for day, version in documents
            if day.connection in connections
            for sheet in version.sheets
        ]
        sales.sort(key=lambda sale: sale.place)
        return sales

    def _readable(self, workspace: str) -> dict[str, Connection]:
        """Connections whose data may be seen: paired, or parted with their data kept."""
        return {each.id: each for each in self._connections.list(workspace) if each.state != "parting"}

    def _first(self, asked: SalesFilter) -> date:
        return asked.first or self._now().date() - timedelta(days=LISTED_DAYS)

    def _last(self, asked: SalesFilter) -> date:
        # East of UTC it may be tomorrow already.
        return asked.last or self._now().date() + timedelta(days=1)

    # -- the search

    def search(self, workspace: str, asked: SalesFilter, text: str) -> SalesPage:
        """The sales that hold an order of this number: exactly this one, or else those whose numbers begin with it.

        Only days whose numbers can include it are opened, newest first, and not more than `OPENED_MAX` of them.
        """
        sales = self._filtered(workspace, asked)
        wanted = _plain(text)
        number = number_in(wanted)
        exact = [sale for sale in sales if sale.sheet.low <= number <= sale.sheet.high]
        places = {sale.place for sale in exact}
        begun = [sale for sale in sales if sale.place not in places and _may_begin(number, sale.sheet)]
        found, beginning = [], []
        opened = exact[:OPENED_MAX]
        for sale in opened:
            for order in self._orders(sale):
                if _plain(order.number) == wanted:
                    found.append(Found(order.number, sale))
                elif _plain(order.number).startswith(wanted):
                    beginning.append(Found(order.number, sale))
        if not found:
            rest = begun[: OPENED_MAX - len(opened)]
            opened += rest
            for sale in rest:
                beginning += [
                    Found(order.number, sale) for order in self._orders(sale) if _plain(order.number).startswith(wanted)
                ]
            found = sorted(beginning, key=lambda hit: hit.sale.place)
        left = len(opened) < len(exact) + (0 if found else len(begun))
        hits = {hit.sale.place: hit.sale for hit in found[:FOUND_MAX]}
        return SalesPage(
            sales=tuple(hits.values()),
            totals=_totals(list(hits.values())),
            count=len(hits),
            orders=sum(sale.sheet.sales.count for sale in hits.values()),
            found=tuple(found[:FOUND_MAX]),
            searched_from=opened[-1].key.day if left and opened else self._first(asked),
        )

    # -- one sale

    def one(self, workspace: str, id_: str) -> Opened:
        """The sale with its totals, and the version before it. Raises NotFound."""
        key, store, currency = self._named(workspace, id_)
        versions = self._documents.versions(key)
        live = next(versions, None)
        sale = self._sale_of(key, live, store, currency)
        if sale is None:
            raise errors.NotFound("There is no such sale.")
        return Opened(sale, self._sale_of(key, next(versions, None), store, currency))

    def lines(self, workspace: str, id_: str, *, after: str | None, limit: int) -> tuple[list[Line], str | None]:
        """The sale's lines by SKU, sales before events, and where the next page begins. Raises NotFound, TornRead."""
        key, store, currency = self._named(workspace, id_)
        opened = self._documents.sheets(key)
        sheets = opened[1] if opened else ()
        sheet = next((each for each in sheets if (each.store, each.currency) == (store, currency)), None)
        if sheet is None:
            raise errors.NotFound("There is no such sale.")
        lines = [*_lines(sheet.sales, events=False), *_lines(sheet.event_day, events=True)]
        place = msgspec.json.decode(after, type=tuple[bool, bool, str, str, str]) if after else None
        rest = lines if place is None else [line for line in lines if _line_place(line) > place]
        shown = rest[:limit]
        return shown, msgspec.json.encode(_line_place(shown[-1])).decode() if len(rest) > limit else None

    def orders(self, workspace: str, id_: str, *, after: str | None, limit: int) -> tuple[list[Order], str | None]:
        """The sale's orders by the instant they were placed, and where the next page begins. Raises NotFound, TornRead."""
        sale = self.one(workspace, id_).sale
        orders = list(self._orders(sale))
        place = msgspec.json.decode(after, type=tuple[datetime, str]) if after else None
        rest = orders if place is None else [order for order in orders if (order.placed_at, order.id) > place]
        shown = rest[:limit]
        last = (shown[-1].placed_at, shown[-1].id) if len(rest) > limit else None
        return shown, msgspec.json.encode(last).decode() if last else None

    def _named(self, workspace: str, id_: str) -> tuple[DayKey, str, str]:
        key, store, currency = parse_sale_id(workspace, id_)
        if key.connection not in self._readable(workspace):
            raise errors.NotFound("There is no such sale.")
        return key, store, currency

    def _sale_of(self, key: DayKey, version: DocumentVersion | None, store: str, currency: str) -> Sale | None:
        if version is None:
            return None
        connection = self._connections.get(key.workspace, key.connection)
        sheets = (each for each in version.sheets if (each.store, each.currency) == (store, currency))
        sheet = next(sheets, None)
        return Sale(key, connection, version, sheet) if connection and sheet else None

    def _orders(self, sale: Sale) -> Iterator[Order]:
        """The orders of the sale's store and currency; read anew if the day moves on meanwhile. Raises TornRead."""
        version: DocumentVersion | None = sale.version
        for _ in range(READS_MAX):
            if version is None or version.base is None:
                return
            revision = self._revisions.read(sale.key, version.base)
            if revision is not None:
                for order in self._revisions.orders(sale.key, revision):
                    if (order.store, order.currency) == (sale.sheet.store, sale.sheet.currency):
                        yield order
                return
            version = self._documents.read(sale.key)
        raise errors.TornRead(f"the orders of {sale.key.day} could not be read whole")


def _totals(sales: list[Sale]) -> tuple[Figures, ...]:
    """One total for each currency."""
    totals: dict[str, Figures] = {}
    for sale in sales:
        figures = sale.figures()
        so_far = totals.get(figures.currency, Figures(figures.currency, NOTHING, NOTHING, 0))
        totals[figures.currency] = Figures(
            figures.currency,
            so_far.sales + figures.sales,
            so_far.events + figures.events if figures.events != NOTHING else so_far.events,
            so_far.quantity_milli + figures.quantity_milli,
        )
    return tuple(totals[currency] for currency in sorted(totals))


def _plain(number: str) -> str:
    """An order number as people type it: without the sign in front, in one case."""
    return number.strip().lstrip("#").casefold()


def _may_begin(number: int, sheet: DocumentSheet) -> bool:
    """Whether a number between the sheet's bounds can begin with the digits of `number`."""
    if sheet.low < 0:
        return True
    low = high = number
    while 0 <= low <= sheet.high:
        if high >= sheet.low:
            return True
        low, high = low * 10, high * 10 + 9
    return False


def _lines(section: Section, *, events: bool) -> list[Line]:
    return [Line(events, sku) for sku in section.lines]


def _line_place(line: Line) -> tuple[bool, bool, str, str, str]:
    sku = line.sku
    return line.events, sku.sku is None, sku.sku or "", sku.item, sku.title
