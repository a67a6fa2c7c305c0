"""TypeScript declarations of the API's shapes, from the same structs that the routes answer with.

A field renamed in `wire.py` or one of its sisters (`wire_*.py`) is then an error of the page's type check, not something a
merchant finds.
"""

import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from chalicelib import entrypoints

_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def declarations() -> str:
    """The content of `wire.d.ts`: one interface for each struct."""
    shapes = [shape for module in modules() for shape in structs(module)]
    _, components = msgspec.json.schema_components(shapes, ref_template="{name}")
    return "\n".join(_interface(name, shape) for name, shape in sorted(components.items()))


def modules() -> list[ModuleType]:
    """`wire.py` and its sisters."""
    found = sorted(path.stem for folder in entrypoints.__path__ for path in Path(folder).glob("wire*.py"))
    return [importlib.import_module(f"{entrypoints.__name__}.{name}") for name in found]


def structs(module: ModuleType) -> list[type[msgspec.Struct]]:
    """The structs that the module defines; those it imports are another's."""
    return [
        shape
        for _, shape in inspect.getmembers(module, inspect.isclass)
        if issubclass(shape, msgspec.Struct) and shape.__module__ == module.__name__
    ]


def _interface(name: str, shape: dict[str, Any]) -> str:
    required = set(shape.get("required", ()))
    fields = [
        f"  {field}{'' if field in required else '?'}: {_type(schema)};"
        for field, schema in shape["properties"].items()
    ]
    return "\n".join([f"export interface {name} {{", *fields, "}", ""])


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"])
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"])
    if schema["type"] == "array":
        return f"readonly ({_type(schema['items'])})[]"
    if schema["type"] == "object":
        return f"Readonly<Record<string, {_type(schema['additionalProperties'])}>>"
    return _PLAIN[schema["type"]]
