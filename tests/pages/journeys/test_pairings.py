"""Ways to a shop that do not end there, each against the sandboxes themselves: what is said, and that nothing was connected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local.machine import KEYS, SHOP, Machine
from tests.pages.journeys.conftest import Merchant
from tests.pages.steps import asked, heading, person, sign_up

OTHER = "southwind-supply.myshopify.com"


@pytest.fixture(scope="module")
def newcomer(chromium: Browser, machine: Machine, merchant: Merchant) -> Iterator[Page]:
    """Somebody else, of a workspace without a shop; the first merchant's is connected already."""
    context = person(chromium, machine)
    page = context.new_page()
    sign_up(page, email="owner@southwind.example", business="Southwind")
    yield page
    assert asked(page, "/v1/connections")["items"] == []
    context.close()


def name_the_shop(page: Page, shop: str) -> None:
    page.goto("/connections/add/shopify?step=connect")
    page.get_by_label("Shop address").fill(shop)
    page.get_by_role("button", name="Continue to Shopify").click()


def test_another_shop_than_the_one_named_is_not_connected(newcomer: Page, machine: Machine) -> None:
    name_the_shop(newcomer, OTHER)
    newcomer.wait_for_url(f"{machine.sandbox_url}/{OTHER}/**")
    newcomer.goto(newcomer.url.replace(OTHER, SHOP))  # as if signed in to that one over there
    newcomer.get_by_role("button", name="Allow").click()
    expect(newcomer.get_by_text(f"You signed in to {SHOP}.")).to_be_visible()
    expect(newcomer.get_by_label("Shop address")).to_have_value(OTHER)


def test_a_shop_of_somebody_else_is_not_connected_and_nothing_is_told_of_them(newcomer: Page) -> None:
    name_the_shop(newcomer, SHOP)
    newcomer.get_by_role("button", name="Allow").click()
    expect(newcomer.get_by_text("We could not finish this with Shopify, so nothing was connected.")).to_be_visible()
    expect(newcomer.get_by_label("Shop address")).to_have_value(SHOP)


def test_a_shop_that_is_declined_may_be_tried_again(newcomer: Page) -> None:
    for _ in range(2):
        name_the_shop(newcomer, SHOP)
        newcomer.get_by_role("button", name="Decline").click()
        expect(newcomer.get_by_text("You did not allow access, so nothing was connected.")).to_be_visible()


def test_a_site_that_denies_sends_back_without_keys(newcomer: Page, machine: Machine) -> None:
    site = machine.sandboxes["woocommerce"]
    newcomer.goto("/connections/add/woocommerce?step=connect")
    newcomer.get_by_label("Site address").fill(site)
    newcomer.get_by_role("button", name="Approve on your site").click()
    newcomer.get_by_role("button", name="Deny").click()
    expect(newcomer.get_by_text("You did not approve, so nothing was connected.")).to_be_visible()
    newcomer.get_by_role("link", name="Try again").click()
    expect(newcomer.get_by_label("Site address")).to_have_value(site)


def test_wrong_keys_are_said_at_their_fields_and_the_right_ones_work(newcomer: Page) -> None:
    right = dict(zip(("API key", "API secret"), KEYS["shipstation"], strict=True))
    newcomer.goto("/connections/add/shipstation?step=connect")
    heading(newcomer, "Connect ShipStation")
    check = newcomer.get_by_role("button", name="Check and connect")
    for label, value in right.items():
        newcomer.get_by_label(label, exact=True).fill(f"not-{value}")
    check.click()
    for label in right:
        field = newcomer.get_by_label(label, exact=True)
        expect(field).to_have_attribute("aria-invalid", "true")
        said = newcomer.locator(f"#{field.get_attribute('id')}-error")
        expect(said).to_contain_text("ShipStation")
    for label, value in right.items():
        newcomer.get_by_label(label, exact=True).fill(value)
    check.click()
    expect(newcomer.get_by_text("These keys work: ")).to_be_visible()
