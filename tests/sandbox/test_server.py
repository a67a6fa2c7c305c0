"""The sandbox over HTTP: its pages, its lists, its searches, its price of a query, and what it refuses."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from graphql import parse

from chalicelib.channels import shopify_queries
from infra.sandbox.graph import cost_of
from infra.sandbox.oauth import CLIENT_ID, CLIENT_SECRET
from infra.sandbox.server import SHOP, Sandbox
from tests.sandbox.shops import NOON, WIDE, YESTERDAY, visit

LIST = """query ($q: String, $n: Int!, $after: String) {
  orders(query: $q, first: $n, after: $after, sortKey: PROCESSED_AT) {
    nodes { id name processedAt createdAt } pageInfo { hasNextPage endCursor }
  }
}"""
COUNT = "query ($q: String!, $limit: Int) { ordersCount(query: $q, limit: $limit) { count precision } }"
ASKED = {
    "client_id": CLIENT_ID,
    "scope": "read_orders,read_all_orders",
    "redirect_uri": "http://127.0.0.1:1/back?kind=shopify",
    "state": 'a"b',
}


@pytest.fixture(scope="module")
def shop():
    with visit() as visited:
        yield visited


def names(shop, page_size=7, query=WIDE, between=lambda: None):
    """Every name that the list gives, page after page."""
    found, after = [], None
    for _ in range(2000):
        orders = shop.ask(LIST, q=query, n=page_size, after=after)["data"]["orders"]
        found += [node["name"] for node in orders["nodes"]]
        if not orders["pageInfo"]["hasNextPage"]:
            return found
        after = orders["pageInfo"]["endCursor"]
        between()
    raise AssertionError("pages without end")


# -- lists and searches


def test_pages_of_any_size_give_the_same_list(shop):
    whole = names(shop, 250)
    assert len(whole) > 300
    assert names(shop, 7) == names(shop, 111) == whole == sorted(whole, key=lambda name: int(name[1:]))


def test_an_order_that_comes_between_two_pages_moves_no_other():
    with visit() as shop:
        before = names(shop)
        shop.sandbox.misbehave("change_between_pages", day="2026-11-02")
        shop.sandbox.misbehave("change_between_pages", day="2026-11-22")
        after = names(shop, 11)
        assert len(after) == len(set(after))
        assert set(before) < set(after)
        assert len(names(shop)) == len(before) + 2


@pytest.mark.parametrize(
    "search",
    [
        "processed_at:>='{start}' processed_at:<'{end}'",
        "processed_at:>='{start}' AND processed_at:<'{end}'",
        'processed_at:>="{start}" processed_at:<"{end}"',
        "processed_at:>={start} processed_at:<{end}",
    ],
)
def test_a_day_is_found_by_either_way_of_writing_it(shop, search):
    query = search.format(start="2026-11-23T05:00:00Z", end="2026-11-24T00:00:00-05:00")
    assert names(shop, query=query) == [order.name for order in shop.sandbox.book.orders_of(YESTERDAY)]


def test_bounds_are_kept_to_the_second(shop):
    first = shop.ask(LIST, q=WIDE, n=1)["data"]["orders"]["nodes"][0]
    at = first["processedAt"]
    counts = [
        shop.ask(COUNT, q=f"processed_at:{sign}'{at}'")["data"]["ordersCount"]["count"] for sign in ("", ">=", ">")
    ]
    assert counts[0] >= 1
    assert counts[1] == counts[0] + counts[2]


def test_one_order_is_found_by_name_and_by_id(shop):
    order = shop.sandbox.book.orders_of(YESTERDAY)[3]
    for search in (
        f"name:{order.name}",
        f"name:'{order.name[1:]}'",
        f"id:{order.id}",
        f"id:>={order.id} id:<={order.id}",
    ):
        assert names(shop, query=search) == [order.name]


def test_an_order_of_long_ago_that_changes_now_is_found_by_its_change():
    with visit() as shop:
        day = YESTERDAY - timedelta(days=80)
        order = next(order for order in shop.sandbox.book.orders_of(day) if not order.happenings and order.total > 1000)
        search = "updated_at:>='2026-11-24T16:59:00Z'"
        assert order.name not in names(shop, query=search)
        answer = shop.control("shop", refund=order.name, amount=500, day=str(day))
        assert answer.json() == {"changed": order.name}
        assert order.name in names(shop, query=search)


@pytest.mark.parametrize("search", ["status:any", "#1001", "processed_at:>='2026-11-01T00:00:00'", "processed_at:now"])
def test_a_search_that_is_not_understood_is_an_error(shop, search):
    answer = shop.ask(LIST, q=search, n=5)
    assert answer["errors"]
    assert answer["data"] is None


def test_other_sequences_are_kept_or_refused(shop):
    listed = "query ($q: String, $key: OrderSortKeys) { orders(first: 250, query: $q, sortKey: $key) { nodes { createdAt } } }"
    created = [node["createdAt"] for node in shop.ask(listed, q=WIDE, key="CREATED_AT")["data"]["orders"]["nodes"]]
    assert created == sorted(created)
    assert "not known here" in shop.ask(listed, q=WIDE, key="CUSTOMER_NAME")["errors"][0]["message"]


def test_more_than_a_page_holds_and_cursors_of_others_are_refused(shop):
    assert shop.ask(LIST, q=WIDE, n=251)["errors"]
    assert shop.ask(LIST, q=WIDE, n=5, after="bm90IG91cnM=")["errors"]


def test_a_count_may_stop_at_its_limit(shop):
    assert shop.ask(COUNT, q=WIDE, limit=5)["data"]["ordersCount"] == {"count": 5, "precision": "AT_LEAST"}
    exact = shop.ask(COUNT, q=WIDE, limit=None)["data"]["ordersCount"]
    assert exact == {"count": len(names(shop, 250)), "precision": "EXACT"}


# -- what a query costs


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        (shopify_queries.ORDERS, {}, 926),
        (shopify_queries.ORDERS_AND_REGIONS, {}, 937),
        (shopify_queries.ORDERS_AND_PERSONS, {}, 948),
        (shopify_queries.LINES, {}, 1 + 2 + shopify_queries.LINES_PER_PAGE * 10),
        (shopify_queries.COUNT, {}, 1),
        (shopify_queries.SHOP, {}, 1),
        (shopify_queries.AGREEMENTS, {"ids": ["1"], "agreements": 1, "sales": 100}, 5 + 3 + 100 * 9),
    ],
)
def test_a_query_costs_what_shopify_says(query, variables, cost):
    assert cost_of(parse(query), variables) == cost


def test_every_query_of_ours_stays_under_the_most_that_one_may_cost(shop):
    agreements, sales = shopify_queries.AGREEMENTS_OF_MANY[1:]
    ids = [f"gid://shopify/Order/{order.id}" for order in shop.sandbox.book.orders_of(YESTERDAY)[:4]]
    answer = shop.ask(shopify_queries.AGREEMENTS, ids=ids, agreements=agreements, sales=sales)
    assert [node["id"] for node in answer["data"]["nodes"]] == ids
    assert answer["extensions"]["cost"]["requestedQueryCost"] <= 1000
    assert shop.ask(shopify_queries.AGREEMENTS, ids=ids, agreements=50, sales=50)["errors"][0]["extensions"] == {
        "code": "MAX_COST_EXCEEDED"
    }


def test_the_bucket_says_what_is_left_and_refuses_when_empty():
    with visit(restore_rate=50) as shop:
        left = [shop.ask(shopify_queries.ORDERS, query=WIDE) for _ in range(3)]
        status = left[0]["extensions"]["cost"]["throttleStatus"]
        assert (status["maximumAvailable"], status["restoreRate"]) == (1000, 50)
        assert left[-1]["errors"][0]["extensions"]["code"] == "THROTTLED"
        assert "data" not in left[-1]


# -- the sign-in


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: dict[str, dict[str, str | None]] = {}
        self.fields: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] = dict(attrs)
        if tag == "input":
            self.fields[dict(attrs)["name"]] = dict(attrs)["value"]


@pytest.mark.parametrize("answer", ["allow", "decline"])
def test_the_page_leads_back_with_a_signature(shop, answer):
    text = shop.session.get(f"{shop.admin}/oauth/authorize", params=ASKED, timeout=10).text
    page = _Page(text)
    assert page.tags["html"]["lang"] == "en"
    assert {"title", "main", "h1", "button"} <= page.tags.keys()
    assert page.fields == ASKED
    form = {**page.fields, "answer": answer}
    origin = {"Origin": shop.sandbox.url}
    url = shop.sandbox.url + page.tags["form"]["action"]
    back = shop.session.post(url, form, headers=origin, allow_redirects=False, timeout=10)
    came = dict(parse_qsl(urlsplit(back.headers["Location"]).query))
    assert back.status_code == 302
    assert came["state"] == ASKED["state"]
    assert came["kind"] == "shopify"
    assert ("code" in came, came.get("error")) == ((True, None) if answer == "allow" else (False, "access_denied"))
    assert re.fullmatch("[0-9a-f]{64}", came["hmac"])


@pytest.mark.parametrize("change", [{"client_id": "other"}, {"redirect_uri": "javascript:alert(1)"}])
def test_a_page_for_another_app_or_to_no_page_is_refused(shop, change):
    answer = shop.session.get(f"{shop.admin}/oauth/authorize", params=ASKED | change, timeout=10)
    assert answer.status_code == 400


def refresh(shop, token):
    fields = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "grant_type": "refresh_token",
        "refresh_token": token,
    }
    return requests.post(f"{shop.admin}/oauth/access_token", json=fields, timeout=10)


def test_a_lost_answer_to_a_refresh_leaves_the_old_token_good():
    with visit() as shop:
        first = shop.sandbox.oauth.grant("read_orders")
        shop.sandbox.misbehave("lost_refresh_answer")
        with pytest.raises(requests.ConnectionError):
            refresh(shop, first["refresh_token"])
        again = refresh(shop, first["refresh_token"])
        assert again.status_code == 200
        assert refresh(shop, again.json()["refresh_token"]).status_code == 200
        assert refresh(shop, first["refresh_token"]).status_code == 400


def test_tokens_and_their_order_survive_a_restart(tmp_path):
    state = tmp_path / "sandbox.json"
    with visit(state=state) as shop:
        first = shop.sandbox.oauth.grant("read_orders")
        second = refresh(shop, first["refresh_token"]).json()
        shop.token = second["access_token"]
        assert shop.ask(COUNT, q=WIDE)["data"]
    with visit(state=state) as shop:
        shop.token = second["access_token"]
        assert shop.ask(COUNT, q=WIDE)["data"]
        assert refresh(shop, first["refresh_token"]).status_code == 400
        assert refresh(shop, second["refresh_token"]).status_code == 200


def test_a_token_that_is_none_is_refused(shop):
    answer = requests.post(f"{shop.admin}/api/2026-10/graphql.json", json={"query": "{ shop { name } }"}, timeout=10)
    assert answer.status_code == 401


# -- trouble, and strangers


def test_a_fault_comes_as_often_as_asked_and_then_no_more():
    with visit() as shop:
        assert shop.control("misbehave", kind="429", times=2, retry_after="7").json() == {"waiting": 2}
        answers = [shop.post(COUNT, q=WIDE) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [429, 429, 200]
        assert answers[0].headers["Retry-After"] == "7"
        shop.control("misbehave", kind="429")
        assert "Retry-After" not in shop.post(COUNT, q=WIDE).headers


def test_a_count_can_be_wrong_and_an_answer_late():
    with visit() as shop:
        right = shop.ask(COUNT, q=WIDE)["data"]["ordersCount"]["count"]
        shop.control("misbehave", kind="wrong_count")
        assert shop.ask(COUNT, q=WIDE)["data"]["ordersCount"]["count"] == right + 1
        assert shop.ask(COUNT, q=WIDE)["data"]["ordersCount"]["count"] == right
        shop.control("misbehave", kind="slow", seconds=0.2)
        began_at = time.monotonic()
        shop.ask(COUNT, q=WIDE)
        assert time.monotonic() - began_at >= 0.2


@pytest.mark.parametrize("wish", [{"kind": "sulk"}, {}])
def test_a_fault_that_is_not_known_is_refused(shop, wish):
    assert shop.control("misbehave", **wish).status_code == 400


@pytest.mark.parametrize("path", ["/_sandbox/ledger?from=2026-11-01&to=2026-11-02", "/", f"/{SHOP}/admin/api"])
def test_pages_of_other_sites_reach_nothing(shop, path):
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert requests.get(shop.sandbox.url + path, headers=elsewhere, timeout=10).status_code == 403
    assert requests.post(shop.sandbox.url + path, json={}, headers=elsewhere, timeout=10).status_code == 403


def test_the_ledger_answers_for_a_range_of_days(shop):
    url = f"{shop.sandbox.url}/_sandbox/ledger"
    answer = shop.session.get(url, params={"from": "2026-11-01", "to": "2026-11-23"}, timeout=10).json()
    assert answer["orders"] > 300
    assert answer["net_minor"] == sum(answer["net_by_currency"].values())
    assert shop.session.get(url, params={"from": "2026-11-01"}, timeout=10).status_code == 400


def test_a_question_that_is_none_is_a_400_and_the_connection_goes_on(shop):
    headers = {"X-Shopify-Access-Token": shop.token}
    url = f"{shop.admin}/api/2026-10/graphql.json"
    assert shop.session.post(url, data=b"{", headers=headers, timeout=10).status_code == 400
    assert "errors" in shop.ask("query { orders(first: 1) { nodes { nothing } } }")
    assert shop.ask(COUNT, q=WIDE)["data"]


def test_two_threads_that_ask_at_once_see_the_same_numbers():
    with Sandbox(now_s=lambda: NOON) as one, Sandbox(now_s=lambda: NOON) as other, ThreadPoolExecutor(8) as pool:
        days = [date(2026, 9, 1) + timedelta(days=n) for n in range(16)]
        together = list(pool.map(one.book.orders_of, days))
        assert together == [other.book.orders_of(day) for day in days]


def test_two_lists_read_at_once_stay_apart(shop):
    queries = [
        f"processed_at:>='2026-11-{day:02}T05:00:00Z' processed_at:<'2026-11-{day + 1:02}T05:00:00Z'" for day in (9, 10)
    ]
    alone = [shop.sandbox.graph.answer(LIST, {"q": q, "n": 250}, sees_all=True)["data"] for q in queries]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            asked = [
                pool.submit(shop.sandbox.graph.answer, LIST, {"q": q, "n": 250}, sees_all=True) for q in queries * 2
            ]
            assert [each.result()["data"] for each in asked] == alone * 2
