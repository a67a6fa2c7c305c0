"""How one order of the sandbox shop comes about: lines, discounts, taxes, shipping, payment.

Everything is drawn from the random numbers handed in, in a fixed sequence, so the same numbers give the same order.
What befalls the order afterwards is drawn in `fate.py`.
"""

from __future__ import annotations

from random import Random

import msgspec

from infra.sandbox import catalog
from infra.sandbox.book import Address, Line, Order, Shipping, part_of

Rates = tuple[tuple[str, int], ...]
_MILLION = 1_000_000


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """What makes one sandbox shop different from another."""

    shop: str
    seed: int = 1
    orders_per_day: int = 100
    zone: str = "America/New_York"
    currency: str = "USD"
    second_currency: str | None = "CAD"
    taxes_included: bool = False


class Slot(msgspec.Struct, frozen=True, gc=False):
    """The place an order takes in its day."""

    id: int
    number: int
    placed_s: int
    day_end_s: int


def draw_order(rng: Random, trade: Trade, slot: Slot) -> Order:
    """The order in this place, before anything happened to it."""
    foreign = trade.second_currency is not None and rng.random() < 0.02
    rates: Rates = rng.choice(catalog.CA_TAXES if foreign else catalog.US_TAXES)
    free = rng.random() < 0.005
    lines = _lines(rng, rates, free=free, included=trade.taxes_included)
    shipping = None
    if any(line.kind == "product" for line in lines):
        shipping = _shipping(rng, rates, free=free or rng.random() < 0.08, included=trade.taxes_included)
    currency = trade.second_currency if foreign and trade.second_currency else trade.currency
    abroad = rng.random() < 0.05
    order = Order(
        id=slot.id,
        name=f"#{slot.number}",
        placed_s=slot.placed_s,
        created_s=slot.placed_s,
        currency=currency,
        presentment="EUR" if abroad else currency,
        rate_ppm=920_000 if abroad else _MILLION,
        included=trade.taxes_included,
        test=False,
        status="PAID",
        rates=rates,
        lines=lines,
        shipping=shipping,
        fee=29 if not free and rng.random() < 0.005 else 0,
        tenders=(),
    )
    if rng.random() < 0.01:  # brought in from elsewhere: placed some days before Shopify knew it
        imported_s = slot.placed_s + 3600 + int(rng.random() * 4 * 86400)
        order = msgspec.structs.replace(order, created_s=imported_s)
    # Of random numbers of its own, so that it shifts nothing that is drawn from the day's.
    own = Random(f"{trade.shop} {trade.seed} {slot.id} address")
    return msgspec.structs.replace(order, tenders=_tenders(rng, order.total), address=_address(own, rates))


def _address(rng: Random, rates: Rates) -> Address | None:
    """Where the order goes, fitting its taxes; an order over the counter has no address."""
    if rng.random() < 0.03:
        return None
    business = f"{rng.choice(catalog.PLACES)} {rng.choice(catalog.TRADES)}"
    name = business if rng.random() < 0.2 else f"Customer {rng.randrange(10_000, 100_000)}"
    titles = tuple(title for title, _ in rates)
    country, states = catalog.WHERE[titles]
    return Address(name, country, rng.choice(states))


def _tenders(rng: Random, total: int) -> tuple[tuple[str, int], ...]:
    if total and rng.random() < 0.04:
        card = min(total, 2500)
        return (("gift_card", card), ("shopify_payments", total - card)) if total > card else (("gift_card", card),)
    return (("shopify_payments", total),) if total else ()


def _lines(rng: Random, rates: Rates, *, free: bool, included: bool) -> tuple[Line, ...]:
    lines = [_product_line(rng, included=included) for _ in range(_line_count(rng))]
    if rng.random() < 0.02:
        title, price = rng.choice(catalog.CUSTOM_LINES)
        lines.append(_plain_line("product", title, price, included=included))
    lines = list(_coded(rng, lines, free=free))
    lines = [
        msgspec.structs.replace(line, taxes=_taxes(line.original - line.discount, rates, line.included))
        for line in lines
    ]
    if not free and rng.random() < 0.015:
        gift = _plain_line("gift_card", catalog.GIFT_CARD.title, catalog.GIFT_CARD.price, included=included)
        card = catalog.GIFT_CARD
        gift = msgspec.structs.replace(gift, sku=card.sku, product=card.product, variant=card.variant)
        lines = [gift] if rng.random() < 0.3 else [*lines, gift]
    if not free and rng.random() < 0.03:
        lines.append(_plain_line("tip", "Tip", 100 + int(rng.random() * 900), included=included))
    return tuple(lines)


def _line_count(rng: Random) -> int:
    chance = rng.random()
    if chance < 0.55:
        return 1
    if chance < 0.80:
        return 2
    if chance < 0.92:
        return 3
    if chance < 0.997:
        return 4 + int(rng.random() * 5)
    return 55 + int(rng.random() * 70)  # a wholesale order, more lines than a page of them holds


def _product_line(rng: Random, *, included: bool) -> Line:
    variant = catalog.variant_at(rng.random())
    quantity = 1 if rng.random() < 0.75 else 2 + int(rng.random() ** 3 * 10)
    original = variant.price * quantity
    off = part_of(original, rng.choice((10, 15, 30)), 100) if rng.random() < 0.06 else 0
    return Line(
        kind="product",
        title=variant.title,
        sku=variant.sku,
        product=variant.product,
        variant=variant.variant,
        quantity=quantity,
        price=variant.price,
        line_discount=off,
        code_discount=0,
        taxes=(),
        included=included,
    )


def _plain_line(kind: str, title: str, price: int, *, included: bool) -> Line:
    return Line(
        kind=kind,
        title=title,
        sku=None,
        product=None,
        variant=None,
        quantity=1,
        price=price,
        line_discount=0,
        code_discount=0,
        taxes=(),
        included=included,
    )


def _coded(rng: Random, lines: list[Line], *, free: bool) -> tuple[Line, ...]:
    """The lines with an order-level code spread over them, each its part, nothing lost by rounding."""
    open_amounts = [line.original - line.line_discount for line in lines]
    whole = sum(open_amounts)
    off = whole if free else _off(rng, whole)
    if not off:
        return tuple(lines)
    coded, upto, given = [], 0, 0
    for line, amount in zip(lines, open_amounts, strict=True):
        upto += amount
        mine = part_of(off, upto, whole) - given
        given += mine
        coded.append(msgspec.structs.replace(line, code_discount=mine))
    return tuple(coded)


def _off(rng: Random, whole: int) -> int:
    chance = rng.random()
    if chance < 0.14:
        return part_of(whole, rng.choice(catalog.CODES)[1], 100)
    return min(whole, 500) if chance < 0.18 else 0


def _taxes(base: int, rates: Rates, included: bool) -> tuple[int, ...]:
    whole = _MILLION + (sum(rate for _, rate in rates) if included else 0)
    return tuple(part_of(base, rate, whole) for _, rate in rates)


def _shipping(rng: Random, rates: Rates, *, free: bool, included: bool) -> Shipping:
    title, price = rng.choice(catalog.SHIPPING)
    off = price if free else 0
    taxed = rates if len(rates) > 1 else ()
    taxes = _taxes(price - off, taxed, included)
    return Shipping(title=title, price=price, discount=off, taxes=taxes, included=included)
