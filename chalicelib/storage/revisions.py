"""A day's facts: revisions, their chunks, and the events they have on other days. All immutable, all named by an attempt.

A revision up to 200 KB is one item; larger ones keep their orders in chunks. Events of a day's orders stand under the day they
happened on, so that this day's document finds them; they are valid while their attempt is the order day's live one.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from chalicelib import errors
from chalicelib.domain.facts import Bought, unpack_bought, unpack_ids, unpack_orders
from chalicelib.domain.orders import Order
from chalicelib.domain.summaries import DaySections, unpack_sections
from chalicelib.domain.work import DayKey, Head, Revision
from chalicelib.storage.flip import put_part, slices
from chalicelib.storage.models import Part, key
from chalicelib.storage.table import Table

INLINE_BYTES_MAX = 200_000

_revision_decoder = msgspec.msgpack.Decoder(Revision)
_pack = msgspec.msgpack.Encoder().encode


class Revisions:
    """The parts of all days."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def write_rows(self, day: DayKey, attempt: str, first: int, rows: bytes) -> tuple[tuple[str, int], ...]:
        """Keep the gathered rows of an unfinished fetch as chunks numbered from `first`; returns their names."""
        names = []
        for k, body in enumerate(slices(rows), first):
            put_part(self._table, *_chunk(day, attempt, k), body)
            names.append((attempt, k))
        return tuple(names)

    def read_rows(self, day: DayKey, parts: Sequence[tuple[str, int]]) -> bytes | None:
        """The bytes of such chunks; None if one is gone."""
        found = self._table.get_bodies(_chunk(day, attempt, k) for attempt, k in parts)
        if len(found) < len(parts):
            return None
        return b"".join(found[_chunk(day, attempt, k)] for attempt, k in parts)

    def write(self, day: DayKey, revision: Revision, orders: Sequence[bytes], first: int) -> None:
        """Write the revision; `orders` are its packed orders, compressed, `first` the first chunk number not yet used."""
        if sum(map(len, orders)) <= INLINE_BYTES_MAX:
            revision = msgspec.structs.replace(revision, orders=tuple(orders))
            body = zlib.compress(_pack(revision), 1)
            if len(body) <= INLINE_BYTES_MAX:
                put_part(self._table, *_revision(day, revision.attempt), body)
                return
        chunks = []
        for piece in orders:
            names = self.write_rows(day, revision.attempt, first, piece)
            first += len(names)
            chunks.append(tuple(k for _, k in names))
        revision = msgspec.structs.replace(revision, orders=(), chunks=tuple(chunks))
        put_part(self._table, *_revision(day, revision.attempt), zlib.compress(_pack(revision), 6))

    def read(self, day: DayKey, attempt: str) -> Revision | None:
        item = self._table.get(Part, *_revision(day, attempt))
        return _revision_decoder.decode(zlib.decompress(item.body)) if item else None

    def read_many(self, asked: Iterable[tuple[DayKey, str]]) -> dict[tuple[DayKey, str], Revision]:
        """Revisions of many days by day and attempt; those that are gone are left out."""
        names = {_revision(day, attempt): (day, attempt) for day, attempt in asked}
        found = self._table.get_bodies(names)
        return {names[name]: _revision_decoder.decode(zlib.decompress(body)) for name, body in found.items()}

    def read_events_many(
        self, asked: Iterable[tuple[DayKey, str, date]]
    ) -> dict[tuple[DayKey, str, date], DaySections]:
        """The same of events, by order day, attempt and the day they happened on."""
        names = {_events(day, attempt, on): (day, attempt, on) for day, attempt, on in asked}
        found = self._table.get_bodies(names)
        return {names[name]: _sections(body) for name, body in found.items()}

    def order_ids(self, day: DayKey, revision: Revision, state: str = "counts") -> Iterator[tuple[str, str]]:
        """Yield (id, shelf) of every order that counts as a sale, or is a "mirror". Raises TornRead if a chunk is gone."""
        for packed in self._packed_orders(day, revision):
            for id_, created_at, is_state in unpack_ids(packed):
                if is_state == state:
                    yield id_, created_at.date().isoformat()

    def orders(self, day: DayKey, revision: Revision) -> Iterator[Order]:
        """Yield the revision's orders by the instant they were placed. Raises TornRead if a chunk is gone."""
        for packed in self._packed_orders(day, revision):
            yield from unpack_orders(packed)

    def bought(self, day: DayKey, revision: Revision) -> Iterator[Bought]:
        """Yield what each of the revision's orders comes to. Raises TornRead if a chunk is gone."""
        for packed in self._packed_orders(day, revision):
            yield from unpack_bought(packed)

    def _packed_orders(self, day: DayKey, revision: Revision) -> Iterator[bytes]:
        for piece in revision.orders:
            yield zlib.decompress(piece)
        for numbers in revision.chunks:
            body = self.read_rows(day, [(revision.attempt, k) for k in numbers])
            if body is None:
                raise errors.TornRead(f"a chunk of {day.day} is gone")
            yield zlib.decompress(body)

    def write_events(self, day: DayKey, attempt: str, event_day: date, packed: bytes) -> None:
        """Write what happened on `event_day` to the orders of `day`, as `pack_sections` packs it."""
        put_part(self._table, *_events(day, attempt, event_day), zlib.compress(packed, 6))

    def read_events(self, day: DayKey, attempt: str, event_day: date) -> DaySections | None:
        item = self._table.get(Part, *_events(day, attempt, event_day))
        return _sections(item.body) if item else None

    def events_on(self, day: DayKey) -> set[tuple[date, str]]:
        """All parts of events that happened on the day, by (order day, attempt); live or not is for the caller to find out."""
        parts = self._table.query(Part, key("EVENTS", day.connection, day.day.isoformat()), begins="EV#")
        names = (item.sk.split("#") for item in parts)
        return {(date.fromisoformat(order_day), attempt) for _, order_day, attempt in names}

    def chain(self, day: DayKey, live: str | None, keep_from: int = 0) -> Iterator[Revision]:
        """Yield the live revision and each predecessor down to number `keep_from` that is there."""
        while live is not None:
            revision = self.read(day, live)
            if revision is None or revision.number < keep_from:
                return
            yield revision
            live = revision.predecessor

    def names(self, day: DayKey) -> list[tuple[str, str]]:
        """The keys of all parts of the day: revisions, chunks and persons; documents are not among them."""
        pk = _parts(day)
        return [
            (pk, item.sk) for begins in ("REV#", "SET#", "WHO#") for item in self._table.query(Part, pk, begins=begins)
        ]

    def event_names(self, day: DayKey, event_days: Iterable[date]) -> list[tuple[str, str]]:
        """The keys of the events that any attempt of the day left on `event_days`."""
        begins = key("EV", day.day.isoformat()) + "#"
        return [
            (pk, item.sk)
            for on in event_days
            for pk in (key("EVENTS", day.connection, on.isoformat()),)
            for item in self._table.query(Part, pk, begins=begins)
        ]

    def names_on(self, day: DayKey) -> dict[DayKey, list[tuple[str, str]]]:
        """The keys of the events that happened on the day to other days' orders, by order day."""
        found: dict[DayKey, list[tuple[str, str]]] = {}
        for order_day, attempt in sorted(self.events_on(day)):
            of_day = msgspec.structs.replace(day, day=order_day)
            if of_day != day:
                found.setdefault(of_day, []).append(_events(of_day, attempt, day.day))
        return found

    def delete(self, name: tuple[str, str]) -> None:
        self._table.delete(*name)

    def kept_names(self, day: DayKey, chain: Iterable[Revision], head: Head) -> set[tuple[str, str]]:
        """The keys that a day's chain of revisions and its running attempt still need, events included."""
        kept = {_chunk(day, attempt, k) for attempt, k in (head.attempt.parts if head.attempt else ())}
        for revision in chain:
            kept.add(_revision(day, revision.attempt))
            kept |= {_chunk(day, revision.attempt, k) for numbers in revision.chunks for k in numbers}
            kept |= {_events(day, revision.attempt, on) for on in revision.event_days}
        return kept

    def event_day_of(self, name: tuple[str, str]) -> date:
        """The day that an events key says they happened on."""
        return date.fromisoformat(name[0].split("#")[2])

    def attempt_of(self, name: tuple[str, str]) -> str:
        """The attempt that a revision, chunk, persons or events key belongs to."""
        kind, *rest = name[1].split("#")
        return rest[1] if kind == "EV" else rest[0]


def _sections(body: bytes) -> DaySections:
    return unpack_sections(zlib.decompress(body))


def _parts(day: DayKey) -> str:
    return key("PARTS", day.connection, day.day.isoformat())


def _revision(day: DayKey, attempt: str) -> tuple[str, str]:
    return _parts(day), key("REV", attempt)


def _chunk(day: DayKey, attempt: str, k: int) -> tuple[str, str]:
    return _parts(day), key("SET", attempt, f"{k:05}")


def _events(day: DayKey, attempt: str, event_day: date) -> tuple[str, str]:
    return key("EVENTS", day.connection, event_day.isoformat()), key("EV", day.day.isoformat(), attempt)
