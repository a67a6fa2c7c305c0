"""Orders that come twice: finding stores whose orders also come through another connection, and linking them.

Suggestions are made from what is stored; a link is a setting of the connection whose store is the mirror. Linking or unlinking
sums all days that are here again under the new setting, for which the merchant's word is needed and enough.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import DAY
from chalicelib.domain.mirrors import Originals
from chalicelib.domain.order_settings import Mirror
from chalicelib.domain.orders import Order
from chalicelib.domain.sentences import counted
from chalicelib.domain.work import DayKey, Head

if TYPE_CHECKING:
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.days import Days
    from chalicelib.storage.known import Known
    from chalicelib.storage.revisions import Revisions
    from chalicelib.workflows.change import Change
    from chalicelib.workflows.pair import Note
    from chalicelib.workflows.syncs import RunSyncs

RECENT_DAYS = 30
# Of the orders of a store, one in so many also comes through another connection if the store is fed by it. Fewer are alike by
# chance, or made by hand, and linking would take the others out of the books.
ONE_IN = 10
ORDERS_MAX = 2_000
TOLD_AGAIN_S = 30 * 86_400


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A store and a connection through which its orders also come: `agreed` of its `orders` placed from `first` to `last`."""

    store: str
    connection: str
    agreed: int
    orders: int
    first: date
    last: date
    linked: bool


class Mirrors:
    """`may_mirror` is whether a kind's stores may hold what other channels sold."""

    def __init__(
        self,
        *,
        connections: "Connections",
        days: "Days",
        revisions: "Revisions",
        known: "Known",
        change: "Change",
        syncs: "RunSyncs",
        may_mirror: Callable[[str], bool],
        note: "Note",
    ) -> None:
        self._connections = connections
        self._days = days
        self._revisions = revisions
        self._known = known
        self._change = change
        self._syncs = syncs
        self._may_mirror = may_mirror
        self._note = note

    def seen(self, connection: Connection, today: date) -> tuple[Seen, ...]:
        """Which stores look like mirrors in the last 30 days, or in fewer if they have more than 2,000 orders; and the links.

        Those with the most orders that agree come first.
        """
        links = {mirror.store: mirror.connection for mirror in connection.settings.mirrors}
        if not self._may_mirror(connection.kind):
            return ()
        agreed: Counter[tuple[str, str]] = Counter()
        orders: Counter[str] = Counter()
        first = today
        originals = Originals()
        self._add(originals, connection, (today + DAY, today))
        for day in (today - n * DAY for n in range(RECENT_DAYS)):
            first = day
            self._add(originals, connection, (day - DAY,))
            for order in self._orders(DayKey(connection.workspace, connection.id, day)):
                orders[order.store] += 1
                if original := originals.of(order):
                    agreed[order.store, original] += 1
            if orders.total() >= ORDERS_MAX:
                break
        fed = {pair for pair, orders_alike in agreed.items() if orders_alike * ONE_IN >= orders[pair[0]]}
        pairs = sorted({*fed, *links.items()}, key=lambda pair: (-agreed[pair], pair))
        return tuple(
            Seen(
                store=store,
                connection=other,
                agreed=agreed[store, other],
                orders=orders[store],
                first=first,
                last=today,
                linked=links.get(store) == other,
            )
            for store, other in pairs
        )

    def also_in(self, connection: Connection, orders: Iterable[tuple[date, Order]]) -> Mapping[str, str]:
        """Of these orders with their days, by id, the connection through which they also came."""
        if not self._may_mirror(connection.kind):
            return {}
        by_day: dict[date, list[Order]] = {}
        for day, order in orders:
            by_day.setdefault(day, []).append(order)
        links = {mirror.store: mirror.connection for mirror in connection.settings.mirrors}
        found: dict[str, str] = {}
        for day, listed in by_day.items():
            originals = Originals()
            self._add(originals, connection, (day - DAY, day, day + DAY))  # whatever the zones of the others
            for order in listed:
                if other := links.get(order.store) or originals.of(order):
                    found[order.id] = other
        return found

    def link(self, who: SignedIn, connection: Connection, links: Iterable[Mirror]) -> str | None:
        """Replace the connection's links and sum its days again. The sync's id; None if nothing changed or no day is here.

        Raises RequestError naming the field, OutOfDate if somebody changed the settings meanwhile.
        """
        mirrors = tuple(sorted(set(links)))
        self._check(connection, mirrors)
        was = connection.settings
        if mirrors == was.mirrors:
            return None
        settings = msgspec.structs.replace(was, version=was.version + 1, mirrors=mirrors)
        about = f"connection {connection.id}"
        self._change.note(who, about, was, settings)
        if not self._connections.change_settings(connection, settings):
            raise errors.OutOfDate(self._change.told(connection.workspace, about))
        changed = msgspec.structs.replace(connection, settings=settings)
        days = [head.key.day for head in self._here(changed)]
        if not days:
            return None
        return self._syncs.of_days(changed, days, actor=who.email, reason="settings").id

    def tell(self, connection: Connection, today: date) -> None:
        """Warn, once in a while, of each store that counts twice, and of each that counts nowhere any more."""
        if not self._may_mirror(connection.kind):
            return
        names = {store.id: store.name for store in connection.stores}
        others = {each.id: each for each in self._connections.list(connection.workspace)}
        linked = {mirror.store for mirror in connection.settings.mirrors}
        for seen in self.seen(connection, today):
            store, other = names.get(seen.store, connection.name), others[seen.connection]
            if seen.linked and other.state != "paired":
                text = (
                    f"{other.name} is disconnected, and orders of {store}, which is linked to it, do not count: "
                    f"unlink the two under {connection.name} if they shall."
                )
            elif seen.store not in linked:
                text = (
                    f"{seen.agreed} of {counted(seen.orders, 'order', 'orders')} of {store} also came through "
                    f"{other.name}: they count twice until you link the two under {connection.name}."
                )
            else:
                continue
            name = f"{connection.id} {seen.store} {seen.connection} {seen.linked}"
            if self._known.add("mirror", name, kept_s=TOLD_AGAIN_S):
                self._note(connection.workspace, "warning", text, connection_id=connection.id)

    def _check(self, connection: Connection, mirrors: tuple[Mirror, ...]) -> None:
        stores = {store.id for store in connection.stores}
        others = {each.id for each in self._others(connection)}
        wrong = {}
        if mirrors and not self._may_mirror(connection.kind):
            wrong["links"] = "Stores of this channel hold no orders of others."
        elif len({mirror.store for mirror in mirrors}) < len(mirrors):
            wrong["links"] = "A store can be linked to one connection only."
        elif any(mirror.store not in stores for mirror in mirrors):
            wrong["links"] = "Choose among the stores of this connection."
        elif any(mirror.connection not in others for mirror in mirrors):
            wrong["links"] = "Choose another connection, through which the orders come first."
        if wrong:
            raise errors.RequestError("These stores cannot be linked.", wrong)

    def _others(self, connection: Connection) -> list[Connection]:
        """The connections whose orders may be mirrored."""
        return [
            each
            for each in self._connections.list(connection.workspace)
            if each.state != "parting" and not self._may_mirror(each.kind)
        ]

    def _here(self, connection: Connection) -> list[Head]:
        heads = self._days.list(connection.workspace, date.min, date.max)
        return [head for head in heads if head.key.connection == connection.id and head.live is not None]

    def _add(self, originals: Originals, connection: Connection, days: Iterable[date]) -> None:
        """Add the orders that other connections have on these days."""
        for other in self._others(connection):
            for day in days:
                originals.add(other.id, self._orders(DayKey(other.workspace, other.id, day)))

    def _orders(self, key: DayKey) -> list[Order]:
        """The day's live orders; none if they are being replaced, for this is a look, not a sum."""
        head = self._days.read(key)
        revision = self._revisions.read(key, head.live) if head is not None and head.live else None
        try:
            return list(self._revisions.orders(key, revision)) if revision else []
        except errors.TornRead:
            return []
