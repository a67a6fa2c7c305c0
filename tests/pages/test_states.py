"""What a region says when its answer fails or never comes. The answers are made here; the page is the real one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.pages.test_journey import look_over

SESSION = {
    "user": {"id": "u1", "email": "owner@northwind.example", "role": "owner"},
    "workspace": {
        "id": "w1",
        "name": "Northwind",
        "time_zone": "America/New_York",
        "currency": "USD",
        "week_start": "monday",
        "individual_allowed": False,
    },
    "token": "t",
}
BROKEN = {"type": "about:blank", "title": "Error", "status": 500, "detail": "It broke.", "request_id": "r-4711"}
NO_LIST: dict[str, Any] = {"items": [], "next": None}


@pytest.fixture
def signed_in(page: Page) -> Page:
    """A page whose session stands and whose every other request fails with a 500."""
    page.route("**/v1/**", lambda route: answer(route, 500, BROKEN))
    page.route("**/v1/session", lambda route: answer(route, 200, SESSION))
    return page


def answer(route: Route, status: int, body: object) -> None:
    kind = "application/problem+json" if status >= 400 else "application/json"
    route.fulfill(status=status, body=json.dumps(body), headers={"Content-Type": kind})


def test_a_failed_region_names_itself_and_the_request_and_recovers(signed_in: Page) -> None:
    wrong: list[str] = []
    signed_in.goto("/connections")
    alert = signed_in.get_by_role("alert").first
    expect(alert).to_contain_text("That did not work, and it is our fault. We could not load your connections.")
    alert.get_by_text("Details").click()
    expect(alert).to_contain_text("r-4711")
    expect(signed_in.get_by_role("heading", name="Add a channel")).to_be_visible()  # other regions live on
    look_over(signed_in, wrong)
    signed_in.route("**/v1/connections", lambda route: answer(route, 200, NO_LIST))
    alert.get_by_role("button", name="Try again").click()
    expect(signed_in.get_by_text("Connect your first channel.")).to_be_visible()
    assert not wrong, "\n".join(wrong)


def test_without_a_connection_the_page_says_so_and_recovers(signed_in: Page) -> None:
    wrong: list[str] = []
    signed_in.route("**/v1/connections", lambda route: answer(route, 200, NO_LIST))
    signed_in.goto("/connections")
    expect(signed_in.get_by_text("Connect your first channel.")).to_be_visible()
    signed_in.route("**/v1/**", lambda route: route.abort())
    signed_in.get_by_role("link", name="Orders").first.click()
    expect(signed_in.get_by_text("No connection. Showing what was loaded at")).to_be_visible()
    look_over(signed_in, wrong)
    signed_in.route("**/v1/**", lambda route: answer(route, 500, BROKEN))
    signed_in.get_by_role("button", name="Try again").first.click()
    expect(signed_in.get_by_text("No connection. Showing")).to_have_count(0)
    assert not wrong, "\n".join(wrong)


# Whether the page, once it had something to show, ever showed nothing.
BLANKS = """
  window.blanks = 0;
  let stood = false;
  new MutationObserver(() => {
    const stands = !!document.querySelector("#app main");
    if (stood && !stands) window.blanks++;
    stood = stands;
  }).observe(document, {childList: true, subtree: true});
"""


def test_a_session_that_ended_leads_back_to_where_one_was(signed_in: Page) -> None:
    signed_in.add_init_script(BLANKS)
    signed_in.route("**/v1/**", lambda route: answer(route, 401, BROKEN | {"status": 401}))
    signed_in.route("**/v1/session", lambda route: answer(route, 200, SESSION))
    signed_in.goto("/usage")
    expect(signed_in.get_by_text("Please sign in again.")).to_be_visible()
    assert signed_in.url.endswith("/sign-in?next=%2Fusage")
    assert signed_in.evaluate("blanks") == 0
