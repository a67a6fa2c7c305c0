"""What is observed of orders whose days are closed, on channels that tell a history and on those that do not."""

from datetime import datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.counting import ENTERED_LATER
from chalicelib.domain.observing import GONE, STATUS_CHANGED, Before
from chalicelib.domain.orders import NOTHING, Amounts, Order, OrderLine
from chalicelib.domain.summaries import fold, summarise
from tests.domain.test_counting import AT, LINE, order, refund


def one(before: Before, now: Order, at: datetime) -> Order:
    (seen,) = before.observed([now], at)
    return seen


def without_history(was: Order) -> Before:
    """The revision before on a channel that tells no history."""
    return Before(lambda: [was], keeps_history=False)


def test_an_order_that_was_paid_after_its_day_was_closed_counts_on_the_day_that_was_seen():
    before = Before(lambda: [order("pending", "not_paid")])
    seen = one(before, order(), AT + timedelta(days=2))
    assert seen.excluded == ENTERED_LATER
    (event,) = seen.events
    assert (event.cause, event.observed, event.at) == (STATUS_CHANGED, True, AT + timedelta(days=2))
    assert (event.amounts, event.lines) == (order().amounts, (LINE,))
    again = one(Before(lambda: [seen]), order(), AT + timedelta(days=9))
    assert again == seen, "a re-read must not move the instant"


def test_an_order_that_was_voided_after_its_day_was_closed_is_taken_back_with_its_refunds():
    counting = order(events=(refund(3),))
    seen = one(Before(lambda: [counting]), order("voided", "voided"), AT + timedelta(days=5))
    assert (seen.excluded, seen.status, seen.amounts) == (None, "voided", counting.amounts)
    assert sum((event.amounts for event in seen.events), seen.amounts) == NOTHING
    assert seen.events[0] == refund(3)


def test_an_order_that_never_counted_and_an_order_that_always_did_are_what_the_channel_says():
    late = AT + timedelta(days=1)
    assert one(Before(lambda: [order("pending", "not_paid")]), order("voided", "voided"), late).excluded == "voided"
    assert one(Before(lambda: [order()]), order(events=(refund(1),)), late) == order(events=(refund(1),))
    assert one(Before(), order(), late) == order()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=8))
def test_whatever_becomes_of_it_an_order_comes_to_all_or_nothing_and_the_past_stays(story):
    """Each step: whether the channel counts the order now, and how many refunds it has had."""
    stands, refunds = None, 0
    for step, (counts, more) in enumerate(story):
        refunds = max(refunds, more)
        now = order(events=tuple(refund(n + 1) for n in range(refunds))) if counts else order("voided", "voided")
        was = stands
        stands = one(Before(lambda was=was: [was]) if was else Before(), now, AT + timedelta(days=10 + step))
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


def test_causes_tell_late_orders_from_events():
    before = Before(lambda: [order(events=(refund(1),))])
    assert before.causes(msgspec.structs.replace(order(), id="2")) == {"late_order"}
    assert before.causes(order(events=(refund(1), refund(2)))) == {"refund"}
    assert before.causes(order(events=(refund(1),))) == set()


def changed_to(quantity: int, status: str = "shipped", excluded: str | None = None) -> Order:
    """The order with another number of pieces, at 50.00 each less 10 %."""
    line = OrderLine(
        "CEDAR-01", "v1", "Cedar shelf", quantity * 1_000, quantity * 5_000, quantity * 500, quantity * 450
    )
    amounts = Amounts(gross=line.gross, discount=line.discount, shipping=800, tax=line.tax + 80)
    lines = (line,) if quantity else ()
    return msgspec.structs.replace(order(), amounts=amounts, lines=lines, status=status, excluded=excluded)


def stood(order_: Order) -> tuple[Amounts, int]:
    """What all that is posted of an order comes to: its amounts, and pieces."""
    own = order_.excluded is None
    amounts = sum((event.amounts for event in order_.events), order_.amounts if own else NOTHING)
    lines = [*(order_.lines if own else ()), *(line for event in order_.events for line in event.lines)]
    return amounts, sum(line.quantity_milli for line in lines)


def test_a_lowered_line_is_an_edit_of_the_instant_it_was_seen_and_the_sale_stays():
    seen = one(without_history(changed_to(2)), changed_to(1), AT + timedelta(days=3))
    (event,) = seen.events
    assert (event.cause, event.observed, event.at) == ("edit", True, AT + timedelta(days=3))
    assert (seen.amounts, seen.lines) == (changed_to(2).amounts, changed_to(2).lines)
    assert [(line.sku, line.quantity_milli, line.gross, line.discount) for line in event.lines] == [
        ("CEDAR-01", -1_000, -5_000, -500)
    ]
    again = one(without_history(seen), changed_to(1), AT + timedelta(days=9))
    assert again == seen, "a re-read must not move the instant"


def test_a_vanished_line_and_a_later_one_are_told_apart():
    gone = one(without_history(changed_to(2)), changed_to(0), AT + timedelta(days=3))
    back = one(without_history(gone), changed_to(3), AT + timedelta(days=4))
    assert [event.cause for event in back.events] == ["edit", "edit"]
    assert len({event.id for event in back.events}) == 2
    assert stood(back) == (changed_to(3).amounts, 3_000)


def test_a_refund_that_is_deleted_at_the_channel_stays_on_its_day_and_is_taken_back_when_seen():
    was = msgspec.structs.replace(changed_to(2), events=(refund(4),))
    seen = one(without_history(was), changed_to(2), AT + timedelta(days=8))
    assert seen.events[0] == refund(4)
    assert seen.events[1].amounts == -refund(4).amounts
    assert stood(seen) == (changed_to(2).amounts, 2_000)


def test_an_order_that_is_gone_is_taken_back_once_and_only_if_all_were_fetched():
    was = changed_to(2)
    before = without_history(was)
    (gone,) = before.missing(["another"], surely=True)
    seen = one(before, gone, AT + timedelta(days=2))
    assert (seen.status, seen.excluded, [event.cause for event in seen.events]) == (GONE, None, [STATUS_CHANGED])
    assert stood(seen) == (NOTHING, 0)
    later = without_history(seen)
    (gone,) = later.missing([], surely=True)
    assert one(later, gone, AT + timedelta(days=5)) == seen
    (kept,) = before.missing([], surely=False)
    assert one(before, kept, AT + timedelta(days=2)) == was
    assert Before(lambda: [was]).missing([], surely=True) == [], "a channel with a history says itself what it deleted"


@given(st.lists(st.tuples(st.sampled_from(["counts", "cancelled", "gone"]), st.integers(0, 4)), min_size=1, max_size=8))
def test_without_a_history_all_that_is_posted_is_what_the_channel_says_now_and_the_past_stays(story):
    """Each step: how the order is at the channel, and its number of pieces; it has at most as many refunds as steps."""
    stands: Order | None = None
    for step, (state, pieces) in enumerate(story):
        at = AT + timedelta(days=10 + step)
        now = changed_to(pieces, *(() if state == "counts" else ("cancelled", "cancelled")))
        was = stands
        if was is None:
            stands = now
            continue
        before = without_history(was)
        if state == "gone":
            lacking = before.missing([], surely=True)
            if not lacking:
                continue
            (now,) = lacking
        stands = one(before, now, at)
        counts = state == "counts"
        assert stood(stands) == ((now.amounts, pieces * 1_000) if counts else (NOTHING, 0))
        if was.excluded in (None, ENTERED_LATER):
            assert stands.events[: len(was.events)] == was.events
            assert (stands.excluded is None) == (was.excluded is None)
            if was.excluded is None:
                assert (stands.amounts, stands.lines) == (was.amounts, was.lines)
        assert one(without_history(stands), now, at + timedelta(days=30)) == stands
