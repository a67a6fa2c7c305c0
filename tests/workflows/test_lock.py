"""The period lock: frozen documents, what is owed to the first open day, and walks that die."""

from datetime import date

import msgspec
import pytest

from chalicelib.domain.corrections import Corrected
from chalicelib.storage.table import Table
from tests.support.locked import Lockable, at, with_events
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order, refund
from tests.support.shaky import every_fault

JUL_3, JUL_4, JUL_5, JUL_31 = date(2026, 7, 3), date(2026, 7, 4), date(2026, 7, 5), date(2026, 7, 31)
AUG_1, AUG_2, AUG_3, AUG_10 = date(2026, 8, 1), date(2026, 8, 2), date(2026, 8, 3), date(2026, 8, 10)
READINGS = ("event_day", "order_day")


def sold():
    """The example of SUMS 4: 2 x A at 50.00 and B at 30.00, 10 % off, shipping 8.00, tax 10 %."""
    lines = line("A", 2, 10000, 1000, 900), line("B", 1, 3000, 300, 270)
    return order(1, *lines, placed_at=at(JUL_3), shipping=800, tax=1250)


def a_back():
    return refund(at(JUL_5), line("A", 1, 5000, 500, 450))


def b_back():
    return refund(at(AUG_2), line("B", 1, 3000, 300, 270), shipping=800, tax=350)


@pytest.fixture
def daybook(memory_table) -> Lockable:
    return Lockable(memory_table)


@pytest.fixture
def july(daybook) -> Lockable:
    """July is in, and what happened in it."""
    daybook.shop.orders[JUL_3] = [sold()]
    daybook.sync(JUL_3, JUL_5)
    daybook.shop.orders[JUL_3] = [with_events(sold(), a_back())]
    daybook.sync(JUL_3)
    return daybook


def come_back_in_august(daybook) -> None:
    daybook.shop.orders[JUL_3] = [with_events(sold(), a_back(), b_back())]
    daybook.sync(AUG_1, AUG_2, JUL_3)


def documents(daybook):
    return {
        day: (version.attempt, version.frozen, msgspec.msgpack.encode(sheets))
        for day, version, sheets in daybook.documents_of_all()
    }


EVENT_DAY = {JUL_3: 13750, JUL_5: -4950, AUG_2: -3850}
FROZEN_BY_EVENT_DAY = {JUL_3: 13750, JUL_5: -4950, AUG_1: -3850}
FROZEN_BY_ORDER_DAY = {JUL_3: 8800, AUG_1: -3850}


def test_without_a_lock_the_example_is_restated_by_order_day(july):
    come_back_in_august(july)
    assert july.shown("event_day") == EVENT_DAY
    assert july.shown("order_day") == {JUL_3: 4950}


def test_the_example_locked_by_event_day(july):
    july.save(locked_through=JUL_31)
    come_back_in_august(july)
    assert july.shown("event_day") == EVENT_DAY
    assert july.documents.read(july.key(JUL_3)).frozen == "event_day"
    july.save(reading="order_day")
    assert july.shown("order_day") == FROZEN_BY_EVENT_DAY
    assert july.documents.read(july.key(AUG_1)).corrected == (Corrected(JUL_3, 2, "", "USD", 0, -3850),)


def test_the_example_locked_by_order_day(july):
    july.save(reading="order_day", locked_through=JUL_31)
    assert july.shown("order_day") == {JUL_3: 8800}
    come_back_in_august(july)
    assert july.shown("order_day") == FROZEN_BY_ORDER_DAY
    version = july.documents.read(july.key(JUL_3))
    assert (version.number, version.frozen) == (2, "order_day")
    assert july.documents.read(july.key(AUG_1)).corrected == (Corrected(JUL_3, 2, "", "USD", 0, -3850),)
    july.save(reading="event_day")
    assert july.shown("event_day") == {JUL_3: 8800, AUG_2: -3850}
    assert july.documents.read(july.key(JUL_3)) == version


@pytest.mark.parametrize("locked_by", READINGS)
def test_the_months_of_the_example_are_the_same_by_either_reading(july, locked_by):
    july.months.read(july.connection, date(2026, 7, 1))
    july.save(reading=locked_by, locked_through=JUL_31)
    come_back_in_august(july)
    for reading in READINGS:
        july.save(reading=reading)
        totals = []
        for month in (date(2026, 7, 1), date(2026, 8, 1)):
            (sheet,) = july.months.read(july.connection, month).sheets
            totals.append(sheet.sales.amounts.total + sheet.events(reading).amounts.total)
        assert totals == [8800, -3850]


def test_events_posted_by_order_day_are_not_posted_again_by_event_day(july):
    """August's refund is known before July is locked: the frozen third of July has it."""
    come_back_in_august(july)
    july.save(reading="order_day", locked_through=JUL_31)
    assert july.shown("order_day") == {JUL_3: 4950}
    july.save(reading="event_day")
    assert july.shown("event_day") == {JUL_3: 4950}
    (taken,) = july.documents.read(july.key(AUG_2)).less
    assert taken[:2] == (JUL_3, AUG_2)


def test_what_only_the_other_reading_owes_goes_along_with_the_lock(july):
    """August's refund is at home in August by event day, and owed to the frozen third of July by order day."""
    july.save(locked_through=JUL_31)
    july.shop.orders[JUL_3] = [with_events(sold(), a_back(), refund(at(AUG_10), line("A", 1, 5000)))]
    july.sync(AUG_1, AUG_10, JUL_3)
    assert july.shown("order_day") == {JUL_3: 13750, JUL_5: -4950, AUG_1: -5000}
    july.save(locked_through=AUG_2)
    assert july.shown("order_day") == {JUL_3: 13750, JUL_5: -4950, AUG_3: -5000}
    assert july.shown("event_day") == {JUL_3: 13750, JUL_5: -4950, AUG_10: -5000}


def test_an_event_before_its_order_is_owed_by_event_day_once_its_day_is_locked_by_order_day(july):
    """Orders can be dated anew, past what has happened to them."""
    july.shop.orders[AUG_2] = [order(2, placed_at=at(AUG_2), events=(refund(at(JUL_5), line("A", 1, 700)),))]
    july.sync(AUG_2)
    july.save(locked_through=JUL_31, reading="order_day")
    assert july.shown("order_day") == {JUL_3: 8800, AUG_2: 4300}
    assert july.shown("event_day") == {JUL_3: 8800, AUG_1: -700, AUG_2: 5000}


def test_an_order_that_turns_up_late_on_a_locked_day_stands_on_the_first_open_one(july):
    july.save(locked_through=JUL_31)
    frozen = {day: document for day, document in documents(july).items() if document[1]}
    july.shop.orders[JUL_3] += [order(2, line("C", 3, 900), placed_at=at(JUL_3, 90))]
    july.sync(JUL_3)
    assert {day: document for day, document in documents(july).items() if day in frozen} == frozen
    for reading in READINGS:
        assert july.shown(reading) == {JUL_3: 13750, JUL_5: -4950, AUG_1: 900}
    ((_, _, (sheet,)),) = [found for found in july.documents_of_all() if found[0] == AUG_1]
    assert [(sku.sku, sku.quantity_milli) for sku in sheet.event_day.lines] == [("C", 3000)]
    assert (sheet.sales.count, sheet.event_day.count) == (0, 0)


def test_a_correction_that_is_taken_back_leaves_the_first_open_day_again(july):
    july.save(locked_through=JUL_31)
    july.shop.orders[JUL_3] += [order(2, placed_at=at(JUL_3, 90))]
    july.sync(JUL_3)
    july.shop.orders[JUL_3].pop()
    july.sync(JUL_3)
    assert july.shown("event_day") == {JUL_3: 13750, JUL_5: -4950}
    assert july.documents.read(july.key(AUG_1)).corrections == ()


def test_a_correction_is_frozen_with_its_day_and_what_comes_after_goes_on_from_it(july):
    july.save(locked_through=JUL_31)
    july.shop.orders[JUL_3] += [order(2, line("C", 1, 1000), placed_at=at(JUL_3, 90))]
    july.sync(JUL_3)
    july.save(locked_through=AUG_2)
    assert july.shown("event_day") == {JUL_3: 13750, JUL_5: -4950, AUG_1: 1000}
    july.shop.orders[JUL_3][-1] = order(2, line("C", 1, 1700), placed_at=at(JUL_3, 90))
    july.sync(JUL_3)
    assert july.shown("event_day") == {JUL_3: 13750, JUL_5: -4950, AUG_1: 1000, AUG_3: 700}


def test_a_locked_day_that_comes_in_for_the_first_time_says_nothing_itself(daybook):
    daybook.save(locked_through=JUL_31)
    daybook.shop.orders[JUL_3] = [with_events(sold(), a_back())]
    daybook.sync(JUL_3)
    for reading in READINGS:
        assert daybook.shown(reading) == {AUG_1: 8800}
    empty = daybook.documents.read(daybook.key(JUL_3))
    assert (empty.state, empty.frozen, empty.sheets) == ("empty", "event_day", ())


def test_moving_the_lock_back_makes_everything_as_if_it_had_never_been(july):
    july.save(reading="order_day", locked_through=JUL_31)
    come_back_in_august(july)
    july.save(locked_through=AUG_1)
    july.save(locked_through=None)
    assert july.shown("order_day") == {JUL_3: 4950}
    assert july.shown("event_day") == EVENT_DAY
    assert not [version for _, version, _ in july.documents_of_all() if version.frozen or version.corrections]


def test_a_lock_that_is_moved_back_a_little_keeps_what_is_still_frozen(july):
    july.save(locked_through=JUL_3)
    frozen = documents(july)[JUL_3]
    july.save(locked_through=JUL_31)
    july.save(locked_through=JUL_3, reading="order_day")
    assert documents(july)[JUL_3] == frozen
    assert july.documents.read(july.key(JUL_5)).frozen is None
    assert july.shown("order_day") == {JUL_3: 13750, JUL_4: -4950}


def test_a_lock_nobody_walked_for_is_walked_for_by_the_next_settle(july):
    july.change.workspace(july.who, {"locked_through": JUL_31}, version=None)
    assert july.documents.read(july.key(JUL_3)).frozen is None
    come_back_in_august(july)
    assert july.documents.read(july.key(JUL_3)).frozen == "event_day"
    assert july.shown("event_day") == EVENT_DAY


def test_a_lock_holds_for_every_connection_of_its_workspace_and_for_no_other(july):
    second = july.pair_shop(account="100")
    elsewhere = july.pair_shop(workspace="w2", account="101")
    for connection in (second, elsewhere):
        july.ask_day(connection, JUL_3)
    july.work()
    july.save(locked_through=JUL_31)
    here, there = (
        msgspec.structs.replace(july.key(JUL_3), workspace=each.workspace, connection=each.id)
        for each in (second, elsewhere)
    )
    assert july.documents.read(here).frozen == "event_day"
    assert july.documents.read(there).frozen is None


def test_a_rebuild_that_is_late_does_not_restate_a_locked_day(july):
    live, mark = july.documents.read_to_rebuild(july.key(JUL_3))
    july.save(locked_through=JUL_31)
    late = msgspec.structs.replace(live, attempt="late", number=live.number + 1, predecessor=live.attempt)
    assert not july.documents.publish(july.key(JUL_3), late, mark)
    july.save(locked_through=None)
    assert not july.documents.publish(july.key(JUL_3), late, mark)


def test_corrections_that_are_late_for_their_lock_do_not_come_to_stand_where_there_was_no_document(july):
    key = july.key(AUG_1)
    july.documents.read_to_rebuild(key)
    july.save(locked_through=JUL_31)
    july.save(locked_through=None)
    live = july.documents.read(july.key(JUL_3))
    late = msgspec.structs.replace(live, attempt="late", number=1, predecessor=None)
    assert not july.documents.publish(key, late, 0)


def test_a_walker_who_slept_through_the_next_walk_posts_nothing(july):
    """While it sleeps, others finish its walk and open everything again; what it then reads is not frozen."""
    freeze = july.documents.freeze

    def and_sleep(day, *, reading, lock):
        july.documents.freeze = freeze
        july.lock.catch_up_all("w1")
        july.save(locked_through=None)
        july.shop.orders[JUL_4] = [order(9, placed_at=at(JUL_4), events=(refund(at(JUL_5), line()),))]
        july.sync(JUL_4)
        freeze(day, reading=reading, lock=lock)

    july.documents.freeze = and_sleep
    july.save(locked_through=JUL_31)
    assert not any(posted.attempts() for posted in july.corrections.all_posted(july.connection.id).values())


def test_a_freeze_that_lands_late_does_not_freeze_what_was_opened_since(july):
    july.save(locked_through=JUL_31)
    july.save(locked_through=None)
    july.documents.freeze(july.key(JUL_3), reading="event_day", lock=1)
    assert july.documents.read(july.key(JUL_3)).frozen is None


def test_what_frozen_documents_have_posted_is_never_cleaned(july):
    july.save(reading="order_day", locked_through=JUL_31)
    come_back_in_august(july)
    for day in (JUL_3, JUL_5, AUG_1, AUG_2):
        july.clean.clean_day(july.key(day))
    assert july.documents.is_posted(july.key(JUL_3))
    assert july.shown("order_day") == FROZEN_BY_ORDER_DAY


def test_corrections_of_an_earlier_lock_that_were_never_shown_are_cleaned(july):
    july.save(locked_through=JUL_31)
    come_back_in_august(july)
    key = july.key(AUG_1)
    july.save(locked_through=None)
    shown = {(version.lock, *name) for version in july.documents.versions(key) for name in version.corrections}
    july.shop.orders[JUL_3].append(order(7, placed_at=at(JUL_3)))
    july.clean.clean_day(key)
    assert set(july.corrections.names(key)) == shown


# -- wherever a worker dies

MOVES = {
    "locking": ({}, {"locked_through": JUL_31}),
    "locking by order day": ({}, {"locked_through": JUL_31, "reading": "order_day"}),
    "locking on": ({"locked_through": JUL_31, "reading": "order_day"}, {"locked_through": AUG_2}),
    "opening": ({"locked_through": JUL_31, "reading": "order_day"}, {"locked_through": None}),
    "moving back": ({"locked_through": AUG_2}, {"locked_through": JUL_31}),
}


@pytest.mark.parametrize("move", MOVES)
def test_wherever_a_walk_dies_the_next_one_ends_the_same(move):
    before, after = MOVES[move]

    def prepare(table: Table) -> dict:
        daybook = Lockable(table)
        daybook.shop.orders[JUL_3] = [sold()]
        daybook.sync(JUL_3, JUL_5)
        if before:
            daybook.save(**before)
        come_back_in_august(daybook)
        daybook.change.workspace(daybook.who, after, version=None)
        return daybook.shop.orders

    def act(table: Table, orders: dict) -> None:
        Lockable(table).lock.catch_up_all("w1")

    def end(table: Table, orders: dict):
        daybook = Lockable(table)
        daybook.shop.orders = orders
        daybook.lock.catch_up_all("w1")
        daybook.sync(JUL_3, JUL_5, AUG_1, AUG_2)
        facts = daybook.facts()
        assert [daybook.posted(reading) for reading in READINGS] == [facts, facts]
        shown = [daybook.shown(reading) for reading in READINGS]
        return shown, {day: frozen for day, (_, frozen, _) in documents(daybook).items()}

    sound = Table(MemoryEngine())
    orders = prepare(sound)
    act(sound, orders)
    expected = end(sound, orders)
    for wrong, table, prepared, _ in every_fault(prepare, act, deaths=True):
        assert end(table, prepared) == expected, wrong


def test_wherever_a_settle_of_a_locked_day_dies_the_next_one_ends_the_same():
    def prepare(table: Table) -> Lockable:
        daybook = Lockable(table)
        daybook.shop.orders[JUL_3] = [sold()]
        daybook.sync(JUL_3, JUL_5, AUG_2)
        daybook.save(locked_through=JUL_31, reading="order_day")
        daybook.shop.orders[JUL_3] = [with_events(sold(), a_back(), b_back())]
        return daybook

    def act(table: Table, daybook: Lockable) -> None:
        daybook.sync(JUL_3)

    for wrong, table, prepared, _ in every_fault(prepare, act, deaths=True):
        daybook = Lockable(table)
        daybook.shop.orders = prepared.shop.orders
        daybook.pass_time(hours=1)
        daybook.sync(JUL_3)
        assert daybook.shown("order_day") == {JUL_3: 13750, AUG_1: -8800}, wrong
        assert daybook.shown("event_day") == {JUL_3: 13750, AUG_1: -4950, AUG_2: -3850}, wrong
