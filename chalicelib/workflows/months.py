"""Rolling a month's documents up, by whoever reads the month and finds it behind.

Each settled document raises the month's `touched` after it was made live. A rebuild reads `touched` first and the documents
after it, so what it builds includes all that it then says it does; its flip is refused if another one went first.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from chalicelib import errors
from chalicelib.domain.connections import Connection
from chalicelib.domain.months import (
    MonthDay,
    MonthKey,
    MonthState,
    MonthVersion,
    last_of,
    month_digest,
    month_key,
    roll_up,
    roll_up_totals,
    state_of,
)
from chalicelib.domain.summaries import DocumentSheet, without_lines
from chalicelib.domain.work import DayKey, DocumentVersion

if TYPE_CHECKING:
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.months import MonthRecord, MonthRecords

READS_MAX = 3


class Months:
    """Reads months, rebuilt where they are behind. `now` gives aware UTC instants, `new_id` names that are never used twice."""

    def __init__(
        self,
        *,
        records: "MonthRecords",
        documents: "Documents",
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._records = records
        self._documents = documents
        self._now = now
        self._new_id = new_id

    def touch(self, day: DayKey) -> None:
        """Note that a document of the day's month was settled. To be done after it was made live and before that is forgotten."""
        self._records.touch(month_key(day))

    def read(self, connection: Connection, month: date) -> MonthVersion | None:
        """The month as its live documents are, without lines; None if it has none. Raises TornRead, Unanswered."""
        return self.up_to_date(self._records.read(MonthKey(connection.workspace, connection.id, month)))

    def list(self, workspace: str, first: date, last: date) -> dict[MonthKey, "MonthRecord"]:
        """The months of all connections that begin from `first` to `last`, as they were last built."""
        return {record.key: record for record in self._records.list(workspace, first, last)}

    def up_to_date(self, record: "MonthRecord") -> MonthVersion | None:
        """The month's live version with all that was settled when `record` was read, rebuilt for that if need be.

        Raises TornRead, Unanswered.
        """
        wanted, tries = record.touched, 0
        while record.built is None or record.built < wanted:
            if tries == READS_MAX:
                raise errors.TornRead(f"month {record.key.month} kept moving")
            if not self._rebuild(record):
                return None
            tries += 1
            record = self._records.read(record.key)
        return record.live

    def unbuilt(
        self, record: "MonthRecord | None", key: MonthKey, documents: Sequence[tuple[DayKey, DocumentVersion]]
    ) -> MonthVersion:
        """What a rebuild would make of these live documents, oldest first, as far as their totals tell; it is not kept.

        The numbers of SKUs are those of the day that has most.
        """
        live = record.live if record else None
        days = tuple(_day(day, version) for day, version in documents)
        state = state_of(key.month, days)
        return MonthVersion(
            attempt="",
            number=live.number if live else 0,
            predecessor=None,
            cause=_cause(live, state),
            state=state,
            digest="",
            published_at=max(version.published_at for _, version in documents),
            days=days,
            sheets=roll_up_totals(version.sheets for _, version in documents),
            chunks=0,
        )

    def sheets(self, key: MonthKey) -> tuple[MonthVersion, tuple[DocumentSheet, ...]] | None:
        """The month with all its lines; None if it has no documents. Raises TornRead, Unanswered."""
        for _ in range(READS_MAX):
            version = self.up_to_date(self._records.read(key))
            if version is None:
                return None
            sheets = self._records.sheets(key, version)
            if sheets is not None:
                return version, sheets
        raise errors.TornRead(f"month {key.month} could not be read whole")

    def versions(self, key: MonthKey) -> Iterator[MonthVersion]:
        """Yield the live version and each final one before it, newest first."""
        return self._records.versions(key)

    def lines_of(self, key: MonthKey, version: MonthVersion) -> tuple[DocumentSheet, ...] | None:
        """A version's sheets with all their lines; None if they are gone."""
        return self._records.sheets(key, version)

    def _rebuild(self, seen: "MonthRecord") -> bool:
        """Make what the live documents come to the live version, if it says anything new. False: there are no documents."""
        days, sheets = self._gather(seen.key)
        live = seen.live
        if not days and live is None:
            return False
        state = state_of(seen.key.month, days)
        named = month_digest(state, days, sheets)
        if live is not None and live.digest == named:
            self._records.confirm(seen)
            return True
        version = MonthVersion(
            attempt=self._new_id(),
            number=live.number + 1 if live else 1,
            predecessor=None if live is None else live.predecessor if live.state == "open" else live.attempt,
            cause=_cause(live, state),
            state=state,
            digest=named,
            published_at=int(self._now().timestamp()),
            days=days,
            sheets=tuple(map(without_lines, sheets)),
            chunks=0,
        )
        self._records.publish(seen, version, sheets)
        self._records.clean(seen.key)
        return True

    def _gather(self, key: MonthKey) -> tuple[tuple[MonthDay, ...], tuple[DocumentSheet, ...]]:
        """The month's live documents, oldest first, and their sum. Raises TornRead."""
        listed = [
            (day, version)
            for day, version in self._documents.list(key.workspace, key.month, last_of(key.month))
            if day.connection == key.connection
        ]
        days, all_sheets = [], []
        for (day, version), folded in zip(listed, self._documents.fold_many(listed), strict=True):
            opened = (version, folded) if folded is not None else self._documents.sheets(day)
            if opened is not None:
                days.append(_day(day, opened[0]))
                all_sheets.append(opened[1])
        return tuple(days), roll_up(all_sheets)


def _day(day: DayKey, version: DocumentVersion) -> MonthDay:
    return MonthDay(day.day, version.state, version.attempt, version.base)


def _cause(live: MonthVersion | None, state: MonthState) -> str:
    if live is None:
        return "first"
    return "closed" if live.state == "open" and state == "final" else "changed"
