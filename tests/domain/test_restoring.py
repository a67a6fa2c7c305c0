"""S45: every kind of item that the storage makes has a rule of who wins after a restore."""

import ast
from pathlib import Path

from chalicelib.domain.restoring import RULES, connections_in, days_of_persons_in, rule_of, unknown_in, workspaces_in
from chalicelib.storage.models import key

STORAGE = Path(__file__).parents[2] / "chalicelib/storage"


def kinds_of_storage() -> set[tuple[str, str]]:
    """The keys that modules of the storage make of literal beginnings: of partitions, and of items in them."""
    found: set[str] = set()
    for file in STORAGE.glob("*.py"):
        tree = ast.parse(file.read_text())
        for each in ast.walk(tree):
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "key" and each.args:
                first = each.args[0]
                if isinstance(first, ast.Constant):
                    found.add(first.value)
            # Names that a repository is told, as those of keys and invitations.
            if isinstance(each, ast.arg) and each.annotation is not None and each.arg in ("what", "name"):
                found.update(_literals(each.annotation))
    return {(name, "") for name in found}


def _literals(annotation: ast.expr) -> set[str]:
    if not (isinstance(annotation, ast.Subscript) and getattr(annotation.value, "id", "") == "Literal"):
        return set()
    inner = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    return {each.value for each in inner if isinstance(each, ast.Constant)}


# Beginnings of sort keys below a partition that one rule is about as a whole.
WITHIN = {"HEAD", "PART", "EV", "MONTH", "LINES", "ORDERS", "WANT", "CONN", "ERASE"}


def test_s45_every_kind_of_item_has_a_rule() -> None:
    ruled = {rule.kind for rule in RULES} | {rule.part for rule in RULES if rule.part}
    made = {name for name, _ in kinds_of_storage()}
    assert len(made) > 40
    assert made - ruled - WITHIN == set()
    whole = {"WORKSPACE", "PEOPLE", "CODES"}  # sort keys that are no more than a word
    assert ruled - made == whole, "a rule about nothing"


def test_a_kind_has_one_rule_or_one_for_each_of_its_parts() -> None:
    names = [(rule.kind, rule.part) for rule in RULES]
    assert len(set(names)) == len(names)
    assert not {kind for kind, part in names if part} & {kind for kind, part in names if not part}


def test_an_item_is_told_by_the_beginnings_of_its_keys() -> None:
    assert rule_of("WS#w", "KEY#k") is not rule_of("WS#w", "PEOPLE")
    assert rule_of("DAYS#w", "2026-07-03#c") is not None
    assert unknown_in([("WS#w", "NOVEL#1"), ("DAYSY#w", "x"), ("SESSION#s", "SESSION")]) == {"WS NOVEL", "DAYSY x"}


def test_ids_in_keys_are_read_as_they_were_written() -> None:
    odd = "a#b/ü"
    at = (key("WS", odd), key("CONNECTION", odd))
    assert connections_in([at, ("WS#w", "WORKSPACE")]) == {odd: odd}
    assert workspaces_in([at, (key("WS", odd), "WORKSPACE")]) == {odd}
    ((connection, day),) = days_of_persons_in(
        [(key("PARTS", odd, "2026-07-03"), "WHO#a#00000"), ("PARTS#c#d", "REV#a")]
    )
    assert (connection, day.isoformat()) == (odd, "2026-07-03")
