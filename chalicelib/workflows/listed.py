"""Live documents by day, as lists and reports read them: a month at a time, kept in the process until the month is touched.

Each document that is settled raises its month's count after it was made live. So a month whose counts are what they were has
no document that was settled since; one that is live and not yet settled is seen by the next reader after that.
"""

from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.months import last_of, month_of
from chalicelib.domain.ranges import months_later
from chalicelib.domain.work import DayKey, DocumentVersion
from chalicelib.workflows.kept import Kept

if TYPE_CHECKING:
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.months import MonthRecords

KEPT_MAX = 20_000

Document = tuple[DayKey, DocumentVersion]
# Of a month: its connections, each with how often the month was touched.
Touches = tuple[tuple[str, int], ...]
TouchesByMonth = dict[date, Touches]


class Month(msgspec.Struct, frozen=True):
    """The documents of a month as they were read, when it had been touched so often.

    `reading` is the number of that reading, so that it stands for the documents; 0 if the month is not kept.
    """

    month: date
    touches: Touches
    reading: int
    documents: list[Document]


class Listing(msgspec.Struct, frozen=True):
    """The live documents of some days, oldest first. `name` is another one whenever they are; None says nothing of them."""

    name: tuple[object, ...] | None
    documents: list[Document]


class ListDocuments:
    """Lists documents of one workspace at a time."""

    def __init__(self, documents: "Documents", months: "MonthRecords", kept_max: int = KEPT_MAX) -> None:
        self._documents = documents
        self._months = months
        self._kept: Kept[Month] = Kept(kept_max, lambda month: len(month.documents))
        self._readings = count(1)

    def touches(self, workspace: str, first: date, last: date) -> TouchesByMonth:
        """How often each month of these days was touched, by connection."""
        touches: TouchesByMonth = {}
        for month, counts in self._months.counts(workspace, month_of(first), month_of(last)):
            touches[month.month] = (*touches.get(month.month, ()), (month.connection, counts.touched))
        return touches

    def list(self, workspace: str, first: date, last: date, touches: TouchesByMonth | None = None) -> Listing:
        """The live documents of all the workspace's connections by day, both days inside; `touches` are those of these months,
        or of more, if somebody has just read them."""
        if last < first:
            return Listing((), [])
        if touches is None:
            touches = self.touches(workspace, first, last)
        months = [
            each
            for begin, end in self._runs(workspace, month_of(first), month_of(last), touches)
            for each in self._month_or_read(workspace, begin, end, touches)
        ]
        documents: list[Document] = []
        for each in months:
            whole = first <= each.month and last_of(each.month) <= last
            documents += each.documents if whole else [one for one in each.documents if first <= one[0].day <= last]
        readings = tuple(each.reading for each in months)
        return Listing((first, last, readings) if all(readings) else None, documents)

    def _runs(self, workspace: str, first: date, last: date, touches: TouchesByMonth) -> Iterator[tuple[date, date]]:
        """Cut the months into those that are kept, one by one, and stretches of those that have to be read."""
        begin, month = None, first
        while month <= last:
            if self._month(workspace, month, touches):
                if begin is not None:
                    yield begin, months_later(month, -1)
                yield month, month
                begin = None
            elif begin is None:
                begin = month
            month = months_later(month, 1)
        if begin is not None:
            yield begin, last

    def _month(self, workspace: str, month: date, touches: TouchesByMonth) -> Month | None:
        kept = self._kept.get((workspace, month))
        return kept if kept is not None and kept.touches == touches.get(month) else None

    def _month_or_read(self, workspace: str, first: date, last: date, touches: TouchesByMonth) -> Iterator[Month]:
        if first == last and (kept := self._month(workspace, first, touches)):
            yield kept
            return
        by_month: dict[date, list[Document]] = {}
        for key, version in self._documents.list(workspace, first, last_of(last)):
            by_month.setdefault(month_of(key.day), []).append((key, version))
        for month, documents in by_month.items():
            if month in touches:
                read = Month(month, touches[month], next(self._readings), documents)
                yield self._kept.put((workspace, month), read)
            else:
                yield Month(month, (), 0, documents)
