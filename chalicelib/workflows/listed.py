"""Live documents by day, as lists and reports read them: a month at a time, kept in the process until the month is touched.

Each document that is settled raises its month's count after it was made live. So a month whose counts are what they were has
no document that was settled since; one that is live and not yet settled is seen by the next reader after that.
"""

from collections import OrderedDict
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from chalicelib.domain.months import last_of, month_of
from chalicelib.domain.ranges import months_later
from chalicelib.domain.work import DayKey, DocumentVersion

if TYPE_CHECKING:
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.months import MonthRecords

KEPT_MAX = 20_000

Document = tuple[DayKey, DocumentVersion]
Found = list[Document]
# Of a month: its connections, each with how often the month was touched.
Touches = tuple[tuple[str, int], ...]
TouchesByMonth = dict[date, Touches]


class ListDocuments:
    """Lists documents of one workspace at a time."""

    def __init__(self, documents: "Documents", months: "MonthRecords", kept_max: int = KEPT_MAX) -> None:
        self._documents = documents
        self._months = months
        self._kept: OrderedDict[tuple[str, date], tuple[Touches, Found]] = OrderedDict()
        self._room = kept_max

    def list(self, workspace: str, first: date, last: date) -> Iterator[Document]:
        """Yield the live documents of all the workspace's connections by day, both days inside."""
        if last < first:
            return
        touches: TouchesByMonth = {}
        for month, touched in self._months.touches(workspace, month_of(first), month_of(last)):
            touches[month.month] = (*touches.get(month.month, ()), (month.connection, touched))
        for begin, end in self._runs(workspace, month_of(first), month_of(last), touches):
            for key, version in self._month_or_read(workspace, begin, end, touches):
                if first <= key.day <= last:
                    yield key, version

    def _runs(self, workspace: str, first: date, last: date, touches: TouchesByMonth) -> Iterator[tuple[date, date]]:
        """Cut the months into those that are kept, one by one, and stretches of those that have to be read."""
        begin, month = None, first
        while month <= last:
            kept = self._kept.get((workspace, month))
            if kept is not None and kept[0] == touches.get(month, ()):
                if begin is not None:
                    yield begin, months_later(month, -1)
                yield month, month
                begin = None
            elif begin is None:
                begin = month
            month = months_later(month, 1)
        if begin is not None:
            yield begin, last

    def _month_or_read(self, workspace: str, first: date, last: date, touches: TouchesByMonth) -> Found:
        kept = self._kept.get((workspace, first)) if first == last else None
        if kept is not None and kept[0] == touches.get(first, ()):
            self._kept.move_to_end((workspace, first))
            return kept[1]
        listed = [*self._documents.list(workspace, first, last_of(last))]
        by_month: dict[date, Found] = {}
        for key, version in listed:
            by_month.setdefault(month_of(key.day), []).append((key, version))
        for month, documents in by_month.items():
            if month in touches:
                self._keep((workspace, month), touches[month], documents)
        return listed

    def _keep(self, name: tuple[str, date], touches: Touches, documents: Found) -> None:
        before = self._kept.pop(name, None)
        self._room += len(before[1]) if before else 0
        self._kept[name] = (touches, documents)
        self._room -= len(documents)
        while self._room < 0 and self._kept:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._room += len(dropped)
