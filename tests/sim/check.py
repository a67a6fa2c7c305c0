"""What must hold after every write (RELIABILITY 3); what must hold at rest is in rest.py.

The checker is told of each change of the table and reads raw items by storage's decoders; what it expects it works out by
itself: the shop's states from the shop, sums from orders, what is owed from heads.
"""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

import msgspec

from chalicelib.domain.days import Calendar, Window, window_of
from chalicelib.domain.facts import digest, unpack_orders
from chalicelib.domain.order_settings import OrderSettings
from chalicelib.domain.orders import Order
from chalicelib.domain.work import DayKey, DocumentVersion, Head, Revision
from chalicelib.storage import days as days_storage
from chalicelib.storage import shelves as shelves_storage
from chalicelib.storage.connections import ConnectionItem
from chalicelib.storage.models import DayHead, DocumentHead, ShelfHead, key
from chalicelib.storage.shelves import Shelf
from tests.sim.engine import WatchedEngine
from tests.sim.facts import CLOSED, fault_of, goes_on, is_billed
from tests.sim.scheduler import Scheduler
from tests.sim.shop import Shop, placed_in
from tests.support.memory import Raw

_revision_decoder = msgspec.msgpack.Decoder(Revision)
_document_decoder = msgspec.msgpack.Decoder(DocumentVersion)
_settings_decoder = msgspec.msgpack.Decoder(OrderSettings)


class Fetch(msgspec.Struct):
    """In which states of the shop an attempt's fetch began and ended, by which calendar, and by the order settings of which
    version a person wanted the day."""

    began: int
    ended: int | None = None
    calendar: Calendar | None = None
    settings: int = 0


class Seen(msgspec.Struct):
    """What was last seen of a day. `settings` is the version by which a person wanted it when it was last served."""

    head: Head | None = None
    asks: dict[int, int] = {}
    live_ended: int = 0
    settings: int = 0


class Checker:
    """Watches one connection. `wrong` of the scheduler collects what it finds."""

    def __init__(
        self, engine: WatchedEngine, scheduler: Scheduler, shop: Shop, workspace: str, connection: str, zone: str
    ) -> None:
        self._engine = engine
        self._scheduler = scheduler
        self._shop = shop
        self._workspace, self._connection = workspace, connection
        self._zone = zone
        self.calendar = Calendar(zone)
        self.asked_through = date.min
        self.settings: dict[int, OrderSettings] = {}
        self.recut_by: str | None = None
        self.sign_in_needed = False
        self.refresh = 0
        self.state, self.epoch, self._parted = "", 0, 0
        self._credentials_version = 0
        self.fetches: dict[str, Fetch] = {}
        self._bodies: dict[tuple[str, str], bytes] = {}
        self._days: dict[date, Seen] = defaultdict(Seen)
        self._orders: dict[str, dict[str, Order]] = {}
        self.shelves: dict[str, Shelf] = {}
        self._on_shelf: dict[str, set[str]] = {}
        self.shown: set[str] = set()
        self._entries: dict[str, set[str]] = defaultdict(set)
        self.documents: dict[date, DocumentVersion] = {}
        self._versions: dict[str, DocumentVersion] = {}
        engine.changed = self.changed

    def wrong(self, what: str) -> None:
        self._scheduler.wrong.append(what)
        self._scheduler.note(f"WRONG: {what}")

    @property
    def shelf_names(self) -> Iterable[str]:
        return self.shelves.keys()

    @property
    def heads(self) -> dict[date, Head]:
        return {day: seen.head for day, seen in self._days.items() if seen.head is not None}

    @property
    def counted(self) -> set[str]:
        """The ids on all shelves."""
        return set().union(*self._on_shelf.values())

    def items(self) -> Iterator[tuple[str, str, Raw]]:
        return self._engine.items()

    @property
    def touched_days(self) -> list[date]:
        """Days with orders, with events, or with a document."""
        events = {date.fromisoformat(pk.split("#")[2]) for pk, _, _ in self._engine.items() if pk.startswith("EVENTS#")}
        return sorted({*self._days, *self.documents, *events})

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
        elif kind == "AGENDA" and sk.startswith("CONN#") and item is not None:
            self._night_moved(date.fromisoformat(item["asked_through"]["S"]))

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
        if item.sealed is not None:
            self.refresh = int(re.findall(rb"refresh (\d+)", item.sealed)[0])
        if state == "parting":
            self._parted = epoch
        settings = _settings_decoder.decode(item.settings) if item.settings else OrderSettings()
        if self.settings.setdefault(settings.version, settings) != settings or settings.version < max(self.settings):
            self.wrong(f"settings of version {settings.version} were written twice, or went back")
        self.recut_by = item.recut_by
        self._cut_anew(settings.calendar or Calendar(self._zone))
        self.sign_in_needed = bool(item.sign_in_needed)
        self.state, self.epoch, self._credentials_version = state, epoch, version
        for day in self._days:
            self._show(day)
        self._usage()

    def _night_moved(self, asked_through: date) -> None:
        self.asked_through = asked_through
        for task in self._scheduler.tasks:
            if "summarised" in task.memory:
                task.memory["summarised"] = min(task.memory["summarised"], asked_through)

    def _cut_anew(self, calendar: Calendar) -> None:
        """I11: without being asked to, another zone leaves days alone that were summarised all the time it was saved."""
        was, self.calendar = self.calendar, calendar
        task = self._scheduler.current
        if was == calendar or self.recut_by != "" or task is None or "summarised" not in task.memory:
            return
        for day in self._days:
            if day <= task.memory["summarised"] and window_of(day, was) != window_of(day, calendar):
                self.wrong(f"I11 another zone cuts {day} again, and nobody asked for that")

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
            elif was.attempt is not None:
                seen.settings = max(seen.settings, fetch.settings)
        self._whole(day)
        self._usage()

    def _published(self, day: date, was: Head, head: Head) -> None:
        assert head.live is not None
        seen = self._days[day]
        revision = self.revision(day, head.live)
        orders = self.orders_of(day, revision) if revision else None
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
        before = self.revision(day, was.live) if was.live else None
        self._judged(day, revision, before, fetch)
        self._complete(day, revision, before, fetch)
        if self.state != "parting" and (self.state != "paired" or revision.epoch <= self._parted):
            self.wrong(f"I17 {day} of epoch {revision.epoch} was published while {self.state} in epoch {self.epoch}")
        for id_, order in orders.items():
            if is_billed(order):
                self._entries[id_].add(f"{head.due_year} {day}")
        self._show(day)

    def _judged(self, day: date, revision: Revision, before: Revision | None, fetch: Fetch) -> None:
        """Closed days keep the choice they were closed with, and are cut and judged anew only where that changes something."""
        settings = self.settings.get(revision.settings, OrderSettings())
        if revision.counted.counting != settings.counting:
            self.wrong(f"{day} was judged by settings that were never saved")
        if before is None or before.state not in CLOSED:
            return
        if revision.counted != before.counted and fetch.settings <= self._days[day].settings:
            self.wrong(f"the closed {day} was judged anew, and nobody asked for that")
        if goes_on(revision, before) and (before.digest, before.event_days) == (revision.digest, revision.event_days):
            self.wrong(f"I5 {day} has a new revision that says the same")

    def _complete(self, day: date, revision: Revision, before: Revision | None, fetch: Fetch) -> None:
        """I1: what was there all the time is in it; what is in it was there at some time."""
        orders = self.orders_of(day, revision) or {}
        known = (self.orders_of(day, before) if before and goes_on(revision, before) else None) or {}
        until = None if fetch.ended is None else fetch.ended + 1
        states = [placed_in(state, window_of_revision(revision)) for state in self._shop.history[fetch.began : until]]
        always = set.intersection(*map(set, states))
        if missing := always - orders.keys():
            self.wrong(f"I1 {sorted(missing)} missing in {day}")
        for id_, order in orders.items():
            self._was_so(day, order, [state[id_] for state in states if id_ in state], known.get(id_), revision)

    def _was_so(self, day: date, order: Order, said: list[Order], before: Order | None, revision: Revision) -> None:
        faults = [fault_of(order, each, before, revision) for each in said]
        if None not in faults:
            self.wrong(f"I1 {order.id} was never so in {day}: {faults[-1] if faults else 'not there'}")

    def _whole(self, day: date) -> None:
        """I4: everything that the head names is there, through the whole chain, and what a running attempt inherited."""
        head = self._days[day].head
        if head is None:
            return
        parts = self._engine.partition(self.parts_pk(day))
        for attempt, k in head.attempt.parts if head.attempt else ():
            if key("SET", attempt, f"{k:05}") not in parts:
                self.wrong(f"I4 a chunk that a running attempt of {day} needs is gone")
        for revision in self.chain(day, head):
            if self.orders_of(day, revision) is None:
                self.wrong(f"I4 revision {revision.number} of {day} has a hole")
            for on in revision.event_days:
                if key("EV", day.isoformat(), revision.attempt) not in self._engine.partition(self.events_pk(on)):
                    self.wrong(f"I4 events of {day} on {on} are gone")

    def chain(self, day: date, head: Head) -> Iterator[Revision]:
        """The revisions that have to be there: down to `keep_from`, and the one before what is owed."""
        number, attempt = head.revision, head.live
        kept = max(1, min(head.keep_from, number - 1) if head.due is not None else head.keep_from)
        while attempt is not None and number >= kept:
            revision = self.revision(day, attempt)
            if revision is None:
                self.wrong(f"I4 revision {number} of {day} is gone")
                return
            if revision.number != number:
                self.wrong(f"I6 revision {revision.number} of {day} stands in place of {number}")
            yield revision
            number, attempt = number - 1, revision.predecessor
        if number >= kept:
            self.wrong(f"I6 the chain of {day} is broken")

    def revision(self, day: date, attempt: str) -> Revision | None:
        item = self._engine.partition(self.parts_pk(day)).get(key("REV", attempt))
        return _revision_decoder.decode(zlib.decompress(item["body"]["B"])) if item else None

    def orders_of(self, day: date, revision: Revision) -> dict[str, Order] | None:
        """The revision's orders; None if a chunk is gone. Its bytes never change, so they are read and added up once."""
        parts = self._engine.partition(self.parts_pk(day))
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
            self.shown |= self._counting(day, head.live)

    def _counting(self, day: date, attempt: str | None) -> set[str]:
        revision = self.revision(day, attempt) if attempt else None
        orders = self.orders_of(day, revision) if revision else None
        return {id_ for id_, order in (orders or {}).items() if is_billed(order)}

    def _shelf_changed(self, name: str) -> None:
        pk = next((pk for pk, sk, _ in self._engine.items() if pk.startswith("SHELVES#")), "")
        raw = self._engine.partition(pk).get(key("HEAD", name))
        if raw is None:
            return
        shelf = shelves_storage._shelf(ShelfHead.from_raw_data(raw))
        was = self.shelves.get(name, Shelf())
        if shelf.version < was.version:
            self.wrong(f"I2 shelf {name} went back")
        self.shelves[name] = shelf
        counts: Counter[str] = Counter()
        here: set[str] = set()
        for part in shelf.parts:
            item = self._engine.partition(pk).get(part)
            if item is None:
                self.wrong(f"I2 a part of shelf {name} is gone")
                return
            for entry, ids in shelves_storage._unpack(item["body"]["B"]).items():
                if here & ids:
                    self.wrong(f"I2 counted twice on shelf {name}: {sorted(here & ids)}")
                here |= ids
                counts[entry] += len(ids)
                for id_ in ids:
                    if entry not in self._entries[id_]:
                        self.wrong(f"I2 {id_} counted in {entry}, shown in {sorted(self._entries[id_])}")
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
        if early := counted - self.shown:
            self.wrong(f"I2 billed before it was shown: {sorted(early)}")
        missing = self.shown - counted
        for day in self._days if missing else ():
            head = self._days[day].head
            revision = self.revision(day, head.due) if head is not None and head.due else None
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
        was = self.documents.get(day)
        if was is not None and was.attempt == version.attempt:
            return
        self.documents[day] = self._versions[version.attempt] = version
        if version.number != (was.number if was else 0) + 1 or version.predecessor != (was.attempt if was else None):
            self.wrong(f"I6 version {version.number} of the document of {day} does not follow")
        if was is not None and was.digest == version.digest:
            self.wrong(f"I5 the document of {day} has a new version that says the same")
        self._document_whole(day)

    def _document_whole(self, day: date) -> None:
        """I4: all versions are there, down to where a closed day was still going on."""
        parts = self._engine.partition(self.parts_pk(day))
        version, went_on = self.documents.get(day), False
        while version is not None:
            went_on |= version.state == "provisional"
            if key("DOC", version.attempt) not in parts and not went_on:
                self.wrong(f"I4 version {version.number} of the document of {day} is gone")
                return
            version = self._versions.get(version.predecessor) if version.predecessor else None

    def version_before(self, version: DocumentVersion) -> DocumentVersion | None:
        return self._versions.get(version.predecessor) if version.predecessor else None

    # -- items

    def _key(self, day: date) -> DayKey:
        return DayKey(self._workspace, self._connection, day)

    def _head(self, day: date, item: Raw) -> Head:
        return days_storage._head(self._key(day), DayHead.from_raw_data(item))

    def parts_pk(self, day: date) -> str:
        return key("PARTS", self._connection, day.isoformat())

    def events_pk(self, day: date) -> str:
        return key("EVENTS", self._connection, day.isoformat())


def window_of_revision(revision: Revision) -> Window:
    return Window(datetime.fromtimestamp(revision.start_at, UTC), datetime.fromtimestamp(revision.end_at, UTC))
