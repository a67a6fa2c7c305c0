"""Answers given before: a creating request that comes again with its key gets the answer of the first one.

    ONCE#<workspace>            <hash of key>           OnceItem

A request that is under way is known by a key without an answer; a key whose holder died is free again after a minute.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from chalicelib import errors
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table

KEPT_S = 86_400
RUNNING_S = 60


class OnceItem(Item):
    digest = UnicodeAttribute()
    answer = BinaryAttribute(legacy_encoding=False, null=True)


class Once:
    """The keys of all workspaces. `now` gives aware UTC instants."""

    def __init__(self, table: Table, now: Callable[[], datetime]) -> None:
        self._table = table
        self._now = now

    def answer(self, workspace: str, name: str, request: bytes, make: Callable[[], bytes]) -> bytes:
        """The answer that this key got before, or what `make` makes now.

        Raises KeyReused if the key came with another request, Conflict while the first one is under way.
        """
        pk, sk = key("ONCE", workspace), hashlib.sha256(name.encode()).hexdigest()
        digest = hashlib.sha256(request).hexdigest()
        now = int(self._now().timestamp())
        item = OnceItem(pk, sk, digest=digest, expires_at=now + RUNNING_S)
        try:
            self._table.put(item, OnceItem.expires_at.does_not_exist() | (OnceItem.expires_at <= now))
        except errors.Refused:
            known = self._table.get(OnceItem, pk, sk)
            if known is not None and known.digest != digest:
                raise errors.KeyReused("This idempotency key was used for another request.") from None
            if known is None or known.answer is None:
                raise errors.Conflict("The same request is under way.") from None
            return bytes(known.answer)
        try:
            made = make()
        except errors.RequestError:
            self._table.delete(pk, sk)
            raise
        self._table.put(OnceItem(pk, sk, digest=digest, answer=made, expires_at=now + KEPT_S))
        return made
