"""Orders that come through two connections: seen, told, linked, and taken out of sums and usage."""

from datetime import date, timedelta

import msgspec
import pytest

from chalicelib import errors
from chalicelib.domain.allotment import Account
from chalicelib.domain.connections import Connection, StoreName, connection_id
from chalicelib.domain.days import day_of
from chalicelib.domain.order_settings import Mirror
from chalicelib.domain.orders import Order
from chalicelib.domain.work import DayKey
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.orders import NOON, line, order
from tests.support.people import somebody
from tests.support.system import ZONE, Daybook, Shop

DAY = date(2026, 7, 3)
STORES = (StoreName("11", "Northwind online"), StoreName("12", "Market stall"))


class Twice(Daybook):
    """A shop, and an account behind it with two stores, the first of which is fed by the shop."""

    def __init__(self) -> None:
        super().__init__(Table(MemoryEngine()))
        self.account = Shop()
        self.original = self.pair_shop()
        behind = msgspec.structs.replace(
            self.original,
            id=connection_id("w1", "shipstation", "11"),
            kind="shipstation",
            account="11",
            name="Warehouse",
            stores=STORES,
        )
        opened = self.connections.open("w1", self.original.id)
        assert opened is not None
        assert self.connections.pair(None, behind, opened[1])
        self.mirror = behind

    def open_channel(self, connection: Connection, *, renew: bool) -> Shop:  # type: ignore[override]
        return self.account if connection.kind == "shipstation" else self.shop

    def sync(self) -> None:
        for connection in (self.original, self.now_mirror):
            self.ask_day(connection, DAY)
        self.work()

    @property
    def now_mirror(self) -> Connection:
        found = self.connections.get("w1", self.mirror.id)
        assert found is not None
        return found

    def used(self) -> int:
        accounts = [Account("w1", each.kind, each.account) for each in (self.original, self.mirror)]
        return sum(sum(self.shelves.usage(account).values()) for account in accounts)

    def counting(self) -> dict[str, int]:
        """Orders that count on the day, by connection."""
        found = self.documents.list("w1", DAY, DAY)
        return {key.connection: sum(sheet.sales.count for sheet in version.sheets) for key, version in found}


def behind(number: int, store: str, **fields: object) -> Order:
    """The order as the account behind the shop has it: another id, the number without its sign, brought in a little later."""
    same = order(number, line(gross=1_000 * number), store=store, status="shipped")
    changed = {"id": f"9{number}", "number": str(1000 + number), **fields}
    return msgspec.structs.replace(same, **changed)


@pytest.fixture
def twice() -> Twice:
    daybook = Twice()
    daybook.shop.orders[DAY] = [order(n, line(gross=1_000 * n)) for n in range(1, 6)]
    daybook.account.orders[DAY] = [behind(n, "11") for n in range(1, 5)] + [behind(9, "12")]
    daybook.sync()
    return daybook


def test_orders_of_the_same_number_currency_and_total_are_seen_and_nothing_is_dropped(twice):
    (seen,) = twice.mirrors.seen(twice.now_mirror, DAY)
    assert (seen.store, seen.connection, seen.agreed, seen.orders, seen.linked) == (
        "11",
        twice.original.id,
        4,
        4,
        False,
    )
    assert twice.counting() == {twice.original.id: 5, twice.mirror.id: 5}
    assert twice.used() == 10


@pytest.mark.parametrize(
    "other",
    [{"number": "77"}, {"currency": "CAD"}, {"placed_at": NOON + timedelta(days=1, seconds=1)}, {"excluded": "test"}],
)
def test_orders_that_differ_are_not_taken_for_one(other):
    twice = Twice()
    twice.shop.orders[DAY] = [msgspec.structs.replace(order(1, line(gross=1_000)), **other)]
    twice.account.orders[DAY] = [behind(1, "11")]
    if "placed_at" in other:
        twice.shop.orders = {DAY + timedelta(days=1): twice.shop.orders[DAY]}
        twice.ask_day(twice.original, DAY + timedelta(days=1))
    twice.sync()
    assert twice.mirrors.seen(twice.now_mirror, DAY) == ()


@pytest.mark.parametrize(("others", "stores"), [(9, ["11", "12"]), (10, ["11"])])
def test_a_few_orders_that_are_alike_make_no_mirror_and_the_likeliest_comes_first(others, stores):
    """Linking it would take the others out of the books; in lists the few are marked one by one."""
    twice, alike = Twice(), behind(5, "12")
    twice.shop.orders[DAY] = [order(n, line(gross=1_000 * n)) for n in range(1, 6)]
    twice.account.orders[DAY] = [
        alike,
        *(behind(n, "11") for n in range(1, 5)),
        *(behind(20 + n, "12") for n in range(others)),
    ]
    twice.sync()
    assert [each.store for each in twice.mirrors.seen(twice.now_mirror, DAY)] == stores
    assert twice.mirrors.also_in(twice.now_mirror, [(DAY, alike)]) == {alike.id: twice.original.id}
    twice.mirrors.tell(twice.now_mirror, DAY)
    told = [said for said in twice.said() if "count twice" in said]
    assert len(told) == len(stores)


def test_linked_stores_count_once_and_come_back_when_unlinked(twice):
    who = somebody(twice.now)
    sync = twice.mirrors.link(who, twice.now_mirror, [Mirror("11", twice.original.id)])
    assert sync is not None
    twice.work()
    assert twice.counting() == {twice.original.id: 5, twice.mirror.id: 1}
    assert twice.used() == 6
    head = twice.days.read(twice.ask_day(twice.now_mirror, DAY))
    revision = twice.revisions.read(head.key, head.live)
    reasons = [each.excluded for each in twice.revisions.orders(head.key, revision)]
    assert sorted(reasons, key=str) == [None, "mirror", "mirror", "mirror", "mirror"], "listed, with the reason"
    assert twice.mirrors.link(who, twice.now_mirror, [Mirror("11", twice.original.id)]) is None, "twice is once"
    twice.mirrors.link(who, twice.now_mirror, [])
    twice.work()
    assert twice.counting() == {twice.original.id: 5, twice.mirror.id: 5}
    assert twice.used() == 10


def test_a_day_that_is_here_for_its_events_only_stays_that_when_its_store_is_linked(twice):
    old = DAY - timedelta(days=120)
    placed_at = NOON - timedelta(days=120)
    twice.account.orders[old] = [msgspec.structs.replace(behind(9, "12"), id="old", placed_at=placed_at)]
    key = DayKey("w1", twice.mirror.id, old)
    twice.ask.ask([key], "sync", by_person=False, events_only=True)
    twice.work()
    used, asked = twice.used(), twice.days.read(key).requested
    twice.mirrors.link(somebody(twice.now), twice.now_mirror, [Mirror("11", twice.original.id)])
    for _ in range(2):
        twice.work()
        twice.sweep()
    assert twice.used() == used - 4, "no order of an older day is billed"
    head = twice.days.read(key)
    assert (head.requested, head.served, head.partial) == (asked + 1, asked + 1, True), (
        "and what came back is judged again"
    )


def test_order_settings_keep_the_links(twice):
    who = somebody(twice.now)
    twice.mirrors.link(who, twice.now_mirror, [Mirror("11", twice.original.id)])
    assert twice.counted_by(twice.now_mirror).mirrors == ("11",)
    changed = msgspec.structs.replace(twice.now_mirror.settings, counting="custom", statuses=("shipped",))
    assert twice.counted_by(msgspec.structs.replace(twice.now_mirror, settings=changed)).mirrors == ("11",)


@pytest.mark.parametrize(
    "links",
    [
        [Mirror("13", "original")],
        [Mirror("11", "nobody")],
        [Mirror("11", "mirror")],
        [Mirror("11", "original"), Mirror("11", "original2")],
    ],
)
def test_only_own_stores_are_linked_to_other_connections(twice, links):
    ids = {"original": twice.original.id, "mirror": twice.mirror.id}
    named = [msgspec.structs.replace(each, connection=ids.get(each.connection, each.connection)) for each in links]
    with pytest.raises(errors.RequestError):
        twice.mirrors.link(somebody(twice.now), twice.now_mirror, named)
    assert twice.now_mirror.settings.mirrors == ()


def test_the_merchant_is_told_once_that_orders_count_twice_and_when_a_link_leads_nowhere(twice):
    twice.mirrors.tell(twice.now_mirror, day_of(twice.now(), ZONE))
    twice.mirrors.tell(twice.now_mirror, day_of(twice.now(), ZONE))
    told = [said for said in twice.said() if "count twice" in said]
    assert told == [
        "warning: 4 of 4 orders of Northwind online also came through Northwind Supply: "
        "they count twice until you link the two under Warehouse."
    ]
    twice.mirrors.link(somebody(twice.now), twice.now_mirror, [Mirror("11", twice.original.id)])
    twice.connections.begin_parting(twice.original)
    parting = twice.connections.get("w1", twice.original.id)
    assert parting is not None
    twice.connections.end_parting(parting)
    twice.mirrors.tell(twice.now_mirror, day_of(twice.now(), ZONE))
    assert any("is disconnected, and orders of Northwind online" in said for said in twice.said())


def test_each_order_of_a_list_is_marked_with_where_else_it_came_through(twice):
    orders = [(DAY, each) for each in twice.account.orders[DAY]]
    also = twice.mirrors.also_in(twice.now_mirror, orders)
    assert also == {f"9{n}": twice.original.id for n in range(1, 5)}
    assert twice.mirrors.also_in(twice.original, [(DAY, each) for each in twice.shop.orders[DAY]]) == {}
