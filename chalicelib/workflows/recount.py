"""Counting a shop's usage anew: what its shelves say, beside the orders that stand on its days. It changes nothing."""

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.allotment import Account
from chalicelib.domain.connections import Connection
from chalicelib.domain.work import Head

if TYPE_CHECKING:
    from chalicelib.storage.days import Days
    from chalicelib.storage.revisions import Revisions
    from chalicelib.storage.shelves import Shelves

OPENED_AT_ONCE = 25
SHOWN_MAX = 20


class Recounted(msgspec.Struct, frozen=True, kw_only=True):
    """A shop's usage by plan year: as its shelves add it up (`counted`), and by the ids that are on them (`listed`).

    `sold` are the distinct orders that count on a day that is here, `uncounted` those of them that no shelf has, the first of
    which are named; `sold_no_more` are on a shelf and on no such day: cancelled since, or their day is not here. The orders of
    `owed_days` are still to be counted, so only without them is an uncounted order a defect.
    """

    counted: dict[str, int]
    listed: dict[str, int]
    sold: int
    uncounted: int
    uncounted_ids: tuple[str, ...]
    sold_no_more: int
    owed_days: tuple[date, ...]

    @property
    def agrees(self) -> bool:
        return self.counted == self.listed and not self.uncounted


class Recount:
    """Counts for one connection at a time."""

    def __init__(self, *, days: "Days", revisions: "Revisions", shelves: "Shelves") -> None:
        self._days = days
        self._revisions = revisions
        self._shelves = shelves

    def recount(self, connection: Connection) -> Recounted:
        """Read everything once: the days before the shelves, so that what is counted meanwhile is found. Raises TornRead."""
        days = [
            head
            for head in self._days.list(connection.workspace, date.min, date.max)
            if head.key.connection == connection.id
        ]
        sold = set(self._sold(days))
        account = Account(connection.workspace, connection.kind, connection.account)
        shelves = self._shelves.all(account)
        counted = self._shelves.usage(account)
        listed: dict[str, int] = {}
        shelved: set[str] = set()
        for year in sorted({year for name, shelf in shelves.items() for year, _, _ in shelf.by_day(name)}):
            for ids in self._shelves.counted(account, shelves, year).values():
                listed[year] = listed.get(year, 0) + len(ids)
                shelved.update(ids)
        uncounted = sorted(sold - shelved)
        return Recounted(
            counted=counted,
            listed=listed,
            sold=len(sold),
            uncounted=len(uncounted),
            uncounted_ids=tuple(uncounted[:SHOWN_MAX]),
            sold_no_more=len(shelved - sold),
            owed_days=tuple(head.key.day for head in days if head.due is not None),
        )

    def _sold(self, days: list[Head]) -> Iterator[str]:
        """Yield the id that each order is billed under which counts on a live day."""
        live = iter([(head.key, head.live) for head in days if head.live is not None])
        while some := list(islice(live, OPENED_AT_ONCE)):
            for (key, _), revision in self._revisions.read_many(some).items():
                for id_, _ in self._revisions.order_ids(key, revision):
                    yield id_
