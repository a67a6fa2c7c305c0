"""S31 and its one exception: how WooCommerce's keys go out over real TLS, and what of them is ever to be seen."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib import errors
from chalicelib.channels import Means
from chalicelib.channels.woocommerce import WooCommerce
from tests.support.internet import NOW, SHOP

KEY, SECRET = "ck_canary0000000000", "cs_canary0000000000"
INDEX = {"name": "Shop", "timezone_string": "UTC", "namespaces": ["wc/v3"]}
REFUSED = {"code": "woocommerce_rest_cannot_view"}
SETTINGS = [{"id": "woocommerce_currency", "value": "EUR"}]


@pytest.fixture
def app(client):
    return WooCommerce(
        Means(
            http=lambda: client,
            sleep=lambda _: None,
            now=lambda: NOW,
            callback="https://daybook.example/v1/callback/woocommerce",
        )
    )


def check(app, site, *, refused):
    """Pair with pasted keys at a site that refuses the first ways of signing."""
    site.answers(INDEX)
    for _ in range(refused):
        site.answers(REFUSED, status=401)
    for answer in ([], INDEX, SETTINGS, []):
        site.answers(answer)
    return app.check({"site": f"https://{SHOP}", "consumer_key": KEY, "consumer_secret": SECRET})


@pytest.mark.parametrize(("refused", "sign"), [(0, "header"), (1, "oauth"), (2, "query")])
def test_the_first_way_that_a_site_takes_is_kept_and_the_secret_is_in_an_address_only_as_the_last_resort(
    app, site, refused, sign
):
    found = check(app, site, refused=refused)
    assert found.shop.traits["sign"] == sign
    assert found.shop.domain == SHOP
    for n, (path, headers, _) in enumerate(site.asked):
        is_index = urlsplit(path).path == "/wp-json/"
        assert ("Authorization" in headers) == (not is_index and (n == 1 or sign == "header"))
        assert (SECRET in path) == (not is_index and sign == "query" and n > 2)
    names = parse_qs(urlsplit(site.asked[-1][0]).query).keys()
    assert ("oauth_signature" in names) == (sign == "oauth")
    assert ("consumer_secret" in names) == (sign == "query")


def test_keys_that_no_way_makes_work_are_three_refusals_and_a_field(app, site):
    with pytest.raises(errors.RequestError) as caught:
        check(app, site, refused=9)
    assert caught.value.fields.keys() == {"consumer_key"}
    assert len(site.asked) == 4


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 418, 429, 500, 503])
def test_no_failure_shows_a_key_or_an_address(app, site, status, caplog):
    """At the levels that stages log: urllib3 writes addresses at DEBUG only."""
    caplog.set_level(logging.INFO)
    site.answers(INDEX)
    site.answers(
        {"code": f"x {KEY} {SECRET}"},
        status=status,
        headers={"Retry-After": "99", "Location": f"https://{SHOP}/{SECRET}"},
    )
    with pytest.raises((errors.ChannelError, errors.RequestError)) as caught:
        app.check({"site": f"https://{SHOP}", "consumer_key": KEY, "consumer_secret": SECRET})
    seen = f"{caught.value!r} {caught.value.__cause__!r} {getattr(caught.value, 'fields', '')} {caplog.text}"
    assert "canary" not in seen
    assert SHOP not in seen


def test_a_redirect_gets_no_keys(app, site, internet):
    site.answers(INDEX)
    site.answers(b"", status=302, headers={"Location": "https://other.example/wp-json/wc/v3/orders"})
    with pytest.raises(errors.PermanentError, match="another address"):
        app.check({"site": f"https://{SHOP}", "consumer_key": KEY, "consumer_secret": SECRET})
    assert "other.example" not in internet.looked_up
