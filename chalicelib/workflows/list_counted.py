"""Listing the orders that were counted in the plan year in which we are: as many as usage says, each once.

The shelves know an order by the id that it is billed under and by the day whose sale first showed it, and no more. Its number and the
sale that holds it are looked up in the documents around that day; where they are not found there, the order is listed
without them.
"""

from collections import ChainMap, Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from chalicelib.domain.accounts import Workspace
from chalicelib.domain.allotment import Account, plan_year
from chalicelib.domain.connections import Connection
from chalicelib.domain.days import DAY
from chalicelib.domain.orders import Order
from chalicelib.domain.work import DayKey
from chalicelib.workflows.books import Books, sale_id_of
from chalicelib.workflows.read_sales import SalesFilter
from chalicelib.workflows.search_sales import plain

if TYPE_CHECKING:
    from chalicelib.storage.connections import Connections
    from chalicelib.storage.shelves import Shelf, Shelves
    from chalicelib.workflows.search_sales import SearchSales

OPENED_AT_ONCE = 50

# Newest first, and the shortest id first.
BoardPlace = tuple[int, str]
Place = tuple[int, str, int, str]
# By connection and the id that an order is billed under: its number, and the sale that holds it.
Known = dict[tuple[str, str], tuple[str, str]]


class CountedFilter(msgspec.Struct, frozen=True):
    """`month` ("2026-07") is that in which orders were made; `text` is an order's number or the beginning of its id."""

    connection: str | None = None
    month: str = ""
    text: str = ""


class CountedOrder(msgspec.Struct, frozen=True):
    """One order, `made` on the day whose sale first showed it. `number` and `sale_id` are None where no document around that day has it."""

    id: str
    made: date
    connection: Connection
    number: str | None = None
    sale_id: str | None = None

    @property
    def place(self) -> Place:
        return -self.made.toordinal(), self.connection.id, len(self.id), self.id


class CountedPage(msgspec.Struct, frozen=True):
    """Some of the orders of a filter; `count` are all of them."""

    orders: tuple[CountedOrder, ...]
    count: int
    next: str | None


class _Board(msgspec.Struct, frozen=True):
    """A connection's orders of the year that were made on one day: on which shelves, and how many."""

    made: date
    connection: Connection
    shelves: "dict[str, Shelf]"
    count: int

    @property
    def place(self) -> BoardPlace:
        return -self.made.toordinal(), self.connection.id


class ListCounted:
    """Lists the counted orders of one workspace at a time."""

    def __init__(self, *, books: Books, connections: "Connections", shelves: "Shelves", search: "SearchSales") -> None:
        self._books = books
        self._connections = connections
        self._shelves = shelves
        self._search = search

    def page(self, workspace: Workspace, asked: CountedFilter, *, after: str | None, limit: int) -> CountedPage:
        """The filter's orders from behind the place `after`. Raises TornRead."""
        year = plan_year(workspace.signed_up_at, self._books.now(), workspace.time_zone).name
        boards = sorted(self._boards(workspace.id, asked, year), key=lambda board: board.place)
        place = msgspec.json.decode(after, type=Place) if after else None
        if asked.text:
            found = self._found(workspace.id, asked, boards, year)
            count, rest = len(found), [order for order in found if place is None or order.place > place]
            more = len(rest) > limit
        else:
            count = sum(board.count for board in boards)
            left = [board for board in boards if place is None or board.place >= place[:2]]
            opened = _enough(left, limit)
            rest = [order for order in self._orders(opened, year) if place is None or order.place > place]
            more = len(rest) > limit or len(opened) < len(left)
        shown = self._named(workspace.id, rest[:limit])
        return CountedPage(
            tuple(shown), count, msgspec.json.encode(shown[-1].place).decode() if more and shown else None
        )

    def _boards(self, workspace: str, asked: CountedFilter, year: str) -> Iterator[_Board]:
        for connection in self._connections.list(workspace):
            if asked.connection in (None, connection.id):
                account = Account(workspace, connection.kind, connection.account)
                shelves: dict[date, dict[str, Shelf]] = {}
                counts = Counter[date]()
                for name, shelf in self._shelves.all(account).items():
                    for counted_in, made, orders in shelf.by_day(name):
                        if counted_in == year and f"{made}".startswith(asked.month) and orders:
                            shelves.setdefault(made, {})[name] = shelf
                            counts[made] += orders
                for made, orders in counts.items():
                    yield _Board(made, connection, shelves[made], orders)

    def _orders(self, boards: Sequence[_Board], year: str) -> Iterator[CountedOrder]:
        """Yield the orders of these boards, in the sequence of the list."""
        for first in range(0, len(boards), OPENED_AT_ONCE):
            some = boards[first : first + OPENED_AT_ONCE]
            counted: dict[BoardPlace, list[str]] = {}
            for connection in {board.connection.id: board.connection for board in some}.values():
                account = Account(connection.workspace, connection.kind, connection.account)
                own = [board.shelves for board in some if board.connection.id == connection.id]
                for made, ids in self._shelves.counted(account, dict(ChainMap(*own)), year).items():
                    counted[-made.toordinal(), connection.id] = ids
            for board in some:
                for id_ in counted.get(board.place, ()):
                    yield CountedOrder(id_, board.made, board.connection)

    def _found(self, workspace: str, asked: CountedFilter, boards: Sequence[_Board], year: str) -> list[CountedOrder]:
        """The orders whose id begins with the text, or whose number it is."""
        hits = self._search.hits(workspace, SalesFilter(connection=asked.connection), asked.text)[0]
        numbered = {(hit.sale.connection.id, _billed(hit.order)) for hit in hits}
        wanted = plain(asked.text)
        return [
            order
            for order in self._orders(boards, year)
            if order.id.casefold().startswith(wanted) or (order.connection.id, order.id) in numbered
        ]

    def _named(self, workspace: str, orders: Sequence[CountedOrder]) -> list[CountedOrder]:
        """The orders with their numbers and sales, as far as the documents around the days they were made on have them."""
        connections = self._books.connections(workspace)
        shown = [order for order in orders if order.connection.id in connections]
        days = {(order.connection.id, order.made + n * DAY) for order in shown for n in (-1, 0, 1)}
        if not days:
            return list(orders)
        first, last = min(day for _, day in days), max(day for _, day in days)
        names = (
            (key, version.base)
            for key, version in self._books.listed.list(workspace, first, last).documents
            if version.base is not None and (key.connection, key.day) in days
        )
        known = self._known(list(names), connections, {(order.connection.id, order.id) for order in shown})
        named = []
        for order in orders:
            number, sale = known.get((order.connection.id, order.id), (None, None))
            named.append(msgspec.structs.replace(order, number=number, sale_id=sale))
        return named

    def _known(
        self,
        names: Sequence[tuple[DayKey, str]],
        connections: Mapping[str, Connection],
        wanted: set[tuple[str, str]],
    ) -> Known:
        known: Known = {}
        for first in range(0, len(names), OPENED_AT_ONCE):
            for (key, _), revision in self._books.revisions.read_many(names[first : first + OPENED_AT_ONCE]).items():
                for order in self._books.revisions.orders(key, revision):
                    at = key.connection, _billed(order)
                    # What is billed under another order's id is listed by that one's number.
                    if at in wanted and (at not in known or order.id == at[1]):
                        known[at] = order.number, sale_id_of(connections[key.connection], key, order)
        return known


def _billed(order: Order) -> str:
    return order.root or order.id


def _enough(boards: Sequence[_Board], limit: int) -> Sequence[_Board]:
    """So many boards that a page is full, though all of the first may stand before it."""
    orders = 0
    for opened, board in enumerate(boards):
        if orders > limit:
            return boards[:opened]
        orders += board.count if opened else 0
    return boards
