"""The planner's part in noticing: a look each night and at each hint, re-reads by age, and neither in the other's way."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from chalicelib.domain.days import DAY, day_of, window_of
from chalicelib.domain.rereads import days_to_reread, reread_after
from chalicelib.domain.work import ChangesMessage, DayKey
from tests.support.orders import line, order
from tests.support.system import ZONE, Daybook

TODAY = date(2026, 7, 5)
NIGHT = datetime(2026, 7, 6, 5, 45, tzinfo=UTC)


@pytest.fixture
def daybook(memory_table) -> Daybook:
    return Daybook(memory_table)


@pytest.fixture
def paired(daybook):
    return daybook.pair_shop()


def due(daybook, paired):
    return daybook.agenda.connection(paired.id)


def bring_in(daybook, paired, *days: date) -> None:
    for day in days:
        daybook.shop.orders[day] = [order(1, line(), placed_at=window_of(day, ZONE).start_at)]
        daybook.ask_day(paired, day)
    daybook.work()


def test_each_night_looks_for_changes_after_the_day_that_ended(daybook, paired):
    daybook.clock = NIGHT
    daybook.sweep()
    assert [message.day for message in daybook.held.messages] == [TODAY]
    assert daybook.held.others == [ChangesMessage("w1", paired.id)]


def test_a_look_is_sent_once_and_again_when_its_message_may_be_lost(daybook, paired):
    daybook.clock = NIGHT
    daybook.sweep()
    daybook.sweep()
    assert len(daybook.held.others) == 1
    daybook.pass_time(seconds=daybook.settings.resend_s)
    daybook.sweep()
    assert len(daybook.held.others) == 2
    sent = [dedup for dedup in daybook.held.dedups if "changes" in dedup]
    assert len(set(sent)) == 2


def test_after_a_look_the_next_night_looks_again(daybook, paired):
    daybook.clock = NIGHT
    daybook.sweep()
    assert daybook.look() == {"looked": 1}
    daybook.pass_time(hours=12)
    daybook.sweep()
    assert daybook.held.others == []
    daybook.clock = NIGHT + DAY
    daybook.sweep()
    assert len(daybook.held.others) == 1


def test_nobody_looks_while_the_channel_asks_for_a_pause(daybook, paired):
    daybook.clock = NIGHT
    daybook.agenda.block(paired.id, int(NIGHT.timestamp()) + 600)
    daybook.sweep()
    assert daybook.held.others == []
    daybook.pass_time(seconds=600)
    daybook.sweep()
    assert len(daybook.held.others) == 1


def test_at_the_night_nothing_but_the_day_just_ended_is_asked_even_if_re_reads_are_late(daybook, paired):
    bring_in(daybook, paired, *(TODAY - n * DAY for n in range(1, 9)))
    daybook.clock = NIGHT
    assert due(daybook, paired).reread_at < NIGHT.timestamp()
    daybook.sweep()
    assert [message.day for message in daybook.held.messages] == [TODAY]


def test_re_reads_take_days_that_are_in_and_write_nothing_where_nothing_changed(daybook, paired):
    bring_in(daybook, paired, *(TODAY - n * DAY for n in (2, 3, 14)))
    daybook.clock = datetime.fromtimestamp(due(daybook, paired).reread_at, UTC)
    daybook.sweep()
    asked = {message.day for message in daybook.held.messages}
    assert {TODAY - 2 * DAY, TODAY - 3 * DAY, TODAY - 14 * DAY} - asked <= {TODAY - 14 * DAY}
    assert asked <= {TODAY - n * DAY for n in (2, 3, 14)}
    assert set(daybook.work()) == {"unchanged"}
    assert daybook.days.read(DayKey("w1", paired.id, TODAY - 2 * DAY)).actor == "re-read"
    daybook.sweep()
    assert daybook.held.messages == []
    assert due(daybook, paired).reread_at > daybook.clock.timestamp()


def test_days_that_the_shop_no_longer_shows_are_not_read_again(daybook, memory_table):
    paired = daybook.pair_shop()
    bring_in(daybook, paired, *(TODAY - n * DAY for n in range(1, 7)))
    daybook.agenda.asked(due(daybook, paired), TODAY, int(NIGHT.timestamp()) + 86_400)
    real = daybook.connections.get
    daybook.connections.get = lambda *at: msgspec.structs.replace(real(*at), reach_days=4)
    daybook.clock = datetime.fromtimestamp(due(daybook, paired).reread_at, UTC)
    today = day_of(daybook.clock, ZONE)
    daybook.sweep()
    assert {message.day for message in daybook.held.messages} == {
        day for n in (1, 2, 3) if (day := today - n * DAY) < TODAY
    }


def test_a_shop_that_wants_a_new_sign_in_is_left_alone(daybook, paired):
    bring_in(daybook, paired, TODAY - 2 * DAY)
    daybook.connections.mark_sign_in_needed("w1", paired.id, epoch=1)
    daybook.clock = datetime.fromtimestamp(due(daybook, paired).reread_at, UTC)
    daybook.sweep()
    assert daybook.held.messages == []


def test_a_connection_from_before_re_reads_gets_its_instant(daybook, paired):
    seen = due(daybook, paired)
    assert daybook.agenda.reread(seen, 0)
    daybook.sweep()
    assert due(daybook, paired).reread_at == reread_after(daybook.clock, paired.id).timestamp()


def test_over_thirty_days_of_sweeps_each_day_is_asked_when_its_turn_comes(daybook, paired):
    """The whole planner, swept every half hour: what pure turns say is what is asked, each once."""
    days = [TODAY - n * DAY for n in range(1, 121)]
    bring_in(daybook, paired, *days)
    daybook.pass_time(minutes=15)
    asked: dict[date, int] = {}
    turns: dict[date, int] = {}
    for _ in range(30 * 48):
        before = due(daybook, paired).reread_at
        daybook.sweep()
        if due(daybook, paired).reread_at != before:
            for message in daybook.held.messages:
                if message.day in days:
                    asked[message.day] = asked.get(message.day, 0) + 1
            for day in days_to_reread(day_of(daybook.clock, ZONE)):
                if day in days:
                    turns[day] = turns.get(day, 0) + 1
        elif daybook.clock.time().hour == 5:
            assert not {message.day for message in daybook.held.messages} & set(days)
        daybook.work()
        daybook.held.others.clear()
        daybook.pass_time(minutes=30)
    assert asked == turns
    assert asked[TODAY - DAY] >= 6


def test_pairing_looks_at_once_and_pairing_again_forgets_nothing(daybook, paired):
    daybook.run_syncs.pairing(paired)
    first = due(daybook, paired)
    assert (first.look_at, first.looked_at) == (daybook.clock.timestamp(), daybook.clock.timestamp())
    looked_at = first.looked_at
    daybook.pass_time(days=3)
    daybook.run_syncs.pairing(paired)
    again = due(daybook, paired)
    assert again.looked_at == looked_at
    assert again.look_at == daybook.clock.timestamp()
    assert again.reread_at > daybook.clock.timestamp()
    assert timedelta(seconds=again.reread_at - daybook.clock.timestamp()) <= DAY
