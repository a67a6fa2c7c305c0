"""Which days of a Shopify shop to read again: where orders were updated, and where the order with a number was placed.

Both ask the list of orders for instants and names only (Admin GraphQL API 2026-10, "orders": `updated_at`, `name`), 250 to a
page; the days themselves are then fetched as always.
"""

from collections.abc import Iterator
from datetime import datetime

from chalicelib import errors
from chalicelib.channels import ChangesPage
from chalicelib.channels import shopify_queries as queries
from chalicelib.channels import shopify_wire as wire
from chalicelib.channels.shopify_wire import Ask, Cursors, Place, following, text_of

NUMBER_CHARACTERS_MAX = 64


def fetch_changes(ask: Ask, since: datetime, until: datetime, cursor: str | None = None) -> Iterator[ChangesPage]:
    """Yield when the orders updated in `[since, until)` were placed, those updated first first.

    An order that changes while it is listed leaves the window; the next look, which begins before `until`, finds it.
    """
    place = Place.parse(cursor) if cursor else Place(since)
    cursors = Cursors(place)
    for _ in range(wire.PAGES_MAX):
        query = f"updated_at:>='{text_of(place.start_at)}' updated_at:<'{text_of(until)}'"
        listed = ask(queries.CHANGES, {"query": query, "after": place.after}, wire.read_changes).orders
        last_at = listed.nodes[-1].updated_at if listed.nodes else None
        next_place = following(place, listed, last_at)
        cursors.check(next_place)
        placed = tuple(node.processed_at for node in listed.nodes)
        yield ChangesPage(placed, last_at, next_place.text() if next_place else None)
        if next_place is None:
            return
        place = next_place
    raise errors.PermanentError(f"The shop lists more than {wire.PAGES_MAX} pages of changed orders.")


def find_order(ask: Ask, number: str) -> tuple[datetime, ...]:
    """When the orders with this number were placed; case and a leading # do not matter. Mostly one, or none.

    A name may come again: its prefix can be changed in the shop's settings. The search finds names that only resemble it,
    so what it finds is compared.
    """
    wanted = _bare(number)
    if not wanted or len(wanted) > NUMBER_CHARACTERS_MAX or not wanted.isprintable():
        return ()
    found = ask(queries.NAMED, {"query": f"name:{_quoted(wanted)}"}, wire.read_named).orders
    return tuple(node.processed_at for node in found.nodes if _bare(node.name).casefold() == wanted.casefold())


def _bare(number: str) -> str:
    return number.strip().removeprefix("#").strip()


def _quoted(text: str) -> str:
    """The text as one term of a search, whatever is in it ("API search syntax": a backslash escapes)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
