"""What becomes of closed days: of orders that begin or cease to count, of orders older than our history, of what was so far."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from chalicelib.domain.allotment import Account
from chalicelib.domain.days import window_of
from chalicelib.domain.order_settings import OrderSettings
from chalicelib.domain.work import DayKey
from tests.support.orders import line, order, refund
from tests.support.system import ZONE, Daybook

DAY = date(2026, 7, 3)
AT = window_of(DAY, ZONE).start_at + timedelta(hours=2)
SHOP = Account("w1", "shopify", "99")
PAID_ONLY = OrderSettings(version=1, counting="paid")


@pytest.fixture
def daybook(memory_table) -> Daybook:
    return Daybook(memory_table)


@pytest.fixture
def paired(daybook):
    return daybook.pair_shop()


def set_to(daybook, connection, settings):
    assert daybook.connections.change_settings(connection, settings)
    return msgspec.structs.replace(connection, settings=settings)


def by_night(daybook, paired, day=DAY):
    """The day is asked for, but by no person."""
    key = DayKey(paired.workspace, paired.id, day)
    daybook.ask.ask([key], "sync", by_person=False)
    return key, daybook.work()


def totals(daybook, paired, day, reading="event_day"):
    found = daybook.documents.sheets(DayKey(paired.workspace, paired.id, day))
    sheets = found[1] if found else ()
    return sum((sheet.sales.amounts + sheet.events(reading).amounts).total for sheet in sheets)


def test_an_order_paid_after_its_day_was_closed_counts_when_that_is_seen_and_is_billed_once(daybook, paired):
    set_to(daybook, paired, PAID_ONLY)
    daybook.shop.orders[DAY] = [order(1, placed_at=AT), order(2, placed_at=AT, status="pending")]
    by_night(daybook, paired)
    assert totals(daybook, paired, DAY) == 5000
    assert daybook.shelves.usage(SHOP) == {"2026-01-01": 1}
    daybook.pass_time(days=2)
    daybook.shop.orders[DAY] = [order(1, placed_at=AT), order(2, placed_at=AT)]
    key, _ = by_night(daybook, paired)
    seen_on = date(2026, 7, 7)
    assert (totals(daybook, paired, DAY), totals(daybook, paired, seen_on)) == (5000, 5000)
    assert totals(daybook, paired, DAY, "order_day") == 10_000
    assert daybook.shelves.usage(SHOP) == {"2026-01-01": 2}
    assert daybook.documents.read(key).cause == "status_changed"
    daybook.pass_time(days=1)
    assert by_night(daybook, paired)[1] == {"unchanged": 1}


def test_another_choice_leaves_closed_days_as_they_are_until_a_person_syncs_them_again(daybook, paired):
    daybook.shop.orders[DAY] = [order(1, placed_at=AT), order(2, placed_at=AT, status="pending")]
    by_night(daybook, paired)
    set_to(daybook, paired, PAID_ONLY)
    daybook.pass_time(days=2)
    assert by_night(daybook, paired)[1] == {"unchanged": 1}
    key = DayKey(paired.workspace, paired.id, DAY)
    daybook.ask.ask([key], "sync", by_person=True, settings=1)
    daybook.work()
    assert totals(daybook, paired, DAY) == 5000
    assert totals(daybook, paired, date(2026, 7, 7)) == 0
    assert daybook.documents.read(key).cause == "settings_changed"
    (pending,) = [each for each in daybook.revisions.orders(key, live(daybook, key)) if each.excluded]
    assert pending.excluded == "not_paid"


def live(daybook, key):
    return daybook.revisions.read(key, daybook.days.read(key).live)


def test_a_refund_of_an_order_older_than_our_history_counts_and_the_order_is_not_billed(daybook):
    paired = daybook.pair_shop()
    item = msgspec.structs.replace(paired, history_from=date(2026, 7, 1), epoch=2, credentials_version=2)
    daybook.connections.open(paired.workspace, paired.id)
    _, credentials = daybook.connections.open(paired.workspace, paired.id)
    assert daybook.connections.pair(paired, item, credentials)
    old = date(2026, 3, 5)
    placed = window_of(old, ZONE).start_at + timedelta(hours=2)
    back = (refund(AT, line()), refund(placed + timedelta(days=1), line()))
    daybook.shop.orders[old] = [order(1, placed_at=placed, events=back), order(2, placed_at=placed)]
    key = DayKey(paired.workspace, paired.id, old)
    daybook.ask.ask([key], "sync", by_person=False, events_only=True)
    daybook.work()
    assert totals(daybook, paired, DAY) == refund(AT, line()).amounts.total
    assert totals(daybook, paired, old + timedelta(days=1)) == 0
    assert totals(daybook, paired, old, "order_day") == refund(AT, line()).amounts.total
    assert daybook.documents.read(key).state == "events_only"
    (kept,) = daybook.revisions.orders(key, live(daybook, key))
    assert kept.excluded == "not_in_history"
    assert daybook.shelves.usage(SHOP) == {}
    daybook.ask_day(paired, old)
    daybook.work()
    assert daybook.shelves.usage(SHOP) == {"2026-01-01": 2}, "asked for as a whole it is a day like any other"
    daybook.ask.ask([key], "sync", by_person=False, events_only=True)
    daybook.work()
    assert daybook.documents.read(key).state == "final"


def test_what_a_day_was_so_far_is_not_kept_once_it_is_closed(daybook, paired):
    today = date(2026, 7, 5)
    morning = window_of(today, ZONE).start_at + timedelta(hours=1)
    daybook.clock = datetime(2026, 7, 5, 12, tzinfo=UTC)
    set_to(daybook, paired, OrderSettings(version=1, interval_min=60))
    daybook.agenda.refresh_from(paired.id, int(daybook.clock.timestamp()))
    key = DayKey(paired.workspace, paired.id, today)
    for n in range(1, 6):
        daybook.shop.orders[today] = [order(m, placed_at=morning) for m in range(1, n + 1)]
        daybook.sweep()
        daybook.sweep()
        daybook.work()
        assert daybook.documents.read(key).state == "provisional"
        assert daybook.days.read(key).checked_at == int(daybook.clock.timestamp())
        assert totals(daybook, paired, today) == 5000 * n
        daybook.pass_time(hours=1)
    assert daybook.shelves.usage(SHOP) == {"2026-01-01": 5}
    daybook.clock = datetime(2026, 7, 6, 6, tzinfo=UTC)
    daybook.sweep()
    daybook.work()
    daybook.sweep()
    daybook.work()
    assert daybook.documents.read(key).state == "final"
    assert daybook.documents.read(key).cause == "closed"
    revisions = [name for name in daybook.revisions.names(key) if name[1].startswith("REV#")]
    assert len(revisions) == 1
    assert [version.number for version in daybook.documents.versions(key)] == [6]
    assert daybook.shelves.usage(SHOP) == {"2026-01-01": 5}


def test_a_connection_once_a_day_is_not_looked_at_in_between(daybook, paired):
    daybook.agenda.refresh_from(paired.id, 1)
    daybook.sweep()
    assert daybook.held.messages == []
    assert daybook.agenda.connection(paired.id).refresh_at == 0


def by_person(daybook, paired, settings):
    daybook.ask.ask([DayKey(paired.workspace, paired.id, DAY)], "sync", by_person=True, settings=settings)
    return daybook.work()


def test_an_ask_under_later_settings_that_changed_nothing_does_not_open_the_day_to_those_after_them(daybook, paired):
    daybook.shop.orders[DAY] = [order(1, placed_at=AT), order(2, placed_at=AT, status="pending")]
    by_night(daybook, paired)
    hourly = set_to(daybook, paired, OrderSettings(version=1, interval_min=60))
    assert by_person(daybook, paired, settings=1) == {"unchanged": 1}
    set_to(daybook, hourly, msgspec.structs.replace(PAID_ONLY, version=2))
    daybook.pass_time(days=1)
    key, done = by_night(daybook, paired)
    assert done == {"unchanged": 1}
    assert live(daybook, key).counted.counting == "channel"


def test_a_choice_that_keeps_all_orders_is_the_days_own_from_then_on_and_makes_no_document(daybook, paired):
    daybook.shop.orders[DAY] = [order(1, placed_at=AT), order(2, placed_at=AT)]
    key, _ = by_night(daybook, paired)
    before = daybook.documents.read(key)
    paid_only = set_to(daybook, paired, PAID_ONLY)
    by_person(daybook, paired, settings=1)
    assert live(daybook, key).counted.counting == "paid"
    assert msgspec.structs.replace(daybook.documents.read(key), base=before.base) == before
    set_to(daybook, paid_only, OrderSettings(version=2))
    daybook.shop.orders[DAY] = [order(1, placed_at=AT), order(2, placed_at=AT, status="pending")]
    daybook.pass_time(days=2)
    by_night(daybook, paired)
    assert totals(daybook, paired, DAY) == 10_000
    assert totals(daybook, paired, DAY, "order_day") == 5000


def test_a_document_can_be_read_after_the_day_whose_events_it_shows_was_closed(daybook, paired):
    """Found by the simulation: what the day was so far is cleaned then, and the document named its events."""
    daybook.clock = window_of(DAY, ZONE).end_at - timedelta(hours=1)
    before = DAY - timedelta(days=1)
    daybook.shop.orders[DAY] = [order(1, placed_at=AT, events=(refund(AT - timedelta(days=1), line()),))]
    by_night(daybook, paired)
    daybook.pass_time(hours=12)
    daybook.shop.orders[DAY] = [*daybook.shop.orders[DAY], order(2, placed_at=AT)]
    key, _ = by_night(daybook, paired)
    assert live(daybook, key).cause == "closed"
    assert totals(daybook, paired, before) == -5000
