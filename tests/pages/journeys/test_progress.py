"""A long sync as its merchant sees it: watched, cancelled, and resumed on the same strip."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from infra.local.machine import Machine
from tests.pages.journeys.conftest import Merchant
from tests.pages.steps import IMPORT_MS, SLOW_MS, SUMMARIES, asked, heading, misbehave

DAYS = 30


def test_a_cancelled_sync_keeps_its_days_and_is_resumed_where_it_stood(
    desk: Page, merchant: Merchant, machine: Machine
) -> None:
    first, last = merchant.ago(91 + DAYS), merchant.ago(92)
    desk.goto(f"/connections/{merchant.connection}")
    desk.get_by_label("From").fill(str(first))
    desk.get_by_label("To", exact=True).fill(str(last))
    misbehave(machine, "slow", times=12, seconds=1)
    desk.get_by_role("button", name="Sync again", exact=True).click()
    heading(desk, re.compile("^Sync of "))
    address = desk.url
    strip = desk.get_by_role("region", name=re.compile("Northwind Supply$"))
    bar = strip.get_by_role("progressbar", name="Days done")
    expect(strip.get_by_role("heading")).to_have_text(f"Syncing {DAYS} days of Northwind Supply")
    expect(bar).to_have_attribute("aria-valuenow", re.compile("[1-9]"), timeout=IMPORT_MS)
    expect(bar).to_have_attribute("aria-valuetext", re.compile(rf"^\d+ of {DAYS} days .+ so far"))

    strip.get_by_role("button", name="Cancel").click()
    expect(strip.get_by_role("button", name="Resume")).to_be_visible(timeout=IMPORT_MS)
    expect(strip.locator(".cells i.reading")).to_have_count(0, timeout=SLOW_MS)  # what was begun is finished
    kept = done(strip)
    assert 0 < len(kept) < DAYS
    expect(strip.get_by_text(re.compile(rf"^{len(kept)} days? (is|are) kept\.$"))).to_be_visible()
    desk.reload()
    expect(bar).to_have_attribute("aria-valuenow", str(len(kept)))
    assert done(strip) == kept
    days = desk.get_by_role("region", name="Days of this sync").get_by_role("row")
    expect(days.filter(has_text="Cancelled")).to_have_count(DAYS - len(kept))
    expect(days.filter(has_text="Done")).to_have_count(len(kept))
    before = kept_days(desk, address)

    strip.get_by_role("button", name="Resume").click()
    expect(strip.get_by_role("button", name="Resume")).to_have_count(0, timeout=SLOW_MS)
    expect(desk.get_by_role("link", name=SUMMARIES)).to_be_visible(timeout=IMPORT_MS)
    assert desk.url == address
    expect(bar).to_have_attribute("aria-valuenow", str(DAYS))
    assert kept < done(strip)
    after = kept_days(desk, address)
    assert {day: after[day] for day in before} == before  # they were not read again
    desk.goto(f"/connections/{merchant.connection}")
    expect(strip).to_contain_text(f"{DAYS} of {DAYS} days")
    expect(strip.get_by_role("link", name="Details")).to_have_attribute("href", re.compile(re.escape(address[-24:])))


def done(strip: Locator) -> set[str | None]:
    """The days whose cells say that they are done."""
    return {cell.get_attribute("title") for cell in strip.locator(".cells i.done").all()}


def kept_days(page: Page, address: str) -> dict[str, Any]:
    """The days of the sync that are done, each with its orders and how often it was tried."""
    items = asked(page, f"/v1/syncs/{address.rpartition('/')[2]}/days?limit=200")["items"]
    return {day["day"]: day for day in items if day["state"] == "done"}
