"""The pairing wizard, for each way to pair and each step."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.pages import figures, shops
from tests.pages.figures import plain
from tests.pages.states import BROKEN, NEVER, Refusal, State

KINDS = {"/kinds": shops.kinds(), "/usage": plain(figures.wire.UsageOut(**figures.USAGE))}
WORKS = {"/kinds/shipstation/check": shops.found()}
ADD = "/connections/add"


def wrong(detail: str, **fields: str) -> Refusal:
    return Refusal(400, BROKEN | {"status": 400, "detail": detail, "fields": fields})


def keys(page: Page) -> None:
    page.get_by_label("API key", exact=True).fill("8f2b6c1d9e4a")
    page.get_by_label("API secret", exact=True).fill("a secret that is long")
    page.get_by_role("button", name="Check and connect").click()
    page.locator(".notice, .wrong").first.wait_for()


def choose(page: Page) -> None:
    keys(page)
    page.get_by_role("link", name="Choose what comes in").click()
    page.get_by_text("What to expect").wait_for()


def site(page: Page) -> None:
    page.get_by_label("Site address").fill("shop.northwind.example/wp-admin/")


def refused(page: Page) -> None:
    page.get_by_label("Shop address").fill("northwind-supply")
    page.get_by_role("button", name="Continue to Shopify").click()
    page.locator(".notice, .wrong").first.wait_for()


def pairing(state: str, reason: str = "") -> dict[str, object]:
    return {"/pairings/p1": {"state": state, "connection_id": None, "reason": reason}}


STATES = (
    State(name="pair-oauth", path=f"{ADD}/shopify", answers=KINDS),
    State(name="pair-oauth-connect", path=f"{ADD}/shopify?step=connect", answers=KINDS),
    State(name="pair-oauth-declined", path=f"{ADD}/shopify?step=connect&error=declined", answers=KINDS),
    State(name="pair-oauth-other", path=f"{ADD}/shopify?error=wrong-shop&shop=other-shop.myshopify.com", answers=KINDS),
    State(
        name="pair-oauth-refused",
        path=f"{ADD}/shopify?step=connect",
        answers=KINDS
        | {"/connections": wrong("Something has to be corrected first.", shop="There is no such shop at Shopify.")},
        then=refused,
    ),
    State(name="pair-approve", path=f"{ADD}/woocommerce", answers=KINDS),
    State(name="pair-approve-connect", path=f"{ADD}/woocommerce?step=connect", answers=KINDS, then=site),
    State(
        name="pair-approve-keys",
        path=f"{ADD}/woocommerce?step=connect",
        answers=KINDS,
        then=lambda page: page.get_by_text("I have keys already").click(),
    ),
    State(name="pair-approve-finishing", path=f"{ADD}/woocommerce?pairing=p1", answers=KINDS | pairing("waiting")),
    State(
        name="pair-approve-refused",
        path=f"{ADD}/woocommerce?pairing=p1",
        answers=KINDS | pairing("refused", "The key that came may also write. Please approve reading only."),
    ),
    State(name="pair-approve-declined", path=f"{ADD}/woocommerce?pairing=p1&success=0", answers=KINDS),
    State(name="pair-key", path=f"{ADD}/shipstation", answers=KINDS),
    State(name="pair-key-connect", path=f"{ADD}/shipstation?step=connect", answers=KINDS),
    State(
        name="pair-key-wrong",
        path=f"{ADD}/shipstation?step=connect",
        answers=KINDS
        | {
            "/kinds/shipstation/check": wrong(
                "These keys do not work.", api_secret="ShipStation does not accept this secret with this key."
            )
        },
        then=keys,
    ),
    State(name="pair-key-works", path=f"{ADD}/shipstation?step=connect", answers=KINDS | WORKS, then=keys),
    State(name="pair-key-choose", path=f"{ADD}/shipstation?step=connect", answers=KINDS | WORKS, then=choose),
    State(
        name="pair-key-choose-200",
        path=f"{ADD}/shipstation?step=connect",
        answers=KINDS
        | {
            "/kinds/shipstation/check": shops.found(
                200, expected_orders=61_000, warnings=("The clock of the account is not the one of its stores.",)
            )
        },
        then=choose,
    ),
    State(name="pair-unknown", path=f"{ADD}/etsy", answers=KINDS),
    State(name="pair-loading", path=f"{ADD}/shopify", answers={"/kinds": NEVER}, settled=False),
    State(name="pair-error", path=f"{ADD}/shopify", answers={}),
)
