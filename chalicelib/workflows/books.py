"""Sales as readers see them: the values that lists and pages are made of, and the whole documents behind them.

A sale is one store and currency of a day's or a month's document, or one order. Readers see whole documents or none; what
belongs to a connection that is parting is not there, and neither is what belongs to another workspace.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from chalicelib import errors
from chalicelib.domain.connections import Connection
from chalicelib.domain.months import MonthKey, MonthVersion, month_key, month_title
from chalicelib.domain.orders import NOTHING, Amounts, Order, amounts_of
from chalicelib.domain.persons import Person
from chalicelib.domain.sales import month_sale_id, order_sale_id, sale_id
from chalicelib.domain.sentences import day_name
from chalicelib.domain.summaries import DocumentSheet, Reading
from chalicelib.domain.work import DayKey, DocumentVersion, Revision

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.revisions import Revisions
    from chalicelib.workflows.listed import Document, ListDocuments, TouchesByMonth
    from chalicelib.workflows.months import Months

READS_MAX = 3
OPENED_AT_ONCE = 25

Names = Callable[[DayKey], Mapping[str, Person]]
NamesByDay = Callable[[Iterable[DayKey]], Mapping[DayKey, Mapping[str, Person]]]
SaleType = Literal["day", "month", "order"]


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

    def __sub__(self, other: "Figures") -> "Figures":
        quantity = self.quantity_milli - other.quantity_milli
        return Figures(self.currency, self.sales + -other.sales, self.events + -other.events, quantity)

    @staticmethod
    def none(currency: str) -> "Figures":
        return Figures(currency, NOTHING, NOTHING, 0)


class DaySold(msgspec.Struct, frozen=True):
    """One store and currency of a day's document. `checked_at` is when the channel last confirmed it, if that was asked for."""

    key: DayKey
    connection: Connection
    version: DocumentVersion
    sheet: DocumentSheet
    checked_at: int = 0

    @property
    def id(self) -> str:
        return sale_id(self.key, self.sheet.store, self.sheet.currency)

    @property
    def title(self) -> str:
        return f"{day_name(self.key.day)}, {self.key.day.year}"

    @property
    def days(self) -> tuple[date, date]:
        return self.key.day, self.key.day


class MonthSold(msgspec.Struct, frozen=True):
    """One store and currency of a month. Days to `read_through` have been asked for."""

    key: MonthKey
    connection: Connection
    version: MonthVersion
    sheet: DocumentSheet
    read_through: date | None = None

    @property
    def id(self) -> str:
        return month_sale_id(self.key, self.sheet.store, self.sheet.currency)

    @property
    def title(self) -> str:
        return month_title(self.key.month, self.version.state, self.version.through)

    @property
    def days(self) -> tuple[date, date]:
        return self.key.month, self.key.last

    @property
    def missing(self) -> tuple[date, ...]:
        return self.version.missing(self.key.month, self.read_through)


class OrderSold(msgspec.Struct, frozen=True):
    """One order, of a day whose document is `version`. `sheet` is what it comes to, its events under both readings."""

    key: DayKey
    connection: Connection
    version: DocumentVersion
    order: Order
    sheet: DocumentSheet
    person: Person | None

    @property
    def id(self) -> str:
        return order_sale_id(self.key, self.order.id)

    @property
    def title(self) -> str:
        return self.order.number

    @property
    def days(self) -> tuple[date, date]:
        return self.key.day, self.key.day


Summary = DaySold | MonthSold
Sale = DaySold | MonthSold | OrderSold


def sale_id_of(connection: Connection, key: DayKey, order: Order) -> str:
    """The sale that holds an order of a day's document, by its connection's mode."""
    if connection.settings.summary == "individual":
        return order_sale_id(key, order.id)
    if connection.settings.summary == "month":
        return month_sale_id(month_key(key), order.store, order.currency)
    return sale_id(key, order.store, order.currency)


def place_of(sale: Summary) -> tuple[int, str, str, str]:
    """Where it stands in a list that begins with the newest day; a month stands at its last."""
    return -sale.days[1].toordinal(), sale.connection.id, sale.sheet.store, sale.sheet.currency


def figures_of(sheet: DocumentSheet, reading: Reading) -> Figures:
    events = sheet.events(reading)
    return Figures(
        sheet.currency, sheet.sales.amounts, events.amounts, sheet.sales.quantity_milli + events.quantity_milli
    )


def totals_of(sheets: Iterable[DocumentSheet], reading: Reading) -> tuple[Figures, ...]:
    """One total for each currency."""
    by_currency: dict[str, list[Figures]] = {}
    for sheet in sheets:
        by_currency.setdefault(sheet.currency, []).append(figures_of(sheet, reading))
    return tuple(figures_in(currency, by_currency[currency]) for currency in sorted(by_currency))


def figures_in(currency: str, several: Sequence[Figures]) -> Figures:
    """Figures of one currency added up."""
    return Figures(
        currency,
        amounts_of(each.sales for each in several),
        amounts_of(each.events for each in several),
        sum(each.quantity_milli for each in several),
    )


def orders_in(sheet: DocumentSheet) -> int:
    """How many orders stand on a day's sheet, those that do not count included."""
    return sheet.sales.count + sheet.excluded


class Start(msgspec.Struct, frozen=True):
    """What lists of a workspace start from. It is read before them, and once for all that are read for one answer.

    `connections` are all of them, also those that are parting.
    """

    connections: tuple[Connection, ...]
    touches: "TouchesByMonth"

    @property
    def visible(self) -> dict[str, Connection]:
        """Connections whose data may be seen: paired, or parted with their data kept."""
        return {each.id: each for each in self.connections if each.state != "parting"}


class Books:
    """The whole documents of one workspace at a time.

    `names` gives who bought on a day, by order id, as far as that is kept; `names_on` the same of many days of connections
    that keep it.
    """

    def __init__(
        self,
        *,
        documents: "Documents",
        listed: "ListDocuments",
        revisions: "Revisions",
        connections: "Connections",
        days: "Days",
        agenda: "Agenda",
        months: "Months",
        reading: Callable[[str], Reading],
        names: Names,
        names_on: NamesByDay,
        now: Callable[[], datetime],
    ) -> None:
        self.documents = documents
        self.listed = listed
        self.revisions = revisions
        self.months = months
        self.reading = reading
        self.names = names
        self.names_on = names_on
        self.now = now
        self._connections = connections
        self._days = days
        self._agenda = agenda

    def start(self, workspace: str, first: date = date.min, last: date = date.max) -> Start:
        """What lists of these days start from."""
        return Start(tuple(self._connections.list(workspace)), self.listed.touches(workspace, first, last))

    def connections(self, workspace: str) -> dict[str, Connection]:
        """The connections that are visible."""
        return Start(tuple(self._connections.list(workspace)), {}).visible

    def connection(self, workspace: str, id_: str) -> Connection:
        """One of them. Raises NotFound."""
        found = self.connections(workspace).get(id_)
        if found is None:
            raise errors.NotFound("There is no such sale.")
        return found

    def checked(self, days: Iterable[DayKey]) -> dict[DayKey, int]:
        """When the channel last confirmed these days, as far as it did."""
        return self._days.checked(days)

    def read_through(self, connection: Connection) -> date | None:
        """The last day that was asked for when it had ended; None for a connection that is asked no more."""
        due = self._agenda.connection(connection.id)
        return due.asked_through if due else None

    def day(self, key: DayKey, connection: Connection, store: str, currency: str) -> DaySold:
        """The live sale of a day, without lines. Raises NotFound."""
        version = self.documents.read(key)
        sheet = sheet_of(version.sheets, store, currency) if version else None
        if version is None or sheet is None:
            raise errors.NotFound("There is no such sale.")
        return DaySold(key, connection, version, sheet)

    def month(self, key: MonthKey, connection: Connection, store: str, currency: str) -> MonthSold:
        """The sale of a month, up to date and without lines. Raises NotFound, TornRead."""
        version = self.months.read(connection, key.month)
        sheet = sheet_of(version.sheets, store, currency) if version else None
        if version is None or sheet is None:
            raise errors.NotFound("There is no such sale.")
        return MonthSold(key, connection, version, sheet, self.read_through(connection))

    def orders(self, key: DayKey, version: DocumentVersion | None) -> tuple[DocumentVersion | None, list[Order]]:
        """All orders of a day's document, with the version they are of: it is read anew if the day moves on. Raises TornRead."""
        version, revision = self.revision(key, version)
        return version, list(self.revisions.orders(key, revision)) if revision else []

    def revision(self, key: DayKey, version: DocumentVersion | None) -> tuple[DocumentVersion | None, Revision | None]:
        """The revision that a day's document is made of, None if it has no orders, with the version it is of. Raises TornRead."""
        for _ in range(READS_MAX):
            if version is None or version.base is None:
                return version, None
            revision = self.revisions.read(key, version.base)
            if revision is not None:
                return version, revision
            version = self.documents.read(key)
        raise errors.TornRead(f"the orders of {key.day} could not be read whole")

    def revisions_of(self, documents: Sequence["Document"]) -> Iterator[tuple[DayKey, DocumentVersion, Revision]]:
        """Yield the revisions that days' documents are made of, of those that have orders, each with the version it is of: a day
        that has moved on is read anew. Raises TornRead."""
        based = [(key, version, version.base) for key, version in documents if version.base]
        for first in range(0, len(based), OPENED_AT_ONCE):
            some = based[first : first + OPENED_AT_ONCE]
            found = self.revisions.read_many((key, base) for key, _, base in some)
            for key, version, base in some:
                now: DocumentVersion | None = version
                revision = found.get((key, base))
                if revision is None:
                    now, revision = self.revision(key, version)
                if now is not None and revision is not None:
                    yield key, now, revision

    def month_days(self, key: MonthKey) -> Iterator[tuple[DayKey, DocumentVersion]]:
        """Yield the live documents of a month, oldest first."""
        for day, version in self.documents.list(key.workspace, key.month, key.last):
            if day.connection == key.connection:
                yield day, version


def sheet_of(sheets: Iterable[DocumentSheet], store: str, currency: str) -> DocumentSheet | None:
    return next((each for each in sheets if (each.store, each.currency) == (store, currency)), None)


def is_of(order: Order, sheet: DocumentSheet) -> bool:
    """Whether the order stands on the sheet."""
    return (order.store, order.currency) == (sheet.store, sheet.currency)
