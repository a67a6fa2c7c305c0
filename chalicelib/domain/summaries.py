"""What a day comes to: its orders summed by store, currency and SKU, its events by the day they happened, and the document
that merchants see under both readings.

`Sheet` is what one revision of a day says of one store and currency. A document takes the sales of its own day, and of the
events either those that happened on it (event day, from any order day) or those of its own orders (order day, whenever they
happened). Both are folds of the same sheets, so they agree once every event's day is included.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal

import msgspec

from chalicelib.domain.days import Cut, day_of
from chalicelib.domain.orders import NOTHING, Amounts, Order, OrderLine

Reading = Literal["event_day", "order_day"]
ItemKey = tuple[str | None, str, str]


class SkuSales(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """All lines of one SKU added up. Lines without SKU stay apart by item and title, with `sku` None."""

    sku: str | None
    item: str
    title: str
    quantity_milli: int
    gross: int
    discount: int
    tax: int

    @property
    def net(self) -> int:
        return self.gross - self.discount


class RegionSales(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What went to one region ("US-NY", "DE"): net of orders or of events, and how many."""

    region: str
    net: int
    count: int


class Section(msgspec.Struct, frozen=True, array_like=True):
    """Figures and the lines behind them, sorted by SKU, those without one last. `count` is of orders or of events.

    `regions` are those that are known, by name; what they lack of the whole is of regions that nobody told.
    """

    count: int = 0
    quantity_milli: int = 0
    amounts: Amounts = NOTHING
    lines: tuple[SkuSales, ...] = ()
    regions: tuple[RegionSales, ...] = ()


class Sheet(msgspec.Struct, frozen=True, array_like=True):
    """One store and currency of one day. `low` and `high` bound the numbers in its order numbers, -1 where one has none.

    `statuses` counts all its orders, those that do not count too, by the channel's word for their state.
    """

    store: str
    currency: str
    excluded: int
    unexplained: int
    first_number: str
    last_number: str
    low: int
    high: int
    sales: Section
    events: Section
    statuses: tuple[tuple[str, int], ...] = ()


SheetKey = tuple[str, str]
DaySections = Mapping[SheetKey, Section]


_sections_decoder = msgspec.msgpack.Decoder(tuple[tuple[str, str, Section], ...])


class Adding:
    """A section while it is added up."""

    def __init__(self) -> None:
        self.count = 0
        self._quantity = 0
        self._amounts = [0] * 10
        self._lines: dict[ItemKey, list[int]] = {}
        self._names: dict[ItemKey, tuple[str, str]] = {}
        self._regions: dict[str, list[int]] = {}

    def add(self, amounts: Amounts, lines: Iterable[OrderLine | SkuSales], count: int = 1, region: str = "") -> None:
        self.count += count
        if region:
            self.add_region(region, amounts.net, count)
        totals = self._amounts
        for place, amount in enumerate(msgspec.structs.astuple(amounts)):
            if amount:
                totals[place] += amount
        for line in lines:
            key = (line.sku, "", "") if line.sku is not None else (None, line.item, line.title)
            sums = self._lines.get(key)
            if sums is None:
                self._lines[key] = [line.quantity_milli, line.gross, line.discount, line.tax]
                self._names[key] = (line.title, line.item)
            else:
                sums[0] += line.quantity_milli
                sums[1] += line.gross
                sums[2] += line.discount
                sums[3] += line.tax
                if (line.title, line.item) < self._names[key]:
                    self._names[key] = (line.title, line.item)
            self._quantity += line.quantity_milli

    def add_region(self, region: str, net: int, count: int) -> None:
        sums = self._regions.setdefault(region, [0, 0])
        sums[0] += net
        sums[1] += count

    def section(self) -> Section:
        keys = sorted(self._lines, key=lambda key: (key[0] is None, key[0] or "", key[1], key[2]))
        lines = tuple(SkuSales(key[0], self._names[key][1], self._names[key][0], *self._lines[key]) for key in keys)
        regions = tuple(RegionSales(region, *sums) for region, sums in sorted(self._regions.items()))
        return Section(self.count, self._quantity, Amounts(*self._amounts), lines, regions)


class Summarising:
    """Adds up a day's orders, a chunk at a time: unique by id, in any sequence."""

    def __init__(self, day: date, cut: Cut) -> None:
        self._day, self._cut = day, cut
        self._sales: dict[SheetKey, Adding] = {}
        self._events: dict[SheetKey, Adding] = {}
        self._by_day: dict[date, dict[SheetKey, Adding]] = {}
        self._excluded: dict[SheetKey, int] = {}
        self._unexplained: dict[SheetKey, int] = {}
        self._statuses: dict[SheetKey, dict[str, int]] = {}
        self._first: dict[SheetKey, tuple[datetime, str, str]] = {}
        self._last: dict[SheetKey, tuple[datetime, str, str]] = {}
        self._bounds: dict[SheetKey, tuple[int, int]] = {}
        self.orders = 0

    def add(self, orders: Iterable[Order]) -> None:
        for order in orders:
            key = (order.store, order.currency)
            sales = self._sales.get(key)
            if sales is None:
                sales = self._sales[key] = Adding()
                self._events[key] = Adding()
                self._statuses[key] = {}
            self.orders += 1
            self._note_number(key, order)
            statuses = self._statuses[key]
            statuses[order.status] = statuses.get(order.status, 0) + 1
            if order.excluded is not None:
                self._excluded[key] = self._excluded.get(key, 0) + 1
            else:
                sales.add(order.amounts, order.lines, region=order.region)
            if "unexplained" in order.flags:
                self._unexplained[key] = self._unexplained.get(key, 0) + 1
            for event in order.events:
                self._events[key].add(event.amounts, event.lines, region=order.region)
                on_day = self._by_day.setdefault(day_of(event.at, self._cut), {})
                on_day.setdefault(key, Adding()).add(event.amounts, event.lines, region=order.region)

    def _note_number(self, key: SheetKey, order: Order) -> None:
        place = (order.placed_at, order.id, order.number)
        self._first[key] = min(self._first.get(key, place), place)
        self._last[key] = max(self._last.get(key, place), place)
        number = number_in(order.number)
        low, high = self._bounds.get(key, (number, number))
        self._bounds[key] = (min(low, number), max(high, number))

    def sheets(self) -> tuple[Sheet, ...]:
        """One sheet a store and currency, in that order."""
        return tuple(
            Sheet(
                store=key[0],
                currency=key[1],
                excluded=self._excluded.get(key, 0),
                unexplained=self._unexplained.get(key, 0),
                first_number=self._first[key][2],
                last_number=self._last[key][2],
                low=self._bounds[key][0],
                high=self._bounds[key][1],
                sales=self._sales[key].section(),
                events=self._events[key].section(),
                statuses=tuple(sorted(self._statuses[key].items())),
            )
            for key in sorted(self._sales)
        )

    def events_by_day(self) -> dict[date, dict[SheetKey, Section]]:
        """The events of these orders by the local day they happened on, each day by store and currency."""
        return {
            day: {key: adding.section() for key, adding in sorted(keyed.items())}
            for day, keyed in sorted(self._by_day.items())
        }


def summarise(orders: Iterable[Order], day: date, cut: Cut) -> Summarising:
    """Add up `orders`, unique by id. Their sequence does not matter."""
    summarising = Summarising(day, cut)
    summarising.add(orders)
    return summarising


def number_in(text: str) -> int:
    """The whole number in an order number ("#1001" is 1001); -1 if it has none."""
    digits = "".join(filter(str.isdecimal, text))
    return int(digits[:18]) if digits else -1


def fold(sections: Iterable[Section]) -> Section:
    """Add sections up, whatever their sequence, with or without their lines and regions."""
    adding, quantity_milli = Adding(), 0
    for section in sections:
        adding.add(section.amounts, section.lines, section.count)
        for each in section.regions:
            adding.add_region(each.region, each.net, each.count)
        quantity_milli += section.quantity_milli
    return msgspec.structs.replace(adding.section(), quantity_milli=quantity_milli)


def pack_sections(sections: DaySections) -> bytes:
    """One order day's events of one event day, as bytes that do not depend on the sequence they came in."""
    return msgspec.msgpack.encode([(*sheet, section) for sheet, section in sorted(sections.items())])


def unpack_sections(packed: bytes) -> DaySections:
    return {(store, currency): section for store, currency, section in _sections_decoder.decode(packed)}


class DocumentSheet(msgspec.Struct, frozen=True, array_like=True):
    """One store and currency of a document: its sales, and its events under both readings.

    A stored version has totals only; `skus` and `no_sku` then say how many lines its sales have, and how many without SKU.
    Regions are kept with the lines; of a month, whose sheets are few, with the totals.
    """

    store: str
    currency: str
    excluded: int
    unexplained: int
    first_number: str
    last_number: str
    low: int
    high: int
    sales: Section
    event_day: Section
    order_day: Section
    skus: int = 0
    no_sku: int = 0
    statuses: tuple[tuple[str, int], ...] = ()

    def events(self, reading: Reading) -> Section:
        return self.event_day if reading == "event_day" else self.order_day

    def is_blank(self, reading: Reading) -> bool:
        """Whether there is nothing to see under this reading: no orders, and no events but those of the other one."""
        events = self.events(reading)
        return not (self.sales.count or self.excluded or events.count or events.lines) and events.amounts == NOTHING


def document_of(sheets: Iterable[Sheet], happened: Iterable[DaySections]) -> tuple[DocumentSheet, ...]:
    """Make a day's document from its own live sheets and from the events that happened on it, one mapping an order day."""
    own = {(sheet.store, sheet.currency): sheet for sheet in sheets}
    on_day: dict[SheetKey, list[Section]] = {}
    for sections in happened:
        for key, section in sections.items():
            on_day.setdefault(key, []).append(section)
    return tuple(
        _document_sheet(key, own.get(key), fold(on_day.get(key, ()))) for key in sorted(own.keys() | on_day.keys())
    )


def _document_sheet(key: SheetKey, sheet: Sheet | None, happened: Section) -> DocumentSheet:
    if sheet is None:
        sheet = Sheet(*key, 0, 0, "", "", 0, 0, Section(), Section())
    return DocumentSheet(
        store=sheet.store,
        currency=sheet.currency,
        excluded=sheet.excluded,
        unexplained=sheet.unexplained,
        first_number=sheet.first_number,
        last_number=sheet.last_number,
        low=sheet.low,
        high=sheet.high,
        sales=sheet.sales,
        event_day=happened,
        order_day=sheet.events,
        statuses=sheet.statuses,
    )


def totals_only(sheet: DocumentSheet) -> DocumentSheet:
    """The sheet without lines and without regions."""
    counted = without_lines(sheet)
    sections = {name: getattr(counted, name) for name in ("sales", "event_day", "order_day")}
    return msgspec.structs.replace(
        counted, **{name: msgspec.structs.replace(section, regions=()) for name, section in sections.items()}
    )


def without_lines(sheet: DocumentSheet) -> DocumentSheet:
    """The sheet with the number of lines in place of the lines."""
    sections = {name: getattr(sheet, name) for name in ("sales", "event_day", "order_day")}
    bare = {name: msgspec.structs.replace(section, lines=()) for name, section in sections.items()}
    no_sku = sum(line.sku is None for line in sheet.sales.lines)
    return msgspec.structs.replace(sheet, skus=len(sheet.sales.lines), no_sku=no_sku, **bare)


class Diff(msgspec.Struct, frozen=True, array_like=True):
    """What one revision of a day's orders changed against the one before it. `numbers` names at most 50 of them."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    numbers: tuple[str, ...] = ()


def diff(before: Mapping[str, Order], after: Mapping[str, Order]) -> Diff:
    """Compare two revisions' orders by id."""
    added = after.keys() - before.keys()
    removed = before.keys() - after.keys()
    changed = {id_ for id_ in after.keys() & before.keys() if after[id_] != before[id_]}
    named = sorted({after[id_].number for id_ in added | changed} | {before[id_].number for id_ in removed})
    return Diff(len(added), len(removed), len(changed), tuple(named[:50]))
