"""The versions of a sale and what each changed: figures, lines by SKU, and the orders that came, went or changed.

A version is compared with the one before it that is still kept; where the chain has a gap, with nothing. Orders are compared
in the revisions that the two versions are made of; where one of those is gone, no orders are named.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise

import msgspec

from chalicelib import errors
from chalicelib.domain.months import MonthState, MonthVersion
from chalicelib.domain.orders import Order
from chalicelib.domain.summaries import DocumentSheet, Reading, SkuSales, fold
from chalicelib.domain.work import DayKey, DocumentVersion, LiveState, Revision
from chalicelib.workflows.books import (
    Books,
    DaySold,
    Figures,
    MonthSold,
    OrderSold,
    Sale,
    Summary,
    figures_of,
    is_of,
    orders_in,
    sheet_of,
)
from chalicelib.workflows.read_sale import ReadSale

NUMBERS_MAX = 1_000

Kept = DocumentVersion | MonthVersion


class OrdersDiff(msgspec.Struct, frozen=True):
    """The numbers of orders, each at most `NUMBERS_MAX`; the counts are of all."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    counts: tuple[int, int, int] = (0, 0, 0)


class SaleVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a sale; `delta` and `counts` (orders added, removed, changed) are against version `before`."""

    number: int
    before: int | None
    published_at: int
    cause: str
    actor: str
    state: LiveState | MonthState
    figures: Figures
    delta: Figures
    counts: tuple[int, int, int]


class VersionDiff(msgspec.Struct, frozen=True):
    """All that a version changed. `skus` are lines of differences."""

    version: SaleVersion
    orders: OrdersDiff
    skus: tuple[SkuSales, ...]


class SaleVersions:
    """Reads versions of sales of one workspace at a time. A single order has none of its own."""

    def __init__(self, books: Books, sales: ReadSale) -> None:
        self._books = books
        self._sales = sales

    def page(
        self, workspace: str, id_: str, *, after: str | None, limit: int
    ) -> tuple[Sale, list[SaleVersion], str | None]:
        """The sale's versions, newest first, and where the next page begins. Raises NotFound, TornRead."""
        sale = self._sales.sale(workspace, id_)
        if isinstance(sale, OrderSold):
            return sale, [], None
        reading = self._books.reading(workspace)
        kept = [version for version in self._chain(sale) if after is None or version.number < int(after)]
        shown = [self._version(sale, now, was, reading) for now, was in pairwise([*kept[: limit + 1], None]) if now]
        more = len(kept) > limit
        return sale, shown[:limit], str(shown[limit - 1].number) if more else None

    def one(self, workspace: str, id_: str, number: str) -> VersionDiff:
        """What one version changed. Raises NotFound, TornRead."""
        sale = self._sales.sale(workspace, id_)
        chain = [] if isinstance(sale, OrderSold) else [*self._chain(sale), None]
        for now, was in pairwise(chain):
            if now is not None and str(now.number) == number and not isinstance(sale, OrderSold):
                reading = self._books.reading(workspace)
                version = self._version(sale, now, was, reading)
                orders = self._orders_diff(sale, now, was)
                counted = msgspec.structs.replace(version, counts=orders.counts)
                return VersionDiff(counted, orders, self._skus(sale, now, was, reading))
        raise errors.NotFound("There is no such version.")

    def _chain(self, sale: Summary) -> Iterator[Kept]:
        return self._books.months.versions(sale.key) if isinstance(sale, MonthSold) else self._documents(sale)

    def _documents(self, sale: DaySold) -> Iterator[Kept]:
        yield from self._books.documents.versions(sale.key)

    def _version(self, sale: Summary, now: Kept, was: Kept | None, reading: Reading) -> SaleVersion:
        figures = _figures(sale, now, reading)
        return SaleVersion(
            number=now.number,
            before=was.number if was else None,
            published_at=now.published_at,
            cause=now.cause,
            actor=self._actor(sale, now),
            state=now.state,
            figures=figures,
            delta=figures - _figures(sale, was, reading) if was else figures,
            counts=self._counts(sale, now, was),
        )

    def _actor(self, sale: Summary, version: Kept) -> str:
        """Who asked for what made the version; it stands in the revision."""
        if isinstance(version, MonthVersion) or isinstance(sale, MonthSold) or version.base is None:
            return "daybook"
        revision = self._books.revisions.read(sale.key, version.base)
        return revision.actor if revision else "daybook"

    # -- orders

    def _counts(self, sale: Summary, now: Kept, was: Kept | None) -> tuple[int, int, int]:
        """How many orders were added, removed, changed; without opening them where the documents say enough."""
        if was is None:
            sheet = _sheet(sale, now)
            return (orders_in(sheet) if sheet else 0), 0, 0
        if not _moved(sale, now, was):
            return 0, 0, 0
        one_sheet = len(now.sheets) <= 1 and len(was.sheets) <= 1
        if isinstance(now, DocumentVersion) and now.orders_diff is not None and one_sheet:
            return now.orders_diff.added, now.orders_diff.removed, now.orders_diff.changed
        return self._orders_diff(sale, now, was).counts

    def _orders_diff(self, sale: Summary, now: Kept, was: Kept | None) -> OrdersDiff:
        before: dict[str, Order] = {}
        after: dict[str, Order] = {}
        for key, old, new in _moved(sale, now, was):
            orders, previous = self._orders(sale, key, new), self._orders(sale, key, old)
            if orders is not None and previous is not None:
                after |= orders
                before |= previous
        added = [after[id_] for id_ in after.keys() - before.keys()]
        removed = [before[id_] for id_ in before.keys() - after.keys()]
        changed = [after[id_] for id_ in after.keys() & before.keys() if after[id_] != before[id_]]
        counts = len(added), len(removed), len(changed)
        return OrdersDiff(_numbers(added), _numbers(removed), _numbers(changed), counts)

    def _orders(self, sale: Summary, key: DayKey, base: str | None) -> Mapping[str, Order] | None:
        """A revision's orders of the sale's store and currency by id; None if it is gone."""
        if base is None:
            return {}
        revision: Revision | None = self._books.revisions.read(key, base)
        if revision is None:
            return None
        try:
            return {each.id: each for each in self._books.revisions.orders(key, revision) if is_of(each, sale.sheet)}
        except errors.TornRead:
            return None

    # -- lines

    def _skus(self, sale: Summary, now: Kept, was: Kept | None, reading: Reading) -> tuple[SkuSales, ...]:
        """The lines whose quantity or amounts differ, events taken in; none where a version's lines are gone."""
        after = self._lines(sale, now, reading)
        before = self._lines(sale, was, reading) if was else {}
        if after is None or before is None:
            return ()
        differences = (_difference(after.get(key), before.get(key)) for key in sorted(after.keys() | before.keys()))
        return tuple(line for line in differences if line.quantity_milli or line.net)

    def _lines(
        self, sale: Summary, version: Kept, reading: Reading
    ) -> dict[tuple[bool, str, str, str], SkuSales] | None:
        sheets = self._full(sale, version)
        if sheets is None:
            return None
        sheet = sheet_of(sheets, sale.sheet.store, sale.sheet.currency)
        lines = fold((sheet.sales, sheet.events(reading))).lines if sheet else ()
        return {
            (line.sku is None, line.sku or "", *((line.item, line.title) if line.sku is None else ("", ""))): line
            for line in lines
        }

    def _full(self, sale: Summary, version: Kept) -> tuple[DocumentSheet, ...] | None:
        if isinstance(sale, MonthSold):
            return self._books.months.lines_of(sale.key, version) if isinstance(version, MonthVersion) else None
        return self._books.documents.fold(sale.key, version) if isinstance(version, DocumentVersion) else None


def _sheet(sale: Summary, version: Kept) -> DocumentSheet | None:
    return sheet_of(version.sheets, sale.sheet.store, sale.sheet.currency)


def _figures(sale: Summary, version: Kept, reading: Reading) -> Figures:
    sheet = _sheet(sale, version)
    return figures_of(sheet, reading) if sheet else Figures.none(sale.sheet.currency)


def _bases(sale: Summary, version: Kept | None) -> dict[date, str | None]:
    """The attempts whose revisions hold the version's orders, by day."""
    if version is None:
        return {}
    if isinstance(version, MonthVersion):
        return {each.day: each.base for each in version.days}
    assert isinstance(sale, DaySold)
    return {sale.key.day: version.base}


def _moved(sale: Summary, now: Kept, was: Kept | None) -> list[tuple[DayKey, str | None, str | None]]:
    """The days whose orders are of another revision than before, with both."""
    old, new = _bases(sale, was), _bases(sale, now)
    return [
        (DayKey(sale.key.workspace, sale.key.connection, day), old.get(day), new.get(day))
        for day in sorted(old.keys() | new.keys())
        if old.get(day) != new.get(day)
    ]


def _numbers(orders: list[Order]) -> tuple[str, ...]:
    placed = sorted(orders, key=lambda order: (order.placed_at, order.id))
    return tuple(order.number for order in placed[:NUMBERS_MAX])


def _difference(after: SkuSales | None, before: SkuSales | None) -> SkuSales:
    named = after or before
    assert named is not None, "one of the two has the line"
    now, was = after or _nothing(named), before or _nothing(named)
    return SkuSales(
        named.sku,
        named.item,
        named.title,
        now.quantity_milli - was.quantity_milli,
        now.gross - was.gross,
        now.discount - was.discount,
        now.tax - was.tax,
    )


def _nothing(named: SkuSales) -> SkuSales:
    return SkuSales(named.sku, named.item, named.title, 0, 0, 0, 0)
