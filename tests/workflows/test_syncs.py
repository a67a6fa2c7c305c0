"""Syncs: the first download, a range by hand, cancelling, taking up again."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import errors
from chalicelib.domain.days import days_between
from chalicelib.domain.work import DayKey
from chalicelib.storage.models import SyncItem
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.orders import order
from tests.support.shaky import every_fault
from tests.support.system import Daybook

TODAY = date(2026, 7, 5)


@pytest.fixture
def daybook(memory_table) -> Daybook:
    return Daybook(memory_table)


@pytest.fixture
def paired(daybook):
    return daybook.pair_shop()


def test_the_first_download_asks_ninety_days_and_today_newest_first(daybook, paired):
    sync = daybook.sync_records.read("w1", daybook.run_syncs.pairing(paired))
    assert [message.day for message in daybook.held.messages] == [TODAY - timedelta(days=n) for n in range(91)]
    assert set(sync.asked.values()) == {1}
    daybook.work()
    daybook.sweep()
    assert daybook.sync_records.read("w1", sync.id).ended_at is not None
    assert "info: Sync done: 91 days, 0 orders." in daybook.said()


def test_a_shop_that_shows_sixty_days_has_the_rest_as_not_available(daybook, paired):
    short = msgspec.structs.replace(paired, reach_days=60)
    sync = daybook.sync_records.read("w1", daybook.run_syncs.pairing(short))
    assert (len(sync.days), len(sync.not_available)) == (60, 31)
    assert sync.not_available[0] == TODAY - timedelta(days=60)
    assert daybook.said()[0].startswith("warning: Northwind Supply shows us the last 60 days only: Apr 6 to May 6")


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (date(2026, 7, 4), date(2026, 7, 3), "to"),
        (date(2026, 7, 4), date(2026, 7, 6), "to"),
        (date(2021, 7, 4), date(2026, 7, 4), "from"),
    ],
)
def test_a_range_that_cannot_be_is_refused_at_its_field(daybook, paired, first, last, field):
    with pytest.raises(errors.RequestError) as caught:
        daybook.run_syncs.manual(paired, first, last)
    assert list(caught.value.fields) == [field]
    assert daybook.held.messages == []


def test_cancelling_keeps_what_is_done_and_resuming_takes_only_the_rest(daybook, paired):
    sync = daybook.run_syncs.manual(paired, date(2026, 7, 1), date(2026, 7, 4))
    daybook.shop.orders[date(2026, 7, 1)] = [order(1)]
    first, *rest = daybook.held.messages
    daybook.held.messages = [first]
    daybook.work()
    daybook.run_syncs.cancel(daybook.sync_records.read("w1", sync.id))
    daybook.held.messages = rest
    assert daybook.work() == {"repeat": 3}
    daybook.sweep()
    again = daybook.run_syncs.resume(daybook.sync_records.read("w1", sync.id))
    assert again.asked[first.day] == 1
    assert daybook.work() == {"published": 3}
    daybook.sweep()
    assert daybook.sync_records.read("w1", sync.id).ended_at is not None


def test_resuming_opens_failed_days_again(daybook, paired):
    daybook.shop.failures = [errors.PermanentError("closed.")]
    sync = daybook.run_syncs.manual(paired, date(2026, 7, 3), date(2026, 7, 4))
    assert daybook.work() == {"failed": 1, "published": 1}
    daybook.sweep()
    assert "warning: Sync ended: 1 of 2 days are in, 1 could not be read." in daybook.said()
    daybook.run_syncs.resume(daybook.sync_records.read("w1", sync.id))
    assert daybook.work() == {"published": 1}


def test_asking_that_died_half_way_is_finished_by_the_sweep(daybook, paired):
    asks = daybook.days.ask
    calls = 0

    def dying(day, **asked):
        nonlocal calls
        calls += 1
        if calls == 25:
            raise errors.Unanswered("the table is away")
        return asks(day, **asked)

    daybook.days.ask = dying
    with pytest.raises(errors.Unanswered):
        daybook.run_syncs.pairing(paired)
    daybook.sweep()
    daybook.work()
    daybook.sweep()
    (sync,) = daybook.sync_records.list("w1", 5)
    assert len(sync.asked) == 91
    assert sync.ended_at is not None


def test_waking_sends_what_waited_for_a_sign_in(daybook, paired):
    daybook.shop.failures = [errors.AuthExpired("no longer accepted.")] * 2
    key = daybook.ask_day(paired, date(2026, 7, 3))
    assert daybook.work() == {"parked": 1}
    seen, credentials = daybook.connections.open("w1", paired.id)
    again = msgspec.structs.replace(seen, epoch=2, credentials_version=2, sign_in_needed=False)
    assert daybook.connections.pair(seen, again, credentials)
    daybook.run_syncs.wake(again)
    assert daybook.work() == {"published": 1}
    assert daybook.days.read(key).at_rest


def test_a_cancelled_day_whose_worker_died_comes_to_rest(daybook, paired):
    daybook.shop.failures = [KeyboardInterrupt()]
    sync = daybook.run_syncs.manual(paired, date(2026, 7, 3), date(2026, 7, 3))
    with pytest.raises(KeyboardInterrupt):
        daybook.work()
    daybook.run_syncs.cancel(sync)
    daybook.pass_time(seconds=1000)
    daybook.sweep()
    assert daybook.work() == {"repeat": 1}
    assert daybook.days.read(DayKey("w1", paired.id, date(2026, 7, 3))).at_rest
    assert not list(daybook.agenda.wanted_of(paired.id))


# -- batches

LONG = date(2026, 1, 1), date(2026, 6, 30)


def test_a_long_range_is_one_sync_whose_batches_run_one_after_the_other(daybook, paired):
    sync = daybook.run_syncs.manual(paired, *LONG, actor="owner@northwind.example")
    first, second = list(days_between(LONG[0], date(2026, 4, 30))), list(days_between(date(2026, 5, 1), LONG[1]))
    assert [message.day for message in daybook.held.messages] == first
    assert daybook.said() == [
        "info: Sync of Jan 1 to Jun 30, 2026 runs as two batches: Jan 1 to Apr 30, 2026, then May 1 to Jun 30, 2026. "
        "At most four months each, oldest first."
    ]
    daybook.sweep()
    assert len(daybook.held.messages) == len(first), "the second batch waits"
    last = daybook.held.messages.pop()
    daybook.work()
    daybook.sweep()
    assert daybook.held.messages == []
    daybook.held.messages = [last]
    daybook.work()
    daybook.sweep()
    assert [message.day for message in daybook.held.messages] == second
    daybook.work()
    daybook.sweep()
    (ended,) = daybook.sync_records.list("w1", 5)
    assert (ended.id, sorted(ended.asked)) == (sync.id, first + second)
    assert "info: Sync done: 181 days in 2 batches, 0 orders." in daybook.said()


def test_a_day_that_failed_does_not_hold_up_the_next_batch(daybook, paired):
    daybook.shop.failures = [errors.PermanentError("closed.")]
    daybook.run_syncs.manual(paired, *LONG)
    assert daybook.work() == {"failed": 1, "published": 119}
    daybook.sweep()
    assert daybook.work() == {"published": 61}


def test_cancelling_between_batches_and_resuming_takes_what_is_missing_of_each(daybook, paired):
    sync = daybook.run_syncs.manual(paired, *LONG)
    done = daybook.held.messages[:100]
    daybook.held.messages = done
    daybook.work()
    daybook.run_syncs.cancel(daybook.sync_records.read("w1", sync.id))
    daybook.sweep()
    daybook.sweep()
    assert daybook.read_syncs.one("w1", sync.id).state == "cancelled"
    assert not [message for message in daybook.held.messages if message.day > date(2026, 4, 30)]
    daybook.held.messages = []
    daybook.run_syncs.resume(daybook.sync_records.read("w1", sync.id))
    assert len(daybook.held.messages) == 20
    assert daybook.work() == {"published": 20}
    daybook.sweep()
    assert len(daybook.held.messages) == 61
    daybook.work()
    daybook.sweep()
    assert daybook.read_syncs.one("w1", sync.id).state == "done"
    assert daybook.shop.fetches == 181


def test_every_day_is_asked_by_who_asked_and_by_the_settings_in_force_at_its_turn(daybook, paired):
    daybook.run_syncs.manual(paired, *LONG, actor="owner@northwind.example")
    changed = msgspec.structs.replace(paired.settings, version=1, summary="month")
    assert daybook.connections.change_settings(paired, changed)
    daybook.work()
    daybook.sweep()
    heads = {head.key.day: head for head in daybook.days.list("w1", *LONG)}
    assert {head.actor for head in heads.values()} == {"owner@northwind.example"}
    assert (heads[LONG[0]].settings, heads[LONG[1]].settings) == (0, 1)


def test_two_syncs_of_one_day_are_one_fetch(daybook, paired):
    day = date(2026, 7, 3)
    daybook.shop.orders[day] = [order(1)]
    both = [daybook.run_syncs.manual(paired, day, day), daybook.run_syncs.manual(paired, day - timedelta(days=1), day)]
    assert daybook.work() == {"published": 2, "repeat": 1}
    assert daybook.shop.fetches == 2, "one for each day"
    daybook.sweep()
    assert [daybook.read_syncs.one("w1", sync.id).state for sync in both] == ["done", "done"]


def test_a_sync_stored_before_there_were_batches_still_ends(daybook, paired):
    sync = daybook.run_syncs.manual(paired, date(2026, 7, 2), date(2026, 7, 3))
    old = ("id", "workspace", "connection", "reason", "days", "not_available", "began_at", "asked", "cancelled")
    body = msgspec.msgpack.encode({name: getattr(sync, name) for name in old})
    daybook.outside.table.update("WS#w1", f"SYNC#{sync.id}", [SyncItem.body.set(body)])
    assert daybook.sync_records.read("w1", sync.id).batches == ()
    daybook.work()
    daybook.sweep()
    assert daybook.read_syncs.one("w1", sync.id).state == "done"
    assert daybook.sync_records.read("w1", sync.id).ended_at is not None


def test_whatever_goes_wrong_once_every_batch_is_asked_and_the_sync_ends():
    def prepare(table):
        daybook = Daybook(table)
        return daybook, daybook.pair_shop()

    def act(table, prepared):
        daybook, paired = prepared
        daybook.run_syncs.of_days(paired, [date(2026, 1, 1), date(2026, 5, 1)], actor="a", reason="time_zone")
        for _ in range(2):
            daybook.work()
            daybook.sweep()

    for what, _, (daybook, _), _ in every_fault(prepare, act, deaths=True):
        for _ in range(6):
            daybook.pass_time(seconds=1_000)
            daybook.sweep()
            daybook.work()
        for sync in daybook.sync_records.list("w1", 5):
            assert (len(sync.batches), len(sync.asked)) == (2, 2), what
            assert (daybook.read_syncs.one("w1", sync.id).state, sync.ended_at is not None) == ("done", True), what
        assert not any(daybook.agenda.read_partition(n)[2] for n in range(4)), what


@settings(max_examples=12, deadline=None)
@given(st.dates(date(2023, 1, 1), TODAY), st.integers(0, 400), st.randoms())
def test_any_range_in_any_disorder_ends_with_every_day_asked_once_and_no_batch_before_its_turn(first, length, random):
    daybook = Daybook(Table(MemoryEngine()))
    paired = daybook.pair_shop()
    last = min(first + timedelta(days=length), TODAY)
    sync = daybook.run_syncs.manual(paired, first, last)
    while not daybook.read_syncs.one("w1", sync.id).is_over:
        asked = daybook.sync_records.read("w1", sync.id).asked
        heads = daybook.run_syncs.heads(sync)
        begun = [batch for batch in sync.batches if batch.first in asked]
        assert all(heads[day].served for batch in begun[:-1] for day in batch.days())
        random.shuffle(daybook.held.messages)
        daybook.work()
        daybook.sweep()
    daybook.sweep()
    ended = daybook.sync_records.read("w1", sync.id)
    assert set(ended.asked.values()) == {1}
    assert sorted(ended.asked) == list(days_between(first, last))
    assert ended.ended_at is not None
