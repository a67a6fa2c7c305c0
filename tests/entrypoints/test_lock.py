"""Locking a period through the API."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from chalicelib.domain.sales import sale_id
from chalicelib.domain.work import DayKey
from chalicelib.storage.table import Table
from tests.support.locked import at
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order, refund
from tests.support.site import Site, json_at, open_site

DAY = date(2026, 7, 1)


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


def test_a_locked_day_is_frozen_under_the_reading_it_had_when_it_was_locked(site):
    daybook, visitor = site.daybook, site.merchant()
    connection = daybook.pair_shop(visitor.workspace)
    key = DayKey(connection.workspace, connection.id, DAY)
    daybook.shop.orders[DAY] = [order(1, placed_at=at(DAY))]
    daybook.ask_day(connection, DAY)
    daybook.work()
    assert json_at(visitor.ask("PATCH", "/v1/workspace", {"locked_through": str(DAY)}))["locked_through"] == str(DAY)
    json_at(visitor.ask("PATCH", "/v1/workspace", {"reading": "order_day"}))
    assert daybook.documents.read(key).frozen == "event_day"
    back = refund(at(DAY + timedelta(days=1)), line())
    daybook.shop.orders[DAY] = [order(1, placed_at=at(DAY), events=(back,))]
    daybook.ask_day(connection, DAY)
    daybook.work()
    assert daybook.documents.read(key).number == 1
    first_open = DayKey(connection.workspace, connection.id, DAY + timedelta(days=1))
    assert [each.order_day for each in daybook.documents.read(first_open).corrected] == [-5000]
    (listed,) = [sale for sale in json_at(visitor.get("/v1/sales"))["items"] if sale["day"] == str(DAY)]
    assert (listed["frozen"], listed["total"]["minor"]) == (True, 5000)
    detail = json_at(visitor.get(f"/v1/sales/{sale_id(first_open, '', 'USD')}"))
    assert detail["corrections"] == [{"day": str(DAY), "version": 1, "total": -5000}]
    assert (detail["reading"], detail["sale"]["total"]["minor"]) == ("order_day", -5000)
    json_at(visitor.ask("PATCH", "/v1/workspace", {"locked_through": None}))
    assert (daybook.documents.read(key).number, daybook.documents.read(key).frozen) == (2, None)
