"""How questions are signed: against the published example of RFC 5849, and against a signature made by other means."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.channels.woocommerce_sign import base_string, signature, signed
from chalicelib.domain.connections import Credentials
from chalicelib.domain.secret import Secret

KEYS = Credentials(access=Secret("ck_1"), secret=Secret("cs_1"))
AT = datetime(2026, 7, 3, 14, tzinfo=UTC)
ORDERS = "shop.example/blog/wp-json/wc/v3/orders"
PARAMS = (("after", "2026-07-03T03:59:59Z"), ("_fields", "id,billing.country"), ("search", "a b+c~"))


def test_the_base_string_is_that_of_the_published_example():
    """RFC 5849, section 3.4.1.1: parameters of the query, of the body and of OAuth, some of them named twice or empty."""
    params = [
        ("b5", "=%3D"),
        ("a3", "a"),
        ("c@", ""),
        ("a2", "r b"),
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
        ("c2", ""),
        ("a3", "2 q"),
    ]
    assert base_string("post", "http://EXAMPLE.com:80/request", params) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26"
        "oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26"
        "oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def test_the_signature_is_the_one_that_openssl_makes():
    """`openssl dgst -sha256 -hmac 'cs_1&' -binary | base64` over the base string written out by hand."""
    url, headers = signed(f"https://{ORDERS}", PARAMS, sign="oauth", credentials=KEYS, at=AT, nonce="n0nce")
    sent = dict(parse_qsl(urlsplit(url).query))
    assert sent["oauth_signature"] == "AmOcEoV7RWwkpvJZ5sajRWa5Hxe178Nb+D4Po0MFzEU="
    assert headers == {}
    assert dict(PARAMS).items() <= sent.items()


def test_a_port_that_is_not_the_default_one_is_signed():
    assert base_string("GET", "http://127.0.0.1:9101/x", ()) == "GET&http%3A%2F%2F127.0.0.1%3A9101%2Fx&"


def test_over_https_the_keys_go_in_a_header_and_the_address_holds_none_of_them():
    url, headers = signed(f"https://{ORDERS}", PARAMS, sign="header", credentials=KEYS, at=AT, nonce="n")
    assert headers == {"Authorization": "Basic Y2tfMTpjc18x"}
    assert "ck_1" not in url
    assert "cs_1" not in url


def test_as_the_last_resort_they_are_parameters():
    url, headers = signed(f"https://{ORDERS}", (), sign="query", credentials=KEYS, at=AT, nonce="n")
    assert (url, headers) == (f"https://{ORDERS}?consumer_key=ck_1&consumer_secret=cs_1", {})


@pytest.mark.parametrize("sign", ["header", "query", "oauth"])
def test_over_plain_http_the_secret_never_leaves(sign):
    url, headers = signed(f"http://{ORDERS}", PARAMS, sign=sign, credentials=KEYS, at=AT, nonce="n")
    assert "cs_1" not in url
    assert headers == {}
    assert "oauth_signature=" in url


def test_a_plus_or_slash_in_a_signature_is_encoded():
    urls = [signed(f"http://{ORDERS}", (), sign="oauth", credentials=KEYS, at=AT, nonce=str(n))[0] for n in range(30)]
    found = [urlsplit(url).query.partition("oauth_signature=")[2] for url in urls]
    assert not any(set("+/=") & set(each) for each in found)
    assert any("%2B" in each or "%2F" in each for each in found)


def test_the_signature_depends_on_the_secret_alone_besides():
    assert signature("GET&x&y", "cs_1") != signature("GET&x&y", "cs_2")
