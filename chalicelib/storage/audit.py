"""The audit: every change of a setting, newest first, kept for good.

AUDIT#<workspace>           <instant>~<random>      AuditItem
"""

from collections.abc import Iterator

import msgspec
from pynamodb.attributes import BinaryAttribute

from chalicelib.domain.audit import Change
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table

_decoder = msgspec.msgpack.Decoder(Change)


class AuditItem(Item):
    body = BinaryAttribute(legacy_encoding=False)


class Audit:
    """The changes in all workspaces."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def write(self, workspace: str, change: Change) -> None:
        """Write a row; it is written before the change it tells of, so that none goes untold. Raises Unanswered."""
        self._table.put(AuditItem(key("AUDIT", workspace), change.id, body=msgspec.msgpack.encode(change)))

    def list(self, workspace: str, *, before: str, limit: int) -> Iterator[Change]:
        """Yield at most `limit` changes, newest first, with ids up to `before`."""
        items = self._table.query(
            AuditItem, key("AUDIT", workspace), between=("", before), newest_first=True, limit=limit
        )
        for item in items:
            yield _decoder.decode(item.body)
