"""The audit: every change of a setting, and every look at persons, newest first, kept for good.

AUDIT#<workspace>           <instant>~<random>      AuditItem   changes
LOOKS#<workspace>           <instant>~<random>      AuditItem   looks: there are many more of them
"""

from collections.abc import Iterator
from typing import Literal

import msgspec
from pynamodb.attributes import BinaryAttribute

from chalicelib.domain.audit import Change
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table

_decoder = msgspec.msgpack.Decoder(Change)
_OLDEST = "0"  # below every id, for they begin with a year; the table takes no empty text as a bound


class AuditItem(Item):
    body = BinaryAttribute(legacy_encoding=False)


class Audit:
    """The changes in all workspaces, or the looks."""

    def __init__(self, table: Table, name: Literal["AUDIT", "LOOKS"]) -> None:
        self._table = table
        self._name = name

    def write(self, workspace: str, change: Change) -> None:
        """Write a row; it is written before the change it tells of, so that none goes untold. Raises Unanswered."""
        self._table.put(AuditItem(key(self._name, workspace), change.id, body=msgspec.msgpack.encode(change)))

    def list(self, workspace: str, *, before: str, limit: int) -> Iterator[Change]:
        """Yield at most `limit` changes, newest first, with ids up to `before`."""
        items = self._table.query(
            AuditItem, key(self._name, workspace), between=(_OLDEST, before), newest_first=True, limit=limit
        )
        for item in items:
            yield _decoder.decode(item.body)
