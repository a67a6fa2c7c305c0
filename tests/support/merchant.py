"""A merchant with one paired shop, as their page sees it: days are filled, synced, listed by mode and by reading."""

from datetime import date, datetime, timedelta

import msgspec

from chalicelib.domain.days import window_of
from tests.support.orders import line, order
from tests.support.site import Site, json_at
from tests.support.system import ZONE

JUNE_30, JULY_2, JULY_3, TODAY = date(2026, 6, 30), date(2026, 7, 2), date(2026, 7, 3), date(2026, 7, 5)


def at(day: date, minutes: int = 0, days: int = 0) -> datetime:
    return window_of(day, ZONE).start_at + timedelta(days=days, minutes=minutes)


PAGES_MAX = 50


class Merchant:
    """A merchant with a paired shop."""

    def __init__(self, site: Site) -> None:
        self.daybook, self.visitor = site.daybook, site.merchant()
        self.workspace = self.visitor.workspace
        self.id = self.daybook.pair_shop(self.workspace).id

    def get(self, path: str) -> dict:
        return json_at(self.visitor.get(path))

    def fill(self, day: date, *numbers: int, **more) -> None:
        self.daybook.shop.orders[day] = [order(n, line("A"), placed_at=at(day, n % 60), **more) for n in numbers]

    def sync(self, *days: date) -> None:
        connection = self.daybook.connections.get(self.workspace, self.id)
        self.daybook.pass_time(minutes=1)
        for day in days:
            self.daybook.ask_day(connection, day)
        self.daybook.work()

    def show(self, mode: str) -> None:
        seen = self.daybook.connections.get(self.workspace, self.id)
        changed = msgspec.structs.replace(seen.settings, summary=mode, version=seen.settings.version + 1)
        assert self.daybook.connections.change_settings(seen, changed)

    def read_by(self, reading: str) -> None:
        assert self.visitor.ask("PATCH", "/v1/workspace", {"reading": reading}).status_code == 200

    def totals(self) -> dict[str, dict]:
        """The totals of both lists together, by currency."""
        found: dict[str, dict] = {}
        for kind in ("summary", "individual"):
            for figures in self.get(f"/v1/sales?type={kind}")["totals"]:
                so_far = found.setdefault(figures["currency"], {})
                for name, amount in figures.items():
                    if name != "currency":
                        so_far[name] = so_far.get(name, 0) + amount
        return found

    def paged(self, path: str, of: str, limit: int) -> list[dict]:
        items, cursor = [], ""
        for _ in range(PAGES_MAX):
            answer = self.get(f"{path}{'&' if '?' in path else '?'}limit={limit}&cursor={cursor}")
            items += answer[of]
            cursor = answer["next"]
            if cursor is None:
                return items
        raise AssertionError("a list never ended")
