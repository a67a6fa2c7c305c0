"""API keys."""

from __future__ import annotations

from playwright.sync_api import Page

from chalicelib.entrypoints import wire_people
from tests.pages import shops
from tests.pages.figures import NOW, plain
from tests.pages.shops import ACCESS_CHANGED, LONG, key
from tests.pages.states import NEVER, State

CHANGES = {"/people/changes": ACCESS_CHANGED}
LISTED = shops.keys(
    key(1, "Warehouse display"),
    key(2, "Accounting export", scope="write", used_on=None),
    key(3, LONG, state="ended", ends_at=NOW - 3 * shops.DAY),
    key(4, "Old dashboard", state="stopped", made_by=None),
)
MADE = plain(wire_people.ApiKeyMadeOut(id="k9", key="daybook_key_" + "4fP9" * 11, ends_at=NOW + 365 * shops.DAY))


def make(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Warehouse display")
    page.get_by_role("button", name="Make the key").click()
    page.locator(".once").wait_for()


STATES = (
    State(name="keys", path="/keys", answers=CHANGES | {"/keys": LISTED}),
    State(name="keys-made", path="/keys", answers=CHANGES | {"/keys": LISTED, "POST /keys": MADE}, then=make),
    State(
        name="keys-sure",
        path="/keys",
        answers=CHANGES | {"/keys": LISTED},
        then=lambda page: page.get_by_role("button", name="Revoke").first.click(),
    ),
    State(name="keys-empty", path="/keys", answers={"/people/changes": shops.changes(), "/keys": shops.keys()}),
    State(name="keys-loading", path="/keys", answers={"/people/changes": NEVER, "/keys": NEVER}, settled=False),
    State(name="keys-error", path="/keys", answers={}),
    State(name="keys-member", path="/keys", answers={}, session=shops.role("member")),
)
