"""Imports point inward: read from the source, checked against the arrows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted([*ROOT.glob("chalicelib/**/*.py"), ROOT / "app.py"])

# Which rooms a room may import at run time. Types may be named from anywhere (under TYPE_CHECKING).
ARROWS = {
    "app": {"chalicelib.entrypoints"},
    "chalicelib.entrypoints": {
        "chalicelib.entrypoints",
        "chalicelib.bootstrap",
        "chalicelib.workflows",
        "chalicelib.domain",
        "chalicelib.errors",
        "chalicelib.queues",
    },
    "chalicelib.bootstrap": {
        "chalicelib.bootstrap",
        "chalicelib.channels",
        "chalicelib.storage",
        "chalicelib.workflows",
        "chalicelib.domain",
        "chalicelib.settings",
        "chalicelib.queues",
        "chalicelib.mailer",
        "chalicelib.errors",
    },
    "chalicelib.workflows": {"chalicelib.workflows", "chalicelib.domain", "chalicelib.errors"},
    "chalicelib.channels": {"chalicelib.channels", "chalicelib.domain", "chalicelib.errors"},
    "chalicelib.storage": {"chalicelib.storage", "chalicelib.domain", "chalicelib.errors"},
    "chalicelib.queues": {"chalicelib.domain"},
    "chalicelib.mailer": {"chalicelib.errors"},
    "chalicelib.domain": {"chalicelib.domain", "chalicelib.errors"},
    "chalicelib.settings": set(),
    "chalicelib.errors": set(),
    "chalicelib.pages": set(),
    "chalicelib": set(),
}
# Libraries that live in one room.
HOMES = {
    "requests": {"chalicelib.channels.http"},
    "pynamodb": {"chalicelib.storage"},
    "jwt": {"chalicelib.channels.openid"},
    "chalice": {"chalicelib.entrypoints", "app"},
    "aws_lambda_powertools": {"chalicelib.entrypoints", "app"},
}
PURE = {"chalicelib.domain", "chalicelib.errors"}
STANDARD_LIBRARY_AND = {"msgspec", "chalicelib"}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "chalicelib" else parts[0]


def imports_of(path: Path) -> Iterator[str]:
    """Yield the modules that are imported at run time, from any depth of the file."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            if node.module == "chalicelib":
                yield from (f"chalicelib.{alias.name}" for alias in node.names)
            elif node.module:
                yield node.module


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_inward(path):
    module = name_of(path)
    room = room_of(module)
    for imported in imports_of(path):
        if imported.split(".")[0] == "chalicelib":
            assert room_of(imported) in ARROWS[room], f"{module} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_libraries_live_in_one_room(path):
    module = name_of(path)
    for imported in imports_of(path):
        homes = HOMES.get(imported.split(".")[0])
        assert homes is None or module in homes or room_of(module) in homes, f"{module} imports {imported}"


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(name_of(path)) in PURE], ids=name_of)
def test_the_domain_needs_the_standard_library_and_msgspec(path):
    import sys

    for imported in imports_of(path):
        top = imported.split(".")[0]
        assert top in STANDARD_LIBRARY_AND or top in sys.stdlib_module_names, f"{path} imports {imported}"


def test_the_arrows_are_checked_at_all(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from chalicelib.storage.days import Days\nimport pynamodb.models\n")
    assert list(imports_of(wrong)) == ["chalicelib.storage.days", "pynamodb.models"]
    assert "chalicelib.storage" not in ARROWS["chalicelib.domain"]
