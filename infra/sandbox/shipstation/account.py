"""The account through time: which orders it holds by now in which state, and what tests and the curious do to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from infra.sandbox.draw import Trade
from infra.sandbox.shipstation import draw
from infra.sandbox.shipstation.book import Order, Store
from infra.sandbox.shop import SandboxShop

PACIFIC = ZoneInfo("America/Los_Angeles")
HISTORY_DAYS = 120
_EPOCH = date(2025, 1, 1)
_DAY = timedelta(days=1)
# How many orders the other stores have for each one of the shop's.
_SHARES = ((draw.MANUAL, 0.12), (draw.MARKET, 0.3))
_MERGE_DAYS = 3
_SPLIT_N, _ADDED_N = 5_000, 8_000


class Account:
    """One account. `now_s` is the time it is there. Its history is as long as it is useful, before the day it was started on."""

    def __init__(self, trade: Trade, now_s: Callable[[], float]) -> None:
        assert not trade.taxes_included, "ShipStation's totals have the tax on top"
        self.trade = trade
        self.now_s = now_s
        self.shop = SandboxShop(trade, lambda: 2**40)  # all that will ever be; the account cuts it at its own now
        self.stores: dict[int, Store] = {store.id: store for store in draw.STORES}
        self.opened = self.shop.day_of(now_s()) - HISTORY_DAYS * _DAY
        self._changed: dict[int, Order] = {}
        self._added: dict[date, list[Order]] = {}
        self._lock = threading.Lock()
        self._drawn = lru_cache(maxsize=512)(self._draw)
        self._based = lru_cache(maxsize=512)(self._base)

    def orders_of(self, day: date) -> list[Order]:
        """All orders placed on a day of the shop's zone that the account holds by now."""
        if day < self.opened:
            return []
        with self._lock:
            orders = [*self._drawn(day), *self._added.get(day, ())]
        now = self.now_s()
        found = (self._changed.get(order.id, order) for order in orders)
        return [order for order in found if order.created_s <= now]

    def days(self, first: date | None = None, last: date | None = None) -> Iterator[date]:
        """Yield the days that have orders, between two days if they are given."""
        day, end = max(first or self.opened, self.opened), self.shop.day_of(self.now_s()) + _DAY
        while day <= min(last or end, end):
            yield day
            day += _DAY

    def draw_ahead(self) -> None:
        """Draw all days, so that the first question about the whole account finds them."""
        for day in self.days():
            self.orders_of(day)

    # -- what is done to it

    def rename(self, store: int, name: str) -> None:
        self.stores[store] = msgspec.structs.replace(self.stores[store], name=name)

    def set_active(self, store: int, *, active: bool) -> None:
        self.stores[store] = msgspec.structs.replace(self.stores[store], active=active)

    def add_orders(self, day: date, count: int, store: int = draw.MANUAL.id) -> list[str]:
        """Let orders of a day arrive now; their numbers."""
        there = self._added.setdefault(day, [])
        start = self.shop.start_s(day)
        now, made = int(self.now_s()), []
        for _ in range(count):
            n = _ADDED_N + len(there)
            rng = Random(f"{self.trade.seed} added {day} {n}")
            (order,) = draw.drawn(rng, self.stores[store], [start + 7 * n], self._number(day), [])
            state = msgspec.structs.replace(order.states[0], since_s=now, status="awaiting_shipment", paid=True)
            id_ = draw.order_id(self._number(day), draw.MANUAL, n)
            there.append(msgspec.structs.replace(order, id=id_, number=f"X{day:%m%d}-{n}", states=(state,)))
            made.append(there[-1].number)
        return made

    def find(self, day: date, number: str, store: int | None = None) -> Order | None:
        """The first order of that number on a day."""
        fits = (order for order in self.orders_of(day) if order.number == number and store in (None, order.store))
        return next(fits, None)

    def cancel(self, order: Order) -> None:
        self._changed[order.id] = order.then(int(self.now_s()), status="cancelled")

    def lower(self, order: Order) -> None:
        """One piece less of its first goods, now."""
        now = int(self.now_s())
        state = order.at(now)
        assert state is not None, "it was found by now"
        kept = msgspec.structs.replace(
            order, states=tuple(each for each in order.states if each.since_s <= state.since_s)
        )
        self._changed[order.id] = draw.lowered(kept, now)

    # -- drawing

    def _number(self, day: date) -> int:
        return (day - _EPOCH).days

    def _draw(self, day: date) -> list[Order]:
        """The day's orders with those merged and split."""
        orders = {order.id: order for order in self._based(day)}
        for store, _ in _SHARES:
            # The first order of a day may take in the last one of some days before, and the third one the fourth.
            for parents, children, children_day in (
                (
                    self._plain(store, day)[:1],
                    self._plain(store, day - _MERGE_DAYS * _DAY)[-1:],
                    day - _MERGE_DAYS * _DAY,
                ),
                (self._plain(store, day + _MERGE_DAYS * _DAY)[:1], self._plain(store, day)[-1:], day),
                (self._plain(store, day)[2:3], self._plain(store, day)[3:4], day),
            ):
                if parents and children and self._chance(store, children_day, "merge") < 0.25:
                    both = draw.merged(parents[0], children[0])
                    orders.update((order.id, order) for order in both if order.id in orders)
            plain = self._plain(store, day)
            for n, order in enumerate([*plain[1:2], *plain[4:-1]]):  # the others may be merged
                if self._chance(store, day, f"split {n}") < 0.35:
                    parts = draw.split(order, draw.order_id(self._number(day), store, _SPLIT_N + n))
                    orders.update((part.id, part) for part in parts or ())
        return sorted(orders.values(), key=lambda order: order.id)

    def _chance(self, store: Store, day: date, what: str) -> float:
        return Random(f"{self.trade.seed} {store.id} {day} {what}").random()

    def _plain(self, store: Store, day: date) -> list[Order]:
        return [order for order in self._based(day) if order.store == store.id and draw.is_plain(order)]

    def _base(self, day: date) -> list[Order]:
        """The day's orders before any was merged or split."""
        if day < self.opened:
            return []
        number = self._number(day)
        rng = Random(f"{self.trade.seed} {day} import")
        of_shop = self.shop.orders_of(day)
        orders = draw.imported(rng, of_shop, number, self.trade.currency)
        numbers = [order.number for order in orders]
        start, end = self.shop.start_s(day), self.shop.start_s(day + _DAY)
        for store, share in _SHARES:
            rng = Random(f"{self.trade.seed} {store.id} {day}")
            count = round(len(of_shop) * share * (0.7 + 0.6 * rng.random()))
            places = sorted(start + int(rng.random() * (end - start)) for _ in range(count))
            orders += draw.drawn(rng, store, places, number, numbers)
        return orders


def wall(second: float) -> datetime:
    """What the account's clock shows, without an offset."""
    return datetime.fromtimestamp(second, PACIFIC).replace(tzinfo=None, fold=0)
