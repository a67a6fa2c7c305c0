"""What every channel's payload becomes: an order, its sale as placed (S) and what happened to it later (R).

Amounts are signed integer minor units of the order's one currency, tax-exclusive unless the name says tax. Quantities are
integers of a thousandth piece (`quantity_milli`), because some shops sell 1.5 of a thing and integers add exactly.

    net   = gross - discount
    total = net + gift_cards_sold + shipping + fees + duties + tips + tax + unallocated + residual
    tax   = sum of the lines' tax + tax on shipping and fees; line tax is never added a second time
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec


class Amounts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The figures of a sale or an event. In an event a return has negative gross and negative discount."""

    gross: int = 0
    discount: int = 0
    shipping: int = 0
    fees: int = 0
    duties: int = 0
    tips: int = 0
    tax: int = 0
    gift_cards_sold: int = 0
    unallocated: int = 0
    residual: int = 0

    @property
    def net(self) -> int:
        return self.gross - self.discount

    @property
    def total(self) -> int:
        return self.gross - self.discount + sum(msgspec.structs.astuple(self)[2:])

    def __add__(self, other: "Amounts") -> "Amounts":
        mine, theirs = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        return Amounts(*(a + b for a, b in zip(mine, theirs, strict=True)))

    def __neg__(self) -> "Amounts":
        return Amounts(*(-a for a in msgspec.structs.astuple(self)))


NOTHING = Amounts()


def amounts_of(several: Iterable[Amounts]) -> Amounts:
    """All of them added up; a good deal quicker than one by one."""
    return Amounts(*map(sum, zip(*map(msgspec.structs.astuple, several), strict=True)))


class OrderLine(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One line item of a sale, or its part in an event (then negative).

    `sku` is trimmed and in the merchant's case, None if the shop gives none; then `item` (the channel's variant or product id,
    or "" for a custom line) and `title` tell lines apart.
    """

    sku: str | None
    item: str
    title: str
    quantity_milli: int
    gross: int
    discount: int
    tax: int

    @property
    def net(self) -> int:
        return self.gross - self.discount


class Event(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What changed an order after it was placed: a refund, an edit, a cancellation.

    `id` is the channel's id of the refund or agreement; `cause` one of refund, return, edit, cancel. `observed` marks an
    instant that the channel does not give: the one at which we first saw the event.
    """

    id: str
    at: datetime
    cause: str
    amounts: Amounts
    lines: tuple[OrderLine, ...] = ()
    observed: bool = False


class Tender(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How an order was paid: `kind` (card, gift_card, cash, ... as the channel names its gateway); paid back is negative."""

    kind: str
    amount: int


class Order(msgspec.Struct, frozen=True, gc=False, array_like=True, kw_only=True):
    """A sale as it was placed, with its later events.

    `id` is the channel's immutable id, `number` what people see. `placed_at` decides the day, `created_at` (never edited) the
    usage shelf. `root` is the id of the order that this one was split from, under which it is billed; "" if it is its own.
    `excluded` says why the order does not count as a sale (test, voided, expired, cancelled_unpaid, ...), None
    if it counts. `flags` are words for its reader: total_zero, rounding, unexplained, unknown_line_type. `region` is where it
    went, by its codes as `domain.persons` has them ("US-NY", "DE"); "" if the channel does not say.
    """

    id: str
    number: str
    store: str
    currency: str
    placed_at: datetime
    created_at: datetime
    status: str
    excluded: str | None = None
    amounts: Amounts = NOTHING
    lines: tuple[OrderLine, ...] = ()
    events: tuple[Event, ...] = ()
    tenders: tuple[Tender, ...] = ()
    flags: tuple[str, ...] = ()
    root: str = ""
    region: str = ""
