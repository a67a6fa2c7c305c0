"""Sales by mode: days, months and single orders over the same documents, and their ids."""

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.order_settings import SUMMARIES
from chalicelib.domain.persons import Person
from chalicelib.storage.table import Table
from chalicelib.workflows import read_sales
from tests.support.memory import MemoryEngine
from tests.support.merchant import JULY_2, JULY_3, JUNE_30, TODAY, Merchant, at
from tests.support.orders import line, order, refund
from tests.support.site import Site, open_site


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


@pytest.fixture
def shop(site) -> Merchant:
    return Merchant(site)


@pytest.fixture
def synced(shop) -> Merchant:
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
    for asked in ("from=2026-07-03", "from=2026-07-04&to=2026-07-04", "from=2026-07-20&to=2026-07-31"):
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


def opened_days(synced, monkeypatch):
    """The days whose orders are read from now on."""
    opened = []
    orders = synced.daybook.revisions.orders
    monkeypatch.setattr(
        synced.daybook.revisions,
        "orders",
        lambda key, revision: opened.append(key.day) or orders(key, revision),
    )
    return opened


def test_a_page_of_individual_sales_opens_only_the_days_it_is_made_of(synced, monkeypatch):
    synced.show("individual")
    opened = opened_days(synced, monkeypatch)
    page = synced.get("/v1/sales?type=individual&limit=2")
    assert opened == [TODAY, JULY_3]
    opened.clear()
    synced.get(f"/v1/sales?type=individual&limit=2&cursor={page['next']}")
    assert opened == [JULY_3, JULY_2]


def test_names_and_regions_come_with_individual_sales_and_go_with_the_mode(synced):
    synced.daybook.shop.persons = {"22": Person("Ada Lovelace", "US-NY"), "21": Person("", "US-CA")}
    asked = "/v1/sales?type=individual&from=2026-07-03&to=2026-07-03"
    synced.show("individual")
    assert {each["customer"] for each in synced.get(asked)["orders_listed"]} == {None}, "read before the mode began"
    synced.sync(JULY_3)
    listed = synced.get(asked)["orders_listed"]
    assert [(each["customer"], each["region"]) for each in listed] == [("Ada Lovelace", "US-NY"), (None, "US-CA")]
    assert synced.get(f"/v1/sales/{listed[0]['id']}")["order"]["customer"] == "Ada Lovelace"
    synced.show("store")
    assert synced.get(f"/v1/sales/{listed[0]['id']}")["order"]["customer"] is None


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


def test_a_page_of_a_months_order_numbers_opens_only_the_days_it_is_made_of(synced, monkeypatch):
    id_ = f"2026-07~{synced.id}~USD~"
    synced.get(f"/v1/sales/{id_}")
    opened = opened_days(synced, monkeypatch)
    page = synced.get(f"/v1/sales/{id_}/orders?limit=2")
    assert opened == [JULY_2]
    opened.clear()
    page = synced.get(f"/v1/sales/{id_}/orders?limit=2&cursor={page['next']}")
    assert opened == [JULY_2, JULY_3]
    opened.clear()
    synced.get(f"/v1/sales/{id_}/orders?limit=2&cursor={page['next']}")
    assert opened == [JULY_3, TODAY]


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


def test_months_that_wait_to_be_built_are_listed_with_the_same_figures(synced, monkeypatch):
    synced.show("month")
    monkeypatch.setattr(read_sales, "REBUILT_MAX", 1)
    first, then = synced.get("/v1/sales"), synced.get("/v1/sales")
    assert [item["version"] for item in first["items"]] == [1, 0]
    assert [item["version"] for item in then["items"]] == [1, 1]
    differing = {"version", "skus"}
    for unbuilt, built in zip(first["items"], then["items"], strict=True):
        assert {name: value for name, value in unbuilt.items() if name not in differing} == {
            name: value for name, value in built.items() if name not in differing
        }
    assert first["totals"] == then["totals"]


def test_the_sale_of_a_store_whose_id_is_an_address_is_opened_as_the_page_asks_for_it(shop):
    """A WooCommerce site in a folder, on a port of its own: its id is quoted in the sale's, which the page quotes again."""
    shop.fill(JULY_3, 21, 22, store="shop.example:8443/m\u00fcnchen")
    shop.sync(JULY_3)
    (listed,) = shop.get("/v1/sales")["items"]
    assert "%2F" in listed["id"]
    address = f"/v1/sales/{quote(listed['id'], safe='')}"
    assert shop.get(address)["sale"]["id"] == listed["id"]
    for below in ("lines", "orders", "versions"):
        assert shop.get(f"{address}/{below}")["items"]


@pytest.mark.parametrize("sent", ["%FF", "2026-07-03~c~USD~%ff", "%", "%25", "%00", "..%2F..", "%2Fv1%2Fsession"])
def test_a_value_of_the_path_that_names_nothing_is_not_found(shop, sent):
    answer = shop.visitor.get(f"/v1/sales/{sent}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
