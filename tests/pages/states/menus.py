"""What stands over a page: command menu, shortcuts, name menu, toast, offline bar."""

from __future__ import annotations

from playwright.sync_api import Page

from chalicelib.entrypoints import wire_sales
from tests.pages import shops
from tests.pages.figures import BOOKS, THROUGH, plain
from tests.pages.states import State
from tests.pages.states.connections import KINDS

ALL = KINDS | {"/connections": shops.connections(*shops.in_every_state()), "/connections/c1/ranges": shops.ranges()}
FOUND = plain(
    wire_sales.SalesOut(
        items=(),
        orders_listed=(),
        totals=(),
        count=0,
        counts=wire_sales.SalesCounts(summary=0, individual=0),
        orders=0,
        found_in=(wire_sales.FoundIn("48211", "sale1", THROUGH, BOOKS[0][2]),),
        searched_from=None,
        next=None,
    )
)


def open_(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").wait_for()


def typed(page: Page, text: str) -> None:
    open_(page)
    page.keyboard.type(text)


def syncing(page: Page) -> None:
    typed(page, "sync northwind shopify")
    page.keyboard.press("Enter")
    page.get_by_text("Current week").wait_for()


def order(page: Page) -> None:
    typed(page, "48211")
    page.get_by_text("Order 48211").wait_for()


def shortcuts(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()


def menu(page: Page) -> None:
    page.get_by_role("button", name="Menu of").click()
    page.locator("#menu").wait_for()


def gone(page: Page) -> None:
    page.route("**/v1/**", lambda route: route.abort())
    page.get_by_role("link", name="Connections").first.click()
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator(".offline").wait_for()


AT = "/connections"
STATES = (
    State(name="menu-commands", path=AT, answers=ALL, then=open_),
    State(name="menu-commands-typed", path=AT, answers=ALL, then=lambda page: typed(page, "settings")),
    State(name="menu-commands-sync", path=AT, answers=ALL, then=syncing),
    State(name="menu-commands-order", path=AT, answers=ALL | {"/sales": FOUND}, then=order),
    State(name="menu-commands-none", path=AT, answers=ALL, then=lambda page: typed(page, "zebra")),
    State(name="menu-shortcuts", path=AT, answers=ALL, then=shortcuts),
    State(name="menu-name", path=AT, answers=ALL, then=menu),
    State(name="menu-name-viewer", path=AT, answers=ALL, then=menu, session=shops.role("viewer")),
    State(name="menu-offline", path=AT, answers=ALL, then=gone),
)
