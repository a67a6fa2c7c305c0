"""Documents that are kept in the process: a reader sees what a fresh one would, whatever was settled in between."""

from datetime import date, timedelta

import pytest

from chalicelib.domain.days import window_of
from chalicelib.storage.table import Table
from chalicelib.workflows.listed import ListDocuments
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order
from tests.support.system import ZONE, Daybook

FIRST, LAST = date(2026, 5, 28), date(2026, 7, 4)
DAYS = (FIRST, date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 3))


class Counted:
    """The documents, counting how often they are listed."""

    def __init__(self, documents) -> None:
        self._documents = documents
        self.reads: list[tuple[date, date]] = []

    def list(self, workspace, first, last):
        self.reads.append((first, last))
        return self._documents.list(workspace, first, last)


@pytest.fixture
def book() -> Daybook:
    opened = Daybook(Table(MemoryEngine()))
    for n, account in enumerate(("99", "77")):
        paired = opened.pair_shop(account=account)
        for day in DAYS:
            at = window_of(day, ZONE).start_at + timedelta(hours=1)
            opened.shop.orders[day] = [order(n, line(), placed_at=at)]
            opened.ask_day(paired, day)
    opened.work()
    return opened


def test_what_did_not_move_is_not_read_again(book):
    counted = Counted(book.documents)
    listed = ListDocuments(counted, book.month_records)
    once = listed.list("w1", FIRST, LAST).documents
    assert once == list(book.documents.list("w1", FIRST, LAST))
    assert listed.list("w1", FIRST, LAST).documents == once
    assert counted.reads == [(date(2026, 5, 1), date(2026, 7, 31))]


def test_a_settled_document_is_seen_at_once_and_only_its_month_is_read(book):
    counted = Counted(book.documents)
    listed = ListDocuments(counted, book.month_records)
    listed.list("w1", FIRST, LAST)
    day = date(2026, 6, 30)
    at = window_of(day, ZONE).start_at + timedelta(hours=2)
    book.shop.orders[day] = [order(5, line("B"), placed_at=at), *book.shop.orders[day]]
    (connection, *_) = book.connections.list("w1")
    book.ask_day(connection, day)
    assert book.work() == {"published": 1}
    assert listed.list("w1", FIRST, LAST).documents == list(book.documents.list("w1", FIRST, LAST))
    assert counted.reads[1:] == [(date(2026, 6, 1), date(2026, 6, 30))]


@pytest.mark.parametrize(
    ("first", "last"),
    [(FIRST, LAST), (date(2026, 6, 1), date(2026, 6, 30)), (date(2026, 7, 2), date(2026, 7, 2)), (LAST, FIRST)],
)
def test_any_range_is_what_it_is_without_keeping(book, first, last):
    listed = ListDocuments(book.documents, book.month_records, kept_max=3)
    for _ in range(3):
        wanted = list(book.documents.list("w1", first, last)) if first <= last else []
        assert listed.list("w1", first, last).documents == wanted
        assert listed.list("w2", first, last).documents == []
