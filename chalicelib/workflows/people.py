"""The people of a workspace: who they are, what they may do, and letting them go (S4, S11).

A change is decided in the roster, which keeps an owner at all times, and then written to the person, which ends their
sessions. A change that died in between is finished by the next one.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from chalicelib import errors
from chalicelib.domain.accounts import Role, SignedIn, User
from chalicelib.domain.people import Place, Roster, a_role, rank
from chalicelib.workflows.access_record import AccessRecord
from chalicelib.workflows.sign_in import require_recent

if TYPE_CHECKING:
    from chalicelib.storage.people import People as PeopleRecords

TRIES_MAX = 5


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in the workspace."""

    id: str
    email: str
    role: Role


class People:
    """`now` gives aware UTC instants."""

    def __init__(self, *, people: "PeopleRecords", record: AccessRecord, now: Callable[[], datetime]) -> None:
        self._people = people
        self._record = record
        self._now = now

    def list(self, who: SignedIn) -> tuple[Person, ...]:
        """Everybody, in the order they came, with the role that holds now."""
        places = self.roster(who).places
        users = self._people.users(places)
        return tuple(_person(users[place.user][0]) for place in places if place.user in users)

    def roster(self, who: SignedIn) -> Roster:
        """The roster; before anybody else came, it is whoever made the workspace."""
        alone = Roster(version=0, places=(Place(user=who.user, role=who.role),))
        return self._people.roster(who.workspace) or alone

    def change_role(self, who: SignedIn, user: str, role: Role) -> Person:
        """Give somebody another role. Raises Forbidden without a recent sign-in, NotFound, Conflict for the last owner."""
        require_recent(who, self._now())
        before, roster = self._change(who, user, role)
        if before.role != role:
            self._record.tell(who.workspace, f"{who.email} made {before.email} {a_role(role)}; before, {before.role}.")
        self._settle(who.workspace, roster)
        return msgspec.structs.replace(before, role=role)

    def remove(self, who: SignedIn, user: str) -> None:
        """Take somebody out of the workspace. Raises as `change_role` does."""
        require_recent(who, self._now())
        before, roster = self._change(who, user, None)
        self._settle(who.workspace, roster)
        self._record.tell(who.workspace, f"{who.email} removed {before.email} from the workspace.")

    def _change(self, who: SignedIn, user: str, role: Role | None) -> tuple[Person, Roster]:
        """Decide it in the roster; the person as they were, and the roster as it is now."""
        for _ in range(TRIES_MAX):
            seen = self._people.roster(who.workspace) or self._people.begin(who.workspace, self.roster(who))
            place = next((place for place in seen.places if place.user == user), None)
            there = self._people.users(seen.places).get(user)
            if place is None or there is None:
                if place is not None and place.role is None:
                    self._forget(who.workspace, user)
                raise errors.NotFound("There is nothing here.")
            before = _person(there[0])
            if place.role == role:  # decided before, and perhaps not written
                return before, seen
            if place.role is None:
                raise errors.Conflict(f"{before.email} is being removed.")
            changed = seen.with_role(user, role)
            after = _shown(before.email, role) if role else None
            self._record.keep(who.workspace, who.email, "person", _shown(before.email, before.role), after)
            if self._people.replace(who.workspace, seen, changed):
                return before, changed
        raise errors.Conflict("Somebody else changes the people right now. Try again.")

    def _settle(self, workspace: str, roster: Roster) -> None:
        """Write to the people what the roster has decided: owners first, so that there is one at all times."""
        users = self._people.users(roster.places)
        decided = [place for place in roster.places if place.role is not None and place.user in users]
        for place in sorted(decided, key=_highest_first):
            if users[place.user][1] < place.change:
                self._people.follow(place)
        for gone in (place.user for place in roster.places if place.role is None):
            if gone in users:
                self._people.remove(users[gone][0])
            self._forget(workspace, gone)

    def _forget(self, workspace: str, user: str) -> None:
        for _ in range(TRIES_MAX):
            seen = self._people.roster(workspace)
            assert seen is not None, "a roster that was changed is there"
            changed = seen.without(user)
            if changed == seen or self._people.replace(workspace, seen, changed):
                return


def _highest_first(place: Place) -> int:
    return -rank(place.role) if place.role else 1


def _person(user: User) -> Person:
    return Person(id=user.id, email=user.email, role=user.role)


def _shown(email: str, role: Role) -> str:
    return f"{email} ({role})"
