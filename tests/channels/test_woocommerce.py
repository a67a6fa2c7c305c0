"""One WooCommerce shop over a real socket: lists walked by id, dates that sites understand in two ways, and whatever they answer."""

import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib import errors
from chalicelib.domain.days import Window, window_of
from chalicelib.domain.persons import Person
from tests.support.woocommerce import GMT, NEW_YORK, client, line, order, refund

DAY = window_of(date(2026, 7, 3), NEW_YORK)
SINCE, UNTIL = datetime(2026, 7, 3, tzinfo=UTC), datetime(2026, 7, 4, tzinfo=UTC)


def plain(n, at="2026-07-03T12:00:00", **fields):
    return order("5.00", [line("A", "5.00")], n=n, at=at, **fields)


def answers(shop, *rows, total=None):
    headers = {} if total is None else {"X-WP-Total": str(total)}
    shop.answers(list(rows), headers={"Content-Type": "application/json"} | headers)


def asked(shop, n=-1):
    """The parameters of a question."""
    return {name: values[0] for name, values in parse_qs(urlsplit(shop.asked[n][0]).query).items()}


def ids(pages):
    return [order.id for page in pages for order in page.orders]


# -- lists


def test_orders_are_asked_for_by_id_with_bounds_that_are_exclusive(shop):
    answers(shop, total=0)
    assert ids(client(shop.url).fetch_pages(DAY)) == []
    sent = asked(shop)
    assert (sent["after"], sent["before"]) == ("2026-07-03T03:59:59Z", "2026-07-04T04:00:00Z")
    wanted = {
        "dates_are_gmt": "true",
        "status": "any",
        "orderby": "id",
        "order": "asc",
        "per_page": "100",
        "offset": "0",
    }
    assert wanted.items() <= sent.items()


def test_a_site_that_may_go_by_local_time_is_asked_for_more(shop):
    for traits in ({}, {"dates": "local"}):
        shop.forget()
        answers(shop, total=0)
        list(client(shop.url, traits=traits).fetch_pages(DAY))
        assert (asked(shop)["after"], asked(shop)["before"]) == ("2026-07-02T15:59:59Z", "2026-07-04T18:00:00Z")


def test_an_answer_outside_of_what_was_asked_shows_a_site_that_goes_by_local_time(shop):
    answers(shop, plain(7, "2026-07-03T09:00:00"), plain(8, "2026-07-04T06:00:00"), total=2)
    answers(
        shop, plain(5, "2026-07-03T04:30:00"), plain(7, "2026-07-03T09:00:00"), plain(8, "2026-07-04T06:00:00"), total=3
    )
    assert ids(client(shop.url).fetch_pages(DAY)) == ["5", "7"]
    assert asked(shop, 1)["after"] == "2026-07-02T15:59:59Z"


def test_orders_days_away_are_no_answer_to_the_question(shop):
    answers(shop, plain(1, "2026-06-01T00:00:00"), total=1)
    with pytest.raises(errors.UnreadablePayload, match="other orders"):
        list(client(shop.url).fetch_pages(DAY))


def test_no_question_is_the_same_twice(shop):
    """Hosts keep answers to GETs."""
    answers(shop, plain(1), plain(2), total=3)
    answers(shop, plain(2), plain(3), total=3)
    list(client(shop.url).fetch_pages(DAY))
    assert asked(shop, 0)["_"] != asked(shop, 1)["_"]


def test_each_page_begins_with_the_order_that_the_last_one_ended_with(shop):
    answers(shop, *map(plain, range(1, 101)), total=150)
    answers(shop, *map(plain, range(100, 151)), total=150)
    assert ids(client(shop.url).fetch_pages(DAY)) == [str(n) for n in range(1, 151)]
    assert asked(shop)["offset"] == "99"


def test_orders_that_go_away_between_pages_hide_no_others(shop):
    """Sixty of the first hundred are deleted: what was the 101st is now the 41st."""
    answers(shop, *map(plain, range(1, 101)), total=150)
    answers(shop, total=90)
    answers(shop, *map(plain, range(110, 151)), total=90)
    answers(shop, *map(plain, range(61, 151)), total=90)
    assert ids(client(shop.url).fetch_pages(DAY)) == [str(n) for n in range(1, 151)]
    assert [asked(shop, n)["offset"] for n in range(4)] == ["0", "99", "49", "0"]


def test_an_order_that_comes_in_between_pages_is_there(shop):
    answers(shop, plain(1), plain(2), total=3)
    answers(shop, plain(2), plain(3), plain(4), total=4)
    assert ids(client(shop.url).fetch_pages(DAY)) == ["1", "2", "3", "4"]


def test_a_walk_goes_on_from_a_cursor(shop):
    answers(shop, plain(1), plain(2), total=3)
    (first, *_) = client(shop.url).fetch_pages(DAY)
    answers(shop, plain(2), plain(3), total=3)
    shop.next()
    assert ids(client(shop.url).fetch_pages(DAY, first.cursor)) == ["3"]
    assert asked(shop)["offset"] == "1"


def test_without_a_total_a_walk_ends_where_nothing_new_comes(shop):
    answers(shop, plain(1), plain(2))
    answers(shop, plain(2))
    assert ids(client(shop.url).fetch_pages(DAY)) == ["1", "2"]


def test_a_site_that_passes_over_where_a_page_is_to_begin_is_an_error(shop):
    first = list(map(plain, range(1, 101)))
    for total in (150, None):
        shop.forget()
        answers(shop, *first, total=total)
        with pytest.raises(errors.RetryableError, match="changed"):
            list(client(shop.url).fetch_pages(DAY))


def test_a_list_in_another_sequence_is_an_error(shop):
    answers(shop, plain(2), plain(1), total=2)
    with pytest.raises(errors.UnreadablePayload, match="by their ids"):
        list(client(shop.url).fetch_pages(DAY))


def test_no_personal_fields_are_asked_for_unless_names_are_kept(shop):
    at = {"first_name": "Corner", "last_name": "Bakery", "country": "US", "state": "NY"}
    answers(shop, plain(1, shipping=at), total=1)
    (page,) = client(shop.url).fetch_pages(DAY)
    assert page.persons is None
    assert page.orders[0].region == "US-NY"
    assert not {"billing", "email"} & set(asked(shop)["_fields"].split(","))
    assert "name" not in asked(shop)["_fields"]
    (page,) = client(shop.url, persons=True).fetch_pages(DAY)
    assert page.persons == {"1": Person("Corner Bakery", "US-NY")}
    assert "billing.last_name" in asked(shop)["_fields"]


# -- refunds


def test_refunds_of_many_pages_are_read_and_none_twice(shop):
    stubs = [{"id": n, "total": "-0.01"} for n in range(2001, 2151)]
    answers(shop, plain(1, refunds=stubs), total=1)
    answers(shop, *(refund("0.01", [], n=n) for n in range(2001, 2101)))
    answers(shop, *(refund("0.01", [], n=n) for n in range(2100, 2151)))
    (page,) = client(shop.url).fetch_pages(DAY)
    assert len(page.orders[0].events) == 150
    assert sum(event.amounts.total for event in page.orders[0].events) == -150


def test_a_refund_that_stays_named_but_cannot_be_read_is_an_error(shop):
    answers(shop, plain(1, refunds=[{"id": 2001, "total": "-1.00"}]), total=1)
    answers(shop)
    shop.answers(plain(1, refunds=[{"id": 2001, "total": "-1.00"}]))
    answers(shop)
    with pytest.raises(errors.RetryableError, match="changed while it was read"):
        list(client(shop.url).fetch_pages(DAY))


def test_an_order_deleted_before_its_refunds_were_read_is_read_again_later(shop):
    answers(shop, plain(1, refunds=[{"id": 2001, "total": "-1.00"}]), total=1)
    shop.answers({"code": "woocommerce_rest_shop_order_invalid_id"}, status=404)
    with pytest.raises(errors.RetryableError, match="changed"):
        list(client(shop.url).fetch_pages(DAY))


# -- other questions


@pytest.mark.parametrize(
    ("bounds", "sent"),
    [
        ("exclusive", ("2026-07-03T03:59:59Z", "2026-07-04T04:00:00Z")),
        ("inclusive", ("2026-07-03T04:00:00Z", "2026-07-04T03:59:59Z")),
    ],
)
def test_a_count_asks_for_exactly_the_day(shop, bounds, sent):
    answers(shop, {"id": 1}, total=12)
    assert client(shop.url, traits=GMT | {"bounds": bounds}).count_orders(DAY) == 12
    assert (asked(shop)["after"], asked(shop)["before"]) == sent


def test_there_is_no_count_of_a_site_that_may_go_by_local_time_nor_without_a_total(shop):
    assert client(shop.url, traits={"dates": "local"}).count_orders(DAY) is None
    answers(shop, {"id": 1})
    assert client(shop.url).count_orders(DAY) is None
    assert client(shop.url).count_orders(Window(DAY.end_at, DAY.end_at)) == 0


def dated(n, placed, modified):
    return {"id": n, "number": str(n), "date_created_gmt": placed, "date_modified_gmt": modified}


def test_changes_are_when_the_orders_were_placed(shop):
    rows = [
        dated(1, "2026-05-01T10:00:00", "2026-07-03T09:00:00"),
        dated(2, "2026-07-02T10:00:00", "2026-07-03T08:00:00"),
    ]
    answers(shop, rows[0], total=2)
    answers(shop, *rows, total=2)
    (page,) = client(shop.url).fetch_changes(SINCE, UNTIL)
    assert page.placed == (datetime(2026, 5, 1, 10, tzinfo=UTC), datetime(2026, 7, 2, 10, tzinfo=UTC))
    assert page.seen_until == datetime(2026, 7, 3, 9, tzinfo=UTC)
    assert page.cursor is None
    assert (asked(shop)["modified_after"], asked(shop)["modified_before"]) == (
        "2026-07-02T23:59:59Z",
        "2026-07-04T00:00:00Z",
    )


def test_many_changes_are_read_in_slices_of_time(shop):
    early, late = (
        dated(1, "2026-05-01T10:00:00", "2026-07-03T09:00:00"),
        dated(2, "2026-05-02T10:00:00", "2026-07-03T13:00:00"),
    )
    answers(shop, early, total=1001)
    answers(shop, early, total=1)
    answers(shop, early, total=1)
    answers(shop, late, total=1)
    answers(shop, late, total=1)
    first, second = client(shop.url).fetch_changes(SINCE, UNTIL)
    assert (first.seen_until, second.seen_until) == (
        datetime(2026, 7, 3, 9, tzinfo=UTC),
        datetime(2026, 7, 3, 13, tzinfo=UTC),
    )
    assert datetime.fromisoformat(first.cursor) == SINCE + timedelta(hours=12)
    (again,) = client(shop.url).fetch_changes(SINCE, UNTIL, first.cursor)
    assert again.placed == second.placed


def test_a_site_that_knows_no_changes_is_looked_through(shop):
    """An unknown parameter is passed over: the whole shop comes back."""
    old = dated(1, "2025-01-01T10:00:00", "2025-01-01T10:00:00")
    answers(shop, old, total=5000)
    recent = [
        dated(1, "2026-06-20T10:00:00", "2026-07-03T09:00:00"),
        dated(2, "2026-06-21T10:00:00", "2026-06-22T09:00:00"),
    ]
    answers(shop, *recent, total=2)
    (page,) = client(shop.url).fetch_changes(SINCE, UNTIL)
    assert page.placed == (datetime(2026, 6, 20, 10, tzinfo=UTC),)
    assert asked(shop)["after"] == "2026-05-28T23:59:59Z"


def test_a_number_is_found_exactly(shop):
    rows = [
        dated(12, "2026-07-01T10:00:00", "2026-07-01T10:00:00"),
        dated(112, "2026-07-02T10:00:00", "2026-07-02T10:00:00"),
    ]
    answers(shop, *rows, total=2)
    answers(shop, rows[0], total=1)
    assert client(shop.url).find_order("#12") == (datetime(2026, 7, 1, 10, tzinfo=UTC),)
    assert client(shop.url).find_order("") == ()


# -- failures

PAGE = b"<!DOCTYPE html><title>No</title>"


@pytest.mark.parametrize(
    ("status", "body", "headers", "error", "says"),
    [
        (401, b'{"code":"woocommerce_rest_authentication_error"}', {}, errors.AuthExpired, "no longer accepts"),
        (403, b'{"code":"woocommerce_rest_cannot_view"}', {}, errors.AuthExpired, "no longer accepts"),
        (401, b"", {}, errors.PermanentError, "password of its own"),
        (401, PAGE, {}, errors.PermanentError, "password of its own"),
        (403, PAGE, {}, errors.RetryableError, "web page"),
        (403, b"Forbidden", {}, errors.RetryableError, "web page"),
        (404, PAGE, {}, errors.PermanentError, "permalinks"),
        (404, b'{"code":"rest_no_route"}', {}, errors.PermanentError, "permalinks"),
        (406, PAGE, {}, errors.RetryableError, "web page"),
        (202, PAGE, {}, errors.RetryableError, "web page"),
        (503, PAGE, {"Retry-After": "600"}, errors.RateLimited, "web page"),
        (503, PAGE, {}, errors.RetryableError, "web page"),
        (500, PAGE, {}, errors.RetryableError, "web page"),
        (502, b"", {}, errors.RetryableError, "502"),
        (429, PAGE, {"Retry-After": "60"}, errors.RateLimited, "too many"),
        (400, b'{"code":"rest_invalid_param"}', {}, errors.PermanentError, "400"),
        (301, b"", {"Location": "https://elsewhere.example/x"}, errors.PermanentError, "another address"),
        (302, PAGE, {"Location": "/login"}, errors.PermanentError, "another address"),
        (200, PAGE, {}, errors.RetryableError, "web page"),
        (200, b"\n <br /><b>Warning</b>: x []", {}, errors.RetryableError, "web page"),
        (200, b"", {}, errors.UnreadablePayload, "empty"),
        (200, b"null", {}, errors.UnreadablePayload, "form"),
        (200, b"{}", {}, errors.UnreadablePayload, "form"),
        (200, b'{"code":"x","message":"secret words"}', {}, errors.UnreadablePayload, "form"),
        (200, b"[[]]", {}, errors.UnreadablePayload, "form"),
        (200, b"[" * 100_000, {}, errors.UnreadablePayload, "form"),
        (200, b"[]", {"X-WP-Total": "3"}, errors.RetryableError, "changed"),
        (200, b"\xff\xfe", {}, errors.UnreadablePayload, "JSON"),
    ],
)
def test_each_failure_is_named_and_says_nothing_of_keys_or_of_what_came_back(shop, status, body, headers, error, says):
    shop.answers(body, status=status, headers=headers)
    with pytest.raises(error, match=says) as caught:
        list(client(shop.url).fetch_pages(DAY))
    assert type(caught.value) is error
    for silent in ("ck_canary", "cs_canary", shop.url, "secret words", "elsewhere", "oauth"):
        assert silent not in f"{caught.value}"


def test_the_mark_of_an_editor_before_the_json_is_passed_over(shop):
    shop.answers(b"\xef\xbb\xbf[]")
    assert ids(client(shop.url).fetch_pages(DAY)) == []


WHOLE = {"billing": {"country": "US"}, "gift_cards": [{"amount": 1}], "fee_lines": [{"total": "1.00"}]}
BAD = [None, "", [], {}, True, "words", "1,234.50", -1, 1e300, {"a": {"b": 1}}]
PATHS = [
    *((name,) for name in plain(1) | WHOLE),
    *(("line_items", 0, name) for name in ("name", "sku", "quantity", "subtotal", "total", "total_tax", "product_id")),
    ("gift_cards", 0, "amount"),
    ("fee_lines", 0, "total"),
    ("billing", "country"),
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)))
def test_no_damage_makes_an_empty_day(shop, path):
    """Each field of an order replaced by each of the odd values: a named error, or the order with the total that it states."""
    for bad in BAD:
        node = plain(1) | {
            name: [dict(each) for each in value] if isinstance(value, list) else dict(value)
            for name, value in WHOLE.items()
        }
        at = node
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = bad
        shop.forget()
        answers(shop, node, total=1)
        answers(shop, total=0)
        try:
            (page,) = client(shop.url).fetch_pages(DAY)
        except errors.ChannelError:
            continue
        (read,) = page.orders
        assert read.id == "1"
        if path[0] not in ("total", "gift_cards", "currency"):
            assert read.amounts.total == 600


def test_no_cut_makes_an_empty_day(shop):
    whole = json.dumps([plain(1), plain(2)]).encode()
    for cut in range(1, len(whole) - 1, 12):
        shop.forget()
        shop.answers(whole[:cut])
        with pytest.raises(errors.UnreadablePayload):
            list(client(shop.url).fetch_pages(DAY))
