"""Documents: what merchants see of a day, as versions that name the facts they are made of.

A version holds its totals and the names of its sources, which are immutable; its lines are folded from them when somebody
reads. So a day costs two small writes here, whatever its size.

A document whose day is locked is frozen: its head takes no other version until the lock moves back.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import msgspec
from pynamodb.expressions.condition import Condition

from chalicelib import errors
from chalicelib.domain.corrections import adjusted, as_shown, negated
from chalicelib.domain.summaries import DaySections, DocumentSheet, Reading, document_of
from chalicelib.domain.work import DayKey, DocumentVersion
from chalicelib.storage.corrections import Corrections
from chalicelib.storage.flip import put_part, write_surely
from chalicelib.storage.models import DocumentHead, Part, key
from chalicelib.storage.revisions import Revisions
from chalicelib.storage.table import Table

READS_MAX = 3
TURNS_MAX = 50

Sections = list[DaySections]
Folded = list[tuple[DocumentSheet, ...] | None]

_decoder = msgspec.msgpack.Decoder(DocumentVersion)


class Documents:
    """The documents of all days."""

    def __init__(self, table: Table, revisions: Revisions) -> None:
        self._table = table
        self._revisions = revisions
        self._corrections = Corrections(table)

    def read(self, day: DayKey) -> DocumentVersion | None:
        """The live version of a day's document, without lines."""
        item = self._head(day)
        return _decoder.decode(item.body) if item else None

    def list(
        self, workspace: str, first: date, last: date, *, newest_first: bool = False
    ) -> Iterator[tuple[DayKey, DocumentVersion]]:
        """Yield the live documents of all the workspace's connections by day, both days inside."""
        between = (first.isoformat(), last.isoformat() + "$")
        for sk, item in self._table.columns(key("DOCS", workspace), between, "body", newest_first=newest_first):
            day, _, connection = sk.partition("#")
            yield DayKey(workspace, connection, date.fromisoformat(day)), _decoder.decode(item["body"])

    def read_to_rebuild(self, day: DayKey) -> tuple[DocumentVersion | None, int]:
        """The live version and the mark that `publish` and `confirm` ask for. To be read before the facts."""
        item = self._head(day)
        return (_decoder.decode(item.body), int(item.checks)) if item else (None, 0)

    def confirm(self, day: DayKey, version: DocumentVersion, mark: int) -> bool:
        """Note that the live version still says what the facts say, so that no rebuild from older facts can be published
        any more. `version` names the facts as they are now: those it was made of may be cleaned once they are replaced.
        False: somebody went first, look again."""
        body = msgspec.msgpack.encode(version)
        return write_surely(
            lambda: self._table.update(
                *_key(day),
                [DocumentHead.checks.set(mark + 1), DocumentHead.body.set(body)],
                (DocumentHead.attempt == version.attempt)
                & (DocumentHead.checks == mark)
                & DocumentHead.frozen.does_not_exist(),
            ),
            lambda: self._head(day),
            landed=lambda item: item is not None and item.attempt == version.attempt and int(item.checks) > mark,
            open_still=lambda item: item is not None and item.attempt == version.attempt and item.frozen is None,
        )

    def publish(self, day: DayKey, version: DocumentVersion, mark: int) -> bool:
        """Write the version and make it live if the head is as it was read, and not frozen. False: look again."""
        body = msgspec.msgpack.encode(version)
        put_part(self._table, _pk(day), key("DOC", version.attempt), body)
        actions = [
            DocumentHead.version.set(version.number),
            DocumentHead.attempt.set(version.attempt),
            DocumentHead.checks.set(0),
            DocumentHead.body.set(body),
        ]
        return write_surely(
            lambda: self._table.update(
                *_key(day), actions, _unmoved(version, mark) & DocumentHead.frozen.does_not_exist()
            ),
            lambda: self._head(day),
            landed=lambda item: item is not None and item.attempt == version.attempt,
            open_still=lambda item: _is_open(item, version, mark),
        )

    # -- the period lock

    def close(self, day: DayKey, version: DocumentVersion, mark: int, *, reading: Reading, lock: int) -> bool:
        """Make an empty version live and frozen by walk `lock` or after it: for a locked day that had no document when the
        walk came by. False: somebody went first, look again."""
        put_part(self._table, _pk(day), key("DOC", version.attempt), msgspec.msgpack.encode(version))
        frozen = _frozen(version, reading)
        actions = [
            DocumentHead.version.set(version.number),
            DocumentHead.attempt.set(version.attempt),
            DocumentHead.checks.set(0),
            DocumentHead.body.set(msgspec.msgpack.encode(frozen)),
            DocumentHead.frozen.set(reading),
            DocumentHead.lock.set(lock),
        ]
        condition = _unmoved(version, mark) & DocumentHead.frozen.does_not_exist()
        condition &= DocumentHead.lock.does_not_exist() | (DocumentHead.lock <= lock)
        return write_surely(
            lambda: self._table.update(*_key(day), actions, condition),
            lambda: self._head(day),
            landed=lambda item: item is not None and item.attempt == version.attempt,
            open_still=lambda item: _is_open(item, version, mark) and (item is None or _lock_of(item) <= lock),
        )

    def freeze(self, day: DayKey, *, reading: Reading, lock: int) -> None:
        """Freeze the live version for walk `lock`; a later walk's word stands. Other versions come too late from now on."""
        self._turn(day, reading, lock, lambda item: _lock_of(item) < lock)

    def thaw(self, day: DayKey, *, lock: int) -> None:
        """Open the document again for walk `lock`, or for a later rebuild that finds an open day frozen."""
        self._turn(
            day, None, lock, lambda item: _lock_of(item) < lock or (_lock_of(item) == lock and item.frozen is not None)
        )

    def _turn(
        self, day: DayKey, reading: Reading | None, lock: int, is_to_turn: Callable[[DocumentHead], bool]
    ) -> None:
        for _ in range(TURNS_MAX):
            item = self._head(day)
            if item is None or not is_to_turn(item):
                return
            if self._turned(day, item, reading, lock):
                return
        raise errors.Unanswered(f"the document of {day.day} kept moving")

    def _turned(self, day: DayKey, seen: DocumentHead, reading: Reading | None, lock: int) -> bool:
        item = self._table.get(Part, _pk(day), key("DOC", seen.attempt))
        if item is None:
            return False  # replaced since the head was read, and cleaned
        version = _frozen(_decoder.decode(item.body).named_as(_decoder.decode(seen.body)), reading)
        checks, was = int(seen.checks), _lock_of(seen)
        actions = [
            DocumentHead.frozen.set(reading) if reading else DocumentHead.frozen.remove(),
            DocumentHead.lock.set(lock),
            DocumentHead.body.set(msgspec.msgpack.encode(version)),
        ]
        condition = (DocumentHead.attempt == seen.attempt) & (DocumentHead.checks == checks)
        condition &= (
            (DocumentHead.lock == was) if was else (DocumentHead.lock.does_not_exist() | (DocumentHead.lock == 0))
        )
        return write_surely(
            lambda: self._table.update(*_key(day), actions, condition),
            lambda: self._head(day),
            landed=lambda item: item is not None and _lock_of(item) == lock and item.frozen == reading,
            open_still=lambda item: (
                item is not None and (item.attempt, int(item.checks), _lock_of(item)) == (seen.attempt, checks, was)
            ),
        )

    # -- reading a version whole

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
        happened = self._happened(day, version, own=base is not None and day.day in base.event_days)
        more = self._more(day, version)
        if happened is None or more is None:
            return None
        return as_shown(adjusted(document_of(base.sheets if base else (), happened), *more), version.frozen)

    def fold_many(self, asked: Sequence[tuple[DayKey, DocumentVersion]]) -> Folded:
        """The same of many versions, in few reads."""
        wanted = {(day, version.base) for day, version in asked if version.base}
        bases = self._revisions.read_many(wanted)
        named = []
        for day, version in asked:
            base = bases.get((day, version.base)) if version.base else None
            own = [(day, base.attempt, day.day)] if base is not None and day.day in base.event_days else []
            named.append([*own, *((_on(day, order_day), attempt, day.day) for order_day, attempt in version.sources)])
        events = self._revisions.read_events_many({name for names in named for name in names})
        folded: Folded = []
        for (day, version), names in zip(asked, named, strict=True):
            base = bases.get((day, version.base)) if version.base else None
            more = self._more(day, version)
            if more is None or (version.base and base is None) or not all(name in events for name in names):
                folded.append(None)
                continue
            happened = [events[name] for name in names]
            sheets = adjusted(document_of(base.sheets if base else (), happened), *more)
            folded.append(as_shown(sheets, version.frozen))
        return folded

    def _happened(self, day: DayKey, version: DocumentVersion, *, own: bool) -> Sequence[DaySections] | None:
        named = [(day.day, version.base)] if own and version.base else []
        happened = []
        for order_day, attempt in (*named, *version.sources):
            sections = self._revisions.read_events(_on(day, order_day), attempt, day.day)
            if sections is None:
                return None
            happened.append(sections)
        return happened

    def _more(
        self, day: DayKey, version: DocumentVersion
    ) -> tuple[Sequence[DaySections], Sequence[DaySections]] | None:
        """What the period lock adds to the events under each reading: what was posted elsewhere, negative, and what is owed."""
        event_day: Sections = []
        order_day: Sections = []
        for of_day, on_day, attempt in version.less:
            sections = self._revisions.read_events(_on(day, of_day), attempt, on_day)
            if sections is None:
                return None
            for listed, where in ((event_day, on_day), (order_day, of_day)):
                if where == day.day:
                    listed.append(negated(sections))
        for of_day, attempt in version.corrections:
            correction = self._corrections.read(day, version.lock, of_day, attempt)
            if correction is None:
                return None
            event_day.append(correction.sections("event_day"))
            order_day.append(correction.sections("order_day"))
        return event_day, order_day

    def versions(self, day: DayKey) -> Iterator[DocumentVersion]:
        """Yield the live version and each one before it, newest first."""
        version = self.read(day)
        while version is not None:
            yield version
            before = version.predecessor
            item = self._table.get(Part, _pk(day), key("DOC", before)) if before else None
            version = _decoder.decode(item.body) if item else None

    def clean(self, day: DayKey) -> None:
        """Delete versions that the live one does not descend from, what a closed day was while it went on, and corrections of
        earlier locks that no version names.

        A version whose number is above the live one's may still be flipped in and is left.
        """
        listed = list(self._table.query(Part, _pk(day), begins="DOC#"))
        owed = self._corrections.names(day)
        lock = self._corrections.lock(day.workspace, day.connection) if owed else None
        versions = list(_until_so_far(self.versions(day)))
        kept = {version.attempt: version.number for version in versions}
        newest = max(kept.values(), default=0)
        for item in listed:
            version = _decoder.decode(item.body)
            if version.attempt not in kept and version.number <= newest:
                self._table.delete(item.pk, item.sk)
        named = {(version.lock, *correction) for version in versions for correction in version.corrections}
        for name in owed:
            if lock is not None and lock.done and name[0] < lock.number and name not in named:
                self._corrections.delete(day, name)

    def is_frozen_of(self, day: DayKey, order_day: date, attempt: str) -> bool:
        """Whether the day's document is frozen and names these events of an order day."""
        version = self.read(day)
        if version is None or version.frozen is None:
            return False
        return (order_day, attempt) in version.sources or (order_day, day.day, attempt) in version.less

    def is_lock_at_rest(self, day: DayKey) -> bool:
        """Whether no walk of the period lock is under way: what frozen documents show is noted then."""
        return self._corrections.lock(day.workspace, day.connection).done

    def is_posted(self, day: DayKey) -> set[str]:
        """The attempts of the day whose content frozen documents show, wherever: it is kept as long as they are frozen."""
        posted, _ = self._corrections.read_posted(day.connection, day.day)
        return posted.named()

    def _head(self, day: DayKey) -> DocumentHead | None:
        return self._table.get(DocumentHead, *_key(day))


def _is_open(item: DocumentHead | None, version: DocumentVersion, mark: int) -> bool:
    if item is None:
        return version.predecessor is None
    return item.frozen is None and (item.attempt, int(item.checks)) == (version.predecessor, mark)


def _frozen(version: DocumentVersion, reading: Reading | None) -> DocumentVersion:
    """The version as the head of a frozen document has it, so that every reader is shown the reading it was locked under."""
    return msgspec.structs.replace(version, frozen=reading, sheets=as_shown(version.sheets, reading))


def _lock_of(item: DocumentHead) -> int:
    return int(item.lock or 0)


def _on(day: DayKey, other: date) -> DayKey:
    return msgspec.structs.replace(day, day=other)


def _until_so_far(versions: Iterator[DocumentVersion]) -> Iterator[DocumentVersion]:
    """The versions down to where a closed day was still going on."""
    live = next(versions, None)
    if live is None:
        return
    yield live
    for version in versions:
        if version.state == "provisional" != live.state:
            return
        yield version


def _unmoved(version: DocumentVersion, mark: int) -> Condition:
    if version.predecessor is None:
        return DocumentHead.attempt.does_not_exist()
    return (DocumentHead.attempt == version.predecessor) & (DocumentHead.checks == mark)


def _key(day: DayKey) -> tuple[str, str]:
    return key("DOCS", day.workspace), key(day.day.isoformat(), day.connection)


def _pk(day: DayKey) -> str:
    return key("PARTS", day.connection, day.day.isoformat())
