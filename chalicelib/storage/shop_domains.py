"""Whose shop an address is: what arrives from a channel names the shop, not the connection.

    SHOPDOMAIN#<kind>#<domain>  CONNECTION              ShopDomain

It is written at each pairing and kept: a shop belongs to one workspace at a time (connections.py, ShopClaim).
"""

from pynamodb.attributes import UnicodeAttribute

from chalicelib import errors
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table

_TRIES_MAX = 3


class ShopDomain(Item):
    workspace = UnicodeAttribute()
    connection = UnicodeAttribute()


class ShopDomains:
    """The addresses of all shops that were ever paired."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note(self, kind: str, domain: str, *, workspace: str, connection: str) -> None:
        """Remember whose shop it is. Raises Unanswered."""
        item = ShopDomain(*_key(kind, domain), workspace=workspace, connection=connection)
        for _ in range(_TRIES_MAX):
            try:
                self._table.put(item)
                return
            except errors.Unanswered:
                continue
        self._table.put(item)

    def find(self, kind: str, domain: str) -> tuple[str, str] | None:
        """The workspace and the connection of the shop, None if it was never paired."""
        item = self._table.get(ShopDomain, *_key(kind, domain))
        return (item.workspace, item.connection) if item else None


def _key(kind: str, domain: str) -> tuple[str, str]:
    return key("SHOPDOMAIN", kind, domain), "CONNECTION"
