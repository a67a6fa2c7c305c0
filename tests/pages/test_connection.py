"""A connection in a browser: access again in every way, its stores, and orders that come twice. The answers are made here."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages import figures, samples
from tests.pages.scripted import SESSION, ScriptedApi, problem
from tests.pages.test_journey import heading, look_over

WOO = samples.connection("Northwind Woo", kind="woocommerce", domain="shop.northwind.example")
SHOPIFY = samples.connection("Northwind Supply", kind="shopify", domain="northwind.myshopify.com")
OTHERS = (
    {"store_id": "101", "store_name": "Northwind Outlet", "connection_id": "outlet", "connection_name": "Outlet"},
)


@pytest.fixture
def page(scripted: Page, api: ScriptedApi) -> Page:
    """A page of a workspace with a connection of each kind."""
    api.on("GET /kinds", (200, samples.KINDS))
    api.on("GET /connections", (200, {"items": [samples.connection(), WOO, SHOPIFY], "next": None}))
    for one in (samples.connection(), WOO, SHOPIFY):
        there(api, one)
    return scripted


def there(api: ScriptedApi, one: dict[str, Any]) -> None:
    """The connection and what its overview asks for."""
    api.on(f"GET /connections/{one['id']}", (200, one))
    api.on(f"GET /connections/{one['id']}/mirrors", (200, {"items": []}))
    api.on(f"GET /connections/{one['id']}/ranges", (200, {"today": "2026-11-26", "first_day": None, "items": []}))


def viewing(api: ScriptedApi) -> None:
    session = copy.deepcopy(SESSION)
    session["user"]["role"] = "viewer"  # type: ignore[index]
    api.on("GET /session", (200, session))


def test_new_keys_take_the_place_of_the_old(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    page.goto("/connections/warehouse/access")
    key, secret = page.get_by_label("API key", exact=True), page.get_by_label("API secret", exact=True)
    replace = page.get_by_role("button", name="Check and replace")
    expect(replace).to_be_disabled()
    look_over(page, wrong)
    key.fill("new-key")
    secret.fill(" new-secret ")
    refusal = problem(400, "These keys open another account.", api_key="Its stores are not those of this connection.")
    api.on("POST /connections/warehouse/reconnect", refusal)
    replace.click()
    expect(page.locator(".wrong")).to_have_text("Its stores are not those of this connection.")
    look_over(page, wrong)
    done = {"authorize_url": None, "pairing": None, "connection": samples.connection()}
    api.on("POST /connections/warehouse/reconnect", (202, done))
    replace.click()
    expect(page.get_by_role("status").filter(has_text="The new keys work.")).to_be_visible()
    expect(secret).to_have_value("")  # they are not shown again
    sent = {"fields": {"api_key": "new-key", "api_secret": "new-secret"}}  # the clock stays as it was chosen
    assert api.bodies("POST /connections/warehouse/reconnect") == [sent, sent]
    assert not wrong, "\n".join(wrong)


def test_a_site_is_approved_again_or_given_keys(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    at = "POST /connections/northwind-woo/reconnect"
    leads = {"authorize_url": "https://shop.northwind.example/wc-auth", "pairing": "p1", "connection": None}
    api.on(at, (202, leads))
    page.goto("/connections/northwind-woo/access")
    page.get_by_text("I have keys already").click()
    expect(page.get_by_label("Site address")).to_have_value("https://shop.northwind.example")
    look_over(page, wrong)
    page.get_by_label("Consumer key", exact=True).fill("ck_new")
    page.get_by_label("Consumer secret", exact=True).fill("cs_new")
    page.get_by_role("button", name="Check and replace").click()
    expect(page.get_by_role("status").filter(has_text="The new keys work.")).to_be_visible()
    page.get_by_role("button", name="Approve on your site again").click()
    expect(page).to_have_url("https://shop.northwind.example/wc-auth")
    keys = {"site": "https://shop.northwind.example", "consumer_key": "ck_new", "consumer_secret": "cs_new"}
    assert api.bodies(at) == [{"fields": keys}, None]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("one", "way"),
    [(samples.connection(), "Give new keys"), (WOO, "Approve again"), (SHOPIFY, "Sign in again")],
)
def test_lost_access_is_said_with_the_way_back(page: Page, api: ScriptedApi, one: dict[str, Any], way: str) -> None:
    wrong: list[str] = []
    there(api, one | {"state": "sign_in_needed"})
    page.goto(f"/connections/{one['id']}")
    expect(page.get_by_text(f"{way} and we catch up by ourselves.")).to_be_visible()
    expect(page.locator(".notice.warning").locator("button, a")).to_have_text(way)
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_two_hundred_stores_are_listed_in_their_place(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    there(api, samples.connection(stores=samples.found(stores=200)["stores"]))
    page.goto("/connections/warehouse")
    stores = page.get_by_role("list", name="Stores")
    expect(stores.get_by_role("listitem")).to_have_count(200)
    assert stores.evaluate("list => list.clientHeight") < 400
    look_over(page, wrong)
    expect(page.get_by_role("link", name="connect ShipStation once more")).to_have_attribute(
        "href", "/connections/add/shipstation"
    )
    assert not wrong, "\n".join(wrong)


def test_orders_that_come_twice_are_linked_and_unlinked(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    other = samples.mirror(linked=True, **OTHERS[0])
    api.on("GET /connections/warehouse/mirrors", (200, {"items": [samples.mirror(), other]}))
    page.goto("/connections/warehouse")
    card = page.locator(".card").filter(has_text="Orders that come twice")
    said = "38 of 40 orders of Northwind Shopify US also came through Northwind Supply since Oct 1"
    expect(card).to_contain_text(f"{said}: they count twice until you link them.")
    expect(card).to_contain_text("its orders stay listed, marked, and no longer count, not even the 2 orders that came")
    look_over(page, wrong)

    api.on("PUT /connections/warehouse/mirrors", (202, {"sync_id": "s1"}))
    api.on("GET /connections/warehouse/mirrors", (200, {"items": [samples.mirror(linked=True), other]}))
    page.get_by_role("button", name="Link Northwind Shopify US and Northwind Supply").click()
    expect(page.get_by_text("is linked: each of its orders counts once.")).to_be_visible()
    expect(page.get_by_role("link", name="see the sync")).to_have_attribute("href", "/syncs/s1")
    unlink = page.get_by_role("button", name="Unlink Northwind Shopify US and Northwind Supply")
    expect(unlink).to_be_focused()  # in the place of the one that was pressed
    look_over(page, wrong)

    api.on("PUT /connections/warehouse/mirrors", (202, {"sync_id": None}))
    api.on("GET /connections/warehouse/mirrors", (200, {"items": [samples.mirror(), other]}))
    unlink.click()
    expect(page.get_by_text("is no longer linked: its orders count again.")).to_be_visible()
    first, kept = (
        {"store_id": "100", "connection_id": "northwind-supply"},
        {"store_id": "101", "connection_id": "outlet"},
    )
    assert api.bodies("PUT /connections/warehouse/mirrors") == [{"links": [kept, first]}, {"links": [kept]}]
    assert not wrong, "\n".join(wrong)


def test_a_store_is_linked_to_one_connection_at_a_time(page: Page, api: ScriptedApi) -> None:
    rival = samples.mirror(connection_id="outlet", connection_name="Outlet", agreed=3)
    api.on("GET /connections/warehouse/mirrors", (200, {"items": [samples.mirror(linked=True), rival]}))
    api.on("PUT /connections/warehouse/mirrors", (202, {"sync_id": "s1"}))
    page.goto("/connections/warehouse")
    page.get_by_role("button", name="Link Northwind Shopify US and Outlet", exact=True).click()
    expect(page.get_by_text("is linked: each of its orders counts once.")).to_be_visible()
    sent = {"links": [{"store_id": "100", "connection_id": "outlet"}]}
    assert api.bodies("PUT /connections/warehouse/mirrors") == [sent]


def test_a_link_that_cannot_be_made_says_so_and_stays_as_it_was(page: Page, api: ScriptedApi) -> None:
    api.on("GET /connections/warehouse/mirrors", (200, {"items": [samples.mirror()]}))
    api.on("PUT /connections/warehouse/mirrors", problem(409, "Northwind Supply was disconnected meanwhile."))
    page.goto("/connections/warehouse")
    page.get_by_role("button", name=re.compile("^Link")).click()
    expect(page.get_by_role("alert")).to_have_text("Northwind Supply was disconnected meanwhile.")
    expect(page.get_by_role("button", name=re.compile("^Link"))).to_be_enabled()


def test_who_may_only_look_links_nothing(page: Page, api: ScriptedApi) -> None:
    viewing(api)
    api.on("GET /connections/warehouse/mirrors", (200, {"items": [samples.mirror()]}))
    page.goto("/connections/warehouse")
    expect(page.get_by_text("they count twice until you link them")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Link"))).to_have_count(0)


def test_of_a_kind_with_one_store_nothing_is_asked_of_mirrors(page: Page, api: ScriptedApi) -> None:
    page.goto("/connections/northwind-supply")
    heading(page, "Northwind Supply")
    expect(page.get_by_role("button", name="Sync again")).to_be_visible()
    expect(page.get_by_text("Orders that come twice")).to_have_count(0)
    assert api.bodies("GET /connections/northwind-supply/mirrors") == []


def order(number: str, **other: Any) -> dict[str, Any]:
    """An order of an individual sale and of a sale's list alike."""
    money = {"minor": 4_950, "currency": "USD"}
    return {
        "id": number.strip("#"),
        "sale_id": number.strip("#"),
        "number": number,
        "placed_at": "2026-11-23T15:00:00Z",
        "day": "2026-11-23",
        "connection_id": "warehouse",
        "connection": "Warehouse",
        "store": "Northwind Outlet",
        "customer": None,
        "region": None,
        "status": "shipped",
        "excluded": None,
        "items": 1,
        "net": money,
        "total": money,
        "events_total": 0,
        "flags": [],
        "also_in": None,
    } | other


ORDERS = (
    order("#1001", also_in="northwind-supply", excluded="mirror"),
    order("#1002", also_in="northwind-supply"),
    order("#1003", status="wc-partial-shipped", excluded="wc-partial-shipped"),
    order("#1004", status="trash", excluded="trash"),
)
SAID = (
    "Not counted: Came through a linked connection too, and counts there Also in Northwind Supply",
    "Shipped Also in Northwind Supply",
    "Not counted: Its state is “Wc partial shipped”",
    "Not counted: In the shop's trash",
)


def test_orders_say_where_else_they_came_through_and_why_they_do_not_count(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    answer = {
        "items": [],
        "orders_listed": ORDERS,
        "totals": [],
        "count": 4,
        "counts": {"summary": 0, "individual": 4},
        "orders": 4,
        "found_in": [],
        "searched_from": None,
        "next": None,
    }
    api.on("GET /sales", (200, answer))
    page.goto("/orders?type=individual")
    rows = page.locator("table.sales tbody tr")
    for at, said in enumerate(SAID):
        expect(rows.nth(at).locator("td").last).to_have_text(re.compile(".*".join(said.split(" Also ")) + "$"))
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_each_currency_of_the_last_30_days_is_summed_by_itself(page: Page, api: ScriptedApi) -> None:
    report = figures.channels_report("CAD")
    for currencies in report["currencies"]:
        for row in currencies["rows"][1:3]:  # two stores of one connection
            row |= {"connection_id": "warehouse", "net": row["net"] // 1000 * 1000, "orders": 20}
    api.on("GET /reports/channels", (200, report))
    dollars, canadian = (sum(row["net"] for row in one["rows"][1:3]) // 100 for one in report["currencies"])
    for place in ("/connections", "/connections/warehouse"):
        page.goto(place)
        expect(page.locator(".month .pair")).to_have_text(f"30 days, 80 orders${dollars:,} + CA${canadian:,}")
