"""Which orders count, and what is observed of orders whose days are closed."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.counting import (
    ENTERED_LATER,
    NOT_CHOSEN,
    NOT_IN_HISTORY,
    NOT_PAID,
    STATUS_CHANGED,
    Before,
    Counted,
    outside_history,
)
from chalicelib.domain.orders import NOTHING, Amounts, Event, Order, OrderLine
from chalicelib.domain.summaries import fold, summarise

AT = datetime(2026, 7, 3, 12, tzinfo=UTC)
LINE = OrderLine("CEDAR-01", "v1", "Cedar shelf", 2_000, 10_000, 1_000, 900)


def order(status: str = "paid", excluded: str | None = None, events: tuple[Event, ...] = ()) -> Order:
    amounts = Amounts(gross=10_000, discount=1_000, shipping=800, tax=980)
    return Order(
        id="1",
        number="#1001",
        store="",
        currency="USD",
        placed_at=AT,
        created_at=AT,
        status=status,
        excluded=excluded,
        amounts=amounts if excluded is None else NOTHING,
        lines=(LINE,) if excluded is None else (),
        events=events if excluded is None else (),
    )


def refund(n: int) -> Event:
    line = OrderLine("CEDAR-01", "v1", "Cedar shelf", -1_000, -100 * n, -10 * n, -9 * n)
    amounts = Amounts(gross=-100 * n, discount=-10 * n, tax=-9 * n)
    return Event(f"r{n}", AT + timedelta(days=n), "refund", amounts, (line,))


@pytest.mark.parametrize(
    ("counted", "status", "channel", "reason"),
    [
        (Counted(), "pending", None, None),
        (Counted(), "voided", "voided", "voided"),
        (Counted("paid", ("paid", "refunded")), "paid", None, None),
        (Counted("paid", ("paid", "refunded")), "pending", None, NOT_PAID),
        (Counted("paid", ("paid", "refunded")), "paid", "test", "test"),
        (Counted("custom", ("paid",)), "pending", None, NOT_CHOSEN),
        (Counted("custom", ("paid", "voided")), "voided", "voided", None),
        (Counted("custom", ("paid",)), "voided", "voided", NOT_CHOSEN),
        (Counted("custom", ("paid",)), "paid", "test", "test"),
        (Counted("custom", ("pending",)), "pending", "cancelled_unpaid", "cancelled_unpaid"),
    ],
)
def test_an_order_counts_as_the_channel_says_or_as_the_merchant_chose(counted, status, channel, reason):
    judged = counted.judge(msgspec.structs.replace(order(status, events=(refund(1),)), excluded=channel))
    assert judged.excluded == reason
    assert bool(judged.events) == (reason is None)


def test_an_order_that_was_paid_after_its_day_was_closed_counts_on_the_day_that_was_seen():
    before = Before(lambda: [order("pending", "not_paid")])
    seen = before.observed(order(), AT + timedelta(days=2))
    assert seen.excluded == ENTERED_LATER
    (event,) = seen.events
    assert (event.cause, event.observed, event.at) == (STATUS_CHANGED, True, AT + timedelta(days=2))
    assert (event.amounts, event.lines) == (order().amounts, (LINE,))
    again = Before(lambda: [seen]).observed(order(), AT + timedelta(days=9))
    assert again == seen, "a re-read must not move the instant"


def test_an_order_that_was_voided_after_its_day_was_closed_is_taken_back_with_its_refunds():
    counting = order(events=(refund(3),))
    seen = Before(lambda: [counting]).observed(order("voided", "voided"), AT + timedelta(days=5))
    assert (seen.excluded, seen.status, seen.amounts) == (None, "voided", counting.amounts)
    assert sum((event.amounts for event in seen.events), seen.amounts) == NOTHING
    assert seen.events[0] == refund(3)


def test_an_order_that_never_counted_and_an_order_that_always_did_are_what_the_channel_says():
    late = AT + timedelta(days=1)
    assert Before(lambda: [order("pending", "not_paid")]).observed(order("voided", "voided"), late).excluded == "voided"
    assert Before(lambda: [order()]).observed(order(events=(refund(1),)), late) == order(events=(refund(1),))
    assert Before().observed(order(), late) == order()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=8))
def test_whatever_becomes_of_it_an_order_comes_to_all_or_nothing_and_the_past_stays(story):
    """Each step: whether the channel counts the order now, and how many refunds it has had."""
    stands, refunds = None, 0
    for step, (counts, more) in enumerate(story):
        refunds = max(refunds, more)
        now = order(events=tuple(refund(n + 1) for n in range(refunds))) if counts else order("voided", "voided")
        was = stands
        stands = (Before(lambda was=was: [was]) if was else Before()).observed(now, AT + timedelta(days=10 + step))
        own = stands.amounts if stands.excluded is None else NOTHING
        total = sum((event.amounts for event in stands.events), own)
        assert total == (sum((event.amounts for event in now.events), now.amounts) if counts else NOTHING)
        sheets = summarise([stands], AT.date(), "UTC").sheets()
        lines = fold([sheets[0].sales, sheets[0].events]).quantity_milli
        assert lines == (2_000 - 1_000 * refunds if counts else 0)
        if was is not None:
            changed = [event for event in was.events if event.cause == STATUS_CHANGED]
            assert [event for event in stands.events if event.cause == STATUS_CHANGED][: len(changed)] == changed
            assert (stands.excluded is None) == (was.excluded is None)


def test_what_happened_since_to_an_order_before_our_history_counts_and_the_sale_does_not():
    old = order(events=(refund(1), refund(9)))
    kept = outside_history(old, "UTC", date(2026, 7, 10))
    assert kept is not None
    assert (kept.excluded, kept.events) == (NOT_IN_HISTORY, (refund(9),))
    assert outside_history(old, "UTC", date(2026, 8, 10)) is None


def test_causes_tell_late_orders_from_events():
    before = Before(lambda: [order(events=(refund(1),))])
    assert before.causes(msgspec.structs.replace(order(), id="2")) == {"late_order"}
    assert before.causes(order(events=(refund(1), refund(2)))) == {"refund"}
    assert before.causes(order(events=(refund(1),))) == set()
