"""The dashboard: what it shows for each state that its figures can be in. The answers are made here; the page is the real one."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from chalicelib.entrypoints import wire_dashboard
from tests.pages import figures
from tests.pages.conftest import Answering
from tests.pages.test_journey import heading, look_over
from tests.pages.test_states import answer


def kpi(page: Page, name: str) -> Any:
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=name, exact=True))


def test_the_dashboard_is_one_request_and_pleases_every_eye(answering: Answering) -> None:
    asked: list[str] = []
    page = answering(None, {"/dashboard": figures.dashboard()}, syncs=(figures.sync(),))
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.goto("/")
    heading(page, "Dashboard")
    expect(page.get_by_text("Figures run to the end of Monday, Nov 23 · New York time")).to_be_visible()
    expect(page.get_by_text("Bringing in 90 days from Northwind WooCommerce")).to_be_visible()
    expect(page.get_by_text("Northwind WooCommerce is still importing: figures before")).to_be_visible()
    expect(kpi(page, "Net sales")).to_contain_text("$396,731")
    expect(kpi(page, "Average order")).to_contain_text("−1.4% from $45.66")
    expect(page.get_by_role("region", name="Latest summaries").get_by_role("row")).to_have_count(6)
    assert sorted(path for path in asked if path.startswith("/v1/")) == ["/v1/dashboard", "/v1/live", "/v1/session"]
    wrong: list[str] = []
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_every_figure_opens_the_rows_behind_it(answering: Answering) -> None:
    page = answering("/", {"/dashboard": figures.dashboard()})
    ways = {
        "Net sales": r"/reports/sales$",
        "Orders": r"/orders\?from=2026-10-25&to=2026-11-23$",
        "Units sold": r"/reports/skus\?rank=quantity$",
        "Average order": r"/reports/channels$",
    }
    for name, address in ways.items():
        kpi(page, name).get_by_role("link").click()
        expect(page).to_have_url(re.compile(address))
        page.go_back()
    heading(page, "Dashboard")


def test_arrows_go_from_day_to_day_and_each_says_its_figures(answering: Answering) -> None:
    page = answering("/", {"/dashboard": figures.dashboard()})
    page.locator('.stop[tabindex="0"]').focus()
    focused = page.locator(":focus")
    expect(focused).to_have_accessible_name(re.compile("^Mon, Nov 23: .*Northwind Shopify .*30 days before "))
    page.keyboard.press("ArrowLeft")
    expect(focused).to_have_accessible_name(re.compile("^Sun, Nov 22: "))
    expect(page.locator(".tip")).to_contain_text("Sun, Nov 22")
    page.keyboard.press("Home")
    expect(focused).to_have_accessible_name(re.compile("^Sun, Oct 25: "))
    page.keyboard.press("Escape")
    expect(page.locator(".tip")).to_have_count(0)
    expect(page.locator('.stop[tabindex="0"]')).to_have_count(1)


def test_the_range_and_the_comparison_stand_in_the_address(answering: Answering) -> None:
    week = figures.dashboard(7)
    page = answering(
        "/",
        {
            "/dashboard": figures.dashboard(),
            "/dashboard?range=7d": week,
            "/dashboard?range=7d&compare=none": figures.dashboard(7, sales=(figures.by_period(7, compared=False),)),
            "/dashboard?range=custom&from=2026-11-01&to=2026-11-07": week,
        },
    )
    page.locator(".drop > summary").click()
    page.get_by_role("link", name="Last 7 days").click()
    expect(page).to_have_url(re.compile(r"/\?range=7d$"))
    expect(page.locator(".stop")).to_have_count(7)
    page.get_by_label("Compare with").select_option("none")
    expect(page).to_have_url(re.compile(r"range=7d&compare=none$"))
    expect(page.get_by_text(" from $")).to_have_count(0)
    page.go_back()
    expect(kpi(page, "Net sales")).to_contain_text(" from $")
    page.locator(".drop > summary").click()
    page.locator("#from").fill("2026-11-09")
    page.locator("#to").fill("2026-11-07")
    page.get_by_role("button", name="Show these days").click()
    expect(page.locator("#to-error")).to_be_visible()
    wrong: list[str] = []
    look_over(page, wrong)
    page.locator("#from").fill("2026-11-01")
    page.get_by_role("button", name="Show these days").click()
    expect(page).to_have_url(re.compile(r"range=custom&from=2026-11-01&to=2026-11-07$"))
    expect(page.locator(".drop > summary")).to_be_focused()
    assert not wrong, "\n".join(wrong)


def test_by_week_is_asked_for_when_it_is_wanted(answering: Answering) -> None:
    weeks = figures.sales_report(5, "week")
    page = answering("/", {"/dashboard": figures.dashboard(), "/reports/sales?by=week": weeks})
    page.get_by_text("Week", exact=True).click()
    expect(page.get_by_role("heading", name="Net sales by week")).to_be_visible()
    expect(page.locator(".stop")).to_have_count(5)
    expect(page.locator(".stop").last).to_have_accessible_name(re.compile("^Nov 17 – 23: "))


def test_before_any_connection_there_is_one_way_on(answering: Answering) -> None:
    nothing = figures.dashboard(connections=(), latest=(), sales=(), skus=(), through_day=None)
    page = answering("/", {"/dashboard": nothing})
    expect(page.get_by_text("Connect your first channel.")).to_be_visible()
    expect(page.get_by_role("link", name="Connect a channel")).to_be_visible()
    wrong: list[str] = []
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_while_the_first_days_come_their_progress_is_told(answering: Answering) -> None:
    importing = figures.connection(figures.IMPORTED, "importing")
    begun = figures.dashboard(sales=(), connections=(importing,), latest=(), skus=(), through_day=None)
    page = answering("/", {"/dashboard": begun}, syncs=(figures.sync("r" + "w" * 89),))
    expect(page.get_by_text("Your first figures arrive as days finish.")).to_be_visible()
    expect(page.get_by_text("Day 1 of 90 is on its way.")).to_be_visible()
    expect(page.get_by_role("link", name="See progress")).to_be_visible()
    wrong: list[str] = []
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_what_needs_the_merchant_stands_above_the_figures(answering: Answering) -> None:
    refused = wire_dashboard.ProblemOut(
        kind="sign_in_needed",
        text="Shopify no longer accepts our access. Sales up to Nov 22 are safe.",
        connection_id="c3",
    )
    page = answering("/", {"/dashboard": figures.dashboard(problems=(refused,))})
    expect(page.get_by_text("no longer accepts our access")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in again")).to_have_attribute("href", "/connections/c3/access")
    wrong: list[str] = []
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_days_without_sales_are_zeros_and_not_a_failure(answering: Answering) -> None:
    none = figures.by_period(30, values=[[0] * 30] * 3)
    page = answering("/", {"/dashboard": figures.dashboard(sales=(none,))})
    expect(kpi(page, "Net sales")).to_contain_text("$0.00")
    expect(kpi(page, "Net sales")).to_contain_text("−100.0% from $")
    expect(kpi(page, "Average order")).to_contain_text("–")
    expect(page.locator(".stop")).to_have_count(30)
    wrong: list[str] = []
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_more_returned_than_sold_hangs_below_zero(answering: Answering) -> None:
    values = [[(-1) ** at * 50_000 * (at + 1) for at in range(30)], [20_000] * 30, [0] * 30]
    page = answering("/", {"/dashboard": figures.dashboard(sales=(figures.by_period(30, values=values),))})
    expect(page.locator(".stop").last).to_have_accessible_name(re.compile(r"^Mon, Nov 23: −\$14,800"))
    expect(page.locator(".scale .zero")).to_have_count(1)
    highest, lowest = page.evaluate(
        """() => { const zero = document.querySelector(".zero line").getBoundingClientRect().y;
            const boxes = [...document.querySelectorAll(".layer rect")].map((each) => each.getBoundingClientRect());
            return [zero - Math.min(...boxes.map((box) => box.top)), Math.max(...boxes.map((box) => box.bottom)) - zero]; }"""
    )
    assert highest > 20
    assert lowest > 20
    wrong: list[str] = []
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_currencies_are_shown_one_at_a_time(answering: Answering) -> None:
    euros = figures.by_period(30, currency="EUR", books=figures.BOOKS[:1])
    page = answering("/", {"/dashboard": figures.dashboard(sales=(figures.by_period(30), euros))})
    expect(kpi(page, "Net sales")).to_contain_text("$396,731")
    page.get_by_text("EUR", exact=True).click()
    expect(page).to_have_url(re.compile("currency=EUR"))
    expect(kpi(page, "Net sales")).to_contain_text("€")
    expect(page.locator(".legend")).not_to_contain_text("ShipStation")
    wrong: list[str] = []
    look_over(page, wrong)
    assert not wrong, "\n".join(wrong)


def test_a_seventh_connection_shares_a_colour_with_the_others(answering: Answering) -> None:
    books = [(f"c{at}", "shopify", f"Shop {at}", (at - 1) % 6 + 1) for at in range(1, 9)]
    values = [[1_000_00] * 30 for _ in books]
    many = figures.by_period(30, books=books, values=values)
    page = answering("/", {"/dashboard": figures.dashboard(sales=(many,))})
    expect(page.locator(".legend span")).to_have_count(8)  # six, the others, and the days before
    expect(page.locator(".legend")).to_contain_text("2 others")
    expect(page.locator(".stop").last).to_have_accessible_name(re.compile(r"2 others \$2,000"))


def test_a_failed_dashboard_says_so_and_recovers(answering: Answering) -> None:
    page = answering("/", {})
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("We could not load the dashboard.")
    wrong: list[str] = []
    look_over(page, wrong)
    page.route("**/v1/dashboard", lambda route: answer(route, 200, figures.dashboard()))
    alert.get_by_role("button", name="Try again").click()
    expect(kpi(page, "Orders")).to_be_visible()
    page.route("**/v1/dashboard*", lambda route: route.abort())
    page.get_by_label("Compare with").select_option("none")
    expect(page.get_by_text("No connection. Showing what was loaded at")).to_be_visible()
    expect(kpi(page, "Orders")).to_be_visible()  # old figures stay
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_when_the_figures_come(answering: Answering, width: int) -> None:
    page = answering(None, {"/dashboard": figures.dashboard()})
    page.set_viewport_size({"width": width, "height": 844})
    page.add_init_script(
        """window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((each) => {
            if (!each.hadRecentInput) window.moved += each.value; })).observe({ type: "layout-shift", buffered: true });"""
    )
    page.goto("/")
    expect(page.locator(".stop").first).to_be_visible()
    page.evaluate("new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")
    assert page.evaluate("window.moved") < 0.02
    page.set_viewport_size({"width": 1440, "height": 900})


PERIODS = (
    ("/", ("2026-10-25", "2026-11-23"), "[", ("2026-09-25", "2026-10-24")),
    ("/", ("2026-10-25", "2026-11-23"), "]", None),
    ("/?range=month", ("2026-11-01", "2026-11-24"), "[", ("2026-10-01", "2026-10-31")),
    ("/?range=last-month", ("2026-10-01", "2026-10-31"), "]", ("2026-11-01", "2026-11-30")),
    ("/?range=week", ("2026-11-23", "2026-11-24"), "[", ("2026-11-16", "2026-11-22")),
    ("/?range=custom&from=2025-10-01&to=2025-12-31", ("2025-10-01", "2025-12-31"), "]", ("2026-01-01", "2026-03-31")),
    ("/?range=custom&from=2026-03-01&to=2026-03-10", ("2026-03-01", "2026-03-10"), "[", ("2026-02-19", "2026-02-28")),
)


def test_brackets_move_the_period_and_back_moves_it_back(answering: Answering) -> None:
    board = figures.dashboard()
    page = answering(None, {"/dashboard": board})
    page.clock.set_fixed_time(figures.NOW)
    for address, shown, key, days in PERIODS:
        board["range"] = dict(zip(("from", "to"), shown, strict=True))
        page.goto(address)
        expect(kpi(page, "Orders")).to_be_visible()
        before = page.url
        page.keyboard.press(key)
        if days is None:
            expect(page).to_have_url(before)
        else:
            expect(page).to_have_url(re.compile(rf"range=custom&from={days[0]}&to={days[1]}$"))
            page.go_back()
            expect(page).to_have_url(before)
