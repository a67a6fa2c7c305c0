"""Carrying over from the table that a restore leaves behind, item by item (domain/restoring.py has who wins).

The table left behind does not change meanwhile, and each write is made from that one item on both sides: done twice it is
done once. Nothing here looks for items; their keys are handed in.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import unquote

import msgspec

from chalicelib import errors
from chalicelib.domain.order_settings import OrderSettings
from chalicelib.domain.restoring import Key, Rule, connections_in, holds_persons, rule_of
from chalicelib.storage.accounts import EmailClaim, UserItem, user_key
from chalicelib.storage.identities import IdentityItem
from chalicelib.storage.people import People
from chalicelib.storage.table import Raw, Table

# What of a connection cuts its books, and of a workspace closes them.
_OF_BOOKS = {"settings", "settings_version", "recut_by", "recut_from"}
_LOCK = "locked_through"
_TRIES = 3

_settings_decoder = msgspec.msgpack.Decoder(OrderSettings)


class Carrying:
    """Both tables; `left` and `roster`, its rosters, are None if it cannot be read."""

    def __init__(self, restored: Table, left: Table | None, rosters: People | None) -> None:
        self._restored = restored
        self._left = left
        self._rosters = rosters

    def bring(self, keys: Sequence[Key]) -> Counter[str]:
        """Write what the table left behind has under these of its keys; how many items of each kind that changed."""
        assert self._left is not None, "keys of the table left behind come from it"
        wanted = [at for at in keys if _rule(at).wins in ("left", "both", "merged") and not holds_persons(at)]
        there = self._restored.get_raw(wanted)
        done: Counter[str] = Counter()
        for at, item in self._left.get_raw(wanted).items():
            brought = merged(item, there.get(at))
            if brought != there.get(at):
                _surely(partial(self._restored.put_raw, brought))
                done[_rule(at).name] += 1
        return done

    def began_anew(self, keys: Sequence[Key]) -> list[tuple[str, str]]:
        """The workspaces and ids of connections among these keys that were paired or disconnected since, until they are
        brought."""
        assert self._left is not None, "keys of the table left behind come from it"
        names = {at: names for at in keys for names in connections_in([at]).items()}
        there, left = self._restored.get_raw(list(names)), self._left.get_raw(list(names))
        return [
            (workspace, id_)
            for at, (id_, workspace) in names.items()
            if at in there and at in left and _int(there[at], "epoch") != _int(left[at], "epoch")
        ]

    def take_back(self, keys: Sequence[Key]) -> Counter[str]:
        """Delete what must not be there under these keys of the restored table; how many items of each kind."""
        looked_up = [
            at for at in keys if _rule(at).wins == "left" or at[0].startswith(("USER#", "EMAIL#", "IDENTITY#"))
        ]
        left = {} if self._left is None else self._left.get_raw(looked_up)
        done: Counter[str] = Counter()
        for at in keys:
            if at not in left and self._is_gone(at):
                _surely(partial(self._restored.delete, *at))
                done[_rule(at).name] += 1
        return done

    def _is_gone(self, at: Key) -> bool:
        """Whether an item that the table left behind does not have is to go."""
        wins = _rule(at).wins
        if wins != "merged":
            return wins in ("neither", "left")
        if self._rosters is None:
            return False
        kind, _, name = at[0].partition("#")
        if kind == "EMAIL":
            claim = self._restored.get(EmailClaim, *at)
            return claim is not None and self._is_removed(claim.user)
        if kind == "IDENTITY":
            identity = self._restored.get(IdentityItem, *at)
            return identity is not None and self._gave_up(identity.user)
        if kind == "USER":
            user = unquote(name)
            return self._is_removed(user) if at[1] == "USER" else self._gave_up(user)
        return False

    def _gave_up(self, user: str) -> bool:
        """Whether something of a user is missing because they gave it up, or were removed; not because they were lost."""
        return self._left_has(user) or self._is_removed(user)

    def _left_has(self, user: str) -> bool:
        return self._left is not None and self._left.get(UserItem, *user_key(user)) is not None

    def _is_removed(self, user: str) -> bool:
        """Whether somebody was removed: the roster says so. Who is missing without that was lost, which a restore mends."""
        assert self._left is not None
        assert self._rosters is not None
        item = self._left.get(UserItem, *user_key(user)) or self._restored.get(UserItem, *user_key(user))
        if item is None:
            return True  # nobody is found by this address
        roster = self._rosters.roster(item.workspace)
        return roster is not None and roster.find(user) is None


def merged(left: Raw, there: Raw | None) -> Raw:
    """What an item becomes that the table left behind has: that, but for what is of the books. Once more it is the same."""
    if not left["pk"]["S"].startswith("WS#"):
        return left
    if left["sk"]["S"] == "WORKSPACE":
        # One that signed up since has no books here, and nothing that is closed: empty days must not be.
        return _workspace(left, there or {})
    if there is not None and left["sk"]["S"].startswith("CONNECTION#"):
        return _connection(left, there)
    return left


def _workspace(left: Raw, there: Raw) -> Raw:
    closed = {name: value for name, value in there.items() if name == _LOCK}
    item = {name: value for name, value in left.items() if name != _LOCK} | closed
    return item if item == left else item | {"version": _number(_int(left, "version") + 1)}


def _connection(left: Raw, there: Raw) -> Raw:
    of_books = {name: value for name, value in there.items() if name in _OF_BOOKS}
    item = {name: value for name, value in left.items() if name not in _OF_BOOKS} | of_books
    mode, settings = _settings(left).summary, _settings(there)
    if settings.summary != mode:
        # A number that neither table has used: who read the settings of either is told that they changed.
        version = max(_int(left, "settings_version"), settings.version) + 1
        changed = msgspec.structs.replace(settings, version=version, summary=mode)
        item |= {"settings": {"B": msgspec.msgpack.encode(changed)}, "settings_version": _number(version)}
    if left["state"]["S"] != "paired":
        # Attempts that were under way at the instant stand in the restored days until the parting was gone through there.
        over = there["state"]["S"] == "parted" and _int(there, "epoch") == _int(left, "epoch")
        item["state"] = {"S": "parted" if over else "parting"}
    return item


def _settings(item: Raw) -> OrderSettings:
    return _settings_decoder.decode(item["settings"]["B"]) if "settings" in item else OrderSettings()


def _int(item: Raw, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _number(number: int) -> dict[str, str]:
    return {"N": str(number)}


def _rule(at: Key) -> Rule:
    found = rule_of(*at)
    assert found is not None, "keys were looked at before"
    return found


def _surely(write: Callable[[], None]) -> None:
    """A write that may be done twice."""
    for _ in range(_TRIES):
        try:
            write()
            return
        except errors.Unanswered:
            continue
    write()
