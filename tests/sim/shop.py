"""A scripted shop. It remembers every state it was in, so that the checker can ask what it was at any moment.

What a day holds is for whoever asks to say, by the window in which orders were placed: how days are cut is not the shop's.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from random import Random

from chalicelib import errors
from chalicelib.channels import Page
from chalicelib.domain.days import Window, window_of
from chalicelib.domain.orders import Amounts, Event, Order, OrderLine, Tender
from tests.sim.scheduler import Scheduler

PAGE_ORDERS = 2
CURRENCIES = ("USD", "USD", "CAD")
SKUS = ("CEDAR-01", "MAPLE-02", None)


State = dict[str, Order]


def placed_in(state: State, window: Window) -> State:
    """The orders of one state that were placed in the window."""
    return {id_: order for id_, order in state.items() if order.placed_at in window}


class Shop:
    """Orders of a few days. `history` holds, for every state so far, all orders by id."""

    def __init__(self, random: Random, days: tuple[date, ...], zone: str) -> None:
        self.random = random
        self.days = days
        self.windows = {day: window_of(day, zone) for day in days}
        self.orders: State = {}
        self.history: list[State] = []
        self._made = 0
        for day in days:
            for _ in range(random.choice((0, 1, 3, 6))):
                self.add(day)
        self.remember()

    def remember(self) -> None:
        """What is there now is a state of its own."""
        self.history.append({id_: self.orders[id_] for id_ in sorted(self.orders)})

    def now(self, window: Window) -> State:
        return placed_in(self.history[-1], window)

    def add(self, day: date) -> None:
        """A new order. Its creation date, and so its shelf, is one of two, whatever the day it is placed on."""
        self._made += 1
        gross = 100 * self._made + 7
        line = OrderLine(self.random.choice(SKUS), "v1", "Oak shelf", 1000, gross, 7, 3)
        self.orders[f"{self.random.randrange(10**6):06}"] = Order(
            id="",
            number=f"#{1000 + self._made}",
            store="",
            currency=self.random.choice(CURRENCIES),
            placed_at=self._instant(day),
            created_at=self.windows[self.days[0]].start_at - timedelta(days=self.random.choice((1, 2))),
            status=self.random.choice(("paid", "paid", "pending")),
            excluded="test" if self.random.random() < 0.1 else None,
            amounts=Amounts(gross=gross, discount=7, tax=3),
            lines=(line,),
            tenders=(Tender("card", gross - 4),),
        )
        id_ = next(reversed(self.orders))
        self._change(id_, id=id_)

    def change(self) -> tuple[datetime, ...]:
        """Something happens at the shop; returns instants whose days the merchant then asks for."""
        chance = self.random.random()
        if not self.orders or chance < 0.25:
            self.add(self.random.choice(self.days))
        elif chance < 0.32:
            del self.orders[self.any_order()]
        elif chance < 0.38:
            self._move_all(self.random.choice(self.days), self.random.choice(self.days))
            self.remember()
            return tuple(window.start_at for window in self.windows.values())
        elif chance < 0.53:
            return self._move(self.any_order(), self.random.choice(self.days))
        elif chance < 0.7 and self.orders[id_ := self.any_order()].excluded is None:
            self.refund(id_)
        elif chance < 0.95:
            return self._pay(self.any_order())
        else:
            id_ = self.any_order()
            self._change(id_, amounts=self.orders[id_].amounts + Amounts(shipping=1))
        self.remember()
        return ()

    def _pay(self, id_: str) -> tuple[datetime, ...]:
        """An order is paid, or its payment fails; mostly nobody asks for its day because of that."""
        order = self.orders[id_]
        self._change(id_, status="pending" if order.status == "paid" else "paid")
        self.remember()
        return (order.placed_at,) if self.random.random() < 0.5 else ()

    def _move(self, id_: str, new: date) -> tuple[datetime, ...]:
        """An order is dated otherwise, its events go along."""
        old = self.orders[id_].placed_at
        self._change(id_, placed_at=self._instant(new))
        self.remember()
        return (self.orders[id_].placed_at, old)

    def _move_all(self, old: date, new: date) -> None:
        """All orders of a day are dated otherwise."""
        for id_, order in self.orders.items():
            if order.placed_at in self.windows[old]:
                self._change(id_, placed_at=self._instant(new))

    def refund(self, id_: str) -> None:
        """Money back at any instant, also on a day that is no order day of ours."""
        order = self.orders[id_]
        at = self._instant(self.random.choice(self.days)) + timedelta(days=self.random.choice((-4, 0, 0, 0, 1, 9)))
        line = OrderLine(order.lines[0].sku, "v1", "Oak shelf", -1000, -50, -2, -1)
        event = Event(f"r{len(order.events)}", at, "refund", Amounts(gross=-50, discount=-2, tax=-1), (line,))
        self._change(id_, events=(*order.events, event))

    def _change(self, id_: str, **fields: object) -> None:
        order = self.orders[id_]
        values = {name: getattr(order, name) for name in order.__struct_fields__} | fields
        self.orders[id_] = Order(**values)

    def any_order(self) -> str:
        return self.random.choice(sorted(self.orders))

    def _instant(self, day: date) -> datetime:
        window = self.windows[day]
        return window.start_at + timedelta(seconds=self.random.choice((0, 1, 3_600, 50_000, 82_799)))


class ShopChannel:
    """The shop as a worker meets it. `began` hears, at each fetch, in which state of the shop its first page was read."""

    def __init__(
        self, shop: Shop, scheduler: Scheduler, trouble: Callable[[], None], began: Callable[[int], None], *, lies: bool
    ) -> None:
        self._shop = shop
        self._scheduler = scheduler
        self._trouble = trouble
        self._began = began
        self._lies = lies

    def fetch_pages(self, window: Window, cursor: str | None = None) -> Iterator[Page]:
        """Pages by order id. The cursor also says in which state the fetch began, for the checker."""
        start, _, last = (cursor or f"{len(self._shop.history) - 1}:").partition(":")
        self._began(int(start))
        for _ in range(1_000):
            page, more = self._ask(
                f"page from {window.start_at:%d %H:%M} after {last or 'the start'}",
                lambda last=last: self._page(window, last),
            )
            last = page[-1].id if page else last
            again = f"{start}:{last}" if more else None
            yield Page(page, again)
            if again is None:
                return
        raise errors.PermanentError("the shop never came to an end")

    def count_orders(self, window: Window) -> int | None:
        count = self._ask(f"count from {window.start_at:%d %H:%M}", lambda: len(self._shop.now(window)))
        return count + 1 if self._lies else count

    def _page(self, window: Window, last: str) -> tuple[tuple[Order, ...], bool]:
        after = [order for id_, order in self._shop.now(window).items() if id_ > last]
        return tuple(after[:PAGE_ORDERS]), len(after) > PAGE_ORDERS

    def _ask(self, text: str, answer: Callable):  # type: ignore[no-untyped-def, type-arg]
        def call():  # type: ignore[no-untyped-def]
            self._trouble()
            return answer()

        return self._scheduler.io("shop", text, call)
