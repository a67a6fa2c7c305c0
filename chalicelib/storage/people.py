"""The roster of a workspace, and the users it speaks of.

    WS#<workspace>    PEOPLE    RosterItem    everybody's role; one item, so that the last owner is kept by one condition
    USER#<user>       USER      UserItem      (accounts.py) the role that requests go by

A change is decided in the roster and then written to the user, under the number of the change, so that a late writer cannot
turn a newer one back. A workspace without the item has the one user who made it.
"""

from collections.abc import Iterable
from contextlib import suppress

import msgspec
from pynamodb.attributes import BinaryAttribute, NumberAttribute

from chalicelib import errors
from chalicelib.domain.accounts import User
from chalicelib.domain.people import Place, Roster
from chalicelib.storage.accounts import Accounts, UserItem, user_key, user_of
from chalicelib.storage.flip import write_surely
from chalicelib.storage.models import Item, key
from chalicelib.storage.table import Table

_decoder = msgspec.msgpack.Decoder(tuple[Place, ...])


class RosterItem(Item):
    version = NumberAttribute(default=0)
    body = BinaryAttribute(legacy_encoding=False)


class People:
    """The rosters of all workspaces."""

    def __init__(self, table: Table, accounts: Accounts) -> None:
        self._table = table
        self._accounts = accounts

    def roster(self, workspace: str) -> Roster | None:
        item = self._table.get(RosterItem, *_roster_key(workspace))
        return None if item is None else _roster(item)

    def begin(self, workspace: str, roster: Roster) -> Roster:
        """The workspace's roster, which is this one if there was none."""
        item = RosterItem(*_roster_key(workspace), version=roster.version, body=msgspec.msgpack.encode(roster.places))
        for _ in range(3):
            with suppress(errors.Refused, errors.Unanswered):
                self._table.insert(item)
            if (there := self.roster(workspace)) is not None:
                return there
        raise errors.Unanswered("the roster could not be written")

    def replace(self, workspace: str, seen: Roster, changed: Roster) -> bool:
        """Replace the roster as it was `seen`; False if somebody changed it since."""
        at = _roster_key(workspace)
        actions = [RosterItem.version.set(changed.version), RosterItem.body.set(msgspec.msgpack.encode(changed.places))]
        return write_surely(
            lambda: self._table.update(*at, actions, RosterItem.version == seen.version),
            lambda: self._table.get(RosterItem, *at),
            landed=lambda item: item is not None and _roster(item) == changed,
            open_still=lambda item: item is not None and int(item.version) == seen.version,
        )

    def users(self, places: Iterable[Place]) -> dict[str, tuple[User, int]]:
        """Those who are there, by id, each with the number of the last change that was written to them."""
        keys = {user_key(place.user): place.user for place in places}
        items = self._table.get_many(UserItem, keys)
        return {keys[at]: (user_of(keys[at], item), int(item.role_change)) for at, item in items.items()}

    def follow(self, place: Place) -> None:
        """Write somebody's role to them and end their sessions, unless a later change is there or they are gone."""
        assert place.role is not None, "who is removed has no role to write"
        older = UserItem.role_change < place.change
        actions = [UserItem.role.set(place.role), UserItem.role_change.set(place.change), UserItem.epoch.add(1)]
        condition = UserItem.email.exists() & (older | UserItem.role_change.does_not_exist())
        write_surely(
            lambda: self._table.update(*user_key(place.user), actions, condition),
            lambda: self._table.get(UserItem, *user_key(place.user)),
            landed=lambda item: item is None or int(item.role_change) >= place.change,
            open_still=lambda item: item is not None,
        )

    def remove(self, user: User) -> None:
        """Delete a user: nobody signs in as them from then on, their sessions are over, their address is free."""
        self._accounts.remove(user)


def _roster_key(workspace: str) -> tuple[str, str]:
    return key("WS", workspace), "PEOPLE"


def _roster(item: RosterItem) -> Roster:
    return Roster(version=int(item.version), places=_decoder.decode(item.body))
