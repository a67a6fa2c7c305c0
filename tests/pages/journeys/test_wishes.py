"""Order settings as two people change them, days asked for by a preset, and each order as a sale of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from infra.local.machine import Machine
from tests.pages.journeys.conftest import Merchant
from tests.pages.steps import IMPORT_MS, asked, heading, invite, join, look_over, person

MEMBER = "clerk@northwind.example"


@pytest.fixture
def member(merchant: Merchant, chromium: Browser, machine: Machine) -> Iterator[BrowserContext]:
    """Another person of the workspace, in a browser of their own, who is gone afterwards."""
    context = person(chromium, machine)
    join(context, invite(merchant.context, MEMBER, "Member")).close()
    yield context
    context.close()
    page = merchant.context.new_page()
    page.goto("/workspace")
    entry = page.locator(".listing > li").filter(has_text=MEMBER)
    entry.get_by_role("button", name="Remove").click()
    entry.get_by_label(f"Type “{MEMBER}” to remove them").fill(MEMBER)
    entry.get_by_role("button", name="Remove", exact=True).click()
    expect(entry).to_have_count(0)
    page.close()


def settings_of(page: Page, connection: str) -> Page:
    page.goto(f"/connections/{connection}/settings")
    heading(page, "Northwind Supply")
    expect(page.get_by_role("heading", name="Summary transaction")).to_be_visible()
    return page


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Unsaved changes")


def save(page: Page) -> None:
    bar(page).get_by_role("button", name="Save changes").click()
    expect(bar(page)).to_have_count(0)


def test_two_people_who_save_at_once_are_told_of_each_other(
    desk: Page, member: BrowserContext, merchant: Merchant
) -> None:
    wrong: list[str] = []
    mine = settings_of(desk, merchant.connection)
    interval = mine.get_by_label("Re-summarise")
    before = interval.input_value()
    theirs = settings_of(member.new_page(), merchant.connection)
    theirs.get_by_label("Re-summarise").select_option("240")
    save(theirs)

    interval.select_option("60")
    bar(mine).get_by_role("button", name="Save changes").click()
    notice = mine.get_by_role("alert").filter(has_text="Yours are still here.")
    expect(notice).to_contain_text(f"{MEMBER} saved other settings at ")
    expect(interval).to_have_value("60")
    mine.get_by_role("button", name="Compare").click()
    row = mine.get_by_role("row", name=re.compile("Re-summarise"))
    expect(row.get_by_role("cell")).to_have_text(["Every 4 hours", "Every hour"])
    look_over(mine, wrong)
    mine.get_by_role("button", name="Use theirs").click()
    expect(interval).to_have_value("240")
    expect(bar(mine)).to_have_count(0)
    interval.select_option(before)
    save(mine)
    expect(mine.get_by_role("complementary").get_by_text(MEMBER).first).to_be_visible()

    theirs.get_by_role("radio", name="Paid only").check(force=True)
    bar(theirs).get_by_role("button", name="Save changes").click()
    expect(theirs.get_by_role("alert").filter(has_text="saved other settings at")).to_be_visible()
    theirs.get_by_role("button", name="Use mine").click()
    expect(bar(theirs)).to_have_count(0)
    theirs.get_by_role("radio", name="Match the channel").check(force=True)
    save(theirs)
    assert not wrong, "\n".join(wrong)


def test_last_month_by_its_preset_is_a_summary_for_each_of_its_days(desk: Page, merchant: Merchant) -> None:
    month = presets_of(desk, merchant)["last_month"]
    settings_of(desk, merchant.connection)
    desk.get_by_role("group", name="Days to sync").get_by_role("button", name="Last month").click()
    said = desk.locator(".aside b")
    expect(said).to_have_text(re.compile(r"^(28|29|30|31) days → \d+ daily summaries"))
    days, summaries = (int(number) for number in re.findall(r"\d+", said.inner_text())[:2])
    expect(bar(desk)).to_contain_text("Saving also syncs ")
    save(desk)
    desk.get_by_role("link", name="See the sync").click()
    expect(desk.get_by_role("link", name=f"See {days} summaries")).to_be_visible(timeout=IMPORT_MS)
    desk.get_by_role("link", name=f"See {days} summaries").click()
    heading(desk, "All orders")
    rows = desk.locator("table.sales tbody tr")
    listed = asked(desk, f"/v1/sales?from={month['from']}&to={month['to']}&limit=200")["items"]
    assert len({sale["day"] for sale in listed}) == days == summaries
    expect(rows).to_have_count(len(listed))  # a day has one for each currency


def presets_of(page: Page, merchant: Merchant) -> dict[str, dict[str, str]]:
    """The days of each preset, by its short name."""
    page.goto("/")
    heading(page, "Dashboard")
    return {each["preset"]: each for each in asked(page, f"/v1/connections/{merchant.connection}/ranges")["items"]}


def test_each_order_is_a_sale_of_its_own_and_all_of_them_are_what_the_days_were(desk: Page, merchant: Merchant) -> None:
    wrong: list[str] = []
    days = f"from={merchant.ago(6)}&to={merchant.ago(2)}"
    settings_of(desk, merchant.connection)
    summed = asked(desk, f"/v1/sales?{days}")
    desk.get_by_role("radio", name="Individual sales").check()
    expect(desk.get_by_text("shown the new way at once")).to_be_visible()
    save(desk)
    desk.goto(f"/orders?type=individual&{days}")
    heading(desk, "All orders")
    rows = desk.locator("table.sales tbody tr")
    counted = rows.filter(has_not_text="Not counted")
    expect(counted).to_have_count(summed["orders"])
    each = asked(desk, f"/v1/sales?type=individual&{days}")
    assert sorted(each["totals"], key=str) == sorted(summed["totals"], key=str)
    look_over(desk, wrong)
    number = rows.first.get_by_role("link").inner_text()
    rows.first.get_by_role("link").click()
    heading(desk, number)
    expect(desk.get_by_role("region", name="SKU lines")).to_be_visible()
    look_over(desk, wrong)
    desk.goto(f"/reports/customers?range=custom&{days}")
    heading(desk, "Customers")
    expect(desk.get_by_text("This report needs individual sales.")).to_have_count(0)

    settings_of(desk, merchant.connection)
    desk.get_by_role("radio", name="By store name").check()
    expect(bar(desk)).to_contain_text("Erases the customers' names and regions")
    save(desk)
    desk.goto(f"/orders?{days}")
    heading(desk, "All orders")
    expect(rows).to_have_count(summed["count"])
    assert asked(desk, f"/v1/sales?{days}")["totals"] == summed["totals"]
    assert not wrong, "\n".join(wrong)
