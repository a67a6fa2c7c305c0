"""Pairing over the API: out to the shop, back through the callback, on to a page of ours."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chalicelib import errors
from chalicelib.storage.accounts import UserItem
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.pairing import DOMAIN, KEYS, OTHER_DOMAIN, SITE, ApprovingChannel
from tests.support.site import ORIGIN, Site, Visitor, json_at, open_site


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


# -- by keys, and by approval


def approve(visitor: Visitor, **more: object) -> dict[str, Any]:
    return json_at(visitor.post("/v1/connections", {"kind": "woocommerce", "fields": {"site": SITE}, **more}), 202)


def test_kinds_tell_what_they_ask_for(site):
    kinds = {each["kind"]: each for each in json_at(site.merchant().get("/v1/kinds"))["items"]}
    clock = kinds["shipstation"]["fields"][2]
    assert (clock["name"], clock["required"], clock["default"]) == ("clock", False, "UTC")
    assert [each["name"] for each in kinds["woocommerce"]["fields"]] == ["site"]
    assert [each["name"] for each in kinds["woocommerce"]["key_fields"]] == ["site", "consumer_key", "consumer_secret"]
    assert kinds["shopify"]["key_fields"] == kinds["shipstation"]["key_fields"] == []


def test_keys_are_checked_and_then_connected_as_was_chosen(site):
    owner = site.merchant()
    site.daybook.keyed.warnings = ("The newest order lies in the future.",)
    checked = json_at(owner.post("/v1/kinds/shipstation/check", {"fields": KEYS}))
    assert checked == {
        "name": "Parcels",
        "domain": "parcels.example",
        "time_zone": None,
        "currency": None,
        "stores": [{"id": id_, "name": f"Store {id_}"} for id_ in ("10", "20", "30")],
        "warnings": ["The newest order lies in the future."],
        "expected_orders": 1204,
    }
    assert json_at(owner.get("/v1/connections"))["items"] == []
    chosen = {"name": "Our parcels", "stores": ["20"], "time_zone": "America/Denver", "currency": "CAD"}
    made = json_at(owner.post("/v1/connections", {"kind": "shipstation", "fields": KEYS, **chosen}), 202)
    assert (made["authorize_url"], made["pairing"]) == (None, None)
    connection = made["connection"]
    assert [connection[name] for name in ("name", "time_zone", "currency", "state")] == [
        "Our parcels",
        "America/Denver",
        "CAD",
        "importing",
    ]
    assert connection["stores"] == [{"id": "20", "name": "Store 20"}]
    assert json_at(owner.get("/v1/connections"))["items"] == [connection]
    assert json_at(owner.get(f"/v1/syncs/{connection['sync_id']}"))["reason"] == "pairing"


def test_a_site_posts_keys_and_the_page_hears_that_it_is_connected(site):
    owner, channel = site.merchant(), site.daybook.sites
    begun = approve(owner)
    assert begun["connection"] is None
    at = f"/v1/pairings/{begun['pairing']}"
    assert json_at(owner.get(at)) == {"state": "waiting", "connection_id": None, "reason": ""}
    back = parse_qs(urlsplit(begun["authorize_url"]).query)["return_url"]
    assert back == [f"{ORIGIN}/connections/add/woocommerce?pairing={begun['pairing']}"]
    # As WordPress sends it: no cookie, no origin, no token of ours, and the charset named.
    sent = {"Cookie": "", "Origin": "", "X-Daybook": "", "Content-Type": "application/json;charset=UTF-8"}
    posted = channel.approve(begun["authorize_url"])
    answer = site.visitor().ask("POST", "/v1/callback/woocommerce", posted, sent)
    assert (answer.status_code, answer.body) == (200, b"")
    (connection,) = json_at(owner.get("/v1/connections"))["items"]
    assert json_at(owner.get(at)) == {"state": "paired", "connection_id": connection["id"], "reason": ""}
    assert (connection["state"], connection["name"]) == ("importing", "Northwind Tools")
    again = site.visitor().ask("POST", "/v1/callback/woocommerce", posted, sent)
    assert again.status_code == 400


def test_a_pairing_that_came_to_nothing_says_why(site):
    owner, channel = site.merchant(), site.daybook.sites
    begun = approve(owner)
    channel.failures = [errors.PermanentError("The keys may do more than read.")]
    assert site.visitor().post("/v1/callback/woocommerce", _told(channel, begun)).status_code == 400
    at = f"/v1/pairings/{begun['pairing']}"
    assert json_at(owner.get(at)) == {
        "state": "refused",
        "connection_id": None,
        "reason": "The keys may do more than read.",
    }
    begun = approve(owner)
    site.daybook.pass_time(minutes=11)
    said = json_at(owner.get(f"/v1/pairings/{begun['pairing']}"))
    assert (said["state"], said["reason"]) == ("expired", "This took too long or was done before. Begin again.")


def _told(channel: ApprovingChannel, begun: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(channel.approve(begun["authorize_url"]))
    return told


def test_who_signed_out_meanwhile_does_not_connect(site):
    owner, channel = site.merchant(), site.daybook.sites
    begun = approve(owner)
    told = _told(channel, begun)
    assert owner.ask("DELETE", "/v1/session").status_code == 204
    assert site.visitor().post("/v1/callback/woocommerce", told).status_code == 400
    assert channel.tried == []


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_who_lost_their_role_meanwhile_does_not_connect(site, role):
    owner, channel = site.merchant(), site.daybook.sites
    begun = approve(owner)
    user = json_at(owner.get("/v1/session"))["user"]["id"]
    site.daybook.outside.table.update(f"USER#{user}", "USER", [UserItem.role.set(role)])
    assert site.visitor().post("/v1/callback/woocommerce", _told(channel, begun)).status_code == 400
    assert channel.tried == []


def test_posts_that_come_to_nothing_read_alike(site):
    owner, channel = site.merchant(), site.daybook.sites
    used = _told(channel, approve(owner))
    assert site.visitor().post("/v1/callback/woocommerce", used).status_code == 200
    wrong = _told(channel, approve(owner)) | {"consumer_key": "wrong"}
    said = set()
    for posted in (used, wrong, wrong | {"user_id": "A" * 43}, {}, [], b"{", b""):
        answer = site.visitor().ask("POST", "/v1/callback/woocommerce", posted)
        told = answer.json_body | {"request_id": ""}
        said.add((answer.status_code, json.dumps(told), str(sorted(answer.headers.items()))))
    assert len(said) == 1
    assert site.visitor().ask("POST", "/v1/callback/woocommerce", b" " * 65_537).status_code == 413


def test_what_is_wrong_with_keys_is_said_at_their_fields(site):
    owner = site.merchant()
    wrong = KEYS | {"api_key": "wrong"}
    for path, body, field in (
        ("/v1/kinds/shipstation/check", {"fields": wrong}, "api_key"),
        ("/v1/kinds/shipstation/check", {"fields": {"api_key": "key-1"}}, "api_secret"),
        ("/v1/connections", {"kind": "shipstation", "fields": wrong}, "api_key"),
        ("/v1/connections", {"kind": "shipstation", "fields": KEYS, "stores": []}, "stores"),
        ("/v1/connections", {"kind": "shipstation", "fields": KEYS, "stores": ["40"]}, "stores"),
        ("/v1/connections", {"kind": "shipstation", "fields": KEYS, "time_zone": "Mars"}, "time_zone"),
        ("/v1/connections", {"kind": "shipstation", "fields": KEYS, "currency": "Gold"}, "currency"),
        ("/v1/connections", {"kind": "woocommerce", "fields": {"site": "nowhere.example"}}, "site"),
    ):
        answer = owner.post(path, body)
        assert (answer.status_code, list(answer.json_body["fields"])) == (400, [field]), body
    for kind in ("fax", "shopify"):
        assert owner.post(f"/v1/kinds/{kind}/check", {"fields": {}}).status_code == 404


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (errors.RetryableError("The channel is down."), 503),
        (errors.RateLimited("The channel is busy.", 60), 503),
        (errors.UnreadablePayload("The channel answers oddly."), 502),
    ],
)
def test_a_channel_that_fails_is_a_problem_with_its_sentence(site, failure, status):
    owner = site.merchant()
    for path, body in (
        ("/v1/kinds/shipstation/check", {"fields": KEYS}),
        ("/v1/connections", {"kind": "shipstation", "fields": KEYS}),
    ):
        site.daybook.keyed.failures = [failure]
        answer = owner.post(path, body)
        assert (answer.status_code, answer.json_body["detail"]) == (status, str(failure))
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_too_many_tries_are_told_when_the_next_may_be_made(site):
    owner = site.merchant()
    for tried in range(30):
        assert owner.post("/v1/kinds/shipstation/check", {"fields": KEYS}).status_code == 200
        site.daybook.pass_time(minutes=0 if tried else 5)
    answer = owner.post("/v1/connections", {"kind": "shipstation", "fields": KEYS})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(55 * 60))
    assert site.merchant("second").post("/v1/kinds/shipstation/check", {"fields": KEYS}).status_code == 200


def test_new_keys_are_for_the_shop_that_was_connected(site):
    owner = site.merchant()
    made = json_at(owner.post("/v1/connections", {"kind": "shipstation", "fields": KEYS, "stores": ["20"]}), 202)
    at = f"/v1/connections/{made['connection']['id']}"
    assert list(owner.post(f"{at}/reconnect").json_body["fields"]) == ["api_key", "api_secret"]
    other = owner.post(f"{at}/reconnect", {"fields": KEYS | {"api_key": "key-3"}})
    assert (other.status_code, other.json_body["detail"][:24]) == (400, "This opens another shop ")
    again = json_at(owner.post(f"{at}/reconnect", {"fields": KEYS | {"api_key": "key-2"}}), 202)
    assert again["connection"]["id"] == made["connection"]["id"]
    assert again["connection"]["stores"] == [{"id": "20", "name": "Store 20"}]


def test_a_site_is_connected_again_from_where_it_is(site):
    owner, channel = site.merchant(), site.daybook.sites
    assert site.visitor().post("/v1/callback/woocommerce", _told(channel, approve(owner))).status_code == 200
    (connection,) = json_at(owner.get("/v1/connections"))["items"]
    at = f"/v1/connections/{connection['id']}"
    assert owner.ask("DELETE", at).status_code == 204
    begun = json_at(owner.post(f"{at}/reconnect", {}), 202)
    assert site.visitor().post("/v1/callback/woocommerce", _told(channel, begun)).status_code == 200
    assert json_at(owner.get(f"/v1/pairings/{begun['pairing']}"))["connection_id"] == connection["id"]
    assert json_at(owner.get(at))["state"] == "importing"
