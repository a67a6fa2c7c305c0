"""A sync by order number: found, moved, nowhere, and everything a channel may answer instead."""

from datetime import date, timedelta

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.days import window_of
from chalicelib.domain.work import DayKey, OrderMessage
from tests.support.orders import order
from tests.support.shaky import every_fault
from tests.support.system import ZONE, Daybook

DAY = date(2026, 7, 3)
EARLY = window_of(DAY, ZONE).start_at


@pytest.fixture
def daybook(memory_table) -> Daybook:
    return Daybook(memory_table)


@pytest.fixture
def paired(daybook):
    return daybook.pair_shop()


def work(daybook):
    return daybook.seek() + daybook.work()


def progress(daybook, sync):
    return daybook.read_syncs.one("w1", sync.id)


def test_the_order_s_day_is_read_again_and_nothing_is_asked_before_the_channel_was(daybook, paired):
    daybook.shop.orders[DAY] = [order(21, placed_at=EARLY), order(22, placed_at=EARLY)]
    sync = daybook.run_syncs.order(paired, " #1021 ", actor="owner@northwind.example")
    assert daybook.held.others == [OrderMessage("w1", paired.id, sync.id)]
    assert (daybook.shop.searches, progress(daybook, sync).state) == (0, "queued")
    assert work(daybook) == {"found": 1, "published": 1}
    found = daybook.sync_records.read("w1", sync.id)
    assert (found.days, found.reason, found.order_number) == ((DAY,), "order", "1021")
    assert daybook.days.read(DayKey("w1", paired.id, DAY)).actor == "owner@northwind.example"
    daybook.sweep()
    assert progress(daybook, sync).state == "done"
    assert "info: Order #1021 was read again with its day: Jul 3, 2 orders." in daybook.said()


def test_the_day_is_that_of_the_connection_s_calendar(daybook, paired):
    moment = window_of(DAY, ZONE).end_at - timedelta(seconds=1)
    daybook.shop.orders[DAY] = [order(21, placed_at=moment)]
    sync = daybook.run_syncs.order(paired, "1021", actor="a")
    work(daybook)
    assert moment.date() == DAY + timedelta(days=1), "in UTC it is tomorrow"
    assert daybook.sync_records.read("w1", sync.id).days == (DAY,)


def test_an_order_that_moved_is_taken_from_where_it_was(daybook, paired):
    was = DAY - timedelta(days=2)
    then = window_of(was, ZONE).start_at
    daybook.shop.orders[was] = [order(21, placed_at=then), order(20, placed_at=then)]
    daybook.ask_day(paired, was)
    work(daybook)
    daybook.shop.orders = {was: [order(20, placed_at=then)], DAY: [order(21, placed_at=EARLY)]}
    sync = daybook.run_syncs.order(paired, "1021", actor="a")
    assert work(daybook) == {"found": 1, "published": 2}
    assert daybook.sync_records.read("w1", sync.id).days == (DAY, was)
    assert {key.day: [sheet.first_number for sheet in version.sheets] for key, version in documents(daybook)} == {
        was: ["#1020"],
        DAY: ["#1021"],
    }


def test_a_number_that_only_begins_alike_is_another_order(daybook, paired):
    daybook.shop.orders[DAY] = [order(9210, placed_at=EARLY)]
    daybook.ask_day(paired, DAY)
    work(daybook)
    sync = daybook.run_syncs.order(paired, "1021", actor="a")
    assert work(daybook) == {"nowhere": 1}
    assert progress(daybook, sync).state == "done"


def documents(daybook):
    return daybook.documents.list("w1", date(2026, 1, 1), date(2026, 12, 31))


def test_an_order_that_is_nowhere_ends_the_sync_with_a_warning_and_no_days(daybook, paired):
    sync = daybook.run_syncs.order(paired, "48211", actor="a")
    assert work(daybook) == {"nowhere": 1}
    assert daybook.said() == ["warning: No order #48211 at Northwind Supply."]
    ended = progress(daybook, sync)
    assert (ended.state, ended.days, ended.ended_at is not None) == ("done", (), True)
    daybook.pass_time(hours=1)
    daybook.sweep()
    assert daybook.held.others == []


def test_a_lost_message_is_sent_again_by_the_sweep_but_not_before_its_time(daybook, paired):
    daybook.run_syncs.order(paired, "1021", actor="a")
    daybook.held.others.clear()
    daybook.pass_time(seconds=800)
    daybook.sweep()
    assert daybook.held.others == []
    daybook.pass_time(seconds=100)
    daybook.sweep()
    daybook.sweep()
    assert len(daybook.held.others) == 1
    assert work(daybook) == {"nowhere": 1}


def test_a_message_that_comes_twice_asks_the_channel_once(daybook, paired):
    daybook.shop.orders[DAY] = [order(21, placed_at=EARLY)]
    daybook.run_syncs.order(paired, "1021", actor="a")
    daybook.held.others *= 2
    assert work(daybook) == {"found": 1, "repeat": 1, "published": 1}
    assert daybook.shop.searches == 1


def test_a_wait_that_the_channel_asks_for_holds_everything_and_is_no_try(daybook, paired):
    daybook.shop.orders[DAY] = [order(21, placed_at=EARLY)]
    daybook.shop.failures = [errors.RateLimited("Slow down.", 90)]
    sync = daybook.run_syncs.order(paired, "1021", actor="a")
    assert work(daybook) == {"parked": 1}
    assert progress(daybook, sync).state == "slowed"
    assert daybook.said() == ["warning: Order #1021 waits: Slow down."]
    daybook.sweep()
    assert daybook.held.others == []
    daybook.pass_time(seconds=91)
    daybook.sweep()
    assert daybook.sync_records.read("w1", sync.id).tries == 0
    assert work(daybook) == {"found": 1, "published": 1}


def test_a_refused_sign_in_is_renewed_once_and_then_told(daybook, paired):
    daybook.shop.orders[DAY] = [order(21, placed_at=EARLY)]
    daybook.shop.failures = [errors.AuthExpired("no longer accepted.")]
    daybook.run_syncs.order(paired, "1021", actor="a")
    assert work(daybook) == {"found": 1, "published": 1}
    daybook.shop.failures = [errors.AuthExpired("no longer accepted.")] * 2
    sync = daybook.run_syncs.order(paired, "1022", actor="a")
    assert work(daybook) == {"parked": 1}
    assert progress(daybook, sync).state == "sign_in_needed"
    assert daybook.connections.get("w1", paired.id).sign_in_needed
    daybook.sweep()
    assert work(daybook) == {"parked": 1}
    assert (daybook.shop.searches, daybook.sync_records.read("w1", sync.id).tries) == (4, 0)
    seen, credentials = daybook.connections.open("w1", paired.id)
    again = msgspec.structs.replace(seen, epoch=2, credentials_version=2, sign_in_needed=False)
    assert daybook.connections.pair(seen, again, credentials)
    daybook.pass_time(hours=1)
    daybook.sweep()
    assert work(daybook) == {"nowhere": 1}


def test_a_dozen_tries_are_enough(daybook, paired):
    daybook.shop.failures = [errors.RetryableError("The shop answered 502."), errors.PermanentError("It said no.")] * 6
    sync = daybook.run_syncs.order(paired, "1021", actor="a")
    outcomes = []
    for _ in range(15):
        outcomes += work(daybook).elements()
        daybook.pass_time(seconds=900)
        daybook.sweep()
    assert outcomes == ["parked"] * 11 + ["failed"]
    assert progress(daybook, sync).state == "failed_days"
    text = "error: Order #1021 could not be looked for at Northwind Supply: It said no."
    assert daybook.said().count(text) == 1
    daybook.shop.orders[DAY] = [order(21, placed_at=EARLY)]
    daybook.run_syncs.resume(daybook.sync_records.read("w1", sync.id))
    assert work(daybook) == {"found": 1, "published": 1}
    assert progress(daybook, sync).state == "done"


def test_workers_that_die_every_time_are_given_up_too(daybook, paired):
    daybook.shop.failures = [KeyboardInterrupt()] * 12
    sync = daybook.run_syncs.order(paired, "1021", actor="a")
    for _ in range(12):
        with pytest.raises(KeyboardInterrupt):
            work(daybook)
        daybook.pass_time(seconds=900)
        daybook.sweep()
    assert work(daybook) == {"failed": 1}
    assert progress(daybook, sync).state == "failed_days"


def test_cancelled_before_it_is_found_it_asks_nothing_until_it_is_resumed(daybook, paired):
    daybook.shop.orders[DAY] = [order(21, placed_at=EARLY)]
    sync = daybook.run_syncs.order(paired, "1021", actor="a")
    daybook.run_syncs.cancel(sync)
    assert work(daybook) == {"repeat": 1}
    daybook.sweep()
    assert (progress(daybook, sync).state, daybook.shop.searches) == ("cancelled", 0)
    daybook.run_syncs.resume(daybook.sync_records.read("w1", sync.id))
    assert work(daybook) == {"found": 1, "published": 1}


def test_a_worker_that_died_after_it_found_the_day_leaves_it_to_the_sweep(daybook, paired):
    daybook.shop.orders[DAY] = [order(21, placed_at=EARLY)]
    sync = daybook.run_syncs.order(paired, "1021", actor="a")
    assert daybook.sync_records.note_days(sync, (DAY,))
    daybook.held.others.clear()
    daybook.sweep()
    assert work(daybook) == {"published": 1}
    daybook.sweep()
    assert progress(daybook, sync).state == "done"


def test_a_shop_that_was_removed_meanwhile_ends_it(daybook, paired):
    sync = daybook.run_syncs.order(paired, "1021", actor="a")
    assert daybook.connections.begin_parting(paired)
    assert work(daybook) == {"ignored": 1}
    assert daybook.sync_records.read("w1", sync.id).failure == "The shop is not connected any more."


def test_whatever_goes_wrong_once_the_order_is_found_and_its_sync_ends():
    def prepare(table):
        daybook = Daybook(table)
        daybook.shop.orders[DAY] = [order(21, placed_at=EARLY)]
        return daybook, daybook.pair_shop()

    def act(table, prepared):
        daybook, paired = prepared
        daybook.run_syncs.order(paired, "1021", actor="a")
        work(daybook)
        daybook.sweep()

    for what, _, (daybook, paired), _ in every_fault(prepare, act, deaths=True):
        for _ in range(4):
            daybook.pass_time(seconds=1_000)
            daybook.sweep()
            work(daybook)
        for sync in daybook.sync_records.list("w1", 5):
            assert (progress(daybook, sync).state, sync.days) == ("done", (DAY,)), what
            assert sync.ended_at is not None, what
            assert daybook.days.read(DayKey("w1", paired.id, DAY)).at_rest, what
        assert not any(daybook.agenda.read_partition(n)[2] for n in range(4)), what


@pytest.mark.parametrize("number", ["", " # ", "x" * 61, "10\x0121"])
def test_what_is_no_order_number_is_refused_at_its_field(daybook, paired, number):
    with pytest.raises(errors.RequestError) as caught:
        daybook.run_syncs.order(paired, number, actor="a")
    assert list(caught.value.fields) == ["order_number"]
    assert daybook.held.others == []
    assert list(daybook.sync_records.list("w1", 5)) == []
