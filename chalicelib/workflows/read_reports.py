"""Reading reports: what a range of days comes to by period, SKU, channel and region, beside what it is compared with.

Figures are those of the live documents under the workspace's reading, one set for each currency: they are never added. A
document's day is its day in the shop's zone; which days a range has is told by the workspace's own today.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from chalicelib.domain.accounts import Workspace
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import day_of
from chalicelib.domain.ranges import Range
from chalicelib.domain.reports import (
    By,
    Compare,
    Periods,
    RangeName,
    before,
    currencies_in_order,
    default_by,
    periods_of,
    range_named,
)
from chalicelib.domain.summaries import DocumentSheet, Reading, SkuSales
from chalicelib.workflows.books import Books, Figures, Start, figures_in, figures_of
from chalicelib.workflows.goods import Goods
from chalicelib.workflows.kept import Kept
from chalicelib.workflows.listed import Document, Listing
from chalicelib.workflows.report_rows import (
    CurrencyRegions,
    CurrencySales,
    CurrencySkus,
    RegionRow,
    SkuRow,
    StoreSales,
    Sum,
    added,
    size_of_regions,
    size_of_sales,
    size_of_skus,
)

TOP_SKUS = 25
ROWS_KEPT_MAX = 40_000
HOME = "US"

Store = tuple[str, str]  # a connection and one of its stores
ItemKey = tuple[str | None, str, str]


class ReportAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A range by its name, or custom by its days; `connection` None is all of them, `by` None what suits the range."""

    range: RangeName = "30d"
    compare: Compare = "previous"
    first: date | None = None
    last: date | None = None
    connection: str | None = None
    by: By | None = None


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What every report says of itself. `through` is the last day that is in; None where there is none."""

    periods: Periods
    before: Range | None
    through: date | None
    currencies: tuple[str, ...]

    @property
    def whole(self) -> Range:
        return self.periods.whole


class Read(msgspec.Struct, frozen=True):
    """What a report is made from: the documents of both ranges, and whose they are. All of it has one `name`; None says
    nothing of what it has."""

    workspace: Workspace
    frame: Frame
    connections: dict[str, Connection]
    now: list[Document]
    before: list[Document]
    name: tuple[object, ...] | None


class ReadReports:
    """Reads reports for one workspace at a time. What one was made of has a name, by which the report is kept."""

    def __init__(self, books: Books, goods: Goods) -> None:
        self._books = books
        self._goods = goods
        self._reads: Kept[Read] = Kept(ROWS_KEPT_MAX, lambda read: 1 + len(read.now) + len(read.before))
        self._sales: Kept[tuple[CurrencySales, ...]] = Kept(ROWS_KEPT_MAX, size_of_sales)
        self._skus: Kept[tuple[CurrencySkus, ...]] = Kept(ROWS_KEPT_MAX, size_of_skus)
        self._states: Kept[tuple[CurrencyRegions, ...]] = Kept(ROWS_KEPT_MAX, size_of_regions)

    def read(self, workspace: Workspace, asked: ReportAsked, start: Start | None = None) -> Read:
        """The documents that a report is about. Raises RequestError, naming what of the range cannot be."""
        whole, earlier = self.ranges(workspace, asked)
        start = start or self._books.start(workspace.id, (earlier or whole).first, whole.last)
        connections = start.visible
        if asked.connection is not None:
            connections = {id_: each for id_, each in connections.items() if id_ == asked.connection}
        by = asked.by or default_by(whole)
        now, then = (
            self._books.listed.list(workspace.id, part.first, part.last, start.touches)
            if part and connections
            else Listing((), [])
            for part in (whole, earlier)
        )
        name = None
        if now.name is not None and then.name is not None:
            shown = msgspec.msgpack.encode((workspace, tuple(connections.values()), whole, earlier, by))
            name = (shown, now.name, then.name)

        def read() -> Read:
            found, found_before = (
                [(key, version) for key, version in listing.documents if key.connection in connections]
                for listing in (now, then)
            )
            currencies = {sheet.currency for _, version in (*found, *found_before) for sheet in version.sheets}
            frame = Frame(
                periods=periods_of(whole, by, workspace.week_start),
                before=earlier,
                through=max((key.day for key, version in found if version.state != "events_only"), default=None),
                currencies=currencies_in_order(tuple(currencies), workspace.currency),
            )
            return Read(workspace, frame, connections, found, found_before, name)

        return self._reads.made(name, read)

    def ranges(self, workspace: Workspace, asked: ReportAsked) -> tuple[Range, Range | None]:
        """The range that is asked for, and what it is compared with. Raises RequestError."""
        whole = range_named(
            asked.range,
            day_of(self._books.now(), workspace.time_zone),
            week_start=workspace.week_start,
            fiscal_start=workspace.fiscal_start,
            first=asked.first,
            last=asked.last,
        )
        return whole, before(asked.range, whole, asked.compare)

    # -- sales, by period and by channel

    def sales(self, read: Read) -> tuple[CurrencySales, ...]:
        """The sales of both ranges, for each currency."""
        return self._sales.made(read.name, lambda: self._sales_of(read))

    def _sales_of(self, read: Read) -> tuple[CurrencySales, ...]:
        reading = read.workspace.reading
        adding = {currency: _Adding(currency, read.frame) for currency in read.frame.currencies}
        for key, version in read.now:
            place = read.frame.periods.place(key.day)
            for sheet in version.sheets:
                adding[sheet.currency].add((key.connection, sheet.store), place, figures_of(sheet, reading), sheet)
        earlier = read.frame.before
        for key, version in read.before if earlier is not None else ():
            place = read.frame.periods.place_before(key.day, earlier) if earlier else 0
            for sheet in version.sheets:
                figures = figures_of(sheet, reading)
                adding[sheet.currency].add_before((key.connection, sheet.store), place, figures, sheet)
        return tuple(adding[currency].sales(read.connections) for currency in read.frame.currencies)

    # -- SKUs

    def skus(
        self, read: Read, *, by_quantity: bool = False, shown: int | None = TOP_SKUS, compared: bool = True
    ) -> tuple[CurrencySkus, ...]:
        """The SKUs of both ranges by net or by quantity, for each currency; `shown` None is all. Raises TornRead."""
        compared = compared and read.frame.before is not None
        name = (*read.name, by_quantity, shown, compared) if read.name else None
        return self._skus.made(name, lambda: self._skus_of(read, by_quantity, shown, compared))

    def _skus_of(self, read: Read, by_quantity: bool, shown: int | None, compared: bool) -> tuple[CurrencySkus, ...]:
        reading = read.workspace.reading
        now = self._items(read.frame.whole, read.now, reading)
        then = self._items(read.frame.before, read.before, reading) if compared and read.frame.before else {}
        return tuple(
            _ranked(currency, now.get(currency, {}), then.get(currency, {}), by_quantity, shown, compared)
            for currency in read.frame.currencies
        )

    def _items(
        self, whole: Range, documents: Sequence[Document], reading: Reading
    ) -> dict[str, dict[ItemKey, tuple[str, Sum]]]:
        """By currency and item: what it is called, and its sums."""
        found: dict[str, dict[ItemKey, tuple[str, Sum]]] = {}
        for _, sheets in self._goods.sheets(whole, documents, lines=True):
            for sheet in sheets:
                items = found.setdefault(sheet.currency, {})
                _add_lines(items, sheet.sales.lines)
                _add_lines(items, sheet.events(reading).lines)
        return found

    # -- regions

    def regions(self, read: Read) -> tuple[CurrencyRegions, ...]:
        """Both ranges by where orders went, for each currency. Raises TornRead."""
        return self._states.made(read.name, lambda: self._regions_of(read))

    def _regions_of(self, read: Read) -> tuple[CurrencyRegions, ...]:
        reading = read.workspace.reading
        now = self._regions(read.frame.whole, read.now, reading)
        then = self._regions(read.frame.before, read.before, reading) if read.frame.before else None
        return tuple(
            _regions_of(currency, now.get(currency, {}), None if then is None else then.get(currency, {}))
            for currency in read.frame.currencies
        )

    def _regions(self, whole: Range, documents: Sequence[Document], reading: Reading) -> dict[str, dict[str, Sum]]:
        found: dict[str, dict[str, Sum]] = {}
        for _, sheets in self._goods.sheets(whole, documents, lines=False):
            for sheet in sheets:
                _add_regions(found.setdefault(sheet.currency, {}), sheet, reading)
        return found


class _Adding:
    """The sales of one currency while they are added up."""

    def __init__(self, currency: str, frame: Frame) -> None:
        self._currency = currency
        self._frame = frame
        self._count = len(frame.periods.firsts)
        self._stores: dict[Store, list[Sum]] = {}
        self._earlier: dict[Store, Sum] = {}
        self._before = [Sum() for _ in range(self._count)]
        self._figures: list[Figures] = []

    def add(self, store: Store, place: int, figures: Figures, sheet: DocumentSheet) -> None:
        periods = self._stores.get(store)
        if periods is None:
            periods = self._stores[store] = [Sum() for _ in range(self._count)]
        periods[place].add(figures.net_sales, sheet.sales.count, figures.quantity_milli)
        self._figures.append(figures)

    def add_before(self, store: Store, place: int, figures: Figures, sheet: DocumentSheet) -> None:
        for sum_ in (self._before[place], self._earlier.setdefault(store, Sum())):
            sum_.add(figures.net_sales, sheet.sales.count, figures.quantity_milli)

    def sales(self, connections: dict[str, Connection]) -> CurrencySales:
        compared = self._frame.before is not None
        stores = tuple(
            StoreSales(
                connections[connection],
                store,
                tuple(self._stores.get((connection, store), [Sum() for _ in range(self._count)])),
                added(self._stores.get((connection, store), ())),
                self._earlier.get((connection, store), Sum()),
            )
            for connection, store in sorted(
                self._stores.keys() | self._earlier.keys(), key=lambda each: (connections[each[0]].name, *each)
            )
        )
        periods = tuple(added(store.periods[place] for store in stores) for place in range(self._count))
        return CurrencySales(
            currency=self._currency,
            stores=stores,
            periods=periods,
            before_periods=tuple(self._before) if compared else None,
            total=added(periods),
            before=added(self._before) if compared else None,
            figures=figures_in(self._currency, self._figures),
        )


def _add_lines(items: dict[ItemKey, tuple[str, Sum]], lines: Iterable[SkuSales]) -> None:
    """The lines of one sheet may be thousands, so sums are raised in place."""
    for line in lines:
        key = (line.sku, "", "") if line.sku is not None else (None, line.item, line.title)
        found = items.get(key)
        if found is None:
            items[key] = line.title, Sum(line.gross - line.discount, 0, line.quantity_milli)
            continue
        title, sums = found
        sums.net += line.gross - line.discount
        sums.quantity_milli += line.quantity_milli
        if line.title < title:
            items[key] = line.title, sums


def _ranked(
    currency: str,
    now: dict[ItemKey, tuple[str, Sum]],
    then: dict[ItemKey, tuple[str, Sum]],
    by_quantity: bool,
    shown: int | None,
    compared: bool,
) -> CurrencySkus:
    def place(key: ItemKey) -> tuple[int, bool, str, str, str]:
        sums = now[key][1] if key in now else Sum()
        return -(sums.quantity_milli if by_quantity else sums.net), key[0] is None, key[0] or "", key[1], key[2]

    keys = sorted(now.keys() | then.keys(), key=place)
    first, rest = keys[:shown], keys[shown:] if shown is not None else []
    return CurrencySkus(
        currency,
        tuple(
            SkuRow(
                key[0],
                key[1],
                (now.get(key) or then[key])[0],
                now[key][1] if key in now else Sum(),
                (then[key][1] if key in then else Sum()) if compared else None,
            )
            for key in first
        ),
        added(now[key][1] for key in rest if key in now),
        added(then[key][1] for key in rest if key in then) if compared else None,
        len(rest),
    )


def _add_regions(regions: dict[str, Sum], sheet: DocumentSheet, reading: Reading) -> None:
    """What is not told of any region is of the region "". What happened to orders adds no order."""
    events = sheet.events(reading)
    unknown = regions.setdefault("", Sum())
    unknown.add(sheet.sales.amounts.net + events.amounts.net, sheet.sales.count)
    for section, counts in ((sheet.sales, True), (events, False)):
        for each in section.regions:
            orders = each.count if counts else 0
            regions.setdefault(each.region, Sum()).add(each.net, orders)
            unknown.add(-each.net, -orders)


def _regions_of(currency: str, now: dict[str, Sum], then: dict[str, Sum] | None) -> CurrencyRegions:
    def row(region: str, name: str) -> RegionRow:
        return RegionRow(name, now.get(region, Sum()), None if then is None else then.get(region, Sum()))

    names = sorted(now.keys() | (then or {}).keys(), key=lambda name: (-now.get(name, Sum()).net, name))
    states = [name for name in names if name.startswith(f"{HOME}-")]
    outside = [name for name in names if name and name not in states and name != HOME]
    nowhere = ("", HOME)
    unknown = RegionRow(
        "",
        added(now.get(name, Sum()) for name in nowhere),
        None if then is None else added(then.get(name, Sum()) for name in nowhere),
    )
    return CurrencyRegions(
        currency,
        tuple(row(name, name.removeprefix(f"{HOME}-")) for name in states),
        unknown,
        tuple(row(name, name) for name in outside),
    )
