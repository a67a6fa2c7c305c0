"""What a process keeps never shows: a reader that has answered before says what one that begins now says, whatever happened."""

import gc
import weakref
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.connections import Connection
from chalicelib.domain.days import window_of
from chalicelib.domain.persons import Person
from chalicelib.storage.table import Table
from chalicelib.workflows.kept import Kept
from chalicelib.workflows.persons import AGAIN_S
from chalicelib.workflows.read_customers import LIFE
from chalicelib.workflows.read_reports import ReportAsked
from chalicelib.workflows.read_sales import SalesFilter
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order, refund
from tests.support.site import OpenDaybook, Site, json_at, open_site
from tests.support.system import ZONE

DAYS = (date(2026, 5, 30), date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 3), date(2026, 7, 4))
ASKED = (
    ReportAsked(range="7d", compare="previous"),
    ReportAsked(range="month"),
    ReportAsked(range="custom", first=date(2026, 5, 15), last=date(2026, 7, 5), compare="none", by="week"),
)
MODES = ("store", "individual", "month")


class Shopping:
    """A merchant with two shops that sell the same, a worker, and a reader who keeps what it has read."""

    def __init__(self, table: Table, site: Site) -> None:
        self._table = table
        self._owner = site.merchant()
        self._worker = worker = site.daybook
        self._workspace = workspace = self._owner.workspace
        self._number = 0
        self._connections = [worker.pair_shop(workspace, account) for account in ("99", "77")]
        for day in DAYS:
            worker.shop.orders[day] = []
            self._order(day)
        for n in range(2):
            self.switch(n, "individual")
        self.ask()
        self.reader = self._opened()

    def _opened(self) -> OpenDaybook:
        reader = OpenDaybook(self._table)
        reader.clock = self._worker.clock
        return reader

    def connection(self, n: int) -> Connection:
        found = self._worker.connections.get(self._workspace, self._connections[n].id)
        assert found is not None
        return found

    # -- what happens

    def _order(self, day: date) -> None:
        self._number += 1
        at = window_of(day, ZONE).start_at + timedelta(hours=1, minutes=self._number)
        made = order(self._number, line(f"SKU-{self._number % 3}"), placed_at=at, region="US-NY")
        self._worker.shop.orders[day].append(made)
        self._worker.shop.persons[made.id] = Person(f"Shop {self._number % 4}", "US-NY")

    def sell(self, day: date) -> None:
        self._order(day)
        self.ask()

    def take_back(self, day: date) -> None:
        """The day's first order comes back on the last day."""
        first, *rest = self._worker.shop.orders[day]
        back = refund(window_of(DAYS[-1], ZONE).start_at + timedelta(hours=5), *first.lines)
        self._worker.shop.orders[day] = [msgspec.structs.replace(first, events=(back,)), *rest]
        self.ask()

    def rename(self, day: date) -> None:
        """A customer is called otherwise: the day is read again and says nothing new."""
        first = self._worker.shop.orders[day][0]
        self._worker.shop.persons[first.id] = Person(f"Shop {self._number + 10}", "US-NY")
        self.ask()

    def erase(self, day: date) -> None:
        self._worker.persons.erase_orders(self.connection(0), [self._worker.shop.orders[day][0].id])

    def erase_all(self, n: int) -> None:
        self._worker.persons.erase_orders(self.connection(n), None)

    def switch(self, n: int, mode: str) -> None:
        """As the settings do: announced before, erased after."""
        self._worker.persons.announce(self.connection(n))
        switched = self._worker.switch(self.connection(n), mode)
        if mode != "individual":
            self._worker.persons.leave(switched)

    def read_by(self, reading: str) -> None:
        json_at(self._owner.ask("PATCH", "/v1/workspace", {"reading": reading}))

    def call(self, n: int, name: str) -> None:
        self._worker.change.connection(self._workspace, self._connections[n].id, name=name)

    def ask(self) -> None:
        for each in self._connections:
            for day in DAYS:
                self._worker.ask_day(each, day)
        self._worker.work()

    def wait(self) -> None:
        self._worker.pass_time(seconds=AGAIN_S)
        self._worker.sweep()
        self.reader.clock = self._worker.clock

    # -- what readers are told

    def check(self) -> None:
        begins = self._opened()
        begins.clock = self.reader.clock
        assert list(answers(self.reader, self._workspace)) == list(answers(begins, self._workspace))


def answers(reader: OpenDaybook, workspace: str) -> Iterator[Any]:
    whose = reader.change.read_workspace(workspace)
    individual = any(each.keeps_persons for each in reader.books.connections(workspace).values())
    for asked in ASKED:
        read = reader.read_reports.read(whose, asked)
        yield read.frame, reader.read_reports.sales(read), reader.read_reports.regions(read)
        yield reader.read_reports.skus(read), reader.read_reports.skus(read, by_quantity=True, shown=1)
        yield reader.read_customers.customers(read) if individual else None
    for sort in ("-day", "net"):
        page = reader.read_sales.page(whose, SalesFilter(sort=sort), after=None, limit=3)
        rest = reader.read_sales.page(whose, SalesFilter(sort=sort), after=page.next, limit=50) if page.next else None
        # The months' own attempts are those of whoever built them.
        yield [(each.id, each.sheet) for each in (*page.sales, *(rest.sales if rest else ()))], page.totals, page.orders
    yield reader.read_sales.individual(whose, SalesFilter(), after=None, limit=50)


def happenings() -> st.SearchStrategy[tuple[str, tuple[Any, ...]]]:
    day, shop = st.sampled_from(DAYS), st.integers(0, 1)
    return st.one_of(
        st.tuples(st.sampled_from(("sell", "take_back", "rename", "erase")), st.tuples(day)),
        st.tuples(st.just("erase_all"), st.tuples(shop)),
        st.tuples(st.just("switch"), st.tuples(shop, st.sampled_from(MODES))),
        st.tuples(st.just("read_by"), st.tuples(st.sampled_from(("event_day", "order_day")))),
        st.tuples(st.just("wait"), st.tuples()),
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(happenings(), min_size=1, max_size=6))
def test_a_reader_that_keeps_says_what_one_that_begins_says(happened):
    table = Table(MemoryEngine())
    with open_site(table) as site:
        shopping = Shopping(table, site)
        shopping.check()
        for what, how in happened:
            getattr(shopping, what)(*how)
            shopping.check()


@pytest.fixture
def shopping(memory_table) -> Iterator[Shopping]:
    with open_site(memory_table) as site:
        yield Shopping(memory_table, site)


@pytest.mark.parametrize(
    ("what", "how"),
    [
        ("sell", (DAYS[2],)),
        ("take_back", (DAYS[0],)),
        ("rename", (DAYS[3],)),
        ("erase", (DAYS[1],)),
        ("erase_all", (1,)),
        ("switch", (0, "store")),
        ("switch", (1, "month")),
        ("read_by", ("order_day",)),
        ("call", (0, "Eastgate Supply")),
    ],
)
def test_each_happening_is_seen_at_once(shopping, what, how):
    shopping.check()
    getattr(shopping, what)(*how)
    shopping.check()


def test_nobody_is_kept_in_memory_longer_than_an_hour(shopping):
    shopping.check()
    customers = shopping.reader.read_customers
    kept = weakref.ref(customers._months)
    shopping.reader.clock += LIFE
    shopping.check()
    gc.collect()
    assert kept() is None


def test_what_was_used_last_is_kept_as_far_as_there_is_room():
    kept = Kept[str](room=6, size=len)
    kept.put("a", "aaa")
    kept.put("b", "bbb")
    assert kept.get("a") == "aaa"
    kept.put("c", "c")
    assert [kept.get(name) for name in "abc"] == ["aaa", None, "c"]
    kept.put("a", "a")
    assert kept.made("d", lambda: "dddd") == kept.made("d", lambda: "not made again") == "dddd"
    assert kept.made(None, lambda: "each time") == "each time"
