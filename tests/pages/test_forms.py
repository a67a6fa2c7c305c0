"""What is typed, undone and offered on pages of forms; the API is scripted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Request, expect

from tests.pages import figures, shops
from tests.pages.scripted import Answer, ScriptedApi, problem

SHOP = shops.connection()
WORKSPACE = figures.SESSION["workspace"]


@pytest.fixture
def northwind(api: ScriptedApi) -> ScriptedApi:
    """A workspace with one shop."""
    api.on("GET /session", (200, figures.SESSION))
    api.on("GET /kinds", (200, shops.kinds()))
    api.on("GET /connections/c1", (200, shops.plain(SHOP)))
    api.on("GET /connections/c1/ranges", (200, shops.ranges()))
    api.on("GET /connections/c1/preview", (200, shops.preview()))
    api.on("GET /syncs/y1", (200, shops.plain(shops.sync("d" * 90, state="done", ended_at=shops.NOW))))
    api.on("GET /reports/channels", (200, figures.channels_report()))
    api.on("GET /workspace", (200, WORKSPACE))
    for empty in ("/workspace/changes", "/people/changes", "/people", "/invitations", "/persons/looks"):
        api.on(f"GET {empty}", (200, {"items": [], "next": None}))
    return api


def test_a_new_name_is_taken_back_from_the_toast(scripted: Page, northwind: ScriptedApi) -> None:
    northwind.on("PATCH /connections/c1", lambda body: (200, shops.plain(shops.connection(name=body["name"]))))
    scripted.goto("/connections/c1/access")
    scripted.get_by_label("Name in Daybook").fill("Harbour Shop")
    scripted.get_by_role("button", name="Rename").click()
    scripted.get_by_role("button", name="Undo").click()
    expect(scripted.get_by_text("It is called Northwind Shopify now.")).to_be_visible()
    expect(scripted.get_by_role("button", name="Undo")).to_have_count(0)
    assert northwind.bodies("PATCH /connections/c1") == [{"name": "Harbour Shop"}, {"name": "Northwind Shopify"}]


def test_saved_settings_of_the_workspace_are_taken_back(scripted: Page, northwind: ScriptedApi) -> None:
    northwind.on("PATCH /workspace", lambda body: (200, WORKSPACE | body))
    scripted.goto("/workspace")
    scripted.get_by_label("A week starts on").select_option("sunday")
    scripted.keyboard.press("Control+s")
    scripted.get_by_role("button", name="Undo").click()
    expect(scripted.get_by_label("A week starts on")).to_have_value("monday")
    assert northwind.bodies("PATCH /workspace") == [{"week_start": "sunday"}, {"week_start": "monday"}]


def test_what_was_typed_is_there_after_signing_in_again(scripted: Page, northwind: ScriptedApi) -> None:
    northwind.on("PATCH /workspace", problem(401, "Sign in first."))
    northwind.on("POST /session", (201, figures.SESSION))
    scripted.goto("/workspace")
    scripted.get_by_label("Name", exact=True).fill("Northwind Supply")
    scripted.get_by_role("button", name="Save changes").click()
    expect(scripted.get_by_text("Please sign in again.")).to_be_visible()
    scripted.get_by_label("Email").fill("owner@northwind.example")
    scripted.get_by_label("Password", exact=True).fill("a quiet harbour at dawn")
    scripted.get_by_role("button", name="Sign in").click()
    expect(scripted.get_by_label("Name", exact=True)).to_have_value("Northwind Supply")
    expect(scripted.get_by_role("region", name="Unsaved changes")).to_be_visible()


def of_another_session(*tokens: str) -> Callable[[Request], Answer]:
    """How a write is refused unless it comes with one of these tokens."""
    other = problem(403, "This did not come from a page of ours.")[1] | {"type": "other-session"}
    return lambda request: (200, WORKSPACE) if request.headers["x-daybook"] in tokens else (403, other)


@pytest.mark.parametrize("there", ["the same", "another", "nobody"])
def test_a_session_begun_in_another_tab_is_gone_on_in_by_the_same_person_only(
    scripted: Page, northwind: ScriptedApi, there: str
) -> None:
    user = figures.SESSION["user"] | {"id": "u9" if there == "another" else figures.SESSION["user"]["id"]}
    begun = figures.SESSION | {"user": user, "token": "t2"}
    northwind.on_request("PATCH /workspace", of_another_session("t2"))
    scripted.goto("/workspace")
    name = scripted.get_by_label("Name", exact=True)
    name.fill("Northwind Supply")
    northwind.on("GET /session", problem(401, "Sign in first.") if there == "nobody" else (200, begun))
    scripted.get_by_role("button", name="Save changes").click()
    sent = {"name": "Northwind Supply"}
    if there == "the same":
        expect(scripted.get_by_role("region", name="Unsaved changes")).to_have_count(0)
        assert northwind.bodies("PATCH /workspace") == [sent, sent]
    else:
        expect(scripted.get_by_text("Please sign in again.")).to_be_visible()
        assert northwind.bodies("PATCH /workspace") == [sent]


def test_a_write_that_no_session_helps_is_sent_twice_at_most(scripted: Page, northwind: ScriptedApi) -> None:
    northwind.on_request("PATCH /workspace", of_another_session())
    scripted.goto("/workspace")
    scripted.get_by_label("Name", exact=True).fill("Northwind Supply")
    northwind.on("GET /session", (200, figures.SESSION | {"token": "t2"}))
    scripted.get_by_role("button", name="Save changes").click()
    expect(scripted.get_by_text("This did not come from a page of ours.")).to_be_visible()
    assert len(northwind.bodies("PATCH /workspace")) == 2
    expect(scripted.get_by_label("Name", exact=True)).to_have_value("Northwind Supply")


def test_who_could_not_be_signed_out_is_told(scripted: Page, northwind: ScriptedApi) -> None:
    northwind.on("DELETE /session", problem(503, "This cannot be read or written right now."))
    scripted.goto("/workspace")
    scripted.get_by_role("button", name=re.compile("^Menu of ")).click()
    scripted.get_by_role("button", name="Sign out").click()
    told = "You are still signed in: This cannot be read or written right now."
    expect(scripted.get_by_text(told)).to_be_visible()
    northwind.on("DELETE /session", problem(401, "Sign in first."))
    scripted.get_by_role("button", name="Sign out").click()
    expect(scripted.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def test_codes_that_are_on_already_are_told_with_their_state(scripted: Page, northwind: ScriptedApi) -> None:
    northwind.on("GET /codes", (200, {"can": True, "since": None, "recovery_left": 0}))
    northwind.on(
        "POST /codes", (201, {"proposal": "p1", "key": "JBSWY3DP", "address": "otpauth://totp/x?secret=JBSWY3DP"})
    )
    northwind.on("POST /codes/on", problem(409, "Setting up was begun anew in another window."))
    scripted.goto("/workspace")
    scripted.get_by_role("button", name="Set up").click()
    scripted.get_by_label("Code that the app shows now").fill("123456")
    scripted.get_by_role("button", name="Turn on").click()
    expect(scripted.get_by_text("Setting up was begun anew in another window.")).to_be_visible()
    scripted.get_by_role("button", name="Set up").click()
    scripted.get_by_label("Code that the app shows now").fill("123456")
    expect(scripted.get_by_text("Setting up was begun anew in another window.")).to_have_count(0)
    northwind.on("GET /codes", (200, {"can": True, "since": "2026-11-24T17:00:00Z", "recovery_left": 10}))
    northwind.on("POST /codes/on", problem(409, "One-time codes are on."))
    scripted.get_by_role("button", name="Turn on").click()
    expect(scripted.locator("div[tabindex='-1']").filter(has_text="One-time codes are on.")).to_be_focused()
    expect(scripted.get_by_text("10 recovery codes are left.")).to_be_visible()
    assert northwind.bodies("POST /codes/on") == [{"code": "123456", "proposal": "p1"}] * 2
    northwind.on("POST /codes/recovery", (200, {"recovery": ["k3zq-0001-w7pd-5xra"]}))
    scripted.get_by_role("button", name="New recovery codes").click()
    scripted.get_by_role("button", name="Make new ones").click()
    expect(scripted.get_by_role("region", name="Recovery codes, shown this once")).to_be_focused()
    scripted.get_by_role("button", name="Done").click()
    expect(scripted.get_by_text("One-time codes are on.")).to_have_count(0)


def test_signing_up_tells_the_time_zone_of_the_browser(scripted: Page, api: ScriptedApi) -> None:
    api.on("GET /session", problem(401, "Sign in first."))
    api.on("POST /users", problem(400, "No.", email="There is an account with this email already."))
    scripted.goto("/sign-up")
    scripted.get_by_label("Business name").fill("Northwind")
    scripted.get_by_label("Email").fill("owner@northwind.example")
    scripted.get_by_label("Password", exact=True).fill("a quiet harbour at dawn")
    scripted.get_by_role("button", name="Create account").click()
    expect(scripted.get_by_text("There is an account with this email already.")).to_be_visible()
    (sent,) = api.bodies("POST /users")
    assert sent["time_zone"] == scripted.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")


def test_a_viewer_is_offered_nothing_that_they_may_not_do(scripted: Page, northwind: ScriptedApi) -> None:
    northwind.on("GET /session", (200, shops.role("viewer")))
    cancelled = shops.sync("d" * 57 + "x" * 33, state="cancelled", ended_at=shops.NOW)
    northwind.on("GET /syncs/y1", (200, shops.plain(cancelled)))
    scripted.goto("/connections/c1")
    expect(scripted.get_by_text("57 days are kept.")).to_be_visible()
    expect(scripted.get_by_text("About this connection")).to_be_visible()
    for name in ("Resume", re.compile("again"), "Current week"):
        expect(scripted.get_by_role("button", name=name)).to_have_count(0)


def test_words_of_time_keep_up_and_show_the_instant_to_the_keys(scripted: Page, northwind: ScriptedApi) -> None:
    scripted.clock.install(time=shops.NOW)
    soon = {"next_sync_at": shops.NOW + timedelta(minutes=30), "last_synced_at": None}
    northwind.on("GET /connections", (200, shops.connections(shops.connection(**soon))))
    scripted.goto("/connections")
    words = scripted.get_by_text("in 30 min")
    expect(words).to_be_visible()
    words.focus()
    shown = words.evaluate("one => getComputedStyle(one, '::after').content")
    assert "Tuesday, November 24, 2026 at 12:50:00" in shown
    scripted.clock.fast_forward("10:00")
    expect(scripted.get_by_text("in 20 min")).to_be_visible()
