"""What the account writes into its book. Amounts are integer cents, instants whole seconds since 1970.

An order carries its whole future as states; readers take the last one that has begun by now. Nothing here knows HTTP or JSON.
"""

from __future__ import annotations

import msgspec


class Store(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    marketplace_id: int
    marketplace: str
    active: bool = True


class Item(msgspec.Struct, frozen=True, gc=False):
    """One line. An adjustment is a discount where its price is negative, else a fee; neither is goods."""

    sku: str | None
    title: str
    product: int | None
    quantity: int
    price: int
    tax: int = 0
    adjustment: bool = False

    @property
    def worth(self) -> int:
        return self.price * self.quantity


class State(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An order from `since_s` on. `tax` is all of it, that of the items included."""

    since_s: int
    status: str
    items: tuple[Item, ...]
    tax: int
    shipping: int
    paid: bool = True
    merged_ids: tuple[int, ...] = ()
    parent: int | None = None
    related: bool = False

    @property
    def total(self) -> int:
        return sum(item.worth for item in self.items) + self.tax + self.shipping


class Order(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An order; `created_s` is when the account first had it, which is when its first state begins."""

    id: int
    number: str
    store: int
    placed_s: int
    country: str
    state: str
    name: str
    states: tuple[State, ...]

    @property
    def created_s(self) -> int:
        return self.states[0].since_s

    def at(self, now_s: float) -> State | None:
        """The state that it is in, None while the account does not have it yet."""
        return next((state for state in reversed(self.states) if state.since_s <= now_s), None)

    def then(self, since_s: int, **changes: object) -> Order:
        """The order with its last state changed from an instant on; what would have come after it is dropped."""
        kept = tuple(state for state in self.states if state.since_s < since_s) or self.states[:1]
        changed = msgspec.structs.replace(kept[-1], since_s=max(since_s, kept[-1].since_s), **changes)
        return msgspec.structs.replace(self, states=(*kept, changed))
