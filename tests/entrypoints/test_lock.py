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


def test_an_order_that_came_when_its_day_was_locked_is_found_in_the_correction(site):
    daybook, visitor = site.daybook, site.merchant()
    connection = daybook.pair_shop(visitor.workspace)
    early, late = order(1, placed_at=at(DAY)), order(2, placed_at=at(DAY, 90))
    daybook.shop.orders[DAY] = [early]
    daybook.ask_day(connection, DAY)
    daybook.work()
    json_at(visitor.ask("PATCH", "/v1/workspace", {"locked_through": str(DAY)}))
    assert json_at(visitor.get("/v1/sales?q=1002"))["found_in"] == []
    daybook.shop.orders[DAY] = [early, late, order(3, placed_at=at(DAY, 95), excluded="test")]
    daybook.ask_day(connection, DAY)
    daybook.work()
    carrier = DAY + timedelta(days=1)
    sale = sale_id(DayKey(connection.workspace, connection.id, carrier), "", "USD")
    told = {"connection": "Northwind Supply", "day": str(carrier), "sale_id": sale, "corrects": str(DAY)}
    for mode in ("store", "individual"):
        daybook.switch(connection, mode)
        page = json_at(visitor.get("/v1/sales?q=%231002"))
        assert page["found_in"] == [{"number": "#1002", **told}]
        assert [each["id"] for each in page["items"]] == [sale]
        assert json_at(visitor.get(f"/v1/sales/{sale}"))["corrections"][0]["day"] == str(DAY)
    begun = json_at(visitor.get("/v1/sales?q=100"))["found_in"]
    assert [(each["number"], each["corrects"]) for each in begun] == [("#1002", str(DAY)), ("#1001", None)]
    json_at(visitor.ask("PATCH", "/v1/workspace", {"locked_through": str(carrier)}))
    daybook.shop.orders[DAY] = [early, late, order(4, placed_at=at(DAY, 99))]
    daybook.ask_day(connection, DAY)
    daybook.work()
    found = [json_at(visitor.get(f"/v1/sales?q={number}"))["found_in"] for number in (1002, 1004)]
    assert [[each["day"] for each in some] for some in found] == [[str(carrier)], [str(carrier + timedelta(days=1))]]
    json_at(visitor.ask("PATCH", "/v1/workspace", {"locked_through": None}))
    daybook.switch(connection, "store")
    (restated,) = json_at(visitor.get("/v1/sales?q=1002"))["found_in"]
    assert (restated["day"], restated["corrects"]) == (str(DAY), None)


def test_the_day_of_an_order_that_came_when_it_was_locked_is_read_again(site):
    daybook, visitor = site.daybook, site.merchant()
    connection = daybook.pair_shop(visitor.workspace)
    daybook.shop.orders[DAY] = [order(1, placed_at=at(DAY))]
    daybook.ask_day(connection, DAY)
    daybook.work()
    json_at(visitor.ask("PATCH", "/v1/workspace", {"locked_through": str(DAY)}))
    daybook.shop.orders[DAY].append(order(2, placed_at=at(DAY)))
    daybook.ask_day(connection, DAY)
    daybook.work()
    elsewhere = DAY + timedelta(days=3)
    daybook.shop.orders = {elsewhere: [order(2, placed_at=at(elsewhere))]}
    sync = daybook.run_syncs.order(connection, "1002", actor="a")
    daybook.seek()
    assert daybook.sync_records.read(connection.workspace, sync.id).days == (elsewhere, DAY)
