"""What gives a way in: API keys and invitations. Each is found by the hash of its secret, and listed by its workspace.

    KEY#<hash>        GRANT             Grant      a key; it works as long as this is there
    INVITE#<hash>     GRANT             Grant      an invitation
    WS#<workspace>    KEY#<id>          Pointer    its hash, so that it is found by who may end it
    WS#<workspace>    INVITE#<id>       Pointer

The grant alone decides. Its pointer is written before it and deleted after it, so that none works without being listed; a
pointer that leads nowhere is litter. Ends are checked by who asks; the table's own expiry comes when it likes.
"""

from collections.abc import Iterator
from typing import Generic, Literal, TypeVar

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import errors
from chalicelib.domain.people import ApiKey, Invitation
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table

LISTED_S = 30 * 86_400

T = TypeVar("T", ApiKey, Invitation)


class Grant(Item):
    """`body` is the packed key or invitation. `used_at` is coarse; `spent` names who took an invitation."""

    body = BinaryAttribute(legacy_encoding=False)
    used_at = NumberAttribute(null=True)
    spent = UnicodeAttribute(null=True)


class Pointer(Item):
    secret_hash = UnicodeAttribute()


class Found(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A key or an invitation with what has become of it."""

    grant: T
    hash: str
    used_at: int | None = None
    spent: str | None = None


class Grants(Generic[T]):
    """The keys of all workspaces, or the invitations of all."""

    def __init__(self, table: Table, what: Literal["KEY", "INVITE"], shape: type[T]) -> None:
        self._table = table
        self._what = what
        self._decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(shape)

    def add(self, grant: T, secret_hash: str) -> None:
        """Write it under a hash and an id that only we have. Raises Unanswered; then it may work without being known."""
        expires_at = grant.ends_at + LISTED_S
        self._insert_own(Pointer(*self._pointer(grant), secret_hash=secret_hash, expires_at=expires_at))
        body = msgspec.msgpack.encode(grant)
        self._insert_own(Grant(*self._key(secret_hash), body=body, expires_at=expires_at))

    def find(self, secret_hash: str) -> Found[T] | None:
        item = self._table.get(Grant, *self._key(secret_hash))
        return None if item is None else self._found(item, secret_hash)

    def list(self, workspace: str) -> Iterator[Found[T]]:
        """Yield those of a workspace, by id."""
        pointers = self._table.query(Pointer, key("WS", workspace), begins=key(self._what) + "#")
        hashes = [pointer.secret_hash for pointer in pointers]
        items = self._table.get_many(Grant, map(self._key, hashes))
        for each in hashes:
            if (item := items.get(self._key(each))) is not None:
                yield self._found(item, each)

    def by_id(self, workspace: str, id_: str) -> Found[T] | None:
        pointer = self._table.get(Pointer, key("WS", workspace), key(self._what, id_))
        return None if pointer is None else self.find(pointer.secret_hash)

    def note_used(self, secret_hash: str, at: int) -> None:
        """May be lost, and never brings one back that was ended."""
        try:
            self._table.update(*self._key(secret_hash), [Grant.used_at.set(at)], Grant.body.exists())
        except (errors.Refused, errors.Unanswered):
            return

    def spend(self, secret_hash: str, who: str) -> bool:
        """Take an invitation for `who`; False if somebody has it already or it is gone."""
        at = self._key(secret_hash)
        return write_surely(
            lambda: self._table.update(*at, [Grant.spent.set(who)], Grant.body.exists() & Grant.spent.does_not_exist()),
            lambda: self._table.get(Grant, *at),
            landed=lambda item: item is not None and item.spent == who,
            open_still=lambda item: item is not None and item.spent is None,
        )

    def give_back(self, secret_hash: str, who: str) -> None:
        """An invitation that `who` took to no end can be used again; may be lost."""
        try:
            self._table.update(*self._key(secret_hash), [Grant.spent.remove()], Grant.spent == who)
        except (errors.Refused, errors.Unanswered):
            return

    def end(self, found: Found[T]) -> None:
        """Delete it: from then on it does not work. Raises Unanswered if that is not sure."""
        self._delete(self._key(found.hash))
        self._delete(self._pointer(found.grant))

    def _found(self, item: Grant, secret_hash: str) -> Found[T]:
        used_at = None if item.used_at is None else int(item.used_at)
        return Found(grant=self._decoder.decode(item.body), hash=secret_hash, used_at=used_at, spent=item.spent)

    def _insert_own(self, item: Item) -> None:
        """Write an item whose name only we have: a refusal is the echo of our own first try."""
        for _ in range(3):
            try:
                self._table.insert(item)
                return
            except errors.Unanswered:
                continue
            except errors.Refused:
                return
        raise errors.Unanswered("a key could not be written")

    def _delete(self, at: tuple[str, str]) -> None:
        for _ in range(3):
            try:
                self._table.delete(*at)
                return
            except errors.Unanswered:
                continue
        raise errors.Unanswered("a key could not be deleted")

    def _key(self, secret_hash: str) -> tuple[str, str]:
        return key(self._what, secret_hash), "GRANT"

    def _pointer(self, grant: T) -> tuple[str, str]:
        return key("WS", grant.workspace), key(self._what, grant.id)
