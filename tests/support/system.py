"""Daybook on one table with a clock, a queue and a shop that tests hold in their hands."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count

import msgspec

from chalicelib.bootstrap import Outside, System
from chalicelib.channels import ChangesPage, Page
from chalicelib.channels import Shop as Described
from chalicelib.domain.connections import Connection, Credentials, StoreName, connection_id
from chalicelib.domain.days import Window, day_of
from chalicelib.domain.order_settings import Summary
from chalicelib.domain.orders import Order
from chalicelib.domain.persons import Person
from chalicelib.domain.rereads import reread_after
from chalicelib.domain.secret import Secret
from chalicelib.domain.work import ChangesMessage, DayKey, DayMessage, Due, Message, OrderMessage, Queue, SealMessage
from chalicelib.settings import Settings
from chalicelib.storage.table import Table
from tests.support.people import CHEAP

ZONE = "America/New_York"
SETTINGS = Settings(
    plan_queue_url="plan",
    sync_queue_url="sync",
    backfill_queue_url="backfill",
    base_url="http://127.0.0.1:8080",
    agenda_partitions=4,
)


class PlainSealer:
    """Seals nothing; the real ones have tests of their own."""

    def seal(self, plain: bytes, context: dict[str, str]) -> bytes:
        return plain

    def open(self, sealed: bytes, context: dict[str, str]) -> bytes:
        return sealed


class Shop:
    """A shop that answers from a list of orders, and fails as it is told to."""

    def __init__(self, zone: str = ZONE, page_size: int = 50) -> None:
        self.orders: dict[date, list[Order]] = {}
        self.failures: list[Exception] = []
        self.wrong_counts = 0
        self.fetches = self.searches = 0
        self.persons: dict[str, Person] = {}
        self.asked_for_persons = False
        self.changes: list[tuple[datetime, datetime]] = []
        self.looks: list[tuple[datetime, datetime]] = []
        self._zone = zone
        self._page_size = page_size

    def read_shop(self) -> Described:
        """It is still called what it was paired as."""
        return Described(account="99", domain="", name="Northwind Supply", zone=self._zone, currency="USD", stores=())

    def fetch_pages(self, window: Window, cursor: str | None = None) -> Iterator[Page]:
        self.fetches += 1
        if self.failures:
            raise self.failures.pop(0)
        orders = self._orders_in(window)
        for first in range(int(cursor or 0), max(len(orders), 1), self._page_size):
            after = first + self._page_size
            page = tuple(orders[first:after])
            who = {order.id: self.persons[order.id] for order in page if order.id in self.persons}
            yield Page(page, str(after) if after < len(orders) else None, who if self.asked_for_persons else None)

    def find_order(self, number: str) -> tuple[datetime, ...]:
        self.searches += 1
        if self.failures:
            raise self.failures.pop(0)
        orders = [order for orders in self.orders.values() for order in orders]
        return tuple(order.placed_at for order in orders if order.number.lstrip("#") == number.lstrip("#"))

    def count_orders(self, window: Window) -> int | None:
        self.wrong_counts -= 1
        return len(self._orders_in(window)) + (self.wrong_counts >= 0)

    def fetch_changes(self, since: datetime, until: datetime, cursor: str | None = None) -> Iterator[ChangesPage]:
        """What was put in `changes`, two a page: (when the order was updated, when it was placed)."""
        self.looks.append((since, until))
        if self.failures:
            raise self.failures.pop(0)
        found = sorted(change for change in self.changes if since <= change[0] < until)
        for first in range(int(cursor or 0), max(len(found), 1), 2):
            page, after = found[first : first + 2], first + 2
            last = page[-1][0] if page else None
            yield ChangesPage(tuple(at for _, at in page), last, str(after) if after < len(found) else None)

    def _orders_in(self, window: Window) -> list[Order]:
        return [order for orders in self.orders.values() for order in orders if order.placed_at in window]


class HeldQueues:
    """Messages wait here until a test lets them be worked; those that are not about a day apart."""

    def __init__(self) -> None:
        self.messages: list[DayMessage] = []
        self.others: list[ChangesMessage | OrderMessage | SealMessage] = []
        self.dedups: list[str] = []

    def send_messages(self, queue: Queue, messages: Sequence[tuple[Message, str]]) -> list[Message]:
        for message, dedup in messages:
            self.dedups.append(dedup)
            if isinstance(message, DayMessage):
                self.messages.append(message)
            else:
                self.others.append(message)
        return []

    def send_plans(self, shares: Sequence[tuple[int, ...]]) -> int:
        return 0


class Daybook(System):
    """The real system over a handed-in table, with one paired shop."""

    def __init__(self, table: Table, settings: Settings = SETTINGS) -> None:
        self.clock = datetime(2026, 7, 5, 12, tzinfo=UTC)
        self.shop = Shop()
        self.held = HeldQueues()
        outside = Outside(
            table=table,
            queues=self.held,  # type: ignore[arg-type]
            sealer=PlainSealer(),
            now=lambda: self.clock,
            random=os.urandom,
            jitter=lambda: 0.5,
            ticks=count().__next__,  # nobody in tests asks too fast, unless that is tested
            cost=CHEAP,
        )
        super().__init__(settings, outside)

    def open_channel(self, connection: Connection, *, renew: bool) -> Shop:  # type: ignore[override]
        self.shop.asked_for_persons = connection.keeps_persons
        return self.shop

    def plan_year(self, workspace: str, at: datetime) -> str:
        return "2026-01-01"

    def pair_shop(self, workspace: str = "w1", account: str = "99") -> Connection:
        """A paired connection, without the walk through a browser."""
        paired = Connection(
            workspace=workspace,
            id=connection_id(workspace, "shopify", account),
            kind="shopify",
            account=account,
            domain="northwind-supply.myshopify.com",
            name="Northwind Supply",
            zone=ZONE,
            currency="USD",
            stores=(StoreName("", "Northwind Supply"),),
            state="paired",
            epoch=1,
            colour=1,
            reach_days=None,
            sign_in_needed=False,
            credentials_version=1,
            paired_at=self.clock,
        )
        credentials = Credentials(
            access=Secret("token"), refresh=None, expires_at=None, refresh_expires_at=None, scopes=()
        )
        assert self.connections.pair(None, paired, credentials)
        yesterday = day_of(self.clock, ZONE) - timedelta(days=1)
        night = int((self.clock + timedelta(days=1)).replace(hour=5, minute=45).timestamp())
        self.agenda.put_connection(
            Due(
                workspace=workspace,
                connection=paired.id,
                next_at=night,
                asked_through=yesterday,
                looked_at=int(self.clock.timestamp()),
                look_at=night,
                reread_at=int(reread_after(self.clock, paired.id).timestamp()),
            )
        )
        return paired

    def switch(self, connection: Connection, summary: Summary) -> Connection:
        """Write other order settings, and no more than that."""
        seen = self.connections.get(connection.workspace, connection.id)
        assert seen is not None
        settings = msgspec.structs.replace(seen.settings, version=seen.settings.version + 1, summary=summary)
        assert self.connections.change_settings(seen, settings)
        return msgspec.structs.replace(seen, settings=settings)

    def ask_day(self, connection: Connection, day: date) -> DayKey:
        key = DayKey(connection.workspace, connection.id, day)
        self.ask.ask([key], "sync", by_person=True)
        return key

    def work(self) -> Counter[str]:
        """Let every waiting message be worked; how they ended."""
        outcomes: Counter[str] = Counter()
        while self.held.messages:
            outcomes[self.sync_day.run(self.held.messages.pop(0)).outcome] += 1
        return outcomes

    def seek(self) -> Counter[str]:
        """Let every waiting order be looked for; how that ended."""
        sought = [message for message in self.held.others if isinstance(message, OrderMessage)]
        self.held.others = [message for message in self.held.others if not isinstance(message, OrderMessage)]
        return Counter(self.find_order.run(message).outcome for message in sought)

    def look(self) -> Counter[str]:
        """Let every waiting look for changes be made; how they ended."""
        looks = [message for message in self.held.others if isinstance(message, ChangesMessage)]
        self.held.others = [message for message in self.held.others if not isinstance(message, ChangesMessage)]
        return Counter(self.notice.run(message).outcome for message in looks)

    def sweep(self) -> None:
        self.plan.plan(range(self.settings.agenda_partitions))

    def pass_time(self, **time: float) -> None:
        self.clock += timedelta(**time)

    def said(self, workspace: str = "w1") -> list[str]:
        """All lines of activity, newest first."""
        lines = [
            line
            for level in ("info", "warning", "error")
            for line in self.activity.list(workspace, level, before="9", after="0", now=self.clock)
        ]
        return [f"{line.level}: {line.text}" for line in sorted(lines, key=lambda line: line.id, reverse=True)]
