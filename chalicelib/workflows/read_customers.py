"""Reading who bought: customers by what they bought in a range, of connections with individual sales.

A customer is a name with its region, for no more of a person is kept; two who share both are one here. Their orders are those
placed in the range, with all that happened to them since. Nobody is told whose day is longer ago than persons are kept.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.days import DAY
from chalicelib.domain.orders import Order
from chalicelib.domain.persons import Person
from chalicelib.domain.work import DayKey, DocumentVersion
from chalicelib.workflows.books import Books
from chalicelib.workflows.goods import Document
from chalicelib.workflows.read_reports import Read, Sum, added

if TYPE_CHECKING:
    from chalicelib.workflows.persons import Persons

KEPT_DAYS = 400
SHOWN_MAX = 100
ORDERS_KEPT_MAX = 200_000
OPENED_AT_ONCE = 25


class Bought(msgspec.Struct, frozen=True, gc=False):
    """What one order comes to. `count` is 0 for one that is not a sale."""

    order: str
    currency: str
    net: int
    quantity_milli: int
    count: int


class CustomerRow(msgspec.Struct, frozen=True):
    person: Person
    sum: Sum
    first_day: date
    last_day: date
    new: bool


class CurrencyCustomers(msgspec.Struct, frozen=True, kw_only=True):
    """One currency's customers, most net first; `unnamed` are orders of which no customer is kept."""

    currency: str
    rows: tuple[CustomerRow, ...]
    customers: int
    new_customers: int
    named: Sum
    unnamed: Sum


class ReadCustomers:
    """Reads customers for one workspace at a time. What days came to is kept in the process; who bought never is."""

    def __init__(self, books: Books, persons: "Persons") -> None:
        self._books = books
        self._persons = persons
        self._bought: OrderedDict[tuple[DayKey, str], tuple[Bought, ...]] = OrderedDict()
        self._room = ORDERS_KEPT_MAX

    def customers(self, read: Read, *, shown: int | None = SHOWN_MAX) -> tuple[CurrencyCustomers, ...]:
        """The range's customers for each currency; `shown` None is all. Raises NeedsIndividual, TornRead."""
        individual = {id_: each for id_, each in read.connections.items() if each.keeps_persons}
        if not individual:
            raise errors.NeedsIndividual("This report needs individual sales. Summaries keep no customer.")
        kept_from = self._books.now().date() - timedelta(days=KEPT_DAYS)
        names = self._persons.names_of(read.workspace.id, set(individual), kept_from, self._books.now().date() + DAY)
        seen: dict[Person, tuple[date, date]] = {}
        for day, persons in names.items():
            for person in persons.values():
                first, last = seen.get(person, (day.day, day.day))
                seen[person] = min(first, day.day), max(last, day.day)
        sums: dict[str, dict[Person, Sum]] = {}
        unnamed: dict[str, Sum] = {}
        for key, bought in self._days([each for each in read.now if each[0].connection in individual]):
            persons = names.get(key, {})
            for order in bought:
                who = persons.get(order.order)
                if who is None or not who.name:
                    sum_ = unnamed.setdefault(order.currency, Sum())
                else:
                    sum_ = sums.setdefault(order.currency, {}).setdefault(who, Sum())
                sum_.add(order.net, order.count, order.quantity_milli)
        return tuple(
            _ranked(currency, sums.get(currency, {}), unnamed.get(currency, Sum()), seen, read.frame.whole.first, shown)
            for currency in read.frame.currencies
        )

    def _days(self, documents: Sequence[Document]) -> list[tuple[DayKey, tuple[Bought, ...]]]:
        found: list[tuple[DayKey, tuple[Bought, ...]]] = []
        missing: list[tuple[DayKey, DocumentVersion, str]] = []
        for key, version in documents:
            kept = self._bought.get((key, version.base)) if version.base else ()
            if kept is not None:
                found.append((key, kept))
            elif version.base:
                missing.append((key, version, version.base))
        for first in range(0, len(missing), OPENED_AT_ONCE):
            some = missing[first : first + OPENED_AT_ONCE]
            revisions = self._books.revisions.read_many((key, base) for key, _, base in some)
            for key, version, base in some:
                revision = revisions.get((key, base))
                orders = (
                    self._books.revisions.orders(key, revision) if revision else self._books.orders(key, version)[1]
                )
                bought = tuple(_bought(order) for order in orders)
                found.append((key, bought))
                if revision is not None:
                    self._keep((key, base), bought)
        return found

    def _keep(self, name: tuple[DayKey, str], bought: tuple[Bought, ...]) -> None:
        self._bought[name] = bought
        self._room -= 1 + len(bought)
        while self._room < 0 and self._bought:
            _, dropped = self._bought.popitem(last=False)
            self._room += 1 + len(dropped)


def _bought(order: Order) -> Bought:
    counts = order.excluded is None
    net = (order.amounts.net if counts else 0) + sum(event.amounts.net for event in order.events)
    lines = [line for event in order.events for line in event.lines] + list(order.lines if counts else ())
    return Bought(order.id, order.currency, net, sum(line.quantity_milli for line in lines), int(counts))


def _ranked(
    currency: str,
    sums: dict[Person, Sum],
    unnamed: Sum,
    seen: dict[Person, tuple[date, date]],
    first: date,
    shown: int | None,
) -> CurrencyCustomers:
    bought = {person: sum_ for person, sum_ in sums.items() if sum_.any}
    ranked = sorted(bought, key=lambda person: (-bought[person].net, person.name, person.region))
    return CurrencyCustomers(
        currency=currency,
        rows=tuple(
            CustomerRow(person, bought[person], *seen[person], seen[person][0] >= first) for person in ranked[:shown]
        ),
        customers=len(ranked),
        new_customers=sum(seen[person][0] >= first for person in ranked),
        named=added(bought.values()),
        unnamed=unnamed,
    )
