"""Orders of one ShipStation account (API v1; v2 lists none): what the page shows of the kind, pairing by keys, and reading.

An account has many stores, each fed by a shop elsewhere or by hand; a connection has those that its merchant chose. An order
belongs to the day of its `orderDate`. Bounds and times are wall-clock times of the account's clock, Pacific as ShipStation's own
pages say, so a window is asked for two hours wider and cut here. Orders are imported late: a day is read again when
`modifyDate` says so.

Not seen on a live account, and what is done about it:
    keys change, store ids do not ?       the account is known by its lowest storeId, inactive stores included
    the clock is Pacific ?                a field of pairing; a newest order in the future is warned of, and orders outside
                                          the time that was asked for are an error
    times may end in Z ?                  an offset wins; where bounds turn out to be read otherwise, that error
    on hold is paid ?                     not in full, for those who count what was paid
    an import or an edit moves modifyDate ?    days are also read again by their age
    the parent of a merged order ?        sought among the orders of seven days around, where it was not listed
    a split order keeps its orderDate ?   its root is asked for by its id where it was not listed, ten a day at most
    a `#` in orderNumber ?                sought with and without
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from chalicelib import errors
from chalicelib.channels import ChangesPage, Field, Found, Kind, Means, Page, Shop, Status, Store
from chalicelib.channels.shipstation_lists import PAGE_ORDERS, Asking, Listed, Pace, Place, Query, check_page
from chalicelib.channels.shipstation_orders import (
    Clock,
    Kin,
    OrderPayload,
    OrderWithPerson,
    SlimOrder,
    parse_order,
    parse_person,
    second_before,
)
from chalicelib.domain.connections import Connection, Credentials
from chalicelib.domain.days import BACKFILL_DAYS, Window
from chalicelib.domain.orders import Order
from chalicelib.domain.persons import Person
from chalicelib.domain.secret import Secret

URL = "https://ssapi.shipstation.com"
HOST = "ssapi.shipstation.com"
CLOCK = "America/Los_Angeles"
MARGIN = timedelta(hours=2)
KIN_AROUND = (timedelta(days=1), timedelta(days=7))
# For each of the two. A day has to get by with far fewer requests than the forty of a minute, or it would never end.
KIN_PAGES_MAX = 10
ROOTS_MAX = 10
NUMBER_CHARACTERS_MAX = 64
NUMBER_PAGES_MAX = 10
STORES_MAX = 500
# What a clock may be ahead of ours without being another zone's.
AHEAD_MAX = timedelta(minutes=10)

S = TypeVar("S", bound=SlimOrder)

_KEY_PATTERN = r"\s*[!-9;-~]{4,200}\s*"

KIND = Kind(
    kind="shipstation",
    name="ShipStation",
    auth="key",
    fields=(
        Field(
            name="api_key",
            label="API key",
            help="In ShipStation under Settings, Account, API Settings: the key of version 1.",
            secret=False,
            pattern=_KEY_PATTERN,
        ),
        Field(
            name="api_secret",
            label="API secret",
            help="It stands beside the key. Making new keys there ends all that use the old ones.",
            secret=True,
            pattern=_KEY_PATTERN,
        ),
        Field(
            name="clock",
            label="Clock of the account",
            help="The time zone of the times that ShipStation gives to programs; leave it unless a warning says otherwise.",
            secret=False,
            pattern=r"\s*[A-Za-z0-9_+\-]{1,30}(/[A-Za-z0-9_+\-]{1,30}){0,2}\s*",
            required=False,
            default=CLOCK,
        ),
    ),
    statuses=(
        Status(value="awaiting_payment", label="Awaiting payment", default=False),
        Status(value="awaiting_shipment", label="Awaiting shipment", default=True, paid=True),
        Status(value="cancelled", label="Cancelled", default=False),
        # Held for any reason, payment among them.
        Status(value="on_hold", label="On hold", default=True),
        Status(value="pending_fulfillment", label="Pending fulfillment", default=True, paid=True),
        Status(value="rejected_fulfillment", label="Rejected fulfillment", default=True, paid=True),
        Status(value="shipped", label="Shipped", default=True, paid=True),
    ),
    many_stores=True,
    hosts=(HOST,),
    keeps_history=False,
    may_mirror=True,
)


class _StorePayload(msgspec.Struct, frozen=True, rename="camel"):
    store_id: int
    store_name: str
    active: bool
    company_name: str | None = None


class _Dated(msgspec.Struct, frozen=True, rename="camel"):
    """An order, of which only that is read."""

    create_date: str


class _Counted(msgspec.Struct, frozen=True):
    orders: tuple[_Dated, ...]
    total: int
    page: int


_NEVER = datetime(1, 1, 1)  # noqa: DTZ001 - no date is asked for

_read_stores = msgspec.json.Decoder(tuple[_StorePayload, ...])
_read_root = msgspec.json.Decoder(_Dated)
_read_counted = msgspec.json.Decoder(_Counted)
_read_orders = msgspec.json.Decoder(Listed[OrderPayload])
_read_orders_and_persons = msgspec.json.Decoder(Listed[OrderWithPerson])
_read_slim = msgspec.json.Decoder(Listed[SlimOrder])


class ShipStation:
    """One object for all accounts; it knows how fast each pair of keys may be used."""

    kind: ClassVar[Kind] = KIND

    def __init__(self, means: Means) -> None:
        self._means = means
        self._paces: dict[Secret, Pace] = {}

    def check(self, fields: Mapping[str, str]) -> Found:
        """Try a pair of keys. Raises RequestError naming the field that is wrong, ChannelError if ShipStation fails."""
        wrong = {
            name: f"Paste the {label} from ShipStation's API settings."
            for name, label in (("api_key", "API key"), ("api_secret", "API secret"))
            if not _is_key(fields.get(name, ""))
        }
        zone = fields.get("clock", "").strip() or CLOCK
        if not _is_zone(zone):
            wrong["clock"] = f"Enter a time zone like {CLOCK}."
        if wrong:
            raise errors.RequestError("These fields cannot be used.", fields=wrong)
        access, secret = (Secret(fields[name].strip()) for name in ("api_key", "api_secret"))
        credentials = Credentials(access=access, secret=secret)
        clock = Clock(zone)
        asking = self._asking(credentials, clock)
        try:
            shop, idle = _describe(asking, clock)
        except errors.AuthExpired:
            refused = "ShipStation does not accept this key with this secret."
            raise errors.RequestError(refused, fields={"api_key": refused, "api_secret": refused}) from None
        warnings = [_ahead(asking, clock, self._means.now())]
        if idle:
            warnings.append(f"ShipStation calls these stores inactive: {', '.join(idle)}.")
        return Found(
            shop=shop,
            credentials=credentials,
            warnings=tuple(warning for warning in warnings if warning),
            expected_orders=_count_since(asking, clock, self._means.now() - timedelta(days=BACKFILL_DAYS)),
        )

    def open(self, connection: Connection, credentials: Credentials) -> "ShipStationAccount":
        """A paired account, ready to be asked."""
        clock = Clock(connection.traits.get("clock", CLOCK))
        return ShipStationAccount(
            self._asking(credentials, clock),
            clock=clock,
            stores=[store.id for store in connection.stores],
            currency=connection.currency,
            persons=connection.keeps_persons,
        )

    def revoke(self, connection: Connection, credentials: Credentials) -> None:
        """Do nothing: keys end only when the merchant makes new ones in ShipStation."""

    def _asking(self, credentials: Credentials, clock: Clock) -> Asking:
        pace = self._paces.setdefault(credentials.access, Pace(self._means.now, self._means.sleep))
        return Asking(self._means.http(), self._means.url or URL, credentials, pace, clock)


class ShipStationAccount:
    """The chosen stores of one paired account. `stores` are their ids; orders name theirs."""

    kind = "shipstation"

    def __init__(
        self, asking: Asking, *, clock: Clock, stores: Sequence[str], currency: str, persons: bool = False
    ) -> None:
        self._asking = asking
        self._clock = clock
        self._stores = frozenset(stores)
        self._currency = currency
        self._persons = persons
        self._roots: dict[str, str | None] = {}

    def read_shop(self) -> Shop:
        """Ask the account who it is: all its stores, active ones first."""
        return _describe(self._asking, self._clock)[0]

    def fetch_pages(self, window: Window, cursor: str | None = None) -> Iterator[Page]:
        """Yield the chosen stores' orders placed in `window`, oldest first.

        Once it shows that a former one was merged or split, that one comes again.
        """
        if window.start_at >= window.end_at:
            return
        start, end = self._around(window, MARGIN)
        place = Place.parse(cursor) if cursor else Place(start)
        decoder: msgspec.json.Decoder[Any] = _read_orders_and_persons if self._persons else _read_orders
        kin, related, sought = Kin(), dict[str, Order](), False
        for listed, following in self._asking.walk("OrderDate", decoder, place, end, self._only):
            chosen = self._chosen(listed)
            new = kin.learn(chosen)
            inside = [each for each in chosen if self._clock.instant(each.order_date, "orderDate") in window]
            if not sought and not all(map(kin.explains, inside)):
                new, sought = self._seek_kin(kin, inside, window) or new, True
            again = [now for was in related.values() if new and (now := self._placed(kin, was)) != was]
            orders = [
                self._placed(kin, parse_order(each, clock=self._clock, currency=self._currency)) for each in inside
            ]
            for payload, order in zip(inside, orders, strict=True):
                if payload.advanced_options.merged_or_split:
                    related[order.id] = order
            related.update((order.id, order) for order in again)
            yield Page((*again, *orders), following.text() if following else None, self._persons_of(inside))

    def count_orders(self, window: Window) -> int | None:
        """None: totals are counted between whole seconds of the wall clock, over stores and hours that are cut here, so no
        other question gives the same number."""
        return None

    def fetch_changes(self, since: datetime, until: datetime, cursor: str | None = None) -> Iterator[ChangesPage]:
        """Yield when the orders modified in `[since, until)` were placed, those modified first first.

        What was modified in the hour that comes twice counts as modified in both.
        """
        if since >= until:
            return
        start, end = self._around(Window(since, until), MARGIN)
        place = Place.parse(cursor) if cursor else Place(start)
        for listed, following in self._asking.walk("ModifyDate", _read_slim, place, end, self._only):
            placed, seen_until = [], None
            for order in listed:
                first, second = self._clock.readings(order.modify_date, "modifyDate")
                if second >= since and first < until:
                    seen_until = max(first, seen_until or first)
                    placed += [self._clock.instant(each.order_date, "orderDate") for each in self._chosen([order])]
            yield ChangesPage(tuple(placed), seen_until, following.text() if following else None)

    def find_order(self, number: str) -> tuple[datetime, ...]:
        """When the chosen stores' orders of this number were placed; case and a leading # do not matter.

        A number may come again in another store, and comes again where an order was split.
        """
        wanted = _bare(number)
        if not wanted or len(wanted) > NUMBER_CHARACTERS_MAX or not wanted.isprintable():
            return ()
        return self._numbered(wanted, wanted) or self._numbered(f"#{wanted}", wanted)

    def _numbered(self, start: str, wanted: str) -> tuple[datetime, ...]:
        """The search finds all numbers that start so, by their ids; what it finds is compared."""
        found, place = set[datetime](), Place(_NEVER)
        for _ in range(NUMBER_PAGES_MAX):
            query = {**self._only, "orderNumber": start, "page": place.page, "pageSize": PAGE_ORDERS}
            listed = self._asking.ask("/orders", query, _read_slim)
            check_page(listed, place)
            found.update(
                self._clock.instant(order.order_date, "orderDate")
                for order in self._chosen(listed.orders)
                if _bare(order.order_number).casefold() == wanted.casefold()
            )
            seen = place.seen + len(listed.orders)
            if seen >= listed.total:
                return tuple(sorted(found))
            place = Place(place.start, place.page + 1, seen, listed.total)
        raise errors.PermanentError(f"ShipStation has too many orders whose number starts with {start}.")

    # -- what both lists need

    @property
    def _only(self) -> Query:
        """One store is asked for by its id; of several, all orders are listed and cut here."""
        if not self._stores:
            raise errors.PermanentError("No store of this ShipStation account is chosen.")
        return {"storeId": next(iter(self._stores))} if len(self._stores) == 1 else {}

    def _chosen(self, listed: Sequence[S]) -> list[S]:
        return [order for order in listed if str(order.advanced_options.store_id) in self._stores]

    def _around(self, window: Window, margin: timedelta) -> tuple[datetime, datetime]:
        start, end = (self._clock.wall(at) for at in (window.start_at, window.end_at))
        return second_before(start - margin), end + margin

    def _seek_kin(self, kin: Kin, orders: Sequence[SlimOrder], window: Window) -> bool:
        """List the orders around the window for the kin of those that nothing explains: near ones first. Whether any was found.

        The first part of a split order stays unexplained where its other parts are far away, and any where there are more
        orders than are listed here; they count.
        """
        new = False
        for around in KIN_AROUND:
            start, end = self._around(window, around)
            pages = self._asking.walk("OrderDate", _read_slim, Place(start), end, self._only)
            for listed, _ in islice(pages, KIN_PAGES_MAX):
                new = kin.learn(self._chosen(listed)) or new
            if all(map(kin.explains, orders)):
                break
        return new

    def _placed(self, kin: Kin, order: Order) -> Order:
        """The order with what is known of its kin. One that was split off is billed with its root, so it takes its createDate."""
        order = kin.placed(order)
        if not order.root:
            return order
        if (created := kin.created(order.root) or self._created_of(order.root)) is None:
            return order
        return msgspec.structs.replace(order, created_at=self._clock.instant(created, "createDate"))

    def _created_of(self, id_: str) -> str | None:
        """The createDate of an order that was not listed; None if it is not there any more, or too many were asked for."""
        if id_ not in self._roots and len(self._roots) < ROOTS_MAX:
            try:
                self._roots[id_] = self._asking.ask(f"/orders/{id_}", {}, _read_root).create_date
            except (errors.AuthExpired, errors.UnreadablePayload):
                raise
            except errors.PermanentError:
                self._roots[id_] = None
        return self._roots.get(id_)

    def _persons_of(self, payloads: Sequence[OrderPayload]) -> dict[str, Person] | None:
        if not self._persons:
            return None
        found = ((each.order_id, parse_person(each)) for each in payloads if isinstance(each, OrderWithPerson))
        return {str(id_): person for id_, person in found if person is not None}


def _describe(asking: Asking, clock: Clock) -> tuple[Shop, list[str]]:
    """The account, and the names of its inactive stores."""
    listed = asking.ask("/stores", {"showInactive": "true"}, _read_stores)
    if not listed or len(listed) > STORES_MAX:
        raise errors.PermanentError("The ShipStation account has no stores." if not listed else "It has too many.")
    stores = sorted(listed, key=lambda store: (not store.active, store.store_id))
    by_id = sorted(listed, key=lambda store: store.store_id)
    names = (" ".join((store.company_name or "").split()) for store in by_id)
    shop = Shop(
        account=str(by_id[0].store_id),
        domain=HOST,
        name=next(filter(None, names), KIND.name),
        zone=None,
        currency=None,
        stores=tuple(Store(id=str(store.store_id), name=store.store_name) for store in stores),
        traits={"clock": clock.zone},
    )
    return shop, [store.store_name for store in stores if not store.active]


def _ahead(asking: Asking, clock: Clock, now: datetime) -> str:
    """A warning if the newest order would lie in the future, else ""."""
    query: Query = {"sortBy": "CreateDate", "sortDir": "DESC", "page": 1, "pageSize": 1}
    newest = asking.ask("/orders", query, _read_counted).orders[:1]
    if any(clock.instant(each.create_date, "createDate") > now + AHEAD_MAX for each in newest):
        return f"The newest order would lie in the future: the account's clock is probably not {clock.zone}."
    return ""


def _count_since(asking: Asking, clock: Clock, since: datetime) -> int:
    start = clock.wall(since)
    query: Query = {"orderDateStart": f"{start:%Y-%m-%d %H:%M:%S}", "page": 1, "pageSize": 1}
    return asking.ask("/orders", query, _read_counted).total


def _is_key(text: str) -> bool:
    key = text.strip()
    return 4 <= len(key) <= 200 and key.isascii() and key.isprintable() and not set(key) & {" ", ":"}


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, not a name, a folder
        return False
    return True


def _bare(number: str) -> str:
    return number.strip().removeprefix("#").strip()
