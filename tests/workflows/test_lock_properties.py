"""Whatever happens to orders, locks and the reading, in any sequence: each fact is in exactly one document, and what is frozen
stays as it is."""

from datetime import date, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.days import day_of
from chalicelib.storage.table import Table
from tests.support.locked import Lockable, at
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order, refund
from tests.support.system import ZONE

DAYS = [date(2026, 7, 29) + timedelta(days=n) for n in range(6)]

_days = st.sampled_from(DAYS)
_numbers = st.integers(1, 4)
_locks = st.none() | st.sampled_from([DAYS[0] - timedelta(days=1), *DAYS])
_amounts = st.integers(-9_000, 9_000)
_skus = st.sampled_from(["A", "B", None])


class Play:
    """One Daybook and the checks that hold after everything that happens to it."""

    def __init__(self) -> None:
        self.daybook = Lockable(Table(MemoryEngine()))
        self.frozen: dict[date, tuple[str, bytes]] = {}

    def place(self, number: int, day: date, sku: str | None, amount: int) -> None:
        """An order is placed, changed, or moved to another day."""
        events = self._take(number)
        new = order(number, line(sku, number, amount), placed_at=at(day, number), shipping=number)
        self.daybook.shop.orders.setdefault(day, []).append(msgspec.structs.replace(new, events=events))

    def refund(self, number: int, day: date, sku: str | None, amount: int) -> None:
        """Something of the order comes back, on whatever day."""
        for orders in self.daybook.shop.orders.values():
            for place, each in enumerate(orders):
                if each.id == str(number):
                    back = refund(at(day, len(each.events)), line(sku, 1, amount), unallocated=number)
                    orders[place] = msgspec.structs.replace(each, events=(*each.events, back))

    def place_seen(self, number: int, day: date, sku: str | None, amount: int) -> None:
        self.place(number, day, sku, amount)
        self.sync(day)

    def refund_seen(self, number: int, day: date, sku: str | None, amount: int) -> None:
        self.refund(number, day, sku, amount)
        for order_day, orders in self.daybook.shop.orders.items():
            if any(each.id == str(number) for each in orders):
                self.sync(order_day)

    def forget(self, number: int) -> None:
        """The order's last event is gone; without events, the order."""
        for orders in self.daybook.shop.orders.values():
            for each in [each for each in orders if each.id == str(number)]:
                place = orders.index(each)
                orders[place : place + 1] = (
                    [msgspec.structs.replace(each, events=each.events[:-1])] if each.events else []
                )

    def sync(self, day: date) -> None:
        self.daybook.sync(day)

    def lock(self, through: date | None) -> None:
        # An unlocking that nobody has walked yet is walked first, and what it opens may be restated.
        self.daybook.lock.catch_up_all("w1")
        self.check()
        self.daybook.save(locked_through=through)

    def lock_unseen(self, through: date | None) -> None:
        """The workspace says so, and nobody has walked yet."""
        self.daybook.change.workspace(self.daybook.who, {"locked_through": through}, version=None)

    def read_by(self, reading: str) -> None:
        self.daybook.save(reading=reading)

    def clean(self, day: date) -> None:
        self.daybook.clean.clean_day(self.daybook.key(day))

    def check(self) -> None:
        facts = self.daybook.facts()
        assert self.daybook.posted("event_day") == facts
        assert self.daybook.posted("order_day") == facts
        frozen = {
            day: (version.attempt, msgspec.msgpack.encode((version, sheets)))
            for day, version, sheets in self.daybook.documents_of_all()
            if version.frozen
        }
        for day in frozen.keys() & self.frozen.keys():
            assert frozen[day] == self.frozen[day], f"{day} was restated"
        lock = self.daybook.corrections.lock("w1", self.daybook.connection.id)
        assert all(lock.closes(day) for day in frozen)
        self.frozen = frozen

    def check_open(self) -> None:
        """Nothing is locked: every document is the fold of its own facts."""
        for _, version, _ in self.daybook.documents_of_all():
            assert (version.less, version.corrections, version.corrected, version.frozen) == ((), (), (), None)
        happened: dict[date, int] = {}
        for head in self.daybook.days.list("w1", DAYS[0], DAYS[-1]):
            revision = self.daybook.revisions.read(head.key, head.live)
            for each in self.daybook.revisions.orders(head.key, revision):
                happened[head.key.day] = happened.get(head.key.day, 0) + each.amounts.total
                for event in each.events:
                    on = day_of(event.at, ZONE)
                    happened[on] = happened.get(on, 0) + event.amounts.total
        assert self.daybook.shown("event_day") == {day: total for day, total in happened.items() if total}

    def _take(self, number: int):
        events = ()
        for day, orders in self.daybook.shop.orders.items():
            events += tuple(event for each in orders if each.id == str(number) for event in each.events)
            self.daybook.shop.orders[day] = [each for each in orders if each.id != str(number)]
        return events


_steps = st.one_of(
    st.tuples(st.just("place"), _numbers, _days, _skus, _amounts),
    st.tuples(st.just("refund"), _numbers, _days, _skus, _amounts),
    st.tuples(st.just("forget"), _numbers),
    st.tuples(st.just("sync"), _days),
    st.tuples(st.just("refund_seen"), _numbers, _days, _skus, _amounts),
    st.tuples(st.just("place_seen"), _numbers, _days, _skus, _amounts),
    st.tuples(st.just("lock"), _locks),
    st.tuples(st.just("lock_unseen"), _locks),
    st.tuples(st.just("read_by"), st.sampled_from(["event_day", "order_day"])),
    st.tuples(st.just("clean"), _days),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_steps, min_size=5, max_size=30))
def test_each_fact_is_in_one_document_and_what_is_frozen_stays(steps):
    play = Play()
    for name, *what in steps:
        getattr(play, name)(*what)
        play.check()
    for day in DAYS:
        play.sync(day)
        play.check()
    play.lock(None)
    play.check()
    play.check_open()
