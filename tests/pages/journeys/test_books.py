"""What the merchant's books say: the shop's own figures, the same when days are synced again, and what a changed day changed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from infra.local.machine import Machine
from tests.pages.journeys.conftest import Merchant
from tests.pages.steps import IMPORT_MS, SUMMARIES, amount_of, asked, change_shop, heading, ledger_of, sync_days


def test_the_dashboard_has_the_figures_of_the_shops_own_ledger(
    desk: Page, merchant: Merchant, machine: Machine
) -> None:
    first, last = merchant.ago(90), merchant.ago(1)
    desk.goto(f"/?range=custom&from={first}&to={last}")
    heading(desk, "Dashboard")
    ledger = ledger_of(machine, first, last)
    currencies = list(ledger["net_by_currency"])
    assert currencies == ["CAD", "USD"]
    orders = units = 0
    for currency in currencies:
        desk.goto(f"/?range=custom&from={first}&to={last}&currency={currency}")
        heading(desk, "Dashboard")
        net = kpi(desk, "Net sales")
        expect(net).not_to_have_text("–")
        # Money back on orders older than the history is asked for after the days, and may still be on its way.
        for _ in range(30):
            if amount_of(net.get_attribute("title")) == ledger["net_by_currency"][currency]:
                break
            desk.wait_for_timeout(1_000)
            desk.reload()
            heading(desk, "Dashboard")
        assert amount_of(net.get_attribute("title")) == ledger["net_by_currency"][currency]
        orders += number(kpi(desk, "Orders").inner_text())
        units += number(kpi(desk, "Units sold").inner_text())
    assert (orders, units) == (ledger["orders"], ledger["units"])


def kpi(page: Page, name: str) -> Any:
    card = page.get_by_role("article").filter(has=page.get_by_role("heading", name=name, exact=True))
    return card.locator(".much")


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_days_synced_again_are_all_known_and_nothing_is_counted_twice(desk: Page, merchant: Merchant) -> None:
    first, last = merchant.ago(7), merchant.ago(1)
    filtered = f"/v1/sales?connection={merchant.connection}&from={first}&to={last}&limit=200"
    desk.goto("/usage")
    heading(desk, "Usage")
    meter = desk.locator(".meter .pair b")
    used, sales = meter.inner_text().split()[0], unchecked(asked(desk, filtered))
    assert used == f"{asked(desk, '/v1/usage')['used']:,}"

    sync_days(desk, merchant.connection, first, last)
    expect(desk.get_by_role("region", name=re.compile("^7 days of "))).to_contain_text("7 of 7 days")
    expect(desk.get_by_role("region", name=re.compile("^7 days of "))).to_contain_text("all known")
    desk.get_by_role("button", name=re.compile("^Menu of ")).click()
    desk.get_by_role("link", name="Sync activity").click()
    heading(desk, "Sync activity")
    said = desk.get_by_role("listitem").filter(has_text="all known, nothing changed")
    expect(said.first).to_be_visible()
    assert said.count() >= 7
    desk.goto("/usage")
    heading(desk, "Usage")
    expect(meter).to_contain_text(re.compile(rf"^{used}\b"))
    assert unchecked(asked(desk, filtered)) == sales


def unchecked(said: Any) -> list[dict[str, Any]]:
    """The sales without when they were last looked at, which alone may move."""
    return [{name: value for name, value in sale.items() if name != "checked_at"} for sale in said["items"]]


def test_a_day_that_changed_has_a_second_version_that_says_what(
    desk: Page, merchant: Merchant, machine: Machine
) -> None:
    day = merchant.ago(12)
    desk.goto("/orders")
    heading(desk, "All orders")
    filtered = f"/v1/sales?connection={merchant.connection}&from={day}&to={day}"
    before = {sale["id"]: sale for sale in asked(desk, filtered)["items"]}
    (late,) = change_shop(machine, day=str(day), add_orders=1)["added"]

    sync_days(desk, merchant.connection, day, day)
    look_for = desk.get_by_label("Order number").first
    look_for.fill(late)
    look_for.press("Enter")
    desk.get_by_role("region", name="Orders found").get_by_role("link").first.click()
    expect(desk.get_by_text(", 2nd version")).to_be_visible()
    sale = asked(desk, f"/v1/sales/{desk.url.rpartition('/')[2].partition('?')[0]}")["sale"]
    grown = sale["total"]["minor"] - before[sale["id"]]["total"]["minor"]
    assert sale["version"] == before[sale["id"]]["version"] + 1 == 2
    assert sale["orders"] == before[sale["id"]]["orders"] + 1

    card = desk.locator(".card").filter(has=desk.get_by_role("heading", name="What the last version changed"))
    expect(card).to_contain_text(f"Total up ${grown / 100:,.2f}, 1 new order.")
    expect(card).to_contain_text(late)
    desk.get_by_role("link", name=re.compile("^Versions 2$")).click()
    entry = desk.get_by_role("listitem").filter(has_text="2nd")
    expect(entry).to_contain_text("1 order added")
    entry.get_by_role("link").first.click()
    expect(entry.get_by_text("Against version 1.")).to_be_visible()
    expect(entry.get_by_role("link", name=late)).to_be_visible()
    figures = entry.get_by_role("region", name="Figures of version 2")
    expect(figures.get_by_role("row").last).to_contain_text(f"${grown / 100:,.2f}")
    lines = entry.get_by_role("region", name="SKUs of version 2").get_by_role("row")
    expect(lines.nth(1)).to_contain_text("+")

    net = ledger_of(machine, day, day)["net_by_currency"]
    assert {each["net"]["currency"]: each["net"]["minor"] for each in asked(desk, filtered)["items"]} == net


@pytest.mark.parametrize("field", ["bar", "page"])
def test_an_order_is_found_by_its_number_or_how_it_begins(desk: Page, merchant: Merchant, field: str) -> None:
    desk.goto("/orders")
    heading(desk, "All orders")
    sale = next(
        each
        for each in asked(desk, f"/v1/sales?connection={merchant.connection}&limit=50")["items"]
        if each["type"] == "day" and each["orders"] > 1
    )
    number = asked(desk, f"/v1/sales/{sale['id']}/orders?limit=1")["items"][0]["number"]
    typed = desk.get_by_role("main" if field == "page" else "banner").get_by_label("Order number")
    hits = desk.get_by_role("region", name="Orders found").get_by_role("listitem")

    typed.fill(number)
    typed.press("Enter")
    expect(hits.first).to_contain_text(f"{number} is in ")
    expect(hits.first).to_contain_text("Northwind Supply")
    typed.fill(number[:-1])
    typed.press("Enter")
    expect(hits.nth(1)).to_be_visible()
    expect(hits.filter(has_text=number)).to_have_count(1)
    assert all(text.startswith(number[:-1]) for text in hits.all_inner_texts())
    typed.fill("48211000")
    typed.press("Enter")
    expect(desk.get_by_text("No order 48211000.")).to_be_visible()
    expect(hits).to_have_count(0)
    desk.go_back()
    hits.filter(has_text=number).get_by_role("link").click()
    expect(desk).to_have_url(re.compile(rf"/orders/{re.escape(sale['id'])}\?tab=orders&find="))
    expect(desk.get_by_role("region", name="Order numbers").get_by_role("rowheader").get_by_role("link")).to_have_text(
        [number]
    )


def test_a_day_and_its_summary_open_each_other(desk: Page, merchant: Merchant) -> None:
    """From a day of a finished sync to its sale, and from the sync to the list of its summaries."""
    day = merchant.ago(2)
    sync_days(desk, merchant.connection, day, day)
    desk.get_by_role("region", name="Days of this sync").get_by_role("link").click()
    expect(desk).to_have_url(re.compile("/orders/"))
    expect(desk.get_by_role("region", name="SKU lines")).to_be_visible()
    desk.go_back()
    desk.get_by_role("link", name=SUMMARIES).click(timeout=IMPORT_MS)
    expect(desk).to_have_url(re.compile(f"from={day}&to={day}"))
