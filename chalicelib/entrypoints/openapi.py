"""This API as an OpenAPI 3.1 document, made from what the routes declare. `python -m chalicelib.entrypoints.openapi` prints it."""

import json
import re
import sys
from http import HTTPStatus
from typing import Any, get_args

import msgspec
from chalice import Chalice
from chalice.app import Response

from chalicelib.entrypoints import wire
from chalicelib.entrypoints.http import Declaration, declaration_of
from chalicelib.entrypoints.visit import COOKIE, TOKEN

VERSION = "1"
_REFERENCE = "#/components/schemas/{name}"


def text(app: Chalice) -> str:
    """The document of an app's routes below `/v1`."""
    operations = [
        (path, method.lower(), route.view_function, declaration)
        for path, methods in sorted(app.routes.items())
        for method, route in sorted(methods.items())
        if path.startswith("/v1/") and (declaration := declaration_of(route.view_function)) is not None
    ]
    shapes = [shape for *_, declared in operations for shape in _shapes(declared)] + [wire.Problem]
    schemas, components = msgspec.json.schema_components(shapes, ref_template=_REFERENCE)
    by_shape = dict(zip(shapes, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for path, method, view, declared in operations:
        paths.setdefault(path, {})[method] = _operation(path, method, view, declared, by_shape, components)
    named = {name: shape for name, shape in components.items() if not name.endswith("Query")}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Daybook", "version": VERSION},
        "paths": paths,
        "components": {
            "schemas": named,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
                "token": {"type": "apiKey", "in": "header", "name": TOKEN},
                "key": {"type": "http", "scheme": "bearer"},
            },
        },
    }
    return json.dumps(document, separators=(",", ":"))


def _shapes(declared: Declaration) -> list[Any]:
    return [shape for shape in (declared.body, declared.query, _answer(declared)) if shape is not None]


def _answer(declared: Declaration) -> Any:
    """The shape of the route's answer; None if it has none, or is not ours to describe."""
    shapes = [shape for shape in get_args(declared.answer) or (declared.answer,) if shape is not type(None)]
    return shapes[0] if shapes and shapes[0] not in (None, Response) else None


def _operation(
    path: str,
    method: str,
    view: Any,
    declared: Declaration,
    by_shape: dict[Any, dict[str, Any]],
    components: dict[str, Any],
) -> dict[str, Any]:
    answer = _answer(declared)
    success: dict[str, Any] = {"description": HTTPStatus(declared.status).phrase}
    if answer is not None:
        success["content"] = {"application/json": {"schema": by_shape[answer]}}
        if declared.csv:
            success["content"]["text/csv"] = {"schema": {"type": "string"}}
    problem = {"application/problem+json": {"schema": by_shape[wire.Problem]}}
    responses = {str(declared.status): success, "default": {"description": "A problem", "content": problem}}
    if type(None) in get_args(declared.answer):
        responses["304"] = {"description": "Nothing has moved"}
    operation: dict[str, Any] = {
        "operationId": view.__name__,
        "summary": (view.__doc__ or "").strip(),
        "responses": responses,
        "parameters": [*_path_parameters(path), *_query_parameters(declared, by_shape, components)],
    }
    if declared.body is not None:
        content = {"application/json": {"schema": by_shape[declared.body]}}
        operation["requestBody"] = {"required": not declared.body_may_lack, "content": content}
    if declared.role is not None:
        person: dict[str, list[str]] = {"session": []} if method == "get" else {"session": [], "token": []}
        operation["security"] = [person, {"key": []}] if declared.keys else [person]
        operation["x-role"] = declared.role.name.lower()
    return operation


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _query_parameters(
    declared: Declaration, by_shape: dict[Any, dict[str, Any]], components: dict[str, Any]
) -> list[dict[str, Any]]:
    if declared.query is None:
        return []
    name = by_shape[declared.query]["$ref"].rpartition("/")[2]
    return [
        {"name": field, "in": "query", "required": False, "schema": schema}
        for field, schema in components[name]["properties"].items()
    ]


def main() -> None:
    from app import app

    sys.stdout.write(text(app) + "\n")


if __name__ == "__main__":
    main()
