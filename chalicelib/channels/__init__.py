"""Selling channels: one module per kind, each turning a shop's answers into domain orders.

    Kind        what pages show of it, and how it is paired
    Platform    the kind as we deal with it: pairing, and opening a paired shop. One object for all shops
    Channel     one paired shop, ready to be asked

To add one, write `<kind>.py` with a class for each of the last two, name it in `kinds.py`, and give it a contract file under
`tests/channels/contracts/`. Answers are read by `answers.decode`, which names the field that does not fit; amounts, as the channel's
text, by `money.parse_minor` with the places that `money.exponent` knows of the currency. In the orders (`domain/orders.py`) that come
out of it

    store       is the `Store.id` of a kind with many stores, "" of one with a single store
    status      is the channel's word, as the kind's `statuses` list it
    excluded    is None if the order counts. Where it is the status that excludes, the same word as `status`: a merchant who counts
                by statuses of his own can then choose such orders. Any other word (test, merged) is final
    events      hold what changed: money and goods given back are negative, so that sale and events add up to what is left. Their
                ids and instants are the channel's and never change, as an order is read many times
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

import msgspec

from chalicelib.domain.connections import Connection, Credentials
from chalicelib.domain.days import Window
from chalicelib.domain.orders import Order
from chalicelib.domain.persons import Person
from chalicelib.domain.secret import Secret

if TYPE_CHECKING:
    from chalicelib.channels.http import Http


class Page(msgspec.Struct, frozen=True):
    """One page of orders and where the next begins; `cursor` is None after the last.

    `persons` are their customers by order id; None of a channel that was not opened with `persons`, or does not let us read
    them.
    """

    orders: tuple[Order, ...]
    cursor: str | None
    persons: dict[str, Person] | None = None


class ChangesPage(msgspec.Struct, frozen=True):
    """One page of changed orders: when they were placed. `cursor` is None after the last page.

    `seen_until` is when the last of them changed, None if there is none. A look that runs out of time begins there the next time,
    so all that changed before has to be told by then: of a list that is not sorted by its changes, only a page that ends it, or ends
    a slice of its time, has one.
    """

    placed: tuple[datetime, ...]
    seen_until: datetime | None
    cursor: str | None


class Store(msgspec.Struct, frozen=True):
    """What the channel calls a store: mostly one to a connection."""

    id: str
    name: str


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop as it describes itself. `account` is its immutable id, `domain` its address.

    `zone` is an IANA name, None if the shop does not say, as is `currency`: then the merchant is asked. `reach_days` is how far
    back its orders are shown to us, None for all of them. `traits` are what its module wants back whenever it opens the shop.
    """

    account: str
    domain: str
    name: str
    zone: str | None
    currency: str | None
    stores: tuple[Store, ...]
    reach_days: int | None = None
    traits: dict[str, str] = {}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A shop that answered to `credentials`. `warnings` are sentences for the merchant who is about to pair it.

    `expected_orders` is how many orders of the last 90 days it has, about; None if it does not say.
    """

    shop: Shop
    credentials: Credentials
    warnings: tuple[str, ...] = ()
    expected_orders: int | None = None


class Channel(Protocol):
    """One paired shop, ready to be asked. Every method raises ChannelError."""

    def read_shop(self) -> Shop:
        """Ask the shop who it is."""
        ...

    def fetch_pages(self, window: Window, cursor: str | None = None) -> Iterator[Page]:
        """Yield the orders placed in `window` page by page, from the start or from where a former page's cursor points.

        Every page names the next one's cursor, so that an interrupted fetch goes on, by another channel and hours later. Orders that
        do not count are yielded too. An order may come twice; what came last holds.
        """
        ...

    def count_orders(self, window: Window) -> int | None:
        """Ask another way how many orders were placed in `window`; None if the channel gives no exact answer.

        It is compared with how many ids `fetch_pages` yielded, those of excluded orders included; while they differ, the day is
        fetched anew, three times at most.
        """
        ...

    def fetch_changes(self, since: datetime, until: datetime, cursor: str | None = None) -> Iterator[ChangesPage]:
        """Yield when the orders updated in `[since, until)` were placed, those updated first first if the channel can sort so.

        `cursor` goes on as that of `fetch_pages`. What a channel cannot tell is left to the re-reads of days by their age.
        """
        ...

    def find_order(self, number: str) -> tuple[datetime, ...]:
        """When the orders that people see as this number were placed: mostly one, or none."""
        ...


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field that a merchant fills in to pair. `pattern` is a regular expression for the whole text, `default` its first text."""

    name: str
    label: str
    help: str
    secret: bool
    pattern: str
    required: bool = True
    default: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A state of orders as the channel calls it; `default` is whether such orders count unless told otherwise, `paid` whether
    they do for a merchant who counts what was paid in full only, given back or not."""

    value: str
    label: str
    default: bool
    paid: bool = False


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of channel. `auth` is how it is paired: by consent there, by approval on the shop's own site, by a key.

    `fields` are what that asks of the merchant; `key_fields`, of a kind paired by approval, what pasting keys instead does.
    `hosts` are where its API is; none if each shop has a site of its own. `keeps_history` is whether the channel tells all that
    happened to an order and when; where it does not, the differences that we observe are events. It is False as well where refunds
    are told but edits are not: events that are told are not observed a second time. `may_mirror` is whether its stores may hold
    orders that also come through other channels.
    """

    kind: str
    name: str
    auth: Literal["oauth", "approve", "key"]
    fields: tuple[Field, ...]
    statuses: tuple[Status, ...]
    many_stores: bool
    key_fields: tuple[Field, ...] = ()
    hosts: tuple[str, ...] = ()
    keeps_history: bool = False
    may_mirror: bool = False


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What a platform works with. `http` gives the client of the calling thread, which reaches the kind's hosts only.

    `url` is where its API is, if not at home: sandboxes. `client_id` and `client_secret` are our app's, where the kind knows
    apps; `callback` is where it sends merchants, or posts keys, back to. `plain_sites` are origins that may be shops without
    being public or encrypted: for development.
    """

    http: "Callable[[], Http]"
    sleep: Callable[[float], None]
    now: Callable[[], datetime]
    url: str = ""
    client_id: str = ""
    client_secret: Secret = Secret("")
    callback: str = ""
    plain_sites: tuple[str, ...] = ()


class Platform(Protocol):
    """A kind of channel as we deal with it."""

    kind: ClassVar[Kind]

    def open(self, connection: Connection, credentials: Credentials) -> Channel:
        """A paired shop, ready to be asked; for the customers of its orders too if the connection keeps them."""
        ...

    def revoke(self, connection: Connection, credentials: Credentials) -> None:
        """Give our access back where the channel lets us. Raises ChannelError."""
        ...


class Keyed(Platform, Protocol):
    """A kind that is paired by keys which the merchant pastes."""

    def check(self, fields: Mapping[str, str]) -> Found:
        """Try what was filled in. Raises RequestError naming the field that is wrong, ChannelError if the channel fails."""
        ...


class Approved(Keyed, Protocol):
    """A kind whose shops, each on a site of its own, post keys to us once the merchant has approved there."""

    def address(self, fields: Mapping[str, str]) -> str:
        """The site that the merchant named, after a look whether there is a shop. Raises RequestError."""
        ...

    def approve_url(self, address: str, *, state: str, back: str) -> str:
        """Where the merchant approves. The site posts keys with `state` to our callback and leads the merchant `back`."""
        ...

    def state_in(self, posted: bytes) -> str:
        """What the post says is the state it belongs to; believed only by being known to us. Raises RequestError."""
        ...

    def check_posted(self, address: str, posted: bytes) -> Found:
        """Try the keys that were posted at the site that was approved. Raises ChannelError."""
        ...
