"""Cuts out of Shopify's published Admin schema what our queries reach: `python -m infra.sandbox.slice FULL_SCHEMA`.

Kept are the fields and arguments that the queries use, and their types; of an enum, all values. Descriptions go.
"""

from __future__ import annotations

import sys
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    parse,
    specified_scalar_types,
    visit,
)
from graphql.language import FieldNode

from chalicelib.channels import shopify_queries
from infra.sandbox.graph import SLICE

HEAD = "# Of Shopify's Admin GraphQL schema 2026-10, as published in npm's @shopify/dev-mcp 1.16.0 (ISC): what our queries reach.\n"


class _Reached(Visitor):
    """Notes each field that a query uses, with its arguments."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self.fields: dict[str, dict[str, set[str]]] = {}

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent, field = self._info.get_parent_type(), self._info.get_field_def()
        if parent is None or field is None or node.name.value.startswith("__"):
            return
        arguments = self.fields.setdefault(parent.name, {}).setdefault(node.name.value, set())
        arguments |= {argument.name.value for argument in node.arguments}


def queries() -> list[str]:
    """The documents that the channel sends."""
    return [
        value
        for name, value in vars(shopify_queries).items()
        if name.isupper() and isinstance(value, str) and value.lstrip().startswith(("query", "mutation"))
    ]


def slice_of(schema: GraphQLSchema) -> str:
    """The reached part of the schema, as text that does not depend on the sequence of the queries."""
    info = TypeInfo(schema)
    reached = _Reached(info)
    for query in queries():
        visit(parse(query), TypeInfoVisitor(info, reached))
    fields = reached.fields
    fields.setdefault("Node", {"id": set()})  # named by `nodes(ids:)`, of which queries ask kinds only
    for name in list(fields):  # what a query asks of an interface, its kinds have too
        kind = schema.type_map[name]
        if isinstance(kind, GraphQLInterfaceType):
            for possible in schema.get_possible_types(kind):
                if possible.name in fields or name not in ("Node",):
                    for field, arguments in fields[name].items():
                        fields.setdefault(possible.name, {}).setdefault(field, set()).update(arguments)
    others: dict[str, object] = {}
    blocks = [_block(schema, name, fields, others) for name in sorted(fields)]
    blocks += [_other(kind) for _, kind in sorted(others.items())]
    return (
        HEAD + "\nschema {\n  query: QueryRoot\n  mutation: Mutation\n}\n\n" + "\n\n".join(filter(None, blocks)) + "\n"
    )


def _block(schema: GraphQLSchema, name: str, fields: dict[str, dict[str, set[str]]], others: dict[str, object]) -> str:
    kind = schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    lines = []
    for field in sorted(fields[name]) or ["id"]:
        definition = kind.fields[field]
        _note(definition.type, fields, others)
        arguments = []
        for argument in sorted(fields[name][field]):
            given = definition.args[argument]
            _note(given.type, fields, others)
            arguments.append(f"{argument}: {given.type}")
        taken = f"({', '.join(arguments)})" if arguments else ""
        lines.append(f"  {field}{taken}: {definition.type}")
    kept = sorted(each.name for each in kind.interfaces if each.name in fields)
    implements = f" implements {' & '.join(kept)}" if kept else ""
    word = "interface" if isinstance(kind, GraphQLInterfaceType) else "type"
    return f"{word} {name}{implements} {{\n" + "\n".join(lines) + "\n}"


def _note(kind: GraphQLType, fields: dict[str, dict[str, set[str]]], others: dict[str, object]) -> None:
    named = get_named_type(kind)
    if named.name not in fields and named.name not in specified_scalar_types:
        others[named.name] = named


def _other(kind: object) -> str:
    if isinstance(kind, GraphQLEnumType):
        return f"enum {kind.name} {{\n" + "\n".join(f"  {value}" for value in sorted(kind.values)) + "\n}"
    if isinstance(kind, GraphQLScalarType):
        return f"scalar {kind.name}"
    assert not isinstance(kind, GraphQLInputObjectType), f"{kind} is an input that queries do not use"
    return ""


if __name__ == "__main__":
    SLICE.write_text(slice_of(build_schema(Path(sys.argv[1]).read_text(), assume_valid=True)))
