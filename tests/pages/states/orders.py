"""All orders: summary and individual sales, searched, filtered and with nothing to list."""

from __future__ import annotations

from chalicelib.entrypoints.wire_sales import FoundIn
from tests.pages import figures, ledgers, samples
from tests.pages.figures import BOOKS, THROUGH
from tests.pages.states import State

KNOWN = {"/connections": figures.connections(), "/kinds": samples.KINDS}
SUMMARIES = KNOWN | {"/sales": ledgers.sales(ledgers.days(15), count=1_204)}
FILTER = "&from=2026-11-01&to=2026-11-23"

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
)
