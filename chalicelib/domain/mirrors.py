"""The same order through two connections: a store behind one channel is often fed by a shop that is paired as well.

Two orders are taken for one where the number that people see, the currency and the total agree, and both were placed within a
day of each other. That is a likeness, never a proof: nothing is dropped for it. Only once the merchant links the two do the
mirror's orders cease to count.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib.domain.counting import ENTERED_LATER
from chalicelib.domain.orders import Order

WITHIN = timedelta(days=1)

Likeness = tuple[str, str, int]


class Originals:
    """The orders that count of some connections, by what a mirror of theirs would show."""

    def __init__(self) -> None:
        self._placed: dict[Likeness, list[tuple[datetime, str]]] = {}

    def add(self, connection: str, orders: Iterable[Order]) -> None:
        for order in orders:
            if order.excluded in (None, ENTERED_LATER):
                self._placed.setdefault(_likeness(order), []).append((order.placed_at, connection))

    def of(self, order: Order) -> str | None:
        """The connection through which the order also came, as far as can be told; None if through none."""
        near = (
            (abs(placed_at - order.placed_at), connection)
            for placed_at, connection in self._placed.get(_likeness(order), ())
        )
        nearest = min(near, default=None)
        return nearest[1] if nearest is not None and nearest[0] <= WITHIN else None


def _likeness(order: Order) -> Likeness:
    return order.number.strip().lstrip("#").casefold(), order.currency, order.amounts.total
