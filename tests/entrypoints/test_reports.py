"""Reports and the dashboard over HTTP: each figure is the sum over the shop's orders, told by another path than the product's."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from chalicelib.domain.connections import Connection
from chalicelib.domain.days import day_of, days_between, window_of
from chalicelib.domain.orders import Order
from chalicelib.domain.persons import Person
from chalicelib.entrypoints.api_dashboard import average_order
from chalicelib.storage.table import Table
from chalicelib.workflows.read_reports import Sum
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order, refund
from tests.support.people import PASSWORD
from tests.support.site import Site, Visitor, json_at, open_site
from tests.support.system import ZONE

FIRST, TODAY = date(2026, 5, 20), date(2026, 7, 5)
REGIONS = ("US-NY", "US-CA", "DE", "", "US")


class Shopping:
    """A merchant with one shop, whose orders of seven weeks are all in."""

    def __init__(self, site: Site) -> None:
        self.daybook = site.daybook
        self.owner: Visitor = site.merchant()
        self.connection: Connection = self.daybook.pair_shop(self.owner.workspace)
        self.orders: list[Order] = []
        for n, day in enumerate(days_between(FIRST, TODAY - timedelta(days=1))):
            self.daybook.shop.orders[day] = self._day(n, day)
            self.orders += self.daybook.shop.orders[day]

    def _day(self, n: int, day: date) -> list[Order]:
        start = window_of(day, ZONE).start_at
        if n % 6 == 5:
            return []
        made = []
        for k in range(n % 4 + 1):
            number = n * 10 + k
            lines = [line(f"SKU-{number % 7}", 1 + number % 3, 1000 + 37 * number, number % 90)]
            if number % 5 == 0:
                lines.append(line(None, 1, 700))
            back = refund(start + timedelta(days=number % 9, hours=3), lines[0]) if number % 3 == 0 else None
            # What was taken back later than yesterday has not happened yet.
            late = back is not None and day_of(back.at, ZONE) >= TODAY
            made.append(
                order(
                    number,
                    *lines,
                    events=(back,) if back is not None and not late else (),
                    placed_at=start + timedelta(hours=1, minutes=k),
                    currency="CAD" if number % 8 == 7 else "USD",
                    excluded="test" if number % 11 == 10 else None,
                    status="pending" if number % 4 == 3 else "paid",
                    region=REGIONS[number % 5],
                )
            )
        return [each if each.excluded is None else msgspec.structs.replace(each, events=()) for each in made]

    def sync(self) -> "Shopping":
        for day in days_between(FIRST, TODAY - timedelta(days=1)):
            self.daybook.ask_day(self.connection, day)
        assert set(self.daybook.work()) == {"published"}
        return self

    def sync_again(self) -> None:
        for day in days_between(FIRST, TODAY - timedelta(days=1)):
            self.daybook.ask_day(self.connection, day)
        self.daybook.work()

    def get(self, path: str) -> dict[str, Any]:
        return json_at(self.owner.get(path))

    # -- by another path: straight from the orders

    def net(self, first: date, last: date, currency: str = "USD", reading: str = "event_day") -> int:
        return sum(net for _, net, *_ in self.facts(first, last, currency, reading))

    def facts(
        self, first: date, last: date, currency: str = "USD", reading: str = "event_day"
    ) -> Iterator[tuple[date, int, int, Order, Any]]:
        """Each sale and event of the range: its day, net, count of orders, order and lines."""
        for each in self.orders:
            placed = day_of(each.placed_at, ZONE)
            if each.currency != currency:
                continue
            if each.excluded is None and first <= placed <= last:
                yield placed, each.amounts.net, 1, each, each.lines
            for event in each.events:
                on = day_of(event.at, ZONE) if reading == "event_day" else placed
                if first <= on <= last:
                    yield on, event.amounts.net, 0, each, event.lines


@pytest.fixture
def shopping() -> Iterator[Shopping]:
    with open_site(Table(MemoryEngine())) as site:
        yield Shopping(site).sync()


def currency_of(report: dict[str, Any], currency: str = "USD") -> dict[str, Any]:
    return next(each for each in report["currencies"] if each["currency"] == currency)


@pytest.mark.parametrize("reading", ["event_day", "order_day"])
@pytest.mark.parametrize("by", ["day", "week", "month"])
@pytest.mark.parametrize(("first", "last"), [(date(2026, 6, 10), date(2026, 7, 2)), (date(2026, 5, 25), TODAY)])
def test_sales_are_the_sums_over_the_orders(shopping, reading, by, first, last):
    shopping.owner.ask("PATCH", "/v1/workspace", {"reading": reading})
    report = shopping.get(f"/v1/reports/sales?range=custom&from={first}&to={last}&by={by}")
    assert [each["currency"] for each in report["currencies"]] == ["USD", "CAD"]
    periods = [date.fromisoformat(day) for day in report["periods"]]
    before = first - timedelta(days=(last - first).days + 1), first - timedelta(days=1)
    assert report["previous"] == {"from": str(before[0]), "to": str(before[1])}
    assert periods[0] == first
    for currency in ("USD", "CAD"):
        said = currency_of(report, currency)
        nets, orders = [0] * len(periods), [0] * len(periods)
        for day, net, count, *_ in shopping.facts(first, last, currency, reading):
            place = max(n for n, begins in enumerate(periods) if begins <= day)
            nets[place] += net
            orders[place] += count
        assert [row["net"] for row in said["rows"]] == nets
        assert [row["orders"] for row in said["rows"]] == orders
        assert [series["values"] for series in said["series"]] == [nets]
        assert said["total"]["net"] == said["figures"]["net_sales"] == sum(nets)
        assert said["previous_total"]["net"] == sum(said["previous"]) == shopping.net(*before, currency, reading)


@pytest.mark.parametrize("reading", ["event_day", "order_day"])
@pytest.mark.parametrize(("first", "last"), [("2026-05-28", "2026-07-02"), ("2026-06-01", "2026-06-30")])
def test_skus_are_the_sums_over_the_lines(shopping, reading, first, last):
    shopping.owner.ask("PATCH", "/v1/workspace", {"reading": reading})
    report = shopping.get(f"/v1/reports/skus?range=custom&from={first}&to={last}&compare=none")
    for _ in range(2):  # the second time out of what the process keeps
        for currency in ("USD", "CAD"):
            sums: dict[str | None, int] = {}
            for _, _, _, _, lines in shopping.facts(
                date.fromisoformat(first), date.fromisoformat(last), currency, reading
            ):
                for each in lines:
                    sums[each.sku] = sums.get(each.sku, 0) + each.net
            rows = currency_of(report, currency)["rows"]
            assert {row["sku"]: row["net"] for row in rows} == sums
            assert [row["net"] for row in rows] == sorted((row["net"] for row in rows), reverse=True)
        report = shopping.get(f"/v1/reports/skus?range=custom&from={first}&to={last}&compare=none")


def test_a_whole_month_comes_from_its_roll_up_and_says_the_same(shopping):
    asked = "range=custom&from=2026-05-25&to=2026-07-02&compare=none"
    by_days = [shopping.get(f"/v1/reports/{report}?{asked}") for report in ("skus", "states")]
    assert shopping.daybook.months.read(shopping.connection, date(2026, 6, 1)) is not None
    shopping.daybook.__dict__.pop("read_reports")
    assert [shopping.get(f"/v1/reports/{report}?{asked}") for report in ("skus", "states")] == by_days


def test_others_are_what_is_not_shown(shopping):
    read = shopping.daybook.read_reports
    workspace = shopping.daybook.change.read_workspace(shopping.owner.workspace)
    from chalicelib.workflows.read_reports import ReportAsked

    every = read.skus(read.read(workspace, ReportAsked()), shown=None)[0]
    some = read.skus(read.read(workspace, ReportAsked()), shown=2)[0]
    assert some.others_count == len(every.rows) - 2
    assert some.others.net + sum(row.now.net for row in some.rows) == sum(row.now.net for row in every.rows)


def test_channels_are_stores_with_their_sums(shopping):
    report = shopping.get("/v1/reports/channels?range=30d")
    first, last = date(2026, 6, 5), date(2026, 7, 4)
    assert report["range"] == {"from": str(first), "to": str(last)}
    (row,) = currency_of(report)["rows"]
    assert (row["net"], row["store"]) == (shopping.net(first, last), "Northwind Supply")
    assert row["orders"] == sum(count for _, _, count, *_ in shopping.facts(first, last))
    assert sum(row["values"]) == row["net"]


@pytest.mark.parametrize("reading", ["event_day", "order_day"])
@pytest.mark.parametrize(("first", "last"), [("2026-06-01", "2026-06-30"), ("2026-05-25", "2026-07-03")])
def test_states_are_where_orders_went_in_every_mode(shopping, reading, first, last):
    shopping.owner.ask("PATCH", "/v1/workspace", {"reading": reading})
    said = currency_of(shopping.get(f"/v1/reports/states?range=custom&from={first}&to={last}"))
    sums: dict[str, list[int]] = {region: [0, 0] for region in REGIONS}
    for _, net, count, each, _ in shopping.facts(date.fromisoformat(first), date.fromisoformat(last), reading=reading):
        sums[each.region][0] += net
        sums[each.region][1] += count
    told = {row["state"]: [row["net"], row["orders"]] for row in said["rows"]}
    assert told == {"NY": sums["US-NY"], "CA": sums["US-CA"]}
    assert [said["outside"][name] for name in ("net", "orders")] == sums["DE"]
    nowhere = [a + b for a, b in zip(sums[""], sums["US"], strict=True)]
    assert [said["unknown"][name] for name in ("net", "orders")] == nowhere


def test_a_locked_period_is_reported_under_the_reading_it_was_locked_under(shopping):
    first, last = date(2026, 6, 1), date(2026, 6, 30)
    shopping.owner.ask("PATCH", "/v1/workspace", {"locked_through": str(last)})
    shopping.owner.ask("PATCH", "/v1/workspace", {"reading": "order_day"})
    asked = f"/v1/reports/sales?range=custom&from={first}&to={last}&compare=none"
    assert currency_of(shopping.get(asked))["total"]["net"] == shopping.net(first, last)
    states = currency_of(shopping.get(f"/v1/reports/states?range=custom&from={first}&to={last}&compare=none"))
    parts = [*states["rows"], states["unknown"], states["outside"]]
    assert sum(part["net"] for part in parts) == shopping.net(first, last)


def test_customers_are_ranked_by_what_they_bought_and_told_new_from_returning(shopping):
    answer = shopping.owner.get("/v1/reports/customers")
    assert (answer.status_code, answer.json_body["type"]) == (409, "needs-individual")
    shopping.connection = shopping.daybook.switch(shopping.connection, "individual")
    names = ("Harbor Cafe", "Pine Books", "")
    shopping.daybook.shop.persons = {
        each.id: Person(names[int(each.id) % 3], "US-NY") for each in shopping.orders if int(each.id) % 4
    }
    shopping.sync_again()
    first, last = date(2026, 6, 20), date(2026, 7, 3)
    said = currency_of(shopping.get(f"/v1/reports/customers?range=custom&from={first}&to={last}"))
    wanted: dict[str, list[int]] = {}
    for _, net, count, each, _ in shopping.facts(date(2026, 1, 1), TODAY, reading="order_day"):
        if first <= day_of(each.placed_at, ZONE) <= last:
            who = shopping.daybook.shop.persons.get(each.id)
            sums = wanted.setdefault(who.name if who else "", [0, 0])
            sums[0] += net
            sums[1] += count
    unnamed = wanted.pop("", [0, 0])
    assert {row["customer"]: [row["net"], row["orders"]] for row in said["rows"]} == wanted
    assert [said["unnamed"]["net"], said["unnamed"]["orders"]] == unnamed
    assert [row["net"] for row in said["rows"]] == sorted((row["net"] for row in said["rows"]), reverse=True)
    assert said["new_customers"] == 0
    early = currency_of(shopping.get(f"/v1/reports/customers?range=custom&from={FIRST}&to={last}"))
    assert early["new_customers"] == early["customers"] == 2


def test_the_dashboard_says_all_of_it_at_once(shopping):
    page = shopping.get("/v1/dashboard?range=7d&compare=previous")
    first, last = date(2026, 6, 28), date(2026, 7, 4)
    kpis = {each["name"]: each for each in page["kpis"][0]["items"]}
    orders = sum(count for _, _, count, *_ in shopping.facts(first, last))
    assert kpis["net_sales"]["value"] == shopping.net(first, last) == sum(kpis["net_sales"]["spark"])
    assert kpis["net_sales"]["previous"] == shopping.net(date(2026, 6, 21), date(2026, 6, 27))
    assert kpis["orders"]["value"] == orders
    assert abs(2 * (kpis["average_order"]["value"] * orders - shopping.net(first, last))) <= orders
    assert page["through_day"] == "2026-07-04"
    assert [each["state"] for each in page["connections"]] == ["in_sync"]
    assert len(page["latest"]) == 5
    assert page["latest"] == shopping.get("/v1/sales?limit=5")["items"]
    top = currency_of(shopping.get("/v1/reports/skus?range=7d"))["rows"]
    assert [row["sku"] for row in page["skus"][0]["rows"]] == [row["sku"] for row in top[:5]]
    assert page["usage"] == shopping.get("/v1/usage")
    assert page["problems"] == []


@pytest.mark.parametrize(
    ("net", "orders", "average"),
    [
        (0, 0, None),
        (700, 0, None),
        (0, 3, 0),
        (1, 3, 0),
        (2, 3, 1),
        (5, 2, 3),
        (-5, 2, -3),
        (-1, 3, 0),
        (-2, 3, -1),
        (2**53 + 1, 2, 2**52 + 1),
        (10**17 + 1, 1, 10**17 + 1),
    ],
)
def test_an_average_is_exact_and_halves_go_away_from_zero(net, orders, average):
    assert average_order(Sum(net, orders)) == average


def test_a_dashboard_of_nothing_is_all_zeros_in_the_workspaces_currency():
    with open_site(Table(MemoryEngine())) as site:
        owner = site.merchant()
        page = json_at(owner.get("/v1/dashboard"))
        assert [each["currency"] for each in page["kpis"]] == ["USD"]
        assert [each["value"] for each in page["kpis"][0]["items"]] == [0, 0, 0, None]
        assert (page["through_day"], page["latest"], page["connections"]) == (None, [], [])
        for report in ("sales", "skus", "channels", "states"):
            assert json_at(owner.get(f"/v1/reports/{report}"))["through_day"] is None


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("range=custom", "from"),
        ("range=custom&from=2026-07-03", "to"),
        ("range=custom&from=2026-07-03&to=2026-07-02", "to"),
        ("range=custom&from=2020-07-03&to=2026-07-02", "from"),
        ("range=7d&from=2026-07-03", "range"),
        ("range=decade", "range"),
        ("compare=never", "compare"),
    ],
)
def test_a_range_that_cannot_be_is_refused_by_its_field(shopping, asked, field):
    for path in ("/v1/dashboard", "/v1/reports/sales", "/v1/reports/states"):
        answer = shopping.owner.get(f"{path}?{asked}")
        assert (answer.status_code, field in answer.json_body["fields"]) == (400, True), path


def test_usage_tells_months_and_where_the_year_goes(shopping):
    shopping.daybook.plan_year = lambda workspace, at: "2026-07-05"  # the year of the sign-up
    shopping.daybook.__dict__.pop("sync_day")
    later = [order(9000 + n, placed_at=window_of(TODAY, ZONE).start_at + timedelta(minutes=n)) for n in range(3)]
    shopping.daybook.shop.orders[TODAY] = later
    shopping.daybook.pass_time(days=10)
    shopping.daybook.ask_day(shopping.connection, TODAY)
    assert shopping.daybook.work() == {"published": 1}
    shopping.owner.post("/v1/session", {"email": "owner@northwind.example", "password": PASSWORD})
    usage = shopping.get("/v1/usage")
    assert (usage["used"], usage["months"]) == (3, [{"month": "2026-07", "orders": 3}])
    left = (date(2027, 7, 4) - date(2026, 7, 15)).days
    assert usage["forecast"] == 3 + round(3 / 28 * left)


def test_sales_are_filtered_by_store_and_state_and_sorted(shopping):
    every = shopping.get("/v1/sales?limit=200")["items"]
    falling = shopping.get("/v1/sales?limit=200&sort=-net")
    assert [each["net"]["minor"] for each in falling["items"]] == sorted(
        (each["net"]["minor"] for each in every), reverse=True
    )
    paged, cursor = [], ""
    while cursor is not None:
        page = shopping.get(f"/v1/sales?limit=7&sort=orders&cursor={cursor}")
        paged += page["items"]
        cursor = page["next"]
    assert sorted(each["id"] for each in paged) == sorted(each["id"] for each in every)
    assert [each["orders"] for each in paged] == sorted(each["orders"] for each in every)
    assert shopping.get("/v1/sales?store=elsewhere")["items"] == []
    assert shopping.get("/v1/sales?status=final")["count"] == len(every)
    provisional = shopping.get("/v1/sales?status=provisional")
    assert (provisional["items"], provisional["totals"]) == ([], [])


def test_individual_sales_are_filtered_by_the_channels_word_with_their_own_totals(shopping):
    shopping.daybook.switch(shopping.connection, "individual")
    found = shopping.get("/v1/sales?type=individual&status=pending&limit=200")
    wanted = [each for each in shopping.orders if each.status == "pending"]
    assert {each["number"] for each in found["orders_listed"]} == {each.number for each in wanted}
    assert found["count"] == len(wanted)
    gross = sum(each.amounts.gross for each in wanted if each.excluded is None and each.currency == "USD")
    assert next(each["gross"] for each in found["totals"] if each["currency"] == "USD") == gross
    refused = shopping.owner.get("/v1/sales?type=individual&sort=net")
    assert (refused.status_code, list(refused.json_body["fields"])) == (400, ["sort"])
