"""WooCommerce's order payloads as domain orders (REST API v3, "Order properties", "Order refund properties").

Amounts are decimal text in the shop's decimals, read once as minor units of the order's currency. The sale is what the lines say:
`subtotal` before and `total` after discounts, both without tax; a line's `price` is a rounded quotient and is never summed. Lines of
bundles are lines as the shop prices them. Each refund is an event at its own instant, with what it itemises; what was paid back
beyond that is unallocated. Nothing here asks the network.

Plugins loosen types, so numbers may come as text and text as numbers, nothing as "", null, false or an empty list, lists as
objects and empty objects as lists. What has no such reading is an error that names the field.

Statuses of plugins do not count, for nobody knows whether they mean a sale: such orders are listed with the status as the
reason and the flag `unknown_status`, and a merchant who counts by a list of statuses may choose them.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, TypeVar

import msgspec

from chalicelib import errors
from chalicelib.channels import Status
from chalicelib.domain.money import exponent, parse_minor
from chalicelib.domain.orders import Amounts, Event, Order, OrderLine, Tender
from chalicelib.domain.persons import Person, person_of

STATUSES = (
    Status(value="pending", label="Pending payment", default=False),
    Status(value="processing", label="Processing", default=True, paid=True),
    Status(value="on-hold", label="On hold", default=True),
    Status(value="completed", label="Completed", default=True, paid=True),
    Status(value="cancelled", label="Cancelled", default=False),
    Status(value="refunded", label="Refunded", default=True, paid=True),
    Status(value="failed", label="Failed", default=False),
    Status(value="checkout-draft", label="Draft", default=False),
    Status(value="auto-draft", label="Automatic draft", default=False),
    Status(value="trash", label="In the bin", default=False),
)
_COUNTS = {status.value: status.default for status in STATUSES}
_MINOR_MAX = 10**15
_SHELF_IDS = 1_000
_SHELVES = 2_900_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Loose = msgspec.Raw
_NONE = msgspec.Raw(b"null")
T = TypeVar("T")


class _Payload(msgspec.Struct, frozen=True):
    """The fields we read of one kind of object; others are passed over. `Loose` ones come in more than one type."""


class Line(_Payload, frozen=True):
    name: Loose = _NONE
    product_id: Loose = _NONE
    variation_id: Loose = _NONE
    quantity: Loose = _NONE
    sku: Loose = _NONE
    subtotal: Loose = _NONE
    total: Loose = _NONE
    total_tax: Loose = _NONE


class Extra(_Payload, frozen=True):
    """A line of shipping or of a fee."""

    total: Loose = _NONE
    total_tax: Loose = _NONE


class GiftCard(_Payload, frozen=True):
    amount: Loose = _NONE


class Stub(_Payload, frozen=True):
    """A refund as the order lists it."""

    id: int | str


class Address(_Payload, frozen=True):
    """All that we read about a person."""

    first_name: Loose = _NONE
    last_name: Loose = _NONE
    company: Loose = _NONE
    country: Loose = _NONE
    state: Loose = _NONE


Lines = tuple[Line, ...] | dict[str, Line] | None
Extras = tuple[Extra, ...] | dict[str, Extra] | None
Place = Address | tuple[Any, ...] | None


class Dated(_Payload, frozen=True):
    """An order as far as lists are walked by it."""

    id: int | str
    number: Loose = _NONE
    date_created: Loose = _NONE
    date_created_gmt: Loose = _NONE
    date_modified_gmt: Loose = _NONE

    @property
    def key(self) -> int:
        """The id as the number it is. Raises UnreadablePayload."""
        return id_of(self.id)

    @property
    def shown_number(self) -> str:
        """What people call the order; its id if that cannot be a number of orders."""
        return (not _is_negative(self.number) and text_of(self.number)) or str(self.key)

    @property
    def placed_at(self) -> datetime:
        """Raises UnreadablePayload."""
        return instant(self.date_created_gmt, "date_created_gmt")

    @property
    def modified_at(self) -> datetime:
        """Raises UnreadablePayload."""
        return instant(self.date_modified_gmt, "date_modified_gmt")


class Row(Dated, frozen=True, kw_only=True):
    """An order as the list shows it."""

    status: Loose
    currency: Loose
    total: Loose
    total_tax: Loose = _NONE
    shipping_total: Loose = _NONE
    payment_method: Loose = _NONE
    date_paid: Loose = _NONE
    date_paid_gmt: Loose = _NONE
    line_items: Lines = None
    fee_lines: Extras = None
    gift_cards: tuple[GiftCard, ...] | dict[str, GiftCard] | None = None
    refunds: tuple[Stub, ...] | dict[str, Stub] | None = None
    billing: Place = None
    shipping: Place = None

    @property
    def refund_ids(self) -> frozenset[str]:
        return frozenset(str(stub.id) for stub in _rows(self.refunds))


class Refund(_Payload, frozen=True, kw_only=True):
    """A refund with what it gives back: negative amounts and quantities. `amount` is what was paid back, positive."""

    id: int | str
    amount: Loose
    date_created_gmt: Loose = _NONE
    line_items: Lines = None
    shipping_lines: Extras = None
    fee_lines: Extras = None


def parse_order(row: Row, refunds: Iterable[Refund], *, decimals: int, store: str = "") -> Order:
    """Make the domain's order; `refunds` are all of it, `decimals` those that the shop rounds to. Raises UnreadablePayload.

    Its `created_at` is made of its id, for the date of a WooCommerce order can be edited: it only has to stay the same, so that
    the order is never billed twice.
    """
    try:
        return _parse(row, refunds, decimals, store)
    except _Unreadable as exc:
        raise errors.UnreadablePayload(f"The site's order {row.key} has no readable {exc}.") from None


def parse_person(row: Row) -> Person | None:
    """The order's customer, as far as the shop says and we keep: to whom it was sent, else who pays."""
    at = _address(row)
    if at is None:
        return None
    name = f"{text_of(at.first_name)} {text_of(at.last_name)}".strip() or text_of(at.company)
    return person_of(name, text_of(at.country), text_of(at.state))


def _parse(row: Row, refunds: Iterable[Refund], decimals: int, store: str) -> Order:
    currency = text_of(row.currency).upper()
    if not re.fullmatch("[A-Z]{3}", currency):
        raise _Unreadable("currency")
    places = exponent(currency)
    amounts, lines, counted = _sale(row, places)
    status, reason = _status(row)
    flags: tuple[str, ...] = ("unknown_status",) if status not in _COUNTS else ()
    if reason is None:
        flags += _residual_flags(amounts.residual, counted * 10 ** max(0, places - decimals))
        if amounts.total == 0:
            flags += ("total_zero",)
    events = {event.id: event for event in (_event(refund, places) for refund in refunds)}
    return Order(
        id=str(row.key),
        number=row.shown_number,
        store=store,
        currency=currency,
        placed_at=row.placed_at,
        created_at=_EPOCH + timedelta(days=row.key // _SHELF_IDS % _SHELVES),
        status=status,
        excluded=reason,
        amounts=amounts,
        lines=lines,
        events=tuple(sorted(events.values(), key=lambda event: (event.at, event.id))),
        tenders=_tenders(row, places),
        flags=flags,
        region=_region(row),
    )


def _status(row: Row) -> tuple[str, str | None]:
    """The status, and why such orders do not count: the same word, None if they do."""
    word = text_of(row.status).lower().removeprefix("wc-")
    if not word:
        raise _Unreadable("status")
    if not re.fullmatch(r"[a-z0-9_-]{1,40}", word):
        word = "unknown"
    return word, None if _COUNTS.get(word, False) else word


def _sale(row: Row, places: int) -> tuple[Amounts, tuple[OrderLine, ...], int]:
    """The sale as the order states it now; also how many line and tax amounts were read, the bound of what is rounding."""
    lines, counted = _lines(row.line_items, places)
    fees = _rows(row.fee_lines)
    gross, discount = sum(line.gross for line in lines), sum(line.discount for line in lines)
    shipping = _minor(row.shipping_total, places, "shipping_total")
    fee = sum(_minor(each.total, places, "fee_lines.total") for each in fees)
    tax = _minor(row.total_tax, places, "total_tax")
    if not text_of(row.total) or _is_negative(row.total):
        raise _Unreadable("total")
    stated = _minor(row.total, places, "total") + _gift_cards(row, places)
    counted += len(fees) + bool(shipping) + bool(tax)
    residual = stated - (gross - discount + shipping + fee + tax)
    return Amounts(gross, discount, shipping, fee, 0, 0, tax, 0, 0, residual), lines, counted


def _lines(given: Lines, places: int) -> tuple[tuple[OrderLine, ...], int]:
    """The lines in one sequence, whatever theirs was, so that the same order is the same bytes; and how many amounts they had."""
    made, counted = [], 0
    for line in _rows(given):
        before = _minor(line.subtotal, places, "line_items.subtotal")
        after = _minor(line.total, places, "line_items.total")
        if not text_of(line.subtotal):  # taken as sold without discount
            before = after
        tax = _minor(line.total_tax, places, "line_items.total_tax")
        counted += 1 + bool(tax)
        made.append(
            OrderLine(
                text_of(line.sku) or None,
                _item(line),
                unescape(text_of(line.name)).strip(),
                _minor(line.quantity, 3, "line_items.quantity"),
                before,
                before - after,
                tax,
            )
        )
    return tuple(sorted(made, key=lambda line: (line.sku or "", *msgspec.structs.astuple(line)[1:]))), counted


def _item(line: Line) -> str:
    """The variation's id, else the product's; "" for a line without either."""
    return next((id_ for id_ in map(text_of, (line.variation_id, line.product_id)) if id_.strip("0")), "")


def _event(refund: Refund, places: int) -> Event:
    """What a refund gives back. Older shops do not itemise shipping and fees: that part is unallocated."""
    lines, _ = _lines(refund.line_items, places)
    shipping, fees = _rows(refund.shipping_lines), _rows(refund.fee_lines)
    sent = sum(_minor(each.total, places, "refunds.shipping_lines.total") for each in shipping)
    fee = sum(_minor(each.total, places, "refunds.fee_lines.total") for each in fees)
    tax = sum(line.tax for line in lines)
    tax += sum(_minor(each.total_tax, places, "refunds.total_tax") for each in (*shipping, *fees))
    if not text_of(refund.amount):
        raise _Unreadable("refunds.amount")
    paid_back = abs(_minor(refund.amount, places, "refunds.amount"))
    gross, discount = sum(line.gross for line in lines), sum(line.discount for line in lines)
    rest = -paid_back - (gross - discount + sent + fee + tax)
    amounts = Amounts(gross, discount, sent, fee, 0, 0, tax, 0, rest, 0)
    at = instant(refund.date_created_gmt, "date_created_gmt of a refund")
    return Event(f"refund-{id_of(refund.id)}", at, "refund", amounts, lines)


def _residual_flags(residual: int, bound: int) -> tuple[str, ...]:
    if residual == 0:
        return ()
    return ("rounding",) if abs(residual) <= bound else ("unexplained",)


def _gift_cards(row: Row, places: int) -> int:
    return sum(abs(_minor(card.amount, places, "gift_cards.amount")) for card in _rows(row.gift_cards))


def _tenders(row: Row, places: int) -> tuple[Tender, ...]:
    """What was paid: redeemed gift cards when the order is placed, the rest once the shop has a date for it."""
    cards = _gift_cards(row, places)
    tenders = [Tender("gift_card", cards)] if cards else []
    rest = _minor(row.total, places, "total")
    if rest and (text_of(row.date_paid_gmt) or text_of(row.date_paid)):
        tenders.append(Tender(text_of(row.payment_method) or "unknown", rest))
    return tuple(sorted(tenders, key=lambda tender: tender.kind))


def _region(row: Row) -> str:
    at = _address(row)
    found = person_of(None, text_of(at.country), text_of(at.state)) if at is not None else None
    return found.region if found is not None else ""


def _address(row: Row) -> Address | None:
    places = [at for at in (row.shipping, row.billing) if isinstance(at, Address)]
    return next((at for at in places if text_of(at.country)), places[0] if places else None)


# --- loosened values


class _Unreadable(Exception):
    """A field of one order has no reading; the message is its name."""


def text_of(value: Loose) -> str:
    """A text or number as text, trimmed; "" for what stands for nothing, and for what is neither."""
    raw = bytes(value)
    if raw[:1] == b'"':
        text: str = msgspec.json.decode(raw, type=str)
        return text.strip()
    return raw.decode() if raw[:1].isdigit() or raw[:1] == b"-" else ""


def _is_negative(value: Loose) -> bool:
    """Whether it is a bare number below 0, which plugins make of nothing."""
    return bytes(value)[:1] == b"-"


def id_of(id_: int | str) -> int:
    """An id as the number it is. Raises UnreadablePayload."""
    try:
        number = int(id_)
    except ValueError:
        number = -1
    if not 0 < number < 2**63:
        raise errors.UnreadablePayload("The site's answer has an id that is no number.")
    return number


def instant(value: Loose, name: str) -> datetime:
    """A date of the `_gmt` fields, which are UTC without saying so. Raises UnreadablePayload."""
    try:
        at = datetime.fromisoformat(text_of(value))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        at = datetime.min.replace(tzinfo=UTC)
    if not 1990 <= at.year <= 2200:
        raise errors.UnreadablePayload(f"The site's answer has an order without {name}.") from None
    return at


def _minor(value: Loose, places: int, name: str) -> int:
    raw = bytes(value)
    text = text_of(value)
    if not text:
        if raw in (b"null", b"false", b'""', b"[]", b"{}"):
            return 0
        raise _Unreadable(name)
    try:
        minor = parse_minor(text, places)
    except ValueError:
        raise _Unreadable(name) from None
    if abs(minor) >= _MINOR_MAX:
        raise _Unreadable(name)
    return minor


def _rows(given: "Sequence[T] | dict[str, T] | None") -> tuple[T, ...]:
    """The members of a list; PHP makes an object of one whose keys have gaps."""
    if given is None:
        return ()
    return tuple(given.values()) if isinstance(given, dict) else tuple(given)
