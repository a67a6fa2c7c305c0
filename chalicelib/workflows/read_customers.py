"""Reading who bought: customers by what they bought in a range, of connections with individual sales.

A customer is a name with its region, for no more of a person is kept; two who share both are one here. Their orders are those
placed in the range, with all that happened to them since. Nobody is told whose day is longer ago than persons are kept.

A connection's month is kept in the process as long as nothing of it has moved, and never longer than an hour: that is how long
somebody who was erased may still be in the memory of a process, though not in what it answers.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.days import DAY
from chalicelib.domain.facts import Bought
from chalicelib.domain.months import MonthKey, last_of, month_key, month_of
from chalicelib.domain.persons import KEPT_DAYS, Person
from chalicelib.domain.ranges import Range, months_later
from chalicelib.domain.work import DayKey
from chalicelib.workflows.books import Books
from chalicelib.workflows.kept import Kept
from chalicelib.workflows.listed import Document
from chalicelib.workflows.read_reports import Read
from chalicelib.workflows.report_rows import Sum, added

if TYPE_CHECKING:
    from chalicelib.storage.months import MonthCounts, MonthRecords
    from chalicelib.workflows.persons import Persons

SHOWN_MAX = 100
PERSONS_KEPT_MAX = 400_000
LIFE = timedelta(hours=1)

Names = Mapping[DayKey, Mapping[str, Person]]


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


class Month(msgspec.Struct, frozen=True):
    """A connection's month: when its persons bought, and what they bought on the days that were asked for.

    `seen` knows persons by their hash, which is another one in each process. `stamp` is what all of it was made from.
    """

    stamp: tuple[object, ...]
    seen: dict[int, tuple[date, date]]
    sums: dict[str, dict[Person, Sum]]
    unnamed: dict[str, Sum]

    @property
    def size(self) -> int:
        return 1 + len(self.seen) + sum(map(len, self.sums.values()))


class ReadCustomers:
    """Reads customers for one workspace at a time."""

    def __init__(self, books: Books, persons: "Persons", months: "MonthRecords") -> None:
        self._books = books
        self._persons = persons
        self._counts = months.counts
        self._forget(books.now())

    def _forget(self, now: datetime) -> None:
        self._since = now
        self._months: Kept[Month] = Kept(PERSONS_KEPT_MAX, lambda month: month.size)
        self._found: Kept[tuple[CurrencyCustomers, ...]] = Kept(
            PERSONS_KEPT_MAX, lambda found: 1 + sum(len(each.rows) for each in found)
        )

    def customers(self, read: Read, *, shown: int | None = SHOWN_MAX) -> tuple[CurrencyCustomers, ...]:
        """Customers of the range by net, for each currency; `shown` None is all. A customer is new whose first order that we
        have lies in the range. Raises NeedsIndividual if no connection has individual sales, TornRead."""
        individual = frozenset(id_ for id_, each in read.connections.items() if each.keeps_persons)
        if not individual:
            raise errors.NeedsIndividual("Customers are kept with individual sales only.")
        now = self._books.now()
        if now - self._since >= LIFE:
            self._forget(now)
        kept = Range(now.date() - timedelta(days=KEPT_DAYS), now.date() + DAY)
        # Before anything else: whatever moves after this is counted after this.
        counted = self._counts(read.workspace.id, month_of(kept.first), month_of(kept.last))
        counts = {key: moved for key, moved in counted if key.connection in individual}
        name = (*read.name, kept, shown, tuple(counts.items())) if read.name is not None else None
        return self._found.made(name, lambda: self._customers(read, individual, kept, counts, shown))

    def _customers(
        self,
        read: Read,
        individual: Set[str],
        kept: Range,
        counts: Mapping[MonthKey, "MonthCounts"],
        shown: int | None,
    ) -> tuple[CurrencyCustomers, ...]:
        sums: dict[str, dict[Person, Sum]] = {}
        unnamed: dict[str, Sum] = {}
        months = list(self._read_months(read, individual, kept, counts))
        for month in months:
            for currency, persons in month.sums.items():
                into = sums.setdefault(currency, {})
                for person, sum_ in persons.items():
                    into.setdefault(person, Sum()).add(sum_.net, sum_.orders, sum_.quantity_milli)
            for currency, sum_ in month.unnamed.items():
                unnamed.setdefault(currency, Sum()).add(sum_.net, sum_.orders, sum_.quantity_milli)
        seen = _seen({hash(person) for persons in sums.values() for person in persons}, months)
        return tuple(
            _ranked(currency, sums.get(currency, {}), unnamed.get(currency, Sum()), seen, read.frame.whole.first, shown)
            for currency in read.frame.currencies
        )

    def _read_months(
        self, read: Read, individual: Set[str], kept: Range, counts: Mapping[MonthKey, "MonthCounts"]
    ) -> Iterator[Month]:
        """Yield each connection's months, those that moved read anew. Raises TornRead."""
        asked: dict[MonthKey, list[Document]] = {}
        for day, version in read.now:
            if day.connection in individual:
                asked.setdefault(month_key(day), []).append((day, version))
        month = min(month_of(kept.first), *(key.month for key in asked), month_of(kept.last))
        while month <= kept.last:
            days = Range(max(kept.first, month), min(kept.last, last_of(month)))
            moved: dict[MonthKey, tuple[object, ...]] = {}
            for connection in sorted(individual):
                key = MonthKey(read.workspace.id, connection, month)
                documents = asked.get(key, ())
                stamp: tuple[object, ...] = (
                    days,
                    counts.get(key),
                    tuple((each.day, version.base) for each, version in documents),
                )
                found = self._months.get((key, *_ends(documents)))
                if found is not None and found.stamp == stamp:
                    yield found
                else:
                    moved[key] = stamp
            names = self._names(read.workspace.id, {key.connection for key in moved}, days)
            for key, stamp in moved.items():
                documents = asked.get(key, ())
                made = self._month(stamp, key, names, documents)
                yield self._months.put((key, *_ends(documents)), made)
            month = months_later(month, 1)

    def _names(self, workspace: str, connections: Set[str], days: Range) -> Names:
        if not connections or days.last < days.first:
            return {}
        return self._persons.names_of(workspace, connections, days.first, days.last)

    def _month(self, stamp: tuple[object, ...], key: MonthKey, names: Names, documents: Sequence[Document]) -> Month:
        made = Month(stamp, {}, {}, {})
        for day in sorted((day for day in names if day.connection == key.connection), key=lambda day: day.day):
            for known in set(map(hash, names[day].values())):
                before = made.seen.get(known)
                made.seen[known] = before[0] if before else day.day, day.day
        for day, bought in self._bought(documents):
            persons = names.get(day, {})
            for order in bought:
                who = persons.get(order.order)
                if who is None or not who.name:
                    sum_ = made.unnamed.setdefault(order.currency, Sum())
                else:
                    sum_ = made.sums.setdefault(order.currency, {}).setdefault(who, Sum())
                sum_.add(order.net, order.count, order.quantity_milli)
        return made

    def _bought(self, documents: Sequence[Document]) -> Iterator[tuple[DayKey, Iterator[Bought]]]:
        """Yield what each day's orders come to. Raises TornRead."""
        for key, _, revision in self._books.revisions_of(documents):
            yield key, self._books.revisions.bought(key, revision)


def _ends(documents: Sequence[Document]) -> tuple[date, ...]:
    return (documents[0][0].day, documents[-1][0].day) if documents else ()


def _seen(wanted: Set[int], months: Sequence[Month]) -> dict[int, tuple[date, date]]:
    """The first and the last day of each of these persons."""
    seen: dict[int, tuple[date, date]] = {}
    for month in months:
        for who in month.seen.keys() & wanted:
            first, last = month.seen[who]
            found = seen.get(who)
            seen[who] = (min(first, found[0]), max(last, found[1])) if found else (first, last)
    return seen


def _ranked(
    currency: str,
    sums: dict[Person, Sum],
    unnamed: Sum,
    seen: dict[int, tuple[date, date]],
    first: date,
    shown: int | None,
) -> CurrencyCustomers:
    bought = {person: sum_ for person, sum_ in sums.items() if sum_.any}
    ranked = sorted(bought, key=lambda person: (-bought[person].net, person.name, person.region))
    return CurrencyCustomers(
        currency=currency,
        rows=tuple(
            CustomerRow(person, bought[person], *days, days[0] >= first)
            for person in ranked[:shown]
            for days in (seen[hash(person)],)
        ),
        customers=len(ranked),
        new_customers=sum(seen[hash(person)][0] >= first for person in ranked),
        named=added(bought.values()),
        unnamed=unnamed,
    )
