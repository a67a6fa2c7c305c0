"""The Shopify client over a real socket: paging, pacing, and what it makes of every answer that is not a good one."""

import copy
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from chalicelib import errors
from chalicelib.channels import shopify_queries, shopify_wire
from chalicelib.domain.days import Window
from chalicelib.domain.persons import Person
from infra.sandbox.graph import SLICE
from tests.support.shopify import (
    agreement,
    bag,
    client,
    connection,
    cost,
    ledger,
    ledgers,
    line,
    order,
    orders_page,
    sale,
    shipping,
)

A_DAY = Window(datetime(2026, 7, 3, 4, tzinfo=UTC), datetime(2026, 7, 4, 4, tzinfo=UTC))
DOCUMENTS = {
    name: text
    for name, text in vars(shopify_queries).items()
    if isinstance(text, str) and re.fullmatch("[A-Z][A-Z_]+", name)
}
REGIONS, PERSONS = "ORDERS_AND_REGIONS", "ORDERS_AND_PERSONS"
# The whole published schema (npm's @shopify/dev-mcp), where a folder beside this one holds it.
SCHEMAS = [SLICE, *Path(__file__).parents[3].glob("*/contracts/shopify/admin_2026-10.graphql")]


def fetched(channel, cursor=None, window=A_DAY):
    return [order for page in channel.fetch_pages(window, cursor) for order in page.orders]


def at(hour: int, minute: int = 0, second: int = 0) -> str:
    return f"2026-07-03T{hour:02}:{minute:02}:{second:02}Z"


def plain(n: int, processed_at: str = at(12)):
    return order("5.00", [line("A", "5.00")], n=n, processedAt=processed_at)


# --- the questions


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_every_question_fits_the_published_schema(path):
    schema = build_schema(path.read_text(), assume_valid=True, no_location=True)
    assert len(DOCUMENTS) == 10
    for name, text in DOCUMENTS.items():
        if path == SLICE and schema.mutation_type is None and "mutation" in text:
            continue  # the sandbox shop cannot be left
        assert validate(schema, parse(text)) == [], name


def test_no_question_of_summary_mode_asks_about_a_person():
    texts = [text for name, text in DOCUMENTS.items() if name not in (REGIONS, PERSONS)]
    words = {word.lower() for text in texts for word in re.findall(r"\w+", text)}
    asked = {"customer", "email", "phone", "note", "clientip", "user", "firstname", "lastname"}
    assert not words & asked
    assert not [word for word in words if "address" in word or "country" in word or "province" in word]


def without(name: str, asked: str) -> list[str]:
    before, found, after = DOCUMENTS[name].partition(asked)
    assert found
    return (before + after).split()


def test_every_mode_asks_for_the_country_and_state_of_an_order_and_nothing_else_of_its_address():
    assert without(REGIONS, "shippingAddress { countryCodeV2 provinceCode }") == DOCUMENTS["ORDERS"].split()


def test_the_question_of_individual_mode_asks_for_a_name_and_a_region_beside_that_and_nothing_else():
    assert without(PERSONS, "displayAddress { name countryCodeV2 provinceCode }") == DOCUMENTS[REGIONS].split()


@pytest.mark.parametrize(
    ("told", "region"),
    [
        ({"countryCodeV2": "US", "provinceCode": "NY", "city": "Troy"}, "US-NY"),
        ({"countryCodeV2": "US", "provinceCode": None}, "US"),
        ({"countryCodeV2": "CA", "provinceCode": "ON"}, "CA"),
        ({"countryCodeV2": None, "provinceCode": None}, ""),
        (None, ""),
    ],
)
def test_an_order_says_where_it_goes_in_every_mode(shop, told, region):
    node = plain(1) | {"shippingAddress": told}
    shop.answers(orders_page([node]))
    shop.answers(orders_page([node | {"displayAddress": None}]))
    assert [order.region for order in fetched(client(shop.url))] == [region]
    assert [order.region for order in fetched(client(shop.url, persons=True))] == [region]


def test_an_app_that_may_not_read_addresses_reads_orders_without_a_region(shop):
    shop.answers(DENIED)
    shop.answers(orders_page([plain(1)], "c1"))
    shop.answers(orders_page([plain(2)]))
    assert [order.region for order in fetched(client(shop.url))] == ["", ""]
    asked = [question["query"] for question in shop.questions()]
    assert asked == [DOCUMENTS[REGIONS], DOCUMENTS["ORDERS"], DOCUMENTS["ORDERS"]]


def test_customers_come_with_their_page_if_they_are_asked_for(shop):
    told = {"name": "Harbor Cafe", "countryCodeV2": "US", "provinceCode": "NY", "city": "Troy"}
    abroad = {"name": None, "countryCodeV2": "CA", "provinceCode": "ON"}
    nodes = [plain(n) | {"displayAddress": address} for n, address in ((1, told), (2, abroad), (3, None))]
    shop.answers(orders_page(nodes))
    (page,) = client(shop.url, persons=True).fetch_pages(A_DAY)
    assert page.persons == {"1": Person("Harbor Cafe", "US-NY"), "2": Person("", "CA")}
    assert page.orders == next(client(shop.url).fetch_pages(A_DAY)).orders
    assert [question["query"] for question in shop.questions()] == [DOCUMENTS[PERSONS], DOCUMENTS[REGIONS]]


def test_customers_that_the_shop_tells_unasked_are_not_read(shop):
    told = {"name": "Harbor Cafe", "countryCodeV2": "US", "provinceCode": "NY"}
    shop.answers(orders_page([plain(1) | {"displayAddress": told}]))
    (page,) = client(shop.url).fetch_pages(A_DAY)
    assert page.persons is None


DENIED = {"errors": [{"message": "This app is not approved.", "extensions": {"code": "ACCESS_DENIED"}}], "data": None}


def test_an_app_that_may_not_read_customers_still_reads_the_orders(shop):
    shop.answers(DENIED)
    shop.answers(DENIED)
    shop.answers(orders_page([plain(1)], "c1"))
    shop.answers(orders_page([plain(2)]))
    pages = list(client(shop.url, persons=True).fetch_pages(A_DAY))
    assert [(page.orders[0].id, page.persons) for page in pages] == [("1", None), ("2", None)]
    asked = [question["query"] for question in shop.questions()]
    assert asked == [DOCUMENTS[PERSONS], DOCUMENTS[REGIONS], DOCUMENTS["ORDERS"], DOCUMENTS["ORDERS"]]


def test_an_app_that_may_read_nothing_has_to_sign_in_again(shop):
    shop.answers(DENIED)
    with pytest.raises(errors.AuthExpired):
        list(client(shop.url, persons=True).fetch_pages(A_DAY))


def test_a_customer_of_another_form_is_an_unreadable_answer(shop):
    shop.answers(orders_page([plain(1) | {"displayAddress": "Harbor Cafe"}]))
    with pytest.raises(errors.UnreadablePayload) as caught:
        list(client(shop.url, persons=True).fetch_pages(A_DAY))
    assert "Harbor" not in str(caught.value)


def test_a_page_costs_what_the_arithmetic_says():
    q = shopify_queries
    line_cost = 1 + 2 + 1 + 3 + 3
    order_cost = 14 + (2 + 1 + 2 + 3) + (2 + q.LINES_PER_ORDER * line_cost)
    assert 2 + q.ORDERS_PER_PAGE * order_cost == 926
    assert 2 + q.ORDERS_PER_PAGE * (order_cost + 1) == 937
    assert 2 + q.ORDERS_PER_PAGE * (order_cost + 2) == 948
    assert 3 + q.LINES_PER_PAGE * line_cost == 903
    assert (2 + q.CHANGES_PER_PAGE, 1 + q.NAMED_MAX) == (252, 51)
    for orders, agreements, sales in (q.AGREEMENTS_OF_MANY, q.AGREEMENTS_OF_ONE):
        assert orders * (5 + agreements * (3 + sales * 9)) in (920, 908)


# --- pages


def test_an_empty_day_is_one_empty_page(shop):
    shop.answers(orders_page([]))
    (page,) = client(shop.url).fetch_pages(A_DAY)
    assert (page.orders, page.cursor) == ((), None)


def test_a_day_that_does_not_exist_asks_nothing(shop):
    never = Window(A_DAY.start_at, A_DAY.start_at)
    channel = client(shop.url)
    assert (fetched(channel, window=never), channel.count_orders(never), shop.asked) == ([], 0, [])


def test_the_window_is_asked_wider_and_cut_to_the_instant(shop):
    nodes = [
        plain(1, at(3, 59, 59)),
        plain(2, at(4)),
        plain(3, "2026-07-04T03:59:59Z"),
        plain(4, "2026-07-04T04:00:00Z"),
    ]
    shop.answers(orders_page(nodes))
    assert [each.id for each in fetched(client(shop.url))] == ["2", "3"]
    (question,) = shop.questions()
    query = question["variables"]["query"]
    assert query == "processed_at:>='2026-07-03T03:59:00Z' processed_at:<'2026-07-04T04:01:00Z'"


def test_the_count_is_asked_over_exactly_the_window(shop):
    shop.answers({"data": {"ordersCount": {"count": 12, "precision": "EXACT"}}})
    assert client(shop.url).count_orders(A_DAY) == 12
    (question,) = shop.questions()
    query = question["variables"]["query"]
    assert query == "processed_at:>='2026-07-03T04:00:00Z' processed_at:<'2026-07-04T04:00:00Z'"


@pytest.mark.parametrize("count", [{"count": 10_000, "precision": "AT_LEAST"}, None])
def test_a_count_that_is_not_exact_is_none(shop, count):
    shop.answers({"data": {"ordersCount": count}})
    assert client(shop.url).count_orders(A_DAY) is None


def test_all_pages_are_read_and_an_empty_one_is_not_the_last(shop):
    shop.answers(orders_page([plain(1)], "c1"))
    shop.answers(orders_page([], "c2"))
    shop.answers(orders_page([plain(2)]))
    pages = list(client(shop.url).fetch_pages(A_DAY))
    assert [[each.id for each in page.orders] for page in pages] == [["1"], [], ["2"]]
    assert [question["variables"]["after"] for question in shop.questions()] == [None, "c1", "c2"]


def test_a_cursor_goes_on_in_another_process(shop):
    shop.answers(orders_page([plain(1)], "c 1"))
    first = next(client(shop.url).fetch_pages(A_DAY))
    shop.forget()
    shop.answers(orders_page([plain(2)]))
    assert [each.id for each in fetched(client(shop.url), first.cursor)] == ["2"]
    assert shop.questions()[0]["variables"]["after"] == "c 1"


def test_a_list_that_leads_back_is_unreadable(shop):
    for cursor in ("c1", "c2", "c1"):
        shop.answers(orders_page([plain(1)], cursor))
    with pytest.raises(errors.UnreadablePayload, match="leads back"):
        fetched(client(shop.url))


@pytest.mark.parametrize("cursor", [None, ""])
def test_a_next_page_without_cursor_is_unreadable(shop, cursor):
    answer = orders_page([plain(1)], "c1")
    answer["data"]["orders"]["pageInfo"]["endCursor"] = cursor
    shop.answers(answer)
    with pytest.raises(errors.UnreadablePayload, match="endCursor"):
        fetched(client(shop.url))


def test_a_long_list_is_begun_anew_before_the_shop_ends_it(shop, monkeypatch):
    monkeypatch.setattr(shopify_wire, "LIST_ORDERS_MAX", 4)
    shop.answers(orders_page([plain(1, at(5)), plain(2, at(6))], "c1"))
    shop.answers(orders_page([plain(3, at(6)), plain(4, at(7))], "c2"))
    shop.answers(orders_page([plain(4, at(7)), plain(5, at(8))]))
    pages = list(client(shop.url).fetch_pages(A_DAY))
    assert {each.id for page in pages for each in page.orders} == {"1", "2", "3", "4", "5"}
    third = shop.questions()[2]["variables"]
    assert third["after"] is None
    assert third["query"].startswith("processed_at:>='2026-07-03T07:00:00Z'")
    shop.forget()
    shop.answers(orders_page([plain(5, at(8))]))
    fetched(client(shop.url), pages[1].cursor)
    assert shop.questions()[0]["variables"] == third


def test_a_long_list_of_one_instant_goes_on_by_its_cursor(shop, monkeypatch):
    monkeypatch.setattr(shopify_wire, "LIST_ORDERS_MAX", 2)
    early = "2026-07-03T03:59:00Z"
    shop.answers(orders_page([plain(1, early), plain(2, early)], "c1"))
    shop.answers(orders_page([plain(3, at(5))]))
    assert [each.id for each in fetched(client(shop.url))] == ["3"]
    assert shop.questions()[1]["variables"]["after"] == "c1"


def test_pages_without_end_stop(shop, monkeypatch):
    monkeypatch.setattr(shopify_wire, "PAGES_MAX", 3)
    for n in range(4):
        shop.answers(orders_page([], f"c{n}"))
    with pytest.raises(errors.PermanentError, match="more than 3 pages"):
        fetched(client(shop.url))


# --- what the page does not show


def test_line_items_beyond_the_page_are_read(shop):
    node = order("25.00", [line(f"S{n}", "1.00") for n in range(6)])
    node["lineItems"]["pageInfo"] = {"hasNextPage": True, "endCursor": "l1"}
    shop.answers(orders_page([node]))
    shop.answers({"data": {"order": {"lineItems": connection([line("T", "9.00")], "l2")}}})
    shop.answers({"data": {"order": {"lineItems": connection([line("U", "10.00")])}}})
    (found,) = fetched(client(shop.url))
    assert (len(found.lines), found.amounts.gross, found.flags) == (8, 2500, ())
    assert [question["variables"].get("after") for question in shop.questions()] == [None, "l1", "l2"]


def test_agreements_are_read_four_orders_at_a_time_and_only_where_needed(shop):
    nodes = [order("5.00", [line("A", "5.00")], n=n, edited=n % 2 == 1) for n in range(1, 11)]
    shop.answers(orders_page([*nodes, order("5.00", [line("A", "5.00")], n=11, edited=True, test=True)]))
    made = [ledger("5.00", agreement(1, "ORDER", sale("PRODUCT", "5.00", quantity=1)), n=n) for n in range(1, 11, 2)]
    shop.answers(ledgers(*made[:4]))
    shop.answers(ledgers(*made[4:]))
    assert len(fetched(client(shop.url))) == 11
    assert [len(question["variables"]["ids"]) for question in shop.questions()[1:]] == [4, 1]


def test_long_ledgers_are_walked_to_the_end(shop):
    node = order("3.00", [line("A", "3.00")], refunds=[{"id": "r"}])
    placed, back = sale("PRODUCT", "1.00", quantity=1), sale("PRODUCT", "-1.00", quantity=-1)
    shop.answers(orders_page([node]))
    shop.answers(ledgers(ledger("3.00", agreement(1, "ORDER", placed, cursor="s"), cursor="a")))
    shop.answers(ledgers(ledger("3.00", agreement(1, "ORDER", placed, placed, cursor="s1"), cursor="a1")))
    shop.answers(ledgers(ledger("3.00", agreement(1, "ORDER", placed), cursor="a1")))
    shop.answers(ledgers(ledger("3.00", agreement(2, "REFUND", back, at="2026-07-05T00:00:00Z"))))
    (found,) = fetched(client(shop.url))
    assert (found.amounts.gross, found.flags, len(found.events)) == (300, (), 1)
    asked = [question["variables"] for question in shop.questions()[2:]]
    assert [(each["agreementsAfter"], each["salesAfter"]) for each in asked] == [
        (None, None),
        (None, "s1"),
        ("a1", None),
    ]


@pytest.mark.parametrize("shape", ["second shipping line", "tip", "fee", "return"])
def test_what_is_rare_is_read_from_the_ledger(shop, shape):
    fields = {
        "second shipping line": {"shippingLines": connection([shipping("1.00")], "more")},
        "tip": {"totalTipReceivedSet": bag("0.50")},
        "fee": {"additionalFees": [{"id": "f"}]},
        "return": {"returnStatus": "SOMETHING_NEW"},
    }[shape]
    shop.answers(orders_page([order("5.00", [line("A", "5.00")], **fields)]))
    shop.answers(ledgers(ledger("5.50", agreement(1, "ORDER", sale("PRODUCT", "5.50", quantity=1)))))
    fetched(client(shop.url))
    assert len(shop.asked) == 2


@pytest.mark.parametrize("answer", [ledgers(None), ledgers(), {"data": {"order": None}}])
def test_an_order_that_vanishes_while_it_is_read_is_tried_again_later(shop, answer):
    node = order("5.00", [line("A", "5.00")], edited="nodes" in answer["data"])
    node["lineItems"]["pageInfo"] = {"hasNextPage": "order" in answer["data"], "endCursor": "l1"}
    shop.answers(orders_page([node]))
    shop.answers(answer)
    with pytest.raises(errors.RetryableError, match="changed while"):
        fetched(client(shop.url))


# --- the shop's pace


def test_the_client_waits_until_the_points_are_back(shop):
    slept = []
    shop.answers(orders_page([], "c1", cost(926, 500)))
    shop.answers(orders_page([], "c2", cost(926, 926)))
    shop.answers(orders_page([]))
    fetched(client(shop.url, slept.append))
    assert slept == [pytest.approx(4.26)]


def test_a_wait_too_long_to_sit_out_is_passed_on(shop):
    slept = []
    shop.answers(orders_page([], "c1", cost(926, 0, restore=50)))
    with pytest.raises(errors.RateLimited) as caught:
        fetched(client(shop.url, slept.append))
    assert caught.value.retry_after_s == pytest.approx(18.52)
    assert slept == []


def refusal(code: str | None, **more):
    fault = {"message": "canary"} | ({"extensions": {"code": code}} if code else {})
    return {"errors": [fault], **more}


def test_throttled_is_sat_out_and_asked_again(shop):
    slept = []
    shop.answers(refusal("THROTTLED", extensions={"cost": cost(926, 726)}))
    shop.answers(orders_page([plain(1)]))
    assert len(fetched(client(shop.url, slept.append))) == 1
    assert slept == [2.0]


def test_throttled_without_end_is_a_rate_limit(shop):
    slept = []
    shop.answers(refusal("THROTTLED", extensions={"cost": cost(926, 826)}))
    with pytest.raises(errors.RateLimited):
        fetched(client(shop.url, slept.append))
    assert len(shop.asked) == 3
    assert slept == [1.0, 1.0]


# --- refusals


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ACCESS_DENIED", errors.AuthExpired),
        ("SHOP_INACTIVE", errors.PermanentError),
        ("INTERNAL_SERVER_ERROR", errors.RetryableError),
        ("MAX_COST_EXCEEDED", errors.UnreadablePayload),
        ("undefinedField canary", errors.UnreadablePayload),
        (None, errors.UnreadablePayload),
    ],
)
@pytest.mark.parametrize("data", ["absent", "null", "partial", "whole"])
def test_an_answer_with_errors_is_never_used(shop, code, error, data):
    bodies = {"null": None, "partial": {"orders": {"nodes": [None]}}, "whole": orders_page([plain(1)])["data"]}
    shop.answers(refusal(code, **({"data": bodies[data]} if data in bodies else {})))
    with pytest.raises(errors.ChannelError) as caught:
        fetched(client(shop.url))
    assert type(caught.value) is error
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 429, 500])
def test_statuses_reach_the_caller_as_their_errors(shop, status):
    shop.answers({"errors": "canary"}, status=status)
    error = {401: errors.AuthExpired, 429: errors.RateLimited, 500: errors.RetryableError}[status]
    with pytest.raises(error):
        fetched(client(shop.url))


def test_an_unknown_financial_status_is_named_with_its_value(shop):
    shop.answers(orders_page([plain(1) | {"displayFinancialStatus": "PAID_IN_SHELLS"}]))
    with pytest.raises(errors.UnreadablePayload, match=r"PAID_IN_SHELLS.*displayFinancialStatus"):
        fetched(client(shop.url))


def test_the_token_is_sent_in_its_header_only(shop):
    shop.answers(orders_page([]))
    fetched(client(shop.url))
    path, headers, body = shop.asked[0]
    assert headers["X-Shopify-Access-Token"] == "shpat-canary"
    assert "canary" not in path
    assert b"canary" not in body


# --- damage: a named error or the right result, never a day that looks empty

FIELDS = {
    "processedAt": at(12),
    "originalTotalDutiesSet": bag("0.00"),
    "transactions": [{"kind": "SALE", "status": "SUCCESS", "gateway": "card", "amountSet": bag("6.60")}],
    "shippingLines": connection([shipping("1.00", "0.10")]),
    "totalTaxSet": bag("0.60"),
}
GOOD = orders_page([order("6.60", [line("A", "6.00", allocations=["1.00"], tax=["0.50"])], **FIELDS)], cost=cost(1, 2))
# Absent or null, these say nothing that the sums need; null, Shopify documents them as "none".
SILENT = {"rate", "endCursor", "extensions", "cost", "requestedQueryCost"}
NULLABLE = SILENT | {
    "sku", "variant", "cancelledAt", "displayFinancialStatus", "totalTaxSet", "originalTotalDutiesSet", "gateway"
}  # fmt: skip


def places(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from places(inner, (*path, n))


def damages():
    """Every field taken away, nulled, or of another type; the text cut at many places; a byte of it lost."""
    for path in places(GOOD):
        for how in ("gone", "null", "number", "list", "object"):
            if how == "null" and path[-1] in NULLABLE - SILENT:
                continue
            answer = copy.deepcopy(GOOD)
            inner = answer
            for key in path[:-1]:
                inner = inner[key]
            if how == "gone":
                del inner[path[-1]]
            else:
                inner[path[-1]] = {"null": None, "number": 7.5, "list": [[]], "object": {"canary": 1}}[how]
            yield f"{'.'.join(map(str, path))} {how}", json.dumps(answer).encode()
    whole = json.dumps(GOOD).encode()
    for cut in range(0, len(whole), 23):
        yield f"cut at {cut}", whole[:cut]


def outcome(channel):
    try:
        return fetched(channel)
    except errors.ChannelError as exc:
        return exc


def test_no_damaged_answer_makes_an_empty_or_a_wrong_day(shop):
    channel = client(shop.url)
    shop.answers(GOOD)
    right = outcome(channel)
    assert [each.amounts.total for each in right] == [660]
    outcomes = []
    for name, body in damages():
        shop.forget()
        shop.answers(body)
        found = outcome(channel)
        assert found == right or type(found) is errors.UnreadablePayload, name
        assert "canary" not in str(found), name
        outcomes.append(found)
    assert len(outcomes) > 300
    assert sum(found != right for found in outcomes) > 250


def test_a_window_without_the_day_yields_nothing_of_it(shop):
    shop.answers(GOOD)
    other = Window(A_DAY.end_at, A_DAY.end_at + timedelta(days=1))
    assert fetched(client(shop.url), window=other) == []


def test_leaving_is_said_once_and_done_before_counts_as_done(shop):
    shop.answers({"data": {"appUninstall": {"userErrors": []}}})
    client(shop.url).uninstall()
    shop.answers({"data": {"appUninstall": {"userErrors": [{"code": "APP_NOT_INSTALLED"}]}}})
    client(shop.url).uninstall()
    shop.answers({"data": {"appUninstall": {"userErrors": [{"code": "APP_UNINSTALL_ERROR"}]}}})
    shop.next()
    shop.next()
    with pytest.raises(errors.PermanentError):
        client(shop.url).uninstall()
