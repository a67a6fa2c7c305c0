"""What befalls a merchant's page in daily use: sessions that end, a line that breaks, a second tab, and a neighbour who sees nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from infra.local.machine import Machine
from tests.pages.journeys.conftest import Merchant
from tests.pages.steps import asked, heading, person, sign_in, sign_up


@pytest.fixture
def away(chromium: Browser, machine: Machine, merchant: Merchant) -> Iterator[BrowserContext]:
    """The merchant in another browser, with a session of its own."""
    context = person(chromium, machine)
    page = context.new_page()
    page.goto("/sign-in")
    sign_in(page)
    heading(page, "Dashboard")
    page.close()
    yield context
    context.close()


def end_session(page: Page) -> None:
    """The server forgets the session; the browser keeps its cookie, and the page knows of nothing."""
    kept = page.context.cookies()
    ended = page.evaluate(
        "async () => fetch('/v1/session', {method: 'DELETE', headers: {'X-Daybook':"
        " (await (await fetch('/v1/session')).json()).token}}).then(answer => answer.status)"
    )
    assert ended == 204
    page.context.add_cookies(kept)


def test_a_session_that_ended_gives_the_unsaved_form_back(away: BrowserContext, merchant: Merchant) -> None:
    page = away.new_page()
    page.goto(f"/connections/{merchant.connection}/settings")
    interval, bar = page.get_by_label("Re-summarise"), page.get_by_role("region", name="Unsaved changes")
    before = interval.input_value()
    interval.select_option("60")
    page.get_by_label("From").fill(str(merchant.ago(1)))
    page.get_by_label("To", exact=True).fill(str(merchant.ago(1)))
    end_session(page)
    page.keyboard.press("Control+s")  # if the page has not seen by itself that the session is over
    heading(page, "Sign in")
    expect(page.get_by_text("Please sign in again.")).to_be_visible()
    sign_in(page)
    heading(page, "Northwind Supply")
    expect(page).to_have_url(re.compile("/settings$"))
    expect(interval).to_have_value("60")
    expect(page.get_by_label("From")).to_have_value(str(merchant.ago(1)))
    expect(page.get_by_label("To", exact=True)).to_have_value(str(merchant.ago(1)))
    page.get_by_label("From").fill("")
    page.get_by_label("To", exact=True).fill("")
    bar.get_by_role("button", name="Save changes").click()
    expect(bar).to_have_count(0)
    assert asked(page, f"/v1/connections/{merchant.connection}/settings")["interval_min"] == 60
    interval.select_option(before)
    bar.get_by_role("button", name="Save changes").click()
    expect(bar).to_have_count(0)


def test_a_tab_that_signs_out_takes_the_others_along_and_they_come_back_to_their_filter(
    away: BrowserContext, merchant: Merchant
) -> None:
    first, second = away.new_page(), away.new_page()
    first.goto(f"/orders?connection={merchant.connection}")
    heading(first, "All orders")
    second.goto("/usage")
    heading(second, "Usage")
    second.get_by_role("button", name=re.compile("^Menu of ")).click()
    second.get_by_role("button", name="Sign out").click()
    heading(second, "Sign in")
    expect(second.get_by_text("Please sign in again.")).to_have_count(0)
    first.get_by_role("combobox", name="State").select_option("final")
    heading(first, "Sign in")
    sign_in(first)
    heading(first, "All orders")
    expect(first.get_by_role("combobox", name="Connection")).to_have_value(merchant.connection)
    expect(first.get_by_role("combobox", name="State")).to_have_value("final")


def test_a_tab_goes_on_in_the_session_that_another_has_begun(away: BrowserContext) -> None:
    first, second = away.new_page(), away.new_page()
    second.goto("/workspace")
    name = second.get_by_label("Name", exact=True)
    name.fill("Northwind Trading")
    first.goto("/sign-in")
    heading(first, "Dashboard")
    end_session(first)
    first.get_by_role("link", name="Orders").first.click()
    heading(first, "Sign in")
    sign_in(first)
    heading(first, "All orders")
    second.get_by_role("button", name="Save changes").click()
    second.get_by_role("button", name="Undo").click()
    expect(name).to_have_value("Northwind")
    assert asked(first, "/v1/workspace")["name"] == "Northwind"
    away.clear_cookies()
    first.goto("/sign-in")
    sign_in(first)
    heading(first, "Dashboard")
    second.get_by_role("button", name=re.compile("^Menu of ")).click()
    second.get_by_role("button", name="Sign out").click()
    heading(second, "Sign in")
    first.reload()
    heading(first, "Sign in")


def test_without_a_line_what_was_loaded_stays_and_comes_alive_by_itself(away: BrowserContext) -> None:
    page = away.new_page()
    page.goto("/orders")
    heading(page, "All orders")
    rows, offline = page.locator("table.sales tbody tr"), page.get_by_text("No connection. Showing what was loaded at")
    shown = rows.all_inner_texts()
    away.set_offline(True)
    page.get_by_role("combobox", name="State").select_option("final")
    expect(offline).to_be_visible()
    assert rows.all_inner_texts() == shown
    away.set_offline(False)
    expect(offline).to_have_count(0)
    expect(rows.filter(has_text="Final").first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(rows.filter(has_text="So far")).to_have_count(0)


def test_back_and_forward_go_through_the_filters_and_a_link_restores_them(desk: Page, merchant: Merchant) -> None:
    day = str(merchant.ago(20))
    desk.goto("/orders")
    heading(desk, "All orders")
    controls = {
        "connection": desk.get_by_role("combobox", name="Connection"),
        "status": desk.get_by_role("combobox", name="State"),
        "from": desk.get_by_role("search", name="Filters").get_by_label("From"),
    }
    steps = [("connection", merchant.connection), ("status", "final"), ("from", day)]
    for name, value in steps:
        turn(controls[name], value)
        expect(desk).to_have_url(re.compile(f"{name}={value}"))
    expect(desk.locator(".region.dim")).to_have_count(0)
    shown, address = desk.locator("table.sales tbody").inner_text(), desk.url
    for name, _ in reversed(steps):
        desk.go_back()
        expect(controls[name]).to_have_value("")
        expect(desk).not_to_have_url(re.compile(f"[?&]{name}="))
    for name, value in steps:
        desk.go_forward()
        expect(controls[name]).to_have_value(value)
    desk.reload()
    heading(desk, "All orders")
    other = merchant.context.new_page()
    other.goto(address)
    heading(other, "All orders")
    for page in (desk, other):
        expect(page.locator(".region.dim")).to_have_count(0)
        assert page.locator("table.sales tbody").inner_text() == shown
        assert page.url == address
    for name, value in steps:
        expect(controls[name]).to_have_value(value)
    other.close()


def turn(control: Locator, value: str) -> None:
    if control.evaluate("control => control.tagName") == "SELECT":
        control.select_option(value)
    else:
        control.fill(value)


def test_another_merchant_sees_nothing_of_the_first(
    chromium: Browser, machine: Machine, merchant: Merchant, desk: Page
) -> None:
    desk.goto("/orders")
    heading(desk, "All orders")
    sale = asked(desk, "/v1/sales?limit=3")["items"][-1]["id"]
    number = asked(desk, f"/v1/sales/{sale}/orders?limit=1")["items"][0]["number"]
    sync = asked(desk, "/v1/syncs")["items"][0]["id"]

    context = person(chromium, machine)
    page = context.new_page()
    sign_up(page, email="owner@eastwind.example", business="Eastwind")
    for place in (f"/orders/{sale}", f"/connections/{merchant.connection}", f"/syncs/{sync}"):
        page.goto(place)
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_role("main")).not_to_contain_text("Northwind")
    for place, said in (
        ("/orders", "No sales yet."),
        ("/orders?type=individual", "No individual sales."),
        (f"/orders?q={number.strip('#')}", f"No order {number.strip('#')}."),
        (f"/orders?connection={merchant.connection}", "Nothing matches these filters."),
        ("/connections", "Connect your first channel."),
        ("/usage", "Nothing counted yet."),
        ("/reports/sales", "No sales in these days."),
        ("/activity", "No "),
    ):
        page.goto(place)
        expect(page.get_by_role("main").get_by_text(said).first).to_be_visible()
        expect(page.get_by_role("main")).not_to_contain_text("Northwind")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Command menu")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("northwind")
    expect(dialog.get_by_role("status")).to_have_text("Nothing fits.")
    context.close()
