"""All orders: summary and individual sales, searched, filtered and with nothing to list."""

from __future__ import annotations

import msgspec
from playwright.sync_api import Page

from chalicelib.entrypoints.wire import MoneyOut
from chalicelib.entrypoints.wire_sales import FoundIn, SaleOut
from tests.pages import figures, ledgers, samples
from tests.pages.figures import BOOKS, THROUGH
from tests.pages.states import NEVER, State
from tests.pages.states.dashboard import ARABIC, HEBREW, LONG

KNOWN = {"/connections": figures.connections(), "/kinds": samples.KINDS}
SUMMARIES = KNOWN | {"/sales": ledgers.sales(ledgers.days(15), count=1_204)}
FILTER = "&from=2026-11-01&to=2026-11-23"


def columns(page: Page) -> None:
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="Gross sales").check()
    page.get_by_role("checkbox", name="SKUs").uncheck()


def compact(page: Page) -> None:
    page.get_by_role("button", name="Compact rows").click()


def sheet(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Filters").click()


def named(name: str, sale: SaleOut) -> SaleOut:
    return msgspec.structs.replace(
        sale, store=name, connection=LONG, net=MoneyOut(1_234_567_890, "USD"), flags=("no_sku", "excluded")
    )


MONEYS = (
    ledgers.figured(39_673_080),
    ledgers.figured(4_120_000, currency="JPY"),
    ledgers.figured(120_500, currency="KWD"),
)
STORES = [f"Store {at} of {LONG}" for at in range(4)] + [HEBREW, ARABIC]

STATES = (
    State(name="orders", path="/orders", answers=SUMMARIES),
    State(name="orders-filtered", path=f"/orders?connection=c2&store=s1&status=final{FILTER}", answers=SUMMARIES),
    State(
        name="orders-individual",
        path="/orders?type=individual",
        answers=KNOWN | {"/sales": ledgers.sales(listed=ledgers.orders(15), count=8_816)},
    ),
    State(name="orders-months", path="/orders", answers=KNOWN | {"/sales": ledgers.sales(ledgers.months())}),
    State(
        name="orders-found",
        path="/orders?q=48211",
        answers=KNOWN
        | {
            "/sales": ledgers.sales(found_in=(FoundIn("#48211", "sale1", THROUGH, BOOKS[0][2]),), searched_from=THROUGH)
        },
    ),
    State(
        name="orders-not-found",
        path="/orders?q=48211",
        answers=KNOWN | {"/sales": ledgers.sales(searched_from=THROUGH)},
    ),
    State(name="orders-none", path="/orders", answers=KNOWN | {"/sales": ledgers.sales()}),
    State(
        name="orders-none-fit",
        path="/orders?status=open",
        answers=KNOWN
        | {"/sales": ledgers.sales(), "/sales?type=summary&limit=1": ledgers.sales(ledgers.days(1), count=1_204)},
    ),
    State(name="orders-none-individual", path="/orders?type=individual", answers=KNOWN | {"/sales": ledgers.sales()}),
    State(name="orders-error", path="/orders", answers=KNOWN),
    State(name="orders-loading", path="/orders", answers=KNOWN | {"/sales": NEVER}, settled=False),
    State(name="orders-columns", path="/orders", answers=SUMMARIES, then=columns),
    State(name="orders-compact", path="/orders", answers=SUMMARIES, then=compact),
    State(name="orders-sheet", path=f"/orders?connection=c2{FILTER}", answers=SUMMARIES, then=sheet),
    State(
        name="orders-long",
        path="/orders",
        answers=KNOWN
        | {
            "/sales": ledgers.sales(
                [named(name, sale) for name, sale in zip(STORES, ledgers.days(6), strict=True)], totals=MONEYS
            )
        },
    ),
)
