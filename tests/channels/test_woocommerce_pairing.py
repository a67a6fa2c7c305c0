"""Pairing a WooCommerce site: finding it, approval there, keys that are posted or pasted, and what is found out about it."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib import errors
from chalicelib.channels.kinds import KINDS
from chalicelib.channels.woocommerce import KIND
from chalicelib.channels.woocommerce_shop import zone_of
from chalicelib.channels.woocommerce_wire import NO_SHOP, read_index
from chalicelib.domain.connections import Connection
from tests.support.woocommerce import CALLBACK, KEYS, platform

PASTED = {"consumer_key": "ck_canary0000000000", "consumer_secret": "cs_canary0000000000"}
INDEX = {
    "name": "Harbour &amp; Field",
    "timezone_string": "Europe/Berlin",
    "gmt_offset": 2,
    "namespaces": ["wp/v2", "wc/v3"],
}
NEWEST = {
    "id": 9,
    "status": "processing",
    "currency": "EUR",
    "total": "1",
    "date_created": "2026-07-03T12:00:00",
    "date_created_gmt": "2026-07-03T10:00:00",
}
SETTINGS = [{"id": "woocommerce_currency", "value": "EUR"}, {"id": "woocommerce_price_num_decimals", "value": "2"}]
FOUND, NOT_FOUND = [{"id": 9}], []
WRONG_KEYS = {"code": "woocommerce_rest_cannot_view"}


def posted(**fields):
    body = {
        "key_id": 1,
        "user_id": "state-1",
        "consumer_key": PASTED["consumer_key"],
        "consumer_secret": PASTED["consumer_secret"],
        "key_permissions": "read",
    }
    return json.dumps(body | fields).encode()


def tells(shop, *answers):
    for answer in answers:
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        shop.answers(body, status=status, headers={"X-WP-Total": "1"})


def paths(shop):
    return [urlsplit(path).path for path, _, _ in shop.asked]


# -- the kind


def test_the_kind_asks_for_a_site_and_its_fields_fit_what_merchants_have():
    assert KINDS["woocommerce"] is KIND
    assert (KIND.auth, KIND.many_stores, KIND.keeps_history, KIND.hosts) == ("approve", False, False, ())
    assert [field.name for field in KIND.key_fields] == ["site", "consumer_key", "consumer_secret"]
    assert [field.secret for field in KIND.key_fields] == [False, True, True]


# -- the address


def test_an_address_is_where_a_shop_answers_and_no_keys_are_shown_to_it(shop):
    tells(shop, INDEX)
    assert platform(shop.url).address({"site": f" {shop.url}/blog/ "}) == f"{shop.url}/blog"
    assert paths(shop) == ["/blog/wp-json/"]
    assert "Authorization" not in shop.asked[0][1]


def test_an_address_that_leads_on_to_another_is_that_one(shop):
    shop.answers(b"", status=301, headers={"Location": f"{shop.url}/shop/wp-json/?x=1"})
    tells(shop, INDEX)
    assert platform(shop.url).address({"site": shop.url}) == f"{shop.url}/shop"


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (404, b"<html>", {}),
        (404, b'{"code":"rest_no_route"}', {}),
        (200, b"<!doctype html><title>A shop of another make</title>", {}),
        (200, b'{"namespaces":["wp/v2"]}', {}),
        (200, b"[]", {}),
        (200, b"", {}),
        (401, b"", {}),
    ],
)
def test_a_site_without_a_shop_is_no_address(shop, status, body, headers):
    shop.answers(body, status=status, headers=headers)
    with pytest.raises(errors.RequestError) as caught:
        platform(shop.url).address({"site": shop.url})
    assert caught.value.fields.keys() == {"site"}
    assert shop.url not in str(caught.value)


def test_a_site_that_leads_to_its_front_page_is_no_address(shop):
    shop.answers(b"", status=302, headers={"Location": f"{shop.url}/"})
    tells(shop, INDEX)
    with pytest.raises(errors.RequestError) as caught:
        platform(shop.url).address({"site": shop.url})
    assert caught.value.fields == {"site": NO_SHOP}


@pytest.mark.parametrize(
    "site", ["", "http://shop.example", "https://127.0.0.1", "https://u:p@shop.example", "localhost"]
)
def test_what_is_no_public_site_is_not_asked(shop, site):
    tells(shop, INDEX)
    with pytest.raises(errors.RequestError) as caught:
        platform(shop.url).address({"site": site})
    assert caught.value.fields.keys() == {"site"}
    assert shop.asked == []


# -- approval


def test_the_merchant_approves_on_the_site_itself(shop):
    url = platform(shop.url).approve_url(
        "https://shop.example/blog", state="s +&", back="https://daybook.example/x?pairing=1"
    )
    assert url.startswith("https://shop.example/blog/wc-auth/v1/authorize?")
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "app_name": "Daybook",
        "scope": "read",
        "user_id": "s +&",
        "return_url": "https://daybook.example/x?pairing=1",
        "callback_url": CALLBACK,
    }


def test_the_state_of_a_post_is_read_and_nothing_else_is_asked_of_it(shop):
    assert platform(shop.url).state_in(b'{"user_id":"state-1"}') == "state-1"
    for damaged in (b"", b"{}", b"[]", b'{"user_id":1}', b"user_id=state-1", b"[" * 100_000, b"\xff"):
        with pytest.raises(errors.RequestError):
            platform(shop.url).state_in(damaged)


def test_posted_keys_are_tried_at_the_site_that_was_approved(shop):
    tells(shop, [NEWEST], INDEX, SETTINGS, FOUND, NOT_FOUND, FOUND)
    found = platform(shop.url).check_posted(shop.url, posted())
    account = shop.url.removeprefix("http://")
    assert (found.shop.account, found.shop.domain, found.shop.name) == (account, account, "Harbour & Field")
    assert (found.shop.zone, found.shop.currency) == ("Europe/Berlin", "EUR")
    assert found.shop.traits == {"sign": "oauth", "dates": "gmt", "bounds": "exclusive", "decimals": "2"}
    assert found.credentials.access.reveal() == PASTED["consumer_key"]
    assert found.expected_orders == 1
    assert found.warnings == ()


@pytest.mark.parametrize("permissions", ["write", "read_write", "", "admin"])
def test_keys_that_may_do_more_or_less_than_read_are_refused_untried(shop, permissions):
    with pytest.raises(errors.PermanentError, match="something else than read"):
        platform(shop.url).check_posted(shop.url, posted(key_permissions=permissions))
    assert shop.asked == []


@pytest.mark.parametrize("damaged", [b"", b"{}", b'{"user_id":"state-1"}', b"[]", posted(consumer_key=1)])
def test_a_damaged_post_is_unreadable(shop, damaged):
    with pytest.raises(errors.UnreadablePayload):
        platform(shop.url).check_posted(shop.url, damaged)


def test_posted_keys_that_do_not_open_the_site_are_refused(shop):
    tells(shop, (401, WRONG_KEYS))
    with pytest.raises(errors.AuthExpired):
        platform(shop.url).check_posted(shop.url, posted())


# -- pasted keys


def test_pasted_keys_are_tried(shop):
    tells(shop, INDEX, [NEWEST], INDEX, SETTINGS, FOUND, FOUND, FOUND)
    found = platform(shop.url).check({"site": shop.url} | {name: f" {text}\n" for name, text in PASTED.items()})
    assert found.shop.traits["bounds"] == "inclusive"
    assert found.credentials.secret.reveal() == PASTED["consumer_secret"]


def test_each_wrong_field_is_named(shop):
    with pytest.raises(errors.RequestError) as caught:
        platform(shop.url).check({"site": shop.url, "consumer_key": PASTED["consumer_secret"]})
    assert caught.value.fields.keys() == {"consumer_key", "consumer_secret"}
    assert "canary" not in str(caught.value.fields)
    tells(shop, INDEX, (401, WRONG_KEYS))
    with pytest.raises(errors.RequestError) as caught:
        platform(shop.url).check({"site": shop.url} | PASTED)
    assert caught.value.fields.keys() == {"consumer_key"}
    assert "canary" not in str(caught.value.fields)


def test_a_site_that_fails_is_no_wrong_field(shop):
    tells(shop, INDEX, (503, {}))
    with pytest.raises(errors.RetryableError):
        platform(shop.url).check({"site": shop.url} | PASTED)


# -- what is found out


def test_a_site_that_compares_local_time_is_known_for_it(shop):
    tells(shop, [NEWEST], INDEX, SETTINGS, NOT_FOUND, FOUND)
    assert platform(shop.url).check_posted(shop.url, posted()).shop.traits["dates"] == "local"


def test_where_local_time_is_utc_nothing_is_proved(shop):
    tells(shop, [NEWEST | {"date_created": NEWEST["date_created_gmt"]}], INDEX, SETTINGS, FOUND)
    assert platform(shop.url).check_posted(shop.url, posted()).shop.traits.keys() == {"sign", "decimals"}


def test_an_empty_shop_is_paired_too(shop):
    tells(shop, [], INDEX, SETTINGS, [])
    found = platform(shop.url).check_posted(shop.url, posted())
    assert found.shop.traits.keys() == {"sign", "decimals"}


def test_keys_that_may_not_read_settings_find_the_currency_elsewhere(shop):
    tells(shop, [NEWEST], INDEX, (403, WRONG_KEYS), {"code": "CHF"}, FOUND, NOT_FOUND, FOUND)
    assert platform(shop.url).check_posted(shop.url, posted()).shop.currency == "CHF"
    shop.forget()
    tells(shop, [NEWEST], INDEX, (403, WRONG_KEYS), (403, WRONG_KEYS), FOUND, NOT_FOUND, FOUND)
    assert platform(shop.url).check_posted(shop.url, posted()).shop.currency == "EUR"


@pytest.mark.parametrize(
    ("fields", "zone"),
    [
        ({"timezone_string": "Asia/Tokyo", "gmt_offset": 9}, "Asia/Tokyo"),
        ({"timezone_string": "Middle/Earth", "gmt_offset": 1}, None),
        ({"timezone_string": "../etc/passwd"}, None),
        ({"timezone_string": "", "gmt_offset": 2}, "Etc/GMT-2"),
        ({"timezone_string": "", "gmt_offset": "-5"}, "Etc/GMT+5"),
        ({"timezone_string": "", "gmt_offset": "0"}, "UTC"),
        ({"timezone_string": "", "gmt_offset": 5.5}, None),
        ({"timezone_string": "", "gmt_offset": 15}, None),
        ({"timezone_string": None, "gmt_offset": ""}, None),
        ({"gmt_offset": "1e999999"}, None),
        ({}, None),
    ],
)
def test_the_zone_is_a_name_or_whole_hours_or_asked_for(fields, zone):
    assert zone_of(read_index.decode(json.dumps(fields))) == zone


def test_a_fixed_offset_is_warned_of(shop):
    tells(shop, [NEWEST], INDEX | {"timezone_string": ""}, SETTINGS, FOUND, NOT_FOUND, FOUND)
    found = platform(shop.url).check_posted(shop.url, posted())
    assert found.shop.zone == "Etc/GMT-2"
    assert "daylight saving" in found.warnings[0]


# -- a paired shop


def paired(domain, **traits) -> Connection:
    from msgspec.structs import replace

    from tests.support.pairing import connection

    return replace(connection(), kind="woocommerce", account=domain, domain=domain, traits=traits)


def test_a_paired_shop_says_who_it_is_again(shop):
    tells(shop, [NEWEST], INDEX, SETTINGS, FOUND, NOT_FOUND)
    channel = platform(shop.url).open(paired(shop.url.removeprefix("http://"), sign="oauth"), KEYS)
    read = channel.read_shop()
    assert read.account == shop.url.removeprefix("http://")
    assert read.traits == {"sign": "oauth", "dates": "gmt", "bounds": "exclusive", "decimals": "2"}


def test_a_shop_is_plain_only_where_the_operator_says_so(shop):
    """The domain of a connection has no scheme: another site never becomes plain by it."""
    tells(shop, [])
    channel = platform(shop.url).open(paired("127.0.0.1:1/x"), KEYS)
    with pytest.raises(errors.ChannelError):
        channel.read_shop()
    assert shop.asked == []


def test_parting_takes_nothing_back_for_only_the_site_can(shop):
    assert platform(shop.url).revoke(paired("shop.example"), KEYS) is None
    assert shop.asked == []
