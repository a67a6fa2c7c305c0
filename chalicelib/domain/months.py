"""Months: a connection's days of one calendar month rolled up, one sheet for each store and currency.

A month is made of live day documents and is their sum, field by field and SKU by SKU, under both readings. It is `open` until
its last day has ended and is final, then `final`. Its figures go through the last day that has a document of its own, today so
far included; days before that without one are `missing`, they do not end it.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from chalicelib.domain.days import days_between
from chalicelib.domain.facts import digest
from chalicelib.domain.summaries import DocumentSheet, SheetKey, fold
from chalicelib.domain.work import DayKey, LiveState

MonthState = Literal["open", "final"]
CLOSED: tuple[LiveState, ...] = ("final", "empty")


class MonthKey(msgspec.Struct, frozen=True, order=True):
    """One connection in one month, named by its first day."""

    workspace: str
    connection: str
    month: date

    @property
    def last(self) -> date:
        return last_of(self.month)


class MonthDay(msgspec.Struct, frozen=True, array_like=True):
    """A day of a month: its document's state and version, and the attempt whose revision holds its orders, if any."""

    day: date
    state: LiveState
    document: str
    base: str | None


class MonthVersion(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One immutable version of a month. `sheets` carry no lines; those are in `chunks` parts of their own.

    `cause` is first, changed or closed. Of an open month only the latest version is kept, so `predecessor` names the final
    one before it, if there is any. `digest` is of what readers see.
    """

    attempt: str
    number: int
    predecessor: str | None
    cause: str
    state: MonthState
    digest: str
    published_at: int
    days: tuple[MonthDay, ...]
    sheets: tuple[DocumentSheet, ...]
    chunks: int

    @property
    def through(self) -> date | None:
        """The last day that the figures include."""
        return max((each.day for each in self.days if each.state != "events_only"), default=None)

    @property
    def here(self) -> int:
        """How many days are here, today so far included."""
        return sum(each.state != "events_only" for each in self.days)

    def of_state(self, state: LiveState) -> tuple[date, ...]:
        return tuple(each.day for each in self.days if each.state == state)

    def missing(self, month: date, read_through: date | None) -> tuple[date, ...]:
        """The days of the month that are not here or not final, up to the last closed one or to `read_through`, the day
        through which the connection has been asked for."""
        closed = {each.day for each in self.days if each.state in CLOSED}
        until = min(max(closed | ({read_through} if read_through else set()), default=date.min), last_of(month))
        return tuple(day for day in days_between(month, until) if day not in closed) if until >= month else ()


def month_of(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def last_of(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def month_key(day: DayKey) -> MonthKey:
    return MonthKey(day.workspace, day.connection, month_of(day.day))


def state_of(month: date, days: Iterable[MonthDay]) -> MonthState:
    """A day is only ever closed by a fetch that began after its end, so a closed last day is past."""
    last = last_of(month)
    return "final" if any(each.day == last and each.state in CLOSED for each in days) else "open"


def month_title(month: date, state: MonthState, through: date | None) -> str:
    """July 2026; while it is open: July 2026, through 14 Jul."""
    name = f"{month:%B} {month.year}"
    return name if state == "final" or through is None else f"{name}, through {through.day} {through:%b}"


def month_digest(state: MonthState, days: Iterable[MonthDay], sheets: Sequence[DocumentSheet]) -> str:
    """The digest of what readers see: the state, which days are in, and all figures and lines."""
    shown = [(each.day, each.state) for each in days]
    return digest(state.encode(), msgspec.msgpack.encode(shown), msgspec.msgpack.encode(sheets))


def roll_up(days: Iterable[Sequence[DocumentSheet]]) -> tuple[DocumentSheet, ...]:
    """Add the sheets of a month's days up, oldest day first, to one sheet a store and currency."""
    by_key: dict[SheetKey, list[DocumentSheet]] = {}
    for sheets in days:
        for sheet in sheets:
            by_key.setdefault((sheet.store, sheet.currency), []).append(sheet)
    return tuple(_rolled(key, by_key[key]) for key in sorted(by_key))


def roll_up_totals(days: Iterable[Sequence[DocumentSheet]]) -> tuple[DocumentSheet, ...]:
    """The same from sheets without lines. How many SKUs they have together cannot be told; it is at least what one day has."""
    listed = list(days)
    most: dict[SheetKey, tuple[int, int]] = {}
    for sheet in (sheet for sheets in listed for sheet in sheets):
        skus, no_sku = most.get((sheet.store, sheet.currency), (0, 0))
        most[sheet.store, sheet.currency] = max(skus, sheet.skus), max(no_sku, sheet.no_sku)
    return tuple(
        msgspec.structs.replace(sheet, skus=counts[0], no_sku=counts[1])
        for sheet in roll_up(listed)
        for counts in (most[sheet.store, sheet.currency],)
    )


def _rolled(key: SheetKey, sheets: Sequence[DocumentSheet]) -> DocumentSheet:
    numbered = [sheet for sheet in sheets if sheet.sales.count or sheet.excluded]
    sales = fold(sheet.sales for sheet in sheets)
    return DocumentSheet(
        store=key[0],
        currency=key[1],
        excluded=sum(sheet.excluded for sheet in sheets),
        unexplained=sum(sheet.unexplained for sheet in sheets),
        first_number=numbered[0].first_number if numbered else "",
        last_number=numbered[-1].last_number if numbered else "",
        low=min((sheet.low for sheet in numbered), default=0),
        high=max((sheet.high for sheet in numbered), default=0),
        sales=sales,
        event_day=fold(sheet.event_day for sheet in sheets),
        order_day=fold(sheet.order_day for sheet in sheets),
        skus=len(sales.lines),
        no_sku=sum(line.sku is None for line in sales.lines),
    )
