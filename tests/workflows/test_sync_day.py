"""One day through the worker: published, repeated, changed, parked, failed, continued."""

from datetime import date, timedelta

import pytest

from chalicelib import errors
from chalicelib.domain.allotment import Account
from chalicelib.domain.days import window_of
from chalicelib.domain.work import FAULTS_MAX, DayKey, DayMessage
from tests.support.orders import line, order, refund
from tests.support.system import ZONE, Daybook

DAY = date(2026, 7, 3)
AT = window_of(DAY, ZONE).start_at
SHOP = Account("w1", "shopify", "99")


def on(day: date, *numbers: int, **more):
    at = window_of(day, ZONE).start_at
    return [order(n, placed_at=at + timedelta(minutes=n % 1000), **more) for n in numbers]


@pytest.fixture
def daybook(memory_table) -> Daybook:
    return Daybook(memory_table)


@pytest.fixture
def paired(daybook):
    daybook.shop.orders[DAY] = on(DAY, *range(1, 132))
    return daybook.pair_shop()


def message_of(key):
    return DayMessage(key.workspace, key.connection, key.day, 1)


def totals(daybook, key):
    version, sheets = daybook.documents.sheets(key)
    return version.number, version.state, [(sheet.sales.count, sheet.sales.amounts.total) for sheet in sheets]


def test_a_day_is_published_with_its_summary_and_counted(daybook, paired):
    key = daybook.ask_day(paired, DAY)
    assert daybook.work() == {"published": 1}
    assert totals(daybook, key) == (1, "final", [(131, 131 * 5000)])
    assert daybook.shelves.usage(SHOP) == {"2026-01-01": 131}
    assert daybook.said() == ["info: Jul 3: 131 orders → 1 summary, $6,550.00."]
    assert daybook.days.read(key).at_rest
    assert daybook.agenda.wanted(key) is None


def test_the_same_again_writes_no_content_and_says_so(daybook, paired):
    key = daybook.ask_day(paired, DAY)
    daybook.work()
    before = daybook.revisions.names(key)
    daybook.pass_time(hours=1)
    daybook.ask_day(paired, DAY)
    assert daybook.work() == {"unchanged": 1}
    assert daybook.said()[0] == "info: Jul 3 again: 131 orders, all known, nothing changed."
    assert daybook.revisions.names(key) == before
    assert totals(daybook, key)[0] == 1


def test_a_message_that_comes_twice_does_nothing(daybook, paired):
    daybook.ask_day(paired, DAY)
    daybook.held.messages *= 3
    assert daybook.work() == {"published": 1, "repeat": 2}
    assert daybook.shop.fetches == 1


def test_a_changed_day_becomes_a_new_version_with_its_diff_and_bills_only_the_new_order(daybook, paired):
    key = daybook.ask_day(paired, DAY)
    daybook.work()
    daybook.pass_time(hours=1)
    daybook.shop.orders[DAY] = [*daybook.shop.orders[DAY][1:], *on(DAY, 500, 501)]
    daybook.ask_day(paired, DAY)
    assert daybook.work() == {"published": 1}
    assert daybook.said()[0] == "info: Jul 3 rebuilt: 2 new orders, 1 removed order, total up $50.00."
    version = daybook.documents.read(key)
    assert (version.number, version.orders_diff.added, version.orders_diff.removed) == (2, 2, 1)
    assert version.orders_diff.numbers == ("#1001", "#1500", "#1501")
    assert daybook.shelves.usage(SHOP) == {"2026-01-01": 133}
    assert [old.number for old in daybook.documents.versions(key)] == [2, 1]


def test_a_day_without_orders_is_a_record_of_its_own(daybook, paired):
    key = daybook.ask_day(paired, date(2026, 7, 2))
    daybook.work()
    assert totals(daybook, key) == (1, "empty", [])
    assert daybook.said() == ["info: Jul 2: no orders."]


def test_today_is_provisional_and_final_once_it_has_ended(daybook, paired):
    today = date(2026, 7, 5)
    daybook.shop.orders[today] = on(today, 900)
    key = daybook.ask_day(paired, today)
    daybook.work()
    assert totals(daybook, key)[1] == "provisional"
    daybook.pass_time(hours=18)
    daybook.ask_day(paired, today)
    assert daybook.work() == {"published": 1}
    assert totals(daybook, key)[:2] == (2, "final")
    assert daybook.shelves.usage(SHOP) == {"2026-01-01": 1}


def test_a_refund_is_posted_on_the_day_it_happened(daybook, paired):
    later = DAY + timedelta(days=1)
    daybook.shop.orders[DAY] = [order(1, placed_at=AT, events=(refund(AT + timedelta(hours=30), line()),))]
    key, after = daybook.ask_day(paired, DAY), daybook.ask_day(paired, later)
    daybook.work()
    _, (sold,) = daybook.documents.sheets(key)
    version, (returned,) = daybook.documents.sheets(after)
    assert (sold.sales.amounts.net, sold.event_day.amounts.net, sold.order_day.amounts.net) == (5000, 0, -5000)
    assert (returned.sales.count, returned.event_day.amounts.net, returned.order_day.amounts.net) == (0, -5000, 0)
    assert version.sources == ((DAY, daybook.days.read(key).live),)


def test_a_refund_that_vanishes_leaves_its_day_again(daybook, paired):
    later = DAY + timedelta(days=1)
    daybook.shop.orders[DAY] = [order(1, placed_at=AT, events=(refund(AT + timedelta(hours=30), line()),))]
    daybook.ask_day(paired, DAY)
    after = daybook.ask_day(paired, later)
    daybook.work()
    daybook.shop.orders[DAY] = [order(1, placed_at=AT)]
    daybook.ask_day(paired, DAY)
    daybook.work()
    version, sheets = daybook.documents.sheets(after)
    assert (version.sources, sheets) == ((), ())


def test_a_rate_limit_parks_the_day_and_those_behind_it_without_a_request(daybook, paired):
    daybook.shop.failures = [errors.RateLimited("Shopify asked us to slow down.", 600)]
    first, second = daybook.ask_day(paired, DAY), daybook.ask_day(paired, date(2026, 7, 2))
    assert daybook.work() == {"parked": 1, "busy": 1}
    assert daybook.shop.fetches == 1
    head = daybook.days.read(first)
    assert (head.faults, head.progress, head.reason) == (0, "parked", "Shopify asked us to slow down.")
    daybook.pass_time(seconds=300)
    daybook.sweep()
    assert daybook.work() == {}
    daybook.pass_time(seconds=302)
    daybook.sweep()
    assert daybook.work() == {"published": 2}
    assert daybook.days.read(second).at_rest


def test_an_outage_is_tried_again_and_then_shown_as_failed_never_as_empty(daybook, paired):
    daybook.shop.failures = [errors.RetryableError("the shop answered 502.")] * 50
    key = daybook.ask_day(paired, DAY)
    outcomes = daybook.work()
    for _ in range(17):
        daybook.pass_time(hours=1)
        daybook.sweep()
        outcomes += daybook.work()
    assert outcomes["parked"] == FAULTS_MAX
    assert outcomes["failed"] == 1
    assert daybook.days.read(key).reason == "the shop answered 502."
    assert daybook.documents.read(key) is None
    assert daybook.said()[0] == "error: Jul 3 could not be read: the shop answered 502."
    daybook.shop.failures = []
    daybook.ask_day(paired, DAY)
    assert daybook.work() == {"published": 1}


def test_an_answer_nobody_can_read_fails_after_three_tries(daybook, paired):
    daybook.shop.failures = [errors.UnreadablePayload("orders.nodes: no list")] * 9
    key = daybook.ask_day(paired, DAY)
    daybook.work()
    for _ in range(5):
        daybook.pass_time(hours=1)
        daybook.sweep()
        daybook.work()
    assert daybook.shop.fetches == 3
    assert daybook.days.read(key).progress == "failed"


@pytest.mark.parametrize("day", [date.min, date(206, 7, 1), date.max])
def test_a_day_that_nobody_may_ask_for_fails_at_once_and_the_shop_is_not_asked(daybook, paired, day):
    key = daybook.ask_day(paired, day)
    assert daybook.work() == {"failed": 1}
    assert daybook.shop.fetches == 0
    head = daybook.days.read(key)
    assert (head.progress, head.attempt) == ("failed", None)
    daybook.pass_time(minutes=20)
    daybook.sweep()
    assert not daybook.held.messages


def test_a_permanent_error_fails_at_once(daybook, paired):
    daybook.shop.failures = [errors.PermanentError("the shop is closed.")]
    daybook.ask_day(paired, DAY)
    assert daybook.work() == {"failed": 1}


def test_a_refused_sign_in_waits_for_the_merchant_and_asks_no_further(daybook, paired):
    daybook.shop.failures = [errors.AuthExpired("Shopify no longer accepts our access.")] * 2
    daybook.ask_day(paired, DAY)
    second = daybook.ask_day(paired, date(2026, 7, 2))
    assert daybook.work() == {"parked": 2}
    assert daybook.shop.fetches == 2  # the first day's two tries, with a new token between them
    assert daybook.connections.get("w1", paired.id).sign_in_needed
    assert daybook.days.read(second).faults == 0
    assert len([said for said in daybook.said() if "waits" in said]) == 1


def test_two_counts_that_differ_are_fetched_again(daybook, paired):
    daybook.shop.wrong_counts = 2
    key = daybook.ask_day(paired, DAY)
    assert daybook.work() == {"published": 1}
    assert daybook.shop.fetches == 3
    assert daybook.revisions.read(key, daybook.days.read(key).live).matched


def test_two_counts_that_never_agree_are_published_with_a_warning(daybook, paired):
    daybook.shop.wrong_counts = 3
    key = daybook.ask_day(paired, DAY)
    assert daybook.work() == {"published": 1}
    assert not daybook.revisions.read(key, daybook.days.read(key).live).matched
    assert daybook.said()[0].startswith("warning: Jul 3: 131 orders")


def test_a_fetch_that_runs_out_of_time_goes_on_where_it_was(memory_table):
    daybook = Daybook(memory_table)
    daybook.shop.orders[DAY] = on(DAY, *range(1, 132))
    paired = daybook.pair_shop()
    pages = daybook.shop.fetch_pages

    def slow_pages(window, cursor=None):
        for page in pages(window, cursor):
            daybook.pass_time(seconds=200)
            yield page

    daybook.shop.fetch_pages = slow_pages
    key = daybook.ask_day(paired, DAY)
    assert daybook.work() == {"continued": 1, "published": 1}
    assert totals(daybook, key) == (1, "final", [(131, 131 * 5000)])
    assert daybook.shop.fetches == 2
    kept = daybook.revisions.names(key)
    assert [sk.split("#")[0] for _, sk in kept] == ["REV"]


def test_a_dead_workers_day_is_taken_over_when_its_lease_has_passed(daybook, paired):
    key = daybook.ask_day(paired, DAY)
    daybook.shop.failures = [KeyboardInterrupt()]  # dies in the middle
    with pytest.raises(KeyboardInterrupt):
        daybook.work()
    daybook.held.messages.append(message_of(key))  # the queue brings it back
    assert daybook.work() == {"busy": 1}
    daybook.pass_time(seconds=311)
    daybook.sweep()
    assert daybook.work() == {"published": 1}
    assert daybook.days.read(key).at_rest


def test_s7_a_message_that_names_anothers_connection_does_nothing(daybook, paired):
    foreign = DayKey("w2", paired.id, DAY)
    daybook.held.messages.append(message_of(foreign))
    assert daybook.work() == {"ignored": 1}
    daybook.days.ask(foreign, by_person=True)
    daybook.held.messages.append(message_of(foreign))
    assert daybook.work() == {"ignored": 1}
    assert daybook.shop.fetches == 0
    assert daybook.documents.read(foreign) is None
