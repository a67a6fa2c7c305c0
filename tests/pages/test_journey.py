"""The merchant's first hour in a browser, each step on the page that the step before left, and every page looked over."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from infra.local.machine import SHOP
from tests.pages.steps import IMPORT_MS, OWNER, SUMMARIES, fill_sign_up, heading, look_over

A_SUMMARY = re.compile(r"/orders/[^/?]+")


def sign_up(page: Page, wrong: list[str]) -> None:
    """A visitor is asked to sign in, signs up, and arrives where they wanted to go."""
    page.goto("/orders")
    heading(page, "Sign in")
    look_over(page, wrong)

    page.get_by_role("link", name="Sign up").click()
    heading(page, "Sign up")
    look_over(page, wrong)
    fill_sign_up(page)

    heading(page, "All orders")  # where the visitor wanted to go at first
    expect(page.get_by_text("No sales yet.")).to_be_visible()
    look_over(page, wrong)


def try_the_wizard(page: Page, wrong: list[str]) -> None:
    """From the empty start to the wizard; a wrong address is said at its field."""
    page.get_by_role("link", name="Daybook").click()
    expect(page.get_by_text("Connect your first channel.")).to_be_visible()
    look_over(page, wrong)

    page.get_by_role("link", name="Connections").click()
    heading(page, "Connections")
    look_over(page, wrong)
    page.get_by_role("link", name="Shopify").click()
    heading(page, "Connect Shopify")
    look_over(page, wrong)
    page.get_by_role("link", name="Go on").click()
    shop = page.get_by_label("Shop address")
    shop.fill("not a shop")
    page.get_by_role("button", name="Continue to Shopify").click()
    expect(page.locator(".wrong")).to_be_visible()
    look_over(page, wrong)


def pair(page: Page, wrong: list[str]) -> None:
    """The shop is refused access at first, then allowed; nothing typed is lost on the way."""
    shop = page.get_by_label("Shop address")
    shop.fill(f"https://{SHOP}/admin/orders")
    page.get_by_role("button", name="Continue to Shopify").click()
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_text("You did not allow access, so nothing was connected.")).to_be_visible()
    expect(shop).to_have_value(SHOP)  # nothing typed is lost
    look_over(page, wrong)
    page.get_by_role("button", name="Continue to Shopify").click()
    page.get_by_role("button", name="Allow").click()


def watch_the_days(page: Page, wrong: list[str]) -> None:
    """The strip fills until every day is done, and leads to the summaries."""
    expect(page.get_by_text("is connected.")).to_be_visible()
    bar = page.get_by_role("progressbar", name="Days done").first
    expect(bar).to_have_attribute("aria-valuetext", re.compile(r"\d+ of \d+ days"))
    look_over(page, wrong)
    page.get_by_role("link", name="Details").first.click()
    heading(page, re.compile("^Sync of "))
    expect(page.get_by_role("link", name=SUMMARIES)).to_be_visible(timeout=IMPORT_MS)
    total = bar.get_attribute("aria-valuemax")
    assert bar.get_attribute("aria-valuenow") == total
    assert int(total or 0) in (90, 91)  # 90 full days, and today so far
    look_over(page, wrong)

    page.get_by_role("link", name=SUMMARIES).click()
    heading(page, "All orders")
    look_over(page, wrong)


def find_an_order(page: Page, wrong: list[str]) -> None:
    """A summary opens, and the number of one of its orders leads back to it."""
    page.locator("table.sales tbody tr").nth(3).get_by_role("link").click()
    expect(page).to_have_url(A_SUMMARY)
    expect(page.get_by_role("region", name="SKU lines").get_by_role("row").nth(1)).to_be_visible()
    look_over(page, wrong)
    page.get_by_role("link", name=re.compile("^Order numbers")).click()
    numbers = page.get_by_role("region", name="Order numbers")
    number = numbers.get_by_role("rowheader").get_by_role("link").first.inner_text()
    address = urlsplit(page.url).path
    look_over(page, wrong)

    search = page.get_by_label("Order number").first
    search.fill(number)
    search.press("Enter")
    hit = page.get_by_role("region", name="Orders found").get_by_role("listitem").filter(has_text=number).first
    expect(hit).to_contain_text(" is in ")
    look_over(page, wrong)
    hit.get_by_role("link").click()
    expect(page).to_have_url(re.compile(re.escape(address)))
    expect(numbers.get_by_role("rowheader").first).to_contain_text(number)


def sync_again(page: Page, wrong: list[str]) -> None:
    """The last days once more: all orders are known, and the activity says so."""
    page.get_by_role("link", name="Connections").click()
    heading(page, "Connections")
    page.get_by_role("article").get_by_role("link").click()
    expect(page.get_by_role("button", name="Sync again")).to_be_visible()
    heading(page, "Northwind Supply")
    look_over(page, wrong)
    page.get_by_role("button", name="Sync again").click()
    heading(page, re.compile("^Sync of "))
    expect(page.get_by_role("link", name=SUMMARIES)).to_be_visible(timeout=IMPORT_MS)
    page.get_by_role("button", name=re.compile("^Menu of ")).click()
    page.get_by_role("link", name="Sync activity").click()
    heading(page, "Sync activity")
    expect(page.get_by_text("all known, nothing changed").first).to_be_visible()
    look_over(page, wrong)
    page.get_by_role("button", name=re.compile("^Info")).click()
    expect(page).to_have_url(re.compile("level=warning&level=error"))
    heading(page, "Sync activity")
    look_over(page, wrong)


def read_the_reports(page: Page, wrong: list[str]) -> None:
    """From the dashboard to every report."""
    page.get_by_role("link", name="Daybook").click()
    heading(page, "Dashboard")
    expect(page.get_by_role("region", name="Latest summaries").get_by_role("row")).to_have_count(6)
    expect(page.get_by_text("Figures run to the end of ")).to_be_visible()
    look_over(page, wrong)
    page.get_by_role("article").filter(has_text="Net sales").get_by_role("link").click()
    heading(page, "Net sales")
    whole = page.get_by_role("region", name="Net sales as a table").get_by_role("row").last
    expect(whole).to_contain_text("$")
    for report, title in (
        ("SKUs", "Top SKUs"),
        ("Channels", "Sales by channel"),
        ("U.S. states", "Sales by U.S. state"),
    ):
        page.get_by_role("navigation", name="Reports").get_by_role("link", name=report).click()
        heading(page, title)
        expect(page.get_by_role("table")).not_to_have_count(0)
        look_over(page, wrong)
    page.get_by_role("navigation", name="Reports").get_by_role("link", name="Customers").click()
    expect(page.get_by_text("This report needs individual sales.")).to_be_visible()
    look_over(page, wrong)


def look_around(page: Page, wrong: list[str]) -> None:
    """The menu, the usage, the start and an address without a page."""
    page.get_by_role("button", name=re.compile("^Menu of ")).click()
    look_over(page, wrong)
    page.get_by_role("link", name="Usage").click()
    heading(page, "Usage")
    expect(page.get_by_text("Orders used")).to_be_visible()
    look_over(page, wrong)
    page.get_by_role("link", name="Daybook").click()
    heading(page, "Dashboard")
    expect(page.get_by_role("region", name="Latest summaries").get_by_role("row")).to_have_count(6)
    look_over(page, wrong)
    page.goto("/nowhere")
    heading(page, "Nothing here")
    look_over(page, wrong)


def sign_in_wrongly(page: Page, wrong: list[str]) -> None:
    """Signed out, a wrong password is refused without saying what was wrong."""
    page.get_by_role("button", name=re.compile("^Menu of ")).click()
    page.get_by_role("button", name="Sign out").click()
    heading(page, "Sign in")
    page.get_by_label("Email").fill(OWNER)
    page.get_by_label("Password", exact=True).fill("a quiet harbour at dusk")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Email or password is not right.")
    look_over(page, wrong)


def test_the_first_hour(page: Page, complaints: list[str]) -> None:
    wrong: list[str] = []
    for step in (
        sign_up,
        try_the_wizard,
        pair,
        watch_the_days,
        find_an_order,
        sync_again,
        read_the_reports,
        look_around,
        sign_in_wrongly,
    ):
        step(page, wrong)
    assert not wrong, "\n".join(wrong)
    assert [line for line in complaints if not is_expected(line)] == []


def is_expected(line: str) -> bool:
    """The browser itself calls an answer of 4xx an error; these are the ones that the journey asks for."""
    return "the server responded with a status of 4" in line and urlsplit(line.split(": ")[0]).path in (
        "/sign-in",
        "/sign-up",
        "/orders",
        "/connections/add/shopify",
        "/reports/customers",
    )


def test_the_shell_needs_no_inline_script_or_style(built: Path) -> None:
    shell = (built / "shell.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", shell)
