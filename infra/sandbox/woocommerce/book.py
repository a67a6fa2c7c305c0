"""What the sandbox site's shop sells, and how its orders fare: drawn from random numbers, so that the same seed is the same shop.

Amounts are integer minor units, quantities thousandths, instants whole seconds since 1970. An order carries its whole future, and
readers cut it at their now.
"""

from __future__ import annotations

from datetime import date
from random import Random

import msgspec

from infra.sandbox import catalog
from infra.sandbox.book import part_of

HOUR, DAY = 3600, 86_400
COUNTING = frozenset({"processing", "completed", "on-hold", "refunded"})
_REFUND_IDS = 40_000_000


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """What makes one shop different from another."""

    name: str = "Harbour & Field"
    seed: int = 1
    orders_per_day: int = 40
    zone: str = "America/New_York"
    currency: str = "USD"
    second_currency: str | None = "CAD"
    opened: date = date(2026, 6, 1)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `subtotal` is before, `total` after discounts, both without tax."""

    title: str
    sku: str | None
    product: int
    variation: int
    quantity_milli: int
    subtotal: int
    total: int
    tax: int


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money back at `at_s`; `items` are negative, (line, quantity, total, tax). `gone_s` is when it was deleted again, if it was."""

    id: int
    at_s: int
    amount: int
    items: tuple[tuple[int, int, int, int], ...] = ()
    shipping: int = 0
    fee: int = 0
    gone_s: int | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order. `known_s` is when the site has it; one that was brought in from elsewhere was placed before.

    `fate` are (instant, status), `edits` (instant, lines as they are from then on).
    """

    id: int
    number: str
    placed_s: int
    known_s: int
    currency: str
    items: tuple[Item, ...]
    shipping: int
    shipping_tax: int
    fees: tuple[tuple[str, int], ...]
    gift_card: int
    coupon: str
    method: str
    paid_s: int | None
    country: str
    state: str
    customer: str
    loose: bool
    fate: tuple[tuple[int, str], ...]
    refunds: tuple[Refund, ...] = ()
    edits: tuple[tuple[int, tuple[Item, ...]], ...] = ()

    def status_at(self, now_s: float) -> str:
        return [status for at_s, status in self.fate if at_s <= now_s][-1]

    def items_at(self, now_s: float) -> tuple[Item, ...]:
        return ([items for at_s, items in self.edits if at_s <= now_s] or [self.items])[-1]

    def refunds_at(self, now_s: float) -> tuple[Refund, ...]:
        return tuple(
            each for each in self.refunds if each.at_s <= now_s and (each.gone_s is None or each.gone_s > now_s)
        )

    def modified_s(self, now_s: float) -> int:
        """When something last happened to it."""
        gone = [each.gone_s for each in self.refunds if each.gone_s is not None]
        marks = [
            self.known_s,
            *(at_s for at_s, _ in (*self.fate, *self.edits)),
            *(each.at_s for each in self.refunds),
            *gone,
        ]
        return max(at_s for at_s in marks if at_s <= now_s or at_s == self.known_s)

    def total_at(self, now_s: float) -> int:
        """What the order states: a redeemed gift card is taken off."""
        items = self.items_at(now_s)
        rest = sum(item.total + item.tax for item in items) + self.shipping + self.shipping_tax
        return rest + sum(amount for _, amount in self.fees) - self.gift_card


def draw(rng: Random, trade: Trade, *, id_: int, number: int, placed_s: int) -> Order:
    """One order with its future."""
    foreign = trade.second_currency is not None and rng.random() < 0.03
    taxes: tuple[tuple[str, int], ...] = rng.choice(catalog.CA_TAXES if foreign else catalog.US_TAXES)
    country, states = catalog.WHERE[tuple(title for title, _ in taxes)]
    rate = sum(share for _, share in taxes)
    off = rng.choice(catalog.CODES) if rng.random() < 0.15 else ("", 0)
    items = tuple(_item(rng, rate, off[1]) for _ in range(1 + int(rng.random() ** 3 * 6)))
    shipping = 0 if rng.random() < 0.1 else rng.choice(catalog.SHIPPING)[1]
    taxed = part_of(shipping, rate, 1_000_000) if rate > 80_000 else 0
    fees = (("Gift wrapping", 495),) if rng.random() < 0.04 else (("Bulk rebate", -300),) if rng.random() < 0.02 else ()
    whole = sum(item.total + item.tax for item in items) + shipping + taxed + sum(amount for _, amount in fees)
    known_s = placed_s + (HOUR + int(rng.random() * 3 * DAY) if rng.random() < 0.015 else 0)
    order = Order(
        id=id_,
        number=f"W{number}" if rng.random() < 0.02 else str(number),
        placed_s=placed_s,
        known_s=known_s,
        currency=trade.second_currency if foreign and trade.second_currency else trade.currency,
        items=items,
        shipping=shipping,
        shipping_tax=taxed,
        fees=fees,
        gift_card=min(2500, max(whole, 0)) if rng.random() < 0.04 else 0,
        coupon=off[0],
        method="stripe",
        paid_s=known_s,
        country=country,
        state=rng.choice(states),
        customer=f"{rng.choice(catalog.PLACES)} {rng.choice(catalog.TRADES)}",
        loose=rng.random() < 0.05,
        fate=((known_s, "processing"),),
    )
    return _befall(rng, order)


def _item(rng: Random, rate: int, percent: int) -> Item:
    variant = catalog.variant_at(rng.random())
    milli = 1000 if rng.random() < 0.75 else rng.choice((500, 1500, 2000, 2250, 3000, 5000))
    subtotal = part_of(variant.price, milli, 1000)
    total = subtotal - part_of(subtotal, percent, 100)
    return Item(
        title=variant.title.replace(" - ", " &ndash; "),
        sku=variant.sku,
        product=variant.product,
        variation=variant.variant,
        quantity_milli=milli,
        subtotal=subtotal,
        total=total,
        tax=part_of(total, rate, 1_000_000),
    )


def _befall(rng: Random, order: Order) -> Order:
    """The order with what becomes of it. Payment by bank transfer waits on hold."""
    replace, start = msgspec.structs.replace, order.known_s
    chance, wait = rng.random(), HOUR + int(rng.random() * 2 * DAY)
    done = (start + wait + DAY, "completed")
    if chance < 0.12:
        order = replace(order, method="bacs", paid_s=start + wait)
        edits = (
            ((start + wait // 2, order.items[:1]),)
            if len(order.items) > 1 and not order.gift_card and chance < 0.03
            else ()
        )
        return replace(order, edits=edits, fate=((start, "on-hold"), (start + wait, "processing"), done))
    if chance < 0.16:
        ending = rng.choice(("failed", "cancelled", "processing"))
        return replace(order, fate=((start, "pending"), (start + HOUR, ending)), paid_s=None)
    if chance < 0.19:
        return replace(order, fate=((start, "processing"), (start + wait, "cancelled")))
    if chance < 0.20:
        return replace(
            order, fate=((start, "processing"), (start + wait, rng.choice(("partial-shipped", "pre-ordered"))))
        )
    if chance < 0.21:
        return replace(order, fate=((start, "checkout-draft"), (start + wait, "trash")), paid_s=None)
    if chance < 0.32:
        return _refunded(rng, replace(order, fate=((start, "processing"), done)), start + wait + 2 * DAY)
    return replace(order, fate=((start, "processing"), done))


def _refunded(rng: Random, order: Order, at_s: int) -> Order:
    replace, chance = msgspec.structs.replace, rng.random()
    if chance < 0.35:  # all of it
        items = tuple((n, -item.quantity_milli, -item.total, -item.tax) for n, item in enumerate(order.items))
        fee = sum(amount for _, amount in order.fees)
        whole = sum(item.total + item.tax for item in order.items) + order.shipping + order.shipping_tax + fee
        back = Refund(id=refund_id(order, 0), at_s=at_s, amount=whole, items=items, shipping=1, fee=-fee)
        return replace(order, refunds=(back,), fate=(*order.fate, (at_s, "refunded")))
    if chance < 0.75:  # one line, and a day later another refund of some money, which may be taken back
        item = order.items[0]
        line = Refund(
            id=refund_id(order, 0),
            at_s=at_s,
            amount=item.total + item.tax,
            items=((0, -item.quantity_milli, -item.total, -item.tax),),
        )
        more = Refund(
            id=refund_id(order, 1), at_s=at_s + DAY, amount=500, gone_s=at_s + 2 * DAY if chance < 0.5 else None
        )
        return replace(order, refunds=(line, more) if chance < 0.6 else (line,))
    return replace(
        order, refunds=(Refund(id=refund_id(order, 0), at_s=at_s, amount=min(1000, max(order.total_at(at_s), 1))),)
    )


def refund_id(order: Order, n: int) -> int:
    return _REFUND_IDS + order.id * 8 + n
