"""What the sandbox shop writes into its order book: orders as placed, and what happened to them later.

Amounts are integer minor units of the order's shop currency, instants are whole seconds since 1970 (Shopify's own
resolution). Prices are as the shop states them: with tax inside if `included`. Nothing here knows GraphQL, and nothing
knows what time it is: an order carries its whole future, and readers cut it at their now.
"""

from __future__ import annotations

import msgspec

Share = tuple[int, int, int, int]


class Line(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One line item. `kind` is product, gift_card or tip; a custom line has no variant, some variants have no SKU."""

    kind: str
    title: str
    sku: str | None
    product: int | None
    variant: int | None
    quantity: int
    price: int
    line_discount: int
    code_discount: int
    taxes: tuple[int, ...]
    included: bool

    @property
    def original(self) -> int:
        return self.price * self.quantity

    @property
    def discount(self) -> int:
        return self.line_discount + self.code_discount

    @property
    def tax(self) -> int:
        return sum(self.taxes)

    @property
    def total(self) -> int:
        """What the buyer pays for it, tax and all."""
        return self.original - self.discount + (0 if self.included else self.tax)

    def share(self, quantity: int, before: int = 0) -> Share:
        """(total, tax, discount before taxes, discount after taxes) of some pieces, when `before` pieces are already gone.

        The shares of all pieces add up to the whole, however they are taken.
        """
        whole = (self.total, self.tax, *discounts_of(self.original, self.discount, self.tax, included=self.included))
        rest, gone = (
            [part_of(each, pieces, self.quantity) for each in whole] for pieces in (before + quantity, before)
        )
        total, tax, before_taxes, after_taxes = (upto - already for upto, already in zip(rest, gone, strict=True))
        return total, tax, before_taxes, after_taxes


class Shipping(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The one shipping line of an order."""

    title: str
    price: int
    discount: int
    taxes: tuple[int, ...]
    included: bool

    @property
    def tax(self) -> int:
        return sum(self.taxes)

    @property
    def total(self) -> int:
        return self.price - self.discount + (0 if self.included else self.tax)


class Sale(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One row of an agreement. `line` counts the order's lines, those added by edits last; returns are negative."""

    type: str
    action: str
    amount: int
    tax: int = 0
    discount: int = 0
    discount_after: int = 0
    quantity: int | None = None
    line: int | None = None


class Happening(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Something that befell an order at `at_s`.

    `kind`: refund, return (goods back, no money), edit, cancel, capture, void, expire. `added` are lines new with an edit.
    """

    at_s: int
    kind: str
    sales: tuple[Sale, ...] = ()
    added: tuple[Line, ...] = ()
    paid_back: int = 0


class Address(msgspec.Struct, frozen=True, gc=False):
    """Who an order goes to: an invented label, the country and the state or province."""

    name: str
    country: str
    state: str


class Order(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An order. `placed_s` is Shopify's processedAt; `tenders` are (gateway, amount) that came in when it was placed."""

    id: int
    name: str
    placed_s: int
    created_s: int
    currency: str
    presentment: str
    rate_ppm: int
    included: bool
    test: bool
    status: str | None
    rates: tuple[tuple[str, int], ...]
    lines: tuple[Line, ...]
    shipping: Shipping | None
    fee: int
    tenders: tuple[tuple[str, int], ...]
    happenings: tuple[Happening, ...] = ()
    address: Address | None = None

    @property
    def total(self) -> int:
        """As it was placed."""
        return sum(line.total for line in self.lines) + (self.shipping.total if self.shipping else 0) + self.fee

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines) + (self.shipping.tax if self.shipping else 0)

    @property
    def paid(self) -> int:
        return sum(amount for _, amount in self.tenders)

    def until(self, now_s: int) -> tuple[Happening, ...]:
        """What has happened by now, oldest first."""
        return tuple(each for each in self.happenings if each.at_s <= now_s)


def part_of(amount: int, pieces: int, of: int) -> int:
    """`amount * pieces / of`, halves away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * ((2 * abs(amount) * pieces + of) // (2 * of))


def discounts_of(original: int, discount: int, tax: int, *, included: bool) -> tuple[int, int]:
    """The discount (before taxes, after taxes): its own tax is to it as the line's tax is to what the line costs."""
    paid = original - discount
    of_it = part_of(tax, discount, paid) if paid else 0
    return (discount - of_it, discount) if included else (discount, discount + of_it)


def placed_sales(order: Order) -> tuple[Sale, ...]:
    """The rows of the agreement that the order itself is."""
    rows = [sale_of(line, n, "ORDER", line.quantity) for n, line in enumerate(order.lines)]
    if order.shipping:
        rows.append(shipping_sale(order.shipping, "ORDER"))
    if order.fee:
        rows.append(Sale(type="ADDITIONAL_FEE", action="ORDER", amount=order.fee))
    return tuple(rows)


def sale_of(line: Line, n: int, action: str, quantity: int, *, before: int = 0) -> Sale:
    """The row for some pieces of a line: bought with ORDER, back with RETURN."""
    sign = -1 if action == "RETURN" else 1
    amount, tax, discount, discount_after = line.share(quantity, before)
    return Sale(
        type=line.kind.upper(),
        action=action,
        amount=sign * amount,
        tax=sign * tax,
        discount=sign * discount,
        discount_after=sign * discount_after,
        quantity=sign * quantity,
        line=n,
    )


def shipping_sale(shipping: Shipping, action: str) -> Sale:
    """The row for all of the shipping."""
    sign = -1 if action == "RETURN" else 1
    before, after = discounts_of(shipping.price, shipping.discount, shipping.tax, included=shipping.included)
    return Sale(
        type="SHIPPING",
        action=action,
        amount=sign * shipping.total,
        tax=sign * shipping.tax,
        discount=sign * before,
        discount_after=sign * after,
    )
