"""The night and the sweep: what is due is asked once, what was missed is caught up, what was lost is sent again."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.days import Calendar
from chalicelib.domain.order_settings import OrderSettings
from chalicelib.domain.work import DayKey, Due
from chalicelib.workflows.plan import STUCK_SENDS
from tests.support.system import Daybook

DAY = date(2026, 7, 5)


@pytest.fixture
def daybook(memory_table) -> Daybook:
    return Daybook(memory_table)


@pytest.fixture
def paired(daybook):
    return daybook.pair_shop()


def asked(daybook) -> list[date]:
    days = [message.day for message in daybook.held.messages]
    daybook.work()
    return days


def test_nothing_is_due_before_its_time(daybook, paired):
    daybook.clock = datetime(2026, 7, 6, 5, 44, tzinfo=UTC)
    daybook.sweep()
    assert asked(daybook) == []


def test_the_day_that_ended_is_asked_at_0545_and_only_once(daybook, paired):
    daybook.clock = datetime(2026, 7, 6, 5, 45, tzinfo=UTC)
    daybook.sweep()
    daybook.sweep()
    assert asked(daybook).count(DAY) == 1
    assert daybook.agenda.connection(paired.id).next_at == datetime(2026, 7, 7, 5, 45, tzinfo=UTC).timestamp()


def test_a_night_that_was_missed_catches_up(daybook, paired):
    daybook.clock = datetime(2026, 7, 9, 12, tzinfo=UTC)
    daybook.sweep()
    assert asked(daybook) == [date(2026, 7, 5), date(2026, 7, 6), date(2026, 7, 7), date(2026, 7, 8)]


def test_a_lost_message_is_sent_again_after_a_while_and_only_then(daybook, paired):
    daybook.ask_day(paired, DAY)
    daybook.held.messages.clear()
    daybook.sweep()
    assert asked(daybook) == []
    daybook.pass_time(seconds=901)
    daybook.sweep()
    daybook.sweep()
    assert asked(daybook) == [DAY]


def test_a_chicago_day_waits_for_its_end_and_half_an_hour(daybook, paired):
    chicago = OrderSettings(version=1, calendar=Calendar("America/Chicago"))
    assert daybook.connections.change_settings(paired, chicago)
    daybook.agenda.put_connection(Due(workspace="w1", connection=paired.id, next_at=0, asked_through=date(2026, 1, 13)))
    daybook.clock = datetime(2026, 1, 15, 5, 45, tzinfo=UTC)
    daybook.sweep()
    assert daybook.held.messages == []
    daybook.clock = datetime(2026, 1, 15, 6, 30, tzinfo=UTC)
    daybook.sweep()
    assert [message.day for message in daybook.held.messages] == [date(2026, 1, 14)]


def test_partitions_are_shared_out_whole(daybook):
    shares = daybook.plan.shares(3)
    assert sorted(partition for share in shares for partition in share) == [0, 1, 2, 3]


def test_a_planner_without_time_leaves_the_rest(daybook):
    assert daybook.plan.plan([0, 1, 2], out_of_time=lambda: True).left == (0, 1, 2)


def test_a_connection_is_cleaned_once_a_week(daybook, paired):
    cleaned = 0
    for night in range(6, 13):
        daybook.clock = datetime(2026, 7, night, 5, 45, tzinfo=UTC)
        daybook.sweep()
        wanted = list(daybook.agenda.wanted_of(paired.id))
        cleaned += any(item.clean_at is not None for item in wanted)
        daybook.work()
        daybook.sweep()
        daybook.work()
    assert cleaned == 1
    assert not list(daybook.agenda.wanted_of(paired.id))


def test_heads_that_nobody_asked_for_are_left_alone_by_cleaning(daybook, paired):
    key = DayKey("w1", paired.id, DAY)
    daybook.agenda.want_cleaning(key, 1)
    daybook.sweep()
    assert daybook.work() == {"ignored": 1}
    assert daybook.days.read(key) is None


def test_a_parting_that_died_is_finished_by_the_sweep(daybook, paired):
    key = daybook.ask_day(paired, DAY)
    daybook.shop.failures = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        daybook.work()
    assert daybook.days.read(key).attempt is not None
    daybook.agenda.look_soon(paired.id)
    assert daybook.connections.begin_parting(paired)
    daybook.sweep()
    assert daybook.connections.get("w1", paired.id).state == "parted"
    assert daybook.days.read(key).attempt is None


def test_the_night_asks_nothing_of_a_disconnected_shop(daybook, paired):
    daybook.part.part("w1", paired.id)
    daybook.clock = datetime(2026, 7, 6, 5, 45, tzinfo=UTC)
    daybook.sweep()
    assert daybook.held.messages == []


def test_a_planner_tells_how_late_it_is_and_what_is_stuck(daybook, paired):
    everything = range(daybook.settings.agenda_partitions)
    assert (daybook.plan.plan(everything).late_s, daybook.plan.plan(everything).stuck) == (0, 0)
    daybook.ask_day(paired, DAY)
    for _ in range(STUCK_SENDS):
        daybook.held.messages.clear()
        daybook.pass_time(seconds=901)
        stuck = daybook.plan.plan(everything).stuck
    assert stuck == 1
    due = daybook.agenda.connection(paired.id)
    daybook.clock = datetime.fromtimestamp(due.next_at, tz=UTC) + timedelta(seconds=5000)
    assert daybook.plan.plan(everything).late_s == 5000
    daybook.agenda.look_soon(paired.id)
    assert daybook.plan.plan(everything).late_s == 0
