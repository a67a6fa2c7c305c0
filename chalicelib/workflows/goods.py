"""What days and months come to by SKU and by region: the parts of a document that its totals leave out.

A version never says anything else, so what it was folded to is kept in the process, as far as there is room for it.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from chalicelib import errors
from chalicelib.domain.months import MonthKey, last_of, month_key, month_of
from chalicelib.domain.ranges import Range
from chalicelib.domain.summaries import DocumentSheet
from chalicelib.domain.work import DayKey, DocumentVersion
from chalicelib.workflows.kept import Kept
from chalicelib.workflows.listed import Document

if TYPE_CHECKING:
    from chalicelib.storage.documents import Documents
    from chalicelib.storage.months import MonthRecord
    from chalicelib.workflows.months import Months

LINES_KEPT_MAX = 150_000
FOLDED_AT_ONCE = 25
REBUILT_MAX = 6

Sheets = tuple[DocumentSheet, ...]


class Goods:
    """Reads the lines and regions of one workspace's days and months."""

    def __init__(self, *, documents: "Documents", months: "Months") -> None:
        self._documents = documents
        self._months = months
        self._kept: Kept[Sheets] = Kept(LINES_KEPT_MAX, _size)

    def sheets(self, whole: Range, documents: Sequence[Document], *, lines: bool) -> Iterator[tuple[str, Sheets]]:
        """Yield what live documents of the range come to, with the connection that it is of; raises TornRead.

        A whole month is told by its roll-up, without lines where only regions are asked for; other days one by one.
        """
        days: list[Document] = []
        whole_months: dict[MonthKey, list[Document]] = {}
        for key, version in documents:
            month = month_of(key.day)
            if whole.first <= month and last_of(month) <= whole.last:
                whole_months.setdefault(month_key(key), []).append((key, version))
            else:
                days.append((key, version))
        for month_key_, found in self._rolled(whole_months, lines=lines).items():
            if found is None:
                days += whole_months[month_key_]
            else:
                yield month_key_.connection, found
        yield from self._folded(days)

    def _rolled(self, wanted: dict[MonthKey, list[Document]], *, lines: bool) -> dict[MonthKey, Sheets | None]:
        """The months' sheets; None where a month is behind and its turn to be built anew has not come."""
        if not wanted:
            return {}
        (workspace,) = {key.workspace for key in wanted}
        records = self._months.list(workspace, min(key.month for key in wanted), max(key.month for key in wanted))
        found: dict[MonthKey, Sheets | None] = {}
        rebuilt = 0
        for key in sorted(wanted, key=lambda key: key.month, reverse=True):
            record = records.get(key)
            behind = record is None or record.behind
            if behind and (rebuilt == REBUILT_MAX or record is None):
                found[key] = None
                continue
            rebuilt += behind
            found[key] = self._month(key, record, lines=lines)
        return found

    def _month(self, key: MonthKey, record: "MonthRecord | None", *, lines: bool) -> Sheets | None:
        live = record.live if record is not None and not record.behind else None
        if live is not None and not lines:
            return live.sheets
        if live is not None:
            name = (key, live.attempt)
            sheets = self._kept.get(name) or self._months.lines_of(key, live)
            if sheets is not None:
                return self._kept.put(name, sheets)
        opened = self._months.sheets(key)
        return opened[1] if opened else None

    def _folded(self, days: Sequence[Document]) -> Iterator[tuple[str, Sheets]]:
        missing: list[Document] = []
        for key, version in days:
            kept = self._kept.get(_name(key, version))
            if kept is None:
                missing.append((key, version))
            else:
                yield key.connection, kept
        for first in range(0, len(missing), FOLDED_AT_ONCE):
            some = missing[first : first + FOLDED_AT_ONCE]
            for (key, version), folded in zip(some, self._documents.fold_many(some), strict=True):
                sheets = folded if folded is not None else self._anew(key)
                if folded is not None:
                    self._kept.put(_name(key, version), folded)
                yield key.connection, sheets

    def _anew(self, key: DayKey) -> Sheets:
        """The day as it is now: it was replaced since its document was listed. Raises TornRead."""
        opened = self._documents.sheets(key)
        if opened is None:
            raise errors.TornRead(f"the document of {key.day} is gone")
        return opened[1]


def _name(key: DayKey, version: DocumentVersion) -> tuple[object, ...]:
    return key, version.attempt, version.frozen


def _size(sheets: Sheets) -> int:
    """Lines and regions, and something for the sheets themselves."""
    parts = [part for sheet in sheets for part in (sheet.sales, sheet.event_day, sheet.order_day)]
    return 1 + sum(1 + len(part.lines) + len(part.regions) for part in parts)
