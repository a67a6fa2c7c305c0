"""Shopify's search syntax for orders, as far as the sandbox understands it: `field:>=value` terms joined by blanks or AND.

Understood are processed_at, created_at and updated_at with instants that name their zone, id, and name. A term that is not
understood is an error; it never means all orders.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from graphql import GraphQLError

from infra.sandbox.book import Order

_TERM = re.compile(r"(\w+):(>=|<=|>|<|)(?:'([^']*)'|\"((?:\\\\.|[^\"\\\\])*)\"|(\S+))")
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "": operator.eq,
}
# An order can be changed by hand long after it was placed; further back nobody looks.
_CHANGES_WITHIN_S = 120 * 86_400


def updated_s(order: Order, now_s: float) -> int:
    """When something last happened to the order."""
    return max([order.created_s, *(each.at_s for each in order.until(int(now_s)))])


_FIELDS: dict[str, Callable[[Order, float], int | str]] = {
    "processed_at": lambda order, _: order.placed_s,
    "created_at": lambda order, _: order.created_s,
    "updated_at": updated_s,
    "id": lambda order, _: order.id,
    "name": lambda order, _: order.name.lstrip("#").casefold(),
}


class Search:
    """One search. Raises GraphQLError if it is not understood."""

    def __init__(self, text: str) -> None:
        rest = " ".join(word for word in _TERM.sub(" ", text).split() if word != "AND")
        if rest:
            raise GraphQLError(f"This search is not understood: {rest}")
        self._terms = [
            (field, sign, _value(field, sign, one or two or three))
            for field, sign, one, two, three in _TERM.findall(text)
        ]

    def placed_between(self) -> tuple[float, float]:
        """Bounds for the instant an order was placed, wide enough for terms by other instants."""
        start, end = 0.0, float("inf")
        for field, sign, value in self._terms:
            if field.endswith("_at"):
                assert not isinstance(value, str)
                if sign in (">", ">=", ""):
                    start = max(start, value if field == "processed_at" else value - _CHANGES_WITHIN_S)
                if sign in ("<", "<=", "") and field != "updated_at":
                    end = min(end, value)
        return start, end

    def fits(self, order: Order, now_s: float) -> bool:
        return all(_SIGNS[sign](_FIELDS[field](order, now_s), value) for field, sign, value in self._terms)


def _value(field: str, sign: str, text: str) -> float | str:
    if field not in _FIELDS or (field == "name" and sign):
        raise GraphQLError(f"There is no search by {field}:{sign} here.")
    if field == "name":
        return re.sub(r"\\(.)", r"\1", text).lstrip("#").casefold()
    try:
        if field == "id":
            return int(text.rpartition("/")[2])
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise GraphQLError(f"This is no value for {field}: {text}") from exc
    if at.tzinfo is None:
        raise GraphQLError(f"This instant has no zone: {text}")
    return at.timestamp()
