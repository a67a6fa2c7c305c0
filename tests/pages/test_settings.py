"""Order settings in a browser, against Daybook whole: what is said before a thing runs, and what is kept when two people save.

Every test opens a page of its own on the one shop of this module, and leaves the settings as it found them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from infra.local.machine import Machine
from tests.pages.steps import asked, connect, heading, look_over, person, sign_up, watch_import

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def context(chromium: Browser, machine: Machine) -> Iterator[BrowserContext]:
    """The cookies of the owner of a new workspace."""
    context = person(chromium, machine)
    yield context
    context.close()


@pytest.fixture(scope="module")
def connection(context: BrowserContext) -> str:
    """The id of a connection whose first days are all in."""
    page = context.new_page()
    sign_up(page)
    made = connect(page)
    watch_import(page)
    page.close()
    return made


@pytest.fixture
def settings(context: BrowserContext, connection: str) -> Iterator[Page]:
    """The order settings, just opened."""
    page = opened(context, connection)
    yield page
    page.close()


def opened(context: BrowserContext, connection: str) -> Page:
    page = context.new_page()
    page.goto(f"/connections/{connection}/settings")
    heading(page, re.compile("Northwind"))
    expect(page.get_by_role("heading", name="Summary transaction")).to_be_visible()
    return page


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Unsaved changes")


def save(page: Page) -> None:
    bar(page).get_by_role("button", name="Save changes").click()
    expect(bar(page)).to_have_count(0)


def test_a_preset_shows_its_two_dates_before_anything_runs(settings: Page, connection: str) -> None:
    ranges = asked(settings, f"/v1/connections/{connection}/ranges")
    syncs = len(asked(settings, f"/v1/syncs?connection={connection}")["items"])
    presets = settings.get_by_role("group", name="Days to sync")
    for preset in ranges["items"]:
        if ranges["first_day"] and preset["from"] < ranges["first_day"]:
            continue
        presets.get_by_role("button", name=preset["label"]).click()
        expect(presets.get_by_role("button", name=preset["label"])).to_have_attribute("aria-pressed", "true")
        expect(settings.get_by_label("From")).to_have_value(preset["from"])
        expect(settings.get_by_label("To", exact=True)).to_have_value(preset["to"])
        days = (date.fromisoformat(preset["to"]) - date.fromisoformat(preset["from"])).days + 1
        expect(settings.locator(".aside b")).to_have_text(re.compile(rf"^{days} days? → "))
        expect(bar(settings)).to_contain_text("Saving also syncs ")
    assert len(asked(settings, f"/v1/syncs?connection={connection}")["items"]) == syncs
    bar(settings).get_by_role("button", name="Discard").click()
    expect(settings.get_by_label("From")).to_have_value("")


def test_the_bar_is_there_while_something_differs(settings: Page) -> None:
    expect(bar(settings)).to_have_count(0)
    interval = settings.get_by_label("Re-summarise")
    before = interval.input_value()
    interval.select_option("360")
    expect(bar(settings)).to_contain_text("Re-summarise")
    interval.select_option(before)
    expect(bar(settings)).to_have_count(0)
    settings.get_by_role("radio", name="Paid only").check(force=True)
    bar(settings).get_by_role("button", name="Discard").click()
    expect(bar(settings)).to_have_count(0)
    expect(settings.get_by_role("radio", name="Match the channel")).to_be_checked()


def test_ticking_a_status_is_choosing_and_begins_with_what_counts(settings: Page) -> None:
    chips = settings.get_by_role("group", name="States that count")
    ticked = chips.get_by_role("checkbox", checked=True).count()
    assert ticked
    chips.get_by_role("checkbox", checked=True).first.uncheck()
    expect(settings.get_by_role("radio", name="Choose", exact=True)).to_be_checked()
    expect(chips.get_by_role("checkbox", checked=True)).to_have_count(ticked - 1)


def test_a_range_that_ends_before_it_starts_is_refused_at_its_field(settings: Page, connection: str) -> None:
    today = date.fromisoformat(asked(settings, f"/v1/connections/{connection}/ranges")["today"])
    version = asked(settings, f"/v1/connections/{connection}/settings")["version"]
    settings.get_by_label("From").fill(str(today - 2 * DAY))
    settings.get_by_label("To", exact=True).fill(str(today - 5 * DAY))
    expect(settings.locator("#to")).to_have_attribute("aria-invalid", "true")
    expect(settings.locator("#to-error")).to_be_visible()
    bar(settings).get_by_role("button", name="Save changes").click()
    expect(settings.locator(":focus").get_by_role("alert")).to_be_visible()  # the summary has taken focus
    expect(settings.locator("#to-error")).to_be_visible()
    assert asked(settings, f"/v1/connections/{connection}/settings")["version"] == version


def test_a_day_still_to_come_is_refused_at_its_field(settings: Page, connection: str) -> None:
    today = date.fromisoformat(asked(settings, f"/v1/connections/{connection}/ranges")["today"])
    settings.get_by_label("From").fill(str(today - DAY))
    settings.get_by_label("To", exact=True).fill(str(today + 3 * DAY))
    expect(settings.locator("#to-error")).to_be_visible()
    expect(settings.locator("#from")).to_have_attribute("aria-invalid", "false")
    settings.get_by_label("To", exact=True).fill(str(today))
    expect(settings.locator("#to-error")).to_have_count(0)
    expect(settings.locator(".aside b")).to_contain_text("2 days")


def test_the_keys_save_and_a_reload_finds_it_saved(settings: Page) -> None:
    interval = settings.get_by_label("Re-summarise")
    before = interval.input_value()
    interval.select_option("720")
    settings.keyboard.press("Control+s")
    expect(bar(settings)).to_have_count(0)
    settings.reload()
    expect(interval).to_have_value("720")
    expect(settings.get_by_role("heading", name="Who changed what")).to_be_visible()
    expect(settings.get_by_text("owner@northwind.example").last).to_be_visible()
    interval.select_option(before)
    save(settings)


def test_settings_saved_elsewhere_are_compared_and_ones_own_are_kept(
    settings: Page, context: BrowserContext, connection: str
) -> None:
    before = settings.get_by_label("Re-summarise").input_value()
    other = opened(context, connection)
    other.get_by_label("Re-summarise").select_option("240")
    save(other)
    other.close()

    settings.get_by_role("radio", name="Paid only").check(force=True)
    bar(settings).get_by_role("button", name="Save changes").click()
    notice = settings.get_by_role("alert").filter(has_text="Yours are still here.")
    expect(notice).to_contain_text("saved other settings at")
    expect(settings.get_by_role("radio", name="Paid only")).to_be_checked()
    expect(settings.get_by_label("Re-summarise")).to_have_value("240")  # not touched here, so it is as they saved it
    settings.get_by_role("button", name="Compare").click()
    row = settings.get_by_role("row", name=re.compile("Which orders count"))
    expect(row).to_contain_text("Match the channel")
    expect(row).to_contain_text("Paid only")
    wrong: list[str] = []
    look_over(settings, wrong)
    settings.get_by_role("button", name="Use mine").click()
    expect(bar(settings)).to_have_count(0)
    expect(notice).to_have_count(0)
    saved = asked(settings, f"/v1/connections/{connection}/settings")
    assert (saved["counting"], saved["interval_min"]) == ("paid", 240)
    settings.get_by_role("radio", name="Match the channel").check(force=True)
    settings.get_by_label("Re-summarise").select_option(before)
    save(settings)
    assert not wrong, "\n".join(wrong)


def test_leaving_unsaved_changes_asks(settings: Page, connection: str) -> None:
    settings.get_by_label("Re-summarise").select_option("60")
    settings.get_by_role("link", name="Overview").click()
    question = settings.get_by_role("dialog", name="Leave without saving?")
    question.get_by_role("button", name="Stay").click()
    expect(question).to_be_hidden()
    expect(settings).to_have_url(re.compile(r"/settings$"))
    expect(settings.get_by_label("Re-summarise")).to_have_value("60")
    settings.get_by_role("link", name="Overview").click()
    question.get_by_role("button", name="Discard and leave").click()
    expect(settings).to_have_url(re.compile(rf"/connections/{connection}$"))
    settings.get_by_role("link", name="Order settings").click()
    expect(bar(settings)).to_have_count(0)
    settings.get_by_label("Re-summarise").select_option("60")
    settings.go_back()  # the browser's own way out asks as well
    question.get_by_role("button", name="Stay").click()
    expect(settings).to_have_url(re.compile(r"/settings$"))
    settings.go_back()
    question.get_by_role("button", name="Discard and leave").click()
    expect(settings).to_have_url(re.compile(rf"/connections/{connection}$"))


def test_switching_the_mode_changes_the_list_and_not_the_totals(
    settings: Page, context: BrowserContext, connection: str
) -> None:
    ranges = asked(settings, f"/v1/connections/{connection}/ranges")
    last = {preset["preset"]: preset for preset in ranges["items"]}["last_month"]
    month = f"{date.fromisoformat(last['from']):%B %Y}"
    filtered = f"from={last['from']}&to={last['to']}"
    by_day = asked(settings, f"/v1/sales?{filtered}")
    orders = context.new_page()
    orders.goto(f"/orders?{filtered}")
    rows = orders.locator("table.sales tbody tr")
    expect(rows.first).to_be_visible()
    expect(rows.filter(has_text=month)).to_have_count(0)
    days = rows.count()
    assert days > 20

    settings.get_by_role("radio", name="By order-date month").check()
    expect(settings.get_by_text("shown the new way at once")).to_be_visible()
    save(settings)
    orders.reload()
    months = len(by_day["totals"])  # one for each currency
    expect(rows.filter(has_text=month)).to_have_count(months)
    expect(rows).to_have_count(months)
    assert asked(orders, f"/v1/sales?{filtered}")["totals"] == by_day["totals"]
    settings.get_by_role("radio", name="By store name").check()
    save(settings)
    orders.reload()
    expect(rows).to_have_count(days)
    assert asked(orders, f"/v1/sales?{filtered}")["totals"] == by_day["totals"]
    orders.close()


def test_individual_sales_are_offered_only_where_they_are_allowed(settings: Page, connection: str) -> None:
    allowed = asked(settings, f"/v1/connections/{connection}/settings")["individual_allowed"]
    choice = settings.get_by_role("radio", name="Individual sales")
    if allowed:
        expect(choice).to_be_enabled()
    else:
        expect(choice).to_be_disabled()
        expect(settings.get_by_text("Not in your plan.")).to_be_visible()


def test_a_new_time_zone_asks_which_days_it_cuts(settings: Page) -> None:
    settings.get_by_label("Time zone of a day").select_option("Asia/Tokyo")
    for_all = settings.get_by_role("radio", name=re.compile("^for all"))
    expect(settings.get_by_role("radio", name=re.compile("^for days not yet summarised"))).to_be_checked()
    expect(bar(settings)).to_contain_text("Days are cut anew from ")
    for_all.check()
    expect(bar(settings)).to_contain_text(re.compile(r"Cuts \d+ days again"))
    bar(settings).get_by_role("button", name="Discard").click()
    expect(for_all).to_have_count(0)


def test_saving_with_days_begins_their_sync(settings: Page, connection: str) -> None:
    yesterday = date.fromisoformat(asked(settings, f"/v1/connections/{connection}/ranges")["today"]) - DAY
    settings.get_by_label("From").fill(str(yesterday))
    settings.get_by_label("To", exact=True).fill(str(yesterday))
    expect(settings.locator(".aside b")).to_contain_text("1 day")
    save(settings)
    settings.get_by_role("link", name="see the sync").click()
    heading(settings, re.compile("^Sync of "))


def test_an_order_is_fetched_again_by_its_number(settings: Page, connection: str) -> None:
    sale = asked(settings, f"/v1/sales?connection={connection}&limit=3")["items"][-1]
    number = asked(settings, f"/v1/sales/{sale['id']}/orders?limit=1")["items"][0]["number"]
    settings.get_by_text("Or one order, by its number").click()
    settings.locator("#order_number").fill("#")
    settings.get_by_role("button", name="Fetch again").click()
    expect(settings.locator("#order_number-error")).to_be_visible()
    settings.locator("#order_number").fill(number)
    settings.get_by_role("button", name="Fetch again").click()
    heading(settings, f"Sync of order {number}")
    days = settings.get_by_role("progressbar", name="Days done")
    expect(days).to_have_attribute("aria-valuetext", re.compile(r"^1 of 1 day"), timeout=60_000)


def test_the_week_of_the_presets_starts_as_the_workspace_says(settings: Page, connection: str) -> None:
    def first_weekday() -> int:
        ranges = asked(settings, f"/v1/connections/{connection}/ranges")["items"]
        (week,) = (preset for preset in ranges if preset["preset"] == "current_week")
        return date.fromisoformat(week["from"]).isoweekday()

    assert first_weekday() == 1
    settings.get_by_role("button", name=re.compile("^Menu of ")).click()
    settings.get_by_role("link", name="Workspace settings").click()
    heading(settings, "Workspace settings")
    settings.get_by_label("A week starts on").select_option("sunday")
    save(settings)
    expect(settings.get_by_role("definition").filter(has_text="sunday").first).to_be_visible()
    assert first_weekday() == 7
    settings.get_by_label("A week starts on").select_option("monday")
    save(settings)


def test_closing_a_period_says_what_it_does_before_it_is_saved(settings: Page) -> None:
    settings.goto("/workspace")
    heading(settings, "Workspace settings")
    settings.get_by_label("Close days through a date").check()
    expect(bar(settings)).to_contain_text("Closes all days through ")
    settings.get_by_label("Closed through").fill("2024-12-31")
    expect(bar(settings)).to_contain_text("Closes all days through Dec 31, 2024")
    bar(settings).get_by_role("button", name="Discard").click()
    expect(settings.get_by_label("Close days through a date")).not_to_be_checked()


def test_a_version_opens_what_it_changed(settings: Page, connection: str) -> None:
    sale = asked(settings, f"/v1/sales?connection={connection}&limit=3")["items"][-1]
    settings.goto(f"/orders/{sale['id']}?tab=versions")
    settings.get_by_role("listitem").filter(has_text="1st").get_by_role("link").click()
    expect(settings).to_have_url(re.compile(r"tab=versions&v=1"))
    expect(settings.get_by_text("The first version: everything in it is new.")).to_be_visible()
    expect(settings.get_by_role("region", name="Figures of version 1")).to_contain_text("Total")


@pytest.mark.parametrize("place", ["", "/settings", "/access"])
def test_a_connections_pages_please_every_eye(settings: Page, connection: str, place: str) -> None:
    wrong: list[str] = []
    settings.goto(f"/connections/{connection}{place}")
    heading(settings, re.compile("Northwind"))
    if place == "/settings":
        settings.get_by_role("button", name="Last month").click()
        expect(settings.locator(".aside b")).to_be_visible()
    look_over(settings, wrong)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("place", ["/workspace", "/orders?type=individual"])
def test_a_workspaces_pages_please_every_eye(settings: Page, place: str) -> None:
    wrong: list[str] = []
    settings.goto(place)
    expect(settings.locator(".skeleton")).to_have_count(0)
    look_over(settings, wrong)
    assert not wrong, "\n".join(wrong)
