"""Shopify's order payloads as domain orders (Admin GraphQL 2026-10; the rules are those of "What the figures mean").

Amounts are `shopMoney`, decimal text read once as minor units of the order's shop currency. A plain order is summed from its
lines. One that something happened to is summed from its agreements, Shopify's own ledger: the sale is the agreement with reason
ORDER, every other one an event at its instant. Nothing here asks the network.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from chalicelib import errors
from chalicelib.domain.days import Cut, day_of
from chalicelib.domain.money import divide_half_away, exponent, parse_minor
from chalicelib.domain.orders import NOTHING, Amounts, Event, Order, OrderLine, Tender
from chalicelib.domain.persons import Person, person_of, region_of

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
# A word that is not listed makes the answer unreadable: an order must not silently count, or not count.
FinancialStatus = Literal[
    "AUTHORIZED", "EXPIRED", "PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED", "VOIDED"
]

_CAUSES = {"REFUND": "refund", "RETURN": "return"}
_RATE_SCALE = 10**9


class _Payload(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The fields we read of one kind of object; others are passed over."""


class _Money(_Payload, frozen=True):
    amount: str


class Bag(_Payload, frozen=True):
    shop_money: _Money


class Id(_Payload, frozen=True):
    id: str


class TaxLine(_Payload, frozen=True):
    price_set: Bag
    rate: Decimal | None = None


class Allocation(_Payload, frozen=True):
    allocated_amount_set: Bag


class LineItem(_Payload, frozen=True):
    sku: str | None
    title: str
    quantity: int
    is_gift_card: bool
    variant: Id | None
    original_total_set: Bag
    discount_allocations: tuple[Allocation, ...]
    tax_lines: tuple[TaxLine, ...]


class PageInfo(_Payload, frozen=True):
    has_next_page: bool
    end_cursor: str | None = None


class Lines(_Payload, frozen=True):
    page_info: PageInfo
    nodes: tuple[LineItem, ...]


class ShippingLine(_Payload, frozen=True):
    discounted_price_set: Bag
    tax_lines: tuple[TaxLine, ...]


class ShippingLines(_Payload, frozen=True):
    page_info: PageInfo
    nodes: tuple[ShippingLine, ...]


class Transaction(_Payload, frozen=True):
    kind: str
    status: str
    gateway: str | None
    amount_set: Bag


class OrderNode(_Payload, frozen=True):
    id: str
    name: str
    currency_code: Currency
    processed_at: Instant
    created_at: Instant
    cancelled_at: Instant | None
    display_financial_status: FinancialStatus | None
    return_status: str
    test: bool
    edited: bool
    unpaid: bool
    taxes_included: bool
    duties_included: bool
    total_price_set: Bag
    total_tax_set: Bag | None
    total_tip_received_set: Bag
    original_total_duties_set: Bag | None
    additional_fees: tuple[Id, ...]
    refunds: tuple[Id, ...]
    transactions: tuple[Transaction, ...]
    shipping_lines: ShippingLines
    line_items: Lines


class Destination(_Payload, frozen=True):
    """All that we read of where an order goes."""

    country_code_v2: str | None
    province_code: str | None


class OrderNodeWithRegion(OrderNode, frozen=True):
    shipping_address: Destination | None


class Address(Destination, frozen=True):
    """All that we read about a person."""

    name: str | None


class OrderNodeWithPerson(OrderNodeWithRegion, frozen=True):
    display_address: Address | None


class SoldItem(_Payload, frozen=True):
    sku: str | None
    title: str
    variant: Id | None


class Sale(_Payload, frozen=True):
    line_type: str
    action_type: str
    quantity: int | None
    total_amount: Bag
    total_tax_amount: Bag
    total_discount_amount_before_taxes: Bag
    line_item: SoldItem | None = None


class Sales(_Payload, frozen=True):
    page_info: PageInfo
    nodes: tuple[Sale, ...]


class Agreement(_Payload, frozen=True):
    id: str
    happened_at: Instant
    reason: str
    sales: Sales


class Agreements(_Payload, frozen=True):
    page_info: PageInfo
    nodes: tuple[Agreement, ...]


class Ledger(_Payload, frozen=True):
    """An order's agreements, with the total of the order as it was created."""

    id: str
    original_total_price_set: Bag
    agreements: Agreements


def excluded(node: OrderNode, zone: Cut) -> str | None:
    """Why the order does not count as a sale, None if it does.

    Cancelling voids an unpaid order, so a cancelled one is judged by when that was: on its own local day it was no sale,
    later it was one and is reversed.
    """
    if node.test:
        return "test"
    if node.cancelled_at is not None:
        same_day = day_of(node.cancelled_at, zone) == day_of(node.processed_at, zone)
        return "cancelled_unpaid" if node.unpaid and same_day else None
    status = node.display_financial_status
    return status.lower() if status in ("VOIDED", "EXPIRED") else None


def needs_ledger(node: OrderNode, zone: Cut) -> bool:
    """Whether the page does not show all that counts of this order, so that its agreements have to be read."""
    return (
        node.edited
        or node.cancelled_at is not None
        or bool(node.refunds)
        or node.return_status != "NO_RETURN"
        or bool(node.additional_fees)
        or node.shipping_lines.page_info.has_next_page
        or bool(node.total_tip_received_set.shop_money.amount.strip("-0."))
    ) and excluded(node, zone) is None


def parse_order(node: OrderNode, ledger: Ledger | None, *, zone: Cut, store: str) -> Order:
    """Make the domain's order. `node` holds all its lines, `ledger` all its agreements where `needs_ledger`, else None.

    Raises UnreadablePayload.
    """
    try:
        return _parse(node, ledger, zone, store)
    except ValueError as exc:
        raise errors.UnreadablePayload(
            f"The shop's order {_tail(node.id)} has an amount that is none: {exc}."
        ) from None


def _parse(node: OrderNode, ledger: Ledger | None, zone: Cut, store: str) -> Order:
    places = exponent(node.currency_code)
    events: tuple[Event, ...] = ()
    if ledger is None:
        amounts, lines, counted = _plain_sale(node, places)
        flags = _residual_flags(amounts.residual, counted)
    else:
        amounts, lines, events, flags = _from_ledger(node, ledger, places)
    if amounts.total == 0:
        flags = (*flags, "total_zero")
    reason = excluded(node, zone)
    return Order(
        id=_tail(node.id),
        number=node.name,
        store=store,
        currency=node.currency_code,
        placed_at=_utc(node.processed_at),
        created_at=_utc(node.created_at),
        status=(node.display_financial_status or "none").lower(),
        excluded=reason,
        amounts=amounts,
        lines=lines,
        events=events,
        tenders=_tenders(node.transactions, places) if node.transactions else (),
        flags=flags if reason is None else (),
        region=_region(node),
    )


def parse_person(node: OrderNodeWithPerson) -> Person | None:
    """The order's customer, as far as the shop says and we keep."""
    at = node.display_address
    return person_of(at.name, at.country_code_v2, at.province_code) if at else None


def _region(node: OrderNode) -> str:
    to = node.shipping_address if isinstance(node, OrderNodeWithRegion) else None
    return region_of(to.country_code_v2, to.province_code) if to else ""


# --- a plain order


def _plain_sale(node: OrderNode, places: int) -> tuple[Amounts, tuple[OrderLine, ...], int]:
    """Sum the sale from the order's lines; also how many line and tax amounts were read, the bound of what is rounding."""
    included = node.taxes_included
    gross = discount = gift_cards = shipping = 0
    lines = []
    nodes = node.line_items.nodes
    counted = len(nodes)
    for item in nodes:
        original = parse_minor(item.original_total_set.shop_money.amount, places)
        allocated = tax = 0
        for allocation in item.discount_allocations:
            allocated += parse_minor(allocation.allocated_amount_set.shop_money.amount, places)
        for tax_line in item.tax_lines:
            tax += parse_minor(tax_line.price_set.shop_money.amount, places)
            counted += 1
        net = original - allocated - tax if included else original - allocated
        if item.is_gift_card:
            gift_cards += net
            continue
        line_discount = allocated
        if included and allocated:
            line_discount = _without_tax(allocated, original, tax, item.tax_lines)
        gross += net + line_discount
        discount += line_discount
        lines.append(
            OrderLine(
                _sku(item.sku),
                _tail(item.variant.id) if item.variant else "",
                item.title,
                item.quantity * 1000,
                net + line_discount,
                line_discount,
                tax,
            )
        )
    for line in node.shipping_lines.nodes:
        shipping += parse_minor(line.discounted_price_set.shop_money.amount, places)
        counted += 1 + len(line.tax_lines)
        if included:
            for tax_line in line.tax_lines:
                shipping -= parse_minor(tax_line.price_set.shop_money.amount, places)
    duties = 0 if node.duties_included else _minor_of(node.original_total_duties_set, places)
    tax = _minor_of(node.total_tax_set, places)
    stated = parse_minor(node.total_price_set.shop_money.amount, places)
    residual = stated - (gross - discount + gift_cards + shipping + duties + tax)
    amounts = Amounts(gross, discount, shipping, 0, duties, 0, tax, gift_cards, 0, residual)
    return amounts, _in_order(lines), counted


def _without_tax(allocated: int, original: int, tax: int, tax_lines: Iterable[TaxLine]) -> int:
    """The part of a discount that is not tax, where prices include tax: by the line's own tax, or by its rates if it is free."""
    if original != allocated:
        return allocated - divide_half_away(allocated * tax, original - allocated)
    rates = sum(int((line.rate or Decimal(0)) * _RATE_SCALE) for line in tax_lines)
    return divide_half_away(allocated * _RATE_SCALE, _RATE_SCALE + rates)


def _residual_flags(residual: int, counted: int) -> tuple[str, ...]:
    if residual == 0:
        return ()
    return ("rounding",) if abs(residual) <= counted else ("unexplained",)


def _tenders(transactions: Iterable[Transaction], places: int) -> tuple[Tender, ...]:
    """What was really moved, by gateway: authorisations and failures move nothing."""
    moved: dict[str, int] = {}
    for transaction in transactions:
        if transaction.status != "SUCCESS":
            continue
        amount = parse_minor(transaction.amount_set.shop_money.amount, places)
        gateway = transaction.gateway or "unknown"
        if transaction.kind in ("SALE", "CAPTURE"):
            moved[gateway] = moved.get(gateway, 0) + amount
        elif transaction.kind in ("REFUND", "CHANGE"):
            moved[gateway] = moved.get(gateway, 0) - amount
    return tuple(Tender(gateway, moved[gateway]) for gateway in sorted(moved))


# --- an order that something happened to


def _from_ledger(
    node: OrderNode, ledger: Ledger, places: int
) -> tuple[Amounts, tuple[OrderLine, ...], tuple[Event, ...], tuple[str, ...]]:
    agreements = sorted(ledger.agreements.nodes, key=lambda each: (each.happened_at, each.id))
    placed = next((each for each in agreements if each.reason == "ORDER"), None)
    strange = any(sale.line_type not in _LINE_TYPES for each in agreements for sale in each.sales.nodes)
    flags: tuple[str, ...] = ("unknown_line_type",) if strange else ()
    if placed is None:
        # The ledger lacks the sale itself. What the lines say is kept, and nobody is told that it is certain.
        amounts, lines, _ = _plain_sale(node, places)
        flags += ("unexplained",)
    else:
        amounts, lines = _sum_sales(placed.sales.nodes, places)
        if not any(sale.line_type == "TIP" for each in agreements for sale in each.sales.nodes):
            tips = _minor_of(node.total_tip_received_set, places)
            amounts = msgspec.structs.replace(amounts, tips=tips)
        stated = _minor_of(ledger.original_total_price_set, places)
        amounts = msgspec.structs.replace(amounts, residual=stated - amounts.total)
        flags += _residual_flags(amounts.residual, 2 * len(placed.sales.nodes))
    events = []
    for each in agreements:
        if each is placed:
            continue
        changed, changed_lines = _sum_sales(each.sales.nodes, places)
        if changed != NOTHING or changed_lines:
            cause = _CAUSES.get(each.reason, "edit")
            name = each.id.removeprefix("gid://shopify/")
            events.append(Event(name, _utc(each.happened_at), cause, changed, changed_lines))
    if node.cancelled_at is not None:
        events += _reversal(_utc(node.cancelled_at), amounts, lines, events)
    return amounts, lines, tuple(events), flags


_LINE_TYPES = {"PRODUCT", "GIFT_CARD", "TIP", "SHIPPING", "DUTY", "FEE", "ADDITIONAL_FEE", "ADJUSTMENT"}
# Where a sale that is no product goes; what Shopify may add later counts as a fee, with a flag.
_FIELDS = {
    "GIFT_CARD": "gift_cards_sold",
    "TIP": "tips",
    "SHIPPING": "shipping",
    "DUTY": "duties",
    "ADJUSTMENT": "unallocated",
}


def _sum_sales(sales: Iterable[Sale], places: int) -> tuple[Amounts, tuple[OrderLine, ...]]:
    fields: dict[str, int] = dict.fromkeys(Amounts.__struct_fields__, 0)
    lines = []
    for sale in sales:
        tax = parse_minor(sale.total_tax_amount.shop_money.amount, places)
        net = parse_minor(sale.total_amount.shop_money.amount, places) - tax
        fields["tax"] += tax
        if sale.line_type != "PRODUCT":
            fields[_FIELDS.get(sale.line_type, "fees")] += net
            continue
        if sale.line_item is None:
            raise errors.UnreadablePayload("The shop's answer has a sale without its lineItem.")
        discount = parse_minor(sale.total_discount_amount_before_taxes.shop_money.amount, places)
        quantity = sale.quantity or 0
        if sale.action_type == "RETURN":
            # Less goods, less discount, whatever sign they are given with.
            quantity, discount = -abs(quantity), -abs(discount)
        elif sale.action_type == "UPDATE":
            quantity = 0  # "A change to the price, taxes, or discounts for a prior purchase": no goods move
        fields["gross"] += net + discount
        fields["discount"] += discount
        item = sale.line_item
        name = _tail(item.variant.id) if item.variant else ""
        lines.append(OrderLine(_sku(item.sku), name, item.title, quantity * 1000, net + discount, discount, tax))
    return Amounts(**fields), _in_order(lines)


def _reversal(at: datetime, sale: Amounts, lines: Iterable[OrderLine], events: Iterable[Event]) -> list[Event]:
    """What a cancellation takes back beyond the events: all of the sale that is left, if goods are left at all.

    Fees kept and money paid back without items stay as they are.
    """
    events = list(events)
    left: dict[tuple[str | None, str, str], list[int]] = {}
    for line in (*lines, *(line for event in events for line in event.lines)):
        sums = left.setdefault((line.sku, line.item, line.title), [0, 0, 0, 0])
        for place, figure in enumerate((line.quantity_milli, line.gross, line.discount, line.tax)):
            sums[place] += figure
    rest = sum((event.amounts for event in events), sale)
    if not any(map(any, left.values())) and not rest.gift_cards_sold:
        return []
    back = tuple(OrderLine(*name, *(-figure for figure in sums)) for name, sums in left.items() if any(sums))
    amounts = -msgspec.structs.replace(rest, fees=0, unallocated=0, residual=0)
    return [Event("cancellation", at, "cancel", amounts, _in_order(back))]


# --- words


def _minor_of(bag: Bag | None, places: int) -> int:
    return parse_minor(bag.shop_money.amount, places) if bag is not None else 0


def _sku(text: str | None) -> str | None:
    return (text.strip() or None) if text else None


def _tail(gid: str) -> str:
    """The number in "gid://shopify/Order/1001"."""
    return gid.rpartition("/")[2]


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _in_order(lines: Iterable[OrderLine]) -> tuple[OrderLine, ...]:
    """Lines in one sequence, whatever theirs was, so that the same order is the same bytes."""
    return tuple(sorted(lines, key=lambda line: (line.sku or "", *msgspec.structs.astuple(line)[1:])))
