"""The dashboard."""

from __future__ import annotations

from typing import Any

import msgspec
from playwright.sync_api import Page, expect

from chalicelib.entrypoints.wire import StoreOut
from chalicelib.entrypoints.wire_dashboard import ProblemOut
from tests.pages import figures
from tests.pages.figures import BOOKS, IMPORTED, by_period, connection, dashboard, sync
from tests.pages.states import NEVER, State

LONG = "Northwind & Daughters Fine Housewares of the Upper Peninsula"  # 60 letters
HEBREW, ARABIC = "סינר פשתן עם כיסים", "مئزر كتان بجيوب"


def longest() -> dict[str, Any]:
    of = ("c1", "shopify", LONG, 1)
    goods = figures.skus(6)
    rows = tuple(
        msgspec.structs.replace(
            row, name=f"{row.name}, hand-finished in the second size of three", sku=f"NW-{row.sku}-2026-LONG"
        )
        for row in goods.rows
    )
    return dashboard(
        sales=(by_period(30, books=(of,)),),
        connections=(
            msgspec.structs.replace(
                connection(of), stores=tuple(StoreOut(id=f"s{at}", name=f"Store {at}") for at in range(200))
            ),
        ),
        latest=tuple(
            figures.sale(at, f"Store {at} of {LONG}", of, 12_345_678, 4_321, flags=("no_sku", "excluded"))
            for at in range(5)
        ),
        skus=(msgspec.structs.replace(goods, rows=rows),),
    )


def rightward() -> dict[str, Any]:
    goods = figures.skus(6)
    rows = tuple(msgspec.structs.replace(row, name=(HEBREW, ARABIC)[at % 2]) for at, row in enumerate(goods.rows))
    of = ("c1", "shopify", ARABIC, 1)
    return dashboard(
        sales=(by_period(30, books=(of, BOOKS[1])),),
        connections=(connection(of), connection(BOOKS[1])),
        latest=(figures.sale(1, HEBREW, of, 624_860, 131), figures.sale(2, ARABIC, of, 231_025, 62)),
        skus=(msgspec.structs.replace(goods, rows=rows),),
    )


def many() -> dict[str, Any]:
    books = [(f"c{at}", "shopify", f"Northwind Shop {at}", (at - 1) % 6 + 1) for at in range(1, 13)]
    return dashboard(sales=(by_period(30, books=books),), connections=tuple(map(connection, books)))


def pointed(page: Page) -> None:
    page.locator(".stop").nth(26).hover()
    expect(page.locator(".tip")).to_be_visible()


def offline(page: Page) -> None:
    page.route("**/v1/dashboard*", lambda route: route.abort())
    page.get_by_label("Compare with").select_option("none")
    expect(page.get_by_text("No connection. Showing what was loaded at")).to_be_visible()


PROBLEMS = (
    ProblemOut(
        kind="sign_in_needed",
        text="Shopify no longer accepts our access. Sales up to Nov 22 are safe.",
        connection_id="c3",
    ),
    ProblemOut(
        kind="failing",
        text="Oct 23 could not be read: the shop answered 502 three times. The other 89 days are in.",
        connection_id="c2",
    ),
    ProblemOut(kind="allotment", text="You have used 40,000 of your 50,000 orders.", connection_id=None),
)
NEGATIVE = [[(-1) ** at * 50_000 * (at + 1) for at in range(30)], [20_000] * 30, [-12_000] * 30]
IMPORTING = connection(IMPORTED, "importing")


def shown(name: str, answer: dict[str, Any], **other: Any) -> State:
    return State(**({"name": f"dashboard-{name}", "path": "/", "answers": {"/dashboard": answer}} | other))


STATES = (
    State(name="dashboard", path="/", answers={"/dashboard": dashboard()}, syncs=(sync(),)),
    State(name="dashboard-error", path="/", answers={}),
    State(name="dashboard-loading", path="/", answers={"/dashboard": NEVER}, settled=False),
    shown("pointed", dashboard(), then=pointed),
    shown("offline", dashboard(), then=offline),
    shown("empty", dashboard(sales=(), connections=(), latest=(), skus=(), through_day=None)),
    shown(
        "first-days",
        dashboard(sales=(), connections=(IMPORTING,), latest=(), skus=(), through_day=None),
        syncs=(sync("r" + "w" * 89),),
    ),
    shown("problems", dashboard(problems=PROBLEMS)),
    shown("long", longest()),
    shown("rightward", rightward()),
    shown("zeros", dashboard(sales=(by_period(30, values=[[0] * 30] * 3),))),
    shown("negative", dashboard(sales=(by_period(30, values=NEGATIVE),))),
    shown(
        "currencies",
        dashboard(
            sales=(
                by_period(30),
                by_period(30, currency="JPY", books=BOOKS[:1]),
                by_period(30, currency="KWD", books=BOOKS[1:]),
            )
        ),
        path="/?currency=KWD",
    ),
    shown("yen", dashboard(sales=(by_period(30, currency="JPY"),))),
    shown("many", many()),
    shown("week", dashboard(7)),
)
