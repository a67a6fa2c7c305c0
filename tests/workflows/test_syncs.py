"""Syncs: the first download, a range by hand, cancelling, taking up again."""

from datetime import date, timedelta

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.work import DayKey
from tests.support.orders import order
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
