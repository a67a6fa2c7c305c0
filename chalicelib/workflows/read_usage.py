"""Reading usage: the orders counted in the plan year in which we are, by shop and by the month in which they were made.

The forecast says what the year comes to if each of its days that are left brings as many orders as one of the last 28 did.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.accounts import Workspace
from chalicelib.domain.allotment import Account, PlanYear, Terms, plan_year
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import day_of
from chalicelib.domain.months import month_of
from chalicelib.domain.ranges import months_later
from chalicelib.workflows.books import Start
from chalicelib.workflows.kept import Kept

if TYPE_CHECKING:
    from chalicelib.storage.shelves import Shelves


RECENT_DAYS = 28
SHELVES_KEPT_MAX = 100_000


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """`terms` are those in force. `shops` are in the order of their names, `months` ("2026-07") in theirs.

    `days` are the orders by the day whose sale first showed them. `today` is the workspace's.
    """

    year: PlanYear
    terms: Terms
    shops: tuple[tuple[Connection, int], ...]
    days: dict[date, int]
    today: date

    @property
    def used(self) -> int:
        return sum(orders for _, orders in self.shops)

    @property
    def allotment(self) -> int | None:
        """None where it is unlimited."""
        return self.terms.allotment or None

    @property
    def overage(self) -> int | None:
        """What the orders beyond the allotment come to so far, in minor units of the terms' currency; None without prices."""
        return self.terms.overage(self.used) if self.allotment and self.terms.prices else None

    @property
    def months(self) -> tuple[tuple[str, int], ...]:
        """From the first to the last in which an order was made; one between them may have none."""
        made = Counter[date]()
        for day, orders in self.days.items():
            made[month_of(day)] += orders
        months, month = [], min(made, default=date.max)
        while month <= max(made, default=date.min):
            months.append((f"{month:%Y-%m}", made[month]))
            month = months_later(month, 1)
        return tuple(months)

    @property
    def forecast(self) -> int:
        """Orders at the end of the year, half up."""
        first = self.today - timedelta(days=RECENT_DAYS)
        recent = sum(orders for day, orders in self.days.items() if first <= day < self.today)
        left = max((self.year.last - self.today).days, 0)
        return self.used + (2 * recent * left + RECENT_DAYS) // (2 * RECENT_DAYS)


class ReadUsage:
    """Reads usage for one workspace at a time. `terms` are those of everybody; `now` gives aware UTC instants.

    `touches` are others whenever a settled day of the workspace is: orders are counted while a day is settled.
    """

    def __init__(
        self,
        *,
        shelves: "Shelves",
        start: Callable[[str], Start],
        terms: Terms,
        now: Callable[[], datetime],
    ) -> None:
        self._shelves = shelves
        self._start = start
        self._kept: Kept[dict[str, dict[date, int]]] = Kept(
            SHELVES_KEPT_MAX, lambda years: sum(map(len, years.values()))
        )
        self._terms = terms
        self._now = now

    def read(self, workspace: Workspace, start: Start | None = None) -> Usage:
        """The usage of now."""
        start = start or self._start(workspace.id)
        now = self._now()
        year = plan_year(workspace.signed_up_at, now, workspace.time_zone)
        touches = tuple(start.touches.items())
        shops = []
        days: dict[date, int] = {}
        for each in sorted(start.connections, key=lambda each: (each.name, each.id)):
            account = Account(workspace.id, each.kind, each.account)
            years = self._kept.made((account, touches), partial(self._shelves.by_day, account))
            counted = years.get(year.name, {})
            shops.append((each, sum(counted.values())))
            for made, orders in counted.items():
                days[made] = days.get(made, 0) + orders
        return Usage(
            year=year,
            terms=workspace.terms or self._terms,
            shops=tuple(shops),
            days=days,
            today=day_of(now, workspace.time_zone),
        )
