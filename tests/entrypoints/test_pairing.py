"""Pairing over the API: out to the shop, back through the callback, on to a page of ours."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from chalicelib import errors
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.pairing import DOMAIN, OTHER_DOMAIN
from tests.support.site import Site, Visitor, json_at, open_site


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


def begin(visitor: Visitor, shop: str = DOMAIN) -> str:
    body = {"kind": "shopify", "fields": {"shop": shop}}
    return json_at(visitor.post("/v1/connections", body), 202)["authorize_url"]


def come_back(visitor: Visitor, params: dict[str, str]) -> str:
    answer = visitor.get(f"/v1/callback/shopify?{urlencode(params)}")
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_a_shop_is_paired_and_its_days_are_on_their_way(site):
    owner = site.merchant()
    where = come_back(owner, site.daybook.channel.callback(begin(owner)))
    (connection,) = json_at(owner.get("/v1/connections"))["items"]
    assert where == f"/connections/{connection['id']}?paired=1"
    assert (connection["state"], connection["name"], connection["domain"]) == ("importing", "Northwind Supply", DOMAIN)
    sync = json_at(owner.get(f"/v1/syncs/{connection['sync_id']}"))
    assert (sync["reason"], sync["days"]) == ("pairing", "w" * 91)


def test_the_way_back_works_once(site):
    owner = site.merchant()
    params = site.daybook.channel.callback(begin(owner))
    come_back(owner, params)
    assert come_back(owner, params) == "/connections/add/shopify?error=expired"


def test_every_other_end_leads_to_a_page_that_tells_it(site):
    owner, channel = site.merchant(), site.daybook.channel
    altered = channel.callback(begin(owner)) | {"code": "another"}
    assert come_back(owner, altered) == "/connections/add/shopify?error=refused"
    swapped = channel.callback(begin(owner), shop=OTHER_DOMAIN)
    assert come_back(owner, swapped) == f"/connections/add/shopify?error=wrong-shop&shop={OTHER_DOMAIN}"
    assert come_back(owner, {"error": "access_denied"}) == "/connections/add/shopify?error=declined"
    assert come_back(site.visitor(), channel.callback(begin(owner))) == "/connections/add/shopify?error=expired"
    assert come_back(site.merchant("other"), channel.callback(begin(owner))) == "/connections/add/shopify?error=expired"
    channel.failures = [errors.RetryableError("502")]
    assert come_back(owner, channel.callback(begin(owner))) == "/connections/add/shopify?error=refused"
    assert json_at(owner.get("/v1/connections"))["items"] == []


def test_a_shop_that_another_workspace_has_is_refused_without_a_word_about_it(site):
    first, second = site.merchant("first"), site.merchant("second")
    come_back(first, site.daybook.channel.callback(begin(first)))
    assert come_back(second, site.daybook.channel.callback(begin(second))) == "/connections/add/shopify?error=refused"


def test_what_is_no_shop_is_said_at_its_field(site):
    owner = site.merchant()
    for body, field in (
        ({"kind": "shopify", "fields": {"shop": "example.com"}}, "shop"),
        ({"kind": "nothing", "fields": {}}, "kind"),
        ({"kind": "shopify"}, "fields"),
    ):
        answer = owner.post("/v1/connections", body)
        assert (answer.status_code, list(answer.json_body["fields"])) == (400, [field])


def test_pairing_needs_a_recent_sign_in(site):
    owner = site.merchant()
    site.daybook.pass_time(minutes=11)
    answer = owner.post("/v1/connections", {"kind": "shopify", "fields": {"shop": DOMAIN}})
    assert (answer.status_code, list(answer.json_body["fields"])) == (403, ["password"])


def test_a_removed_shop_is_connected_again_as_the_same_connection(site):
    owner = site.merchant()
    come_back(owner, site.daybook.channel.callback(begin(owner)))
    (connection,) = json_at(owner.get("/v1/connections"))["items"]
    at = f"/v1/connections/{connection['id']}"
    assert owner.ask("DELETE", at).status_code == 204
    assert json_at(owner.get(at))["state"] == "removed"
    url = json_at(owner.post(f"{at}/reconnect"), 202)["authorize_url"]
    assert come_back(owner, site.daybook.channel.callback(url)) == f"/connections/{connection['id']}?paired=1"
    assert json_at(owner.get(at))["state"] == "importing"
