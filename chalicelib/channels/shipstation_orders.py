"""ShipStation's order payloads as domain orders (API v1, "List Orders"; the rules are those of "What the figures mean").

Amounts are JSON numbers, read as decimals from their raw text and once as minor units of the connection's currency: ShipStation
knows no currencies. A discount is a line with `adjustment` and a negative price; it is spread over the goods by their worth, so
that the lines add up to the order. Refunds do not exist there.

Times are wall-clock times without an offset, of one clock for the whole account. Where the text has an offset or Z, that wins. The
hour that comes twice in autumn is always read as its first coming, one that spring leaves out by the offset before the change: so
each text is one instant, and an order falls on exactly one day, at most an hour off.

Not seen on a live account, and what is done about it:
    item tax is inside the order's taxAmount ?      it is never added a second time; what does not add up is `unexplained`
    amounts of split and merged orders ?            counted as each order states itself
    mergedIds name the children only ?              of two orders naming each other, the one that names more is the parent
    children of a merge say mergedOrSplit ?         a child that does not is found only if its parent was listed on the same or an
                                                    earlier page
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, DecimalException
from zoneinfo import ZoneInfo

import msgspec

from chalicelib import errors
from chalicelib.domain.money import divide_half_away, exponent, parse_minor
from chalicelib.domain.orders import Amounts, Order, OrderLine, Tender
from chalicelib.domain.persons import Person, person_of

STATUSES = (
    "awaiting_payment",
    "awaiting_shipment",
    "pending_fulfillment",
    "shipped",
    "on_hold",
    "cancelled",
    "rejected_fulfillment",
)
NO_SALE = ("awaiting_payment", "cancelled")
MERGED = "merged"

_TIME = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_TENDER_CHARACTERS_MAX = 60
_QUANTITY_MAX = 10**9


class _Payload(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The fields we read of one kind of object; others are passed over."""


class Advanced(_Payload, frozen=True):
    store_id: int
    merged_or_split: bool | None = None
    merged_ids: tuple[int, ...] | None = None
    parent_id: int | None = None


class Item(_Payload, frozen=True):
    sku: str | None
    name: str | None
    quantity: Decimal
    unit_price: Decimal | None
    adjustment: bool | None
    tax_amount: Decimal | None = None
    product_id: int | None = None
    fulfillment_sku: str | None = None


class ShipTo(_Payload, frozen=True):
    country: str | None = None
    state: str | None = None


class NamedShipTo(ShipTo, frozen=True):
    """All that we read about a person."""

    name: str | None = None


class SlimOrder(_Payload, frozen=True):
    """What lists of changes, of numbers and of relatives need."""

    order_id: int
    order_number: str
    order_date: str
    create_date: str
    modify_date: str
    advanced_options: Advanced


class OrderPayload(SlimOrder, frozen=True):
    order_status: str
    items: tuple[Item, ...]
    order_total: Decimal
    amount_paid: Decimal | None
    tax_amount: Decimal | None
    shipping_amount: Decimal | None
    payment_method: str | None = None
    ship_to: ShipTo | None = None


class OrderWithPerson(OrderPayload, frozen=True):
    ship_to: NamedShipTo | None = None


class Clock:
    """The account's wall clock. `zone` is an IANA name."""

    def __init__(self, zone: str) -> None:
        self.zone = zone
        self._zone = ZoneInfo(zone)

    def instant(self, text: str, field: str) -> datetime:
        """The instant of a time as ShipStation writes it. Raises UnreadablePayload naming the field."""
        return self.readings(text, field)[0]

    def readings(self, text: str, field: str) -> tuple[datetime, datetime]:
        """The instant that is taken, and the later one in the hour that comes twice; else the same again."""
        at = _read_time(text, field)
        if at.tzinfo is not None:
            return at.astimezone(UTC), at.astimezone(UTC)
        first, second = (at.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        return first, max(first, second)

    def shown(self, text: str, field: str) -> datetime:
        """What the clock shows at that time, without an offset. Raises UnreadablePayload naming the field."""
        at = _read_time(text, field)
        return at if at.tzinfo is None else self.wall(at)

    def wall(self, at: datetime) -> datetime:
        """What the clock shows at an instant, without an offset."""
        return at.astimezone(self._zone).replace(tzinfo=None, fold=0)

    def is_odd(self, wall: datetime) -> bool:
        """Whether the clock shows this time twice, or never."""
        first, second = (wall.replace(tzinfo=self._zone, fold=fold).utcoffset() for fold in (0, 1))
        return first != second


def _read_time(text: str, field: str) -> datetime:
    try:
        if not _TIME.fullmatch(text):
            raise ValueError("no such form")
        return datetime.fromisoformat(text)
    except ValueError:
        raise errors.UnreadablePayload(f"The shop's answer has a {field} that is no time.") from None


class Kin:
    """What the orders listed so far say of merging and splitting; told by page, whatever the sequence."""

    def __init__(self) -> None:
        self._names: dict[int, frozenset[int]] = {}
        self._named_by: dict[int, set[int]] = {}
        self._split_from: dict[int, int] = {}
        self._split = set[int]()
        self._created: dict[int, str] = {}

    def learn(self, orders: Iterable[SlimOrder]) -> bool:
        """Take the orders' word; whether anything was new."""
        new = False
        for order in orders:
            id_, said = order.order_id, order.advanced_options
            self._created[id_] = order.create_date
            named = frozenset(said.merged_ids or ()) - {id_}
            if named and self._names.get(id_) != named:
                new = True
                self._names[id_] = named
                for child in named:
                    self._named_by.setdefault(child, set()).add(id_)
            if said.parent_id and said.parent_id != id_ and self._split_from.get(id_) != said.parent_id:
                new = True
                self._split_from[id_] = said.parent_id
                self._split.add(said.parent_id)
        return new

    def explains(self, order: SlimOrder) -> bool:
        """Whether it is known why an order says that it was merged or split."""
        id_ = order.order_id
        known = id_ in self._names or id_ in self._named_by or id_ in self._split_from or id_ in self._split
        return known or not order.advanced_options.merged_or_split

    def is_merged(self, id_: int) -> bool:
        """Whether the order's goods are in another one that was listed."""
        mine = self._names.get(id_, frozenset())
        for parent in self._named_by.get(id_, ()):
            theirs = self._names[parent]
            if parent not in mine or (len(theirs), -parent) > (len(mine), -id_):
                return True
        return False

    def root(self, id_: int) -> str:
        """The order at the head of the splits that led to this one, as far as known; "" if it is its own."""
        at, seen = id_, {id_}
        while (parent := self._split_from.get(at)) is not None and parent not in seen:
            seen.add(parent)
            at = parent
        return str(at) if at != id_ else ""

    def created(self, id_: str) -> str | None:
        """The createDate of an order that was listed."""
        return self._created.get(int(id_))

    def placed(self, order: Order) -> Order:
        """The order with what is known of its kin by now."""
        id_ = int(order.id)
        if self.is_merged(id_):
            return msgspec.structs.replace(order, excluded=MERGED, flags=(), root=self.root(id_))
        root = self.root(id_)
        return msgspec.structs.replace(order, root=root) if root != order.root else order


def parse_order(payload: OrderPayload, *, clock: Clock, currency: str) -> Order:
    """Make the domain's order, not knowing its kin. Raises UnreadablePayload."""
    id_ = payload.order_id
    status = payload.order_status
    if status not in STATUSES:
        # An order must not silently count, or not count.
        raise errors.UnreadablePayload(f"The shop's order {id_} has an orderStatus that is not documented.")
    try:
        amounts, lines, counted = _sums(payload, exponent(currency))
        paid = _minor(payload.amount_paid, exponent(currency))
    except (ValueError, DecimalException):
        raise errors.UnreadablePayload(f"The shop's order {id_} has an amount or a quantity that is none.") from None
    excluded = status if status in NO_SALE else None
    flags: tuple[str, ...] = ()
    if excluded is None:
        if amounts.residual:
            flags = ("rounding",) if abs(amounts.residual) <= counted else ("unexplained",)
        if amounts.total == 0:
            flags = (*flags, "total_zero")
    return Order(
        id=str(id_),
        number=payload.order_number,
        store=str(payload.advanced_options.store_id),
        currency=currency,
        placed_at=clock.instant(payload.order_date, "orderDate"),
        created_at=clock.instant(payload.create_date, "createDate"),
        status=status,
        excluded=excluded,
        amounts=amounts,
        lines=lines,
        tenders=(Tender(_tender(payload.payment_method), paid),) if paid else (),
        flags=flags,
        region=_region(payload.ship_to),
    )


def parse_person(payload: OrderWithPerson) -> Person | None:
    """The order's customer, as far as the shop says and we keep."""
    at = payload.ship_to
    return person_of(at.name, at.country, at.state) if at else None


def _sums(payload: OrderPayload, places: int) -> tuple[Amounts, tuple[OrderLine, ...], int]:
    """The sale, and how many line and tax amounts were read: the bound of what is rounding."""
    lines = []
    discount = fees = 0
    for item in payload.items:
        if abs(item.quantity) > _QUANTITY_MAX:
            raise ValueError("no quantity")
        worth = _minor((item.unit_price or Decimal(0)) * item.quantity, places)
        if item.adjustment:
            discount -= min(worth, 0)
            fees += max(worth, 0)
            continue
        lines.append(
            OrderLine(
                (item.sku.strip() or None) if item.sku else None,
                _item(item),
                item.name or "",
                parse_minor(str(item.quantity), 3),
                worth,
                0,
                _minor(item.tax_amount, places),
            )
        )
    lines.sort(key=lambda line: (line.sku or "", *msgspec.structs.astuple(line)[1:]))
    gross = sum(line.gross for line in lines)
    shipping, tax = _minor(payload.shipping_amount, places), _minor(payload.tax_amount, places)
    residual = _minor(payload.order_total, places) - (gross - discount + shipping + fees + tax)
    amounts = Amounts(gross=gross, discount=discount, shipping=shipping, fees=fees, tax=tax, residual=residual)
    return amounts, _spread(lines, discount, gross), len(payload.items) + 2


def _spread(lines: Sequence[OrderLine], discount: int, gross: int) -> tuple[OrderLine, ...]:
    """The lines with the order's discount among them by their worth; nothing is lost by rounding. Free goods share it by number."""
    if not discount or not lines:
        return tuple(lines)
    spread, upto, given = [], 0, 0
    for n, line in enumerate(lines, 1):
        upto += line.gross
        mine = divide_half_away(discount * upto, gross) if gross else divide_half_away(discount * n, len(lines))
        spread.append(msgspec.structs.replace(line, discount=mine - given))
        given = mine
    return tuple(spread)


def _minor(amount: Decimal | None, places: int) -> int:
    return parse_minor(str(amount), places) if amount is not None else 0


def _item(item: Item) -> str:
    """What tells lines without SKU apart, the same in every order: not the id of the line, which is the order's own."""
    return str(item.product_id) if item.product_id is not None else (item.fulfillment_sku or "").strip()


def _tender(method: str | None) -> str:
    return " ".join((method or "").split())[:_TENDER_CHARACTERS_MAX].rstrip() or "unknown"


def _region(at: ShipTo | None) -> str:
    person = person_of(None, at.country, at.state) if at else None
    return person.region if person else ""


def second_before(wall: datetime) -> datetime:
    """The whole second before the one that `wall` is in: bounds count whole seconds, and leave the first one out."""
    return wall.replace(microsecond=0) - timedelta(seconds=1)
