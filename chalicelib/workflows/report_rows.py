"""The rows of reports: what is added up, by store, by SKU and by region, one set for each currency."""

from collections.abc import Iterable

import msgspec

from chalicelib.domain.connections import Connection
from chalicelib.workflows.books import Figures


class Sum(msgspec.Struct):
    """Figures while they are added up."""

    net: int = 0
    orders: int = 0
    quantity_milli: int = 0

    def add(self, net: int, orders: int, quantity_milli: int = 0) -> None:
        self.net += net
        self.orders += orders
        self.quantity_milli += quantity_milli

    @property
    def any(self) -> bool:
        return bool(self.net or self.orders or self.quantity_milli)


class StoreSales(msgspec.Struct, frozen=True):
    """One store's sums by period and over all of it."""

    connection: Connection
    store: str
    periods: tuple[Sum, ...]
    total: Sum
    before: Sum


class CurrencySales(msgspec.Struct, frozen=True, kw_only=True):
    """The sales of one currency: by store, by period, and over all. Of `before` the periods stand beside those of now."""

    currency: str
    stores: tuple[StoreSales, ...]
    periods: tuple[Sum, ...]
    before_periods: tuple[Sum, ...] | None
    total: Sum
    before: Sum | None
    figures: Figures


class SkuRow(msgspec.Struct, frozen=True):
    sku: str | None
    item: str
    title: str
    now: Sum
    before: Sum | None


class CurrencySkus(msgspec.Struct, frozen=True):
    """One currency's SKUs, the first of them first; `others` are those that are not shown, so many."""

    currency: str
    rows: tuple[SkuRow, ...]
    others: Sum
    others_before: Sum | None
    others_count: int


class RegionRow(msgspec.Struct, frozen=True):
    region: str
    now: Sum
    before: Sum | None


class CurrencyRegions(msgspec.Struct, frozen=True):
    """One currency by region, most net first. `states` are named without their country, `outside` by country."""

    currency: str
    states: tuple[RegionRow, ...]
    unknown: RegionRow
    outside: tuple[RegionRow, ...]


def added(sums: Iterable[Sum]) -> Sum:
    whole = Sum()
    for each in sums:
        whole.add(each.net, each.orders, each.quantity_milli)
    return whole


def size_of_sales(found: tuple[CurrencySales, ...]) -> int:
    return 1 + sum((2 + len(each.stores)) * (1 + len(each.periods)) for each in found)


def size_of_skus(found: tuple[CurrencySkus, ...]) -> int:
    return 1 + sum(len(each.rows) for each in found)


def size_of_regions(found: tuple[CurrencyRegions, ...]) -> int:
    return 1 + sum(1 + len(each.states) + len(each.outside) for each in found)
