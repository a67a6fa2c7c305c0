"""What must hold after every write (RELIABILITY 3), and what must hold at rest.

The checker is told of each change of the table and reads raw items by storage's decoders; what it expects it works out by
itself: the shop's states from the shop, sums from orders, what is owed from heads.
"""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from chalicelib.domain.days import day_of
from chalicelib.domain.facts import digest, unpack_orders
from chalicelib.domain.orders import Amounts, Order
from chalicelib.domain.work import DayKey, DocumentVersion, Head, Revision
from chalicelib.storage import days as days_storage
from chalicelib.storage import shelves as shelves_storage
from chalicelib.storage.connections import ConnectionItem
from chalicelib.storage.models import DayHead, DocumentHead, ShelfHead, key
from chalicelib.storage.shelves import Shelf
from tests.sim.engine import WatchedEngine
from tests.sim.scheduler import Scheduler
from tests.sim.shop import Shop
from tests.support.memory import Raw

_revision_decoder = msgspec.msgpack.Decoder(Revision)
_document_decoder = msgspec.msgpack.Decoder(DocumentVersion)

Figures = tuple[int, int, Amounts]
NO_FIGURES: Figures = (0, 0, Amounts())


class Fetch(msgspec.Struct):
    """In which states of the shop an attempt's fetch began and ended."""

    began: int
    ended: int | None = None


class Seen(msgspec.Struct):
    """What was last seen of a day."""

    head: Head | None = None
    asks: dict[int, int] = {}
    live_ended: int = 0


class Checker:
    """Watches one connection. `wrong` of the scheduler collects what it finds."""

    def __init__(
        self, engine: WatchedEngine, scheduler: Scheduler, shop: Shop, workspace: str, connection: str, zone: str
    ) -> None:
        self._engine = engine
        self._scheduler = scheduler
        self._shop = shop
        self._workspace, self._connection, self._zone = workspace, connection, zone
        self.state, self.epoch, self._parted = "", 0, 0
        self._credentials_version = 0
        self.fetches: dict[str, Fetch] = {}
        self._bodies: dict[tuple[str, str], bytes] = {}
        self._days: dict[date, Seen] = defaultdict(Seen)
        self._orders: dict[str, dict[str, Order]] = {}
        self._shelves: dict[str, Shelf] = {}
        self._on_shelf: dict[str, set[str]] = {}
        self._shown: set[str] = set()
        self._years: dict[str, set[str]] = defaultdict(set)
        self._documents: dict[date, DocumentVersion] = {}
        engine.changed = self.changed

    def wrong(self, what: str) -> None:
        self._scheduler.wrong.append(what)
        self._scheduler.note(f"WRONG: {what}")

    @property
    def shelf_names(self) -> Iterable[str]:
        return self._shelves.keys()

    @property
    def touched_days(self) -> list[date]:
        """Days with orders, with events, or with a document."""
        events = {date.fromisoformat(pk.split("#")[2]) for pk, _, _ in self._engine.items() if pk.startswith("EVENTS#")}
        return sorted({*self._days, *self._documents, *events})

    # -- after every write

    def changed(self, pk: str, sk: str, item: Raw | None) -> None:
        kind = pk.partition("#")[0]
        if kind == "DAYS":
            self._head_changed(sk, item)
        elif kind in ("PARTS", "EVENTS") or (kind == "SHELVES" and sk.startswith("PART#")):
            self._part_changed(pk, sk, item)
        elif kind == "SHELVES":
            self._shelf_changed(sk.partition("#")[2])
        elif kind == "DOCS":
            self._document_changed(sk, item)
        elif kind == "WS" and sk.startswith("CONNECTION#"):
            self._connection_changed(item)

    def _connection_changed(self, raw: Raw | None) -> None:
        """I15 and I17: no secret outside pairing; a token pair was issued together; nothing goes back."""
        item = ConnectionItem.from_raw_data(raw)
        state, epoch, version = item.state, int(item.epoch), int(item.credentials_version)
        if epoch < self.epoch or version < self._credentials_version:
            self.wrong("I17 a connection went back")
        if (item.sealed is not None) != (state == "paired"):
            self.wrong(f"I17 a secret while {state}")
        if item.sealed is not None and len(set(re.findall(rb"(?:access|refresh) (\d+)", item.sealed))) != 1:
            self.wrong("I15 a stored pair was not issued together")
        if state == "parting":
            self._parted = epoch
        self.state, self.epoch, self._credentials_version = state, epoch, version
        for day in self._days:
            self._show(day)
        self._usage()

    def _part_changed(self, pk: str, sk: str, item: Raw | None) -> None:
        if item is not None:
            body = item["body"]["B"]
            if self._bodies.setdefault((pk, sk), body) != body:
                self.wrong(f"I6 {sk} was written anew with other content")
            return
        kind, *names = sk.split("#")
        if kind in ("REV", "SET"):
            self._whole(date.fromisoformat(pk.split("#")[2]))
        elif kind == "EV":
            self._whole(date.fromisoformat(names[0]))
        elif kind == "DOC":
            self._document_whole(date.fromisoformat(pk.split("#")[2]))
        else:
            self._shelf_changed(names[0])

    def _head_changed(self, sk: str, item: Raw | None) -> None:
        day = date.fromisoformat(sk.partition("#")[0])
        seen = self._days[day]
        was = seen.head or Head(key=self._key(day))
        if item is None:
            self.wrong(f"a head was deleted: {day}")
            return
        head = seen.head = self._head(day, item)
        for n in range(was.requested + 1, head.requested + 1):
            seen.asks[n] = len(self._shop.history) - 1
        if head.served < was.served:
            self.wrong(f"I7 served went back on {day}")
        if head.live != was.live:
            self._published(day, was, head)
        if head.served > was.served:
            fetch = self.fetches.get(was.attempt.id) if was.attempt else None
            if fetch is None or fetch.began < seen.asks.get(head.served, 0):
                self.wrong(f"I7 an ask of {day} was answered by an older fetch")
        self._whole(day)
        self._usage()

    def _published(self, day: date, was: Head, head: Head) -> None:
        assert head.live is not None
        seen = self._days[day]
        revision = self._revision(day, head.live)
        orders = self._orders_of(day, revision) if revision else None
        fetch = self.fetches.get(head.live)
        if was.attempt is None or was.attempt.id != head.live or fetch is None:
            self.wrong(f"I7 somebody published {day} without holding it")
            return
        if revision is None or orders is None:
            self.wrong(f"I4 {day} was published with a hole")
            return
        if (revision.number, revision.predecessor) != (was.revision + 1, was.live) or head.revision != revision.number:
            self.wrong(f"I6 revision {revision.number} of {day} does not follow {was.revision}")
        if not revision.cause or not revision.actor or revision.digest != head.digest:
            self.wrong(f"I6 the revision of {day} does not say what it is")
        if fetch.began < seen.live_ended:
            self.wrong(f"I7 an older fetch of {day} replaced a newer one")
        seen.live_ended = len(self._shop.history) - 1 if fetch.ended is None else fetch.ended
        self._complete(day, orders, fetch)
        if self.state != "parting" and (self.state != "paired" or revision.epoch <= self._parted):
            self.wrong(f"I17 {day} of epoch {revision.epoch} was published while {self.state} in epoch {self.epoch}")
        for id_, order in orders.items():
            if order.excluded is None:
                self._years[id_].add(head.due_year)
        self._show(day)

    def _complete(self, day: date, orders: dict[str, Order], fetch: Fetch) -> None:
        """I1: what was there all the time is in it; what is in it was there at some time."""
        states = [
            state[day] for state in self._shop.history[fetch.began : None if fetch.ended is None else fetch.ended + 1]
        ]
        always = set.intersection(*map(set, states))
        if missing := always - orders.keys():
            self.wrong(f"I1 {sorted(missing)} missing in {day}")
        for id_, order in orders.items():
            if not any(state.get(id_) == order for state in states):
                self.wrong(f"I1 {id_} was never so in {day}")

    def _whole(self, day: date) -> None:
        """I4: everything that the head names is there, through the whole chain, and what a running attempt inherited."""
        head = self._days[day].head
        if head is None:
            return
        parts = self._engine.partition(self._parts_pk(day))
        for attempt, k in head.attempt.parts if head.attempt else ():
            if key("SET", attempt, f"{k:05}") not in parts:
                self.wrong(f"I4 a chunk that a running attempt of {day} needs is gone")
        number = head.revision
        for revision in self._chain(day, head):
            if revision is None:
                self.wrong(f"I4 revision {number} of {day} is gone")
                return
            if revision.number != number:
                self.wrong(f"I6 revision {revision.number} of {day} stands in place of {number}")
            number -= 1
            if self._orders_of(day, revision) is None:
                self.wrong(f"I4 revision {revision.number} of {day} has a hole")
            for on in revision.event_days:
                if key("EV", day.isoformat(), revision.attempt) not in self._engine.partition(self._events_pk(on)):
                    self.wrong(f"I4 events of {day} on {on} are gone")
        if number != 0:
            self.wrong(f"I6 the chain of {day} is broken")

    def _chain(self, day: date, head: Head) -> Iterator[Revision | None]:
        live = head.live
        while live is not None:
            revision = self._revision(day, live)
            yield revision
            live = revision.predecessor if revision else None

    def _revision(self, day: date, attempt: str) -> Revision | None:
        item = self._engine.partition(self._parts_pk(day)).get(key("REV", attempt))
        return _revision_decoder.decode(zlib.decompress(item["body"]["B"])) if item else None

    def _orders_of(self, day: date, revision: Revision) -> dict[str, Order] | None:
        """The revision's orders; None if a chunk is gone. Its bytes never change, so they are read and added up once."""
        parts = self._engine.partition(self._parts_pk(day))
        chunks = [[parts.get(key("SET", revision.attempt, f"{k:05}")) for k in numbers] for numbers in revision.chunks]
        if any(chunk is None for piece in chunks for chunk in piece):
            return None
        if revision.attempt not in self._orders:
            pieces = [*revision.orders, *(b"".join(chunk["body"]["B"] for chunk in piece) for piece in chunks)]  # type: ignore[index]
            packed = [zlib.decompress(piece) for piece in pieces]
            if digest(revision.state.encode(), *packed) != revision.digest:
                self.wrong(f"I4 the content of {day} is not what its digest says")
            orders = [order for piece in packed for order in unpack_orders(piece)]
            if len({order.id for order in orders}) < len(orders):
                self.wrong(f"I1 an order is twice in {day}")
            self._orders[revision.attempt] = {order.id: order for order in orders}
        return self._orders[revision.attempt]

    # -- usage

    def _show(self, day: date) -> None:
        head = self._days[day].head
        if self.state == "paired" and head is not None and head.live is not None:
            self._shown |= self._counting(day, head.live)

    def _counting(self, day: date, attempt: str | None) -> set[str]:
        revision = self._revision(day, attempt) if attempt else None
        orders = self._orders_of(day, revision) if revision else None
        return {id_ for id_, order in (orders or {}).items() if order.excluded is None}

    def _shelf_changed(self, name: str) -> None:
        pk = next((pk for pk, sk, _ in self._engine.items() if pk.startswith("SHELVES#")), "")
        raw = self._engine.partition(pk).get(key("HEAD", name))
        if raw is None:
            return
        shelf = shelves_storage._shelf(ShelfHead.from_raw_data(raw))
        was = self._shelves.get(name, Shelf())
        if shelf.version < was.version:
            self.wrong(f"I2 shelf {name} went back")
        self._shelves[name] = shelf
        counts: Counter[str] = Counter()
        here: set[str] = set()
        for part in shelf.parts:
            item = self._engine.partition(pk).get(part)
            if item is None:
                self.wrong(f"I2 a part of shelf {name} is gone")
                return
            for year, ids in shelves_storage._unpack(item["body"]["B"]).items():
                if here & ids:
                    self.wrong(f"I2 counted twice on shelf {name}: {sorted(here & ids)}")
                here |= ids
                counts[year] += len(ids)
                for id_ in ids:
                    if year not in self._years[id_]:
                        self.wrong(f"I2 {id_} counted in {year}, shown in {sorted(self._years[id_])}")
        if counts != Counter(shelf.counts):
            self.wrong(f"I2 shelf {name} says {dict(shelf.counts)}, its parts {dict(counts)}")
        self._on_shelf[name] = here
        self._usage()

    def _usage(self) -> None:
        """I2: every order ever shown is counted once, or owed by a head; none is counted that was not shown."""
        counted: set[str] = set()
        for ids in self._on_shelf.values():
            if counted & ids:
                self.wrong(f"I2 counted on two shelves: {sorted(counted & ids)}")
            counted |= ids
        if early := counted - self._shown:
            self.wrong(f"I2 billed before it was shown: {sorted(early)}")
        missing = self._shown - counted
        for day in self._days if missing else ():
            head = self._days[day].head
            revision = self._revision(day, head.due) if head is not None and head.due else None
            if revision is not None:
                missing -= self._counting(day, revision.attempt) - self._counting(day, revision.predecessor)
        if missing:
            self.wrong(f"I2 shown, neither counted nor owed: {sorted(missing)}")

    # -- documents

    def _document_changed(self, sk: str, item: Raw | None) -> None:
        day = date.fromisoformat(sk.partition("#")[0])
        if item is None:
            self.wrong(f"a document head was deleted: {day}")
            return
        head = DocumentHead.from_raw_data(item)
        version = _document_decoder.decode(head.body)
        was = self._documents.get(day)
        if was is not None and was.attempt == version.attempt:
            return
        self._documents[day] = version
        if version.number != (was.number if was else 0) + 1 or version.predecessor != (was.attempt if was else None):
            self.wrong(f"I6 version {version.number} of the document of {day} does not follow")
        if was is not None and was.digest == version.digest:
            self.wrong(f"I5 the document of {day} has a new version that says the same")
        self._document_whole(day)

    def _document_whole(self, day: date) -> None:
        version: DocumentVersion | None = self._documents.get(day)
        parts = self._engine.partition(self._parts_pk(day))
        while version is not None:
            if key("DOC", version.attempt) not in parts:
                self.wrong(f"I4 version {version.number} of the document of {day} is gone")
                return
            before = parts.get(key("DOC", version.predecessor)) if version.predecessor else None
            if version.predecessor and before is None:
                self.wrong(f"I4 the version before {version.number} of the document of {day} is gone")
            version = _document_decoder.decode(before["body"]["B"]) if before else None

    # -- at rest

    def check_rest(self, asked: Iterable[date], deadly: date | None) -> None:
        """Faults have stopped long ago, then some days were asked for: everything is done, counted, documented, cleaned."""
        counted = set().union(*self._on_shelf.values())
        if counted != self._shown:
            self.wrong(f"I2 at rest: {sorted(self._shown - counted)} shown and not counted")
        for day, seen in self._days.items():
            if seen.head is not None:
                self._check_head(day, seen.head)
        for day in asked:
            head = self._days[day].head or Head(key=self._key(day))
            if (head.progress == "failed") != (day == deadly):
                self.wrong(f"I8 {day} ended as {head.progress}: {head.reason}")
            revision = self._revision(day, head.live) if head.live else None
            if day != deadly and (revision is None or self._orders_of(day, revision) != self._shop.now(day)):
                self.wrong(f"I1 at rest {day} is not what the shop says")
        self._check_documents()
        self._check_litter()
        for pk, sk, _ in self._engine.items():
            if pk.startswith("AGENDA#") and sk.startswith("WANT#"):
                self.wrong(f"I9 {sk} is still on the agenda")

    def _check_head(self, day: date, head: Head) -> None:
        if head.attempt is not None or head.due is not None:
            self.wrong(f"I9 {day} is not at rest")
        if head.progress == "failed" and not head.reason:
            self.wrong(f"I8 {day} failed without a reason")
        if head.progress != "failed" and head.requested != max(head.served, head.withdrawn):
            self.wrong(f"I9 {day} was asked {head.requested} times, served {head.served}, withdrawn {head.withdrawn}")

    def _check_documents(self) -> None:
        """I10: each document is the fold of the live facts, under both readings."""
        expected = self._expected()
        for day in {day for day, *_ in expected} | self._documents.keys():
            version = self._documents.get(day)
            sheets = {(sheet.store, sheet.currency): sheet for sheet in version.sheets} if version else {}
            keys = sheets.keys() | {(store, currency) for on, store, currency, _ in expected if on == day}
            for store, currency in keys:
                sheet = sheets.get((store, currency))
                for reading in ("sales", "event_day", "order_day"):
                    section = getattr(sheet, reading) if sheet else None
                    found = (section.count, section.quantity_milli, section.amounts) if section else NO_FIGURES
                    if found != expected.get((day, store, currency, reading), NO_FIGURES):
                        self.wrong(f"I10 the document of {day} is not the fold of its facts: {reading} {currency}")

    def _expected(self) -> dict[tuple[date, str, str, str], Figures]:
        """Figures by day, store, currency and section, straight from the live orders."""
        figures: dict[tuple[date, str, str, str], Figures] = defaultdict(lambda: NO_FIGURES)

        def add(day: date, order: Order, section: str, amounts: Amounts, quantity: int) -> None:
            place = (day, order.store, order.currency, section)
            count, quantities, sums = figures[place]
            figures[place] = (count + 1, quantities + quantity, sums + amounts)

        for day, seen in self._days.items():
            revision = self._revision(day, seen.head.live) if seen.head and seen.head.live else None
            orders = (self._orders_of(day, revision) if revision else None) or {}
            for order in orders.values():
                if order.excluded is not None:
                    continue
                add(day, order, "sales", order.amounts, sum(line.quantity_milli for line in order.lines))
                for event in order.events:
                    quantity = sum(line.quantity_milli for line in event.lines)
                    add(day, order, "order_day", event.amounts, quantity)
                    add(day_of(event.at, self._zone), order, "event_day", event.amounts, quantity)
        return dict(figures)

    def _check_litter(self) -> None:
        """I9: no part without a head that names it."""
        named: set[tuple[str, str]] = set()
        for day, seen in self._days.items():
            for revision in self._chain(day, seen.head) if seen.head else ():
                assert revision is not None, "the chain is whole"
                named.add((self._parts_pk(day), key("REV", revision.attempt)))
                named |= {
                    (self._parts_pk(day), key("SET", revision.attempt, f"{k:05}"))
                    for numbers in revision.chunks
                    for k in numbers
                }
                named |= {
                    (self._events_pk(on), key("EV", day.isoformat(), revision.attempt)) for on in revision.event_days
                }
        for pk, sk, item in self._engine.items():
            if pk.startswith(("PARTS#", "EVENTS#")) and (pk, sk) not in named and not self._is_kept(pk, sk, item):
                self.wrong(f"I9 litter: {pk} {sk}")
            if pk.startswith("SHELVES#") and sk.startswith("PART#") and sk not in self._shelves[sk.split("#")[1]].parts:
                self.wrong(f"I9 litter: {sk}")

    def _is_kept(self, pk: str, sk: str, item: Raw) -> bool:
        """A document's version: in the chain, or above the live one, so that it might still be flipped in."""
        if not sk.startswith("DOC#"):
            return False
        live = self._documents.get(date.fromisoformat(pk.split("#")[2]))
        version: DocumentVersion = _document_decoder.decode(item["body"]["B"])
        if live is None or version.number > live.number:
            return True
        parts, link = self._engine.partition(pk), live
        while link.attempt != version.attempt and link.predecessor is not None:
            link = _document_decoder.decode(parts[key("DOC", link.predecessor)]["body"]["B"])
        return link.attempt == version.attempt

    # -- items

    def _key(self, day: date) -> DayKey:
        return DayKey(self._workspace, self._connection, day)

    def _head(self, day: date, item: Raw) -> Head:
        return days_storage._head(self._key(day), DayHead.from_raw_data(item))

    def _parts_pk(self, day: date) -> str:
        return key("PARTS", self._connection, day.isoformat())

    def _events_pk(self, day: date) -> str:
        return key("EVENTS", self._connection, day.isoformat())
