"""The sandbox's order book: the same for the same seed, lifelike, and every sum adds up."""

import re
from datetime import date, timedelta
from random import Random

import msgspec
import pytest

from infra.sandbox import catalog, ledger
from infra.sandbox.book import Order, placed_sales
from infra.sandbox.draw import Slot, Trade, draw_order
from infra.sandbox.shop import SandboxShop
from tests.sandbox.shops import NOON, YESTERDAY, book

DAY = timedelta(days=1)
LATER = NOON + 60 * 86_400


def days(shop: SandboxShop, count: int = 30) -> list[Order]:
    return [order for n in range(count) for order in shop.orders_of(YESTERDAY - n * DAY)]


def test_the_same_seed_and_shop_give_the_same_orders_in_any_sequence():
    one, other = book(), book()
    other.orders_of(YESTERDAY - 40 * DAY)
    assert one.orders_of(YESTERDAY) == other.orders_of(YESTERDAY)


def test_another_seed_gives_other_orders():
    assert book(seed=1).orders_of(YESTERDAY) != book(seed=2).orders_of(YESTERDAY)


def test_names_rise_with_time_and_none_comes_twice():
    orders = days(book(now_s=LATER), 60)
    assert len({order.name for order in orders}) == len(orders) == len({order.id for order in orders})
    by_time = sorted(orders, key=lambda order: (order.placed_s, int(order.name[1:])))
    assert [int(order.name[1:]) for order in by_time] == sorted(int(order.name[1:]) for order in orders)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("America/New_York", date(2026, 7, 3), 24),
        ("America/Santiago", date(2026, 9, 6), 23),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
    ],
)
def test_each_day_has_an_order_at_its_first_and_at_its_last_second(zone, day, hours):
    shop = book(zone=zone)
    start, end = shop.start_s(day), shop.start_s(day + DAY)
    orders = shop._all_of(day)
    assert (end - start) / 3600 == hours
    assert (orders[0].placed_s, orders[-1].placed_s) == (start, end - 1)
    assert {shop.day_of(order.placed_s) for order in orders} == {day}


def test_an_hour_that_comes_twice_has_orders_both_times():
    shop = book(orders_per_day=2000)
    first = shop.start_s(date(2026, 11, 1)) + 3600
    placed = [order.placed_s for order in shop.orders_of(date(2026, 11, 1))]
    assert any(first <= at < first + 3600 for at in placed)
    assert any(first + 3600 <= at < first + 7200 for at in placed)


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_every_order_and_its_agreements_add_up(seed, included):
    for order in days(book(seed=seed, taxes_included=included, now_s=LATER), 20):
        sales = placed_sales(order)
        assert sum(sale.amount for sale in sales) == order.total
        assert sum(sale.tax for sale in sales) == order.tax
        if order.status == "PAID":
            assert order.paid == order.total
        back = [sale for each in order.happenings for sale in each.sales]
        pieces = dict.fromkeys(range(len(order.lines)), 0) | {n: line.quantity for n, line in enumerate(order.lines)}
        for sale in back:
            if sale.line is not None and sale.line < len(order.lines):
                pieces[sale.line] += sale.quantity or 0
        assert min(pieces.values()) >= 0, "no piece comes back twice"
        assert order.total + sum(sale.amount for sale in back) >= 0
        for line in order.lines:
            parts = [line.share(1, before) for before in range(line.quantity)]
            assert [sum(column) for column in zip(*parts, strict=True)] == list(line.share(line.quantity))


def test_what_shops_go_through_all_happens():
    orders = days(book(now_s=LATER), 90)
    kinds = {each.kind for order in orders for each in order.happenings}
    assert kinds == {"refund", "return", "edit", "cancel", "capture", "void", "expire"}
    rows = {(sale.type, sale.action) for order in orders for each in order.happenings for sale in each.sales}
    assert rows >= {
        ("PRODUCT", "ORDER"),
        ("PRODUCT", "RETURN"),
        ("PRODUCT", "UPDATE"),
        ("SHIPPING", "RETURN"),
        ("ADJUSTMENT", "RETURN"),
        ("FEE", "ORDER"),
    }
    lines = [line for order in orders for line in order.lines]
    assert {line.kind for line in lines} == {"product", "gift_card", "tip"}
    assert any(line.sku is None and line.variant for line in lines)
    assert any(line.sku is None and line.kind == "product" and not line.variant for line in lines)
    assert {order.currency for order in orders} == {"USD", "CAD"}
    assert {order.status for order in orders} == {"PAID", "PENDING", "AUTHORIZED", "PARTIALLY_PAID", None}
    assert {len(line.taxes) for line in lines} == {0, 1, 2}
    assert any(order.test for order in orders)
    assert any(order.total == 0 for order in orders)
    assert any(order.created_s > order.placed_s for order in orders)
    assert any(len(order.lines) > 50 for order in orders)
    assert any(gateway == "gift_card" for order in orders for gateway, _ in order.tenders)


def test_orders_go_where_their_taxes_say_to_labels_and_shops_never_to_people():
    orders = days(book(now_s=LATER), 30)
    labels = re.compile(r"Customer \d{5}|(%s) (%s)" % ("|".join(catalog.PLACES), "|".join(catalog.TRADES)))  # noqa: UP031
    to = [order.address for order in orders if order.address is not None]
    assert all(labels.fullmatch(address.name) for address in to)
    assert {address.country for address in to} == {"US", "CA"}
    assert len({address.state for address in to if address.country == "US"}) > 10
    taxed = [order for order in orders if any(title.startswith("New York") for title, _ in order.rates)]
    assert {order.address.state for order in taxed if order.address} == {"NY"}
    assert 0 < len(orders) - len(to) < len(orders) / 10, "few are bought over the counter"


def test_addresses_are_the_same_for_the_same_seed_and_shift_no_other_draw():
    again, other = (book(seed=seed).orders_of(YESTERDAY) for seed in (1, 2))
    assert [order.address for order in book().orders_of(YESTERDAY)] == [order.address for order in again]
    assert [order.address for order in other] != [order.address for order in again]
    slots = [Slot(id=n, number=1, placed_s=0, day_end_s=86_400) for n in range(20)]
    drawn = [draw_order(Random(7), Trade(shop="a"), slot) for slot in slots]
    assert len({order.address for order in drawn}) > 10
    assert len({msgspec.json.encode(msgspec.structs.replace(order, id=0, address=None)) for order in drawn}) == 1


def test_what_lies_ahead_is_not_there_yet():
    shop = book()
    today = shop.day_of(NOON)
    assert 0 < len(shop.orders_of(today)) < len(book(now_s=LATER).orders_of(today))
    assert all(order.placed_s <= NOON for order in shop.orders_of(today))
    assert shop.orders_of(today + DAY) == []


def test_the_ledger_takes_events_on_the_day_they_happen():
    shop = book(orders_per_day=0)
    (name,) = shop.add_orders(YESTERDAY, 1)
    (order,) = shop.orders_of(YESTERDAY)
    net = sum(line.total - line.tax for line in order.lines if line.kind == "product")
    placed = ledger.totals(shop, YESTERDAY, YESTERDAY)
    assert (order.name, placed["orders"], placed["net_minor"]) == (name, 1, net)
    shop.cancel(order)
    assert ledger.totals(shop, YESTERDAY, YESTERDAY) == placed
    both = ledger.totals(shop, YESTERDAY, YESTERDAY + DAY)
    assert (both["orders"], both["units"], both["net_minor"]) == (1, 0, 0)
