"""The sandbox shop through time: which orders each local day has, and what has happened to them by now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from infra.sandbox.book import Order
from infra.sandbox.draw import Slot, Trade, draw_order
from infra.sandbox.fate import befall, cancelled, goodwill

OPENED = date(2025, 1, 1)
FIRST_NUMBER = 1001
FUTURE_DAYS = 45  # nothing happens to an order later than this after its day

_WEEKDAYS = (0.9, 0.85, 0.9, 1.0, 1.15, 1.25, 1.05)
_DAY = timedelta(days=1)
_ADDED_NUMBER = 900_000


class SandboxShop:
    """One shop. `now_s` is the time it is there; orders come into being as it passes."""

    def __init__(self, trade: Trade, now_s: Callable[[], float]) -> None:
        self.trade = trade
        self.now_s = now_s
        self._zone = ZoneInfo(trade.zone)
        self._counts: list[int] = [0]
        self._added: dict[date, list[Order]] = {}
        self._changed: dict[int, Order] = {}
        self._drawn = lru_cache(maxsize=256)(self._draw)

    def start_s(self, day: date) -> int:
        """The first second of the local day, found by going back from noon, when no clock is ever changed."""
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=self._zone)
        second = int(noon.timestamp()) - 15 * 3600
        while self.day_of(second) < day:
            second += 900
        return second

    def day_of(self, second: float) -> date:
        return datetime.fromtimestamp(second, UTC).astimezone(self._zone).date()

    def orders_of(self, day: date) -> list[Order]:
        """The day's orders that exist by now, by the instant they were placed."""
        orders = [self._changed.get(order.id, order) for order in (*self._drawn(day), *self._added.get(day, ()))]
        now = self.now_s()
        # An imported order is known to the shop later than it was placed.
        return sorted(
            (order for order in orders if order.created_s <= now), key=lambda order: (order.placed_s, order.id)
        )

    def placed_between(self, start_s: float, end_s: float) -> Iterator[Order]:
        """Yield the orders placed in `[start, end]`, oldest first."""
        day, last = max(self.day_of(start_s), OPENED), min(self.day_of(end_s), self.day_of(self.now_s()))
        while day <= last:
            yield from (order for order in self.orders_of(day) if start_s <= order.placed_s <= end_s)
            day += _DAY

    def find(self, order_id: int) -> Order | None:
        """An order by its id, which holds its day."""
        day = OPENED + timedelta(days=order_id // 1_000_000 - 5_000_000)
        return next((order for order in self.orders_of(day) if order.id == order_id), None) if day >= OPENED else None

    # -- what tests and the curious do to the shop

    def add_orders(self, day: date, count: int) -> list[str]:
        """Let orders arrive late on a day; their numbers."""
        there = self._added.setdefault(day, [])
        start, made = self.start_s(day), []
        for n in range(len(there), len(there) + count):
            number = _ADDED_NUMBER + (day - OPENED).days * 100 + n
            slot = Slot(self._id(day, 900_000 + n), number, start + 3600 + n, self.start_s(day + _DAY))
            made.append(draw_order(Random(f"{self.trade.shop} {self.trade.seed} {day} {number}"), self.trade, slot))
        there += [msgspec.structs.replace(order, created_s=order.placed_s) for order in made]
        return [order.name for order in made]

    def refund(self, order: Order, amount: int) -> None:
        """Pay some money back now."""
        back = goodwill(int(self.now_s()), amount)
        self._changed[order.id] = msgspec.structs.replace(order, happenings=(*order.happenings, back))

    def cancel(self, order: Order) -> None:
        """Call an order off now, money and all."""
        self._changed[order.id] = cancelled(order, int(self.now_s()), row=True)

    # -- drawing

    def _draw(self, day: date) -> tuple[Order, ...]:
        if day < OPENED:
            return ()
        rng = Random(f"{self.trade.shop} {self.trade.seed} {day}")
        start, end = self.start_s(day), self.start_s(day + _DAY)
        count = self._count(day)
        places = sorted(start + min(int(_hour(rng) * (end - start)), end - start - 1) for _ in range(count))
        if count > 1:
            places[0], places[-1] = start, end - 1  # the first and the last second of the day belong to it
        first = self._orders_before(day)
        orders = []
        for n, placed_s in enumerate(places):
            slot = Slot(self._id(day, n), FIRST_NUMBER + first + n, placed_s, end)
            orders.append(befall(rng, draw_order(rng, self.trade, slot), end))
        return tuple(orders)

    def _count(self, day: date) -> int:
        if not self.trade.orders_per_day:
            return 0
        rng = Random(f"{self.trade.shop} {self.trade.seed} {day} count")
        return max(0, round(self.trade.orders_per_day * _WEEKDAYS[day.weekday()] * (0.85 + 0.3 * rng.random())))

    def _orders_before(self, day: date) -> int:
        """How many orders the shop had before the day, so that numbers rise without gaps."""
        while len(self._counts) <= (day - OPENED).days:
            at = OPENED + timedelta(days=len(self._counts) - 1)
            self._counts.append(self._counts[-1] + self._count(at))
        return self._counts[(day - OPENED).days]

    @staticmethod
    def _id(day: date, n: int) -> int:
        return (5_000_000 + (day - OPENED).days) * 1_000_000 + n


def _hour(rng: Random) -> float:
    """A moment of the day as a part of it: few at night, most in the afternoon and evening."""
    return (rng.random() + rng.random() + 2 * rng.random() ** 0.7) / 4
