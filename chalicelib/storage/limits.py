"""What workspaces did in the last hour, as far as it is limited: the instants, oldest first.

LIMIT#<workspace>           <what>                  Spent
"""

from collections.abc import Callable

import msgspec
from pynamodb.attributes import UnicodeAttribute

from chalicelib import errors
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table

HOUR_S = 3_600
RACES_MAX = 50


class Spent(Item):
    """`at` are epoch seconds, JSON text; `mark` names the last write, so that who made it knows it again."""

    at = UnicodeAttribute()
    mark = UnicodeAttribute()


class Counts:
    """The counts of all workspaces. `new_id` gives names never used twice."""

    def __init__(self, table: Table, new_id: Callable[[], str]) -> None:
        self._table = table
        self._new_id = new_id

    def take(self, workspace: str, what: str, *, most: int, at: int) -> int:
        """Note that it is done at `at`. Returns 0, or in how many seconds it may be done, being done `most` times within
        the hour before; then nothing is noted."""
        for _ in range(RACES_MAX):
            item = self._read(workspace, what)
            spent = [each for each in _instants(item) if each > at - HOUR_S]
            if len(spent) >= most:
                return spent[-most] + HOUR_S - at
            if self._replace(workspace, what, item, [*spent, at]):
                return 0
        raise errors.Unanswered(f"the count of {what} kept moving")

    def give_back(self, workspace: str, what: str, *, at: int) -> None:
        """What was noted at `at` has not come to anything; may be lost."""
        item = self._read(workspace, what)
        spent = _instants(item)
        if at in spent:
            spent.remove(at)
            self._replace(workspace, what, item, spent)

    def _read(self, workspace: str, what: str) -> Spent | None:
        return self._table.get(Spent, key("LIMIT", workspace), key(what))

    def _replace(self, workspace: str, what: str, was: Spent | None, spent: list[int]) -> bool:
        """Replace what was read; False if somebody was faster."""
        mark = self._new_id()
        item = Spent(
            key("LIMIT", workspace),
            key(what),
            at=msgspec.json.encode(spent).decode(),
            mark=mark,
            expires_at=max(spent, default=0) + HOUR_S,
        )
        unmoved = Spent.mark == was.mark if was else Spent.mark.does_not_exist()
        return write_surely(
            lambda: self._table.put(item, unmoved),
            lambda: self._read(workspace, what),
            landed=lambda there: there is not None and there.mark == mark,
            open_still=lambda there: (there and there.mark) == (was and was.mark),
        )


def _instants(item: Spent | None) -> list[int]:
    return msgspec.json.decode(item.at, type=list[int]) if item else []
