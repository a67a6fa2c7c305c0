"""Which orders count, and what is observed of orders whose days are closed."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from chalicelib.domain.counting import (
    NOT_CHOSEN,
    NOT_IN_HISTORY,
    NOT_PAID,
    Counted,
    outside_history,
)
from chalicelib.domain.orders import NOTHING, Amounts, Event, Order, OrderLine

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


def test_what_happened_since_to_an_order_before_our_history_counts_and_the_sale_does_not():
    old = order(events=(refund(1), refund(9)))
    kept = outside_history(old, "UTC", date(2026, 7, 10))
    assert kept is not None
    assert (kept.excluded, kept.events) == (NOT_IN_HISTORY, (refund(9),))
    assert outside_history(old, "UTC", date(2026, 8, 10)) is None
