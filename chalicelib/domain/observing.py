"""What is observed of orders whose day is closed: what no answer of the channel tells, found by comparing two fetches.

While a day is open its orders are what the channel says now. Once it is closed it stays as it was, and what has changed since
is an event of the instant at which that was first observed: an order that began or ceased to count (`status_changed`), and, on
channels that keep no history of their orders, one whose lines or amounts are others (`edit`) or that is gone. Such events are
in no answer of the channel, so they are copied from the revision before.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from chalicelib.domain.counting import ENTERED_LATER, with_fields
from chalicelib.domain.orders import Amounts, Event, Order, OrderLine

STATUS_CHANGED = "status_changed"
GONE = "gone"

_encode = msgspec.msgpack.Encoder().encode


class Before:
    """The revision before, as `stream` gives its orders: a few words of each, and whole only those that differ from what is
    fetched. Without one every order is new. `keeps_history` is whether the channel itself tells what happened to an order."""

    def __init__(self, stream: Callable[[], Iterable[Order]] = tuple, *, keeps_history: bool = True) -> None:
        self._stream = stream
        self._keeps_history = keeps_history
        self._said: dict[str, bytes] = {}
        self._events: dict[str, frozenset[str]] = {}
        for order in stream():
            self._said[order.id] = _said(order, keeps_history=keeps_history)
            if order.events:
                self._events[order.id] = frozenset(event.id for event in order.events)

    def causes(self, order: Order) -> set[str]:
        """Why the day is another one because of this order, as far as that can be told without its figures."""
        if order.id not in self._said:
            return {"late_order"}
        known = self._events.get(order.id, frozenset())
        return {event.cause for event in order.events if event.id not in known}

    def observed(self, orders: Sequence[Order], at: datetime) -> list[Order]:
        """The judged `orders` of a closed day, with what was observed of them until the present fetch `at`."""
        before = self._whole({order.id for order in orders if self._differs(order)})
        return [self._observed(before[order.id], order, at) if order.id in before else order for order in orders]

    def missing(self, ids: Iterable[str], *, surely: bool) -> list[Order]:
        """The orders that counted and are not among the `ids` fetched, on a channel that keeps no history.

        `surely`: all orders were fetched, so these are gone and no longer count. Otherwise they are as they were.
        """
        if self._keeps_history or not (lacking := self._said.keys() - set(ids)):
            return []
        counted = [order for order in self._whole(lacking).values() if order.excluded in (None, ENTERED_LATER)]
        gone: dict[str, object] = {"excluded": GONE, "status": GONE, "events": ()} if surely else {"excluded": None}
        return [with_fields(order, **gone) for order in counted]

    def _differs(self, order: Order) -> bool:
        said = self._said.get(order.id)
        return said is not None and said != _said(order, keeps_history=self._keeps_history)

    def _whole(self, ids: set[str]) -> dict[str, Order]:
        return {order.id: order for order in self._stream() if order.id in ids} if ids else {}

    def _observed(self, was: Order, order: Order, at: datetime) -> Order:
        """What stands of `was` on its own and other days stays; the difference to what is to stand is a new event."""
        counts = order.excluded is None
        if was.excluded not in (None, ENTERED_LATER) and not counts:
            return order
        own_day = was.excluded is None
        if self._keeps_history:
            facts = order if counts else was
            events = (*_without_changes(facts.events), *_changes(was.events))
        else:
            facts = with_fields(order, amounts=was.amounts, lines=was.lines, flags=was.flags) if own_day else order
            known = {event.id for event in was.events}
            events = (*was.events, *(event for event in order.events if event.id not in known))
        stands = _sum([*([_sale(facts)] if own_day else []), *events])
        wanted = _sum([_sale(order), *_without_changes(order.events)]) if counts else Counter()
        if stands != wanted:
            counted = bool(_sum([*([_sale(was)] if own_day else []), *was.events]))
            cause = "edit" if counts and counted and not self._keeps_history else STATUS_CHANGED
            number = 1 + sum(event.observed for event in events)
            events += (_difference(wanted, stands, at, cause, number),)
        return with_fields(facts, excluded=None if own_day else ENTERED_LATER, status=order.status, events=events)


def _said(order: Order, *, keeps_history: bool) -> bytes:
    """What is compared of an order: whether it counts, whether it has a history of that, and, where the channel tells no
    history, its figures."""
    facts = (order.excluded, bool(_changes(order.events)))
    figures = () if keeps_history else (order.amounts, order.lines, order.events)
    return hashlib.blake2b(_encode((*facts, *figures)), digest_size=8).digest()


def _changes(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(event for event in events if event.cause == STATUS_CHANGED)


def _without_changes(events: Iterable[Event]) -> tuple[Event, ...]:
    return tuple(event for event in events if event.cause != STATUS_CHANGED)


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


def _difference(wanted: "Counter[_Figure]", stands: "Counter[_Figure]", at: datetime, cause: str, number: int) -> Event:
    """The event that makes what stands what is wanted."""
    lacking = {figure: wanted[figure] - stands[figure] for figure in wanted.keys() | stands.keys()}
    amounts = Amounts(**{name: lacking.get((None, name), 0) for name in Amounts.__struct_fields__})
    goods = sorted({item for item, _ in lacking if item is not None}, key=lambda item: (item[0] or "", *item[1:]))
    lines = [OrderLine(*item, *(lacking.get((item, name), 0) for name in _LINE_FIGURES)) for item in goods]
    moved = tuple(line for line in lines if any((line.quantity_milli, line.gross, line.discount, line.tax)))
    return Event(f"{cause}-{number}", at, cause, amounts, moved, True)
