"""Noticing late changes: which days are asked for, how far the next look goes back, and what trouble does."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import errors
from chalicelib.domain.days import DAY, window_of
from chalicelib.domain.work import ChangesMessage, DayKey, Due
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order
from tests.support.system import ZONE, Daybook

TODAY = date(2026, 7, 5)
NIGHT = datetime(2026, 7, 6, 5, 45, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def daybook(memory_table) -> Daybook:
    return Daybook(memory_table)


@pytest.fixture
def paired(daybook):
    return paired_with_history(daybook)


def paired_with_history(daybook):
    """A shop whose history begins on 1 July; the days from then on are in."""
    paired = msgspec.structs.replace(daybook.pair_shop(), history_from=date(2026, 7, 1), epoch=2, credentials_version=2)
    seen, credentials = daybook.connections.open("w1", paired.id)
    assert daybook.connections.pair(seen, paired, credentials)
    for n in range(1, 5):
        bring_in(daybook, paired, date(2026, 7, n))
    return paired


def noon(day: date) -> datetime:
    return window_of(day, ZONE).start_at + 12 * HOUR


def bring_in(daybook, paired, day: date) -> None:
    daybook.shop.orders[day] = [order(day.day, line(), placed_at=noon(day))]
    daybook.ask_day(paired, day)
    daybook.work()


def changed(daybook, *days: date, at: datetime = NIGHT - HOUR) -> None:
    daybook.shop.changes += [(at, noon(day)) for day in days]


def night(daybook, at: datetime = NIGHT):
    """The night comes; how the look ended, and which days it asked for."""
    daybook.clock = at
    daybook.sweep()
    daybook.held.messages.clear()
    ended = daybook.look()
    asked = [message.day for message in daybook.held.messages]
    return ended, asked


def due(daybook, paired) -> Due:
    return daybook.agenda.connection(paired.id)


def test_days_of_changed_orders_are_asked_for_once_each(daybook, paired):
    changed(daybook, date(2026, 7, 3), date(2026, 7, 1), date(2026, 7, 3))
    assert night(daybook) == ({"looked": 1}, [date(2026, 7, 1), date(2026, 7, 3)])
    head = daybook.days.read(DayKey("w1", paired.id, date(2026, 7, 3)))
    assert (head.actor, head.partial) == ("notice", False)


def test_what_changed_is_brought_in_and_what_did_not_writes_nothing(daybook, paired):
    third = date(2026, 7, 3)
    daybook.shop.orders[third].append(order(99, line(), placed_at=noon(third)))
    changed(daybook, third, date(2026, 7, 2))
    night(daybook)
    assert daybook.work() == {"published": 1, "unchanged": 1}
    assert daybook.days.read(DayKey("w1", paired.id, third)).revision == 2


def test_a_day_of_the_history_that_nobody_asked_for_is_left_to_its_own_sync(daybook, paired):
    changed(daybook, TODAY)
    daybook.clock = NIGHT - 2 * HOUR
    daybook.agenda.look_by(due(daybook, paired), int(daybook.clock.timestamp()))
    daybook.shop.changes = [(daybook.clock - HOUR, noon(TODAY))]
    daybook.sweep()
    daybook.held.messages.clear()  # of re-reads
    assert daybook.look() == {"looked": 1}
    assert daybook.held.messages == []
    assert daybook.days.read(DayKey("w1", paired.id, TODAY)) is None


def test_a_day_that_is_being_fetched_is_asked_again_for_its_fetch_may_have_missed_it(daybook, paired):
    daybook.ask_day(paired, TODAY)
    daybook.shop.failures = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        daybook.work()
    changed(daybook, TODAY)
    _, asked = night(daybook)
    assert asked == [TODAY]


def test_a_day_that_waits_is_not_asked_twice(daybook, paired):
    key = daybook.ask_day(paired, TODAY)
    before = daybook.days.read(key).requested
    changed(daybook, key.day)
    daybook.clock = NIGHT
    daybook.agenda.look_by(due(daybook, paired), 1)
    assert daybook.notice.run(ChangesMessage("w1", paired.id)).outcome == "looked"
    assert daybook.days.read(key).requested == before


def test_older_days_are_asked_for_their_events_only_and_stay_partial(daybook, paired):
    old = date(2026, 3, 1)
    changed(daybook, old)
    assert night(daybook) == ({"looked": 1}, [old])
    assert daybook.days.read(DayKey("w1", paired.id, old)).partial
    changed(daybook, old, at=NIGHT + HOUR)
    _, asked = night(daybook, NIGHT + DAY)
    assert asked == [old]
    assert daybook.days.read(DayKey("w1", paired.id, old)).partial


def test_an_older_day_that_somebody_brought_in_whole_stays_whole(daybook, paired):
    old = date(2026, 3, 1)
    bring_in(daybook, paired, old)
    changed(daybook, old)
    assert night(daybook)[1] == [old]
    assert not daybook.days.read(DayKey("w1", paired.id, old)).partial


def test_days_that_the_shop_does_not_show_are_not_asked(daybook, paired):
    seen, credentials = daybook.connections.open("w1", paired.id)
    narrow = msgspec.structs.replace(seen, reach_days=60, epoch=3, credentials_version=3)
    assert daybook.connections.pair(seen, narrow, credentials)
    today = NIGHT.date()
    changed(daybook, today - 59 * DAY, today - 60 * DAY, today - 61 * DAY)
    assert night(daybook)[1] == [today - 59 * DAY]


def test_each_look_goes_back_an_hour_beyond_the_last(daybook, paired):
    looked_at = due(daybook, paired).looked_at
    night(daybook)
    assert daybook.shop.looks[-1] == (datetime.fromtimestamp(looked_at, UTC) - HOUR, NIGHT)
    night(daybook, NIGHT + DAY)
    assert daybook.shop.looks[-1] == (NIGHT - HOUR, NIGHT + DAY)


def test_the_first_look_begins_where_the_history_does(daybook, paired):
    daybook.agenda.put_connection(msgspec.structs.replace(due(daybook, paired), looked_at=0))
    night(daybook)
    assert daybook.shop.looks[-1][0] == window_of(paired.history_from, ZONE).start_at


def test_a_message_too_many_looks_no_further(daybook, paired):
    changed(daybook, date(2026, 7, 3))
    night(daybook)
    looks = len(daybook.shop.looks)
    assert daybook.notice.run(ChangesMessage("w1", paired.id)).outcome == "not due"
    assert len(daybook.shop.looks) == looks


def test_a_look_that_dies_before_it_is_noted_is_made_again(daybook, paired, monkeypatch):
    changed(daybook, date(2026, 7, 3))
    with monkeypatch.context() as broken:
        broken.setattr(daybook.agenda, "looked", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            night(daybook)
    daybook.held.messages.clear()
    daybook.pass_time(seconds=daybook.settings.resend_s)
    daybook.sweep()
    daybook.held.messages.clear()
    assert daybook.look() == {"looked": 1}
    assert [message.day for message in daybook.held.messages] == [date(2026, 7, 3)]


def test_a_look_without_time_asks_for_what_it_found_and_goes_on_from_there(daybook, paired):
    daybook.shop.changes = [(NIGHT - (20 - n) * HOUR, noon(date(2026, 7, n))) for n in range(1, 5)]
    daybook.agenda.put_connection(
        msgspec.structs.replace(due(daybook, paired), looked_at=int((NIGHT - 30 * HOUR).timestamp()))
    )
    daybook.clock = NIGHT
    ticks = iter([NIGHT, NIGHT])
    daybook.notice._now = lambda: next(ticks, NIGHT + HOUR)
    daybook.sweep()
    daybook.held.messages.clear()
    assert daybook.look() == {"continued": 1}
    assert [message.day for message in daybook.held.messages] == [date(2026, 7, 1), date(2026, 7, 2)]
    assert due(daybook, paired).looked_at == (NIGHT - 18 * HOUR + HOUR).timestamp()
    daybook.held.messages.clear()
    daybook.notice._now = lambda: daybook.clock
    daybook.pass_time(hours=2)
    daybook.sweep()
    daybook.held.messages.clear()
    assert daybook.look() == {"looked": 1}
    assert daybook.shop.looks[-1][0] == NIGHT - 18 * HOUR
    assert [message.day for message in daybook.held.messages] == [date(2026, 7, n) for n in (2, 3, 4)]


def test_a_hint_during_a_look_leaves_another_look_wanted(daybook, paired, monkeypatch):
    daybook.clock = NIGHT
    daybook.sweep()
    soon = int(NIGHT.timestamp()) + 30
    real = daybook.shop.fetch_changes

    def fetch(*asked):
        assert daybook.agenda.look_by(due(daybook, paired), soon)
        return real(*asked)

    monkeypatch.setattr(daybook.shop, "fetch_changes", fetch)
    assert daybook.look() == {"looked": 1}
    item = due(daybook, paired)
    assert (item.looked_at, item.look_at) == (NIGHT.timestamp(), soon)


def test_a_hint_before_the_message_arrives_does_not_put_the_look_off(daybook, paired):
    daybook.clock = NIGHT
    daybook.sweep()
    assert daybook.agenda.look_by(due(daybook, paired), int(NIGHT.timestamp()) + 30)
    assert daybook.look() == {"looked": 1}


_steps = st.one_of(
    st.tuples(st.just("change"), st.integers(1, 4)),
    st.tuples(st.just("pass"), st.sampled_from((30, 5_000, 30_000, 90_000))),
    st.tuples(st.just("sweep"), st.just(0)),
    st.tuples(st.just("hint"), st.just(0)),
    st.tuples(st.just("look"), st.just(0)),
    st.tuples(st.just("lose the message"), st.just(0)),
    st.tuples(st.just("fail"), st.integers(0, 3)),
    st.tuples(st.sampled_from(("die", "die after a night")), st.just(0)),
    st.tuples(st.just("pair again"), st.just(0)),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(_steps, max_size=25))
def test_whatever_happens_each_change_is_asked_for_after_it_happened(steps):
    """Looks that fail, die or get lost, hints, pairing again: no change stays unnoticed, and none needs more than two nights."""
    daybook = Daybook(Table(MemoryEngine()))
    paired = paired_with_history(daybook)
    daybook.look_back.reread = lambda due: []  # which would ask for the days by themselves
    before: list[tuple[DayKey, int]] = []
    failures = [
        errors.RateLimited("slow down", 90),
        errors.RetryableError("no answer"),
        errors.UnreadablePayload("not JSON"),
        errors.PermanentError("closed"),
    ]
    for what, n in steps:
        if what == "change":
            key = DayKey("w1", paired.id, date(2026, 7, n))
            daybook.shop.changes.append((daybook.clock, noon(key.day)))
            before.append((key, daybook.days.read(key).requested))
        elif what == "pass":
            daybook.pass_time(seconds=n)
        elif what == "sweep":
            daybook.sweep()
        elif what == "hint":
            daybook.hints._look_soon(paired)
        elif what == "look":
            daybook.look()
        elif what == "lose the message":
            daybook.held.others.clear()
        elif what == "fail":
            daybook.sweep()
            daybook.shop.failures = [failures[n]]
            daybook.look()
        elif what.startswith("die"):
            daybook.pass_time(days=1 if what == "die after a night" else 0)
            daybook.sweep()
            daybook.shop.failures = [KeyboardInterrupt()]
            with suppress(KeyboardInterrupt):
                daybook.look()
        else:
            daybook.run_syncs.pairing(paired)
        daybook.shop.failures = []
        daybook.held.messages.clear()
    for _ in range(2 * 24):
        daybook.pass_time(hours=1)
        daybook.sweep()
        daybook.look()
    for key, requested in before:
        assert daybook.days.read(key).requested > requested


# -- trouble


def test_a_pause_that_the_channel_asks_for_blocks_the_connection(daybook, paired):
    changed(daybook, date(2026, 7, 3))
    daybook.shop.failures = [errors.RateLimited("slow down", 90)]
    assert night(daybook)[0] == {"waits": 1}
    assert due(daybook, paired).blocked_until == NIGHT.timestamp() + 91
    daybook.pass_time(seconds=daybook.settings.resend_s)
    daybook.sweep()
    daybook.held.messages.clear()
    assert daybook.look() == {"looked": 1}
    assert [message.day for message in daybook.held.messages] == [date(2026, 7, 3)]


def test_access_refused_twice_asks_for_a_new_sign_in_and_then_leaves_the_shop_alone(daybook, paired):
    daybook.shop.failures = [errors.AuthExpired("no"), errors.AuthExpired("no")]
    assert night(daybook)[0] == {"failed": 1}
    assert daybook.connections.get("w1", paired.id).sign_in_needed
    daybook.pass_time(hours=20)
    daybook.sweep()
    assert daybook.held.others == []


def test_access_refused_once_is_renewed(daybook, paired):
    daybook.shop.failures = [errors.AuthExpired("no")]
    assert night(daybook)[0] == {"looked": 1}


@pytest.mark.parametrize(
    ("failure", "level", "again_s"),
    [
        (errors.RetryableError("The shop did not answer in time."), "warning", 600),
        (errors.UnreadablePayload("The shop's answer is not JSON."), "error", 21_600),
        (errors.PermanentError("The shop is closed or frozen."), "error", 21_600),
    ],
)
def test_other_trouble_is_said_once_and_tried_again_later(daybook, paired, failure, level, again_s):
    changed(daybook, date(2026, 7, 3))
    daybook.shop.failures = [failure] * 3
    assert night(daybook)[0] == {"failed": 1}
    assert daybook.notice.run(ChangesMessage("w1", paired.id)).outcome == "not due"
    for _ in range(2):
        daybook.pass_time(seconds=again_s)
        daybook.sweep()
        assert daybook.look() == {"failed": 1}
    lines = [text for text in daybook.said() if "what changed" in text]
    assert len(lines) == 1
    assert lines[0].startswith(f"{level}: Northwind Supply could not be asked what changed: {failure}")
    daybook.pass_time(seconds=again_s)
    daybook.sweep()
    daybook.held.messages.clear()
    assert daybook.look() == {"looked": 1}
    assert [message.day for message in daybook.held.messages] == [date(2026, 7, 3)]


def test_a_disconnected_shop_is_not_asked(daybook, paired):
    daybook.part.part("w1", paired.id)
    daybook.clock = NIGHT
    assert daybook.notice.run(ChangesMessage("w1", paired.id)).outcome == "ignored"
    assert daybook.notice.run(ChangesMessage("w1", "nothing")).outcome == "ignored"
    assert daybook.shop.looks == []
