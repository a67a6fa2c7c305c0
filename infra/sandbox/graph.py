"""Shopify's Admin GraphQL over the sandbox shop: graphql-core against the slice of the published schema.

What a query costs is counted by Shopify's rule (a scalar 0, an object 1, a connection its page size times its node) and taken
from a leaking bucket, which fills again at the plan's rate.
"""

from __future__ import annotations

import re
import time
from base64 import b64decode, b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

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
    execute_sync,
    parse,
    validate,
)
from graphql.language import IntValueNode, VariableNode

from infra.sandbox.book import Order
from infra.sandbox.nodes import PAGE_MAX, Node, order_node
from infra.sandbox.search import Search, updated_s
from infra.sandbox.shop import SandboxShop

SLICE = Path(__file__).parent / "shopify_admin_2026-10.graphql"
LIST_MAX = 25_000
COUNT_MAX = 10_000
REACH_S = 60 * 86_400
QUERY_COST_MAX = 1_000
NO_LIMIT = 1_000_000_000.0

Place = tuple[int, int, Order]  # what the list is sorted by, and the order

_SORTS: dict[str, Callable[[Order, float], int]] = {
    "PROCESSED_AT": lambda order, _: order.placed_s,
    "CREATED_AT": lambda order, _: order.created_s,
    "UPDATED_AT": updated_s,
    "ID": lambda order, _: order.id,
}


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
        self.uninstall: Callable[[], None] = lambda: None
        self._schema = schema()
        self._documents = lru_cache(maxsize=64)(self._document)
        self._nodes: dict[tuple[int, int], Node] = {}
        self._last: tuple[object, list[Place]] | None = None

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
        result = execute_sync(self._schema, document, root_value=self._root(sees_all), variable_values=variables)
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

        def orders(_info: object, query: str | None = None, sortKey: str = "PROCESSED_AT", **args: Any) -> Node:  # noqa: N803
            return self._page(self._sorted(query or "", sortKey, sees_all), **args)

        def count(_info: object, query: str | None = None, limit: int | None = COUNT_MAX, **_: Any) -> Node:
            found = len(self._sorted(query or "", "PROCESSED_AT", sees_all)) + self.count_off
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
            "appUninstall": self._uninstall,
            "nodes": lambda _info, ids: [self._by_gid(gid, sees_all) for gid in _at_most(ids)],
        }

    def _page(
        self, found: list[Place], first: int | None = None, after: str | None = None, reverse: bool = False
    ) -> Node:
        """Cut a page out. A cursor is the place of an order, so orders that come in elsewhere shift nothing."""
        if first is None or not 0 < first <= PAGE_MAX:
            raise GraphQLError(f"first has to be 1 to {PAGE_MAX}")
        listed, start = (found[::-1] if reverse else found)[:LIST_MAX], 0
        if after is not None:
            place = _place_of(after)
            cut = bisect_left if reverse else bisect_right
            start = cut(found, place, key=_place)
            start = len(found) - start if reverse else start
        page = listed[start : start + first]
        info = {
            "hasNextPage": start + first < len(listed),
            "hasPreviousPage": start > 0,
            "startCursor": _cursor_at(page[0]) if page else None,
            "endCursor": _cursor_at(page[-1]) if page else None,
        }
        return {"nodes": [self._node(order) for _, _, order in page], "pageInfo": info}

    def _uninstall(self, _info: object) -> Node:
        self.uninstall()
        return {"userErrors": []}

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

    def _sorted(self, query: str, sort_key: str, sees_all: bool) -> list[Place]:
        """The orders found, in the sequence asked for. Pages of one list are asked for within moments: it is kept for its second."""
        now = self.shop.now_s()
        key = (query, sort_key, sees_all, self.shop.version, int(now))
        last = self._last  # read once: another thread may replace it
        if last is None or last[0] != key:
            value = _SORTS.get(sort_key)
            if value is None:
                raise GraphQLError(f"Sorting by {sort_key} is not known here.")
            places = [(value(order, now), order.id, order) for order in self._found(query, sees_all, now)]
            last = self._last = key, sorted(places, key=_place)
        return last[1]

    def _found(self, query: str, sees_all: bool, now: float) -> list[Order]:
        wanted = Search(query)
        start, end = wanted.placed_between()
        orders = self.shop.placed_between(start, min(end, now))
        return [order for order in orders if wanted.fits(order, now) and self._is_seen(order, sees_all)]


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
    return sum(_costs(operation.selection_set, fragments, variables, 1))


def _costs(
    selections: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any], page: int
) -> Iterator[int]:
    """Yield what each field costs; `page` is how many nodes the connection that holds these fields may give."""
    for node in selections.selections:
        if isinstance(node, FragmentSpreadNode):
            yield from _costs(fragments[node.name.value].selection_set, fragments, variables, page)
        elif isinstance(node, InlineFragmentNode):
            yield from _costs(node.selection_set, fragments, variables, page)
        elif isinstance(node, FieldNode) and node.selection_set:
            name, size = node.name.value, _size(node, variables)
            one = 1 + sum(_costs(node.selection_set, fragments, variables, size))
            if name == "nodes":  # of a connection, or by ids
                yield one * page * size
            else:
                yield one * page if name == "edges" else one


def _size(node: FieldNode, variables: dict[str, Any]) -> int:
    for argument in node.arguments:
        value: Any = argument.value
        if argument.name.value in ("first", "last", "ids"):
            found = variables.get(value.name.value) if isinstance(value, VariableNode) else None
            if isinstance(value, IntValueNode):
                found = int(value.value)
            return len(found) if isinstance(found, list) else found or 1
    return 1


def _place(place: Place) -> tuple[int, int]:
    return place[:2]


def _cursor_at(place: Place) -> str:
    return b64encode(f"{place[0]} {place[1]}".encode()).decode()


def _place_of(cursor: str) -> tuple[int, int]:
    try:
        value, order_id = b64decode(cursor, validate=True).split()
        return int(value), int(order_id)
    except ValueError as exc:
        raise GraphQLError("Invalid cursor for current pagination sort.") from exc


def _at_most(ids: list[str]) -> list[str]:
    if len(ids) > PAGE_MAX:
        raise GraphQLError(f"The input array size of {len(ids)} is greater than the maximum allowed of {PAGE_MAX}.")
    return ids
