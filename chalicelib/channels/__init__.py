"""Selling channels: one module per kind, each turning a shop's answers into domain orders.

To add one, write `<kind>.py` with a class that fits `Channel`, give it a contract file under `tests/channels/contracts/`, and
name it in `KINDS`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from chalicelib.domain.days import Window
from chalicelib.domain.orders import Order
from chalicelib.domain.persons import Person
from chalicelib.domain.secret import Secret


class Page(msgspec.Struct, frozen=True):
    """One page of orders and where the next begins; `cursor` is None after the last.

    `persons` are their customers by order id; None of a channel that was not opened with `persons`, or does not let us read
    them.
    """

    orders: tuple[Order, ...]
    cursor: str | None
    persons: dict[str, Person] | None = None


class ChangesPage(msgspec.Struct, frozen=True):
    """One page of changed orders: when they were placed. `seen_until` is when the last of them changed, None if there is none.

    `cursor` is None after the last page.
    """

    placed: tuple[datetime, ...]
    seen_until: datetime | None
    cursor: str | None


class Store(msgspec.Struct, frozen=True):
    """What the channel calls a store: mostly one to a connection."""

    id: str
    name: str


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop as it describes itself. `account` is its immutable id, `domain` its address; `zone` is an IANA name or None.

    `reach_days` is how far back its orders are shown to us, None for all of them.
    """

    account: str
    domain: str
    name: str
    zone: str | None
    currency: str
    stores: tuple[Store, ...]
    reach_days: int | None = None


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """An access token and the refresh token that was issued with it. `scopes` are those granted."""

    access: Secret
    refresh: Secret | None
    expires_at: datetime | None
    refresh_expires_at: datetime | None
    scopes: tuple[str, ...]


class Channel(Protocol):
    """One paired shop, ready to be asked. Every method raises ChannelError."""

    def read_shop(self) -> Shop:
        """Ask the shop who it is."""
        ...

    def fetch_pages(self, window: Window, cursor: str | None = None) -> Iterator[Page]:
        """Yield the orders placed in `window` page by page, from the start or from where a former page's cursor points.

        Every page names the next one's cursor, so that an interrupted fetch goes on. An order may come twice.
        """
        ...

    def count_orders(self, window: Window) -> int | None:
        """Ask another way how many orders were placed in `window`; None if the channel gives no exact answer."""
        ...

    def fetch_changes(self, since: datetime, until: datetime, cursor: str | None = None) -> Iterator[ChangesPage]:
        """Yield when the orders updated in `[since, until)` were placed, those updated first first."""
        ...

    def find_order(self, number: str) -> tuple[datetime, ...]:
        """When the orders that people see as this number were placed: mostly one, or none."""
        ...


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field that a merchant fills in to pair. `pattern` is a regular expression for the whole text."""

    name: str
    label: str
    help: str
    secret: bool
    pattern: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A state of orders as the channel calls it; `default` is whether such orders count unless told otherwise, `paid` whether
    they do for a merchant who counts what was paid in full only, given back or not."""

    value: str
    label: str
    default: bool
    paid: bool = False


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of channel as pages show it. `auth` is how it is paired: by consent there, by approval, by a key."""

    kind: str
    name: str
    auth: Literal["oauth", "approve", "key"]
    fields: tuple[Field, ...]
    statuses: tuple[Status, ...]
    many_stores: bool


KINDS: dict[str, Kind] = {
    "shopify": Kind(
        kind="shopify",
        name="Shopify",
        auth="oauth",
        fields=(
            Field(
                name="shop",
                label="Shop address",
                help="The address ending in .myshopify.com; you find it in Shopify under Settings, Domains.",
                secret=False,
                pattern=r"\s*(https?://)?([A-Za-z0-9][A-Za-z0-9\-]*(\.myshopify\.com)?|admin\.shopify\.com/store/[A-Za-z0-9\-]+)([\/?#].*)?\s*",
            ),
        ),
        statuses=(
            Status(value="authorized", label="Authorized", default=True),
            Status(value="expired", label="Expired", default=False),
            Status(value="paid", label="Paid", default=True, paid=True),
            Status(value="partially_paid", label="Partially paid", default=True),
            Status(value="partially_refunded", label="Partially refunded", default=True, paid=True),
            Status(value="pending", label="Pending", default=True),
            Status(value="refunded", label="Refunded", default=True, paid=True),
            Status(value="voided", label="Voided", default=False),
        ),
        many_stores=False,
    ),
}
