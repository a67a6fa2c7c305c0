"""People, invitations and API keys in a browser, against Daybook whole; each person is a browser of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from infra.local.machine import Machine
from tests.pages.scripted import SESSION, ScriptedApi, problem
from tests.pages.steps import OWNER, PASSWORD, heading, invite, join, look_over, opened, person, sign_in, sign_up


@pytest.fixture(scope="module")
def owner(chromium: Browser, machine: Machine) -> Iterator[BrowserContext]:
    """The cookies of the owner of a new workspace."""
    context = person(chromium, machine, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    sign_up(page)
    page.close()
    yield context
    context.close()


def listed(page: Page, name: str) -> Locator:
    """The entry of a person, an invitation or a key."""
    return page.locator(".listing > li").filter(has_text=name)


def test_a_key_is_shown_once_works_and_is_revoked_at_once(owner: BrowserContext, machine: Machine) -> None:
    wrong: list[str] = []
    page = owner.new_page()
    page.goto("/")
    page.get_by_role("button", name=re.compile("^Menu of ")).click()
    page.get_by_role("link", name="API keys").click()
    heading(page, "API keys")
    expect(page.get_by_text("No keys yet.")).to_be_visible()
    look_over(page, wrong)
    page.get_by_label("Name", exact=True).fill("Nightly export")
    page.get_by_label("Works for").select_option("90")
    page.get_by_role("button", name="Make the key").click()
    shown = page.get_by_role("region", name="The key “Nightly export”, shown this once")
    expect(shown).to_be_focused()
    key = shown.locator("code").first.inner_text()
    assert key.startswith("daybook_key_")
    shown.get_by_role("button", name="Copy").click()
    expect(shown.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == key
    expect(listed(page, "Nightly export")).to_contain_text("not used yet")
    look_over(page, wrong)

    def ask(method: str, path: str) -> int:
        return requests.request(
            method, f"{machine.url}{path}", headers={"Authorization": f"Bearer {key}"}, timeout=10
        ).status_code

    assert [ask("GET", "/v1/sales"), ask("GET", "/v1/keys"), ask("PATCH", "/v1/workspace")] == [200, 403, 403]
    page.reload()
    expect(listed(page, "Nightly export")).to_contain_text("last used")
    assert key not in page.content()
    listed(page, "Nightly export").get_by_role("button", name="Revoke").click()
    look_over(page, wrong)
    listed(page, "Nightly export").get_by_role("button", name="Revoke now").click()
    expect(page.get_by_text("No keys yet.")).to_be_visible()
    assert ask("GET", "/v1/sales") == 401
    expect(page.get_by_role("complementary")).to_contain_text("Nightly export (read)")
    assert not wrong, "\n".join(wrong)
    page.close()


def test_somebody_is_invited_joins_and_does_what_their_role_allows(
    owner: BrowserContext, chromium: Browser, machine: Machine
) -> None:
    wrong: list[str] = []
    link = invite(owner, "clerk@northwind.example", "Viewer")
    assert link.startswith(f"{machine.url}/join#")
    visitor = person(chromium, machine)
    page = visitor.new_page()
    page.goto(link)
    heading(page, "Join Northwind")
    expect(page.get_by_label("Email")).to_have_value("clerk@northwind.example")
    look_over(page, wrong)
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Join Northwind").click()
    expect(page.locator("#password-error")).to_be_visible()
    look_over(page, wrong)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Join Northwind").click()
    heading(page, "Dashboard")
    assert "#" not in page.url

    page.goto("/workspace")
    expect(listed(page, "clerk@northwind.example")).to_contain_text("you")
    expect(page.get_by_role("button", name="Invite", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^Remove"))).to_have_count(0)
    look_over(page, wrong)
    page.goto("/keys")
    expect(page.get_by_text("Only owners of the workspace make and see API keys.")).to_be_visible()
    look_over(page, wrong)
    page.goto(link)
    page.reload()
    expect(page.get_by_text("This invitation does not work.")).to_be_visible()
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)
    visitor.close()


def test_a_new_role_signs_its_person_out_and_removal_asks_for_the_address(
    owner: BrowserContext, chromium: Browser, machine: Machine
) -> None:
    wrong: list[str] = []
    buyer = person(chromium, machine)
    theirs = join(buyer, invite(owner, "buyer@northwind.example", "Viewer"))
    page = opened(owner, "/workspace", "Workspace settings")
    entry = listed(page, "buyer@northwind.example")
    entry.get_by_label("Role of buyer@northwind.example").select_option(label="Member")
    expect(entry.get_by_text("They are signed out and come back as a member.")).to_be_visible()
    look_over(page, wrong)
    entry.get_by_role("button", name="Change role").click()
    expect(entry.get_by_role("button", name="Change role")).to_have_count(0)
    expect(page.get_by_role("complementary", name="History of access")).to_contain_text(
        "buyer@northwind.example (viewer) → buyer@northwind.example (member)"
    )
    theirs.reload()
    heading(theirs, "Sign in")

    entry.get_by_role("button", name="Remove").click()
    sure = entry.get_by_role("button", name="Remove", exact=True)
    expect(sure).to_be_disabled()
    look_over(page, wrong)
    entry.get_by_label("Type “buyer@northwind.example” to remove them").fill("buyer@northwind.example")
    sure.click()
    expect(entry).to_have_count(0)
    sign_in(theirs, email="buyer@northwind.example")
    expect(theirs.get_by_role("alert")).to_contain_text("Email or password is not right.")
    assert not wrong, "\n".join(wrong)
    buyer.close()
    page.close()


def test_the_last_owner_is_told_why_they_stay_one(owner: BrowserContext) -> None:
    wrong: list[str] = []
    page = opened(owner, "/workspace", "Workspace settings")
    entry = listed(page, OWNER)
    entry.get_by_label(f"Role of {OWNER}").select_option(label="Viewer")
    entry.get_by_role("button", name="Change role").click()
    expect(entry.get_by_role("alert")).to_contain_text("Make somebody else an owner first.")
    look_over(page, wrong)
    entry.get_by_role("button", name="Keep").click()
    expect(entry.get_by_label(f"Role of {OWNER}")).to_have_value("owner")
    assert not wrong, "\n".join(wrong)
    page.close()


def test_a_withdrawn_link_does_not_work_and_who_is_signed_in_is_told_so(owner: BrowserContext) -> None:
    wrong: list[str] = []
    link = invite(owner, "late@northwind.example", "Member")
    page = owner.new_page()
    page.goto(link)
    heading(page, "Join Northwind")
    expect(page.get_by_text(f"You are signed in as {OWNER}.")).to_be_visible()
    look_over(page, wrong)
    page.goto("/workspace")
    listed(page, "late@northwind.example").get_by_role("button", name="Withdraw").click()
    expect(listed(page, "late@northwind.example")).to_have_count(0)
    page.goto(link)
    expect(page.get_by_text("This invitation does not work.")).to_be_visible()
    assert not wrong, "\n".join(wrong)
    page.close()


def test_what_was_typed_outlives_the_sign_in_that_a_key_asks_for(scripted: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    api.on("GET /keys", (200, {"items": [], "next": None}))
    api.on("GET /people/changes", (200, {"items": [], "next": None}))
    api.on("POST /keys", problem(403, "Enter your password again.", password="Enter your password again."))
    api.on("DELETE /session", (204, None))
    api.on("POST /session", (201, SESSION))
    scripted.goto("/keys")
    scripted.get_by_label("Name", exact=True).fill("Nightly export")
    scripted.get_by_role("button", name="Make the key").click()
    expect(scripted.get_by_role("alert")).to_contain_text("Enter your password again.")
    look_over(scripted, wrong)
    scripted.get_by_role("button", name="Sign in again").click()
    heading(scripted, "Sign in")
    sign_in(scripted)
    heading(scripted, "API keys")
    expect(scripted.get_by_label("Name", exact=True)).to_have_value("Nightly export")
    made = {"id": "k1", "key": "daybook_key_x", "ends_at": "2027-11-26T15:00:00Z"}
    api.on("POST /keys", (201, made))
    scripted.get_by_role("button", name="Make the key").click()
    expect(scripted.get_by_role("region", name="shown this once")).to_contain_text("It works until Nov 26, 2027.")
    assert api.bodies("POST /keys")[-1] == {"name": "Nightly export", "scope": "read", "days": 365}
    assert not wrong, "\n".join(wrong)


def test_keys_that_ended_or_lost_their_maker_say_so(scripted: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    dates = {"made_at": "2025-11-20T15:00:00Z", "ends_at": "2026-11-20T15:00:00Z", "used_on": "2026-11-19"}
    ended = {"id": "k1", "name": "Old export", "scope": "read", "state": "ended", "made_by": OWNER} | dates
    stopped = ended | {"id": "k2", "name": "Their import", "scope": "write", "state": "stopped", "made_by": None}
    api.on("GET /keys", (200, {"items": [ended, stopped], "next": None}))
    api.on("GET /people/changes", (200, {"items": [], "next": None}))
    scripted.goto("/keys")
    expect(listed(scripted, "Old export")).to_contain_text("last used Nov 19, 2026 · ended Nov 20, 2026")
    expect(listed(scripted, "Their import")).to_contain_text("it stopped with them")
    look_over(scripted, wrong)
    assert not wrong, "\n".join(wrong)


def test_a_part_that_cannot_be_loaded_says_so(scripted: Page) -> None:
    wrong: list[str] = []
    scripted.goto("/usage")
    expect(scripted.get_by_role("heading", level=1)).to_be_visible()
    scripted.route("**/static/part.*", lambda route: route.abort())
    scripted.get_by_role("button", name=re.compile("^Menu of ")).click()
    scripted.get_by_role("link", name="API keys").click()
    expect(scripted.get_by_role("alert")).to_contain_text("This part could not be loaded.")
    look_over(scripted, wrong)
    assert not wrong, "\n".join(wrong)
