"""Usage: each of its figures opens the orders behind it."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.pages.gallery import shown
from tests.pages.states.usage import STATES
from tests.support.site import Visitor


def test_each_figure_opens_the_orders_behind_it(chromium: Browser, files: Visitor) -> None:
    overview, listed = (next(state for state in STATES if state.name == name) for name in ("usage", "usage-orders"))
    with shown(chromium, files, overview) as (page, _):
        page.route("**/v1/usage/orders*", lambda route: route.fulfill(json=listed.answers["/usage/orders"]))
        for figure, asked in (
            ("4,410 counted in Oct 2026", "month=2026-10"),
            ("Northwind Outlet", "connection=c3"),
            ("31,204 counted orders", ""),
        ):
            with page.expect_request("**/v1/usage/orders?*") as request:
                page.get_by_role("main").get_by_role("link", name=figure).click()
            assert request.value.url.partition("?")[2] == "&".join(filter(None, (asked, "limit=50")))
            expect(page.get_by_role("region", name="Counted orders").locator("tbody tr")).to_have_count(50)
            assert page.get_by_label("Month").input_value() == ("2026-10" if "month" in asked else "")
            assert page.get_by_label("Connection").input_value() == ("c3" if "connection" in asked else "")
            page.get_by_role("link", name="Overview").click()
        page.get_by_role("link", name="Counted orders 31,204").click()
        order = page.get_by_role("link", name="#48211")
        expect(order).to_have_attribute("href", "/orders/s0?tab=orders&find=%2348211")
        with page.expect_request("**/v1/usage/orders?*") as request:
            page.get_by_role("link", name="Next").click()
        assert "cursor=next" in request.value.url
        expect(page.get_by_text("Showing 51–100 of 31,204")).to_be_visible()
