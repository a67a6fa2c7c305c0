"""Sync activity."""

from __future__ import annotations

from chalicelib.entrypoints import wire
from tests.pages import figures, shops
from tests.pages.shops import activity, line
from tests.pages.states import NEVER, State

SHOPS = {"/connections": shops.connections(*shops.in_every_state())}
FAULT = {
    "request_id": "r-4711",
    "attempts": "5",
    "answer": "502 Bad Gateway",
    "address": "https://northwind-supply.myshopify.com/admin/api/2026-10/graphql.json",
}
LINES = (
    line(0, "info", "Nov 23: 131 orders → 1 summary, $6,248.60.", sale_id="sale1"),
    line(1, "info", "Nov 23 again: 131 orders, all known, nothing changed.", sale_id="sale1", sync_id="y1"),
    line(
        2,
        "warning",
        "Shopify asked us to slow down: we went on after 21 seconds.",
        details={"waited": "21 s", "attempts": "2"},
    ),
    line(
        3,
        "error",
        "Nov 19 could not be read: the shop answered with an error each time.",
        connection_id="c6",
        details=FAULT,
    ),
    line(5, "info", "Nov 23 rebuilt: 2 new orders, total up $88.00.", sale_id="sale1", connection_id="c2"),
    line(
        8,
        "info",
        "Order settings changed: by store name.",
        connection_id="c5",
        details={"by": "owner@northwind.example"},
    ),
    line(
        11, "warning", "Nov 22: 2 lines without a SKU are summed under their name.", connection_id="c7", sale_id="sale2"
    ),
    line(16, "info", "Somebody signed in from a new place.", connection_id=None, day=None),
)


def live(new: int) -> dict[str, object]:
    return figures.plain(
        wire.LiveOut(now=figures.NOW, poll_after_s=60, cursor="a1", syncs=(), connections=(), activity_new=new)
    )


STATES = (
    State(name="activity", path="/activity", answers=SHOPS | {"/activity": activity(*LINES, more=True, info=1312)}),
    State(name="activity-new", path="/activity", answers=SHOPS | {"/activity": activity(*LINES), "/live": live(12)}),
    State(
        name="activity-details",
        path="/activity",
        answers=SHOPS | {"/activity": activity(*LINES)},
        then=lambda page: page.get_by_text("Details").nth(1).click(),
    ),
    State(
        name="activity-errors",
        path="/activity?level=error",
        answers=SHOPS | {"/activity": activity(info=1312, warning=3)},
    ),
    State(
        name="activity-filtered",
        path="/activity?q=none&connection=c1&from=2026-11-01&to=2026-11-23",
        answers=SHOPS | {"/activity": activity()},
    ),
    State(
        name="activity-empty", path="/activity", answers={"/connections": shops.connections(), "/activity": activity()}
    ),
    State(name="activity-loading", path="/activity", answers=SHOPS | {"/activity": NEVER}, settled=False),
    State(name="activity-error", path="/activity", answers=SHOPS),
)
