"""Files that the merchant takes along: each opened again, its sums those of the API to the cent."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.pages.journeys.conftest import Merchant
from tests.pages.steps import amount_of, asked, heading


def downloaded(page: Page) -> list[dict[str, str]]:
    """The rows of the file that Download CSV saves."""
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").click()
    return list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8-sig"))))


def sums(rows: list[dict[str, str]], column: str) -> dict[str, int]:
    """The column added up in minor units, by currency."""
    found: Counter[str] = Counter()
    for row in rows:
        found[row["currency"]] += amount_of(row[column])
    return dict(found)


def test_the_list_of_orders_is_the_filter_and_not_the_page(desk: Page, merchant: Merchant) -> None:
    days = f"from={merchant.ago(90)}&to={merchant.ago(1)}"
    desk.goto(f"/orders?{days}")
    heading(desk, "All orders")
    shown = desk.locator("table.sales tbody tr").count()
    rows = downloaded(desk)
    said = asked(desk, f"/v1/sales?{days}")
    assert len(rows) == said["count"] > shown
    assert len({row["id"] for row in rows}) == len(rows)
    for column, figure in (("gross", "gross"), ("net", "net_sales"), ("total", "total")):
        assert sums(rows, column) == {each["currency"]: each[figure] for each in said["totals"]}
    assert sum(int(row["orders"]) for row in rows) == said["orders"]


def of_sales(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [one["total"]]


def of_skus(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [*one["rows"], one["others"]]


def of_channels(one: dict[str, Any]) -> list[dict[str, Any]]:
    return list(one["rows"])


def of_states(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [*one["rows"], one["unknown"], one["outside"]]


@pytest.mark.parametrize(
    ("report", "title", "parts"),
    [
        ("sales", "Net sales", of_sales),
        ("skus", "Top SKUs", of_skus),
        ("channels", "Sales by channel", of_channels),
        ("states", "Sales by U.S. state", of_states),
    ],
)
def test_a_reports_file_has_the_sums_of_its_answer(
    desk: Page, merchant: Merchant, report: str, title: str, parts: Any
) -> None:
    days = f"range=custom&from={merchant.ago(60)}&to={merchant.ago(1)}"
    desk.goto(f"/reports/{report}?{days}")
    heading(desk, title)
    rows = downloaded(desk)
    said = asked(desk, f"/v1/reports/{report}?{days}")["currencies"]
    assert {one["currency"] for one in said} == {"CAD", "USD"}
    assert sums(rows, "net") == {one["currency"]: sum(part["net"] for part in parts(one)) for one in said}
    assert any(sums(rows, "net").values())
