"""The ShipStation client over a real socket: pairing, paging, pacing, and what it asks."""

import json
from base64 import b64decode
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib import errors
from chalicelib.channels.shipstation import KIND
from chalicelib.channels.shipstation_lists import Place
from chalicelib.channels.shipstation_orders import STATUSES
from chalicelib.domain.days import Window, window_of
from chalicelib.domain.persons import Person
from tests.support.shipstation import KEYS, STORE, client, listed, order, paired, platform

DATA = Path(__file__).parent / "data" / "shipstation"
A_DAY = window_of(date(2026, 7, 3), "America/New_York")
FIELDS = {"api_key": " key-canary ", "api_secret": "secret-canary"}
STORES = json.loads((DATA / "v1_stores.json").read_text())
PARAMETERS = json.loads((DATA / "v1_parameters.json").read_text())


def at(hour: int, minute: int = 0, second: int = 0) -> str:
    return f"2026-07-03T{hour:02}:{minute:02}:{second:02}.0000000"


def dated(n: int, text: str, **fields):
    return order(n, orderDate=text, **fields)


def asked(shop):
    """Each question as its path and its parameters."""
    urls = (urlsplit(path) for path, _, _ in shop.asked)
    return [(url.path, dict(parse_qsl(url.query))) for url in urls]


def fetched(channel, window=A_DAY, cursor=None):
    """What is known in the end of each order, by its id."""
    return {found.id: found for page in channel.fetch_pages(window, cursor) for found in page.orders}


# --- the questions


def test_a_window_is_asked_for_by_the_wall_clock_two_hours_wider(shop):
    shop.answers(listed())
    assert fetched(client(shop.url)) == {}
    assert asked(shop) == [
        (
            "/orders",
            {
                "storeId": str(STORE),
                "orderDateStart": "2026-07-02 18:59:59",
                "orderDateEnd": "2026-07-03 23:00:00",
                "sortBy": "OrderDate",
                "sortDir": "ASC",
                "page": "1",
                "pageSize": "500",
            },
        )
    ]
    assert b64decode(shop.asked[0][1]["Authorization"].removeprefix("Basic ")) == b"key-canary:secret-canary"


def test_the_keys_are_in_no_address(shop):
    shop.answers(listed())
    fetched(client(shop.url))
    assert "canary" not in shop.asked[0][0]


def test_every_parameter_is_one_that_the_published_description_knows(shop):
    shop.answers(STORES)
    shop.answers(listed(order()))
    platform(shop.url).check(FIELDS)
    channel = client(shop.url)
    shop.forget()
    shop.answers(listed())
    fetched(channel)
    list(channel.fetch_changes(A_DAY.start_at, A_DAY.end_at))
    channel.find_order("1")
    questions = asked(shop)
    assert len(questions) == 4
    for path, query in questions:
        for name, value in query.items():
            known = PARAMETERS[path][name]
            assert value in known.get("enum", [value])
            if name.endswith(("Start", "End")):
                assert len(value) == len(known["example"])


def test_the_published_statuses_are_those_of_the_kind():
    published = set(PARAMETERS["/orders"]["orderStatus"]["enum"])
    assert set(STATUSES) == {each.value for each in KIND.statuses} == published | {"rejected_fulfillment"}


def test_an_empty_window_asks_nothing(shop):
    assert fetched(client(shop.url), Window(A_DAY.start_at, A_DAY.start_at)) == {}
    assert list(client(shop.url).fetch_changes(A_DAY.start_at, A_DAY.start_at)) == []
    assert shop.asked == []


# --- stores


def test_several_stores_are_listed_at_once_and_cut_here(shop):
    shop.answers(listed(*(order(n, advanced={"storeId": n}) for n in (1, 2, 3))))
    found = fetched(client(shop.url, stores=(1, 3)))
    assert [each.store for each in found.values()] == ["1", "3"]
    assert "storeId" not in asked(shop)[0][1]


def test_one_store_is_asked_for_and_still_cut_here(shop):
    shop.answers(listed(order(1), order(2, advanced={"storeId": 9})))
    assert list(fetched(client(shop.url))) == ["1001"]


def test_orders_of_other_stores_may_be_in_states_that_we_do_not_know(shop):
    shop.answers(listed(order(1), order(2, orderStatus="teleported", advanced={"storeId": 9})))
    assert list(fetched(client(shop.url))) == ["1001"]


def test_a_connection_without_stores_is_an_error_and_no_empty_day(shop):
    with pytest.raises(errors.PermanentError, match="chosen"):
        fetched(client(shop.url, stores=()))


def test_the_same_number_in_two_stores_is_two_orders(shop):
    shop.answers(listed(*(order(n, orderNumber="77", advanced={"storeId": n}) for n in (1, 2))))
    found = fetched(client(shop.url, stores=(1, 2)))
    assert [(each.id, each.number, each.root) for each in found.values()] == [("1001", "77", ""), ("1002", "77", "")]


# --- pages


def test_a_list_goes_on_at_the_last_second_seen(shop):
    shop.answers(listed(dated(1, at(5)), dated(2, at(6, 0, 7)), total=3))
    shop.answers(listed(dated(2, at(6, 0, 7)), dated(3, at(7))))
    assert list(fetched(client(shop.url))) == ["1001", "1002", "1003"]
    assert [(query["orderDateStart"], query["page"]) for _, query in asked(shop)] == [
        ("2026-07-02 18:59:59", "1"),
        ("2026-07-03 06:00:06", "1"),
    ]


def test_a_page_of_one_second_goes_on_by_number(shop):
    for page in (1, 2):
        shop.answers(listed(dated(2 * page, at(5)), dated(2 * page + 1, at(5)), total=6 - (page == 1), page=page))
    shop.answers(listed(dated(6, at(5)), dated(7, at(5, 0, 1)), total=6, page=3))
    found = fetched(client(shop.url), cursor=Place(datetime(2026, 7, 3, 4, 59, 59)).text())  # noqa: DTZ001
    assert len(found) == 6
    assert [(query["orderDateStart"], query["page"]) for _, query in asked(shop)] == [
        ("2026-07-03 04:59:59", page) for page in ("1", "2", "3")
    ]


def test_a_list_by_number_that_grows_shorter_is_begun_anew(shop):
    place = Place(datetime(2026, 7, 3, 4, 59, 59), page=2, seen=2, total=4)  # noqa: DTZ001
    shop.answers(listed(dated(4, at(5)), total=3, page=2))
    shop.answers(listed(dated(1, at(5)), dated(3, at(5)), dated(4, at(5))))
    assert list(fetched(client(shop.url), cursor=place.text())) == ["1004", "1001", "1003"]
    assert [query["page"] for _, query in asked(shop)] == ["2", "1"]


def test_in_the_hour_that_comes_twice_a_list_goes_on_by_number(shop):
    day = window_of(date(2026, 11, 1), "America/Los_Angeles")
    # Sorted by instant the second 01:10 comes after 01:50; gone on from there, it would be lost.
    shop.answers(listed(dated(1, "2026-11-01T00:30:00"), dated(2, "2026-11-01T01:50:00"), total=4))
    shop.answers(listed(dated(3, "2026-11-01T01:10:00"), dated(4, "2026-11-01T03:00:00"), total=4, page=2))
    assert list(fetched(client(shop.url), day)) == ["1001", "1002", "1003", "1004"]


def test_a_list_that_is_not_in_order_goes_on_by_number(shop):
    shop.answers(listed(dated(1, at(9)), dated(2, at(5)), total=3))
    shop.answers(listed(dated(3, at(7)), total=3, page=2))
    assert list(fetched(client(shop.url))) == ["1001", "1002", "1003"]


def test_every_cursor_goes_on_where_its_page_ended(shop):
    shop.answers(listed(dated(1, at(5)), total=3))
    first = next(iter(client(shop.url).fetch_pages(A_DAY)))
    shop.forget()
    shop.answers(listed(dated(1, at(5)), dated(2, at(6)), dated(3, at(7))))
    assert list(fetched(client(shop.url), cursor=first.cursor)) == ["1001", "1002", "1003"]
    assert asked(shop)[0][1]["orderDateStart"] == "2026-07-03 04:59:59"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (listed(total=1), errors.RetryableError),
        (listed(order(), order(2), total=1), errors.UnreadablePayload),
        (listed(order(), page=2), errors.UnreadablePayload),
        (listed(dated(1, "2026-06-03T09:00:00")), errors.UnreadablePayload),
        (listed(dated(1, "2026-07-03T00:30:00Z")), errors.UnreadablePayload),
    ],
    ids=["counted, not listed", "listed, not counted", "another page", "another month", "another clock"],
)
def test_a_list_that_contradicts_itself_is_an_error_and_no_empty_day(shop, answer, error):
    shop.answers(answer)
    with pytest.raises(error):
        fetched(client(shop.url))


def test_a_list_without_end_ends(shop):
    shop.sends(_endless)
    with pytest.raises(errors.PermanentError):
        fetched(client(shop.url))


def _endless(handler) -> None:
    query = dict(parse_qsl(urlsplit(handler.path).query))
    body = json.dumps(listed(dated(1, at(5)), total=10**9, page=int(query["page"]))).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


# --- times that carry their offset


def test_an_offset_wins_where_the_list_is_cut_by_the_same_clock(shop):
    shop.answers(listed(dated(1, "2026-07-03T12:00:00Z")))
    (found,) = fetched(client(shop.url, clock="UTC")).values()
    assert found.placed_at == datetime(2026, 7, 3, 12, tzinfo=UTC)
    assert asked(shop)[0][1]["orderDateStart"] == "2026-07-03 01:59:59"


# --- merged and split


def related(n: int, *merged: int, parent: int | None = None, **fields):
    advanced = {"mergedOrSplit": True, "mergedIds": list(merged), "parentId": parent}
    return order(n, advanced=advanced, **fields)


def test_a_merged_order_comes_again_once_its_parent_is_listed(shop):
    shop.answers(listed(related(1, orderDate=at(5)), related(3, 1099, orderDate=at(6)), total=3))
    shop.answers(listed())  # nobody around names it
    shop.answers(listed())
    shop.answers(listed(related(3, 1099, orderDate=at(6)), related(4, 1001, orderDate=at(7))))
    pages = list(client(shop.url).fetch_pages(A_DAY))
    assert [[(each.id, each.excluded) for each in page.orders] for page in pages] == [
        [("1001", None), ("1003", None)],
        [("1001", "merged"), ("1003", None), ("1004", None)],
    ]


def test_the_parent_of_a_merged_order_is_sought_a_week_around(shop):
    shop.answers(listed(related(1)))
    shop.answers(listed(related(1)))
    shop.answers(listed(related(1), related(2, 1001, orderDate="2026-07-08T09:00:00")))
    (found,) = fetched(client(shop.url)).values()
    assert found.excluded == "merged"
    assert [query["orderDateStart"] for _, query in asked(shop)] == [
        "2026-07-02 18:59:59",
        "2026-07-01 20:59:59",
        "2026-06-25 20:59:59",
    ]


def test_a_parent_in_a_store_that_was_not_chosen_takes_nothing(shop):
    parent = related(2, 1001)
    parent["advancedOptions"]["storeId"] = 9
    shop.answers(listed(related(1), parent))
    assert [each.excluded for each in fetched(client(shop.url, stores=(STORE, 5))).values()] == [None]


def test_a_split_order_is_billed_under_its_root_and_needs_no_search(shop):
    shop.answers(listed(related(1), related(2, parent=1001), related(3, parent=1002)))
    assert [each.root for each in fetched(client(shop.url)).values()] == ["", "1001", "1001"]
    assert len(shop.asked) == 1


def test_a_split_order_is_billed_as_of_the_day_its_root_was_created(shop):
    root, child = related(1), related(2, parent=1001)
    root["createDate"], child["createDate"] = "2026-07-03T09:00:00", "2026-07-08T09:00:00"
    shop.answers(listed(root, child))
    assert {each.created_at.day for each in fetched(client(shop.url)).values()} == {3}
    shop.forget()
    shop.answers(listed(child))
    shop.answers(root)
    (alone,) = fetched(client(shop.url)).values()
    assert (alone.root, alone.created_at.day) == ("1001", 3)
    assert shop.asked[-1][0] == "/orders/1001"
    shop.forget()
    shop.answers(listed(child))
    shop.answers({"Message": "Not Found"}, status=404)
    (left,) = fetched(client(shop.url)).values()
    assert left.created_at.day == 8


def test_the_search_for_kin_is_bounded(shop):
    shop.answers(listed(related(1)))
    shop.sends(_endless)
    (found,) = fetched(client(shop.url)).values()
    assert found.excluded is None
    assert len(shop.asked) < 30


# --- customers


def test_customers_are_read_only_by_those_who_keep_them(shop):
    shop.answers(listed(order(1), order(2, shipTo=None)))
    (page,) = client(shop.url, persons=True).fetch_pages(A_DAY)
    assert page.persons == {"1001": Person("Corner Cafe", "US-NY")}
    assert [each.region for each in page.orders] == ["US-NY", ""]
    (page,) = client(shop.url).fetch_pages(A_DAY)
    assert page.persons is None


# --- changes and numbers


def test_changes_are_when_the_changed_orders_were_placed(shop):
    since, until = datetime(2026, 7, 9, 7, tzinfo=UTC), datetime(2026, 7, 10, 7, tzinfo=UTC)
    shop.answers(
        listed(
            order(1, modifyDate="2026-07-08T23:59:59"),
            order(2, modifyDate="2026-07-09T08:00:00", advanced={"storeId": 9}),
            order(3, modifyDate="2026-07-09T09:00:00", orderDate="2026-06-01T12:00:00"),
            order(4, modifyDate="2026-07-10T00:00:00"),
        )
    )
    (page,) = client(shop.url, stores=(STORE, 5)).fetch_changes(since, until)
    assert page.placed == (datetime(2026, 6, 1, 19, tzinfo=UTC),)
    assert page.seen_until == datetime(2026, 7, 9, 16, tzinfo=UTC)
    assert page.cursor is None
    _, query = asked(shop)[0]
    assert (query["sortBy"], query["modifyDateStart"]) == ("ModifyDate", "2026-07-08 21:59:59")
    assert query["modifyDateEnd"] == "2026-07-10 02:00:00"


def test_what_changed_in_the_hour_that_comes_twice_is_found_in_both(shop):
    shop.answers(listed(order(1, modifyDate="2026-11-01T01:30:00")))
    first = datetime(2026, 11, 1, 8, tzinfo=UTC)
    for began in (first, first + timedelta(hours=1)):
        (page,) = client(shop.url).fetch_changes(began, began + timedelta(hours=1))
        assert len(page.placed) == 1


def test_an_order_is_found_by_its_whole_number_in_the_chosen_stores(shop):
    shop.answers(listed(order(1), order(10), dated(2, at(6), orderNumber="#1", advanced={"storeId": 9})))
    assert client(shop.url).find_order(" #1 ") == (datetime(2026, 7, 3, 16, tzinfo=UTC),)
    assert asked(shop)[0][1]["orderNumber"] == "1"


def test_a_number_with_its_sign_is_sought_with_it_too(shop):
    shop.answers(listed())
    shop.answers(listed(order(1, orderNumber="#ab1")))
    assert len(client(shop.url).find_order("AB1")) == 1
    assert [query["orderNumber"] for _, query in asked(shop)] == ["AB1", "#AB1"]


@pytest.mark.parametrize("number", ["", "#", "9" * 65, "1\n2"])
def test_what_is_no_number_is_not_asked_for(shop, number):
    assert client(shop.url).find_order(number) == ()
    assert shop.asked == []


def test_no_second_question_is_exact(shop):
    assert client(shop.url).count_orders(A_DAY) is None


# --- pace


def test_a_spent_minute_that_is_soon_over_is_waited_for(shop):
    slept = []
    shop.answers(listed(dated(1, at(5)), total=2), headers={"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "7"})
    shop.answers(listed(dated(1, at(5)), dated(2, at(6))), headers={"X-Rate-Limit-Remaining": "39"})
    assert len(fetched(client(shop.url, slept.append))) == 2
    assert slept == [7]


def test_a_spent_minute_is_remembered_for_the_keys_from_day_to_day(shop):
    at_work = platform(shop.url)
    shop.answers(listed(), headers={"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "42"})
    fetched(at_work.open(paired(STORE), KEYS))
    with pytest.raises(errors.RateLimited) as caught:
        fetched(at_work.open(paired(STORE), KEYS))
    assert caught.value.retry_after_s == 42
    assert len(shop.asked) == 1


def test_a_refusal_carries_the_wait_until_the_minute_is_over(shop):
    shop.answers(b"no", status=429, headers={"X-Rate-Limit-Reset": "42"})
    with pytest.raises(errors.RateLimited) as caught:
        fetched(client(shop.url))
    assert caught.value.retry_after_s == 42


@pytest.mark.parametrize("said", [{}, {"X-Rate-Limit-Reset": "soon"}, {"X-Rate-Limit-Reset": "-5"}])
def test_a_refusal_without_a_wait_that_can_be_read_waits_half_a_minute(shop, said):
    shop.answers(b"no", status=429, headers=said or {"Content-Type": "text/plain"})
    with pytest.raises(errors.RateLimited) as caught:
        fetched(client(shop.url))
    assert caught.value.retry_after_s == 30


@pytest.mark.parametrize("left", ["many", "", "-1", "²"])
def test_headers_that_cannot_be_read_say_nothing(shop, left):
    shop.answers(listed(), headers={"X-Rate-Limit-Remaining": left.encode().decode("latin-1")})
    assert fetched(client(shop.url)) == fetched(client(shop.url)) == {}


# --- pairing


def test_keys_that_open_an_account_show_it(shop):
    shop.answers([*STORES, STORES[1] | {"storeId": 5, "storeName": "Old", "active": False}])
    shop.answers(listed(order(1, createDate="2026-11-24T11:59:00"), total=7000))
    shop.answers(listed(order(1), total=5231))
    found = platform(shop.url).check(FIELDS)
    assert found.shop.account == "5"
    assert found.shop.domain == "ssapi.shipstation.com"
    assert (found.shop.zone, found.shop.currency) == (None, None)
    assert [(store.id, store.name) for store in found.shop.stores] == [
        ("22766", "ShipStation Manual Store"),
        ("25748", "Test WooCommerce"),
        ("5", "Old"),
    ]
    assert found.shop.traits == {"clock": "America/Los_Angeles"}
    assert found.credentials == KEYS
    assert found.expected_orders == 5231
    assert found.warnings == ("ShipStation calls these stores inactive: Old.",)
    assert asked(shop)[0] == ("/stores", {"showInactive": "true"})
    assert asked(shop)[2][1]["orderDateStart"] == "2026-08-26 13:00:00"


def test_a_newest_order_in_the_future_is_warned_of(shop):
    shop.answers(STORES)
    shop.answers(listed(order(1, createDate="2026-11-24T19:59:00")))
    assert "future" in platform(shop.url).check(FIELDS).warnings[0]
    shop.forget()
    shop.answers(STORES)
    shop.answers(listed(order(1, createDate="2026-11-24T19:59:00")))
    found = platform(shop.url).check(FIELDS | {"clock": "UTC"})
    assert found.warnings == ()
    assert found.shop.traits == {"clock": "UTC"}


def test_an_account_without_orders_can_be_paired(shop):
    shop.answers(STORES)
    shop.answers(listed())
    assert platform(shop.url).check(FIELDS).expected_orders == 0


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"api_key", "api_secret"}),
        ({"api_key": "a b cd", "api_secret": "s" * 201}, {"api_key", "api_secret"}),
        ({"api_key": "key:canary", "api_secret": "sécret"}, {"api_key", "api_secret"}),
        (FIELDS | {"clock": "Mars/Olympus"}, {"clock"}),
        (FIELDS | {"clock": "../etc/passwd"}, {"clock"}),
    ],
)
def test_what_cannot_be_keys_is_not_sent(shop, fields, wrong):
    with pytest.raises(errors.RequestError) as caught:
        platform(shop.url).check(fields)
    assert set(caught.value.fields) == wrong
    assert shop.asked == []


@pytest.mark.parametrize("status", [401, 403])
def test_keys_that_are_refused_name_their_fields(shop, status):
    shop.answers({"Message": "canary"}, status=status)
    with pytest.raises(errors.RequestError) as caught:
        platform(shop.url).check(FIELDS)
    assert set(caught.value.fields) == {"api_key", "api_secret"}
    assert "canary" not in f"{caught.value} {caught.value.fields}"


@pytest.mark.parametrize("stores", [[], [{"storeId": 1}], {"stores": []}, [STORES[0]] * 501])
def test_an_account_that_does_not_show_its_stores_is_an_error(shop, stores):
    shop.answers(stores)
    with pytest.raises(errors.ChannelError):
        platform(shop.url).check(FIELDS)


def test_a_paired_account_says_who_it_is(shop):
    shop.answers([STORES[0] | {"companyName": " Northwind  Supply "}])
    assert client(shop.url).read_shop().name == "Northwind Supply"


def test_giving_the_keys_back_asks_nothing(shop):
    platform(shop.url).revoke(paired(STORE), KEYS)
    assert shop.asked == []
