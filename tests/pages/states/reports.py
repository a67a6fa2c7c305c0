"""The five reports."""

from __future__ import annotations

from tests.pages import figures
from tests.pages.states import Refusal, State

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


STATES = (
    *(shown(name) for name in ("sales", "skus", "channels", "states", "customers")),
    shown("sales-year", "/reports/sales?range=year", sales=figures.sales_report(200)),
    shown("sales-months", "/reports/sales?range=year&by=month", sales=figures.sales_report(12, "month")),
    shown("customers-lacking", "/reports/customers", customers=NEEDS_INDIVIDUAL),
    State(name="report-error", path="/reports/skus", answers={"/connections": figures.connections()}),
)
