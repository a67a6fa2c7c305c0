"""S15 over the whole application: what each scope may do on every route, and that no key comes out again."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from app import app
from chalicelib.entrypoints.http import Role, declaration_of
from chalicelib.storage.table import Table
from tests.security.test_routes import GETS, GUARDED, LEAVING, NEEDS_INDIVIDUAL, ROLES, World
from tests.support.memory import MemoryEngine
from tests.support.site import Visitor, json_at, open_site

# For people only, whatever their role.
PEOPLE_ONLY = {
    ("GET", "/v1/session"),
    ("DELETE", "/v1/session"),
    ("POST", "/v1/session/provider/connect"),
    ("GET", "/v1/session/provider"),
    ("DELETE", "/v1/session/provider"),
    ("GET", "/v1/codes"),
    ("POST", "/v1/codes"),
    ("POST", "/v1/codes/on"),
    ("POST", "/v1/codes/recovery"),
    ("DELETE", "/v1/codes"),
    ("GET", "/v1/people"),
    ("GET", "/v1/people/changes"),
}
SCOPES = {"read": Role.VIEWER, "write": Role.MEMBER}


@pytest.fixture
def world() -> Iterator[World]:
    with open_site(Table(MemoryEngine())) as site:
        yield World(site)


def key_of(owner: Visitor, scope: str) -> str:
    made = json_at(owner.post("/v1/keys", {"name": f"A {scope} key", "scope": scope}), 201)
    return str(made["key"])


def with_key(key: str) -> dict[str, str]:
    """The headers of a program: no cookie, no token, no origin."""
    return {"Authorization": f"Bearer {key}", "Cookie": "", "X-Daybook": "", "Origin": ""}


def test_s15_which_routes_are_for_people_only():
    said = {route: declaration_of(app.routes[route[1]][route[0]].view_function) for route in GUARDED}
    owners = {route for route, role in ROLES.items() if role == Role.OWNER}
    assert {route for route, each in said.items() if not each.keys} == PEOPLE_ONLY | owners


@pytest.mark.parametrize("scope", SCOPES)
def test_s15_a_key_may_what_its_scope_says_on_every_route(world, scope):
    headers = with_key(key_of(world.owner, scope))
    program = world.site.visitor()
    for route in [*[route for route in GUARDED if route not in LEAVING], *LEAVING]:
        answer = world.ask(program, *route, world.ids, **headers)
        allowed = route not in PEOPLE_ONLY and ROLES.get(route, Role.VIEWER) <= SCOPES[scope]
        fine = answer.status_code < 300 or (route == NEEDS_INDIVIDUAL and answer.status_code == 409)
        assert fine if allowed else answer.status_code == 403, (route, answer.body)


def test_s15_a_key_sees_its_own_workspace_only(world):
    headers = with_key(key_of(world.stranger, "write"))
    program = world.site.visitor()
    before = world.stored()
    for method, path in GUARDED:
        if "{" in path and (method, path) not in PEOPLE_ONLY and ROLES.get((method, path)) != Role.OWNER:
            assert world.ask(program, method, path, world.ids, **headers).status_code == 404, (method, path)
    assert world.ids["connection"] not in program.ask("GET", "/v1/connections", headers=headers).body.decode()
    assert world.ids_of_stranger["connection"] in program.ask("GET", "/v1/connections", headers=headers).body.decode()
    assert len(world.stored()) - len(before) < 100  # the day of the key's last use, and nothing else


def test_s15_what_is_no_key_is_401_even_beside_a_good_cookie(world):
    good = key_of(world.owner, "read")
    for wrong in ("", "x", good[:-1], good + "x", "daybook_key_"):
        for path in ("/v1/connections", "/v1/session"):
            answer = world.owner.get(path, Authorization=f"Bearer {wrong}")
            assert answer.status_code == 401, wrong
            assert "does not work" in answer.json_body["detail"]
    assert world.owner.get("/v1/session", Authorization="Basic eDp5").status_code == 200  # a proxy's own business


def test_s15_a_key_never_makes_a_cookie_do_more(world):
    """A page that could send a key could send nothing else: the key decides, not the cookie beside it."""
    key = key_of(world.owner, "read")
    answer = world.owner.ask("PATCH", "/v1/workspace", {"name": "Taken"}, {"Authorization": f"Bearer {key}"})
    assert answer.status_code == 403


def test_s15_a_key_stops_when_it_is_revoked_ends_or_loses_its_maker(world):
    program = world.site.visitor()
    revoked = json_at(world.owner.post("/v1/keys", {"name": "Old", "scope": "read"}), 201)
    partner = world.site.joined(world.owner, "partner@northwind.example", "owner")
    orphan, short = key_of(partner, "read"), world.owner.post("/v1/keys", {"name": "S", "scope": "read", "days": 1})
    keys = [revoked["key"], orphan, short.json_body["key"]]
    assert [program.get("/v1/syncs", **with_key(key)).status_code for key in keys] == [200] * 3
    assert world.owner.ask("DELETE", f"/v1/keys/{revoked['id']}").status_code == 204
    assert world.owner.ask("DELETE", f"/v1/people/{partner.user}").status_code == 204
    world.site.daybook.clock += timedelta(days=1)
    assert [program.get("/v1/syncs", **with_key(key)).status_code for key in keys] == [401] * 3


@pytest.mark.parametrize("days", [0, 367, -1, 1.5, "30"])
def test_s15_a_key_ends_within_a_year(world, days):
    answer = world.owner.post("/v1/keys", {"name": "Nightly", "scope": "read", "days": days})
    assert (answer.status_code, list(answer.json_body["fields"])) == (400, ["days"])


def test_s15_no_key_is_in_any_answer_or_log(world, caplog):
    caplog.set_level(logging.DEBUG)
    key = key_of(world.owner, "write")
    said = [world.ask(world.owner, "GET", path, world.ids).body.decode() for path in GETS]
    program = world.site.visitor()
    said += [world.ask(program, "GET", path, world.ids, **with_key(key)).body.decode() for path in GETS]
    said += [program.get("/v1/syncs", Authorization=f"Bearer {key}x").body.decode(), caplog.text, world.stored()]
    assert not any(key in text for text in said)


def test_s11_a_new_role_ends_the_cookie_and_s13_the_link_names_our_host(world):
    clerk = world.site.joined(world.owner, "clerk@northwind.example", "viewer")
    assert clerk.get("/v1/session").status_code == 200
    json_at(world.owner.ask("PATCH", f"/v1/people/{clerk.user}", {"role": "member"}))
    assert clerk.get("/v1/session").status_code == 401
    assert world.site.visitor().sign_in("clerk@northwind.example").get("/v1/workspace/changes").status_code == 200
    body = {"email": "late@northwind.example", "role": "viewer"}
    answer = world.owner.ask(
        "POST", "/v1/invitations", body, {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    )
    assert json_at(answer, 201)["link"].startswith("http://127.0.0.1:8080/join#")


def test_s13_a_used_link_is_as_one_that_never_was(world):
    link = json_at(world.owner.post("/v1/invitations", {"email": "late@northwind.example", "role": "viewer"}), 201)[
        "link"
    ]
    secret = link.partition("#")[2]
    visitor = world.site.visitor()
    assert json_at(visitor.post("/v1/join/look", {"secret": secret}))["workspace"] == "Northwind"
    visitor.begin(visitor.post("/v1/join", {"secret": secret, "password": "tall ships leave quietly"}))
    for path, body in (("/v1/join/look", {}), ("/v1/join", {"password": "tall ships leave quietly"})):
        used, never = (
            world.site.visitor().post(path, body | {"secret": each}).json_body | {"request_id": ""}
            for each in (secret, "daybook_invitation_never")
        )
        assert used == never
        assert used["status"] == 404
