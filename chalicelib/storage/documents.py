"""Documents: what merchants see of a day, as versions that name the facts they are made of.

A version holds its totals and the names of its sources, which are immutable; its lines are folded from them when somebody
reads. So a day costs two small writes here, whatever its size.
"""

from collections.abc import Iterator
from datetime import date

import msgspec
from pynamodb.expressions.condition import Condition

from chalicelib import errors
from chalicelib.domain.summaries import DocumentSheet, document_of
from chalicelib.domain.work import DayKey, DocumentVersion
from chalicelib.storage.flip import put_part, write_surely
from chalicelib.storage.models import DocumentHead, Part, key
from chalicelib.storage.revisions import Revisions
from chalicelib.storage.table import Table

READS_MAX = 3

_decoder = msgspec.msgpack.Decoder(DocumentVersion)


class Documents:
    """The documents of all days."""

    def __init__(self, table: Table, revisions: Revisions) -> None:
        self._table = table
        self._revisions = revisions

    def read(self, day: DayKey) -> DocumentVersion | None:
        """The live version of a day's document, without lines."""
        item = self._head(day)
        return _decoder.decode(item.body) if item else None

    def list(
        self, workspace: str, first: date, last: date, *, newest_first: bool = False
    ) -> Iterator[tuple[DayKey, DocumentVersion]]:
        """Yield the live documents of all the workspace's connections by day, both days inside."""
        between = (first.isoformat(), last.isoformat() + "$")
        for sk, body in self._table.bodies(key("DOCS", workspace), between, newest_first=newest_first):
            day, _, connection = sk.partition("#")
            yield DayKey(workspace, connection, date.fromisoformat(day)), _decoder.decode(body)

    def read_to_rebuild(self, day: DayKey) -> tuple[DocumentVersion | None, int]:
        """The live version and the mark that `publish` and `confirm` ask for. To be read before the facts."""
        item = self._head(day)
        return (_decoder.decode(item.body), int(item.checks)) if item else (None, 0)

    def confirm(self, day: DayKey, version: DocumentVersion, mark: int) -> bool:
        """Note that the live version still says what the facts say, so that no rebuild from older facts can be published
        any more. False: somebody went first, look again."""
        return write_surely(
            lambda: self._table.update(
                *_key(day),
                [DocumentHead.checks.set(mark + 1)],
                (DocumentHead.attempt == version.attempt) & (DocumentHead.checks == mark),
            ),
            lambda: self._head(day),
            landed=lambda item: item is not None and item.attempt == version.attempt and int(item.checks) > mark,
            open_still=lambda item: item is not None and item.attempt == version.attempt,
        )

    def publish(self, day: DayKey, version: DocumentVersion, mark: int) -> bool:
        """Write the version and make it live if the head is as it was read. False: somebody went first, look again."""
        body = msgspec.msgpack.encode(version)
        put_part(self._table, _pk(day), key("DOC", version.attempt), body)
        head = DocumentHead(*_key(day), version=version.number, attempt=version.attempt, body=body)
        return write_surely(
            lambda: self._table.put(head, _unmoved(version, mark)),
            lambda: self._head(day),
            landed=lambda item: item is not None and item.attempt == version.attempt,
            open_still=lambda item: (
                (item.attempt, int(item.checks)) == (version.predecessor, mark) if item else version.predecessor is None
            ),
        )

    def sheets(self, day: DayKey) -> tuple[DocumentVersion, tuple[DocumentSheet, ...]] | None:
        """The live version and its sheets with all their lines. Raises TornRead if they cannot be read whole."""
        for _ in range(READS_MAX):
            version = self.read(day)
            if version is None:
                return None
            sheets = self.fold(day, version)
            if sheets is not None:
                return version, sheets
        raise errors.TornRead(f"the document of {day.day} could not be read whole")

    def fold(self, day: DayKey, version: DocumentVersion) -> tuple[DocumentSheet, ...] | None:
        """A version's sheets from its sources; None if one is gone."""
        base = self._revisions.read(day, version.base) if version.base else None
        if version.base and base is None:
            return None
        happened = []
        if base is not None and day.day in base.event_days:
            own = self._revisions.read_events(day, base.attempt, day.day)
            if own is None:
                return None
            happened.append(own)
        for order_day, attempt in version.sources:
            of_day = msgspec.structs.replace(day, day=order_day)
            sections = self._revisions.read_events(of_day, attempt, day.day)
            if sections is None:
                return None
            happened.append(sections)
        return document_of(base.sheets if base else (), happened)

    def versions(self, day: DayKey) -> Iterator[DocumentVersion]:
        """Yield the live version and each one before it, newest first."""
        version = self.read(day)
        while version is not None:
            yield version
            before = version.predecessor
            item = self._table.get(Part, _pk(day), key("DOC", before)) if before else None
            version = _decoder.decode(item.body) if item else None

    def clean(self, day: DayKey) -> None:
        """Delete versions that the live one does not descend from. One whose number is above the live one's may still be
        flipped in and is left."""
        listed = list(self._table.query(Part, _pk(day), begins="DOC#"))
        kept = {version.attempt: version.number for version in self.versions(day)}
        newest = max(kept.values(), default=0)
        for item in listed:
            version = _decoder.decode(item.body)
            if version.attempt not in kept and version.number <= newest:
                self._table.delete(item.pk, item.sk)

    def _head(self, day: DayKey) -> DocumentHead | None:
        return self._table.get(DocumentHead, *_key(day))


def _unmoved(version: DocumentVersion, mark: int) -> Condition:
    if version.predecessor is None:
        return DocumentHead.attempt.does_not_exist()
    return (DocumentHead.attempt == version.predecessor) & (DocumentHead.checks == mark)


def _key(day: DayKey) -> tuple[str, str]:
    return key("DOCS", day.workspace), key(day.day.isoformat(), day.connection)


def _pk(day: DayKey) -> str:
    return key("PARTS", day.connection, day.day.isoformat())
