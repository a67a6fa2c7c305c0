"""Coming in through an identity provider, in a browser: the sandbox's, with its page and its button."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from app import app
from chalicelib.storage.table import Table
from infra.local.children import HOST, free_port
from infra.local.web import make_server
from infra.sandbox.openid import Provider
from tests.pages.steps import OWNER, PASSWORD, look_over, sign_in, sign_up
from tests.support.memory import MemoryEngine
from tests.support.provider import settings_with
from tests.support.site import open_site

LABEL = "Continue with Northwind"


class Desk(msgspec.Struct, frozen=True):
    page: Page
    provider: Provider


@pytest.fixture
def desk(built: Path, chromium: Browser) -> Iterator[Desk]:
    """A newcomer's page of a Daybook whose people may come in through the provider."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    clock = [0.0]
    with (
        Provider(callbacks=(f"{url}/v1/callback/provider",), by_itself=False, now_s=lambda: clock[0]) as provider,
        open_site(Table(MemoryEngine()), settings_with(provider, base_url=url, oidc_label=LABEL)) as site,
    ):
        clock[0] = site.daybook.clock.timestamp()
        kind, server = app.__class__, make_server(app, port)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        context = chromium.new_context(base_url=url, reduced_motion="reduce", viewport={"width": 1280, "height": 860})
        page = context.new_page()
        page.set_default_timeout(15_000)
        yield Desk(page, provider)
        context.close()
        server.shutdown()
        server.server_close()
        app.__class__ = kind


def test_one_comes_in_through_the_provider_and_goes_on_to_where_one_was(desk: Desk) -> None:
    page = desk.page
    page.goto("/activity?level=error")
    page.get_by_role("button", name=LABEL).click()
    page.get_by_role("button", name="Continue as owner@northwind.example").click()
    expect(page).to_have_url(re.compile(r"/activity\?level=error$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert set(cookies) == {"__Host-daybook"}
    assert cookies["__Host-daybook"]["httpOnly"]
    assert cookies["__Host-daybook"]["secure"]


def test_whoever_cancels_is_told_and_may_try_again(desk: Desk) -> None:
    page = desk.page
    page.goto("/sign-up")
    page.get_by_role("button", name=LABEL).click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The sign-in was cancelled over there.")).to_be_visible()
    wrong: list[str] = []
    look_over(page, wrong)
    assert wrong == []
    page.get_by_role("button", name=LABEL).click()
    page.get_by_role("button", name="Continue as").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Sign up")
    expect(page).to_have_url(re.compile(r":\d+/$"))


def test_whoever_has_a_password_connects_the_provider_from_inside(desk: Desk) -> None:
    page = desk.page
    page.goto("/sign-up")
    sign_up(page)
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_role("button", name=LABEL).click()
    page.get_by_role("button", name="Continue as").click()
    expect(page.get_by_text("There is an account with this email already.")).to_be_visible()
    page.get_by_label("Email").fill(OWNER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", level=1).wait_for()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Sign in")
    page.goto("/workspace")
    desk.provider.person["auth_time"] = int(desk.provider.now_s()) - 3_600
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_role("button", name="Continue as").click()
    expect(page.get_by_role("alert").get_by_text("You were not asked over there who you are.")).to_be_visible()
    del desk.provider.person["auth_time"]
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_role("button", name="Continue as").click()
    expect(page.get_by_text("Connected.", exact=True)).to_be_visible()
    wrong: list[str] = []
    look_over(page, wrong)
    assert wrong == []
    page.context.clear_cookies()
    page.goto("/sign-in?next=%2Fusage")
    page.get_by_role("button", name=LABEL).click()
    page.get_by_role("button", name="Continue as").click()
    expect(page).to_have_url(re.compile(r"/usage$"))
    page.context.clear_cookies()
    page.goto("/sign-in")
    sign_in(page)
    page.get_by_role("heading", level=1, name="Dashboard").wait_for()
    page.goto("/workspace")
    card = page.locator("section").filter(has=page.get_by_role("heading", name="Your own sign-in"))
    card.get_by_role("button", name="Disconnect").click()
    look_over(page, wrong)
    assert wrong == []
    card.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Please sign in again.")).to_be_visible()
    page.get_by_role("button", name=LABEL).click()
    page.get_by_role("button", name="Continue as").click()
    expect(page.get_by_text("There is an account with this email already.")).to_be_visible()
