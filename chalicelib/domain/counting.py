"""Which orders count as sales. One that does not stays in its day with the reason, and is not billed.

The channel's own reason comes with the order; what the merchant chose comes on top. What becomes of orders that begin or cease
to count after their day was closed is in `observing.py`.
"""

from datetime import date

import msgspec

from chalicelib.domain.days import Cut, day_of
from chalicelib.domain.order_settings import Counting
from chalicelib.domain.orders import Order

# Reasons of ours; the channel's own are its parser's words (test, voided, cancelled_unpaid, ...).
NOT_PAID = "not_paid"
NOT_CHOSEN = "not_chosen"
NOT_IN_HISTORY = "not_in_history"
# The order counts, but on the day of its event: when its own day was closed it did not.
ENTERED_LATER = "entered_later"
# The order came through another connection too, and counts there.
MIRROR = "mirror"


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """What a merchant chose to count. `statuses` are those that count; with `channel` it is the channel that says.

    `mirrors` are the stores whose orders come through another connection as well, and count there only.
    """

    counting: Counting = "channel"
    statuses: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()

    def judge(self, order: Order) -> Order:
        """The order with the reason why it does not count, or with none. What does not count has no events."""
        excluded = order.excluded
        if order.store in self.mirrors:
            excluded = MIRROR
        elif self.counting == "custom" and excluded in (None, order.status):
            excluded = None if order.status in self.statuses else NOT_CHOSEN
        elif self.counting == "paid" and excluded is None and order.status not in self.statuses:
            excluded = NOT_PAID
        if excluded is None:
            return order if order.excluded is None else with_fields(order, excluded=None)
        return (
            order
            if excluded == order.excluded and not order.events
            else with_fields(order, excluded=excluded, events=())
        )


def outside_history(order: Order, cut: Cut, first: date) -> Order | None:
    """An order that is older than our history: only what happened to it since; None if nothing did."""
    events = tuple(event for event in order.events if day_of(event.at, cut) >= first)
    return with_fields(order, excluded=NOT_IN_HISTORY, events=events) if events else None


def with_fields(order: Order, **fields: object) -> Order:
    return msgspec.structs.replace(order, **fields)
