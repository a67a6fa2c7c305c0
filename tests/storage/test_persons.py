"""Persons in their parts: written once, erased at any time, brought back by nobody. On every engine."""

from datetime import date

import pytest

from chalicelib.domain.persons import Person
from chalicelib.domain.work import DayKey, Head
from chalicelib.storage.models import Part
from chalicelib.storage.persons import PersonParts
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.shaky import every_fault

DAY = DayKey("w1", "c1", date(2026, 7, 3))
A, B, C = (Person(f"Customer {n}", "US-NY") for n in (1, 2, 3))
ALL = {"1": A, "2": B, "3": C}


@pytest.fixture
def parts(table) -> PersonParts:
    return PersonParts(table)


def test_a_day_has_the_persons_that_its_head_names(parts):
    parts.write(DAY, "a1", ALL)
    parts.write(DAY, "a2", {"1": B})
    assert parts.names(Head(key=DAY, named="a1")) == ALL
    assert parts.names(Head(key=DAY, named="a2")) == {"1": B}
    assert parts.names(Head(key=DAY, live="a1")) == {}
    assert parts.attempts(DAY) == {"a1", "a2"}


def test_nobody_known_is_something_else_than_nothing_kept(parts):
    parts.write(DAY, "a1", {})
    assert (parts.read(DAY, "a1"), parts.read(DAY, "a2")) == ({}, None)


def test_many_persons_take_several_parts(table, monkeypatch):
    monkeypatch.setattr("chalicelib.domain.persons.PERSONS_PER_PART", 2)
    parts = PersonParts(table)
    parts.write(DAY, "a1", ALL)
    assert parts.read(DAY, "a1") == ALL
    assert len(list(table.query(Part, "PARTS#c1#2026-07-03", begins="WHO#"))) == 2
    parts.take_out(DAY, {"3"})
    assert parts.read(DAY, "a1") == {"1": A, "2": B}


def test_the_erased_leave_every_attempts_parts_and_the_others_stay(parts):
    parts.write(DAY, "a1", ALL)
    parts.write(DAY, "a2", {"2": B})
    parts.take_out(DAY, {"2", "9"})
    assert (parts.read(DAY, "a1"), parts.read(DAY, "a2")) == ({"1": A, "3": C}, {})


def test_one_attempts_parts_can_be_deleted_and_all_of_them(parts):
    for attempt in ("a1", "a2", "a3"):
        parts.write(DAY, attempt, ALL)
    parts.delete(DAY, "a2")
    assert parts.attempts(DAY) == {"a1", "a3"}
    parts.delete(DAY)
    assert parts.attempts(DAY) == set()


def test_a_write_repeated_after_an_erasure_does_not_bring_the_person_back(parts):
    parts.write(DAY, "a1", ALL)
    parts.take_out(DAY, {"2"})
    parts.write(DAY, "a1", ALL)
    assert parts.read(DAY, "a1") == {"1": A, "3": C}


class Late(Table):
    """Lets somebody else in between the first reading of a part and its rewriting."""

    def __init__(self, engine: MemoryEngine) -> None:
        super().__init__(engine)
        self.between = lambda: None

    def put(self, item, condition=None) -> None:
        between, self.between = self.between, lambda: None
        between()
        super().put(item, condition)


def test_of_two_that_erase_at_once_none_brings_back_what_the_other_took_out():
    engine = MemoryEngine()
    table = Late(engine)
    one, other = PersonParts(table), PersonParts(Table(engine))
    one.write(DAY, "a1", ALL)
    table.between = lambda: other.take_out(DAY, {"2"})
    one.take_out(DAY, {"1"})
    assert other.read(DAY, "a1") == {"3": C}


def test_a_part_deleted_while_it_is_rewritten_stays_deleted():
    engine = MemoryEngine()
    table = Late(engine)
    one, other = PersonParts(table), PersonParts(Table(engine))
    one.write(DAY, "a1", ALL)
    table.between = lambda: other.delete(DAY)
    one.take_out(DAY, {"1"})
    assert other.attempts(DAY) == set()


def test_whatever_answer_is_lost_the_erased_are_gone_and_the_others_there():
    def act(table: Table, _: object) -> None:
        parts = PersonParts(table)
        parts.write(DAY, "a1", ALL)
        parts.erase("w1", "c1", ["2"])
        parts.take_out(DAY, parts.erased("w1", "c1"))

    for wrong, table, _, _ in every_fault(lambda table: None, act):
        parts = PersonParts(table)
        assert (parts.read(DAY, "a1"), parts.erased("w1", "c1")) == ({"1": A, "3": C}, {"2"}), wrong


def test_erased_orders_are_known_by_connection_and_add_up(parts, monkeypatch):
    monkeypatch.setattr("chalicelib.storage.persons.IDS_PER_PART", 2)
    parts.erase("w1", "c1", ["3", "1", "2"])
    parts.erase("w1", "c1", ["3", "1", "2"])
    parts.erase("w1", "c1", ["7"])
    parts.erase("w2", "c1", ["8"])
    assert parts.erased("w1", "c1") == {"1", "2", "3", "7"}
    assert parts.erased("w1", "c2") == set()
