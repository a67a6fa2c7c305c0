"""Links by which a forgotten password is replaced. Each is found by the hash of its secret; the user says which one holds.

    RESET#<hash>      RESET     ResetItem   whose link it is, and until when
    USER#<user>       USER      UserItem    (accounts.py) `reset`, the hash of the newest link that was not used

So a newer link ends those before it, and one conditional write to the user replaces the password, uses up the link and ends
every session. What a link leaves behind tells for a day more that it was used.
"""

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.domain.accounts import User
from chalicelib.storage.accounts import UserItem, user_key, user_of
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table

TOLD_S = 86_400


class ResetItem(Item):
    user = UnicodeAttribute()
    ends_at = NumberAttribute()


class Reset(msgspec.Struct, frozen=True, kw_only=True):
    """A link that was sent to somebody. It `holds` until it is used or a newer one is made; `ends_at` is not looked at."""

    hash: str
    user: User
    ends_at: int
    holds: bool


class Resets:
    """The links of everybody."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, user: User, secret_hash: str, *, ends_at: int) -> None:
        """Make a link the one that holds for a user. Raises StorageError; then an earlier one may hold still."""
        item = ResetItem(*_key(secret_hash), user=user.id, ends_at=ends_at, expires_at=ends_at + TOLD_S)
        at = user_key(user.id)
        write_surely(
            lambda: self._table.insert(item),
            lambda: self._table.get(ResetItem, *_key(secret_hash)),
            landed=lambda there: there is not None,  # the hash is only ours
            open_still=lambda there: there is None,
        )
        write_surely(
            lambda: self._table.update(*at, [UserItem.reset.set(secret_hash)], UserItem.email.exists()),
            lambda: self._table.get(UserItem, *at),
            landed=lambda there: there is not None and there.reset == secret_hash,
            open_still=lambda there: there is not None,
        )

    def find(self, secret_hash: str) -> Reset | None:
        """A link with its user; None for one that nobody was sent, or whose user is gone."""
        item = self._table.get(ResetItem, *_key(secret_hash))
        there = None if item is None else self._table.get(UserItem, *user_key(item.user))
        if item is None or there is None:
            return None
        return Reset(
            hash=secret_hash,
            user=user_of(item.user, there),
            ends_at=int(item.ends_at),
            holds=there.reset == secret_hash,
        )

    def use(self, reset: Reset, password: str) -> bool:
        """Keep the new password, in its stored form, and end all sessions; False if the link does not hold any more."""
        at = user_key(reset.user.id)
        actions = [UserItem.password.set(password), UserItem.epoch.add(1), UserItem.reset.remove()]
        return write_surely(
            lambda: self._table.update(*at, actions, UserItem.reset == reset.hash),
            lambda: self._table.get(UserItem, *at),
            landed=lambda there: there is not None and there.password == password,
            open_still=lambda there: there is not None and there.reset == reset.hash,
        )


def _key(secret_hash: str) -> tuple[str, str]:
    return key("RESET", secret_hash), "RESET"
