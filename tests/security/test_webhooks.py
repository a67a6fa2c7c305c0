"""S41: what comes in from channels unasked, against whoever alters, replays or invents it."""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import app
from chalicelib import errors
from chalicelib.channels.shopify_hooks import is_genuine
from chalicelib.domain.connections import Connection
from chalicelib.domain.secret import Secret
from chalicelib.entrypoints.http import HOOK_BYTES_MAX, declaration_of
from chalicelib.storage.table import Table
from chalicelib.workflows.hints import HINTED_EVERY_S, SOON_S
from tests.support.memory import MemoryEngine
from tests.support.site import Site, open_site

PATH = "/v1/webhooks/shopify"
SECRET, OLD_SECRET = "the app's secret", "the secret before it"
SHOP, FOREIGN = "northwind-supply.myshopify.com", "contoso-tea.myshopify.com"
ORDER = b'{"id":6000000000000000001,"name":"#1001","total_price":"137.50","customer":{"first_name":"Canary"}}'
CHANGES = ("orders/create", "orders/updated", "orders/cancelled", "orders/edited", "refunds/create")


class Desk:
    """Daybook with two merchants, each with a shop, and Shopify's pen."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.daybook = site.daybook
        secrets = {"shopify_client_secret": SECRET, "shopify_client_secret_old": OLD_SECRET}
        self.daybook.settings = msgspec.structs.replace(self.daybook.settings, **secrets)
        self.erased: list[tuple[str, tuple[str, ...] | None]] = []
        self.daybook.persons.erase_orders = lambda connection, ids: self.erased.append((connection.id, ids))  # type: ignore[method-assign]
        self.mine = self._pair("w1", "99", SHOP)
        self.others = self._pair("w2", "77", FOREIGN)

    def _pair(self, workspace: str, account: str, domain: str) -> Connection:
        paired = self.daybook.pair_shop(workspace, account)
        self.daybook.shop_domains.note("shopify", domain, workspace=workspace, connection=paired.id)
        return paired

    def post(self, body: bytes = ORDER, **told: str) -> Any:
        """Ask as Shopify does; `told` replaces what the headers say, "" leaves a header out."""
        said = {"topic": "orders/updated", "shop": SHOP, "webhook": "w-1", "event": "e-1", **told}
        names = {
            "topic": "X-Shopify-Topic",
            "shop": "X-Shopify-Shop-Domain",
            "webhook": "X-Shopify-Webhook-Id",
            "event": "X-Shopify-Event-Id",
            "at": "X-Shopify-Triggered-At",
            "signature": "X-Shopify-Hmac-SHA256",
        }
        said.setdefault("signature", sign(body))
        headers = {"Content-Type": "application/json"} | {names[name]: text for name, text in said.items() if text}
        return self.site._client.http.request("POST", PATH, headers=headers, body=body)

    def compliance(self, topic: str, **fields: object) -> Any:
        body = json.dumps({"shop_id": 99, "shop_domain": SHOP, **fields}).encode()
        return self.post(body, topic=topic)

    def look_at(self, connection: Connection | None = None) -> int:
        return self.daybook.agenda.connection((connection or self.mine).id).look_at

    def stored(self) -> str:
        engine: MemoryEngine = self.daybook.outside.table._engine  # type: ignore[assignment]
        return repr(sorted((pk, sk, sorted(item.items())) for pk, sk, item in engine.items()))

    @property
    def now_s(self) -> int:
        return int(self.daybook.clock.timestamp())


def sign(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


@pytest.fixture
def desk() -> Iterator[Desk]:
    with open_site(Table(MemoryEngine())) as site:
        desk = Desk(site)
        desk.daybook.pass_time(seconds=HINTED_EVERY_S)
        yield desk


# -- what is genuine


@pytest.mark.parametrize("topic", CHANGES)
def test_a_genuine_hint_moves_the_look_up_to_half_a_minute_from_now(desk, topic):
    assert desk.look_at() > desk.now_s + SOON_S
    answer = desk.post(topic=topic)
    assert (answer.status_code, answer.body) == (200, b"")
    assert desk.look_at() == desk.now_s + SOON_S


def test_the_secret_before_the_present_one_still_signs(desk):
    assert desk.post(signature=sign(ORDER, OLD_SECRET)).status_code == 200
    assert desk.look_at() == desk.now_s + SOON_S


def test_the_sweep_sends_the_look_and_the_look_asks_for_the_day(desk):
    desk.post()
    desk.daybook.pass_time(seconds=SOON_S)
    desk.daybook.sweep()
    assert [message.connection for message in desk.daybook.held.others] == [desk.mine.id]


def test_nothing_that_the_body_says_is_kept(desk):
    desk.post()
    assert "Canary" not in desk.stored()
    assert "137.50" not in desk.stored()


@pytest.mark.parametrize("body", [b"", b"{}", b"not JSON", "\u00e4".encode(), b'{"id": 1}' + b" " * 300_000])
def test_of_an_order_nothing_is_read_so_any_signed_bytes_will_do(desk, body):
    assert desk.post(body).status_code == 200
    assert desk.look_at() == desk.now_s + SOON_S


def test_many_hints_are_one_look(desk):
    desk.post(webhook="w-0")
    first = desk.look_at()
    for n in range(1, 20):
        desk.daybook.pass_time(seconds=1)
        desk.post(webhook=f"w-{n}")
    assert desk.look_at() == first
    desk.daybook.pass_time(seconds=60)
    desk.post(webhook="w-20")
    assert desk.look_at() == first


def test_while_hints_keep_coming_there_is_a_look_in_a_quarter_of_an_hour(desk):
    began = desk.now_s
    for n in range(120):
        desk.post(webhook=f"w-{n}")
        desk.daybook.sweep()
        desk.post(webhook=f"v-{n}")
        desk.daybook.look()
        desk.daybook.pass_time(seconds=30)
    looks = [until.timestamp() - began for _, until in desk.daybook.shop.looks]
    assert 4 <= len(looks) <= 5
    assert all(later - sooner >= HINTED_EVERY_S for sooner, later in pairwise(looks))


def test_a_hint_while_a_look_is_on_its_way_asks_for_another(desk):
    desk.post(webhook="w-1")
    desk.daybook.pass_time(seconds=SOON_S)
    desk.daybook.sweep()
    desk.post(webhook="w-2")
    assert desk.look_at() == desk.now_s + HINTED_EVERY_S
    assert desk.daybook.look() == {"looked": 1}
    assert desk.look_at() == desk.now_s + HINTED_EVERY_S


# -- what is not


def altered(body: bytes, place: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


WRONG: dict[str, dict[str, Any]] = {
    "no signature": {"signature": ""},
    "an empty body's signature": {"signature": sign(b"")},
    "another secret": {"signature": sign(ORDER, "another")},
    "the empty secret": {"signature": sign(ORDER, "")},
    "a secret's beginning": {"signature": sign(ORDER, SECRET[:-1])},
    "hexadecimal": {"signature": hmac.new(SECRET.encode(), ORDER, hashlib.sha256).hexdigest()},
    "not base64": {"signature": "this is no signature!"},
    "short": {"signature": sign(ORDER)[:-1]},
    "cut to one sign": {"signature": sign(ORDER)[:1]},
    "long": {"signature": sign(ORDER) + "A"},
    "twice": {"signature": sign(ORDER) * 2},
    "lower case": {"signature": sign(ORDER).lower()},
    "without padding": {"signature": sign(ORDER).rstrip("=")},
    "URL-safe": {"signature": sign(ORDER).replace("+", "-").replace("/", "_").rstrip("=")},
    "beyond ASCII": {"signature": "ä" * 44},
    "huge": {"signature": "A" * 100_000},
    "SHA-1": {"signature": base64.b64encode(hmac.new(SECRET.encode(), ORDER, hashlib.sha1).digest()).decode()},
    "a plain hash": {"signature": base64.b64encode(hashlib.sha256(ORDER).digest()).decode()},
    "secret and body in one hash": {
        "signature": base64.b64encode(hashlib.sha256(SECRET.encode() + ORDER).digest()).decode()
    },
    "JSON written anew": {"body": json.dumps(json.loads(ORDER)).encode(), "signature": sign(ORDER)},
    "JSON in another order": {
        "body": json.dumps(dict(reversed(json.loads(ORDER).items())), separators=(",", ":")).encode(),
        "signature": sign(ORDER),
    },
    "a line end more": {"body": ORDER + b"\n", "signature": sign(ORDER)},
    "a blank before": {"body": b" " + ORDER, "signature": sign(ORDER)},
    "no body": {"body": b"", "signature": sign(ORDER)},
    "another body": {"body": b"{}", "signature": sign(ORDER)},
    "for a foreign shop": {"shop": FOREIGN, "signature": sign(ORDER, "another")},
    "app/uninstalled unsigned": {"topic": "app/uninstalled", "signature": ""},
    "shop/redact unsigned": {"topic": "shop/redact", "signature": ""},
    **{f"altered at {place}": {"body": altered(ORDER, place), "signature": sign(ORDER)} for place in range(0, 90, 9)},
}


@pytest.mark.parametrize("told", WRONG.values(), ids=WRONG)
def test_what_is_not_signed_is_refused_and_changes_nothing(desk, told):
    before = desk.stored()
    answer = desk.post(**told)
    assert answer.status_code == 401
    assert answer.json_body["detail"] == "The signature does not fit."
    assert desk.stored() == before


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=40), st.integers(0, 10**6), st.integers(1, 255))
def test_one_changed_byte_of_body_or_signature_is_noticed(body, secret_bytes, place, flip):
    secret = Secret("s" + secret_bytes.hex())
    good = sign(body, secret.reveal())
    assert is_genuine(body, good, [Secret("other"), secret])
    if body:
        at = place % len(body)
        assert not is_genuine(body[:at] + bytes([body[at] ^ flip]) + body[at + 1 :], good, [secret])
    at = place % len(good)
    assert not is_genuine(body, good[:at] + chr(ord(good[at]) ^ (flip % 127 or 1)) + good[at + 1 :], [secret])


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_a_daybook_without_a_secret_takes_nothing(secrets):
    assert not is_genuine(ORDER, sign(ORDER, ""), map(Secret, secrets))
    assert not is_genuine(ORDER, "", map(Secret, secrets))


# -- what is genuine and yet does nothing


@pytest.mark.parametrize(
    "told",
    [
        {"shop": "nobody-knows.myshopify.com"},
        {"shop": ""},
        {"shop": "northwind-supply.myshopify.com.evil.example"},
        {"shop": "#" * 20},
        {"shop": "a" * 5000},
        {"topic": "products/update"},
        {"topic": ""},
        {"topic": "orders/updated\x0b"},
        {"topic": "../orders/updated"},
    ],
    ids=str,
)
def test_of_an_unknown_shop_or_topic_nobody_learns_anything(desk, told):
    before = desk.stored()
    known = desk.post(topic="carts/update")
    answer = desk.post(**told)
    assert (answer.status_code, answer.body, answer.headers) == (200, known.body, known.headers)
    assert desk.stored() == before


def test_a_hint_for_one_shop_leaves_the_other_alone(desk):
    before = desk.look_at(desk.others)
    desk.post()
    assert desk.look_at(desk.others) == before


@pytest.mark.parametrize("names", [{}, {"webhook": ""}, {"webhook": "", "event": ""}], ids=str)
def test_what_came_before_does_nothing_for_a_day(desk, names):
    desk.post(**names)
    desk.daybook.agenda.look_by(desk.daybook.agenda.connection(desk.mine.id), desk.now_s + 80_000)
    before = desk.stored()
    assert desk.post(**names).status_code == 200
    assert desk.stored() == before
    desk.daybook.pass_time(days=1)
    desk.post(**names)
    assert desk.look_at() < desk.now_s + 80_000


def test_the_same_event_of_another_shop_is_another(desk):
    desk.post()
    desk.post(shop=FOREIGN)
    assert desk.look_at(desk.others) == desk.now_s + SOON_S


def test_a_shop_that_is_disconnected_is_not_looked_at(desk):
    desk.daybook.part.part("w1", desk.mine.id)
    before = desk.look_at()
    assert desk.post().status_code == 200
    assert desk.look_at() == before


def test_a_body_without_measure_is_refused_unread(desk):
    assert desk.post(b" " * (HOOK_BYTES_MAX + 1)).status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_only_posts_are_taken(desk, method):
    assert desk.site._client.http.request(method, PATH, headers={}, body=b"").status_code in (404, 405)


def test_a_page_of_another_site_gets_no_further_than_the_signature(desk):
    headers = {"Content-Type": "application/json", "Origin": "https://evil.example"}
    assert desk.site._client.http.request("POST", PATH, headers=headers, body=b"{}").status_code == 401


def test_hooks_are_the_only_routes_that_pages_of_others_may_write_to():
    hooks = {
        (method, path)
        for path, methods in app.routes.items()
        for method, route in methods.items()
        if (said := declaration_of(route.view_function)) is not None and said.hook
    }
    assert hooks == {("POST", PATH), ("POST", "/v1/callback/woocommerce")}


# -- the shop is leaving


def uninstalled(desk, domain: str = SHOP, **told: str):
    told.setdefault("at", desk.daybook.clock.isoformat())
    return desk.post(json.dumps({"id": 99, "myshopify_domain": domain}).encode(), topic="app/uninstalled", **told)


def needs_sign_in(desk, workspace: str = "w1", connection: Connection | None = None) -> bool:
    return bool(desk.daybook.connections.get(workspace, (connection or desk.mine).id).sign_in_needed)


def test_a_shop_that_removed_us_wants_a_new_sign_in(desk):
    assert uninstalled(desk).status_code == 200
    assert needs_sign_in(desk)
    assert "warning: Northwind Supply has removed Daybook." in desk.daybook.said()[0]
    uninstalled(desk, webhook="w-2")
    assert len(desk.daybook.said()) == 1


def test_the_body_has_to_name_the_shop_of_the_header(desk):
    """Headers are not signed: a body of one shop must not end another's connection."""
    assert uninstalled(desk, domain=SHOP, shop=FOREIGN).status_code == 200
    assert not needs_sign_in(desk, "w2", desk.others)
    assert uninstalled(desk, domain=FOREIGN).status_code == 200
    assert not needs_sign_in(desk)


def test_an_order_sent_again_as_a_farewell_is_none(desk):
    assert desk.post(topic="app/uninstalled").status_code == 200
    assert not needs_sign_in(desk)


def test_an_old_farewell_does_not_end_a_new_pairing(desk):
    long_ago = datetime(2020, 1, 1, tzinfo=UTC) - timedelta(days=1)
    assert uninstalled(desk, at=long_ago.isoformat()).status_code == 200
    assert not needs_sign_in(desk)


@pytest.mark.parametrize("at", ["", "yesterday", "2026-07-05"], ids=["none", "a word", "without a zone"])
def test_a_farewell_without_a_date_is_looked_into(desk, at):
    assert uninstalled(desk, at=at).status_code == 200
    assert not needs_sign_in(desk)
    assert desk.look_at() == desk.now_s + SOON_S


# -- the three topics about persons


def test_a_request_for_data_leaves_a_line_for_the_workspace(desk):
    customer = {"id": 6_000_000_000_000_000_002, "email": "canary@example.com", "phone": "555-canary"}
    assert desk.compliance("customers/data_request", customer=customer, orders_requested=[1, 2]).status_code == 200
    (line,) = desk.daybook.said()
    assert line.startswith("warning: Northwind Supply passes on that a customer asks for their data (2 orders).")
    assert "canary" not in desk.stored()


def test_a_customer_is_erased_by_the_orders_named(desk):
    ids = [6_000_000_000_000_000_001, 6_000_000_000_000_000_003]
    assert desk.compliance("customers/redact", orders_to_redact=ids).status_code == 200
    assert desk.erased == [(desk.mine.id, tuple(map(str, ids)))]
    assert desk.daybook.said() == ["info: Northwind Supply asked to erase a customer: 2 orders cleared of it."]
    desk.compliance("customers/redact", orders_to_redact=ids)
    assert len(desk.erased) == 1


def test_a_shop_is_erased_even_after_it_left(desk):
    desk.daybook.part.part("w1", desk.mine.id)
    assert desk.compliance("shop/redact").status_code == 200
    assert desk.erased == [(desk.mine.id, None)]


def test_an_erasure_that_fails_is_not_remembered_as_done(desk, monkeypatch):
    def away(*_: object) -> None:
        raise errors.Unanswered("the table is away")

    with monkeypatch.context() as broken:
        broken.setattr(desk.daybook.hints, "_erase", away)
        assert desk.compliance("shop/redact").status_code == 503
    assert desk.compliance("shop/redact").status_code == 200
    assert desk.erased == [(desk.mine.id, None)]


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_a_request_about_persons_of_another_shop_than_the_header_names_does_nothing(desk, topic):
    assert desk.compliance(topic, shop_domain=FOREIGN).status_code == 200
    assert (desk.erased, desk.daybook.said()) == ([], [])


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"shop_domain": 7}', b'{"orders_to_redact": ["1 or 1=1"]}'])
def test_a_signed_request_that_cannot_be_read_is_said_to_be_one(desk, body):
    answer = desk.post(body, topic="customers/redact")
    assert answer.status_code == 400
    assert desk.erased == []


def test_s50_refusals_are_logged(desk, caplog):
    desk.post(signature="wrong")
    assert [(record.message, record.status) for record in caplog.records] == [("refused", 401)]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([*CHANGES, "app/uninstalled", "customers/redact", "shop/redact"]), st.binary(max_size=60))
def test_no_signed_body_is_too_odd_for_an_answer(desk, topic, body):
    text = body.decode("utf-8", "replace").encode()
    answer = desk.post(text, topic=topic, webhook=os.urandom(8).hex())
    assert answer.status_code in (200, 400)
