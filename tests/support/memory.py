"""DynamoDB in memory, for tests that run by the thousand: the same calls, answers, refusals and limits as the real thing.

`MemoryEngine` fits `chalicelib.storage.table.Engine` and evaluates pynamodb's conditions and actions directly. It knows what
our storage uses, top-level attributes of type S, N and B, and refuses to guess at anything else. Every read is consistent.
`tests/storage/test_engine_contract.py` holds it to the behaviour of the two real engines.
"""

import threading
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from operator import eq, ge, gt, le, lt
from typing import Any

from botocore.exceptions import ClientError
from pynamodb.exceptions import DeleteError, GetError, PutError, PynamoDBException, QueryError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path, Value, _Decrement, _IfNotExists, _Increment  # nothing public names these
from pynamodb.expressions.update import Action, AddAction, RemoveAction, SetAction

Raw = dict[str, dict[str, Any]]

ITEM_BYTES_MAX = 400 * 1024
PAGE_BYTES_MAX = 1024 * 1024
BATCH_BYTES_MAX = 16 * 1024 * 1024
BATCH_KEYS_MAX = 100
PK_BYTES_MAX, SK_BYTES_MAX = 2048, 1024

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}


class Invalid(Exception):
    """What DynamoDB answers with a ValidationException."""


class Unmet(Exception):
    """What DynamoDB answers with a ConditionalCheckFailedException."""


class MemoryEngine:
    """One table. `items()` shows everything in it, for checkers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: dict[str, dict[str, Raw]] = {}
        self._sorted: dict[str, list[str]] = {}

    def items(self) -> Iterator[tuple[str, str, Raw]]:
        for pk, partition in self._items.items():
            for sk, item in partition.items():
                yield pk, sk, item

    @staticmethod
    def _shown(item: Raw) -> Raw:
        """What a reader gets of an item."""
        return dict(item)

    def partition(self, pk: str) -> dict[str, Raw]:
        """One partition's items by sort key, not a copy."""
        return self._items.get(pk, {})

    def get_item(self, hash_key: str, range_key: str, consistent_read: bool = False) -> dict[str, Any]:
        def get() -> dict[str, Any]:
            _check_key(hash_key, range_key)
            item = self._items.get(hash_key, {}).get(range_key)
            return {} if item is None else {"Item": self._shown(item)}

        return self._answer(GetError, "GetItem", get)

    def put_item(
        self, hash_key: str, range_key: str, attributes: Raw, condition: Condition | None = None
    ) -> dict[str, Any]:
        def put() -> dict[str, Any]:
            _check_key(hash_key, range_key)
            item = {"pk": {"S": hash_key}, "sk": {"S": range_key}} | {
                name: _normal(value) for name, value in attributes.items()
            }
            if item_bytes(item) > ITEM_BYTES_MAX:
                raise Invalid("Item size has exceeded the maximum allowed size")
            self._check(hash_key, range_key, condition)
            self._write(hash_key, range_key, item)
            return {}

        return self._answer(PutError, "PutItem", put)

    def update_item(
        self, hash_key: str, range_key: str, actions: Sequence[Action], condition: Condition | None = None
    ) -> dict[str, Any]:
        def update() -> dict[str, Any]:
            _check_key(hash_key, range_key)
            _check_actions(actions)
            self._check(hash_key, range_key, condition)
            was = self._items.get(hash_key, {}).get(range_key) or {"pk": {"S": hash_key}, "sk": {"S": range_key}}
            item = dict(was)
            for action in actions:
                _apply(action, was, item)
            if item_bytes(item) > ITEM_BYTES_MAX:
                raise Invalid("Item size to update has exceeded the maximum allowed size")
            self._write(hash_key, range_key, item)
            return {}

        return self._answer(UpdateError, "UpdateItem", update)

    def delete_item(self, hash_key: str, range_key: str, condition: Condition | None = None) -> dict[str, Any]:
        def delete() -> dict[str, Any]:
            _check_key(hash_key, range_key)
            self._check(hash_key, range_key, condition)
            if self._items.get(hash_key, {}).pop(range_key, None) is not None:
                keys = self._sorted[hash_key]
                del keys[bisect_left(keys, range_key)]
            return {}

        return self._answer(DeleteError, "DeleteItem", delete)

    def query(
        self,
        hash_key: str,
        range_key_condition: Condition | None = None,
        attributes_to_get: list[str] | None = None,
        consistent_read: bool = False,
        limit: int | None = None,
        scan_index_forward: bool | None = None,
        exclusive_start_key: Raw | None = None,
    ) -> dict[str, Any]:
        def query() -> dict[str, Any]:
            if limit is not None and limit < 1:
                raise Invalid("Limit must be at least 1")
            _check_text("pk", hash_key, PK_BYTES_MAX)
            if range_key_condition is not None:
                _check_condition(range_key_condition)
                _check_key_condition(range_key_condition)
            keys = self._sorted.get(hash_key, [])
            start = exclusive_start_key["sk"]["S"] if exclusive_start_key else None
            if scan_index_forward is False:
                keys = keys[::-1] if start is None else keys[: bisect_left(keys, start)][::-1]
            elif start is not None:
                keys = keys[bisect_right(keys, start) :]
            found, size = [], 0
            for sk in keys:
                item = self._items[hash_key][sk]
                if range_key_condition is not None and not _holds(range_key_condition, item):
                    continue
                found.append(_only(self._shown(item), attributes_to_get))
                size += item_bytes(item)
                if len(found) == limit or size >= PAGE_BYTES_MAX:
                    last = {"pk": {"S": hash_key}, "sk": {"S": sk}}
                    return {"Items": found, "Count": len(found), "LastEvaluatedKey": last}
            return {"Items": found, "Count": len(found)}

        return self._answer(QueryError, "Query", query)

    def batch_get_item(
        self, keys: Sequence[dict[str, str]], consistent_read: bool = False, attributes_to_get: list[str] | None = None
    ) -> dict[str, Any]:
        def batch_get() -> dict[str, Any]:
            named = [(key["pk"], key["sk"]) for key in keys]
            if not named or len(named) > BATCH_KEYS_MAX:
                raise Invalid("Too many items requested for the BatchGetItem call")
            if len(set(named)) < len(named):
                raise Invalid("Provided list of item keys contains duplicates")
            found, size = [], 0
            for place, (pk, sk) in enumerate(named):
                _check_key(pk, sk)
                item = self._items.get(pk, {}).get(sk)
                if item is None:
                    continue
                size += item_bytes(item)
                if size > BATCH_BYTES_MAX:
                    left = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in named[place:]]
                    return {"Responses": {"table": found}, "UnprocessedKeys": {"table": {"Keys": left}}}
                found.append(_only(self._shown(item), attributes_to_get))
            return {"Responses": {"table": found}, "UnprocessedKeys": {}}

        return self._answer(GetError, "BatchGetItem", batch_get)

    def _answer(
        self, error: type[PynamoDBException], operation: str, call: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        try:
            with self._lock:
                return call()
        except Unmet as exc:
            code, text = "ConditionalCheckFailedException", str(exc)
        except Invalid as exc:
            code, text = "ValidationException", str(exc)
        raise error(text, ClientError({"Error": {"Code": code, "Message": text}}, operation))

    def _check(self, pk: str, sk: str, condition: Condition | None) -> None:
        if condition is None:
            return
        _check_condition(condition)
        if not _holds(condition, self._items.get(pk, {}).get(sk) or {}):
            raise Unmet("The conditional request failed")

    def _write(self, pk: str, sk: str, item: Raw) -> None:
        partition = self._items.setdefault(pk, {})
        if sk not in partition:
            insort(self._sorted.setdefault(pk, []), sk)
        partition[sk] = item


def item_bytes(item: Raw) -> int:
    """The size that counts towards the limits: names and values, numbers at about half a byte a digit."""
    size = 0
    for name, value in item.items():
        size += len(name)
        for kind, content in value.items():
            if kind == "N":
                size += len(content) // 2 + 2
            elif kind == "B" or content.isascii():
                size += len(content)
            else:
                size += len(content.encode())
    return size


def _only(item: Raw, names: list[str] | None) -> Raw:
    return item if names is None else {name: item[name] for name in names if name in item}


def _check_key(pk: str, sk: str) -> None:
    _check_text("pk", pk, PK_BYTES_MAX)
    _check_text("sk", sk, SK_BYTES_MAX)


def _check_text(name: str, text: str, bytes_max: int) -> None:
    if not 0 < len(text.encode()) <= bytes_max:
        raise Invalid(f"Key {name} is empty or too long")


def _normal(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute as the table keeps it."""
    ((kind, content),) = value.items()
    if kind == "N":
        return {"N": _number_text(Decimal(content))}
    if kind == "B":
        return {"B": bytes(content)}
    if kind != "S":
        raise NotImplementedError(f"attributes of type {kind}")
    return {"S": content}


def _number_text(number: Decimal) -> str:
    return str(int(number)) if number == number.to_integral_value() else f"{number.normalize():f}"


def _name(path: Path) -> str:
    if len(path.path) > 1:
        raise NotImplementedError(f"nested attribute {path}")
    return path.path[0]


def _operand(operand: Path | Value, item: Raw) -> dict[str, Any] | None:
    """The attribute that an operand stands for, None if the item has no such attribute."""
    return item.get(_name(operand)) if isinstance(operand, Path) else operand.value


def _comparable(value: dict[str, Any]) -> tuple[str, Any]:
    ((kind, content),) = value.items()
    return kind, Decimal(content) if kind == "N" else content


def _holds(condition: Condition, item: Raw) -> bool:
    operator, values = condition.operator, condition.values
    if operator == "AND":
        return all(_holds(part, item) for part in values)
    if operator == "OR":
        return any(_holds(part, item) for part in values)
    if operator == "NOT":
        return not _holds(values[0], item)
    if operator in ("attribute_exists", "attribute_not_exists"):
        return (_name(values[0]) in item) == (operator == "attribute_exists")
    found = [_operand(value, item) for value in values]
    if operator == "<>":
        return None in found or _comparable(found[0]) != _comparable(found[1])
    if operator == "IN":
        return any(_compare("=", found[0], other) for other in found[1:])
    if operator == "BETWEEN":
        return _compare("<=", found[1], found[0]) and _compare("<=", found[0], found[2])
    if operator == "begins_with":
        return found[0] is not None and "S" in found[0] and found[0]["S"].startswith(found[1]["S"])
    return _compare(operator, found[0], found[1])


def _compare(operator: str, left: dict[str, Any] | None, right: dict[str, Any] | None) -> bool:
    """Things that are missing or of different types compare as false."""
    if left is None or right is None:
        return False
    (kind, a), (other, b) = _comparable(left), _comparable(right)
    return kind == other and _COMPARED[operator](a, b)


def _check_condition(condition: Condition) -> None:
    if condition.operator in ("AND", "OR", "NOT"):
        for part in condition.values:
            _check_condition(part)
    elif condition.operator == "BETWEEN":
        _, low, high = condition.values
        if isinstance(low, Value) and isinstance(high, Value) and not _compare("<=", low.value, high.value):
            raise Invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound")
    elif condition.operator not in (*_COMPARED, "<>", "IN", "begins_with", "attribute_exists", "attribute_not_exists"):
        raise NotImplementedError(f"condition {condition.operator}")


def _check_key_condition(condition: Condition) -> None:
    """A query compares the sort key with no empty text, whatever the comparison."""
    for value in condition.values:
        if isinstance(value, Value):
            _check_text("sk", value.value["S"], SK_BYTES_MAX)


def _check_actions(actions: Sequence[Action]) -> None:
    names = [_name(action.values[0]) for action in actions]
    if len(set(names)) < len(names):
        raise Invalid("Two document paths overlap with each other")
    if {"pk", "sk"} & set(names):
        raise Invalid("Cannot update attribute; this attribute is part of the key")


def _apply(action: Action, was: Raw, item: Raw) -> None:
    """Put an action's effect into `item`; what it reads, it reads in `was`."""
    name = _name(action.values[0])
    if isinstance(action, RemoveAction):
        item.pop(name, None)
    elif isinstance(action, SetAction):
        item[name] = _normal(_new_value(action.values[1], was))
    elif isinstance(action, AddAction):
        item[name] = _sum(was.get(name, {"N": "0"}), action.values[1].value, 1)
    else:
        raise NotImplementedError(f"action {action!r}")


def _new_value(operand: Any, was: Raw) -> dict[str, Any]:
    if isinstance(operand, _IfNotExists):
        there = was.get(_name(operand.values[0]))
        return _new_value(operand.values[1], was) if there is None else there
    if isinstance(operand, _Increment | _Decrement):
        left, right = (_new_value(value, was) for value in operand.values)
        return _sum(left, right, 1 if isinstance(operand, _Increment) else -1)
    value = _operand(operand, was)
    if value is None:
        raise Invalid("The provided expression refers to an attribute that does not exist in the item")
    return value


def _sum(left: dict[str, Any], right: dict[str, Any], sign: int) -> dict[str, Any]:
    if "N" not in left or "N" not in right:
        raise Invalid("An operand in the update expression has an incorrect data type")
    return {"N": _number_text(Decimal(left["N"]) + sign * Decimal(right["N"]))}
