"""Which orders count as sales, and what becomes of those that begin or cease to count after their day was closed.

An order that does not count stays in its day with the reason, and is not billed. The channel's own reason comes with the
order; what the merchant chose comes on top.

While a day is open an order just counts or not. Once the day is closed it stays as it was: an order that begins or ceases to
count is an event of the instant at which that was first observed, cause `status_changed`. Such events are in no answer of the
channel, so they are copied from the revision before.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime

import msgspec

from chalicelib.domain.days import Cut, day_of
from chalicelib.domain.order_settings import Counting
from chalicelib.domain.orders import Amounts, Event, Order, OrderLine

STATUS_CHANGED = "status_changed"
# Reasons of ours; the channel's own are its parser's words (test, voided, cancelled_unpaid, ...).
NOT_PAID = "not_paid"
NOT_CHOSEN = "not_chosen"
NOT_IN_HISTORY = "not_in_history"
# The order counts, but on the day of its event: when its own day was closed it did not.
ENTERED_LATER = "entered_later"


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """What a merchant chose to count. `statuses` are those that count; with `channel` it is the channel that says."""

    counting: Counting = "channel"
    statuses: tuple[str, ...] = ()

    def judge(self, order: Order) -> Order:
        """The order with the reason why it does not count, or with none. What does not count has no events."""
        excluded = order.excluded
        if self.counting == "custom" and excluded in (None, order.status):
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


class Before:
    """The revision before, as `stream` gives its orders: a few words of each order, and whole only those whose counting has
    a history. Without one every order is new."""

    def __init__(self, stream: Callable[[], Iterable[Order]] = tuple) -> None:
        self._stream = stream
        self._ids: set[str] = set()
        self._whole: dict[str, Order] = {}
        self._events: dict[str, frozenset[str]] = {}
        for order in stream():
            self._ids.add(order.id)
            if order.events:
                self._events[order.id] = frozenset(event.id for event in order.events)
            if order.excluded is not None or _changes(order):
                self._whole[order.id] = order

    def causes(self, order: Order) -> set[str]:
        """Why the day is another one because of this order, as far as that can be told without its figures."""
        if order.id not in self._ids:
            return {"late_order"}
        known = self._events.get(order.id, frozenset())
        return {event.cause for event in order.events if event.id not in known}

    def observed(self, order: Order, at: datetime) -> Order:
        """The judged `order` of a closed day, with what was observed of its counting until the present fetch `at`.

        While it counts, its sale and its other events stand on their own days. What it has come to is to be that, or nothing;
        the difference to what stands is the new event.
        """
        counts = order.excluded is None
        if order.id not in self._ids or (counts and order.id not in self._whole):
            return order
        was = self._order(order.id)
        changes = _changes(was)
        if was.excluded not in (None, ENTERED_LATER) and not counts:
            return order
        facts = order if counts else was
        others = tuple(event for event in facts.events if event.cause != STATUS_CHANGED)
        own_day = was.excluded is None
        stands = _sum([*([_sale(facts)] if own_day else []), *others, *changes])
        wanted = _sum([_sale(facts), *others]) if counts else Counter()
        if stands != wanted:
            changes += (_difference(facts, wanted, stands, at, len(changes) + 1),)
        return with_fields(
            facts, excluded=None if own_day else ENTERED_LATER, status=order.status, events=(*others, *changes)
        )

    def _order(self, id_: str) -> Order:
        if id_ not in self._whole:
            self._whole[id_] = next(order for order in self._stream() if order.id == id_)
        return self._whole[id_]


def _changes(order: Order) -> tuple[Event, ...]:
    return tuple(event for event in order.events if event.cause == STATUS_CHANGED)


_Figure = tuple[tuple[str | None, str, str] | None, str]


def _sale(order: Order) -> Event:
    return Event("", order.placed_at, "", order.amounts, order.lines)


def _sum(events: Iterable[Event]) -> "Counter[_Figure]":
    """All figures of the order and of each of its goods; those that are 0 are left out."""
    figures: Counter[_Figure] = Counter()
    for event in events:
        for name in Amounts.__struct_fields__:
            figures[None, name] += getattr(event.amounts, name)
        for line in event.lines:
            for name in _LINE_FIGURES:
                figures[(line.sku, line.item, line.title), name] += getattr(line, name)
    return Counter({figure: amount for figure, amount in figures.items() if amount})


_LINE_FIGURES = ("quantity_milli", "gross", "discount", "tax")


def _difference(
    order: Order, wanted: "Counter[_Figure]", stands: "Counter[_Figure]", at: datetime, number: int
) -> Event:
    """The event that makes what stands what is wanted."""
    lacking = {figure: wanted[figure] - stands[figure] for figure in wanted.keys() | stands.keys()}
    amounts = Amounts(**{name: lacking.get((None, name), 0) for name in Amounts.__struct_fields__})
    goods = sorted({item for item, _ in lacking if item is not None}, key=lambda item: (item[0] or "", *item[1:]))
    lines = [OrderLine(*item, *(lacking.get((item, name), 0) for name in _LINE_FIGURES)) for item in goods]
    moved = tuple(line for line in lines if any((line.quantity_milli, line.gross, line.discount, line.tax)))
    return Event(f"{STATUS_CHANGED}-{number}", at, STATUS_CHANGED, amounts, moved, True)


def outside_history(order: Order, cut: Cut, first: date) -> Order | None:
    """An order that is older than our history: only what happened to it since; None if nothing did."""
    events = tuple(event for event in order.events if day_of(event.at, cut) >= first)
    return with_fields(order, excluded=NOT_IN_HISTORY, events=events) if events else None


def with_fields(order: Order, **fields: object) -> Order:
    return msgspec.structs.replace(order, **fields)
