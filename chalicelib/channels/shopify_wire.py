"""The answers of Shopify's Admin GraphQL API 2026-10, field by field as far as we read them, and how its lists are walked.

Lists end at 25,000 objects ("Pagination"). A long one is begun anew at the last instant seen, well before.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from chalicelib import errors
from chalicelib.channels.shopify_orders import (
    Ledger,
    Lines,
    OrderNode,
    OrderNodeWithPerson,
    OrderNodeWithRegion,
    PageInfo,
)

LIST_ORDERS_MAX = 20_000
PAGES_MAX = 50_000

T = TypeVar("T")


class Wire(msgspec.Struct, frozen=True, rename="camel"):
    """The frame around every answer."""


class Throttle(Wire, frozen=True):
    maximum_available: float
    currently_available: float
    restore_rate: float


class Cost(Wire, frozen=True):
    throttle_status: Throttle
    requested_query_cost: float = 0.0


class Extensions(Wire, frozen=True):
    cost: Cost | None = None


class FaultExtensions(Wire, frozen=True):
    code: str | None = None


class Fault(Wire, frozen=True):
    extensions: FaultExtensions | None = None


class Answer(Wire, Generic[T], frozen=True):
    data: T
    errors: tuple[Fault, ...] = ()
    extensions: Extensions | None = None


class Refusal(Wire, frozen=True):
    """An answer with errors, whose data may be null, partial or absent."""

    errors: tuple[Fault, ...] = ()
    extensions: Extensions | None = None


class OrdersPage(Wire, frozen=True):
    page_info: PageInfo
    nodes: tuple[OrderNode, ...]


class OrdersAnswer(Wire, frozen=True):
    orders: OrdersPage


class OrdersPageWithRegions(OrdersPage, frozen=True):
    nodes: tuple[OrderNodeWithRegion, ...]


class OrdersWithRegionsAnswer(OrdersAnswer, frozen=True):
    orders: OrdersPageWithRegions


class OrdersPageWithPersons(OrdersPage, frozen=True):
    nodes: tuple[OrderNodeWithPerson, ...]


class OrdersWithPersonsAnswer(OrdersAnswer, frozen=True):
    orders: OrdersPageWithPersons


class OrderLines(Wire, frozen=True):
    line_items: Lines


class LinesAnswer(Wire, frozen=True):
    order: OrderLines | None


class LedgersAnswer(Wire, frozen=True):
    nodes: tuple[Ledger | None, ...]


class CountFigure(Wire, frozen=True):
    count: int
    precision: str


class CountAnswer(Wire, frozen=True):
    orders_count: CountFigure | None


class ShopFields(Wire, frozen=True):
    id: str
    name: str
    myshopify_domain: str
    iana_timezone: str
    currency_code: str


class ShopAnswer(Wire, frozen=True):
    shop: ShopFields


class UserError(Wire, frozen=True):
    code: str | None = None


class UserErrors(Wire, frozen=True):
    user_errors: tuple[UserError, ...]


class UninstalledAnswer(Wire, frozen=True):
    app_uninstall: UserErrors | None


class ChangedNode(Wire, frozen=True):
    """An order as the list of changes shows it."""

    processed_at: datetime
    updated_at: datetime


class ChangedPage(Wire, frozen=True):
    page_info: PageInfo
    nodes: tuple[ChangedNode, ...]


class ChangesAnswer(Wire, frozen=True):
    orders: ChangedPage


class NamedNode(Wire, frozen=True):
    name: str
    processed_at: datetime


class NamedNodes(Wire, frozen=True):
    nodes: tuple[NamedNode, ...]


class NamedAnswer(Wire, frozen=True):
    orders: NamedNodes


read_orders = msgspec.json.Decoder(Answer[OrdersAnswer])
read_orders_and_regions = msgspec.json.Decoder(Answer[OrdersWithRegionsAnswer])
read_orders_and_persons = msgspec.json.Decoder(Answer[OrdersWithPersonsAnswer])
read_lines = msgspec.json.Decoder(Answer[LinesAnswer])
read_ledgers = msgspec.json.Decoder(Answer[LedgersAnswer])
read_count = msgspec.json.Decoder(Answer[CountAnswer])
read_shop = msgspec.json.Decoder(Answer[ShopAnswer])
read_uninstalled = msgspec.json.Decoder(Answer[UninstalledAnswer])
read_refusal = msgspec.json.Decoder(Refusal)
read_changes = msgspec.json.Decoder(Answer[ChangesAnswer])
read_named = msgspec.json.Decoder(Answer[NamedAnswer])


class Place(msgspec.Struct, frozen=True):
    """Where a listing stands: the stretch that begins at `start_at`, `seen` orders of it read, up to Shopify's cursor."""

    start_at: datetime
    seen: int = 0
    after: str | None = None

    def text(self) -> str:
        return f"{text_of(self.start_at)} {self.seen} {self.after or ''}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        start, seen, after = text.split(" ", 2)
        return cls(datetime.fromisoformat(start), int(seen), after or None)


class Listed(Protocol):
    """A page of a list."""

    @property
    def page_info(self) -> PageInfo: ...
    @property
    def nodes(self) -> Sequence[object]: ...


def following(place: Place, listed: Listed, last_at: datetime | None) -> Place | None:
    """Where the page after `listed` begins, None after the last. `last_at` is what its last order is sorted by."""
    if not listed.page_info.has_next_page:
        return None
    seen = place.seen + len(listed.nodes)
    if seen >= LIST_ORDERS_MAX and last_at is not None:
        last = last_at.astimezone(UTC).replace(microsecond=0)
        if last > place.start_at:
            return Place(last)
    return Place(place.start_at, seen, cursor_of(listed.page_info))


class Cursors:
    """The cursors of one walk; a list that leads back to a page already read has no end."""

    def __init__(self, place: Place) -> None:
        self._seen = {place.after}

    def check(self, place: Place | None) -> None:
        """Raises UnreadablePayload."""
        if place is None or place.after is None:
            return
        if place.after in self._seen:
            raise errors.UnreadablePayload("The shop's list of orders leads back to a page already read.")
        self._seen.add(place.after)


def cursor_of(info: PageInfo) -> str:
    if not info.end_cursor:
        raise errors.UnreadablePayload("The shop's answer has a next page but no endCursor.")
    return info.end_cursor


def text_of(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class Ask(Protocol):
    """Asks at the shop's pace and returns the data of a faultless answer. Raises ChannelError."""

    def __call__(self, document: str, variables: dict[str, Any], decoder: "msgspec.json.Decoder[Answer[T]]") -> T: ...
