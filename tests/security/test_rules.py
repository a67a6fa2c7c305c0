"""The rules of security by their numbers: each has its tests, or stands here with the reason why not yet."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
RULES = range(1, 51)
NOT_YET: dict[int, str] = {}


def named_by_tests() -> set[int]:
    """The rules that a test or a module of tests names."""
    found: set[int] = set()
    for file in TESTS.rglob("test_*.py"):
        if "node_modules" in file.parts:
            continue
        tree = ast.parse(file.read_text())
        for first, last in re.findall(r"\bS(\d+)(?: to S(\d+))?", ast.get_docstring(tree) or ""):
            found.update(range(int(first), int(last or first) + 1))
        for each in ast.walk(tree):
            if isinstance(each, ast.FunctionDef) and (named := re.match(r"test_s(\d+)_", each.name)):
                found.add(int(named[1]))
    return found


def test_every_rule_is_tested_or_says_why_not() -> None:
    assert named_by_tests() & NOT_YET.keys() == set()
    assert named_by_tests() | NOT_YET.keys() == set(RULES)
