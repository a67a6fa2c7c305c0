"""One-time codes of people. A secret is sealed for (workspace, user, purpose).

    USER#<user>    CODES    CodesItem    there from when somebody begins to set them up until they are turned off

Every write is on condition of the `mark` of what was read, so of two who come with the same code at once one is refused.
"""

from collections.abc import Callable

import msgspec
from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from chalicelib.domain.one_time_codes import OneTimeCodes
from chalicelib.storage.accounts import codes_key
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import Item
from chalicelib.storage.sealing import Sealer
from chalicelib.storage.table import Table


class CodesItem(Item):
    """`body` is the packed OneTimeCodes without its mark."""

    mark = UnicodeAttribute()
    body = BinaryAttribute(legacy_encoding=False)


_decoder = msgspec.msgpack.Decoder(OneTimeCodes)


class CodeRecords:
    """The codes of everybody. `new_id` gives names never used twice."""

    def __init__(self, table: Table, sealer: Sealer, new_id: Callable[[], str]) -> None:
        self._table = table
        self._sealer = sealer
        self._new_id = new_id

    def get(self, user: str) -> OneTimeCodes | None:
        item = self._item(user)
        return None if item is None else msgspec.structs.replace(_decoder.decode(item.body), mark=item.mark)

    def replace(self, seen: OneTimeCodes | None, changed: OneTimeCodes) -> bool:
        """Write the codes in place of those that were `seen`, None for none; False if somebody else wrote since."""
        mark, at = self._new_id(), codes_key(changed.user)
        item = CodesItem(*at, mark=mark, body=msgspec.msgpack.encode(msgspec.structs.replace(changed, mark="")))
        unchanged = CodesItem.mark.does_not_exist() if seen is None else CodesItem.mark == seen.mark
        return write_surely(
            lambda: self._table.put(item, unchanged),
            lambda: self._item(changed.user),
            landed=lambda there: there is not None and there.mark == mark,
            open_still=lambda there: (there.mark if there else None) == (seen.mark if seen else None),
        )

    def drop(self, seen: OneTimeCodes) -> bool:
        """Delete the codes as they were `seen`; False if somebody wrote since."""
        return write_surely(
            lambda: self._table.delete(*codes_key(seen.user), CodesItem.mark == seen.mark),
            lambda: self._item(seen.user),
            landed=lambda there: there is None,
            open_still=lambda there: there is not None and there.mark == seen.mark,
        )

    def seal(self, codes: OneTimeCodes, secret: bytes) -> bytes:
        """Raises StorageError."""
        return self._sealer.seal(secret, _context(codes))

    def open(self, codes: OneTimeCodes, sealed: bytes) -> bytes:
        """Raises StorageError."""
        return self._sealer.open(sealed, _context(codes))

    def _item(self, user: str) -> CodesItem | None:
        return self._table.get(CodesItem, *codes_key(user))


def _context(codes: OneTimeCodes) -> dict[str, str]:
    return {"workspace": codes.workspace, "user": codes.user, "purpose": "one-time codes"}
