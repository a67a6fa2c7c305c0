"""Individual mode keeps who bought; leaving it, and an erasure, take it away again. Nothing else changes by either."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.days import window_of
from chalicelib.domain.persons import Person
from chalicelib.domain.work import DayKey
from chalicelib.storage.persons import PersonParts
from chalicelib.storage.table import Table
from chalicelib.workflows.persons import AGAIN_S, WALK_S
from tests.support.memory import MemoryEngine
from tests.support.orders import order
from tests.support.shaky import Death, every_fault
from tests.support.system import ZONE, Daybook

DAY, NEXT = date(2026, 7, 3), date(2026, 7, 4)


def person(n: int) -> Person:
    return Person(f"Customer {n}", "US-NY")


def persons(*numbers: int) -> dict[str, Person]:
    return {str(n): person(n) for n in numbers}


class Book(Daybook):
    """Two days of three orders each. The customer of order 3 gave no address."""

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        for day, numbers in ((DAY, (1, 2, 3)), (NEXT, (4, 5, 6))):
            at = window_of(day, ZONE).start_at
            self.shop.orders[day] = [order(n, placed_at=at + timedelta(minutes=n)) for n in numbers]
        self.shop.persons = persons(1, 2, 4, 5, 6)
        self.connection = self.pair_shop()
        self.parts = PersonParts(table)

    @property
    def key(self) -> DayKey:
        return DayKey("w1", self.connection.id, DAY)

    def read(self, day: date) -> dict[str, int]:
        """Fetch a day; how it ended."""
        self.ask_day(self.connection, day)
        return dict(self.work())

    def change(self, summary: str) -> None:
        self.connection = self.switch(self.connection, summary)

    def go_on(self) -> None:
        """Time passes, the sweep comes by."""
        self.pass_time(seconds=AGAIN_S)
        self.sweep()

    def names(self, day: date = DAY) -> dict[str, Person]:
        """Who is shown."""
        return self.persons.names(DayKey("w1", self.connection.id, day))

    def nameless(self) -> int:
        """How many days were read before names were kept."""
        return sum(day.nameless for day in self.days.here("w1", self.connection.id))

    def stored(self) -> set[str]:
        """Whose persons stand anywhere in the table, by order id."""
        ids: set[str] = set()
        for head in self.days.list("w1", date.min, date.max):
            for attempt in self.parts.attempts(head.key):
                ids |= (self.parts.read(head.key, attempt) or {}).keys()
        return ids

    def erasures(self) -> int:
        return sum(len(list(self.agenda.erasures(n))) for n in range(self.settings.agenda_partitions))


@pytest.fixture
def book(memory_table) -> Book:
    return Book(memory_table)


@pytest.fixture
def individual(book) -> Book:
    book.change("individual")
    book.read(DAY)
    book.read(NEXT)
    return book


# -- keeping


def test_in_summary_mode_nobody_is_asked_for_or_kept(book):
    book.read(DAY)
    assert (book.shop.asked_for_persons, book.names(), book.stored()) == (False, {}, set())


def test_in_individual_mode_a_day_keeps_its_customers(individual):
    assert individual.names(DAY) == persons(1, 2)
    assert individual.names(NEXT) == persons(4, 5, 6)


def test_facts_and_documents_are_the_same_in_every_mode(book):
    book.read(DAY)
    before, document = book.days.read(book.key), book.documents.read(book.key)
    book.change("individual")
    assert book.read(DAY) == {"unchanged": 1}
    assert book.days.read(book.key).digest == before.digest
    assert book.documents.read(book.key) == document


def test_older_days_lack_names_until_they_are_synced_again(book):
    book.read(DAY)
    book.read(NEXT)
    book.change("individual")
    assert book.nameless() == 2
    assert book.names() == {}
    book.read(DAY)
    assert book.nameless() == 1
    assert book.names() == persons(1, 2)


def test_a_day_without_orders_lacks_no_names(book):
    book.read(date(2026, 7, 1))
    assert book.nameless() == 0


def test_a_day_whose_customers_say_nothing_lacks_no_names_once_it_was_read(book):
    book.shop.persons = {}
    book.change("individual")
    book.read(DAY)
    assert book.nameless() == 0


def test_a_shop_that_does_not_let_us_read_customers_is_brought_in_without(book):
    pages = book.shop.fetch_pages

    def mute(window, cursor=None):
        for page in pages(window, cursor):
            yield msgspec.structs.replace(page, persons=None)

    book.shop.fetch_pages = mute
    book.change("individual")
    assert book.read(DAY) == {"published": 1}
    assert (book.names(), book.stored()) == ({}, set())
    assert book.nameless() == 1


def test_a_day_read_again_has_the_names_as_they_are_now_and_leaves_no_litter(individual):
    individual.shop.persons["2"] = Person("Harbor Cafe", "CA")
    assert individual.read(DAY) == {"unchanged": 1}
    assert individual.names() == {"1": person(1), "2": Person("Harbor Cafe", "CA")}
    assert individual.parts.attempts(individual.key) == {individual.days.read(individual.key).named}
    individual.shop.orders[DAY] = individual.shop.orders[DAY][1:]
    assert individual.read(DAY) == {"published": 1}
    assert individual.names() == {"2": Person("Harbor Cafe", "CA")}
    assert individual.parts.attempts(individual.key) == {individual.days.read(individual.key).named}


def test_an_interrupted_fetch_goes_on_with_its_names(book):
    book.shop._page_size = 1
    _slow(book)
    book.change("individual")
    assert book.read(DAY) == {"continued": 1, "published": 1}
    assert book.names() == persons(1, 2)
    assert book.parts.attempts(book.key) == {book.days.read(book.key).named}


def test_a_fetch_that_began_in_summary_mode_does_not_pass_for_one_with_names(book):
    book.shop._page_size = 1
    _slow(book, {2: lambda: book.change("individual")})
    assert book.read(DAY) == {"continued": 1, "published": 1}
    assert (book.names(), book.stored()) == ({}, set())
    assert book.nameless() == 1


def test_cleaning_leaves_what_a_running_fetch_has_gathered(book):
    book.shop._page_size = 1
    book.shop.orders[DAY] += [order(n, placed_at=window_of(DAY, ZONE).start_at) for n in (7, 8)]
    _slow(book, dict.fromkeys(range(1, 6), lambda: book.clean.clean_day(book.key)))
    book.change("individual")
    assert book.read(DAY) == {"continued": 2, "published": 1}
    assert book.names() == persons(1, 2)


def test_cleaning_takes_the_names_of_attempts_that_came_to_nothing(individual):
    individual.parts.write(individual.key, "nobody", persons(1))
    assert individual.clean.clean_day(individual.key) == 1
    assert individual.names() == persons(1, 2)


def _slow(book: Book, at_page=None) -> None:
    """Pages take so long that the time budget of an invocation ends after the second one; things happen at some of them."""
    pages, numbers = book.shop.fetch_pages, count(1)

    def slow(window, cursor=None):
        for page in pages(window, cursor):
            book.pass_time(seconds=130)
            (at_page or {}).get(next(numbers), lambda: None)()
            yield page

    book.shop.fetch_pages = slow


# -- leaving individual mode


def leave(book: Book, summary: str = "store") -> None:
    """As the settings are saved."""
    book.persons.announce(book.connection)
    book.change(summary)
    book.persons.leave(book.connection)


def test_leaving_erases_all_names_and_changes_nothing_else(individual):
    totals = individual.documents.sheets(individual.key)
    leave(individual)
    assert (individual.stored(), individual.names()) == (set(), {})
    assert individual.documents.sheets(individual.key) == totals
    assert individual.nameless() == 2
    individual.go_on()
    assert individual.erasures() == 0


def test_the_second_walk_is_counted_from_the_leaving_not_from_its_announcement(individual):
    individual.persons.announce(individual.connection)
    individual.change("store")
    individual.pass_time(seconds=AGAIN_S)
    individual.persons.leave(individual.connection)
    individual.parts.write(individual.key, "late", persons(1))
    individual.sweep()
    assert individual.stored() == {"1"}
    individual.go_on()
    assert individual.stored() == set()


def test_after_leaving_and_coming_back_the_names_are_not_there_until_synced_again(individual):
    leave(individual, "month")
    individual.change("individual")
    individual.go_on()
    assert individual.names() == {}
    individual.read(DAY)
    assert individual.names() == persons(1, 2)
    assert individual.nameless() == 1


def test_names_are_not_shown_from_the_moment_that_the_settings_are_others(individual):
    individual.change("store")
    assert individual.names() == {}


def test_another_connections_names_stay(individual):
    other = individual.switch(individual.pair_shop("w1", "77"), "individual")
    individual.ask_day(other, DAY)
    individual.work()
    leave(individual)
    individual.go_on()
    assert individual.parts.names(individual.days.read(DayKey("w1", other.id, DAY))) == persons(1, 2)


def test_a_walk_that_died_is_finished_by_the_sweep():
    for wrong, table, _, _ in every_fault(_individual, lambda table, book: leave(book), deaths=True):
        book = _reopened(table)
        if book.connection.keeps_persons:
            book.go_on()
            assert book.stored() == {"1", "2", "4", "5", "6"}, wrong
            continue
        book.go_on()
        assert (book.stored(), book.erasures()) == (set(), 0), wrong


def test_a_long_walk_is_finished_by_the_sweep(individual, monkeypatch):
    clear = individual.persons._clear

    def slow(head, erased):
        individual.pass_time(seconds=WALK_S + 1)
        clear(head, erased)

    monkeypatch.setattr(individual.persons, "_clear", slow)
    leave(individual)
    assert individual.stored() == {"4", "5", "6"}
    individual.go_on()
    assert individual.stored() == set()


def test_a_table_that_is_away_during_the_walk_does_not_undo_the_saving(individual, monkeypatch):
    def away(*args):
        raise errors.Unanswered("away")

    with monkeypatch.context() as patch:
        patch.setattr(individual.persons._parts, "delete", away)
        leave(individual)
    individual.go_on()
    assert individual.stored() == set()


@pytest.mark.parametrize("moment", ["before it writes", "after it wrote"])
def test_a_worker_of_the_old_settings_does_not_bring_the_names_back(individual, moment):
    with _in_the_middle(individual, moment, lambda: leave(individual)):
        individual.read(DAY)
    assert (individual.stored(), individual.days.read(individual.key).named) == (set(), None)


def test_what_a_worker_wrote_that_died_before_it_looked_again_is_found_by_the_second_walk(individual):
    def die():
        leave(individual)
        individual.parts.write(individual.key, "late", persons(1))
        raise Death

    with _in_the_middle(individual, "before it writes", die), pytest.raises(Death):
        individual.read(DAY)
    assert individual.stored() == {"1"}
    individual.go_on()
    assert individual.stored() == set()


@contextmanager
def _in_the_middle(book: Book, moment: str, happens) -> Iterator[None]:
    """Let something happen once, right before or right after a worker writes its names."""
    repository = book.persons._parts
    write = repository.write

    def writing(*args) -> None:
        repository.write = write
        if moment == "after it wrote":
            write(*args)
        happens()
        if moment == "before it writes":
            write(*args)

    repository.write = writing
    yield
    repository.write = write


def _individual(table: Table) -> Book:
    book = Book(table)
    book.change("individual")
    book.read(DAY)
    book.read(NEXT)
    return book


def _reopened(table: Table) -> Book:
    """The same table, seen by a process that starts afterwards."""
    book = Book(Table(MemoryEngine()))
    again = Book.__new__(Book)
    Daybook.__init__(again, table)
    again.shop, again.parts = book.shop, PersonParts(table)
    found = again.connections.get("w1", book.connection.id)
    assert found is not None
    again.connection = found
    return again


# -- erasing one person


def test_an_erased_person_leaves_and_does_not_come_back_and_no_total_changes(individual):
    totals = individual.documents.sheets(individual.key)
    individual.persons.erase_orders(individual.connection, ["2", "5"])
    assert individual.stored() == {"1", "4", "6"}
    assert individual.read(DAY) == {"unchanged": 1}
    individual.go_on()
    assert individual.stored() == {"1", "4", "6"}
    assert individual.documents.sheets(individual.key) == totals
    assert individual.nameless() == 0


def test_a_person_erased_before_is_not_written_even_for_a_moment(individual):
    individual.persons.erase_orders(individual.connection, ["2"])

    def look():
        assert "2" not in individual.stored()
        raise Death

    with _in_the_middle(individual, "after it wrote", look), pytest.raises(Death):
        individual.read(DAY)


def test_erasing_twice_is_erasing_once(individual):
    for _ in range(2):
        individual.persons.erase_orders(individual.connection, ["2"])
    assert individual.stored() == {"1", "4", "5", "6"}


def test_everybody_can_be_erased_and_does_not_come_back(individual):
    individual.persons.erase_orders(individual.connection, None)
    assert individual.stored() == set()
    individual.shop.orders[DAY] += [order(9, placed_at=window_of(DAY, ZONE).start_at)]
    individual.shop.persons |= persons(9)
    individual.read(DAY)
    assert individual.names() == persons(9)


def test_an_erasure_in_summary_mode_holds_when_individual_mode_begins(book):
    book.read(DAY)
    book.persons.erase_orders(book.connection, ["2"])
    book.change("individual")
    book.read(DAY)
    assert book.stored() == {"1"}


@pytest.mark.parametrize("moment", ["before it writes", "after it wrote"])
def test_a_worker_that_fetched_before_the_erasure_does_not_bring_the_person_back(individual, moment):
    happens = individual.persons.erase_orders
    with _in_the_middle(individual, moment, lambda: happens(individual.connection, ["2"])):
        individual.read(DAY)
    assert individual.stored() == {"1", "4", "5", "6"}


def test_wherever_an_erasure_dies_it_is_finished_once_it_is_asked_for_again_or_was_noted():
    def act(table: Table, book: Book) -> None:
        book.persons.erase_orders(book.connection, ["2"])

    for wrong, table, _, _ in every_fault(_individual, act, deaths=True):
        book = _reopened(table)
        noted = bool(book.parts.erased("w1", book.connection.id))
        if not noted:  # nobody was told that it is done: it is asked for again
            book.persons.erase_orders(book.connection, ["2"])
        book.go_on()
        assert (book.stored(), book.erasures()) == ({"1", "4", "5", "6"}, 0), wrong
