"""Months: roll-ups of a connection's documents, as immutable versions that one conditional write makes live.

A head counts the settled documents of its month (`touched`) and those that its live version includes (`built`). Every flip
raises `built`, so a rebuild that was overtaken is refused. The version stands in the head without lines; its lines are parts.
"""

import zlib
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec
from pynamodb.expressions.update import Action

from chalicelib import errors
from chalicelib.domain.months import MonthKey, MonthVersion
from chalicelib.domain.summaries import DocumentSheet
from chalicelib.storage.flip import TRIES_MAX, put_part, slices, write_surely
from chalicelib.storage.models import MonthHead, Part, key
from chalicelib.storage.table import Table

READS_MAX = 3

_decoder = msgspec.msgpack.Decoder(MonthVersion)
_sheets_decoder = msgspec.msgpack.Decoder(tuple[DocumentSheet, ...])


class MonthRecord(msgspec.Struct, frozen=True):
    """What a month's head says. `built` None: never built. `live` is without lines."""

    key: MonthKey
    touched: int
    built: int | None
    live: MonthVersion | None

    @property
    def behind(self) -> bool:
        return self.built is None or self.built < self.touched


class MonthCounts(msgspec.Struct, frozen=True):
    """How often a document of a month was settled, and how often persons of its days were kept or erased."""

    touched: int
    persons: int


class MonthRecords:
    """The heads and versions of all months."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def touch(self, month: MonthKey) -> None:
        """Note that a document of the month was settled. Counted twice costs one rebuild."""
        self._count(month, MonthHead.touched.add(1))

    def touch_persons(self, month: MonthKey) -> None:
        """Note that other persons of one of the month's days are kept from now on, or none."""
        self._count(month, MonthHead.persons.add(1))

    def _count(self, month: MonthKey, action: Action) -> None:
        for _ in range(TRIES_MAX):
            try:
                self._table.update(*_key(month), [action])
                return
            except errors.Unanswered:
                continue
        raise errors.Unanswered(f"month {month.month} could not be touched")

    def read(self, month: MonthKey) -> MonthRecord:
        item = self._head(month)
        return _record(month, item) if item else MonthRecord(month, 0, None, None)

    def list(self, workspace: str, first: date, last: date) -> Iterator[MonthRecord]:
        """Yield the months of all the workspace's connections that begin from `first` to `last`, oldest first."""
        between = (first.isoformat(), last.isoformat() + "$")
        for item in self._table.query(MonthHead, key("MONTHS", workspace), between=between):
            month, _, connection = item.sk.partition("#")
            yield _record(MonthKey(workspace, connection, date.fromisoformat(month)), item)

    def counts(self, workspace: str, first: date, last: date) -> Iterator[tuple[MonthKey, MonthCounts]]:
        """Yield what has moved in each of these months, oldest first."""
        between = (first.isoformat(), last.isoformat() + "$")
        for sk, item in self._table.columns(key("MONTHS", workspace), between, "touched", "persons"):
            month, _, connection = sk.partition("#")
            counts = MonthCounts(int(item.get("touched", 0)), int(item.get("persons", 0)))
            yield MonthKey(workspace, connection, date.fromisoformat(month)), counts

    def publish(self, seen: MonthRecord, version: MonthVersion, sheets: tuple[DocumentSheet, ...]) -> bool:
        """Write the version with its lines and make it live, as built from all that `seen` counts. False: somebody went first.

        The version is written before its lines, so that what nobody comes to name is found by it and deleted.
        """
        month = seen.key
        pieces = list(slices(zlib.compress(msgspec.msgpack.encode(sheets), 6)))
        version = msgspec.structs.replace(version, chunks=len(pieces))
        body = msgspec.msgpack.encode(version)
        put_part(self._table, _parts(month), key("MONTH", version.attempt), body)
        for k, piece in enumerate(pieces):
            put_part(self._table, *_lines(month, version.attempt, k), piece)
        return self._flip(seen, version.attempt, [MonthHead.attempt.set(version.attempt), MonthHead.body.set(body)])

    def confirm(self, seen: MonthRecord) -> bool:
        """Note that the live version includes all that `seen` counts and says nothing new. False: somebody went first."""
        assert seen.live is not None, "what was never built has nothing to confirm"
        return self._flip(seen, seen.live.attempt, [])

    def _flip(self, seen: MonthRecord, attempt: str, actions: Sequence[Action]) -> bool:
        was = seen.built
        return write_surely(
            lambda: self._table.update(
                *_key(seen.key),
                [*actions, MonthHead.built.set(seen.touched)],
                MonthHead.built.does_not_exist() if was is None else (MonthHead.built == was),
            ),
            lambda: self._head(seen.key),
            landed=lambda head: (
                head is not None and head.attempt == attempt and head.built is not None and head.built >= seen.touched
            ),
            open_still=lambda head: (head.built if head else None) == was,
        )

    def sheets(self, month: MonthKey, version: MonthVersion) -> tuple[DocumentSheet, ...] | None:
        """A version's sheets with all their lines; None if it was replaced and cleaned since."""
        names = [_lines(month, version.attempt, k) for k in range(version.chunks)]
        found = self._table.get_bodies(names)
        if len(found) < len(names):
            return None
        return _sheets_decoder.decode(zlib.decompress(b"".join(found[name] for name in names)))

    def versions(self, month: MonthKey) -> Iterator[MonthVersion]:
        """Yield the live version and each final one before it, newest first."""
        version = self.read(month).live
        while version is not None:
            yield version
            before = version.predecessor
            item = self._table.get(Part, _parts(month), key("MONTH", before)) if before else None
            version = _decoder.decode(item.body) if item else None

    def clean(self, month: MonthKey) -> None:
        """Delete versions that the live one does not descend from, lines first. One whose number is above the live one's may
        still be flipped in and is left."""
        listed = [_decoder.decode(item.body) for item in self._table.query(Part, _parts(month), begins="MONTH#")]
        kept = {version.attempt: version.number for version in self.versions(month)}
        newest = max(kept.values(), default=0)
        for version in listed:
            if version.attempt not in kept and version.number <= newest:
                for k in range(version.chunks):
                    self._table.delete(*_lines(month, version.attempt, k))
                self._table.delete(_parts(month), key("MONTH", version.attempt))

    def _head(self, month: MonthKey) -> MonthHead | None:
        return self._table.get(MonthHead, *_key(month))


def _record(month: MonthKey, item: MonthHead) -> MonthRecord:
    built = None if item.built is None else int(item.built)
    return MonthRecord(month, int(item.touched), built, _decoder.decode(item.body) if item.body else None)


def _key(month: MonthKey) -> tuple[str, str]:
    return key("MONTHS", month.workspace), key(month.month.isoformat(), month.connection)


def _parts(month: MonthKey) -> str:
    return key("ROLLUP", month.connection, f"{month.month:%Y-%m}")


def _lines(month: MonthKey, attempt: str, k: int) -> tuple[str, str]:
    return _parts(month), key("LINES", attempt, f"{k:05}")
