"""Daybook with the keyboard alone, and with a thumb on a phone."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from infra.local.machine import Machine
from tests.pages.journeys.conftest import Merchant
from tests.pages.steps import OWNER, PASSWORD, heading, person

TABS_MAX = 40
NAME = """() => {
    const at = document.activeElement;
    return (at.getAttribute("aria-label") || at.labels?.[0]?.textContent || at.textContent || "").trim();
}"""
RING = """() => {
    const styles = [getComputedStyle(document.activeElement), getComputedStyle(document.activeElement, "::after")];
    const ring = styles.some(one => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) >= 2);
    const box = document.activeElement.getBoundingClientRect();
    const seen = box.bottom > 0 && box.top < innerHeight;
    return document.activeElement !== document.body && ring && seen;
}"""


SMALL = """() => [...document.querySelectorAll(
    "button, select, summary, a.button, .dock a, .tabs a, .chip, input:not([type=radio], [type=checkbox])"
)].filter(one => one.checkVisibility()).map(one => [one.textContent.trim(), one.getBoundingClientRect().height])
    .filter(([, height]) => height > 1 && height < 44)"""  # what is hidden from eyes alone is one high


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what begins so has the focus, which is to be seen at each stop on the way."""
    stops: list[str] = []
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(NAME))
        assert page.evaluate(RING), f"no focus is to be seen at {stops[-1]!r}"
        if stops[-1].startswith(name):
            return
    pytest.fail(f"no way to {name!r} by Tab: {stops}")


def test_from_the_door_to_a_reports_file_without_a_mouse(
    chromium: Browser, machine: Machine, merchant: Merchant
) -> None:
    context = person(chromium, machine)
    page = context.new_page()
    page.goto("/")
    heading(page, "Sign in")
    tab_to(page, "Email")
    page.keyboard.type(OWNER)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    tab_to(page, "Show")
    page.keyboard.press("Space")
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    tab_to(page, "Keep me signed in")
    page.keyboard.press("Space")
    tab_to(page, "Sign in")
    page.keyboard.press("Enter")
    heading(page, "Dashboard")

    tab_to(page, "Reports")
    page.keyboard.press("Enter")
    heading(page, "Net sales")
    expect(page.get_by_role("main")).to_be_focused()
    tab_to(page, "SKUs")
    page.keyboard.press("Enter")
    heading(page, "Top SKUs")
    tab_to(page, "Download CSV")
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    rows = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8-sig"))))
    assert rows
    assert {"sku", "quantity", "net"} <= rows[0].keys()
    expect(page.get_by_text(f"{saved.value.suggested_filename} is saved.")).to_be_visible()
    expect(page.get_by_role("button", name="Download CSV")).to_be_focused()
    context.close()


@pytest.fixture
def phone(chromium: Browser, machine: Machine, merchant: Merchant) -> Iterator[Page]:
    """A phone at the door."""
    size = {"width": 390, "height": 844}
    context = person(chromium, machine, viewport=size, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto("/orders")
    yield page
    context.close()


def whole(page: Page) -> None:
    """Nothing lies beside the screen, and what is to be tapped is large enough for it."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    dock = page.get_by_role("navigation", name="Dock")
    expect(dock).to_be_visible()
    assert page.evaluate(SMALL) == []


def size_of(one: Locator) -> tuple[float, float]:
    box = one.bounding_box()
    assert box
    return box["width"], box["height"]


def test_a_day_on_the_phone(phone: Page, merchant: Merchant) -> None:
    heading(phone, "Sign in")
    phone.get_by_label("Email").fill(OWNER)
    phone.get_by_label("Password", exact=True).fill(PASSWORD)
    phone.get_by_role("button", name="Sign in", exact=True).tap()
    heading(phone, "All orders")
    whole(phone)
    dock = phone.get_by_role("navigation", name="Dock")
    dock.get_by_role("link", name="Home").tap()
    heading(phone, "Dashboard")
    expect(phone.get_by_role("article")).to_have_count(4)
    whole(phone)

    dock.get_by_role("link", name="Orders").tap()
    heading(phone, "All orders")
    phone.get_by_role("button", name="Filters").tap()
    phone.get_by_role("combobox", name="Connection").select_option(merchant.connection)
    phone.get_by_role("search", name="Filters").get_by_label("To").fill(str(merchant.ago(10)))
    phone.get_by_role("button", name="Done").tap()
    expect(phone.get_by_role("list", name="Filters that are on").get_by_role("listitem")).to_have_count(2)
    rows = phone.locator("table.sales tbody tr")
    expect(phone.locator(".region.dim")).to_have_count(0)
    expect(rows.first).to_contain_text("orders")  # folded into the second line
    whole(phone)
    rows.first.get_by_role("link").tap()
    expect(phone.get_by_role("region", name="SKU lines")).to_be_visible()
    whole(phone)
    phone.get_by_role("link", name=re.compile("^Order numbers")).tap()
    expect(phone.get_by_role("region", name="Order numbers").get_by_role("rowheader").first).to_be_visible()
    whole(phone)

    dock.get_by_role("link", name="Channels").tap()
    heading(phone, "Connections")
    phone.get_by_role("article").get_by_role("link").first.tap()
    heading(phone, "Northwind Supply")
    phone.get_by_role("link", name="Order settings").tap()
    interval = phone.get_by_label("Re-summarise")
    before = interval.input_value()
    for value in ("360", before):
        interval.select_option(value)
        bar = phone.get_by_role("region", name="Unsaved changes")
        save = bar.get_by_role("button", name="Save changes")
        assert size_of(save)[1] >= 44
        above, below = bar.bounding_box(), dock.bounding_box()
        assert above
        assert below
        assert above["y"] + above["height"] <= below["y"] + 1
        whole(phone)
        save.tap()
        expect(bar).to_have_count(0)
    expect(interval).to_have_value(before)
