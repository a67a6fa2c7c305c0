"""Reading usage: the orders counted in the plan year in which we are, by shop."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.accounts import Workspace
from chalicelib.domain.allotment import Account, PlanYear, plan_year
from chalicelib.domain.connections import Connection

if TYPE_CHECKING:
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.shelves import Shelves


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """`allotment` is None where it is unlimited. `shops` are in the order of their names."""

    year: PlanYear
    allotment: int | None
    shops: tuple[tuple[Connection, int], ...]

    @property
    def used(self) -> int:
        return sum(orders for _, orders in self.shops)


class ReadUsage:
    """Reads usage for one workspace at a time. `allotment` 0 is unlimited; `now` gives aware UTC instants."""

    def __init__(
        self, *, shelves: "Shelves", connections: "Connections", allotment: int, now: Callable[[], datetime]
    ) -> None:
        self._shelves = shelves
        self._connections = connections
        self._allotment = allotment
        self._now = now

    def read(self, workspace: Workspace) -> Usage:
        year = plan_year(workspace.signed_up_at, self._now(), workspace.time_zone)
        shops = []
        for each in sorted(self._connections.list(workspace.id), key=lambda each: (each.name, each.id)):
            counted = self._shelves.usage(Account(workspace.id, each.kind, each.account))
            shops.append((each, counted.get(year.name, 0)))
        return Usage(year=year, allotment=self._allotment or None, shops=tuple(shops))
