"""Which days changed, and where a numbered order is: what is asked of Shopify, and what is made of the answers."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import errors
from chalicelib.channels import shopify_wire
from chalicelib.channels.shopify_changes import find_order
from infra.sandbox.search import Search
from tests.support.shopify import client, connection

SINCE = datetime(2026, 11, 24, 4, 45, tzinfo=UTC)
UNTIL = datetime(2026, 11, 25, 5, 45, tzinfo=UTC)


def changed(placed: str, updated: str) -> dict[str, str]:
    return {"id": "gid://shopify/Order/1", "processedAt": f"2026-11-{placed}Z", "updatedAt": f"2026-11-{updated}Z"}


def page(*nodes, cursor=None):
    return {"data": {"orders": connection(list(nodes), cursor)}}


def named(*names: str):
    return {"data": {"orders": {"nodes": [{"name": name, "processedAt": "2026-11-03T10:00:00Z"} for name in names]}}}


def test_changes_are_asked_over_the_window_and_told_by_the_instant_they_were_placed(shop):
    shop.answers(page(changed("03T10:00:00", "24T05:00:00"), changed("23T10:00:00", "24T06:00:00"), cursor="c1"))
    shop.answers(page())
    first, last = client(shop.url).fetch_changes(SINCE, UNTIL)
    assert first.placed == (datetime(2026, 11, 3, 10, tzinfo=UTC), datetime(2026, 11, 23, 10, tzinfo=UTC))
    assert first.seen_until == datetime(2026, 11, 24, 6, tzinfo=UTC)
    assert (last.placed, last.seen_until, last.cursor) == ((), None, None)
    asked = [question["variables"] for question in shop.questions()]
    window = "updated_at:>='2026-11-24T04:45:00Z' updated_at:<'2026-11-25T05:45:00Z'"
    assert asked == [{"query": window, "after": None}, {"query": window, "after": "c1"}]
    assert "sortKey: UPDATED_AT" in shop.questions()[0]["query"]


def test_a_look_goes_on_where_a_page_ended(shop):
    shop.answers(page(changed("03T10:00:00", "24T05:00:00"), cursor="c1"))
    first = next(client(shop.url).fetch_changes(SINCE, UNTIL))
    shop.forget()
    shop.answers(page())
    list(client(shop.url).fetch_changes(SINCE, UNTIL, first.cursor))
    assert shop.questions()[0]["variables"]["after"] == "c1"


def test_a_list_that_would_not_end_is_begun_anew_at_the_last_change_seen(shop, monkeypatch):
    monkeypatch.setattr(shopify_wire, "LIST_ORDERS_MAX", 1)
    shop.answers(page(changed("03T10:00:00", "24T05:00:00"), cursor="c1"))
    shop.answers(page(changed("04T10:00:00", "24T07:00:00")))
    assert len(list(client(shop.url).fetch_changes(SINCE, UNTIL))) == 2
    again = shop.questions()[1]["variables"]
    assert again["after"] is None
    assert again["query"].startswith("updated_at:>='2026-11-24T05:00:00Z'")


def test_a_list_that_leads_back_is_not_walked_for_ever(shop):
    shop.answers(page(changed("03T10:00:00", "24T05:00:00"), cursor="c1"))
    with pytest.raises(errors.UnreadablePayload, match="already read"):
        list(client(shop.url).fetch_changes(SINCE, UNTIL))


@pytest.mark.parametrize(
    ("number", "names", "count"),
    [
        ("1001", ["#1001"], 1),
        ("#1001", ["#1001"], 1),
        (" 1001 ", ["#1001"], 1),
        ("en-1001-a", ["EN-1001-A"], 1),
        ("1001", ["#10011", "#1001-A"], 0),
        ("1001", ["#1001", "#1001"], 2),
        ("1001", [], 0),
    ],
)
def test_an_order_is_found_by_the_number_that_people_see(shop, number, names, count):
    shop.answers(named(*names))
    assert client(shop.url).find_order(number) == (datetime(2026, 11, 3, 10, tzinfo=UTC),) * count


@pytest.mark.parametrize("number", ["", "#", "   ", "1" * 65, "10\n01", "10\x0001"])
def test_what_is_no_number_is_not_asked(shop, number):
    assert client(shop.url).find_order(number) == ()
    assert shop.asked == []


@given(st.text(max_size=64))
def test_no_number_becomes_another_search(number):
    """Whatever is typed is one name: the search that leaves has one term, and means the text."""
    asked = []

    def ask(_document, variables, decoder):
        asked.append(variables["query"])
        return decoder.decode(b'{"data": {"orders": {"nodes": []}}}').data

    find_order(ask, number)
    for query in asked:
        (term,) = Search(query)._terms
        assert (term[0], term[1]) == ("name", "")
        assert re.fullmatch(r'name:"(?:\\.|[^"\\])*"', query, re.DOTALL)
