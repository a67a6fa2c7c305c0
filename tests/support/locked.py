"""A Daybook with a workspace whose period can be locked, and what its documents come to."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec

from chalicelib.domain.accounts import User, Workspace
from chalicelib.domain.corrections import shown_reading
from chalicelib.domain.days import window_of
from chalicelib.domain.orders import Event, Order
from chalicelib.domain.summaries import DocumentSheet, Reading
from chalicelib.domain.work import DayKey, DocumentVersion
from chalicelib.storage.table import Table
from tests.support.people import somebody
from tests.support.system import ZONE, Daybook

Sums = dict[tuple[str, str], int]


class Lockable(Daybook):
    """One paired shop in workspace w1. Done again on the same table it finds what is there."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self.clock = datetime(2026, 8, 20, 12, tzinfo=UTC)
        self.who = somebody(self.now)
        if self.accounts.workspace("w1") is None:
            self.accounts.add(_workspace(), _user())
        found = next(self.connections.list("w1"), None)
        self.connection = found or self.pair_shop()

    def key(self, day: date) -> DayKey:
        return DayKey("w1", self.connection.id, day)

    def sync(self, *days: date) -> None:
        for day in days:
            self.ask_day(self.connection, day)
        self.work()

    def save(self, **fields: object) -> None:
        """As the API does it."""
        self.lock.catch_up_all("w1")
        self.change.workspace(self.who, fields, version=None)
        self.lock.catch_up_all("w1")

    def documents_of_all(self) -> Iterator[tuple[date, DocumentVersion, tuple[DocumentSheet, ...]]]:
        for key, listed in list(self.documents.list("w1", date(2026, 1, 1), date(2026, 12, 31))):
            opened = self.documents.sheets(key)
            assert opened is not None
            version, sheets = opened
            assert version == listed
            yield key.day, version, sheets

    def shown(self, reading: Reading) -> dict[date, int]:
        """The total of each day's document, frozen ones under their own reading."""
        totals = {}
        for day, version, sheets in self.documents_of_all():
            under = shown_reading(version.frozen, reading)
            totals[day] = sum(sheet.sales.amounts.total + sheet.events(under).amounts.total for sheet in sheets)
            bare = sum(sheet.sales.amounts.total + sheet.events(under).amounts.total for sheet in version.sheets)
            assert totals[day] == bare, "a version's totals are those of its lines"
        return {day: total for day, total in totals.items() if total}

    def posted(self, reading: Reading) -> Sums:
        """What all documents come to, by SKU and figure."""
        sums: Sums = {}
        for _, version, sheets in self.documents_of_all():
            for sheet in sheets:
                for section in (sheet.sales, sheet.events(shown_reading(version.frozen, reading))):
                    _add(sums, "", section.amounts)
                    sums["", "pieces"] = sums.get(("", "pieces"), 0) + section.quantity_milli
                    for line in section.lines:
                        _add(sums, line.sku or "none", line)
        return {name: value for name, value in sums.items() if value}

    def facts(self) -> Sums:
        """What the live facts come to, by SKU and figure."""
        sums: Sums = {}
        for head in self.days.list("w1", date(2026, 1, 1), date(2026, 12, 31)):
            revision = self.revisions.read(head.key, head.live) if head.live else None
            for order in self.revisions.orders(head.key, revision) if revision else ():
                for fact in (order, *order.events):
                    _add(sums, "", fact.amounts)
                    for line in fact.lines:
                        sums["", "pieces"] = sums.get(("", "pieces"), 0) + line.quantity_milli
                        _add(sums, line.sku or "none", line)
        return {name: value for name, value in sums.items() if value}


def _add(sums: Sums, name: str, figures: msgspec.Struct) -> None:
    for field in figures.__struct_fields__:
        value = getattr(figures, field)
        if isinstance(value, int):
            sums[name, field] = sums.get((name, field), 0) + value


def at(day: date, minutes: int = 60) -> datetime:
    return window_of(day, ZONE).start_at + timedelta(minutes=minutes)


def with_events(order: Order, *events: Event) -> Order:
    return msgspec.structs.replace(order, events=(*order.events, *events))


def _workspace() -> Workspace:
    return Workspace(
        id="w1",
        name="Northwind",
        time_zone=ZONE,
        currency="USD",
        week_start="monday",
        individual_allowed=True,
        signed_up_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def _user() -> User:
    return User(id="u1", workspace="w1", email="owner@northwind.example", role="owner", password="", epoch=0)
