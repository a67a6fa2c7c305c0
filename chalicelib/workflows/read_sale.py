"""One sale: its figures, the version before it, its lines and its order numbers. Of a day, of a month, or of one order."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

import msgspec

from chalicelib import errors
from chalicelib.domain.connections import Connection
from chalicelib.domain.corrections import shown_reading
from chalicelib.domain.orders import Order
from chalicelib.domain.sales import DaySale, MonthSale, OrderSale, parse_sale_id
from chalicelib.domain.summaries import DocumentSheet, Reading, Section, SkuSales
from chalicelib.domain.work import DayKey
from chalicelib.workflows.books import Books, DaySold, Figures, MonthSold, OrderSold, Sale, figures_of, is_of, sheet_of
from chalicelib.workflows.read_sales import order_sold

SectionName = Literal["sales", "events"]
LinePlace = tuple[bool, bool, bool, str, str, str]


class Opened(msgspec.Struct, frozen=True):
    """A sale, the reading in force, and what the version before it came to under that, for a day that has one."""

    sale: Sale
    reading: Reading
    before: Figures | None


class Line(msgspec.Struct, frozen=True):
    """One SKU of a section; the last line of a section may be `unallocated`: money without items, its amount in `unallocated`."""

    section: SectionName
    sku: SkuSales
    unallocated: int = 0

    @property
    def place(self) -> LinePlace:
        sku = self.sku
        return self.section == "events", bool(self.unallocated), sku.sku is None, sku.sku or "", sku.item, sku.title


class Listed(msgspec.Struct, frozen=True):
    """An order of a sale, with its day."""

    key: DayKey
    order: Order

    @property
    def place(self) -> tuple[date, datetime, str]:
        return self.key.day, self.order.placed_at, self.order.id


class ReadSale:
    """Reads one sale of one workspace at a time. An id that names nothing there raises NotFound, whyever it does not."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def one(self, workspace: str, id_: str) -> Opened:
        """The sale with its totals, and the version before it. Raises NotFound, TornRead."""
        sale = self.sale(workspace, id_)
        frozen = None if isinstance(sale, MonthSold) else sale.version.frozen
        reading = shown_reading(frozen, self._books.reading(workspace))
        sheet = self._before(sale)
        return Opened(self._checked(sale), reading, figures_of(sheet, reading) if sheet else None)

    def sale(self, workspace: str, id_: str) -> Sale:
        """The sale without lines; an order's has them. Raises NotFound, TornRead."""
        name = parse_sale_id(workspace, id_)
        connection = self._books.connection(workspace, name.key.connection)
        if isinstance(name, DaySale):
            return self._books.day(name.key, connection, name.store, name.currency)
        if isinstance(name, MonthSale):
            return self._books.month(name.key, connection, name.store, name.currency)
        return self._order(name, connection)

    def lines(self, workspace: str, id_: str, *, after: str | None, limit: int) -> tuple[Sale, list[Line], str | None]:
        """The sale's lines by SKU, sales before events, and where the next page begins. Raises NotFound, TornRead."""
        sale = self.sale(workspace, id_)
        sheet = self._sheet(sale)
        lines = [*_lines(sheet.sales, "sales"), *_lines(sheet.events(self._books.reading(workspace)), "events")]
        place = msgspec.json.decode(after, type=LinePlace) if after else None
        rest = lines if place is None else [line for line in lines if line.place > place]
        shown, more = rest[:limit], len(rest) > limit
        return sale, shown, msgspec.json.encode(shown[-1].place).decode() if more else None

    def orders(
        self, workspace: str, id_: str, *, after: str | None, limit: int
    ) -> tuple[Sale, list[Listed], str | None]:
        """The sale's orders by day and the instant they were placed, and where the next page begins.

        Of a month, only the days that the page is made of are opened. Raises NotFound, TornRead.
        """
        sale = self.sale(workspace, id_)
        place = msgspec.json.decode(after, type=tuple[date, datetime, str]) if after else None
        found: list[Listed] = []
        for listed in self._listed(sale, place[0] if place else date.min):
            found += [each for each in listed if place is None or each.place > place]
            if len(found) > limit:
                break
        shown, more = found[:limit], len(found) > limit
        return sale, shown, msgspec.json.encode(shown[-1].place).decode() if more else None

    def _listed(self, sale: Sale, first: date) -> Iterable[list[Listed]]:
        """The orders of a sale from day `first` on, a day at a time."""
        if isinstance(sale, OrderSold):
            yield [Listed(sale.key, sale.order)]
            return
        days = self._books.month_days(sale.key) if isinstance(sale, MonthSold) else [(sale.key, sale.version)]
        for key, version in days:
            if key.day >= first and sheet_of(version.sheets, sale.sheet.store, sale.sheet.currency):
                orders = self._books.orders(key, version)[1]
                yield [Listed(key, order) for order in orders if is_of(order, sale.sheet)]

    def _sheet(self, sale: Sale) -> DocumentSheet:
        """The sale's sheet with its lines. Raises NotFound, TornRead."""
        if isinstance(sale, OrderSold):
            return sale.sheet
        months, documents = self._books.months, self._books.documents
        opened = months.sheets(sale.key) if isinstance(sale, MonthSold) else documents.sheets(sale.key)
        sheet = sheet_of(opened[1], sale.sheet.store, sale.sheet.currency) if opened else None
        if sheet is None:
            raise errors.NotFound("There is no such sale.")
        return sheet

    def _order(self, name: OrderSale, connection: Connection) -> OrderSold:
        version, orders = self._books.orders(name.key, self._books.documents.read(name.key))
        for order in orders:
            if order.id == name.order and version is not None:
                person = self._books.names(name.key).get(order.id)
                return order_sold(name.key, connection, version, order, person)
        raise errors.NotFound("There is no such sale.")

    def _before(self, sale: Sale) -> DocumentSheet | None:
        """A day's sheet in the version before its live one. What versions of months changed, `sale_versions` tells."""
        if not isinstance(sale, DaySold):
            return None
        versions = self._books.documents.versions(sale.key)
        next(versions, None)
        before = next(versions, None)
        return sheet_of(before.sheets, sale.sheet.store, sale.sheet.currency) if before else None

    def _checked(self, sale: Sale) -> Sale:
        """A day's sale with the instant at which the channel last confirmed it."""
        if isinstance(sale, MonthSold | OrderSold):
            return sale
        return msgspec.structs.replace(sale, checked_at=self._books.checked([sale.key]).get(sale.key, 0))


def _lines(section: Section, name: SectionName) -> list[Line]:
    lines = [Line(name, sku) for sku in section.lines]
    if section.amounts.unallocated:
        title = "Unallocated refund" if name == "events" else "Unallocated"
        lines.append(Line(name, SkuSales(None, "", title, 0, 0, 0, 0), section.amounts.unallocated))
    return lines
