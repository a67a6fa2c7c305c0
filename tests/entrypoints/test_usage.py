"""The list of counted orders over HTTP: as many as usage says, whatever was counted, taken out again or asked for."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.bootstrap import System
from chalicelib.domain.allotment import Account
from chalicelib.domain.days import window_of
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.orders import order
from tests.support.site import Site, Visitor, json_at, open_site
from tests.support.system import ZONE

LAST = date(2026, 7, 3)
YEAR = "2026-07-05"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


class Counting:
    """A merchant with a shop of a few days' orders, in two months."""

    def __init__(self, site: Site) -> None:
        self.daybook = site.daybook
        self.owner: Visitor = site.merchant()
        self.connection = self.daybook.pair_shop(self.owner.workspace)
        self.account = Account(self.owner.workspace, "shopify", "99")
        self.daybook.plan_year = lambda workspace, at: System.plan_year(self.daybook, workspace, at)  # type: ignore[method-assign]

    def sync(self, days: int = 5, orders: int = 4) -> None:
        for n in range(days):
            day = LAST - timedelta(days=n)
            start = window_of(day, ZONE).start_at
            made = [order(100 * n + k, placed_at=start + timedelta(hours=k, minutes=1)) for k in range(orders)]
            self.daybook.shop.orders[day] = made
            self.daybook.ask_day(self.connection, day)
        self.daybook.work()

    def get(self, query: str = "") -> dict[str, Any]:
        return json_at(self.owner.get(f"/v1/usage/orders{query}"))

    def every(self, query: str) -> list[dict[str, Any]]:
        """The list by its pages."""
        listed, cursor = [], ""
        while cursor is not None:
            said = self.get(f"{query}&cursor={cursor}")
            listed += said["items"]
            cursor = said["next"]
        return listed


@pytest.fixture
def counting(site) -> Counting:
    return Counting(site)


def test_every_counted_order_is_listed_once_and_all_figures_of_usage_agree_with_it(counting):
    counting.sync()
    usage = json_at(counting.owner.get("/v1/usage"))
    assert usage["used"] == 20
    listed = counting.every("?limit=3")
    assert len({each["id"] for each in listed}) == len(listed) == usage["used"] == counting.get()["count"]
    assert [each["made_on"] for each in listed] == sorted((each["made_on"] for each in listed), reverse=True)
    for month in usage["months"]:
        of_month = counting.every(f"?limit=3&month={month['month']}")
        assert len(of_month) == month["orders"] == counting.get(f"?month={month['month']}")["count"]
        assert {each["made_on"][:7] for each in of_month} == {month["month"]}
    for shop in usage["connections"]:
        assert counting.get(f"?connection={shop['connection_id']}")["count"] == shop["orders"]
    assert counting.get("?connection=other") == {"items": [], "count": 0, "next": None}


def test_an_order_stands_on_the_day_of_its_sale_whatever_its_shelf_is(counting):
    """The dates of some channels' orders can be edited; their shelves are made of ids, and look like days of long ago."""
    start = window_of(LAST, ZONE).start_at
    sold = [order(n, placed_at=start + timedelta(hours=n)) for n in (1, 2)]
    long_ago = EPOCH + timedelta(days=45)
    counting.daybook.shop.orders[LAST] = [msgspec.structs.replace(each, created_at=long_ago) for each in sold]
    counting.daybook.ask_day(counting.connection, LAST)
    counting.daybook.work()
    usage = json_at(counting.owner.get("/v1/usage"))
    assert usage["months"] == [{"month": "2026-07", "orders": 2}]
    assert usage["forecast"] > usage["used"] == 2
    listed = counting.get("?month=2026-07")["items"]
    assert [(each["number"], each["made_on"]) for each in listed] == [("#1001", str(LAST)), ("#1002", str(LAST))]
    assert all(each["sale_id"] for each in listed)


def test_an_order_is_told_with_its_number_and_the_sale_that_holds_it(counting):
    counting.sync(days=2)
    (first, *_) = counting.get()["items"]
    assert (first["id"], first["number"], first["made_on"]) == ("0", "#1000", "2026-07-03")
    assert first["connection"] == "Northwind Supply"
    numbers = json_at(counting.owner.get(f"/v1/sales/{first['sale_id']}/orders"))["items"]
    assert first["number"] in [each["number"] for each in numbers]
    counting.daybook.switch(counting.connection, "individual")
    (alone, *_) = counting.get()["items"]
    assert json_at(counting.owner.get(f"/v1/sales/{alone['sale_id']}"))["sale"]["title"] == "#1000"


def test_an_order_that_no_sale_has_any_more_is_listed_by_its_id(counting):
    counting.daybook.shelves.count(counting.account, "2026-05-01", ["777"], YEAR)
    (only,) = counting.get()["items"]
    assert (only["id"], only["number"], only["sale_id"]) == ("777", None, None)


def test_parts_of_an_order_are_listed_as_the_one_that_is_billed(counting):
    counting.sync(days=1, orders=2)
    whole, part = counting.daybook.shop.orders[LAST]
    counting.daybook.shop.orders[LAST] = [whole, msgspec.structs.replace(part, id="0-b", root="0")]
    counting.daybook.ask_day(counting.connection, LAST)
    counting.daybook.work()
    listed = {each["id"]: each["number"] for each in counting.get()["items"]}
    assert listed["0"] == "#1000"
    assert "0-b" not in listed


def test_a_search_finds_orders_by_number_and_by_id(counting):
    counting.sync()
    assert [each["id"] for each in counting.get("?q=1203")["items"]] == ["203"]
    found = counting.get("?q=%2312")
    assert {each["id"] for each in found["items"]} == {"200", "201", "202", "203"}
    assert found["count"] == 4
    assert len(counting.every("?q=%2312&limit=1")) == 4
    assert [each["number"] for each in counting.get("?q=303")["items"]] == ["#1303"]
    assert counting.get("?q=nothing") == {"items": [], "count": 0, "next": None}


def test_s1_another_merchants_orders_are_not_listed(site, counting):
    counting.sync(days=2)
    stranger = site.merchant("stranger")
    for query in ("", f"?connection={counting.connection.id}", "?q=1001"):
        assert json_at(stranger.get(f"/v1/usage/orders{query}"))["count"] == 0
    cursor = counting.get("?limit=1")["next"]
    assert stranger.get(f"/v1/usage/orders?limit=1&cursor={cursor}").status_code == 400


def test_what_was_taken_out_of_the_count_is_not_listed(counting):
    counting.sync(days=1)
    counting.daybook.shelves.void(counting.account, "2026-07-03", ["1"])
    assert [each["id"] for each in counting.get()["items"]] == ["0", "2", "3"]
    assert counting.get()["count"] == json_at(counting.owner.get("/v1/usage"))["used"] == 3


def test_another_plan_years_orders_are_not_listed(counting):
    counting.daybook.shelves.count(counting.account, "2026-07-03", ["1"], "2025-07-05")
    counting.daybook.shelves.count(counting.account, "2026-07-03", ["1", "2"], YEAR)
    assert [each["id"] for each in counting.get()["items"]] == ["2"]


@pytest.mark.parametrize("query", ["?month=July", "?month=2026-7", "?limit=201", "?limit=0", "?cursor=x"])
def test_what_cannot_be_asked_is_refused(counting, query):
    assert counting.owner.get(f"/v1/usage/orders{query}").status_code == 400


def test_a_download_has_every_order_that_is_counted(counting):
    counting.sync()
    answer = counting.owner.get("/v1/usage/orders?month=2026-07", Accept="text/csv")
    head, *rows = answer.body.decode().splitlines()
    assert head.endswith('"id","number","made_on","connection","sale_id"')
    assert len(rows) == counting.get("?month=2026-07")["count"]
    assert 'filename="daybook-usage-orders-2026-07.csv"' in answer.headers["Content-Disposition"]


moves = st.lists(
    st.tuples(
        st.sampled_from(["count", "void"]),
        st.sampled_from(["2026-06-30", "2026-07-01", "1970-01-02"]),
        st.none() | st.dates(date(2026, 6, 29), date(2026, 7, 2)),
        st.sets(st.integers(0, 30).map(str), max_size=12),
        st.sampled_from([YEAR, "2025-07-05"]),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(moves, st.integers(1, 7))
def test_the_list_is_as_long_as_usage_says(moves, limit):
    with open_site(Table(MemoryEngine())) as site:
        counting = Counting(site)
        shelves = counting.daybook.shelves
        for what, shelf, made, numbers, year in moves:
            ids = [f"{shelf}.{number}" for number in numbers]  # an order is on one shelf, ever
            if what == "count":
                shelves.count(counting.account, shelf, ids, year, made)
            else:
                shelves.void(counting.account, shelf, ids)
        listed = counting.every(f"?limit={limit}")
        assert len(listed) == len({(each["made_on"], each["id"]) for each in listed})
        assert len(listed) == json_at(counting.owner.get("/v1/usage"))["used"] == counting.get()["count"]
