"""Shopify's Admin GraphQL over the sandbox shop: graphql-core against the slice of the published schema.

What a query costs is counted by Shopify's rule (a scalar 0, an object 1, a connection its page size times its node) and taken
from a leaking bucket, which fills again at the plan's rate.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    execute,
    parse,
    validate,
)
from graphql.language import IntValueNode, VariableNode

from infra.sandbox.book import Order
from infra.sandbox.nodes import Node, connection, order_node, updated_s
from infra.sandbox.shop import FUTURE_DAYS, SandboxShop

SLICE = Path(__file__).parent / "shopify_admin_2026-10.graphql"
LIST_MAX = 25_000
COUNT_MAX = 10_000
REACH_S = 60 * 86_400
QUERY_COST_MAX = 1_000
NO_LIMIT = 1_000_000_000.0

_TERM = re.compile(r"(\w+):(>=|<=|>|<|)(?:'([^']*)'|\"([^\"]*)\"|(\S+))")
_DAY_S = 86_400


class Bucket:
    """Points that a shop's app may spend; `rate` 0 is no limit. `clock` gives seconds."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate or NO_LIMIT
        self.maximum = self.rate * 20
        self._clock = clock
        self._points, self._at = self.maximum, clock()

    def available(self) -> float:
        now = self._clock()
        self._points = min(self.maximum, self._points + (now - self._at) * self.rate)
        self._at = now
        return self._points

    def take(self, points: float) -> bool:
        if self.available() < points:
            return False
        self._points -= points
        return True

    def status(self) -> Node:
        return {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": int(self.available()),
            "restoreRate": self.rate,
        }


class Graph:
    """Executes queries over one shop. `sees_all` says whether orders older than 60 days are shown."""

    def __init__(self, shop: SandboxShop, bucket: Bucket) -> None:
        self.shop = shop
        self.bucket = bucket
        self.count_off = 0
        self.before_page: Callable[[], None] = lambda: None
        self._schema = schema()
        self._documents = lru_cache(maxsize=64)(self._document)
        self._nodes: dict[tuple[int, int], Node] = {}

    def answer(self, query: str, variables: dict[str, Any], *, sees_all: bool) -> Node:
        """The body of the answer: data, errors, and what it cost."""
        document, faults = self._documents(query)
        if faults:
            return {"errors": [{"message": fault, "extensions": {"code": "undefinedField"}} for fault in faults]}
        cost = cost_of(document, variables)
        if cost > QUERY_COST_MAX:
            text = f"Query cost is {cost}, which exceeds the single query max cost limit ({QUERY_COST_MAX})."
            return {"errors": [{"message": text, "extensions": {"code": "MAX_COST_EXCEEDED"}}]}
        if not self.bucket.take(cost):
            refusal = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return {"errors": [refusal], "extensions": {"cost": self._cost(cost, None)}}
        result = execute(
            self._schema, document, root_value=self._root(sees_all), variable_values=variables, is_awaitable=_never
        )
        body: Node = {"data": result.data, "extensions": {"cost": self._cost(cost, cost)}}
        if result.errors:
            body["errors"] = [{"message": error.message, "path": error.path} for error in result.errors]
        return body

    def _cost(self, asked: int, actual: int | None) -> Node:
        return {"requestedQueryCost": asked, "actualQueryCost": actual, "throttleStatus": self.bucket.status()}

    def _document(self, query: str) -> tuple[DocumentNode, list[str]]:
        try:
            document = parse(query)
        except GraphQLError as error:
            return DocumentNode(definitions=()), [error.message]
        return document, [error.message for error in validate(self._schema, document)]

    # -- the fields of the root

    def _root(self, sees_all: bool) -> Node:
        trade = self.shop.trade

        def orders(info: object, query: str | None = None, reverse: bool = False, **args: Any) -> Node:
            self.before_page()
            found = self._found(query, sees_all)[:LIST_MAX]
            listed = _Lazily(found[::-1] if reverse else found, self._node)
            page: Node = connection(listed)(info, **args)
            return page

        def count(_info: object, query: str | None = None, limit: int | None = COUNT_MAX, **_: Any) -> Node:
            found = len(self._found(query, sees_all)) + self.count_off
            self.count_off = 0
            over = limit is not None and found > limit
            return {"count": limit if over else found, "precision": "AT_LEAST" if over else "EXACT"}

        return {
            "shop": {
                "id": f"gid://shopify/Shop/{account_of(trade.shop)}",
                "name": trade.shop.removesuffix(".myshopify.com").replace("-", " ").title(),
                "myshopifyDomain": trade.shop,
                "ianaTimezone": trade.zone,
                "currencyCode": trade.currency,
                "taxesIncluded": trade.taxes_included,
            },
            "orders": orders,
            "ordersCount": count,
            "order": lambda _info, id: self._by_gid(id, sees_all),
            "nodes": lambda _info, ids: [self._by_gid(gid, sees_all) for gid in ids],
        }

    def _by_gid(self, gid: str, sees_all: bool) -> Node | None:
        match = re.fullmatch(r"gid://shopify/Order/(\d+)", gid)
        order = self.shop.find(int(match[1])) if match else None
        return self._node(order) if order is not None and self._is_seen(order, sees_all) else None

    def _node(self, order: Order) -> Node:
        now = self.shop.now_s()
        key = (order.id, len(order.until(int(now))))
        node = self._nodes.get(key)
        if node is None:
            if len(self._nodes) > 5_000:
                self._nodes.clear()
            node = self._nodes[key] = order_node(order, now)
        return node

    def _is_seen(self, order: Order, sees_all: bool) -> bool:
        return sees_all or order.created_s >= self.shop.now_s() - REACH_S

    def _found(self, query: str | None, sees_all: bool) -> list[Order]:
        wanted = Search(query or "")
        now = self.shop.now_s()
        start, end = wanted.placed_between()
        orders = self.shop.placed_between(start if start is not None else 0, min(end if end is not None else now, now))
        return [order for order in orders if wanted.fits(order, now) and self._is_seen(order, sees_all)]


class Search:
    """Shopify's search syntax as far as it is understood here; a term that is not is an error, never all orders."""

    _SECONDS: ClassVar[dict[str, Callable[[Order, float], int]]] = {
        "processed_at": lambda order, now: order.placed_s,
        "created_at": lambda order, now: order.created_s,
        "updated_at": updated_s,
    }

    def __init__(self, text: str) -> None:
        rest = _TERM.sub("", text).replace(" AND ", " ").strip()
        if rest:
            raise GraphQLError(f"This search is not understood: {rest}")
        self._terms = [(field, sign, one or two or three) for field, sign, one, two, three in _TERM.findall(text)]
        for field, _, _ in self._terms:
            if field not in (*self._SECONDS, "name", "id"):
                raise GraphQLError(f"There is no search by {field} here.")

    def placed_between(self) -> tuple[float | None, float | None]:
        """Bounds for the instant an order was placed, wide enough for terms by other instants."""
        start = end = None
        for field, sign, value in self._terms:
            if field in self._SECONDS:
                at = _seconds(value)
                slack = 0 if field == "processed_at" else FUTURE_DAYS * _DAY_S
                if sign in (">", ">=", ""):
                    start = max(at - slack, start if start is not None else 0)
                if sign in ("<", "<=", ""):
                    end = min(at, end) if end is not None else at
        return start, end

    def fits(self, order: Order, now_s: float) -> bool:
        return all(self._fits(order, now_s, *term) for term in self._terms)

    def _fits(self, order: Order, now_s: float, field: str, sign: str, value: str) -> bool:
        if field == "name":
            return order.name.lstrip("#") == value.lstrip("#")
        if field == "id":
            return str(order.id) == value
        second, at = self._SECONDS[field](order, now_s), _seconds(value)
        return {
            ">=": second >= at,
            ">": second > at,
            "<=": second <= at,
            "<": second < at,
            "": second == at,
        }[sign]


class _Lazily:
    """A sequence of orders that become nodes where a page is cut out."""

    def __init__(self, orders: list[Order], node: Callable[[Order], Node]) -> None:
        self._orders = orders
        self._node = node

    def __len__(self) -> int:
        return len(self._orders)

    def __getitem__(self, places: slice) -> list[Node]:
        return [self._node(order) for order in self._orders[places]]


@lru_cache(maxsize=1)
def schema() -> Any:
    """The slice of the published schema, read once."""
    return build_schema(SLICE.read_text(), assume_valid=True)


def account_of(shop: str) -> int:
    """The shop's immutable number."""
    return 60_000_000_000 + sum(ord(letter) * 131**place for place, letter in enumerate(shop)) % 9_000_000_000


def cost_of(document: DocumentNode, variables: dict[str, Any]) -> int:
    """What Shopify asks for the query before it runs."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return _cost_of(operation.selection_set, fragments, variables)


def _cost_of(
    selections: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any]
) -> int:
    total = 0
    for node in selections.selections:
        if isinstance(node, FragmentSpreadNode):
            total += _cost_of(fragments[node.name.value].selection_set, fragments, variables)
        elif isinstance(node, InlineFragmentNode):
            total += _cost_of(node.selection_set, fragments, variables)
        elif isinstance(node, FieldNode) and node.selection_set:
            inner = _cost_of(node.selection_set, fragments, variables)
            total += 1 if node.name.value != "nodes" else 0
            total += inner * _times(node, variables)
    return total


def _times(node: FieldNode, variables: dict[str, Any]) -> int:
    for argument in node.arguments:
        value: Any = argument.value
        if argument.name.value in ("first", "last", "ids"):
            found = variables.get(value.name.value) if isinstance(value, VariableNode) else None
            if isinstance(value, IntValueNode):
                found = int(value.value)
            return len(found) if isinstance(found, list) else found or 1
    return 1


def _seconds(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise GraphQLError(f"This is no instant: {text}") from exc
    if at.tzinfo is None:
        raise GraphQLError(f"This instant has no zone: {text}")
    return at.timestamp()


def _never(_value: object) -> bool:
    """Nothing here is awaited."""
    return False
