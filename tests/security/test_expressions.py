"""S42: no expression and no key is built from text. Keys are made by one function that encodes, expressions by typed attributes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CODE = Path(__file__).parents[2] / "chalicelib"
FILES = sorted(CODE.rglob("*.py"))
# What DynamoDB takes as text, and what would take a whole statement.
WORDS = ("Expression", "PartiQL", "Statement")
CALLS = {"execute_statement", "batch_execute_statement", "execute_transaction", "resource"}
# The bounds of a range of keys: each side of the separator.
ENDS = {"#", "$"}


def parts_of(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all within it, but what `key` encodes."""
    yield node
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "key"):
        for child in ast.iter_child_nodes(node):
            yield from parts_of(child)


def texts_put_together(node: ast.AST) -> Iterator[ast.AST]:
    """Texts that are joined, formatted or filled in."""
    for each in parts_of(node):
        if isinstance(each, ast.JoinedStr) or (isinstance(each, ast.BinOp) and isinstance(each.op, ast.Mod)):
            yield each
        elif isinstance(each, ast.BinOp) and isinstance(each.op, ast.Add):
            sides = [side.value for side in (each.left, each.right) if isinstance(side, ast.Constant)]
            if any(isinstance(side, str) and side not in ENDS for side in sides):
                yield each
        elif (
            isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in ("format", "join")
        ):
            yield each


def asked_of_the_table(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls of the table, and of what makes its conditions."""
    for each in ast.walk(tree):
        if not isinstance(each, ast.Call):
            continue
        if isinstance(each.func, ast.Name) and each.func.id == "Path":
            yield each
        of = each.func.value if isinstance(each.func, ast.Attribute) else None
        if isinstance(of, ast.Attribute) and of.attr in ("_table", "_engine", "table"):
            yield each


def wrong_in(tree: ast.AST) -> list[int]:
    """The lines of a module that build what they ask from text."""
    lines = [
        each.lineno
        for call in asked_of_the_table(tree)
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        for each in texts_put_together(argument)
    ]
    for each in ast.walk(tree):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in CALLS:
            lines.append(each.lineno)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.endswith(WORDS):
            lines.append(each.lineno)
    return lines


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(CODE)) for file in FILES])
def test_s42_nothing_that_is_asked_is_built_from_text(file: Path) -> None:
    assert wrong_in(ast.parse(file.read_text())) == []


@pytest.mark.parametrize(
    "text",
    [
        'self._table.get(Part, f"WS#{workspace}", "X")',
        'self._table.query(Part, "WS#" + workspace)',
        'self._table.query(Part, pk, begins="REV#%s" % attempt)',
        'self._table.delete("WS#{}".format(workspace), sk)',
        'self._table.columns("#".join(parts), between)',
        'Path(f"counts.{year}").set(1)',
        'client.execute_statement(Statement="SELECT * FROM t")',
        'client.query(**{"KeyConditionExpression": "pk = :pk"})',
        'boto3.resource("dynamodb")',
    ],
)
def test_s42_what_would_be_built_from_text_is_found(text: str) -> None:
    assert wrong_in(ast.parse(text))


@pytest.mark.parametrize("text", ['self._table.query(Part, key("WS", w), begins=key("REV", a) + "#")', "Path('sk')"])
def test_s42_typed_keys_are_fine(text: str) -> None:
    assert wrong_in(ast.parse(text)) == []
