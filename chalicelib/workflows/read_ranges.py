"""Ranges before they are synced: what presets mean today, and what a sync of a range would bring.

The sample shows what sales look like by the last day on which there were some.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import Workspace
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import day_of
from chalicelib.domain.order_settings import Summary
from chalicelib.domain.ranges import PRESETS, Preset, Range, batches_to_sync, first_shown, preset_range
from chalicelib.domain.sales import sale_id
from chalicelib.domain.sentences import counted
from chalicelib.domain.summaries import DocumentSheet, SkuSales
from chalicelib.domain.work import DayKey, DocumentVersion

if TYPE_CHECKING:
    from chalicelib.storage.days import Days
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.revisions import Revisions

SAMPLED_DAYS = 400
SAMPLE_LINES = 5
SAMPLE_NUMBERS = 3
READS_MAX = 3


class Ranges(msgspec.Struct, frozen=True, kw_only=True):
    """The presets on `today`. The channel shows nothing before `first_day`; None if it shows everything."""

    today: date
    first_day: date | None
    presets: dict[Preset, Range]


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync would bring. `known_days` are here already, `sales` will stand there when it is done, as far as is known."""

    days: int
    known_days: int
    sales: int
    sentence: str
    note: str
    batches: tuple[Range, ...]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What was sold on the newest day that has sales, today only if no other has: its lines that sold most, and its first order
    numbers. What came back that day is not in it."""

    sale_id: str
    day: date
    orders: int
    skus: int
    quantity_milli: int
    currency: str
    net: int
    lines: tuple[SkuSales, ...]
    numbers: tuple[str, ...]


class ReadRanges:
    """Reads for one connection at a time. `now` gives aware UTC instants."""

    def __init__(
        self,
        *,
        days: "Days",
        documents: "Documents",
        revisions: "Revisions",
        workspace_of: Callable[[str], Workspace],
        now: Callable[[], datetime],
    ) -> None:
        self._days = days
        self._documents = documents
        self._revisions = revisions
        self._workspace_of = workspace_of
        self._now = now

    def ranges(self, connection: Connection) -> Ranges:
        """Every preset as the two days it means now, where the connection is."""
        today = self._today(connection)
        return Ranges(
            today=today,
            first_day=first_shown(today, connection.reach_days),
            presets={preset: self.of_preset(connection, preset) for preset in PRESETS},
        )

    def of_preset(self, connection: Connection, preset: Preset) -> Range:
        workspace = self._workspace_of(connection.workspace)
        return preset_range(
            preset, self._today(connection), week_start=workspace.week_start, fiscal_start=workspace.fiscal_start
        )

    def preview(self, connection: Connection, asked: Range, summary: Summary | None = None) -> Preview:
        """What a sync of the range would bring, with the connection's summary or with another.

        Raises RequestError, naming `from` or `to`, if the range cannot be synced.
        """
        batches = batches_to_sync(asked, today=self._today(connection), reach_days=connection.reach_days)
        known = [
            head
            for head in self._days.list(connection.workspace, asked.first, asked.last)
            if head.key.connection == connection.id and head.live is not None and not head.partial
        ]
        sales, become = _become(
            summary or connection.settings.summary, asked, sum(head.shown.orders for head in known if head.shown)
        )
        return Preview(
            days=asked.count,
            known_days=len(known),
            sales=sales,
            sentence=f"{counted(asked.count, 'day', 'days')} → {become}",
            note=f"{len(known):,} already here, will be checked again" if known else "",
            batches=batches,
        )

    def sample(self, connection: Connection) -> Sample | None:
        """A sale as it stands there; None while the connection has none. Raises TornRead."""
        for _ in range(READS_MAX):
            key = self._newest_day_with_sales(connection)
            opened = self._documents.sheets(key) if key else None
            if key is None or opened is None:
                return None
            version, sheets = opened
            sheet = max(sheets, key=lambda each: each.sales.count, default=None)
            if sheet is None or not sheet.sales.count:
                continue
            numbers = self._numbers(key, version, sheet)
            if numbers is not None:
                return _sample(key, sheet, numbers)
        raise errors.TornRead(f"no sale of {connection.id} could be read whole")

    def _newest_day_with_sales(self, connection: Connection) -> DayKey | None:
        today = self._today(connection)
        documents = self._documents.list(
            connection.workspace, today - timedelta(days=SAMPLED_DAYS), today, newest_first=True
        )
        so_far = None
        for key, version in documents:
            if key.connection == connection.id and any(sheet.sales.count for sheet in version.sheets):
                if key.day < today:
                    return key
                so_far = key
        return so_far

    def _numbers(self, key: DayKey, version: DocumentVersion, sheet: DocumentSheet) -> tuple[str, ...] | None:
        """The first order numbers of the sheet; None if the day has moved on."""
        revision = self._revisions.read(key, version.base) if version.base else None
        if revision is None:
            return None
        counted_here = (
            order.number
            for order in self._revisions.orders(key, revision)
            if order.excluded is None and (order.store, order.currency) == (sheet.store, sheet.currency)
        )
        return tuple(islice(counted_here, SAMPLE_NUMBERS))

    def _today(self, connection: Connection) -> date:
        return day_of(self._now(), connection.calendar)


def _become(summary: Summary, asked: Range, orders: int) -> tuple[int, str]:
    """How many sales the days of a range become, and that in words. Of individual sales only those already here are known."""
    if summary == "individual":
        return orders, "one sale for each order"
    if summary == "month":
        months = len({(day.year, day.month) for day in asked.days()})
        return months, counted(months, "monthly summary", "monthly summaries")
    return asked.count, counted(asked.count, "daily summary", "daily summaries")


def _sample(key: DayKey, sheet: DocumentSheet, numbers: tuple[str, ...]) -> Sample:
    lines = sorted(sheet.sales.lines, key=lambda line: -line.net)
    return Sample(
        sale_id=sale_id(key, sheet.store, sheet.currency),
        day=key.day,
        orders=sheet.sales.count,
        skus=len(lines),
        quantity_milli=sheet.sales.quantity_milli,
        currency=sheet.currency,
        net=sheet.sales.amounts.net,
        lines=tuple(lines[:SAMPLE_LINES]),
        numbers=numbers,
    )
