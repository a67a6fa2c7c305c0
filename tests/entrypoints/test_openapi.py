"""The document at `/v1/openapi.json` is true: every route is in it, and what the routes answer fits what it says."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app import app
from chalicelib.domain.days import window_of
from chalicelib.entrypoints import openapi
from chalicelib.storage.table import Table
from infra.web import shapes
from tests.security.test_routes import BODIES, LEAVING, ROUTES
from tests.support.memory import MemoryEngine
from tests.support.orders import line, order, refund
from tests.support.people import PASSWORD, Phone
from tests.support.site import Site, open_site
from tests.support.system import ZONE

DAY = date(2026, 7, 3)
DOCUMENT = json.loads(openapi.text(app))


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(Table(MemoryEngine())) as opened:
        yield opened


def check(method: str, path: str, answer: Any) -> None:
    """The answer is one that the document names, in the form it names."""
    responses = DOCUMENT["paths"][path][method.lower()]["responses"]
    said = responses.get(str(answer.status_code), responses["default"])
    if "content" not in said:
        assert answer.body == b"", (method, path)
        return
    kind = answer.headers["Content-Type"]
    schema = said["content"][kind]["schema"] | {"components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(answer.json_body)


def test_every_route_has_its_operation_and_every_operation_its_route():
    documented = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert documented == {(method, path) for method, path in ROUTES if path.startswith("/v1/")}


def test_every_operation_is_told_apart_and_says_what_it_does():
    operations = [operation for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] for operation in operations)
    assert all(("x-role" in operation) == ("security" in operation) for operation in operations)


def test_every_reference_leads_somewhere_and_every_schema_is_one():
    schemas = DOCUMENT["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    text = json.dumps(DOCUMENT)
    referred = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred <= schemas.keys()


def test_every_parameter_of_a_path_is_declared():
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            named = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
            assert path.count("{") == len(named)
            assert all(f"{{{name}}}" in path for name in named)


def test_every_answer_fits_the_document(site):
    owner = site.merchant()
    connection = site.daybook.pair_shop(owner.workspace).id
    start = window_of(DAY, ZONE).start_at
    back = refund(start + timedelta(hours=2), line())
    site.daybook.shop.orders[DAY] = [
        order(1, line(), line(None), placed_at=start, events=(back,)),
        order(2, placed_at=start + timedelta(hours=1), excluded="test"),
    ]
    asked = {"connection_id": connection, "from": str(DAY), "to": str(DAY)}
    sync = owner.post("/v1/syncs", asked).json_body["id"]
    site.daybook.work()
    ids = {"connection": connection, "sync": sync, "sale": f"{DAY}~{connection}~USD~", "version": "1"}
    ids["key"] = owner.post("/v1/keys", {"name": "Nightly", "scope": "read"}).json_body["id"]
    ids["person"] = site.joined(owner, "clerk@northwind.example", "viewer").user
    guest = {"email": "guest@northwind.example", "role": "viewer"}
    ids["invitation"] = owner.post("/v1/invitations", guest).json_body["id"]
    for method, path in [*[route for route in ROUTES if route not in LEAVING], *LEAVING]:
        if not path.startswith("/v1/") or path == "/v1/openapi.json":
            continue
        body, address = BODIES.get((method, path)), path
        for name, value in ids.items():
            address = address.replace(f"{{{name}}}", value)
            body = json.loads(json.dumps(body).replace(f"{{{name}}}", value))
        check(method, path, site.visitor().ask(method, address, body))
        answer = owner.ask(method, address, body)
        check(method, path, answer)
        if (method, path) == ("POST", "/v1/codes"):
            ids["code"] = Phone(answer.json_body["key"], site.daybook.now).shows()
        if (method, path) == ("POST", "/v1/session"):
            owner = site.visitor()
            session = owner.post("/v1/session", {"email": "owner@northwind.example", "password": PASSWORD})
            owner.token = session.json_body["token"]


def test_the_document_is_served_as_it_is_made(site):
    answer = site.visitor().get("/v1/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json_body == DOCUMENT


def test_every_shape_has_a_name_of_its_own_and_is_declared_to_the_page():
    structs = [shape for module in shapes.modules() for shape in shapes.structs(module)]
    names = [shape.__name__ for shape in structs]
    assert {"Problem", "SaleOut", "VersionDiffOut"} <= set(names)
    assert len(set(names)) == len(names)
    declared = shapes.declarations()
    assert all(f"export interface {name} {{" in declared for name in names)
