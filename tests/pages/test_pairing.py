"""Pairing in a browser, in its three ways: what is asked, what is said, and what is kept. The answers are made here."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.pages import samples
from tests.pages.scripted import SESSION, Answer, ScriptedApi, problem
from tests.pages.steps import heading, look_over, sign_in

KEY, SECRET = "key-0123456789abcdef", "secret-fedcba9876543210"
AT_CHOICE = re.compile(r"\?step=choose$")


@pytest.fixture
def page(scripted: Page, api: ScriptedApi) -> Page:
    """A page of a workspace with three channels to add, and a connection that is there once it was made."""
    api.on("GET /kinds", (200, samples.KINDS))
    api.on("GET /usage", (200, samples.USAGE))
    api.on("GET /connections", (200, {"items": [], "next": None}))
    api.on("POST /kinds/shipstation/check", (200, samples.found()))
    api.on("POST /connections", (202, paired()))
    api.on("GET /connections/warehouse", (200, samples.connection(sync_id="s1", state="importing")))
    api.on("GET /syncs/s1", (200, samples.sync()))
    api.on("GET /connections/warehouse/mirrors", (200, {"items": []}))
    api.on("GET /connections/warehouse/ranges", (200, {"today": "2026-11-26", "first_day": None, "items": []}))
    return scripted


def paired(**other: object) -> dict[str, object]:
    return {"authorize_url": None, "pairing": None, "connection": samples.connection()} | other


def connect(page: Page, kind: str = "shipstation") -> None:
    """The wizard's second step."""
    page.goto(f"/connections/add/{kind}?step=connect")
    expect(page.locator("h1")).to_have_text(re.compile("^Connect "))


def type_keys(page: Page) -> None:
    page.get_by_label("API key", exact=True).fill(KEY)
    page.get_by_label("API secret", exact=True).fill(SECRET)


def choose(page: Page) -> None:
    """The wizard's last step, by way of keys that work."""
    connect(page)
    type_keys(page)
    page.get_by_role("button", name="Check and connect").click()
    page.get_by_role("link", name="Choose what comes in").click()
    expect(page).to_have_url(AT_CHOICE)
    expect(page.get_by_text("of 50,000 left")).to_be_visible()


def start(page: Page) -> None:
    page.get_by_role("button", name="Start: bring in the last 90 days").click()


def test_keys_are_tried_before_anything_is_connected(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    page.goto("/connections/add/shipstation")
    heading(page, "Connect ShipStation")
    look_over(page, wrong)
    page.get_by_role("link", name="Go on").click()
    type_keys(page)
    look_over(page, wrong)

    refusal = problem(400, "ShipStation does not accept these keys.", api_secret="It does not belong to the key.")
    api.on("POST /kinds/shipstation/check", refusal)
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_label("API secret", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".wrong")).to_have_text("It does not belong to the key.")
    look_over(page, wrong)

    api.on("POST /kinds/shipstation/check", (200, samples.found(warnings=["Its newest order lies in the future."])))
    page.get_by_role("button", name="Check and connect").click()
    answer = page.locator(".answer")
    expect(answer).to_contain_text("These keys work: 2 stores found.")
    expect(answer).to_contain_text("Its newest order lies in the future.")
    expect(answer).to_be_focused()
    look_over(page, wrong)
    assert api.bodies("POST /connections") == []

    page.get_by_role("link", name="Choose what comes in").click()
    expect(page.get_by_text("About 4,300 orders")).to_be_visible()
    expect(page.get_by_text("12,000 of 50,000 left this year.")).to_be_visible()
    look_over(page, wrong)
    page.get_by_label("Name in Daybook").fill("Warehouse ")
    page.get_by_label("Northwind Outlet").uncheck()
    page.get_by_label("Time zone of a day").select_option("Europe/Berlin")
    page.get_by_label("Currency").select_option("EUR")
    start(page)
    expect(page.get_by_text("Warehouse is connected.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/connections/warehouse\?paired=1$"))
    expect(page.get_by_role("progressbar", name="Days done")).to_have_attribute("aria-valuenow", "57")
    assert api.bodies("POST /connections") == [
        {
            "kind": "shipstation",
            "fields": {"api_key": KEY, "api_secret": SECRET, "clock": "America/Los_Angeles"},
            "name": "Warehouse",
            "stores": ["100"],
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
        }
    ]
    assert not wrong, "\n".join(wrong)


def test_keys_that_are_changed_have_to_be_tried_again(page: Page) -> None:
    connect(page)
    type_keys(page)
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_text("These keys work")).to_be_visible()
    page.get_by_label("API key", exact=True).fill("another")
    expect(page.get_by_text("These keys work")).to_have_count(0)
    expect(page.get_by_role("button", name="Check and connect")).to_be_visible()
    page.goto("/connections/add/shipstation?step=choose")
    expect(page.get_by_role("heading", name="Keys from ShipStation")).to_be_visible()  # nothing to choose from yet


def test_the_keys_are_paired_with_the_keyboard_alone(page: Page, api: ScriptedApi) -> None:
    connect(page)
    page.locator("#main").focus()
    press_to(page, "API key", KEY)
    press_to(page, "API secret", SECRET)
    press(page, "Tab", to="Show")
    page.keyboard.press("Enter")
    expect(page.get_by_label("API secret", exact=True)).to_have_attribute("type", "text")
    press(page, "Tab", to="More")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Clock of the account")).to_be_visible()
    press(page, "Tab", to="Check and connect")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_be_focused()
    press(page, "Tab", to="Choose what comes in")
    page.keyboard.press("Enter")
    expect(page).to_have_url(AT_CHOICE)
    press(page, "Tab", to="Northwind Outlet")
    page.keyboard.press("Space")
    expect(page.get_by_text("1 of 2 stores chosen")).to_be_visible()
    press(page, "Tab", to="Start: bring in the last 90 days")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Warehouse is connected.")).to_be_visible()
    assert api.bodies("POST /connections")[0]["stores"] == ["100"]


def press(page: Page, key: str, *, to: str) -> None:
    """Press the key until what is named so has focus."""
    named = (
        "(e => e.closest('label')?.textContent || e.labels?.[0]?.textContent || e.textContent)(document.activeElement)"
    )
    for _ in range(30):
        page.keyboard.press(key)
        if page.evaluate(named).strip().startswith(to):
            return
    pytest.fail(f"no way to {to!r} by {key}")


def press_to(page: Page, label: str, text: str) -> None:
    press(page, "Tab", to=label)
    page.keyboard.type(text)


def test_secrets_are_masked_and_in_memory_alone(page: Page) -> None:
    connect(page)
    type_keys(page)
    secret = page.get_by_label("API secret", exact=True)
    expect(secret).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show API secret").click()
    expect(secret).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide API secret").click()
    expect(secret).to_have_attribute("type", "password")
    page.get_by_role("button", name="Check and connect").click()
    page.get_by_role("link", name="Choose what comes in").click()
    expect(page).to_have_url(AT_CHOICE)
    kept = page.evaluate(
        "JSON.stringify([sessionStorage, localStorage, history.state, location.href, document.cookie])"
    )
    for secrecy in (KEY, SECRET):
        assert secrecy not in kept
        assert secrecy not in json.dumps(page.context.storage_state())
    page.reload()
    expect(page.get_by_label("API key", exact=True)).to_have_value("")
    expect(secret).to_have_value("")


def test_back_and_on_lose_nothing_and_leaving_forgets(page: Page) -> None:
    choose(page)
    page.get_by_label("Name in Daybook").fill("Depot")
    page.go_back()
    expect(page.get_by_label("API secret", exact=True)).to_have_value(SECRET)
    expect(page.get_by_text("These keys work")).to_be_visible()
    page.get_by_role("link", name="Prepare").click()
    expect(page.get_by_role("heading", name="Before we start")).to_be_visible()
    page.go_back()
    page.go_forward()
    page.go_back()
    page.get_by_role("link", name="Choose what comes in").click()
    expect(page.get_by_label("Name in Daybook")).to_have_value("Depot")
    page.get_by_role("navigation", name="Where you are").get_by_role("link").click()
    heading(page, "Connections")
    page.go_back()
    expect(page.get_by_label("API secret", exact=True)).to_have_value("")


def test_of_two_hundred_stores_those_that_are_sought_are_chosen(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    api.on("POST /kinds/shipstation/check", (200, samples.found(stores=200)))
    choose(page)
    expect(page.get_by_text("200 of 200 stores chosen")).to_be_visible()
    look_over(page, wrong)
    page.get_by_role("button", name="None").click()
    expect(page.get_by_text("Choose at least one store to start.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Start"))).to_be_disabled()
    page.get_by_label("Find a store").fill("store 19")
    expect(page.get_by_role("checkbox")).to_have_count(11)  # 19, and 190 to 199
    page.get_by_role("button", name="Tick these", exact=True).click()
    page.get_by_label("Northwind Store 19", exact=True).uncheck()
    page.get_by_label("Find a store").fill("no such")
    expect(page.get_by_text("No store of that name.")).to_be_visible()
    look_over(page, wrong)
    page.get_by_label("Find a store").fill("")
    expect(page.get_by_text("10 of 200 stores chosen")).to_be_visible()
    expect(page.get_by_text("of all 200 stores; yours are fewer")).to_be_visible()
    start(page)
    expect(page.get_by_text("Warehouse is connected.")).to_be_visible()
    assert api.bodies("POST /connections")[0]["stores"] == [str(100 + at) for at in range(189, 199)]
    assert not wrong, "\n".join(wrong)


def test_what_the_shop_tells_is_not_asked(page: Page, api: ScriptedApi) -> None:
    told = samples.found(stores=1, time_zone="Europe/Berlin", currency="EUR", expected_orders=None)
    api.on("POST /kinds/shipstation/check", (200, told))
    choose(page)
    expect(page.get_by_text("Berlin time")).to_be_visible()
    expect(page.get_by_text("EUR · Euro")).to_be_visible()
    expect(page.get_by_role("combobox")).to_have_count(0)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_text(re.compile("^About"))).to_have_count(0)
    start(page)
    expect(page.get_by_text("Warehouse is connected.")).to_be_visible()
    sent = api.bodies("POST /connections")[0]
    assert sent["stores"] == ["100"]
    assert sent.keys().isdisjoint({"time_zone", "currency"})


def test_what_is_not_told_begins_as_the_workspace_has_it(page: Page, api: ScriptedApi) -> None:
    choose(page)
    expect(page.get_by_label("Time zone of a day")).to_have_value("America/New_York")
    expect(page.get_by_label("Currency")).to_have_value("USD")
    start(page)
    expect(page.get_by_text("Warehouse is connected.")).to_be_visible()
    sent = api.bodies("POST /connections")[0]
    assert (sent["time_zone"], sent["currency"]) == ("America/New_York", "USD")


def test_more_orders_than_are_left_come_in_all_the_same(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    api.on("POST /kinds/shipstation/check", (200, samples.found(expected_orders=61_250)))
    choose(page)
    expect(page.get_by_text("About 61,000 orders")).to_be_visible()
    expect(page.get_by_text("what goes beyond is overage")).to_be_visible()
    look_over(page, wrong)
    api.on("GET /usage", (200, samples.USAGE | {"allotment": None}))
    page.go_back()
    page.get_by_role("link", name="Choose what comes in").click()
    expect(page.get_by_text("Your plan has no limit.")).to_be_visible()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (problem(502, "ShipStation answered with a web page instead of orders."), "answered with a web page"),
        (problem(503, "ShipStation asks us to wait a minute."), "asks us to wait a minute. Nothing was changed."),
        (problem(429, "That was tried too often. Try again in an hour."), "Try again in an hour."),
        (problem(500, "Any."), "That did not work, and it is our fault. Nothing was changed. r-4711"),
    ],
)
def test_a_channel_that_fails_is_told_from_wrong_keys(page: Page, api: ScriptedApi, answer: Answer, said: str) -> None:
    api.on("POST /kinds/shipstation/check", answer)
    connect(page)
    type_keys(page)
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)
    expect(page.get_by_label("API secret", exact=True)).to_have_value(SECRET)


def test_keys_that_stop_working_meanwhile_lead_back_to_them(page: Page, api: ScriptedApi) -> None:
    choose(page)
    api.on(
        "POST /connections", problem(400, "These keys do not work.", api_key="ShipStation does not know it any more.")
    )
    start(page)
    expect(page.get_by_text("ShipStation does not know it any more.")).to_be_visible()
    page.get_by_role("link", name="Back to the keys").click()
    expect(page.get_by_label("API key", exact=True)).to_have_value(KEY)


def test_an_aged_sign_in_is_renewed_without_losing_what_was_typed(page: Page, api: ScriptedApi) -> None:
    wrong: list[str] = []
    api.on("POST /kinds/shipstation/check", problem(403, "Enter your password again.", password="Enter it again."))
    api.on("DELETE /session", (204, None))
    connect(page)
    type_keys(page)
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_role("alert")).to_contain_text("What you typed here is kept.")
    look_over(page, wrong)
    page.get_by_role("button", name="Sign in again").click()
    heading(page, "Sign in")
    api.on("POST /session", (200, SESSION))
    api.on("POST /kinds/shipstation/check", (200, samples.found()))
    sign_in(page)
    expect(page.get_by_label("API secret", exact=True)).to_have_value(SECRET)
    page.get_by_role("button", name="Check and connect").click()
    expect(page.get_by_text("These keys work")).to_be_visible()
    assert not wrong, "\n".join(wrong)
