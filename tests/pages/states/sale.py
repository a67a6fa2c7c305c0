"""One sale: its lines, the numbers of its orders, its versions; of a day, a month and a single order."""

from __future__ import annotations

import msgspec

from chalicelib.entrypoints.wire_sales import CorrectionOut, MonthOut
from tests.pages import figures, ledgers
from tests.pages.figures import BOOKS, DAY, THROUGH
from tests.pages.states import State

AT = "/sales/sale1"
DAY_SALE = {
    "/connections": figures.connections(),
    "/connections/c1": figures.plain(figures.connection(BOOKS[0])),
    AT: ledgers.detail(),
    f"{AT}/lines": ledgers.lines(),
    f"{AT}/orders": ledgers.numbers(),
    f"{AT}/versions": ledgers.versions(),
    f"{AT}/versions/3": ledgers.difference(),
}
MONTH = MonthOut("open", THROUGH, 20, (THROUGH - DAY,), (THROUGH - 9 * DAY, THROUGH - 8 * DAY), ())
ORDER = ledgers.order(5, also_in="c2", id="sale1")
ORDER_SALE = msgspec.structs.replace(figures.sale(1, BOOKS[0][2], BOOKS[0], 8_940, 1), type="order", skus=2)

STATES = (
    State(name="sale", path="/orders/sale1", answers=DAY_SALE),
    State(name="sale-orders", path="/orders/sale1?tab=orders", answers=DAY_SALE),
    State(name="sale-versions", path="/orders/sale1?tab=versions&v=3", answers=DAY_SALE),
    State(
        name="sale-month",
        path="/orders/sale1",
        answers=DAY_SALE
        | {
            AT: ledgers.detail(
                ledgers.months()[0], month=MONTH, diff=None, corrections=(CorrectionOut(THROUGH - 40 * DAY, 4, -4_950),)
            )
        },
    ),
    State(
        name="sale-order",
        path="/orders/sale1",
        answers=DAY_SALE | {AT: ledgers.detail(ORDER_SALE, order=ORDER, diff=None)},
    ),
    State(
        name="sale-empty",
        path="/orders/sale1",
        answers=DAY_SALE | {f"{AT}/lines": {"items": [], "currency": "USD", "next": None}},
    ),
    State(name="sale-error", path="/orders/sale1", answers={}),
)
