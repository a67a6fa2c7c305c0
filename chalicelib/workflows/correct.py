"""What the period lock makes of an order day's facts: what was posted of them, and what is owed to the first open day.

Everything here is derived: from what walks noted as posted, and from the live revision. So it may be done twice.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.corrections import (
    Corrected,
    Correction,
    Granule,
    Lock,
    Moved,
    Posting,
    added,
    closed_readings,
    corrected,
    correction_of,
    homes,
    negated,
    sale_of,
)
from chalicelib.domain.summaries import DaySections, Reading
from chalicelib.domain.work import DayKey, DocumentVersion, Revision

if TYPE_CHECKING:
    from chalicelib.storage.corrections import Corrections
    from chalicelib.storage.days import Days
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.revisions import Revisions


class Owed(msgspec.Struct, frozen=True):
    """What a document of an open day has to name beside its own facts."""

    less: tuple[tuple[date, date, str], ...] = ()
    corrections: tuple[tuple[date, str], ...] = ()
    corrected: tuple[Corrected, ...] = ()


class Correct:
    """Works out corrections."""

    def __init__(
        self, *, days: "Days", revisions: "Revisions", documents: "Documents", corrections: "Corrections"
    ) -> None:
        self._days = days
        self._revisions = revisions
        self._documents = documents
        self._corrections = corrections

    def lock(self, day: DayKey) -> Lock:
        """How far the day's connection is locked. To be read after the document that is to be rebuilt: every walk turns or
        rebuilds the documents that it changes, so that one built under an older lock comes too late."""
        return self._corrections.lock(day.workspace, day.connection)

    # -- one order day

    def write(self, day: DayKey, lock: Lock, touched: Iterable[date]) -> bool:
        """Write what the live revision of an order day owes to frozen documents. True if the first open day has to be looked
        at: because it owes something, or may have owed something before `touched` days changed. Raises TornRead."""
        if lock.through is None:
            return False
        posted, walk = self._corrections.read_posted(day.connection, day.day)
        if walk > lock.number:
            raise errors.TornRead(f"the lock moved while {day.day} was looked at")
        before = posted.attempts()
        head = self._days.read(day)
        revision = self._read(day, head.live) if head and head.live else None
        happened = set(revision.event_days) if revision else set()
        if not before and not any(map(lock.closes, {day.day, *touched, *happened})):
            return False
        moved = []
        for granule in sorted({None, *happened, *before}, key=lambda granule: granule or date.min):
            readings = closed_readings(lock, day.day, granule)
            if readings and (owed := self._owed(day, granule, before.get(granule), revision, readings)):
                moved.append(owed)
        if moved and revision is not None:
            self._corrections.write(day, revision.attempt, lock, correction_of(moved))
        return True

    def _owed(
        self,
        day: DayKey,
        granule: Granule,
        posted: str | None,
        live: Revision | None,
        readings: tuple[Reading, ...],
    ) -> tuple[Moved, DaySections] | None:
        """The granule, and what it comes to beyond what is posted of it; None if that is nothing."""
        has = live is not None and (granule is None or granule in live.event_days)
        attempt = live.attempt if live is not None and has else None
        if posted == attempt:
            return None
        old = self._read(day, posted) if posted else None
        if granule is not None and old and live and old.event_days.get(granule) == live.event_days.get(granule):
            return None
        delta = added(self._content(day, granule, live if has else None), negated(self._content(day, granule, old)))
        return (Moved(granule, posted, attempt, readings, ()), delta) if delta else None

    def _content(self, day: DayKey, granule: Granule, revision: Revision | None) -> DaySections:
        if revision is None:
            return {}
        if granule is None:
            return sale_of(revision.sheets)
        sections = self._revisions.read_events(day, revision.attempt, granule)
        if sections is None:
            raise errors.TornRead(f"events of {day.day} are gone")
        return sections

    def _read(self, day: DayKey, attempt: str) -> Revision:
        revision = self._revisions.read(day, attempt)
        if revision is None:
            raise errors.TornRead(f"a revision of {day.day} is gone")
        return revision

    # -- one document

    def owed(self, day: DayKey, lock: Lock, order_days: Iterable[date]) -> Owed:
        """What the document of an open day takes away and what it takes on; `order_days` have or had events on it."""
        if lock.through is None:
            return Owed()
        posted = self._corrections.posted(day.connection, {day.day, *order_days})
        less = tuple(
            (order_day, granule, attempt)
            for order_day, each in sorted(posted.items())
            for granule, attempt in each.attempts().items()
            if granule is not None and attempt is not None and day.day in (order_day, granule)
        )
        if day.day != lock.first_open:
            return Owed(less)
        written = self._corrections.owed_to(day, lock.number)
        heads = self._days.read_many({_on(day, order_day) for order_day, _ in written})
        live: dict[date, Correction] = {}
        names = []
        for (order_day, attempt), correction in sorted(written.items(), key=lambda item: item[0]):
            head = heads.get(_on(day, order_day))
            if head is not None and head.live == attempt:
                names.append((order_day, attempt))
                live[order_day] = correction
        versions = {on: version.number for on in homes(live) if (version := self._documents.read(_on(day, on)))}
        return Owed(less, tuple(names), corrected(live, versions))

    def postings(self, day: DayKey, version: DocumentVersion, reading: Reading) -> Iterator[Posting]:
        """What a document that is frozen in this version under this reading posts."""
        base = self._read(day, version.base) if version.base else None
        shown: dict[tuple[date, Granule], str | None] = {}
        for order_day, on, _ in version.less:
            if day.day == (on if reading == "event_day" else order_day):
                shown[order_day, on] = None
        for order_day, attempt in version.sources if reading == "event_day" else ():
            shown[order_day, day.day] = attempt
        if base is not None:
            shown[day.day, None] = base.attempt
            for on in base.event_days:
                if reading == "order_day" or on == day.day:
                    shown[day.day, on] = base.attempt
        for order_day, attempt in version.corrections:
            correction = self._corrections.read(day, version.lock, order_day, attempt)
            if correction is None:
                raise errors.TornRead(f"a correction on {day.day} is gone")
            shown |= {(order_day, moved.granule): moved.live for moved in correction.moved if reading in moved.readings}
        for (order_day, granule), shown_attempt in shown.items():
            yield Posting(day.day, order_day, granule, shown_attempt)


def _on(day: DayKey, other: date) -> DayKey:
    return msgspec.structs.replace(day, day=other)
