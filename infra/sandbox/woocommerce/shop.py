"""The shop of the sandbox site through time: which orders it has by now, and what is done to it by hand."""

from __future__ import annotations

import threading
from bisect import bisect
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from infra.sandbox.catalog import HOURS, WEEKDAYS
from infra.sandbox.woocommerce.book import Order, Refund, Trade, draw, refund_id

_DAY = timedelta(days=1)
_IDS_A_DAY = 2_000
_ADDED = 1_000


class Shop:
    """One shop. `now_s` is the time it is there; orders come into being as it passes."""

    def __init__(self, trade: Trade, now_s: Callable[[], float]) -> None:
        self.trade = trade
        self.now_s = now_s
        self.zone = ZoneInfo(trade.zone)
        self._orders: dict[int, Order] = {}
        self._next = trade.opened
        self._added = 0
        self._lock = threading.Lock()

    def orders(self) -> list[Order]:
        """All orders that exist by now, by id; those in the bin too."""
        now = self.now_s()
        with self._lock:
            while self._next <= self.day_of(now):
                for order in self._draw(self._next):
                    self._orders.setdefault(order.id, order)
                self._next += _DAY
            return sorted((each for each in self._orders.values() if each.known_s <= now), key=lambda each: each.id)

    def find(self, id_: int) -> Order | None:
        return next((order for order in self.orders() if order.id == id_), None)

    def local(self, second: float) -> datetime:
        return datetime.fromtimestamp(second, UTC).astimezone(self.zone)

    def day_of(self, second: float) -> date:
        return self.local(second).date()

    def start_s(self, day: date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    # -- by hand

    def add(self, day: date, count: int) -> list[str]:
        """Bring orders of a day in now; their numbers."""
        made = []
        for _ in range(count):
            self._added += 1
            id_ = self._id(self.day_of(self.now_s()), _ADDED + self._added)
            rng = Random(f"{self.trade.seed} added {self._added}")
            order = draw(rng, self.trade, id_=id_, number=id_, placed_s=self.start_s(day) + 7 * self._added)
            now = max(int(self.now_s()), order.placed_s)
            shift = now - order.known_s
            fate = tuple((at_s + shift, status) for at_s, status in order.fate)
            self.put(msgspec.structs.replace(order, known_s=now, fate=fate, refunds=(), edits=()))
            made.append(order.number)
        return made

    def put(self, order: Order) -> None:
        with self._lock:
            self._orders[order.id] = order

    def refund(self, order: Order, amount: int) -> None:
        """Pay some money back now."""
        back = Refund(id=refund_id(order, len(order.refunds)), at_s=int(self.now_s()), amount=amount)
        self.put(msgspec.structs.replace(order, refunds=(*order.refunds, back)))

    def turn(self, order: Order, status: str) -> None:
        """Give an order another status now."""
        now = int(self.now_s())
        fate = tuple(each for each in order.fate if each[0] <= now)
        self.put(msgspec.structs.replace(order, fate=(*fate, (now, status))))

    # -- drawing

    def _draw(self, day: date) -> list[Order]:
        rng = Random(f"{self.trade.name} {self.trade.seed} {day}")
        start, end = self.start_s(day), self.start_s(day + _DAY)
        mean = self.trade.orders_per_day * WEEKDAYS[day.weekday()]
        count = max(min(1, self.trade.orders_per_day), round(mean * (0.85 + 0.3 * rng.random())))
        weights = list(accumulate(HOURS[self.local(at).hour] for at in range(start, end, 3600)))
        places = sorted(self._place(rng, start, end, weights) for _ in range(count))
        if count > 3:
            places[0], places[-1], places[2] = (
                start,
                end - 1,
                places[1],
            )  # the day's first and last second; two in the same
        places.sort()
        return [
            draw(rng, self.trade, id_=self._id(day, n), number=self._id(day, n), placed_s=placed_s)
            for n, placed_s in enumerate(places)
        ]

    @staticmethod
    def _place(rng: Random, start: int, end: int, weights: list[float]) -> int:
        hour = bisect(weights, rng.random() * weights[-1])
        return min(start + hour * 3600 + int(rng.random() * 3600), end - 1)

    def _id(self, day: date, n: int) -> int:
        return ((day - self.trade.opened).days + 1) * _IDS_A_DAY + n
