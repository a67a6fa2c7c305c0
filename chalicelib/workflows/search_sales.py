"""Finding an order by its number: in the day, the month or the sale of its own that holds it, by its connection's mode."""

from collections.abc import Iterator
from datetime import date

import msgspec

from chalicelib.domain.months import month_key
from chalicelib.domain.orders import Order
from chalicelib.domain.summaries import DocumentSheet, Sheet, number_in
from chalicelib.domain.work import DayKey
from chalicelib.workflows.books import (
    Books,
    DaySold,
    MonthSold,
    OrderSold,
    Summary,
    is_of,
    place_of,
    sale_id_of,
    totals_of,
)
from chalicelib.workflows.read_sales import Found, ReadSales, SalesFilter, SalesPage, orders_sold

OPENED_MAX = 20
FOUND_MAX = 50


class Hit(msgspec.Struct, frozen=True):
    """An order and the day's sale that holds it; with `corrects`, as part of what is corrected there of that locked day."""

    order: Order
    sale: DaySold
    corrects: date | None = None


class SearchSales:
    """Searches order numbers of one workspace at a time."""

    def __init__(self, books: Books, lists: ReadSales) -> None:
        self._books = books
        self._lists = lists

    def search(self, workspace: str, asked: SalesFilter, text: str) -> SalesPage:
        """The sales that hold an order of this number: exactly this one, or else those whose numbers begin with it."""
        hits, searched_from = self.hits(workspace, asked, text)
        return self._page(workspace, hits[:FOUND_MAX], searched_from=searched_from)

    def hits(self, workspace: str, asked: SalesFilter, text: str) -> tuple[list[Hit], date]:
        """The orders of this number, newest day first, and the first day that was looked at. Raises TornRead.

        Only days whose numbers can include it are opened, newest first, and not more than `OPENED_MAX` of them.
        """
        days = self._lists.days(workspace, asked)
        wanted = plain(text)
        number = number_in(wanted)
        exact = [sale for sale in days if sale.sheet.low <= number <= sale.sheet.high]
        places = {place_of(sale) for sale in exact}
        begun = [sale for sale in days if place_of(sale) not in places and _may_begin(number, sale.sheet)]
        found: list[Hit] = []
        beginning: list[Hit] = []
        opened = exact[:OPENED_MAX]
        for hit in (*self._hits(opened, wanted), *self._late_hits(days, wanted)):
            (found if plain(hit.order.number) == wanted else beginning).append(hit)
        if not found:
            rest = begun[: OPENED_MAX - len(opened)]
            opened += rest
            beginning += self._hits(rest, wanted)
            found = sorted(beginning, key=lambda hit: place_of(hit.sale))
        left = len(opened) < len(exact) + (0 if found else len(begun))
        return found, min(sale.key.day for sale in opened) if left and opened else self._lists.first(asked)

    def _hits(self, sales: list[DaySold], wanted: str) -> Iterator[Hit]:
        """Yield the orders of these sales whose numbers begin so. Raises TornRead."""
        for sale in sales:
            for order in self._books.orders(sale.key, sale.version)[1]:
                if is_of(order, sale.sheet) and plain(order.number).startswith(wanted):
                    yield Hit(order, sale)

    def _late_hits(self, days: list[DaySold], wanted: str) -> Iterator[Hit]:
        """Yield such orders of locked days that came when those were locked: no document lists them, a correction sums them.

        Once a later lock has closed the correcting day too, its correction stays and is part of the next one, so the oldest tells.
        """
        revisions = self._books.revisions
        carriers: dict[DayKey, list[DaySold]] = {}
        for sale in reversed(days):
            if sale.version.corrections:
                carriers.setdefault(sale.key, []).append(sale)
        named = [
            (msgspec.structs.replace(key, day=day), attempt, sales)
            for key, sales in carriers.items()
            for day, attempt in sales[0].version.corrections
        ][-OPENED_MAX:]
        read = revisions.read_many((day, attempt) for day, attempt, _ in named)
        told: set[tuple[str, str]] = set()
        for day, attempt, sales in named:
            revision = read.get((day, attempt))
            if revision is None or not any(_may_begin(number_in(wanted), sheet) for sheet in revision.sheets):
                continue
            found = [order for order in revisions.orders(day, revision) if plain(order.number).startswith(wanted)]
            listed = self._books.orders(day, self._books.documents.read(day))[1] if found else ()
            known = {order.id for order in listed}
            for order in found:
                carrier = next((each for each in sales if is_of(order, each.sheet)), None)
                name = (day.connection, order.id)
                if carrier and order.excluded is None and order.id not in known and name not in told:
                    told.add(name)
                    yield Hit(order, carrier, day.day)

    def _page(self, workspace: str, hits: list[Hit], *, searched_from: date) -> SalesPage:
        """What was found, by the mode of its connection."""
        sales: dict[str, Summary] = {}
        orders: list[OrderSold] = []
        found = []
        for hit in hits:
            day = hit.sale
            mode = day.connection.settings.summary
            sale_id = sale_id_of(day.connection, day.key, hit.order)
            if mode == "individual" and hit.corrects is None:
                orders += orders_sold(self._books, day.key, day.connection, day.version, [hit.order])
            elif mode == "month":
                if sale_id not in sales:
                    sales[sale_id] = self._month(day)
            else:
                sale_id = day.id
                sales[sale_id] = day
            found.append(Found(hit.order.number, day.key.day, sale_id, day.connection, hit.corrects))
        reading = self._books.reading(workspace)
        sheets = [sale.sheet for sale in (*sales.values(), *orders)]
        return SalesPage(
            sales=tuple(sales.values()),
            orders_listed=tuple(orders),
            reading=reading,
            totals=totals_of(sheets, reading),
            count=len(sheets),
            summaries=len(sales),
            individuals=len(orders),
            orders=sum(sheet.sales.count for sheet in sheets),
            found=tuple(found),
            searched_from=searched_from,
        )

    def _month(self, day: DaySold) -> MonthSold:
        return self._books.month(month_key(day.key), day.connection, day.sheet.store, day.sheet.currency)


def plain(number: str) -> str:
    """An order number as people type it: without the sign in front, in one case."""
    return number.strip().lstrip("#").casefold()


def _may_begin(number: int, sheet: DocumentSheet | Sheet) -> bool:
    """Whether a number between the sheet's bounds can begin with the digits of `number`."""
    if sheet.low < 0:
        return True
    low = high = number
    while 0 <= low <= sheet.high:
        if high >= sheet.low:
            return True
        low, high = low * 10, high * 10 + 9
    return False
