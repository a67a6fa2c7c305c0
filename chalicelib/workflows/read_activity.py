"""Reading the sync activity: up to three levels merged into one list, newest first."""

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.activity import LEVELS, Level, Line
from chalicelib.domain.days import DAY, start_of

if TYPE_CHECKING:
    from chalicelib.storage.activity import Activity

KEPT = timedelta(days=400)
COUNTED_MAX = 1_000
LOOKED_AT_MAX = 5_000


class ActivityFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines. Days are those of `zone`, both inside; `text` is looked for in the sentences; `after` is a line's id."""

    zone: str = "UTC"
    levels: tuple[Level, ...] = LEVELS
    connection: str | None = None
    first: date | None = None
    last: date | None = None
    text: str = ""
    after: str = ""


class ReadActivity:
    """Reads the activity for one workspace at a time. `now` gives aware UTC instants."""

    def __init__(self, *, activity: "Activity", now: Callable[[], datetime]) -> None:
        self._activity = activity
        self._now = now

    def page(
        self, workspace: str, asked: ActivityFilter, *, before: str | None, limit: int
    ) -> tuple[list[Line], str | None]:
        """Lines newest first from behind the line `before`, and where the next page begins."""
        levels = [self._lines(workspace, level, asked, before) for level in asked.levels]
        merged = heapq.merge(*levels, key=lambda line: line.id, reverse=True)
        lines = list(islice(merged, limit + 1))
        return lines[:limit], lines[limit - 1].id if len(lines) > limit else None

    def counts(self, workspace: str, asked: ActivityFilter) -> dict[Level, int]:
        """How many lines of each level the filter has, whatever its levels; counted to `COUNTED_MAX`."""
        return {
            level: sum(1 for _ in islice(self._lines(workspace, level, asked, None), COUNTED_MAX)) for level in LEVELS
        }

    def newest(self, workspace: str) -> str:
        """The id of the newest line; empty if there is none."""
        lines, _ = self.page(workspace, ActivityFilter(), before=None, limit=1)
        return lines[0].id if lines else ""

    def _lines(self, workspace: str, level: Level, asked: ActivityFilter, before: str | None) -> Iterator[Line]:
        now = self._now()
        first = start_of(asked.first, asked.zone) if asked.first else now - KEPT
        last = start_of(asked.last + DAY, asked.zone) if asked.last else now + DAY
        oldest, newest = max(_instant(first), asked.after), min(_instant(last), before or "~")
        if newest < oldest:
            return
        lines = self._activity.list(workspace, level, before=newest, after=oldest, now=now)
        text = asked.text.casefold()
        for line in islice(lines, LOOKED_AT_MAX):
            if line.id in (before, asked.after):
                continue
            if asked.connection in (None, line.connection) and text in line.text.casefold():
                yield line


def _instant(at: datetime) -> str:
    """The first part of ids of that instant; below each of them."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
