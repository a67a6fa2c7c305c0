"""Pairing by approval on the merchant's own site: the way there and back, what is said of every end, and keys instead."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.pages import samples
from tests.pages.scripted import Answer, ScriptedApi, problem
from tests.pages.test_journey import heading, look_over

SITE = "https://shop.northwind.example"
KEY, SECRET = "ck_0123456789abcdef", "cs_fedcba9876543210"
BACK = "/connections/add/woocommerce?pairing=p1&success=1&user_id=our-state"


@pytest.fixture
def page(scripted: Page, api: ScriptedApi) -> Page:
    """A page of a workspace that may add WooCommerce, with a connection that is there once it is approved."""
    api.on("GET /kinds", (200, samples.KINDS))
    api.on("GET /usage", (200, samples.USAGE))
    made = samples.connection("Northwind Woo", kind="woocommerce", stores=[{"id": "1", "name": "Northwind Woo"}])
    api.on("GET /connections/northwind-woo", (200, made))
    api.on("GET /connections/northwind-woo/ranges", (200, {"today": "2026-11-26", "first_day": None, "items": []}))
    api.on("GET /pairings/p1", outcome("waiting"))
    return scripted


def outcome(state: str, *, connection: str | None = None, reason: str = "") -> Answer:
    return 200, {"state": state, "connection_id": connection, "reason": reason}


def name_the_site(page: Page, text: str = SITE) -> None:
    page.goto("/connections/add/woocommerce?step=connect")
    page.get_by_label("Site address").fill(text)


def test_the_way_to_the_site_and_back(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    page.goto("/connections/add/woocommerce")
    heading(page, "Connect WooCommerce")
    expect(page.get_by_text("its administrator, or a shop manager")).to_be_visible()
    page.get_by_role("link", name="Go on").click()
    page.get_by_label("Site address").fill("Shop.Northwind.example/wp-admin/index.php?page=x")
    expect(page.get_by_text(f"We read this as {SITE}.")).to_be_visible()
    look_over(page, wrong)
    leads = {"authorize_url": f"{SITE}/wc-auth/v1/authorize", "pairing": "p1", "connection": None}
    api.on("POST /connections", (202, leads))
    page.get_by_role("button", name="Approve on your site").click()
    expect(page).to_have_url(f"{SITE}/wc-auth/v1/authorize")
    assert api.bodies("POST /connections") == [{"kind": "woocommerce", "fields": {"site": SITE}}]

    page.goto(BACK)
    expect(page.get_by_role("heading", name="Finishing…")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?pairing=p1&success=1$"))  # our state is not left lying in the address
    look_over(page, wrong)
    api.on("GET /pairings/p1", outcome("paired", connection="northwind-woo"))
    expect(page.get_by_text("Northwind Woo is connected.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/connections/northwind-woo\?paired=1$"))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("http://shop.northwind.example", "has to begin with https://"),
        ("ftp://shop.northwind.example", "has to begin with https://"),
        ("northwind", "Enter the whole name"),
        ("127.0.0.1", "without numbers of a network"),
        ("[::1]", "without numbers of a network"),
        ("https://shop.northwind.example:8443", "without numbers of a network or a port"),
        ("https://me:secret@shop.northwind.example", "Leave out the name and password"),
        ("shop northwind.example", "There is a space"),
    ],
)
def test_an_address_is_hinted_at_and_the_server_decides(page: Page, api: ScriptedApi, typed: str, hint: str) -> None:
    name_the_site(page, typed)
    expect(page.locator("#site-help")).to_contain_text(hint)
    api.on("POST /connections", problem(400, "That is no shop.", site="There is no shop that we can reach there."))
    page.get_by_role("button", name="Approve on your site").click()
    expect(page.locator(".wrong")).to_have_text("There is no shop that we can reach there.")
    assert len(api.bodies("POST /connections")) == 1


def test_a_folder_on_the_site_is_kept(page: Page) -> None:
    name_the_site(page, f"{SITE}/Blog/wp-login.php/")
    page.get_by_label("Site address").blur()
    expect(page.get_by_label("Site address")).to_have_value(f"{SITE}/Blog")


@pytest.mark.parametrize(
    ("success", "answer", "said"),
    [
        ("0", outcome("waiting"), "You did not approve, so nothing was connected."),
        ("1", outcome("expired"), "That took longer than ten minutes, so nothing was connected."),
        ("1", outcome("refused", reason="The key may also write."), "Nothing was connected. The key may also write."),
        ("1", outcome("refused"), "What came back was not a key that we can use"),
        ("1", problem(404, "There is nothing here."), "We do not know of this pairing."),
    ],
)
def test_every_other_end_says_why_and_offers_another_try(
    page: Page, api: ScriptedApi, success: str, answer: Answer, said: str
) -> None:
    wrong: list[str] = []
    name_the_site(page)
    api.on("GET /pairings/p1", answer)
    page.goto(BACK.replace("success=1", f"success={success}"))
    expect(page.get_by_text(said)).to_be_visible()
    look_over(page, wrong)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_label("Site address")).to_have_value(SITE)  # nothing typed is lost
    expect(page).to_have_url(re.compile(r"\?step=connect$"))
    assert not wrong, "\n".join(wrong)


def test_keys_that_do_not_come_are_not_waited_for_for_ever(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    page.clock.install()
    page.goto(BACK)
    expect(page.get_by_role("heading", name="Finishing…")).to_be_visible()
    page.clock.fast_forward("02:05")
    expect(page.get_by_text("Your site has not sent its key yet.")).to_be_visible()
    look_over(page, wrong)
    api.on("GET /pairings/p1", outcome("paired", connection="northwind-woo"))
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("Northwind Woo is connected.")).to_be_visible()
    assert not wrong, "\n".join(wrong)


def test_an_answer_that_fails_is_asked_for_again(page: Page, api: ScriptedApi) -> None:
    answers = iter((problem(503, "Not now."), problem(500, "Any."), outcome("paired", connection="northwind-woo")))
    api.on("GET /pairings/p1", lambda _: next(answers))
    page.goto(BACK)
    expect(page.get_by_text("Northwind Woo is connected.")).to_be_visible()


def test_keys_that_one_has_already_go_with_the_site_above(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    name_the_site(page, "shop.northwind.example")
    page.get_by_text("I have keys already").click()
    expect(page.get_by_label("Site address")).to_have_count(1)
    page.get_by_label("Consumer key", exact=True).fill(KEY)
    page.get_by_label("Consumer secret", exact=True).fill(SECRET)
    look_over(page, wrong)
    api.on("POST /kinds/woocommerce/check", problem(400, "That is no shop.", site="There is no shop there."))
    page.get_by_role("button", name="Check and connect").click()
    expect(page.locator(".wrong")).to_have_text("There is no shop there.")
    found = samples.found(stores=1, name="Northwind Woo", time_zone="Europe/Berlin", currency="EUR")
    api.on("POST /kinds/woocommerce/check", (200, found))
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_text("These keys work")).to_be_visible()
    look_over(page, wrong)
    page.get_by_role("link", name="Choose what comes in").click()
    made = samples.connection("Northwind Woo", kind="woocommerce")
    api.on("POST /connections", (202, {"authorize_url": None, "pairing": None, "connection": made}))
    page.get_by_role("button", name=re.compile("^Start")).click()
    expect(page.get_by_text("Northwind Woo is connected.")).to_be_visible()
    keys = {"site": SITE, "consumer_key": KEY, "consumer_secret": SECRET}
    assert api.bodies("POST /kinds/woocommerce/check")[-1] == {"fields": keys}
    sent = {"kind": "woocommerce", "fields": keys, "name": "Northwind Woo", "stores": ["100"]}
    assert api.bodies("POST /connections") == [sent]
    assert not wrong, "\n".join(wrong)
