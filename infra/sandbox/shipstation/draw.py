"""How a day's orders come about in each store, with all that befalls them later.

Everything is drawn from random numbers named after seed, store and day, so the same account has the same orders whenever it is
asked. The shop's store takes the orders of the sandbox shop, minutes to days after they were placed.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import msgspec

from infra.sandbox import book as shops
from infra.sandbox import catalog
from infra.sandbox.shipstation.book import Item, Order, State, Store

OLD = Store(id=77, name="Old Storefront", marketplace_id=36, marketplace="WooCommerce", active=False)
MANUAL = Store(id=1201, name="Manual Orders", marketplace_id=0, marketplace="ShipStation")
SHOP = Store(id=2048, name="Northwind Supply", marketplace_id=23, marketplace="Shopify")
MARKET = Store(id=3055, name="Harbour Market", marketplace_id=31, marketplace="Market")
STORES = (OLD, MANUAL, SHOP, MARKET)

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Nothing changes later than this.
NEWS_DAYS = 30


def order_id(day_number: int, store: Store, n: int) -> int:
    """Ids rise by day and stay under 2^31."""
    return 100_000_000 + day_number * 40_000 + STORES.index(store) * 10_000 + n


# -- the store that the shop feeds


def imported(rng: Random, seen: Iterable[shops.Order], day_number: int, currency: str) -> list[Order]:
    """The shop's orders of a day as the account takes them: no tests, none in a foreign currency."""
    orders = []
    for n, order in enumerate(seen):
        if order.test or order.currency != currency:
            continue
        state = _first_state(rng, order)
        at = order.address or shops.Address("", "US", "")
        made = Order(
            id=order_id(day_number, SHOP, n),
            number=order.name.removeprefix("#"),
            store=SHOP.id,
            placed_s=order.placed_s,
            country=at.country,
            state=at.state,
            name=at.name,
            states=(state,),
        )
        for each in order.happenings:
            if each.kind == "capture" and each.at_s > state.since_s:
                made = made.then(each.at_s + 5 * _MINUTE, status="awaiting_shipment", paid=True)
            elif each.kind in ("cancel", "void", "expire"):
                made = made.then(max(each.at_s, state.since_s) + 5 * _MINUTE, status="cancelled")
        if not order.happenings:
            made = _goes_on(rng, made)
        orders.append(made)
    return orders


def _first_state(rng: Random, order: shops.Order) -> State:
    chance = rng.random()
    delay_s = 2 * _MINUTE + int(rng.random() * 50 * _MINUTE)
    if chance > 0.98:
        delay_s = _DAY + int(rng.random() * 3 * _DAY)
    elif chance > 0.9:
        delay_s = int((1 + rng.random() * 9) * _HOUR)
    since_s = order.created_s + delay_s
    items = [
        Item(line.sku, line.title, line.variant, line.quantity, line.price, line.tax, line.kind == "tip")
        for line in order.lines
    ]
    off = sum(line.discount for line in order.lines)
    if off:
        items.append(Item("DISCOUNT CODE", "Discount", None, 1, -off, 0, adjustment=True))
    if order.fee:
        items.append(Item(None, "Fee", None, 1, order.fee, 0, adjustment=True))
    captured = any(each.kind == "capture" and each.at_s <= since_s for each in order.happenings)
    paid = captured or not order.total or bool(order.paid)
    shipping = order.shipping.price - order.shipping.discount if order.shipping else 0
    return State(
        since_s=since_s,
        status="awaiting_shipment" if paid else "awaiting_payment",
        items=tuple(items),
        tax=order.tax,
        shipping=shipping,
        paid=paid,
    )


# -- the other stores


def drawn(rng: Random, store: Store, places: Iterable[int], day_number: int, numbers: list[str]) -> list[Order]:
    """The orders of a day in a store of its own. Some by hand have the number of an order in the shop's store, `numbers`."""
    orders = []
    for n, placed_s in enumerate(places):
        items = tuple(_item(rng) for _ in range(1 + int(rng.random() ** 3 * 5)))
        worth = sum(item.worth for item in items)
        chance = rng.random()
        if chance < 0.15:
            off = shops.part_of(worth, rng.choice((5, 10, 20)), 100)
            items += (Item("PROMO", "Promotion", None, 1, -off, 0, adjustment=True),)
        elif chance < 0.2:
            items += (Item(None, "Handling", None, 1, 350, 0, adjustment=True),)
        unpaid, shipping = rng.random() < 0.05, rng.choice((0, 499, 800))
        number = f"{store.name[0]}{day_number:04d}-{n:03d}"
        if store is MANUAL and numbers and rng.random() < 0.2:
            number = rng.choice(numbers)
        state = State(
            since_s=placed_s + (0 if store is MANUAL else 5 * _MINUTE + int(rng.random() * 20 * _HOUR)),
            status="awaiting_payment" if unpaid else "awaiting_shipment",
            items=items,
            tax=sum(item.tax for item in items) + (shops.part_of(shipping, 6, 100) if rng.random() < 0.3 else 0),
            shipping=shipping,
            paid=not unpaid,
        )
        business = f"{rng.choice(catalog.PLACES)} {rng.choice(catalog.TRADES)}"
        made = Order(
            id=order_id(day_number, store, n),
            number=number,
            store=store.id,
            placed_s=placed_s,
            country="US",
            state=rng.choice(("NY", "NJ", "CT", "CA")),
            name=business,
            states=(state,),
        )
        orders.append(_goes_on(rng, made))
    return orders


def _item(rng: Random) -> Item:
    variant = catalog.variant_at(rng.random())
    quantity = 1 + int(rng.random() ** 3 * 4)
    sku = None if rng.random() < 0.03 else variant.sku
    tax = shops.part_of(variant.price * quantity, 6, 100) if rng.random() < 0.4 else 0
    return Item(sku, variant.title, variant.variant, quantity, variant.price, tax)


# -- what befalls orders later


def _goes_on(rng: Random, order: Order) -> Order:
    """Shipped, held, called off, or made smaller; an order without payment gets it, or not."""
    first_s, chance = order.created_s, rng.random()
    later_s = first_s + _HOUR + int(rng.random() * 3 * _DAY)
    if order.states[0].status == "awaiting_payment":
        return order.then(later_s, status="awaiting_shipment", paid=True) if chance < 0.6 else order
    if chance < 0.03:
        return order.then(later_s, status="cancelled")
    if chance < 0.05:
        order = order.then(first_s + _HOUR // 2, status="on_hold")
    if 0.05 < chance < 0.09:
        order = lowered(order, later_s)
    shipped_s = later_s + _DAY
    return order.then(shipped_s, status="shipped") if chance > 0.055 else order


def lowered(order: Order, at_s: int) -> Order:
    """One piece less of the first goods; the line vanishes with its last piece."""
    items = order.states[-1].items
    n = next((n for n, item in enumerate(items) if not item.adjustment), None)
    if n is None:
        return order
    item = items[n]
    left = item.quantity - 1
    tax = shops.part_of(item.tax, left, item.quantity)
    kept = (msgspec.structs.replace(item, quantity=left, tax=tax),) if left else ()
    return order.then(at_s, items=(*items[:n], *kept, *items[n + 1 :]), tax=order.states[-1].tax - item.tax + tax)


def is_plain(order: Order) -> bool:
    """Whether nothing befalls it but being shipped."""
    return {state.status for state in order.states} <= {"awaiting_shipment", "shipped"} and len(order.states) < 3


def merged(parent: Order, child: Order) -> tuple[Order, Order]:
    """Two orders sent as one: the parent has the goods of both, the child stays listed."""
    at_s = max(parent.created_s, child.created_s) + _HOUR
    mine, other = parent.states[0], child.states[0]
    whole = parent.then(
        at_s,
        items=mine.items + other.items,
        tax=mine.tax + other.tax,
        shipping=mine.shipping + other.shipping,
        merged_ids=(child.id,),
        related=True,
    )
    return whole, child.then(at_s, related=True)


def split(order: Order, child_id: int) -> tuple[Order, Order] | None:
    """One order sent as two under one number: the last goods go to a new order. None if there are too few."""
    at_s, was = order.created_s + 2 * _HOUR, order.states[0]
    goods = [item for item in was.items if not item.adjustment]
    if len(goods) < 2:
        return None
    apart = goods[-1]
    rest = list(was.items)
    rest.remove(apart)
    root = order.then(at_s, items=tuple(rest), tax=was.tax - apart.tax, related=True)
    part = State(
        since_s=at_s,
        status=was.status,
        items=(apart,),
        tax=apart.tax,
        shipping=0,
        parent=order.id,
        related=True,
    )
    return root, msgspec.structs.replace(order, id=child_id, states=(part,))
