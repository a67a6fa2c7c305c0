"""Pairing with Shopify: which addresses are shops, which callbacks genuine, which grants taken; and how tokens rotate."""

import hashlib
import hmac
import pickle
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from chalicelib import errors
from chalicelib.channels.http import Http
from chalicelib.channels.shopify_oauth import (
    WANTED_SCOPES,
    ShopifySignIn,
    callback_is_genuine,
    reach_days,
    shop_domain,
)
from chalicelib.domain.secret import Secret
from tests.support.reach import reach_to
from tests.support.shopify import DOMAIN

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = Secret("hush-canary")

SHOPS = [
    "northwind-supply.myshopify.com",
    "  Northwind-Supply.myshopify.com  ",
    "northwind-supply",
    "https://northwind-supply.myshopify.com",
    "http://northwind-supply.myshopify.com/",
    "https://northwind-supply.myshopify.com/admin/orders?x=1#y",
    "https://admin.shopify.com/store/northwind-supply",
    "admin.shopify.com/store/northwind-supply/orders",
]

NO_SHOPS = [
    "",
    " ",
    ".myshopify.com",
    "-a.myshopify.com",
    "northwind.example",
    "northwind.myshopify.com.evil.example",
    "evil.example/northwind.myshopify.com",
    "evil.example#northwind.myshopify.com",
    "evil.example?northwind.myshopify.com",
    "user@northwind.myshopify.com",
    "northwind.myshopify.com@evil.example",
    "northwind.myshopify.com:8443",
    "a.b.myshopify.com",
    "north_wind.myshopify.com",
    "north wind.myshopify.com",
    "north%2ewind",
    "nörthwind.myshopify.com",
    "northwind.myshopify.com\nevil.example",
    "northwind\\.myshopify.com",
    "//northwind.myshopify.com",
    "https://https://northwind.myshopify.com",
    "javascript:alert(1)",
    "127.0.0.1",
    "[::1]",
    "a" * 200,
    "northwind.myshopify.com\x00",
    "northwind。myshopify。com",
]


@pytest.mark.parametrize("text", SHOPS)
def test_an_address_as_people_paste_it_is_the_shop(text):
    assert shop_domain(text) == DOMAIN


@pytest.mark.parametrize("text", NO_SHOPS)
def test_what_is_no_shop_is_refused_with_its_field(text):
    with pytest.raises(errors.RequestError) as caught:
        shop_domain(text)
    assert set(caught.value.fields) == {"shop"}


# --- the callback


def signed(secret: str = "hush-canary", **parameters: str) -> dict[str, str]:
    text = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))
    return parameters | {"hmac": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}


GENUINE = signed(code="c0de", shop=DOMAIN, state="st", timestamp="1337178173", host="YWRtaW4=")


def test_the_example_of_shopifys_reference_is_genuine():
    # "Verify the installation request" of Shopify's older OAuth reference, with its secret "hush".
    example = {
        "code": "0907a61c0c8d55e99db179b68161bc00",
        "shop": "some-shop.myshopify.com",
        "timestamp": "1337178173",
        "hmac": "4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20",
    }
    assert callback_is_genuine(example, Secret("hush"))


def test_a_callback_signed_by_the_shop_is_genuine():
    assert callback_is_genuine(GENUINE, SECRET)
    assert callback_is_genuine(dict(reversed(GENUINE.items())), SECRET)


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in GENUINE.items() if key != name}


FORGED = [
    {},
    {"hmac": ""},
    without("hmac"),
    without("code"),
    without("state"),
    GENUINE | {"hmac": ""},
    GENUINE | {"hmac": GENUINE["hmac"][:-1]},
    GENUINE | {"hmac": GENUINE["hmac"].upper()},
    GENUINE | {"hmac": "ü" * 64},
    GENUINE | {"shop": "other.myshopify.com"},
    GENUINE | {"code": "other"},
    GENUINE | {"state": "other"},
    GENUINE | {"more": "1"},
    signed("wrong secret", code="c0de", shop=DOMAIN, state="st"),
    # The same signed text, cut into other parameters.
    {"code": f"c0de&host=YWRtaW4=&shop={DOMAIN}&state=st&timestamp=1337178173", "hmac": GENUINE["hmac"]},
    {"code=c0de&host": f"YWRtaW4=&shop={DOMAIN}", "state": "st", "timestamp": "1337178173", "hmac": GENUINE["hmac"]},
]


@pytest.mark.parametrize("parameters", FORGED, ids=range(len(FORGED)))
def test_a_callback_that_is_not_the_shops_is_not_genuine(parameters):
    assert not callback_is_genuine(parameters, SECRET)


# --- going there, and the exchange


@pytest.fixture
def app(shop):
    http = Http(reach=reach_to(shop.url), sleep=lambda _: None, now=lambda: NOW, total_s=5.0)
    return ShopifySignIn(http, base_url=f"{shop.url}/{{shop}}", client_id="our-app", secret=SECRET, now=lambda: NOW)


GRANTED = {
    "access_token": "shpat-canary",
    "scope": "read_orders,read_all_orders",
    "expires_in": 3600,
    "refresh_token": "shprt-canary",
    "refresh_token_expires_in": 7_776_000,
}


def test_the_merchant_is_sent_to_the_shop_with_our_scopes_and_no_secret(app):
    url = urlsplit(app.authorize_url(DOMAIN, state="st/+&", redirect_uri="https://daybook.example/v1/callback/shopify"))
    assert url.path == f"/{DOMAIN}/admin/oauth/authorize"
    assert parse_qs(url.query) == {
        "client_id": ["our-app"],
        "scope": ["read_orders,read_all_orders"],
        "redirect_uri": ["https://daybook.example/v1/callback/shopify"],
        "state": ["st/+&"],
    }
    assert "canary" not in url.query


def test_nothing_is_sent_to_what_is_no_shop(app, shop):
    with pytest.raises(AssertionError):
        app.exchange("evil.example", "c0de")
    assert shop.asked == []


def test_a_code_buys_a_token_pair(app, shop):
    shop.answers(GRANTED)
    tokens = app.exchange(DOMAIN, "c0de")
    path, _, body = shop.asked[0]
    assert path == f"/{DOMAIN}/admin/oauth/access_token"
    assert dict(parse_qsl(body.decode())) == {
        "client_id": "our-app",
        "client_secret": "hush-canary",
        "code": "c0de",
        "expiring": "1",
    }
    assert tokens.access.reveal() == "shpat-canary"
    assert tokens.refresh is not None
    assert tokens.refresh.reveal() == "shprt-canary"
    assert tokens.expires_at == NOW + timedelta(hours=1)
    assert tokens.refresh_expires_at == NOW + timedelta(days=90)
    assert set(tokens.scopes) == set(WANTED_SCOPES)
    assert "canary" not in repr(tokens)
    with pytest.raises(TypeError):
        pickle.dumps(tokens.access)


def test_a_refresh_token_buys_the_next_pair(app, shop):
    shop.answers(GRANTED)
    app.refresh(DOMAIN, Secret("old"))
    form = dict(parse_qsl(shop.asked[0][2].decode()))
    assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "old")


def test_a_token_without_end_has_no_end(app, shop):
    shop.answers({"access_token": "a", "scope": "read_orders"})
    tokens = app.exchange(DOMAIN, "c0de")
    assert (tokens.refresh, tokens.expires_at, tokens.refresh_expires_at) == (None, None, None)


@pytest.mark.parametrize(
    ("scope", "reach"),
    [("read_orders", 60), ("", 60), ("read_orders, read_all_orders", None), ("read_all_orders", None)],
)
def test_less_than_asked_is_told_by_its_scopes(app, shop, scope, reach):
    shop.answers(GRANTED | {"scope": scope})
    assert reach_days(app.exchange(DOMAIN, "c0de").scopes) == reach


@pytest.mark.parametrize(
    "scope", ["read_orders,write_orders", "read_orders,read_all_orders,read_customers", "READ_ORDERS"]
)
def test_more_than_asked_is_refused(app, shop, scope):
    shop.answers(GRANTED | {"scope": scope})
    with pytest.raises(errors.AuthExpired, match="more than we asked for"):
        app.exchange(DOMAIN, "c0de")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, errors.AuthExpired),
        (401, errors.AuthExpired),
        (403, errors.AuthExpired),
        (404, errors.AuthExpired),
        (302, errors.AuthExpired),
        (429, errors.RateLimited),
        (500, errors.RetryableError),
    ],
)
def test_a_refused_exchange_is_its_error_and_tells_no_secret(app, shop, status, error):
    shop.answers({"error": "invalid_grant", "error_description": "canary"}, status=status)
    for ask in (lambda: app.exchange(DOMAIN, "code-canary"), lambda: app.refresh(DOMAIN, Secret("old-canary"))):
        with pytest.raises(errors.ChannelError) as caught:
            ask()
        assert type(caught.value) is error
        assert "canary" not in repr(caught.value)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", b'{"access_token":', {**GRANTED, "access_token": ""}, {**GRANTED, "expires_in": "soon"}],
)
def test_an_exchange_that_answers_nonsense_is_unreadable(app, shop, body):
    shop.answers(body)
    with pytest.raises(errors.UnreadablePayload):
        app.exchange(DOMAIN, "c0de")
