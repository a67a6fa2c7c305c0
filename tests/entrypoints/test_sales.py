"""Sales by mode and by reading: days, months and single orders over the same documents, their versions, and their ids."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.days import window_of
from chalicelib.domain.order_settings import SUMMARIES
from chalicelib.domain.work import DayKey
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order, refund
from tests.support.site import Site, json_at, open_site
from tests.support.system import ZONE

JUNE_30, JULY_2, JULY_3, TODAY = date(2026, 6, 30), date(2026, 7, 2), date(2026, 7, 3), date(2026, 7, 5)


def at(day: date, minutes: int = 0, days: int = 0) -> datetime:
    return window_of(day, ZONE).start_at + timedelta(days=days, minutes=minutes)


class Shop:
    """A merchant with a paired shop."""

    def __init__(self, site: Site) -> None:
        self.daybook, self.visitor = site.daybook, site.merchant()
        self.workspace = self.visitor.workspace
        self.id = self.daybook.pair_shop(self.workspace).id

    def get(self, path: str) -> dict:
        return json_at(self.visitor.get(path))

    def fill(self, day: date, *numbers: int, **more) -> None:
        self.daybook.shop.orders[day] = [order(n, line("A"), placed_at=at(day, n % 60), **more) for n in numbers]

    def sync(self, *days: date) -> None:
        connection = self.daybook.connections.get(self.workspace, self.id)
        self.daybook.pass_time(minutes=1)
        for day in days:
            self.daybook.ask_day(connection, day)
        self.daybook.work()

    def show(self, mode: str) -> None:
        seen = self.daybook.connections.get(self.workspace, self.id)
        changed = msgspec.structs.replace(seen.settings, summary=mode, version=seen.settings.version + 1)
        assert self.daybook.connections.change_settings(seen, changed)

    def read_by(self, reading: str) -> None:
        assert self.visitor.ask("PATCH", "/v1/workspace", {"reading": reading}).status_code == 200

    def totals(self) -> dict[str, dict]:
        """The totals of both lists together, by currency."""
        found: dict[str, dict] = {}
        for kind in ("summary", "individual"):
            for figures in self.get(f"/v1/sales?type={kind}")["totals"]:
                so_far = found.setdefault(figures["currency"], {})
                for name, amount in figures.items():
                    if name != "currency":
                        so_far[name] = so_far.get(name, 0) + amount
        return found

    def paged(self, path: str, of: str, limit: int) -> list[dict]:
        items, cursor = [], ""
        while cursor is not None:
            answer = self.get(f"{path}{'&' if '?' in path else '?'}limit={limit}&cursor={cursor}")
            items += answer[of]
            cursor = answer["next"]
        return items


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


@pytest.fixture
def shop(site) -> Shop:
    return Shop(site)


@pytest.fixture
def synced(shop) -> Shop:
    """Orders on June 30, July 2 and 3, today so far, and none on July 1; one refund from June into July."""
    back = refund(at(JUNE_30, days=3), line("A"))
    shop.daybook.shop.orders[JUNE_30] = [
        order(1, line("A"), line("B"), placed_at=at(JUNE_30), events=(back,)),
        order(2, placed_at=at(JUNE_30, 5), excluded="test"),
    ]
    shop.fill(JULY_2, 11, 12, 13)
    shop.fill(JULY_3, 21, 22)
    shop.fill(TODAY, 31)
    shop.sync(JUNE_30, date(2026, 7, 1), JULY_2, JULY_3, TODAY)
    return shop


# -- lists


def test_store_mode_lists_days(synced):
    page = synced.get("/v1/sales")
    assert [(item["type"], item["title"], item["day"]) for item in page["items"]] == [
        ("day", "Jul 5, 2026", "2026-07-05"),
        ("day", "Jul 3, 2026", "2026-07-03"),
        ("day", "Jul 2, 2026", "2026-07-02"),
        ("day", "Jun 30, 2026", "2026-06-30"),
    ]
    assert (page["count"], page["counts"], page["orders"]) == (4, {"summary": 4, "individual": 0}, 7)
    today = page["items"][0]
    assert (today["from"], today["to"], today["state"], today["through"]) == (
        "2026-07-05",
        "2026-07-05",
        "provisional",
        None,
    )


def test_month_mode_lists_months_that_say_how_much_of_them_is_here(synced):
    synced.show("month")
    page = synced.get("/v1/sales")
    july, june = page["items"]
    assert (july["title"], july["state"], july["through"]) == ("July 2026, through 5 Jul", "open", "2026-07-05")
    assert (july["missing_days"], july["empty_days"], july["orders"]) == (1, 1, 6)
    assert (june["title"], june["state"], june["from"], june["to"]) == (
        "June 2026",
        "final",
        "2026-06-01",
        "2026-06-30",
    )
    assert page["counts"] == {"summary": 2, "individual": 0}
    assert (july["id"], june["id"]) == (f"2026-07~{synced.id}~USD~", f"2026-06~{synced.id}~USD~")


def test_a_month_that_the_dates_cut_is_listed_whole(synced):
    synced.show("month")
    whole = {item["id"]: item for item in synced.get("/v1/sales")["items"]}
    for asked in ("from=2026-07-03", "from=2026-07-03&to=2026-07-03", "from=2026-07-02&to=2026-07-31"):
        (july,) = synced.get(f"/v1/sales?{asked}")["items"]
        assert july == whole[july["id"]]
    assert len(synced.get("/v1/sales?from=2026-06-30&to=2026-07-01")["items"]) == 2
    assert synced.get("/v1/sales?to=2026-05-31")["items"] == []


def test_individual_mode_lists_orders_with_the_totals_of_their_days(synced):
    days = synced.get("/v1/sales")
    synced.show("individual")
    page = synced.get("/v1/sales?type=individual")
    assert [listed["number"] for listed in page["orders_listed"]] == [
        "#1031",
        "#1022",
        "#1021",
        "#1013",
        "#1012",
        "#1011",
        "#1002",
        "#1001",
    ]
    assert page["totals"] == days["totals"]
    assert (page["count"], page["counts"], page["orders"]) == (8, {"summary": 0, "individual": 8}, 7)
    first, test = page["orders_listed"][-1], page["orders_listed"][-2]
    assert (first["net"]["minor"], first["total"]["minor"], first["items"]) == (5000, 5000, 2)
    assert (test["excluded"], first["customer"], first["region"]) == ("test", None, None)
    assert synced.get("/v1/sales") | {"totals": []} == {
        "items": [],
        "orders_listed": [],
        "totals": [],
        "count": 0,
        "counts": {"summary": 0, "individual": 8},
        "orders": 0,
        "found_in": [],
        "searched_from": None,
        "next": None,
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8])
def test_individual_sales_page_through_every_order_once(synced, limit):
    synced.show("individual")
    everything = synced.get("/v1/sales?type=individual")["orders_listed"]
    assert synced.paged("/v1/sales?type=individual", "orders_listed", limit) == everything
    assert len(everything) == 8


def test_a_page_of_individual_sales_opens_only_the_days_it_is_made_of(synced, monkeypatch):
    synced.show("individual")
    opened = []
    read = synced.daybook.revisions.read
    monkeypatch.setattr(
        synced.daybook.revisions, "read", lambda day, attempt: opened.append(day.day) or read(day, attempt)
    )
    page = synced.get("/v1/sales?type=individual&limit=2")
    assert opened == [TODAY, JULY_3]
    opened.clear()
    synced.get(f"/v1/sales?type=individual&limit=2&cursor={page['next']}")
    assert opened == [JULY_3, JULY_2]


def test_names_and_regions_come_with_individual_sales_where_they_are_kept(synced):
    live = synced.daybook.days.read(DayKey(synced.workspace, synced.id, JULY_3)).live
    kept = {(JULY_3, live): {"22": ("Ada Lovelace", "US-NY")}}
    synced.daybook.books.names = lambda day, attempt: kept.get((day.day, attempt), {})
    synced.show("individual")
    listed = synced.get("/v1/sales?type=individual&from=2026-07-03&to=2026-07-03")["orders_listed"]
    assert [(each["customer"], each["region"]) for each in listed] == [("Ada Lovelace", "US-NY"), (None, None)]
    assert synced.get(f"/v1/sales/{listed[0]['id']}")["order"]["customer"] == "Ada Lovelace"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(SUMMARIES), min_size=1, max_size=5), st.sampled_from(["event_day", "order_day"]))
def test_no_sequence_of_switches_moves_a_total_or_downloads_or_counts_anything(synced, modes, reading):
    synced.show("store")
    synced.read_by(reading)
    totals = synced.totals()
    fetches, usage = synced.daybook.shop.fetches, synced.get("/v1/usage")["used"]
    for mode in modes:
        synced.show(mode)
        assert synced.totals() == totals
    assert (synced.daybook.shop.fetches, synced.get("/v1/usage")["used"]) == (fetches, usage)


# -- search


@pytest.mark.parametrize(
    ("mode", "id_"),
    [("store", "2026-07-03~{}~USD~"), ("month", "2026-07~{}~USD~"), ("individual", "2026-07-03~{}~o~22")],
)
def test_a_number_is_found_in_every_mode_and_leads_to_what_the_mode_shows(synced, mode, id_):
    synced.show(mode)
    found = synced.get("/v1/sales?q=1022")
    (hit,) = found["found_in"]
    assert (hit["number"], hit["day"], hit["sale_id"]) == ("#1022", "2026-07-03", id_.format(synced.id))
    (listed,) = found["orders_listed" if mode == "individual" else "items"]
    assert listed["id"] == hit["sale_id"]
    assert synced.get(f"/v1/sales/{hit['sale_id']}")["sale"]["id"] == hit["sale_id"]


def test_many_hits_in_one_month_are_one_sale(synced):
    synced.show("month")
    found = synced.get("/v1/sales?q=10")
    assert len(found["found_in"]) == 8
    assert [item["title"] for item in found["items"]] == ["July 2026, through 5 Jul", "June 2026"]


# -- one sale of each kind


def test_a_month_has_the_lines_and_order_numbers_of_its_days(synced):
    id_ = f"2026-07~{synced.id}~USD~"
    detail = synced.get(f"/v1/sales/{id_}")
    assert detail["month"] == {
        "state": "open",
        "through": "2026-07-05",
        "days_here": 4,
        "missing": ["2026-07-04"],
        "empty": ["2026-07-01"],
        "provisional": ["2026-07-05"],
    }
    lines = synced.paged(f"/v1/sales/{id_}/lines", "items", 1)
    assert [(each["section"], each["sku"], each["quantity"]) for each in lines] == [
        ("sales", "A", 6),
        ("events", "A", -1),
    ]
    numbers = ["#1011", "#1012", "#1013", "#1021", "#1022", "#1031"]
    for limit in (1, 2, 4, 50):
        orders = synced.paged(f"/v1/sales/{id_}/orders", "items", limit)
        assert [each["number"] for each in orders] == numbers
    assert synced.get(f"/v1/sales/{orders[0]['sale_id']}")["order"]["number"] == "#1011"
    assert (detail["sale"]["orders"], detail["first_number"], detail["last_number"]) == (6, "#1011", "#1031")


def test_an_order_is_a_sale_of_its_own_with_what_happened_to_it(synced):
    id_ = f"2026-06-30~{synced.id}~o~1"
    detail = synced.get(f"/v1/sales/{id_}")
    assert (detail["sale"]["type"], detail["sale"]["title"], detail["sale"]["orders"]) == ("order", "#1001", 1)
    assert detail["figures"] == detail["order_day"] == detail["event_day"]
    assert (detail["figures"]["returns"], detail["figures"]["total"]) == (5000, 5000)
    lines = synced.get(f"/v1/sales/{id_}/lines")["items"]
    assert [(each["section"], each["sku"], each["net"]) for each in lines] == [
        ("sales", "A", 5000),
        ("sales", "B", 5000),
        ("events", "A", -5000),
    ]
    assert [each["number"] for each in synced.get(f"/v1/sales/{id_}/orders")["items"]] == ["#1001"]
    assert synced.get(f"/v1/sales/{id_}/versions")["items"] == []


@pytest.mark.parametrize(
    "id_",
    [
        "2026-07-03~{}~o~99",
        "2026-07-02~{}~o~21",
        "2026-07~{}~EUR~",
        "2026-05~{}~USD~",
        "2026-07~{}~o~21",
        "2026-7~{}~USD~",
    ],
)
def test_what_names_nothing_is_not_there(synced, id_):
    for path in ("", "/lines", "/orders", "/versions", "/versions/1"):
        assert synced.visitor.get(f"/v1/sales/{id_.format(synced.id)}{path}").status_code == 404


def test_months_and_orders_are_anothers_or_parting_alike_not_there(site, synced):
    stranger = site.merchant("stranger")
    ids = [f"2026-07~{synced.id}~USD~", f"2026-07-03~{synced.id}~o~21", f"2026-07-03~{synced.id}~USD~"]
    paths = [f"/v1/sales/{id_}{path}" for id_ in ids for path in ("", "/lines", "/orders", "/versions", "/versions/1")]
    assert {stranger.get(path).status_code for path in paths} == {404}
    connection = synced.daybook.connections.get(synced.workspace, synced.id)
    assert synced.daybook.connections.begin_parting(connection)
    assert {synced.visitor.get(path).status_code for path in paths} == {404}
    for mode in ("month", "individual"):
        synced.show(mode)
        for kind in ("summary", "individual"):
            page = synced.get(f"/v1/sales?type={kind}")
            assert (page["items"], page["orders_listed"], page["totals"], page["count"]) == ([], [], [], 0)


# -- readings


@pytest.fixture
def worked(site) -> Shop:
    """SUMS: A 2 x 50.00 and B 1 x 30.00 on July 3, one A back on July 5, B and shipping back on August 2."""
    site.daybook.pass_time(days=31)
    shop = Shop(site)
    a, b = line("A", 2, 10000, 1000, 900), line("B", 1, 3000, 300, 270)
    events = (
        refund(at(JULY_3, 60, days=2), line("A", 1, 5000, 500, 450)),
        refund(at(date(2026, 8, 2), 60), b, shipping=800, tax=350),
    )
    shop.daybook.shop.orders[JULY_3] = [order(1, a, b, placed_at=at(JULY_3), shipping=800, tax=1250, events=events)]
    shop.sync(JULY_3)
    return shop


@pytest.mark.parametrize(
    ("reading", "totals"),
    [
        ("event_day", {"2026-08-02": -3850, "2026-07-05": -4950, "2026-07-03": 13750}),
        ("order_day", {"2026-08-02": 0, "2026-07-05": 0, "2026-07-03": 4950}),
    ],
)
def test_the_worked_example_without_a_lock(worked, reading, totals):
    before = worked.daybook.outside.table._engine
    worked.read_by(reading)
    fetches, documents = worked.daybook.shop.fetches, dict(before.partition(f"DOCS#{worked.workspace}"))
    page = worked.get("/v1/sales")
    assert {item["day"]: item["total"]["minor"] for item in page["items"]} == totals
    assert [figures["total"] for figures in page["totals"]] == [4950]
    worked.show("month")
    months = {item["from"]: item["total"]["minor"] for item in worked.get("/v1/sales")["items"]}
    july = 8800 if reading == "event_day" else 4950
    assert months == {"2026-07-01": july, "2026-08-01": 4950 - july}
    assert (worked.daybook.shop.fetches, dict(before.partition(f"DOCS#{worked.workspace}"))) == (fetches, documents)


def test_the_reading_decides_figures_and_lines_and_the_detail_has_both(worked):
    id_ = f"2026-07-03~{worked.id}~USD~"
    shown = {}
    for reading in ("event_day", "order_day"):
        worked.read_by(reading)
        shown[reading] = worked.get(f"/v1/sales/{id_}")
        assert shown[reading]["reading"] == reading
        assert shown[reading]["figures"] == shown[reading][reading]
        assert shown[reading]["sale"]["total"]["minor"] == shown[reading]["figures"]["total"]
    assert [shown["event_day"][reading]["total"] for reading in ("event_day", "order_day")] == [13750, 4950]
    assert shown["order_day"]["refunds"] == 2
    lines = worked.get(f"/v1/sales/{id_}/lines")["items"]
    assert [(each["section"], each["sku"], each["quantity"]) for each in lines] == [
        ("sales", "A", 2),
        ("sales", "B", 1),
        ("events", "A", -1),
        ("events", "B", -1),
    ]
    worked.read_by("event_day")
    assert {each["section"] for each in worked.get(f"/v1/sales/{id_}/lines")["items"]} == {"sales"}


_backs = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9000), st.integers(0, 300)), max_size=3
)  # after days, goods, money without goods


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([JUNE_30, JULY_2, JULY_3]), _backs), max_size=5), st.sampled_from(SUMMARIES))
def test_both_readings_agree_to_the_cent_once_every_events_day_is_included(sold, mode):
    with open_site(Table(MemoryEngine())) as site:
        site.daybook.pass_time(days=60)
        shop = Shop(site)
        for n, (day, backs) in enumerate(sold):
            events = tuple(
                refund(at(day, k, days=after), line("A", gross=goods), unallocated=alone)
                for k, (after, goods, alone) in enumerate(backs)
            )
            shop.daybook.shop.orders.setdefault(day, []).append(order(n, placed_at=at(day, n), events=events))
        shop.sync(JUNE_30, JULY_2, JULY_3)
        shop.show(mode)
        shop.read_by("event_day")
        by_event_day = shop.totals()
        shop.read_by("order_day")
        assert shop.totals() == by_event_day


# -- lines that explain the total


def test_money_back_without_items_is_a_line_of_its_own(shop):
    back = refund(at(JULY_2, days=1), line("A", gross=1000), unallocated=700)
    alone = refund(at(JULY_2, 5, days=1), unallocated=50)
    shop.daybook.shop.orders[JULY_2] = [order(1, line("A"), line(None), placed_at=at(JULY_2), events=(back, alone))]
    shop.sync(JULY_2)
    shop.show("month")
    for id_ in (f"2026-07-03~{shop.id}~USD~", f"2026-07~{shop.id}~USD~", f"2026-07-02~{shop.id}~o~1"):
        lines = shop.paged(f"/v1/sales/{id_}/lines", "items", 1)
        *goods, last = lines
        assert (last["section"], last["kind"], last["sku"], last["title"], last["net"], last["quantity"]) == (
            "events",
            "unallocated",
            None,
            "Unallocated refund",
            -750,
            0,
        )
        assert {each["kind"] for each in goods} == {"goods"}
        figures = shop.get(f"/v1/sales/{id_}")["figures"]
        rest = ("shipping", "fees", "duties", "tips", "tax", "gift_cards_sold", "residual")
        assert sum(each["net"] for each in lines) + sum(figures[name] for name in rest) == figures["total"]


# -- versions


@pytest.fixture
def changed(shop) -> Shop:
    """July 3 in three versions: two orders, one more and one changed, then one less."""
    shop.fill(JULY_3, 21, 22)
    shop.sync(JULY_3)
    shop.fill(JULY_3, 21, 22, 23)
    shop.daybook.shop.orders[JULY_3][0] = order(21, line("B", gross=7000), placed_at=at(JULY_3, 21))
    shop.sync(JULY_3)
    shop.fill(JULY_3, 22, 23)
    shop.sync(JULY_3)
    return shop


def test_versions_tell_what_each_changed(changed):
    id_ = f"2026-07-03~{changed.id}~USD~"
    page = changed.get(f"/v1/sales/{id_}/versions")
    told = [
        (each["version"], each["total"], each["total_delta"], each["orders_added"], each["orders_removed"])
        for each in page["items"]
    ]
    assert told == [(3, 10000, -7000, 0, 1), (2, 17000, 7000, 1, 0), (1, 10000, 10000, 2, 0)]
    assert [each["orders_changed"] for each in page["items"]] == [0, 1, 0]
    assert {each["actor"] for each in page["items"]} == {"daybook"}
    assert page["currency"] == "USD"
    for limit in (1, 2):
        assert changed.paged(f"/v1/sales/{id_}/versions", "items", limit) == page["items"]


def test_a_version_names_its_orders_and_lines(changed):
    id_ = f"2026-07-03~{changed.id}~USD~"
    second = changed.get(f"/v1/sales/{id_}/versions/2")
    assert (second["before"], second["orders_added"], second["orders_changed"], second["orders_removed"]) == (
        1,
        ["#1023"],
        ["#1021"],
        [],
    )
    assert [(sku["sku"], sku["quantity_delta"], sku["net_delta"]) for sku in second["skus"]] == [("B", 1, 7000)]
    assert (second["figures"]["total"], second["delta"]["total"], second["delta"]["quantity"]) == (17000, 7000, 1)
    third = changed.get(f"/v1/sales/{id_}/versions/3")
    assert [(sku["sku"], sku["quantity_delta"], sku["net_delta"]) for sku in third["skus"]] == [("B", -1, -7000)]
    first = changed.get(f"/v1/sales/{id_}/versions/1")
    assert (first["before"], first["orders_added"], first["delta"]) == (None, ["#1021", "#1022"], first["figures"])


@pytest.mark.parametrize("number", ["0", "4", "-1", "01", "1.0", "x", "%31x"])
def test_a_version_that_never_was_is_not_there(changed, number):
    assert changed.visitor.get(f"/v1/sales/2026-07-03~{changed.id}~USD~/versions/{number}").status_code == 404


def test_orders_of_another_currency_are_not_in_a_sales_versions(shop):
    shop.fill(JULY_3, 21)
    shop.sync(JULY_3)
    shop.daybook.shop.orders[JULY_3].append(order(30, placed_at=at(JULY_3, 30), currency="CAD"))
    shop.sync(JULY_3)
    newest, _ = shop.get(f"/v1/sales/2026-07-03~{shop.id}~USD~/versions")["items"]
    assert (newest["orders_added"], newest["total_delta"]) == (0, 0)
    newest, _ = shop.get(f"/v1/sales/2026-07-03~{shop.id}~CAD~/versions")["items"]
    assert (newest["orders_added"], newest["total_delta"]) == (1, 5000)
    assert shop.get(f"/v1/sales/2026-07-03~{shop.id}~CAD~/versions/2")["orders_added"] == ["#1030"]


def test_a_gap_in_the_chain_ends_the_list(changed):
    key = DayKey(changed.workspace, changed.id, JULY_3)
    _, second, first = changed.daybook.documents.versions(key)
    changed.daybook.outside.table.delete(f"PARTS#{changed.id}#2026-07-03", f"DOC#{first.attempt}")
    changed.daybook.outside.table.delete(f"PARTS#{changed.id}#2026-07-03", f"REV#{first.base}")
    page = changed.get(f"/v1/sales/2026-07-03~{changed.id}~USD~/versions")
    assert [(each["version"], each["total_delta"]) for each in page["items"]] == [(3, -7000), (2, 17000)]
    assert changed.get(f"/v1/sales/2026-07-03~{changed.id}~USD~/versions/2")["before"] is None
    changed.daybook.outside.table.delete(f"PARTS#{changed.id}#2026-07-03", f"REV#{second.base}")
    gone = changed.get(f"/v1/sales/2026-07-03~{changed.id}~USD~/versions/3")
    assert (gone["before"], gone["orders_removed"], gone["skus"]) == (2, [], [])


def test_versions_of_a_month_compare_the_days_that_moved(shop):
    shop.fill(JUNE_30, 1, 2)
    shop.fill(date(2026, 6, 29), 5)
    shop.sync(JUNE_30, date(2026, 6, 29))
    id_ = f"2026-06~{shop.id}~USD~"
    assert shop.get(f"/v1/sales/{id_}")["sale"]["version"] == 1
    shop.fill(JUNE_30, 2, 3, 4)
    shop.sync(JUNE_30)
    newest, first = shop.get(f"/v1/sales/{id_}/versions")["items"]
    assert (newest["cause"], newest["orders_added"], newest["orders_removed"], newest["total_delta"]) == (
        "changed",
        2,
        1,
        5000,
    )
    assert (first["cause"], first["cause_text"], first["state"]) == ("first", "First summary.", "final")
    diff = shop.get(f"/v1/sales/{id_}/versions/2")
    assert (diff["orders_added"], diff["orders_removed"]) == (["#1003", "#1004"], ["#1001"])
    assert [(sku["sku"], sku["quantity_delta"]) for sku in diff["skus"]] == [("A", 1)]


def test_a_cause_and_an_actor_that_are_told_are_shown_and_an_unknown_word_as_it_is(shop, monkeypatch):
    shop.fill(JULY_3, 21)
    shop.sync(JULY_3)
    key = DayKey(shop.workspace, shop.id, JULY_3)
    version = shop.daybook.documents.read(key)
    read = shop.daybook.revisions.read
    monkeypatch.setattr(
        shop.daybook.revisions,
        "read",
        lambda day, attempt: msgspec.structs.replace(read(day, attempt), actor="owner@northwind.example"),
    )
    id_ = f"2026-07-03~{shop.id}~USD~"
    for word, text in (("late_order", "An order came in late."), ("moonlight", "moonlight")):
        told = msgspec.structs.replace(version, cause=word)
        monkeypatch.setattr(shop.daybook.documents, "read", lambda day, told=told: told)
        (shown,) = shop.get(f"/v1/sales/{id_}/versions")["items"]
        assert (shown["cause"], shown["cause_text"], shown["actor"]) == (word, text, "owner@northwind.example")
