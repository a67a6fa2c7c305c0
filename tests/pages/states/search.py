"""What a search for an order number finds."""

from __future__ import annotations

from datetime import date

from chalicelib.entrypoints import wire_sales
from tests.pages.figures import figures, plain
from tests.pages.states import State

NUMBER, DAY = "#48211", date(2026, 11, 2)


def found(*hits: wire_sales.FoundIn) -> dict[str, object]:
    return plain(
        wire_sales.SalesOut(
            items=(),
            orders_listed=(),
            totals=(figures(0),),
            count=0,
            counts=wire_sales.SalesCounts(0, 0),
            orders=0,
            found_in=hits,
            searched_from=date(2025, 10, 20),
            next=None,
        )
    )


STATES = (
    State(
        name="search-in-a-correction",
        path="/orders?q=48211",
        answers={
            "/connections": {"items": [], "next": None},
            "/sales": found(
                wire_sales.FoundIn(NUMBER, "s1", date(2026, 11, 5), "Northwind Shopify", DAY),
                wire_sales.FoundIn(NUMBER, "s2", DAY, "Northwind Outlet"),
            ),
        },
    ),
)
