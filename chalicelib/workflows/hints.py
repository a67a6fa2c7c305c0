"""What channels tell us unasked, and what it moves: mostly that it is time to look for changes.

A hint is never believed further than that. It moves the connection's next look to half a minute from now; many hints are one
look, and while they keep coming there is one in a quarter of an hour. Hints that come again within a day do nothing. All of
it may be lost: the night looks anyway.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from chalicelib.domain.activity import Level
from chalicelib.domain.connections import Connection
from chalicelib.domain.sentences import counted

if TYPE_CHECKING:
    from chalicelib.storage.agenda import Agenda
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.known import Known
    from chalicelib.storage.shop_domains import ShopDomains

SOON_S = 30
HINTED_EVERY_S = 900
REMEMBERED_S = 86_400
TRIES_MAX = 3

About = Literal["changes", "left", "data_request", "erase_orders", "erase_shop"]
Taken = Literal["taken", "known", "unknown shop"]


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """A genuine hint of the shop at `domain`. `name` tells it from all others; `orders` are the ids it names.

    `at` is when it happened there, None where the channel does not say.
    """

    kind: str
    domain: str
    about: About
    name: str
    at: datetime | None = None
    orders: tuple[str, ...] = ()


class Erase(Protocol):
    """Erases what is kept of the persons behind these orders, or behind all of the shop's if None. May be called again."""

    def __call__(self, connection: Connection, order_ids: tuple[str, ...] | None) -> None: ...


class Tell(Protocol):
    """Writes a line of activity."""

    def __call__(self, workspace: str, level: Level, text: str, *, connection_id: str | None) -> None: ...


class Hints:
    """Takes hints. What is done is done before the hint is remembered, so one that dies halfway is sent and taken again."""

    def __init__(
        self,
        *,
        domains: "ShopDomains",
        connections: "Connections",
        agenda: "Agenda",
        known: "Known",
        erase: Erase,
        tell: Tell,
        now: Callable[[], datetime],
    ) -> None:
        self._domains = domains
        self._connections = connections
        self._agenda = agenda
        self._known = known
        self._erase = erase
        self._tell = tell
        self._now = now

    def take(self, hint: Hint) -> Taken:
        """Do what the hint is for, once. Raises StorageError when the table does not answer."""
        found = self._domains.find(hint.kind, hint.domain)
        connection = self._connections.get(*found) if found else None
        if connection is None:
            return "unknown shop"
        name = f"{connection.id} {hint.about} {hint.name}"
        if self._known.has("hint", name):
            return "known"
        match hint.about:
            case "changes":
                self._look_soon(connection)
            case "left":
                self._leave(connection, hint)
            case "data_request":
                self._tell_request(connection, hint)
            case "erase_orders":
                self._erase(connection, hint.orders)
                orders = counted(len(hint.orders), "order", "orders")
                self._say(connection, "info", f"{connection.name} asked to erase a customer: {orders} cleared of it.")
            case "erase_shop":
                self._erase(connection, None)
                self._say(connection, "info", f"{connection.name} asked to erase its customers: all orders cleared.")
        self._known.add("hint", name, kept_s=REMEMBERED_S)
        return "taken"

    def _look_soon(self, connection: Connection) -> None:
        """Move the next look up, unless one comes soon anyhow that will see what the hint is about."""
        if connection.state != "paired" or connection.sign_in_needed:
            return
        for _ in range(TRIES_MAX):
            due = self._agenda.connection(connection.id)
            if due is None:
                return
            now = int(self._now().timestamp())
            soon = max(now + SOON_S, max(due.looked_at, due.look_sent_at) + HINTED_EVERY_S)
            # A look that is on its way may have asked the channel before this happened.
            on_its_way = 0 < due.look_at <= now and due.look_sent_at >= due.look_at
            later = due.look_at == 0 or due.look_at > soon
            if not (on_its_way or later) or self._agenda.look_by(due, soon):
                return

    def _leave(self, connection: Connection, hint: Hint) -> None:
        """The shop took our access away. One that happened before the shop was paired again is old; one without a date is
        looked into, for a look finds out."""
        if connection.state != "paired" or connection.sign_in_needed:
            return
        if hint.at is None:
            self._look_soon(connection)
        elif hint.at >= connection.paired_at and self._connections.mark_sign_in_needed(
            connection.workspace, connection.id, epoch=connection.epoch
        ):
            text = f"{connection.name} has removed Daybook. What is here stays; connect it again to go on."
            self._say(connection, "warning", text)

    def _tell_request(self, connection: Connection, hint: Hint) -> None:
        orders = counted(len(hint.orders), "order", "orders")
        text = (
            f"{connection.name} passes on that a customer asks for their data ({orders}). Please answer within 30 days."
        )
        self._say(connection, "warning", text)

    def _say(self, connection: Connection, level: Level, text: str) -> None:
        self._tell(connection.workspace, level, text, connection_id=connection.id)
