"""Usage, and the orders that it counts."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from chalicelib.entrypoints import wire
from tests.pages.figures import BOOKS, DAY, IMPORTED, OUTLET, THROUGH, USAGE, plain
from tests.pages.states import Refusal, State

NOTHING = {
    "used": 0,
    "forecast": 0,
    "months": (),
    "connections": tuple(wire.UsageConnection(id_, name, 0) for id_, _, name, _ in BOOKS),
}


def usage(**other: Any) -> dict[str, Any]:
    return plain(wire.UsageOut(**(USAGE | other)))


def orders(rows: int = 50, *, count: int = USAGE["used"], cursor: str | None = "next") -> dict[str, Any]:
    """Some counted orders, two of which are in no sale that is here."""
    shops = (*BOOKS, OUTLET, IMPORTED)
    listed = tuple(
        wire.UsageOrderOut(
            id=str(6_120_998_200_113 - 7 * n),
            made_on=THROUGH - n // 12 * DAY,
            connection_id=shops[n % 4][0],
            connection=shops[n % 4][2],
            number=None if n % 25 == 9 else f"#{48_211 - n}",
            sale_id=None if n % 25 == 9 else f"s{n}",
        )
        for n in range(rows)
    )
    return plain(wire.UsageOrdersOut(listed, count, cursor))


def refused(page: Page) -> None:
    page.get_by_role("button", name="Download CSV").click()
    expect(page.get_by_text("The next one is possible at 3:46 PM.")).to_be_visible()


TOO_MANY = {
    "type": "about:blank",
    "title": "Too Many Requests",
    "status": 429,
    "detail": "You have downloaded 6 files this hour. The next one is possible at 3:46 PM.",
    "request_id": "r-4711",
}
LIST = "/usage?tab=orders"

STATES = (
    State(name="usage", path="/usage", answers={"/usage": usage()}),
    State(name="usage-80-percent", path="/usage", answers={"/usage": usage(used=41_380, forecast=56_200)}),
    State(name="usage-spent", path="/usage", answers={"/usage": usage(used=50_314, forecast=61_000)}),
    State(
        name="usage-overage",
        path="/usage",
        answers={"/usage": usage(used=50_314, forecast=61_000, overage=wire.Overage(314, 31_40, "USD"))},
    ),
    State(name="usage-no-limit", path="/usage", answers={"/usage": usage(allotment=None)}),
    State(name="usage-nothing-counted", path="/usage", answers={"/usage": usage(**NOTHING)}),
    State(name="usage-error", path="/usage", answers={}),
    State(name="usage-orders", path=LIST, answers={"/usage": usage(), "/usage/orders": orders()}),
    State(
        name="usage-orders-last",
        path=f"{LIST}&connection=c2&month=2026-11&cursor=next&at=51",
        answers={"/usage": usage(), "/usage/orders": orders(12, count=62, cursor=None)},
    ),
    State(
        name="usage-orders-none-fit",
        path=f"{LIST}&q=99999",
        answers={"/usage": usage(), "/usage/orders": orders(0, count=0, cursor=None)},
    ),
    State(
        name="usage-orders-nothing-counted",
        path=LIST,
        answers={"/usage": usage(**NOTHING), "/usage/orders": orders(0, count=0, cursor=None)},
    ),
    State(name="usage-orders-error", path=LIST, answers={"/usage": usage()}),
    State(
        name="usage-download-refused",
        path="/usage?tab=orders&q=48211",
        answers={
            "/usage": usage(),
            "/usage/orders?q=48211&limit=50": orders(1, count=1, cursor=None),
            "/usage/orders": Refusal(429, TOO_MANY),
        },
        then=refused,
    ),
)
