"""What befalls orders of the sandbox shop after they were placed: payment trouble, cancellations, edits, returns, refunds.

Each fate is a function of the order and random numbers, and gives the order back with its happenings. Money adds up:
the rows of all agreements are what is left of the order, and no piece comes back twice.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec

from infra.sandbox.book import Happening, Line, Order, Sale, part_of, placed_sales, sale_of, shipping_sale
from infra.sandbox.catalog import variant_at

_HOUR, _DAY = 3600, 86400
Fate = Callable[[Random, Order, int], Order]


def befall(rng: Random, order: Order, day_end_s: int) -> Order:
    """The order with its future. Most have none."""
    chance = rng.random()
    later = rng.random()
    for upto, fate in _FATES:
        if chance < upto:
            return fate(rng, order, day_end_s) if order.total and order.created_s == order.placed_s else order
    if later < 0.03:
        return _paid_later(rng, order, "AUTHORIZED" if later < 0.015 else "PENDING")
    if later < 0.035 and order.total:
        half = (("shopify_payments", order.total // 2),)
        return _replace(order, status="PARTIALLY_PAID", tenders=half)
    return _replace(order, status=None) if later < 0.037 else order


def cancelled(order: Order, at_s: int, *, row: bool) -> Order:
    """The order called off at an instant: with `row`, an agreement takes all that is left back, and the money with it."""
    if not row:
        return _with(order, Happening(at_s=at_s, kind="cancel"))
    back = Happening(at_s=at_s, kind="refund", sales=tuple(map(_reversed, placed_sales(order))), paid_back=order.paid)
    return _with(order, back, Happening(at_s=at_s, kind="cancel"))


def refunded(order: Order, at_s: int, *, n: int, quantity: int, before: int = 0) -> Happening:
    """Pieces of line `n` come back and are paid for."""
    row = sale_of(order.lines[n], n, "RETURN", quantity, before=before)
    return Happening(at_s=at_s, kind="refund", sales=(row,), paid_back=-row.amount)


def goodwill(at_s: int, amount: int) -> Happening:
    """Money back without any goods."""
    row = Sale(type="ADJUSTMENT", action="RETURN", amount=-amount)
    return Happening(at_s=at_s, kind="refund", sales=(row,), paid_back=amount)


def _test(_rng: Random, order: Order, _end_s: int) -> Order:
    return _replace(order, test=True, tenders=(("bogus", order.total),))


def _cancelled_unpaid_same_day(rng: Random, order: Order, end_s: int) -> Order:
    at_s = min(order.placed_s + 60 + int(rng.random() * 3 * _HOUR), end_s - 1)
    return cancelled(_replace(order, status="PENDING", tenders=()), at_s, row=False)


def _cancelled_unpaid_later(rng: Random, order: Order, end_s: int) -> Order:
    at_s = end_s + int(rng.random() * 20 * _HOUR)
    return cancelled(_replace(order, status="PENDING", tenders=()), at_s, row=rng.random() < 0.5)


def _cancelled_paid(rng: Random, order: Order, end_s: int) -> Order:
    same_day = rng.random() < 0.2
    at_s = min(order.placed_s + 600, end_s - 1) if same_day else end_s + int(rng.random() * 30 * _HOUR)
    return cancelled(order, at_s, row=True)


def _voided(_rng: Random, order: Order, _end_s: int) -> Order:
    order = _replace(order, status="AUTHORIZED", tenders=())
    return _with(order, Happening(at_s=order.placed_s + 60, kind="void"))


def _expired(_rng: Random, order: Order, _end_s: int) -> Order:
    order = _replace(order, status="AUTHORIZED", tenders=())
    return _with(order, Happening(at_s=order.placed_s + 60, kind="expire"))


def _edited(rng: Random, order: Order, _end_s: int) -> Order:
    n = _first_product(order)
    if n is None:
        return order
    at_s = order.placed_s + _HOUR + int(rng.random() * 2 * _DAY)
    line, sort = order.lines[n], rng.random()
    added: tuple[Line, ...] = ()
    rows: tuple[Sale, ...]
    if sort < 0.35:
        added = (_line_like(rng, line),)
        rows = (sale_of(added[0], len(order.lines), "ORDER", added[0].quantity),)
    elif sort < 0.65:
        rows = (sale_of(line, n, "RETURN", 1),)
    elif sort < 0.85:  # an exchange: one piece back, another thing out
        added = (_line_like(rng, line),)
        rows = (sale_of(line, n, "RETURN", 1), sale_of(added[0], len(order.lines), "ORDER", added[0].quantity))
    else:
        rows = (_lowered(line, n),)
    return _with(order, Happening(at_s=at_s, kind="edit", sales=rows, added=added))


def _returned_unpaid(rng: Random, order: Order, _end_s: int) -> Order:
    n = _first_product(order)
    if n is None:
        return order
    at_s = order.placed_s + _DAY + int(rng.random() * 20 * _DAY)
    return _with(order, Happening(at_s=at_s, kind="return", sales=(sale_of(order.lines[n], n, "RETURN", 1),)))


def _refunded(rng: Random, order: Order, end_s: int) -> Order:
    same_day, sort, n = rng.random() < 0.2, rng.random(), _first_product(order)
    if same_day:
        at_s = min(order.placed_s + 60 + int(rng.random() * 4 * _HOUR), end_s - 1)
    else:
        at_s = order.placed_s + _DAY + int(rng.random() * 40 * _DAY)
    if n is None or sort < 0.12:
        return _with(order, goodwill(at_s, max(1, min(order.total // 2, 1500))))
    line = order.lines[n]
    if sort < 0.32:  # all of it
        rows = tuple(map(_reversed, placed_sales(order)))
        return _with(order, Happening(at_s=at_s, kind="refund", sales=rows, paid_back=order.paid))
    first = refunded(order, at_s, n=n, quantity=1)
    if sort < 0.62:
        return _with(order, first)
    if sort < 0.72 and line.quantity > 1:
        rest = refunded(order, at_s + _DAY, n=n, quantity=line.quantity - 1, before=1)
        return _with(order, first, rest)
    if sort < 0.80 and order.shipping:
        return _with(order, _plus(first, shipping_sale(order.shipping, "RETURN")))
    if sort < 0.90 and first.paid_back > 500:  # a restocking fee is kept
        return _with(order, _plus(first, Sale(type="FEE", action="ORDER", amount=500)))
    if first.paid_back > 300:  # the merchant pays back a little less than the goods cost
        return _with(order, _plus(first, Sale(type="ADJUSTMENT", action="UPDATE", amount=250)))
    return _with(order, first)


def _paid_later(rng: Random, order: Order, status: str) -> Order:
    if not order.total or rng.random() < 0.2:
        return _replace(order, status=status, tenders=())
    at_s = order.created_s + _HOUR + int(rng.random() * 2 * _DAY)
    return _with(
        _replace(order, status=status, tenders=()), Happening(at_s=at_s, kind="capture", paid_back=-order.total)
    )


def _lowered(line: Line, n: int) -> Sale:
    """A tenth off the price, agreed upon later."""
    net = line.total - line.tax
    off = part_of(net, 1, 10)
    tax = part_of(line.tax, off, net) if net else 0
    return Sale(
        type="PRODUCT", action="UPDATE", amount=-off - tax, tax=-tax, discount=off, discount_after=off + tax, line=n
    )


def _line_like(rng: Random, line: Line) -> Line:
    """One piece of something else, taxed at the rate of `line`."""
    other = variant_at(rng.random())
    paid = line.original - line.discount
    taxes = tuple(part_of(other.price, tax, paid) if paid else 0 for tax in line.taxes)
    return msgspec.structs.replace(
        line,
        title=other.title,
        sku=other.sku,
        product=other.product,
        variant=other.variant,
        quantity=1,
        price=other.price,
        line_discount=0,
        code_discount=0,
        taxes=taxes,
    )


def _first_product(order: Order) -> int | None:
    return next((n for n, line in enumerate(order.lines) if line.kind == "product" and line.total), None)


def _reversed(sale: Sale) -> Sale:
    return Sale(
        type=sale.type,
        action="RETURN",
        amount=-sale.amount,
        tax=-sale.tax,
        discount=-sale.discount,
        discount_after=-sale.discount_after,
        quantity=None if sale.quantity is None else -sale.quantity,
        line=sale.line,
    )


def _plus(happening: Happening, row: Sale) -> Happening:
    back = happening.paid_back - row.amount
    return msgspec.structs.replace(happening, sales=(*happening.sales, row), paid_back=back)


def _with(order: Order, *happenings: Happening) -> Order:
    return _replace(order, happenings=(*order.happenings, *happenings))


def _replace(order: Order, **changes: object) -> Order:
    return msgspec.structs.replace(order, **changes)


# How often each fate falls on an order: the chance up to here.
_FATES: tuple[tuple[float, Fate], ...] = (
    (0.006, _test),
    (0.011, _cancelled_unpaid_same_day),
    (0.015, _cancelled_unpaid_later),
    (0.025, _cancelled_paid),
    (0.028, _voided),
    (0.031, _expired),
    (0.046, _edited),
    (0.048, _returned_unpaid),
    (0.100, _refunded),
)
