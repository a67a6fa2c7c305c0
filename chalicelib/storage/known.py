"""What was met before: names that are remembered for a while, so that what comes again is not taken for new.

KNOWN#<what>                <hash of name>          KnownItem
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from pynamodb.attributes import UnicodeAttribute

from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table


class KnownItem(Item):
    """`by` is whoever remembered it."""

    by = UnicodeAttribute()


class Known:
    """Names of several sorts. `new_id` gives names never used twice, `now` aware UTC instants."""

    def __init__(self, table: Table, new_id: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._table = table
        self._new_id = new_id
        self._now = now

    def has(self, what: str, name: str) -> bool:
        """Whether the name is remembered."""
        return self._is_kept(self._table.get(KnownItem, *_key(what, name)))

    def add(self, what: str, name: str, *, kept_s: int) -> bool:
        """Remember the name for a while; False if it was remembered already."""
        pk, sk = _key(what, name)
        at, by = int(self._now().timestamp()), self._new_id()
        item = KnownItem(pk, sk, by=by, expires_at=at + kept_s)
        # The table removes what has expired when it likes.
        free = KnownItem.expires_at.does_not_exist() | (KnownItem.expires_at <= at)
        return write_surely(
            lambda: self._table.put(item, free),
            lambda: self._table.get(KnownItem, pk, sk),
            landed=lambda there: there is not None and there.by == by,
            open_still=lambda there: not self._is_kept(there),
        )

    def _is_kept(self, item: KnownItem | None) -> bool:
        return item is not None and int(item.expires_at) > self._now().timestamp()


def _key(what: str, name: str) -> tuple[str, str]:
    return key("KNOWN", what), hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
