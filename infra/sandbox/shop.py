"""The sandbox shop through time: which orders each local day has, and what has happened to them by now."""

from __future__ import annotations

import threading
from bisect import bisect, bisect_left, bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from infra.sandbox.book import Order
from infra.sandbox.catalog import HOURS, WEEKDAYS
from infra.sandbox.draw import Slot, Trade, draw_order
from infra.sandbox.fate import befall, cancelled, goodwill

OPENED = date(2025, 1, 1)
FIRST_NUMBER = 1001

# The day on which the shop has about as many orders as were asked for; it grows by a tenth a year.
_STEADY = date(2026, 7, 1)
_DAY = timedelta(days=1)
_HOUR_S = 3600
# Nothing befalls an order later than this.
NEWS_DAYS = 60
# Orders that are added by hand are named and identified far from those that the shop has by itself.
_ADDED_NUMBER = 9_000_001
_ADDED_ID = 900_000


class SandboxShop:
    """One shop. `now_s` is the time it is there; orders come into being as it passes."""

    def __init__(self, trade: Trade, now_s: Callable[[], float]) -> None:
        self.trade = trade
        self.now_s = now_s
        self.version = 0  # rises with each change by hand
        self._zone = ZoneInfo(trade.zone)
        self._counts: list[int] = [0]
        self._added: dict[date, list[Order]] = {}
        self._added_count = 0
        self._changed: dict[int, Order] = {}
        self._drawing = threading.Lock()
        self._drawn = lru_cache(maxsize=256)(self._draw)
        self._start_s = lru_cache(maxsize=1024)(self._find_start)

    def start_s(self, day: date) -> int:
        """The first second of the local day."""
        return self._start_s(day)

    def day_of(self, second: float) -> date:
        """The local day of an instant."""
        return datetime.fromtimestamp(second, UTC).astimezone(self._zone).date()

    def orders_of(self, day: date) -> list[Order]:
        """The day's orders that exist by now, by the instant they were placed."""
        now = self.now_s()
        # An imported order is known to the shop later than it was placed.
        return [order for order in self._all_of(day) if order.created_s <= now]

    def placed_between(self, start_s: float, end_s: float) -> Iterator[Order]:
        """Yield the orders placed in `[start_s, end_s]` that exist by now, oldest first."""
        now = self.now_s()
        day, last = max(self.day_of(start_s), OPENED), min(self.day_of(end_s), self.day_of(now))
        while day <= last:
            orders = self._all_of(day)
            first, end = (cut(orders, at, key=_placed_s) for cut, at in ((bisect_left, start_s), (bisect_right, end_s)))
            yield from (order for order in orders[first:end] if order.created_s <= now)
            day += _DAY

    def news(self, after_s: int, upto_s: int) -> Iterator[tuple[int, str, Order]]:
        """Yield (second, what, order) of all that happened after `after_s` up to `upto_s`, oldest first.

        What is "create" for an order that came into being, else the kind of its happening.
        """
        found = []
        day, last = max(self.day_of(after_s) - NEWS_DAYS * _DAY, OPENED), self.day_of(upto_s)
        while day <= last and after_s < upto_s:
            for order in self._all_of(day):
                events = [(order.created_s, "create"), *((each.at_s, each.kind) for each in order.happenings)]
                found += [(at_s, kind, order) for at_s, kind in events if after_s < at_s <= upto_s]
            day += _DAY
        yield from sorted(found, key=lambda new: (new[0], new[2].id))

    def find(self, order_id: int) -> Order | None:
        """An order by its id, which holds its day."""
        day = OPENED + timedelta(days=order_id // 1_000_000 - 5_000_000)
        return next((order for order in self.orders_of(day) if order.id == order_id), None) if day >= OPENED else None

    # -- what tests and the curious do to the shop

    def add_orders(self, day: date, count: int) -> list[str]:
        """Let orders of a day arrive late, now, as imported ones do; their names."""
        start, end = self.start_s(day), self.start_s(day + _DAY)
        there, made = self._added.setdefault(day, []), []
        for _ in range(count):
            number, placed_s = _ADDED_NUMBER + self._added_count, start + 7 * len(there) % (end - start)
            slot = Slot(self._id(day, _ADDED_ID + self._added_count), number, placed_s, end)
            order = draw_order(Random(f"{self.trade.shop} {self.trade.seed} {number}"), self.trade, slot)
            there.append(msgspec.structs.replace(order, created_s=max(order.placed_s, int(self.now_s()))))
            made.append(order.name)
            self._added_count += 1
        self.version += 1
        return made

    def refund(self, order: Order, amount: int) -> None:
        """Pay some money back now."""
        back = goodwill(int(self.now_s()), amount)
        self._change(msgspec.structs.replace(order, happenings=(*order.happenings, back)))

    def cancel(self, order: Order) -> None:
        """Call an order off now, money and all."""
        self._change(cancelled(order, int(self.now_s()), row=True))

    def _change(self, order: Order) -> None:
        happenings = tuple(sorted(order.happenings, key=lambda each: each.at_s))
        self._changed[order.id] = msgspec.structs.replace(order, happenings=happenings)
        self.version += 1

    # -- drawing

    def _all_of(self, day: date) -> list[Order]:
        """The day's orders, those of the future too."""
        with self._drawing:
            drawn = self._drawn(day)
        added = self._added.get(day)
        if not added and not self._changed:
            return drawn
        orders = [self._changed.get(order.id, order) for order in (*drawn, *(added or ()))]
        return sorted(orders, key=lambda order: (order.placed_s, order.id))

    def _draw(self, day: date) -> list[Order]:
        if day < OPENED:
            return []
        rng = Random(f"{self.trade.shop} {self.trade.seed} {day}")
        start, end = self.start_s(day), self.start_s(day + _DAY)
        places = self._places(rng, start, end, self._count(day))
        first = self._orders_before(day)
        orders = []
        for n, placed_s in enumerate(places):
            slot = Slot(self._id(day, n), FIRST_NUMBER + first + n, placed_s, end)
            orders.append(befall(rng, draw_order(rng, self.trade, slot), end))
        return orders

    def _places(self, rng: Random, start: int, end: int, count: int) -> list[int]:
        """Seconds of the day at which orders are placed, by the rhythm of its hours, of which there may be 23 or 25."""
        starts = range(start, end, _HOUR_S)
        hours = [datetime.fromtimestamp(at, UTC).astimezone(self._zone).hour for at in starts]
        weights = list(accumulate(HOURS[hour] for hour in hours))
        chosen = (starts[bisect(weights, rng.random() * weights[-1])] for _ in range(count))
        places = sorted(min(at + int(rng.random() * _HOUR_S), end - 1) for at in chosen)
        if count > 1:
            places[0], places[-1] = start, end - 1  # the first and the last second of the day belong to it
        return places

    def _count(self, day: date) -> int:
        if not self.trade.orders_per_day:
            return 0
        rng = Random(f"{self.trade.shop} {self.trade.seed} {day} count")
        growth = max(0.5, 1 + (day - _STEADY).days / 3650)
        mean = self.trade.orders_per_day * WEEKDAYS[day.weekday()] * growth
        return max(0, round(mean * (0.85 + 0.3 * rng.random())))

    def _find_start(self, day: date) -> int:
        """Go on from 15 hours before noon, when no clock is ever changed, to the first quarter of an hour of the day."""
        second = int(datetime(day.year, day.month, day.day, 12, tzinfo=self._zone).timestamp()) - 15 * _HOUR_S
        while self.day_of(second) < day:
            second += 900
        return second

    def _orders_before(self, day: date) -> int:
        """How many orders the shop had before the day, so that numbers rise without gaps."""
        while len(self._counts) <= (day - OPENED).days:
            at = OPENED + timedelta(days=len(self._counts) - 1)
            self._counts.append(self._counts[-1] + self._count(at))
        return self._counts[(day - OPENED).days]

    @staticmethod
    def _id(day: date, n: int) -> int:
        return (5_000_000 + (day - OPENED).days) * 1_000_000 + n


def _placed_s(order: Order) -> int:
    return order.placed_s
