"""Who may call which route: every route of the application against every kind of visitor (S1 to S6, S12, S34, S38, S39).

The rows are made from the application's own route table, so a route without a row fails here.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from chalice import Blueprint, Chalice
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import app
from chalicelib.domain.days import window_of
from chalicelib.entrypoints.http import Role, declaration_of, refuse_undeclared
from chalicelib.entrypoints.web import HEADERS
from chalicelib.storage.accounts import UserItem
from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order
from tests.support.pairing import KEYS, SITE
from tests.support.people import PASSWORD, Phone
from tests.support.provider import by_far_provider
from tests.support.site import ORIGIN, Site, Visitor, json_at, open_site
from tests.support.system import ZONE

DAY = date(2026, 7, 3)
ROUTES = sorted((method, path) for path, methods in app.routes.items() for method in methods)
PUBLIC = {
    ("GET", "/"),
    ("GET", "/{a}"),
    ("GET", "/{a}/{b}"),
    ("GET", "/{a}/{b}/{c}"),
    ("GET", "/robots.txt"),
    ("GET", "/static/{name}"),
    ("GET", "/v1/openapi.json"),
    ("GET", "/v1/callback/shopify"),
    ("GET", "/v1/callback/provider"),
    ("POST", "/v1/users"),
    ("POST", "/v1/session"),
    ("POST", "/v1/session/provider"),
    ("POST", "/v1/callback/woocommerce"),
    ("POST", "/v1/join"),
    ("POST", "/v1/join/look"),
    ("POST", "/v1/reset"),
    ("POST", "/v1/reset/look"),
    ("POST", "/v1/reset/password"),
    ("POST", "/v1/webhooks/shopify"),
}
# Written to by programs of others, which prove themselves by a signature (test_webhooks.py) or a state (test_posted_keys.py).
HOOKS = {("POST", "/v1/callback/woocommerce"), ("POST", "/v1/webhooks/shopify")}
GUARDED = [route for route in ROUTES if route not in PUBLIC]
# A kind of channel belongs to nobody.
WITH_ID = [(method, path) for method, path in GUARDED if "{" in path.replace("{kind}", "")]
WRITES = [(method, path) for method, path in ROUTES if method != "GET" and (method, path) not in HOOKS]
GETS = [path for method, path in ROUTES if method == "GET"]
# The smallest role, where it is not that of a viewer.
# Of connections with individual sales only; this world's has none.
NEEDS_INDIVIDUAL = ("GET", "/v1/reports/customers")
ROLES = {
    ("PATCH", "/v1/workspace"): Role.OWNER,
    ("POST", "/v1/connections"): Role.OWNER,
    ("POST", "/v1/kinds/{kind}/check"): Role.OWNER,
    ("GET", "/v1/pairings/{pairing}"): Role.OWNER,
    ("DELETE", "/v1/connections/{connection}"): Role.OWNER,
    ("POST", "/v1/connections/{connection}/reconnect"): Role.OWNER,
    ("PATCH", "/v1/connections/{connection}"): Role.MEMBER,
    ("PUT", "/v1/connections/{connection}/settings"): Role.MEMBER,
    ("PUT", "/v1/connections/{connection}/mirrors"): Role.MEMBER,
    ("GET", "/v1/connections/{connection}/settings/changes"): Role.MEMBER,
    ("GET", "/v1/workspace/changes"): Role.MEMBER,
    ("GET", "/v1/persons/looks"): Role.OWNER,
    ("POST", "/v1/syncs"): Role.MEMBER,
    ("POST", "/v1/syncs/{sync}/cancel"): Role.MEMBER,
    ("POST", "/v1/syncs/{sync}/resume"): Role.MEMBER,
    ("GET", "/v1/keys"): Role.OWNER,
    ("POST", "/v1/keys"): Role.OWNER,
    ("DELETE", "/v1/keys/{key}"): Role.OWNER,
    ("PATCH", "/v1/people/{person}"): Role.OWNER,
    ("DELETE", "/v1/people/{person}"): Role.OWNER,
    ("GET", "/v1/people/changes"): Role.MEMBER,
    ("GET", "/v1/invitations"): Role.OWNER,
    ("POST", "/v1/invitations"): Role.OWNER,
    ("DELETE", "/v1/invitations/{invitation}"): Role.OWNER,
}
# What is gone afterwards, or lets the password alone in no more, so that whoever asks all routes asks for these last.
LEAVING = [
    ("POST", "/v1/codes/on"),
    ("POST", "/v1/codes/recovery"),
    ("DELETE", "/v1/codes"),
    ("DELETE", "/v1/keys/{key}"),
    ("DELETE", "/v1/invitations/{invitation}"),
    ("DELETE", "/v1/people/{person}"),
    ("DELETE", "/v1/connections/{connection}"),
    ("DELETE", "/v1/session/provider"),
    ("DELETE", "/v1/session"),
]
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/users"): {"email": "new@northwind.example", "password": PASSWORD, "workspace": "Contoso"},
    ("POST", "/v1/session"): {"email": "owner@northwind.example", "password": PASSWORD},
    ("POST", "/v1/session/provider"): {"next": "/orders"},
    ("POST", "/v1/session/provider/connect"): {"next": "/workspace"},
    ("POST", "/v1/codes/on"): {"code": "{code}"},
    ("PATCH", "/v1/workspace"): {"name": "Northwind Traders"},
    ("PUT", "/v1/connections/{connection}/settings"): {
        "summary": "month",
        "time_zone": "America/New_York",
        "counting": "channel",
        "interval_min": 60,
    },
    ("POST", "/v1/connections"): {"kind": "shopify", "fields": {"shop": "northwind-supply.myshopify.com"}},
    ("POST", "/v1/connections/{connection}/reconnect"): {"fields": {}},
    ("POST", "/v1/kinds/{kind}/check"): {"fields": KEYS},
    ("PATCH", "/v1/connections/{connection}"): {"name": "Northwind"},
    ("PUT", "/v1/connections/{connection}/mirrors"): {"links": []},
    ("POST", "/v1/syncs"): {"connection_id": "{connection}", "from": "2026-07-03", "to": "2026-07-03"},
    ("POST", "/v1/keys"): {"name": "Nightly export", "scope": "read"},
    ("PATCH", "/v1/people/{person}"): {"role": "member"},
    ("POST", "/v1/invitations"): {"email": "late@northwind.example", "role": "viewer"},
    ("POST", "/v1/join"): {"secret": "daybook_invitation_x", "password": PASSWORD},
    ("POST", "/v1/join/look"): {"secret": "daybook_invitation_x"},
    ("POST", "/v1/reset"): {"email": "owner@northwind.example"},
    ("POST", "/v1/reset/look"): {"secret": "daybook_reset_x"},
    ("POST", "/v1/reset/password"): {"secret": "daybook_reset_x", "password": PASSWORD},
}


class World:
    """Two merchants with the same shop's worth of data, and the ids that are in it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.engine: MemoryEngine = site.daybook.outside.table._engine  # type: ignore[assignment]
        start = window_of(DAY, ZONE).start_at
        numbers = range(1, 6)
        site.daybook.shop.orders[DAY] = [order(n, line(), placed_at=start + timedelta(minutes=n)) for n in numbers]
        self.owner, self.stranger = site.merchant("owner"), site.merchant("stranger")
        self.ids = self._ids(self.owner, "99")
        self.ids_of_stranger = self._ids(self.stranger, "77")
        site.daybook.work()

    def _ids(self, owner: Visitor, account: str) -> dict[str, str]:
        connection = self.site.daybook.pair_shop(owner.workspace, account).id
        asked = {"connection_id": connection, "from": str(DAY), "to": str(DAY)}
        sync = json_at(owner.post("/v1/syncs", asked), 202)["id"]
        invited = {"email": f"guest{account}@northwind.example", "role": "member"}
        return {
            "connection": connection,
            "sync": sync,
            "sale": f"{DAY}~{connection}~USD~",
            "version": "1",
            "kind": "shipstation",
            "pairing": self._pairing(owner),
            "name": "app.js",
            "key": json_at(owner.post("/v1/keys", {"name": "Nightly", "scope": "read"}), 201)["id"],
            "person": self.site.joined(owner, f"clerk{account}@northwind.example", "viewer").user,
            "invitation": json_at(owner.post("/v1/invitations", invited), 201)["id"],
        } | dict(zip("abc", ("orders", "x", "y"), strict=True))

    @staticmethod
    def _pairing(owner: Visitor) -> str:
        begun = owner.post("/v1/connections", {"kind": "woocommerce", "fields": {"site": SITE}})
        return str(json_at(begun, 202)["pairing"])

    def ask(self, visitor: Visitor, method: str, path: str, ids: dict[str, str], **headers: str) -> Any:
        body = json.dumps(BODIES.get((method, path)))
        for name, value in ids.items():
            path, body = path.replace(f"{{{name}}}", value), body.replace(f"{{{name}}}", value)
        content = None if body == "null" else json.loads(body)
        if method == "PUT":
            headers = {"If-Match": '"0"'} | headers
        answer = visitor.ask(method, path, content, headers)
        if (method, path) == ("POST", "/v1/codes") and answer.status_code == 201:
            ids["code"] = Phone(answer.json_body["key"], self.site.daybook.now).shows()
        return answer

    def at(self, path: str) -> str:
        """The path with the owner's ids."""
        for name, value in self.ids.items():
            path = path.replace(f"{{{name}}}", value)
        return path

    def as_role(self, role: Role) -> Visitor:
        """The owner, made smaller."""
        daybook = self.site.daybook
        user = self.owner.get("/v1/session").json_body["user"]["id"]
        daybook.outside.table.update(f"USER#{user}", "USER", [UserItem.role.set(role.name.lower())])
        return self.owner

    def stored(self) -> str:
        """Everything in the table."""
        return repr(sorted((pk, sk, sorted(item.items())) for pk, sk, item in self.engine.items()))


@pytest.fixture
def world() -> Iterator[World]:
    with open_site(Table(MemoryEngine())) as site:
        site.daybook.sign_in_by_provider = by_far_provider(site.daybook)
        yield World(site)


def in_words(answer: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
    """An answer but for what differs each time: the id of the request."""
    return answer.status_code, answer.headers, {**answer.json_body, "request_id": ""}


def test_s3_every_route_says_who_may_call_it():
    declared = {route: declaration_of(app.routes[route[1]][route[0]].view_function) for route in ROUTES}
    assert {route for route, said in declared.items() if said.role is None} == PUBLIC
    assert {route: said.role for route, said in declared.items() if said.role not in (None, Role.VIEWER)} == ROLES


def test_s3_an_application_with_an_undeclared_route_does_not_start():
    careless = Blueprint(__name__)
    careless.route("/v1/everything", methods=["GET"])(dict)
    small = Chalice("small")
    small.register_blueprint(careless)
    with pytest.raises(RuntimeError, match="/v1/everything"):
        refuse_undeclared(small)


def test_s3_nobody_gets_further_than_401(world):
    nobody = world.site.visitor()
    for method, path in GUARDED:
        answer = world.ask(nobody, method, path, world.ids)
        assert answer.status_code == 401, (method, path)
        assert answer.json_body["detail"] == "Sign in first."


def test_s1_s2_what_is_another_merchants_reads_as_what_is_not_there(world):
    absent = {"connection": "a" * 16, "sync": "0" * 24, "sale": f"{DAY}~{'a' * 16}~USD~", "version": "1"}
    absent["pairing"] = "a" * 43
    absent |= {"key": "0" * 16, "person": "0" * 20, "invitation": "0" * 16}
    for method, path in [*WITH_ID, ("POST", "/v1/syncs")]:
        foreign = in_words(world.ask(world.stranger, method, path, world.ids))
        nowhere = in_words(world.ask(world.stranger, method, path, absent))
        assert foreign == nowhere, (method, path)
        assert foreign[0] == 404, (method, path)


def test_s1_lists_hold_ones_own_only(world):
    lists = ("/v1/connections", "/v1/syncs", "/v1/sales", "/v1/activity", "/v1/live", "/v1/usage")
    for path in (*lists, "/v1/dashboard", "/v1/reports/sales", "/v1/reports/channels"):
        said = world.stranger.get(path).body.decode()
        assert world.ids["connection"] not in said, path
        assert world.ids_of_stranger["connection"] in said, path
    for report in ("sales", "skus", "channels", "states"):
        asked = f"/v1/reports/{report}?connection={world.ids['connection']}"
        assert "5000" not in world.stranger.get(asked).body.decode(), report
        assert world.stranger.get(asked, Accept="text/csv").body.decode().count("Northwind") == 0, report
    for path, name in (("/v1/keys", "key"), ("/v1/people", "person"), ("/v1/invitations", "invitation")):
        said = world.stranger.get(path).body.decode()
        assert world.ids[name] not in said, path
        assert world.ids_of_stranger[name] in said, path
    for path in ("/v1/sales", "/v1/syncs", "/v1/activity"):
        assert json_at(world.stranger.get(f"{path}?connection={world.ids['connection']}"))["items"] == []
    assert json_at(world.stranger.get(f"/v1/sales?q=1003&connection={world.ids['connection']}"))["found_in"] == []


def test_one_s_own_is_there(world):
    for method, path in [*[route for route in GUARDED if route not in LEAVING], *LEAVING]:
        answer = world.ask(world.owner, method, path, world.ids)
        assert answer.status_code < 300 or (method, path) == NEEDS_INDIVIDUAL, (method, path)


@pytest.mark.parametrize("role", Role, ids=lambda role: role.name)
def test_s4_each_role_may_what_it_may(world, role):
    visitor = world.as_role(role)
    for route in GUARDED:
        if route in LEAVING and role == Role.OWNER:
            continue
        allowed = role >= ROLES.get(route, Role.VIEWER)
        if route == ("DELETE", "/v1/session"):
            continue
        answer = world.ask(visitor, *route, world.ids)
        assert (answer.status_code != 403) == allowed, (route, answer.status_code, answer.body)


def test_s5_a_cursor_works_for_who_got_it_where_they_got_it(world):
    orders = f"/v1/sales/{world.ids['sale']}/orders?limit=2"
    cursor = json_at(world.owner.get(orders))["next"]
    assert json_at(world.owner.get(f"{orders}&cursor={cursor}"))["items"]
    other_sale = world.ids_of_stranger["sale"]
    refused = [
        world.stranger.get(f"/v1/sales/{other_sale}/orders?limit=2&cursor={cursor}"),
        world.owner.get(f"/v1/sales/{world.ids['sale']}/lines?cursor={cursor}"),
        world.owner.get(f"/v1/sales?cursor={cursor}"),
        *(
            world.owner.get(f"{orders}&cursor={cursor[:at]}{'A' if cursor[at] != 'A' else 'B'}{cursor[at + 1 :]}")
            for at in range(0, len(cursor) - 1, 5)
        ),
        world.owner.get(f"{orders}&cursor=%00"),
        world.owner.get(f"{orders}&cursor=ä"),
    ]
    assert {answer.status_code for answer in refused} == {400}
    assert {tuple(answer.json_body["fields"]) for answer in refused} == {("cursor",)}


@pytest.mark.parametrize("route", sorted(BODIES), ids=" ".join)
def test_s6_an_unknown_field_is_named_and_changes_nothing(world, route):
    before = world.stored()
    method, path = route
    body = BODIES[route] | {"workspace_id": "x"}
    answer = world.owner.ask(method, world.at(path), body)
    assert answer.status_code == 400
    assert list(answer.json_body["fields"]) == ["workspace_id"]
    assert world.stored() == before


_json = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists, max_leaves=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text(max_size=12), _json, min_size=1, max_size=4))
def test_s6_no_body_is_too_odd_for_an_answer(world, odd):
    before = world.stored()
    for method, path in BODIES:
        answer = world.owner.ask(method, world.at(path), odd)
        assert answer.status_code in (200, 400), (path, answer.body)
        assert answer.status_code == 400 or set(odd) <= {"name", "time_zone", "week_start"}
    assert world.stored() == before


CROSS_SITE = {
    "a foreign origin": {"Origin": "https://evil.example"},
    "an origin that is hidden": {"Origin": "null"},
    "an origin that only looks like ours": {"Origin": ORIGIN + ".evil.example"},
    "another port": {"Origin": "http://127.0.0.1:9"},
    "no token": {"X-Daybook": ""},
    "the browser's word": {"Sec-Fetch-Site": "cross-site"},
    "a form": {"Content-Type": "application/x-www-form-urlencoded", "X-Daybook": "", "Origin": "https://evil.example"},
    "plain text": {"Content-Type": "text/plain", "X-Daybook": "", "Origin": "https://evil.example"},
    "a form with files": {"Content-Type": "multipart/form-data; boundary=x", "X-Daybook": ""},
}


@pytest.mark.parametrize("headers", CROSS_SITE.values(), ids=CROSS_SITE)
def test_s12_a_write_from_another_site_changes_nothing(world, headers):
    before = world.stored()
    for method, path in WRITES:
        answer = world.ask(world.owner, method, path, world.ids, **headers)
        assert answer.status_code in (403, 415), (method, path, answer.status_code)
    assert world.stored() == before


def test_s12_a_write_needs_the_token_of_its_own_session(world):
    for token in ("1", world.stranger.token, world.owner.token[:-1]):
        answer = world.owner.ask("PATCH", "/v1/workspace", {"name": "Taken"}, {"X-Daybook": token})
        assert (answer.status_code, answer.json_body["type"]) == (403, "other-session")
    assert json_at(world.owner.get("/v1/workspace"))["name"] == "Northwind"


def test_s12_a_program_that_has_the_token_need_not_name_an_origin(world):
    assert world.owner.ask("PATCH", "/v1/workspace", {"name": "Northwind"}, {"Origin": ""}).status_code == 200


def test_s12_get_changes_nothing(world):
    before = world.stored()
    for visitor in (world.owner, world.stranger, world.site.visitor()):
        for path in GETS:
            world.ask(visitor, "GET", path, world.ids)
    assert world.stored() == before


def test_s34_every_answer_carries_the_headers(world):
    asked = [(method, path, world.ids) for method, path in ROUTES]
    asked += [("GET", "/v1/sales/{sale}", {"sale": "x"}), ("PATCH", "/v1/users", {}), ("GET", "/v1/nothing", {})]
    for method, path, ids in asked:
        for visitor in (world.site.visitor(), world.stranger):
            answer = world.ask(visitor, method, path, ids)
            for name, value in HEADERS.items():
                assert answer.headers[name] == value, (method, path)
            private = path.startswith("/v1/")
            assert not private or answer.headers["Cache-Control"] == "no-store", path


def test_s38_errors_are_problems_with_a_request_id_and_tell_no_secrets(world):
    provoked = [
        world.owner.get("/v1/nothing"),
        world.owner.get("/v1/sales?limit=nine"),
        world.owner.ask("POST", "/v1/syncs", b"{"),
        world.owner.ask("POST", "/v1/syncs", b"\xff\xfe"),
        world.owner.ask("PATCH", "/v1/users"),
        world.owner.ask("POST", "/v1/syncs", b"a=b", {"Content-Type": "text/plain"}),
        world.site.visitor().get("/v1/session"),
    ]
    for answer in provoked:
        assert answer.headers["Content-Type"] == "application/problem+json"
        said = answer.json_body
        assert said["status"] == answer.status_code
        assert said["request_id"]
        assert not any(word in answer.body.decode() for word in ("Traceback", "chalicelib", "msgspec", "/v1/", ".py"))


def test_s38_a_defect_of_ours_tells_nothing(world, monkeypatch):
    def broken(*_: object) -> None:
        raise AssertionError("the secret reason")

    monkeypatch.setattr(world.site.daybook.read_usage, "read", broken)
    answer = world.owner.get("/v1/usage")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert b"secret reason" not in answer.body
    assert b"our fault" in answer.body


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("/v1/sales?limit=200", None),
        ("/v1/sales?limit=201", "limit"),
        ("/v1/sales?limit=0", "limit"),
        ("/v1/sales?from=2000-01-01&to=2100-12-31", None),
        ("/v1/sales?from=1999-12-31", "from"),
        ("/v1/sales?to=2101-01-01", "to"),
        ("/v1/sales?q=10%0A", "q"),
        ("/v1/sales?from=yesterday", "from"),
        ("/v1/activity?level=loud", "level"),
        (f"/v1/activity?q={'a' * 512}", None),
        (f"/v1/activity?q={'a' * 513}", "q"),
    ],
)
def test_s39_limits_of_addresses(world, asked, field):
    answer = world.owner.get(asked)
    assert answer.status_code == (200 if field is None else 400)
    assert field is None or list(answer.json_body["fields"]) == [field]


def test_s39_an_address_over_2_kb_and_a_body_over_64_kb_are_refused(world):
    assert world.owner.get(f"/v1/sales?q={'1' * 3000}").status_code == 400
    fits = b'{"name": "Northwind"' + b" " * 65_000 + b"}"
    assert world.owner.ask("PATCH", "/v1/workspace", fits).status_code == 200
    assert world.owner.ask("PATCH", "/v1/workspace", fits + b" " * 600).status_code == 413


def test_s39_a_batch_is_at_most_four_months_and_a_sync_at_most_five_years(world):
    asked = {"connection_id": world.ids["connection"], "from": "2026-01-01", "to": "2026-07-01"}
    sync = json_at(world.owner.post("/v1/syncs", asked), 202)
    assert [batch["from"] for batch in sync["batches"]] == ["2026-01-01", "2026-05-01"]
    longer = asked | {"from": "2021-07-01"}
    assert list(world.owner.post("/v1/syncs", longer).json_body["fields"]) == ["from"]


@pytest.mark.parametrize("number", ["x" * 513, "10\n21", "x" * 61, "", "#"])
def test_s39_an_order_number_is_a_short_line_of_text(world, number):
    asked = {"connection_id": world.ids["connection"], "order_number": number}
    answer = world.owner.post("/v1/syncs", asked)
    assert (answer.status_code, list(answer.json_body["fields"])) == (400, ["order_number"])
