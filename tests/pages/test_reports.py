"""Reports in a browser: chart, table, file and paper of each, and what is said where there is nothing to report.

The answers are made here; the journey walks through the reports of Daybook whole.
"""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Route, expect

from tests.pages import figures
from tests.pages.conftest import Answering
from tests.pages.test_journey import heading, look_over
from tests.pages.test_states import answer

REPORTS: dict[str, Any] = {
    "/connections": figures.connections(),
    "/reports/sales": figures.sales_report(),
    "/reports/skus": figures.skus_report(),
    "/reports/channels": figures.channels_report(),
    "/reports/states": figures.states_report(),
    "/reports/customers": figures.customers_report(),
}
TITLES = {
    "sales": "Net sales",
    "skus": "Top SKUs",
    "channels": "Sales by channel",
    "states": "Sales by U.S. state",
    "customers": "Customers",
}


@pytest.mark.parametrize("name", list(TITLES))
def test_each_report_pleases_every_eye(answering: Answering, name: str) -> None:
    page = answering(f"/reports/{name}", REPORTS)
    heading(page, TITLES[name])
    expect(page.get_by_text("Oct 25 – Nov 23, 2026, against Sep 25 – Oct 24, 2026 · New York time")).to_be_visible()
    if name == "states":
        expect(page.locator("[data-state=CA]")).to_be_visible()
    wrong: list[str] = []
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_the_table_has_the_figures_of_the_chart_and_adds_up(answering: Answering) -> None:
    page = answering("/reports/sales", REPORTS)
    table = page.get_by_role("region", name="Net sales as a table")
    row = table.get_by_role("row", name=re.compile("Fri, Nov 20"))
    expect(row).to_contain_text("$15,691.80")
    expect(page.locator(".stop").nth(26)).to_have_accessible_name(re.compile(r"^Fri, Nov 20: \$15,692"))
    expect(row.get_by_role("link")).to_have_attribute("href", "/orders?from=2026-11-20&to=2026-11-20")
    expect(table.get_by_role("row").last).to_contain_text("$396,730.80")
    expect(table.get_by_role("row")).to_have_count(32)


def test_more_points_than_columns_fit_are_an_area(answering: Answering) -> None:
    page = answering("/reports/sales?range=year", REPORTS | {"/reports/sales": figures.sales_report(200)})
    expect(page.locator("path.layer")).to_have_count(3)
    expect(page.locator(".layer rect")).to_have_count(0)
    expect(page.locator(".stop")).to_have_count(200)
    expect(page.get_by_text("Showing 1–100 of 200 days")).to_be_visible()
    page.get_by_role("button", name="Older").click()
    expect(page.get_by_text("Showing 101–200 of 200 days")).to_be_visible()
    wrong: list[str] = []
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_filters_go_along_from_report_to_report(answering: Answering) -> None:
    page = answering("/reports/sales?range=90d&compare=year&connection=c2", REPORTS)
    heading(page, "Net sales")
    page.get_by_role("navigation", name="Reports").get_by_role("link", name="SKUs").click()
    heading(page, "Top SKUs")
    expect(page).to_have_url(re.compile(r"/reports/skus\?range=90d&compare=year&connection=c2$"))
    expect(page.get_by_role("combobox", name="Connection")).to_have_value("c2")
    page.get_by_text("Quantity", exact=True).click()
    expect(page).to_have_url(re.compile("rank=quantity"))


def test_arrows_on_the_map_go_by_rank(answering: Answering) -> None:
    page = answering("/reports/states", REPORTS)
    page.locator("[data-state=CA]").focus()
    focused = page.locator(":focus")
    expect(focused).to_have_accessible_name(re.compile(r"^1st: California, \$32,000, 712 orders"))
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_accessible_name(re.compile("^2nd: Texas"))
    expect(page.locator("tr.pointed")).to_contain_text("Texas")
    page.keyboard.press("End")
    expect(focused).to_have_accessible_name(re.compile("^39th: Rhode Island"))
    expect(page.get_by_text("went outside the United States")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Region not told"))).to_contain_text("$4,020.00")
    expect(page.get_by_role("row", name=re.compile("United Kingdom"))).to_contain_text("$3,660.00")


def test_a_summary_keeps_no_customers_and_says_how_to_keep_them(answering: Answering) -> None:
    page = answering(None, REPORTS)
    needs = {"type": "needs-individual", "title": "Conflict", "status": 409, "detail": "x", "request_id": "r"}
    page.route("**/v1/reports/customers*", lambda route: answer(route, 409, needs))
    page.goto("/reports/customers")
    expect(page.get_by_text("This report needs individual sales.")).to_be_visible()
    expect(page.get_by_role("link", name="Open order settings")).to_have_attribute("href", "/connections/c1/settings")
    expect(page.get_by_role("button", name="Download CSV")).to_have_count(0)
    wrong: list[str] = []
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_a_range_that_cannot_be_is_said_in_the_servers_words(answering: Answering) -> None:
    page = answering(None, REPORTS)
    refused = {"title": "Bad Request", "status": 400, "detail": "At most two years at a time.", "request_id": "r"}
    page.route("**/v1/reports/sales*", lambda route: answer(route, 400, refused))
    page.goto("/reports/sales?range=custom&from=2020-01-01&to=2026-01-01")
    expect(page.get_by_role("alert")).to_contain_text("At most two years at a time.")


def test_a_download_joins_its_parts_and_says_how_far_it_is(answering: Answering) -> None:
    sizes = (5_000, 5_000, 2_480)
    page = answering(None, REPORTS)
    sales = {"items": [], "orders_listed": [], "totals": [], "counts": {"summary": sum(sizes), "individual": 0}}
    listed = sales | {"count": sum(sizes), "orders": 1, "found_in": [], "searched_from": None, "next": None}
    held: list[Route] = []

    def part(route: Route) -> None:
        if route.request.headers["accept"] != "text/csv":
            return answer(route, 200, listed)
        query = parse_qs(urlsplit(route.request.url).query)
        assert query["connection"] == ["c1"]
        at = int(query.get("cursor", ["0"])[0])
        rows = "".join(f'"{at}","row, {row}"\r\n' for row in range(sizes[at]))
        headers = {"Content-Type": "text/csv; charset=utf-8"}
        headers["Content-Disposition"] = 'attachment; filename="daybook-sales.csv"'
        if at + 1 < len(sizes):
            headers["Link"] = f'<?connection=c1&cursor={at + 1}>; rel="next"'
        if at == 1 and not held:
            held.append(route)  # the second part keeps us waiting, so that one sees how far it is
            held_body.update(body=rows, headers=headers)
            return None
        return route.fulfill(status=200, body=("" if at else '"part","name"\r\n') + rows, headers=headers)

    held_body: dict[str, Any] = {}
    page.route("**/v1/sales*", part)
    page.goto("/orders?connection=c1")
    page.get_by_role("button", name="Download CSV").click()
    expect(page.get_by_text("5,000 of 12,480 rows")).to_be_visible()
    with page.expect_download() as saved:
        held[0].fulfill(status=200, **held_body)
    assert saved.value.suggested_filename == "daybook-sales.csv"
    rows = list(csv.reader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8"))))
    assert rows[0] == ["part", "name"]
    assert len(rows) == sum(sizes) + 1
    assert rows[-1] == ["2", "row, 2479"]
    expect(page.get_by_text("daybook-sales.csv is saved.")).to_be_visible()


def test_a_download_that_breaks_off_saves_nothing(answering: Answering) -> None:
    page = answering("/reports/skus", REPORTS)
    heading(page, "Top SKUs")
    page.route("**/v1/reports/skus*", lambda route: route.abort())
    page.get_by_role("button", name="Download CSV").click()
    expect(page.get_by_role("alert")).to_contain_text("No connection.")


def test_paper_has_the_report_and_none_of_its_tools(answering: Answering) -> None:
    page = answering("/reports/channels", REPORTS)
    heading(page, "Sales by channel")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Oct 25 – Nov 23, 2026")).to_be_visible()
    expect(page.locator(".shares")).to_be_visible()
    for tool in (".bar", ".report-bar", ".drop", ".pick", ".dock"):
        expect(page.locator(tool).first).to_be_hidden()
    page.emulate_media(media="screen")


def test_a_list_is_sorted_by_its_heads_and_narrowed_by_chips(answering: Answering) -> None:
    page = answering(None, REPORTS)
    sales = json.loads(json.dumps(figures.dashboard()["latest"]))
    sums = figures.sales_report()["currencies"][0]["figures"]
    listed: dict[str, Any] = {
        "items": sales,
        "orders_listed": [],
        "totals": [sums],
        "count": 5,
        "counts": {"summary": 5, "individual": 0},
        "orders": 250,
        "found_in": [],
        "searched_from": None,
        "next": None,
    }
    page.route("**/v1/sales*", lambda route: answer(route, 200, listed))
    page.goto("/orders?connection=c2")
    head = page.get_by_role("columnheader", name="Net sales")
    expect(page.get_by_role("columnheader", name="Summary")).to_have_attribute("aria-sort", "descending")
    head.get_by_role("button").click()
    expect(page).to_have_url(re.compile("sort=-net"))
    expect(head).to_have_attribute("aria-sort", "descending")
    head.get_by_role("button").click()
    expect(page).to_have_url(re.compile("sort=net"))
    page.get_by_role("combobox", name="Store").select_option("s1")
    page.get_by_role("combobox", name="State").select_option("final")
    chips = page.get_by_role("list", name="Filters that are on")
    expect(chips.get_by_role("listitem")).to_have_count(3)
    wrong: list[str] = []
    look_over(page, wrong)
    chips.get_by_role("link", name=re.compile("^Warehouse ShipStation")).click()
    expect(page).to_have_url(re.compile(r"/orders\?sort=net&status=final$"))
    page.get_by_role("button", name="Compact rows").click()
    height = page.locator("table.sales tbody tr").first.bounding_box()
    assert height
    assert height["height"] <= 44
    page.reload()
    expect(page.get_by_role("button", name="Compact rows")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Compact rows").click()
    assert not wrong, "\n".join(wrong)
