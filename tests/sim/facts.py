"""What an order of a revision has to say, worked out from what the shop says of it.

Which orders count is judged here once more, in other words than the code under test has. Once a day is closed an order that
begins or ceases to count is told by events of ours: they never move, and what the order comes to is what the shop says, or
nothing.
"""

from collections import Counter

import msgspec

from chalicelib.domain.counting import ENTERED_LATER, Counted
from chalicelib.domain.observing import STATUS_CHANGED
from chalicelib.domain.orders import Amounts, Event, Order
from chalicelib.domain.work import Revision

CLOSED = ("final", "empty")


def counts(order: Order, counted: Counted) -> bool:
    """Whether an order of the shop counts as a sale."""
    if counted.counting == "custom":
        return order.excluded in (None, order.status) and order.status in counted.statuses
    return order.excluded is None and (counted.counting == "channel" or order.status in counted.statuses)


def is_billed(order: Order) -> bool:
    """Whether an order of a revision counts as a sale, on its own day or later."""
    return order.excluded in (None, ENTERED_LATER)


def observed(order: Order) -> tuple[Event, ...]:
    return tuple(event for event in order.events if event.cause == STATUS_CHANGED)


def goes_on(revision: Revision, before: Revision | None) -> bool:
    """Whether the revision goes on with a closed day as it was cut and judged."""
    return (
        before is not None
        and before.state in CLOSED
        and before.counted == revision.counted
        and (before.start_at, before.end_at) == (revision.start_at, revision.end_at)
    )


def fault_of(order: Order, said: Order, before: Order | None, revision: Revision) -> str | None:
    """Why `order` is not what the revision has to make of what the shop `said`; None if it is.

    `before` is the order as the closed day had it that the revision goes on with, None if it had none.
    """
    wanted = counts(said, revision.counted)
    if is_billed(order) != (wanted or (before is not None and is_billed(before))):
        return "counts, or does not, against what was chosen"
    if before is not None and (before.excluded is None) != (order.excluded is None):
        return "came to a closed day, or left it"
    if before is None and order.excluded == ENTERED_LATER:
        return "entered a day that was not closed"
    known, now = observed(before) if before else (), observed(order)
    if now[: len(known)] != known:
        return "lost or moved what was observed"
    if len(now) > len(known) + (before is not None):
        return "has more observed than could be"
    if any(not event.observed or int(event.at.timestamp()) != revision.fetched_at for event in now[len(known) :]):
        return "was observed at another time"
    facts = said if wanted or before is None or not is_billed(before) else before
    if _plain(order, said.status, is_billed(order)) != _plain(facts, said.status, is_billed(order)):
        return "has other facts"
    if is_billed(order):
        own = [_sale(order)] if order.excluded is None else []
        comes_to = _sum([_sale(said), *said.events]) if wanted else Counter()
        if _sum([*own, *order.events]) != comes_to:
            return "comes neither to what the shop says nor to nothing"
    return None


def _plain(order: Order, status: str, has_events: bool) -> Order:
    """The order without what is judged or observed."""
    events = tuple(event for event in order.events if event.cause != STATUS_CHANGED) if has_events else ()
    return msgspec.structs.replace(order, status=status, excluded=None, events=events)


def _sale(order: Order) -> Event:
    return Event("", order.placed_at, "", order.amounts, order.lines)


def _sum(events: list[Event]) -> "Counter[tuple[str, str]]":
    figures: Counter[tuple[str, str]] = Counter()
    for event in events:
        for name in Amounts.__struct_fields__:
            figures["", name] += getattr(event.amounts, name)
        for line in event.lines:
            for name in ("quantity_milli", "gross", "discount", "tax"):
                figures[f"{line.sku} {line.item} {line.title}", name] += getattr(line, name)
    return Counter({figure: amount for figure, amount in figures.items() if amount})
