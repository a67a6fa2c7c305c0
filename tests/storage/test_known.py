"""What was met before: remembered for a while, once, on every engine; and whose shop an address is."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from chalicelib.storage.known import Known
from chalicelib.storage.shop_domains import ShopDomains


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 7, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def known(table, clock) -> Known:
    names = count()
    return Known(table, lambda: f"k{next(names)}", clock)


def test_a_name_is_new_once(known):
    assert not known.has("event", "a")
    assert known.add("event", "a", kept_s=60)
    assert known.has("event", "a")
    assert not known.add("event", "a", kept_s=60)


def test_sorts_of_names_do_not_mix(known):
    assert known.add("event", "a", kept_s=60)
    assert known.add("failed look", "a", kept_s=60)


def test_a_name_is_forgotten_by_the_clock_not_by_the_table(known, clock):
    assert known.add("event", "a", kept_s=60)
    clock.now += timedelta(seconds=60)
    assert not known.has("event", "a")
    assert known.add("event", "a", kept_s=60)


def test_any_name_can_be_remembered(known):
    for name in ("", "#", "ü" * 5000, "\ud800", "\0"):
        assert known.add("event", name, kept_s=60)


def test_a_shop_is_found_by_its_address(table):
    domains = ShopDomains(table)
    assert domains.find("shopify", "northwind.myshopify.com") is None
    domains.note("shopify", "northwind.myshopify.com", workspace="w1", connection="c1")
    domains.note("shopify", "northwind.myshopify.com", workspace="w1", connection="c1")
    assert domains.find("shopify", "northwind.myshopify.com") == ("w1", "c1")
    assert domains.find("woocommerce", "northwind.myshopify.com") is None
    assert domains.find("shopify", "northwind.myshopify.com#x") is None
