"""All orders and one sale in a browser: what is chosen there stays chosen, and every way back leads back."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.pages import figures, ledgers, samples
from tests.pages.conftest import Answering
from tests.pages.test_journey import heading

KNOWN = {"/connections": figures.connections(), "/kinds": samples.KINDS}
FIRST = ledgers.sales(ledgers.days(15), count=30)
SECOND = ledgers.sales(ledgers.days(30)[15:], next=None, count=30)
PAGES = KNOWN | {"/sales": FIRST, "/sales?type=summary&cursor=c&limit=50": SECOND}


def test_columns_that_were_chosen_are_remembered(answering: Answering) -> None:
    page = answering("/orders", PAGES | {"/dashboard": figures.dashboard()})
    heads = page.get_by_role("columnheader")
    usual = ["Summary", "Orders", "SKUs", "Units", "Net sales", "State"]
    expect(heads).to_have_text([re.compile(f"^{word}") for word in usual])
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="SKUs").uncheck()
    page.get_by_role("checkbox", name="Gross sales").check()
    chosen = ["Summary", "Orders", "Units", "Gross sales", "Net sales", "State"]
    expect(heads).to_have_text([re.compile(f"^{word}") for word in chosen])
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox", name="SKUs")).to_be_hidden()
    page.reload()
    expect(heads).to_have_text([re.compile(f"^{word}") for word in chosen])
    expect(page.get_by_role("row", name=re.compile("^Total of 30 sales"))).to_contain_text("$432,436.57")
    page.goto("/")  # the dashboard's latest summaries stay as they are
    expect(heads).to_have_text(usual)


def test_the_next_page_is_read_from_its_top_and_back_leads_back(answering: Answering) -> None:
    page = answering("/orders", PAGES)
    expect(page.get_by_text("Showing 1–15 of 30")).to_be_visible()
    page.get_by_role("link", name="Next").press("Enter")
    expect(page.get_by_text("Showing 16–30 of 30")).to_be_visible()
    expect(page.get_by_role("region", name="Sales")).to_be_focused()
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.go_back()
    expect(page.get_by_text("Showing 1–15 of 30")).to_be_visible()


def test_on_a_phone_the_filters_stand_in_a_sheet(answering: Answering) -> None:
    page = answering(None, PAGES)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/orders")
    sheet = page.get_by_role("group", name="Filters")
    expect(sheet).to_be_hidden()
    expect(page.get_by_role("searchbox", name="Order number").last).to_be_visible()
    opener = page.get_by_role("button", name="Filters")
    opener.click()
    page.get_by_role("combobox", name="Connection").select_option("c2")
    expect(page).to_have_url(re.compile(r"/orders\?connection=c2$"))
    expect(sheet).to_be_visible()  # until one is done
    page.get_by_role("combobox", name="Store").select_option("s1")
    page.get_by_role("button", name="Done").click()
    expect(sheet).to_be_hidden()
    expect(opener).to_have_text("Filters · 2")
    expect(opener).to_be_focused()
    page.go_back()
    expect(opener).to_have_text("Filters · 1")
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.get_by_role("combobox", name="Connection")).to_have_value("c2")
    expect(opener).to_be_hidden()


def test_individual_sales_have_their_sum_and_a_search_its_answer(answering: Answering) -> None:
    listed = ledgers.sales(listed=ledgers.orders(15), count=8_816)
    page = answering("/orders?type=individual", KNOWN | {"/sales": listed})
    expect(page.get_by_role("row", name=re.compile("^Total of 8,816 sales"))).to_contain_text("$448,683.64")
    excluded = page.get_by_role("row", name=re.compile("#48208"))
    expect(excluded).to_contain_text("Not counted: Pending: counts once it is paid")


def test_a_sale_that_cannot_be_shown_still_has_a_heading_and_a_way_back(answering: Answering) -> None:
    page = answering("/orders/sale1", {})
    heading(page, "Sale")
    expect(page.get_by_role("alert")).to_contain_text("We could not load this sale.")
    expect(page.get_by_role("main").get_by_role("link", name="All orders")).to_be_visible()
