"""The sync activity: one line for each thing that happened, by workspace and level, kept 400 days."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from chalicelib import errors
from chalicelib.domain.activity import Level, Line
from chalicelib.storage.models import ActivityItem, key
from chalicelib.storage.table import Table

KEPT_S = 400 * 86_400

_decoder = msgspec.msgpack.Decoder(Line)


class Activity:
    """The lines of all workspaces."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def write(self, workspace: str, line: Line) -> None:
        """Write the line; what cannot be written after some tries is given up, for a line never holds up the work."""
        item = ActivityItem(
            key("ACT", workspace, line.level),
            line.id,
            body=msgspec.msgpack.encode(line),
            expires_at=int(line.at.timestamp()) + KEPT_S,
        )
        for _ in range(3):
            try:
                self._table.put(item)
                return
            except errors.Unanswered:
                continue

    def list(self, workspace: str, level: Level, *, before: str, after: str, now: datetime) -> Iterator[Line]:
        """Yield lines newest first with ids from `after` to `before`, both inside; what has expired is left out."""
        pk = key("ACT", workspace, level)
        for item in self._table.query(ActivityItem, pk, between=(after, before), newest_first=True):
            if int(item.expires_at) > now.timestamp():
                yield _decoder.decode(item.body)
