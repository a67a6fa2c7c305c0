"""The five reports."""

from __future__ import annotations

from typing import Any

from tests.pages import figures
from tests.pages.states import NEVER, Refusal, State
from tests.pages.states.dashboard import ARABIC, HEBREW, LONG, NEGATIVE

REPORTS = {
    "/connections": figures.connections(),
    "/reports/sales": figures.sales_report(),
    "/reports/skus": figures.skus_report(),
    "/reports/channels": figures.channels_report(),
    "/reports/states": figures.states_report(),
    "/reports/customers": figures.customers_report(),
}
NEEDS_INDIVIDUAL = Refusal(
    409, {"type": "needs-individual", "title": "Conflict", "status": 409, "detail": "x", "request_id": "r"}
)


def shown(name: str, path: str | None = None, **answers: object) -> State:
    return State(
        name=f"report-{name}",
        path=path or f"/reports/{name}",
        answers=REPORTS | {f"/reports/{key}": answer for key, answer in answers.items()},
    )


def many_stores() -> dict[str, Any]:
    """200 stores of one connection."""
    report = figures.channels_report()
    of = report["currencies"][0]
    row = of["rows"][1]
    of["rows"] = [row | {"store": f"{LONG} {at}", "net": row["net"] // (at + 1)} for at in range(200)]
    return report


def rightward() -> dict[str, Any]:
    report = figures.skus_report()
    for at, row in enumerate(report["currencies"][0]["rows"]):
        row["name"] = (HEBREW, ARABIC)[at % 2]
    return report


STATES = (
    *(shown(name) for name in ("sales", "skus", "channels", "states", "customers")),
    shown("sales-year", "/reports/sales?range=year", sales=figures.sales_report(200)),
    shown("sales-months", "/reports/sales?range=year&by=month", sales=figures.sales_report(12, "month")),
    shown("channels-many", "/reports/channels", channels=many_stores()),
    shown("skus-rightward", "/reports/skus", skus=rightward()),
    shown("sales-negative", "/reports/sales", sales=figures.sales_report(values=NEGATIVE)),
    shown("sales-none", "/reports/sales", sales=figures.sales_report(books=(), values=())),
    State(
        name="report-importing",
        path="/reports/sales",
        answers=REPORTS,
        syncs=(figures.sync(),),
        then=lambda page: page.get_by_text("is still importing: figures before").wait_for(),
    ),
    State(name="report-loading", path="/reports/skus", answers=REPORTS | {"/reports/skus": NEVER}, settled=False),
    shown("customers-lacking", "/reports/customers", customers=NEEDS_INDIVIDUAL),
    State(name="report-error", path="/reports/skus", answers={"/connections": figures.connections()}),
)
