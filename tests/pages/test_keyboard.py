"""Daybook without a mouse: the command menu, the keys that go and move, and the switch that turns them off."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from infra.local.machine import Machine
from tests.pages.steps import asked, connect, heading, look_over, person, sign_up

SLOW_MS = 30_000  # the shop is still coming in


@pytest.fixture(scope="module")
def context(chromium: Browser, machine: Machine) -> Iterator[BrowserContext]:
    """The cookies of an owner whose shop has begun to come in."""
    context = person(chromium, machine)
    page = context.new_page()
    sign_up(page)
    connect(page)
    page.goto("/orders")
    expect(page.locator("table.sales tbody tr").nth(3)).to_be_visible(timeout=60_000)
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """All orders, just opened, with the focus on nothing."""
    page = context.new_page()
    page.goto("/orders")
    heading(page, "All orders")
    expect(page.locator("table.sales tbody tr").nth(3)).to_be_visible()
    yield page
    page.close()


def menu(page: Page) -> Locator:
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Command menu")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    return dialog


def test_the_menu_goes_to_pages_and_gives_the_focus_back(page: Page) -> None:
    wrong: list[str] = []
    page.keyboard.press("j")
    row = page.locator("table.sales tbody tr").first.get_by_role("link")
    expect(row).to_be_focused()
    dialog = menu(page)
    look_over(page, wrong)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(row).to_be_focused()
    dialog = menu(page)
    page.keyboard.type("work set")
    expect(dialog.get_by_role("option", selected=True)).to_contain_text("Workspace settings")
    page.keyboard.press("Enter")
    heading(page, "Workspace settings")
    expect(page.get_by_role("main")).to_be_focused()
    assert not wrong, "\n".join(wrong)


def test_the_arrows_choose_and_words_that_fit_nothing_are_told(page: Page) -> None:
    wrong: list[str] = []
    dialog = menu(page)
    first = dialog.get_by_role("option", selected=True).inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("option", selected=True)).to_have_count(1)
    chosen = dialog.get_by_role("combobox").get_attribute("aria-activedescendant")
    assert dialog.get_by_role("option", selected=True).get_attribute("id") == chosen
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    assert dialog.get_by_role("option", selected=True).inner_text() == first
    page.keyboard.type("zzz")
    expect(dialog.get_by_role("status")).to_have_text("Nothing fits.")
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_an_order_number_leads_to_its_sale(page: Page) -> None:
    wrong: list[str] = []
    sale = asked(page, "/v1/sales?limit=3")["items"][-1]
    number = asked(page, f"/v1/sales/{sale['id']}/orders?limit=1")["items"][0]["number"]
    dialog = menu(page)
    page.keyboard.type(number)
    expect(dialog.get_by_role("option", selected=True)).to_contain_text(f"Order {number}")
    look_over(page, wrong)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/orders/.+\?tab=orders&find="))
    numbers = page.get_by_role("region", name="Order numbers").get_by_role("rowheader")
    expect(numbers.first).to_contain_text(number, timeout=SLOW_MS)
    dialog = menu(page)
    page.keyboard.type("999999999")
    page.keyboard.press("Enter")  # before it is known that there is none
    expect(page.get_by_text("No order 999999999.")).to_be_visible(timeout=SLOW_MS)
    expect(dialog).to_have_count(0)
    assert not wrong, "\n".join(wrong)


def test_a_sync_shows_its_days_before_it_is_begun(page: Page) -> None:
    wrong: list[str] = []
    connection = asked(page, "/v1/connections")["items"][0]
    ranges = asked(page, f"/v1/connections/{connection['id']}/ranges")["items"]
    syncs = len(asked(page, "/v1/syncs")["items"])
    dialog = menu(page)
    page.keyboard.type("sync north")
    expect(dialog.get_by_role("option", selected=True)).to_contain_text(f"Sync {connection['name']}")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("option")).to_have_count(len(ranges))
    expect(dialog.get_by_role("option").first).to_contain_text(re.compile(r"\w{3} \d+"))
    look_over(page, wrong)
    page.keyboard.press("Backspace")
    expect(dialog.get_by_text("Dashboard")).to_be_visible()
    assert len(asked(page, "/v1/syncs")["items"]) == syncs
    page.keyboard.type("sync north")
    page.keyboard.press("Enter")
    page.keyboard.type("current month")
    expect(dialog.get_by_role("option", selected=True)).to_contain_text("Current month")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=re.compile("^Sync of "))).to_be_visible(timeout=SLOW_MS)
    expect(dialog).to_have_count(0)
    assert len(asked(page, "/v1/syncs")["items"]) == syncs + 1
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("key", "title"),
    [("o", "All orders"), ("c", "Connections"), ("a", "Sync activity"), ("u", "Usage"), ("d", "^Dashboard$")],
)
def test_g_goes(page: Page, key: str, title: str) -> None:
    page.goto("/workspace")
    heading(page, "Workspace settings")
    page.keyboard.press("g")
    page.keyboard.press(key)
    heading(page, re.compile(title))


def test_j_and_k_move_through_rows_and_enter_opens(page: Page) -> None:
    rows = page.locator("table.sales tbody tr")
    for press, at in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(press)
        expect(rows.nth(at).get_by_role("link").first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/orders/[^/?]+"))


def test_slash_searches_and_letters_in_a_field_are_letters(page: Page) -> None:
    page.keyboard.press("/")
    field = page.locator("main input[type=search]")
    expect(field).to_be_focused()
    page.keyboard.type("gc?jk/")
    expect(field).to_have_value("gc?jk/")
    assert page.get_by_role("dialog").count() == 0
    expect(page.get_by_role("heading", level=1)).to_have_text("All orders")


def test_the_list_of_keys_turns_single_ones_off_for_good(page: Page) -> None:
    wrong: list[str] = []
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    look_over(page, wrong)
    dialog.get_by_role("switch").uncheck()
    look_over(page, wrong)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.reload()
    heading(page, "All orders")
    for key in ("?", "g", "c", "j"):
        page.keyboard.press(key)
    assert page.get_by_role("dialog").count() == 0
    expect(page.get_by_role("heading", level=1)).to_have_text("All orders")
    menu(page)  # what is held with another key stays
    page.keyboard.press("Escape")
    button = page.get_by_role("button", name=re.compile("^Menu of "))
    button.click()
    look_over(page, wrong)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    dialog.get_by_role("switch").check()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    assert not wrong, "\n".join(wrong)


def test_the_menu_is_there_for_fingers(page: Page) -> None:
    wrong: list[str] = []
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Command menu").click()
    dialog = page.get_by_role("dialog", name="Command menu")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    look_over(page, wrong)
    page.set_viewport_size({"width": 390, "height": 844})
    dialog.get_by_text("Sync activity").click()
    heading(page, "Sync activity")
    assert not wrong, "\n".join(wrong)
